//! Converts HTML to plain text with a tokenizer alone. It builds no tree, so the time is linear in
//! the bytes at any nesting.

mod head;
mod paragraphs;

use std::borrow::Cow;
use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, State, Tokenizer};

pub use head::{Head, Link, head_of};
use paragraphs::{Paragraphs, TextBuilder};

/// Elements that show that a text is HTML rather than words with a `<` among them.
const HTML_ELEMENTS: &[&str] = &[
    "a", "abbr", "article", "b", "big", "blockquote", "body", "br", "center", "cite", "code",
    "del", "div", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr",
    "html", "i", "iframe", "img", "ins", "li", "ol", "p", "picture", "pre", "q", "s", "script",
    "section", "small", "span", "strong", "style", "sub", "sup", "table", "td", "tr", "tt", "u",
    "ul", "video",
];

/// Converts a fragment of HTML to plain text. Paragraphs are separated by an empty line, `<br>`
/// becomes a line break, white space is collapsed, entities are decoded, and scripts and styles are
/// left out.
#[must_use]
pub fn to_text(html: &str) -> String {
    let mut builder = TextBuilder::default();
    tokenize(html, State::Data, |event| builder.handle(&event));
    builder.finish()
}

/// Converts a text that may be HTML or plain to plain text. Without tags, only entities are
/// decoded, and its own empty lines separate paragraphs.
#[must_use]
pub fn loose_to_text(text: &str) -> String {
    if has_tags(text) { to_text(text) } else { plain_to_text(&decode(text)) }
}

/// Tidies a plain text. Empty lines separate paragraphs, line breaks are kept, and other white
/// space is collapsed.
#[must_use]
pub fn plain_to_text(text: &str) -> String {
    let mut paragraphs = Paragraphs::default();
    for line in text.lines() {
        if line.trim().is_empty() {
            paragraphs.end_paragraph();
        } else {
            paragraphs.add_words(line);
            paragraphs.end_line();
        }
    }
    paragraphs.finish()
}

/// Converts a text that may be HTML, such as a title or a name, to one line of plain text.
#[must_use]
pub fn loose_to_line(text: &str) -> String {
    let plain: Cow<'_, str> = match has_tags(text) {
        true => Cow::Owned(to_text(text)),
        false => decode(text),
    };
    one_line(&plain)
}

/// A text in one line, its white space collapsed, without control characters.
#[must_use]
pub fn one_line(text: &str) -> String {
    let mut paragraphs = Paragraphs::default();
    paragraphs.add_words(text);
    paragraphs.finish()
}

/// Decodes the entities of HTML and leaves everything else unchanged.
#[must_use]
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    tokenize(text, State::RcData, |event| {
        if let CallbackEvent::String { value } = event {
            decoded.push_str(&String::from_utf8_lossy(value));
        }
    });
    Cow::Owned(decoded)
}

/// The words of an image in a text, in one line: its `alt`, else its `title`.
pub(crate) fn words_of_image(html: &str) -> Option<String> {
    let (mut is_image, mut attribute) = (false, Vec::new());
    let (mut alternative, mut title) = (String::new(), String::new());
    tokenize(html, State::Data, |event| match event {
        CallbackEvent::OpenStartTag { name } => is_image = name == b"img",
        CallbackEvent::AttributeName { name } => attribute = name.to_vec(),
        CallbackEvent::AttributeValue { value } if is_image => {
            let words = match attribute.as_slice() {
                b"alt" => &mut alternative,
                b"title" => &mut title,
                _ => return,
            };
            if words.is_empty() {
                *words = one_line(&String::from_utf8_lossy(value));
            }
        }
        _ => {}
    });
    [alternative, title].into_iter().find(|words| !words.is_empty())
}

/// Whether the text contains a tag of HTML.
fn has_tags(text: &str) -> bool {
    let after_angles = text.match_indices('<').map(|(at, _)| &text[at + 1..]);
    after_angles.map(|rest| rest.strip_prefix('/').unwrap_or(rest)).any(|rest| {
        let name_ends = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(0);
        let (name, after) = rest.split_at(name_ends.min(12));
        let closes = after.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
        closes && HTML_ELEMENTS.iter().any(|tag| name.eq_ignore_ascii_case(tag))
    })
}

/// Whether a text that should be plain is HTML: it has an end tag or an entity, and all its tags
/// and entities are those of HTML. Only the comparison with feedparser needs this.
#[cfg(test)]
pub(crate) fn looks_like_html(text: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut is_telling = false;
    for (at, sign) in text.match_indices(['<', '&']) {
        let rest = &text[at + 1..];
        let is_end = sign == "<" && rest.starts_with('/');
        let rest = if is_end { &rest[1..] } else { rest };
        let rest = if sign == "&" { rest.strip_prefix('#').unwrap_or(rest) } else { rest };
        let (name, after) = rest.split_at(rest.find(|c| !is_word(c)).unwrap_or(rest.len()));
        if name.is_empty() {
            continue;
        }
        if sign == "<" {
            if !HTML_ELEMENTS.iter().any(|tag| name.eq_ignore_ascii_case(tag)) {
                return false;
            }
            is_telling |= is_end && after.starts_with('>');
        } else if after.starts_with(';') {
            let written = &text[at..=at + (text.len() - at - after.len())];
            if decode(written) == written {
                return false;
            }
            is_telling = true;
        }
    }
    is_telling
}

/// Calls `handle` with every event of the text.
fn tokenize(html: &str, state: State, mut handle: impl FnMut(CallbackEvent<'_>)) {
    let mut emitter = CallbackEmitter::new(move |event: CallbackEvent<'_>, _: Span<()>| {
        handle(event);
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    let mut tokenizer = Tokenizer::new_with_emitter(html, emitter);
    tokenizer.set_state(state);
    let Ok(()) = tokenizer.finish();
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use rustix::time::{ClockId, clock_gettime};

    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(to_text(html), expected, "{html}");
    }

    #[test]
    fn blocks_separate_paragraphs() {
        check("<p>One\n two</p><p>three</p>", "One two\n\nthree");
        check("One<div>two<div>three</div></div>four", "One\n\ntwo\n\nthree\n\nfour");
        check("a<br>b<br/>\n c<br><br>d", "a\nb\nc\n\nd");
        check("<ul><li>one<li>two</ul>end", "one\ntwo\n\nend");
        check("<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc");
        check("<pre>a\n  b\n\nc</pre>", "a\nb\n\nc");
        check("<p></p> <p> </p>", "");
    }

    #[test]
    fn inline_elements_separate_nothing() {
        check("<b>bo</b>ld <i>it</i>", "bold it");
        check("a <!-- no --><a href='x'>link</a>.", "a link.");
        check("x <unknown>y</unknown>z", "x yz");
    }

    #[test]
    fn scripts_and_styles_are_left_out() {
        check("a<script>if (1 < 2) { x('</p>') }</script>b", "ab");
        check("<style>p {}</style><p>a</p><svg><text>t</text><svg></svg></svg>b", "a\n\nb");
        check("<iframe src=x>no</iframe>yes", "yes");
        check("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rt>じ</rt></ruby>だ", "漢字だ");
        check("<ruby>漢<rt>かん<rb>字<rt>じ</ruby>だ<p>次", "漢字だ\n\n次");
        check("<p><ruby>漢<rt>かん<p>次", "漢\n\n次");
    }

    #[test]
    fn entities_are_decoded() {
        check("Fish &amp; chips&nbsp;&#8212; &euro;5 &hellip; AT&T &nosuch;", {
            "Fish & chips — €5 … AT&T &nosuch;"
        });
        assert_eq!(decode("5 &lt; 7 <b> &Ouml;l"), "5 < 7 <b> Öl");
        check("a\u{0}b\u{1b}[31mc\u{202e}", "ab[31mc");
    }

    #[test]
    fn limits_the_marks_on_one_letter() {
        check(&format!("a{}b", "\u{489}".repeat(60)), &format!("a{}b", "\u{489}".repeat(4)));
        check("Vie\u{323}\u{302}t", "Vie\u{323}\u{302}t");
    }

    #[test]
    fn words_with_an_angle_bracket_are_not_html() {
        assert_eq!(loose_to_line("Scores <b>up</b>\n&amp; away"), "Scores up & away");
        assert_eq!(loose_to_line("if a <x then 5 < 7"), "if a <x then 5 < 7");
        assert_eq!(loose_to_text("One\ntwo.\n\n \nThree &amp; four"), "One\ntwo.\n\nThree & four");
        assert_eq!(loose_to_text("One<br />two"), "One\ntwo");
    }

    /// The processor time of this thread, which a busy machine does not stretch.
    pub(crate) fn effort() -> Duration {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
    }

    /// A tree builder would take minutes over these.
    #[test]
    fn deep_nesting_takes_linear_time() {
        let units = ["<div>", "<table><tr><td>x<p>", "<svg><desc>", "&amp;", "<a b=c ", "<", "</"];
        for (unit, size) in units.into_iter().zip([1_000_000].into_iter().chain([250_000; 6])) {
            let html = unit.repeat(size / unit.len());
            let start = effort();
            let length = to_text(&html).len() + loose_to_text(&html).len();
            let took = effort() - start;
            assert!(took < Duration::from_secs(3), "{unit}: {took:?} for {length} bytes of text");
        }
    }

    proptest! {
        #[test]
        fn accepts_any_text(html in "(<|</|<p|>|&|;|br| |a|\\PC|\n){0,60}") {
            let text = to_text(&html);
            prop_assert!(!text.contains("\n\n\n") && text.trim() == text, "{text:?}");
            prop_assert_eq!(plain_to_text(&text), text);
        }
    }
}
