//! Durable subscriptions. The server counts the attempts, and the loop of a stage decides how often a
//! message is tried.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::Message;
use serde_json::{Value, json};
use wirefold_flow::{
    AckKind, Acker, Answer, BusError, ConsumerConfig, DeadLetter, DeadLetters, PulledMessage,
    Reason, Stored, Subscription, UnixMillis, check_filter, check_name, plain,
};

use crate::link::closed;
use crate::lookup::stored;
use crate::publish::Expect;
use crate::pull::{Pull, PullError};
use crate::streams::{into_map, nanos};
use crate::{NatsBus, Shared, headers};

pub(crate) struct NatsSubscription {
    holder: Arc<SubscriptionState>,
    pull: Pull,
}

/// The state that the deliveries of one subscription share.
struct SubscriptionState {
    shared: Arc<Shared>,
    consumer: ConsumerConfig,
    /// The number of refusals that were reported.
    refusals: AtomicU64,
}

impl NatsSubscription {
    pub(crate) async fn open(
        shared: Arc<Shared>,
        consumer: ConsumerConfig,
    ) -> Result<Self, BusError> {
        shared.find_durable(&consumer).await?;
        let pull = Pull::new(shared.link.clone(), &consumer.stream, &consumer.durable);
        let refusals = AtomicU64::new(shared.link.refusals());
        Ok(Self { holder: Arc::new(SubscriptionState { shared, consumer, refusals }), pull })
    }

    async fn fill(&mut self, max: usize) -> Result<(), BusError> {
        loop {
            match self.pull.fill(max).await {
                Ok(()) => return Ok(()),
                Err(PullError::Failed(error)) => return Err(error),
                Err(PullError::Lost) => {}
                Err(PullError::Gone) => self.holder.check_consumer().await?,
            }
        }
    }

    fn deliveries(&mut self, max: usize) -> Vec<PulledMessage> {
        let arrived = self.pull.arrived();
        let count = max.min(arrived.len());
        let messages = arrived.drain(..count).filter_map(parse_delivery);
        let to_delivery = |ParsedDelivery { stored, attempt, ack, .. }: ParsedDelivery| {
            let (holder, message) = (self.holder.clone(), stored.clone());
            let acker = Arc::new(NatsAcker { holder, message, attempt, ack });
            PulledMessage { message: stored, attempt, acker }
        };
        messages.map(to_delivery).collect()
    }
}

/// The ack deadline of [`NatsBus::follow`].
const FOLLOWED_WITHIN: Duration = Duration::from_mins(2);

impl Subscription for NatsSubscription {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<PulledMessage>> {
        Box::pin(async move {
            loop {
                self.fill(max).await?;
                let deliveries = self.deliveries(max);
                if !deliveries.is_empty() || max == 0 {
                    return Ok(deliveries);
                }
            }
        })
    }

    fn close(&mut self) -> Answer<'_, Vec<PulledMessage>> {
        Box::pin(async move {
            self.pull.close().await?;
            Ok(self.deliveries(usize::MAX))
        })
    }
}

impl NatsBus {
    /// Creates a durable consumer, or changes it to these settings. Returns false if it existed with these
    /// settings.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this role may not, or another error of the server.
    pub async fn create_or_update_consumer(
        &self,
        consumer: &ConsumerConfig,
    ) -> Result<bool, BusError> {
        let Some(wanted) = self.0.changes_needed(consumer).await? else { return Ok(false) };
        self.0.create_consumer(consumer, &wanted).await?;
        Ok(true)
    }

    /// Subscribes to a subject of a stream of another program, with the durable consumer `durable`. Uses an
    /// existing reader as it is, or creates it. Without `stream`, it is the stream that has the subject.
    /// There are no dead letters there: a message is delivered until it is acknowledged otherwise.
    ///
    /// # Errors
    /// [`BusError::NoStreamFor`] if no stream has the subject, [`BusError::NotAllowed`] if this user may not,
    /// or another error of the server.
    pub async fn follow(
        &self,
        stream: Option<&str>,
        subject: &str,
        durable: &str,
    ) -> Result<Box<dyn Subscription>, BusError> {
        let link = &self.0.link;
        check_filter(subject)?;
        let stream = match stream {
            Some(stream) => stream.to_owned(),
            None => link.stream_of(subject).await?,
        };
        check_name("stream", &stream)?;
        check_name("durable", durable)?;
        let nowhere = DeadLetters { subject: String::new(), format: plain };
        let consumer = ConsumerConfig {
            filter: subject.to_owned(),
            ack_deadline: FOLLOWED_WITHIN,
            ..ConsumerConfig::new(&stream, durable, nowhere)
        };
        match link.consumer_info::<Value>(&stream, durable).await? {
            Some(current) => {
                let config = &current["config"];
                if config["ack_policy"] != "explicit" || config.get("deliver_subject").is_some() {
                    let name = format!("{durable} of stream {stream}");
                    return Err(BusError::BadName {
                        what: "pull consumer with explicit acks",
                        name,
                    });
                }
            }
            None => link.put_consumer(&stream, durable, &config(&consumer)).await?,
        }
        let pull = Pull::new(link.clone(), &stream, durable);
        let refusals = AtomicU64::new(link.refusals());
        let holder = Arc::new(SubscriptionState { shared: self.0.clone(), consumer, refusals });
        Ok(Box::new(NatsSubscription { holder, pull }))
    }
}

impl Shared {
    /// Finds the durable consumer, or creates it. For a role without the permission to create it, a missing
    /// reader is a passing error.
    async fn find_durable(&self, consumer: &ConsumerConfig) -> Result<(), BusError> {
        let ConsumerConfig { stream, durable, .. } = consumer;
        let Some(wanted) = self.changes_needed(consumer).await? else { return Ok(()) };
        match self.create_consumer(consumer, &wanted).await {
            Err(BusError::NotAllowed { .. }) => Err(BusError::Unavailable(format!(
                "stream {stream} has no reader {durable} as the settings want it: run `wirefold setup` once more"
            ))),
            made => made,
        }
    }

    /// The settings to create or change the durable consumer with; `None` if it has them already. Its start
    /// sequence cannot be changed and stays: a rewrite of its stream has set it to the right position.
    async fn changes_needed(&self, consumer: &ConsumerConfig) -> Result<Option<Value>, BusError> {
        let ConsumerConfig { stream, durable, filter, .. } = consumer;
        check_name("stream", stream)?;
        check_name("durable", durable)?;
        check_filter(filter)?;
        let mut wanted = config(consumer);
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

    /// Creates or changes the reader. Fails if there is no stream for its dead letters.
    async fn create_consumer(
        &self,
        consumer: &ConsumerConfig,
        wanted: &Value,
    ) -> Result<(), BusError> {
        self.link.stream_of(&consumer.dead.subject).await?;
        self.link.put_consumer(&consumer.stream, &consumer.durable, wanted).await
    }
}

fn config(consumer: &ConsumerConfig) -> Value {
    let mut config = json!({
        "name": consumer.durable,
        "durable_name": consumer.durable,
        "deliver_policy": "all",
        "ack_policy": "explicit",
        "ack_wait": nanos(consumer.ack_deadline),
        // Unlimited for the server: the loop of the stage decides.
        "max_deliver": -1,
        "max_ack_pending": consumer.max_in_flight,
        "replay_policy": "instant",
    });
    if consumer.filter != ">" {
        config["filter_subject"] = consumer.filter.as_str().into();
    }
    config
}

fn is_configured(current: &Value, wanted: &Value) -> bool {
    let has_filter = |config: &Value| config.get("filter_subject").is_some();
    let is_same = |(name, value): (&String, &Value)| current.get(name) == Some(value);
    let wanted_map = into_map(wanted.clone());
    has_filter(current) == has_filter(wanted) && wanted_map.iter().all(is_same)
}

impl SubscriptionState {
    /// Checks after an unanswered pull whether the reader still exists.
    async fn check_consumer(&self) -> Result<(), BusError> {
        let ConsumerConfig { stream, durable, .. } = &self.consumer;
        match self.shared.link.consumer_info::<Value>(stream, durable).await? {
            Some(_) => Ok(()),
            None => Err(BusError::NoConsumer { stream: stream.clone(), durable: durable.clone() }),
        }
    }

    /// Publishes the dead letter of a message, and only then ends its delivery.
    async fn dead_letter(
        &self,
        message: &Stored,
        ack: &str,
        attempts: u32,
        reason: &Reason,
    ) -> Result<(), BusError> {
        let ConsumerConfig { durable: stage, dead, .. } = &self.consumer;
        let (at, body) = (self.shared.clock.now(), Some(&message.body));
        let letter = DeadLetter { stage, reason, attempts, at, message, body };
        match self.shared.publish(dead.outgoing(&letter), Expect::Nothing).await {
            Err(BusError::TooLarge { .. }) => {
                let bare = dead.outgoing(&DeadLetter { body: None, ..letter });
                self.shared.publish(bare, Expect::Nothing).await?;
            }
            published => {
                published?;
            }
        }
        self.send_ack(ack, "+TERM".to_owned()).await
    }

    /// Acknowledges a delivery without waiting for an answer of the server, which would cost as much as the
    /// delivery. If the acknowledgement is lost, the message comes again, which does no harm.
    async fn send_ack(&self, ack: &str, what: String) -> Result<(), BusError> {
        let link = &self.shared.link;
        link.client.publish(ack.to_owned(), what.into()).await.map_err(|_| closed())?;
        // A refusal is reported once, by the next acknowledgement.
        let mark = self.refusals.swap(link.refusals(), Ordering::Relaxed);
        let of_this_reader = format!(".{}.{}.", self.consumer.stream, self.consumer.durable);
        match link.refused_ack(mark, &of_this_reader) {
            Some(refused) => Err(refused),
            None => Ok(()),
        }
    }
}

struct NatsAcker {
    holder: Arc<SubscriptionState>,
    message: Stored,
    attempt: u32,
    ack: String,
}

impl NatsAcker {
    async fn send(&self, kind: AckKind) -> Result<(), BusError> {
        let (ack, message) = (&self.ack, &self.message);
        match kind {
            AckKind::Ack => self.holder.send_ack(ack, "+ACK".to_owned()).await,
            AckKind::InProgress => self.holder.send_ack(ack, "+WPI".to_owned()).await,
            AckKind::Reject(reason) => {
                self.holder.dead_letter(message, ack, self.attempt, &reason).await
            }
            AckKind::Retry { after, .. } => self.holder.send_ack(ack, later(after)).await,
        }
    }
}

fn later(after: Duration) -> String {
    if after.is_zero() { "-NAK".to_owned() } else { format!("-NAK {{\"delay\":{}}}", nanos(after)) }
}

impl Acker for NatsAcker {
    fn ack_with(&self, kind: AckKind) -> Answer<'_, ()> {
        Box::pin(self.send(kind))
    }
}

// Parses a delivery from the message that the server sent. The reply subject of the message has the
// sequence and the attempt.

/// A delivered message.
pub(crate) struct ParsedDelivery {
    pub(crate) stored: Stored,
    /// How often it has been delivered, this time included.
    pub(crate) attempt: u32,
    /// The subject on which to acknowledge it.
    pub(crate) ack: String,
}

/// The parts of the subject of an acknowledgement.
struct AckSubject<'a> {
    stream: &'a str,
    attempt: u32,
    sequence: u64,
    at: UnixMillis,
}

/// Parses `$JS.ACK.<stream>.<reader>.<attempt>.<sequence>.<number>.<time>.<pending>`. The newer form has
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

/// The delivery; `None` if the message is not one.
pub(crate) fn parse_delivery(message: Message) -> Option<ParsedDelivery> {
    let ack = message.reply?.to_string();
    let AckSubject { stream, attempt, sequence, at } = parse_ack_subject(&ack)?;
    let received = headers::read(message.headers.as_ref());
    let subject = message.subject.to_string();
    let stored = stored(stream, sequence, at, subject, received, message.payload);
    Some(ParsedDelivery { stored, attempt, ack })
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
