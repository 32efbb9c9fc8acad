//! One message for all alerts in a digest of a subscription.
//!
//! Comes in: the alerts of a digest. Goes out: one message. It never decides when a digest is due.

use std::cmp::Reverse;

use wirefold_flow::BusError;
use wirefold_proto::{
    Alert, AlertDigest, InDigest, Published as _, Subject, SubscriptionSettings, Tag, decode,
    streams,
};

use super::{DeliveryStage, Notice, NoticeKind};
use crate::text::{describe, manage};
use crate::wording::{line, numbers, page};

/// The most alerts that one digest shows; the others are counted.
const MOST: usize = 100;

impl DeliveryStage {
    /// The digest that this revision completes. It reads the alerts from the stream, so that each
    /// attempt sends the same message.
    pub(super) async fn digest(
        &self,
        last: &Alert,
        digest: &InDigest,
        subscription: &SubscriptionSettings,
    ) -> Result<Notice, BusError> {
        let bus = &self.common.context.bus;
        let count = digest.all.len() + digest.more as usize;
        let mut alerts = Vec::new();
        for part in &digest.all {
            let subject = Subject::alert(&part.alert, part.revision);
            let stored = bus.last(streams::ALERTS.name, subject.as_str()).await?;
            // An expired alert still counts.
            alerts.extend(stored.and_then(|stored| decode::<Alert>(&stored.body).ok()));
        }
        alerts.sort_by_key(|alert| Reverse((alert.outlets, alert.origins)));
        alerts.truncate(MOST);
        let made = AlertDigest {
            schema: Tag::new(),
            id: format!("digest.{}", last.message_id()),
            subscription: subscription.id.clone(),
            due: digest.due,
            count: u32::try_from(count).unwrap_or(u32::MAX),
            alerts,
        };
        let json = serde_json::to_value(&made).expect("its keys are strings");
        let base = self.common.page.as_deref();
        let lines: Vec<String> =
            made.alerts.iter().map(|alert| describe_alert(alert, base)).collect();
        Ok(Notice {
            kind: NoticeKind::Digest,
            title: title(&made, subscription, self.common.demo),
            id: made.id,
            more: count.saturating_sub(lines.len()),
            lines,
            see: "`wirefold alert ls`",
            is_loud: true,
            json,
            page: base.map(manage),
            now: self.now(),
        })
    }
}

/// `Harbour: 3 alerts`.
fn title(digest: &AlertDigest, subscription: &SubscriptionSettings, is_demo: bool) -> String {
    let demo = if is_demo { "DEMO · " } else { "" };
    let alerts = if digest.count == 1 { "alert" } else { "alerts" };
    format!("{demo}{}: {} {alerts}", line(&subscription.name), digest.count)
}

/// An alert in a digest, in a line.
fn describe_alert(alert: &Alert, base: Option<&str>) -> String {
    let why: Vec<String> = alert.reasons.iter().map(describe).collect();
    let title = line(&alert.headline.title);
    let link = base.map(|base| format!(" · {}", page(base, alert.target))).unwrap_or_default();
    format!("{title} · {} · {}{link}", line(&why.join(" · ")), numbers(alert))
}
