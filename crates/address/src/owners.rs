//! Sites that speak for each other, and shared hosts, which speak for no site.
//!
//! The list is short: it has only sites that are known to belong together and occur in feeds. Any
//! other site can prove by a link on its own page that a feed is its own.

/// Groups of sites of one publisher. Each comment names the reason.
const OWNERS: [&[&str]; 13] = [
    // feeds.bbci.co.uk carries what bbc.co.uk and bbc.com publish.
    &["bbc.co.uk", "bbc.com", "bbci.co.uk"],
    // feeds.a.dj.com and feeds.content.dowjones.io carry what wsj.com publishes.
    &["wsj.com", "dj.com", "dowjones.com", "dowjones.io"],
    // feeds.skynews.com carries what news.sky.com publishes.
    &["sky.com", "skynews.com"],
    // abcnews.com redirects to abcnews.go.com, whose registrable domain is go.com.
    &["go.com", "abcnews.com"],
    // The Guardian's addresses before 2013, which old links and feeds still have.
    &["theguardian.com", "guardian.co.uk"],
    // ep00.epimg.net carried the feeds of elpais.com.
    &["elpais.com", "epimg.net"],
    // Deutsche Welle's addresses before 2012.
    &["dw.com", "dw.de", "dw-world.de"],
    // nyt.com leads to nytimes.com.
    &["nytimes.com", "nyt.com"],
    // The Independent publishes the same under both names.
    &["independent.co.uk", "the-independent.com"],
    // Mail Online publishes the same under these names.
    &["dailymail.co.uk", "dailymail.com", "mailonline.com"],
    // Süddeutsche Zeitung's short name.
    &["sueddeutsche.de", "sz.de"],
    // Al Jazeera in English and in Arabic.
    &["aljazeera.com", "aljazeera.net"],
    // NHK's sites.
    &["nhk.or.jp", "nhk.jp"],
];

/// Hosts that, with all their subdomains, carry the feeds of many people. The host of such a feed
/// does not tell who writes it.
const SHARED: [&str; 32] = [
    // Services that redistribute feeds.
    "feedburner.com",
    "feedproxy.google.com",
    "feedblitz.com",
    "feedsportal.com",
    "feedpress.me",
    "feedpress.com",
    // Services that make feeds from pages and letters.
    "rss.app",
    "fetchrss.com",
    "feed43.com",
    "politepol.com",
    "rsshub.app",
    "openrss.org",
    "kill-the-newsletter.com",
    "fivefilters.org",
    "morss.it",
    // Hosts of podcasts.
    "megaphone.fm",
    "simplecast.com",
    "acast.com",
    "libsyn.com",
    "buzzsprout.com",
    "omnycontent.com",
    // Networks that deliver any content.
    "amazonaws.com",
    "cloudfront.net",
    "azureedge.net",
    "windows.net",
    "googleapis.com",
    "akamaihd.net",
    "fastly.net",
    "b-cdn.net",
    // Code repositories.
    "githubusercontent.com",
    "jsdelivr.net",
    "statically.io",
];

/// Whether both sites belong to one publisher.
pub(crate) fn have_one_owner(one: &str, other: &str) -> bool {
    one == other || sites_of_owner(one).contains(&other)
}

/// The sites of the publisher of a site. Empty if no other site is known.
pub(crate) fn sites_of_owner(site: &str) -> &'static [&'static str] {
    OWNERS.iter().find(|sites| sites.contains(&site)).copied().unwrap_or_default()
}

/// Whether a host carries the feeds of many people.
#[must_use]
pub fn is_shared_host(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    SHARED.iter().any(|shared| {
        let above = host.strip_suffix(shared);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_site_has_one_owner() {
        let mut all: Vec<&str> = OWNERS.iter().flat_map(|sites| sites.iter().copied()).collect();
        let before = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), before);
        for site in all {
            assert_eq!(psl::domain_str(site), Some(site), "a registrable domain");
            assert!(!is_shared_host(site), "{site}");
        }
    }

    #[test]
    fn recognises_shared_hosts_by_their_suffix() {
        for shared in ["feeds.feedburner.com", "FeedBurner.com.", "d1.cloudfront.net", "rss.app"] {
            assert!(is_shared_host(shared), "{shared}");
        }
        for own in ["feeds.bbci.co.uk", "notfeedburner.com", "google.com", "burner.com"] {
            assert!(!is_shared_host(own), "{own}");
        }
    }
}
