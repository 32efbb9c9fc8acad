//! Which site a feed speaks for. This is decided before the first articles are published, and stored.

use std::borrow::Cow;

use url::Url;
use wirefold_address::{
    Authority, Leads, authority_of, find_site, named_back, needs_proof, site_of, still_holds,
};
use wirefold_http_client::Response;
use wirefold_proto::{FeedRecord, FeedSettings, FeedSite};

use super::Poller;
use crate::answer::ParsedFeed;
use crate::feed_address::identity;
use wirefold_feed::Item;

/// Whether the stored site of a feed applies to an answer from this address.
fn has_valid_site(record: &FeedRecord, address: &str) -> bool {
    record.site.as_ref().is_some_and(|site| still_holds(site, &trusted_settings(record), address))
}

/// A feed's settings without those that only the operator may decide: a remote list must not set the
/// outlet that a feed speaks for.
fn trusted_settings(record: &FeedRecord) -> Cow<'_, FeedSettings> {
    match record.managed_by.is_none() && !record.lists.is_empty() {
        true => Cow::Owned(FeedSettings { outlet: None, ..record.feed.clone() }),
        false => Cow::Borrowed(&record.feed),
    }
}

/// The authority for a feed's items.
pub(super) fn authority(record: &FeedRecord) -> Authority {
    authority_of(&trusted_settings(record), record.site.as_ref())
}

/// Whether the site must be found although the feed has articles, as after an upgrade from a release
/// without sites.
pub(super) fn needs_site(record: &FeedRecord, address: &str) -> bool {
    record.articles > 0 && !has_valid_site(record, address)
}

/// The sites that the items of a feed link to.
pub(crate) fn leads_of(items: &[Item]) -> Leads {
    let mut leads = Leads::default();
    for item in items {
        leads.add(item.link.as_deref(), item.source.as_ref());
    }
    leads
}

impl Poller {
    /// The site that a feed speaks for: the stored one, else by its items. The outer `None` means that the
    /// fetcher was stopped.
    pub(super) async fn site_of(
        &self,
        record: &FeedRecord,
        answer: &Response,
        read: &ParsedFeed,
    ) -> Option<Option<FeedSite>> {
        let (address, feed) = (answer.url.as_str(), trusted_settings(record));
        if has_valid_site(record, address) {
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
        tracing::info!(feed = %id, site = %found.authority, "{}", found.describe(id));
        Some(Some(found))
    }

    /// Whether one of these pages names a feed at one of these addresses; `None` if the fetcher was
    /// stopped.
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

/// The pages that may name the feed: the front page of the site that most items link to, and the page of
/// the newest item there.
fn pages_to_ask(leads: &Leads, items: &[Item]) -> Vec<Url> {
    let is_there = |url: &Url| site_of(url.as_str()).as_ref() == leads.leading();
    let links = items.iter().filter_map(|item| Url::parse(item.link.as_deref()?).ok());
    let Some(item) = links.into_iter().find(is_there) else { return Vec::new() };
    let front = item.join("/").ok();
    front.into_iter().chain([item]).collect()
}
