//! Items with plain texts, in the form that the rest of the system uses.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use wirefold_proto::{ItemSource, LanguageTag, Media};

use crate::address::is_web;
use crate::document::{Document, Format, Link, Medium, Person, Record, Text};
use crate::limits::{MAX_AUTHORS, MAX_MEDIA, MAX_NAMED};
use crate::xml::decoded_twice;
use crate::{FeedError, html};

/// A feed with its items, in the order in which it lists them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Feed {
    /// Its format and version.
    pub format: Format,
    /// Its title, plain.
    pub title: Option<String>,
    /// The language it declares.
    pub language: Option<LanguageTag>,
    /// The shortest time between polls that its publisher wants.
    pub ttl: Option<Duration>,
    /// The hours of the day, UTC, 0 to 23, in which its publisher wants no polls.
    pub skip_hours: Vec<u8>,
    /// The days of the week, 0 for Monday to 6, in which its publisher wants no polls.
    pub skip_days: Vec<u8>,
    /// Whether it ends too early.
    pub is_broken: bool,
    /// The limit that the feed exceeds, for people. Also one of its problems.
    pub cut_short: Option<String>,
    /// The number of dates that cannot be parsed, with an example, for people. Also one of its
    /// problems.
    pub unread_dates: Option<String>,
    /// Its items.
    pub items: Vec<Item>,
    /// Errors that were skipped, for people.
    pub problems: Vec<String>,
}

/// An item of a feed. Every text is plain, with paragraphs separated by an empty line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    /// Its opaque id in the feed.
    pub guid: Option<String>,
    /// The address of its page, absolute.
    pub link: Option<String>,
    /// The title. Empty if it has none.
    pub title: String,
    /// The authors as given.
    pub authors: Vec<String>,
    /// The shorter of two texts, or a short text alone.
    pub teaser: Option<String>,
    /// The text: the longer of two texts, or a long text alone. It may be only a part.
    pub text: Option<String>,
    /// The time of publication that the feed claims.
    pub published: Option<Timestamp>,
    /// The language it declares for itself, if it is not that of the feed.
    pub language: Option<LanguageTag>,
    /// The true publisher, if the feed has items of others. The name is empty if only the address
    /// is given.
    pub source: Option<ItemSource>,
    /// Images and enclosures.
    pub media: Vec<Media>,
}

/// A text alone with at least so many words is a full text, otherwise a teaser.
const FULL_TEXT_WORDS: usize = 80;
/// The longest title of a feed, in characters.
const MOST_TITLE: usize = 300;

impl Feed {
    /// The items of a document.
    ///
    /// A [`FeedError`] if it has no items because it is something else or because it ends before
    /// the first.
    pub fn of(mut document: Document) -> Result<Self, FeedError> {
        if document.is_cut {
            // Half an item would count as another version once the whole item comes.
            document.entries.pop();
        }
        let entries = &document.entries;
        if document.format == Format::SITEMAP_INDEX {
            let feeds = entries.iter().filter_map(|entry| entry.link.clone()).take(MAX_NAMED);
            return Err(FeedError::NotAFeed {
                found: "a list of sitemaps".to_owned(),
                feeds: feeds.collect(),
            });
        }
        if document.format == Format::SITEMAP && entries.iter().all(|e| e.text("title").is_none()) {
            return Err(FeedError::not("a sitemap without news"));
        }
        let language = document.feed.text("language");
        let title = document.feed.texts.get("title").and_then(Text::line);
        let authors = match document.format.gives_authors() {
            true => document.feed.authors.as_slice(),
            false => &[],
        };
        let of_feed = OfFeed { language, title: title.as_deref(), authors };
        let items = entries.iter().map(|entry| Item::of(entry, of_feed));
        let mut items: Vec<Item> = items.filter(Item::has_content).collect();
        if document.format == Format::SITEMAP {
            // The publication in a sitemap is the site itself, not the source of an item.
            items.iter_mut().for_each(|item| item.source = None);
        }
        let is_broken = document.broken.is_some() || document.is_cut;
        if let Some(broken) = document.broken {
            if items.is_empty() {
                return Err(FeedError::Broken { at_byte: broken.at_byte, why: broken.why });
            }
            let (at, why, count) = (broken.at_byte, broken.why, items.len());
            document.problems.push(format!("broken at byte {at}: {why}; {count} items read"));
        }
        let feed = &document.feed;
        Ok(Self {
            format: document.format,
            title: feed.texts.get("title").and_then(Text::line).map(cut),
            language: feed.text("language").and_then(language_tag),
            ttl: ttl(feed),
            skip_hours: skip_hours(feed),
            skip_days: skip_days(feed),
            is_broken,
            cut_short: document.cut_short,
            unread_dates: document.unread_dates,
            items,
            problems: document.problems,
        })
    }
}

/// The parts of a feed that its items need.
#[derive(Clone, Copy)]
struct OfFeed<'a> {
    language: Option<&'a str>,
    title: Option<&'a str>,
    /// The authors of items without their own.
    authors: &'a [Person],
}

impl Item {
    /// Reads an entry. One without authors has those of its source, or of its feed. The outlet itself is not an author.
    fn of(entry: &Record, feed: OfFeed<'_>) -> Self {
        let line = |name: &str| entry.texts.get(name).and_then(Text::line);
        let content = entry.content.iter().filter_map(Text::paragraphs);
        let content = content.max_by_key(String::len);
        let description = ["summary", "media_description", "subtitle"].iter();
        let mut description =
            description.filter_map(|name| entry.texts.get(*name).and_then(Text::paragraphs));
        let dates = &entry.dates;
        let mut dates = [&dates.published, &dates.created, &dates.updated].into_iter().flatten();
        let title = entry.texts.get("title");
        let of_text = title.or(entry.content.first()).and_then(|text| text.language.as_deref());
        let source = entry.source.as_deref();
        let language = [entry.text("language"), source.and_then(|s| s.text("language")), of_text];
        let mut language = language.into_iter().flatten();
        let mut authors: Vec<String> = Vec::new();
        let of_source = source.map_or(&[][..], |source| &source.authors);
        let people =
            [&entry.authors[..], of_source, feed.authors].into_iter().find(|it| !it.is_empty());
        for name in people.unwrap_or_default().iter().filter_map(name_of) {
            let is_new = !authors.contains(&name) && feed.title != Some(name.as_str());
            if is_new && authors.len() < MAX_AUTHORS {
                authors.push(name);
            }
        }
        let (text, teaser) = text_and_teaser(content, description.next());
        let guid = entry.id.as_deref().filter(|id| !id.is_empty());
        Self {
            guid: guid.map(|id| decoded_twice(id).into_owned()),
            link: link_of(entry).as_deref().and_then(address),
            title: line("title").or_else(|| title_by_image(entry)).unwrap_or_default(),
            authors,
            teaser,
            text,
            published: dates.find_map(|date| date.time),
            language: language
                .next()
                .filter(|own| Some(*own) != feed.language)
                .and_then(language_tag),
            source: source.and_then(source_of),
            media: media_of(entry),
        }
    }

    /// Whether it has any content.
    fn has_content(&self) -> bool {
        let parts = [&self.guid, &self.link, &self.text, &self.teaser];
        !self.title.is_empty() || !self.media.is_empty() || parts.iter().any(|part| part.is_some())
    }
}

/// The title of an item whose title is an image: the image's words in the title, else the title of
/// the media.
fn title_by_image(entry: &Record) -> Option<String> {
    let in_title = entry.text("title").and_then(html::words_of_image);
    let of_links = entry.links.iter().filter(|link| link.relation == "enclosure");
    let of_links = of_links.filter_map(|link| link.more("title")).map(html::loose_to_line);
    let of_media = entry.media.iter().filter_map(|medium| medium.title.clone());
    in_title.into_iter().chain(of_links).chain(of_media).find(|title| !title.is_empty())
}

/// The page of an item: the original of a redirecting service's link, its own link, any other link,
/// or its id.
fn link_of(entry: &Record) -> Option<String> {
    let replaced = ["feedburner_origlink", "pheedo_origlink"].iter();
    let replaced = replaced.filter_map(|name| entry.text(name));
    let pages = entry.links.iter().filter(|link| link.relation == "alternate");
    let others = entry.links.iter().filter(|link| link.relation == "related");
    let written = pages.chain(others).filter_map(|link| link.href.as_deref());
    let about = entry.id.as_deref().filter(|_| !entry.texts.contains_key("id"));
    let mut links = replaced.chain(entry.link.as_deref()).chain(written).chain(about);
    links.find(|link| is_web(link)).map(str::to_owned)
}

/// Words before the name of an author, in lower case.
const LABELS: &[&str] = &[
    "by", "written by", "posted by", "story by", "text by", "author", "autor", "auteur", "autore",
    "автор",
];
/// The same words that names begin with too. Two words must follow.
const LABELS_IN_NAMES: &[&str] = &["von", "par", "por", "di", "door", "af", "av"];

/// The name of an author in one line, without the label before it and a role after it: `By Ann Lee`, `Autor: Jan Kos, redaktor`.
#[must_use]
pub fn author_name(line: &str) -> &str {
    // A role begins with a small letter, unlike most names. One word before the comma may be a surname.
    let is_role = |rest: &str| rest.starts_with(char::is_lowercase);
    let line = match line.split_once(", ") {
        Some((name, rest)) if name.contains(' ') && is_role(rest) => name,
        _ => line,
    };
    let strip = |label: &str, words: usize| {
        let (start, rest) = line.split_at_checked(label.len())?;
        let is_label = start.to_lowercase() == label && rest.starts_with([' ', ':']);
        let name = rest.trim_start_matches([' ', ':']);
        (is_label && name.split(' ').count() >= words && !name.is_empty()).then_some(name)
    };
    let sure = LABELS.iter().find_map(|label| strip(label, 1));
    sure.or_else(|| LABELS_IN_NAMES.iter().find_map(|label| strip(label, 2))).unwrap_or(line)
}

/// The name of a person. In `a@b.example (Name)` and `Name <a@b.example>` it is `Name`.
fn name_of(person: &Person) -> Option<String> {
    if let Some(name) = &person.name {
        return non_empty(author_name(&html::loose_to_line(name)).to_owned());
    }
    let line = html::one_line(person.written.as_deref()?);
    let in_brackets = line.split_once('(').and_then(|(before, rest)| {
        let name = rest.split(')').next()?.trim();
        (before.contains('@') && !name.is_empty()).then(|| name.to_owned())
    });
    let before_address = line.split_once('<').map(|(before, _)| before.trim());
    let before_address = before_address.filter(|name| !name.is_empty()).map(str::to_owned);
    let name = in_brackets.or(before_address).unwrap_or(html::loose_to_line(&line));
    non_empty(author_name(&name).to_owned())
}

fn source_of(source: &Record) -> Option<ItemSource> {
    let name = source.texts.get("title").and_then(Text::line).unwrap_or_default();
    let links = source.links.iter().filter_map(|link| link.href.as_ref());
    let url = source.link.iter().chain(links).find(|url| is_web(url)).cloned();
    (!name.is_empty() || url.is_some())
        .then(|| ItemSource { name, url: url.as_deref().and_then(address) })
}

fn media_of(entry: &Record) -> Vec<Media> {
    let enclosures = entry.links.iter().filter(|link| link.relation == "enclosure");
    let enclosures = enclosures.filter_map(of_link);
    let mut media: Vec<Media> = Vec::new();
    for medium in enclosures.chain(entry.media.iter().filter_map(of_medium)) {
        let is_new = !media.iter().any(|other| other.url == medium.url);
        if is_new && is_web(&medium.url) && media.len() < MAX_MEDIA {
            media.push(medium);
        }
    }
    media
}

fn of_link(link: &Link) -> Option<Media> {
    Some(Media {
        url: address(link.href.as_deref()?)?,
        media_type: link.media_type.as_deref().and_then(media_type),
        bytes: size(link.more("length")),
        title: link.more("title").map(html::one_line),
    })
}

fn of_medium(medium: &Medium) -> Option<Media> {
    let text = Some(medium.text.as_str()).filter(|_| medium.element == "loc");
    Some(Media {
        url: address(medium.attribute("url").or(text)?)?,
        media_type: medium.attribute("type").and_then(media_type),
        bytes: size(medium.attribute("filesize")),
        title: medium.title.clone(),
    })
}

fn size(written: Option<&str>) -> Option<u64> {
    written?.parse().ok().filter(|bytes| *bytes > 0)
}

/// The shortest time between polls that the feed wants.
fn ttl(feed: &Record) -> Option<Duration> {
    const HOUR: u64 = 60 * 60;
    let minutes = feed.text("ttl").and_then(|ttl| ttl.parse::<u64>().ok()).filter(|ttl| *ttl > 0);
    if let Some(minutes) = minutes {
        return Some(Duration::from_secs(minutes.saturating_mul(60)));
    }
    let period = match feed.text("sy_updateperiod")?.to_ascii_lowercase().as_str() {
        "hourly" => HOUR,
        "daily" => 24 * HOUR,
        "weekly" => 7 * 24 * HOUR,
        "monthly" => 30 * 24 * HOUR,
        "yearly" => 365 * 24 * HOUR,
        _ => return None,
    };
    let times = feed.text("sy_updatefrequency").and_then(|times| times.parse::<u64>().ok());
    Some(Duration::from_secs(period / times.filter(|times| *times > 0).unwrap_or(1)))
}

/// Older formats count the hours from 1 to 24.
fn skip_hours(feed: &Record) -> Vec<u8> {
    let hours = feed.skip_hours.iter().filter_map(|hour| hour.parse::<u8>().ok());
    in_order(hours.filter(|hour| *hour <= 24).map(|hour| hour % 24))
}

/// Days by the first three letters of their English names.
fn skip_days(feed: &Record) -> Vec<u8> {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let number = |day: &String| {
        let start = day.trim().get(..3)?.to_ascii_lowercase();
        DAYS.iter().position(|name| *name == start).and_then(|at| u8::try_from(at).ok())
    };
    in_order(feed.skip_days.iter().filter_map(number))
}

fn in_order(numbers: impl Iterator<Item = u8>) -> Vec<u8> {
    numbers.collect::<BTreeSet<u8>>().into_iter().collect()
}

fn non_empty(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn cut(mut title: String) -> String {
    if let Some((end, _)) = title.char_indices().nth(MOST_TITLE) {
        title.truncate(end);
        title.push('…');
    }
    title
}

/// A language tag as feeds and pages write it. An invalid one is `None`.
#[must_use]
pub fn language_tag(written: &str) -> Option<LanguageTag> {
    written.trim().to_ascii_lowercase().replace('_', "-").parse().ok()
}

/// An address without entities that were encoded twice, in its usual spelling, without name and password.
fn address(link: &str) -> Option<String> {
    let mut url = Url::parse(&decoded_twice(link)).ok()?;
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    Some(url.into())
}

fn media_type(written: &str) -> Option<String> {
    let name = html::one_line(written);
    let has_both =
        name.split_once('/').is_some_and(|(one, other)| !one.is_empty() && !other.is_empty());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "!#$&-^_.+/;=' ".contains(c);
    (has_both && name.chars().all(is_plain)).then_some(name)
}

/// Tells the text from the teaser: some feeds swap the elements for them.
fn text_and_teaser(
    content: Option<String>,
    description: Option<String>,
) -> (Option<String>, Option<String>) {
    let is_long = |text: &String| {
        wirefold_text::normalise(text).split(' ').nth(FULL_TEXT_WORDS - 1).is_some()
    };
    let (text, teaser) = match (content, description) {
        (Some(content), Some(description)) if content.len() < description.len() => {
            (description, Some(content))
        }
        (Some(content), description) => (content, description),
        (None, Some(description)) if is_long(&description) => (description, None),
        (None, description) => return (None, description),
    };
    let teaser = teaser.filter(|teaser| *teaser != text);
    (Some(text), teaser)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(inside: &str) -> Item {
        let body = format!("<rss><channel><item>{inside}</item></channel></rss>");
        crate::parse(body.as_bytes(), None, "https://harbour.example/feed.xml")
            .unwrap()
            .items
            .remove(0)
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
    fn entities_in_links_and_ids_are_decoded_however_often_they_were_encoded() {
        let page = "http://a.example/v.php?f=5&t=92#p7";
        for link in [
            "http://a.example/v.php?f=5&amp;t=92#p7",
            "<![CDATA[http://a.example/v.php?f=5&amp;t=92#p7]]>",
            "<![CDATA[http://a.example/v.php?f=5&#038;t=92#p7]]>",
            "http://a.example/v.php?f=5&amp;#x26;t=92#p7",
            "http://a.example/v.php?f=5&amp;amp;t=92#p7",
            "http://a.example/v.php?f=5&amp;amp;amp;t=92#p7",
            "http://a.example/v.php?f=5&t=92#p7",
        ] {
            let by_link = item(&format!("<link>{link}</link>"));
            let by_guid = item(&format!("<guid>{link}</guid>"));
            assert_eq!(by_link.link.as_deref(), Some(page), "{link}");
            assert_eq!(
                (by_guid.link.as_deref(), by_guid.guid.as_deref()),
                (Some(page), Some(page))
            );
        }
        let plain = item("<link>http://a.example/?a=1&amp;copy=2&amp;lt=3</link>");
        assert_eq!(plain.link.as_deref(), Some("http://a.example/?a=1&copy=2&lt=3"));
    }

    #[test]
    fn a_very_long_title_is_cut() {
        let title = |length: usize| {
            let title = "\u{e4}".repeat(length);
            let body = format!("<rss><channel><title>{title}</title></channel></rss>");
            crate::parse(body.as_bytes(), None, "https://harbour.example/feed.xml")
                .unwrap()
                .title
                .unwrap()
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
