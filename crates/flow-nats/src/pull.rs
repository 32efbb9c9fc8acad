//! Pulls the messages of one durable reader.
//!
//! Comes in: how many messages are wanted. Goes out: the messages of the server, or why none comes. It never acknowledges.
//!
//! First a request for what is there, which the server ends at once; where nothing is, one that
//! waits for a single message. So the server never holds a request for more than somebody is
//! waiting for, and what a dropped call asked for is one message, which comes with the next call.

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

/// Where messages are pulled, before the names of stream and reader.
const NEXT: &str = "$JS.API.CONSUMER.MSG.NEXT.";
/// How long a request waits at the server: longer while nothing comes. Closing may take as long.
const EXPIRES: Backoff = Backoff::new(Duration::from_millis(50), Duration::from_secs(1));
/// A request without an answer for as long was lost.
const STALLED: Duration = Duration::from_secs(5);
/// How long more is waited for, with something in hand, where the server does not say that there
/// is no more: the reader has as much in flight as it may.
const GRACE: Duration = Duration::from_millis(30);
/// How long requests may take to end when a pull is closed, and the last messages on their way.
const LAST: Duration = Duration::from_secs(2);
/// Before a request that the server turned down is made again.
const TURNED_DOWN: Duration = Duration::from_millis(50);

/// Why nothing comes.
pub(crate) enum Broken {
    /// The connection was lost: what was asked is void.
    Lost,
    /// Nobody answers for this reader: it is gone, or its stream.
    Gone,
    Failed(BusError),
}

impl From<BusError> for Broken {
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
    /// Where requests go.
    subject: String,
    inbox: Option<Inbox>,
    arrived: VecDeque<Message>,
    /// For what is there.
    one_shot: Option<PullRequest>,
    /// For the next one.
    waiting: Option<PullRequest>,
    requests: u64,
    losses: u64,
    refusals: u64,
    /// The last request found nothing more.
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

    /// What has arrived and nobody has taken yet.
    pub(crate) fn arrived(&mut self) -> &mut VecDeque<Message> {
        &mut self.arrived
    }

    /// Has at most `max` messages arrive, as many as there are. May be dropped.
    pub(crate) async fn fill(&mut self, max: usize) -> Result<(), Broken> {
        self.is_dry = false;
        while self.arrived.len() < max {
            self.check_link().await?;
            if self.one_shot.is_none() && self.waiting.is_none() {
                if self.is_dry && !self.arrived.is_empty() {
                    return Ok(());
                }
                if self.is_dry {
                    self.ask_for_next().await?;
                } else {
                    self.ask_for_what_is_there(max - self.arrived.len()).await?;
                }
            }
            let patience = if self.arrived.is_empty() { STALLED } else { GRACE };
            match tokio::time::timeout(patience, self.receive()).await {
                Ok(received) => received?,
                Err(_) if !self.arrived.is_empty() => return Ok(()),
                Err(_) => self.start_over(),
            }
        }
        Ok(())
    }

    /// Takes nothing more; whatever is on its way arrives.
    pub(crate) async fn close(&mut self) -> Result<(), BusError> {
        // The server takes a message for a request first and looks for the inbox later: one that
        // is taken in between, and finds the inbox gone, is lost until its deadline.
        let _ = tokio::time::timeout(LAST, self.see_requests_out()).await;
        self.one_shot = None;
        self.waiting = None;
        self.expires.reset();
        let Some(mut inbox) = self.inbox.take() else {
            return Ok(());
        };
        // The server answers this after all that it has sent, so nothing is left behind.
        inbox.drain().await?;
        let rest = async {
            while let Some(message) = inbox.next().await {
                if message.status.is_none() {
                    self.arrived.push_back(message);
                }
            }
        };
        let _ = tokio::time::timeout(LAST, rest).await;
        Ok(())
    }

    /// Returns once the server has ended every request, so that it has nothing to send.
    async fn see_requests_out(&mut self) {
        while self.one_shot.is_some() || self.waiting.is_some() {
            let is_lost = self.link.losses() != self.losses;
            match tokio::time::timeout(GRACE, self.receive()).await {
                Ok(Ok(())) if !is_lost => {}
                // The server says nothing while the reader has as much in flight as it may: then
                // it has nothing to send either.
                Err(_) if self.waiting.is_some() || !self.is_full().await => {}
                _ => return,
            }
        }
    }

    /// Whether the reader has as much in flight as it may.
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

    /// After a loss, nothing that was asked is answered any more.
    async fn check_link(&mut self) -> Result<(), Broken> {
        let losses = self.link.losses();
        if losses != self.losses {
            self.link.connected().await?;
            self.losses = losses;
            self.one_shot = None;
            self.waiting = None;
            return Err(Broken::Lost);
        }
        Ok(())
    }

    async fn ask_for_what_is_there(&mut self, count: usize) -> Result<(), BusError> {
        let number = self.ask(json!({ "batch": count, "no_wait": true })).await?;
        self.one_shot = Some(PullRequest { number, left: count });
        Ok(())
    }

    async fn ask_for_next(&mut self) -> Result<(), BusError> {
        let expires = nanos(self.expires.next_wait());
        let number = self.ask(json!({ "batch": 1, "expires": expires })).await?;
        self.waiting = Some(PullRequest { number, left: 1 });
        self.is_dry = false;
        Ok(())
    }

    async fn ask(&mut self, request: Value) -> Result<u64, BusError> {
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

    async fn receive(&mut self) -> Result<(), Broken> {
        let Some(inbox) = &mut self.inbox else {
            return Err(Broken::Lost);
        };
        let message = tokio::select! {
            biased;
            message = inbox.next() => message.ok_or(Broken::Lost)?,
            () = self.link.lost_since(self.losses) => return Ok(()),
            refusal = self.link.refused(self.refusals, &self.subject) => return Err(refusal.into()),
        };
        match message.status {
            None => {
                self.arrived.push_back(message);
                self.count_one();
                self.expires.reset();
            }
            // Still there, nothing new.
            Some(StatusCode::IDLE_HEARTBEAT) => {}
            Some(StatusCode::NO_RESPONDERS) => {
                self.end(&message);
                return Err(Broken::Gone);
            }
            Some(StatusCode::NOT_FOUND | StatusCode::TIMEOUT) => self.end(&message),
            Some(status) => {
                debug!(subject = self.subject, %status, why = message.description, "turned down");
                self.end(&message);
                self.is_dry = false;
                if self.arrived.is_empty() {
                    tokio::time::sleep(TURNED_DOWN).await;
                }
            }
        }
        Ok(())
    }

    /// The server serves whoever asked first.
    fn count_one(&mut self) {
        let served = if self.waiting.is_some() { &mut self.waiting } else { &mut self.one_shot };
        if let Some(asked) = served {
            asked.left -= 1;
            if asked.left == 0 {
                *served = None;
            }
        }
    }

    /// The server will not serve this request any further.
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

    /// Asks anew, on an inbox of its own, as the server does not answer.
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
