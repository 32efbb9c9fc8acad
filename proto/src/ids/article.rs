//! Ids of articles, stories and events, and the hash behind them.

use std::fmt;
use std::hash::Hasher as _;
use std::str::FromStr;

use siphasher::sip128::{Hasher128 as _, SipHasher24};

use super::{Outlet, base32, refused};
use crate::string_form::{FormError, string_form};

/// One article: `a-` and 26 digits of a 128-bit hash over outlet, address and content.
///
/// The same page in several feeds, a refetch and a replay give the same id. A changed text gives another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArticleId(u128);

/// One story: `s-` and the digits of its first article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoryId(u128);

/// One event: `e-` and the digits of its first article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(u128);

/// The address of an item: its canonical URL, else its key in its feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemAddress<'a> {
    /// The canonical URL.
    Url(&'a str),
    /// The item key, for items without a link.
    Key(&'a str),
}

/// The 128-bit hash of an article's normalised title and text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentHash(u128);

impl ContentHash {
    /// Hashes a title and a text that have both been normalised.
    #[must_use]
    pub fn of(normalised_title: &str, normalised_text: &str) -> Self {
        Self(hash128(&[b"content", normalised_title.as_bytes(), normalised_text.as_bytes()]))
    }
}

impl ArticleId {
    /// The id of the article with this content at this address of this outlet.
    #[must_use]
    pub fn of(outlet: &Outlet, address: ItemAddress<'_>, content: ContentHash) -> Self {
        let (kind, place) = address.parts();
        let content = content.0.to_be_bytes();
        Self(hash128(&[b"article", outlet.as_str().as_bytes(), kind, place, &content]))
    }

    /// The same for a feed of `authority` that attributes the article to this outlet. The id is that of
    /// [`of`] if both are the same, and another one otherwise.
    ///
    /// [`of`]: ArticleId::of
    #[must_use]
    pub fn told_by(
        authority: &Outlet,
        outlet: &Outlet,
        address: ItemAddress<'_>,
        content: ContentHash,
    ) -> Self {
        if authority == outlet {
            return Self::of(outlet, address, content);
        }
        let (kind, place) = address.parts();
        let [authority, outlet] = [authority, outlet].map(|site| site.as_str().as_bytes());
        let content = content.0.to_be_bytes();
        Self(hash128(&[b"article via", authority, outlet, kind, place, &content]))
    }
}

impl<'a> ItemAddress<'a> {
    fn parts(self) -> (&'static [u8], &'a [u8]) {
        match self {
            Self::Url(url) => (b"url", url.as_bytes()),
            Self::Key(key) => (b"key", key.as_bytes()),
        }
    }
}

impl From<ArticleId> for StoryId {
    /// The story that this article opens.
    fn from(first: ArticleId) -> Self {
        Self(first.0)
    }
}

impl From<ArticleId> for EventId {
    /// The event that this article opens.
    fn from(first: ArticleId) -> Self {
        Self(first.0)
    }
}

impl From<StoryId> for ArticleId {
    /// The first article of the story.
    fn from(story: StoryId) -> Self {
        Self(story.0)
    }
}

impl From<EventId> for ArticleId {
    /// The first article of the event.
    fn from(event: EventId) -> Self {
        Self(event.0)
    }
}

/// SipHash-2-4 with 128 bits under a fixed key, each part preceded by its length in eight bytes.
///
/// The key is public, so the hash does not prevent constructed collisions. They could only make two articles
/// of the attacker's *own* outlet one, since the outlet is a part.
fn hash128(parts: &[&[u8]]) -> u128 {
    let mut hasher = SipHasher24::new_with_key(b"wirefold article");
    for part in parts {
        hasher.write(&(part.len() as u64).to_le_bytes());
        hasher.write(part);
    }
    hasher.finish128().as_u128()
}

macro_rules! digits_id {
    ($type:ident, $prefix:literal, $what:literal, $about:literal) => {
        impl $type {
            /// The id as a number, for tables with many ids.
            #[must_use]
            pub const fn to_number(self) -> u128 {
                self.0
            }

            /// The id with the digits of this number.
            #[must_use]
            pub const fn from_number(number: u128) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                base32::write(self.0, f)
            }
        }

        impl FromStr for $type {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                match text.strip_prefix($prefix) {
                    Some(digits) => {
                        base32::read(digits).map(Self).map_err(|why| refused($what, text, why))
                    }
                    None if text.is_empty() => Err(refused($what, text, "empty")),
                    None => {
                        Err(refused($what, text, concat!("does not start with `", $prefix, "`")))
                    }
                }
            }
        }

        string_form!($type, concat!("^", $prefix, "[0-7][0-9a-hjkmnp-tv-z]{25}$"), $about);
    };
}

digits_id!(
    ArticleId,
    "a-",
    "article id",
    "An article: `a-` and 26 digits of a 128-bit hash over outlet, address and content."
);
digits_id!(StoryId, "s-", "story id", "A story: `s-` and the digits of its first article.");
digits_id!(EventId, "e-", "event id", "An event: `e-` and the digits of its first article.");

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(outlet: &str, address: ItemAddress<'_>, title: &str, text: &str) -> ArticleId {
        ArticleId::of(&outlet.parse().unwrap(), address, ContentHash::of(title, text))
    }

    /// Streams have ids for months: this value may never change.
    #[test]
    fn golden() {
        let url = ItemAddress::Url("https://harbour.example/ferry");
        let article = id("harbour.example", url, "ferry resumes", "the ferry sails again");
        assert_eq!(article.to_string(), "a-2dj5rccmcekp25n0d5qevgpyjx");
        assert_eq!(StoryId::from(article).to_string(), "s-2dj5rccmcekp25n0d5qevgpyjx");
        assert_eq!(EventId::from(article).to_string(), "e-2dj5rccmcekp25n0d5qevgpyjx");
        assert_eq!(ArticleId::from(StoryId::from(article)), article);
        assert_eq!(ArticleId::from(EventId::from(article)), article);
    }

    #[test]
    fn every_part_counts() {
        let base = id("a.example", ItemAddress::Url("u"), "t", "x");
        let others = [
            id("b.example", ItemAddress::Url("u"), "t", "x"),
            id("a.example", ItemAddress::Key("u"), "t", "x"),
            id("a.example", ItemAddress::Url("v"), "t", "x"),
            id("a.example", ItemAddress::Url("u"), "s", "x"),
            id("a.example", ItemAddress::Url("u"), "t", "y"),
        ];
        for other in others {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn a_strangers_word_has_ids_of_its_own_and_the_outlets_own_stay() {
        let [bbc, planet, other]: [Outlet; 3] =
            ["bbc.co.uk", "planet.example", "other.example"].map(|name| name.parse().unwrap());
        let url = ItemAddress::Url("https://bbc.co.uk/news/1");
        let content = ContentHash::of("ferry resumes", "the ferry sails again");
        let told_by = |authority: &Outlet| ArticleId::told_by(authority, &bbc, url, content);
        assert_eq!(told_by(&bbc), ArticleId::of(&bbc, url, content));
        let ids = [told_by(&bbc), told_by(&planet), told_by(&other)];
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
        // Streams have ids for months: this value may never change.
        assert_eq!(told_by(&planet).to_string(), "a-3d3j1g58y10aacx58adesejy6a");
    }

    #[test]
    fn nonsense_is_refused_with_its_reason() {
        let digits = "0".repeat(26);
        let cases = [
            (String::new(), "article id \"\": empty".to_owned()),
            ("x".into(), "article id \"x\": does not start with `a-`".into()),
            (format!("s-{digits}"), format!("article id \"s-{digits}\": does not start with `a-`")),
            ("a-12".into(), "article id \"a-12\": expected 26 digits after the prefix".into()),
            ("a-1 2".into(), "article id \"a-1 2\": ' ' does not belong in it".into()),
        ];
        for (text, reason) in cases {
            assert_eq!(text.parse::<ArticleId>().unwrap_err().to_string(), reason);
        }
    }

    proptest! {
        #[test]
        fn round_trips_through_text_and_json(number: u128) {
            let article = ArticleId(number);
            prop_assert_eq!(article.to_string().parse(), Ok(article));
            prop_assert_eq!(ArticleId::from_number(article.to_number()), article);
            prop_assert_eq!(StoryId(number).to_string().parse(), Ok(StoryId(number)));
            let json = serde_json::to_string(&EventId(number)).unwrap();
            prop_assert_eq!(serde_json::from_str::<EventId>(&json).unwrap(), EventId(number));
        }

        #[test]
        fn parts_never_run_together(whole in "[ -~]{2,40}", cut in 1usize..40, other in 1usize..40) {
            let (cut, other) = (cut % whole.len(), other % whole.len());
            prop_assume!(cut != other);
            let hash = |at: usize| ContentHash::of(&whole[..at], &whole[at..]);
            prop_assert_ne!(hash(cut), hash(other));
            let parts = |at: usize| hash128(&[&whole.as_bytes()[..at], &whole.as_bytes()[at..]]);
            prop_assert_ne!(parts(cut), parts(other));
            prop_assert_ne!(parts(cut), hash128(&[whole.as_bytes()]));
        }
    }
}
