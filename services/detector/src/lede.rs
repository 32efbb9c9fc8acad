//! Finds names and numbers in the lede of an article that no earlier lede of its event has.
//!
//! The text of an article comes in; the new name or number of its lede goes out. This module never
//! knows the story or the outlet.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use wirefold_fold::{Lede, is_calendar, word_hash};
use wirefold_proto::{MaterialReason, Materiality};
use wirefold_text::Text;
use wirefold_text::extract::{names, numbers};

use crate::agency::shorten;

/// The words and numbers in the ledes of an event, as hashes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct LeadFacts {
    words: SortedHashes,
    numbers: SortedHashes,
}

/// A sorted set of hashes. It takes less memory than a tree.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct SortedHashes(Vec<u64>);

impl SortedHashes {
    fn contains(&self, hash: u64) -> bool {
        self.0.binary_search(&hash).is_ok()
    }

    fn extend(&mut self, hashes: impl Iterator<Item = u64>) {
        let mut new: Vec<u64> = hashes.filter(|hash| !self.contains(*hash)).collect();
        if new.is_empty() {
            return;
        }
        self.0.append(&mut new);
        // The stable sort is fast here because nearly all hashes are in order.
        self.0.sort();
        self.0.dedup();
    }
}

/// The most words stored for one event. With this many known words, further ledes hardly help to recognise
/// new ones.
const MAX_EVENT_WORDS: usize = 4_096;
/// The most words of a lede that are examined.
const MAX_LEDE_WORDS: usize = 120;

impl LeadFacts {
    /// Adds the words and numbers of an article's lede.
    pub(crate) fn add(&mut self, text: &Text) {
        if self.words.0.len() >= MAX_EVENT_WORDS {
            return;
        }
        let lede = Lede::of(text).shortened(MAX_LEDE_WORDS);
        self.words.extend(lede.words().map(|index| word_hash(lede.normal(index))));
        self.numbers
            .extend(numbers(text, lede.words()).iter().map(|number| word_hash(&number.value)));
    }

    /// Adds the words and numbers of another event.
    pub(crate) fn extend(&mut self, other: Self) {
        self.words.extend(other.words.0.into_iter());
        self.numbers.extend(other.numbers.0.into_iter());
    }

    /// The first new number in an article's lede, or else the first new name; `None` if all are
    /// known.
    pub(crate) fn find_new_fact(&self, text: &Text) -> Option<Materiality> {
        let lede = Lede::of(text).shortened(MAX_LEDE_WORDS);
        if let Some(number) = lede.new_number(|value| self.numbers.contains(word_hash(value))) {
            return Some(material(MaterialReason::NewNumber, &number));
        }
        let is_known = |word: &str| self.words.contains(word_hash(word));
        let is_new = |index: usize| lede.is_new_word(index, is_known);
        let mut names = lede_names(text, &lede.words()).into_iter();
        let name_words = names.find(|words| words.clone().any(is_new))?;
        // In `Wednesday Tom Lund` the day is not part of the name.
        let is_part = |index: &usize| !is_calendar(lede.normal(*index));
        let (first, last) = (name_words.clone().find(is_part)?, name_words.rev().find(is_part)?);
        let name = lede.as_written(first, last);
        Some(material(MaterialReason::NewName, name))
    }
}

/// If more than one word in five is part of a capitalised run, the language capitalises nouns, as
/// German does. A single capitalised word is then not taken for a name.
const NOUN_CAPITALS_ONE_IN: usize = 5;

/// The names of a lede, as word ranges.
fn lede_names(text: &Text, lede: &Range<usize>) -> Vec<Range<usize>> {
    let all: Vec<Range<usize>> = names(text).into_iter().map(|name| name.words).collect();
    let in_names: usize = all.iter().map(ExactSizeIterator::len).sum();
    let shortest = if in_names * NOUN_CAPITALS_ONE_IN > text.words().len() { 2 } else { 1 };
    // The first word after a dateline has a capital because it begins the sentence.
    let opens = |words: &Range<usize>| words.start == lede.start && lede.start != text.lede().start;
    let behind = |words: Range<usize>| match opens(&words) {
        true => words.start + 1..words.end,
        false => words,
    };
    let in_lede = all.into_iter().filter(|words| lede.contains(&words.start));
    in_lede.map(behind).filter(|words| words.len() >= shortest).collect()
}

fn material(reason: MaterialReason, detail: &str) -> Materiality {
    Materiality { material: true, reason, detail: Some(shorten(detail)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "QUAYTON (AP) — The port of Quayton closed on Monday after 9 days, said Ada Ruiz of the quay union.";

    fn check(new: &str, expected: Option<(MaterialReason, &str)>) {
        let mut ledes = LeadFacts::default();
        ledes.add(&Text::new(KNOWN));
        let found = ledes.find_new_fact(&Text::new(new));
        let found = found.map(|found| (found.reason, found.detail.unwrap_or_default()));
        assert_eq!(found, expected.map(|(reason, detail)| (reason, detail.to_owned())), "{new}");
    }

    #[test]
    fn a_number_comes_before_a_name_and_nothing_new_is_nothing() {
        check(KNOWN, None);
        check("TARROW — For 9 days Ada Ruiz of the union has kept the port of Quayton shut.", None);
        check(
            "The union of Tom Lund shut the port of Quayton on Monday for all of 10 days.",
            Some((MaterialReason::NewNumber, "10")),
        );
        check(
            "The union led by Tom Lund shut the port of Quayton on Friday, said Ada Ruiz.",
            Some((MaterialReason::NewName, "Tom Lund")),
        );
        check("On Friday the port of Quayton was shut by the quay union of Ada Ruiz.", None);
        for date in ["Wednesday", "March 5", "2026-03-05", "the 5th of March 2026", "5. März"] {
            let lede = "the port of Quayton was shut by the quay union of Ada Ruiz.";
            check(&format!("On {date} {lede}"), None);
        }
        check(
            "The port of Quayton was shut on Wednesday Tom Lund of the quay union said.",
            Some((MaterialReason::NewName, "Tom Lund")),
        );
        check("Der Hafen bleibt nach dem Streik der Arbeiter an der Mole geschlossen.", None);
    }
}
