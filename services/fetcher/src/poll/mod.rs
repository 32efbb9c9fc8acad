//! One poll of one feed: ask, parse, publish what is new, and only then remember it.

mod answer;
mod listed;
mod outcome;
mod take;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use url::Url;
use wirefold_envelope::timestamp;
use wirefold_flow::{Point, Surroundings};
use wirefold_guard::Client;
use wirefold_proto::FeedRecord;

use crate::FetcherError;
use crate::metrics::{POLL_SECONDS, POLLS};
use crate::pages::Pages;
use crate::publish::Publisher;
use crate::schedule::{Errand, Hosts};
use crate::settings::Settings;
use crate::state::{Memo, Store};
pub(crate) use answer::{Answer, Failure, Unread, judge, no_feed, parse, question};
pub(crate) use outcome::waiting;
use outcome::{after_failure, after_gone, after_good};

/// Polls feeds; everything that polls have in common.
pub(crate) struct Poller {
    pub(crate) surroundings: Surroundings,
    pub(crate) settings: Arc<Settings>,
    pub(crate) client: Client,
    pub(crate) hosts: Hosts,
    pub(crate) pages: Pages,
    pub(crate) publisher: Publisher,
    pub(crate) store: Store,
    pub(crate) stop: CancellationToken,
}

/// A feed after a poll.
pub(crate) struct Polled {
    pub(crate) record: FeedRecord,
    pub(crate) memo: Memo,
}

impl Poller {
    /// Polls a feed and remembers how it went. None where it was stopped, which leaves everything
    /// as it was: the next poll does the same under the same ids.
    pub(crate) async fn poll(
        &self,
        record: FeedRecord,
        memo: Memo,
    ) -> Result<Option<Polled>, FetcherError> {
        let clock = &self.surroundings.clock;
        let started = clock.now();
        let answer = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Ok(None),
            answer = self.ask(&record, &memo) => answer,
        };
        let old_memo = memo.clone();
        let Some(polled) = self.settle(answer, record, memo).await? else {
            return Ok(None);
        };
        if polled.memo != old_memo {
            self.store.put_memo(&polled.record.feed.id, &polled.memo).await?;
        }
        self.store.put_record(&polled.record).await?;
        crate::pass(&self.surroundings, Point::Settled)?;
        POLL_SECONDS.record(clock.now().since(started).as_secs_f64(), &[]);
        Ok(Some(polled))
    }

    async fn ask(&self, record: &FeedRecord, memo: &Memo) -> Answer {
        let address = memo.address(&record.feed.url);
        let Ok(url) = Url::parse(address) else {
            return Answer::Failed(Failure::new(format!("{address:?} is no address; mend it")));
        };
        let _turn = self.hosts.turn(&url, Errand::Feed, Duration::ZERO).await;
        let answer = self.client.send(question(url, Some(record), &self.settings)).await;
        judge(answer, timestamp(self.surroundings.clock.now()))
    }

    async fn settle(
        &self,
        answer: Answer,
        record: FeedRecord,
        memo: Memo,
    ) -> Result<Option<Polled>, FetcherError> {
        let settings = &*self.settings;
        let now = || self.surroundings.clock.now();
        let polled = match answer {
            Answer::Unchanged(answer) => {
                POLLS.add(1, &["unchanged"]);
                after_good(record, memo, &answer, None, now(), settings)
            }
            Answer::Gone => {
                POLLS.add(1, &["gone"]);
                after_gone(record, memo, now())
            }
            Answer::Failed(failure) => self.failed(record, memo, failure),
            Answer::Body(answer) => match parse(answer.clone(), settings.items_per_feed).await {
                Err(unread) => self.failed(record, memo, Failure::new(no_feed(&unread))),
                Ok(read) => {
                    let Some(taken) = self.take(&record, &read).await? else {
                        return Ok(None);
                    };
                    POLLS.add(1, &["read"]);
                    after_good(record, memo, &answer, Some(taken), now(), settings)
                }
            },
        };
        Ok(Some(polled))
    }

    /// Says once in a row of failures what is wrong.
    pub(crate) fn failed(&self, record: FeedRecord, memo: Memo, failure: Failure) -> Polled {
        POLLS.add(1, &["failed"]);
        let now = self.surroundings.clock.now();
        let polled = after_failure(record, memo, failure, now, &self.settings);
        let FeedRecord { feed, problem, failures, .. } = &polled.record;
        match failures {
            1 => tracing::info!(feed = %feed.id, problem, "feed failed"),
            _ => tracing::debug!(feed = %feed.id, problem, failures, "feed failed again"),
        }
        polled
    }
}
