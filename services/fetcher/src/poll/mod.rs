//! One poll of one feed: request, parse, publish new articles, and only then remember their items. A
//! feed's record and state come in, the new ones go out.

mod new_items;
mod outcome;

use std::collections::{HashMap, HashSet};
use std::hash::Hasher as _;
use std::sync::{Arc, Mutex as Guarded};
use std::time::Duration;

use outcome::{GoodAnswer, after_failure, after_gone, after_good, after_pause};
use siphasher::sip::SipHasher24;
use tokio::sync::{Mutex, OwnedMutexGuard, RwLock};
use tokio_util::sync::CancellationToken;
use url::Url;
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, Point, StageContext, UnixMillis};
use wirefold_http_client::{Client, Request, Response, SendError};
use wirefold_proto::{FeedId, FeedRecord};

use crate::FetcherError;
use crate::access::for_feed;
use crate::answer::{
    Answer, Failure, ParseFailure, ParsedFeed, Validators, conditional, feed_request, judge, parse,
    parse_failure, send, within_time_of,
};
use crate::budget::Budgets;
use crate::hosts::{Hosts, RequestKind};
use crate::lock::lock;
use crate::metrics::{POLL_SECONDS, POLLS};
use crate::pages::Pages;
use crate::publish::Publisher;
use crate::settings::Settings;
use crate::state::{PollState, ReadMark, Store};

pub(crate) use new_items::leads_of;
pub(crate) use outcome::{set_aside, set_aside_problem, waiting};

/// Polls feeds. Has everything that polls share; clones share it too.
#[derive(Clone)]
pub(crate) struct Poller {
    pub(crate) context: StageContext,
    pub(crate) settings: Arc<Settings>,
    pub(crate) client: Client,
    pub(crate) hosts: Hosts,
    pub(crate) pages: Arc<Pages>,
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    pub(crate) shared: Arc<Shared>,
    pub(crate) budgets: Arc<Budgets>,
    pub(crate) parse_gate: Arc<ParseGate>,
    /// When the fetcher started.
    pub(crate) started: UnixMillis,
    pub(crate) stop: CancellationToken,
}

/// A feed after a poll.
pub(crate) struct PollResult {
    pub(crate) record: FeedRecord,
    pub(crate) state: PollState,
    /// Whether its host was requested.
    pub(crate) was_fetched: bool,
}

impl Poller {
    /// Polls a feed and stores the outcome. `is_shared`: other feeds have its address.
    ///
    /// Returns `None` if the fetcher was stopped, or another one changed the feed meanwhile. Then the next poll repeats the
    /// work with the same ids.
    pub(crate) async fn poll(
        &self,
        record: FeedRecord,
        state: PollState,
        is_shared: bool,
    ) -> Result<Option<PollResult>, FetcherError> {
        let clock = &self.context.clock;
        let started = clock.now();
        let asking = self.request_feed(&record, &state, is_shared);
        let Some(asked) = self.stop.run_until_cancelled(asking).await else { return Ok(None) };
        let (old_state, was_fetched) = (state.clone(), asked.was_fetched);
        let Some(polled) = self.apply_answer(asked, record, state).await? else {
            return Ok(None);
        };
        if !self.store.replace_record(&polled.record).await? {
            return Ok(None);
        }
        if polled.state != old_state {
            self.store.put_state(&polled.record.feed.id, &polled.state).await?;
        }
        crate::check_fail_point(&self.context, Point::Acknowledged)?;
        POLL_SECONDS.record(clock.now().since(started).as_secs_f64(), &[]);
        Ok(Some(PollResult { was_fetched, ..polled }))
    }

    /// Publishes the new items of an answer, and returns the feed after it.
    async fn apply_answer(
        &self,
        asked: FeedAnswer,
        mut record: FeedRecord,
        state: PollState,
    ) -> Result<Option<PollResult>, FetcherError> {
        let now = || self.context.clock.now();
        let FeedAnswer { answer, was_conditional, is_plain, .. } = asked;
        let (outcome, answer, listing, body) = match answer {
            Answer::HostPaused(until) => {
                POLLS.add(1, &["left_alone"]);
                return Ok(Some(after_pause(record, state, until, now())));
            }
            Answer::Gone => {
                POLLS.add(1, &["gone"]);
                return Ok(Some(after_gone(record, state, now())));
            }
            Answer::Failed(failure) => return Ok(Some(self.failed(record, state, failure))),
            Answer::Unchanged(answer) => ("unchanged", answer, None, None),
            Answer::Body(answer) => {
                let body = body_hash(&answer.body);
                let is_same = state.body == Some(body) && record.last_good.is_some();
                if is_same && !new_items::needs_site(&record, answer.url.as_str()) {
                    ("same", answer, None, Some(body))
                } else {
                    let read = match self.parse_marked(&record.feed.id, &answer).await? {
                        Ok(read) => read,
                        Err(unread) => {
                            let failure = parse_failure(&unread, &answer.body);
                            return Ok(Some(self.failed(record, state, failure)));
                        }
                    };
                    // Found before anything is published, because the ids of articles depend on the site.
                    let Some(site) = self.site_of(&record, &answer, &read).await else {
                        return Ok(None);
                    };
                    record.site = site;
                    let Some(listing) = self.publish_new_items(&record, &state, &read).await?
                    else {
                        return Ok(None);
                    };
                    ("read", answer, Some((listing, read.feed)), Some(body))
                }
            }
        };
        POLLS.add(1, &[outcome]);
        let good = GoodAnswer { answer: &answer, listing, body, was_conditional, is_plain };
        Ok(Some(after_good(record, state, good, now(), &self.settings)))
    }

    /// The feed after a failure. Only the first failure in a row is logged at level info.
    pub(crate) fn failed(
        &self,
        record: FeedRecord,
        state: PollState,
        failure: Failure,
    ) -> PollResult {
        POLLS.add(1, &["failed"]);
        let now = self.context.clock.now();
        let polled = after_failure(record, state, failure, now, &self.settings);
        let FeedRecord { feed, problem, failures, .. } = &polled.record;
        match failures {
            1 => tracing::info!(feed = %feed.id, problem, "feed failed"),
            _ => tracing::debug!(feed = %feed.id, problem, failures, "feed failed again"),
        }
        polled
    }
}

/// A hash that recognises an unchanged body. It is stored. A change of the hash only costs one parse.
fn body_hash(body: &[u8]) -> u64 {
    let mut hasher = SipHasher24::new_with_key(b"wirefold bodies.");
    hasher.write(body);
    hasher.finish()
}

/// An answer, and how it was obtained.
pub(super) struct FeedAnswer {
    pub(super) answer: Answer,
    /// Whether the request had validators.
    pub(super) was_conditional: bool,
    /// Whether a request was sent, as opposed to a cached answer.
    pub(super) was_fetched: bool,
    /// Whether only compatibility mode got an answer.
    pub(super) is_plain: bool,
}

impl FeedAnswer {
    fn without(answer: Answer) -> Self {
        Self { answer, was_conditional: false, was_fetched: false, is_plain: false }
    }
}

impl Poller {
    /// Requests a feed, or uses the answer that another feed with its address got.
    pub(super) async fn request_feed(
        &self,
        record: &FeedRecord,
        state: &PollState,
        is_shared: bool,
    ) -> FeedAnswer {
        let address = state.address(&record.feed.url);
        let Ok(url) = Url::parse(address) else {
            let problem = format!("{address:?} is not an address; correct it");
            return FeedAnswer::without(Answer::Failed(Failure::broken(problem)));
        };
        if !is_shared {
            return self.request_from_host(&url, record, state).await;
        }
        let validators = validators_of(record, state, self);
        let mut slot = self.shared.lock_slot(address, self.context.clock.now()).await;
        let now = self.context.clock.now();
        if let Some(answer) = slot.as_ref().and_then(|cached| cached.answer_for(&validators, now)) {
            let was_conditional = validators != Validators::default();
            return FeedAnswer { was_conditional, ..FeedAnswer::without(answer) };
        }
        let answer_of_host = self.request_from_host(&url, record, state).await;
        let at = self.context.clock.now();
        *slot = Some(CachedAnswer { at, validators, answer: answer_of_host.answer.clone() });
        answer_of_host
    }

    async fn request_from_host(
        &self,
        url: &Url,
        record: &FeedRecord,
        state: &PollState,
    ) -> FeedAnswer {
        if let Some(until) = self.hosts.paused_until(url) {
            return FeedAnswer::without(Answer::HostPaused(until));
        }
        let _turn = self.hosts.turn(url, RequestKind::Feed, Duration::ZERO).await;
        // The host may have refused another request while this one waited.
        if let Some(until) = self.hosts.paused_until(url) {
            return FeedAnswer::without(Answer::HostPaused(until));
        }
        let validators = validators_of(record, state, self);
        let was_conditional = validators != Validators::default();
        // The feed may have moved to another site.
        let request = for_feed(feed_request(url.clone(), &self.settings), &record.feed.url);
        let request = within_time_of(&record.feed, request);
        let request = Request { is_plain: request.is_plain || state.is_plain, ..request };
        let (answer, is_plain) = self.send(conditional(request, &validators)).await;
        let answer = judge(answer, was_conditional, timestamp(self.context.clock.now()));
        FeedAnswer { answer, was_conditional, was_fetched: true, is_plain }
    }

    /// Sends a request ([`send`]). If the requested host itself answers with `Retry-After`, requests to it
    /// pause for that time.
    pub(crate) async fn send(&self, request: Request) -> (Result<Response, SendError>, bool) {
        let (answer, is_plain) = send(&self.client, request).await;
        answer.iter().for_each(|answer| self.hosts.pause_as_asked(answer));
        (answer, is_plain)
    }
}

/// The validators that a request would have now.
fn validators_of(record: &FeedRecord, state: &PollState, poller: &Poller) -> Validators {
    match state.is_on_trial(poller.context.clock.now()) {
        true => Validators::default(),
        false => (record.etag.clone(), record.last_modified.clone()),
    }
}

/// How long an answer is used for the other feeds of its address, which are polled right after.
const MAX_AGE: Duration = Duration::from_mins(2);

/// The addresses that several feeds share, each with its last answer.
#[derive(Default)]
pub(crate) struct Shared {
    addresses: Guarded<HashMap<String, Arc<Mutex<Option<CachedAnswer>>>>>,
}

/// The last answer of an address, locked: the other feeds of the address wait.
pub(super) type AnswerSlot = OwnedMutexGuard<Option<CachedAnswer>>;

/// An answer, its time, and the validators of its request.
#[derive(Debug, Clone)]
pub(super) struct CachedAnswer {
    pub(super) at: UnixMillis,
    pub(super) validators: Validators,
    pub(super) answer: Answer,
}

impl CachedAnswer {
    /// The answer, if it is fresh and applies to a request with these validators.
    pub(super) fn answer_for(&self, validators: &Validators, now: UnixMillis) -> Option<Answer> {
        let is_fresh = now.since(self.at) < MAX_AGE;
        let is_applicable = match &self.answer {
            Answer::Unchanged(_) => *validators == self.validators,
            _ => true,
        };
        (is_fresh && is_applicable).then(|| self.answer.clone())
    }
}

impl Shared {
    /// Locks the slot of an address. Waits while another feed of that address is being requested.
    pub(super) async fn lock_slot(&self, address: &str, now: UnixMillis) -> AnswerSlot {
        let slot = {
            let mut addresses = lock(&self.addresses);
            // A locked slot is in use. An answer that is no longer fresh can be dropped.
            let is_fresh = |cached: &CachedAnswer| now.since(cached.at) < MAX_AGE;
            let is_used = |slot: &Arc<Mutex<Option<CachedAnswer>>>| match slot.try_lock() {
                Ok(cached) => cached.as_ref().is_some_and(is_fresh),
                Err(_) => true,
            };
            addresses.retain(|other, slot| other == address || is_used(slot));
            addresses.entry(address.to_owned()).or_default().clone()
        };
        slot.lock_owned().await
    }
}

/// The feeds that may be parsed now: many at one time, or one suspect alone.
#[derive(Default)]
pub(crate) struct ParseGate {
    gate: RwLock<()>,
    suspects: Guarded<HashSet<FeedId>>,
}

impl ParseGate {
    /// Makes these feeds suspects: each is parsed alone once.
    pub(crate) fn suspect(&self, feeds: impl IntoIterator<Item = FeedId>) {
        lock(&self.suspects).extend(feeds);
    }
}

impl Poller {
    /// Stores the mark that a feed is being parsed, then parses it, then deletes the mark.
    async fn parse_marked(
        &self,
        feed: &FeedId,
        answer: &Response,
    ) -> Result<Result<ParsedFeed, ParseFailure>, BusError> {
        let ParseGate { gate, suspects } = &*self.parse_gate;
        let is_alone = lock(suspects).contains(feed);
        let _alone = if is_alone { Some(gate.write().await) } else { None };
        let _with_others = if is_alone { None } else { Some(gate.read().await) };
        let by = self.store.share.own().to_owned();
        self.store.put_read_mark(feed, ReadMark { is_alone, by }).await?;
        let read = parse(answer.clone()).await;
        self.store.forget_read_mark(feed).await?;
        lock(suspects).remove(feed);
        Ok(read)
    }
}
