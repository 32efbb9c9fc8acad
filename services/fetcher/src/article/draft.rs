//! The article of an item.

use jiff::{SignedDuration, Timestamp};
use wirefold_address::canonical;
use wirefold_proto::{
    AboutArticle, ArticleFetched, ArticleId, ContentHash, DateDoubt, FeedId, ItemAddress,
    ItemIdentity, ItemSource, MAX_TEXT_BYTES, Media, Outlet, Tag, TextSource,
};
use wirefold_text::normalise;

use super::item_key;
use crate::feed::Item;

/// What an article is made of.
#[derive(Debug, Clone)]
pub(crate) struct Draft<'a> {
    /// The feed it came through.
    pub(crate) feed: FeedId,
    /// Its publisher.
    pub(crate) outlet: Outlet,
    /// The item.
    pub(crate) item: &'a Item,
    /// The text, plain.
    pub(crate) text: String,
    /// Where the text comes from.
    pub(crate) text_from: TextSource,
    /// Whether its page says that it is not free to everybody.
    pub(crate) paywalled: bool,
    /// When the item was first seen here.
    pub(crate) seen: Timestamp,
    /// Whether the item stood in the feed at the first good poll.
    pub(crate) baseline: bool,
    /// The article with the item's text before this one.
    pub(crate) version_of: Option<ArticleId>,
}

/// The most bytes that a text takes in the JSON of its message: with the rest of it, that stays
/// under the limit of the bus however many characters must be escaped.
const MOST_IN_JSON: usize = 640 * 1024;
/// The most bytes of a title.
const LONGEST_TITLE: usize = 2 * 1024;
/// The most bytes of a teaser.
const LONGEST_TEASER: usize = 8 * 1024;
/// The most bytes of an author's name, and of what is said of a medium.
const LONGEST_NAME: usize = 256;
/// The most bytes of an address; longer ones are left out.
const LONGEST_URL: usize = 2 * 1024;
/// A claimed time that lies further ahead than this is absurd.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);
/// The year in which the web began, less a little: no article is older.
const EARLIEST: Timestamp = Timestamp::constant(631_152_000, 0);

/// The article of a draft. The same content at the same address of the same outlet has the same
/// id, whenever and however often it is fetched.
#[must_use]
pub(crate) fn fetched(draft: Draft<'_>) -> ArticleFetched {
    let item = draft.item;
    let url = item.link.clone().filter(|link| link.len() <= LONGEST_URL);
    let canonical_url = url.as_deref().and_then(canonical);
    let item_key = item_key(item, ItemIdentity::Auto);
    let title = cut(&item.title, LONGEST_TITLE);
    let (text, truncated) = cut_text(draft.text);
    let address = match &canonical_url {
        Some(canonical) => ItemAddress::Url(canonical),
        None => ItemAddress::Key(&item_key),
    };
    let content = ContentHash::of(&normalise(&title), &normalise(&text));
    let id = ArticleId::of(&draft.outlet, address, content);
    let about = AboutArticle {
        outlet: draft.outlet,
        feeds: vec![draft.feed],
        item_key,
        url,
        canonical_url,
        title,
        authors: item.authors.iter().map(|author| cut(author, LONGEST_NAME)).collect(),
        teaser: item.teaser.as_deref().map(|teaser| cut(teaser, LONGEST_TEASER)),
        truncated,
        paywalled: draft.paywalled,
        language_hint: item.language.clone(),
        published: item.published,
        date_doubt: doubt(item.published, draft.seen),
        seen: draft.seen,
        version_of: draft.version_of.filter(|before| *before != id),
        source: item.source.as_ref().map(source),
        media: item.media.iter().filter_map(medium).collect(),
        baseline: draft.baseline,
    };
    ArticleFetched { schema: Tag::new(), id, article: about, text, text_from: draft.text_from }
}

/// What is wrong with a claimed time. The time itself stays what the feed claims.
fn doubt(published: Option<Timestamp>, seen: Timestamp) -> Option<DateDoubt> {
    let Some(published) = published else {
        return Some(DateDoubt::Missing);
    };
    let is_absurd = published < EARLIEST || published.duration_since(seen) > AHEAD;
    is_absurd.then_some(DateDoubt::Absurd)
}

fn source(source: &ItemSource) -> ItemSource {
    let url = source.url.clone().filter(|url| url.len() <= LONGEST_URL);
    ItemSource { name: cut(&source.name, LONGEST_NAME), url }
}

fn medium(medium: &Media) -> Option<Media> {
    (medium.url.len() <= LONGEST_URL).then(|| Media {
        title: medium.title.as_deref().map(|title| cut(title, LONGEST_NAME)),
        media_type: medium.media_type.as_deref().map(|kind| cut(kind, LONGEST_NAME)),
        ..medium.clone()
    })
}

fn cut(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].trim_end().to_owned()
}

/// Cuts a text that is too long for its message; says whether it did.
fn cut_text(mut text: String) -> (String, bool) {
    let mut in_json = 0;
    let end = text.char_indices().find_map(|(at, character)| {
        in_json += match character {
            '"' | '\\' | '\n' | '\r' | '\t' => 2,
            other if other.is_control() => 6,
            other => other.len_utf8(),
        };
        (at + character.len_utf8() > MAX_TEXT_BYTES || in_json > MOST_IN_JSON).then_some(at)
    });
    if let Some(end) = end {
        text.truncate(end);
    }
    (text, end.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft<'a>(item: &'a Item, text: &str) -> Draft<'a> {
        Draft {
            feed: "harbour".parse().unwrap(),
            outlet: "harbour.example".parse().unwrap(),
            item,
            text: text.to_owned(),
            text_from: TextSource::Feed,
            paywalled: false,
            seen: "2026-03-05T14:00:00Z".parse().unwrap(),
            baseline: false,
            version_of: None,
        }
    }

    fn item(link: Option<&str>, title: &str) -> Item {
        let link = link.map(str::to_owned);
        Item { guid: Some("g".to_owned()), link, title: title.to_owned(), ..Item::default() }
    }

    #[test]
    fn the_id_is_that_of_outlet_address_and_content() {
        let id = |link: Option<&str>, title: &str, text: &str| {
            fetched(draft(&item(link, title), text)).id
        };
        let page = Some("https://harbour.example/a");
        let first = id(page, "Ferry late", "It was “late”.");
        assert_eq!(
            first,
            id(Some("https://harbour.example/a?utm_source=x#y"), "Ferry LATE", {
                "It  was \"late\"."
            })
        );
        assert_ne!(first, id(page, "Ferry late", "It was on time."));
        assert_ne!(first, id(page, "Ferry early", "It was “late”."));
        assert_ne!(first, id(None, "Ferry late", "It was “late”."));
        let again = item(page, "Ferry late");
        let version = Draft { version_of: Some(first), ..draft(&again, "It was “late”.") };
        assert_eq!(fetched(version).article.version_of, None, "nothing is a version of itself");
    }

    #[test]
    fn dates_are_kept_and_doubted() {
        let check = |published: Option<&str>, expected: Option<DateDoubt>| {
            let published = published.map(|published| published.parse().unwrap());
            let item = Item { published, ..item(None, "t") };
            let about = fetched(draft(&item, "x")).article;
            assert_eq!((about.published, about.date_doubt), (published, expected));
        };
        check(None, Some(DateDoubt::Missing));
        check(Some("2026-03-05T13:00:00Z"), None);
        check(Some("2026-03-07T14:00:00Z"), None);
        check(Some("2026-03-07T14:00:01Z"), Some(DateDoubt::Absurd));
        check(Some("1989-12-31T23:59:59Z"), Some(DateDoubt::Absurd));
        check(Some("1990-01-01T00:00:00Z"), None);
    }

    #[test]
    fn whatever_comes_fits_into_a_message() {
        let long = |text: &str| text.repeat(2_000_000 / text.len());
        for unit in ["a", "é", "\"", "\u{1}", "\n", "日本"] {
            let media = Media {
                url: format!("https://a.example/{}", "x".repeat(2000)),
                media_type: Some(long(unit)),
                bytes: None,
                title: Some(long(unit)),
            };
            let item = Item {
                title: long(unit),
                teaser: Some(long(unit)),
                authors: vec![long(unit); 20],
                media: vec![media; 20],
                link: Some(format!("https://a.example/{}", long("x"))),
                ..item(None, "")
            };
            let article = fetched(draft(&item, &long(unit)));
            assert!(article.article.truncated && article.text.len() <= MAX_TEXT_BYTES, "{unit:?}");
            let bytes = wirefold_proto::encode(&article).unwrap_or_else(|error| panic!("{error}"));
            assert!(bytes.len() < wirefold_proto::MAX_PAYLOAD);
        }
        let article = fetched(draft(&item(None, "t"), &"a".repeat(MAX_TEXT_BYTES)));
        assert!(!article.article.truncated);
    }
}
