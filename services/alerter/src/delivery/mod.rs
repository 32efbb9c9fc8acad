//! Deliveries. Each is a stage of its own on the stream of alerts, so a failing target delays no other
//! delivery.
//!
//! Comes in: revisions of alerts. Goes out: messages through a channel, attempts and dead letters. It never decides
//! whether a revision is loud.
//!
//! Each revision is sent at least once, with a constant id. The revisions of one alert are sent in order,
//! also if the bus delivers some again after the process was killed. Only a revision that the target refused
//! may be overtaken while it waits for its next attempt. It is then left out if the target has accepted a
//! newer one; a loud revision only if the newer one was loud too. A held revision is not sent: a later
//! revision replaces it. A silent revision is sent only if it replaces the message before.

pub(crate) mod attempts;
mod channel;
mod chat;
mod digest;
pub mod kinds;
mod links;
pub(crate) mod notices;
mod order;
mod retry;
mod start;
mod target_state;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{dead_letters, decode};
use wirefold_flow::{
    BoxFuture, BusError, ConsumerConfig, Input, KeyValue, LoopError, PulledMessage, Stage,
    StageContext, StageError, UnixMillis, run_stage,
};
use wirefold_proto::{
    Alert, AlertId, Subject, SubscriptionId, SubscriptionRecord, SubscriptionSettings, Volume,
    streams, taken_key,
};

use crate::engine::RevisionMetadata;
use crate::error::AlerterError;
use crate::subscription::{AbsentDeliveries, record_key};
use crate::text::{CompiledTemplates, Message, MessageLinks, Templates};
use crate::{Printer, metrics};
use attempts::{Attempts, LastAccepted};
pub use channel::Failure;
pub(crate) use channel::{Channel, Clients, Notice, NoticeKind, Opening, Sent, Target, ToSend};
use kinds::DeliveryTarget;
use links::Keys;
use order::{AlertOrder, Redeliveries};
use start::Start;
pub(crate) use start::note_starts;
pub use target_state::switch_on;
pub(crate) use target_state::{DeliveryState, DeliveryStates, TargetGone};

/// How many revisions one delivery handles concurrently. Those of one alert are handled in order.
const CONCURRENT_REVISIONS: usize = 4;
/// When a revision is tried again after the bus failed.
const BUS_RETRY: Duration = Duration::from_secs(1);
/// How long the bus waits before it delivers a revision again after a kill. The loop extends the time while
/// an attempt is under way.
const ACK_DEADLINE: Duration = Duration::from_secs(5);

/// How many revisions may wait for another attempt before new ones wait too. The limit is high, so that a
/// target that was down for days gets new alerts as soon as it works.
const MAX_WAITING: usize = 10_000;

/// The shortest wait before a revision checks again whether the one before it was sent.
const NEXT_LOOK: Duration = Duration::from_secs(1);

/// How often a revision is put off behind an earlier one. Then it is sent.
const MAX_PUT_OFFS: u32 = 5;

/// The state that all deliveries share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) context: StageContext,
    pub(crate) page: Option<String>,
    pub(crate) demo: bool,
    /// The time zone of subscribers who name none.
    pub(crate) zone: TimeZone,
    /// Which deliveries work.
    pub(crate) states: DeliveryStates,
    /// Which deliveries subscriptions name although they do not exist; `None` until all subscriptions are read.
    pub(crate) absent: watch::Sender<Option<AbsentDeliveries>>,
}

/// The stage of one delivery.
pub(crate) struct DeliveryStage {
    delivery: Delivery,
    channel: Box<dyn Channel>,
    templates: Option<CompiledTemplates>,
    common: Common,
    subscriptions: Arc<dyn KeyValue>,
    pub(crate) accepted: Arc<dyn KeyValue>,
    attempts: Attempts,
    link_keys: Keys,
    /// Keeps two revisions of one alert from being sent at once.
    order: AlertOrder,
    redeliveries: Redeliveries,
    start: Start,
    gone: TargetGone,
    /// Whether the last attempt failed.
    is_down: AtomicBool,
}

/// The durable consumer of the delivery of this name.
#[must_use]
pub fn consumer(delivery: &str) -> ConsumerConfig {
    let dead = dead_letters(streams::Stage::Alerter);
    ConsumerConfig {
        ack_deadline: ACK_DEADLINE,
        // `retry::is_enough` limits the time instead.
        max_tries: u32::MAX,
        max_in_flight: MAX_WAITING,
        ..ConsumerConfig::new(streams::ALERTS.name, durable(delivery), dead)
    }
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
        let bus = &common.context.bus;
        let accepted = bus.key_value(streams::DELIVERIES.name)?;
        Ok(Self {
            delivery: delivery.clone(),
            channel,
            templates: compiled_templates(delivery)?,
            common: common.clone(),
            subscriptions: bus.key_value(streams::SUBSCRIPTIONS.name)?,
            attempts: Attempts::new(&delivery.name, accepted.clone()),
            gone: TargetGone::new(&delivery.name, &delivery.target, accepted.clone()),
            accepted,
            link_keys: Keys::default(),
            order: AlertOrder::default(),
            redeliveries: Redeliveries::default(),
            start: Start::default(),
            is_down: AtomicBool::new(false),
        })
    }

    /// Runs until it is stopped.
    pub(crate) async fn run(self, stop: CancellationToken) -> Result<(), LoopError> {
        let consumer = consumer(&self.delivery.name);
        self.redeliveries.extend_deadline(self.now().plus(ACK_DEADLINE));
        let context = self.common.context.clone();
        run_stage(context, Arc::new(self), consumer, CONCURRENT_REVISIONS, stop).await
    }

    async fn deliver(&self, input: &Input) -> Result<(), StageError> {
        self.redeliveries.note_arrival(input.message.sequence);
        let alert: Alert = decode(&input.message)?;
        if !self.is_to_be_sent(&alert) || self.was_told_before(input).await? {
            return Ok(());
        }
        let Some(record) = self.subscription(&alert.subscription).await? else {
            return Ok(());
        };
        let metadata = RevisionMetadata::of(&input.message).unwrap_or_default();
        if record.subscription.digest.is_some() && alert.digest.is_none() {
            // The next digest counts a silent revision.
            return Ok(());
        }
        let key = taken_key(&self.delivery.name, &alert.id);
        let before = self.last_accepted(&key).await?;
        if before.covers(&alert) {
            return Ok(());
        }
        let gone =
            self.gone.marked(self.now()).await.map_err(|error| self.retry_after_bus(&error))?;
        let may_wait = self.redeliveries.times_put_off(input.message.sequence) < MAX_PUT_OFFS;
        if gone.is_none() && may_wait {
            self.wait_for_earlier(&alert, &metadata, &before, input.message.sequence).await?;
        }
        if self.is_told_together(&alert, &metadata, &before, input).await? {
            let after = before.together(&alert);
            return self.note_accepted(&key, &after).await;
        }
        let before = before.of_own_message();
        if let Some(why) = gone {
            return Err(StageError::Reject { why });
        }
        self.redeliveries.note_sent(input.message.sequence, self.now());
        let attempt = self.attempts.begin(&alert, self.now()).await;
        let named = self.subscription_names(&record, &metadata).await?;
        let sent = self.send(&alert, (&record.subscription, &named), &before).await;
        if let Ok(Err(Failure::Gone { why })) = &sent {
            self.gone.set(why, self.now()).await.map_err(|error| self.retry_after_bus(&error))?;
        }
        let sent = sent.and_then(|sent| {
            self.count(&sent);
            sent.map_err(|failure| self.answer(failure, input))
        });
        self.attempts.end(attempt, self.now(), sent.as_ref().err()).await;
        let target_id = sent?;
        self.common.states.works(&self.delivery.name);
        if self.is_down.swap(false, Ordering::Relaxed) {
            tracing::warn!(
                delivery = self.delivery.name,
                "delivery works again: waiting alerts follow"
            );
        }
        self.note_accepted(&key, &before.and(&alert, target_id)).await
    }

    async fn note_accepted(&self, key: &str, after: &LastAccepted) -> Result<(), StageError> {
        let put = self.accepted.put(key, after.to_string().into()).await;
        put.map(|_| ()).map_err(|error| self.retry_after_bus(&error))
    }

    /// Whether another subscription's message tells this revision at this delivery, or did so before a silent
    /// revision. It waits until that message is accepted, so that nothing is lost with it.
    async fn is_told_together(
        &self,
        alert: &Alert,
        metadata: &RevisionMetadata,
        before: &LastAccepted,
        input: &Input,
    ) -> Result<bool, StageError> {
        if self.delivery.target.is_read_by_programs() {
            return Ok(false);
        }
        let Some(by) = &metadata.told_by else {
            return Ok(before.is_together() && alert.volume == Volume::Silent);
        };
        if self.subscription(&by.subscription).await?.is_none() {
            return Ok(false);
        }
        let other = AlertId { subscription: by.subscription.clone(), target: alert.target };
        let accepted = self.last_accepted(&taken_key(&self.delivery.name, &other)).await?;
        let age = self.now().since(input.message.at);
        if accepted.has_loud(by.revision) || retry::is_enough(input.attempt, age) {
            return Ok(true);
        }
        self.redeliveries.note_put_off(input.message.sequence);
        let after = if input.attempt == 1 {
            NEXT_LOOK
        } else {
            retry::after_age(input.attempt, age, &input.message.id)
        };
        let why = format!("told with {other}, which is not accepted yet");
        Err(StageError::Retry { after, why })
    }

    /// The names of the subscriptions that a message tells at this delivery.
    async fn subscription_names(
        &self,
        record: &SubscriptionRecord,
        metadata: &RevisionMetadata,
    ) -> Result<String, StageError> {
        let mut names = vec![record.subscription.name.clone()];
        for also in metadata.also.iter().filter(|_| !self.delivery.target.is_read_by_programs()) {
            names.extend(self.subscription(also).await?.map(|other| other.subscription.name));
        }
        Ok(names.join(", "))
    }

    /// Sends one revision, or the digest that it completes.
    async fn send(
        &self,
        alert: &Alert,
        (subscription, named): (&SubscriptionSettings, &str),
        before: &LastAccepted,
    ) -> Result<Sent, StageError> {
        if let Some(digest) = &alert.digest {
            return self.send_digest(alert, digest, subscription).await;
        }
        let message = Message {
            links: self.links(alert).await?,
            demo: self.common.demo,
            target_id: before.target_id.as_deref(),
            is_overtaken: before.any > alert.revision,
            zone: zone_of(subscription, &self.common.zone),
            templates: self.templates.as_ref(),
            ..Message::of(alert, named, self.common.page.as_deref(), self.now())
        };
        Ok(self.channel.send(ToSend::Alert(message)).await)
    }

    /// The links that mute the alert without a login. None if only this machine can reach the page.
    async fn links(&self, alert: &Alert) -> Result<Option<MessageLinks>, StageError> {
        let is_reachable = |base: &&str| base.parse().is_ok_and(|url| links::is_reachable(&url));
        let page = self.common.page.as_deref().filter(is_reachable);
        let Some(base) = page.filter(|_| !self.common.demo) else {
            return Ok(None);
        };
        let key = self.link_keys.get(&*self.subscriptions).await;
        let key = key.map_err(|error| self.retry_after_bus(&error))?;
        Ok(Some(MessageLinks::of(alert, base, key)))
    }

    /// Whether a revision was published before this delivery was there.
    async fn was_told_before(&self, input: &Input) -> Result<bool, StageError> {
        let found = self.start.is_after(&input.message, &self.delivery.name, &*self.accepted).await;
        found.map_err(|error| self.retry_after_bus(&error))?.ok_or_else(|| StageError::Retry {
            after: BUS_RETRY,
            why: "the delivery is just being set up".to_owned(),
        })
    }

    fn is_to_be_sent(&self, alert: &Alert) -> bool {
        let is_welcome = alert.volume == Volume::Loud || self.delivery.target.accepts_silent();
        // The last revision in a digest sends it.
        let is_last = alert.digest.as_ref().is_none_or(|digest| !digest.all.is_empty());
        alert.held.is_none() && is_welcome && is_last
    }

    fn now(&self) -> UnixMillis {
        self.common.context.clock.now()
    }

    fn retry_after_bus(&self, error: &BusError) -> StageError {
        self.redeliveries.extend_deadline(self.now().plus(ACK_DEADLINE));
        StageError::Retry { after: BUS_RETRY, why: error.to_string() }
    }

    /// Puts a revision off behind earlier ones that may come again: of its alert, and of those that its message
    /// tells, too.
    async fn wait_for_earlier(
        &self,
        alert: &Alert,
        metadata: &RevisionMetadata,
        accepted: &LastAccepted,
        sequence: u64,
    ) -> Result<(), StageError> {
        if self.redeliveries.nothing_waits(self.now()) {
            return Ok(());
        }
        let is_its = |earlier: &Alert, _: &RevisionMetadata| earlier.revision == alert.revision;
        self.wait_for_revisions(&alert.id, accepted.any + 1, is_its, sequence).await?;
        for also in &metadata.also {
            let id = AlertId { subscription: also.clone(), target: alert.id.target };
            let of_also = self.last_accepted(&taken_key(&self.delivery.name, &id)).await?;
            let is_told = |_: &Alert, earlier: &RevisionMetadata| {
                let by = earlier.told_by.as_ref();
                by.is_some_and(|by| {
                    by.subscription == alert.subscription && by.revision == alert.revision
                })
            };
            self.wait_for_revisions(&id, of_also.any + 1, is_told, sequence).await?;
        }
        Ok(())
    }

    /// Puts a revision off behind those of an alert that may come again, up to the one that `is_end` names.
    async fn wait_for_revisions(
        &self,
        id: &AlertId,
        from: u64,
        is_end: impl Fn(&Alert, &RevisionMetadata) -> bool,
        sequence: u64,
    ) -> Result<(), StageError> {
        let bus = &self.common.context.bus;
        for revision in from.. {
            let subject = Subject::alert(id, revision);
            let found = bus.last(streams::ALERTS.name, subject.as_str()).await;
            let Some(stored) = found.map_err(|error| self.retry_after_bus(&error))? else {
                break;
            };
            let Ok(earlier) = decode::<Alert>(&stored) else { continue };
            if is_end(&earlier, &RevisionMetadata::of(&stored).unwrap_or_default()) {
                break;
            }
            let may_come = self.redeliveries.may_come_again(stored.sequence, self.now());
            if may_come && self.is_to_be_sent(&earlier) {
                self.redeliveries.note_put_off(sequence);
                let why = format!("{id} revision {revision} may come first");
                let after = self.redeliveries.deadline().since(self.now()).max(NEXT_LOOK);
                return Err(StageError::Retry { after, why });
            }
        }
        Ok(())
    }

    /// A subscription, if it names this delivery.
    async fn subscription(
        &self,
        id: &SubscriptionId,
    ) -> Result<Option<SubscriptionRecord>, StageError> {
        let key = record_key(id);
        let entry =
            self.subscriptions.get(&key).await.map_err(|error| self.retry_after_bus(&error))?;
        let value = entry.and_then(|entry| entry.value);
        let record = value.and_then(|value| wirefold_proto::decode(&value).ok());
        Ok(record.filter(|record: &SubscriptionRecord| {
            record.subscription.deliveries.contains(&self.delivery.name)
        }))
    }

    /// The last revision of an alert that the target has accepted.
    async fn last_accepted(&self, key: &str) -> Result<LastAccepted, StageError> {
        let entry = self.accepted.get(key).await.map_err(|error| self.retry_after_bus(&error))?;
        let value = entry.and_then(|entry| entry.value);
        let last = value.and_then(|value| LastAccepted::read(std::str::from_utf8(&value).ok()?));
        Ok(last.unwrap_or_default())
    }

    fn answer(&self, failure: Failure, input: &Input) -> StageError {
        let (delivery, alert) = (&self.delivery.name, &input.message.id);
        match failure {
            Failure::Never { why } => {
                tracing::warn!(delivery, alert, why, "delivery refused for good");
                StageError::Reject { why }
            }
            Failure::Gone { why } => StageError::Reject { why },
            Failure::Later { after, why } => {
                self.common.states.failed(delivery, self.now(), &why);
                // Attempts that were only put off do not count.
                let attempt = input
                    .attempt
                    .saturating_sub(self.redeliveries.times_put_off(input.message.sequence));
                let age = self.now().since(input.message.at);
                if retry::is_enough(attempt, age) {
                    tracing::warn!(delivery, alert, why, "delivery is given up");
                    return StageError::Reject { why };
                }
                let name = format!("{delivery}.{alert}");
                let after = after.unwrap_or_else(|| retry::after_age(attempt, age, &name));
                // The log reports the failure once, however many revisions wait.
                if self.is_down.swap(true, Ordering::Relaxed) {
                    tracing::debug!(delivery, alert, why, ?after, "delivery is tried again");
                } else {
                    let what = "delivery failed; all that waits for it is tried again for more \
                                than a day: repair its target, or change its settings";
                    tracing::warn!(delivery, alert, why, ?after, "{what}");
                }
                StageError::Retry { after, why }
            }
        }
    }

    fn count(&self, sent: &Sent) {
        let outcome = match sent {
            Ok(_) => "ok",
            Err(Failure::Later { .. }) => "retry",
            Err(Failure::Never { .. } | Failure::Gone { .. }) => "refused",
        };
        metrics::DELIVERIES.add(1, &[self.delivery.target.kind(), outcome]);
    }
}

impl Stage for DeliveryStage {
    fn handle(&self, input: Input) -> BoxFuture<'_, Result<(), StageError>> {
        Box::pin(async move {
            let sequence = input.message.sequence;
            let _turn = self.order.wait(sequence, input.attempt).await;
            let delivered = self.deliver(&input).await;
            if !matches!(delivered, Err(StageError::Retry { .. })) {
                self.redeliveries.note_done(sequence);
            }
            delivered
        })
    }

    fn note_order(&self, taken: &[PulledMessage]) {
        self.order.give(taken);
    }
}

/// The operator's templates of a delivery.
pub(crate) fn compiled_templates(
    delivery: &Delivery,
) -> Result<Option<CompiledTemplates>, AlerterError> {
    let bad = |why: String| AlerterError::Delivery { name: delivery.name.clone(), why };
    CompiledTemplates::read(&delivery.templates).map_err(bad)
}

/// The subscriber's time zone, by default that of the machine.
pub(crate) fn zone_of(settings: &SubscriptionSettings, machine: &TimeZone) -> TimeZone {
    let of_quiet = settings.quiet_hours.as_ref().map(|hours| &hours.time_zone);
    let named = settings.time_zone.as_ref().or(of_quiet);
    named.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| machine.clone())
}

/// The name of a delivery's durable consumer.
fn durable(name: &str) -> String {
    format!("{}-{name}", crate::NAME)
}

/// A configured delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its name, which subscriptions refer to: letters, digits, `-` and `_`.
    pub name: String,
    /// The target and its settings.
    pub target: DeliveryTarget,
    /// Whether it gets the weekly feed digest.
    pub feed_digest: bool,
    /// Whether it reports health conditions.
    pub health: bool,
    /// The operator's templates for its messages.
    pub templates: Templates,
}

/// Checks a delivery's settings without connecting.
///
/// # Errors
/// What is wrong with them, without secrets.
pub fn check_delivery(delivery: &Delivery) -> Result<(), String> {
    let target = delivery.target.as_target();
    if delivery.target.is_read_by_programs() && delivery.templates != Templates::default() {
        return Err("it hands on JSON, which has no words: leave the template out".to_owned());
    }
    CompiledTemplates::read(&delivery.templates)?;
    target.check()
}

/// The channel of a delivery.
pub(crate) fn channel_of(
    delivery: &Delivery,
    clients: &mut Clients,
    printer: &Arc<dyn Printer>,
) -> Result<Box<dyn Channel>, AlerterError> {
    let mut opening = Opening { name: &delivery.name, clients, printer };
    wirefold_flow::check_name("delivery", &durable(&delivery.name))
        .map_err(|_| opening.refuse("a name is letters, digits, - and _".to_owned()))?;
    delivery.target.as_target().open(&mut opening)
}
