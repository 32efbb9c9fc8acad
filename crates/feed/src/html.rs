//! Converts HTML to plain text, and reads the metadata of pages, with a tokenizer alone. It builds no tree, so the time is linear in
//! the bytes at any nesting.

use std::borrow::Cow;
use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, State, Tokenizer};

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
    builder.paragraphs.text
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
    paragraphs.text
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
    paragraphs.text
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
    read_head(html).words_of_image.into_iter().find(|words| !words.is_empty())
}

/// Whether the text contains a tag of HTML, or the end of an element with a name of its own, such as `</x-y>`.
fn has_tags(text: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-:".contains(c);
    text.match_indices('<').any(|(at, _)| {
        let rest = &text[at + 1..];
        let (end, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let (name, after) = rest.split_at(rest.find(|c| !is_of_name(c)).unwrap_or(0));
        let closes = after.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
        let is_own = end
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.contains(['-', ':'])
            && after.starts_with('>');
        closes && (is_own || HTML_ELEMENTS.iter().any(|tag| name.eq_ignore_ascii_case(tag)))
    })
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

/// The separator between a word and the one before. The widest wins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
    Paragraph,
}

impl Gap {
    fn as_str(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Space => " ",
            Self::Line => "\n",
            Self::Paragraph => "\n\n",
        }
    }
}

/// Builds a text without white space at its ends.
#[derive(Debug, Default)]
struct Paragraphs {
    text: String,
    gap: Gap,
    /// The number of combining marks on the last letter.
    marks: usize,
}

/// The most combining marks on one letter. No language uses more, and they would cover the lines
/// above and below.
const MOST_MARKS: usize = 4;

impl Paragraphs {
    /// Adds words, their white space collapsed.
    fn add_words(&mut self, text: &str) {
        for character in text.chars() {
            if character.is_whitespace() {
                self.gap = self.gap.max(Gap::Space);
            } else if !is_noise(character) {
                self.flush();
                self.marks = if is_mark(character) { self.marks + 1 } else { 0 };
                if self.marks <= MOST_MARKS {
                    self.text.push(character);
                }
            }
        }
    }

    /// Ends the line. A second call ends the paragraph.
    fn end_line(&mut self) {
        self.gap = if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
    }

    /// Ends the line, and never the paragraph.
    fn break_line(&mut self) {
        self.gap = self.gap.max(Gap::Line);
    }

    /// Ends the paragraph.
    fn end_paragraph(&mut self) {
        self.gap = Gap::Paragraph;
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            self.text.push_str(self.gap.as_str());
        }
        self.gap = Gap::None;
    }
}

/// Whether a character is a combining mark in one of the blocks that serve all scripts.
fn is_mark(character: char) -> bool {
    matches!(character,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
        | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

/// Whether a character is a control character or changes the direction of the text after it. Both are used to
/// make a text look different from what it is.
fn is_noise(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Builds the text from the events of a tokenizer.
#[derive(Debug, Default)]
struct TextBuilder {
    paragraphs: Paragraphs,
    /// The element that is being left out, and the number of open elements with its name.
    left_out: Option<(&'static str, usize)>,
    /// The number of open `<pre>` elements.
    preformatted: usize,
    opening: Option<&'static str>,
}

/// Elements without text of the article.
const LEFT_OUT: &[&str] = &[
    "audio", "button", "canvas", "iframe", "math", "noembed", "noscript", "object", "rp", "rt",
    "rtc", "script", "select", "style", "svg", "template", "textarea", "title", "video",
];

/// Readings beside characters. Their end tags are optional.
const RUBY: &[&str] = &["rp", "rt", "rtc"];

/// Whether the start of an element ends a reading without an end tag.
fn ends_reading(name: &[u8]) -> bool {
    matches!(name, b"rb" | b"rp" | b"rt" | b"rtc" | b"ruby")
        || find_name(BLOCKS, name).is_some()
        || find_name(LINES, name).is_some()
}

/// Elements that end a paragraph.
const BLOCKS: &[&str] = &[
    "address", "article", "aside", "blockquote", "body", "caption", "center", "details", "dialog",
    "div", "dl", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4",
    "h5", "h6", "head", "header", "hr", "html", "legend", "main", "menu", "nav", "ol", "p", "pre",
    "section", "summary", "table", "tbody", "tfoot", "thead", "ul",
];

/// Elements that begin a line of their own.
const LINES: &[&str] = &["dd", "dt", "li", "option", "tr"];

/// Whether an element is a paragraph, a line or a cell of its own, rather than a part of a sentence.
#[must_use]
pub fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name) || LINES.contains(&name) || matches!(name, "td" | "th")
}

fn find_name(names: &'static [&'static str], name: &[u8]) -> Option<&'static str> {
    names.iter().copied().find(|listed| listed.as_bytes() == name)
}

impl TextBuilder {
    fn handle(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => self.start_element(name),
            // `<svg/>` has no end tag. For the other elements of the list, HTML ignores the slash.
            CallbackEvent::CloseStartTag { self_closing: true } => {
                if let Some(name @ ("svg" | "math")) = self.opening.take() {
                    self.end_left_out(name.as_bytes());
                }
            }
            CallbackEvent::EndTag { name } => self.end_element(name),
            CallbackEvent::String { value } if self.left_out.is_none() => self.add_text(value),
            _ => {}
        }
    }

    fn start_element(&mut self, name: &[u8]) {
        self.opening = None;
        if self.left_out.is_some_and(|(open, _)| RUBY.contains(&open)) && ends_reading(name) {
            self.left_out = None;
        }
        if let Some((open, count)) = &mut self.left_out {
            if open.as_bytes() == name {
                *count += 1;
                self.opening = Some(open);
            }
            return;
        }
        if let Some(name) = find_name(LEFT_OUT, name) {
            self.left_out = Some((name, 1));
            self.opening = Some(name);
            return;
        }
        self.preformatted += usize::from(name == b"pre");
        self.break_at(name);
    }

    fn end_element(&mut self, name: &[u8]) {
        if self.left_out.is_some() {
            return self.end_left_out(name);
        }
        if name == b"pre" {
            self.preformatted = self.preformatted.saturating_sub(1);
        }
        if name != b"br" {
            self.break_at(name);
        }
    }

    fn end_left_out(&mut self, name: &[u8]) {
        // `<ruby>漢<rt>かん</ruby>`
        if name == b"ruby" && self.left_out.is_some_and(|(open, _)| RUBY.contains(&open)) {
            self.left_out = None;
        }
        if let Some((open, count)) = &mut self.left_out
            && open.as_bytes() == name
        {
            *count -= 1;
            if *count == 0 {
                self.left_out = None;
            }
        }
    }

    fn break_at(&mut self, name: &[u8]) {
        if name == b"br" {
            self.paragraphs.end_line();
        } else if find_name(BLOCKS, name).is_some() {
            self.paragraphs.end_paragraph();
        } else if find_name(LINES, name).is_some() {
            self.paragraphs.break_line();
        } else if matches!(name, b"td" | b"th") {
            self.paragraphs.add_words(" ");
        }
    }

    fn add_text(&mut self, value: &[u8]) {
        let text = String::from_utf8_lossy(value);
        if self.preformatted == 0 {
            return self.paragraphs.add_words(&text);
        }
        for (at, line) in text.split('\n').enumerate() {
            if at > 0 {
                self.paragraphs.end_line();
            }
            self.paragraphs.add_words(line);
        }
    }
}

/// The most elements of each kind that are read.
const MOST: usize = 500;
/// The longest attribute that is read, in bytes.
const LONGEST_VALUE: usize = 8 * 1024;
/// The most JSON-LD that is read, in bytes.
const MOST_DATA: usize = 2 * 1024 * 1024;

/// The metadata of a page.
#[derive(Debug, Default)]
pub struct Head {
    /// `<html lang>`.
    pub language: Option<String>,
    /// `<title>`, in one line.
    pub title: Option<String>,
    /// `<base href>`.
    pub base: Option<String>,
    /// `<link>` elements.
    pub links: Vec<Link>,
    /// `<meta>` elements: name, property or itemprop in lower case, and content.
    pub metas: Vec<Meta>,
    /// The contents of `<script type="application/ld+json">`.
    pub data: Vec<String>,
}

/// A `<link>`.
#[derive(Debug, Default)]
pub struct Link {
    /// Its relations, in lower case.
    pub relation: String,
    /// Its media type, in lower case.
    pub media_type: String,
    /// The address, as written.
    pub href: String,
}

/// The media types of feeds.
const FEEDS: &[&str] = &[
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/feed+json",
    "application/json",
    "text/xml",
];

impl Link {
    /// Whether it leads to a feed of the page.
    #[must_use]
    pub fn is_feed(&self) -> bool {
        let mut relations = self.relation.split_ascii_whitespace();
        let media_type = self.media_type.split(';').next().unwrap_or_default().trim();
        relations.any(|relation| matches!(relation, "alternate" | "feed"))
            && FEEDS.contains(&media_type)
    }
}

/// A `<meta>`.
#[derive(Debug)]
pub struct Meta {
    /// The name, in lower case.
    pub name: String,
    /// The content.
    pub content: String,
}

impl Head {
    /// The content of the first non-empty meta element with this name.
    pub fn meta(&self, name: &str) -> Option<&str> {
        // In RDFa, one element may have several names.
        let is_named = |meta: &&Meta| meta.name.split_ascii_whitespace().any(|one| one == name);
        let named = self.metas.iter().filter(is_named);
        named.map(|meta| meta.content.trim()).find(|content| !content.is_empty())
    }

    /// Whether a meta element with one of these names has the word in its content.
    pub fn has_meta(&self, names: &[&str], word: &str) -> bool {
        let mut named = self.metas.iter().filter(|meta| names.contains(&meta.name.as_str()));
        named.any(|meta| {
            let words = meta.content.split(|c: char| c == ',' || c.is_whitespace());
            words.into_iter().any(|found| found.eq_ignore_ascii_case(word))
        })
    }
}

/// Reads the metadata of a page, anywhere in the page.
#[must_use]
pub fn head_of(html: &str) -> Head {
    read_head(html).head
}

fn read_head(html: &str) -> HeadReader {
    let mut reader = HeadReader::default();
    tokenize(html, State::Data, |event| reader.handle(&event));
    reader
}

/// The elements that are read.
const READ: &[&str] = &["base", "html", "img", "link", "meta", "script", "title"];

#[derive(Debug, Default)]
struct HeadReader {
    head: Head,
    /// The first `alt` and the first `title` of an image.
    words_of_image: [String; 2],
    open: Option<&'static str>,
    attribute: String,
    attributes: Vec<(String, String)>,
    /// The element whose content is being collected.
    inside: Option<&'static str>,
    content: String,
    data_bytes: usize,
}

impl HeadReader {
    fn handle(&mut self, event: &CallbackEvent<'_>) {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.open = find_name(READ, name);
                self.attributes.clear();
                self.attribute.clear();
            }
            CallbackEvent::AttributeName { name } if self.open.is_some() => {
                self.attribute = String::from_utf8_lossy(name).into_owned();
            }
            CallbackEvent::AttributeValue { value }
                if self.open.is_some()
                    && self.attributes.len() < 20
                    && value.len() <= LONGEST_VALUE =>
            {
                let value = String::from_utf8_lossy(value).into_owned();
                self.attributes.push((std::mem::take(&mut self.attribute), value));
            }
            CallbackEvent::CloseStartTag { .. } => self.started(),
            CallbackEvent::String { value } if self.inside.is_some() => {
                self.content.push_str(&String::from_utf8_lossy(value));
            }
            CallbackEvent::EndTag { .. } => self.ended(),
            _ => {}
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        let named = self.attributes.iter().find(|(key, _)| key == name);
        named.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    fn lower(&self, name: &str) -> String {
        self.value(name).unwrap_or_default().to_ascii_lowercase()
    }

    fn started(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        match open {
            "html" if self.head.language.is_none() => {
                let language = self.value("lang").or_else(|| self.value("xml:lang"));
                self.head.language = language.map(str::to_owned);
            }
            "base" if self.head.base.is_none() => {
                self.head.base = self.value("href").map(str::to_owned);
            }
            "img" => {
                let here = ["alt", "title"].map(|name| self.value(name).map(one_line));
                for (first, words) in self.words_of_image.iter_mut().zip(here) {
                    if first.is_empty() {
                        *first = words.unwrap_or_default();
                    }
                }
            }
            "link" => self.link(),
            "meta" => self.meta(),
            "title" => self.inside = self.head.title.is_none().then_some(open),
            "script" => {
                let is_data = self.lower("type").starts_with("application/ld+json");
                self.inside = (is_data && self.head.data.len() < MOST).then_some(open);
            }
            _ => {}
        }
    }

    fn link(&mut self) {
        if let Some(href) = self.value("href")
            && self.head.links.len() < MOST
        {
            let href = href.to_owned();
            let (relation, media_type) = (self.lower("rel"), self.lower("type"));
            self.head.links.push(Link { relation, media_type, href });
        }
    }

    fn meta(&mut self) {
        let name = ["name", "property", "itemprop", "http-equiv"];
        let name = name.iter().find_map(|name| self.value(name)).map(str::to_ascii_lowercase);
        if let Some(name) = name
            && let Some(content) = self.value("content")
            && self.head.metas.len() < MOST
        {
            let content = content.to_owned();
            self.head.metas.push(Meta { name, content });
        }
    }

    fn ended(&mut self) {
        let content = std::mem::take(&mut self.content);
        match self.inside.take() {
            Some("title") => self.head.title = Some(one_line(&content)),
            Some("script") if self.data_bytes + content.len() <= MOST_DATA => {
                self.data_bytes += content.len();
                self.head.data.push(content);
            }
            _ => {}
        }
    }
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
        assert_eq!(loose_to_line("<x-y class=\"a b\">Quay</x-y> shut"), "Quay shut");
        assert_eq!(loose_to_line("ages <x-y and <-- or </- >"), "ages <x-y and <-- or </- >");
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

    #[test]
    fn reads_the_metadata_of_a_page() {
        let head = head_of(
            "<!doctype html><HTML lang=de-AT><head><title>Hafen &amp; Meer\n – Blatt</title>\
             <base href='/a/'><link rel='Alternate' TYPE='application/rss+xml' href=/feed>\
             <meta property='x:title og:title' content='Hafen'><meta name=Robots content='noindex, NoArchive'>\
             <script type='application/ld+json'>{\"a\":\"</p>\"}</script><script>var x</script>\
             <body><title>no</title>",
        );
        assert_eq!(head.language.as_deref(), Some("de-AT"));
        assert_eq!(head.title.as_deref(), Some("Hafen & Meer – Blatt"));
        assert_eq!(head.base.as_deref(), Some("/a/"));
        assert_eq!(head.links[0].relation, "alternate");
        assert_eq!(head.links[0].href, "/feed");
        assert_eq!(head.meta("og:title"), Some("Hafen"));
        assert_eq!(head.meta("x:title"), Some("Hafen"));
        assert!(head.has_meta(&["robots"], "noarchive") && !head.has_meta(&["robots"], "archive"));
        assert_eq!(head.data, ["{\"a\":\"</p>\"}"]);
    }
}
