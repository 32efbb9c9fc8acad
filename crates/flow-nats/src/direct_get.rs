//! Reads messages in order by JetStream's direct get, many to a request.
//!
//! Comes in: a sequence. Goes out: the messages from there on, and the end of what the stream has. The server stores
//! nothing for it, so the reader needs no right to create anything. It never waits for new messages.

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

/// How many messages are asked for at once, and how many bytes the server sends before it ends its answer.
const AT_ONCE: usize = 256;
const BYTES_AT_ONCE: usize = 4 << 20;
/// A question of which nothing came for so long was lost.
const STALLED: Duration = Duration::from_secs(5);

/// What comes of a question.
pub(crate) enum Received {
    Message(Stored),
    /// The answer is over; whether there was nothing behind it.
    End {
        is_dry: bool,
    },
    /// The connection was lost, or a part of the answer: nothing more comes of it.
    Lost,
}

/// A question under way.
struct Question {
    number: u64,
    /// The last sequence that came.
    last: u64,
    /// When the last part of the answer came.
    heard: Instant,
}

/// Asks one stream. All calls may be dropped: what comes later is given by the next call.
pub(crate) struct DirectGet {
    link: SharedLink,
    subject: String,
    filter: String,
    inbox: Option<Inbox>,
    asked: Option<Question>,
    questions: u64,
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
            asked: None,
            questions: 0,
            losses,
            refusals,
        }
    }

    pub(crate) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }

    /// Leaves the rest of an answer, and begins anew on the connection as it is.
    pub(crate) fn forget(&mut self) {
        self.asked = None;
        self.losses = self.link.losses();
    }

    /// Whether the connection was lost since it began.
    pub(crate) fn has_lost(&self) -> bool {
        self.link.losses() != self.losses
    }

    /// Returns once that is so.
    pub(crate) async fn lost(&self) {
        self.link.lost_since(self.losses).await;
    }

    /// Asks for what stands from a sequence on.
    pub(crate) async fn ask(&mut self, from: u64) -> Result<(), BusError> {
        self.ask_for(from, AT_ONCE).await
    }

    /// The same, for at most so many.
    pub(crate) async fn ask_for(&mut self, from: u64, most: usize) -> Result<(), BusError> {
        self.link.connected().await?;
        let inbox = match &mut self.inbox {
            Some(inbox) => inbox,
            none => none.insert(Inbox::open(&self.link).await?),
        };
        let number = self.questions + 1;
        let body = json!({
            "seq": from,
            "next_by_subj": self.filter,
            "batch": most.min(AT_ONCE),
            "max_bytes": BYTES_AT_ONCE,
        });
        self.refusals = self.link.refusals();
        inbox.request(&self.link, &self.subject, number, &body).await?;
        self.questions = number;
        self.asked = Some(Question { number, last: 0, heard: Instant::now() });
        Ok(())
    }

    /// The next part of the answer to what was asked.
    pub(crate) async fn next_part(&mut self, stream: &str) -> Result<Received, BusError> {
        loop {
            let (Some(asked), Some(inbox)) = (&mut self.asked, &mut self.inbox) else {
                return Ok(Received::Lost);
            };
            let part = tokio::select! {
                biased;
                part = timeout_at(asked.heard + STALLED, inbox.next()) => part,
                () = self.link.lost_since(self.losses) => Ok(None),
                refusal = self.link.refused(self.refusals, &self.subject) => {
                    self.asked = None;
                    return Err(refusal);
                }
            };
            let Ok(Some(part)) = part else {
                if part.is_err() {
                    STALLS.add(1, &[]);
                    debug!(subject = self.subject, "a question was not answered");
                }
                self.asked = None;
                self.inbox = None;
                return Ok(Received::Lost);
            };
            if request_number(&part) == Some(asked.number) {
                asked.heard = Instant::now();
                return self.read_part(stream, part).await;
            }
        }
    }

    async fn read_part(&mut self, stream: &str, part: Message) -> Result<Received, BusError> {
        let Some(asked) = &mut self.asked else {
            return Ok(Received::Lost);
        };
        let before = number(part.headers.as_ref(), "Nats-Last-Sequence");
        let left = number(part.headers.as_ref(), "Nats-Num-Pending");
        // A stored message may have a status of its own; only its place tells that it is one.
        if number(part.headers.as_ref(), "Nats-Sequence").is_some() {
            if before != Some(asked.last) {
                self.asked = None;
                return Ok(Received::Lost);
            }
            let stored = from_direct(stream, part)?;
            asked.last = stored.sequence;
            return Ok(Received::Message(stored));
        }
        let last = asked.last;
        self.asked = None;
        match part.status {
            Some(StatusCode::NOT_FOUND) => Ok(Received::End { is_dry: true }),
            Some(StatusCode::NO_RESPONDERS) => Err(self.link.why_nobody(stream).await),
            // The end of an answer, which is 204.
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

/// What the server says in a header: it writes its own behind those that were stored.
fn number(headers: Option<&HeaderMap>, name: &str) -> Option<u64> {
    headers?.get_last(name)?.as_str().parse().ok()
}

/// Rings once when the server has stored something, so that it is asked for at once.
///
/// It is not heard on a stream that an older release made, nor where the server does not let this user hear
/// it: so it is asked without it, too.
pub(crate) struct Bell {
    subject: Option<String>,
    set: Option<Subscriber>,
}

impl Bell {
    pub(crate) fn new(subject: Option<String>) -> Self {
        Self { subject, set: None }
    }

    /// Sets the bell; whether it was not set before.
    pub(crate) async fn set(&mut self, link: &SharedLink) -> Result<bool, BusError> {
        let Some(subject) = self.subject.clone().filter(|_| self.set.is_none()) else {
            return Ok(false);
        };
        let mut set = link.client.subscribe(subject).await.map_err(|_| closed())?;
        set.unsubscribe_after(1).await.map_err(|_| closed())?;
        self.set = Some(set);
        Ok(true)
    }

    /// Returns once it has rung.
    pub(crate) async fn rung(&mut self) {
        let Some(set) = &mut self.set else {
            return std::future::pending().await;
        };
        set.next().await;
        self.set = None;
    }
}
