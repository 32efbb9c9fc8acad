//! Aligns two bodies: finds the runs of words that they share.
//!
//! The method is seed and extend (as in BLAST, Altschul et al. 1990). A shared shingle is the seed
//! of a run. The run is extended word by word to both sides, over small edits. Seeds are taken from
//! left to right in the new text, so a passage that was moved is found too. Each position of the
//! new text is compared with a bounded number of positions of the old one, so the work is linear.

use crate::compare::body::{Body, BodyWord, WORD_WEIGHT};

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

impl Block {
    fn here_end(self) -> usize {
        (self.here + self.len) as usize
    }

    fn there_end(self) -> usize {
        (self.there + self.len) as usize
    }
}

/// One or more blocks of equal words with small edits between them, in order in both texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    /// The blocks of equal words. Never empty.
    pub blocks: Vec<Block>,
}

/// Positions of the old text that are tried for one shingle of the new text.
const MAX_POSITIONS: usize = 16;
/// Links of a hash chain that are followed. The bound stops a text from costing much time because
/// its shingles were chosen to collide in the table.
const MAX_CHAIN_LINKS: usize = 256;
/// Words that an edit inside a run may drop, add or change.
const MAX_EDIT_WORDS: usize = 6;
/// Words that must be equal after an edit before a run continues over it, as a weight.
const MIN_WEIGHT_AFTER_EDIT: u32 = 3 * WORD_WEIGHT;

/// The runs that the new text `here` shares with the old text `there`, in the order of `here`.
#[must_use]
pub(crate) fn align(here: &Body, there: &Body) -> Vec<Run> {
    let (seeds, shingles) = (Seeds::new(there), here.shingles());
    let mut runs = Vec::new();
    let mut next = 0;
    let mut expected = 0;
    while next < shingles.len() {
        let Some(seed) = seeds.longest((here, there), next, shingles[next], expected) else {
            next += 1;
            continue;
        };
        let mut blocks = extend_left(seed, (here, there), runs.last());
        blocks.push(seed);
        extend_right(&mut blocks, (here, there));
        let last = blocks[blocks.len() - 1];
        next = last.here_end();
        expected = last.there_end();
        runs.push(Run { blocks });
    }
    runs
}

/// The positions of each shingle of the old text: a hash table with chains, no larger than the
/// text.
struct Seeds {
    shingles: Vec<u64>,
    /// By the last bits of a shingle: the first position in the chain plus one, or 0 if it is
    /// empty.
    first: Vec<u32>,
    /// By position: the next position in the same chain plus one, or 0 at the end of the chain.
    next: Vec<u32>,
}

impl Seeds {
    fn new(there: &Body) -> Seeds {
        let shingles = there.shingles();
        let mut first = vec![0; shingles.len().next_power_of_two()];
        let mut next = vec![0; shingles.len()];
        // Filled from the end, so that each chain is in the order of the text.
        for (position, shingle) in shingles.iter().enumerate().rev() {
            let bits = last_bits(*shingle, first.len());
            next[position] = first[bits];
            first[bits] = u32::try_from(position).map_or(0, |position| position + 1);
        }
        Seeds { shingles, first, next }
    }

    /// The positions of a shingle, in order.
    fn positions(&self, shingle: u64) -> impl Iterator<Item = usize> {
        let mut position = self.first[last_bits(shingle, self.first.len())];
        let chain = std::iter::from_fn(move || {
            let at = position.checked_sub(1)? as usize;
            position = self.next[at];
            Some(at)
        });
        chain.take(MAX_CHAIN_LINKS).filter(move |at| self.shingles[*at] == shingle)
    }

    /// The longest block that begins at the position `at` of the new text. Of equally long blocks
    /// it prefers one that begins close behind the end of the previous run (`expected`), then the
    /// first.
    fn longest(
        &self,
        (here, there): (&Body, &Body),
        at: usize,
        shingle: u64,
        expected: usize,
    ) -> Option<Block> {
        let mut best: Option<(usize, bool, usize)> = None;
        for there_at in self.positions(shingle).take(MAX_POSITIONS) {
            let len = common_prefix_len(&here.words[at..], &there.words[there_at..]);
            let continues_run = there_at >= expected && there_at - expected <= MAX_EDIT_WORDS;
            if len > 0 && best.is_none_or(|(most, on, _)| (len, continues_run) > (most, on)) {
                best = Some((len, continues_run, there_at));
            }
        }
        best.map(|(len, _, there_at)| block(at, there_at, len))
    }
}

fn last_bits(hash: u64, size: usize) -> usize {
    usize::try_from(hash & (size as u64 - 1)).expect("it is below a size")
}

fn block(here: usize, there: usize, len: usize) -> Block {
    let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Block { here: narrow(here), there: narrow(there), len: narrow(len) }
}

/// How many words both begin with.
fn common_prefix_len(here: &[BodyWord], there: &[BodyWord]) -> usize {
    here.iter().zip(there).take_while(|(a, b)| a.hash == b.hash).count()
}

/// Extends the last block to the right, over edits, as far as possible.
fn extend_right(blocks: &mut Vec<Block>, (here, there): (&Body, &Body)) {
    while let Some(last) = blocks.last().copied() {
        let (here_at, there_at) = (last.here_end(), last.there_end());
        let Some((dropped, added)) = find_edit((here, there), here_at, there_at) else {
            break;
        };
        if dropped == added {
            push_unchanged_words(blocks, here, there, (here_at, there_at), dropped);
        }
        let (here_at, there_at) = (here_at + dropped, there_at + added);
        let len = common_prefix_len(&here.words[here_at..], &there.words[there_at..]);
        blocks.push(block(here_at, there_at, len));
    }
}

/// The smallest edit after which enough words are equal again, as the number of words to skip in
/// the new text and in the old one.
fn find_edit(
    (here, there): (&Body, &Body),
    here_at: usize,
    there_at: usize,
) -> Option<(usize, usize)> {
    EDITS.into_iter().find(|(skip_here, skip_there)| {
        let here_rest = here.words.get(here_at + skip_here..).unwrap_or_default();
        let there_rest = there.words.get(there_at + skip_there..).unwrap_or_default();
        agree(here_rest.iter().zip(there_rest))
    })
}

/// All edits, as the number of words to skip in the new text and in the old one, smallest first. Of
/// edits of one size, changed words come before dropped or added ones.
const EDITS: [(usize, usize); MAX_EDIT_WORDS * (MAX_EDIT_WORDS + 2)] = {
    let mut edits = [(0, 0); MAX_EDIT_WORDS * (MAX_EDIT_WORDS + 2)];
    let (mut at, mut size) = (0, 1);
    while size <= MAX_EDIT_WORDS {
        edits[at] = (size, size);
        at += 1;
        let mut smaller = size;
        while smaller > 0 {
            smaller -= 1;
            edits[at] = (size, smaller);
            edits[at + 1] = (smaller, size);
            at += 2;
        }
        size += 1;
    }
    edits
};

/// Whether both sides begin with enough equal words.
fn agree<'a>(pairs: impl Iterator<Item = (&'a BodyWord, &'a BodyWord)>) -> bool {
    let mut weight = 0;
    for (a, b) in pairs {
        if a.hash != b.hash {
            break;
        }
        weight += u32::from(a.weight);
        if weight >= MIN_WEIGHT_AFTER_EDIT {
            break;
        }
    }
    weight >= MIN_WEIGHT_AFTER_EDIT
}

/// Adds a block for each single word that an edit of equal length on both sides left unchanged.
fn push_unchanged_words(
    blocks: &mut Vec<Block>,
    here: &Body,
    there: &Body,
    (here_at, there_at): (usize, usize),
    size: usize,
) {
    for step in 0..size {
        if here.words[here_at + step].hash == there.words[there_at + step].hash {
            blocks.push(block(here_at + step, there_at + step, 1));
        }
    }
}

/// Extends `seed` to the left, over edits, but not into the previous run. Returns the blocks before
/// the seed, in order.
fn extend_left(seed: Block, (here, there): (&Body, &Body), last: Option<&Run>) -> Vec<Block> {
    let floor = last.and_then(|run| run.blocks.last()).map_or(0, |block| block.here_end());
    let mut blocks = Vec::new();
    let (mut here_at, mut there_at) = (seed.here as usize, seed.there as usize);
    while let Some((skip_here, skip_there)) =
        find_edit_before((here, there), (here_at, there_at), floor)
    {
        if skip_here == skip_there {
            let from = (here_at - skip_here, there_at - skip_there);
            let mut lone = Vec::new();
            push_unchanged_words(&mut lone, here, there, from, skip_here);
            blocks.extend(lone.into_iter().rev());
        }
        here_at -= skip_here;
        there_at -= skip_there;
        let pairs =
            here.words[floor..here_at].iter().rev().zip(there.words[..there_at].iter().rev());
        let len = pairs.take_while(|(a, b)| a.hash == b.hash).count();
        here_at -= len;
        there_at -= len;
        blocks.push(block(here_at, there_at, len));
    }
    blocks.reverse();
    blocks
}

fn find_edit_before(
    (here, there): (&Body, &Body),
    (here_at, there_at): (usize, usize),
    floor: usize,
) -> Option<(usize, usize)> {
    // (0, 0) allows equal words directly before the seed. They are in no run yet if they are fewer
    // than a shingle.
    std::iter::once((0, 0)).chain(EDITS).find(|(skip_here, skip_there)| {
        let Some(here_end) = here_at.checked_sub(*skip_here).filter(|end| *end >= floor) else {
            return false;
        };
        let Some(there_end) = there_at.checked_sub(*skip_there) else {
            return false;
        };
        let rest = here.words[floor..here_end].iter().rev();
        agree(rest.zip(there.words[..there_end].iter().rev()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wirefold_text::Text;

    fn body(text: &str) -> Body {
        Body::new(&Text::new(text))
    }

    fn blocks(here: &str, there: &str) -> Vec<Vec<(u32, u32, u32)>> {
        let runs = align(&body(here), &body(there));
        runs.iter()
            .map(|run| run.blocks.iter().map(|b| (b.here, b.there, b.len)).collect())
            .collect()
    }

    #[test]
    fn equal_texts_are_one_block() {
        assert_eq!(blocks("a b c d e f g", "a b c d e f g"), [[(0, 0, 7)]]);
        assert!(blocks("a b c d", "a b c d").is_empty(), "shorter than a shingle");
        assert!(blocks("", "").is_empty());
    }

    #[test]
    fn edits_are_bridged() {
        assert_eq!(blocks("a b c d e X g h i j", "a b c d e f g h i j"), [[(0, 0, 5), (6, 6, 4)]]);
        assert_eq!(blocks("a b c d e g h i", "a b c d e f g h i"), [[(0, 0, 5), (5, 6, 3)]]);
        assert_eq!(blocks("q r s X a b c d e", "q r s a b c d e"), [[(0, 0, 3), (4, 3, 5)]]);
    }

    #[test]
    fn moved_passages_are_found() {
        let here = "f g h i j k l a b c d e";
        assert_eq!(blocks(here, "a b c d e f g h i j k l"), [[(0, 5, 7)], [(7, 0, 5)]]);
    }

    #[test]
    fn a_million_equal_words_take_a_moment() {
        let long = "same ".repeat(200_000);
        let runs = align(&body(&long), &body(&long));
        assert_eq!(runs.len(), 1);
    }

    proptest! {
        /// The words of every block are equal, blocks are in order in both texts, and every shingle
        /// of the new text that is in the old one lies inside a run.
        #[test]
        fn blocks_agree_with_a_naive_look(here in "[ab]( [a-c]){0,60}", there in "[ab]( [a-c]){0,60}") {
            let (here, there) = (body(&here), body(&there));
            let runs = align(&here, &there);
            let mut covered = vec![false; here.len()];
            let mut end = 0;
            for run in &runs {
                let mut there_end = 0;
                for b in &run.blocks {
                    prop_assert!(b.here as usize >= end && b.there as usize >= there_end);
                    end = b.here_end();
                    there_end = b.there_end();
                    for step in 0..b.len as usize {
                        let (i, j) = (b.here as usize + step, b.there as usize + step);
                        prop_assert_eq!(here.words[i].hash, there.words[j].hash);
                    }
                }
                let first = run.blocks[0].here as usize;
                covered[first..end].fill(true);
            }
            let old = there.shingles();
            for (at, shingle) in here.shingles().iter().enumerate() {
                if old.contains(shingle) {
                    prop_assert!(covered[at], "word {} of {:?}", at, runs);
                }
            }
        }
    }
}
