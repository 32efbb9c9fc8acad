//! People's handling of alerts: one is muted, and all about an event or story are acknowledged.
//!
//! Comes in: commands and stored records. Goes out: the hold of a revision. It never ends an alert.

use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AcknowledgementRecord, AlertHandlingRecord, AlertId, AlertReason, Hold, HoldReason, ReasonKind,
    Target,
};

use super::Engine;

/// The part of people's handling of an alert that times its revisions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Handling {
    /// When its mute ends, or ended.
    pub(crate) muted_until: Option<UnixMillis>,
    /// Whether corrections and retractions still notify while it is muted.
    pub(crate) except_corrections: bool,
    /// When somebody acknowledged its event or story. Revisions up to then are not repeated.
    pub(crate) acknowledged: Option<UnixMillis>,
}

impl Handling {
    /// The hold of a loud revision for these reasons.
    pub(crate) fn hold_while_muted(&self, at: UnixMillis, reasons: &[AlertReason]) -> Option<Hold> {
        let until = self.muted_until.filter(|until| *until > at)?;
        let corrects = |reason: &AlertReason| reason.kind == ReasonKind::Correction;
        let is_excepted = self.except_corrections && reasons.iter().any(corrects);
        let hold = Hold { reason: HoldReason::Muted, until: Some(timestamp(until)) };
        (!is_excepted).then_some(hold)
    }
}

impl Engine {
    /// The handling of an alert and of its event or story.
    pub(super) fn handling_of(&self, id: &AlertId) -> Handling {
        let muted = self.handled.get(id);
        Handling {
            muted_until: muted.and_then(|record| record.muted_until).map(unix_millis),
            except_corrections: muted.is_some_and(|record| record.except_corrections),
            acknowledged: self
                .acknowledged
                .get(&id.target)
                .filter(|record| !record.released)
                .map(|record| unix_millis(record.at)),
        }
    }

    /// Notes who has an event or story; nobody if there is no record.
    pub(crate) fn acknowledge(&mut self, of: Target, record: Option<AcknowledgementRecord>) {
        match record {
            Some(record) => drop(self.acknowledged.insert(of, record)),
            None => drop(self.acknowledged.remove(&of)),
        }
        self.about(of).iter().for_each(|id| self.reschedule(id));
    }

    /// Sets the handling of an alert.
    pub(crate) fn handle(&mut self, record: AlertHandlingRecord) {
        let id = record.alert.clone();
        self.handled.insert(id.clone(), record);
        self.reschedule(&id);
    }

    /// Gives the handling of an alert to another one, where it is still to be stored. Used links stay with the first.
    pub(super) fn hand_over(&mut self, record: &AlertHandlingRecord, to: &AlertId) {
        let record = AlertHandlingRecord { alert: to.clone(), links: Vec::new(), ..record.clone() };
        self.handed_over.push(record.clone());
        self.handle(record);
    }

    /// Gives the handling of a merged alert to the other one, unless that has its own.
    pub(super) fn hand_over_merged(&mut self, from: &AlertId, to: &AlertId) {
        if let Some(record) = self.handled.get(from).cloned()
            && !self.handled.contains_key(to)
        {
            self.hand_over(&record, to);
        }
    }
}
