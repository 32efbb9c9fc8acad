//! Knows names that are written in several forms, such as `US`, `U.S.` and `United States`.

use std::ops::Range;

use crate::material::dates::is_calendar;

/// The short forms of each name and its long form, in normal form. `U.S.` is two words.
const NAMES: [(&[&[&str]], &[&str]); 4] = [
    (&[&["us"], &["usa"], &["u", "s"]], &["united", "states"]),
    (&[&["uk"], &["u", "k"]], &["united", "kingdom"]),
    (&[&["un"], &["u", "n"]], &["united", "nations"]),
    (&[&["eu"], &["e", "u"]], &["european", "union"]),
];

/// Whether a word of a name, in normal form, is new to a story whose words `knows` recognises.
/// A day, a month and another form of a known name are not new.
pub(crate) fn is_new_to(normal: &str, knows: impl Fn(&str) -> bool) -> bool {
    !knows(normal) && !is_calendar(normal) && !is_known_in_another_form(normal, knows)
}

/// Whether a word in normal form, such as the `s` of `U.S.`, belongs to a name that is known in
/// another form, such as `United States`.
fn is_known_in_another_form(normal: &str, knows: impl Fn(&str) -> bool) -> bool {
    let knows_all = |form: &[&str]| form.iter().all(|word| knows(word));
    NAMES.iter().any(|(short, long)| {
        let knows_short = || short.iter().any(|form| knows_all(form));
        let is_short = short.iter().any(|form| form.contains(&normal));
        (is_short && (knows_short() || knows_all(long)))
            || (long.contains(&normal) && knows_short())
    })
}

/// A name as the text writes it, extended to all letters and dots of an abbreviation such as
/// `U.S.`
pub(crate) fn as_written(original: &str, name: Range<usize>) -> &str {
    let (mut start, mut end) = (name.start, name.end);
    while let Some(before) = original[..start].strip_suffix('.').and_then(without_initial) {
        start = before.len();
    }
    let is_initial =
        |rest: &str| rest.starts_with('.') && without_initial(&original[..end]).is_some();
    if is_initial(&original[end..]) {
        end += 1;
    }
    &original[start..end]
}

/// The text before a single capital letter at its end. `None` if it does not end with one.
fn without_initial(text: &str) -> Option<&str> {
    let before = text.strip_suffix(char::is_uppercase)?;
    (!before.ends_with(char::is_alphanumeric)).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abbreviation_keeps_its_letters_and_dots() {
        let text = "The U.S. and Corvath. Then it goes to the U.K";
        for (found, expected) in
            [("S", "U.S."), ("U.S", "U.S."), ("Corvath", "Corvath"), ("K", "U.K")]
        {
            let start = text.rfind(found).unwrap_or_default();
            assert_eq!(as_written(text, start..start + found.len()), expected);
        }
    }

    #[test]
    fn a_name_is_known_by_any_of_its_forms() {
        let cases = [
            ("s", "united states", true),
            ("us", "usa", true),
            ("us", "u s", true),
            ("states", "us", true),
            ("united", "u n", true),
            ("k", "united states", false),
            ("uk", "united states", false),
            ("eu", "union", false),
            ("lund", "us", false),
        ];
        for (word, known, expected) in cases {
            let knows = |sought: &str| known.split(' ').any(|one| one == sought);
            assert_eq!(is_known_in_another_form(word, knows), expected, "{word} of {known}");
        }
    }
}
