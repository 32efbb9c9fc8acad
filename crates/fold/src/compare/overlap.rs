//! Measures what two texts have in common: passages, containment in both directions and shared quotations.

use crate::compare::align::{Block, Run, align};
use crate::compare::bits::Bits;
use crate::compare::body::{Body, BodyWord, WORD_WEIGHT};
use crate::compare::passage::{Pair, Passage, counts};

/// The parts that a new text has in common with an old one.
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

impl Overlap {
    /// The larger of contained and containing.
    #[must_use]
    pub fn larger(&self) -> f64 {
        self.contained.max(self.containing)
    }

    /// Compares two bodies.
    #[must_use]
    pub fn between(here: &Body, there: &Body) -> Overlap {
        let pair = Pair { here, there };
        let mut overlap = Overlap::default();
        // Words that do not count because the other text marks them as a quotation or boilerplate.
        let mut uncounted = (Bits::new(here.len()), Bits::new(there.len()));
        for run in &align(here, there) {
            overlap.add_run(&pair, run, &mut uncounted);
        }
        let shared = overlap.shared_weight(&pair);
        overlap.shared_words = shared.0 / WORD_WEIGHT;
        overlap.contained = share(shared.0, counted_weight(here, &uncounted.0));
        overlap.containing = share(shared.1, counted_weight(there, &uncounted.1));
        overlap
    }

    /// Only the quotations that two texts share. They depend on no threshold of the settings.
    #[must_use]
    pub fn quotations_between(here: &Body, there: &Body) -> Vec<Block> {
        let pair = Pair { here, there };
        align(here, there).iter().flat_map(|run| pair.quotations(run)).collect()
    }

    fn add_run(&mut self, pair: &Pair<'_>, run: &Run, uncounted: &mut (Bits, Bits)) {
        for block in &run.blocks {
            self.longest = self.longest.max(block.len);
            for (at, (here, there)) in pair.words(*block).enumerate() {
                if !counts(here, there) {
                    uncounted.0.insert(block.here as usize + at);
                    uncounted.1.insert(block.there as usize + at);
                }
            }
        }
        self.shared_quotations.extend(pair.quotations(run));
        self.passages.extend(pair.passages(run));
    }

    /// The weight of the counted words inside passages, in the new and in the old text. Each word counts once.
    fn shared_weight(&self, pair: &Pair<'_>) -> (u32, u32) {
        let (mut seen_here, mut seen_there) =
            (Bits::new(pair.here.len()), Bits::new(pair.there.len()));
        let mut weight = (0, 0);
        for block in self.passages.iter().flat_map(|passage| passage.blocks.iter().copied()) {
            let len = block.len as usize;
            let (from, to) = (block.here as usize, block.there as usize);
            let is_counted = pair.words(block).all(|(here, there)| counts(here, there));
            if is_counted && !seen_here.has_any(from, len) && !seen_there.has_any(to, len) {
                // The usual block is marked as a whole.
                seen_here.insert_all(from, len);
                seen_there.insert_all(to, len);
                let own = pair.words(block).map(|(here, there)| (here.weight, there.weight));
                own.for_each(|own| add(&mut weight, own));
                continue;
            }
            for (at, (here, there)) in pair.words(block).enumerate() {
                if counts(here, there) {
                    let (is_new, is_new_there) =
                        (seen_here.add(from + at), seen_there.add(to + at));
                    let own =
                        (here.weight * u8::from(is_new), there.weight * u8::from(is_new_there));
                    add(&mut weight, own);
                }
            }
        }
        weight
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { (f64::from(part) / f64::from(whole)).min(1.0) }
}

fn counted_weight(body: &Body, uncounted: &Bits) -> u32 {
    let counted = |(at, word): &(usize, &BodyWord)| word.is_counted() && !uncounted.contains(*at);
    body.words.iter().enumerate().filter(counted).map(|(_, word)| u32::from(word.weight)).sum()
}

fn add(weight: &mut (u32, u32), own: (u8, u8)) {
    *weight = (weight.0 + u32::from(own.0), weight.1 + u32::from(own.1));
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
        let here = "He said: “we wait for the ferry here until it comes.”";
        let there = "He said: “we wait for the late ferry here until it comes.”";
        let block = Block { here: 6, there: 7, len: 5 };
        assert_eq!(between(here, there).shared_quotations, [block]);
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
            prop_assert_eq!(overlap.contained > 0.0, overlap.containing > 0.0);
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
        fn shared_words_are_the_counted_words_of_the_passages(
            here in "([a-c]{1,2}[ “”]){0,80}",
            there in "([a-c]{1,2}[ “”]){0,80}",
        ) {
            let bodies = [&here, &there].map(|text| Body::new(&Text::new(text)));
            let overlap = Overlap::between(&bodies[0], &bodies[1]);
            let (mut shared, mut weight) = ((Bits::new(bodies[0].len()), Bits::new(bodies[1].len())), 0);
            for block in overlap.passages.iter().flat_map(|passage| &passage.blocks) {
                for at in 0..block.len {
                    let (mine, theirs) = ((block.here + at) as usize, (block.there + at) as usize);
                    let (word, other) = (bodies[0].words[mine], bodies[1].words[theirs]);
                    if word.is_counted() && other.is_counted() {
                        weight += if shared.0.contains(mine) { 0 } else { u32::from(word.weight) };
                        shared.0.insert(mine);
                        shared.1.insert(theirs);
                    }
                }
            }
            prop_assert_eq!(overlap.shared_words, weight / WORD_WEIGHT);
        }

        #[test]
        fn a_text_is_all_of_itself(text in "([a-z]{1,9} ){9,60}") {
            let overlap = between(&text, &text);
            prop_assert_eq!((overlap.contained, overlap.containing), (1.0, 1.0));
        }
    }
}
