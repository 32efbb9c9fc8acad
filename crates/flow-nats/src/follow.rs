//! Durable consumers of other programs, and following a subject of a foreign stream through one.
//!
//! The stages of wirefold read by sequence and need no consumer.

use std::time::Duration;

use async_nats::{Message, StatusCode};
use serde_json::{Value, json};
use tracing::debug;
use wirefold_flow::{BusError, Stored, UnixMillis, check_filter, check_name};

use crate::connect::SharedLink;
use crate::inbox::Inbox;
use crate::link::closed;
use crate::lookup::stored;
use crate::metrics::STALLS;
use crate::streams::{into_map, nanos};
use crate::{NatsBus, Shared, headers};

/// How long a request waits at the server.
const EXPIRES: Duration = Duration::from_secs(1);
/// A request counts as lost if it has no answer for this time.
const STALLED: Duration = Duration::from_secs(5);
/// How long to wait for more messages if some have arrived.
const MORE_WITHIN: Duration = Duration::from_millis(30);
/// The ack deadline of [`NatsBus::follow`].
const FOLLOWED_WITHIN: Duration = Duration::from_mins(2);

/// A durable consumer, whose messages its user acknowledges.
#[derive(Debug, Clone)]
pub struct Consumer {
    /// The stream.
    pub stream: String,
    /// The name under which the server stores the position.
    pub durable: String,
    /// The filter of the subjects to read.
    pub filter: String,
    /// How long after its delivery an unacknowledged message is delivered again.
    pub ack_deadline: Duration,
}

impl Consumer {
    /// A consumer of all subjects of a stream, with a deadline of 30 s.
    pub fn new(stream: impl Into<String>, durable: impl Into<String>) -> Self {
        let (filter, ack_deadline) = (">".to_owned(), Duration::from_secs(30));
        Self { stream: stream.into(), durable: durable.into(), filter, ack_deadline }
    }

    fn check(&self) -> Result<(), BusError> {
        check_name("stream", &self.stream)?;
        check_name("durable", &self.durable)?;
        check_filter(&self.filter)
    }

    fn config(&self) -> Value {
        let mut config = json!({
            "name": self.durable,
            "durable_name": self.durable,
            "deliver_policy": "all",
            "ack_policy": "explicit",
            "ack_wait": nanos(self.ack_deadline),
            "max_deliver": -1,
            "max_ack_pending": 1000,
            "replay_policy": "instant",
        });
        if self.filter != ">" {
            config["filter_subject"] = self.filter.as_str().into();
        }
        config
    }
}

impl NatsBus {
    /// Creates a durable consumer, or changes it to these settings. Returns false if it existed with these
    /// settings.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this role may not, or another error of the server.
    pub async fn create_or_update_consumer(&self, consumer: &Consumer) -> Result<bool, BusError> {
        consumer.check()?;
        let Some(wanted) = self.0.changes_needed(consumer).await? else { return Ok(false) };
        self.0.link.put_consumer(&consumer.stream, &consumer.durable, &wanted).await?;
        Ok(true)
    }

    /// Follows a subject of a stream of another program, with the durable consumer `durable`. Uses an
    /// existing one as it is, or creates it. Without `stream`, it is the stream that has the subject.
    ///
    /// # Errors
    /// [`BusError::NoStreamFor`] if no stream has the subject, [`BusError::NotAllowed`] if this user may not,
    /// or another error of the server.
    pub async fn follow(
        &self,
        stream: Option<&str>,
        subject: &str,
        durable: &str,
    ) -> Result<Follower, BusError> {
        let link = self.0.link.clone();
        check_filter(subject)?;
        let of_subject = match stream {
            Some(named) => named.to_owned(),
            None => link.stream_of(subject).await?,
        };
        let consumer = Consumer {
            filter: subject.to_owned(),
            ack_deadline: FOLLOWED_WITHIN,
            ..Consumer::new(of_subject, durable)
        };
        consumer.check()?;
        match link.consumer_info::<Value>(&consumer.stream, durable).await? {
            Some(current) => {
                let config = &current["config"];
                if config["ack_policy"] != "explicit" || config.get("deliver_subject").is_some() {
                    let name = format!("{durable} of stream {}", consumer.stream);
                    let what = "pull consumer with explicit acks";
                    return Err(BusError::BadName { what, name });
                }
            }
            None => link.put_consumer(&consumer.stream, durable, &consumer.config()).await?,
        }
        Ok(Follower::new(link, &consumer))
    }
}

impl Shared {
    /// The settings to create or change a consumer with; `None` if it has them already. Its start sequence
    /// cannot be changed and stays: a rewrite of its stream has set it to the right position.
    async fn changes_needed(&self, consumer: &Consumer) -> Result<Option<Value>, BusError> {
        let mut wanted = consumer.config();
        let Consumer { stream, durable, .. } = consumer;
        let Some(info) = self.link.consumer_info::<Value>(stream, durable).await? else {
            return Ok(Some(wanted));
        };
        let current = &info["config"];
        if let Some(begun) = current.get("opt_start_seq") {
            wanted["deliver_policy"] = current["deliver_policy"].clone();
            wanted["opt_start_seq"] = begun.clone();
        }
        Ok((!is_configured(current, &wanted)).then_some(wanted))
    }
}

fn is_configured(current: &Value, wanted: &Value) -> bool {
    let has_filter = |config: &Value| config.get("filter_subject").is_some();
    let is_same = |(name, value): (&String, &Value)| current.get(name) == Some(value);
    let wanted_map = into_map(wanted.clone());
    has_filter(current) == has_filter(wanted) && wanted_map.iter().all(is_same)
}

/// A message of a followed subject.
#[derive(Debug, Clone)]
pub struct FollowedMessage {
    /// The message.
    pub message: Stored,
    /// How often it has been delivered, this time included.
    pub attempt: u32,
}

/// Reads a subject of a foreign stream. Messages that are not acknowledged come again.
pub struct Follower {
    link: SharedLink,
    /// The subject of requests.
    subject: String,
    /// A part of the subjects on which its messages are acknowledged.
    acks: String,
    inbox: Option<Inbox>,
    requests: u64,
    /// How many messages are requested and have not come.
    awaited: usize,
    arrived: Vec<FollowedMessage>,
    /// The subjects on which to acknowledge what has arrived.
    unacknowledged: Vec<String>,
    losses: u64,
    refusals: u64,
}

impl Follower {
    fn new(link: SharedLink, consumer: &Consumer) -> Self {
        let (losses, refusals) = (link.losses(), link.refusals());
        let Consumer { stream, durable, .. } = consumer;
        Self {
            link,
            subject: format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}"),
            acks: format!(".{stream}.{durable}."),
            inbox: None,
            requests: 0,
            awaited: 0,
            arrived: Vec::new(),
            unacknowledged: Vec::new(),
            losses,
            refusals,
        }
    }

    /// Waits for at least one message and returns at most `max`. If the future is dropped, the next call
    /// returns its messages.
    ///
    /// # Errors
    /// An error of the server, such as that the consumer was deleted.
    pub async fn next(&mut self, max: usize) -> Result<Vec<FollowedMessage>, BusError> {
        while self.arrived.len() < max {
            if self.link.losses() != self.losses {
                self.link.connected().await?;
                self.losses = self.link.losses();
                self.start_over();
            }
            if self.awaited == 0 {
                if !self.arrived.is_empty() {
                    break;
                }
                self.request(max).await?;
            }
            let limit = if self.arrived.is_empty() { STALLED } else { MORE_WITHIN };
            match tokio::time::timeout(limit, self.receive()).await {
                Ok(received) => received?,
                Err(_) if !self.arrived.is_empty() => break,
                Err(_) => {
                    STALLS.add(1, &[]);
                    debug!(subject = self.subject, "a pull was not answered");
                    self.start_over();
                }
            }
        }
        let count = max.min(self.arrived.len());
        Ok(self.arrived.drain(..count).collect())
    }

    /// Acknowledges all messages that have arrived, without waiting for an answer of the server. If an
    /// acknowledgement is lost, the message comes again.
    ///
    /// # Errors
    /// A refusal of an earlier acknowledgement, or a lost connection.
    pub async fn acknowledge(&mut self) -> Result<(), BusError> {
        for ack in self.unacknowledged.drain(..) {
            self.link.client.publish(ack, "+ACK".into()).await.map_err(|_| closed())?;
        }
        let mark = std::mem::replace(&mut self.refusals, self.link.refusals());
        self.link.refused_ack(mark, &self.acks).map_or(Ok(()), Err)
    }

    async fn request(&mut self, count: usize) -> Result<(), BusError> {
        let inbox = match &mut self.inbox {
            Some(inbox) => inbox,
            none => none.insert(Inbox::open(&self.link).await?),
        };
        self.requests += 1;
        let request = json!({ "batch": count, "expires": nanos(EXPIRES) });
        inbox.request(&self.link, &self.subject, self.requests, &request).await?;
        self.awaited = count;
        Ok(())
    }

    async fn receive(&mut self) -> Result<(), BusError> {
        let Some(inbox) = &mut self.inbox else { return Err(closed()) };
        let message = tokio::select! {
            biased;
            message = inbox.next() => message.ok_or_else(closed)?,
            () = self.link.lost_since(self.losses) => return Ok(()),
            refusal = self.link.refused(self.refusals, &self.subject) => return Err(refusal),
        };
        match message.status {
            None => {
                self.awaited -= 1;
                if let Some((ack, followed)) = parse(message) {
                    self.arrived.push(followed);
                    self.unacknowledged.push(ack);
                }
            }
            Some(StatusCode::IDLE_HEARTBEAT) => {}
            Some(StatusCode::NO_RESPONDERS) => {
                self.awaited = 0;
                let why = format!("nobody answers {}: is its consumer gone?", self.subject);
                return Err(BusError::Unavailable(why));
            }
            Some(StatusCode::NOT_FOUND | StatusCode::TIMEOUT) => self.awaited = 0,
            // Such as a change of the stream's leader: the caller opens it again later.
            Some(status) => {
                self.awaited = 0;
                let why = message.description.unwrap_or_default();
                return Err(BusError::Unavailable(format!("{}: {status} {why}", self.subject)));
            }
        }
        Ok(())
    }

    /// Drops the request and the inbox, because no answer comes.
    fn start_over(&mut self) {
        self.awaited = 0;
        self.inbox = None;
    }
}

/// The parts of the subject of an acknowledgement.
struct AckSubject<'a> {
    stream: &'a str,
    attempt: u32,
    sequence: u64,
    at: UnixMillis,
}

/// Parses `$JS.ACK.<stream>.<consumer>.<attempt>.<sequence>.<number>.<time>.<pending>`. The newer form has
/// domain and account after `ACK`.
fn parse_ack_subject(ack: &str) -> Option<AckSubject<'_>> {
    let tokens: Vec<&str> = ack.strip_prefix("$JS.ACK.")?.split('.').collect();
    let rest = match tokens.len() {
        7 => &tokens[..],
        9.. => &tokens[2..],
        _ => return None,
    };
    let nanos: u64 = rest[5].parse().ok()?;
    Some(AckSubject {
        stream: rest[0],
        attempt: rest[2].parse().ok()?,
        sequence: rest[3].parse().ok()?,
        at: UnixMillis(nanos / 1_000_000),
    })
}

/// The subject on which to acknowledge a message, and the message; `None` if it is not one of a consumer.
fn parse(message: Message) -> Option<(String, FollowedMessage)> {
    let ack = message.reply?.to_string();
    let AckSubject { stream, attempt, sequence, at } = parse_ack_subject(&ack)?;
    let received = headers::read(message.headers.as_ref());
    let subject = message.subject.to_string();
    let message = stored(stream, sequence, at, subject, received, message.payload);
    Some((ack, FollowedMessage { message, attempt }))
}

#[cfg(test)]
mod tests {
    use super::parse_ack_subject;

    #[test]
    fn both_forms_of_an_ack_are_read() {
        for ack in [
            "$JS.ACK.WORK.reader.3.100.7.1790230470084404000.42",
            "$JS.ACK._.hash.WORK.reader.3.100.7.1790230470084404000.42",
            "$JS.ACK.hub.hash.WORK.reader.3.100.7.1790230470084404000.42.token",
        ] {
            let parsed = parse_ack_subject(ack).unwrap();
            let numbers = (parsed.attempt, parsed.sequence, parsed.at.0);
            assert_eq!((parsed.stream, numbers), ("WORK", (3, 100, 1_790_230_470_084)), "{ack}");
        }
        for none in ["_INBOX.a", "$JS.ACK.WORK.reader.1", "$JS.ACK.WORK.reader.x.1.1.1.1"] {
            assert!(parse_ack_subject(none).is_none(), "{none}");
        }
    }
}
