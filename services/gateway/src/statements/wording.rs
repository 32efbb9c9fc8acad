//! Decides whether two wordings are one quotation.
//!
//! Outlets shorten quotations, begin or stop elsewhere, and sometimes change a word. Two wordings are one
//! quotation if one contains the other, if they share a long run, or if the longer one has most words of the
//! shorter one in the same order (longest common subsequence, Wagner & Fischer 1974).

use std::hash::Hasher as _;

use rustc_hash::FxHasher;
use wirefold_text::each_search_word;

use crate::shapes::Difference;

/// Only this many words are compared one by one.
const MOST_WORDS: usize = 160;
/// The length in words of the runs that find candidates.
pub(super) const RUN: usize = 3;
/// A shorter quotation is too little evidence by itself: the speaker must be the same too.
const SHORT: usize = 5;
/// The words that overlapping wordings share in one run, …
const LONG_RUN: usize = 8;
/// … which are this share of the shorter one at least.
const RUN_SHARE: f64 = 0.4;
/// The share of the shorter one's words that a reworded one keeps; of a short one; and where the texts
/// ascribe them to different people.
const ALIKE: f64 = 0.75;
const SHORT_ALIKE: f64 = 0.7;
const ALIKE_OF_OTHERS: f64 = 0.9;

/// The words of a quotation as they are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    hashes: Vec<u64>,
    /// Its length in words. Two characters of a script without spaces count as one word.
    pub(super) length: usize,
}

impl Words {
    pub(super) fn new(quotation: &str) -> Self {
        let (mut hashes, mut characters) = (Vec::new(), 0);
        each_search_word(quotation, |word| {
            hashes.push(hash(word.normal));
            characters += usize::from(word.is_character);
        });
        let length = hashes.len() - characters / 2;
        Self { hashes, length }
    }

    /// A hash of all words in order.
    pub(super) fn key(&self) -> u64 {
        hash(self.hashes.as_slice())
    }

    /// A hash of each run of words.
    pub(super) fn runs(&self) -> impl Iterator<Item = u64> + '_ {
        self.hashes.windows(RUN).take(MOST_WORDS).map(hash)
    }

    pub(super) fn is_short(&self) -> bool {
        self.length < SHORT
    }

    fn compared(&self) -> &[u64] {
        &self.hashes[..self.hashes.len().min(MOST_WORDS)]
    }
}

fn hash<T: std::hash::Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Whether two wordings have the same speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speakers {
    /// Both speakers are named and are the same person.
    Same,
    /// At least one of them is not named.
    Open,
    /// Both speakers are named and are different people.
    Different,
}

/// Whether two names may be of one person: the last name of one is in the other.
pub(super) fn speakers(one: Option<&str>, other: Option<&str>) -> Speakers {
    let (Some(one), Some(other)) = (one, other) else { return Speakers::Open };
    let (one, other) = (name_words(one), name_words(other));
    let is_in = |last: Option<&u64>, all: &[u64]| last.is_some_and(|last| all.contains(last));
    match is_in(one.last(), &other) || is_in(other.last(), &one) {
        true => Speakers::Same,
        false => Speakers::Different,
    }
}

/// The words of a name. The last one finds wordings by the same speaker.
pub(super) fn name_words(name: &str) -> Vec<u64> {
    let mut words = Vec::new();
    each_search_word(name, |word| words.push(hash(word.normal)));
    words
}

/// How a wording differs from one that is at least as long; `None` if they are two quotations.
pub(super) fn difference(full: &Words, other: &Words, speakers: Speakers) -> Option<Difference> {
    let (long, short) = (full.compared(), other.compared());
    let is_by_same = speakers == Speakers::Same;
    let stands_in =
        short.len() <= long.len() && long.windows(short.len().max(1)).any(|window| window == short);
    if stands_in && (!other.is_short() || is_by_same) {
        return Some(Difference::Shortened);
    }
    if other.is_short() && !is_by_same {
        return None;
    }
    let common = Common::of(long, short);
    let share = |part: usize| part as f64 / short.len().max(1) as f64;
    let is_all = common.kept == short.len() && common.pieces <= 3;
    if is_all && common.extent <= 3 * short.len() && common.kept >= 2 * common.pieces {
        return Some(Difference::Shortened);
    }
    let least = match speakers {
        Speakers::Different => ALIKE_OF_OTHERS,
        _ if other.is_short() => SHORT_ALIKE,
        _ => ALIKE,
    };
    // A long speech has scattered words of another one by chance.
    let is_dense = common.extent <= short.len() + short.len() / 2 + 1;
    if share(common.kept) >= least && is_dense && common.kept >= 2 {
        return Some(Difference::Reworded);
    }
    let has_run = common.longest >= LONG_RUN && share(common.longest) >= RUN_SHARE;
    has_run.then_some(Difference::Overlapping)
}

/// The words that two sequences have in common, in order.
#[derive(Debug, Default)]
struct Common {
    /// The words.
    kept: usize,
    /// The runs that they are in.
    pieces: usize,
    /// How many words of the longer one lie between the first and the last of them, both included.
    extent: usize,
    /// The words of the longest run.
    longest: usize,
}

impl Common {
    fn of(long: &[u64], short: &[u64]) -> Self {
        let width = short.len() + 1;
        let mut most = vec![0_u16; (long.len() + 1) * width];
        for (row, here) in long.iter().enumerate().rev() {
            for (column, there) in short.iter().enumerate().rev() {
                most[row * width + column] = match here == there {
                    true => most[(row + 1) * width + column + 1] + 1,
                    false => most[(row + 1) * width + column].max(most[row * width + column + 1]),
                };
            }
        }
        let (mut row, mut column, mut run) = (0, 0, 0);
        let (mut first, mut common) = (None, Self::default());
        while row < long.len() && column < short.len() {
            if long[row] == short[column] {
                common.pieces += usize::from(run == 0);
                run += 1;
                common.kept += 1;
                common.longest = common.longest.max(run);
                common.extent = row + 1 - *first.get_or_insert(row);
                (row, column) = (row + 1, column + 1);
                continue;
            }
            run = 0;
            match most[(row + 1) * width + column] >= most[row * width + column + 1] {
                true => row += 1,
                false => column += 1,
            }
        }
        common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(full: &str, other: &str, speakers: Speakers) -> Option<Difference> {
        difference(&Words::new(full), &Words::new(other), speakers)
    }

    #[test]
    fn forms_of_one_quotation_are_told_from_others() {
        use Difference::{Overlapping, Reworded, Shortened};
        use Speakers::{Different, Open, Same};
        let speech = "We will open the harbour again before the first snow, whatever it costs us";
        let cases = [
            ("We will open the harbour again before the first snow", Open, Some(Shortened)),
            ("We will open the harbour before the first snow", Open, Some(Shortened)),
            ("We will open the port again before the first snow", Open, Some(Reworded)),
            ("We will open the port again before the first frost", Open, Some(Reworded)),
            ("We will open the port again before the first frost", Different, None),
            (
                "We will open our harbour again before the first snow, whatever it may cost us",
                Same,
                Some(Reworded),
            ),
            ("the first snow", Open, None),
            ("the first snow", Same, Some(Shortened)),
            ("It costs us the whole harbour and the first of the ships", Open, None),
            (
                "open the harbour again before the first snow, and then the market and the town hall",
                Open,
                Some(Overlapping),
            ),
            ("Nobody was in the house when it fell", Same, None),
        ];
        for (other, speakers, expected) in cases {
            assert_eq!(between(speech, other, speakers), expected, "{other:?}");
        }
        assert_eq!(
            between("quick and careful work", "quick, and patient work", Same),
            Some(Reworded)
        );
        assert_eq!(between("quick and careful work", "quick, and patient work", Open), None);
        assert_eq!(
            between("橋は来月から閉鎖される予定だ", "橋は来月から閉鎖される", Open),
            Some(Shortened)
        );
        assert_eq!(between("", "", Open), None);
    }

    #[test]
    fn a_last_name_is_enough() {
        assert_eq!(speakers(Some("Tom Lund"), Some("Lund")), Speakers::Same);
        assert_eq!(speakers(Some("Mayor Mara Voss"), Some("mara voss")), Speakers::Same);
        assert_eq!(speakers(Some("Tom Lund"), Some("Tom Berg")), Speakers::Different);
        assert_eq!(speakers(Some("Tom Lund"), None), Speakers::Open);
    }
}
