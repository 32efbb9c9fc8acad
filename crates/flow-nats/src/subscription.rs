//! Durable subscriptions.
//!
//! Comes in: the settings of a durable reader, and how each delivery was settled. Goes out: deliveries, and dead letters. It
//! never decides how often a message is tried: the server counts the attempts, and the loop of a stage judges them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wirefold_flow::{
    Answer, BusError, ConsumerConfig, DeadLetter, DeadLetters, Delivery, Reason, Settle, Settler,
    Stored, Subscription, check_filter, check_name, plain,
};

use crate::delivered::{Delivered, delivered};
use crate::link::closed;
use crate::publish::Expect;
use crate::pull::{Broken, Pull};
use crate::streams::{into_map, nanos};
use crate::{NatsBus, Shared};

pub(crate) struct NatsSubscription {
    holder: Arc<Holder>,
    pull: Pull,
}

/// What the deliveries of one subscription share.
struct Holder {
    shared: Arc<Shared>,
    consumer: ConsumerConfig,
    /// The refusals that have been told.
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
        Ok(Self { holder: Arc::new(Holder { shared, consumer, refusals }), pull })
    }

    async fn fill(&mut self, max: usize) -> Result<(), BusError> {
        loop {
            match self.pull.fill(max).await {
                Ok(()) => return Ok(()),
                Err(Broken::Failed(error)) => return Err(error),
                Err(Broken::Lost) => {}
                Err(Broken::Gone) => self.holder.look_for_it().await?,
            }
        }
    }

    fn deliveries(&mut self, max: usize) -> Vec<Delivery> {
        let arrived = self.pull.arrived();
        let count = max.min(arrived.len());
        let messages = arrived.drain(..count).filter_map(delivered);
        let to_delivery = |Delivered { stored, attempt, ack, .. }: Delivered| {
            let (holder, message) = (self.holder.clone(), stored.clone());
            let settler = Arc::new(NatsSettler { holder, message, attempt, ack });
            Delivery { message: stored, attempt, settler }
        };
        messages.map(to_delivery).collect()
    }
}

/// How long a follower has for a message before it is delivered again.
const FOLLOWED_WITHIN: Duration = Duration::from_mins(2);

impl Subscription for NatsSubscription {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Delivery>> {
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

    fn close(&mut self) -> Answer<'_, Vec<Delivery>> {
        Box::pin(async move {
            self.pull.close().await?;
            Ok(self.deliveries(usize::MAX))
        })
    }
}

impl NatsBus {
    /// Makes a durable reader be as its settings say, and reads nothing. Returns whether it had to: the reader was not
    /// there, or was otherwise.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] where this role may not, or whatever the server says.
    pub async fn create_reader(&self, consumer: &ConsumerConfig) -> Result<bool, BusError> {
        let Some(wanted) = self.0.to_make(consumer).await? else { return Ok(false) };
        self.0.make_new(consumer, &wanted).await?;
        Ok(true)
    }

    /// Follows a subject of a stream that is somebody else's, at the place that the reader `durable`
    /// keeps there. A reader that stands is taken as it is, else it is made; without a name, the
    /// stream is that which takes the subject. What cannot be handled is no dead letter there: it is
    /// delivered until it is settled otherwise.
    ///
    /// # Errors
    /// [`BusError::NoStreamFor`] where nothing keeps the subject, [`BusError::NotAllowed`] where this
    /// user may not, or whatever the server says.
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
            Some(stands) => {
                let config = &stands["config"];
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
        let holder = Arc::new(Holder { shared: self.0.clone(), consumer, refusals });
        Ok(Box::new(NatsSubscription { holder, pull }))
    }
}

impl Shared {
    /// Looks for the durable reader, and makes it where it is not there. Roles may look and not make: for
    /// them it is not there yet.
    async fn find_durable(&self, consumer: &ConsumerConfig) -> Result<(), BusError> {
        let ConsumerConfig { stream, durable, .. } = consumer;
        let Some(wanted) = self.to_make(consumer).await? else { return Ok(()) };
        match self.make_new(consumer, &wanted).await {
            Err(BusError::NotAllowed { .. }) => Err(BusError::Unavailable(format!(
                "stream {stream} has no reader {durable} as the settings want it: run `wirefold setup` once more"
            ))),
            made => made,
        }
    }

    /// How the durable reader is to be made; none where it is there and is so. Where it began to read cannot
    /// be changed, and is right: who made its stream again had it begin where it was.
    async fn to_make(&self, consumer: &ConsumerConfig) -> Result<Option<Value>, BusError> {
        let ConsumerConfig { stream, durable, filter, .. } = consumer;
        check_name("stream", stream)?;
        check_name("durable", durable)?;
        check_filter(filter)?;
        let mut wanted = config(consumer);
        let Some(info) = self.link.consumer_info::<Value>(stream, durable).await? else {
            return Ok(Some(wanted));
        };
        let stands = &info["config"];
        if let Some(begun) = stands.get("opt_start_seq") {
            wanted["deliver_policy"] = stands["deliver_policy"].clone();
            wanted["opt_start_seq"] = begun.clone();
        }
        Ok((!stands_so(stands, &wanted)).then_some(wanted))
    }

    /// Makes it where there are dead letters for it.
    async fn make_new(&self, consumer: &ConsumerConfig, wanted: &Value) -> Result<(), BusError> {
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
        // Without end for the server: who reads judges.
        "max_deliver": -1,
        "max_ack_pending": consumer.max_in_flight,
        "replay_policy": "instant",
    });
    if consumer.filter != ">" {
        config["filter_subject"] = consumer.filter.as_str().into();
    }
    config
}

fn stands_so(stands: &Value, wanted: &Value) -> bool {
    let has_filter = |config: &Value| config.get("filter_subject").is_some();
    let is_same = |(name, value): (&String, &Value)| stands.get(name) == Some(value);
    let wanted_map = into_map(wanted.clone());
    has_filter(stands) == has_filter(wanted) && wanted_map.iter().all(is_same)
}

impl Holder {
    /// Nobody answered a pull: says why, where that is known.
    async fn look_for_it(&self) -> Result<(), BusError> {
        let ConsumerConfig { stream, durable, .. } = &self.consumer;
        match self.shared.link.consumer_info::<Value>(stream, durable).await? {
            Some(_) => Ok(()),
            None => Err(BusError::NoReader { stream: stream.clone(), durable: durable.clone() }),
        }
    }

    /// Puts a message into the dead letters, and only then has it never delivered again.
    async fn bury(
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

    /// Says something about a delivery. The server does not answer: an answer would cost as much
    /// as the delivery, and one that is lost brings the message again, which does no harm.
    async fn send_ack(&self, ack: &str, what: String) -> Result<(), BusError> {
        let link = &self.shared.link;
        link.client.publish(ack.to_owned(), what.into()).await.map_err(|_| closed())?;
        // A refusal is told once, with whichever settle comes after it.
        let mark = self.refusals.swap(link.refusals(), Ordering::Relaxed);
        let of_this_reader = format!(".{}.{}.", self.consumer.stream, self.consumer.durable);
        match link.refused_ack(mark, &of_this_reader) {
            Some(refused) => Err(refused),
            None => Ok(()),
        }
    }
}

struct NatsSettler {
    holder: Arc<Holder>,
    message: Stored,
    attempt: u32,
    ack: String,
}

impl NatsSettler {
    async fn settle(&self, settle: Settle) -> Result<(), BusError> {
        let (ack, message) = (&self.ack, &self.message);
        match settle {
            Settle::Ack => self.holder.send_ack(ack, "+ACK".to_owned()).await,
            Settle::InProgress => self.holder.send_ack(ack, "+WPI".to_owned()).await,
            Settle::Reject(reason) => self.holder.bury(message, ack, self.attempt, &reason).await,
            Settle::Retry { after, .. } => self.holder.send_ack(ack, later(after)).await,
        }
    }
}

fn later(after: Duration) -> String {
    if after.is_zero() { "-NAK".to_owned() } else { format!("-NAK {{\"delay\":{}}}", nanos(after)) }
}

impl Settler for NatsSettler {
    fn settle(&self, settle: Settle) -> Answer<'_, ()> {
        Box::pin(self.settle(settle))
    }
}
