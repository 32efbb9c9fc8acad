//! Corrections: what an outlet says of its own text.

use wirefold_text::Text;
use wirefold_text::extract::numbers;

use super::figure_roles::{Role, role_at};
use super::label;

/// Labels with which a text is put right, in lower case.
#[rustfmt::skip]
pub(super) const LABELS: [&str; 33] = [
    "correction", "corrections", "corrected", "corrects", "correction and clarification",
    "clarification", "update and correction", "berichtigung", "berichtigt", "korrektur",
    "korrigiert", "richtigstellung", "rectificatif", "correctif", "erratum", "corrección",
    "rectificación", "fe de errores", "errata", "rettifica", "correzione", "errata corrige",
    "correção", "rectificatie", "correctie", "исправление", "поправка", "виправлення", "تصحيح",
    "訂正", "【訂正", "更正", "정정",
];
/// So many sentences tell what was wrong, and what is right.
const SENTENCES: usize = 2;
/// A longer quotation is cut; in characters.
const LONGEST: usize = 200;

/// A note with which a text is put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction {
    /// Its own sentences.
    pub(super) words: String,
    /// Whether title or text begins with it, so that all of the text is there to put something right.
    pub(super) opens: bool,
    /// The figure that was wrong, and the right one.
    pub(super) figure: Option<Corrected>,
}

/// A figure that was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Corrected {
    pub(super) role: Role,
    pub(super) old: String,
    pub(super) new: String,
}

/// The note of a text; none where it has none.
pub(super) fn note(title: &str, text: &str) -> Option<Correction> {
    let found = starts(text).find_map(|at| {
        let behind = label::behind(text.get(at..)?, &LABELS)?;
        let words = sentences(behind.split('\n').find(|line| !line.trim().is_empty())?);
        (!words.is_empty())
            .then_some((text.get(..at).is_some_and(|it| it.trim().is_empty()), words))
    });
    let is_titled = label::behind(title, &LABELS).is_some();
    let (opens, words) = match found {
        Some((opens, words)) => (opens || is_titled, words),
        None if is_titled => (true, sentences(text.trim_start().split('\n').next()?)),
        None => return None,
    };
    let figure = figure(&words);
    Some(Correction { words: quoted(&words), opens, figure })
}

/// Where a paragraph or a sentence begins.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let (mut at, mut has_ended) = (0, true);
    std::iter::from_fn(move || {
        loop {
            if !has_ended {
                at += text.as_bytes().get(at..)?.iter().position(may_end)?;
            }
            let character = text.get(at..)?.chars().next()?;
            let here = at;
            at += character.len_utf8();
            let begins = has_ended
                && !character.is_whitespace()
                && !matches!(character, '"' | '”' | '»' | ')');
            has_ended = ends(character) || (has_ended && !begins);
            if begins {
                return Some(here);
            }
        }
    })
}

/// Whether a paragraph or a sentence ends with it.
fn ends(character: char) -> bool {
    matches!(character, '\n' | '.' | '!' | '?' | '。' | '！' | '？' | '؟')
}

/// Whether such a character may begin with this byte.
fn may_end(byte: &u8) -> bool {
    matches!(byte, b'\n' | b'.' | b'!' | b'?' | 0xd8 | 0xe3 | 0xef)
}

/// The first sentences of a paragraph.
pub(super) fn sentences(paragraph: &str) -> String {
    let text = Text::new(paragraph.trim());
    let all = text.sentences();
    // Where all of it looks like page chrome it has no sentences.
    let whole = text.original().len();
    let end = all.iter().take(SENTENCES).next_back().map_or(whole, |sentence| sentence.span.end);
    text.original().get(..end).unwrap_or_default().trim().to_owned()
}

/// A quotation as it stands in a line: without marks of its own around it, and cut at a word.
pub(super) fn quoted(words: &str) -> String {
    let words = words.trim().trim_matches(['*', '_', '[', ']', '】', '"', '“', '”']).trim();
    let Some((end, _)) = words.char_indices().nth(LONGEST) else { return words.to_owned() };
    let short = words.get(..end).unwrap_or(words);
    let whole = short.rsplit_once(' ').map_or(short, |(whole, _)| whole);
    format!("{}…", whole.trim_end_matches([',', ';', ':', '.']))
}

/// The figure that a note puts right: the first sentence says what was counted and the wrong number, the
/// second the right one and counts nothing else. Where more numbers stand, nothing is said.
fn figure(words: &str) -> Option<Corrected> {
    let text = Text::new(words);
    let all = numbers(&text, 0..text.words().len());
    let [old, new] = all.as_slice() else { return None };
    let sentences = text.sentences();
    let first = sentences.first()?.span;
    if !first.contains(old.span.start) || first.contains(new.span.start) {
        return None;
    }
    let original = text.original();
    let role = role_at(original, old.span, 0..new.span.start)?;
    let other = role_at(original, new.span, old.span.end..original.len());
    let is_same = other.is_none_or(|other| other == role);
    let are_counts = [old, new].iter().all(|it| it.value.parse::<u64>().is_ok());
    let (old, new) = (old.value.clone(), new.value.clone());
    (is_same && are_counts && old != new).then_some(Corrected { role, old, new })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HURT: &str = "A bus overturned at Brenmouth on Monday, and many were hurt in it.";

    fn check(title: &str, text: &str, expected: Option<(bool, &str)>) {
        let found = note(title, text);
        let found = found.as_ref().map(|note| (note.opens, note.words.as_str()));
        assert_eq!(found, expected, "{title} / {text}");
    }

    #[test]
    fn a_note_is_quoted_wherever_it_stands() {
        let was = "An earlier version named Maria Hollow. Her name is Marta Holloway.";
        check("Bus", &format!("CORRECTION: {was} {HURT}"), Some((true, was)));
        check("Bus", &format!("{HURT}\n\nCorrection (May 12): {was}"), Some((false, was)));
        check("Bus", &format!("{HURT} Correction: {was}"), Some((false, was)));
        check("Bus", &format!("{HURT}\nCorrection:\n\n{was}"), Some((false, was)));
        check("Correction: Bus", was, Some((true, was)));
        check("Автобус", "Поправка: имя было неверным.", Some((true, "имя было неверным.")));
        check("Bus", &format!("{HURT} The correction: none."), None);
        check("Correction officers strike", HURT, None);
    }

    #[test]
    fn sentences_begin_behind_every_mark_that_ends_one() {
        let all = "\n.!?。！？؟";
        assert!(all.chars().all(|it| ends(it) && may_end(&it.to_string().as_bytes()[0])));
        for mark in all.chars() {
            let text = format!("One{mark} \"two{mark})Three four ) é");
            let found: Vec<&str> = starts(&text).map(|at| &text[at..at + 1]).collect();
            assert_eq!(found, ["O", "t", "T"], "{mark}");
        }
        assert_eq!(starts("").count() + starts(" \"").count(), 0);
        assert_eq!(starts("..a").collect::<Vec<_>>(), [0, 1, 2]);
    }

    #[test]
    fn a_long_note_is_cut_at_a_word() {
        let long = format!("Correction: the name was {}wrong.", "very ".repeat(60));
        let words = note("", &long).unwrap().words;
        assert!(words.ends_with("very…") && words.chars().count() <= LONGEST + 1, "{words}");
    }

    #[test]
    fn only_a_figure_of_the_same_role_is_put_right() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = figure(text);
            let found = found.as_ref().map(|it| (it.old.as_str(), it.new.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        let both = Some(("11", "9"));
        check("This article said earlier that 11 people died. The correct number is 9.", both);
        check("Eleven people were said to be dead. Nine people died.", both);
        check("It said that 11 people died. It was on Road 9, and 4 were hurt.", None);
        check("It said that 11 people died. In all, 9 were injured.", None);
        check("It gave the wrong Road, 11. The bus left Road 9.", None);
    }
}
