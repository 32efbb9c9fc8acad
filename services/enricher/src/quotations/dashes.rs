//! Speech between dashes, and the words of saying inside: `— Nadie nos avisó —cuenta Xoán—. El
//! agua…`.

use wirefold_text::Span;

use super::Speech;
use super::speech::Lexicon;

const DASHES: &[char] = &['–', '—', '―'];
/// The most bytes of the words that name the speaker.
const LONGEST: usize = 300;
/// The most words before a verb of saying: `ha replicato`, `diye bağırdı`, `se souvient`.
const FEW: usize = 2;

/// Finds the next word after increasing positions. In a run of many marks, each mark needs the same
/// word, so it is cached.
struct NextWord<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> NextWord<'a> {
    const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The start of the first word at or after `start`. The end of the text if there is none.
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

/// The speech in a paragraph that begins with a dash, at its beginning or after a sentence.
pub(super) fn dialogue(original: &str, paragraph: Span, lexicon: Lexicon) -> Vec<Speech> {
    let text = paragraph.of(original);
    let Some(open) = opening(text) else { return Vec::new() };
    let start = open + text[open..].chars().next().map_or(0, char::len_utf8);
    let mut found = Vec::new();
    let mut from = start;
    // Each round reads speech and its speaker, and continues after them.
    while let Some((end, saying)) = next_attribution(text, from, lexicon) {
        found.push((Span { start: from, end }, saying));
        let rest =
            text[saying.end..].trim_start_matches(|c| DASHES.contains(&c) || " .,".contains(c));
        from = text.len() - rest.len();
        if rest.is_empty() || rest.starts_with(['«', '"', '“', '„']) {
            break;
        }
        if next_attribution(text, from, lexicon).is_none() {
            found.push((Span { start: from, end: text.len() }, saying));
            break;
        }
    }
    let at =
        |span: Span| Span { start: paragraph.start + span.start, end: paragraph.start + span.end };
    found
        .into_iter()
        .map(|(speech, saying)| Speech { span: at(speech), saying: Some(at(saying)) })
        .collect()
}

/// The position of the dash that opens speech.
fn opening(text: &str) -> Option<usize> {
    // Most paragraphs have no such dash, which this check finds quickly.
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
    // One dash after the other: a single character is searched many bytes at a time, a set of
    // characters one by one.
    let first = |dash: &char| text.match_indices(*dash).map(|(at, _)| at).find(is_open);
    DASHES.iter().filter_map(first).min()
}

/// The end of the speech from `from`, and the words that name its speaker.
fn next_attribution(text: &str, from: usize, lexicon: Lexicon) -> Option<(usize, Span)> {
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

/// The end of the words at `start`, if they name the speaker: they begin with a verb of saying.
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

/// Speech whose marks also contain its speaker: `« Je n’ai rien signé, insiste Dufour, et… »`, `«Я
/// не подписывал, — подчеркнул Ветров, — и не буду»`. Returns the first half, the words that name
/// the speaker, and the second half.
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
        let words = &text[start..end];
        // `insiste Dufour, et`: up to the next comma after a capital.
        let comma = words.find(',').filter(|comma| words[..*comma].contains(char::is_uppercase));
        let Some(until) = comma.map(|comma| start + comma) else { continue };
        let rest = text[until..].trim_start_matches(|c| DASHES.contains(&c) || ", ".contains(c));
        let first = Span { start: quoted.start, end: quoted.start + at };
        let second = Span { start: quoted.end - rest.len(), end: quoted.end };
        let saying = Span { start: quoted.start + start, end: quoted.start + until };
        return Some((first, saying, second));
    }
    None
}
