//! People's handling of one alert: muted or acknowledged.
//!
//! Comes in: commands and stored records. Goes out: the hold of a revision. It never ends an alert.

use std::time::Duration;

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AlertHandlingRecord, AlertId, AlertReason, Hold, HoldReason, ReasonKind, Tag,
};

use super::Engine;

/// How long a mute without an end lasts: longer than any alert lives without news.
const LONGEST: Duration = Duration::from_hours(24 * 30);

/// People's handling of an alert.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Handling {
    /// When its mute ends, or ended.
    pub(crate) muted_until: Option<UnixMillis>,
    /// Whether corrections and retractions still notify while it is muted.
    pub(crate) except_corrections: bool,
    /// When somebody acknowledged it. Revisions up to then are not repeated.
    pub(crate) acknowledged: Option<UnixMillis>,
}

impl Handling {
    /// The same with a mute. Without an end, it lasts [`LONGEST`].
    pub(crate) fn muted(self, at: UnixMillis, until: Option<UnixMillis>, except: bool) -> Self {
        let latest = at.plus(LONGEST);
        let until = until.map_or(latest, |until| until.min(latest)).max(at);
        Self { muted_until: Some(until), except_corrections: except, ..self }
    }

    /// The hold of a loud revision for these reasons.
    pub(crate) fn hold_while_muted(&self, at: UnixMillis, reasons: &[AlertReason]) -> Option<Hold> {
        let until = self.muted_until.filter(|until| *until > at)?;
        let corrects = |reason: &AlertReason| reason.kind == ReasonKind::Correction;
        let is_excepted = self.except_corrections && reasons.iter().any(corrects);
        let hold = Hold { reason: HoldReason::Muted, until: Some(timestamp(until)) };
        (!is_excepted).then_some(hold)
    }

    /// Whether the record has no effect after this time.
    pub(crate) fn is_over(&self, at: UnixMillis) -> bool {
        let last = self.muted_until.max(self.acknowledged);
        last.is_none_or(|last| last.plus(LONGEST) < at)
    }

    /// The stored form.
    pub(crate) fn record(&self, alert: &AlertId) -> AlertHandlingRecord {
        AlertHandlingRecord {
            schema: Tag::new(),
            alert: alert.clone(),
            muted_until: self.muted_until.map(timestamp),
            except_corrections: self.except_corrections,
            acknowledged: self.acknowledged.map(timestamp),
            links: Vec::new(),
        }
    }

    /// Reads the stored form.
    pub(crate) fn from_record(record: &AlertHandlingRecord) -> Self {
        Self {
            muted_until: record.muted_until.map(unix_millis),
            except_corrections: record.except_corrections,
            acknowledged: record.acknowledged.map(unix_millis),
        }
    }
}

impl Engine {
    /// Sets the handling of an alert.
    pub(crate) fn handle(&mut self, id: &AlertId, handling: Handling) {
        self.handled.insert(id.clone(), handling);
        self.reschedule(id);
    }

    /// Gives the handling of a merged alert to the other one, unless that has its own.
    pub(super) fn hand_over(&mut self, from: &AlertId, to: &AlertId) {
        if let Some(handling) = self.handled.get(from).copied()
            && !self.handled.contains_key(to)
        {
            self.handed_over.push((to.clone(), handling));
            self.handle(to, handling);
        }
    }

    /// The handling that was given to other alerts and is still to be stored.
    pub(crate) fn take_handed_over(&mut self) -> Vec<(AlertId, Handling)> {
        std::mem::take(&mut self.handed_over)
    }
}
