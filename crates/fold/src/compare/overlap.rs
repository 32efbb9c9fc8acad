//! Measures what two texts have in common: passages, containment in both directions, shared
//! quotations, and whether the facts inside the passages agree.

use crate::compare::align::{Block, CellCount, Run, Shingled, align_counted};
use crate::compare::bits::Bits;
use crate::compare::body::{Body, BodyWord, WORD_WEIGHT};
use crate::compare::passage::{FactCount, Pair, Passage, counts};

/// The parts that a new text has in common with an old one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overlap {
    /// The share of the new text's counted words that is in the old text, 0 to 1.
    pub contained: f64,
    /// The share of the old text's counted words that is in the new text, 0 to 1.
    pub containing: f64,
    /// The number of counted words of the new text that are in the old one.
    pub shared_words: u32,
    /// The number of counted words of the new text and of the old one, without those that the other
    /// text marks as a quotation.
    pub own_words: (u32, u32),
    /// Whether the shared words are a few words that are repeated. They are no evidence of copying.
    pub is_repetitive: bool,
    /// The passages, in the order of the new text.
    pub passages: Vec<Passage>,
    /// The number of words of the longest block, quotations included.
    pub longest: u32,
    /// The shared quotations: of each the longest part that is equal in both texts.
    pub shared_quotations: Vec<Block>,
    /// How many facts inside the passages agree.
    pub facts: FactCount,
    /// The work of the alignment: pairs of words that it compared, and links of hash chains that it
    /// followed. 0 if the runs were known before.
    pub cells: u64,
    /// The positions of the counted words of the new text that are in the old one.
    pub here: Bits,
    /// The positions of the counted words of the old text that are in the new one.
    pub there: Bits,
}

/// Shared words are repetitive if fewer different words than this are among them …
const MIN_DIFFERENT_WORDS: usize = 10;
/// … and they are at least this many. With fewer words the check says nothing.
const MIN_WORDS_FOR_VARIETY: u32 = 40;

impl Overlap {
    /// The larger of contained and containing.
    #[must_use]
    pub fn larger(&self) -> f64 {
        self.contained.max(self.containing)
    }

    /// The smaller of contained and containing.
    #[must_use]
    pub fn smaller(&self) -> f64 {
        self.contained.min(self.containing)
    }

    /// Compares two bodies.
    #[must_use]
    pub fn between(here: &Body, there: &Body) -> Overlap {
        let cells = CellCount::default();
        let runs = align_counted(&Shingled::new(here), there, &cells);
        let overlap = Overlap::from_runs(here, there, &runs);
        Overlap { cells: cells.count(), ..overlap }
    }

    /// Only the quotations that two texts share. They depend on no threshold of the settings.
    #[must_use]
    pub fn quotations_between(here: &Body, there: &Body) -> Vec<Block> {
        Overlap::quotations(&Shingled::new(here), there, &CellCount::default())
    }

    /// As [`Overlap::quotations_between`], and adds the work to `cells`.
    pub(crate) fn quotations(here: &Shingled<'_>, there: &Body, cells: &CellCount) -> Vec<Block> {
        let pair = Pair { here: here.body, there };
        let runs = align_counted(here, there, cells);
        runs.iter().flat_map(|run| pair.quotations(run)).collect()
    }

    /// Compares two bodies whose shared runs are known.
    pub(crate) fn from_runs(here: &Body, there: &Body, runs: &[Run]) -> Overlap {
        let pair = Pair { here, there };
        let mut overlap = Overlap::default();
        // Words that do not count because the other text marks them as a quotation or boilerplate.
        let mut uncounted = (Bits::new(here.len()), Bits::new(there.len()));
        for run in runs {
            overlap.add_run(&pair, run, &mut uncounted);
        }
        let own = (counted_weight(here, &uncounted.0), counted_weight(there, &uncounted.1));
        overlap.compute_shares(&pair, own);
        overlap
    }

    /// Computes how much of each text the passages cover. `own` is the counted weight of each text.
    fn compute_shares(&mut self, pair: &Pair<'_>, own: (u32, u32)) {
        (self.here, self.there) = (Bits::new(pair.here.len()), Bits::new(pair.there.len()));
        let shared = self.mark_shared(pair);
        self.shared_words = shared.0 / WORD_WEIGHT;
        self.own_words = (own.0 / WORD_WEIGHT, own.1 / WORD_WEIGHT);
        self.contained = share(shared.0, own.0);
        self.containing = share(shared.1, own.1);
        self.is_repetitive = self.shared_words >= MIN_WORDS_FOR_VARIETY
            && !self.has_enough_different_words(pair.here);
    }

    /// Whether enough different words are among the shared ones.
    fn has_enough_different_words(&self, here: &Body) -> bool {
        let mut different: Vec<u64> = Vec::with_capacity(MIN_DIFFERENT_WORDS);
        let positions = self.passages.iter().flat_map(Passage::here);
        let shared = positions.filter(|at| self.here.contains(*at)).map(|at| here.words[at].hash);
        for hash in shared {
            if !different.contains(&hash) {
                different.push(hash);
            }
            if different.len() == MIN_DIFFERENT_WORDS {
                return true;
            }
        }
        false
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
        for passage in pair.passages(run) {
            pair.count_facts(&passage, &mut self.facts);
            self.passages.push(passage);
        }
    }

    /// Marks the counted words inside passages. Returns their weight in the new and in the old
    /// text.
    fn mark_shared(&mut self, pair: &Pair<'_>) -> (u32, u32) {
        let mut weight = (0, 0);
        for block in self.passages.iter().flat_map(|passage| passage.blocks.iter().copied()) {
            let len = block.len as usize;
            let (from, to) = (block.here as usize, block.there as usize);
            let is_counted = pair.words(block).all(|(here, there)| counts(here, there));
            if is_counted && !self.here.has_any(from, len) && !self.there.has_any(to, len) {
                // The usual block is marked as a whole.
                self.here.insert_all(from, len);
                self.there.insert_all(to, len);
                let own = pair.words(block).map(|(here, there)| (here.weight, there.weight));
                own.for_each(|own| add(&mut weight, own));
                continue;
            }
            for (at, (here, there)) in pair.words(block).enumerate() {
                if counts(here, there) {
                    let (is_new, is_new_there) =
                        (self.here.add(from + at), self.there.add(to + at));
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
    fn a_sentence_said_again_and_again_is_no_text() {
        let often = "More from the quay as we get it. ".repeat(9);
        let overlap = between(&often, &often);
        assert!(overlap.contained > 0.9 && overlap.is_repetitive);
        let varied =
            format!("{often} Two ferries and a cart will take over what it carried so far.");
        assert!(!between(&varied, &varied).is_repetitive);
        assert!(!between(SENTENCE, SENTENCE).is_repetitive, "too short to say");
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

    #[test]
    fn other_numbers_in_the_same_place_conflict() {
        let text = |n: &str, who: &str| {
            format!(
                "the bank of {who} said it placed bonds worth {n} million crowns with its buyers on the market"
            )
        };
        let overlap = between(&text("250", "Orla"), &text("400", "Fenn"));
        assert_eq!(overlap.facts.conflicting, 2, "{overlap:?}");
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
            prop_assert_eq!((overlap.here, overlap.there), shared);
        }

        #[test]
        fn a_text_is_all_of_itself(text in "([a-z]{1,9} ){9,60}") {
            let overlap = between(&text, &text);
            prop_assert_eq!((overlap.contained, overlap.containing), (1.0, 1.0));
        }
    }
}
