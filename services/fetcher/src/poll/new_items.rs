//! Turns new and changed items of a feed into articles and publishes them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

use wirefold_address::{Arrival, Authority, Identified, identify, site_of};
use wirefold_envelope::timestamp;
use wirefold_flow::{Point, UnixMillis};
use wirefold_proto::{ArticleFetched, FeedRecord, ItemIdentity, SubmittedArticle, TextSource};

use super::Poller;
use super::flood::find_flood;
use super::item_list::{ItemList, ListedItem, list_items};
use super::outcome::Listing;
use super::site;
use crate::FetcherError;
use crate::answer::ParsedFeed;
use crate::article::to_submitted;
use crate::extract::{Page, Rule};
use crate::metrics::{FORGOTTEN, ITEMS, PAGES};
use crate::pages::{PageResult, TEASER_WORDS};
use crate::state::{Memo, SeenItem};
use wirefold_feed::Item;

/// How long the pages of one poll may take together. The remaining items are published with their
/// teasers.
const MAX_PAGES_TIME: Duration = Duration::from_mins(10);

/// The origin of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemOrigin {
    /// The feed itself.
    Feed,
    /// An archive of the feed. Its items never alert.
    Archive,
}

/// The data that all articles of one poll share.
struct Batch<'a> {
    record: &'a FeedRecord,
    seen: UnixMillis,
    /// The site that the feed speaks for.
    authority: Authority,
    /// The selectors for article pages, from the settings of the feed.
    rule: Rule,
    is_baseline: bool,
    /// For each item, whether it is an old one that came in a flood.
    flood: Vec<bool>,
    /// The indexes, in the feed, of the items whose pages are fetched.
    with_page: HashSet<usize>,
}

/// An article, and whether the feed's rule found it on its page; `None` for an item without words.
type ItemArticle = Option<(ArticleFetched, Option<bool>)>;

impl Poller {
    /// Publishes new and changed items, the oldest first, and remembers them once all are stored.
    /// Returns `None` if the fetcher was stopped. Then nothing is remembered, and the next poll repeats
    /// the work.
    pub(crate) async fn publish_new_items(
        &self,
        record: &FeedRecord,
        memo: &Memo,
        read: &ParsedFeed,
        origin: ItemOrigin,
    ) -> Result<Option<Listing>, FetcherError> {
        let id = &record.feed.id;
        // The seen items are read, extended and written back, by one task at a time.
        let _lock = self.feed_locks.lock(id).await;
        let now = self.context.clock.now();
        let before = self.store.load_seen(id).await?;
        let identity = match record.feed.identity {
            ItemIdentity::Auto => memo.identity.unwrap_or(ItemIdentity::Auto),
            chosen => chosen,
        };
        let ItemList { items, identity } = list_items(read, &before, identity);
        let list = ItemList { items: self.without_forgotten(items).await?, identity };
        let mut listing = Listing::of(read, &list);
        let listed = list.items;
        let flood = find_flood(record, &listed, timestamp(now));
        let batch = Batch {
            record,
            seen: now,
            authority: site::authority(record),
            rule: Rule::of(&record.feed),
            is_baseline: origin == ItemOrigin::Archive
                || (self.settings.baseline && record.last_good.is_none()),
            flood,
            with_page: self.with_page(record, &listed),
        };
        let mut seen = before.clone();
        let mut window = self.publisher.window();
        let mut account = self.budgets.account(&record.feed, memo.spent.as_ref(), now);
        for (index, item) in listed.iter().enumerate().rev() {
            let is_old_news = origin == ItemOrigin::Archive && item.known.is_some();
            if is_old_news {
                // An item of an archive is never a newer version of a remembered one.
                continue;
            }
            let was_baseline = item.known.is_some_and(|known| known.is_baseline);
            let (article, is_baseline) = match item.unchanged() {
                Some(known) => (known.article, was_baseline),
                None => {
                    let Some(converted) = self.article(&batch, index, item).await else {
                        window.finish().await?;
                        return Ok(None);
                    };
                    let Some((mut article, is_found)) = converted else { continue };
                    listing.ruled += usize::from(is_found.is_some());
                    listing.missed += usize::from(is_found == Some(false));
                    let (article_id, is_baseline) = (article.id, article.article.baseline);
                    // A new teaser for the same page is not a new article.
                    if item.known.is_none_or(|known| known.article != article_id) {
                        listing.published += 1;
                        article.article.beyond_budget = account.is_beyond(&article);
                        window.push(article).await?;
                    }
                    (article_id, was_baseline || is_baseline)
                }
            };
            let (content, page) = (item.content, item.page);
            // Items of an archive never push out items that the feed lists.
            if origin == ItemOrigin::Feed || !seen.is_full() {
                let day = day(now);
                seen.put(&item.key, SeenItem { content, article, day, page, is_baseline });
            }
        }
        window.finish().await?;
        listing.spent = Some(account.spent());
        crate::check_fail_point(&self.context, Point::Published)?;
        seen.prune(day(now));
        if seen != before {
            self.store.put_seen(id, &seen).await?;
        }
        ITEMS.add(listing.new as u64, &["new"]);
        ITEMS.add(listing.changed as u64, &["changed"]);
        ITEMS.add((listing.listed - listing.new - listing.changed) as u64, &["known"]);
        Ok(Some(listing))
    }

    /// The items without those whose articles people had wirefold forget.
    async fn without_forgotten<'a>(
        &self,
        listed: Vec<ListedItem<'a>>,
    ) -> Result<Vec<ListedItem<'a>>, FetcherError> {
        let mut left = Vec::with_capacity(listed.len());
        for item in listed {
            let is_forgotten = match item.item.link.as_deref() {
                Some(link) if item.unchanged().is_none() => {
                    self.publisher.has_forgotten(link).await?
                }
                _ => false,
            };
            if is_forgotten {
                FORGOTTEN.add(1, &[]);
            } else {
                left.push(item);
            }
        }
        Ok(left)
    }

    /// The items whose pages are fetched: the first ones, since feeds list the newest first.
    fn with_page(&self, record: &FeedRecord, listed: &[ListedItem<'_>]) -> HashSet<usize> {
        let is_wanted = |(_, item): &(usize, &ListedItem<'_>)| {
            let wanted = self.pages.are_wanted(record.feed.full_text, item.words);
            wanted && item.unchanged().is_none() && item.item.link.is_some()
        };
        let mut wanted: Vec<usize> =
            listed.iter().enumerate().filter(is_wanted).map(|(index, _)| index).collect();
        let beyond = wanted.len().saturating_sub(self.settings.pages_per_poll);
        if beyond > 0 {
            PAGES.add(beyond as u64, &["too_many"]);
            wanted.truncate(self.settings.pages_per_poll);
        }
        wanted.into_iter().collect()
    }

    /// The article of an item; `None` if the fetcher was stopped while it fetched the page.
    async fn article(
        &self,
        batch: &Batch<'_>,
        index: usize,
        listed: &ListedItem<'_>,
    ) -> Option<ItemArticle> {
        let link = listed.item.link.as_deref().filter(|_| batch.with_page.contains(&index));
        let spent = self.context.clock.now().since(batch.seen);
        let page_result = match link {
            None => PageResult::default(),
            Some(_) if spent > MAX_PAGES_TIME => {
                PAGES.add(1, &["too_late"]);
                PageResult::default()
            }
            Some(link) => tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                page_result = self.pages.full_text(link, &batch.record.feed.url, listed.words, &batch.rule) => page_result,
            },
        };
        let is_old = batch.is_baseline || batch.flood.get(index).is_some_and(|is_old| *is_old);
        let is_found = page_result.is_found;
        Some(article_of(batch, listed, page_result, is_old).map(|article| (article, is_found)))
    }
}

fn article_of(
    batch: &Batch<'_>,
    listed: &ListedItem<'_>,
    page_result: PageResult,
    is_old: bool,
) -> Option<ArticleFetched> {
    let Batch { record, seen, .. } = batch;
    let feed_text = || listed.text().to_owned();
    let (item, text, text_source) = match page_result.better {
        None if listed.words < TEASER_WORDS => {
            (Cow::Borrowed(listed.item), feed_text(), TextSource::Teaser)
        }
        None => (Cow::Borrowed(listed.item), feed_text(), TextSource::Feed),
        Some(page) => {
            let item = filled_in(listed.item, &page);
            (Cow::Owned(item), page.text, TextSource::Page)
        }
    };
    let feed = &record.feed;
    let submitted = SubmittedArticle {
        outlet: feed.outlet.as_ref().map(ToString::to_string),
        ..to_submitted(&item, text)
    };
    let arrival = Arrival {
        feed: feed.id.clone(),
        authority: batch.authority.clone(),
        outlet: site_of(&feed.url),
        text_source,
        seen: timestamp(*seen),
    };
    let Identified { mut article, former_id } = identify(submitted, &arrival).ok()?;
    let about = &mut article.article;
    about.paywalled = page_result.is_paywalled;
    about.baseline = is_old && listed.known.is_none();
    about.updates_baseline = listed.known.is_some_and(|known| known.is_baseline);
    about.item_key.clone_from(&listed.key);
    let before = listed.known.map(|known| known.article);
    if let Some(former) = former_id.filter(|former| before == Some(*former)) {
        // It has not changed and is stored under the id of the previous rule.
        article.id = former;
    }
    about.version_of = before.filter(|before| *before != article.id);
    Some(article)
}

/// The item with its missing fields filled in from its page.
fn filled_in(item: &Item, page: &Page) -> Item {
    let mut item = item.clone();
    if item.title.is_empty() {
        item.title = page.title.clone().unwrap_or_default();
    }
    if item.authors.is_empty() {
        item.authors.extend(page.byline.clone());
    }
    item.published = item.published.or(page.published);
    item.language = item.language.or_else(|| page.language.clone());
    item
}

/// The day of a time, counted from 1970.
fn day(time: UnixMillis) -> u32 {
    u32::try_from(time.0 / 86_400_000).unwrap_or(u32::MAX)
}
