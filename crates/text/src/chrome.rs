//! Page chrome that can be recognised in a single text: links to other stories, widgets, loading
//! notices, leading dates, addresses. The detector learns other chrome from the pages of a site.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::paragraphs::is_space;
use crate::span::Span;

/// Openings of page chrome that no sentence of a news text has. They count even if the line ends
/// like a sentence.
const UNMISTAKABLE: &[&str] = &[
    "read more",
    "read next",
    "read also",
    "also read",
    "see also",
    "you may also like",
    "you might also like",
    "more on this story",
    "recommended for you",
    "trending now",
    "share this",
    "share article",
    "follow us",
    "sign up",
    "subscribe to",
    "subscribe now",
    "get our newsletter",
    "article continues",
    "story continues",
    "continue reading",
    "scroll to continue",
    "click here",
    "tap here",
    "listen to article",
    "watch the video",
    "skip to content",
    "skip to main",
    "skip advert",
    "image caption",
    "image credit",
    "photo credit",
    "enable javascript",
    "please enable",
    "accept cookies",
    "this video can not",
    "leave a comment",
    "join the conversation",
    "view comments",
    "back to top",
    "copy link",
    "report a typo",
    "all rights reserved",
    "download the app",
    "download our app",
    "estimated reading time",
    "lesen sie auch",
    "mehr zum thema",
    "lire aussi",
    "à lire aussi",
    "lea también",
    "lee también",
    "te puede interesar",
    "leggi anche",
    "leia também",
    "lees ook",
    "читайте также",
    "читайте також",
    "читайте ще",
    "подписывайтесь",
    "підписуйтесь",
    "اقرأ أيضا",
    "相 关 阅 读",
    "延 伸 阅 读",
    "责 任 编 辑",
    "関 連 記 事",
];

/// Openings of short lines that are page chrome, in normal form. Sentences may begin with these
/// words too.
const OPENINGS: &[&str] = &[
    "related story",
    "related stories",
    "related article",
    "related articles",
    "related coverage",
    "related content",
    "related topics",
    "related news",
    "more from",
    "more stories",
    "recommended stories",
    "most read",
    "most popular",
    "trending stories",
    "top stories",
    "loading",
    "select language",
    "change language",
    "share on",
    "share via",
    "follow on",
    "subscribe",
    "our newsletter",
    "newsletter sign",
    "advertisement",
    "advertising",
    "sponsored",
    "listen to this",
    "watch live",
    "jump to",
    "image source",
    "getty images",
    "comments",
    "print this",
    "email this",
    "min read",
    "minute read",
    "weiterlesen",
    "anzeige",
    "реклама",
];

/// Single words that open page chrome only if `:` or `|` follows directly.
const LABELS: &[&str] = &[
    "related", "more", "watch", "read", "video", "photos", "gallery", "live", "see", "listen",
    "opinion", "analysis", "explainer", "podcast", "tags", "topics", "share", "filed under",
];

/// Words that may precede a leading date.
const DATE_LABELS: &[&str] =
    &["date", "published", "updated", "posted", "last updated", "published on"];

/// Lines of more words than this are always text.
pub(crate) const LONGEST_LINE: usize = 24;

/// A line that ends like a sentence and has more words than this is a sentence, unless its opening
/// is unmistakable.
const LONGEST_NOTICE: usize = 4;

/// A sentence of more words than this is text even after an unmistakable opening.
const LONGEST_PLEA: usize = 12;

/// Whether a whole line is page chrome. `words` are its normal forms in order, all of them or more than
/// [`LONGEST_LINE`].
pub(crate) fn is_chrome_line(line: &str, words: &[&str]) -> bool {
    if words.len() > LONGEST_LINE {
        return false;
    }
    if !words.first().is_some_and(|first| is_first_word(first)) {
        return is_shared_post_credit(line);
    }
    let opens = |phrases: &[&str]| phrases.iter().any(|phrase| opens_with(words, phrase));
    let is_sentence = ends_as_sentence(line);
    let may_be_plea = !is_sentence || words.len() <= LONGEST_PLEA;
    let may_be_notice = !is_sentence || words.len() <= LONGEST_NOTICE;
    let is_labelled =
        || LABELS.iter().any(|label| opens(&[label]) && separator_follows(line, label));
    (may_be_plea && opens(UNMISTAKABLE))
        || (may_be_notice && (opens(OPENINGS) || is_labelled()))
        || is_shared_post_credit(line)
}

/// Whether an opening begins with a word in normal form.
fn is_first_word(normal: &str) -> bool {
    static FIRST_WORDS: LazyLock<FxHashSet<&str>> = LazyLock::new(|| first_words().collect());
    FIRST_WORDS.contains(normal)
}

fn first_words() -> impl Iterator<Item = &'static str> {
    let phrases = [UNMISTAKABLE, OPENINGS, LABELS].into_iter().flatten();
    phrases.filter_map(|phrase| phrase.split(' ').next())
}

/// Whether a line ends with a full stop or the like, inside or outside quotation marks. Dots of
/// omission do not count (`Loading…`).
fn ends_as_sentence(line: &str) -> bool {
    let bare = line.trim_end_matches(['"', '”', '’', '»', ')', '\'']);
    bare.ends_with(['.', '!', '?', '。', '！', '？', '؟', '।']) && !bare.ends_with("..")
}

fn opens_with(words: &[&str], phrase: &str) -> bool {
    phrase.split(' ').enumerate().all(|(at, part)| words.get(at) == Some(&part))
}

fn separator_follows(line: &str, label: &str) -> bool {
    let rest = line.char_indices().nth(label.chars().count()).map(|(at, _)| &line[at..]);
    rest.is_some_and(|rest| rest.trim_start().starts_with([':', '|']))
}

/// `— Name (@handle) November 20, 2025`: the credit under an embedded post.
fn is_shared_post_credit(line: &str) -> bool {
    line.starts_with(['—', '–', '-']) && line.contains("(@")
}

/// The page chrome inside a line of text: addresses and, in the first line, a date before the text.
pub(crate) fn chrome_spans(original: &str, line: Span, is_first: bool) -> Vec<Span> {
    let date = if is_first { leading_date(original, line) } else { None };
    let addresses = addresses(original, line).into_iter();
    // The spans are in order and do not overlap: a leading date has no address in it.
    date.into_iter().chain(addresses).collect()
}

/// Web addresses and handles of shared pictures.
fn addresses(original: &str, line: Span) -> Vec<Span> {
    let text = line.of(original);
    let mut spans = Vec::new();
    // Most lines have neither, which is quickly seen.
    if !text.contains('/') && !text.contains("www.") {
        return spans;
    }
    for token in text.split_whitespace() {
        let bare = token.trim_start_matches(['(', '[', '<', '“', '"']);
        let is_address = ["http://", "https://", "www.", "pic.twitter.com/", "t.co/"]
            .iter()
            .any(|start| bare.starts_with(start));
        if is_address {
            // `split_whitespace` gives slices of `text`, so the difference is their offset.
            let at = token.as_ptr() as usize - text.as_ptr() as usize;
            spans.push(Span { start: line.start + at, end: line.start + at + token.len() });
        }
    }
    spans
}

/// `2026-03-05`, `date 2026-03-05`, `Published: 2026-03-05 10:15` at the very start.
fn leading_date(original: &str, line: Span) -> Option<Span> {
    let text = line.of(original);
    let begins = |label: &&&str| {
        text.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label))
    };
    let label = DATE_LABELS.iter().filter(begins).map(|label| label.len()).max();
    let from = label.unwrap_or(0);
    let rest = text.get(from..)?;
    let date_at =
        from + (rest.len() - rest.trim_start_matches(|c: char| c == ':' || is_space(c)).len());
    let mut end = date_at + iso_date(text.get(date_at..)?)?;
    if let Some(time) = clock_time(text.get(end..)?) {
        end += time;
    }
    Some(Span { start: line.start, end: line.start + end })
}

/// The length of a date `yyyy-mm-dd` (or with `/` or `.`) at the start of `text`.
fn iso_date(text: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(..10)?;
    let fits = bytes.iter().enumerate().all(|(index, byte)| match index {
        4 | 7 => matches!(byte, b'-' | b'/' | b'.'),
        _ => byte.is_ascii_digit(),
    });
    // Ten ASCII bytes, so byte 10 is a character boundary.
    (fits && !text[10..].starts_with(|c: char| c.is_ascii_digit())).then_some(10)
}

/// The length of ` hh:mm`, `Thh:mm:ss`, with a zone, at the start of `text`.
fn clock_time(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(|c: char| c == 'T' || is_space(c))?;
    let time = rest.split(is_space).next()?;
    let is_time = time.contains(':')
        && time.starts_with(|c: char| c.is_ascii_digit())
        && time.chars().all(|c| c.is_ascii_digit() || ":.+-Z".contains(c));
    is_time.then_some(text.len() - rest.len() + time.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise;

    fn check_line(line: &str, expected: bool) {
        let normal = normalise(line);
        let words: Vec<&str> = normal.split(' ').collect();
        assert_eq!(is_chrome_line(line, &words), expected, "{line:?}");
    }

    #[test]
    fn lines() {
        check_line("RELATED STORY | Council backs the new harbour wall", true);
        check_line("Loading twitter content…", true);
        check_line("Select Language:", true);
        check_line("Related: Ferry sails again", true);
        check_line("Read more", true);
        check_line("Читайте також: Порт відкрили", true);
        check_line("— Ada Ruiz (@adaruiz) March 5, 2026", true);
        check_line("Related families were told to leave the valley on Tuesday.", false);
        check_line(
            "Loading of the ship went on all night, the harbour master said on Tuesday.",
            false,
        );
        check_line("More rain is expected.", false);
        check_line("Comments by the Fed chairman moved markets on Monday.", false);
        check_line("Advertising revenue fell five percent.", false);
        check_line("More from the union is expected.", false);
        check_line("Loading docks at the port reopened.", false);
        check_line("Analysis: The vote was close.", false);
        check_line("“Top stories are told at night, as my aunt knew.”", false);
        check_line("Analysis: How the vote was lost", true);
        check_line("Comments are closed.", true);
        check_line("Loading docks and more...", true);
        check_line("Sign up to get our best stories every morning.", true);
        check_line("Read more about the harbour and its wall here.", true);
        check_line("Click here to see the harbour from above!", true);
        check_line("The plan would close the port", false);
    }

    #[test]
    fn spans_inside_a_line() {
        let check = |line: &str, expected: &[&str]| {
            let all = Span { start: 0, end: line.len() };
            let found: Vec<&str> =
                chrome_spans(line, all, true).iter().map(|span| span.of(line)).collect();
            assert_eq!(found, expected, "{line:?}");
        };
        check("date 2025-11-20 The port", &["date 2025-11-20"]);
        check("2025-11-20T10:15:00Z The port", &["2025-11-20T10:15:00Z"]);
        check("Published: 2025-11-20 10:15 The port", &["Published: 2025-11-20 10:15"]);
        check("see https://example.org/a and go", &["https://example.org/a"]);
        check("2025 was a year", &[]);
    }
}
