//! An article in the form that queries are matched against.

use std::ops::Range;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use wirefold_text::Text;
use wirefold_text::extract::agency_by_alias;

use crate::fold::{self, Token};
use crate::stemming::{stem, stemmer_for};
use crate::term::{Field, marked};
use crate::words::{Index, Words};

/// The article that queries are matched against: its words and metadata.
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
    /// The agencies that its text cites.
    pub cited: &'a [&'a str],
    /// The kind of its note: `correction`, `clarification` or `retraction`. Empty if it has no
    /// note.
    pub note: &'a str,
}

/// The distance between title and text in words, so that no match spans the two.
const GAP: u32 = 2_000;
/// The lede ends with the first sentence of a paragraph of at least this many words, …
const RUNNING: u32 = 8;
/// … and after this many words at the latest, …
const LONGEST_LEDE: u32 = 100;
/// … which are read from at most this many bytes.
const LEDE_BYTES: usize = 8 * 1024;
/// The largest distance of `NEAR`.
pub(crate) const FARTHEST: u32 = 1_000;

/// A [`Document`] prepared once for any number of queries.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// The words of title and text.
    index: Index,
    /// The number of words in the title.
    title: u32,
    /// The number of words in title and lede.
    head: u32,
    /// The values of the fields, each as a range of `value_words`.
    values: Vec<(Field, Range<u32>)>,
    value_words: Words,
    /// The numbers of the words before which a run of characters ends.
    gaps: Vec<u32>,
    /// The stemmer of its language.
    stemmer: Option<usize>,
    /// The words that lost diacritics, with the diacritics that a stemmer needs. Empty if there is
    /// no stemmer.
    accented: Vec<(u32, String)>,
    /// The stem of each word, computed when it is first needed.
    stems: OnceLock<Index>,
}

/// A part of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Title and lede.
    Head,
    /// Title and text.
    Whole,
}

impl Prepared {
    /// Prepares a document. Takes time linear in the text.
    #[must_use]
    pub fn new(document: &Document<'_>) -> Self {
        let mut words = Words::default();
        let stemmer = stemmer_for(document.language);
        let (mut gaps, mut accented) = (Vec::new(), Vec::new());
        let mut push = |all: &mut Words, token: Token<'_>| {
            if token.is_parted {
                gaps.push(all.len());
            }
            if stemmer.is_some() && token.normal != token.folded {
                accented.push((all.len(), token.normal.to_owned()));
            }
            all.push(token.folded);
        };
        fold::each_token(document.title, |token| push(&mut words, token));
        let title = words.len();
        fold::each_token(document.text, |token| push(&mut words, token));
        let (mut rest, mut lede, mut is_running) = (document.text, 0, false);
        while !is_running && lede < LONGEST_LEDE && !rest.is_empty() {
            let (paragraph, behind) =
                rest.split_at(rest.find('\n').map_or(rest.len(), |at| at + 1));
            let (all, first) = words_of(paragraph);
            is_running = all >= RUNNING;
            lede += if is_running { first } else { all };
            rest = behind;
        }
        let head = title + lede.min(LONGEST_LEDE);
        let index = Index::new(words);
        let mut prepared = Self { index, title, head, gaps, stemmer, accented, ..Self::default() };
        prepared.add_values(document);
        prepared
    }

    /// The same document if its lede says nothing of its subject, as in a digest: what matches there is in passing.
    #[must_use]
    pub fn without_lede(self) -> Self {
        Self { head: self.title, ..self }
    }

    fn add_values(&mut self, document: &Document<'_>) {
        self.add_whole(Field::Outlet, document.outlet);
        self.add_sites(document.site);
        self.add_words(Field::Agency, agency_by_alias(document.agency).unwrap_or(document.agency));
        self.add_whole(Field::Lang, document.language);
        self.add_whole(Field::Lang, document.language.split('-').next().unwrap_or_default());
        self.add_whole(Field::Class, document.class);
        self.add_whole(Field::Note, document.note);
        document.feeds.iter().for_each(|feed| self.add_whole(Field::Feed, feed));
        document.entities.iter().for_each(|key| self.add(Field::Entity, key.split(' ')));
        document.places.iter().for_each(|key| self.add(Field::Place, key.split(' ')));
        for agency in document.cited {
            self.add_words(Field::Cites, agency_by_alias(agency).unwrap_or(agency));
        }
    }

    /// Adds a value that is only found as a whole.
    fn add_whole(&mut self, field: Field, value: &str) {
        if !value.is_empty() {
            self.add(field, [value.to_lowercase().as_str()]);
        }
    }

    /// Adds a host and the domains that contain it.
    fn add_sites(&mut self, host: &str) {
        let host = host.to_lowercase();
        let mut rest = host.as_str();
        while !rest.is_empty() {
            self.add(Field::Site, [rest]);
            rest = rest.split_once('.').map_or("", |(_, parent)| parent);
        }
    }

    fn add_words(&mut self, field: Field, value: &str) {
        let from = self.value_words.len();
        fold::each_word(value, |word| self.value_words.push(word));
        self.values.push((field, from..self.value_words.len()));
    }

    fn add<'a>(&mut self, field: Field, words: impl IntoIterator<Item = &'a str>) {
        let from = self.value_words.len();
        words.into_iter().for_each(|word| self.value_words.push(word));
        self.values.push((field, from..self.value_words.len()));
    }

    /// The number of the stemmer of its language.
    pub(crate) fn stemmer(&self) -> Option<usize> {
        self.stemmer
    }

    /// The stem of each word of title and text, with the mark of stems before it. Empty if the
    /// language has no stemmer.
    pub(crate) fn stems(&self) -> &Index {
        self.stems.get_or_init(|| {
            let mut words = Words::default();
            let Some(stemmer) = self.stemmer else {
                return Index::new(words);
            };
            let mut accented = self.accented.iter().peekable();
            let mut cached: FxHashMap<&str, String> = FxHashMap::default();
            for (number, folded) in (0..).zip(self.index.words()) {
                let with_marks = accented.next_if(|(at, _)| *at == number);
                let normal = with_marks.map_or(folded, |(_, normal)| normal);
                let stem = || marked(Field::Stem, &stem(stemmer, normal)).into_owned();
                words.push(cached.entry(normal).or_insert_with(stem));
            }
            Index::new(words)
        })
    }

    /// Whether a run of characters continues from the first word to the last.
    pub(crate) fn is_unbroken(&self, first: u32, last: u32) -> bool {
        let behind = self.gaps.partition_point(|gap| *gap <= first);
        self.gaps.get(behind).is_none_or(|gap| *gap > last)
    }

    /// The words of title and text.
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    /// The values of all fields, each with the numbers of its words.
    pub(crate) fn values(&self) -> &[(Field, Range<u32>)] {
        &self.values
    }

    /// One word of the values of all fields.
    pub(crate) fn value_word(&self, number: u32) -> &str {
        self.value_words.get(number).unwrap_or_default()
    }

    /// The words of a part of a field have numbers below this one. `None` if the part is the whole
    /// field.
    pub(crate) fn end_of(&self, field: Field, part: Part) -> Option<u32> {
        match (field, part) {
            (Field::Title, _) => Some(self.title),
            (Field::Text, Part::Head) => Some(self.head),
            _ => None,
        }
    }

    /// Whether the word of this number is in the title.
    pub(crate) fn is_in_title(&self, number: u32) -> bool {
        number < self.title
    }

    /// The position of the word with this number. Positions of the text begin after a gap.
    pub(crate) fn position(&self, number: u32) -> u32 {
        if number < self.title { number } else { number + GAP }
    }
}

/// The number of words of a paragraph, and of its first sentence.
fn words_of(paragraph: &str) -> (u32, u32) {
    let text = Text::new(&paragraph[..paragraph.floor_char_boundary(LEDE_BYTES)]);
    let up_to = |end: usize| {
        let mut words = 0;
        fold::each_word(&text.original()[..end], |_| words += 1);
        words
    };
    let first = text.sentences().first().map_or(0, |sentence| up_to(sentence.span.end));
    (up_to(text.original().len()), first)
}

/// Whether one of `others` begins within `words` words after the end of one of `ones`, which have
/// `words_of_one` words each.
pub(crate) fn follows(ones: &[u32], words_of_one: usize, others: &[u32], words: u32) -> bool {
    // Texts are far shorter than four billion words.
    let length = u32::try_from(words_of_one).unwrap_or(u32::MAX);
    ones.iter().any(|start| {
        let end = start + length;
        let next = others.partition_point(|other| *other < end);
        others.get(next).is_some_and(|other| other - end < words)
    })
}
