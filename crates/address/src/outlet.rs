//! The outlet of an item.

use std::net::IpAddr;

use url::{Host, Url};
use wirefold_proto::{ItemSource, Outlet};

use crate::without_www;

/// The publisher that a feed names for one item: the site of its address, else its name.
pub(crate) fn of_source(source: &ItemSource) -> Option<Outlet> {
    source.url.as_deref().and_then(site_of).or_else(|| outlet(source.name.trim()))
}

/// The outlet for a name as people write it: an address, a host in any spelling, or words.
///
/// ```
/// let outlet = |name| wirefold_address::outlet_from_name(name).map(|outlet| outlet.to_string());
/// assert_eq!(outlet("HTTPS://WWW.Ledger.Example/"), outlet("ledger.example.:443"));
/// assert_eq!(outlet("The Ledger").as_deref(), Some("the ledger"));
/// ```
#[must_use]
pub fn outlet_from_name(name: &str) -> Option<Outlet> {
    let name = name.trim();
    site_of(name).or_else(|| of_host(name)).or_else(|| outlet(name))
}

/// Parses an address without a scheme: a domain, perhaps with a path.
pub(crate) fn without_scheme(address: &str) -> Option<Url> {
    let url = Url::parse(&format!("http://{}", address.trim_start_matches('/'))).ok()?;
    let is_domain = url.host_str()?.contains(['.', ':']);
    is_domain.then_some(url)
}

/// Removes a prefix for phones from a host, if a site is left.
fn without_mobile(host: &str) -> &str {
    let rest = ["m.", "mobile.", "mobil."].iter().find_map(|prefix| host.strip_prefix(prefix));
    rest.filter(|rest| psl::domain_str(rest).is_some()).unwrap_or(host)
}

/// The outlet of a bare host, without the parts that never distinguish hosts. A named part of a
/// site stays an outlet of its own.
fn of_host(name: &str) -> Option<Outlet> {
    let bare = name.trim_start_matches("//").trim_end_matches('/');
    let is_bare = |c: char| !c.is_whitespace() && !matches!(c, '/' | '\\' | '?' | '#' | '@');
    if !bare.contains('.') || !bare.chars().all(is_bare) {
        return None;
    }
    match without_scheme(bare)?.host()? {
        Host::Domain(domain) => outlet(without_mobile(without_www(domain.trim_end_matches('.')))),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    }
}

/// The site of an address: its registrable domain by the public suffix list. IP addresses and names
/// without a registrable domain, such as `localhost`, stay as they are.
#[must_use]
pub fn site_of(url: &str) -> Option<Outlet> {
    let url = Url::parse(url).ok()?;
    match url.host()? {
        Host::Domain(domain) => {
            let domain = domain.trim_end_matches('.');
            outlet(psl::domain_str(domain).unwrap_or(domain))
        }
        Host::Ipv4(address) => outlet(&IpAddr::from(address).to_string()),
        Host::Ipv6(address) => outlet(&IpAddr::from(address).to_string()),
    }
}

/// Converts a name to an outlet: lower case, without forbidden characters, cut if it is too long.
pub(crate) fn outlet(name: &str) -> Option<Outlet> {
    const LONGEST: usize = 253;
    let lower = name.to_lowercase();
    let plain: String = lower.chars().map(|c| if c == '/' { ' ' } else { c }).collect();
    let words: Vec<&str> = plain
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let mut joined = words.join(" ");
    joined.truncate(joined.floor_char_boundary(LONGEST));
    joined.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::authority::attributed;

    fn outlet_of(link: Option<&str>, feed: &str, source: Option<&ItemSource>) -> Outlet {
        attributed(None, source, link, Some(feed)).unwrap_or_else(Outlet::local)
    }

    const FEED: &str = "https://feeds.harbour.co.uk/rss";

    fn source(name: &str, url: Option<&str>) -> ItemSource {
        ItemSource { name: name.to_owned(), url: url.map(str::to_owned) }
    }

    #[test]
    fn the_site_is_the_registrable_domain() {
        let check = |link: &str, expected: &str| {
            assert_eq!(outlet_of(Some(link), FEED, None).as_str(), expected, "{link}");
        };
        check("https://www.ledger.example/a", "ledger.example");
        check("https://news.bbc.co.uk/a", "bbc.co.uk");
        check("https://ann.github.io/a", "ann.github.io");
        check("http://localhost:8080/a", "localhost");
        check("http://127.0.0.1:9/a", "127.0.0.1");
        check("http://[::1]/a", "::1");
        check("no address", "harbour.co.uk");
        assert_eq!(outlet_of(None, FEED, None).as_str(), "harbour.co.uk");
        assert_eq!(outlet_of(None, "feeds/a.xml", None).as_str(), "local");
    }

    #[test]
    fn the_source_of_the_item_has_priority() {
        let link = Some("https://collector.example/x");
        let check = |source: ItemSource, expected: &str| {
            assert_eq!(outlet_of(link, FEED, Some(&source)).as_str(), expected, "{source:?}");
        };
        check(source("The Wire", Some("https://www.wire.example/rss")), "wire.example");
        check(source(" The  Wire/Desk ", None), "the wire desk");
        check(source(" ", None), "collector.example");
        assert_eq!(outlet_from_name("Harbour.Example").unwrap().as_str(), "harbour.example");
    }

    /// Letters of other scripts that look like Latin ones, and a letter with a mark.
    #[test]
    fn lookalike_names_are_different_outlets() {
        for name in ["l\u{435}dger.example", "\u{217c}edger-\u{430}.example", "ledgér.example"] {
            let found = outlet_from_name(name).unwrap();
            assert!(found.as_str().contains("xn--"), "{name} is shown as {found}");
            assert_ne!(Some(found), outlet_from_name("ledger.example"));
        }
    }

    #[test]
    fn spellings_of_one_outlet_are_one() {
        let check = |name: &str, expected: &str| {
            let found = outlet_from_name(name);
            assert_eq!(found.as_ref().map(Outlet::as_str), Some(expected), "{name}");
            assert_eq!(outlet_from_name(expected), found, "{expected}");
        };
        for name in [
            "HTTPS://WWW.Ledger.Example/",
            "ledger.example",
            "ledger.example.",
            "Ledger.example:443",
            " www.ledger.example\u{a0}",
            "//ledger.example/",
            "http://ledger.example:80/a?b#c",
        ] {
            check(name, "ledger.example");
        }
        check("Hafen-Öl.example", "xn--hafen-l-f1a.example");
        check("https://hafen-öl.example/a", "xn--hafen-l-f1a.example");
        // Names that only look a little like hosts.
        check("The Ledger", "the ledger");
        check("St. Brenn Post", "st. brenn post");
        check("L.A.Ledger", "l.a.ledger");
        check("No.1", "no.1");
        check("4.2", "4.2");
        check("desk.ledger.example", "desk.ledger.example");
        check("www.example", "www.example");
    }

    proptest! {
        #[test]
        fn accepts_any_name(name in "\\PC{0,300}") {
            let found = outlet_of(None, FEED, Some(&source(&name, None)));
            prop_assert!(!found.as_str().is_empty());
        }
    }
}
