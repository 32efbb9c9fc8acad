//! Canonical addresses: one address for one page.
//!
//! [`canonical`] removes everything that never distinguishes pages: fragments, default ports, the
//! trailing dot of a host, names and passwords, tracking parameters, session ids, empty parts of a
//! path, the order of parameters, and different spellings of the same bytes. It also removes
//! `www.`, the index document of a folder, and AMP forms with their caches. It keeps everything
//! that may distinguish pages: unknown parameters, the scheme, a trailing slash. Two addresses for
//! one page do little harm, because equal texts of one outlet are recognised. One address for two
//! pages would make one article a version of another. Rules for single sites are in `sites.rs`.
//!
//! Every entry to wirefold uses this crate, so a page that arrives by two ways is one article. The
//! crate uses no bus and sends no requests.
//!
//! ```
//! let shared = wirefold_address::canonical("https://www.a.example/x/index.html?utm_source=rss");
//! assert_eq!(shared.as_deref(), Some("https://a.example/x/"));
//! ```

mod amp;
mod authority;
mod feed_site;
mod intake;
mod outlet;
mod owners;
mod sites;
pub mod slug;

pub use authority::{Authority, attributed, speaks_for};
pub use feed_site::{Leads, authority_of, find_site, named_back, needs_proof, still_holds};
pub use intake::{Arrival, Refusal, identify, item_key};
pub use outlet::{outlet_from_name, site_of};
pub use owners::is_shared_host;

use url::Url;

/// Tracking parameters, by their beginnings.
const TRACKING_PREFIXES: &[&str] = &[
    "utm_", "mtm_", "pk_", "piwik_", "matomo_", "hsa_", "oly_", "vero_", "stm_", "_hs", "mc_",
    "trk_", "wt.", "wt_", "at_medium", "at_campaign", "at_custom", "at_link", "at_ptr", "at_bbc",
    "at_format", "at_creation", "itm_",
];

/// Tracking parameters and session ids.
const TRACKING: &[&str] = &[
    "_ga", "_gl", "cmpid", "dclid", "efid", "fb_action_ids", "fb_action_types", "fb_ref",
    "fb_source", "fbclid", "gbraid", "gclid", "gclsrc", "guccounter", "guce_referrer",
    "guce_referrer_sig", "icid", "igsh", "igshid", "irclickid", "jsessionid", "mkt_tok", "msclkid",
    "ns_campaign", "ns_fee", "ns_linkname", "ns_mchannel", "ns_source", "ocid", "partner_feed",
    "phpsessid", "rb_clickid", "s_cid", "smid", "srsltid", "ttclid", "twclid", "vero_conv",
    "wbraid", "wickedid", "xtor", "yclid", "ysclid", "zanpid",
];

/// Documents that servers return for a folder.
const DEFAULT: [&str; 6] =
    ["index.html", "index.htm", "index.php", "index.jsp", "default.asp", "default.aspx"];

/// The most rounds in which something is removed.
const ROUNDS: usize = 64;

/// The most bytes of an address. No page has a longer one.
const LONGEST: usize = 4096;

/// The canonical form of an address. `None` if it is not a web address.
///
/// It is idempotent.
#[must_use]
pub fn canonical(url: &str) -> Option<String> {
    if url.len() > 2 * LONGEST {
        return None;
    }
    // Removing one part may expose another part to remove. Each round makes the address shorter.
    let mut current = canonical_once(url)?;
    for _ in 0..ROUNDS {
        let next = canonical_once(&current)?;
        if next == current {
            return Some(current);
        }
        current = next;
    }
    None
}

fn canonical_once(url: &str) -> Option<String> {
    let mut url = Url::parse(url.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    if let Some(inner) = amp::unwrapped(&url) {
        url = inner;
    }
    without_credentials(&mut url);
    let host = url.host_str()?.trim_end_matches('.').to_owned();
    url.set_host(Some(without_www(&host))).ok()?;
    // `#!` is part of the address on pages that are built by a script.
    if !url.fragment().is_some_and(|fragment| fragment.starts_with('!')) {
        url.set_fragment(None);
    }
    let path = without_empty_parts(&with_plain_escapes(&without_session(url.path())));
    url.set_path(&amp::without_amp(&path));
    let site = url.host_str().and_then(psl::domain_str).unwrap_or_default().to_owned();
    let query = url.query().map(|query| {
        let is_kept = |pair: &&str| {
            !is_tracking(pair) && !amp::is_amp_parameter(pair) && !sites::is_dropped(&site, pair)
        };
        let parameters = query.split('&').filter(is_kept);
        let mut parameters: Vec<String> = parameters.map(with_plain_escapes).collect();
        parameters.sort();
        parameters.join("&")
    });
    url.set_query(query.as_deref().filter(|query| !query.is_empty()));
    if url.query().is_none() && url.fragment().is_none() {
        let whole = url.path().to_owned();
        url.set_path(without_default(&whole));
    }
    let canonical = String::from(url);
    (canonical.len() <= LONGEST).then_some(canonical)
}

/// Removes `www.` if a site is left.
fn without_www(host: &str) -> &str {
    let rest = host.strip_prefix("www.").or_else(|| host.strip_prefix("amp."));
    rest.filter(|rest| psl::domain_str(rest).is_some()).unwrap_or(host)
}

/// Removes the document name that a folder's index page has.
fn without_default(path: &str) -> &str {
    let Some((folder, document)) = path.rsplit_once('/') else {
        return path;
    };
    let is_default = DEFAULT.iter().any(|name| document.eq_ignore_ascii_case(name));
    if is_default { &path[..=folder.len()] } else { path }
}

fn without_credentials(url: &mut Url) {
    // Both fail only without a host, and then there are no credentials.
    let _ = (url.set_username(""), url.set_password(None));
}

/// Removes session ids such as `;jsessionid=…` from a path.
fn without_session(path: &str) -> String {
    const SESSIONS: [&str; 3] = [";jsessionid=", ";phpsessid=", ";sid="];
    let lower = path.to_ascii_lowercase();
    let (mut without_sessions, mut at) = (String::with_capacity(path.len()), 0);
    while let Some(start) = lower[at..].find(';').map(|found| at + found) {
        without_sessions.push_str(&path[at..start]);
        let is_session = SESSIONS.iter().any(|name| lower[start..].starts_with(name));
        let rest = &path[start + 1..];
        let end = rest.find([';', '/']).map_or(path.len(), |found| start + 1 + found);
        if !is_session {
            without_sessions.push_str(&path[start..end]);
        }
        at = end;
    }
    without_sessions.push_str(&path[at..]);
    without_sessions
}

/// Replaces several slashes in a row by one.
fn without_empty_parts(path: &str) -> String {
    let mut plain = String::with_capacity(path.len());
    for character in path.chars() {
        if character != '/' || !plain.ends_with('/') {
            plain.push(character);
        }
    }
    plain
}

fn is_tracking(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    name.is_empty() && !pair.contains('=')
        || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || TRACKING.contains(&name.as_str())
        || (name.ends_with("clid") && name.len() > 4)
}

/// Writes escapes in one form: upper-case digits, and no escapes that are not needed (RFC 3986,
/// sections 6.2.2.1 and 6.2.2.2).
fn with_plain_escapes(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut spelled = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let escape = (bytes[at] == b'%').then(|| rest.get(1..3)).flatten();
        match escape.and_then(|digits| Some((u8::from_str_radix(digits, 16).ok()?, digits))) {
            Some((byte, _)) if is_plain(byte) => {
                spelled.push(char::from(byte));
                at += 3;
            }
            Some((_, digits)) => {
                spelled.push('%');
                spelled.push_str(&digits.to_ascii_uppercase());
                at += 3;
            }
            None if bytes[at] == b'%' => {
                spelled.push_str("%25");
                at += 1;
            }
            None => {
                let next = rest.chars().next().unwrap_or_default();
                spelled.push(next);
                at += next.len_utf8();
            }
        }
    }
    spelled
}

/// Whether a byte needs no escape: it is unreserved, or no web server treats it as a delimiter in
/// path or query.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.' | b'_' | b'~' | b'!' | b'(' | b')' | b'*' | b',' | b':' | b'@'
        )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(canonical(url).as_deref(), Some(expected), "{url}");
        assert_eq!(canonical(expected).as_deref(), Some(expected), "{expected}");
    }

    #[test]
    fn removes_parts_that_never_distinguish_pages() {
        let page = "https://harbour.example/a/B?id=7&q=x";
        check("HTTPS://User:Pass@WWW.Harbour.EXAMPLE.:443/a/B?id=7&q=x#top", page);
        check(
            " https://www.harbour.example/a/B?utm_source=rss&id=7&fbclid=Ab&q=x&utm_medium=f ",
            page,
        );
        check(
            "https://www.harbour.example/a/B;jsessionid=1A?id=7&PHPSESSID=2&q=x&at_medium=RSS",
            page,
        );
        check("https://www.harbour.example/%61/B?id=7&&q=x&xyzclid=1", page);
        check("https://a.example?", "https://a.example/");
        check("http://a.example:80/x?gclid=1", "http://a.example/x");
        check("https://a.example/%e4%2f%7Eb", "https://a.example/%E4%2F~b");
        check("https://hafen-öl.example/ü", "https://xn--hafen-l-f1a.example/%C3%BC");
        check("https://a.example/#!/story/7", "https://a.example/#!/story/7");
    }

    #[test]
    fn keeps_parts_that_may_distinguish_pages() {
        for url in [
            "https://a.example/?a=2&b=1",
            "http://a.example/index.html?a=1",
            "http://a.example/amp",
            "http://www.example/",
            "http://a.example/reindex.html",
            "https://a.example/x/",
            "https://a.example/?p=1234&ref=7",
            "https://a.example/?mid=1&sid=2",
            "https://m.a.example/x?amplitude",
        ] {
            check(url, url);
        }
    }

    #[test]
    fn spellings_of_one_address_have_one_form() {
        check("https://www.a.example/x/index.html", "https://a.example/x/");
        check("https://a.example/Default.aspx#top", "https://a.example/");
        check("https://www.www.a.example/x", "https://a.example/x");
        for accelerated in [
            "https://amp.a.example/x",
            "https://a.example/x/amp",
            "https://a.example/x?amp",
            "https://a.example/x?amp=1",
            "https://a.example/x?outputType=amp",
            "https://a-example.cdn.ampproject.org/c/s/a.example/x",
            "https://a-example.cdn.ampproject.org/v/s/www.a.example/x?amp_js_v=0.1",
            "https://www.google.com/amp/s/amp.a.example/x",
            "https://www.google.co.uk/amp/s/a.example/x/amp",
        ] {
            check(accelerated, "https://a.example/x");
        }
        check("https://a.example/x.amp.html", "https://a.example/x.html");
        check("https://a.example/x/amp/", "https://a.example/x/");
        check("https://www.google.com/amp/a.example/x", "http://a.example/x");
        check(
            "https://www.youtube.com/watch?v=1&feature=share&si=2",
            "https://youtube.com/watch?v=1",
        );
        check("https://www.theguardian.com/x?CMP=rss", "https://theguardian.com/x");
        check("https://a.example/x?CMP=rss", "https://a.example/x?CMP=rss");
    }

    #[test]
    fn refuses_addresses_outside_the_web() {
        for url in ["", "/a", "ftp://a.example/", "javascript:alert(1)", "tag:a,2026:b", "http://"]
        {
            assert_eq!(canonical(url), None, "{url}");
        }
        assert_eq!(canonical(&format!("https://a.example/{}", "x".repeat(LONGEST))), None);
    }

    /// Found by `cargo xtask fuzz url`: each session used one level of the stack.
    #[test]
    fn removes_any_number_of_sessions() {
        let many = |times: usize| format!("https://a.example/x{}", ";sid=1".repeat(times));
        check(&many(1), "https://a.example/x");
        check(&many(1300), "https://a.example/x");
        check("https://a.example/x;sid=1;a=2/y;JSESSIONID=3", "https://a.example/x;a=2/y");
        assert_eq!(canonical(&many(1_000_000)), None);
    }

    /// The web addresses in test vectors of another project.
    #[test]
    fn agrees_with_most_vectors_of_another_project() {
        let suite = Path::new("../../../shared/suites/urlcanon/testdata");
        if !suite.is_dir() {
            eprintln!("SKIPPED: ../shared/suites/urlcanon is absent");
            return;
        }
        let read = |name: &str| std::fs::read_to_string(suite.join(name)).unwrap();
        let vectors: BTreeMap<String, String> =
            serde_json::from_str(&read("semantic_precise.json")).unwrap();
        let is_web = |url: &str| url.starts_with("http://") || url.starts_with("https://");
        let mut wrong = Vec::new();
        let (mut all, mut right) = (0, 0);
        for (url, expected) in vectors.iter().filter(|(url, to)| is_web(url.trim()) && is_web(to)) {
            all += 1;
            // The vectors are bytes, each written as one character.
            let bytes: Option<Vec<u8>> = url.chars().map(|c| u8::try_from(c).ok()).collect();
            let written = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            let found = canonical(written.as_deref().unwrap_or(url));
            // These vectors keep `www.`, which never distinguishes pages.
            if found.as_deref() == Some(&*expected.replacen("://www.", "://", 1)) {
                right += 1;
            } else {
                wrong.push(format!("{url:?}: {found:?}, expected {expected:?}"));
            }
        }
        // The others are fragments, which we remove; hosts that no browser accepts; and escapes of
        // escapes, which these vectors decode completely and we do not: the page at `%2561` is not
        // the page at `a`.
        eprintln!("{right} of {all} web addresses\n{}", wrong.join("\n"));
        assert!(right * 100 >= all * 70, "{right} of {all}");
        let idempotence: Vec<String> = serde_json::from_str(&read("idempotence.json")).unwrap();
        for url in idempotence.iter().chain(vectors.keys()) {
            if let Some(once) = canonical(url) {
                assert_eq!(canonical(&once), Some(once), "{url}");
            }
        }
    }

    proptest! {
        #[test]
        fn canonical_is_idempotent(
            host in "(www\\.|amp\\.|www.google.com/amp/(s/)?|x.cdn.ampproject.org/[cv]/(s/)?){0,2}[a-zA-Z0-9.%ö-]{1,12}",
            rest in "(/amp|/index.html|\\.amp|[/?#&;=%.]|%[0-9a-fA-F]{2}|;jsessionid=|utm_a=|a|B|\\.\\.|\\PC){0,20}",
        ) {
            if let Some(once) = canonical(&format!("https://{host}/{rest}")) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }
    }
}
