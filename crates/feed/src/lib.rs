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
mod error;
pub mod html;
mod items;
mod json;
mod limits;
mod page;
#[cfg(test)]
mod tests;
mod times;
mod xml;

pub use address::{is_web, resolve};
pub use document::{
    Attributes, Break, Category, Date, Dates, Document, Format, GeoShape, Link, Medium, Person,
    Record, Text, Writing,
};
pub use error::FeedError;
pub use items::{Feed, Item, Media, Source};
pub use limits::MAX_ITEMS;

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
    let decoded = decode::decoded(body, content_type);
    let is_junk = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let start = decoded.text.trim_start_matches(is_junk);
    let mut document = match start.bytes().next() {
        None => return Err(FeedError::Empty),
        Some(b'{') => json::parse(start, base)?,
        Some(b'[') => return Err(FeedError::not("a JSON list")),
        _ if page::is_page(start) => return Err(page::not_a_feed(start, base)),
        _ => xml::parse(start, base)?,
    };
    times::read(&mut document);
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
