//! Labels at the start of a title or sentence: `Retraction: …`, `Correction (12 May): …`.

/// Between the word and its mark a date may stand; in characters.
const DATE: usize = 30;

/// What follows a label of one of these words, which are in lower case; none where the text begins with
/// none of them, or goes on with them as in `Retraction of a study`.
pub(crate) fn behind<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let text = without_marks(text);
    let first = text.chars().next()?.to_lowercase().next()?;
    let likely = words.iter().filter(|word| word.starts_with(first));
    likely.into_iter().find_map(|word| behind_mark(behind_word(text, word)?))
}

/// A text without the spaces, brackets and stars that it begins with.
pub(crate) fn without_marks(text: &str) -> &str {
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return text;
    }
    text.trim_start_matches(|c: char| c.is_whitespace() || "*•[(_«“\"【".contains(c))
}

/// What follows a word, whatever the case of its letters.
fn behind_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for letter in word.chars() {
        if !rest.next()?.to_lowercase().eq(std::iter::once(letter)) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// What follows the mark of a label, with nothing but a date before it.
fn behind_mark(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(['*', ']', '_']);
    let (end, mark) = text.char_indices().take(DATE).find(|(at, c)| is_mark(text, *at, *c))?;
    let between = text.get(..end)?.trim();
    let is_date =
        between.chars().any(|c| c.is_ascii_digit()) && !between.contains(['?', '!', '\n']);
    (between.is_empty() || is_date).then(|| text.get(end + mark.len_utf8()..).unwrap_or_default())
}

/// Whether it ends a label. A hyphen does with spaces around it, or behind a word in capitals alone.
fn is_mark(text: &str, at: usize, character: char) -> bool {
    let is_free = || text.get(at + 1..).is_some_and(|rest| rest.starts_with(' '));
    matches!(character, ':' | '：' | '–' | '—' | '】') || (character == '-' && is_free())
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
            ("Correction officers say: no", None),
            ("Correction", None),
            ("Corrections: no", None),
            ("The correction: no", None),
        ] {
            assert_eq!(behind(text, &["correction"]), rest, "{text}");
        }
        assert_eq!(behind("【訂正】名前", &["訂正"]), Some("名前"));
    }
}
