//! The dateline: the place, and the date if given, before the first sentence of a report.

use super::agency_names::is_agency;
use crate::analyse::Text;
use crate::span::Span;

/// `QUAYTON, Norland, March 3 (Reuters) -`: the place and the date of a dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dateline {
    /// The place as printed, without date and agency: `QUAYTON, Norland`. Empty if the dateline has
    /// only an agency: `(CNN) --`.
    pub place: String,
    /// The date as printed, if there is one: `March 3`.
    pub date: Option<String>,
    /// The whole dateline with its dash, in bytes of the original.
    pub span: Span,
}

/// A dateline is at most this many bytes long.
const LONGEST: usize = 120;

/// Words that stand in capitals before a dash or a colon and are not places, in lower case.
const LABELS: &[&str] = &[
    "update", "updated", "updates", "breaking", "live", "exclusive", "watch", "video", "photo",
    "photos", "gallery", "analysis", "opinion", "explainer", "factbox", "correction", "corrected",
    "urgent", "alert", "advisory", "just", "developing", "read", "more", "listen", "interview",
    "profile", "timeline", "review", "preview", "special", "report", "editorial", "commentary",
    "column", "file", "note", "news", "recap", "obituary", "poll", "quiz", "eilmeldung",
    "liveblog", "vidéo", "direct", "última", "срочно", "терміново", "видео", "відео", "фото",
    "оновлено",
];

/// The dateline of `text`, in one of its first five paragraphs. It is one of these:
///
/// - a place in capitals, or a place with an agency after it, before a dash,
/// - a place in capitals before a colon,
/// - an agency between slashes.
#[must_use]
pub fn dateline(text: &Text) -> Option<Dateline> {
    text.paragraphs()
        .iter()
        .take(5)
        .find_map(|paragraph| in_paragraph(text.original(), paragraph.span))
}

fn in_paragraph(original: &str, paragraph: Span) -> Option<Dateline> {
    let line = paragraph.of(original);
    let window = &line[..line.floor_char_boundary(LONGEST)];
    let (head, end) = before_slashed_agency(window)
        .or_else(|| before_dash(window).filter(|(head, _)| is_head(head)))
        .or_else(|| before_colon(window, line))?;
    let bare = head.split(['(', '[', '/']).next().unwrap_or_default();
    let (printed, date) = split_date(bare.trim().trim_end_matches([',', '.']));
    let place = if is_agency(printed) { "" } else { printed };
    let span = Span { start: paragraph.start, end: paragraph.start + end };
    Some(Dateline { place: place.to_owned(), date: date.map(str::to_owned), span })
}

/// The text before the first dash, and the end of the dash.
fn before_dash(window: &str) -> Option<(&str, usize)> {
    window.char_indices().find_map(|(at, _)| {
        let dash = dash_at(window, at)?;
        Some((window[..at].trim().trim_end_matches('.'), at + dash))
    })
}

/// The length of a dash at `at` in one of the forms that wires print: a long dash, two short ones,
/// or a short one or an underscore that has a space after it and a space, a bracket or a dot before
/// it.
pub(super) fn dash_at(line: &str, at: usize) -> Option<usize> {
    let rest = &line[at..];
    let dash = rest.chars().next()?;
    if matches!(dash, '—' | '–' | '―' | '－') {
        return Some(dash.len_utf8());
    }
    if !matches!(dash, '-' | '_') {
        return None;
    }
    if rest.starts_with("--") {
        return Some(2);
    }
    let spaced = rest[dash.len_utf8()..].starts_with([' ', '\u{a0}'])
        && line[..at].ends_with([' ', '\u{a0}', ')', ']', '.']);
    spaced.then_some(1)
}

/// Whether the text before a dash is a dateline: `QUAYTON, Norland`, `Berlin (dpa)`, `(CNN)`.
fn is_head(head: &str) -> bool {
    let Some((place, source)) = head.split_once(['(', '[', '/']) else {
        return is_capital_place(head);
    };
    let source = source.trim_end_matches([')', ']', '/']);
    if source.contains([')', ']']) {
        return false;
    }
    let (place, first) = (place.trim(), source.split([',', '/', ';']).next().unwrap_or_default());
    let in_capitals = source.chars().count() >= 2 && !source.chars().any(char::is_lowercase);
    match place {
        "" => is_agency(first) || (in_capitals && !source.contains(' ')),
        _ => is_capital_place(place) || (is_agency(first) && is_place(place)),
    }
}

/// `МОСКВА, 5 марта. /ТАСС/`: an agency between slashes after a place.
fn before_slashed_agency(window: &str) -> Option<(&str, usize)> {
    let (head, rest) = window.split_once('/')?;
    let (agency, _) = rest.split_once('/')?;
    let end = head.len() + agency.len() + 2;
    (is_agency(agency) && is_place(head.trim())).then_some((head, end))
}

/// `NEW DELHI:`, before text with lower-case letters.
fn before_colon<'a>(window: &'a str, line: &str) -> Option<(&'a str, usize)> {
    let (head, _) = window.split_once(": ")?;
    let is_place = is_capital_place(head)
        && head.split_whitespace().count() <= 4
        && !head.chars().any(|c| c.is_lowercase() || c == '(');
    let goes_on = line[head.len()..].chars().take(LONGEST).any(char::is_lowercase);
    (is_place && goes_on).then_some((head, head.len() + 1))
}

/// Whether `head` is a place in capitals, perhaps with a state and a date after a comma: `QUAYTON,
/// Norland, March 3`.
pub(super) fn is_capital_place(head: &str) -> bool {
    let place = head.split(',').next().unwrap_or_default();
    let first = place.split([' ', '\u{a0}']).next().unwrap_or_default();
    let letters = first.chars().filter(|c| c.is_alphabetic()).count();
    let is_cased = first.chars().any(char::is_uppercase);
    letters >= 2
        && is_cased
        && !place.chars().any(|c| c.is_lowercase() || c.is_numeric() || "“”\"?!:".contains(c))
        && (!place.contains('.') || place.contains("ST.") || place.contains("D.C."))
        && !LABELS.contains(&first.to_lowercase().as_str())
        && head.split_whitespace().count() <= 9
}

/// Whether `head` may be a place in any case, perhaps with a date: `Frankfurt am Main, 5 mar`,
/// `МОСКВА, 5 марта.`. It is a dateline only if an agency follows.
pub(super) fn is_place(head: &str) -> bool {
    let place = head.split([',', '.', '،']).next().unwrap_or_default();
    let words = || place.split_whitespace();
    let is_proper = |word: &str| !word.starts_with(char::is_lowercase);
    words().count() <= 5
        && head.split_whitespace().count() <= 9
        && words().next().is_some_and(|word| is_proper(word) && !OPENING_WORDS.contains(&word))
        && words().last().is_some_and(is_proper)
        && words().all(|word| is_proper(word) || word.chars().count() <= 3)
        && !head.contains(['“', '”', '"', '?', '!'])
}

/// Capitalised words that begin a sentence and not a place.
const OPENING_WORDS: &[&str] = &[
    "The", "In", "On", "At", "By", "A", "An", "When", "After", "Before", "As", "For", "From", "It",
    "He", "She", "They", "We", "But", "And", "This", "That", "Since", "Until", "Im", "Am", "Der",
    "Die", "Das", "En", "Le", "В", "У", "На",
];

/// Splits a trailing date off: the last comma part, if it holds a digit.
fn split_date(head: &str) -> (&str, Option<&str>) {
    let (place, date) = head.rsplit_once(',').unwrap_or(("", head));
    if date.chars().any(|c| c.is_ascii_digit()) {
        return (place.trim(), Some(date.trim()));
    }
    (head, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, expected: Option<(&str, Option<&str>)>) {
        let found = dateline(&Text::new(original));
        let found = found.as_ref().map(|d| (d.place.as_str(), d.date.as_deref()));
        assert_eq!(found, expected, "{original:?}");
    }

    #[test]
    fn datelines() {
        check("QUAYTON, Norland — The port", Some(("QUAYTON, Norland", None)));
        check("QUAYTON, March 3 (Reuters) - The port", Some(("QUAYTON", Some("March 3"))));
        check("By A. Ruiz\nNEW QUAY (AP) — The port", Some(("NEW QUAY", None)));
        check("КИЇВ — Порт", Some(("КИЇВ", None)));
        check("The port — long closed — opened", None);
        check("Plain text without any.", None);
    }

    #[test]
    fn datelines_of_other_outlets() {
        check("Berlin (dpa) - Der Hafen ist zu.", Some(("Berlin", None)));
        check("Frankfurt am Main (dpa/lno) - Der Hafen", Some(("Frankfurt am Main", None)));
        check("Berlin/dpa – Der Hafen", Some(("Berlin", None)));
        check("Madrid, 5 mar (EFE).- El puerto", Some(("Madrid", Some("5 mar"))));
        check("NEW DELHI: The port closed.", Some(("NEW DELHI", None)));
        check("(CNN) -- The port closed.", Some(("", None)));
        check("AP — The port closed.", Some(("", None)));
        check("March 5 (Reuters) - The port", Some(("", Some("March 5"))));
        check("QUAYTON (AP) _ The port closed.", Some(("QUAYTON", None)));
        check("QUAYTON, Nov. 3 (AP) -- The port", Some(("QUAYTON", Some("Nov. 3"))));
        check("МОСКВА, 5 марта. /ТАСС/. Порт закрыт.", Some(("МОСКВА", Some("5 марта"))));
        check("ISTANBUL – Liman kapandı.", Some(("ISTANBUL", None)));
    }

    #[test]
    fn labels_are_not_places() {
        check("COVID-19 — The port closed.", None);
        check("UPDATE — The port closed.", None);
        check("BREAKING — The port closed.", None);
        check("LIVE — The port closed.", None);
        check("EXCLUSIVE — The port closed.", None);
        check("WATCH — The port closed.", None);
        check("WATCH LIVE: The port closed.", None);
        check("FILE PHOTO: The port closed.", None);
        check("NATO allies — all of them — met.", None);
        check("Berlin (east) - Der Hafen", None);
        check("PORT TALKS: NO END IN SIGHT", None);
    }
}
