//! Whether a page says that it is not free to everybody.
//!
//! Only the publisher's data for machines counts. It has three forms: `isAccessibleForFree` of
//! schema.org, on the article or on a part of it ("hasPart", named by a CSS selector), as search
//! engines require of subscription, metered and registration walls
//! (developers.google.com/search/docs/appearance/structured-data/paywalled-content); the same as
//! microdata; and the Open Graph tag `article:content_tier`, which is `free`, `metered` or `locked`
//! (developers.facebook.com/docs/instant-articles/subscriptions/content-tiering).
//!
//! A page that says both is not free: templates say "free" by default, and never "not free". A metered
//! article is not free either, because only some people can read it. A class name or a call to subscribe
//! proves nothing, because free pages have them too.

use serde_json::Value;
use wirefold_feed::html::Head;

/// Tiers that are not free. The third is in use but in no standard.
const TIERS: &[&str] = &["locked", "metered", "premium"];

/// The most parts of an article that are examined.
const MOST_PARTS: usize = 100;

/// Whether the elements of the page say that it is not free.
pub(super) fn is_in_head(head: &Head) -> bool {
    let tier = head.meta("article:content_tier").unwrap_or_default();
    let free = head.meta("isaccessibleforfree").unwrap_or_default();
    TIERS.iter().any(|paid| tier.eq_ignore_ascii_case(paid)) || is_no(free)
}

/// Whether the JSON-LD of an article says that it, or a part of it, is not free.
pub(super) fn is_in_data(article: &Value) -> bool {
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

/// Whether a text means false: the word in any case, or the address of the value at schema.org.
fn is_no(said: &str) -> bool {
    let word = said.trim().rsplit('/').next().unwrap_or_default();
    ["false", "no"].iter().any(|no| word.eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use wirefold_feed::html::head_of;

    use super::*;

    #[test]
    fn reads_from_json_ld_that_an_article_is_not_free() {
        let check = |json: &str, expected: bool| {
            let article: Value = serde_json::from_str(json).unwrap();
            assert_eq!(is_in_data(&article), expected, "{json}");
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
    fn reads_from_elements_that_a_page_is_not_free() {
        let check =
            |html: &str, expected: bool| assert_eq!(is_in_head(&head_of(html)), expected, "{html}");
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
