//! Deliveries: each a stage of its own on the alerts, so that a dead target delays no other.
//!
//! Each revision is sent at least once with a constant id, and those of one alert in their order,
//! also where what was in hand when the process was killed comes again behind what is new. Only one
//! that the target refused may be overtaken while it waits to be tried again: it is left out where
//! the target has taken a newer one, but one that rings only where the newer one rang too. One that
//! is held waits for the one that follows it; a silent one goes only where it replaces the one
//! before.

mod back;
mod ntfy;
pub(crate) mod retry;
mod sign;
mod stdout;
mod taken;
mod turns;
mod webhook;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ipnet::IpNet;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{dead_letters, decode};
use wirefold_flow::{
    BoxFuture, BusError, ConsumerConfig, Delivery as Taken, Emit, Input, KeyValue, LoopError,
    Stage, StageError, Surroundings, UnixMillis, run_stage,
};
use wirefold_guard::Client;
use wirefold_proto::{Alert, FeedDigest, Subject, SubscriptionRecord, Volume, streams, token};

use crate::Printer;
use crate::error::AlerterError;
use crate::matcher::record_key;
use crate::metrics;
use crate::settings::{Delivery, DeliveryKind};
use back::Back;
use taken::LastTaken;
use turns::Turns;

/// How many revisions one delivery has in hand at once; those of one alert in order.
const AT_ONCE: usize = 4;
/// How soon a revision is tried again when the bus failed it.
const BUS_RETRY: Duration = Duration::from_secs(1);
/// How long what was in hand waits after a kill. An attempt may take longer: the loop says that it
/// goes on.
const ACK_DEADLINE: Duration = Duration::from_secs(5);

/// So many may wait to be tried again before new ones wait with them: a target that is down for days
/// is to hear of what is new as soon as it works.
const MOST_WAITING: usize = 10_000;

/// How soon at the earliest a revision looks again whether the one before it was sent.
const NEXT_LOOK: Duration = Duration::from_secs(1);

/// So often a revision is put off behind an earlier one; then it goes.
const PUT_OFFS: u32 = 5;

/// One revision on its way.
pub(crate) struct Message<'a> {
    pub(crate) alert: &'a Alert,
    /// The subscription's name for people.
    pub(crate) subscription: &'a str,
    /// The page of what it is about.
    pub(crate) page: Option<String>,
    /// Whether this is a demonstration.
    pub(crate) demo: bool,
    /// The time of this attempt.
    pub(crate) now: UnixMillis,
}

/// What is wrong with feeds, on its way.
pub(crate) struct Notice<'a> {
    pub(crate) digest: &'a FeedDigest,
    /// The page of the feeds.
    pub(crate) page: Option<String>,
    /// The time of this attempt.
    pub(crate) now: UnixMillis,
}

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Try again, not before `after` where the target said so.
    Later { after: Option<Duration>, why: String },
    /// This message will never be taken.
    Never { why: String },
    /// The target wants nothing more at all.
    Gone { why: String },
}

/// Something that messages go to.
pub(crate) trait Channel: Send + Sync {
    /// The sort of channel, as a label.
    fn kind(&self) -> &'static str;

    /// Whether a revision replaces the one before, so that silent ones are welcome.
    fn takes_silent(&self) -> bool;

    /// Sends one message.
    fn send<'a>(&'a self, message: Message<'a>) -> BoxFuture<'a, Result<(), Failure>>;

    /// Tells what is wrong with feeds.
    fn tell<'a>(&'a self, notice: Notice<'a>) -> BoxFuture<'a, Result<(), Failure>>;
}

/// What all deliveries share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) surroundings: Surroundings,
    pub(crate) page: Option<String>,
    pub(crate) demo: bool,
}

/// The HTTP client of all deliveries, made once one needs it: reading the certificates takes time.
pub(crate) struct Clients {
    pub(crate) allow: Vec<IpNet>,
    pub(crate) made: Option<Client>,
}

impl Clients {
    fn client(&mut self) -> Result<Client, AlerterError> {
        if let Some(client) = &self.made {
            return Ok(client.clone());
        }
        let client = Client::new(wirefold_guard::Settings {
            user_agent: format!("wirefold/{}", env!("CARGO_PKG_VERSION")),
            allow: self.allow.clone(),
            ..wirefold_guard::Settings::default()
        })?;
        self.made = Some(client.clone());
        Ok(client)
    }
}

/// The stage of one delivery.
pub(crate) struct DeliveryStage {
    name: String,
    channel: Box<dyn Channel>,
    common: Common,
    subscriptions: Arc<dyn KeyValue>,
    pub(crate) taken: Arc<dyn KeyValue>,
    /// Two revisions of one alert are never under way at once.
    turns: Turns,
    back: Back,
    /// Why nothing more is sent, once the target has said that it is gone.
    gone: OnceLock<String>,
    /// Whether the target did not take what was sent last.
    is_down: AtomicBool,
}

/// The durable reader of a delivery.
pub(crate) fn consumer(delivery: &str) -> ConsumerConfig {
    let dead = dead_letters(streams::Stage::Alerter);
    ConsumerConfig {
        ack_deadline: ACK_DEADLINE,
        max_deliver: retry::MAX_DELIVER + PUT_OFFS,
        max_in_flight: MOST_WAITING,
        ..ConsumerConfig::new(streams::ALERTS.name, durable(delivery), dead)
    }
}

/// The channel of a delivery.
pub(crate) fn channel_of(
    delivery: &Delivery,
    clients: &mut Clients,
    printer: &Arc<dyn Printer>,
) -> Result<Box<dyn Channel>, AlerterError> {
    let bad = |why: String| AlerterError::Delivery { name: delivery.name.clone(), why };
    wirefold_flow::check_name("delivery", &durable(&delivery.name))
        .map_err(|_| bad("a name is letters, digits, - and _".to_owned()))?;
    Ok(match &delivery.kind {
        DeliveryKind::Stdout => Box::new(stdout::Stdout::new(printer.clone())),
        DeliveryKind::Webhook { url, secrets, headers } => {
            let keys = secrets.iter().map(sign::Key::read).collect::<Result<Vec<_>, _>>();
            let keys = keys.map_err(|error| bad(error.to_string()))?;
            Box::new(webhook::Webhook::new(clients.client()?, url.clone(), keys, headers.clone()))
        }
        DeliveryKind::Ntfy { url, token, priority } => {
            Box::new(ntfy::Ntfy::new(clients.client()?, url.clone(), token.clone(), *priority))
        }
    })
}

impl DeliveryStage {
    /// Makes the stage of a delivery.
    pub(crate) fn new(
        delivery: &Delivery,
        clients: &mut Clients,
        printer: &Arc<dyn Printer>,
        common: &Common,
    ) -> Result<Self, AlerterError> {
        let channel = channel_of(delivery, clients, printer)?;
        let bus = &common.surroundings.bus;
        Ok(Self {
            name: delivery.name.clone(),
            channel,
            common: common.clone(),
            subscriptions: bus.key_value(streams::SUBSCRIPTIONS.name)?,
            taken: bus.key_value(streams::DELIVERIES.name)?,
            turns: Turns::default(),
            back: Back::default(),
            gone: OnceLock::new(),
            is_down: AtomicBool::new(false),
        })
    }

    /// Runs until it is told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), LoopError> {
        let consumer = consumer(&self.name);
        self.back.expect(self.now().plus(ACK_DEADLINE));
        let surroundings = self.common.surroundings.clone();
        run_stage(surroundings, Arc::new(self), consumer, AT_ONCE, stop).await
    }

    async fn deliver(&self, input: &Input) -> Result<(), StageError> {
        self.back.is_here(input.message.sequence);
        let alert: Alert = decode(&input.message)?;
        if !self.is_to_be_sent(&alert) {
            return Ok(());
        }
        let Some(record) = self.subscription(&alert).await? else {
            return Ok(());
        };
        let key = format!("{}.{}", self.name, token::escape(&alert.id.to_string()));
        let before = self.last_taken(&key).await?;
        if before.covers(alert.volume, alert.revision) {
            return Ok(());
        }
        if let Some(why) = self.gone.get() {
            return Err(StageError::Reject { why: why.clone() });
        }
        if self.back.times(input.message.sequence) < PUT_OFFS {
            self.wait_for_earlier(&alert, before, input.message.sequence).await?;
        }
        self.back.goes(input.message.sequence, self.now());
        let page = self.common.page.as_deref();
        let message = Message {
            alert: &alert,
            subscription: &record.subscription.name,
            page: page.map(|base| crate::wording::page(base, alert.target)),
            demo: self.common.demo,
            now: self.now(),
        };
        let sent = self.channel.send(message).await;
        self.count(&sent);
        sent.map_err(|failure| self.answer(failure, input))?;
        if self.is_down.swap(false, Ordering::Relaxed) {
            tracing::warn!(
                delivery = self.name,
                "delivery works again: what waits is sent in time"
            );
        }
        let after = before.and(alert.volume, alert.revision).to_string();
        self.taken.put(&key, after.into()).await.map_err(|error| self.of_bus(&error))?;
        Ok(())
    }

    fn is_to_be_sent(&self, alert: &Alert) -> bool {
        let is_welcome = alert.volume == Volume::Loud || self.channel.takes_silent();
        alert.held.is_none() && is_welcome
    }

    fn now(&self) -> UnixMillis {
        self.common.surroundings.clock.now()
    }

    fn of_bus(&self, error: &BusError) -> StageError {
        self.back.expect(self.now().plus(ACK_DEADLINE));
        StageError::Retry { after: BUS_RETRY, why: error.to_string() }
    }

    /// Puts a revision off behind an earlier one that may come again.
    async fn wait_for_earlier(
        &self,
        alert: &Alert,
        taken: LastTaken,
        sequence: u64,
    ) -> Result<(), StageError> {
        if self.back.is_over(self.now()) {
            return Ok(());
        }
        let bus = &self.common.surroundings.bus;
        for revision in taken.any + 1..alert.revision {
            let subject = Subject::alert(&alert.id, revision);
            let earlier = bus.last(streams::ALERTS.name, subject.as_str()).await;
            let earlier = earlier.map_err(|error| self.of_bus(&error))?;
            let earlier = earlier.filter(|stored| self.back.awaits(stored.sequence, self.now()));
            let earlier = earlier.and_then(|stored| decode::<Alert>(&stored).ok());
            if earlier.is_some_and(|earlier| self.is_to_be_sent(&earlier)) {
                self.back.put_off(sequence);
                let why = format!("revision {revision} may come first");
                let after = self.back.by().since(self.now()).max(NEXT_LOOK);
                return Err(StageError::Retry { after, why });
            }
        }
        Ok(())
    }

    /// The alert's subscription, where it names this delivery.
    async fn subscription(&self, alert: &Alert) -> Result<Option<SubscriptionRecord>, StageError> {
        let key = record_key(&alert.subscription);
        let entry = self.subscriptions.get(&key).await.map_err(|error| self.of_bus(&error))?;
        let value = entry.and_then(|entry| entry.value);
        let record = value.and_then(|value| wirefold_proto::decode(&value).ok());
        Ok(record.filter(|record: &SubscriptionRecord| {
            record.subscription.deliveries.contains(&self.name)
        }))
    }

    /// What the target has taken of an alert.
    async fn last_taken(&self, key: &str) -> Result<LastTaken, StageError> {
        let entry = self.taken.get(key).await.map_err(|error| self.of_bus(&error))?;
        let value = entry.and_then(|entry| entry.value);
        let last = value.and_then(|value| LastTaken::read(std::str::from_utf8(&value).ok()?));
        Ok(last.unwrap_or_default())
    }

    fn answer(&self, failure: Failure, input: &Input) -> StageError {
        let (delivery, alert) = (&self.name, &input.message.id);
        match failure {
            Failure::Never { why } => {
                tracing::warn!(delivery, alert, why, "delivery refused for good");
                StageError::Reject { why }
            }
            Failure::Gone { why } => {
                if self.gone.set(why.clone()).is_ok() {
                    tracing::warn!(delivery, alert, why, "delivery is off until the next start");
                }
                StageError::Reject { why }
            }
            Failure::Later { after, why } => {
                // Those before were not all the target's.
                let attempt = input.attempt.saturating_sub(self.back.times(input.message.sequence));
                let after =
                    after.unwrap_or_else(|| retry::after(attempt, &format!("{delivery}.{alert}")));
                // Said once, whatever waits: who reads along is to know it, not to count it.
                if self.is_down.swap(true, Ordering::Relaxed) {
                    tracing::debug!(delivery, alert, why, ?after, "delivery is tried again");
                } else {
                    let what = "delivery failed; all that waits for it is tried again for more \
                                than a day: see to its target, or change its settings";
                    tracing::warn!(delivery, alert, why, ?after, "{what}");
                }
                StageError::Retry { after, why }
            }
        }
    }

    fn count(&self, sent: &Result<(), Failure>) {
        let outcome = match sent {
            Ok(()) => "ok",
            Err(Failure::Later { .. }) => "retry",
            Err(Failure::Never { .. } | Failure::Gone { .. }) => "refused",
        };
        metrics::DELIVERIES.add(1, &[self.channel.kind(), outcome]);
    }
}

impl Stage for DeliveryStage {
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<Vec<Emit>, StageError>> {
        Box::pin(async move {
            let sequence = input.message.sequence;
            let _turn = self.turns.wait(sequence, input.attempt).await;
            let delivered = self.deliver(&input).await;
            if !matches!(delivered, Err(StageError::Retry { .. })) {
                self.back.is_done(sequence);
            }
            delivered.map(|()| Vec::new())
        })
    }

    fn line_up(&self, taken: &[Taken]) {
        self.turns.give(taken);
    }
}

/// The durable name of a delivery.
fn durable(name: &str) -> String {
    format!("{}-{name}", crate::matcher::NAME)
}
