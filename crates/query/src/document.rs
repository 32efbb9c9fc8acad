//! An article as queries see it.

use std::ops::Range;

use rustc_hash::FxHashMap;

use crate::fold;
use crate::term::{Field, Term, Wanted};

/// What queries are asked of: an article's words, and what is known of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Document<'a> {
    /// The title.
    pub title: &'a str,
    /// The text.
    pub text: &'a str,
    /// The publisher.
    pub outlet: &'a str,
    /// The host of its link.
    pub site: &'a str,
    /// The agency behind it.
    pub agency: &'a str,
    /// Its language tag.
    pub language: &'a str,
    /// `new`, `related`, `copy` or `version`.
    pub class: &'a str,
    /// The ids of the feeds that list it.
    pub feeds: &'a [&'a str],
    /// The keys of people, organisations and places: the one spelling of all variants.
    pub entities: &'a [&'a str],
    /// The keys of places.
    pub places: &'a [&'a str],
    /// The codes and names of its topics.
    pub topics: &'a [&'a str],
}

/// Words between title and text that are not there, so that nothing spans the two.
const GAP: u32 = 2_000;
/// The largest distance of `NEAR`.
pub(crate) const FARTHEST: u32 = 1_000;

/// A [`Document`] made ready once for any number of queries.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    positions: FxHashMap<String, Vec<u32>>,
    title: u32,
    /// All words in order, for prefixes.
    vocabulary: Vec<String>,
    /// The values of the fields, each as its words.
    values: FxHashMap<Field, Vec<Vec<String>>>,
}

impl Prepared {
    /// Makes a document ready: its time is linear in the text.
    #[must_use]
    pub fn new(document: &Document<'_>) -> Self {
        let mut prepared = Self::default();
        let title = fold::words(document.title);
        prepared.title = length(title.len());
        prepared.add(title, 0);
        prepared.add(fold::words(document.text), prepared.title + GAP);
        prepared.vocabulary = prepared.positions.keys().cloned().collect();
        prepared.vocabulary.sort_unstable();
        prepared.add_values(document);
        prepared
    }

    fn add(&mut self, words: Vec<String>, from: u32) {
        for (place, word) in (from..).zip(words) {
            self.positions.entry(word).or_default().push(place);
        }
    }

    fn add_values(&mut self, document: &Document<'_>) {
        let one = |value: &str| match value.is_empty() {
            true => Vec::new(),
            false => vec![vec![value.to_lowercase()]],
        };
        let keys = |keys: &[&str]| -> Vec<Vec<String>> {
            keys.iter().map(|key| key.split(' ').map(str::to_owned).collect()).collect()
        };
        let language = document.language.to_lowercase();
        let primary = language.split('-').next().unwrap_or_default().to_owned();
        let values = [
            (Field::Outlet, one(document.outlet)),
            (Field::Site, sites(document.site)),
            (Field::Agency, vec![fold::words(document.agency)]),
            (Field::Lang, [one(&language), one(&primary)].concat()),
            (Field::Class, one(document.class)),
            (Field::Feed, document.feeds.iter().flat_map(|feed| one(feed)).collect()),
            (Field::Entity, keys(document.entities)),
            (Field::Place, keys(document.places)),
            (Field::Topic, document.topics.iter().map(|topic| fold::words(topic)).collect()),
        ];
        self.values = values.into_iter().collect();
    }

    /// All distinct words of title and text, in order.
    pub(crate) fn vocabulary(&self) -> &[String] {
        &self.vocabulary
    }

    /// All words of the values of all fields; some may come twice.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Field, &str)> {
        self.values
            .iter()
            .flat_map(|(field, values)| values.iter().flatten().map(|word| (*field, word.as_str())))
    }

    /// Whether a term stands there.
    pub(crate) fn has(&self, term: &Term) -> bool {
        match term.field {
            Field::Text => !self.starts(&term.wanted).is_empty(),
            Field::Title => {
                let words = length(term.wanted.words().len());
                let fits = |start: &u32| start + words <= self.title;
                self.starts(&term.wanted).iter().any(fits)
            }
            field => {
                let values = self.values.get(&field).into_iter().flatten();
                values.into_iter().any(|value| stands_in(&term.wanted, value))
            }
        }
    }

    /// Whether two terms stand with at most so many words from one to the other.
    pub(crate) fn near(&self, one: &Term, other: &Term, words: u32) -> bool {
        let (ones, others) = (self.starts(&one.wanted), self.starts(&other.wanted));
        follows(&ones, one, &others, words) || follows(&others, other, &ones, words)
    }

    /// Where words next to each other begin, in order.
    fn starts(&self, wanted: &Wanted) -> Vec<u32> {
        let words = wanted.words();
        let Some((last, before)) = words.split_last() else {
            return Vec::new();
        };
        let lasts = match wanted {
            Wanted::Words(_) => self.positions.get(last).cloned().unwrap_or_default(),
            Wanted::Prefix(_) => self.beginning_with(last),
        };
        let distance = length(before.len());
        let starts = lasts.into_iter().filter_map(|place| place.checked_sub(distance));
        starts.filter(|start| self.stand_at(before, *start)).collect()
    }

    fn stand_at(&self, words: &[String], start: u32) -> bool {
        (start..).zip(words).all(|(place, word)| {
            self.positions.get(word).is_some_and(|places| places.binary_search(&place).is_ok())
        })
    }

    fn beginning_with(&self, stem: &str) -> Vec<u32> {
        let words = &self.vocabulary[self.range_of(stem)];
        let mut places: Vec<u32> =
            words.iter().filter_map(|word| self.positions.get(word)).flatten().copied().collect();
        places.sort_unstable();
        places
    }

    fn range_of(&self, stem: &str) -> Range<usize> {
        let from = self.vocabulary.partition_point(|word| word.as_str() < stem);
        let rest = &self.vocabulary[from..];
        from..from + rest.partition_point(|word| word.starts_with(stem))
    }
}

/// Whether any of `others` begins within so many words of the end of one of `ones`.
fn follows(ones: &[u32], one: &Term, others: &[u32], words: u32) -> bool {
    let length = length(one.wanted.words().len());
    ones.iter().any(|start| {
        let end = start + length;
        let next = others.partition_point(|other| *other < end);
        others.get(next).is_some_and(|other| other - end < words)
    })
}

/// Whether words stand next to each other in a value.
fn stands_in(wanted: &Wanted, value: &[String]) -> bool {
    let words = wanted.words();
    if words.is_empty() {
        return false;
    }
    value.windows(words.len()).any(|window| match wanted {
        Wanted::Words(_) => window == words,
        Wanted::Prefix(_) => {
            let last = words.len() - 1;
            window[..last] == words[..last] && window[last].starts_with(&words[last])
        }
    })
}

/// A host and the domains that it lies in.
fn sites(host: &str) -> Vec<Vec<String>> {
    let host = host.to_lowercase();
    let mut sites = Vec::new();
    let mut rest = host.as_str();
    while !rest.is_empty() {
        sites.push(vec![rest.to_owned()]);
        rest = rest.split_once('.').map_or("", |(_, parent)| parent);
    }
    sites
}

/// Texts are shorter than four billion words by far.
fn length(words: usize) -> u32 {
    u32::try_from(words).unwrap_or(u32::MAX)
}
