//! Which site a feed speaks for. It is decided before the first articles are published, and then
//! kept.

use std::borrow::Cow;

use url::Url;
use wirefold_address::{
    Authority, Leads, authority_of, find_site, named_back, needs_proof, site_of, still_holds,
};
use wirefold_http_client::Response;
use wirefold_proto::{FeedRecord, FeedSettings, FeedSite};

use super::Poller;
use crate::answer::Read;
use crate::feed::Item;
use crate::feed_address::identity;

/// Whether it is known for which site a feed speaks that answers at this address.
fn is_found(record: &FeedRecord, address: &str) -> bool {
    record.site.as_ref().is_some_and(|site| still_holds(site, &vouched(record), address))
}

/// A feed's settings as far as the operator vouches for them: a list that is followed may say whose its
/// items are, and not who says so.
fn vouched(record: &FeedRecord) -> Cow<'_, FeedSettings> {
    match record.managed_by.is_none() && !record.lists.is_empty() {
        true => Cow::Owned(FeedSettings { outlet: None, ..record.feed.clone() }),
        false => Cow::Borrowed(&record.feed),
    }
}

/// Who says what a feed's items say.
pub(super) fn authority(record: &FeedRecord) -> Authority {
    authority_of(&vouched(record), record.site.as_ref())
}

/// Whether that must be found first: the version before has taken articles from it without knowing.
pub(super) fn is_to_be_found(record: &FeedRecord, address: &str) -> bool {
    record.articles > 0 && !is_found(record, address)
}

/// Where the items of a feed lead.
pub(crate) fn leads_of(items: &[Item]) -> Leads {
    let mut leads = Leads::default();
    for item in items {
        leads.add(item.link.as_deref(), item.source.as_ref());
    }
    leads
}

impl Poller {
    /// The site that a feed speaks for: as it was found, else by what it lists now. The outer none says
    /// that the fetcher was stopped over it.
    pub(super) async fn site_of(
        &self,
        record: &FeedRecord,
        answer: &Response,
        read: &Read,
    ) -> Option<Option<FeedSite>> {
        let (address, feed) = (answer.url.as_str(), vouched(record));
        if is_found(record, address) {
            return Some(record.site.clone());
        }
        let leads = leads_of(&read.feed.items);
        let Some(mut found) = find_site(&feed, address, &leads) else { return Some(None) };
        if needs_proof(&found, &leads) {
            let addresses = [identity(&record.feed.url), identity(address)];
            let pages = pages_to_ask(&leads, &read.feed.items);
            if self.is_named(&record.feed.url, &addresses, &pages).await? {
                found = named_back(found);
            }
        }
        let id = &record.feed.id;
        tracing::info!(feed = %id, site = %found.authority, "{}", found.in_words(id));
        Some(Some(found))
    }

    /// Whether one of these pages names a feed at one of these addresses. None says that the fetcher was
    /// stopped over it.
    async fn is_named(&self, feed: &str, addresses: &[String], pages: &[Url]) -> Option<bool> {
        for page in pages {
            let named = tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                named = self.pages.feeds_named_by(page, feed) => named,
            };
            if named.iter().any(|other| addresses.contains(&identity(other))) {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// The pages that may name the feed: the front page of the site that its items lead to, and the page of
/// the newest item there.
fn pages_to_ask(leads: &Leads, items: &[Item]) -> Vec<Url> {
    let is_there = |url: &Url| site_of(url.as_str()).as_ref() == leads.leading();
    let links = items.iter().filter_map(|item| Url::parse(item.link.as_deref()?).ok());
    let Some(item) = links.into_iter().find(is_there) else { return Vec::new() };
    let front = item.join("/").ok();
    front.into_iter().chain([item]).collect()
}
