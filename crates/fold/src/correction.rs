//! Corrections: articles that say that they correct their story, and the words that they changed, written as `14 → 28`.

use std::ops::Range;

use wirefold_text::{Sentence, Text};

use crate::compare::changes::{Change, Changes};

/// A title is marked as a correction by a marker word among this many first words.
const MAX_MARKER_WORDS: usize = 2;
/// The first words of a paragraph or a title that announces a correction, in normal form.
const CORRECTIONS: &[&str] = &[
    "correction",
    "corrected",
    "corrects",
    "clarification",
    "berichtigt",
    "berichtigung",
    "korrigiert",
    "korrektur",
    "rettifica",
    "correctif",
    "rectificatif",
    "corrección",
    "errata",
    "correzione",
    "correção",
    "исправление",
    "поправка",
    "виправлення",
    "уточнення",
    "تصحيح",
];
/// The number of words of a change that can be shown as a correction. A longer one is a rewritten
/// sentence.
const MAX_CHANGED_WORDS: usize = 5;
/// The number of words of both texts together. Longer texts would take too long to compare.
const MAX_COMPARED_WORDS: usize = 40_000;

/// Whether an article says that it corrects an earlier one, in its title or its text.
pub(crate) fn is_correction(title: &Text, text: &Text) -> bool {
    is_title_of_correction(title) || corrects(text)
}

/// Whether a title says that its article is a correction.
fn is_title_of_correction(title: &Text) -> bool {
    let mut first = title.normal_words().take(MAX_MARKER_WORDS);
    first.any(|word| CORRECTIONS.contains(&word))
}

/// Whether a text says that it corrects an earlier one.
fn corrects(text: &Text) -> bool {
    text.paragraphs().iter().any(|paragraph| {
        let first = text.words().get(paragraph.words.start);
        let is_label = first.is_some_and(|word| CORRECTIONS.contains(&text.normal(word)));
        let raw = paragraph.span.of(text.original());
        (is_label || raw.starts_with("更正")) && raw.contains([':', '：', '—', '–'])
    })
}

/// The words that changed between an earlier text and its correction. A change with a digit comes
/// first, then the shortest. `None` if only whole sentences were rewritten.
pub(crate) fn corrected_words(text: &Text, earlier: &Text) -> Option<String> {
    if text.words().len() + earlier.words().len() > MAX_COMPARED_WORDS {
        return None;
    }
    let changes = Changes::between(earlier, text);
    let reworded = changes.changes.iter().filter_map(|change| match change {
        Change::Reworded { old, new, .. } => Some((&changes.old[*old], &changes.new[*new])),
        _ => None,
    });
    let found =
        reworded.filter_map(|(before, after)| differing_words((earlier, before), (text, after)));
    let weight = |(before, after): &(&str, &str)| {
        let has_digit = [before, after].iter().any(|words| words.contains(char::is_numeric));
        (!has_digit, before.len() + after.len())
    };
    let (before, after) = found.min_by_key(weight)?;
    Some(format!("{before} → {after}"))
}

/// The different words of two sentences: without the words that both begin with and both end with.
fn differing_words<'a>(
    (old, before): (&'a Text, &Sentence),
    (new, after): (&'a Text, &Sentence),
) -> Option<(&'a str, &'a str)> {
    let equal = |(one, other): &(usize, usize)| {
        old.normal(&old.words()[*one]) == new.normal(&new.words()[*other])
    };
    let (one, other) = (before.words.clone(), after.words.clone());
    let begin = one.clone().zip(other.clone()).take_while(equal).count();
    let rest = (one.start + begin..one.end, other.start + begin..other.end);
    let end = rest.0.clone().rev().zip(rest.1.clone().rev()).take_while(equal).count();
    let words = (rest.0.start..rest.0.end - end, rest.1.start..rest.1.end - end);
    Some((original_words(old, words.0)?, original_words(new, words.1)?))
}

/// A range of words as the text writes them. `None` if the range is empty or too long.
fn original_words(text: &Text, words: Range<usize>) -> Option<&str> {
    let is_short = (1..=MAX_CHANGED_WORDS).contains(&words.len());
    let (first, last) =
        (text.words().get(words.start)?, text.words().get(words.end.checked_sub(1)?)?);
    is_short.then(|| &text.original()[first.span.start..last.span.end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "Mayor Ida Lund opened the hall on Monday. At least 14 people were hurt in the flood. \
        Nobody was missing in the town, she said.";

    fn check(new: &str, expected: Option<&str>) {
        assert_eq!(corrected_words(&Text::new(new), &Text::new(OLD)).as_deref(), expected, "{new}");
    }

    #[test]
    fn the_words_that_changed_are_given_and_numbers_come_first() {
        check(&OLD.replace("14", "28"), Some("14 → 28"));
        check(&OLD.replace("Ida Lund", "Ada Lund"), Some("Ida → Ada"));
        check(&OLD.replace("Monday", "Tuesday").replace("14", "28"), Some("14 → 28"));
        check(
            &OLD.replace("14 people", "28 people").replace("hurt in", "killed by"),
            Some("14 people were hurt in → 28 people were killed by"),
        );
    }

    #[test]
    fn rewritten_and_added_sentences_give_no_correction() {
        check(OLD, None);
        check(&format!("{OLD}\nCorrection: the hall was opened by another mayor."), None);
        check(
            &OLD.replace(
                "Nobody was missing in the town, she said.",
                "The search went on all night.",
            ),
            None,
        );
    }

    #[test]
    fn a_correction_says_so_in_its_title_or_at_the_head_of_a_paragraph() {
        let is = |title: &str, text: &str| is_correction(&Text::new(title), &Text::new(text));
        assert!(is("CORRECTED: Hall opened", OLD));
        assert!(is("Hall opened", &format!("{OLD}\nCorrection: it was Monday.")));
        assert!(is("Hall opened", &format!("{OLD}\nBerichtigung: es war Montag.")));
        assert!(!is("Hall opened after a correction", OLD));
        assert!(!is("Hall opened", &format!("{OLD}\nCorrections are welcome.")));
    }
}
