//! Reads real feeds leniently: RSS 0.90 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed, sitemaps.
//! [`document`] returns the whole content of a document, [`parse`] its items with plain texts.
//!
//! The time is linear in the bytes, and no function recurses with the nesting. Of the entities that
//! a document defines, only short plain words are expanded. The crate has no clock and no network,
//! and no bytes make it panic. It has no notion of whose feed it reads or of earlier versions.
//! `design.md` describes the method.
//!
//! ```
//! let body = b"<rss><channel><item><title>Fish & chips</title><link>/a</link></item></channel>";
//! let feed = wirefold_feed::parse(body, None, "https://harbour.example/feed.xml")?;
//! assert_eq!(feed.items[0].title, "Fish & chips");
//! assert_eq!(feed.items[0].link.as_deref(), Some("https://harbour.example/a"));
//! # Ok::<(), wirefold_feed::FeedError>(())
//! ```

mod address;
pub mod dates;
pub mod decode;
mod document;
pub mod html;
mod items;
mod json;
mod limits;
#[cfg(test)]
mod tests;
mod xml;

pub use address::{is_web, resolve};
pub use document::{
    Attributes, Break, Category, Date, Dates, Document, Format, Link, Medium, Person, Record, Text,
    Writing,
};
pub use items::{Feed, Item, author_name, language_tag};
pub use limits::MAX_ITEMS;
pub use xml::decoded_twice;

use dates::Context;
use limits::MAX_NAMED;
use thiserror::Error;

/// The reason why bytes are not a feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FeedError {
    /// There is only white space.
    #[error("the answer is empty")]
    Empty,
    /// It is not a feed.
    #[error("this is {found}, not a feed")]
    NotAFeed {
        /// A description of the document for people, such as "an HTML page".
        found: String,
        /// The absolute addresses of the feeds that the document names.
        feeds: Vec<String>,
    },
    /// Its elements are nested too deeply to be read safely.
    #[error("its elements are nested too deeply for a feed")]
    TooDeep,
    /// It begins like a feed, but no item can be read.
    #[error("broken at byte {at_byte}: {why}")]
    Broken {
        /// The position in the decoded text.
        at_byte: usize,
        /// The error.
        why: String,
    },
}

impl FeedError {
    pub(crate) fn not(found: &str) -> Self {
        Self::NotAFeed { found: found.to_owned(), feeds: Vec::new() }
    }
}

/// Parses a feed into items with plain texts.
///
/// It is lenient: it reads as much as possible and describes skipped errors in [`Feed::problems`].
/// `content_type` is that of the HTTP answer. `base` is the address of the feed, against which
/// relative links are resolved.
///
/// A [`FeedError`] if nothing can be read from it.
pub fn parse(body: &[u8], content_type: Option<&str>, base: &str) -> Result<Feed, FeedError> {
    Feed::of(document(body, content_type, base)?)
}

/// Reads the whole content of a document. `content_type` and `base` are as for [`parse`]; `base` is
/// empty if the address is not known.
///
/// A [`FeedError`] if it is not a feed, or if nothing of it can be read.
pub fn document(
    body: &[u8],
    content_type: Option<&str>,
    base: &str,
) -> Result<Document, FeedError> {
    if let Some((_, found)) = FILES.iter().find(|(start, _)| body.starts_with(start)) {
        return Err(FeedError::not(found));
    }
    let decoded = decode::decoded(body, content_type);
    let is_junk = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let start = decoded.text.trim_start_matches(is_junk);
    let mut document = match start.bytes().next() {
        None => return Err(FeedError::Empty),
        Some(b'{') => json::parse(start, base)?,
        Some(b'[') => return Err(FeedError::not("a JSON list")),
        _ if is_page(start) => return Err(not_a_feed(start, base)),
        _ => xml::parse(start, base)?,
    };
    read_dates(&mut document);
    document.encoding = decoded.encoding;
    document.is_sound &= decoded.problem.is_none() && is_for_feeds(content_type);
    document.problems.extend(decoded.problem);
    Ok(document)
}

/// Whether a content type may be that of a feed.
fn is_for_feeds(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else {
        return true;
    };
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ["xml", "xml-dtd", "xml-external-parsed-entity", "json"].iter().any(|end| kind.ends_with(end))
}

/// Whether a text begins like an HTML page, after comments and white space.
fn is_page(text: &str) -> bool {
    let mut rest = text.trim_start();
    while let Some(comment) = rest.strip_prefix("<!--") {
        rest = comment.split_once("-->").map_or("", |(_, after)| after).trim_start();
    }
    let start: String = rest.chars().take(15).collect::<String>().to_ascii_lowercase();
    ["<!doctype html", "<html", "<head", "<body"].iter().any(|tag| start.starts_with(tag))
}

/// The first bytes of files that are no text.
const FILES: &[(&[u8], &str)] = &[
    (&[0x1f, 0x8b], "a compressed file"),
    (b"PK\x03\x04", "a compressed file"),
    (b"BZh", "a compressed file (bzip2)"),
    (b"\xfd7zXZ\0", "a compressed file (xz)"),
    (b"7z\xbc\xaf", "a compressed file (7z)"),
    (b"\x89PNG", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"%PDF", "a PDF document"),
];

/// The error of an HTML page, with the feeds that it names.
fn not_a_feed(page: &str, base: &str) -> FeedError {
    let head = html::head_of(page);
    let at = resolve(base, head.base.as_deref().unwrap_or_default());
    let mut feeds: Vec<String> = Vec::new();
    for link in head.links.iter().filter(|link| link.is_feed()) {
        let address = resolve(&at, &link.href);
        if is_web(&address) && !feeds.contains(&address) {
            feeds.push(address);
        }
    }
    feeds.truncate(MAX_NAMED);
    FeedError::NotAFeed { found: "an HTML page".to_owned(), feeds }
}

/// The most characters of a date that are shown to people.
const SHOWN: usize = 40;

/// Parses all dates of a document. Those that cannot be parsed become one of its problems.
fn read_dates(document: &mut Document) {
    let language = document.feed.text("language").map(str::to_owned);
    let all = document.entries.iter().flat_map(written).map(|date| date.written.as_str());
    let context = Context::of_dates(language.as_deref(), all);
    let mut unread: Vec<&str> = Vec::new();
    let records = std::iter::once(&mut document.feed).chain(&mut document.entries);
    for record in records {
        for date in dates_of(record) {
            date.time = dates::read(&date.written, context);
            if date.time.is_none() {
                unread.push(&date.written);
            }
        }
    }
    let Some(first) = unread.first() else {
        return;
    };
    let shown: String = first.chars().take(SHOWN).collect();
    let dates = if unread.len() == 1 { "date" } else { "dates" };
    let problem = format!("{} {dates} cannot be read, such as {shown:?}", unread.len());
    document.problems.push(problem.clone());
    document.unread_dates = Some(problem);
}

fn written(record: &Record) -> impl Iterator<Item = &Date> {
    let dates = &record.dates;
    [&dates.published, &dates.created, &dates.updated, &dates.expired].into_iter().flatten()
}

/// The dates of a record and of its source.
fn dates_of(record: &mut Record) -> impl Iterator<Item = &mut Date> {
    let own = each(&mut record.dates);
    let source = record.source.as_deref_mut().map(|source| each(&mut source.dates));
    own.into_iter().chain(source.into_iter().flatten()).flatten()
}

fn each(dates: &mut Dates) -> [&mut Option<Date>; 4] {
    let Dates { published, created, updated, expired } = dates;
    [published, created, updated, expired]
}
