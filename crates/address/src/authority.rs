//! The site that is responsible for the claims of an article about itself.
//!
//! *Attribution* is the outlet to which the article is attributed: wirefold names and counts
//! outlets by it. *Authority* is the site whose feed makes the claim: versions, history, learned
//! boilerplate and the right to represent a story belong to it.

use url::Url;
use wirefold_proto::{ItemSource, Outlet};

use crate::outlet::{of_source, outlet, outlet_from_name, site_of, without_scheme};
use crate::owners::{have_one_owner, is_shared_host};

/// The source of an article's claims about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// The operator, a person or a program. Any outlet that they name is accepted.
    Operator,
    /// A feed that speaks for this site.
    Site(Outlet),
}

impl Authority {
    /// The authority of a feed, given only by one of these: its address, a bare domain, or an id
    /// without a site, which is the operator's own.
    ///
    /// ```
    /// use wirefold_address::Authority;
    ///
    /// let site = |feed| match Authority::of_feed(feed) {
    ///     Authority::Site(site) => site.to_string(),
    ///     Authority::Operator => "operator".to_owned(),
    /// };
    /// assert_eq!(site("https://feeds.bbci.co.uk/news/rss.xml"), "bbci.co.uk");
    /// assert_eq!(site("planet.example"), "planet.example");
    /// assert_eq!(site("planet.example/atom"), "planet.example");
    /// assert_eq!(site("wire-desk"), "operator");
    /// ```
    ///
    /// Any other text speaks for no site: a typing error in an address must not give a stranger the
    /// rights of the operator.
    #[must_use]
    pub fn of_feed(feed: &str) -> Self {
        let feed = feed.trim();
        let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if feed.chars().all(is_id) {
            return Self::Operator;
        }
        let bare = feed.strip_prefix("feed:").unwrap_or(feed);
        let url = Url::parse(bare).ok().filter(Url::has_host).or_else(|| without_scheme(bare));
        let site = url.as_ref().and_then(of_address);
        let unreadable = || outlet(&format!("feed:{feed}")).or_else(|| outlet("feed:unreadable"));
        site.or_else(unreadable).map_or(Self::Operator, Self::Site)
    }

    /// The `via` of an article: the site that makes its claims, if it does not speak for the outlet
    /// or for the site of the page.
    #[must_use]
    pub fn via(&self, of: &Outlet, page: Option<&str>) -> Option<Outlet> {
        let Self::Site(site) = self else { return None };
        let authority = if speaks_for(site, of) { of } else { site };
        let is_own_page = page.and_then(site_of).is_none_or(|page| speaks_for(site, &page));
        (authority != of || !is_own_page).then(|| authority.clone())
    }
}

/// Whether an authority is a site, and not one feed of many on a host or an unreadable feed.
fn is_site(authority: &Outlet) -> bool {
    !authority.as_str().starts_with("feed:")
}

/// The registrable domain of a feed's address. On shared hosts, the address itself.
fn of_address(url: &Url) -> Option<Outlet> {
    let host = url.host_str()?;
    match is_shared_host(host) {
        true => outlet(&format!("feed:{host}{}", &url[url::Position::BeforePath..])),
        false => site_of(url.as_str()),
    }
}

/// Whether a site speaks for an outlet: they are the same, or belong to one publisher.
#[must_use]
pub fn speaks_for(site: &Outlet, of: &Outlet) -> bool {
    have_one_owner(site.as_str(), of.as_str())
}

/// The outlet to which an article is attributed: the outlet that it names, else the site of its
/// source, of its link, or of its feed. `None` if nothing is known.
#[must_use]
pub fn attributed(
    outlet: Option<&str>,
    source: Option<&ItemSource>,
    link: Option<&str>,
    feed: Option<&str>,
) -> Option<Outlet> {
    let of_feed = || match Authority::of_feed(feed?) {
        Authority::Site(site) => feed.and_then(site_of).or(Some(site).filter(is_site)),
        Authority::Operator => None,
    };
    let claimed = outlet.and_then(outlet_from_name).or_else(|| source.and_then(of_source));
    claimed.or_else(|| link.and_then(site_of)).or_else(of_feed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_speaks_for_itself_and_its_owners_sites() {
        let check = |feed: &str, of: &str, page: Option<&str>, via: Option<&str>| {
            let found = Authority::of_feed(feed).via(&of.parse().unwrap(), page);
            assert_eq!(found.as_ref().map(Outlet::as_str), via, "{feed} of {of} at {page:?}");
        };
        let bbc = Some("https://www.bbc.co.uk/news/1");
        check("https://feeds.bbci.co.uk/news/rss.xml", "bbc.co.uk", bbc, None);
        check("https://feeds.bbci.co.uk/news/rss.xml", "bbc.com", bbc, None);
        check("bbc.com", "bbc.co.uk", bbc, None);
        check("wire-desk", "bbc.co.uk", bbc, None);
        check("https://planet.example/atom", "bbc.co.uk", bbc, Some("planet.example"));
        check("https://feeds.a.dj.com/rss/RSSWorldNews.xml", "wsj.com", None, None);
        check("https://feeds.bbci.co.uk/news/rss.xml", "the wire", bbc, Some("bbci.co.uk"));
        // A site that claims another site's page is not its author.
        check("https://hostile.example/rss", "hostile.example", bbc, Some("hostile.example"));
        check("https://planet.example/", "planet.example", Some("https://planet.example/a"), None);
        check("https://planet.example/", "planet.example", None, None);
        let burner = "https://feeds.feedburner.com/Harbour?format=xml";
        let said = "feed:feeds.feedburner.com harbour?format=xml";
        check(burner, "harbour.example", Some("https://harbour.example/a"), Some(said));
        check("http://127.0.0.1:80/feed", "127.0.0.1", Some("http://127.0.0.1/a"), None);
    }

    #[test]
    fn a_typing_error_in_an_address_gives_no_rights_of_the_operator() {
        let own = "https://bbc.co.uk/news/1";
        for feed in [
            "evil.example/rss",
            "//evil.example/rss",
            "feed:evil.example/rss",
            "feed://evil.example/rss",
            "feed:https://evil.example/rss",
            "evil.example:8080",
            "EVIL.EXAMPLE",
        ] {
            let via = Authority::of_feed(feed).via(&"bbc.co.uk".parse().unwrap(), Some(own));
            assert_eq!(via.as_ref().map(Outlet::as_str), Some("evil.example"), "{feed}");
        }
        for feed in ["file:///x", "urn:x", "not a feed !!", "https://", "mailto:a@b.example", "%"] {
            let via = Authority::of_feed(feed).via(&"bbc.co.uk".parse().unwrap(), Some(own));
            assert!(via.is_some(), "{feed}");
        }
        for feed in ["wire-desk", "local", "desk_7", ""] {
            assert_eq!(Authority::of_feed(feed), Authority::Operator, "{feed}");
        }
    }

    #[test]
    fn the_outlet_is_the_claimed_one_or_the_site() {
        let check = |name: Option<&str>, page: Option<&str>, expected: Option<&str>| {
            let found = attributed(name, None, page, Some("https://planet.example/atom"));
            assert_eq!(found.as_ref().map(Outlet::as_str), expected);
        };
        check(Some("The Ledger"), Some("https://a.example/"), Some("the ledger"));
        check(None, Some("https://www.a.example/x"), Some("a.example"));
        check(None, None, Some("planet.example"));
        assert_eq!(attributed(None, None, None, Some("desk")), None);
    }
}
