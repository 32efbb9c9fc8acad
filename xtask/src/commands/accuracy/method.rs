//! The methods that are examined side by side.

use std::collections::HashMap;
use std::fmt;

use anyhow::bail;
use wirefold_dedup::{Detector, DocId, Evidence, Incoming, Settings, Verdict};
use wirefold_text::Text;

use super::set::{Doc, LabelledSet};
use crate::minhash::MinHash;

/// A way to find reprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// The product.
    Passages,
    /// Folds with the nearest earlier article at a SimHash distance of at most this many bits.
    SimHash(u32),
    /// Folds with the most similar earlier article with an estimated Jaccard index of at least .5 over
    /// three-word shingles, by MinHash (Broder 1997) and locality-sensitive hashing.
    MinHash,
    /// Folds with the first article of the same normalised words.
    Exact,
}

/// The methods of the comparison table.
pub(crate) const METHODS: [Method; 4] =
    [Method::Passages, Method::SimHash(3), Method::SimHash(6), Method::Exact];

impl std::str::FromStr for Method {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Method> {
        match name.split_once(':') {
            None if name == "passages" => Ok(Method::Passages),
            None if name == "exact" => Ok(Method::Exact),
            None if name == "minhash" => Ok(Method::MinHash),
            Some(("simhash", bits)) => Ok(Method::SimHash(bits.parse()?)),
            _ => bail!("no method {name:?}: passages, simhash:BITS, minhash or exact"),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Method::Passages => out.write_str("passages"),
            Method::SimHash(bits) => write!(out, "simhash:{bits}"),
            Method::MinHash => out.write_str("minhash"),
            Method::Exact => out.write_str("exact"),
        }
    }
}

/// The results of a method on a set. Documents are named by their number in the set. The number of a story or
/// event only says which documents are together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Run {
    /// The story of each document at its arrival.
    pub(crate) at_arrival: Vec<usize>,
    /// The story of each document at the end.
    pub(crate) at_end: Vec<usize>,
    /// The event of each document at the end.
    pub(crate) events: Vec<usize>,
    /// The evidence of each document; `doc` is the number of arrival.
    pub(crate) evidence: Vec<Vec<Evidence>>,
}

impl Method {
    /// Runs the documents of `set` in `order`.
    pub(crate) fn run(self, set: &LabelledSet, order: &[usize]) -> Run {
        let stories = match self {
            Method::Passages => return passages(set, order, Settings::default()),
            Method::SimHash(bits) => by_simhash(set, order, bits),
            Method::MinHash => by_minhash(set, order),
            Method::Exact => by_words(set, order),
        };
        Run { at_arrival: stories.clone(), at_end: stories, ..Run::default() }
    }
}

/// Runs the product with these settings.
pub(crate) fn passages(set: &LabelledSet, order: &[usize], settings: Settings) -> Run {
    passages_with_verdicts(set, order, settings).0
}

/// The same, with the verdict on each document at its arrival, in order of arrival.
pub(crate) fn passages_with_verdicts(
    set: &LabelledSet,
    order: &[usize],
    settings: Settings,
) -> (Run, Vec<Verdict>) {
    let mut detector = Detector::keeping_verdicts(settings);
    let mut run = Run {
        at_arrival: vec![0; set.docs.len()],
        at_end: vec![0; set.docs.len()],
        events: vec![0; set.docs.len()],
        evidence: vec![Vec::new(); set.docs.len()],
    };
    let mut verdicts = Vec::with_capacity(order.len());
    let mut time = None;
    for number in order {
        let doc = &set.docs[*number];
        let published = doc.published.map(jiff::Timestamp::as_second);
        let page = doc.url.as_deref();
        time = time.max(published);
        let verdict = detector.observe(&Incoming {
            items: &[&doc.id, page.unwrap_or(&doc.id)],
            page,
            outlet: doc.outlet.as_deref(),
            title: doc.title.as_deref().unwrap_or(""),
            byline: doc.author.as_deref().unwrap_or(""),
            text: &doc.text,
            time: time.unwrap_or(0),
            published: published.or(time).unwrap_or(0),
            ..Incoming::default()
        });
        run.at_arrival[*number] = verdict.story.0 as usize;
        run.evidence[*number] = verdict.matches.clone();
        verdicts.push(verdict);
    }
    for (arrival, number) in (0..).map(DocId).zip(order) {
        if let Some(verdict) = detector.final_verdict(arrival) {
            run.at_end[*number] = verdict.story.0 as usize;
            run.events[*number] = verdict.event.0 as usize;
        }
    }
    (run, verdicts)
}

fn by_simhash(set: &LabelledSet, order: &[usize], bits: u32) -> Vec<usize> {
    let hash = |doc: &Doc| simhash::simhash_stream(Text::new(&doc.text).normal_words());
    let hashes: Vec<u64> = set.docs.iter().map(hash).collect();
    fold(order, |number, earlier| {
        let distance = |other: &usize| (hashes[number] ^ hashes[*other]).count_ones();
        let near = earlier.iter().map(|other| (distance(other), *other));
        // The first of equals is the earliest.
        let nearest = near.min_by_key(|(differing, _)| *differing);
        nearest.filter(|(differing, _)| *differing <= bits).map(|(_, other)| other)
    })
}

fn by_minhash(set: &LabelledSet, order: &[usize]) -> Vec<usize> {
    let mut index = MinHash::new(0.5, 25, 5);
    fold(order, |number, _| {
        let named = u32::try_from(number).expect("a set has fewer documents");
        index.likeliest(named, &set.docs[number].text).map(|other| other as usize)
    })
}

fn by_words(set: &LabelledSet, order: &[usize]) -> Vec<usize> {
    let words: Vec<String> =
        set.docs.iter().map(|doc| wirefold_text::normalise(&doc.text)).collect();
    let mut first: HashMap<&str, usize> = HashMap::new();
    fold(order, |number, _| {
        let before = *first.entry(&words[number]).or_insert(number);
        (before != number).then_some(before)
    })
}

/// Gives each document of `order` the story of the earlier one that `original` returns.
fn fold(order: &[usize], mut original: impl FnMut(usize, &[usize]) -> Option<usize>) -> Vec<usize> {
    let mut stories = vec![0; order.len()];
    for (at, number) in order.iter().enumerate() {
        stories[*number] = original(*number, &order[..at]).map_or(*number, |other| stories[other]);
    }
    stories
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(texts: &[&str]) -> LabelledSet {
        let doc = |(at, text): (usize, &&str)| Doc {
            id: at.to_string(),
            text: (*text).to_owned(),
            ..Doc::default()
        };
        LabelledSet { docs: texts.iter().enumerate().map(doc).collect(), ..LabelledSet::default() }
    }

    #[test]
    fn names_are_read_back() {
        for method in METHODS {
            assert_eq!(method.to_string().parse::<Method>().unwrap(), method);
        }
        assert!("simhash:many".parse::<Method>().is_err());
        assert_eq!("minhash".parse::<Method>().unwrap(), Method::MinHash);
        assert!("minhash:3".parse::<Method>().is_err());
    }

    #[test]
    fn baselines_fold_with_an_earlier_article_in_any_order() {
        let set = set(&["The ship has sailed.", "Nothing else at all", "the ship HAS sailed"]);
        for method in [Method::Exact, Method::SimHash(0)] {
            assert_eq!(method.run(&set, &[0, 1, 2]).at_arrival, [0, 1, 0]);
            assert_eq!(method.run(&set, &[2, 1, 0]).at_arrival, [2, 1, 2]);
        }
        assert_eq!(Method::SimHash(64).run(&set, &[1, 0, 2]).at_arrival, [1, 1, 1]);
    }
}
