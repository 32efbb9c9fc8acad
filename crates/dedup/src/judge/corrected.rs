//! What a correction puts right: the words that changed, as `14 → 28`.

use std::ops::Range;

use wirefold_text::{Sentence, Text};

use crate::compare::changes::{Change, Changes};

/// The most words of a change that says what was wrong: more is a sentence written anew.
const MOST_WORDS: usize = 5;
/// Beyond this many words of both texts together nothing is looked for.
const LONGEST: usize = 40_000;

/// The words that changed from an earlier text to one that corrects it: of the shortest change that has a
/// digit, else of the shortest. None where whole sentences were written anew.
pub(super) fn corrected(text: &Text, earlier: &Text) -> Option<String> {
    if text.words().len() + earlier.words().len() > LONGEST {
        return None;
    }
    let changes = Changes::between(earlier, text);
    let reworded = changes.changes.iter().filter_map(|change| match change {
        Change::Reworded { old, new, .. } => Some((&changes.old[*old], &changes.new[*new])),
        _ => None,
    });
    let found = reworded.filter_map(|(before, after)| changed((earlier, before), (text, after)));
    let weight = |(before, after): &(&str, &str)| {
        let has_digit = [before, after].iter().any(|words| words.contains(char::is_numeric));
        (!has_digit, before.len() + after.len())
    };
    let (before, after) = found.min_by_key(weight)?;
    Some(format!("{before} → {after}"))
}

/// What stands between the words that two sentences begin with and those that they end with.
fn changed<'a>(
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
    Some((written(old, words.0)?, written(new, words.1)?))
}

/// A few words as they are written; none where there are none, or more.
fn written(text: &Text, words: Range<usize>) -> Option<&str> {
    let is_short = (1..=MOST_WORDS).contains(&words.len());
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
        assert_eq!(corrected(&Text::new(new), &Text::new(OLD)).as_deref(), expected, "{new}");
    }

    #[test]
    fn the_words_that_changed_are_told_and_numbers_first() {
        check(&OLD.replace("14", "28"), Some("14 → 28"));
        check(&OLD.replace("Ida Lund", "Ada Lund"), Some("Ida → Ada"));
        check(&OLD.replace("Monday", "Tuesday").replace("14", "28"), Some("14 → 28"));
        check(
            &OLD.replace("14 people", "28 people").replace("hurt in", "killed by"),
            Some("14 people were hurt in → 28 people were killed by"),
        );
    }

    #[test]
    fn what_was_written_anew_or_only_added_tells_nothing() {
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
}
