//! What people did with one alert: muted it, or acknowledged it.
//!
//! Comes in: commands and stored records. Goes out: the hold of a revision. It never ends an alert.

use std::time::Duration;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AlertHandlingRecord, AlertId, AlertReason, Hold, HoldReason, ReasonKind, Tag,
};

use super::Engine;

/// How long a mute holds that has no end: longer than any alert goes on without news.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// What people did with an alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Handling {
    pub(crate) muted: Option<MutedAlert>,
    /// Somebody knows what had been told by then: it is not told again.
    pub(crate) acknowledged: Option<UnixMillis>,
}

/// Nothing of an alert notifies until then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MutedAlert {
    pub(crate) until: UnixMillis,
    /// Corrections and retractions notify all the same.
    pub(crate) except_corrections: bool,
}

impl Handling {
    /// The same, muted; without an end as long as any alert goes on.
    pub(crate) fn muted(self, at: UnixMillis, until: Option<UnixMillis>, except: bool) -> Self {
        let latest = at.plus(LONGEST);
        let until = until.map_or(latest, |until| until.min(latest)).max(at);
        Self { muted: Some(MutedAlert { until, except_corrections: except }), ..self }
    }

    /// The hold of a loud revision for these reasons.
    pub(crate) fn hold_while_muted(&self, at: UnixMillis, reasons: &[AlertReason]) -> Option<Hold> {
        let muted = self.muted.filter(|muted| muted.until > at)?;
        let corrects = |reason: &AlertReason| reason.kind == ReasonKind::Correction;
        let is_excepted = muted.except_corrections && reasons.iter().any(corrects);
        let hold = Hold { reason: HoldReason::Muted, until: Some(timestamp(muted.until)) };
        (!is_excepted).then_some(hold)
    }

    /// When its mute ends, or ended.
    pub(crate) fn muted_until(&self) -> Option<UnixMillis> {
        self.muted.map(|muted| muted.until)
    }

    /// Whether somebody knows what was told then.
    pub(crate) fn is_known(&self, notified: UnixMillis) -> bool {
        self.acknowledged.is_some_and(|at| at >= notified)
    }

    /// Whether none of it matters after this time.
    pub(crate) fn is_over(&self, at: UnixMillis) -> bool {
        let last = self.muted_until().max(self.acknowledged);
        last.is_none_or(|last| last.plus(LONGEST) < at)
    }

    /// As it is stored.
    pub(crate) fn record(&self, alert: &AlertId) -> AlertHandlingRecord {
        AlertHandlingRecord {
            schema: Tag::new(),
            alert: alert.clone(),
            muted_until: self.muted_until().map(timestamp),
            except_corrections: self.muted.is_some_and(|muted| muted.except_corrections),
            acknowledged: self.acknowledged.map(timestamp),
            links: Vec::new(),
        }
    }

    /// As it was stored.
    pub(crate) fn from_record(record: &AlertHandlingRecord) -> Self {
        let except_corrections = record.except_corrections;
        let muted = record.muted_until.map(unix_millis);
        Self {
            muted: muted.map(|until| MutedAlert { until, except_corrections }),
            acknowledged: record.acknowledged.map(unix_millis),
        }
    }
}

impl Engine {
    /// Has an alert follow what people did with it.
    pub(crate) fn handle(&mut self, id: &AlertId, handling: Handling) {
        self.handled.insert(id.clone(), handling);
        self.reschedule(id);
    }

    /// What people did with an alert; the default where nobody did anything.
    pub(super) fn handling(&self, id: &AlertId) -> Handling {
        self.handled.get(id).copied().unwrap_or_default()
    }

    /// An alert that goes on for another goes on as people wanted that, unless they know it by itself.
    pub(super) fn hand_over(&mut self, from: &AlertId, to: &AlertId) {
        if let Some(handling) = self.handled.get(from).copied()
            && !self.handled.contains_key(to)
        {
            self.handed_over.push((to.clone(), handling));
            self.handle(to, handling);
        }
    }

    /// What was handed over and is still to be stored.
    pub(crate) fn take_handed_over(&mut self) -> Vec<(AlertId, Handling)> {
        std::mem::take(&mut self.handed_over)
    }
}
