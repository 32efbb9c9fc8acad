//! Turns new and changed items of a feed into articles and publishes them.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::Timestamp;
use url::Url;
use wirefold_address::{
    Arrival, Authority, Leads, authority_of, find_site, identify, named_back, needs_proof, site_of,
    still_holds,
};
use wirefold_envelope::timestamp;
use wirefold_feed::Item;
use wirefold_flow::{Point, UnixMillis};
use wirefold_http_client::Response;
use wirefold_proto::{
    ArticleFetched, FeedRecord, FeedSettings, FeedSite, ItemIdentity, SubmittedArticle, TextSource,
};

use super::Poller;
use super::outcome::Listing;
use crate::FetcherError;
use crate::answer::{ParsedFeed, text_of};
use crate::article::{item_key, page_and_title, to_submitted};
use crate::budget::Account;
use crate::extract::{Page, Rule};
use crate::feed_address::identity;
use crate::metrics::{FORGOTTEN, ITEMS, PAGES};
use crate::pages::{PageResult, TEASER_WORDS};
use crate::publish::Window;
use crate::stable_hash::hash;
use crate::state::{PollState, SeenItem, SeenItems};

/// How long the pages of one poll may take together. The remaining items are published with their
/// teasers.
const MAX_PAGES_TIME: Duration = Duration::from_mins(10);

/// The articles of one poll while they are published.
struct Batch<'a> {
    record: &'a FeedRecord,
    now: UnixMillis,
    /// The site that the feed speaks for.
    authority: Authority,
    /// The selectors for article pages, from the settings of the feed.
    rule: Rule,
    is_baseline: bool,
    seen: SeenItems,
    window: Window,
    account: Account<'a>,
    listing: Listing,
}

impl Poller {
    /// Publishes new and changed items, the oldest first, and remembers them once all are stored.
    /// Returns `None` if the fetcher was stopped. Then nothing is remembered, and the next poll repeats
    /// the work.
    pub(crate) async fn publish_new_items(
        &self,
        record: &FeedRecord,
        state: &PollState,
        read: &ParsedFeed,
    ) -> Result<Option<Listing>, FetcherError> {
        let id = &record.feed.id;
        let now = self.context.clock.now();
        let before = self.store.load_seen(id).await?;
        let identity = match record.feed.identity {
            ItemIdentity::Auto => state.identity.unwrap_or(ItemIdentity::Auto),
            chosen => chosen,
        };
        let mut list = list_items(read, &before, identity, record.last_good);
        self.leave_out_forgotten(&mut list.items).await?;
        mark_flood(&mut list.items, record, before.entries().count(), timestamp(now));
        self.choose_pages(record, &mut list.items);
        let mut batch = Batch {
            record,
            now,
            authority: authority(record),
            rule: Rule::of(&record.feed),
            is_baseline: self.settings.baseline && record.last_good.is_none(),
            seen: before.clone(),
            window: self.publisher.window(),
            account: self.budgets.account(&record.feed, state.spent.as_ref(), now),
            listing: Listing::of(&list),
        };
        for item in list.items.iter().rev() {
            if !self.publish_item(&mut batch, item).await? {
                batch.window.finish().await?;
                return Ok(None);
            }
        }
        let Batch { mut seen, window, account, mut listing, .. } = batch;
        window.finish().await?;
        listing.spent = Some(account.spent());
        crate::check_fail_point(&self.context, Point::Published)?;
        seen.prune(day(now));
        if seen != before {
            self.store.put_seen(id, &seen).await?;
        }
        let known = listing.listed - listing.new - listing.changed;
        for (count, kind) in [(listing.new, "new"), (listing.changed, "changed"), (known, "known")]
        {
            ITEMS.add(count as u64, &[kind]);
        }
        Ok(Some(listing))
    }

    /// Publishes an item that is new or changed, and remembers it. `false` if the fetcher stops.
    async fn publish_item(
        &self,
        batch: &mut Batch<'_>,
        item: &ListedItem<'_>,
    ) -> Result<bool, FetcherError> {
        let mut is_baseline = item.known.is_some_and(|known| known.is_baseline);
        let article = match item.unchanged() {
            Some(known) => known.article,
            None => {
                let Some(mut page) = self.read_page(batch, item).await else { return Ok(false) };
                let better = page.better.take();
                let Some(mut article) = article_of(batch, item, better) else { return Ok(true) };
                let (id, about) = (article.id, &mut article.article);
                about.paywalled = page.is_paywalled;
                is_baseline |= about.baseline;
                batch.listing.count_page(&page);
                // A new teaser for the same page is not a new article.
                if item.known.is_none_or(|known| known.article != id) {
                    batch.listing.published += 1;
                    article.article.beyond_budget = batch.account.is_beyond(&article);
                    batch.window.push(article).await?;
                }
                id
            }
        };
        let ListedItem { content, page, parts, .. } = *item;
        let day = day(batch.now);
        batch.seen.put(&item.key, SeenItem { content, article, day, page, parts, is_baseline });
        Ok(true)
    }

    /// Removes the items whose articles people had wirefold forget.
    async fn leave_out_forgotten(
        &self,
        items: &mut Vec<ListedItem<'_>>,
    ) -> Result<(), FetcherError> {
        for item in std::mem::take(items) {
            let link = item.item.link.as_deref().filter(|_| item.unchanged().is_none());
            if let Some(link) = link
                && self.publisher.has_forgotten(link).await?
            {
                FORGOTTEN.add(1, &[]);
            } else {
                items.push(item);
            }
        }
        Ok(())
    }

    /// Chooses the items whose pages are fetched: the first ones, since feeds list the newest first.
    fn choose_pages(&self, record: &FeedRecord, items: &mut [ListedItem<'_>]) {
        let mut chosen = 0;
        for item in items {
            let is_wanted = self.pages.are_wanted(record.feed.full_text, item.words);
            if is_wanted && item.unchanged().is_none() && item.item.link.is_some() {
                item.has_page = chosen < self.settings.pages_per_poll;
                chosen += 1;
            }
        }
        let beyond = chosen.saturating_sub(self.settings.pages_per_poll);
        if beyond > 0 {
            PAGES.add(beyond as u64, &["too_many"]);
        }
    }

    /// Reads the page of an item, if it is to be fetched; `None` if the fetcher was stopped meanwhile.
    async fn read_page(&self, batch: &Batch<'_>, item: &ListedItem<'_>) -> Option<PageResult> {
        let Some(link) = item.item.link.as_deref().filter(|_| item.has_page) else {
            return Some(PageResult::default());
        };
        if self.context.clock.now().since(batch.now) > MAX_PAGES_TIME {
            PAGES.add(1, &["too_late"]);
            return Some(PageResult::default());
        }
        let about = (item.item.title.as_str(), item.text(), item.words);
        let reading = self.pages.full_text(link, &batch.record.feed.url, about, &batch.rule);
        self.stop.run_until_cancelled(reading).await
    }
}

/// The article of an item, with the text of its page if that is better; `None` if it has no words.
fn article_of(
    batch: &Batch<'_>,
    listed: &ListedItem<'_>,
    better: Option<Page>,
) -> Option<ArticleFetched> {
    let (item, text, text_source) = match better {
        Some(page) => (Cow::Owned(filled_in(listed.item, &page)), page.text, TextSource::Page),
        None => {
            let is_teaser = listed.words < TEASER_WORDS;
            let text_source = if is_teaser { TextSource::Teaser } else { TextSource::Feed };
            (Cow::Borrowed(listed.item), listed.text().to_owned(), text_source)
        }
    };
    let feed = &batch.record.feed;
    let submitted = SubmittedArticle {
        outlet: feed.outlet.as_ref().map(ToString::to_string),
        ..to_submitted(&item, text)
    };
    let arrival = Arrival {
        feed: feed.id.clone(),
        authority: batch.authority.clone(),
        outlet: site_of(&feed.url),
        text_source,
        seen: timestamp(batch.now),
    };
    let mut article = identify(submitted, &arrival).ok()?;
    let about = &mut article.article;
    about.baseline = (batch.is_baseline || listed.is_old) && listed.known.is_none();
    about.updates_baseline = listed.known.is_some_and(|known| known.is_baseline);
    about.item_key.clone_from(&listed.key);
    let before = listed.known.map(|known| known.article);
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

/// An item that was published this long before the last good poll is old.
const OLD_AFTER: Duration = Duration::from_hours(48);
/// The same if no item is known, as after a move of the site that changed titles and texts too; and for a date without a time,
/// which may be any hour of its day.
const OLD_IN_MOVE_AFTER: Duration = Duration::from_hours(1);
const OLD_DAY_IN_MOVE_AFTER: Duration = Duration::from_hours(25);
/// The fewest old items of a flood, and of a move.
const MIN_FLOOD: usize = 10;
const MIN_MOVED: usize = 3;
/// If a feed was read within this time, it is suspicious that all of its items are new.
const READ_RECENTLY: Duration = Duration::from_hours(24);

/// Marks the old items that came in a flood. A site that moved has no more old items than were remembered.
fn mark_flood(
    items: &mut [ListedItem<'_>],
    record: &FeedRecord,
    remembered: usize,
    now: Timestamp,
) {
    // At the first good poll, either all items are baseline or no item is.
    let Some(last_good) = record.last_good else { return };
    let was_read_recently = now.duration_since(last_good) < signed(READ_RECENTLY);
    let new = items.iter().filter(|item| item.known.is_none()).count();
    let is_all_new = new == items.len();
    let is_old = |item: &ListedItem<'_>| match item.item.published {
        Some(published) => {
            let is_day = published.as_second().rem_euclid(86_400) == 0;
            let after = match (is_all_new, is_day) {
                (false, _) => OLD_AFTER,
                (true, false) => OLD_IN_MOVE_AFTER,
                (true, true) => OLD_DAY_IN_MOVE_AFTER,
            };
            last_good.duration_since(published) > signed(after)
        }
        None => is_all_new && new >= MIN_FLOOD && was_read_recently,
    };
    items.iter_mut().for_each(|item| item.is_old = item.known.is_none() && is_old(item));
    let count = items.iter().filter(|item| item.is_old).count();
    let fewest = if is_all_new && count <= remembered { MIN_MOVED } else { MIN_FLOOD };
    if count < fewest || count * 2 < new {
        items.iter_mut().for_each(|item| item.is_old = false);
    }
}

fn signed(duration: Duration) -> jiff::SignedDuration {
    jiff::SignedDuration::try_from(duration).unwrap_or(jiff::SignedDuration::MAX)
}

/// The fewest recognised items from which the keys count as changed.
const MIN_RECOGNISED: usize = 3;
/// The share of the new items that must be recognised for that.
const RECOGNISED_SHARE: f64 = 0.8;
/// The same if every item has a new key, as after a move of the site: the rest are news that came with it.
const RECOGNISED_OF_MOVED: f64 = 0.25;
/// The fewest words of a title or text that identifies an item by itself.
const TELLING_PART: usize = 5;

/// A listed item, and the remembered item that it matches.
pub(super) struct ListedItem<'a> {
    pub(super) item: &'a Item,
    /// The key that identifies it in its feed.
    pub(super) key: String,
    /// How many words its text in the feed has.
    pub(super) words: usize,
    /// A hash of its title and texts in the feed.
    pub(super) content: u64,
    /// A hash of its link and title.
    pub(super) page: u64,
    /// The same with the link of the other scheme, `http` or `https`.
    page_by_other_scheme: u64,
    /// Hashes of its title and of its text; 0 for one that is too short to identify it.
    pub(super) parts: [u64; 2],
    pub(super) known: Option<SeenItem>,
    /// Whether it is an old one that came in a flood.
    is_old: bool,
    /// Whether its page is fetched.
    has_page: bool,
}

impl ListedItem<'_> {
    /// The remembered item, if its content has not changed.
    pub(super) fn unchanged(&self) -> Option<SeenItem> {
        self.known.filter(|known| known.content == self.content)
    }

    /// Its best text in the feed.
    fn text(&self) -> &str {
        text_of(self.item)
    }
}

/// The items of a feed.
pub(super) struct ItemList<'a> {
    pub(super) items: Vec<ListedItem<'a>>,
    /// The part of an item that identifies it from the next poll on, if that must change.
    pub(super) identity: Option<ItemIdentity>,
}

/// The items in the order of the feed, each once, without those that have no words.
///
/// If items with different links share a key, the link identifies them. An item with a new key, but
/// with the link and title of an item that is no longer listed, is that item. If most new items repeat
/// remembered ones word for word, the keys have changed and not the items. If no key is known, the site may
/// have moved. Then a quarter is enough, and the title or the text of an item that is older than the last good poll.
pub(super) fn list_items<'a>(
    read: &'a ParsedFeed,
    seen: &SeenItems,
    identity: ItemIdentity,
    last_good: Option<Timestamp>,
) -> ItemList<'a> {
    let mut items = items_with_keys(read, seen, identity);
    let repeats = have_shared_keys(&items, identity);
    let recognised = recognise(&mut items, seen, last_good);
    let identity = match (identity, recognised) {
        (ItemIdentity::Auto, _) if repeats => Some(ItemIdentity::Link),
        (ItemIdentity::Auto, Recognition::ByPage) => Some(ItemIdentity::Link),
        (ItemIdentity::Auto | ItemIdentity::Link, Recognition::ByWords) => {
            Some(ItemIdentity::Title)
        }
        _ => None,
    };
    ItemList { items, identity }
}

fn items_with_keys<'a>(
    read: &'a ParsedFeed,
    seen: &SeenItems,
    identity: ItemIdentity,
) -> Vec<ListedItem<'a>> {
    let (mut keys, mut listed_texts) = (HashSet::new(), HashSet::new());
    let mut listed = Vec::with_capacity(read.feed.items.len());
    for (item, words) in read.feed.items.iter().zip(&read.words) {
        if item.title.is_empty() && text_of(item).is_empty() {
            continue;
        }
        let mut key = item_key(item, identity);
        let told = [item.title.as_str(), text_of(item), item.teaser.as_deref().unwrap_or("")];
        let content = hash(&told);
        // The same key, link and words: the same item, listed twice.
        if !listed_texts.insert((hash(&[&key, item.link.as_deref().unwrap_or_default()]), content))
        {
            continue;
        }
        if keys.contains(&key) {
            key = format!("{key} {}", item.link.as_deref().unwrap_or(&item.title));
        }
        if !keys.insert(key.clone()) {
            continue;
        }
        let known = seen.get(&key);
        let pages = page_and_title(item).map_or((0, 0), |(page, title)| {
            (hash(&[&page, &title]), hash(&[&with_other_scheme(&page), &title]))
        });
        let (page, page_by_other_scheme) = pages;
        let (words, parts) = (*words, parts_of(item, *words));
        listed.push(ListedItem {
            item,
            key,
            words,
            content,
            page,
            page_by_other_scheme,
            parts,
            known,
            is_old: false,
            has_page: false,
        });
    }
    listed
}

/// The hashes of its title and its text, of as many words.
fn parts_of(item: &Item, words: usize) -> [u64; 2] {
    let title = wirefold_text::normalise(&item.title);
    let is_long = title.split(' ').count() >= TELLING_PART;
    let of_title = if is_long { hash(&["title", &title]) } else { 0 };
    let of_text = if words >= TELLING_PART { hash(&["text", text_of(item)]) } else { 0 };
    [of_title, of_text]
}

fn with_other_scheme(page: &str) -> String {
    match page.strip_prefix("http://") {
        Some(rest) => format!("https://{rest}"),
        None => page.replacen("https://", "http://", 1),
    }
}

/// Whether half of the items or more share their key with items of other pages.
fn have_shared_keys(items: &[ListedItem<'_>], identity: ItemIdentity) -> bool {
    let mut pages: HashMap<String, HashSet<u64>> = HashMap::new();
    for listed in items {
        pages.entry(item_key(listed.item, identity)).or_default().insert(listed.page);
    }
    let shared: usize = pages.values().map(HashSet::len).filter(|pages| *pages > 1).sum();
    shared > 1 && shared * 2 >= items.len()
}

/// How most items with new keys were recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recognition {
    /// Too few were recognised to identify items otherwise from now on.
    Few,
    /// By their links and titles.
    ByPage,
    /// By their words alone.
    ByWords,
}

fn recognise(
    items: &mut [ListedItem<'_>],
    seen: &SeenItems,
    last_good: Option<Timestamp>,
) -> Recognition {
    let new = items.iter().filter(|item| item.known.is_none()).count();
    if new == 0 {
        return Recognition::Few;
    }
    let here: HashSet<u64> = items.iter().map(|item| hash(&[&item.key])).collect();
    let (mut by_page, mut by_words) = (HashMap::new(), HashMap::new());
    for (_, known) in seen.entries().filter(|(key, _)| !here.contains(key)) {
        by_page.insert(known.page, known);
        by_words.insert(known.content, known);
    }
    let mut of_pages = 0;
    for item in items.iter_mut().filter(|item| item.known.is_none() && item.page != 0) {
        let page = by_page.get(&item.page).or_else(|| by_page.get(&item.page_by_other_scheme));
        item.known = page.copied();
        of_pages += usize::from(item.known.is_some());
    }
    let is_share =
        |count: usize, share: f64| count >= MIN_RECOGNISED && count as f64 >= share * new as f64;
    let is_most = |count: usize| is_share(count, RECOGNISED_SHARE);
    let has_words = |item: &ListedItem<'_>| by_words.contains_key(&item.content);
    let of_words = items.iter().filter(|item| item.known.is_none() && has_words(item)).count();
    let found = of_pages + of_words;
    let is_all_new = new == items.len();
    let by_part = if is_all_new { parts_of_seen(seen, &here) } else { HashMap::new() };
    // No date is before every date.
    let is_old = |item: &ListedItem<'_>| item.item.published <= last_good;
    let of_part = |item: &ListedItem<'_>| {
        let mut known = item.parts.iter().filter_map(|part| by_part.get(part).copied().flatten());
        known.next().filter(|_| is_old(item))
    };
    let has_part = |item: &&ListedItem<'_>| {
        item.known.is_none() && !has_words(item) && of_part(item).is_some()
    };
    let has_moved =
        is_all_new && is_share(found + items.iter().filter(has_part).count(), RECOGNISED_OF_MOVED);
    if has_moved || (is_most(found) && of_words > 0) {
        for item in items.iter_mut().filter(|item| item.known.is_none()) {
            let known = by_words.get(&item.content).copied();
            item.known = known.or_else(|| of_part(item).filter(|_| has_moved));
        }
    }
    match () {
        () if is_most(found) && of_words > 0 => Recognition::ByWords,
        () if is_most(of_pages) => Recognition::ByPage,
        () => Recognition::Few,
    }
}

/// The remembered items that are not listed, by the hashes of their titles and texts. `None` for a title or text of several.
fn parts_of_seen(seen: &SeenItems, listed: &HashSet<u64>) -> HashMap<u64, Option<SeenItem>> {
    let mut by_part = HashMap::new();
    for (_, known) in seen.entries().filter(|(key, _)| !listed.contains(key)) {
        for part in known.parts.into_iter().filter(|part| *part != 0) {
            by_part.entry(part).and_modify(|one| *one = None).or_insert(Some(known));
        }
    }
    by_part
}

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

/// Whether the site must be found although the feed has articles, as after its operator changed the setting.
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
            let asked = self.pages.feeds_named_by(page, feed);
            let named = self.stop.run_until_cancelled(asked).await?;
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
