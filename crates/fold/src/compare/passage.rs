//! Two bodies that are compared, and what a run that they share contains: passages and quotations.
//!
//! The bodies and a run come in; the parts of the run go out. The module never knows the other runs.

use std::ops::Range;

use crate::compare::align::{Block, Run};
use crate::compare::body::{Body, BodyWord, WORD_WEIGHT};

/// A passage has at least this many counted words.
const PASSAGE_WORDS: u32 = 8;
/// Quoted words that two texts must share for a shared quotation.
pub(crate) const QUOTATION_WORDS: u32 = 6;
/// Words that a run must have beyond the length of a passage for each edit inside it.
const WORDS_PER_EDIT: u32 = 3;

/// A run of words that two texts share. Small edits do not end it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The blocks of equal words. Between two blocks is a small edit.
    pub blocks: Vec<Block>,
}

impl Passage {
    /// The passage's words in the new text, edits included.
    #[must_use]
    pub fn here(&self) -> Range<usize> {
        let (first, last) = self.ends();
        first.here as usize..(last.here + last.len) as usize
    }

    /// The passage's words in the old text, edits included.
    #[must_use]
    pub fn there(&self) -> Range<usize> {
        let (first, last) = self.ends();
        first.there as usize..(last.there + last.len) as usize
    }

    fn ends(&self) -> (Block, Block) {
        let first = self.blocks.first().expect("a passage is made of blocks");
        let last = self.blocks.last().expect("a passage is made of blocks");
        (*first, *last)
    }
}

/// Whether a shared word counts. A quotation that *either* text marks does not.
pub(super) fn counts(here: &BodyWord, there: &BodyWord) -> bool {
    here.is_counted() & there.is_counted()
}

/// A quotation that two texts share. It may contain small edits.
struct Quotation {
    /// The longest block of equal words.
    longest: Block,
    /// The last block.
    last: Block,
    /// The weight of all shared words.
    weight: u32,
}

impl Quotation {
    /// Adds the next shared word.
    fn add_word(&mut self, word: Block, weight: u32) {
        let Block { here, there, len } = self.last;
        let goes_on = (here + len, there + len) == (word.here, word.there);
        self.last = if goes_on { Block { here, there, len: len + 1 } } else { word };
        if self.last.len > self.longest.len {
            self.longest = self.last;
        }
        self.weight += weight;
    }
}

/// The two bodies that are compared: the new one and the old one.
pub(super) struct Pair<'a> {
    pub(super) here: &'a Body,
    pub(super) there: &'a Body,
}

impl<'a> Pair<'a> {
    /// The words of a block, in the new text and in the old one.
    pub(super) fn words(&self, block: Block) -> impl Iterator<Item = (&BodyWord, &BodyWord)> {
        let of = |words: &'a [BodyWord], start: u32| {
            words[start as usize..][..block.len as usize].iter()
        };
        of(&self.here.words, block.here).zip(of(&self.there.words, block.there))
    }

    /// The weight of the counted words of some blocks.
    fn counted(&self, blocks: &[Block]) -> u32 {
        let words = blocks.iter().flat_map(|block| self.words(*block));
        words.map(|(here, there)| u32::from(here.weight) * u32::from(counts(here, there))).sum()
    }

    /// The passages of a run: the whole run if it is long enough for the number of its edits,
    /// otherwise those of its blocks that are long enough by themselves.
    pub(super) fn passages(&self, run: &Run) -> Vec<Passage> {
        let least = PASSAGE_WORDS * WORD_WEIGHT;
        let edits = u32::try_from(run.blocks.len() - 1).unwrap_or(u32::MAX);
        let counted = self.counted(&run.blocks);
        if counted >= least.saturating_add(edits.saturating_mul(WORDS_PER_EDIT * WORD_WEIGHT)) {
            return vec![Passage { blocks: run.blocks.clone() }];
        }
        let alone = |block: &Block| {
            (self.counted(&[*block]) >= least).then(|| Passage { blocks: vec![*block] })
        };
        run.blocks.iter().filter_map(alone).collect()
    }

    /// The quotations in a run: of each stretch inside quotation marks in either text, the longest
    /// block.
    pub(super) fn quotations(&self, run: &Run) -> Vec<Block> {
        let mut found: Vec<Quotation> = Vec::new();
        let mut open = false;
        let is_quoted = |(here, there): &(&BodyWord, &BodyWord)| here.quoted | there.quoted;
        let with_place = |block: &Block| (block.here..).zip(block.there..).zip(self.words(*block));
        for ((here, there), words) in run.blocks.iter().flat_map(with_place) {
            if !is_quoted(&words) {
                open = false;
                continue;
            }
            let weight = u32::from(words.0.weight);
            let word = Block { here, there, len: 1 };
            match found.last_mut() {
                Some(quotation) if open => quotation.add_word(word, weight),
                _ => found.push(Quotation { longest: word, last: word, weight }),
            }
            open = true;
        }
        let long_enough = |one: &Quotation| one.weight >= QUOTATION_WORDS * WORD_WEIGHT;
        found.into_iter().filter(long_enough).map(|one| one.longest).collect()
    }
}
