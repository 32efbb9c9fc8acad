//! Which site an address belongs to.

use url::{Host, Url};
use wirefold_address::is_shared_host;

/// The owner of a feed by its address: its site. On a host with the feeds of many people, each feed is
/// its own owner.
pub(crate) fn owner(feed: &str) -> String {
    let is_own = |url: &Url| !url.host_str().is_some_and(is_shared_host);
    let site = Url::parse(feed).ok().filter(is_own);
    site.map_or_else(|| feed.to_owned(), |url| host_key(&url))
}

/// Whether two addresses are of one site.
pub(crate) fn is_one_site(one: &Url, other: &Url) -> bool {
    host_key(one) == host_key(other)
}

/// The key of a host for limits: its registrable domain. An IP address or a name without a domain is
/// a machine of its own, and its key includes the port.
pub(crate) fn host_key(url: &Url) -> String {
    let with_port = |host: &str| format!("{host}:{}", url.port_or_known_default().unwrap_or(0));
    match url.host() {
        Some(Host::Domain(name)) => {
            psl::domain_str(name).map_or_else(|| with_port(name), str::to_owned)
        }
        Some(address) => with_port(&address.to_string()),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_belongs_to_its_site_except_on_shared_hosts() {
        let a = "https://feeds.wire.example/world.xml";
        assert_eq!(owner(a), owner("http://www.wire.example/sport"));
        assert_ne!(owner(a), owner("https://post.example/world.xml"));
        let shared = "https://feeds.feedburner.com/one";
        assert_ne!(owner(shared), owner("https://feeds.feedburner.com/two"));
    }
}
