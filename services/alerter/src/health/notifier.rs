//! Sends the changes of the health report to one delivery.
//!
//! Comes in: the report of open conditions. Goes out: messages through the channel of a delivery. It never looks at the
//! installation itself, and knows no quiet hours, because those belong to subscriptions.
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use wirefold_envelope::timestamp;
use wirefold_flow::{BoxFuture, BusError, Metric, UnixMillis};
use wirefold_proto::{HealthCondition, HealthKind, HealthNotice, Tag};

use super::Report;
use crate::delivery::notices::Source;
use crate::delivery::{Notice, NoticeKind};
use crate::metrics::HEALTH_NOTICES;
use crate::wording::{line, minute};

/// The longest wait before it reads the clock again.
const LOOK: Duration = Duration::from_hours(1);

/// Makes the notices for one delivery.
pub(crate) struct HealthChanges {
    pub(crate) delivery: String,
    pub(crate) page: Option<String>,
    pub(crate) report: Report,
}

/// The stored state.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The conditions that were reported.
    #[serde(default)]
    told: Vec<ToldCondition>,
}

impl Source for HealthChanges {
    type Memory = Told;
    type Message = HealthNotice;
    const KEY: &'static str = "health";
    const METRIC: Metric = HEALTH_NOTICES;
    /// Late notices are of little use.
    const LONGEST: Duration = Duration::from_mins(30);

    fn next<'a>(
        &'a mut self,
        memory: &'a mut Told,
        now: UnixMillis,
    ) -> BoxFuture<'a, Result<Result<HealthNotice, Duration>, BusError>> {
        let report = self.report.borrow_and_update().clone();
        let found = report.and_then(|report| {
            notice(&self.delivery, &memory.told, &report.conditions, timestamp(now))
        });
        Box::pin(std::future::ready(Ok(found.ok_or(LOOK))))
    }

    fn notice(&self, notice: &HealthNotice, now: UnixMillis) -> Notice {
        Notice {
            kind: NoticeKind::Health,
            id: notice.id.clone(),
            title: title(notice),
            lines: lines(notice),
            more: 0,
            see: "`GET /api/v1/status`",
            is_loud: !notice.opened.is_empty() || !notice.lasting.is_empty(),
            json: serde_json::to_value(notice).unwrap_or_default(),
            page: self.page.clone(),
            now,
        }
    }

    fn told(&self, memory: &mut Told, notice: &HealthNotice, _now: UnixMillis, is_given_up: bool) {
        // A condition that lasts is reported again.
        if !is_given_up {
            memory.told = after(std::mem::take(&mut memory.told), notice);
        }
    }

    fn changed(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if self.report.changed().await.is_err() {
                // The watch has ended, and this process is about to.
                std::future::pending::<()>().await;
            }
        })
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
    let is_about =
        |it: &HealthCondition| it.kind.is_of_delivery() && it.about.as_deref() == Some(delivery);
    let open: Vec<&HealthCondition> = open.iter().filter(|it| !is_about(it)).collect();
    // The same condition, not one after it.
    let told_of = |it: &HealthCondition| {
        let is_it =
            |last: &&ToldCondition| last.condition.is_same(it) && last.condition.since == it.since;
        told.iter().find(is_it)
    };
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
    let all = [&notice.opened, &notice.lasting, &notice.over];
    let has_some = all.into_iter().any(|some| !some.is_empty());
    has_some.then_some(notice)
}

fn remind(kind: HealthKind) -> SignedDuration {
    let after = if kind == HealthKind::StreamFull { REMIND_FULL } else { REMIND };
    SignedDuration::try_from(after).unwrap_or(SignedDuration::MAX)
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
