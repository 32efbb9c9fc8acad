//! The records of a delivery in `wf_deliveries`: the attempts to send each alert, its last accepted revision, and
//! whether the target is gone for good; in memory, whether it works.
//!
//! Comes in: attempts and their answers. Goes out: records, also after a restart. It never sends.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::{Bus, BusError, Event, KeyValue, UnixMillis};
use wirefold_proto::{
    ATTEMPTS_SUFFIX, Alert, AlertAttempt, AlertAttemptsRecord, AlertId, AttemptOutcome, Tag,
    Volume, attempts_key, decode, encode, gone_key, streams, taken_key, token,
};

use super::{Common, Delivery, Failure, Sent};
use crate::error::AlerterError;

/// The most attempts that are recorded of one revision, and of one alert at one delivery.
const OF_REVISION: usize = 20;
const OF_ALERT: usize = 60;
/// The longest stored reason, in characters: targets are strangers.
const WHY: usize = 300;
/// How often the records of expired alerts are deleted.
const SWEEP: Duration = Duration::from_hours(24);
/// How long a target counts as gone.
const GONE: Duration = Duration::from_hours(7 * 24);

/// The records of one delivery.
pub(crate) struct Records {
    pub(crate) delivery: String,
    /// A hash of the target's address, which may be a secret.
    target: String,
    pub(crate) keys: Arc<dyn KeyValue>,
}

/// The recorded attempts to send an alert, for one of its revisions.
pub(super) struct AlertAttempts {
    key: String,
    record: AlertAttemptsRecord,
    revision: u64,
    /// The time of the revision. An earlier attempt was for a revision that was lost with its stream.
    since: Timestamp,
}

impl AlertAttempts {
    /// How often the target has refused the revision.
    pub(super) fn failed(&self) -> u32 {
        let failed = self.of_revision().filter(|it| it.outcome == AttemptOutcome::Failed);
        u32::try_from(failed.count()).unwrap_or(u32::MAX)
    }

    /// When the revision may be sent again, if the target has refused it.
    pub(super) fn next(&self) -> Option<UnixMillis> {
        self.of_revision().last()?.next.map(unix_millis)
    }

    /// Whether the revision was given up.
    pub(super) fn is_given_up(&self) -> bool {
        self.of_revision().last().is_some_and(|it| it.outcome == AttemptOutcome::GivenUp)
    }

    fn of_revision(&self) -> impl Iterator<Item = &AlertAttempt> {
        let is_its = |it: &&AlertAttempt| it.revision == self.revision && it.at >= self.since;
        self.record.attempts.iter().filter(is_its)
    }
}

impl Records {
    pub(crate) fn of(delivery: &Delivery, bus: &dyn Bus) -> Result<Self, BusError> {
        let target = Sha256::digest(delivery.target.address());
        let target = target.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let keys = bus.key_value(streams::DELIVERIES.name)?;
        Ok(Self { delivery: delivery.name.clone(), target, keys })
    }

    /// The text under a key.
    pub(super) async fn text(&self, key: &str) -> Result<Option<String>, BusError> {
        let value = self.keys.get(key).await?.and_then(|entry| entry.value);
        Ok(value.and_then(|value| String::from_utf8(value.into()).ok()))
    }

    /// The last revision of an alert that the target has accepted.
    pub(super) async fn last_accepted(&self, alert: &AlertId) -> Result<LastAccepted, BusError> {
        let text = self.text(&taken_key(&self.delivery, alert)).await?;
        Ok(text.and_then(|text| LastAccepted::read(&text)).unwrap_or_default())
    }

    /// Records the last revision of an alert that the target has accepted.
    pub(super) async fn accepted(
        &self,
        alert: &AlertId,
        last: &LastAccepted,
    ) -> Result<(), BusError> {
        let key = taken_key(&self.delivery, alert);
        self.keys.put(&key, last.to_string().into()).await.map(drop)
    }

    /// Notes what an answer says about the target: whether it works, and whether it is gone for good.
    pub(super) async fn note_answer(
        &self,
        answer: &Sent,
        states: &DeliveryStates,
        now: UnixMillis,
    ) -> Result<(), BusError> {
        match answer {
            Ok(_) => states.works(&self.delivery),
            Err(Failure::Later { why, .. }) => states.failed(&self.delivery, now, why),
            Err(Failure::Gone { why }) => self.set_gone(why, now).await?,
            Err(Failure::Never { .. }) => {}
        }
        Ok(())
    }

    /// Marks the target as gone: the delivery is off.
    async fn set_gone(&self, why: &str, now: UnixMillis) -> Result<(), BusError> {
        let mark = format!("{} {} {why}", self.target, now.0);
        self.keys.put(&gone_key(&self.delivery), mark.into()).await?;
        let delivery = &self.delivery;
        tracing::warn!(delivery, why, "delivery is off: give it another address");
        Ok(())
    }

    /// Why the delivery is off, according to the stored mark: the target, the time and the reason.
    pub(crate) async fn gone(&self, now: UnixMillis) -> Result<Option<String>, BusError> {
        let mark = self.text(&gone_key(&self.delivery)).await?;
        Ok(mark.and_then(|mark| {
            let (at, why) = mark.strip_prefix(&self.target)?.strip_prefix(' ')?.split_once(' ')?;
            let at = UnixMillis(at.parse().ok()?);
            (now < at.plus(GONE)).then(|| why.to_owned())
        }))
    }

    /// The attempts to send a revision. If they cannot be read, there are none.
    pub(super) async fn attempts(&self, alert: &Alert) -> AlertAttempts {
        let key = attempts_key(&self.delivery, &alert.id);
        let found = self.keys.get(&key).await.ok().flatten().and_then(|entry| entry.value);
        let none = || AlertAttemptsRecord { schema: Tag::new(), attempts: Vec::new() };
        let record = found.and_then(|value| decode(&value).ok()).unwrap_or_else(none);
        AlertAttempts { key, record, revision: alert.revision, since: alert.at }
    }

    /// Records that an attempt begins.
    pub(super) async fn begin(
        &self,
        mut attempts: AlertAttempts,
        now: UnixMillis,
    ) -> AlertAttempts {
        attempts.record.attempts.push(AlertAttempt {
            revision: attempts.revision,
            at: timestamp(now),
            outcome: AttemptOutcome::Open,
            why: None,
            next: None,
        });
        bound(&mut attempts.record.attempts);
        self.write(&attempts).await;
        attempts
    }

    /// Records the answer of the target to the last attempt. `next`: when the revision is tried again.
    pub(super) async fn end(
        &self,
        mut attempts: AlertAttempts,
        outcome: AttemptOutcome,
        why: Option<&str>,
        next: Option<UnixMillis>,
    ) {
        if let Some(attempt) = attempts.record.attempts.last_mut() {
            let why = why.map(|why| why.chars().take(WHY).collect());
            *attempt = AlertAttempt { outcome, why, next: next.map(timestamp), ..*attempt };
        }
        self.write(&attempts).await;
    }

    async fn write(&self, attempts: &AlertAttempts) {
        let Ok(value) = encode(&attempts.record) else { return };
        if let Err(error) = self.keys.put(&attempts.key, value.into()).await {
            let delivery = &self.delivery;
            tracing::debug!(delivery, %error, "an attempt is not written down");
        }
    }
}

/// Switches a delivery on that is off because its target was gone; a running alerter notices at its next
/// message. Says whether the delivery was off.
///
/// # Errors
/// A [`BusError`] if the mark cannot be read or deleted.
pub async fn switch_on(bus: &dyn Bus, delivery: &str) -> Result<bool, BusError> {
    let (keys, key) = (bus.key_value(streams::DELIVERIES.name)?, gone_key(delivery));
    let is_off = keys.get(&key).await?.is_some_and(|entry| entry.value.is_some());
    if is_off {
        keys.delete(&key).await?;
    }
    Ok(is_off)
}

/// Drops the oldest attempts. The last one belongs to the newest revision.
fn bound(attempts: &mut Vec<AlertAttempt>) {
    let Some(revision) = attempts.last().map(|last| last.revision) else { return };
    let of_it = attempts.iter().filter(|it| it.revision == revision).count();
    if of_it > OF_REVISION {
        let oldest = attempts.iter().position(|it| it.revision == revision);
        oldest.map(|place| attempts.remove(place));
    }
    let beyond = attempts.len().saturating_sub(OF_ALERT);
    attempts.drain(..beyond);
}

/// Deletes the records of expired alerts once a day until it is stopped.
pub(crate) async fn sweep_daily(Common { context, stop, .. }: Common) -> Result<(), AlerterError> {
    while !stop.is_cancelled() {
        if let Err(error) = sweep(&*context.bus).await {
            context.observer.observe(crate::NAME, Event::BusFailed(&error));
        }
        context.pause(SWEEP, &stop).await;
    }
    Ok(())
}

pub(crate) async fn sweep(bus: &dyn Bus) -> Result<(), BusError> {
    let keys = bus.key_value(streams::DELIVERIES.name)?;
    for entry in keys.changes(&[], 0).await? {
        let Some(alert) = entry.value.as_ref().and_then(|_| alert_of(&entry.key)) else {
            continue;
        };
        if bus.last(streams::ALERTS.name, &revisions_of(&alert)).await?.is_none() {
            keys.delete(&entry.key).await?;
        }
    }
    Ok(())
}

/// The alert whose attempts are stored under a key.
fn alert_of(key: &str) -> Option<AlertId> {
    let (_, escaped) = key.strip_suffix(ATTEMPTS_SUFFIX)?.split_once('.')?;
    token::unescape(escaped).ok()?.parse().ok()
}

/// The subjects of all revisions of an alert.
fn revisions_of(alert: &AlertId) -> String {
    let first = wirefold_proto::Subject::alert(alert, 1);
    let first = first.as_str();
    first.strip_suffix(".1").map_or_else(|| first.to_owned(), |revisions| format!("{revisions}.*"))
}

/// The newest revision of an alert that a target has accepted, and the newest loud one; 0 if there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct LastAccepted {
    pub(super) any: u64,
    pub(super) loud: u64,
    /// The latest time of the accepted revisions.
    at: UnixMillis,
    /// The id that the target gave to the message, for later revisions.
    pub(super) target_id: Option<String>,
}

/// The id at the target of an alert without a message of its own.
const TOGETHER: &str = "=";

impl LastAccepted {
    /// Parses the stored form.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        let mut number = || parts.next()?.parse().ok();
        let (any, loud, at) = (number()?, number()?, UnixMillis(number()?));
        Some(Self { any, loud, at, target_id: parts.next().map(str::to_owned) })
    }

    /// Whether the target needs this revision no more.
    pub(super) fn covers(&self, alert: &Alert) -> bool {
        let newest = if alert.volume == Volume::Loud { self.loud } else { self.any };
        newest >= alert.revision && !self.is_numbered_anew(alert)
    }

    /// Whether the stream of alerts went back in time and this revision has the number of a lost one. A revision
    /// that is made again for the same news has the same time as before, and is not sent twice.
    fn is_numbered_anew(&self, alert: &Alert) -> bool {
        alert.revision <= self.any && unix_millis(alert.at) > self.at
    }

    /// The state after the message of another subscription told this revision.
    pub(super) fn together(self, alert: &Alert) -> Self {
        let target_id = self.target_id.clone().or_else(|| Some(TOGETHER.to_owned()));
        Self { target_id, ..self.and(alert, None) }
    }

    /// Whether only messages of other subscriptions told the alert.
    pub(super) fn is_together(&self) -> bool {
        self.target_id.as_deref() == Some(TOGETHER)
    }

    /// The state of an alert that has, or is about to have, a message of its own.
    pub(super) fn of_own_message(self) -> Self {
        let target_id = self.target_id.filter(|id| id != TOGETHER);
        Self { target_id, ..self }
    }

    /// The state after this revision was accepted too.
    pub(super) fn and(self, alert: &Alert, target_id: Option<String>) -> Self {
        let Alert { revision, volume, at, .. } = *alert;
        let loud = if volume == Volume::Loud { revision } else { 0 };
        let (any, before) =
            if self.is_numbered_anew(alert) { (0, 0) } else { (self.any, self.loud) };
        Self {
            any: any.max(revision),
            loud: before.max(loud),
            at: self.at.max(unix_millis(at)),
            target_id: target_id.or(self.target_id),
        }
    }
}

impl std::fmt::Display for LastAccepted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.any, self.loud, self.at.0)?;
        self.target_id.iter().try_for_each(|target_id| write!(f, " {target_id}"))
    }
}

/// Which deliveries work. All clones share the states.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeliveryStates(Arc<Mutex<BTreeMap<String, DeliveryState>>>);

/// The result of the last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DeliveryState {
    /// The target accepted it.
    Works,
    /// The target has not accepted messages since this time.
    Failing { since: UnixMillis, why: String },
}

impl DeliveryStates {
    /// Notes that the target accepted a message.
    pub(crate) fn works(&self, delivery: &str) {
        let before = self.states().insert(delivery.to_owned(), DeliveryState::Works);
        if matches!(before, Some(DeliveryState::Failing { .. })) {
            tracing::warn!(delivery, "delivery works again: waiting alerts follow");
        }
    }

    /// Notes that the target did not accept a message, which will be sent again. The log reports the failure of a
    /// target once, however many messages wait.
    pub(crate) fn failed(&self, delivery: &str, now: UnixMillis, why: &str) {
        let mut states = self.states();
        let since = match states.get(delivery) {
            Some(DeliveryState::Failing { since, .. }) => *since,
            Some(DeliveryState::Works) | None => {
                let what = "delivery failed; all that waits for it is tried again for more than a day: \
                            repair its target, or change its settings";
                tracing::warn!(delivery, why, "{what}");
                now
            }
        };
        states.insert(delivery.to_owned(), DeliveryState::Failing { since, why: why.to_owned() });
    }

    /// The result of the last attempt; `None` if this process has sent nothing to the delivery.
    pub(crate) fn of(&self, delivery: &str) -> Option<DeliveryState> {
        self.states().get(delivery).cloned()
    }

    fn states(&self) -> MutexGuard<'_, BTreeMap<String, DeliveryState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(revisions: impl IntoIterator<Item = u64>) -> Vec<AlertAttempt> {
        let one = |(place, revision): (usize, u64)| AlertAttempt {
            revision,
            at: timestamp(UnixMillis(place as u64 * 1_000)),
            outcome: AttemptOutcome::Failed,
            why: None,
            next: None,
        };
        revisions.into_iter().enumerate().map(one).collect()
    }

    #[test]
    fn the_newest_attempts_are_kept() {
        let mut kept = Vec::new();
        for attempt in attempts([1; 3].into_iter().chain([2; 30]).chain([3])) {
            kept.push(attempt);
            bound(&mut kept);
        }
        let of = |revision| kept.iter().filter(|it| it.revision == revision).count();
        assert_eq!((of(1), of(2), of(3)), (3, OF_REVISION, 1));
        assert_eq!(kept[3].at, timestamp(UnixMillis(13_000)), "the oldest of it went");
        let mut many = attempts(1..=100);
        bound(&mut many);
        assert_eq!((many.len(), many[0].revision), (OF_ALERT, 41));
    }

    #[test]
    fn keys_say_whose_attempts_they_hold() {
        let id: AlertId = "floods.north:e-00000000000000000000000001".parse().unwrap();
        let escaped = token::escape(&id.to_string());
        assert_eq!(alert_of(&format!("desk.{escaped}.attempts")), Some(id.clone()));
        assert_eq!(alert_of(&format!("desk.{escaped}")), None);
        assert_eq!(alert_of("desk.feed-digest"), None);
        let revisions = "wirefold.v1.alert.floods=2Enorth.e-00000000000000000000000001.*";
        assert_eq!(revisions_of(&id), revisions);
    }
}

#[cfg(test)]
mod last_accepted_tests {
    use super::*;
    use crate::tests::channels;

    fn alert(volume: Volume, revision: u64, at: u64) -> Alert {
        Alert { volume, at: timestamp(UnixMillis(at)), ..channels::alert(revision, "") }
    }

    #[test]
    fn a_loud_revision_is_replaced_only_by_a_loud_one() {
        let none = LastAccepted::default();
        let (loud, silent) = (alert(Volume::Loud, 1, 10), alert(Volume::Silent, 2, 20));
        assert!(!none.covers(&loud) && !none.covers(&silent));
        let overtaken = none.and(&silent, None);
        assert!(!overtaken.covers(&loud) && overtaken.covers(&alert(Volume::Silent, 1, 10)));
        let both = overtaken.and(&loud, None);
        assert!(both.covers(&loud) && !both.covers(&alert(Volume::Loud, 3, 30)));
        assert_eq!(LastAccepted::read(&both.to_string()), Some(both));
    }

    #[test]
    fn news_under_the_number_of_a_lost_revision_is_sent_and_the_same_news_is_not() {
        let accepted = LastAccepted::default().and(&alert(Volume::Loud, 9, 90), None);
        assert!(accepted.covers(&alert(Volume::Loud, 7, 70)), "made again");
        let news = alert(Volume::Loud, 8, 95);
        assert!(!accepted.covers(&news));
        let after = accepted.and(&news, None);
        assert!(after.covers(&news) && !after.covers(&alert(Volume::Loud, 9, 96)));
    }

    #[test]
    fn the_target_id_outlives_revisions_without_one() {
        let id = Some("$event:of two words".to_owned());
        let first = LastAccepted::default().and(&alert(Volume::Loud, 1, 10), id);
        let first = LastAccepted::read(&first.to_string()).unwrap();
        let second = first.and(&alert(Volume::Silent, 2, 20), None);
        assert_eq!(second.to_string(), "2 1 20 $event:of two words");
    }
}
