//! What two texts have in common: passages, containment both ways, shared quotations, and whether the facts inside
//! agree.

use std::ops::Range;

use crate::body::{Body, BodyWord, Fact, WORD_WEIGHT};
use crate::codec::bits::Bits;
use crate::compare::align::{Block, Cells, Run, align_counted};
use crate::compare::frame::is_frame;
use crate::settings::{Settings, Switch};

/// A run of words that stands in two texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// The verbatim runs it is made of; between them lie small edits.
    pub blocks: Vec<Block>,
    /// Its words, apart from quotations and boilerplate.
    pub counted: u32,
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

    /// Where the blocks are bridged: the words between two of them, here and there; either may be
    /// none.
    pub(crate) fn edits(&self) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        self.blocks.windows(2).map(|pair| {
            let here = (pair[0].here + pair[0].len) as usize..pair[1].here as usize;
            (here, (pair[0].there + pair[0].len) as usize..pair[1].there as usize)
        })
    }

    fn ends(&self) -> (Block, Block) {
        let first = self.blocks.first().expect("a passage is made of blocks");
        let last = self.blocks.last().expect("a passage is made of blocks");
        (*first, *last)
    }
}

/// How the facts inside common passages compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FactCount {
    /// Numbers and names that stand in both texts.
    pub agreeing: u32,
    /// Edits that put another number or name in the same place.
    pub conflicting: u32,
}

/// What a new text has in common with an old one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Overlap {
    /// Share of the new text's counted words that stand in the old text, 0 to 1.
    pub contained: f64,
    /// Share of the old text's counted words that stand in the new text, 0 to 1.
    pub containing: f64,
    /// Counted words of the new text that stand in the old one.
    pub shared_words: u32,
    /// The counted words of the new text and of the old one, without those that the other marks as
    /// a quotation.
    pub own_words: (u32, u32),
    /// Whether what they share is a few words again and again, of which nobody can say who copied whom.
    pub is_monotonous: bool,
    /// The passages, in the order of the new text.
    pub passages: Vec<Passage>,
    /// Words of the longest verbatim run, quotations included.
    pub longest: u32,
    /// Quotations in common: of each the longest part that stands verbatim in both.
    pub shared_quotations: Vec<Block>,
    /// How the facts inside the passages compare.
    pub facts: FactCount,
    /// Whether passages were left out since they are the frame of one outlet's pages.
    pub is_frame: bool,
    /// Pairs of words that the alignment looked at, and places of shingles: what it cost; 0 where the
    /// runs were known before.
    pub cells: u64,
    /// The counted positions of the new text that stand in the old one.
    pub here: Bits,
    /// The counted positions of the old text that stand in the new one.
    pub there: Bits,
}

/// The share of a text that is nearly all of it.
pub(crate) const NEARLY_ALL: f64 = 0.9;
/// The share of two texts that, where it stands in both, makes them in the main one text.
const ONE_TEXT: f64 = 0.6;
/// Fewer different words than this among the shared ones of a text are no text.
const LEAST_DIFFERENT: usize = 10;
/// It is asked where they share so many words.
const COMPARED_WORDS: u32 = 40;
/// Quoted words in common that make a shared quotation.
pub(crate) const QUOTATION_WORDS: u32 = 6;
/// Words that a run must have beyond a passage's length for every edit it bridges.
const WORDS_PER_EDIT: u32 = 3;

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

    /// Whether two texts are nearly equal: this share of each stands in the other.
    pub(crate) fn is_nearly_all(&self) -> bool {
        self.smaller() >= NEARLY_ALL
    }

    /// Whether both are in the main one text.
    pub(crate) fn is_one_text(&self) -> bool {
        self.smaller() >= ONE_TEXT
    }

    /// Words in common for each verbatim run of them: few where the same phrases recur in other
    /// sentences, many where somebody copied.
    #[must_use]
    pub fn words_a_run(&self) -> f64 {
        let runs: usize = self.passages.iter().map(|passage| passage.blocks.len()).sum();
        f64::from(self.shared_words) / runs.max(1) as f64
    }

    /// Whether what they share are phrases that recur in other sentences: little of either text, in
    /// short runs, or the same few words again and again.
    #[must_use]
    pub fn is_mosaic(&self, settings: &Settings) -> bool {
        settings.is_on(Switch::Phrases)
            && (self.is_monotonous
                || self.larger() < settings.mosaic_larger
                    && self.words_a_run() < settings.mosaic_run)
    }

    /// Compares two bodies.
    #[must_use]
    pub fn between(here: &Body, there: &Body, settings: &Settings) -> Overlap {
        let cells = Cells::default();
        let runs = align_counted(here, there, &cells);
        let overlap = Overlap::of_runs(here, there, &runs, settings, false);
        Overlap { cells: cells.count(), ..overlap }
    }

    /// The quotations that two texts share, and nothing else: no threshold changes them.
    #[must_use]
    pub fn quotations_between(here: &Body, there: &Body) -> Vec<Block> {
        Overlap::quotations(here, there, &Cells::default())
    }

    /// The shared quotations alone.
    pub(crate) fn quotations(here: &Body, there: &Body, cells: &Cells) -> Vec<Block> {
        let pair = Pair { here, there };
        let runs = align_counted(here, there, cells);
        runs.iter().flat_map(|run| pair.quotations(run)).collect()
    }

    /// Compares two bodies whose common runs are known. In articles of one outlet, passages around long pieces of
    /// their own are the frame of the page and do not count, unless they are nearly all there is. Otherwise the
    /// first pages of an outlet fold by their boilerplate before it can be learned.
    pub(crate) fn of_runs(
        here: &Body,
        there: &Body,
        runs: &[Run],
        settings: &Settings,
        one_outlet: bool,
    ) -> Overlap {
        let pair = Pair { here, there };
        let mut overlap = Overlap::default();
        // Words that are no own words of either, since the other text marks them.
        let mut void = (Bits::new(here.len()), Bits::new(there.len()));
        for run in runs {
            overlap.add_run(&pair, run, settings, &mut void);
        }
        let own = (counted_weight(here, &void.0), counted_weight(there, &void.1));
        overlap.sum_up(&pair, own);
        if one_outlet
            && settings.is_on(Switch::PageFrame)
            && overlap.larger() < settings.frame_share
            && is_frame(&overlap.passages, (here, &void.0), (there, &void.1))
        {
            overlap.is_frame = !overlap.passages.is_empty();
            overlap.passages.clear();
            overlap.facts = FactCount::default();
            overlap.sum_up(&pair, own);
        }
        overlap
    }

    /// Counts the shares of what the passages cover; `own` is the counted weight of each text.
    fn sum_up(&mut self, pair: &Pair<'_>, own: (u32, u32)) {
        (self.here, self.there) = (Bits::new(pair.here.len()), Bits::new(pair.there.len()));
        let shared = self.mark_shared(pair);
        self.shared_words = shared.0 / WORD_WEIGHT;
        self.own_words = (own.0 / WORD_WEIGHT, own.1 / WORD_WEIGHT);
        self.contained = share(shared.0, own.0);
        self.containing = share(shared.1, own.1);
        self.is_monotonous =
            self.shared_words >= COMPARED_WORDS && !self.has_different_words(pair.here);
    }

    /// Whether enough different words of the new text stand in the old one.
    fn has_different_words(&self, here: &Body) -> bool {
        let mut different: Vec<u64> = Vec::with_capacity(LEAST_DIFFERENT);
        let places = self.passages.iter().flat_map(Passage::here);
        let shared = places.filter(|at| self.here.contains(*at)).map(|at| here.words[at].hash);
        for hash in shared {
            if !different.contains(&hash) {
                different.push(hash);
            }
            if different.len() == LEAST_DIFFERENT {
                return true;
            }
        }
        false
    }

    fn add_run(
        &mut self,
        pair: &Pair<'_>,
        run: &Run,
        settings: &Settings,
        void: &mut (Bits, Bits),
    ) {
        for block in &run.blocks {
            self.longest = self.longest.max(block.len);
            for (here, there) in places(*block) {
                if !pair.counts(here, there) {
                    void.0.insert(here);
                    void.1.insert(there);
                }
            }
        }
        self.shared_quotations.extend(pair.quotations(run));
        for passage in pair.passages(run, settings) {
            pair.count_facts(&passage, &mut self.facts);
            self.passages.push(passage);
        }
    }

    /// Marks the counted words inside passages; returns their weight here and there.
    fn mark_shared(&mut self, pair: &Pair<'_>) -> (u32, u32) {
        let mut weight = (0, 0);
        for (here, there) in self.passages.iter().flat_map(|p| &p.blocks).copied().flat_map(places)
        {
            if !pair.counts(here, there) {
                continue;
            }
            if !self.here.contains(here) {
                self.here.insert(here);
                weight.0 += u32::from(pair.here.words[here].weight);
            }
            if !self.there.contains(there) {
                self.there.insert(there);
                weight.1 += u32::from(pair.there.words[there].weight);
            }
        }
        weight
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { (f64::from(part) / f64::from(whole)).min(1.0) }
}

fn counted_weight(body: &Body, void: &Bits) -> u32 {
    let counted = |(at, word): &(usize, &BodyWord)| word.counts() && !void.contains(*at);
    body.words.iter().enumerate().filter(counted).map(|(_, word)| u32::from(word.weight)).sum()
}

fn places(block: Block) -> impl Iterator<Item = (usize, usize)> {
    (block.here as usize..).zip(block.there as usize..).take(block.len as usize)
}

/// A quotation that two texts share, over small edits.
struct Quotation {
    /// The longest of its verbatim parts.
    longest: Block,
    /// The last of them.
    last: Block,
    /// Of all words in common.
    weight: u32,
}

impl Quotation {
    /// Adds the next word in common.
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

/// The two bodies under comparison.
struct Pair<'a> {
    here: &'a Body,
    there: &'a Body,
}

impl Pair<'_> {
    /// Whether a word in common counts: a quotation marked in *either* text does not.
    fn counts(&self, here: usize, there: usize) -> bool {
        self.here.words[here].counts() && self.there.words[there].counts()
    }

    fn counted(&self, blocks: &[Block]) -> u32 {
        let counted = blocks.iter().copied().flat_map(places).filter(|(h, t)| self.counts(*h, *t));
        counted.map(|(here, _)| u32::from(self.here.words[here].weight)).sum()
    }

    /// The passages of a run: the whole of it where it is long enough for its edits, else those
    /// of its verbatim parts that are long enough by themselves.
    fn passages(&self, run: &Run, settings: &Settings) -> Vec<Passage> {
        let least = settings.passage_words * WORD_WEIGHT;
        let edits = u32::try_from(run.blocks.len() - 1).unwrap_or(u32::MAX);
        let counted = self.counted(&run.blocks);
        if counted >= least.saturating_add(edits.saturating_mul(WORDS_PER_EDIT * WORD_WEIGHT)) {
            return vec![Passage { blocks: run.blocks.clone(), counted: counted / WORD_WEIGHT }];
        }
        let alone = |block: &Block| {
            let own = self.counted(&[*block]);
            (own >= least).then(|| Passage { blocks: vec![*block], counted: own / WORD_WEIGHT })
        };
        run.blocks.iter().filter_map(alone).collect()
    }

    /// Stretches of a run that stand inside quotation marks in either text, over small edits: the
    /// longest verbatim part of each.
    fn quotations(&self, run: &Run) -> Vec<Block> {
        let mut found: Vec<Quotation> = Vec::new();
        let mut open = false;
        for (here, there) in run.blocks.iter().copied().flat_map(places) {
            if !self.here.words[here].quoted && !self.there.words[there].quoted {
                open = false;
                continue;
            }
            let weight = u32::from(self.here.words[here].weight);
            let narrow = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
            let word = Block { here: narrow(here), there: narrow(there), len: 1 };
            match found.last_mut() {
                Some(quotation) if open => quotation.add_word(word, weight),
                _ => found.push(Quotation { longest: word, last: word, weight }),
            }
            open = true;
        }
        let long_enough = |one: &Quotation| one.weight >= QUOTATION_WORDS * WORD_WEIGHT;
        found.into_iter().filter(long_enough).map(|one| one.longest).collect()
    }

    fn count_facts(&self, passage: &Passage, facts: &mut FactCount) {
        let matched = passage.blocks.iter().copied().flat_map(places);
        let agreeing =
            matched.filter(|(here, _)| self.here.words[*here].fact != Fact::None).count();
        facts.agreeing += u32::try_from(agreeing).unwrap_or(u32::MAX);
        for (here, there) in passage.edits() {
            let (here, there) = (&self.here.words[here], &self.there.words[there]);
            facts.conflicting += u32::from(conflict(here, there));
        }
    }
}

/// Whether an edit puts another number or another name in the place of one.
fn conflict(here: &[BodyWord], there: &[BodyWord]) -> bool {
    [Fact::Number, Fact::Name].into_iter().any(|kind| {
        let of = |words: &[BodyWord]| -> Vec<u64> {
            words.iter().filter(|word| word.fact == kind).map(|word| word.hash).collect()
        };
        let (here, there) = (of(here), of(there));
        !here.is_empty() && !there.is_empty() && !here.iter().any(|hash| there.contains(hash))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wirefold_text::Text;

    fn between(here: &str, there: &str) -> Overlap {
        let body = |text: &str| Body::new(&Text::new(text));
        Overlap::between(&body(here), &body(there), &Settings::default())
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
        assert!(overlap.contained > 0.9 && overlap.is_mosaic(&Settings::default()));
        let varied =
            format!("{often} Two ferries and a cart will take over what it carried so far.");
        assert!(!between(&varied, &varied).is_mosaic(&Settings::default()));
        assert!(!between(SENTENCE, SENTENCE).is_monotonous, "too short to say");
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
            let overlap = Overlap::between(&bodies[0], &bodies[1], &Settings::default());
            let word = |at: usize, place: usize| {
                let index = bodies[at].words[place].index as usize;
                texts[at].normal(&texts[at].words()[index])
            };
            let quotations = overlap.shared_quotations.iter();
            for block in overlap.passages.iter().flat_map(|p| &p.blocks).chain(quotations) {
                for (mine, theirs) in places(*block) {
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
