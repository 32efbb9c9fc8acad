//! Computes the record and memo of a feed after a poll. Pure.

use std::time::Duration;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_http_client::Response;
use wirefold_proto::{
    FeedFinding, FeedHealth, FeedId, FeedRecord, FeedSettings, ItemIdentity, Teasers,
};

use super::PollResult;
use super::caching::{fresh_for, has_validators};
use super::doctor::{findings, rhythm};
use super::item_list::{ItemList, ListedItem};
use crate::answer::{Failure, ParsedFeed, host_retry_after, moved_to, retry_after_of, validator};
use crate::budget::HourlyUsage;
use crate::interval::{
    Bounds, adapt_interval, after_skipped, backoff, extra_wait, interval_for_news, item_gap,
    revisit_wait, trial_wait,
};
use crate::pages::TEASER_WORDS;
use crate::settings::Settings;
use crate::state::Memo;

/// The result of reading a feed: its properties, and counts of items and articles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    pub(super) title: Option<String>,
    pub(super) ttl: Option<Duration>,
    pub(super) skip_hours: Vec<u8>,
    pub(super) skip_days: Vec<u8>,
    /// The part of an item that identifies it from now on, if that changes.
    pub(super) identity: Option<ItemIdentity>,
    /// Whether it breaks off before its end.
    pub(super) is_broken: bool,
    /// The limit that it exceeds, so that only a part was read; for people.
    pub(super) cut_short: Option<String>,
    /// Whether some of its dates cannot be read.
    pub(super) has_unread_dates: bool,
    /// Items without a date.
    pub(super) undated: usize,
    pub(super) teasers: u32,
    /// All items.
    pub(crate) listed: usize,
    /// Items that were never listed before.
    pub(super) new: usize,
    /// Items that were listed before with other words.
    pub(super) changed: usize,
    /// Pages that were read by the feed's rule.
    pub(super) ruled: usize,
    /// Pages on which that rule found no article.
    pub(super) missed: usize,
    /// Articles published.
    pub(crate) published: u64,
    /// How much the feed has sent in this hour.
    pub(super) spent: Option<HourlyUsage>,
}

impl Listing {
    /// The listing of a feed before anything is published.
    pub(super) fn of(read: &ParsedFeed, list: &ItemList<'_>) -> Self {
        let listed = &list.items;
        let count =
            |is: &dyn Fn(&&ListedItem<'_>) -> bool| listed.iter().filter(|item| is(item)).count();
        let new = count(&|item| item.known.is_none());
        let unchanged = count(&|item| item.unchanged().is_some());
        Self {
            title: read.feed.title.clone(),
            ttl: read.feed.ttl,
            skip_hours: read.feed.skip_hours.clone(),
            skip_days: read.feed.skip_days.clone(),
            identity: list.identity,
            is_broken: read.feed.is_broken,
            cut_short: read.feed.cut_short.clone(),
            has_unread_dates: read.feed.unread_dates.is_some(),
            undated: count(&|item| item.item.published.is_none()),
            teasers: small(count(&|item| item.words < TEASER_WORDS)),
            listed: listed.len(),
            new,
            changed: listed.len() - new - unchanged,
            ruled: 0,
            missed: 0,
            published: 0,
            spent: None,
        }
    }

    fn known_share(&self) -> Option<f64> {
        (self.listed > 0).then(|| (self.listed - self.new) as f64 / self.listed as f64)
    }
}

/// The record of a feed that has not been polled yet.
pub(crate) fn waiting(
    feed: FeedSettings,
    managed_by: Option<String>,
    settings: &Settings,
) -> FeedRecord {
    FeedRecord::waiting(feed, managed_by, seconds(settings.first_interval))
}

/// An answer with a readable feed, or one that says that nothing has changed.
pub(super) struct GoodAnswer<'a> {
    pub(super) answer: &'a Response,
    /// The listing; `None` if nothing has changed.
    pub(super) listing: Option<Listing>,
    /// A hash of the body, if there was one.
    pub(super) body: Option<u64>,
    pub(super) was_conditional: bool,
    pub(super) is_plain: bool,
}

/// The feed after it was read, or had not changed.
pub(super) fn after_good(
    record: FeedRecord,
    mut memo: Memo,
    good: GoodAnswer<'_>,
    now: UnixMillis,
    settings: &Settings,
) -> PollResult {
    let (at, answer) = (timestamp(now), good.answer);
    note_move(&record.feed, &mut memo, answer, now);
    note_validators(&record, &mut memo, &good, now);
    // The share is unknown at the first poll, at which all items are new.
    let known = match (&good.listing, record.last_good) {
        (None, _) => Some(1.0),
        (Some(_), None) => None,
        (Some(listing), Some(_)) => listing.known_share(),
    };
    let mut record = with_validators(record, answer);
    if let Some(listing) = good.listing {
        note_listing(&mut record, &mut memo, listing, now);
    }
    memo.body = good.body.or(memo.body);
    memo.is_plain = good.is_plain;
    memo.fresh = fresh_for(answer, at).map(|fresh| fresh.as_secs());
    memo.strikes = 0;
    let retry_after = retry_after_of(answer, at);
    memo.left_alone = host_retry_after(answer, at).map(|wait| now.plus(wait).0);
    let longest = longest(&record, &memo, now);
    let interval = adapt_interval(
        interval_of(&record),
        known,
        longest,
        least_interval(&memo),
        bounds(settings),
    );
    record.interval_seconds = seconds(interval);
    record.health = FeedHealth::Good;
    let beyond = memo.spent.as_ref().and_then(|spent| spent.problem(now));
    let problems: Vec<String> = memo.cut_short.iter().cloned().chain(beyond).collect();
    record.problem = Some(problems.join("; ")).filter(|problem| !problem.is_empty());
    record.failures = 0;
    record.failing_since = None;
    record.last_poll = Some(at);
    record.last_good = Some(at);
    let next = now.plus(interval.max(retry_after.unwrap_or_default()));
    record.next_poll = Some(timestamp(after_skipped(next, &memo.skip_hours, &memo.skip_days)));
    with_findings(record, memo, None, now)
}

fn note_listing(record: &mut FeedRecord, memo: &mut Memo, listing: Listing, now: UnixMillis) {
    let at = timestamp(now);
    if listing.new > 0 {
        if let Some(last) = record.last_new {
            let time = now.since(unix_millis(last));
            memo.rhythm = Some(rhythm(memo.rhythm, time));
            let before = memo.item_gap.map(Duration::from_secs);
            memo.item_gap = Some(item_gap(before, time, listing.new).as_secs());
        }
        record.last_new = Some(at);
    }
    if listing.published > 0 {
        memo.spent = listing.spent;
    }
    memo.ttl = listing.ttl.map(|ttl| ttl.as_secs());
    memo.skip_hours = listing.skip_hours;
    memo.skip_days = listing.skip_days;
    memo.identity = listing.identity.or(memo.identity);
    memo.is_truncated = listing.is_broken;
    memo.cut_short = listing.cut_short;
    if listing.ruled > 0 {
        memo.is_article_missed = listing.missed * 2 > listing.ruled;
    }
    memo.has_unread_dates = listing.has_unread_dates;
    memo.is_undated = listing.undated * 2 > listing.listed;
    record.feed_title = listing.title;
    record.teasers = Some(Teasers { teasers: listing.teasers, items: small(listing.listed) });
    record.articles += listing.published;
}

/// Finds out whether validators are unreliable: the host answers a request without validators with the
/// same ones as before, although there is something new.
fn note_validators(record: &FeedRecord, memo: &mut Memo, good: &GoodAnswer<'_>, now: UnixMillis) {
    let answer = good.answer;
    if answer.status == 304 || good.was_conditional {
        memo.trial.get_or_insert_with(|| now.plus(trial_wait(&record.feed.id, now)).0);
        return;
    }
    let is_same = match (&record.etag, &record.last_modified) {
        (None, None) => false,
        (Some(etag), _) => answer.header("etag") == Some(etag),
        (None, Some(date)) => answer.header("last-modified") == Some(date),
    };
    let has_changed =
        good.listing.as_ref().is_some_and(|listing| listing.new + listing.changed > 0);
    if is_same && has_changed && !memo.validators_lie {
        tracing::info!(feed = %record.feed.id, "feed changes while its validators stay the same; they are no longer used");
        memo.validators_lie = true;
    }
    memo.trial = Some(now.plus(trial_wait(&record.feed.id, now)).0);
}

/// The longest interval at which its news is still seen soon; `None` before the second poll with news.
fn longest(record: &FeedRecord, memo: &Memo, now: UnixMillis) -> Option<Duration> {
    let (last, gap) = (record.last_new?, memo.item_gap?);
    Some(interval_for_news(Duration::from_secs(gap), now.since(unix_millis(last))))
}

/// The shortest interval that its publisher wants. If its validators are unreliable, at least one hour,
/// because every request then transfers the whole feed.
fn least_interval(memo: &Memo) -> Option<Duration> {
    const WITHOUT_VALIDATORS: Duration = Duration::from_hours(1);
    let wanted = memo.ttl.max(memo.fresh).map(Duration::from_secs);
    if memo.validators_lie { wanted.max(Some(WITHOUT_VALIDATORS)) } else { wanted }
}

/// The record with its findings.
fn with_findings(
    mut record: FeedRecord,
    memo: Memo,
    failure: Option<FeedFinding>,
    now: UnixMillis,
) -> PollResult {
    let address = memo.address(&record.feed.url);
    record.moved_to = (address != record.feed.url).then(|| address.to_owned());
    record.findings = findings(&record, &memo, failure, now);
    PollResult { record, memo, was_fetched: true }
}

/// The feed after a failed poll.
pub(super) fn after_failure(
    mut record: FeedRecord,
    mut memo: Memo,
    failure: Failure,
    now: UnixMillis,
    settings: &Settings,
) -> PollResult {
    if memo.address(&record.feed.url) != record.feed.url {
        // The address that it had moved to fails: the configured one is used again.
        memo.moved = None;
    }
    record.failures = record.failures.saturating_add(1);
    memo.strikes = memo.strikes.saturating_add(failure.weight);
    let (feed, strikes) = (&record.feed.id, memo.strikes);
    let own = || match memo.is_dead() {
        true => revisit_wait(feed, strikes),
        false => backoff(feed, interval_of(&record), strikes, bounds(settings)),
    };
    let wait = failure.retry_after.unwrap_or_else(own);
    let host_wait = failure.retry_after.filter(|_| !failure.is_elsewhere);
    memo.left_alone = host_wait.map(|pause| now.plus(pause).0);
    record.next_poll = Some(timestamp(now.plus(wait)));
    record.health = FeedHealth::Failing;
    record.problem = Some(failure.problem);
    record.last_poll = Some(timestamp(now));
    record.failing_since.get_or_insert(timestamp(now));
    with_findings(record, memo, Some(failure.finding), now)
}

/// The feed after a poll without a request, because its host refuses requests until then. Only the next poll
/// changes.
pub(super) fn after_pause(
    mut record: FeedRecord,
    memo: Memo,
    until: UnixMillis,
    now: UnixMillis,
) -> PollResult {
    let later = extra_wait(&record.feed.id, until.since(now));
    record.next_poll = Some(timestamp(until.plus(later)));
    PollResult { record, memo, was_fetched: false }
}

/// Why a feed was set aside, for people.
pub(crate) fn set_aside_problem(feed: &FeedId) -> String {
    format!(
        "wirefold crashed twice while it read this feed, and no longer polls it: \
         `wirefold feed retry {feed}` brings it back"
    )
}

/// The record of a feed that is set aside: the process died twice while it parsed the feed, the second
/// time this feed alone.
pub(crate) fn set_aside(mut record: FeedRecord, now: UnixMillis) -> FeedRecord {
    let id = &record.feed.id;
    record.problem = Some(set_aside_problem(id));
    record.failures = record.failures.saturating_add(1);
    record.health = FeedHealth::Failing;
    record.findings.clear();
    record.next_poll = None;
    record.failing_since.get_or_insert(timestamp(now));
    record.set_aside = Some(timestamp(now));
    record
}

/// The feed after the host answered that it is gone for good.
pub(super) fn after_gone(mut record: FeedRecord, memo: Memo, now: UnixMillis) -> PollResult {
    let gone = "HTTP 410: the host says that this feed is gone for good; remove it, or give it \
                another address";
    record.failures = record.failures.saturating_add(1);
    record.health = FeedHealth::Gone;
    record.problem = Some(gone.to_owned());
    record.last_poll = Some(timestamp(now));
    record.next_poll = None;
    record.failing_since.get_or_insert(timestamp(now));
    tracing::warn!(feed = %record.feed.id, "feed is gone for good and no longer polled");
    with_findings(record, memo, None, now)
}

fn note_move(feed: &FeedSettings, memo: &mut Memo, answer: &Response, now: UnixMillis) {
    let before = memo.address(&feed.url).to_owned();
    let to = moved_to(answer, &before).map(str::to_owned);
    memo.note_move(&feed.url, to.as_deref(), now);
    let after = memo.address(&feed.url);
    if before != after {
        tracing::info!(feed = %feed.id, to = after, "feed has moved permanently and is polled at the new address");
    }
}

/// The record with the validators of this answer. They are opaque and are sent back byte for byte. An
/// answer 304 keeps the earlier validators that it does not have.
fn with_validators(record: FeedRecord, answer: &Response) -> FeedRecord {
    let is_trusted = has_validators(answer);
    let named = |name: &str| validator(answer, name).filter(|_| is_trusted);
    let (etag, last_modified) = (named("etag"), named("last-modified"));
    match answer.status {
        304 => FeedRecord {
            etag: etag.or(record.etag),
            last_modified: last_modified.or(record.last_modified),
            ..record
        },
        _ => FeedRecord { etag, last_modified, ..record },
    }
}

fn interval_of(record: &FeedRecord) -> Duration {
    Duration::from_secs(u64::from(record.interval_seconds))
}

fn bounds(settings: &Settings) -> Bounds {
    Bounds { min: settings.min_interval, max: settings.max_interval }
}

fn seconds(duration: Duration) -> u32 {
    u32::try_from(duration.as_secs()).unwrap_or(u32::MAX)
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
