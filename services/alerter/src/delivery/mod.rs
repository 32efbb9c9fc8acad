//! Deliveries. Each reads the stream of alerts at a position of its own, so a failing target delays no other
//! delivery.
//!
//! Comes in: revisions of alerts. Goes out: messages through a channel, attempts and dead letters. It never decides
//! whether a revision is loud.
//!
//! Each revision is sent at least once, with a constant id. The revisions about one story or event are sent in order,
//! also after a kill. Only a revision that the target refused may be overtaken while it waits for its next attempt.
//! It is then left out if the target has accepted a newer one; a loud revision only if the newer one was loud too. A
//! held revision is not sent: a later revision replaces it. A silent revision is sent only if it replaces the message
//! before, and never while its subscription or itself is muted. That an alert was merged into another is told only to programs.

mod channel;
mod chat;
mod digest;
mod follow;
pub mod kinds;
mod links;
mod message;
pub(crate) mod notices;
mod position;
pub(crate) mod records;
mod retry;
mod window;

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::unix_millis;
use wirefold_flow::{BusError, Event, KeyValue, StageContext, Stored, UnixMillis};
use wirefold_proto::{
    Alert, AlertHandlingRecord, AlertId, AttemptOutcome, LinkKey, Subject, SubscriptionId,
    SubscriptionRecord, SubscriptionSettings, Volume, decode, handling_key, streams,
};

use crate::engine::RevisionMetadata;
use crate::error::AlerterError;
use crate::metrics;
use crate::subscription::{AbsentDeliveries, record_key};
use crate::text::{CompiledTemplates, Message, MessageLinks, Templates};
use crate::wording::add_new;
pub(crate) use channel::{Channel, Means};
use follow::{BUS_RETRY, NotSent};
use kinds::DeliveryTarget;
pub use message::Failure;
use message::fitting_bytes;
pub(crate) use message::{Notice, NoticeKind, Sent, ToSend};
pub(crate) use position::Positions;
pub use records::switch_on;
use records::{AlertAttempts, LastAccepted};
pub(crate) use records::{DeliveryState, DeliveryStates, Records};
use window::{Earlier, Wait};

/// The state that all deliveries share.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) context: StageContext,
    pub(crate) stop: CancellationToken,
    pub(crate) page: Option<String>,
    pub(crate) demo: bool,
    /// The time zone of subscribers who name none.
    pub(crate) zone: TimeZone,
    /// Which deliveries work.
    pub(crate) states: DeliveryStates,
    /// Which deliveries subscriptions name although they do not exist; `None` until all subscriptions are read.
    pub(crate) absent: watch::Sender<Option<AbsentDeliveries>>,
    /// How far the deliveries have read.
    pub(crate) positions: Positions,
}

/// The loop of one delivery.
pub(crate) struct DeliveryStage {
    channel: Channel,
    pub(crate) common: Common,
    subscriptions: Arc<dyn KeyValue>,
    pub(crate) records: Records,
    /// The key that signs links, read or generated at its first use.
    link_key: OnceCell<LinkKey>,
}

impl DeliveryStage {
    /// Makes the loop of a delivery.
    pub(crate) fn new(
        delivery: &Delivery,
        means: &Arc<Means>,
        common: &Common,
    ) -> Result<Self, AlerterError> {
        let bus = &*common.context.bus;
        Ok(Self {
            channel: Channel::open(delivery, means)?,
            common: common.clone(),
            subscriptions: bus.key_value(streams::SUBSCRIPTIONS.name)?,
            records: Records::of(delivery, bus)?,
            link_key: OnceCell::new(),
        })
    }

    fn name(&self) -> &str {
        &self.channel.delivery.name
    }

    fn target(&self) -> &DeliveryTarget {
        &self.channel.delivery.target
    }

    /// Sends a revision unless it needs no message.
    async fn deliver(&self, stored: &Stored, earlier: &[Earlier]) -> Result<(), NotSent> {
        let mut alert: Alert = match decode(&stored.body) {
            Ok(alert) => alert,
            Err(error) => return Err(self.give_up(stored, 1, error.to_string()).await),
        };
        if !self.is_to_be_sent(&alert) {
            return Ok(());
        }
        let Some(record) = self.subscription(&alert.subscription).await? else {
            return Ok(());
        };
        let is_second = !record.subscription.deliveries.iter().any(|name| name == self.name());
        if is_second && alert.escalated.is_none() {
            return Ok(());
        }
        if is_second && alert.is_escalation() {
            alert.volume = Volume::Loud;
        } else if !self.accepts(&alert) {
            return Ok(());
        }
        let metadata = RevisionMetadata::of(stored).unwrap_or_default();
        if self.waits_for_another(&alert, &record).await? {
            return Ok(());
        }
        let before = self.records.last_accepted(&alert.id).await?;
        if before.covers(&alert) {
            return Ok(());
        }
        if self.is_told_together(&alert, &metadata, &before, earlier).await? {
            return self.record(&alert.id, before.together(&alert)).await;
        }
        let before = before.of_own_message();
        let attempts = self.records.attempts(&alert).await;
        if attempts.is_given_up() {
            return Ok(());
        }
        if let Some(why) = self.records.gone(self.now()).await? {
            return Err(self.give_up(stored, attempts.failed(), why).await);
        }
        if let Some(until) = attempts.next().filter(|next| self.now() < *next) {
            let wait = Wait { until, is_told_by_other: false };
            let why = "the target asked for this time before the process ended".to_owned();
            return Err(NotSent::Waits { wait, why });
        }
        let named = self.subscription_names(&record, &metadata, &mut alert).await?;
        let to_send = self.to_send(&alert, (&record.subscription, &named), &before).await?;
        let attempts = self.records.begin(attempts, self.now()).await;
        let sent = self.channel.send(&to_send).await;
        self.count(&sent);
        self.records.note_answer(&sent, &self.common.states, self.now()).await?;
        let target_id = match sent {
            Ok(target_id) => target_id,
            Err(failure) => return Err(self.refused(failure, stored, attempts).await),
        };
        self.records.end(attempts, AttemptOutcome::Taken, None, None).await;
        self.record(&alert.id, before.and(&alert, target_id)).await
    }

    /// Whether a later message stands for this revision: the next digest, or the first one after the mute of its
    /// subscription or of itself.
    async fn waits_for_another(
        &self,
        alert: &Alert,
        record: &SubscriptionRecord,
    ) -> Result<bool, BusError> {
        if record.subscription.digest.is_some() && alert.digest.is_none() {
            return Ok(true);
        }
        if alert.volume == Volume::Loud {
            return Ok(false);
        }
        let is_muted = |until: Option<_>| until.is_some_and(|it| unix_millis(it) > self.now());
        if is_muted(record.muted_until) {
            return Ok(true);
        }
        let handling = self.subscriptions.get(&handling_key(&alert.id)).await?;
        let handling = handling.and_then(|entry| entry.value);
        let handling: Option<AlertHandlingRecord> = handling.and_then(|it| decode(&it).ok());
        Ok(is_muted(handling.and_then(|it| it.muted_until)))
    }

    /// Records what the target has accepted. It waits while the bus fails, since what is not recorded is sent again.
    async fn record(&self, alert: &AlertId, last: LastAccepted) -> Result<(), NotSent> {
        while let Err(error) = self.records.accepted(alert, &last).await {
            if self.common.stop.is_cancelled() {
                return Err(error.into());
            }
            self.observe(Event::BusFailed(&error));
            self.common.context.pause(BUS_RETRY, &self.common.stop).await;
        }
        Ok(())
    }

    /// Whether another subscription's message tells this revision at this delivery, or did so before a silent
    /// revision. It waits while that message may still come, so that nothing is lost with it. If that was given up,
    /// the revision gets a message of its own.
    async fn is_told_together(
        &self,
        alert: &Alert,
        metadata: &RevisionMetadata,
        before: &LastAccepted,
        earlier: &[Earlier],
    ) -> Result<bool, NotSent> {
        if self.target().is_read_by_programs() {
            return Ok(false);
        }
        let Some(by) = &metadata.told_by else {
            let own = Subject::alert(&alert.id, alert.revision);
            let own = Subject::without_revision(own.as_str());
            let is_own = |subject: &str| Subject::without_revision(subject) == own;
            let told = earlier.iter().find(|(it, wait)| wait.is_told_by_other && is_own(it));
            return match told.filter(|_| alert.volume == Volume::Silent) {
                Some((_, wait)) => Err(told_later(*wait, &alert.id)),
                None => Ok(before.is_together() && alert.volume == Volume::Silent),
            };
        };
        if self.subscription(&by.subscription).await?.is_none() {
            return Ok(false);
        }
        let other = AlertId { subscription: by.subscription.clone(), target: alert.target };
        let has_it = self.records.last_accepted(&other).await?.loud >= by.revision;
        let subject = Subject::alert(&other, by.revision);
        match earlier.iter().find(|(it, _)| it == subject.as_str()) {
            Some((_, wait)) if !has_it => Err(told_later(*wait, &other)),
            _ => Ok(has_it),
        }
    }

    /// The names of the subscriptions that a message tells at this delivery. The alert gets the words that the others match.
    async fn subscription_names(
        &self,
        record: &SubscriptionRecord,
        metadata: &RevisionMetadata,
        alert: &mut Alert,
    ) -> Result<String, BusError> {
        let mut names = vec![record.subscription.name.clone()];
        for (also, words) in metadata.also.iter().filter(|_| !self.target().is_read_by_programs()) {
            let Some(other) = self.subscription(also).await? else { continue };
            names.push(other.subscription.name);
            add_new(&mut alert.matched, words);
        }
        Ok(names.join(", "))
    }

    /// The message of a revision, or the digest that it completes.
    async fn to_send<'a>(
        &'a self,
        alert: &'a Alert,
        (subscription, named): (&SubscriptionSettings, &'a str),
        before: &'a LastAccepted,
    ) -> Result<ToSend<'a>, BusError> {
        if let Some(digest) = &alert.digest {
            return Ok(ToSend::Notice(self.digest(alert, digest, subscription).await?));
        }
        Ok(ToSend::Alert(Message {
            links: self.links(alert).await?,
            demo: self.common.demo,
            target_id: before.target_id.as_deref(),
            is_overtaken: before.any > alert.revision,
            zone: zone_of(subscription, &self.common.zone),
            templates: self.channel.templates.as_ref(),
            ..Message::of(alert, named, self.common.page.as_deref(), self.now())
        }))
    }

    /// The links that mute the alert without a login. None if only this machine can reach the page.
    async fn links(&self, alert: &Alert) -> Result<Option<MessageLinks>, BusError> {
        let is_reachable = |base: &&str| base.parse().is_ok_and(|url| links::is_reachable(&url));
        let page = self.common.page.as_deref().filter(is_reachable);
        let Some(base) = page.filter(|_| !self.common.demo) else {
            return Ok(None);
        };
        let key = || links::stored_or_new(&*self.subscriptions);
        let key = self.link_key.get_or_try_init(key).await?;
        Ok(Some(MessageLinks::of(alert, base, key)))
    }

    fn is_to_be_sent(&self, alert: &Alert) -> bool {
        let is_welcome = self.accepts(alert) || alert.is_escalation();
        // The last revision in a digest sends it.
        let is_last = alert.digest.as_ref().is_none_or(|digest| !digest.all.is_empty());
        // People need not know that two alerts are one.
        let is_told = alert.merged_into.is_none() || self.target().is_read_by_programs();
        alert.held.is_none() && is_welcome && is_last && is_told
    }

    fn accepts(&self, alert: &Alert) -> bool {
        alert.volume == Volume::Loud || self.target().accepts_silent()
    }

    fn now(&self) -> UnixMillis {
        self.common.context.clock.now()
    }

    /// A subscription, if it names this delivery, also for its escalation.
    async fn subscription(
        &self,
        id: &SubscriptionId,
    ) -> Result<Option<SubscriptionRecord>, BusError> {
        let value = self.subscriptions.get(&record_key(id)).await?.and_then(|entry| entry.value);
        let record = value.and_then(|value| decode(&value).ok());
        Ok(record.filter(|record: &SubscriptionRecord| {
            record.subscription.named_deliveries().any(|name| name == self.name())
        }))
    }

    /// Notes that the target did not accept a revision, and gives it up if it never will.
    async fn refused(&self, failure: Failure, stored: &Stored, attempts: AlertAttempts) -> NotSent {
        let (delivery, alert, now) = (self.name(), &stored.id, self.now());
        let attempt = attempts.failed() + 1;
        let age = now.since(stored.at);
        let (why, is_gone) = match failure {
            Failure::Later { after, why } if !retry::is_enough(attempt, age) => {
                let name = format!("{delivery}.{alert}");
                let after = after.unwrap_or_else(|| retry::after_age(attempt, age, &name));
                tracing::debug!(delivery, alert, why, ?after, "delivery is tried again");
                let until = now.plus(after);
                let failed = AttemptOutcome::Failed;
                self.records.end(attempts, failed, Some(&why), Some(until)).await;
                let wait = Wait { until, is_told_by_other: false };
                return NotSent::Waits { wait, why };
            }
            Failure::Later { why, .. } => {
                tracing::warn!(delivery, alert, why, "delivery is given up");
                (why, false)
            }
            Failure::Never { why } => {
                tracing::warn!(delivery, alert, why, "delivery refused for good");
                (why, false)
            }
            Failure::Gone { why } => (why, true),
        };
        if let Err(error) = self.write_letter(stored, attempt, &why).await {
            return error.into();
        }
        self.records.end(attempts, AttemptOutcome::GivenUp, Some(&why), None).await;
        NotSent::GivenUp { why, is_gone }
    }

    fn count(&self, sent: &Sent) {
        let outcome = match sent {
            Ok(_) => "ok",
            Err(Failure::Later { .. }) => "retry",
            Err(Failure::Never { .. } | Failure::Gone { .. }) => "refused",
        };
        metrics::DELIVERIES.add(1, &[self.target().kind(), outcome]);
    }
}

/// A revision waits for the message of another alert that tells it.
fn told_later(wait: Wait, other: &AlertId) -> NotSent {
    let why = format!("told with {other}, which is not accepted yet");
    let wait = Wait { is_told_by_other: true, ..wait };
    NotSent::Waits { wait, why }
}

/// The subscriber's time zone, by default that of the machine.
pub(crate) fn zone_of(settings: &SubscriptionSettings, machine: &TimeZone) -> TimeZone {
    let of_quiet = settings.quiet_hours.as_ref().map(|hours| &hours.time_zone);
    let named = settings.time_zone.as_ref().or(of_quiet);
    named.and_then(|name| TimeZone::get(name).ok()).unwrap_or_else(|| machine.clone())
}

/// The name of a delivery's loop, in logs and in dead letters.
fn loop_name(name: &str) -> String {
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
    if delivery.target.is_read_by_programs() && delivery.templates != Templates::default() {
        return Err("it hands on JSON, which has no words: leave the template out".to_owned());
    }
    CompiledTemplates::read(&delivery.templates)?;
    delivery.target.check()
}
