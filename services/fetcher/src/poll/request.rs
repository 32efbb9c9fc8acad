//! Requests a feed: once for all feeds with the same address, and in compatibility mode if the usual
//! answer cannot be read.

use std::time::Duration;

use url::Url;
use wirefold_envelope::timestamp;
use wirefold_http_client::{Request, Response, SendError};
use wirefold_proto::FeedRecord;

use super::Poller;
use super::shared::{CachedAnswer, Validators};
use crate::access::for_feed;
use crate::answer::{
    Answer, Failure, conditional, feed_request, host_retry_after, judge, judge_conditional, send,
};
use crate::hosts::RequestKind;
use crate::state::Memo;

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
        memo: &Memo,
        is_shared: bool,
    ) -> FeedAnswer {
        let address = memo.address(&record.feed.url);
        let Ok(url) = Url::parse(address) else {
            let problem = format!("{address:?} is not an address; correct it");
            return FeedAnswer::without(Answer::Failed(Failure::broken(problem)));
        };
        if !is_shared {
            return self.request_from_host(&url, record, memo).await;
        }
        let validators = validators_of(record, memo, self);
        let mut slot = self.shared.lock_slot(address, self.context.clock.now()).await;
        let now = self.context.clock.now();
        if let Some(answer) = slot.as_ref().and_then(|cached| cached.answer_for(&validators, now)) {
            let was_conditional = validators != Validators::default();
            return FeedAnswer { was_conditional, ..FeedAnswer::without(answer) };
        }
        let answer_of_host = self.request_from_host(&url, record, memo).await;
        let at = self.context.clock.now();
        *slot = Some(CachedAnswer { at, validators, answer: answer_of_host.answer.clone() });
        answer_of_host
    }

    async fn request_from_host(&self, url: &Url, record: &FeedRecord, memo: &Memo) -> FeedAnswer {
        if let Some(until) = self.hosts.paused_until(url) {
            return FeedAnswer::without(Answer::HostPaused(until));
        }
        let _turn = self.hosts.turn(url, RequestKind::Feed, Duration::ZERO).await;
        // The host may have refused another request while this one waited.
        if let Some(until) = self.hosts.paused_until(url) {
            return FeedAnswer::without(Answer::HostPaused(until));
        }
        let was_conditional = validators_of(record, memo, self) != Validators::default();
        // The feed may have moved to another site.
        let request = for_feed(feed_request(url.clone(), &self.settings), &record.feed.url);
        let request = Request { is_plain: request.is_plain || memo.is_plain, ..request };
        let (etag, last_modified) = (record.etag.as_deref(), record.last_modified.as_deref());
        let request = match was_conditional {
            true => conditional(request, etag, last_modified),
            false => request,
        };
        let (answer, is_plain) = self.send(request).await;
        let now = timestamp(self.context.clock.now());
        let answer = match was_conditional {
            true => judge_conditional(answer, now),
            false => judge(answer, now),
        };
        FeedAnswer { answer, was_conditional, was_fetched: true, is_plain }
    }

    /// Sends a request ([`send`]). If the requested host itself answers with `Retry-After`, requests to it
    /// pause for that time.
    pub(crate) async fn send(&self, request: Request) -> (Result<Response, SendError>, bool) {
        let (answer, is_plain) = send(&self.client, request).await;
        let now = self.context.clock.now();
        if let Ok(answer) = &answer
            && let Some(wait) = host_retry_after(answer, timestamp(now))
        {
            self.hosts.pause(&answer.url, now.plus(wait));
        }
        (answer, is_plain)
    }
}

/// The validators that a request would have now.
fn validators_of(record: &FeedRecord, memo: &Memo, poller: &Poller) -> Validators {
    // The site of the feed is found by its items, so an answer without a body does not help.
    let is_unknown = record.articles > 0 && record.site.is_none();
    match is_unknown || memo.is_on_trial(poller.context.clock.now()) {
        true => Validators::default(),
        false => (record.etag.clone(), record.last_modified.clone()),
    }
}
