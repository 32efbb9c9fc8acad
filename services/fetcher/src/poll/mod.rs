//! One poll of one feed: request, parse, publish new articles, and only then remember their items. A
//! feed's record and memo come in, the new ones go out.

mod caching;
mod doctor;
mod feed_locks;
mod flood;
mod item_list;
mod new_items;
mod outcome;
mod parse_gate;
mod request;
mod shared;
mod site;

use std::hash::Hasher as _;
use std::sync::Arc;

use siphasher::sip::SipHasher24;
use tokio_util::sync::CancellationToken;
use wirefold_flow::{Point, StageContext};
use wirefold_http_client::Client;
use wirefold_proto::FeedRecord;

use crate::FetcherError;
use crate::answer::{Answer, Failure, parse, parse_failure};
use crate::budget::Budgets;
use crate::hosts::Hosts;
use crate::metrics::{POLL_SECONDS, POLLS};
use crate::pages::Pages;
use crate::publish::Publisher;
use crate::settings::Settings;
use crate::state::{Memo, Store};
pub(crate) use feed_locks::FeedLocks;
pub(crate) use new_items::ItemOrigin;
use outcome::{GoodAnswer, after_failure, after_gone, after_good, after_pause};
pub(crate) use outcome::{set_aside, set_aside_problem, waiting};
pub(crate) use parse_gate::ParseGate;
use request::FeedAnswer;
pub(crate) use shared::Shared;
pub(crate) use site::leads_of;

/// Polls feeds. Has everything that polls share.
pub(crate) struct Poller {
    pub(crate) context: StageContext,
    pub(crate) settings: Arc<Settings>,
    pub(crate) client: Client,
    pub(crate) hosts: Hosts,
    pub(crate) pages: Pages,
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    pub(crate) shared: Shared,
    pub(crate) budgets: Budgets,
    pub(crate) feed_locks: FeedLocks,
    pub(crate) parse_gate: ParseGate,
    pub(crate) stop: CancellationToken,
}

/// A feed after a poll.
pub(crate) struct PollResult {
    pub(crate) record: FeedRecord,
    pub(crate) memo: Memo,
    /// Whether its host was requested.
    pub(crate) was_fetched: bool,
}

impl Poller {
    /// Polls a feed and stores the outcome. `is_shared`: other feeds have its address.
    ///
    /// Returns `None` if the fetcher was stopped. Then nothing is stored, and the next poll repeats the
    /// work with the same ids.
    pub(crate) async fn poll(
        &self,
        record: FeedRecord,
        memo: Memo,
        is_shared: bool,
    ) -> Result<Option<PollResult>, FetcherError> {
        let clock = &self.context.clock;
        let started = clock.now();
        let asked = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Ok(None),
            asked = self.request_feed(&record, &memo, is_shared) => asked,
        };
        let (old_memo, was_fetched) = (memo.clone(), asked.was_fetched);
        let Some(polled) = self.apply_answer(asked, record, memo).await? else {
            return Ok(None);
        };
        if polled.memo != old_memo {
            self.store.put_memo(&polled.record.feed.id, &polled.memo).await?;
        }
        self.store.put_record(&polled.record).await?;
        crate::check_fail_point(&self.context, Point::Acknowledged)?;
        POLL_SECONDS.record(clock.now().since(started).as_secs_f64(), &[]);
        Ok(Some(PollResult { was_fetched, ..polled }))
    }

    /// Publishes the new items of an answer, and returns the feed after it.
    async fn apply_answer(
        &self,
        asked: FeedAnswer,
        mut record: FeedRecord,
        memo: Memo,
    ) -> Result<Option<PollResult>, FetcherError> {
        let settings = &*self.settings;
        let now = || self.context.clock.now();
        let FeedAnswer { answer, was_conditional, is_plain, .. } = asked;
        let (answer, listing, body) = match answer {
            Answer::HostPaused(until) => {
                POLLS.add(1, &["left_alone"]);
                return Ok(Some(after_pause(record, memo, until, now())));
            }
            Answer::Gone => {
                POLLS.add(1, &["gone"]);
                return Ok(Some(after_gone(record, memo, now())));
            }
            Answer::Failed(failure) => return Ok(Some(self.failed(record, memo, failure))),
            Answer::Unchanged(answer) => {
                POLLS.add(1, &["unchanged"]);
                (answer, None, None)
            }
            Answer::Body(answer) => {
                let body = body_hash(&answer.body);
                let is_same = memo.body == Some(body) && record.last_good.is_some();
                if is_same && !site::needs_site(&record, answer.url.as_str()) {
                    POLLS.add(1, &["same"]);
                    (answer, None, Some(body))
                } else {
                    let reading = parse(answer.clone(), settings.items_per_feed);
                    match self.parse_marked(&record.feed.id, reading).await? {
                        Err(unread) => {
                            let failure = parse_failure(&unread, &answer.body);
                            return Ok(Some(self.failed(record, memo, failure)));
                        }
                        Ok(read) => {
                            // Found before anything is published, because the ids of articles depend on
                            // the site.
                            let Some(site) = self.site_of(&record, &answer, &read).await else {
                                return Ok(None);
                            };
                            record.site = site;
                            let Some(listing) = self
                                .publish_new_items(&record, &memo, &read, ItemOrigin::Feed)
                                .await?
                            else {
                                return Ok(None);
                            };
                            POLLS.add(1, &["read"]);
                            (answer, Some(listing), Some(body))
                        }
                    }
                }
            }
        };
        let good = GoodAnswer { answer: &answer, listing, body, was_conditional, is_plain };
        Ok(Some(after_good(record, memo, good, now(), settings)))
    }

    /// The feed after a failure. Only the first failure in a row is logged at level info.
    pub(crate) fn failed(&self, record: FeedRecord, memo: Memo, failure: Failure) -> PollResult {
        POLLS.add(1, &["failed"]);
        let now = self.context.clock.now();
        let polled = after_failure(record, memo, failure, now, &self.settings);
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
