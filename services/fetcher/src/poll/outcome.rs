//! A feed's record after a poll. Pure: what was asked and answered goes in, the record comes out.

use std::time::Duration;

use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;
use wirefold_guard::Response;
use wirefold_proto::{FeedHealth, FeedRecord, FeedSettings, Teasers};

use super::Polled;
use super::answer::{Failure, Read, moved_to};
use super::listed::Listed;
use crate::pages::TEASER_WORDS;
use crate::schedule::{Bounds, adapted, as_asked, backoff, outside};
use crate::settings::Settings;
use crate::state::Memo;

/// What was taken from a feed.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    pub(super) title: Option<String>,
    pub(super) ttl: Option<Duration>,
    pub(super) skip_hours: Vec<u8>,
    pub(super) teasers: u32,
    /// Items listed; of these never seen before; of these seen with other words.
    pub(super) listed: usize,
    pub(super) new: usize,
    pub(super) changed: usize,
    /// Articles published.
    pub(super) published: u64,
}

impl Taken {
    /// What a feed lists, before anything is published.
    pub(super) fn of(read: &Read, listed: &[Listed<'_>]) -> Self {
        let count =
            |is: &dyn Fn(&&Listed<'_>) -> bool| listed.iter().filter(|item| is(item)).count();
        let new = count(&|item| item.known.is_none());
        let unchanged = count(&|item| item.unchanged().is_some());
        Self {
            title: read.feed.title.clone(),
            ttl: read.feed.ttl,
            skip_hours: read.feed.skip_hours.clone(),
            teasers: small(count(&|item| item.words < TEASER_WORDS)),
            listed: listed.len(),
            new,
            changed: listed.len() - new - unchanged,
            published: 0,
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

/// After the feed was read, or had not changed (`taken` is none).
pub(super) fn after_good(
    record: FeedRecord,
    mut memo: Memo,
    answer: &Response,
    taken: Option<Taken>,
    now: UnixMillis,
    settings: &Settings,
) -> Polled {
    note_move(&record.feed, &mut memo, answer);
    // Of a first poll nothing can be said: everything is new.
    let known = match (&taken, record.last_good) {
        (None, _) => Some(1.0),
        (Some(_), None) => None,
        (Some(taken), Some(_)) => taken.known_share(),
    };
    let at = timestamp(now);
    let mut record = with_validators(record, answer, taken.is_none());
    if let Some(taken) = taken {
        memo.ttl = taken.ttl.map(|ttl| ttl.as_secs());
        memo.skip_hours = taken.skip_hours;
        record.feed_title = taken.title;
        record.teasers = Some(Teasers { teasers: taken.teasers, items: small(taken.listed) });
        record.articles += taken.published;
        record.last_new = if taken.new > 0 { Some(at) } else { record.last_new };
    }
    let ttl = memo.ttl.map(Duration::from_secs);
    let interval = adapted(interval_of(&record), known, ttl, bounds(settings));
    record.interval_seconds = seconds(interval);
    record.health = FeedHealth::Good;
    record.problem = None;
    record.failures = 0;
    record.last_poll = Some(at);
    record.last_good = Some(at);
    record.next_poll = Some(timestamp(outside(now.plus(interval), &memo.skip_hours)));
    Polled { record, memo }
}

/// After a poll that gave nothing.
pub(super) fn after_failure(
    mut record: FeedRecord,
    mut memo: Memo,
    failure: Failure,
    now: UnixMillis,
    settings: &Settings,
) -> Polled {
    if memo.address(&record.feed.url) != record.feed.url {
        // The place it had moved to fails: the configured one is asked again.
        memo.moved = None;
    }
    record.failures = record.failures.saturating_add(1);
    let own = || backoff(&record.feed.id, interval_of(&record), record.failures, bounds(settings));
    let wait = failure.retry_after.map_or_else(own, as_asked);
    record.next_poll = Some(timestamp(now.plus(wait)));
    record.health = FeedHealth::Failing;
    record.problem = Some(failure.problem);
    record.last_poll = Some(timestamp(now));
    Polled { record, memo }
}

/// After the host said that the feed is gone for good.
pub(super) fn after_gone(mut record: FeedRecord, memo: Memo, now: UnixMillis) -> Polled {
    let gone = "HTTP 410: the host says that this feed is gone for good; remove it, or give it \
                another address";
    record.failures = record.failures.saturating_add(1);
    record.health = FeedHealth::Gone;
    record.problem = Some(gone.to_owned());
    record.last_poll = Some(timestamp(now));
    record.next_poll = None;
    tracing::warn!(feed = %record.feed.id, "feed is gone for good and polled no more");
    Polled { record, memo }
}

fn note_move(feed: &FeedSettings, memo: &mut Memo, answer: &Response) {
    let before = memo.address(&feed.url).to_owned();
    memo.note_move(&feed.url, moved_to(answer));
    let after = memo.address(&feed.url);
    if before != after {
        tracing::info!(feed = %feed.id, to = after, "feed has moved for good and is asked there");
    }
}

/// Validators are opaque: they go back byte for byte, and those of another answer never do. An
/// answer without change keeps those it does not name.
fn with_validators(record: FeedRecord, answer: &Response, is_unchanged: bool) -> FeedRecord {
    let named = |name: &str| answer.header(name).map(str::to_owned);
    let (etag, last_modified) = (named("etag"), named("last-modified"));
    match is_unchanged {
        false => FeedRecord { etag, last_modified, ..record },
        true => FeedRecord {
            etag: etag.or(record.etag),
            last_modified: last_modified.or(record.last_modified),
            ..record
        },
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
