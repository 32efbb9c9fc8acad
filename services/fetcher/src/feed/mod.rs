//! Feeds of any format as items with plain texts.
//!
//! Everything is linear in the bytes, nothing recurses with the nesting, and no entity that a
//! document defines is expanded. Parsers see UTF-8 only.

pub(crate) mod dates;
pub(crate) mod decode;
mod json;
mod page;
#[cfg(test)]
mod tests;
mod xml;

use std::time::Duration;

use jiff::Timestamp;
use thiserror::Error;
use url::Url;
use wirefold_proto::{ItemSource, LanguageTag, Media};

/// A feed with its items, in the order in which it lists them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Feed {
    /// Its title, plain.
    pub(crate) title: Option<String>,
    /// The language it declares.
    pub(crate) language: Option<LanguageTag>,
    /// How long its publisher wants it to be left alone.
    pub(crate) ttl: Option<Duration>,
    /// The hours of the day, UTC, 0 to 23, in which its publisher wants no polls.
    pub(crate) skip_hours: Vec<u8>,
    /// What it lists.
    pub(crate) items: Vec<Item>,
    /// What was wrong with it and passed over, for people.
    pub(crate) problems: Vec<String>,
}

/// What a feed lists; every text is plain, paragraphs parted by an empty line.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Item {
    /// What the feed calls it, opaque.
    pub(crate) guid: Option<String>,
    /// The address of its page, absolute.
    pub(crate) link: Option<String>,
    /// The title; empty where it has none.
    pub(crate) title: String,
    /// The authors as given.
    pub(crate) authors: Vec<String>,
    /// The short text.
    pub(crate) teaser: Option<String>,
    /// The full text, where the feed gives one.
    pub(crate) text: Option<String>,
    /// When it was published, as the feed claims.
    pub(crate) published: Option<Timestamp>,
    /// The language it declares for itself.
    pub(crate) language: Option<LanguageTag>,
    /// The true publisher, where the feed carries others' items.
    pub(crate) source: Option<ItemSource>,
    /// Images and enclosures.
    pub(crate) media: Vec<Media>,
}

/// Why bytes are no feed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum FeedError {
    /// There is nothing but white space.
    #[error("the answer is empty")]
    Empty,
    /// It is something else.
    #[error("this is {found}, not a feed")]
    NotAFeed {
        /// What it is, for people, such as "an HTML page".
        found: String,
        /// The absolute addresses of the feeds that the page names.
        feeds: Vec<String>,
    },
    /// Its elements nest too deep to be read safely.
    #[error("nested deeper than a feed ever is")]
    TooDeep,
    /// It begins as a feed and no item can be read.
    #[error("broken at byte {at_byte}: {why}")]
    Broken {
        /// Where, counted in the text after decoding.
        at_byte: usize,
        /// What is wrong there.
        why: String,
    },
}

/// The most items of one feed that are read.
pub(crate) const MAX_ITEMS: usize = 1000;
/// The deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// The most media of one item that are kept.
const MAX_MEDIA: usize = 20;
/// The most authors of one item that are kept.
const MAX_AUTHORS: usize = 20;
/// From so many words on, a description is the article rather than a teaser.
const FULL_TEXT_WORDS: usize = 80;

/// Parses a feed: RSS 0.9 to 2.0, RDF, Atom 0.3 and 1.0, JSON Feed.
///
/// It is lenient: what can be read is read, and what was passed over stands in
/// [`Feed::problems`]. `content_type` is that of the HTTP answer; `base` is the address that it
/// came from, to which relative links belong.
///
/// # Errors
/// A [`FeedError`] where nothing can be read from it.
pub(crate) fn parse(
    body: &[u8],
    content_type: Option<&str>,
    base: &Url,
) -> Result<Feed, FeedError> {
    let text = decode::decode(body, content_type);
    let start =
        text.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
    match start.bytes().next() {
        None => Err(FeedError::Empty),
        Some(b'{') => json::parse(start, base),
        Some(b'[') => Err(not_a_feed("a JSON list")),
        _ if page::is_page(start) => Err(page::not_a_feed(start, base)),
        _ => xml::parse(start, base),
    }
}

fn not_a_feed(found: &str) -> FeedError {
    FeedError::NotAFeed { found: found.to_owned(), feeds: Vec::new() }
}

/// The absolute web address of a link.
fn resolve(base: &Url, link: &str) -> Option<String> {
    let link = link.trim();
    let url = base.join(link).ok()?;
    let is_web = matches!(url.scheme(), "http" | "https") && !link.is_empty();
    is_web.then(|| url.into())
}

/// A language tag as feeds write it, such as `en-US` or `pt_BR`.
pub(crate) fn language(tag: &str) -> Option<LanguageTag> {
    tag.trim().to_ascii_lowercase().replace('_', "-").parse().ok()
}

impl Item {
    /// Whether it says anything at all.
    fn is_something(&self) -> bool {
        !self.title.is_empty()
            || [&self.guid, &self.link, &self.teaser, &self.text]
                .iter()
                .any(|found| found.is_some())
    }

    /// Sets text and teaser from what stands in the feed: the longer is the text, and a
    /// description alone is the text where it is long enough to be one.
    fn take_texts(&mut self, content: Option<String>, description: Option<String>) {
        let is_long = |text: &String| {
            wirefold_text::normalise(text).split(' ').nth(FULL_TEXT_WORDS - 1).is_some()
        };
        let (content, description) = match (content, description) {
            (Some(content), Some(description)) if content.len() < description.len() => {
                (description, Some(content))
            }
            (Some(content), description) => (content, description),
            (None, Some(description)) if is_long(&description) => (description, None),
            (None, description) => {
                self.teaser = description;
                return;
            }
        };
        self.teaser = description.filter(|description| *description != content);
        self.text = Some(content);
    }
}

/// A text unless it is empty.
fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}
