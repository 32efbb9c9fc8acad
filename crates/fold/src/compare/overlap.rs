//! The parts that two texts have in common: passages, the share of each text in them, and shared quotations.

use std::ops::Range;

use crate::compare::body::{Body, BodyWord};
use crate::compare::runs::{Block, runs};

/// A passage has at least this many words outside quotation marks.
const PASSAGE_WORDS: usize = 8;
/// Quoted words that two texts must share for a shared quotation.
const QUOTATION_WORDS: u32 = 6;

/// A run of words that two texts share. Small edits do not end it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The blocks of equal words, at least one. Between two blocks is a small edit.
    pub blocks: Vec<Block>,
}

impl Passage {
    /// The passage's words in the new text, edits included.
    #[must_use]
    pub fn here(&self) -> Range<usize> {
        self.range(|block| block.here)
    }

    /// The passage's words in the old text, edits included.
    #[must_use]
    pub fn there(&self) -> Range<usize> {
        self.range(|block| block.there)
    }

    fn range(&self, start: impl Fn(&Block) -> u32) -> Range<usize> {
        let first = self.blocks.first().map_or(0, &start);
        let end = self.blocks.last().map_or(0, |last| start(last) + last.len);
        first as usize..end as usize
    }
}

/// The parts that a new text has in common with an old one. Words that either text has in quotation marks do not
/// count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overlap {
    /// The share of the new text's counted words that is in the old text, 0 to 1.
    pub contained: f64,
    /// The share of the old text's counted words that is in the new text, 0 to 1.
    pub containing: f64,
    /// The number of counted words of the new text that are in the old one.
    pub shared_words: u32,
    /// The passages, in the order of the new text.
    pub passages: Vec<Passage>,
    /// The number of words of the longest block, quotations included.
    pub longest: u32,
    /// The shared quotations: of each the longest part that is equal in both texts.
    pub shared_quotations: Vec<Block>,
}

/// The words of one side: those that count, and those of them that are shared.
struct Counted {
    counts: Vec<bool>,
    shared: Vec<bool>,
}

impl Counted {
    fn new(body: &Body) -> Counted {
        let counts = body.words.iter().map(|word| !word.quoted).collect();
        Counted { counts, shared: vec![false; body.len()] }
    }

    fn shared_words(&self) -> usize {
        self.shared.iter().filter(|is_shared| **is_shared).count()
    }

    fn share(&self) -> f64 {
        let all = self.counts.iter().filter(|counts| **counts).count();
        if all == 0 { 0.0 } else { (self.shared_words() as f64 / all as f64).min(1.0) }
    }
}

impl Overlap {
    /// Compares two bodies.
    #[must_use]
    pub fn between(here: &Body, there: &Body) -> Overlap {
        let mut overlap = Overlap::default();
        let (mut new, mut old) = (Counted::new(here), Counted::new(there));
        for run in runs(here, there) {
            let words: Vec<Shared> = run.iter().flat_map(|it| words(here, there, *it)).collect();
            let own = words.iter().filter(|word| !word.quoted).count();
            for word in &words {
                let (at, place) = (word.here as usize, word.there as usize);
                if word.quoted {
                    (new.counts[at], old.counts[place]) = (false, false);
                } else if own >= PASSAGE_WORDS {
                    (new.shared[at], old.shared[place]) = (true, true);
                }
            }
            overlap.shared_quotations.extend(quotations(&words));
            let longest = run.iter().map(|block| block.len).max().unwrap_or_default();
            overlap.longest = overlap.longest.max(longest);
            if own >= PASSAGE_WORDS {
                overlap.passages.push(Passage { blocks: run });
            }
        }
        overlap.shared_words = u32::try_from(new.shared_words()).unwrap_or(u32::MAX);
        (overlap.contained, overlap.containing) = (new.share(), old.share());
        overlap
    }

    /// Only the quotations that two texts share.
    #[must_use]
    pub fn quotations_between(here: &Body, there: &Body) -> Vec<Block> {
        Overlap::between(here, there).shared_quotations
    }
}

/// A shared word: its places in the new and the old text, and whether either text has it in quotation marks.
#[derive(Clone, Copy)]
struct Shared {
    here: u32,
    there: u32,
    quoted: bool,
}

fn words(here: &Body, there: &Body, block: Block) -> impl Iterator<Item = Shared> {
    let is_quoted = |words: &[BodyWord], at: u32| words[at as usize].quoted;
    (0..block.len).map(move |step| {
        let (at, place) = (block.here + step, block.there + step);
        let quoted = is_quoted(&here.words, at) || is_quoted(&there.words, place);
        Shared { here: at, there: place, quoted }
    })
}

/// The quotations among the words of a run: of each stretch inside quotation marks that is long enough, the longest block.
fn quotations(words: &[Shared]) -> Vec<Block> {
    let stretches = words.chunk_by(|one, other| one.quoted == other.quoted);
    let quoted = stretches.filter(|of| of[0].quoted && of.len() >= QUOTATION_WORDS as usize);
    let longest = |stretch: &[Shared]| {
        let is_next = |one: &Shared, other: &Shared| {
            (one.here + 1, one.there + 1) == (other.here, other.there)
        };
        let longest = stretch.chunk_by(is_next).rev().max_by_key(|part| part.len())?;
        let len = longest.len() as u32;
        Some(Block { here: longest[0].here, there: longest[0].there, len })
    };
    quoted.filter_map(longest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wirefold_text::Text;

    fn between(here: &str, there: &str) -> Overlap {
        let body = |text: &str| Body::new(&Text::new(text));
        Overlap::between(&body(here), &body(there))
    }

    const SENTENCE: &str =
        "the council of the small river town voted on monday to close the old bridge";

    #[test]
    fn own_words_count_and_quotations_do_not() {
        let same = between(SENTENCE, SENTENCE);
        assert_eq!((same.contained, same.containing, same.longest), (1.0, 1.0, 15));
        let speech = format!("He said: “{SENTENCE}.” She left.");
        let unmarked = format!("{SENTENCE}. And more own words of another kind follow here.");
        for (here, there) in [(&speech, &unmarked), (&unmarked, &speech)] {
            let overlap = between(here, there);
            assert_eq!((overlap.contained, overlap.containing), (0.0, 0.0));
            assert_eq!(overlap.shared_quotations.len(), 1);
            assert_eq!(overlap.longest, 15);
        }
    }

    #[test]
    fn a_quotation_with_an_edit_is_shared_and_its_block_stands_verbatim_in_both() {
        let here = "He said: “we wait so long for the ferry here until it comes.”";
        let there = "He said: “we wait so long for the late ferry here until it comes.”";
        let block = Block { here: 0, there: 0, len: 8 };
        let quoted = Block { here: 2, there: 2, len: 6 };
        let overlap = between(here, there);
        assert_eq!((overlap.longest, &overlap.shared_quotations[..]), (block.len, &[quoted][..]));
    }

    #[test]
    fn short_runs_are_no_passages() {
        let overlap = between("a b c d e f g X Y Z V W U", "a b c d e f g 1 2 3 4 5 6 7 8");
        assert_eq!((overlap.passages.len(), overlap.longest), (0, 7));
    }

    proptest! {
        #[test]
        fn shares_are_shares_and_mirror(here in "([a-d]{1,2}[ “”\n.]){0,80}", there in "([a-d]{1,2}[ “”\n.]){0,80}") {
            let overlap = between(&here, &there);
            prop_assert!((0.0..=1.0).contains(&overlap.contained));
            prop_assert!((0.0..=1.0).contains(&overlap.containing));
            prop_assert_eq!(overlap.contained > 0.0, overlap.shared_words > 0);
        }

        #[test]
        fn passages_stand_where_they_say(
            here in "([a-d]{1,2}[ “”\n.]){0,80}",
            there in "([a-d]{1,2}[ “”\n.]){0,80}",
        ) {
            let texts = [Text::new(&here), Text::new(&there)];
            let bodies = texts.each_ref().map(Body::new);
            let overlap = Overlap::between(&bodies[0], &bodies[1]);
            let word = |at: usize, place: usize| {
                let index = bodies[at].words[place].index as usize;
                texts[at].normal(&texts[at].words()[index])
            };
            let quotations = overlap.shared_quotations.iter();
            for block in overlap.passages.iter().flat_map(|p| &p.blocks).chain(quotations) {
                for at in 0..block.len {
                    let (mine, theirs) = ((block.here + at) as usize, (block.there + at) as usize);
                    prop_assert_eq!(word(0, mine), word(1, theirs));
                }
            }
        }

        #[test]
        fn a_text_is_all_of_itself(text in "([a-z]{1,9} ){9,60}") {
            let overlap = between(&text, &text);
            prop_assert_eq!((overlap.contained, overlap.containing), (1.0, 1.0));
        }
    }
}
