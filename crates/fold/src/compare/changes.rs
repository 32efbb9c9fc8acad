//! Compares two texts sentence by sentence: which were kept, reworded, moved, added or dropped.

use std::ops::Range;

use rustc_hash::FxHashMap;
use wirefold_text::{Sentence, Text};

use crate::compare::body::{Body, word_hash};
use crate::compare::runs::runs;

/// How a sentence changed. `old` and `new` are indices into the sentences of the two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// In both texts word for word, and in the same order.
    Kept {
        /// The sentence in the old text.
        old: usize,
        /// The sentence in the new text.
        new: usize,
    },
    /// In both texts, in other words.
    Reworded {
        /// The sentence in the old text.
        old: usize,
        /// The sentence in the new text.
        new: usize,
        /// Whether it was also moved.
        moved: bool,
    },
    /// In both texts word for word, in another order.
    Moved {
        /// The sentence in the old text.
        old: usize,
        /// The sentence in the new text.
        new: usize,
    },
    /// Only in the new text.
    Added {
        /// The sentence in the new text.
        new: usize,
    },
    /// Only in the old text.
    Dropped {
        /// The sentence in the old text.
        old: usize,
    },
}

/// The sentences of two texts and how they changed.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The sentences of the old text.
    pub old: Vec<Sentence>,
    /// The sentences of the new text.
    pub new: Vec<Sentence>,
    /// One change for each sentence of the new text, in order, then the dropped sentences.
    pub changes: Vec<Change>,
}

/// The number of sentences for each kind of [`Change`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ChangeCount {
    /// In both texts word for word, in the same order.
    pub kept: usize,
    /// In other words.
    pub reworded: usize,
    /// In another order, reworded or not.
    pub moved: usize,
    /// Only in the new text.
    pub added: usize,
    /// Only in the old text.
    pub dropped: usize,
}

/// Two sentences with at least this Dice coefficient of their words are one sentence, reworded.
const MIN_REWORDED_DICE: f64 = 0.5;
/// In longer texts, only sentences that share a passage are paired: comparing all pairs is
/// quadratic.
const MAX_SENTENCES_FOR_ALL_PAIRS: usize = 400;

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
                    change_of(here.words(new) == there.words(old), !in_order[new], old, new)
                }
            });
        }
        let dropped = paired.iter().enumerate().filter(|(_, paired)| !**paired);
        changes.extend(dropped.map(|(old, _)| Change::Dropped { old }));
        Changes { old: there.sentences, new: here.sentences, changes }
    }

    /// The number of sentences for each kind of change.
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

fn change_of(same_words: bool, moved: bool, old: usize, new: usize) -> Change {
    match (same_words, moved) {
        (true, false) => Change::Kept { old, new },
        (true, true) => Change::Moved { old, new },
        (false, moved) => Change::Reworded { old, new, moved },
    }
}

/// A text with its sentences and the hashes of its words.
struct Side {
    sentences: Vec<Sentence>,
    hashes: Vec<u64>,
    body: Body,
    /// The sentence of each word of the text.
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

/// For each new sentence, the old sentence that it comes from. Each old sentence is used once at
/// most. Pairs that share passages are assigned first, those with most words first; the remaining
/// sentences are paired by their similarity.
fn pair_sentences(here: &Side, there: &Side) -> Vec<Option<usize>> {
    let mut pairs = vec![None; here.sentences.len()];
    let mut taken = vec![false; there.sentences.len()];
    assign_pairs(&mut pairs, &mut taken, aligned_pairs(here, there));
    if here.sentences.len().max(there.sentences.len()) <= MAX_SENTENCES_FOR_ALL_PAIRS {
        let similar_pairs = similar_pairs(here, there, &pairs, &taken);
        assign_pairs(&mut pairs, &mut taken, similar_pairs);
    }
    pairs
}

/// A possible pair of sentences: its score, the new sentence, the old one.
type PossiblePair = (u32, usize, usize);

fn assign_pairs(pairs: &mut [Option<usize>], taken: &mut [bool], mut possible: Vec<PossiblePair>) {
    possible.sort_unstable_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, new, old) in possible {
        if pairs[new].is_none() && !taken[old] {
            pairs[new] = Some(old);
            taken[old] = true;
        }
    }
}

/// Pairs of sentences that have at least half of the words of the shorter one in aligned runs.
fn aligned_pairs(here: &Side, there: &Side) -> Vec<PossiblePair> {
    let mut shared: FxHashMap<(usize, usize), u32> = FxHashMap::default();
    for block in runs(&here.body, &there.body).iter().flatten() {
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

/// Pairs of sentences that are not paired yet and have enough words in common.
fn similar_pairs(
    here: &Side,
    there: &Side,
    pairs: &[Option<usize>],
    taken: &[bool],
) -> Vec<PossiblePair> {
    let mut possible = Vec::new();
    for (new, _) in pairs.iter().enumerate().filter(|(_, old)| old.is_none()) {
        for (old, _) in taken.iter().enumerate().filter(|(_, taken)| !**taken) {
            let similarity = dice(here.words(new), there.words(old));
            if similarity >= MIN_REWORDED_DICE {
                possible.push(((similarity * 1e6) as u32, new, old));
            }
        }
    }
    possible
}

/// The Dice coefficient of two sentences, 0 to 1: twice the common words divided by all words (Dice
/// 1945). A repeated word counts as often as both have it.
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

/// For each new sentence, whether it kept its order: whether it is in a longest increasing
/// subsequence of the old positions (Fredman 1975). A sentence without a pair is in order.
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
