//! Reads the archive of a feed (RFC 5005) on request, page by page, at the pace of its host.
//!
//! Items of an archive have their own dates and count as baseline: they are compared with others but
//! never alert. Items that were listed before stay as they are. The progress is stored after each page,
//! once its articles and items are stored. After a kill, at most one page is repeated, with the same
//! ids.

use std::collections::HashMap;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinSet};
use url::Url;
use wirefold_envelope::timestamp;
use wirefold_flow::Point;
use wirefold_http_client::{Request, Response};
use wirefold_proto::{Backfill, BackfillEnd, FeedFinding, FeedId, FeedRecord, Tag};

use crate::access::for_feed;
use crate::answer::{
    Answer, Failure, ParsedFeed, describe_parse_failure, feed_request, judge, parse,
};
use crate::hosts::RequestKind;
use crate::metrics::BACKFILL;
use crate::poll::{ItemOrigin, Poller};
use crate::schedule::Scheduler;
use crate::sites::is_one_site;
use crate::state::PollState;
use crate::{FetcherError, links};

/// The archives that are being read.
#[derive(Default)]
pub(crate) struct Backfills {
    pub(crate) running: JoinSet<Result<(), FetcherError>>,
    pub(crate) by_feed: HashMap<FeedId, AbortHandle>,
}

/// The most bytes of all addresses of an archive together.
const ADDRESSES: usize = 512 * 1024;
/// The waits before each further try of a page that cannot be reached.
const WAITS: [Duration; 3] =
    [Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(15)];

/// A page that was read, and where older items are.
struct Page {
    read: ParsedFeed,
    older: Option<String>,
}

/// Why there is no page.
enum NoPage {
    /// The fetcher was stopped. The next start continues here.
    Stopped,
    Ended(BackfillEnd, Option<String>),
}

impl Poller {
    /// Reads an archive to its end, or to the limits of the command.
    pub(crate) async fn read_archive(
        &self,
        record: &FeedRecord,
        state: &PollState,
        mut backfill: Backfill,
    ) -> Result<(), FetcherError> {
        let feed = &record.feed.id;
        let base = state.address(&record.feed.url).to_owned();
        let mut last_items = Vec::new();
        loop {
            // The feed names the first page of its archive. Its own items are left to the polls.
            let is_feed = backfill.next.is_none();
            let address = backfill.next.as_deref().unwrap_or(&base);
            let mut page = match self.page(address, &base, record).await {
                Ok(page) => page,
                Err(NoPage::Stopped) => return Ok(()),
                Err(NoPage::Ended(end, problem)) => {
                    BACKFILL.add(1, &["failed"]);
                    return self
                        .finish_archive(Backfill { ended: Some(end), problem, ..backfill })
                        .await;
                }
            };
            if !is_feed && !self.publish_page(record, state, &mut page.read, &mut backfill).await? {
                return Ok(());
            }
            let is_same = !is_feed && page.read.feed.items == last_items;
            if !has_room_for(&backfill, page.older.as_deref()) {
                backfill.problem = Some("its addresses are too long to be remembered".to_owned());
                return self
                    .finish_archive(Backfill { ended: Some(BackfillEnd::Failed), ..backfill })
                    .await;
            }
            backfill.ended = end_after(&backfill, page.older.as_deref(), &base, is_same);
            backfill.next = page.older;
            if !is_feed {
                last_items = page.read.feed.items;
            }
            if backfill.ended.is_some() {
                return self.finish_archive(backfill).await;
            }
            self.store.put_backfill(&backfill).await?;
            tracing::debug!(%feed, pages = backfill.pages, "a page of its archive is read");
        }
    }

    /// Publishes the items of a page, as many as are wanted. `false` if the fetcher stops.
    async fn publish_page(
        &self,
        record: &FeedRecord,
        state: &PollState,
        read: &mut ParsedFeed,
        backfill: &mut Backfill,
    ) -> Result<bool, FetcherError> {
        let left = backfill.most_items.saturating_sub(backfill.items) as usize;
        read.feed.items.truncate(left);
        read.words.truncate(left);
        let published = self.publish_new_items(record, state, read, ItemOrigin::Archive).await?;
        let Some(listing) = published else { return Ok(false) };
        BACKFILL.add(1, &["read"]);
        crate::check_fail_point(&self.context, Point::Acknowledged)?;
        backfill.pages += 1;
        backfill.items += u32::try_from(read.feed.items.len()).unwrap_or(u32::MAX);
        backfill.articles += listing.published;
        let dates = read.feed.items.iter().filter_map(|item| item.published);
        backfill.oldest = dates.chain(backfill.oldest).min();
        backfill.addresses.extend(backfill.next.take());
        Ok(true)
    }

    /// Stores the end of the backfill.
    async fn finish_archive(&self, backfill: Backfill) -> Result<(), FetcherError> {
        let Backfill { feed, pages, articles, ended, problem, .. } = &backfill;
        tracing::info!(%feed, pages, articles, ?ended, problem, "archive of a feed is read");
        Ok(self.store.put_backfill(&backfill).await?)
    }

    /// Requests a page with some retries. Waits as long as its host asks.
    async fn page(&self, address: &str, base: &str, record: &FeedRecord) -> Result<Page, NoPage> {
        let failed = |problem: String| NoPage::Ended(BackfillEnd::Failed, Some(problem));
        let url =
            Url::parse(address).map_err(|_| failed(format!("{address:?} is not an address")))?;
        let mut waits = WAITS.into_iter();
        loop {
            let answer = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(NoPage::Stopped),
                answer = self.request_page(&url, record) => answer,
            };
            let failure = match answer {
                Answer::Body(answer) => return self.read_page(answer, base, record).await,
                Answer::Failed(failure) => failure,
                _ => Failure::broken("HTTP 410: gone for good"),
            };
            let may_pass = failure.finding == FeedFinding::Unreachable;
            let Some(wait) = waits.next().filter(|_| may_pass) else {
                return Err(failed(format!("{address}: {}", failure.problem)));
            };
            let clock = &self.context.clock;
            let until = clock.now().plus(wait.max(failure.retry_after.unwrap_or_default()));
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(NoPage::Stopped),
                () = clock.sleep_until(until) => {}
            }
        }
    }

    async fn request_page(&self, url: &Url, record: &FeedRecord) -> Answer {
        let clock = &self.context.clock;
        // Slower than polls, because an archive is not urgent.
        let gently = self.settings.per_host_delay * 2;
        let _turn = loop {
            let turn = self.hosts.turn(url, RequestKind::Feed, gently).await;
            match self.hosts.paused_until(url) {
                None => break turn,
                Some(until) => {
                    drop(turn);
                    clock.sleep_until(until).await;
                }
            }
        };
        let request: Request = feed_request(url.clone(), &self.settings);
        let request = for_feed(request, &record.feed.url);
        let (answer, _) = self.send(request).await;
        judge(answer, timestamp(clock.now()))
    }

    async fn read_page(
        &self,
        answer: Response,
        base: &str,
        record: &FeedRecord,
    ) -> Result<Page, NoPage> {
        let at = answer.url.clone();
        if !is_allowed(at.as_str(), base) {
            return Err(NoPage::Ended(BackfillEnd::OtherSite, Some(format!("led to {at}"))));
        }
        let named = links::older(&answer);
        let read = parse(answer, self.settings.items_per_feed).await;
        let read = read.map_err(|unread| {
            tracing::debug!(feed = %record.feed.id, %at, "a page of its archive cannot be read");
            NoPage::Ended(
                BackfillEnd::Failed,
                Some(format!("{at}: {}", describe_parse_failure(&unread))),
            )
        })?;
        let older = read.feed.older.clone().or(named);
        Ok(Page { read, older })
    }
}

/// Whether the addresses of all pages can be stored. A loop is recognised by them.
fn has_room_for(backfill: &Backfill, next: Option<&str>) -> bool {
    let all = backfill.addresses.iter().map(String::as_str).chain(next);
    all.map(str::len).sum::<usize>() <= ADDRESSES
}

/// Why the backfill ends after this page; `None` if it continues.
fn end_after(
    backfill: &Backfill,
    older: Option<&str>,
    base: &str,
    is_same: bool,
) -> Option<BackfillEnd> {
    let Some(older) = older else {
        let is_none = backfill.pages == 0;
        return Some(if is_none { BackfillEnd::NoArchive } else { BackfillEnd::Complete });
    };
    let is_known = older == base || backfill.addresses.iter().any(|address| address == older);
    let ends = [
        // Some sites return the same page for every page number.
        (BackfillEnd::Loop, is_known || is_same),
        (BackfillEnd::OtherSite, !is_allowed(older, base)),
        (BackfillEnd::PageLimit, backfill.pages >= backfill.most_pages),
        (BackfillEnd::ItemLimit, backfill.items >= backfill.most_items),
    ];
    ends.into_iter().find(|(_, is_so)| *is_so).map(|(end, _)| end)
}

/// Whether an archive may lead to this address: on the same site, and not from `https` to `http`.
fn is_allowed(address: &str, base: &str) -> bool {
    let (Ok(to), Ok(from)) = (Url::parse(address), Url::parse(base)) else { return false };
    let loses_encryption = from.scheme() == "https" && to.scheme() != "https";
    matches!(to.scheme(), "http" | "https") && is_one_site(&to, &from) && !loses_encryption
}

impl Scheduler {
    /// Begins to read a feed's archive, from the start if it is being read already. Repeating a command
    /// has no effect.
    pub(crate) async fn backfill(
        &mut self,
        feed: FeedId,
        command: &str,
        pages: u32,
        items: u32,
    ) -> Result<(), FetcherError> {
        let before = self.poller.store.backfill(&feed).await?;
        if before.is_some_and(|before| before.command == command) {
            return Ok(());
        }
        self.end_backfill(&feed).await?;
        let backfill = Backfill {
            feed,
            command: command.to_owned(),
            most_pages: pages,
            most_items: items,
            started: timestamp(self.poller.context.clock.now()),
            schema: Tag::new(),
            pages: 0,
            items: 0,
            articles: 0,
            oldest: None,
            addresses: Vec::new(),
            next: None,
            ended: None,
            problem: None,
        };
        self.poller.store.put_backfill(&backfill).await?;
        self.continue_backfill(backfill);
        Ok(())
    }

    /// Continues an archive at its stored position.
    pub(crate) fn continue_backfill(&mut self, backfill: Backfill) {
        let Some(entry) = self.table.get(&backfill.feed) else { return };
        let (record, state) = (entry.record.clone(), entry.state.clone());
        let (poller, feed) = (self.poller.clone(), backfill.feed.clone());
        let reading = self
            .backfills
            .running
            .spawn(async move { poller.read_archive(&record, &state, backfill).await });
        self.backfills.by_feed.insert(feed, reading);
    }

    /// Stops the backfill of a feed, if there is one. Nothing of it is written after this.
    pub(crate) async fn end_backfill(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let Some(reading) = self.backfills.by_feed.remove(feed) else { return Ok(()) };
        reading.abort();
        while !reading.is_finished() {
            match self.backfills.running.join_next().await {
                Some(ended) => self.backfill_ended(ended)?,
                None => break,
            }
        }
        Ok(self.poller.store.forget_backfill(feed).await?)
    }

    /// Handles the end of a backfill.
    pub(crate) fn backfill_ended(
        &mut self,
        ended: Result<Result<(), FetcherError>, JoinError>,
    ) -> Result<(), FetcherError> {
        self.backfills.by_feed.retain(|_, reading| !reading.is_finished());
        match ended {
            Ok(ended) => ended,
            Err(error) => {
                if error.is_panic() {
                    tracing::warn!("the reading of an archive crashed; please report it");
                }
                Ok(())
            }
        }
    }
}
