//! Labels at the start of a title or sentence: `Retraction: …`, `Correction (12 May): …`.

/// A date of at most this many characters may be between the word and its mark.
const DATE: usize = 30;

/// The text after a label of one of these words, which are in lower case. `None` if the text does not begin with a label, or
/// continues as in `Retraction of a study`.
pub(crate) fn text_after<'a>(text: &'a str, labels: &[&str]) -> Option<&'a str> {
    let text = without_marks(text);
    let first = text.chars().next()?.to_lowercase().next()?;
    let mut candidates = labels.iter().filter(|word| word.starts_with(first));
    candidates.find_map(|word| behind_mark(behind_word(text, word)?))
}

/// Removes leading spaces, brackets and asterisks.
pub(crate) fn without_marks(text: &str) -> &str {
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return text;
    }
    text.trim_start_matches(|c: char| c.is_whitespace() || "*•[(_«“\"【".contains(c))
}

/// The text after a word, in any case.
fn behind_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for letter in word.chars() {
        if !rest.next()?.to_lowercase().eq(std::iter::once(letter)) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// The text after the mark of a label. Only a date may precede the mark.
fn behind_mark(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(['*', ']', '_']);
    let (end, mark) = text.char_indices().take(DATE).find(|(at, c)| is_mark(text, *at, *c))?;
    let between = text.get(..end)?.trim();
    let is_date =
        between.chars().any(|c| c.is_ascii_digit()) && !between.contains(['?', '!', '\n']);
    (between.is_empty() || is_date).then(|| text.get(end + mark.len_utf8()..).unwrap_or_default())
}

/// Whether a character ends a label. A hyphen does only before a space. A colon in a clock time does not.
fn is_mark(text: &str, at: usize, character: char) -> bool {
    let (before, behind) = (&text[..at], &text[at + character.len_utf8()..]);
    let is_digit = |c: char| c.is_ascii_digit();
    match character {
        '：' | '–' | '—' | '】' => true,
        ':' => !(before.ends_with(is_digit) && behind.starts_with(is_digit)),
        '-' => behind.starts_with(' '),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_word_with_a_mark() {
        for (text, rest) in [
            ("CORRECTION: it was Monday", Some(" it was Monday")),
            ("Correction (Nov. 12): it was", Some(" it was")),
            ("*Correction – it was", Some(" it was")),
            ("Correction, 14:40: it was", Some(" it was")),
            ("Correction officers say: no", None),
            ("Correction", None),
            ("Corrections: no", None),
            ("The correction: no", None),
        ] {
            assert_eq!(text_after(text, &["correction"]), rest, "{text}");
        }
        assert_eq!(text_after("【訂正】名前", &["訂正"]), Some("名前"));
    }

    #[test]
    fn finds_every_label_in_any_case() {
        use crate::phrases::{CLARIFICATIONS, CORRECTIONS};
        use crate::retraction::{KILL, LABELS};
        for labels in [CORRECTIONS, CLARIFICATIONS, KILL, LABELS] {
            for word in labels {
                let capitals = word.to_uppercase();
                // Some letters have no capital of their own: `ı`.
                let is_reversible = capitals.to_lowercase() == *word;
                for written in [*word, &capitals].into_iter().take(1 + usize::from(is_reversible)) {
                    assert_eq!(
                        text_after(&format!("*{written}: x"), labels),
                        Some(" x"),
                        "{written}"
                    );
                }
            }
        }
    }
}
