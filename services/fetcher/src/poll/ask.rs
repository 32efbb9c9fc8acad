//! The question of a poll: once for all feeds of an address, and in the plainest way where the
//! usual one gets nothing that can be read.

use std::time::Duration;

use url::Url;
use wirefold_envelope::timestamp;
use wirefold_http_client::{Request, Response, SendError};
use wirefold_proto::FeedRecord;

use super::Poller;
use super::shared::{Kept, Validators};
use crate::access::led_by;
use crate::answer::{Answer, Failure, conditional, judge, patience_of_host, question, send};
use crate::hosts::Errand;
use crate::state::Memo;

/// An answer and how it came.
pub(super) struct FeedAnswer {
    pub(super) answer: Answer,
    /// Whether it carried validators.
    pub(super) was_conditional: bool,
    /// Whether the host was asked, rather than another feed's answer taken.
    pub(super) was_fetched: bool,
    /// Whether only the plainest question was answered.
    pub(super) is_plain: bool,
}

impl FeedAnswer {
    fn without(answer: Answer) -> Self {
        Self { answer, was_conditional: false, was_fetched: false, is_plain: false }
    }
}

impl Poller {
    /// Asks for a feed, or takes what another feed of its address was answered.
    pub(super) async fn ask(
        &self,
        record: &FeedRecord,
        memo: &Memo,
        is_shared: bool,
    ) -> FeedAnswer {
        let address = memo.address(&record.feed.url);
        let Ok(url) = Url::parse(address) else {
            let problem = format!("{address:?} is no address; mend it");
            return FeedAnswer::without(Answer::Failed(Failure::broken(problem)));
        };
        if !is_shared {
            return self.ask_host(&url, record, memo).await;
        }
        let validators = validators_of(record, memo, self);
        let mut place = self.shared.place(address, self.context.clock.now()).await;
        let now = self.context.clock.now();
        if let Some(answer) = place.as_ref().and_then(|kept| kept.serves(&validators, now)) {
            let was_conditional = validators != Validators::default();
            return FeedAnswer { was_conditional, ..FeedAnswer::without(answer) };
        }
        let asked = self.ask_host(&url, record, memo).await;
        let at = self.context.clock.now();
        *place = Some(Kept { at, asked_with: validators, answer: asked.answer.clone() });
        asked
    }

    async fn ask_host(&self, url: &Url, record: &FeedRecord, memo: &Memo) -> FeedAnswer {
        if let Some(until) = self.hosts.left_alone(url) {
            return FeedAnswer::without(Answer::LeftAlone(until));
        }
        let _turn = self.hosts.turn(url, Errand::Feed, Duration::ZERO).await;
        // Others may have been sent away while this one waited.
        if let Some(until) = self.hosts.left_alone(url) {
            return FeedAnswer::without(Answer::LeftAlone(until));
        }
        let was_conditional = validators_of(record, memo, self) != Validators::default();
        // It may have moved to another site.
        let request = led_by(question(url.clone(), &self.settings), &record.feed.url);
        let request = Request { is_plain: request.is_plain || memo.is_plain, ..request };
        let request = if was_conditional { conditional(request, record) } else { request };
        let (answer, is_plain) = self.send(request).await;
        let now = self.context.clock.now();
        let answer = match judge(answer, timestamp(now)) {
            Answer::Unchanged(_) if !was_conditional => {
                let problem = "HTTP 304: an answer to a question that nobody asked";
                Answer::Failed(Failure::broken(problem))
            }
            other => other,
        };
        FeedAnswer { answer, was_conditional, was_fetched: true, is_plain }
    }

    /// [`send`], after which the host is left alone as long as it asks for, if it was asked itself.
    pub(crate) async fn send(&self, request: Request) -> (Result<Response, SendError>, bool) {
        let (answer, is_plain) = send(&self.client, request).await;
        let now = self.context.clock.now();
        if let Ok(answer) = &answer
            && let Some(patience) = patience_of_host(answer, timestamp(now))
        {
            self.hosts.leave_alone(&answer.url, now.plus(patience));
        }
        (answer, is_plain)
    }
}

/// The validators that a question would carry now.
fn validators_of(record: &FeedRecord, memo: &Memo, poller: &Poller) -> Validators {
    // Whose feed it is can only be told by what it lists.
    let is_unknown = record.articles > 0 && record.site.is_none();
    match is_unknown || memo.is_on_trial(poller.context.clock.now()) {
        true => Validators::default(),
        false => (record.etag.clone(), record.last_modified.clone()),
    }
}
