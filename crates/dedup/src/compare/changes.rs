//! What a reprint changed, sentence by sentence: kept, reworded, moved, added, dropped.

use std::ops::Range;

use rustc_hash::FxHashMap;
use wirefold_text::{Sentence, Text};

use crate::body::{Body, word_hash};
use crate::compare::align::align;

/// What became of a sentence. `old` and `new` are indices into the sentences of the two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Stands in both, word for word, in the same order.
    Kept {
        /// The sentence in the old text.
        old: usize,
        /// The sentence in the new text.
        new: usize,
    },
    /// Stands in both with other words.
    Reworded {
        /// The sentence in the old text.
        old: usize,
        /// The sentence in the new text.
        new: usize,
        /// Whether it also stands at another place.
        moved: bool,
    },
    /// Stands in both, word for word, at another place.
    Moved {
        /// The sentence in the old text.
        old: usize,
        /// The sentence in the new text.
        new: usize,
    },
    /// Stands in the new text only.
    Added {
        /// The sentence in the new text.
        new: usize,
    },
    /// Stands in the old text only.
    Dropped {
        /// The sentence in the old text.
        old: usize,
    },
}

/// The sentences of two texts and what became of them.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The sentences of the old text.
    pub old: Vec<Sentence>,
    /// The sentences of the new text.
    pub new: Vec<Sentence>,
    /// What became of each: those of the new text in order, then the dropped ones.
    pub changes: Vec<Change>,
}

/// How many sentences became what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeCount {
    /// Word for word in the same order.
    pub kept: usize,
    /// With other words.
    pub reworded: usize,
    /// At another place, reworded or not.
    pub moved: usize,
    /// In the new text only.
    pub added: usize,
    /// In the old text only.
    pub dropped: usize,
}

/// Sentences with this share of common words are one sentence reworded (Dice coefficient).
const REWORDED: f64 = 0.5;
/// Beyond this many sentences, rewording is only looked for where passages show it.
const MOST_SENTENCES: usize = 400;

impl Changes {
    /// Compares two texts sentence by sentence.
    #[must_use]
    pub fn between(before: &Text, after: &Text) -> Changes {
        let (here, there) = (Side::new(after), Side::new(before));
        let pairs = pair_sentences(&here, &there);
        let in_order = longest_increasing(&pairs);
        let mut changes = Vec::with_capacity(here.sentences.len());
        let mut paired = vec![false; there.sentences.len()];
        for (new, old) in pairs.iter().enumerate() {
            changes.push(match *old {
                None => Change::Added { new },
                Some(old) => {
                    paired[old] = true;
                    describe(here.words(new) == there.words(old), !in_order[new], old, new)
                }
            });
        }
        let dropped = paired.iter().enumerate().filter(|(_, paired)| !**paired);
        changes.extend(dropped.map(|(old, _)| Change::Dropped { old }));
        Changes { old: there.sentences, new: here.sentences, changes }
    }

    /// How many sentences became what.
    #[must_use]
    pub fn count(&self) -> ChangeCount {
        let mut count = ChangeCount::default();
        for change in &self.changes {
            match change {
                Change::Kept { .. } => count.kept += 1,
                Change::Moved { .. } => count.moved += 1,
                Change::Reworded { moved, .. } => {
                    count.reworded += 1;
                    count.moved += usize::from(*moved);
                }
                Change::Added { .. } => count.added += 1,
                Change::Dropped { .. } => count.dropped += 1,
            }
        }
        count
    }
}

fn describe(same_words: bool, moved: bool, old: usize, new: usize) -> Change {
    match (same_words, moved) {
        (true, false) => Change::Kept { old, new },
        (true, true) => Change::Moved { old, new },
        (false, moved) => Change::Reworded { old, new, moved },
    }
}

/// One text, cut into sentences and words.
struct Side {
    sentences: Vec<Sentence>,
    hashes: Vec<u64>,
    body: Body,
    /// For every word, its sentence.
    sentence_of: Vec<Option<usize>>,
}

impl Side {
    fn new(text: &Text) -> Side {
        let sentences = text.sentences();
        let mut sentence_of = vec![None; text.words().len()];
        for (index, sentence) in sentences.iter().enumerate() {
            sentence_of[sentence.words.clone()].fill(Some(index));
        }
        let hashes = text.normal_words().map(word_hash).collect();
        Side { sentences, hashes, body: Body::new(text), sentence_of }
    }

    fn words(&self, sentence: usize) -> &[u64] {
        let range: Range<usize> = self.sentences[sentence].words.clone();
        &self.hashes[range]
    }
}

/// For every new sentence the old one it comes from, each old one at most once: first where
/// passages show it, most words first, then by words in common.
fn pair_sentences(here: &Side, there: &Side) -> Vec<Option<usize>> {
    let mut pairs = vec![None; here.sentences.len()];
    let mut taken = vec![false; there.sentences.len()];
    assign(&mut pairs, &mut taken, aligned(here, there));
    if here.sentences.len().max(there.sentences.len()) <= MOST_SENTENCES {
        let alike = alike(here, there, &pairs, &taken);
        assign(&mut pairs, &mut taken, alike);
    }
    pairs
}

/// A possible pair: how good, the new sentence, the old one.
type Possible = (u32, usize, usize);

fn assign(pairs: &mut [Option<usize>], taken: &mut [bool], mut possible: Vec<Possible>) {
    possible.sort_unstable_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, new, old) in possible {
        if pairs[new].is_none() && !taken[old] {
            pairs[new] = Some(old);
            taken[old] = true;
        }
    }
}

/// Pairs of sentences with at least half of the shorter one's words in common runs.
fn aligned(here: &Side, there: &Side) -> Vec<Possible> {
    let mut shared: FxHashMap<(usize, usize), u32> = FxHashMap::default();
    for block in align(&here.body, &there.body).iter().flat_map(|run| &run.blocks) {
        for step in 0..block.len {
            let new = here.body.words[(block.here + step) as usize].index as usize;
            let old = there.body.words[(block.there + step) as usize].index as usize;
            if let (Some(new), Some(old)) = (here.sentence_of[new], there.sentence_of[old]) {
                *shared.entry((new, old)).or_default() += 1;
            }
        }
    }
    let enough = |((new, old), words): ((usize, usize), u32)| {
        let shorter = here.words(new).len().min(there.words(old).len());
        (2 * words as usize >= shorter).then_some((words, new, old))
    };
    shared.into_iter().filter_map(enough).collect()
}

/// Pairs of sentences not yet paired that have enough words in common, best first.
fn alike(here: &Side, there: &Side, pairs: &[Option<usize>], taken: &[bool]) -> Vec<Possible> {
    let mut possible = Vec::new();
    for (new, _) in pairs.iter().enumerate().filter(|(_, old)| old.is_none()) {
        for (old, _) in taken.iter().enumerate().filter(|(_, taken)| !**taken) {
            let likeness = dice(here.words(new), there.words(old));
            if likeness >= REWORDED {
                possible.push(((likeness * 1e6) as u32, new, old));
            }
        }
    }
    possible
}

/// Twice the words in common by all words, 0 to 1 (Dice 1945), repeated words counted.
fn dice(here: &[u64], there: &[u64]) -> f64 {
    let mut counts: FxHashMap<u64, i32> = FxHashMap::default();
    here.iter().for_each(|word| *counts.entry(*word).or_default() += 1);
    let mut common = 0;
    for word in there {
        if let Some(left) = counts.get_mut(word).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    f64::from(2 * common) / (here.len() + there.len()).max(1) as f64
}

/// Which paired sentences keep the order: a longest increasing subsequence of the old places
/// (Fredman 1975). Sentences without a pair count as in order.
fn longest_increasing(pairs: &[Option<usize>]) -> Vec<bool> {
    let mut tails: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (at, old) in pairs.iter().enumerate().filter_map(|(at, old)| Some((at, (*old)?))) {
        let place = tails.partition_point(|tail| pairs[*tail] < Some(old));
        before[at] = place.checked_sub(1).map(|place| tails[place]);
        if place == tails.len() {
            tails.push(at);
        } else {
            tails[place] = at;
        }
    }
    let mut in_order: Vec<bool> = pairs.iter().map(Option::is_none).collect();
    let mut next = tails.last().copied();
    while let Some(at) = next {
        in_order[at] = true;
        next = before[at];
    }
    in_order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(old: &str, new: &str) -> ChangeCount {
        Changes::between(&Text::new(old), &Text::new(new)).count()
    }

    const OLD: &str = "The ferry sank at noon near the old pier. Nobody on board was hurt badly. \
        The owner said that he was sorry for it. Divers will look at the wreck on Friday.";

    #[test]
    fn sentences_are_kept_reworded_moved_added_and_dropped() {
        assert_eq!(count(OLD, OLD), ChangeCount { kept: 4, ..ChangeCount::default() });
        let new = "Divers will look at the wreck on Friday. The ferry sank at noon near the new \
            pier. Nobody on board was hurt badly. A storm is on its way to the coast.";
        let expected = ChangeCount { kept: 1, reworded: 1, moved: 1, added: 1, dropped: 1 };
        assert_eq!(count(OLD, new), expected);
    }

    #[test]
    fn a_moved_and_reworded_sentence_counts_as_both() {
        let new = "Nobody aboard was hurt badly. The ferry sank at noon near the old pier. \
            The owner said that he was sorry for it. Divers will look at the wreck on Friday.";
        let expected = ChangeCount { kept: 3, reworded: 1, moved: 1, ..ChangeCount::default() };
        assert_eq!(count(OLD, new), expected);
    }
}
