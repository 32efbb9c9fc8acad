//! Reads messages in order by JetStream's direct get, many with one request.
//!
//! The server stores nothing for it, so the reader needs no permission to create anything. It does not
//! wait for new messages.

use std::time::Duration;

use async_nats::{HeaderMap, Message, StatusCode, Subscriber};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use tracing::debug;
use wirefold_flow::{BusError, Stored};

use crate::connect::SharedLink;
use crate::inbox::{Inbox, request_number};
use crate::link::closed;
use crate::lookup::from_direct;
use crate::metrics::STALLS;

/// The most messages and bytes of one answer.
const AT_ONCE: usize = 256;
const BYTES_AT_ONCE: usize = 4 << 20;
/// A request counts as lost if no part of its answer came for this time.
const STALLED: Duration = Duration::from_secs(5);

/// A part of an answer.
pub(crate) enum Received {
    Message(Stored),
    /// The end of the answer.
    End {
        /// Whether the stream has no more messages now.
        is_dry: bool,
    },
    /// The connection or a part of the answer was lost. Nothing more comes.
    Lost,
}

/// A request under way.
struct PendingRequest {
    number: u64,
    /// The last sequence that was received.
    last: u64,
    /// When the last part of the answer came.
    last_part: Instant,
}

/// Sends requests to one stream. The futures of all calls may be dropped: the next call returns what came
/// meanwhile.
pub(crate) struct DirectGet {
    link: SharedLink,
    subject: String,
    filter: String,
    inbox: Option<Inbox>,
    pending: Option<PendingRequest>,
    requests: u64,
    losses: u64,
    refusals: u64,
}

impl DirectGet {
    pub(crate) fn new(link: SharedLink, stream: &str, filter: &str) -> Self {
        let (losses, refusals) = (link.losses(), link.refusals());
        Self {
            link,
            subject: format!("$JS.API.DIRECT.GET.{stream}"),
            filter: filter.to_owned(),
            inbox: None,
            pending: None,
            requests: 0,
            losses,
            refusals,
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// Abandons an answer, and starts again on the current connection.
    pub(crate) fn reset(&mut self) {
        self.pending = None;
        self.losses = self.link.losses();
    }

    /// Whether the connection was lost since the start or the last reset.
    pub(crate) fn has_lost(&self) -> bool {
        self.link.losses() != self.losses
    }

    /// Returns once the connection is lost.
    pub(crate) async fn lost(&self) {
        self.link.lost_since(self.losses).await;
    }

    /// Requests the messages from a sequence on.
    pub(crate) async fn request(&mut self, from: u64) -> Result<(), BusError> {
        self.link.connected().await?;
        let inbox = match &mut self.inbox {
            Some(inbox) => inbox,
            none => none.insert(Inbox::open(&self.link).await?),
        };
        let number = self.requests + 1;
        let body = json!({
            "seq": from,
            "next_by_subj": self.filter,
            "batch": AT_ONCE,
            "max_bytes": BYTES_AT_ONCE,
        });
        self.refusals = self.link.refusals();
        inbox.request(&self.link, &self.subject, number, &body).await?;
        self.requests = number;
        self.pending = Some(PendingRequest { number, last: 0, last_part: Instant::now() });
        Ok(())
    }

    /// The next part of the answer.
    pub(crate) async fn next_part(&mut self, stream: &str) -> Result<Received, BusError> {
        loop {
            let (Some(pending), Some(inbox)) = (&mut self.pending, &mut self.inbox) else {
                return Ok(Received::Lost);
            };
            let part = tokio::select! {
                biased;
                part = timeout_at(pending.last_part + STALLED, inbox.next()) => part,
                () = self.link.lost_since(self.losses) => Ok(None),
                refusal = self.link.refused(self.refusals, &self.subject) => {
                    self.pending = None;
                    return Err(refusal);
                }
            };
            let Ok(Some(part)) = part else {
                if part.is_err() {
                    STALLS.add(1, &[]);
                    debug!(subject = self.subject, "a question was not answered");
                }
                self.pending = None;
                self.inbox = None;
                return Ok(Received::Lost);
            };
            if request_number(&part) == Some(pending.number) {
                pending.last_part = Instant::now();
                return self.read_part(stream, part).await;
            }
        }
    }

    async fn read_part(&mut self, stream: &str, part: Message) -> Result<Received, BusError> {
        let Some(pending) = &mut self.pending else {
            return Ok(Received::Lost);
        };
        let before = number(part.headers.as_ref(), "Nats-Last-Sequence");
        let left = number(part.headers.as_ref(), "Nats-Num-Pending");
        // A stored message may have a status of its own. It is recognised by its sequence.
        if number(part.headers.as_ref(), "Nats-Sequence").is_some() {
            if before != Some(pending.last) {
                self.pending = None;
                return Ok(Received::Lost);
            }
            let stored = from_direct(stream, part)?;
            pending.last = stored.sequence;
            return Ok(Received::Message(stored));
        }
        let last = pending.last;
        self.pending = None;
        match part.status {
            Some(StatusCode::NOT_FOUND) => Ok(Received::End { is_dry: true }),
            Some(StatusCode::NO_RESPONDERS) => Err(self.link.why_nobody(stream).await),
            // The end of an answer has the status 204.
            Some(status) if status.as_u16() == 204 => match before {
                Some(end) if end == last => Ok(Received::End { is_dry: left == Some(0) }),
                _ => Ok(Received::Lost),
            },
            status => {
                let why = part.description.unwrap_or_default();
                Err(BusError::Unavailable(format!("{stream}: {status:?} {why}")))
            }
        }
    }
}

/// The number in a header of the server, which comes after stored headers of the same name.
fn number(headers: Option<&HeaderMap>, name: &str) -> Option<u64> {
    headers?.get_last(name)?.as_str().parse().ok()
}

/// A signal from the server that it has stored a message, so that the reader requests it immediately.
///
/// The signal does not come from a stream that an older release created, or if this user lacks the
/// permission. So the reader also polls.
pub(crate) struct StoredSignal {
    subject: Option<String>,
    subscription: Option<Subscriber>,
}

impl StoredSignal {
    pub(crate) fn new(subject: Option<String>) -> Self {
        Self { subject, subscription: None }
    }

    /// Subscribes to the next signal. Returns false if it was subscribed already.
    pub(crate) async fn subscription(&mut self, link: &SharedLink) -> Result<bool, BusError> {
        let Some(subject) = self.subject.clone().filter(|_| self.subscription.is_none()) else {
            return Ok(false);
        };
        let mut subscription = link.client.subscribe(subject).await.map_err(|_| closed())?;
        subscription.unsubscribe_after(1).await.map_err(|_| closed())?;
        self.subscription = Some(subscription);
        Ok(true)
    }

    /// Returns once the signal has come.
    pub(crate) async fn received(&mut self) {
        let Some(subscription) = &mut self.subscription else {
            return std::future::pending().await;
        };
        subscription.next().await;
        self.subscription = None;
    }
}
