//! A text with its words, as the page prints it, and two texts compared as the detector compares them.

use std::ops::Range;

use wirefold_fold::{Body, Changes, Described, Explanation, Overlap, judge_alone};
use wirefold_text::{Span, Text};

use crate::shapes::Relation;

/// One text, analysed.
#[derive(Debug)]
pub struct AnalysedText {
    /// The text with its words.
    pub text: Text,
    /// The part of it that is compared.
    pub body: Body,
}

impl AnalysedText {
    /// Analyses a text. Page chrome does not belong to its body.
    #[must_use]
    pub fn new(original: &str) -> Self {
        let text = Text::new(original);
        Self { body: Body::new(&text), text }
    }

    /// The bytes of a word of the body in the original.
    #[must_use]
    pub fn span(&self, word: usize) -> Span {
        self.text.words()[self.body.words[word].index as usize].span
    }

    /// The bytes from the first to the last of some words of the body in the original. There must be one.
    #[must_use]
    pub fn stretch(&self, words: &Range<usize>) -> Span {
        Span { start: self.span(words.start).start, end: self.span(words.end - 1).end }
    }
}

/// The most bytes of one text that a page compares: some 20,000 words. It limits the work of a request.
const MAX_BYTES: usize = 128 * 1024;

impl AnalysedText {
    /// Analyses the beginning of a text.
    pub(super) fn beginning(original: &str) -> AnalysedText {
        AnalysedText::new(&original[..original.floor_char_boundary(MAX_BYTES)])
    }

    /// The number of words.
    pub(super) fn len(&self) -> usize {
        self.text.words().len()
    }

    /// The runs of words inside quotation marks.
    pub(super) fn quotations(&self) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = Vec::new();
        for (at, word) in self.text.words().iter().enumerate().filter(|(_, word)| word.quoted) {
            match found.last_mut() {
                Some(range) if range.end == at && !self.is_new_quotation(word.span.start) => {
                    range.end = at + 1;
                }
                _ => found.push(at..at + 1),
            }
        }
        found
    }

    /// The words of a range as printed, with the marks that belong to them.
    pub(super) fn printed(&self, words: &Range<usize>) -> String {
        words.clone().map(|at| self.word(at)).collect::<String>().trim().to_owned()
    }

    /// One word of the text as printed: with its opening and closing marks, and the space after it. Empty if there
    /// is no such word.
    #[must_use]
    pub fn word(&self, at: usize) -> String {
        let words = self.text.words();
        let (Some(word), original) = (words.get(at), self.text.original()) else {
            return String::new();
        };
        let before = match at.checked_sub(1).and_then(|before| words.get(before)) {
            Some(before) => gap(original, before.span.end, word.span.start),
            None => original.get(..word.span.start).unwrap_or_default(),
        };
        let after = match words.get(at + 1) {
            Some(next) => gap(original, word.span.end, next.span.start),
            None => original.get(word.span.end..).unwrap_or_default(),
        };
        let head = before.rfind(char::is_whitespace).map_or("", |space| &before[space..]).trim();
        let tail = after.rfind(char::is_whitespace).map_or(after, |space| &after[..space]);
        let tail = tail.split_whitespace().collect::<Vec<_>>().join(" ");
        let stands_alone = after.starts_with(char::is_whitespace) && !tail.is_empty();
        let gap = if stands_alone { " " } else { "" };
        let space = if after.contains(char::is_whitespace) { " " } else { "" };
        format!("{head}{}{gap}{tail}{space}", word.span.of(original))
    }

    fn is_new_quotation(&self, byte: usize) -> bool {
        let starts = self.text.quotations();
        let next = starts.partition_point(|span| span.end <= byte);
        let before = starts.get(next).map(|span| span.start).unwrap_or_default();
        let is_mark = |c: char| !c.is_alphanumeric();
        let lead_in = self.text.original().get(before..byte).unwrap_or_default();
        lead_in.chars().all(is_mark)
    }
}

/// The text between two words; empty between words that are one printed word.
fn gap(original: &str, from: usize, to: usize) -> &str {
    original.get(from..to).unwrap_or_default()
}

/// Two texts, judged alone, and their shared parts.
#[derive(Debug)]
pub struct TextComparison {
    /// The earlier text.
    pub earlier: AnalysedText,
    /// The later text.
    pub later: AnalysedText,
    /// The parts of the later text that the earlier one has.
    pub overlap: Overlap,
    /// The verdicts on both, and the evidence.
    pub explanation: Explanation,
}

impl TextComparison {
    /// Judges the two as if the later one came in after the earlier one, and nothing else did.
    /// `None` only if the detector gives no verdict.
    #[must_use]
    pub fn new(earlier: &Described<'_>, later: &Described<'_>) -> Option<Self> {
        let explanation = judge_alone(earlier, later)?;
        let [earlier, later] = [earlier, later].map(|it| AnalysedText::new(it.incoming.text));
        let overlap = Overlap::between(&later.body, &earlier.body);
        Some(Self { earlier, later, overlap, explanation })
    }

    /// The relation of the two.
    #[must_use]
    pub fn relation(&self) -> Relation {
        Relation::of(self.explanation.is_one_story(), self.explanation.is_one_event())
    }

    /// Why they are one story or not, for people: the earlier text is A, the later one is B.
    #[must_use]
    pub fn words(&self) -> String {
        self.explanation.words()
    }

    /// How different the SimHashes are, in bits of 64: a hint, never evidence.
    #[must_use]
    pub fn simhash_distance(&self) -> u32 {
        let Explanation { earlier, later, .. } = &self.explanation;
        (earlier.simhash ^ later.simhash).count_ones()
    }

    /// The change of each sentence of the earlier text.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes::between(&self.earlier.text, &self.later.text)
    }
}

/// The number of sentences with each change, and its word. Changes without sentences are left out.
pub fn change_counts(changes: &Changes) -> impl Iterator<Item = (usize, &'static str)> + use<> {
    let count = changes.count();
    [
        (count.kept, "kept"),
        (count.reworded, "reworded"),
        (count.moved, "moved"),
        (count.added, "added"),
        (count.dropped, "dropped"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
}

/// One step of an edit script, with the position on each side.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Same { old: usize, new: usize },
    Dropped { old: usize },
    Added { new: usize },
}

/// The shortest edit script by a longest common subsequence (Wagner and Fischer 1974).
pub(crate) fn align<T: PartialEq>(old: &[T], new: &[T]) -> Vec<Step> {
    let width = new.len() + 1;
    let mut common = vec![0_u16; (old.len() + 1) * width];
    for (at, word) in old.iter().enumerate().rev() {
        for (to, other) in new.iter().enumerate().rev() {
            common[at * width + to] = if word == other {
                common[(at + 1) * width + to + 1] + 1
            } else {
                common[(at + 1) * width + to].max(common[at * width + to + 1])
            };
        }
    }
    let (mut at, mut to) = (0, 0);
    let mut steps = Vec::with_capacity(old.len() + new.len());
    while at < old.len() || to < new.len() {
        let is_same = at < old.len() && to < new.len() && old[at] == new[to];
        let drops = at < old.len()
            && (to == new.len() || common[(at + 1) * width + to] >= common[at * width + to + 1]);
        if is_same {
            steps.push(Step::Same { old: at, new: to });
            (at, to) = (at + 1, to + 1);
        } else if drops {
            steps.push(Step::Dropped { old: at });
            at += 1;
        } else {
            steps.push(Step::Added { new: to });
            to += 1;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_printed_with_their_marks() {
        let reading =
            AnalysedText::new("The mayor said, “We are full-time ready,” and (then) left.");
        assert_eq!(
            reading.printed(&(0..reading.len())),
            "The mayor said, “We are full-time ready,” and (then) left."
        );
        assert_eq!(reading.word(3), "“We ");
        let dateline = AnalysedText::new("ORLA — The ferry\n\n“sank.”");
        assert_eq!(dateline.printed(&(0..dateline.len())), "ORLA — The ferry “sank.”");
        assert_eq!(dateline.word(0), "ORLA — ");
        assert_eq!(reading.quotations().first(), Some(&(3..8)));
    }

    #[test]
    fn quotations_side_by_side_are_two() {
        let reading = AnalysedText::new("“One two three.” “Four five six.” He left.");
        assert_eq!(reading.quotations(), [0..3, 3..6]);
    }

    #[test]
    fn a_long_text_is_read_as_far_as_the_bound() {
        let long = "ä ".repeat(MAX_BYTES);
        let reading = AnalysedText::beginning(&long);
        assert!(reading.text.original().len() <= MAX_BYTES && reading.len() > 40_000);
    }
}
