//! Finds the site that a feed speaks for, by its address, its items and its operator.

use std::collections::BTreeMap;

use url::Url;
use wirefold_proto::{FeedId, FeedSettings, FeedSite, ItemSource, NOBODY, Outlet, SiteProof};

use crate::authority::{Authority, attributed, speaks_for};
use crate::outlet::{outlet, site_of};
use crate::owners::{is_shared_host, sites_of_owner};

/// The sites that the items of a feed are attributed to, and the sites that their links lead to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leads {
    /// The number of items attributed to each site. The sites of one publisher count as one.
    attributed: BTreeMap<Outlet, u32>,
    /// The number of items with a link to each site.
    linked: BTreeMap<Outlet, u32>,
    /// The number of items, including those without a link.
    items: u32,
}

impl Leads {
    /// Counts one item.
    pub fn add(&mut self, link: Option<&str>, source: Option<&ItemSource>) {
        self.items += 1;
        let attribution = attributed(None, source, link, None);
        for (site, counts) in
            [(attribution, &mut self.attributed), (link.and_then(site_of), &mut self.linked)]
        {
            let Some(site) = site else { continue };
            let mut owners = sites_of_owner(site.as_str()).iter().filter_map(|site| outlet(site));
            let counted = owners.find(|owned| counts.contains_key(owned));
            *counts.entry(counted.unwrap_or(site)).or_default() += 1;
        }
    }

    /// The site that at least nine in ten items are attributed to and link to. This site may prove
    /// that the feed is its own by a link to it.
    #[must_use]
    pub fn leading(&self) -> Option<&Outlet> {
        let (site, _) = self.most(&self.attributed)?;
        let (linked, _) = self.most(&self.linked)?;
        (site == linked).then_some(site)
    }

    /// The site of at least nine in ten items, and the number of its items.
    fn most<'a>(&self, counts: &'a BTreeMap<Outlet, u32>) -> Option<(&'a Outlet, u32)> {
        let (site, count) = counts.iter().max_by_key(|(_, count)| **count)?;
        (u64::from(*count) * 10 >= u64::from(self.items) * 9).then_some((site, *count))
    }

    fn of(&self, site: &Outlet) -> u32 {
        self.attributed.get(site).copied().unwrap_or(0)
    }
}

/// The site that the operator sets for a feed. `None` if it has to be found.
///
/// The setting `outlet` sets both attribution and authority, `speaks_for` only the authority.
pub(crate) fn outlet_by_operator(feed: &FeedSettings) -> Option<Outlet> {
    match (&feed.speaks_for, &feed.outlet) {
        (Some(site), _) if site.as_str() == NOBODY => Some(own_site(&feed.id, &feed.url)),
        (Some(site), _) => Some(site.clone()),
        (None, outlet) => outlet.clone(),
    }
}

/// The authority of the items of a feed, given the result of the search.
#[must_use]
pub fn authority_of(feed: &FeedSettings, site: Option<&FeedSite>) -> Authority {
    if feed.speaks_for.is_none() && feed.outlet.is_some() {
        return Authority::Operator;
    }
    let site = outlet_by_operator(feed).or_else(|| site.map(|site| site.authority.clone()));
    Authority::Site(site.unwrap_or_else(|| own_site(&feed.id, &feed.url)))
}

/// Whether the result of the search still holds: the operator sets nothing else, and the feed
/// answers at the same site.
#[must_use]
pub fn still_holds(found: &FeedSite, feed: &FeedSettings, address: &str) -> bool {
    match outlet_by_operator(feed) {
        Some(site) => found.how == SiteProof::Operator && found.authority == site,
        None => {
            let is_same = site_of(&found.address) == site_of(address);
            found.how != SiteProof::Operator && (is_same || found.address == address)
        }
    }
}

/// Finds the site that a feed speaks for, without requests to other pages. `address` is the address
/// at which the feed answered. `None` if the feed has no items.
///
/// If [`needs_proof`] is true, the leading site is asked, and [`named_back`] gives the result.
#[must_use]
pub fn find_site(feed: &FeedSettings, address: &str, leads: &Leads) -> Option<FeedSite> {
    let own = own_site(&feed.id, address);
    let sites = u32::try_from(leads.attributed.len()).unwrap_or(u32::MAX);
    let most = leads.most(&leads.attributed);
    let (how, authority) = match (outlet_by_operator(feed), most) {
        (Some(site), _) => (SiteProof::Operator, site),
        _ if leads.items == 0 => return None,
        // Items without links and sources are the feed's own.
        _ if leads.attributed.is_empty() || leads.of(&own) * 2 > leads.items => {
            (SiteProof::Own, own)
        }
        (None, Some((site, _))) if speaks_for(&own, site) => (SiteProof::SameOwner, site.clone()),
        (None, Some(_)) => (SiteProof::Unproven, own),
        (None, None) => (SiteProof::Aggregator, own),
    };
    let count = match (how, most) {
        (SiteProof::Own, _) => leads.of(&authority),
        (_, Some((_, count))) => count,
        (_, None) => leads.items,
    };
    Some(FeedSite {
        leading: most.map(|(site, _)| site.clone()),
        authority,
        how,
        items: count,
        of: leads.items,
        sites,
        address: address.to_owned(),
    })
}

/// Whether the [leading](Leads::leading) site must be asked whether it links to the feed, because
/// nothing else proves the result.
#[must_use]
pub fn needs_proof(found: &FeedSite, leads: &Leads) -> bool {
    found.how == SiteProof::Unproven && leads.leading().is_some()
}

/// The result for a feed that [needs proof](needs_proof) after the leading site named it.
#[must_use]
pub fn named_back(found: FeedSite) -> FeedSite {
    let authority = found.leading.clone().unwrap_or_else(|| found.authority.clone());
    FeedSite { how: SiteProof::NamedBack, authority, ..found }
}

/// The registrable domain of a feed's address. On a shared host, the feed itself.
fn own_site(feed: &FeedId, address: &str) -> Outlet {
    let host = Url::parse(address).ok().and_then(|url| url.host_str().map(str::to_owned));
    let domain = match host.as_deref().is_some_and(is_shared_host) {
        true => None,
        false => site_of(address),
    };
    domain.or_else(|| outlet(&format!("feed:{feed}"))).unwrap_or_else(Outlet::local)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Items by the sites of their pages, and how often; with `<source>` after a space.
    fn leads(items: &[(&str, u32)]) -> Leads {
        let mut leads = Leads::default();
        for (page, times) in items {
            let (page, source) = page.split_once(' ').map_or((*page, None), |(a, b)| (a, Some(b)));
            let link = (!page.is_empty()).then(|| format!("https://{page}/1"));
            let source = source.map(|site| ItemSource {
                name: site.to_owned(),
                url: Some(format!("https://{site}/")),
            });
            for _ in 0..*times {
                leads.add(link.as_deref(), source.as_ref());
            }
        }
        leads
    }

    #[track_caller]
    fn check(feed: &str, items: &[(&str, u32)], is_named: bool, words: &str, site: &str) {
        let settings = FeedSettings::new("f1".parse().unwrap(), feed);
        let items = leads(items);
        let mut found = find_site(&settings, feed, &items).unwrap();
        if is_named && needs_proof(&found, &items) {
            found = named_back(found);
        }
        assert_eq!(found.describe(&settings.id), words, "{feed}");
        assert_eq!(found.authority.as_str(), site, "{feed}");
    }

    #[test]
    fn finds_the_sites_of_typical_feeds() {
        let bbc = "https://feeds.bbci.co.uk/news/rss.xml";
        let own = "40 of 40 items lead to bbc.co.uk: its own feed";
        check(bbc, &[("www.bbc.co.uk", 38), ("www.bbc.com", 2)], false, own, "bbc.co.uk");
        let dj = "https://feeds.a.dj.com/rss/RSSWorldNews.xml";
        check(
            dj,
            &[("www.wsj.com", 20)],
            false,
            "20 of 20 items lead to wsj.com: its own feed",
            "wsj.com",
        );
        let dw = "https://rss.dw.com/rdf/rss-en-all";
        check(
            dw,
            &[("www.dw.com", 9)],
            false,
            "9 of 9 items lead to dw.com: its own feed",
            "dw.com",
        );
        let burner = "https://feeds.feedburner.com/HarbourPost";
        let harbour = [("www.harbour.example", 25)];
        let named = "25 of 25 items lead to harbour.example: its own feed";
        check(burner, &harbour, true, named, "harbour.example");
        let unproven = "25 of 25 items lead to harbour.example, which does not name this feed: it speaks \
                        for itself only; `wirefold feed set f1 --speaks-for harbour.example` if you know \
                        better";
        check(burner, &harbour, false, unproven, "feed:f1");
        let google = "https://news.google.com/rss?hl=en-GB";
        let many = [
            ("news.google.com www.bbc.co.uk", 4),
            ("news.google.com www.reuters.com", 3),
            ("news.google.com www.theguardian.com", 3),
        ];
        check(google, &many, true, "3 sites: an aggregator", "google.com");
        let planet = [("ann.example", 3), ("bob.example", 3), ("cas.example", 2)];
        check(
            "https://planet.example/atom",
            &planet,
            true,
            "3 sites: an aggregator",
            "planet.example",
        );
        let mixed = [("planet.example", 6), ("ann.example", 4)];
        let words = "6 of 10 items lead to planet.example: its own feed";
        check("https://planet.example/atom", &mixed, false, words, "planet.example");
        check(
            "https://a.example/",
            &[("", 3)],
            false,
            "0 of 3 items lead to a.example: its own feed",
            "a.example",
        );
        // Claims without links prove nothing, even if a site names the feed.
        let claims = [("hostile.example www.victim.example", 10)];
        let claimed = "10 of 10 items lead to victim.example, which does not name this feed: it speaks for \
                     hostile.example only; `wirefold feed set f1 --speaks-for victim.example` if you know \
                     better";
        check("https://hostile.example/rss", &claims, true, claimed, "hostile.example");
        let leads_there = [("www.victim.example", 10)];
        check("https://hostile.example/rss", &leads_there, false, claimed, "hostile.example");
    }

    #[test]
    fn the_operators_settings_have_priority() {
        let url = "https://planet.example/atom";
        let feed = FeedSettings::new("f1".parse().unwrap(), url);
        let said = |site: &str| FeedSettings { speaks_for: site.parse().ok(), ..feed.clone() };
        let items = leads(&[("ann.example", 9)]);
        let found = find_site(&said("ann.example"), url, &items).unwrap();
        assert_eq!(found.describe(&feed.id), "speaks for ann.example, as you say");
        assert!(still_holds(&found, &said("ann.example"), "https://elsewhere.example/"));
        assert!(!still_holds(&found, &feed, url) && !still_holds(&found, &said("b.example"), url));
        let nobody = find_site(&said("nobody"), url, &items).unwrap();
        assert_eq!(nobody.authority.as_str(), "planet.example");
        let outlet = FeedSettings { outlet: "ann.example".parse().ok(), ..feed.clone() };
        assert_eq!(authority_of(&outlet, None), Authority::Operator);
        let site = |of: &FeedSettings, known| match authority_of(of, known) {
            Authority::Site(site) => site.to_string(),
            Authority::Operator => String::new(),
        };
        assert_eq!(site(&feed, None), "planet.example");
        assert_eq!(site(&said("ann.example"), Some(&nobody)), "ann.example");
    }

    #[test]
    fn a_result_holds_for_the_address_of_the_feed() {
        let url = "https://harbour.example/rss";
        let feed = FeedSettings::new("f1".parse().unwrap(), url);
        assert_eq!(find_site(&feed, url, &Leads::default()), None);
        let found = find_site(&feed, url, &leads(&[("harbour.example", 2)])).unwrap();
        assert!(still_holds(&found, &feed, "https://www.harbour.example/new"));
        assert!(!still_holds(&found, &feed, "https://hostile.example/rss"));
        let needs = |items: &Leads| needs_proof(&find_site(&feed, url, items).unwrap(), items);
        assert!(needs(&leads(&[("victim.example", 9)])));
        assert!(!needs(&leads(&[("a.example", 5), ("b.example", 5)])));
    }

    /// The sites occur in any order. Those of a known publisher count under the first one.
    #[test]
    fn a_publishers_sites_count_as_one_among_many_others() {
        let mut sites: Vec<(String, u32)> = (0..40).map(|n| (format!("s{n}.example"), 1)).collect();
        let own = ["www.bbc.com", "feeds.bbci.co.uk", "www.bbc.co.uk", "news.sky.com"];
        sites.extend(own.map(|site| (site.to_owned(), 2)));
        let sites: Vec<(&str, u32)> =
            sites.iter().map(|(site, times)| (site.as_str(), *times)).collect();
        let leads = leads(&sites);
        assert_eq!((leads.linked.len(), leads.items), (42, 48));
        let of = |site: &str| leads.of(&site.parse().unwrap());
        assert_eq!((of("bbc.com"), of("bbc.co.uk"), of("sky.com")), (6, 0, 2));
    }
}
