//! The runs of words that two bodies share.

use rustc_hash::FxHashMap;

use crate::compare::body::{Body, BodyWord};
use crate::hash::mix;
use crate::page::SHINGLE;

/// Equal words: `len` words from `here` in the new text are the words from `there` in the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// First word in the new text's body.
    pub here: u32,
    /// First word in the old text's body.
    pub there: u32,
    /// Number of words.
    pub len: u32,
}

/// Positions of the old text that are tried for one shingle of the new text.
const POSITIONS: usize = 16;
/// Words that an edit inside a run may drop, add or change.
const EDIT: u32 = 6;

/// The runs that the new text shares with the old one, in the order of the new text. A run is one or more blocks of at
/// least [`SHINGLE`] words, with small edits between them, in order in both texts.
pub(crate) fn runs(here: &Body, there: &Body) -> Vec<Vec<Block>> {
    let mut positions: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
    for (at, shingle) in shingles(there).enumerate() {
        let known = positions.entry(shingle).or_default();
        if known.len() < POSITIONS {
            known.push(at);
        }
    }
    let mut runs: Vec<Vec<Block>> = Vec::new();
    let mut next = 0;
    for (at, shingle) in shingles(here).enumerate() {
        let Some(places) = positions.get(&shingle).filter(|_| at >= next) else { continue };
        let last = runs.last().and_then(|run| run.last()).copied();
        let goes_on = |block: &Block| last.is_some_and(|last| is_edit(last, *block));
        let blocks = places.iter().map(|place| longest(here, there, at, *place));
        // Of equally long blocks, one that goes on with the run, else the first.
        let best = blocks.rev().max_by_key(|block| (block.len, goes_on(block)));
        let Some(block) = best.filter(|block| block.len as usize >= SHINGLE) else { continue };
        match runs.last_mut() {
            Some(run) if goes_on(&block) => run.push(block),
            _ => runs.push(vec![block]),
        }
        next = at + block.len as usize;
    }
    runs
}

fn shingles(body: &Body) -> impl Iterator<Item = u64> {
    body.words.windows(SHINGLE).map(|words| words.iter().fold(0, |hash, word| mix(hash, word.hash)))
}

/// Whether only a small edit is between two blocks.
fn is_edit(before: Block, after: Block) -> bool {
    let gap = |from: u32, to: u32| to.checked_sub(from + before.len).is_some_and(|gap| gap <= EDIT);
    gap(before.here, after.here) && gap(before.there, after.there)
}

/// The longest block from these positions on.
fn longest(here: &Body, there: &Body, at: usize, place: usize) -> Block {
    let is_equal = |(one, other): &(&BodyWord, &BodyWord)| one.hash == other.hash;
    let len = here.words[at..].iter().zip(&there.words[place..]).take_while(is_equal).count();
    Block { here: at as u32, there: place as u32, len: len as u32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wirefold_text::Text;

    use super::*;

    fn body(text: &str) -> Body {
        Body::new(&Text::new(text))
    }

    fn blocks(here: &str, there: &str) -> Vec<Vec<(u32, u32, u32)>> {
        let runs = runs(&body(here), &body(there));
        let of = |run: &Vec<Block>| run.iter().map(|b| (b.here, b.there, b.len)).collect();
        runs.iter().map(of).collect()
    }

    #[test]
    fn equal_texts_are_one_block() {
        assert_eq!(blocks("a b c d e f g", "a b c d e f g"), [[(0, 0, 7)]]);
        assert!(blocks("a b c d", "a b c d").is_empty(), "shorter than a shingle");
        assert!(blocks("", "").is_empty());
    }

    #[test]
    fn edits_are_bridged_and_moved_passages_are_found() {
        let there = "a b c d e f g h i j k";
        assert_eq!(blocks("a b c d e X g h i j k", there), [[(0, 0, 5), (6, 6, 5)]]);
        assert_eq!(blocks("g h i j k X a b c d e", there), [[(0, 6, 5)], [(6, 0, 5)]]);
    }

    #[test]
    fn a_million_equal_words_take_a_moment() {
        let long = body(&"same ".repeat(200_000));
        assert_eq!(runs(&long, &long).len(), 1);
    }

    proptest! {
        /// The words of every block are equal, the blocks of a run are in order in both texts, and every shingle
        /// of the new text that is in the old one lies inside a run.
        #[test]
        fn blocks_agree_with_a_naive_look(here in "[ab]( [a-c]){0,60}", there in "[ab]( [a-c]){0,60}") {
            let (here, there) = (body(&here), body(&there));
            let hashes = |body: &Body| body.words.iter().map(|word| word.hash).collect::<Vec<u64>>();
            let (new, old) = (hashes(&here), hashes(&there));
            let (mut covered, mut end) = (vec![false; here.len()], 0);
            for run in runs(&here, &there) {
                let mut there_end = 0;
                for block in run {
                    let [from, place, len] = [block.here, block.there, block.len].map(|of| of as usize);
                    prop_assert!(from >= end && place >= there_end);
                    (end, there_end) = (from + len, place + len);
                    prop_assert_eq!(&new[from..end], &old[place..there_end]);
                    covered[from..end].fill(true);
                }
            }
            for (at, shingle) in new.windows(SHINGLE).enumerate() {
                prop_assert!(covered[at] || !old.windows(SHINGLE).any(|it| it == shingle), "word {}", at);
            }
        }
    }
}
