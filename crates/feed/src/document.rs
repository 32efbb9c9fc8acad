//! A feed as its document has it: every field of news feeds, with nothing decided yet.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::html;

/// The format of a feed and its version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// RSS without a version, or with one that nobody knows.
    #[default]
    Rss,
    /// RSS 0.90, which is RDF.
    Rss090,
    /// RSS 0.91.
    Rss091,
    /// RSS 0.91 as Netscape defined it.
    Rss091n,
    /// RSS 0.92.
    Rss092,
    /// RSS 0.93.
    Rss093,
    /// RSS 0.94.
    Rss094,
    /// RSS 1.0, which is RDF.
    Rss10,
    /// RSS 2.0 and its successors.
    Rss20,
    /// Atom without a version.
    Atom,
    /// Atom 0.1.
    Atom01,
    /// Atom 0.2.
    Atom02,
    /// Atom 0.3.
    Atom03,
    /// Atom 1.0.
    Atom10,
    /// The Channel Definition Format.
    Cdf,
    /// JSON Feed 1.0.
    Json1,
    /// JSON Feed 1.1.
    Json11,
    /// A sitemap, with news or without.
    Sitemap,
    /// A list of sitemaps.
    SitemapIndex,
}

impl Format {
    /// Its short name, such as `rss20`, as feedparser writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Rss090 => "rss090",
            Self::Rss091 => "rss091u",
            Self::Rss091n => "rss091n",
            Self::Rss092 => "rss092",
            Self::Rss093 => "rss093",
            Self::Rss094 => "rss094",
            Self::Rss10 => "rss10",
            Self::Rss20 => "rss20",
            Self::Atom => "atom",
            Self::Atom01 => "atom01",
            Self::Atom02 => "atom02",
            Self::Atom03 => "atom03",
            Self::Atom10 => "atom10",
            Self::Cdf => "cdf",
            Self::Json1 => "json1",
            Self::Json11 => "json11",
            Self::Sitemap => "sitemap",
            Self::SitemapIndex => "sitemapindex",
        }
    }

    /// Whether the authors of its feed are those of items that name none: RFC 4287, section 4.2.1, and JSON Feed.
    #[must_use]
    pub fn gives_authors(self) -> bool {
        self.is_atom() || matches!(self, Self::Json1 | Self::Json11)
    }

    /// Whether it is Atom of any version.
    #[must_use]
    pub fn is_atom(self) -> bool {
        self.as_str().starts_with("atom")
    }
}

/// A whole document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// What it is.
    pub format: Format,
    /// The encoding that it was read in, in lower case, such as `utf-8`.
    pub encoding: String,
    /// What it says of itself.
    pub feed: Record,
    /// Its items, in the order of the document.
    pub entries: Vec<Record>,
    /// Where it broke off and why, if it did.
    pub broken: Option<Break>,
    /// Whether the last entry was cut off with the document.
    pub is_cut: bool,
    /// What it lists more of than is read, for people.
    pub cut_short: Option<String>,
    /// How many dates cannot be read, and one of them, for people; also one of its problems.
    pub unread_dates: Option<String>,
    /// What was wrong with it and passed over, for people.
    pub problems: Vec<String>,
    /// Whether it breaks no rule of XML or JSON, and of how its encoding is told.
    pub is_sound: bool,
}

/// Where a document cannot be read any further.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Break {
    /// Counted in the text after decoding.
    pub at_byte: usize,
    /// What is wrong there.
    pub why: String,
}

/// What stands in a feed, an item, a source, an image or a text field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// What it is called: a guid, or the address of an RDF resource.
    pub id: Option<String>,
    /// Whether the id is an address and stands in for a link that is not there.
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
    /// Elements of which only the attributes speak, by name.
    pub marks: BTreeMap<Cow<'static, str>, Attributes>,
    /// The times that it claims.
    pub dates: Dates,
    /// Who wrote it.
    pub authors: Vec<Person>,
    /// Who else took part.
    pub contributors: Vec<Person>,
    /// Who publishes it.
    pub publisher: Option<Person>,
    /// What it is about.
    pub categories: Vec<Category>,
    /// Images and films as the media vocabulary gives them.
    pub media: Vec<Medium>,
    /// Where it was taken from: the true outlet.
    pub source: Option<Box<Record>>,
    /// Its image.
    pub image: Option<Box<Record>>,
    /// Its search field.
    pub text_input: Option<Box<Record>>,
    /// Hours of the day without updates, as written.
    pub skip_hours: Vec<String>,
    /// Days of the week without updates, as written.
    pub skip_days: Vec<String>,
    /// Where it is about.
    pub place: Option<GeoShape>,
}

/// Attributes of an element, in its order, names in lower case.
pub type Attributes = Vec<(String, String)>;

impl Record {
    /// A text by its name, as it is written.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(|text| text.value.as_str())
    }

    /// Whether nothing stands in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How a text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Writing {
    /// Nobody says: plain by its format, HTML in many feeds.
    #[default]
    Unsaid,
    /// Plain, as it says.
    Plain,
    /// HTML.
    Html,
    /// HTML as elements of the document.
    Xhtml,
    /// Something else, as its media type says.
    Other,
}

/// The most bytes of a text that are read for a line, as they stand.
const LONGEST_LINE: usize = 64 * 1024;
/// The most bytes of a text that are read for paragraphs, as they stand.
const LONGEST_TEXT: usize = 4 * 1024 * 1024;

/// A text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Text {
    /// As it stands, without white space at its ends.
    pub value: String,
    /// How it is written.
    pub writing: Writing,
    /// Its media type, where the document names one or its kind of element has one.
    pub media_type: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// The address that its relative links belong to.
    pub base: Option<String>,
    /// Where the text really is, if it only points there.
    pub src: Option<String>,
    /// How deep in the document it stood; the least deep one counts.
    pub(crate) depth: usize,
}

impl Text {
    /// It in one line, plain; of what is absurdly long the beginning.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let value = &self.value[..self.value.floor_char_boundary(LONGEST_LINE)];
        let line = match self.writing {
            Writing::Plain => html::one_line(value),
            Writing::Html | Writing::Xhtml => html::one_line(&html::to_text(value)),
            Writing::Unsaid => html::loose_to_line(value),
            Writing::Other => String::new(),
        };
        (!line.is_empty()).then_some(line)
    }

    /// It in paragraphs, plain; of what is absurdly long the beginning.
    #[must_use]
    pub fn paragraphs(&self) -> Option<String> {
        let value = &self.value[..self.value.floor_char_boundary(LONGEST_TEXT)];
        let text = match self.writing {
            Writing::Plain => html::plain_to_text(value),
            Writing::Html | Writing::Xhtml => html::to_text(value),
            Writing::Unsaid => html::loose_to_text(value),
            Writing::Other => String::new(),
        };
        (!text.is_empty()).then_some(text)
    }
}

/// A link.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Link {
    /// Where to, absolute where the document says against what; none where it says nothing.
    pub href: Option<String>,
    /// What it is to its record; `alternate` where nothing is said.
    pub relation: String,
    /// The media type, as said.
    pub media_type: Option<String>,
    /// Whatever else its element says, such as `length` and `title`.
    pub more: Attributes,
}

impl Link {
    /// What its element says under this name.
    #[must_use]
    pub fn more(&self, name: &str) -> Option<&str> {
        self.more.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A time, as it is written and as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Date {
    /// As written.
    pub written: String,
    /// Seconds since 1970, UTC; none where it cannot be read.
    pub time: Option<i64>,
    pub(crate) depth: usize,
}

/// The times of a record.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dates {
    /// When it was published.
    pub published: Option<Date>,
    /// When it was made.
    pub created: Option<Date>,
    /// When it was last changed, or simply its date.
    pub updated: Option<Date>,
    /// From when on it is of no use.
    pub expired: Option<Date>,
}

/// A person or a desk.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Person {
    /// All in one, as RSS writes it.
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
    /// The word.
    pub term: Option<String>,
    /// The vocabulary that it belongs to.
    pub scheme: Option<String>,
    /// The word for people.
    pub label: Option<String>,
}

/// An image or a film of the media vocabulary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Medium {
    /// The name of its element: `content`, `thumbnail`, `player`.
    pub element: String,
    /// What the element says.
    pub attributes: Attributes,
    /// What stands in it.
    pub text: String,
    /// What is said of it.
    pub title: Option<String>,
}

impl Medium {
    /// What its element says under this name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A place on earth.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct GeoShape {
    /// `Point`, `LineString`, `Polygon` or `Box`.
    pub kind: &'static str,
    /// Pairs or triples of numbers, in the order of the document.
    pub coordinates: Vec<Vec<f64>>,
    /// The system of coordinates, where one is named.
    pub system: Option<String>,
}
