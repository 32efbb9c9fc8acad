//! HTML reduced to the elements of articles: no scripts, handlers, styles or drawings, and absolute
//! addresses. Only the comparison with feedparser needs it; texts of the product are plain.

use std::borrow::Cow;
use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

use super::harmless::{ADDRESSES, GONE, KEPT, SAID, VOID};
use crate::resolve;

/// The most attributes of one element that are read.
const MAX_ATTRIBUTES: usize = 64;

/// HTML with its harmless elements and attributes alone, those in the order of the alphabet, and
/// with addresses made absolute against `base`. Linear in its bytes.
pub(super) fn clean(html: &str, base: &str) -> String {
    let html: &str = &without_oddities(html);
    let mut cleaning = Cleaning { html, base, ..Cleaning::default() };
    let mut emitter = CallbackEmitter::new(|event: CallbackEvent<'_>, span: Span<usize>| {
        cleaning.handle(&event, span);
        None::<Infallible>
    });
    emitter.naively_switch_states(true);
    let Ok(()) = Tokenizer::new_with_emitter(html, emitter).finish();
    cleaning.kept.trim().to_owned()
}

/// HTML whose `<!` are all those of comments and document types: browsers take what else begins so
/// for a comment, and words with it.
fn without_oddities(html: &str) -> Cow<'_, str> {
    let is_odd = |rest: &str| {
        !rest.starts_with("--") && !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '[')
    };
    let mut pieces = html.split("<!");
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    if whole.len() == html.len() {
        return Cow::Borrowed(html);
    }
    for piece in pieces {
        whole.push_str(if is_odd(piece) { "&lt;!" } else { "<!" });
        whole.push_str(piece);
    }
    Cow::Owned(whole)
}

#[derive(Debug, Default)]
struct Cleaning<'a> {
    html: &'a str,
    base: &'a str,
    kept: String,
    /// The element that is open, unless it is left out.
    open: Option<&'static str>,
    attributes: Vec<(String, String)>,
    /// How deep inside what goes altogether.
    gone: usize,
}

impl Cleaning<'_> {
    fn handle(&mut self, event: &CallbackEvent<'_>, span: Span<usize>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.attributes.clear();
                self.open = find_name(KEPT, name);
                self.gone += usize::from(find_name(GONE, name).is_some());
            }
            CallbackEvent::AttributeName { name } if self.attributes.len() < MAX_ATTRIBUTES => {
                let name = String::from_utf8_lossy(name).into_owned();
                self.attributes.push((name, String::new()));
            }
            CallbackEvent::AttributeValue { value } => {
                if let Some((_, last)) = self.attributes.last_mut() {
                    *last = String::from_utf8_lossy(value).into_owned();
                }
            }
            CallbackEvent::CloseStartTag { .. } => self.started(),
            CallbackEvent::EndTag { name } => {
                self.gone -= usize::from(find_name(GONE, name).is_some()).min(self.gone);
                let is_void = find_name(VOID, name).is_some();
                if let Some(name) = find_name(KEPT, name).filter(|_| self.gone == 0 && !is_void) {
                    self.kept.push_str(&format!("</{name}>"));
                }
            }
            CallbackEvent::String { value } if self.gone == 0 => {
                // The raw text, so that entities stay as they are.
                match self.html.get(span.start..span.end) {
                    Some(raw) => self.kept.push_str(&with_references(&raw.replace('<', "&lt;"))),
                    None => self.kept.push_str(&escaped(&String::from_utf8_lossy(value))),
                }
            }
            _ => {}
        }
    }

    fn started(&mut self) {
        let attributes = std::mem::take(&mut self.attributes);
        let Some(element) = self.open.take().filter(|_| self.gone == 0) else {
            return;
        };
        let mut kept: Vec<(String, String)> = Vec::new();
        for (name, value) in attributes {
            if ADDRESSES.contains(&name.as_str()) {
                let absolute = resolve(self.base, &value);
                kept.push((name, if is_safe(&absolute) { absolute } else { String::new() }));
            } else if SAID.contains(&name.as_str()) {
                kept.push((name, value));
            }
        }
        kept.sort();
        kept.dedup_by(|second, first| second.0 == first.0);
        self.kept.push('<');
        self.kept.push_str(element);
        for (name, value) in kept {
            let value = escaped(&value).replace('"', "&quot;");
            self.kept.push_str(&format!(" {name}=\"{value}\""));
        }
        self.kept.push_str(if VOID.contains(&element) { " />" } else { ">" });
    }
}

/// A text with every `&` escaped that begins no reference.
fn with_references(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut whole = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let name = piece.split_once(';').map(|(it, _)| it.strip_prefix('#').unwrap_or(it));
        let is_name = |it: &str| {
            !it.is_empty() && it.len() < 40 && it.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        whole.push_str(if name.is_some_and(is_name) { "&" } else { "&amp;" });
        whole.push_str(piece);
    }
    whole
}

fn find_name(names: &'static [&'static str], name: &[u8]) -> Option<&'static str> {
    names.iter().copied().find(|known| known.as_bytes() == name)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Whether an address only leads somewhere: it runs nothing and holds nothing itself.
fn is_safe(address: &str) -> bool {
    const LEADING: &[&str] = &[
        "http", "https", "mailto", "ftp", "news", "nntp", "tel", "sms", "geo", "magnet", "xmpp",
        "irc", "ircs", "feed", "webcal", "rtsp", "gopher", "telnet",
    ];
    // Control characters and spaces before or in a scheme are what browsers pass over.
    let dense: String = address.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let is_scheme = |word: &&str| {
        let mut letters = word.chars();
        let is_inner = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        letters.next().is_some_and(|c| c.is_ascii_alphabetic()) && letters.all(is_inner)
    };
    let scheme = dense.split_once(':').map(|(word, _)| word).filter(is_scheme);
    scheme.is_none_or(|scheme| LEADING.iter().any(|leading| scheme.eq_ignore_ascii_case(leading)))
}

mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(html: &str, expected: &str) {
        assert_eq!(clean(html, "https://a.example/b/"), expected, "{html}");
    }

    #[test]
    fn elements_of_articles_are_kept() {
        check(
            "<P class=x ID='y'>1 &lt; 2 &nbsp;<br>é</P>",
            "<p class=\"x\" id=\"y\">1 &lt; 2 &nbsp;<br />é</p>",
        );
        check("<a href=c?d&amp;e>x</a>", "<a href=\"https://a.example/b/c?d&amp;e\">x</a>");
        check("a < b <!' c", "a &lt; b &lt;!' c");
    }

    #[test]
    fn active_elements_are_removed() {
        check("a<script>x<b></script>b<style>p{}</style>", "ab");
        check("<img src=/i.png onerror=x style='x'>", "<img src=\"https://a.example/i.png\" />");
        check("<a href='javascript:x'>y</a><blink>z</blink>", "<a href=\"\">y</a>z");
        check(
            "<a href='java\nscript:x'>y</a><svg onload=x><desc>z</desc></svg>",
            "<a href=\"\">y</a>z",
        );
        check("</script><iframe src=x>y</iframe>z<!-- x -->", "z");
    }

    proptest! {
        #[test]
        fn any_text_is_taken_and_stays_clean(
            html in "(<|</|<p|<script>|</script>|<a href=|>|'|\"|=|&lt;|&|;|<!--|-->| |a|\\PC){0,40}",
        ) {
            let once = clean(&html, "");
            prop_assert!(!once.contains("<script"), "{once}");
            let twice = clean(&once, "");
            prop_assert_eq!(twice, once, "{}", html);
        }
    }
}
