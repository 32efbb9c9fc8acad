//! Names given by people and publishers: feeds, subscriptions, outlets, languages.

use std::fmt;
use std::str::FromStr;

use super::{refused, stranger};
use crate::string_form::{FormError, string_form};

/// One feed: a slug of at most 100 lower-case ASCII letters, digits, `-`, `_` and `.`.
///
/// The slug starts with a letter or digit, so that it is safe in a subject, a path and a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId(String);

impl FeedId {
    /// The feed of articles pushed in through the gateway.
    #[must_use]
    pub fn push() -> Self {
        Self("push".to_owned())
    }
}

impl Default for FeedId {
    /// The id of a feed without one, such as a probed feed.
    fn default() -> Self {
        Self("unnamed".to_owned())
    }
}

/// The longest id that is made from a name.
const NAMED_LENGTH: usize = 60;

/// One subscription: a slug with the rules of [`FeedId`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriptionId(String);

/// The publisher behind feeds: a registrable domain, or the name a feed's `<source>` gives.
///
/// At most 253 bytes, without `/`, control characters or outer spaces. Capitals become small letters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outlet(String);

/// A language: a BCP 47 tag in lower case such as `en` or `pt-br`; `und` if it is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LanguageTag(String);

impl SubscriptionId {
    /// The id made from a name: its ASCII letters and digits in lower case, with `-` between words. None if
    /// it has neither.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut slug = String::new();
        for c in name.chars().flat_map(char::to_lowercase) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() >= NAMED_LENGTH {
                break;
            }
        }
        slug.trim_end_matches('-').parse().ok()
    }
}

impl Outlet {
    /// The publisher of articles without one: from files, standard input, or a push.
    #[must_use]
    pub fn local() -> Self {
        Self("local".to_owned())
    }

    /// Whether no publisher is named: then nothing can be learned about its pages.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.0 == "local"
    }
}

impl LanguageTag {
    /// The tag of an unknown language.
    #[must_use]
    pub fn unknown() -> Self {
        Self("und".to_owned())
    }

    /// The first subtag, such as `pt` of `pt-br`.
    #[must_use]
    pub fn primary(&self) -> &str {
        self.0.split('-').next().unwrap_or(&self.0)
    }
}

const SLUG_BYTES: usize = 100;
const SLUG_PATTERN: &str = "^[a-z0-9][a-z0-9._-]{0,99}$";
const OUTLET_BYTES: usize = 253;
const TAG_BYTES: usize = 35;

fn check_slug(text: &str) -> Result<(), String> {
    check_size(text, SLUG_BYTES)?;
    let is_alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let is_slug = |c: char| is_alphanumeric(c) || matches!(c, '-' | '_' | '.');
    match text.chars().find(|&c| !is_slug(c)) {
        Some(other) => Err(stranger(other)),
        None if text.starts_with(is_alphanumeric) => Ok(()),
        None => Err("expected a letter or digit first".to_owned()),
    }
}

fn check_outlet(text: &str) -> Result<(), String> {
    // A capital may have more bytes as a small letter.
    check_size(&text.to_lowercase(), OUTLET_BYTES)?;
    let is_stranger = |c: char| c.is_control() || c == '/' || (c.is_whitespace() && c != ' ');
    match text.chars().find(|&c| is_stranger(c)) {
        Some(other) => Err(stranger(other)),
        None if text.trim() == text => Ok(()),
        None => Err("expected no spaces around it".to_owned()),
    }
}

fn check_language(text: &str) -> Result<(), String> {
    check_size(text, TAG_BYTES)?;
    let is_tag = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(other) = text.chars().find(|&c| !is_tag(c)) {
        return Err(stranger(other));
    }
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    let is_primary =
        matches!(primary.len(), 2..=3) && primary.bytes().all(|b| b.is_ascii_lowercase());
    match is_primary && subtags.all(|subtag| matches!(subtag.len(), 1..=8)) {
        true => Ok(()),
        false => Err("expected a language tag such as `en` or `pt-br`".to_owned()),
    }
}

fn check_size(text: &str, most: usize) -> Result<(), String> {
    match text.len() {
        0 => Err("empty".to_owned()),
        bytes if bytes > most => Err(format!("longer than {most} bytes")),
        _ => Ok(()),
    }
}

macro_rules! name_id {
    ($type:ident, $what:literal, $check:ident, $pattern:expr, $about:literal) => {
        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = FormError;

            fn from_str(text: &str) -> Result<Self, FormError> {
                $check(text).map_err(|why| refused($what, text, why))?;
                Ok(Self(text.to_lowercase()))
            }
        }

        string_form!($type, $pattern, $about);
    };
}

name_id!(FeedId, "feed id", check_slug, SLUG_PATTERN, "A feed: a lower-case ASCII slug.");
name_id!(
    SubscriptionId,
    "subscription id",
    check_slug,
    SLUG_PATTERN,
    "A subscription: a lower-case ASCII slug."
);
name_id!(
    Outlet,
    "outlet",
    check_outlet,
    r"^[^\s\x00-\x1f\x7f-\x9f/]([^\x00-\x1f\x7f-\x9f/]{0,251}[^\s\x00-\x1f\x7f-\x9f/])?$",
    "The publisher: a registrable domain, or the name in the feed's `<source>`. Stored in lower case."
);
name_id!(
    LanguageTag,
    "language",
    check_language,
    "^[a-z]{2,3}(-[a-z0-9]{1,8})*$",
    "A language: a BCP 47 tag in lower case; `und` where it is not known."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn subscription_ids_are_made_from_names() {
        let id = |name: &str| SubscriptionId::from_name(name).map(|id| id.to_string());
        assert_eq!(id("  Harbour & Sea ").as_deref(), Some("harbour-sea"));
        assert_eq!(id("泽连斯基"), None);
        assert!(id(&"long name ".repeat(20)).is_some());
    }

    /// The reason for which a text is refused, without the kind of name and the text.
    fn reason<T: FromStr<Err = FormError>>(text: &str) -> Option<String> {
        let error = text.parse::<T>().err()?.to_string();
        Some(error.rsplit_once(": ").expect("a reason").1.to_owned())
    }

    #[test]
    fn slugs() {
        for good in ["push", "harbour-news", "a", "7.world_2"] {
            assert_eq!(reason::<FeedId>(good), None, "{good}");
        }
        let cases = [
            ("", "empty"),
            ("Harbour", "'H' does not belong in it"),
            ("a b", "' ' does not belong in it"),
            ("a/b", "'/' does not belong in it"),
            ("hafenö", "'ö' does not belong in it"),
            (".hidden", "expected a letter or digit first"),
            (&"a".repeat(101), "longer than 100 bytes"),
        ];
        for (text, why) in cases {
            assert_eq!(reason::<FeedId>(text).as_deref(), Some(why), "{text}");
            assert_eq!(reason::<SubscriptionId>(text).as_deref(), Some(why), "{text}");
        }
    }

    #[test]
    fn outlets() {
        for good in
            ["harbour.example", "hafen-zeitung.example", "the harbour gazette", "日報.example"]
        {
            assert_eq!(reason::<Outlet>(good), None, "{good}");
        }
        let cases = [
            ("", "empty"),
            ("https://harbour.example", "'/' does not belong in it"),
            ("a\nb", "'\\n' does not belong in it"),
            (" a", "expected no spaces around it"),
            (&"a".repeat(254), "longer than 253 bytes"),
            (&"İ".repeat(126), "longer than 253 bytes"),
        ];
        for (text, why) in cases {
            assert_eq!(reason::<Outlet>(text).as_deref(), Some(why), "{text}");
        }
        assert_eq!("Ëtoile.Example".parse::<Outlet>().unwrap().as_str(), "ëtoile.example");
    }

    #[test]
    fn languages() {
        let tag: LanguageTag = "zh-hant-tw".parse().unwrap();
        assert_eq!(tag.primary(), "zh");
        assert_eq!(LanguageTag::unknown().primary(), "und");
        for bad in ["", "e", "engl", "EN", "en-", "en--gb", "1a", "en-abcdefghi", "en_gb"] {
            assert!(reason::<LanguageTag>(bad).is_some(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn accepted_names_are_stored_in_lower_case(text in "\\PC{0,20}") {
            if let Ok(outlet) = text.parse::<Outlet>() {
                prop_assert_eq!(outlet.to_string().parse(), Ok(outlet.clone()));
                prop_assert_eq!(outlet.to_string(), text.to_lowercase());
            }
        }

        #[test]
        fn slugs_are_kept_as_they_are(text in "[a-z0-9][a-z0-9._-]{0,99}") {
            prop_assert_eq!(&text.parse::<FeedId>().unwrap().to_string(), &text);
            prop_assert_eq!(&text.parse::<SubscriptionId>().unwrap().to_string(), &text);
        }
    }
}
