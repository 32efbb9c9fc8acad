//! Pulls the messages of one durable consumer.
//!
//! The first request is for the messages that are there, and the server ends it at once. If there are
//! none, the next request waits for a single message. So the server never has a request for more messages
//! than a caller waits for. A call that is dropped has requested one message, which the next call
//! returns.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::{Message, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::debug;
use wirefold_flow::{Backoff, BusError};

use crate::api::Reply;
use crate::connect::SharedLink;
use crate::inbox::{Inbox, request_number};
use crate::metrics::STALLS;
use crate::streams::nanos;

/// The subject of pull requests, before the names of stream and reader.
const NEXT: &str = "$JS.API.CONSUMER.MSG.NEXT.";
/// How long a request waits at the server: longer while nothing comes. Closing may take as long.
const EXPIRES: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
/// A request counts as lost if it has no answer for this time.
const STALLED: Duration = Duration::from_secs(5);
/// How long to wait for more messages if some have arrived. The server does not answer while the reader is
/// at its limit of unacknowledged messages.
const MORE_WITHIN: Duration = Duration::from_millis(30);
/// How long requests may take to end when a pull is closed, and then the last messages under way.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// The wait before a refused request is repeated.
const REFUSED_WAIT: Duration = Duration::from_millis(50);

/// Why a pull gets no messages.
pub(crate) enum PullError {
    /// The connection was lost, and all requests with it.
    Lost,
    /// Nobody answers: the reader or its stream is gone.
    Gone,
    Failed(BusError),
}

impl From<BusError> for PullError {
    fn from(error: BusError) -> Self {
        Self::Failed(error)
    }
}

/// A request under way.
struct PullRequest {
    number: u64,
    left: usize,
}

pub(crate) struct Pull {
    link: SharedLink,
    /// The subject of requests.
    subject: String,
    inbox: Option<Inbox>,
    arrived: VecDeque<Message>,
    /// The request for the messages that are there.
    one_shot: Option<PullRequest>,
    /// The request for the next message.
    waiting: Option<PullRequest>,
    requests: u64,
    losses: u64,
    refusals: u64,
    /// Whether the last request found no more messages.
    is_dry: bool,
    /// How long the next request waits.
    expires: Backoff,
}

impl Pull {
    pub(crate) fn new(link: SharedLink, stream: &str, reader: &str) -> Self {
        let (losses, refusals) = (link.losses(), link.refusals());
        Self {
            link,
            subject: format!("{NEXT}{stream}.{reader}"),
            inbox: None,
            arrived: VecDeque::new(),
            one_shot: None,
            waiting: None,
            requests: 0,
            losses,
            refusals,
            is_dry: false,
            expires: EXPIRES,
        }
    }

    /// The messages that have arrived and were not returned yet.
    pub(crate) fn arrived(&mut self) -> &mut VecDeque<Message> {
        &mut self.arrived
    }

    /// Waits until messages have arrived, at most `max`. The future may be dropped.
    pub(crate) async fn fill(&mut self, max: usize) -> Result<(), PullError> {
        self.is_dry = false;
        while self.arrived.len() < max {
            self.check_link().await?;
            if self.one_shot.is_none() && self.waiting.is_none() {
                if self.is_dry && !self.arrived.is_empty() {
                    return Ok(());
                }
                if self.is_dry {
                    self.request_next().await?;
                } else {
                    self.request_available(max - self.arrived.len()).await?;
                }
            }
            let limit = if self.arrived.is_empty() { STALLED } else { MORE_WITHIN };
            match tokio::time::timeout(limit, self.receive()).await {
                Ok(received) => received?,
                Err(_) if !self.arrived.is_empty() => return Ok(()),
                Err(_) => self.start_over(),
            }
        }
        Ok(())
    }

    /// Ends all requests. Messages under way still arrive.
    pub(crate) async fn close(&mut self) -> Result<(), BusError> {
        // The server first takes a message for a request and then looks for the inbox. If the inbox is
        // gone by then, the message is lost until its deadline. So wait for the requests to end first.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, self.wait_for_requests()).await;
        self.one_shot = None;
        self.waiting = None;
        self.expires.reset();
        let Some(mut inbox) = self.inbox.take() else {
            return Ok(());
        };
        // The server answers the drain after all messages that it has sent, so none is lost.
        inbox.drain().await?;
        let rest = async {
            while let Some(message) = inbox.next().await {
                if message.status.is_none() {
                    self.arrived.push_back(message);
                }
            }
        };
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, rest).await;
        Ok(())
    }

    /// Returns once the server has ended every request and so has nothing more to send.
    async fn wait_for_requests(&mut self) {
        while self.one_shot.is_some() || self.waiting.is_some() {
            let is_lost = self.link.losses() != self.losses;
            match tokio::time::timeout(MORE_WITHIN, self.receive()).await {
                Ok(Ok(())) if !is_lost => {}
                // The server does not answer while the reader is at its limit of unacknowledged messages.
                // Then it has nothing to send either.
                Err(_) if self.waiting.is_some() || !self.is_full().await => {}
                _ => return,
            }
        }
    }

    /// Whether the reader is at its limit of unacknowledged messages.
    async fn is_full(&self) -> bool {
        #[derive(Deserialize)]
        struct Reader {
            num_ack_pending: u64,
            config: Config,
        }
        #[derive(Deserialize)]
        struct Config {
            max_ack_pending: u64,
        }
        let name = self.subject.trim_start_matches(NEXT);
        let asked = self.link.api::<Reader>(&format!("CONSUMER.INFO.{name}"), &Value::Null).await;
        match asked {
            Ok(Reply::Done(reader)) => reader.num_ack_pending >= reader.config.max_ack_pending,
            _ => false,
        }
    }

    /// Drops all requests after a loss of the connection, because they get no answer.
    async fn check_link(&mut self) -> Result<(), PullError> {
        let losses = self.link.losses();
        if losses != self.losses {
            self.link.connected().await?;
            self.losses = losses;
            self.one_shot = None;
            self.waiting = None;
            return Err(PullError::Lost);
        }
        Ok(())
    }

    async fn request_available(&mut self, count: usize) -> Result<(), BusError> {
        let number = self.send_request(json!({ "batch": count, "no_wait": true })).await?;
        self.one_shot = Some(PullRequest { number, left: count });
        Ok(())
    }

    async fn request_next(&mut self) -> Result<(), BusError> {
        let expires = nanos(self.expires.next_wait());
        let number = self.send_request(json!({ "batch": 1, "expires": expires })).await?;
        self.waiting = Some(PullRequest { number, left: 1 });
        self.is_dry = false;
        Ok(())
    }

    async fn send_request(&mut self, request: Value) -> Result<u64, BusError> {
        let inbox = match &mut self.inbox {
            Some(inbox) => inbox,
            none => none.insert(Inbox::open(&self.link).await?),
        };
        let number = self.requests + 1;
        self.refusals = self.link.refusals();
        inbox.request(&self.link, &self.subject, number, &request).await?;
        self.requests = number;
        Ok(number)
    }

    async fn receive(&mut self) -> Result<(), PullError> {
        let Some(inbox) = &mut self.inbox else {
            return Err(PullError::Lost);
        };
        let message = tokio::select! {
            biased;
            message = inbox.next() => message.ok_or(PullError::Lost)?,
            () = self.link.lost_since(self.losses) => return Ok(()),
            refusal = self.link.refused(self.refusals, &self.subject) => return Err(refusal.into()),
        };
        match message.status {
            None => {
                self.arrived.push_back(message);
                self.count_one();
                self.expires.reset();
            }
            Some(StatusCode::IDLE_HEARTBEAT) => {}
            Some(StatusCode::NO_RESPONDERS) => {
                self.end(&message);
                return Err(PullError::Gone);
            }
            Some(StatusCode::NOT_FOUND | StatusCode::TIMEOUT) => self.end(&message),
            Some(status) => {
                debug!(subject = self.subject, %status, why = message.description, "turned down");
                self.end(&message);
                self.is_dry = false;
                if self.arrived.is_empty() {
                    tokio::time::sleep(REFUSED_WAIT).await;
                }
            }
        }
        Ok(())
    }

    /// Counts a message for the oldest request.
    fn count_one(&mut self) {
        let served = if self.waiting.is_some() { &mut self.waiting } else { &mut self.one_shot };
        if let Some(asked) = served {
            asked.left -= 1;
            if asked.left == 0 {
                *served = None;
            }
        }
    }

    /// Handles the end of a request.
    fn end(&mut self, message: &Message) {
        let number = request_number(message);
        let is = |asked: &Option<PullRequest>| asked.as_ref().map(|asked| asked.number) == number;
        if number.is_none() {
            return;
        }
        if is(&self.one_shot) {
            self.one_shot = None;
            self.is_dry = true;
        } else if is(&self.waiting) {
            self.waiting = None;
        }
    }

    /// Drops the requests and the inbox, because the server does not answer.
    fn start_over(&mut self) {
        if self.waiting.is_some() {
            STALLS.add(1, &[]);
            debug!(subject = self.subject, "a pull was not answered");
        }
        self.one_shot = None;
        self.waiting = None;
        self.inbox = None;
    }
}
