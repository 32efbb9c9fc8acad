//! Boilerplate, learned per outlet as articles arrive.
//!
//! A paragraph, or a run of words as long as a passage, is boilerplate where enough earlier
//! articles of the outlet carry it that are no copies of each other: the copies of one text count
//! once, or a wire archive would mask its own copy. Learned state lives in day segments and leaves
//! with them.

use std::collections::BTreeMap;
use std::hash::Hasher;

use rustc_hash::FxHashMap;
use siphasher::sip::SipHasher13;

use crate::body::{Body, WORD_WEIGHT};
use crate::index::DocId;
use crate::settings::{DAY, Settings};
use wirefold_text::Text;

/// What outlets print on many pages.
#[derive(Debug, Default)]
pub struct Boilerplate {
    /// By day: the articles, no copies of each other, that carry a trait of an outlet.
    segments: BTreeMap<i64, FxHashMap<u64, Vec<DocId>>>,
}

/// The traits of one article that may turn out to be its outlet's habits.
#[derive(Debug, Clone, Default)]
pub struct Traits {
    /// One for each paragraph with words, with the paragraph's index.
    paragraphs: Vec<(u32, u64)>,
    /// One for each shingle of the whole body.
    shingles: Vec<u64>,
}

impl Traits {
    /// The traits of an article of `outlet` with the body `whole`, from which nothing learned has
    /// been left out.
    #[must_use]
    pub fn new(outlet: &str, whole: &Body, text: &Text) -> Traits {
        let outlet = keyed(0, outlet.as_bytes());
        let mut paragraphs: Vec<(u32, u64)> = Vec::new();
        for word in &whole.words {
            let paragraph = text.words()[word.index as usize].paragraph;
            match paragraphs.last_mut() {
                Some((last, hash)) if *last == paragraph => {
                    *hash = keyed(*hash, &word.hash.to_le_bytes());
                }
                _ => paragraphs.push((paragraph, keyed(outlet, &word.hash.to_le_bytes()))),
            }
        }
        let shingle = |hash: u64| keyed(outlet ^ 1, &hash.to_le_bytes());
        Traits { paragraphs, shingles: whole.shingles().into_iter().map(shingle).collect() }
    }

    fn all(&self) -> impl Iterator<Item = u64> + '_ {
        self.paragraphs.iter().map(|(_, hash)| *hash).chain(self.shingles.iter().copied())
    }
}

fn keyed(key: u64, bytes: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(key, 0);
    hasher.write(bytes);
    hasher.finish()
}

impl Boilerplate {
    /// Leaves the outlet's paragraphs out of `whole` and marks its runs.
    #[must_use]
    pub fn mask(&self, whole: &Body, text: &Text, traits: &Traits, settings: &Settings) -> Body {
        let known = |hash: u64| self.carriers(hash).take(settings.boilerplate_carriers).count();
        let is_habit = |hash: u64| known(hash) >= settings.boilerplate_carriers;
        let mut habits: Vec<u32> = traits
            .paragraphs
            .iter()
            .filter(|(_, hash)| is_habit(*hash))
            .map(|(at, _)| *at)
            .collect();
        habits.dedup();
        let mut masked = whole.clone();
        mark_runs(&mut masked, traits, settings, is_habit);
        masked.words.retain(|word| {
            let paragraph = text.words()[word.index as usize].paragraph;
            habits.binary_search(&paragraph).is_err()
        });
        masked
    }

    /// Learns from an article seen at `time` (seconds). `is_copy` says which earlier articles it
    /// is a copy of, or they of it.
    pub fn learn(
        &mut self,
        doc: DocId,
        time: i64,
        traits: &Traits,
        is_copy: impl Fn(DocId) -> bool,
    ) {
        let new: Vec<u64> = traits
            .all()
            .filter(|hash| !self.carriers(*hash).any(|other| is_copy(other) || other == doc))
            .collect();
        let segment = self.segments.entry(time.div_euclid(DAY)).or_default();
        for hash in new {
            let carriers = segment.entry(hash).or_default();
            if carriers.len() < MOST_CARRIERS && carriers.last() != Some(&doc) {
                carriers.push(doc);
            }
        }
    }

    /// Forgets whole days that ended before `time` (seconds).
    pub fn expire(&mut self, time: i64) {
        self.segments = self.segments.split_off(&time.div_euclid(DAY));
    }

    fn carriers(&self, hash: u64) -> impl Iterator<Item = DocId> + '_ {
        self.segments.values().filter_map(move |segment| segment.get(&hash)).flatten().copied()
    }
}

/// Carriers remembered for one trait and day: more would not change the answer.
const MOST_CARRIERS: usize = 4;

/// Marks the words of runs at least as long as a passage whose every shingle is a habit.
fn mark_runs(
    body: &mut Body,
    traits: &Traits,
    settings: &Settings,
    is_habit: impl Fn(u64) -> bool,
) {
    let mut start = 0;
    while start < traits.shingles.len() {
        let rest = &traits.shingles[start..];
        let len = rest.iter().take_while(|hash| is_habit(**hash)).count();
        if len > 0 {
            let run = start..shingle_end(body, start + len - 1);
            let weight: u32 = body.words[run.clone()].iter().map(|w| u32::from(w.weight)).sum();
            if weight >= settings.passage_words * WORD_WEIGHT {
                body.words[run].iter_mut().for_each(|word| word.boilerplate = true);
            }
        }
        start += len + 1;
    }
}

/// One past the last word of the shingle that begins at `start`.
fn shingle_end(body: &Body, start: usize) -> usize {
    let mut weight = 0;
    let mut end = start;
    while end < body.len() && weight < crate::body::SHINGLE_WORDS * WORD_WEIGHT {
        weight += u32::from(body.words[end].weight);
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    const HABIT: &str = "this paper is printed in a small house by the river every night";

    fn counted(boilerplate: &Boilerplate, original: &str) -> usize {
        let text = Text::new(original);
        let whole = Body::new(&text);
        let traits = Traits::new("a.example", &whole, &text);
        let masked = boilerplate.mask(&whole, &text, &traits, &Settings::default());
        masked.words.iter().filter(|word| word.counts()).count()
    }

    fn learn(boilerplate: &mut Boilerplate, doc: DocId, original: &str, copies: &[DocId]) {
        let text = Text::new(original);
        let traits = Traits::new("a.example", &Body::new(&text), &text);
        boilerplate.learn(doc, 0, &traits, |other| copies.contains(&other));
    }

    #[test]
    fn two_unrelated_articles_make_a_habit() {
        let mut boilerplate = Boilerplate::default();
        let page = |n: u32| format!("story {n} about thing {n}.\n{HABIT}.");
        learn(&mut boilerplate, 0, &page(0), &[]);
        assert_eq!(counted(&boilerplate, &page(9)), 18);
        learn(&mut boilerplate, 1, &page(1), &[]);
        assert_eq!(counted(&boilerplate, &page(9)), 5);
        assert_eq!(counted(&boilerplate, &format!("so it says: {HABIT}, we hear")), 5);
        boilerplate.expire(2 * DAY);
        assert_eq!(counted(&boilerplate, &page(9)), 18);
    }

    #[test]
    fn copies_of_each_other_count_once() {
        let mut boilerplate = Boilerplate::default();
        learn(&mut boilerplate, 0, HABIT, &[]);
        learn(&mut boilerplate, 1, HABIT, &[0]);
        learn(&mut boilerplate, 2, HABIT, &[0, 1]);
        assert_eq!(counted(&boilerplate, HABIT), 13);
    }
}
