//! Recognises addresses of the same feed.

use url::Url;

/// A name that is equal for all addresses of one feed: the canonical address without scheme and without
/// a slash at the end.
#[must_use]
pub fn identity(address: &str) -> String {
    let canonical = wirefold_address::canonical(address);
    let canonical = canonical.unwrap_or_else(|| written(address));
    let without_scheme = canonical.split_once("://").map_or(&*canonical, |(_, rest)| rest);
    without_scheme.trim_end_matches('/').to_owned()
}

/// An address in the form of the URL standard, which is also the form in lists.
#[must_use]
pub fn written(address: &str) -> String {
    Url::parse(address).map_or_else(|_| address.to_owned(), |url| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_feed_under_many_addresses() {
        let one = identity("https://harbour.example/feed?tag=sea&page=2");
        for same in [
            "http://harbour.example/feed?tag=sea&page=2",
            "https://HARBOUR.example:443/feed?page=2&tag=sea#top",
            "https://harbour.example./feed?tag=sea&page=2&utm_source=reader",
            "https://www.harbour.example/feed?tag=sea&page=2",
        ] {
            assert_eq!(identity(same), one, "{same}");
        }
        assert_eq!(identity("https://a.example/feed/"), identity("http://a.example/feed"));
        for other in [
            "https://harbour.example/feed?tag=sky&page=2",
            "https://harbour.example/feed",
            "https://harbour.example:8080/feed?tag=sea&page=2",
        ] {
            assert_ne!(identity(other), one, "{other}");
        }
    }
}
