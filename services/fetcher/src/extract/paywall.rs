//! Whether a page says that it is not free to everybody.
//!
//! Only what the publisher says to machines counts. There are three ways: `isAccessibleForFree` of
//! schema.org, on the article or on a part of it ("hasPart", named by a CSS selector), as search
//! engines require of subscription, metered and registration walls
//! (developers.google.com/search/docs/appearance/structured-data/paywalled-content); the same as
//! microdata; and the Open Graph tag `article:content_tier`, which is `free`, `metered` or `locked`
//! (developers.facebook.com/docs/instant-articles/subscriptions/content-tiering).
//!
//! A page that says both is not free: templates say "free" by default, and never "not free". A
//! metered article is not free either, since only some can read it. The look of a wall (a class
//! name, a call to subscribe) proves nothing, because free pages have it too.

use serde_json::Value;
use wirefold_feed::html::Head;

/// Tiers that are not free. The third is in no standard, and in use.
const TIERS: &[&str] = &["locked", "metered", "premium"];

/// The most parts of an article that are looked at.
const MOST_PARTS: usize = 100;

/// Whether the elements of the page say so.
pub(super) fn is_in(head: &Head) -> bool {
    let tier = head.meta("article:content_tier").unwrap_or_default();
    let free = head.meta("isaccessibleforfree").unwrap_or_default();
    TIERS.iter().any(|paid| tier.eq_ignore_ascii_case(paid)) || is_no(free)
}

/// Whether the JSON-LD of an article says so, of all of it or of a part.
pub(super) fn is_said_of(article: &Value) -> bool {
    let parts = match &article["hasPart"] {
        Value::Array(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut all = std::iter::once(article).chain(parts.iter().take(MOST_PARTS));
    all.any(|part| match &part["isAccessibleForFree"] {
        Value::Bool(is_free) => !is_free,
        Value::String(said) => is_no(said),
        _ => false,
    })
}

/// `False` as pages write it: a word of any case, or the address that schema.org gives the value.
fn is_no(said: &str) -> bool {
    let word = said.trim().rsplit('/').next().unwrap_or_default();
    ["false", "no"].iter().any(|no| word.eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use wirefold_feed::html::head_of;

    use super::*;

    #[test]
    fn an_article_says_that_it_is_not_free() {
        let check = |json: &str, expected: bool| {
            let article: Value = serde_json::from_str(json).unwrap();
            assert_eq!(is_said_of(&article), expected, "{json}");
        };
        check("{}", false);
        check(r#"{"isAccessibleForFree":false}"#, true);
        check(r#"{"isAccessibleForFree":true}"#, false);
        for no in ["False", "false", " FALSE ", "http://schema.org/False", "No"] {
            check(&format!(r#"{{"isAccessibleForFree":"{no}"}}"#), true);
        }
        for yes in ["True", "https://schema.org/True", "yes", "", "0", "falsehood"] {
            check(&format!(r#"{{"isAccessibleForFree":"{yes}"}}"#), false);
        }
        check(r#"{"isAccessibleForFree":null}"#, false);
        check(r#"{"isAccessibleForFree":{"x":false}}"#, false);
        check(
            r#"{"isAccessibleForFree":true,"hasPart":{"@type":"WebPageElement",
               "isAccessibleForFree":"False","cssSelector":".paid"}}"#,
            true,
        );
        check(r#"{"hasPart":[{"isAccessibleForFree":true},{"isAccessibleForFree":false}]}"#, true);
        check(r#"{"hasPart":[{"isAccessibleForFree":true},7,"x"]}"#, false);
    }

    #[test]
    fn elements_say_that_it_is_not_free() {
        let check =
            |html: &str, expected: bool| assert_eq!(is_in(&head_of(html)), expected, "{html}");
        check("<meta property='article:content_tier' content='locked'>", true);
        check("<meta name='article:content_tier' content=' Metered '>", true);
        check("<meta property='article:content_tier' content='premium'>", true);
        check("<meta property='article:content_tier' content='free'>", false);
        check("<meta property='article:content_tier' content=''>", false);
        check("<meta itemprop='isAccessibleForFree' content='false'>", true);
        check("<meta itemprop='isAccessibleForFree' content='true'>", false);
        check("<div class='paywall'>Subscribe to read on</div>", false);
    }
}
