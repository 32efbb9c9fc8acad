//! Sends the changes of the health report to one delivery.
//!
//! Comes in: the report of open conditions. Goes out: messages through the channel of a delivery. It never looks at the
//! installation itself, and knows no quiet hours, because those belong to subscriptions.
//!
//! A message is written to `wf_deliveries` before it is sent, and marked as sent after that. If the process is killed in
//! between, the same message goes out again under the same id.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, Event, KeyValue, LoopError, Point, UnixMillis};
use wirefold_proto::{HealthCondition, HealthKind, HealthNotice, Tag, streams};

use super::Report;
use crate::NAME;
use crate::delivery::retry::RetryState;
use crate::delivery::{Channel, Common, Delivery, Failure, Notice, NoticeKind, TargetGone};
use crate::metrics::HEALTH_NOTICES;
use crate::wording::{line, minute};

/// The wait after a failure of the bus.
const AGAIN: Duration = Duration::from_secs(10);
/// The longest wait between two attempts: late notices are of little use.
const LONGEST: Duration = Duration::from_mins(30);
/// The longest wait before it reads the clock again.
const LOOK: Duration = Duration::from_hours(1);

/// Notifies one delivery.
pub(crate) struct HealthNotifier {
    delivery: String,
    kind: &'static str,
    channel: Box<dyn Channel>,
    common: Common,
    gone: TargetGone,
    table: Arc<dyn KeyValue>,
    key: String,
    report: Report,
}

/// The stored state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    /// The conditions that were reported.
    #[serde(default)]
    told: Vec<ToldCondition>,
    /// The message that is being sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sending: Option<HealthNotice>,
}

impl HealthNotifier {
    /// Opens the stored state of a delivery.
    pub(crate) fn new(
        delivery: &Delivery,
        channel: Box<dyn Channel>,
        common: &Common,
        gone: TargetGone,
        report: Report,
    ) -> Result<Self, BusError> {
        let table = common.context.bus.key_value(streams::DELIVERIES.name)?;
        let (key, kind) = (format!("{}.health", delivery.name), delivery.target.kind());
        let delivery = delivery.name.clone();
        Ok(Self { delivery, kind, channel, common: common.clone(), gone, table, key, report })
    }

    /// Runs until it is stopped. It tries every failure again, since no alert waits for it.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), LoopError> {
        let clock = self.common.context.clock.clone();
        let mut retry_state = RetryState::default();
        loop {
            let wait = match self.step(&mut retry_state).await {
                Ok(wait) => wait,
                Err(LoopError::Bus(error)) => {
                    self.common.context.observer.observe(NAME, Event::BusFailed(&error));
                    AGAIN
                }
                Err(crashed) => return Err(crashed),
            };
            let until = clock.now().plus(wait.min(LOOK));
            tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                changed = self.report.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                }
                () = clock.sleep_until(until) => {}
            }
        }
    }

    /// Does what is due, and returns how long nothing is due.
    async fn step(&mut self, retry_state: &mut RetryState) -> Result<Duration, LoopError> {
        let now = self.common.context.clock.now();
        if let Some(wait) = retry_state.wait(now) {
            return Ok(wait);
        }
        let entry = self.table.get(&self.key).await?;
        let revision = entry.as_ref().map_or(0, |entry| entry.revision);
        let value = entry.and_then(|entry| entry.value);
        let state = value.and_then(|value| serde_json::from_slice::<State>(&value).ok());
        let State { told, sending } = state.unwrap_or_default();
        let is_new = sending.is_none();
        let Some(notice) = sending.or_else(|| self.notice(&told, now)) else {
            return Ok(LOOK);
        };
        let revision = match is_new {
            true => self.save(&told, Some(&notice), revision).await?,
            false => revision,
        };
        self.common.context.check_fail_point(Point::Handled)?;
        let sent = self.send(&notice, now).await?;
        self.common.context.check_fail_point(Point::Published)?;
        let (told, outcome) = match sent {
            Ok(()) => (after(told, &notice), "ok"),
            Err(Failure::Later { after: asked, why }) => {
                if let Some(wait) = retry_state.failed(asked, &notice.id, LONGEST, now) {
                    tracing::debug!(delivery = self.delivery, why, "a health alert is tried again");
                    HEALTH_NOTICES.add(1, &[self.kind, "retry"]);
                    return Ok(wait);
                }
                // A condition that lasts is reported again.
                (told, "given_up")
            }
            Err(Failure::Never { why } | Failure::Gone { why }) => {
                tracing::warn!(delivery = self.delivery, why, "a health alert was refused");
                (after(told, &notice), "refused")
            }
        };
        *retry_state = RetryState::default();
        HEALTH_NOTICES.add(1, &[self.kind, outcome]);
        self.save(&told, None, revision).await?;
        // There may be another notice already.
        Ok(Duration::ZERO)
    }

    fn notice(&mut self, told: &[ToldCondition], now: UnixMillis) -> Option<HealthNotice> {
        let report = self.report.borrow_and_update().clone()?;
        notice(&self.delivery, told, &report.conditions, timestamp(now))
    }

    async fn send(
        &self,
        notice: &HealthNotice,
        now: UnixMillis,
    ) -> Result<Result<(), Failure>, BusError> {
        if let Some(why) = self.gone.marked(now).await? {
            return Ok(Err(Failure::Gone { why }));
        }
        let lines = lines(notice);
        let is_loud = !notice.opened.is_empty() || !notice.lasting.is_empty();
        let told = Notice {
            kind: NoticeKind::Health,
            id: &notice.id,
            title: &title(notice),
            lines: &lines,
            more: 0,
            see: "`GET /api/v1/status`",
            is_loud,
            json: serde_json::to_value(notice).unwrap_or_default(),
            page: self.common.page.clone(),
            now,
        };
        let sent = self.channel.send_notice(told).await;
        match &sent {
            Ok(()) => self.common.states.works(&self.delivery),
            Err(Failure::Later { why, .. }) => self.common.states.failed(&self.delivery, now, why),
            Err(Failure::Gone { why }) => self.gone.set(why, now).await?,
            Err(Failure::Never { .. }) => {}
        }
        Ok(sent)
    }

    async fn save(
        &self,
        told: &[ToldCondition],
        sending: Option<&HealthNotice>,
        revision: u64,
    ) -> Result<u64, BusError> {
        let state = State { told: told.to_vec(), sending: sending.cloned() };
        let value = serde_json::to_vec(&state).unwrap_or_default();
        self.table.put_if(&self.key, value.into(), revision).await
    }
}

/// How often a lasting condition is reported again.
const REMIND: Duration = Duration::from_hours(24);
/// How often a full stream is reported again. It drops old messages, which the operator may want.
const REMIND_FULL: Duration = Duration::from_hours(7 * 24);

/// A condition that a delivery has reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ToldCondition {
    condition: HealthCondition,
    /// When it was reported last.
    at: Timestamp,
}

/// The notice to send now; `None` if the delivery has reported everything.
///
/// The failure of a delivery is reported by the other deliveries.
pub(super) fn notice(
    delivery: &str,
    told: &[ToldCondition],
    open: &[HealthCondition],
    now: Timestamp,
) -> Option<HealthNotice> {
    let open: Vec<&HealthCondition> =
        open.iter().filter(|condition| !is_about(condition, delivery)).collect();
    let told_of =
        |condition: &HealthCondition| told.iter().find(|it| is_one(&it.condition, condition));
    let opened: Vec<HealthCondition> =
        open.iter().filter(|it| told_of(it).is_none()).map(|it| (*it).clone()).collect();
    let known = || open.iter().filter_map(|it| Some((*it, told_of(it)?)));
    // All reminders of a day come together.
    let is_due = known().any(|(it, last)| now.duration_since(last.at) >= remind(it.kind));
    let lasting = if is_due { known().map(|(it, _)| it.clone()).collect() } else { Vec::new() };
    let is_open = |last: &ToldCondition| open.iter().any(|it| it.is_same(&last.condition));
    let over = told.iter().filter(|it| !is_open(it)).map(|it| it.condition.clone()).collect();
    let notice = HealthNotice {
        schema: Tag::new(),
        id: format!("health.{delivery}.{}", now.as_millisecond()),
        at: now,
        opened,
        lasting,
        over,
    };
    (!is_empty(&notice)).then_some(notice)
}

fn is_about(condition: &HealthCondition, delivery: &str) -> bool {
    condition.kind.is_of_delivery() && condition.about.as_deref() == Some(delivery)
}

/// Whether both are the same condition, not two in succession.
fn is_one(one: &HealthCondition, other: &HealthCondition) -> bool {
    one.is_same(other) && one.since == other.since
}

fn remind(kind: HealthKind) -> SignedDuration {
    let after = if kind == HealthKind::StreamFull { REMIND_FULL } else { REMIND };
    SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX)
}

fn is_empty(notice: &HealthNotice) -> bool {
    notice.opened.is_empty() && notice.lasting.is_empty() && notice.over.is_empty()
}

/// The conditions that a delivery has reported after this notice.
pub(super) fn after(told: Vec<ToldCondition>, notice: &HealthNotice) -> Vec<ToldCondition> {
    let now: Vec<&HealthCondition> = notice.opened.iter().chain(&notice.lasting).collect();
    let is_replaced = |old: &ToldCondition| {
        now.iter().copied().chain(&notice.over).any(|it| it.is_same(&old.condition))
    };
    let others = told.into_iter().filter(|it| !is_replaced(it));
    let new = now.iter().map(|it| ToldCondition { condition: (*it).clone(), at: notice.at });
    others.chain(new).collect()
}

/// `wirefold: no new article for 9 hours`.
pub(super) fn title(notice: &HealthNotice) -> String {
    let HealthNotice { opened, lasting, over, .. } = notice;
    let what = match (&opened[..], &lasting[..], &over[..]) {
        ([one], _, _) => line(&one.words),
        ([], [one], _) => format!("still: {}", line(&one.words)),
        ([], [], [one]) => format!("over: {}", line(&one.words)),
        ([], [], over) => format!("{} conditions are over", over.len()),
        ([], lasting, _) => format!("{} conditions last", lasting.len()),
        (opened, _, _) => format!("{} conditions need a look", opened.len()),
    };
    format!("wirefold: {what}")
}

/// A line for each condition.
pub(super) fn lines(notice: &HealthNotice) -> Vec<String> {
    let advised = |it: &HealthCondition| format!("{}. {}", line(&it.words), line(&it.advice));
    let still =
        |it: &HealthCondition| format!("still, since {}: {}", minute(it.since), advised(it));
    let over = |it: &HealthCondition| format!("over: {}", line(&it.words));
    let opened = notice.opened.iter().map(advised);
    let lasting = notice.lasting.iter().map(still);
    opened.chain(lasting).chain(notice.over.iter().map(over)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + hour * 3_600).unwrap()
    }

    fn condition(kind: HealthKind, about: Option<&str>) -> HealthCondition {
        HealthCondition {
            kind,
            about: about.map(str::to_owned),
            since: at(0),
            words: format!("{} is wrong", kind.as_str()),
            advice: "mend it".to_owned(),
        }
    }

    #[test]
    fn each_is_told_once_reminded_of_once_a_day_and_told_when_it_is_over() {
        let disk = condition(HealthKind::DiskLow, None);
        let first = notice("phone", &[], std::slice::from_ref(&disk), at(0)).unwrap();
        assert_eq!(title(&first), "wirefold: disk-low is wrong");
        assert_eq!(lines(&first), ["disk-low is wrong. mend it"]);
        let told = after(Vec::new(), &first);
        let feed = condition(HealthKind::FeedSetAside, Some("pier"));
        let both = [disk, feed.clone()];
        let second = notice("phone", &told, &both, at(12)).unwrap();
        assert_eq!((&second.opened[..], second.lasting.len()), (&[feed][..], 0));
        let told = after(told, &second);
        assert_eq!(notice("phone", &told, &both, at(23)), None);
        let reminder = notice("phone", &told, &both, at(24)).unwrap();
        assert_eq!((reminder.opened.len(), &reminder.lasting[..]), (0, &both[..]));
        assert_eq!(title(&reminder), "wirefold: 2 conditions last");
        let told = after(told, &reminder);
        assert_eq!(notice("phone", &told, &both, at(47)), None, "one reminder for both");
        let last = notice("phone", &told, &both[1..], at(47)).unwrap();
        assert_eq!(title(&last), "wirefold: over: disk-low is wrong");
        assert_eq!(notice("phone", &after(told, &last), &both[1..], at(47)), None);
    }

    #[test]
    fn one_that_opened_anew_between_two_looks_is_told_again() {
        let disk = condition(HealthKind::DiskLow, None);
        let told =
            after(Vec::new(), &notice("a", &[], std::slice::from_ref(&disk), at(0)).unwrap());
        let anew = HealthCondition { since: at(1), ..disk };
        let second = notice("a", &told, std::slice::from_ref(&anew), at(1)).unwrap();
        assert_eq!((second.opened.len(), second.over.len()), (1, 0));
        assert_eq!(notice("a", &after(told, &second), &[anew], at(1)), None);
    }

    #[test]
    fn a_delivery_hears_of_others_not_of_itself() {
        let open = [condition(HealthKind::DeliveryFailing, Some("desk"))];
        assert_eq!(notice("desk", &[], &open, at(0)), None);
        assert_eq!(notice("phone", &[], &open, at(0)).unwrap().opened, open);
    }

    #[test]
    fn a_full_stream_is_told_again_after_a_week() {
        let open = [condition(HealthKind::StreamFull, Some("WF_OUTPUT"))];
        let told = after(Vec::new(), &notice("a", &[], &open, at(0)).unwrap());
        assert_eq!(notice("a", &told, &open, at(24 * 7 - 1)), None);
        assert!(notice("a", &told, &open, at(24 * 7)).is_some());
    }
}
