//! Feeds and items in the types of the contract. Bytes come in, a [`Feed`] goes out.

use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use wirefold_feed::dates;
pub(crate) use wirefold_feed::{FeedError, decode};
use wirefold_proto::{ItemSource, LanguageTag, Media};

/// A feed with its items, in the order in which it lists them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Feed {
    /// Its title, plain.
    pub(crate) title: Option<String>,
    /// The language it declares.
    pub(crate) language: Option<LanguageTag>,
    /// The shortest time between two polls that its publisher wants.
    pub(crate) ttl: Option<Duration>,
    /// The hours of the day, UTC, 0 to 23, in which its publisher wants no polls.
    pub(crate) skip_hours: Vec<u8>,
    /// The days of the week, 0 for Monday, in which its publisher wants no polls.
    pub(crate) skip_days: Vec<u8>,
    /// The address of older items.
    pub(crate) older: Option<String>,
    /// Whether it breaks off before its end.
    pub(crate) is_broken: bool,
    /// The limit that it exceeds, so that only a part was read; for people.
    pub(crate) cut_short: Option<String>,
    /// Its items.
    pub(crate) items: Vec<Item>,
    /// How many dates cannot be read, and one of them, for people.
    pub(crate) unread_dates: Option<String>,
    /// The problems that were skipped, for people.
    pub(crate) problems: Vec<String>,
}

/// An item of a feed. Every text is plain, with an empty line between paragraphs.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Item {
    /// Its id in the feed, opaque.
    pub(crate) guid: Option<String>,
    /// The address of its page, absolute.
    pub(crate) link: Option<String>,
    /// The title; empty if it has none.
    pub(crate) title: String,
    /// The authors as given.
    pub(crate) authors: Vec<String>,
    /// The short text.
    pub(crate) teaser: Option<String>,
    /// The full text, if the feed gives one.
    pub(crate) text: Option<String>,
    /// When it was published, as the feed claims.
    pub(crate) published: Option<Timestamp>,
    /// The language it declares for itself.
    pub(crate) language: Option<LanguageTag>,
    /// The publisher, if the feed carries items of others.
    pub(crate) source: Option<ItemSource>,
    /// Images and enclosures.
    pub(crate) media: Vec<Media>,
}

/// A description with at least this many words is the article and not a teaser.
const FULL_TEXT_WORDS: usize = 80;

/// The most characters of a feed's title that are kept.
const MOST_TITLE: usize = 300;

/// Cuts a title to [`MOST_TITLE`] characters.
fn cut(mut title: String) -> String {
    if let Some((end, _)) = title.char_indices().nth(MOST_TITLE) {
        title.truncate(end);
        title.push('…');
    }
    title
}

/// Parses a feed as [`wirefold_feed::parse`] does.
///
/// # Errors
/// A [`FeedError`] if nothing can be read from it.
pub(crate) fn parse(
    body: &[u8],
    content_type: Option<&str>,
    base: &Url,
) -> Result<Feed, FeedError> {
    let feed = wirefold_feed::parse(body, content_type, base.as_str())?;
    Ok(Feed {
        title: feed.title.map(cut),
        language: feed.language.as_deref().and_then(language),
        ttl: feed.ttl,
        skip_hours: feed.skip_hours,
        skip_days: feed.skip_days,
        older: feed.older.as_deref().and_then(address),
        is_broken: feed.is_broken,
        cut_short: feed.cut_short,
        unread_dates: feed.unread_dates,
        items: feed.items.into_iter().map(Item::from).collect(),
        problems: feed.problems,
    })
}

/// A language tag as feeds and pages write it, such as `en-US` or `pt_BR`.
pub(crate) fn language(tag: &str) -> Option<LanguageTag> {
    tag.trim().to_ascii_lowercase().replace('_', "-").parse().ok()
}

/// The time of a date in any usual form, on a page of this language.
pub(crate) fn time(date: &str, language: Option<&str>) -> Option<Timestamp> {
    let (seconds, nanoseconds) = dates::exact_in(date, dates::Context::of(language))?;
    Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok()
}

/// An address in its usual form; `None` if it is invalid. Removes a user name, because it can make the
/// address look like another site's: `https://harbour.example@else.example/`.
fn address(link: &str) -> Option<String> {
    let mut url = Url::parse(link).ok()?;
    // Fails for an address without a host, which has no user name either.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    Some(url.into())
}

/// Whether a text is a media type (RFC 6838, section 4.2), with parameters or without. Other texts could
/// inject markup into wirefold's output.
fn is_media_type(name: &str) -> bool {
    let has_both =
        name.split_once('/').is_some_and(|(one, other)| !one.is_empty() && !other.is_empty());
    has_both && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$&-^_.+/;=' ".contains(c))
}

impl From<wirefold_feed::Item> for Item {
    fn from(item: wirefold_feed::Item) -> Self {
        let source = item.source.map(|source| ItemSource {
            name: source.name,
            url: source.url.as_deref().and_then(address),
        });
        let media = item.media.into_iter().filter_map(|media| {
            Some(Media {
                url: address(&media.url)?,
                media_type: media.media_type.filter(|name| is_media_type(name)),
                bytes: media.bytes,
                title: media.title,
            })
        });
        let mut converted = Self {
            guid: item.guid,
            link: item.link.as_deref().and_then(address),
            title: item.title,
            authors: item.authors,
            teaser: None,
            text: None,
            published: item.published.and_then(|time| Timestamp::from_second(time).ok()),
            language: item.language.as_deref().and_then(language),
            source,
            media: media.collect(),
        };
        converted.set_texts(item.content, item.description);
        converted
    }
}

impl Item {
    /// Sets text and teaser from content and description. The longer one is the text. A description
    /// alone is the text if it is long enough.
    fn set_texts(&mut self, content: Option<String>, description: Option<String>) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn item(inside: &str) -> Item {
        let body = format!("<rss><channel><item>{inside}</item></channel></rss>");
        let base = "https://harbour.example/feed.xml".parse().unwrap();
        parse(body.as_bytes(), None, &base).unwrap().items.remove(0)
    }

    #[test]
    fn a_long_description_alone_is_the_text() {
        let long = "word ".repeat(FULL_TEXT_WORDS);
        let whole = item(&format!("<description>{long}</description>"));
        assert_eq!((whole.text.as_deref(), whole.teaser), (Some(long.trim()), None));
        let short = item("<description>word</description>");
        assert_eq!((short.text, short.teaser.as_deref()), (None, Some("word")));
    }

    #[test]
    fn the_longer_of_two_texts_is_the_text() {
        let both = item("<description>Long one.</description><encoded>Short</encoded>");
        assert_eq!(both.text.as_deref(), Some("Long one."));
        assert_eq!(both.teaser.as_deref(), Some("Short"));
    }

    #[test]
    fn addresses_are_normalised() {
        let item = item("<link>HTTPS://Harbour.example/a b</link>");
        assert_eq!(item.link.as_deref(), Some("https://harbour.example/a%20b"));
    }

    #[test]
    fn a_very_long_title_is_cut() {
        let title = |length: usize| {
            let title = "\u{e4}".repeat(length);
            let body = format!("<rss><channel><title>{title}</title></channel></rss>");
            let base = "https://harbour.example/feed.xml".parse().unwrap();
            parse(body.as_bytes(), None, &base).unwrap().title.unwrap()
        };
        assert_eq!(title(300), "\u{e4}".repeat(300));
        assert_eq!(title(30_000), format!("{}…", "\u{e4}".repeat(300)));
    }

    #[test]
    fn drops_invalid_media_types() {
        let of = |kind: &str| {
            let enclosure =
                format!("<enclosure url='https://a.example/b' type='{kind}' length='1'/>");
            item(&enclosure).media.remove(0).media_type
        };
        assert_eq!(of("audio/mpeg; codecs=mp3").as_deref(), Some("audio/mpeg; codecs=mp3"));
        for bad in ["audio", "/", "a/&lt;script&gt;", "a/b&quot;onload="] {
            assert_eq!(of(bad), None, "{bad}");
        }
    }

    #[test]
    fn removes_user_names_from_links() {
        let item = item("<link>https://harbour.example:1@else.example/a</link>");
        assert_eq!(item.link.as_deref(), Some("https://else.example/a"));
    }
}
