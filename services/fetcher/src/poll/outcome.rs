//! Computes the record and state of a feed after a poll. Pure.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_feed::Feed;
use wirefold_feed::dates::{self, Context};
use wirefold_flow::UnixMillis;
use wirefold_http_client::Response;
use wirefold_proto::{
    FeedFinding, FeedHealth, FeedId, FeedRecord, FeedSettings, ItemIdentity, SiteProof, Teasers,
};

use super::PollResult;
use super::new_items::{ItemList, ListedItem};
use crate::answer::{Failure, host_retry_after, moved_to, retry_after_of, validator};
use crate::budget::HourlyUsage;
use crate::interval::{
    Bounds, adapt_interval, after_skipped, backoff, extra_wait, interval_for_news, item_gap,
    revisit_wait, trial_wait,
};
use crate::pages::{PageResult, TEASER_WORDS};
use crate::settings::Settings;
use crate::state::PollState;

/// The result of reading a feed: its properties, and counts of items and articles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    /// The part of an item that identifies it from now on, if that changes.
    pub(super) identity: Option<ItemIdentity>,
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
    /// Pages that were read.
    pub(super) pages: usize,
    /// Those that are not the pages of their items.
    pub(super) other_pages: usize,
    /// Articles published.
    pub(crate) published: u64,
    /// How much the feed has sent in this hour.
    pub(super) spent: Option<HourlyUsage>,
}

impl Listing {
    /// The listing of a feed before anything is published.
    pub(super) fn of(list: &ItemList<'_>) -> Self {
        let listed = &list.items;
        let count =
            |is: &dyn Fn(&&ListedItem<'_>) -> bool| listed.iter().filter(|item| is(item)).count();
        let new = count(&|item| item.known.is_none());
        let unchanged = count(&|item| item.unchanged().is_some());
        Self {
            identity: list.identity,
            undated: count(&|item| item.item.published.is_none()),
            teasers: small(count(&|item| item.words < TEASER_WORDS)),
            listed: listed.len(),
            new,
            changed: listed.len() - new - unchanged,
            ..Self::default()
        }
    }

    /// Counts the page of an item.
    pub(super) fn count_page(&mut self, page: &PageResult) {
        self.ruled += usize::from(page.is_found.is_some());
        self.missed += usize::from(page.is_found == Some(false));
        self.pages += usize::from(page.is_read);
        self.other_pages += usize::from(page.is_other);
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
    /// The listing and its feed; `None` if nothing has changed.
    pub(super) listing: Option<(Listing, Feed)>,
    /// A hash of the body, if there was one.
    pub(super) body: Option<u64>,
    pub(super) was_conditional: bool,
    pub(super) is_plain: bool,
}

/// The feed after it was read, or had not changed.
pub(super) fn after_good(
    record: FeedRecord,
    mut state: PollState,
    good: GoodAnswer<'_>,
    now: UnixMillis,
    settings: &Settings,
) -> PollResult {
    let (at, answer) = (timestamp(now), good.answer);
    note_move(&record.feed, &mut state, answer, now);
    note_validators(&record, &mut state, &good, now);
    // The share is unknown at the first poll, at which all items are new.
    let known = match (&good.listing, record.last_good) {
        (None, _) => Some(1.0),
        (Some(_), None) => None,
        (Some((listing, _)), Some(_)) => listing.known_share(),
    };
    let mut record = with_validators(record, answer);
    if let Some((listing, feed)) = good.listing {
        note_listing(&mut record, &mut state, (listing, feed), now);
    }
    state.body = good.body.or(state.body);
    state.is_plain = good.is_plain;
    state.fresh = fresh_for(answer, at).map(|fresh| fresh.as_secs());
    state.strikes = 0;
    let retry_after = retry_after_of(answer, at);
    state.left_alone = host_retry_after(answer, at).map(|wait| now.plus(wait).0);
    let longest = longest(&record, &state, now);
    let interval = adapt_interval(
        interval_of(&record),
        known,
        longest,
        least_interval(&state),
        bounds(settings),
    );
    record.interval_seconds = seconds(interval);
    record.health = FeedHealth::Good;
    let beyond = state.spent.as_ref().and_then(|spent| spent.problem(now));
    let problems: Vec<String> = state.cut_short.iter().cloned().chain(beyond).collect();
    record.problem = Some(problems.join("; ")).filter(|problem| !problem.is_empty());
    record.failures = 0;
    record.failing_since = None;
    record.last_poll = Some(at);
    record.last_good = Some(at);
    let next = now.plus(interval.max(retry_after.unwrap_or_default()));
    record.next_poll = Some(timestamp(after_skipped(next, &state.skip_hours, &state.skip_days)));
    with_findings(record, state, None, now)
}

fn note_listing(
    record: &mut FeedRecord,
    state: &mut PollState,
    (listing, feed): (Listing, Feed),
    now: UnixMillis,
) {
    let at = timestamp(now);
    if listing.new > 0 {
        if let Some(last) = record.last_new {
            let time = now.since(unix_millis(last));
            let mean = |before: Option<u64>, items: usize| {
                item_gap(before.map(Duration::from_secs), time, items).as_secs()
            };
            state.rhythm = Some(mean(state.rhythm, 1));
            state.item_gap = Some(mean(state.item_gap, listing.new));
        }
        record.last_new = Some(at);
    }
    if listing.published > 0 {
        state.spent = listing.spent;
    }
    state.ttl = feed.ttl.map(|ttl| ttl.as_secs());
    state.skip_hours = feed.skip_hours;
    state.skip_days = feed.skip_days;
    state.identity = listing.identity.or(state.identity);
    state.is_truncated = feed.is_broken;
    state.cut_short = feed.cut_short;
    if listing.ruled > 0 {
        state.is_article_missed = listing.missed * 2 > listing.ruled;
    }
    if listing.pages > 0 {
        state.has_other_pages = listing.other_pages * 2 > listing.pages;
    }
    state.has_unread_dates = feed.unread_dates.is_some();
    state.is_undated = listing.undated * 2 > listing.listed;
    record.feed_title = feed.title;
    record.teasers = Some(Teasers { teasers: listing.teasers, items: small(listing.listed) });
    record.articles += listing.published;
}

/// Finds out whether validators are unreliable: the host answers a request without validators with the
/// same ones as before, although there is something new.
fn note_validators(
    record: &FeedRecord,
    state: &mut PollState,
    good: &GoodAnswer<'_>,
    now: UnixMillis,
) {
    let answer = good.answer;
    if answer.status == 304 || good.was_conditional {
        state.trial.get_or_insert_with(|| now.plus(trial_wait(&record.feed.id, now)).0);
        return;
    }
    let is_same = match (&record.etag, &record.last_modified) {
        (None, None) => false,
        (Some(etag), _) => answer.header("etag") == Some(etag),
        (None, Some(date)) => answer.header("last-modified") == Some(date),
    };
    let has_changed =
        good.listing.as_ref().is_some_and(|(listing, _)| listing.new + listing.changed > 0);
    if is_same && has_changed && !state.validators_lie {
        tracing::info!(feed = %record.feed.id, "feed changes while its validators stay the same; they are no longer used");
        state.validators_lie = true;
    }
    state.trial = Some(now.plus(trial_wait(&record.feed.id, now)).0);
}

/// The longest interval at which its news is still seen soon; `None` before the second poll with news.
fn longest(record: &FeedRecord, state: &PollState, now: UnixMillis) -> Option<Duration> {
    let (last, gap) = (record.last_new?, state.item_gap?);
    Some(interval_for_news(Duration::from_secs(gap), now.since(unix_millis(last))))
}

/// The shortest interval that its publisher wants. If its validators are unreliable, at least one hour,
/// because every request then transfers the whole feed.
fn least_interval(state: &PollState) -> Option<Duration> {
    const WITHOUT_VALIDATORS: Duration = Duration::from_hours(1);
    let wanted = state.ttl.max(state.fresh).map(Duration::from_secs);
    if state.validators_lie { wanted.max(Some(WITHOUT_VALIDATORS)) } else { wanted }
}

/// The record with its findings.
fn with_findings(
    mut record: FeedRecord,
    state: PollState,
    failure: Option<FeedFinding>,
    now: UnixMillis,
) -> PollResult {
    let address = state.address(&record.feed.url);
    record.moved_to = (address != record.feed.url).then(|| address.to_owned());
    record.findings = findings(&record, &state, failure, now);
    PollResult { record, state, was_fetched: true }
}

/// The feed after a failed poll.
pub(super) fn after_failure(
    mut record: FeedRecord,
    mut state: PollState,
    failure: Failure,
    now: UnixMillis,
    settings: &Settings,
) -> PollResult {
    if state.address(&record.feed.url) != record.feed.url {
        // The address that it had moved to fails: the configured one is used again.
        state.moved = None;
    }
    record.failures = record.failures.saturating_add(1);
    state.strikes = state.strikes.saturating_add(failure.weight);
    let (feed, strikes) = (&record.feed.id, state.strikes);
    let since = *record.failing_since.get_or_insert(timestamp(now));
    let own = || match state.is_dead(now.since(unix_millis(since))) {
        true => revisit_wait(feed, strikes),
        false => backoff(feed, interval_of(&record), strikes, bounds(settings)),
    };
    let wait = failure.retry_after.unwrap_or_else(own);
    let host_wait = failure.retry_after.filter(|_| !failure.is_elsewhere);
    state.left_alone = host_wait.map(|pause| now.plus(pause).0);
    record.next_poll = Some(timestamp(now.plus(wait)));
    record.health = FeedHealth::Failing;
    record.problem = Some(failure.problem);
    record.last_poll = Some(timestamp(now));
    with_findings(record, state, Some(failure.finding), now)
}

/// The feed after a poll without a request, because its host refuses requests until then. Only the next poll
/// changes.
pub(super) fn after_pause(
    mut record: FeedRecord,
    state: PollState,
    until: UnixMillis,
    now: UnixMillis,
) -> PollResult {
    let later = extra_wait(&record.feed.id, until.since(now));
    record.next_poll = Some(timestamp(until.plus(later)));
    PollResult { record, state, was_fetched: false }
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
pub(super) fn after_gone(mut record: FeedRecord, state: PollState, now: UnixMillis) -> PollResult {
    let gone = "HTTP 410: the host says that this feed is gone for good; remove it, or give it \
                another address";
    record.failures = record.failures.saturating_add(1);
    record.health = FeedHealth::Gone;
    record.problem = Some(gone.to_owned());
    record.last_poll = Some(timestamp(now));
    record.next_poll = None;
    record.failing_since.get_or_insert(timestamp(now));
    tracing::warn!(feed = %record.feed.id, "feed is gone for good and no longer polled");
    with_findings(record, state, None, now)
}

fn note_move(feed: &FeedSettings, state: &mut PollState, answer: &Response, now: UnixMillis) {
    let before = state.address(&feed.url).to_owned();
    let to = moved_to(answer, &before).map(str::to_owned);
    state.note_move(&feed.url, to.as_deref(), now);
    let after = state.address(&feed.url);
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

/// A feed with nothing new for this many times its usual gap is silent.
const GAPS: u32 = 5;
/// Shorter gaps, such as a weekend, never make a feed silent.
const WEEKEND: Duration = Duration::from_hours(72);

/// The findings, most urgent first. `failure` is the finding of the last poll, if that failed.
pub(super) fn findings(
    record: &FeedRecord,
    state: &PollState,
    failure: Option<FeedFinding>,
    now: UnixMillis,
) -> Vec<FeedFinding> {
    let is_good = record.health == FeedHealth::Good;
    let has_rule = record.feed.article_selector.is_some();
    let changes_ids = state.identity.is_some_and(|identity| identity != ItemIdentity::Guid);
    let failing_for = record.failing_since.map(|since| now.since(unix_millis(since)));
    let is_dead = state.is_dead(failing_for.unwrap_or_default());
    let is_over_budget = state.spent.as_ref().is_some_and(|spent| spent.problem(now).is_some());
    let all = [
        (FeedFinding::Dead, is_dead && !is_good),
        (FeedFinding::Silent, is_good && is_silent(record, state, now)),
        (FeedFinding::Truncated, is_good && state.is_truncated),
        (FeedFinding::ArticleSelectorUnmatched, has_rule && state.is_article_missed),
        (FeedFinding::OtherPages, is_good && state.has_other_pages),
        (FeedFinding::ChangingIds, changes_ids),
        (FeedFinding::UnreliableValidators, state.validators_lie),
        (FeedFinding::Undated, is_good && state.is_undated),
        (FeedFinding::UnreadDates, is_good && state.has_unread_dates),
        (FeedFinding::SpeaksForOthers, is_good && speaks_for_others(record)),
        (FeedFinding::Duplicate, record.duplicate_of.is_some()),
        (FeedFinding::Moved, record.moved_to.is_some()),
        (FeedFinding::OverBudget, is_over_budget),
    ];
    let mut found: Vec<FeedFinding> = failure.into_iter().collect();
    found.extend(all.into_iter().filter(|(_, is_so)| *is_so).map(|(finding, _)| finding));
    found.sort_unstable();
    found
}

/// Whether nearly all of its items claim to be of one site that it does not speak for.
fn speaks_for_others(record: &FeedRecord) -> bool {
    record.site.as_ref().is_some_and(|site| site.how == SiteProof::Unproven)
}

/// Whether it has had nothing new for a long time, compared with its own rhythm.
fn is_silent(record: &FeedRecord, state: &PollState, now: UnixMillis) -> bool {
    let (Some(last), Some(rhythm)) = (record.last_new, state.rhythm) else {
        return false;
    };
    let usual = Duration::from_secs(rhythm).saturating_mul(GAPS).max(WEEKEND);
    now.since(unix_millis(last)) > usual
}

/// A longer lifetime is a setting for images and is ignored.
const MAX_FRESHNESS: Duration = Duration::from_hours(24);

/// For how long the answer is fresh; `None` if it has no lifetime or an implausible one.
pub(super) fn fresh_for(answer: &Response, now: Timestamp) -> Option<Duration> {
    let stated = max_age(answer).or_else(|| expires_in(answer, now))?;
    let age = answer.header("age").and_then(|age| age.trim().parse().ok()).unwrap_or(0);
    let left = stated.saturating_sub(Duration::from_secs(age));
    (!left.is_zero() && stated <= MAX_FRESHNESS).then_some(left)
}

/// Whether the answer's validators can be used: those of servers that send `Expires: 0` are made up.
pub(super) fn has_validators(answer: &Response) -> bool {
    answer.header("expires").is_none_or(|expires| expires.trim() != "0")
}

/// The lifetime in `Cache-Control`. `Some` also if it is zero: then `Expires` does not count.
fn max_age(answer: &Response) -> Option<Duration> {
    let control = answer.header("cache-control")?;
    let mut age = None;
    for directive in control.split(',') {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return Some(Duration::ZERO),
            "max-age" => age = value.trim().trim_matches('"').parse().ok().map(Duration::from_secs),
            _ => {}
        }
    }
    age
}

fn expires_in(answer: &Response, now: Timestamp) -> Option<Duration> {
    let time = |name: &str| dates::read(answer.header(name)?, Context::default());
    Duration::try_from(time("expires")?.duration_since(time("date").unwrap_or(now))).ok()
}

#[cfg(test)]
mod tests {
    use wirefold_proto::FeedSettings;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn silence_is_relative_to_the_feeds_rhythm() {
        let start = UnixMillis(1_800_000_000_000);
        let feed = FeedSettings::new("a".parse().unwrap(), "http://a.example/");
        let mut record = FeedRecord::waiting(feed, None, 900);
        record.health = FeedHealth::Good;
        record.last_new = Some(timestamp(start));
        let check = |rhythm: Option<Duration>, after: Duration, expected: bool| {
            let state = PollState { rhythm: rhythm.map(|it| it.as_secs()), ..PollState::default() };
            let found = findings(&record, &state, None, start.plus(after));
            assert_eq!(found.contains(&FeedFinding::Silent), expected, "{rhythm:?} {after:?}");
        };
        check(Some(HOUR), 71 * HOUR, false);
        check(Some(HOUR), 73 * HOUR, true);
        check(Some(24 * 7 * HOUR), 24 * 7 * 4 * HOUR, false);
        check(Some(24 * 7 * HOUR), 24 * 7 * 6 * HOUR, true);
        check(None, 1000 * HOUR, false);
        assert_eq!(item_gap(None, HOUR, 1), HOUR);
        assert_eq!(item_gap(Some(HOUR), 5 * HOUR, 1), 2 * HOUR);
    }

    #[test]
    fn the_most_urgent_finding_is_first() {
        let feed = FeedSettings::new("a".parse().unwrap(), "http://a.example/");
        let mut record = FeedRecord::waiting(feed, None, 900);
        record.health = FeedHealth::Failing;
        record.moved_to = Some("http://b.example/".to_owned());
        record.failing_since = Some(Timestamp::UNIX_EPOCH);
        let state = PollState { strikes: 120, validators_lie: true, ..PollState::default() };
        let found_at = |at: Duration| {
            findings(&record, &state, Some(FeedFinding::Blocked), UnixMillis(0).plus(at))
        };
        assert!(!found_at(13 * 24 * HOUR).contains(&FeedFinding::Dead), "however often it failed");
        let few = PollState { strikes: 119, ..PollState::default() };
        let late = UnixMillis(0).plus(99 * 24 * HOUR);
        let rarely = findings(&record, &few, None, late);
        assert!(!rarely.contains(&FeedFinding::Dead), "however long it failed");
        let found = found_at(14 * 24 * HOUR);
        let expected = [
            FeedFinding::Dead,
            FeedFinding::Blocked,
            FeedFinding::UnreliableValidators,
            FeedFinding::Moved,
        ];
        assert_eq!(found, expected);
    }
}

#[cfg(test)]
mod caching_tests {
    use super::*;

    const LATER: (&str, &str) = ("expires", "Sun, 01 Mar 2026 13:00:00 GMT");

    type Headers = &'static [(&'static str, &'static str)];

    fn answer(headers: &[(&str, &str)]) -> Response {
        Response {
            status: 200,
            asked: "http://a.example/".parse().unwrap(),
            url: "http://a.example/".parse().unwrap(),
            redirects: Vec::new(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: bytes::Bytes::new(),
        }
    }

    #[test]
    fn reads_freshness_and_ignores_implausible_values() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let cases: [(Headers, Option<u64>); 11] = [
            (&[], None),
            (&[("cache-control", "public, max-age=1800")], Some(1800)),
            (&[("cache-control", "Max-Age=\"60\"")], Some(60)),
            (&[("cache-control", "max-age=1800"), ("age", "1700")], Some(100)),
            (&[("cache-control", "max-age=1800"), ("age", "9000")], None),
            (&[("cache-control", "max-age=2592000")], None),
            (&[("cache-control", "max-age=1800, no-cache"), LATER], None),
            (&[LATER], Some(3600)),
            (&[LATER, ("date", "Sun, 01 Mar 2026 12:30:00 GMT")], Some(1800)),
            (&[("expires", "Thu, 19 Nov 1981 08:52:00 GMT")], None),
            (&[("expires", "-1")], None),
        ];
        for (headers, seconds) in cases {
            let found = fresh_for(&answer(headers), now);
            assert_eq!(found, seconds.map(Duration::from_secs), "{headers:?}");
        }
        assert!(has_validators(&answer(&[LATER])));
        assert!(!has_validators(&answer(&[("expires", "0")])));
    }
}
