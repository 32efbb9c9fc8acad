//! Speech between dashes, and the words of saying inside it: `— Nadie nos avisó —cuenta Xoán—. El
//! agua…`.

use wirefold_text::Span;

use super::speech::Lexicon;

/// A piece of speech, and where the words that say who speaks stand.
pub(super) struct Piece {
    pub(super) speech: Span,
    pub(super) saying: Span,
}

const DASHES: &[char] = &['–', '—', '―'];
/// The most bytes of what says who speaks.
const LONGEST: usize = 300;
/// Words before a verb of saying: `ha replicato`, `diye bağırdı`, `se souvient`.
const FEW: usize = 2;

/// Where the next word begins, asked at one place after the other: of many marks in a row each asks for the same.
struct NextWord<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> NextWord<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the first word at `start` or behind begins; the end of the text where there is none.
    fn from(&mut self, start: usize) -> usize {
        if self.at < start {
            let next = self.text.get(start..).and_then(|rest| rest.find(is_of_word));
            self.at = next.map_or(self.text.len(), |behind| start + behind);
        }
        self.at
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '\'' || c == '’'
}

/// The speech in a paragraph that a dash opens, at its beginning or behind a sentence.
pub(super) fn dialogue(original: &str, paragraph: Span, lexicon: Lexicon) -> Vec<Piece> {
    let text = paragraph.of(original);
    let Some(open) = opening(text) else { return Vec::new() };
    let start = open + text[open..].chars().next().map_or(0, char::len_utf8);
    let mut found = Vec::new();
    let mut from = start;
    // Each round takes speech, who says it, and begins anew behind.
    while let Some((end, saying)) = said_in(text, from, lexicon) {
        found.push((Span { start: from, end }, saying));
        let rest =
            text[saying.end..].trim_start_matches(|c| DASHES.contains(&c) || " .,".contains(c));
        from = text.len() - rest.len();
        if rest.is_empty() || rest.starts_with(['«', '"', '“', '„']) {
            break;
        }
        if said_in(text, from, lexicon).is_none() {
            found.push((Span { start: from, end: text.len() }, saying));
            break;
        }
    }
    let at =
        |span: Span| Span { start: paragraph.start + span.start, end: paragraph.start + span.end };
    found
        .into_iter()
        .map(|(speech, saying)| Piece { speech: at(speech), saying: at(saying) })
        .collect()
}

/// Where the dash stands that opens speech.
fn opening(text: &str) -> Option<usize> {
    // Most paragraphs have none: that is seen in one look.
    if text.is_ascii() {
        return None;
    }
    if text.starts_with(DASHES) {
        return Some(0);
    }
    let is_open = |at: &usize| {
        let before = text[..*at].trim_end();
        before.len() < *at && before.ends_with(['.', '!', '?'])
    };
    // One kind after the other: a dash is looked for many bytes at a time, a set of characters one by one.
    let first = |dash: &char| text.match_indices(*dash).map(|(at, _)| at).find(is_open);
    DASHES.iter().filter_map(first).min()
}

/// The end of the speech from `from`, and who says it.
fn said_in(text: &str, from: usize, lexicon: Lexicon) -> Option<(usize, Span)> {
    let marks = |c: char| DASHES.contains(&c) || matches!(c, ',' | '!' | '?');
    let mut next_word = NextWord::new(text);
    for (at, mark) in text.get(from..)?.match_indices(marks) {
        let at = from + at;
        let start = at + mark.len();
        let is_dash = DASHES.iter().any(|dash| mark.starts_with(*dash));
        if let Some(end) = saying(&mut next_word, start, is_dash, lexicon) {
            let end_of_speech = if matches!(mark, "!" | "?") { start } else { at };
            return Some((end_of_speech, Span { start, end }));
        }
    }
    None
}

/// Where what begins at `start` ends, if it says who speaks: a verb of saying stands first in it.
fn saying(
    next_word: &mut NextWord<'_>,
    start: usize,
    in_dashes: bool,
    lexicon: Lexicon,
) -> Option<usize> {
    let rest = next_word.text.get(start..)?;
    let rest = &rest[..rest.floor_char_boundary(LONGEST)];
    let words = rest.get(next_word.from(start) - start..)?.split(|c: char| !is_of_word(c));
    let mut first = words.filter(|word| !word.is_empty()).take(FEW + 1);
    let is_small = rest.trim_start().starts_with(|c: char| !c.is_uppercase());
    let says = |word: &str| match word.chars().all(char::is_lowercase) {
        true => lexicon.is_saying(word),
        false => lexicon.is_saying(&word.to_lowercase().replace(['\'', '’'], "")),
    };
    if !is_small || !first.any(|word| !word.starts_with(char::is_uppercase) && says(word)) {
        return None;
    }
    let dash = rest.find(DASHES).filter(|_| in_dashes);
    let stop = rest.match_indices(['.', '\n']).map(|(at, _)| at).find(|at| {
        let behind = rest[at + 1..].chars().next();
        behind.is_none_or(char::is_whitespace)
    });
    let end = dash.into_iter().chain(stop).min().unwrap_or(rest.len());
    Some(start + end)
}

/// What stands inside of marks and says who speaks: `« Je n’ai rien signé, insiste Dufour, et… »`,
/// `«Я не подписывал, — подчеркнул Ветров, — и не буду»`. The two halves and the words between.
pub(super) fn inside(original: &str, quoted: Span, lexicon: Lexicon) -> Option<(Span, Span, Span)> {
    let text = quoted.of(original);
    if !text.starts_with(['«', '»', '„']) {
        return None;
    }
    let mut next_word = NextWord::new(text);
    for (at, mark) in text.match_indices([',', '!', '?', '.']) {
        let behind = &text[at + mark.len()..];
        let start =
            text.len() - behind.trim_start_matches(|c| DASHES.contains(&c) || c == ' ').len();
        let Some(end) = saying(&mut next_word, start, false, lexicon) else { continue };
        let said = &text[start..end];
        // `insiste Dufour, et`: to the next comma, behind a capital.
        let comma = said.find(',').filter(|comma| said[..*comma].contains(char::is_uppercase));
        let Some(until) = comma.map(|comma| start + comma) else { continue };
        let rest = text[until..].trim_start_matches(|c| DASHES.contains(&c) || ", ".contains(c));
        let first = Span { start: quoted.start, end: quoted.start + at };
        let second = Span { start: quoted.end - rest.len(), end: quoted.end };
        let saying = Span { start: quoted.start + start, end: quoted.start + until };
        return Some((first, saying, second));
    }
    None
}
