//! Joins words into lines and paragraphs.

use html5gum::emitters::callback::CallbackEvent;

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
pub(super) struct Paragraphs {
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
    pub(super) fn add_words(&mut self, text: &str) {
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
    pub(super) fn end_line(&mut self) {
        self.gap = if self.gap >= Gap::Line { Gap::Paragraph } else { Gap::Line };
    }

    /// Ends the line, and never the paragraph.
    fn break_line(&mut self) {
        self.gap = self.gap.max(Gap::Line);
    }

    /// Ends the paragraph.
    pub(super) fn end_paragraph(&mut self) {
        self.gap = Gap::Paragraph;
    }

    pub(super) fn finish(self) -> String {
        self.text
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
pub(super) struct TextBuilder {
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

fn find_name(names: &'static [&'static str], name: &[u8]) -> Option<&'static str> {
    names.iter().copied().find(|listed| listed.as_bytes() == name)
}

impl TextBuilder {
    pub(super) fn handle(&mut self, event: &CallbackEvent<'_>) {
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

    pub(super) fn finish(self) -> String {
        self.paragraphs.finish()
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
