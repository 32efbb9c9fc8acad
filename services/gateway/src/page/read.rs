//! A text as the page shows it: words as printed, and quotations.

use std::ops::Range;

use crate::analysed_text::AnalysedText;

/// The most bytes of one text that a page compares: some 20,000 words. It limits the work of a request.
const MAX_BYTES: usize = 128 * 1024;

impl AnalysedText {
    /// Analyses the beginning of a text.
    pub(super) fn beginning(original: &str) -> AnalysedText {
        AnalysedText::new(beginning(original))
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

    /// One word as printed: with its opening and closing marks, and the space after it.
    pub(super) fn word(&self, at: usize) -> String {
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

fn beginning(original: &str) -> &str {
    let mut end = original.len().min(MAX_BYTES);
    while !original.is_char_boundary(end) {
        end -= 1;
    }
    &original[..end]
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
