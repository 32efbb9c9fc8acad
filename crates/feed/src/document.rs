//! A feed as in its document: the fields of news feeds, without interpretation.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::html;

/// The format of a feed and its version, as feedparser writes it: `rss20`, `atom10`, `json11`, `sitemap`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format(pub(crate) &'static str);

impl Default for Format {
    fn default() -> Self {
        Self("rss")
    }
}

impl Format {
    pub(crate) const SITEMAP: Self = Self("sitemap");
    pub(crate) const SITEMAP_INDEX: Self = Self("sitemapindex");

    /// Its short name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether items without authors have those of the feed: RFC 4287, section 4.2.1, and JSON
    /// Feed.
    pub(crate) fn gives_authors(self) -> bool {
        self.is_atom() || self.0.starts_with("json")
    }

    pub(crate) fn is_atom(self) -> bool {
        self.0.starts_with("atom")
    }
}

/// A whole document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The format.
    pub format: Format,
    /// The encoding it was decoded from, in lower case, such as `utf-8`.
    pub encoding: String,
    /// The feed itself.
    pub feed: Record,
    /// Its items, in the order of the document.
    pub entries: Vec<Record>,
    /// The error that ended the reading early, if any.
    pub broken: Option<Break>,
    /// Whether the last entry was cut off with the document.
    pub is_cut: bool,
    /// The limit that the document exceeds, for people. The rest is not read.
    pub cut_short: Option<String>,
    /// The number of dates that cannot be parsed, with an example, for people. Also one of its
    /// problems.
    pub unread_dates: Option<String>,
    /// Errors that were skipped, for people.
    pub problems: Vec<String>,
    /// Whether it breaks no rule of XML or JSON, or of the declaration of its encoding.
    pub is_sound: bool,
}

/// The point where a document cannot be read any further.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Break {
    /// The position in the decoded text.
    pub at_byte: usize,
    /// The error.
    pub why: String,
}

/// The content of a feed, an item or a source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// Its id: a guid, or the address of an RDF resource.
    pub id: Option<String>,
    /// Whether the id is an address and replaces a missing link.
    pub id_is_link: bool,
    /// The address of its page.
    pub link: Option<String>,
    /// All links, enclosures among them.
    pub links: Vec<Link>,
    /// The full texts.
    pub content: Vec<Text>,
    /// All other texts by name: `title`, `summary` (a feed's: `subtitle`), `rights`, `language`,
    /// `ttl`. Elements of other vocabularies have their prefix before them, as in `dc_relation`.
    pub texts: BTreeMap<Cow<'static, str>, Text>,
    /// The times that it claims.
    pub dates: Dates,
    /// Its authors.
    pub authors: Vec<Person>,
    /// Its categories.
    pub categories: Vec<Category>,
    /// Images and videos of the media vocabulary.
    pub media: Vec<Medium>,
    /// The feed it was taken from: the true outlet.
    pub source: Option<Box<Record>>,
    /// Hours of the day without updates, as written.
    pub skip_hours: Vec<String>,
    /// Days of the week without updates, as written.
    pub skip_days: Vec<String>,
}

/// Attributes of an element, in its order, names in lower case.
pub type Attributes = Vec<(String, String)>;

impl Record {
    /// The value of a text, by its name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| text.value.as_str())
    }

    /// Whether it has no content.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The markup of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Writing {
    /// Unknown: plain by its format, HTML in many feeds.
    #[default]
    Unknown,
    /// Declared as plain.
    Plain,
    /// HTML.
    Html,
    /// HTML as elements of the document.
    Xhtml,
    /// Something else, by its media type.
    Other,
}

/// The most bytes of a text that are read for a line, markup included.
const LONGEST_LINE: usize = 64 * 1024;
/// The most bytes of a text that are read for paragraphs, markup included.
const LONGEST_TEXT: usize = 4 * 1024 * 1024;

/// A text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Text {
    /// The value, without white space at its ends.
    pub value: String,
    /// Its markup.
    pub writing: Writing,
    /// Its media type, if the document or the kind of its element gives one.
    pub media_type: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// The base of its relative links.
    pub base: Option<String>,
    /// The address of the text, if the element only refers to it.
    pub src: Option<String>,
    /// Its depth in the document. The text with the least depth counts.
    pub(crate) depth: usize,
}

impl Text {
    /// The text in one plain line. Only the beginning of an extremely long text.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let value = &self.value[..self.value.floor_char_boundary(LONGEST_LINE)];
        let line = match self.writing {
            Writing::Plain => html::one_line(value),
            Writing::Html | Writing::Xhtml => html::one_line(&html::to_text(value)),
            Writing::Unknown => html::loose_to_line(value),
            Writing::Other => String::new(),
        };
        (!line.is_empty()).then_some(line)
    }

    /// The text in plain paragraphs. Only the beginning of an extremely long text.
    #[must_use]
    pub fn paragraphs(&self) -> Option<String> {
        let value = &self.value[..self.value.floor_char_boundary(LONGEST_TEXT)];
        let text = match self.writing {
            Writing::Plain => html::plain_to_text(value),
            Writing::Html | Writing::Xhtml => html::to_text(value),
            Writing::Unknown => html::loose_to_text(value),
            Writing::Other => String::new(),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// A link.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    /// The address, absolute if the document has a base. `None` if it is missing.
    pub href: Option<String>,
    /// The relation to its record; `alternate` by default.
    pub relation: String,
    /// The declared media type.
    pub media_type: Option<String>,
    /// Other attributes of its element, such as `length` and `title`.
    pub more: Attributes,
}

impl Link {
    /// The value that its element has under this name.
    #[must_use]
    pub fn more(&self, name: &str) -> Option<&str> {
        self.more.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A time and its written form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Date {
    /// The written form.
    pub written: String,
    /// Seconds since 1970, UTC. `None` if it cannot be parsed.
    pub time: Option<Timestamp>,
    pub(crate) depth: usize,
}

/// The times of a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dates {
    /// The time of publication.
    pub published: Option<Date>,
    /// The time of creation.
    pub created: Option<Date>,
    /// The time of the last change, or simply its date.
    pub updated: Option<Date>,
    /// The time from which it is obsolete.
    pub expired: Option<Date>,
}

/// A person or a desk.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// Name and address in one text, as in RSS.
    pub written: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// The page.
    pub href: Option<String>,
}

/// A category or a keyword.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Category {
    /// The term.
    pub term: Option<String>,
    /// The vocabulary of the term.
    pub scheme: Option<String>,
    /// The term for people.
    pub label: Option<String>,
}

/// An image or a video of the media vocabulary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Medium {
    /// The name of its element: `content`, `thumbnail`, `player`.
    pub element: String,
    /// The attributes of the element.
    pub attributes: Attributes,
    /// The text in the element.
    pub text: String,
    /// Its title or description.
    pub title: Option<String>,
}

impl Medium {
    /// The value that its element has under this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
