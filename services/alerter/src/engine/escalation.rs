//! Escalation: a second delivery gets an alert that nobody acknowledged in time.
//!
//! Comes in: what people were told, and who has it. Goes out: when an alert is escalated, and the revision that says so. It
//! sends nothing.

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{Alert, AlertId};

use super::Engine;
use super::draft::{self, Draft};

impl Engine {
    /// When an alert is escalated if nobody acknowledges it: not while it is muted, and once for a delivery and an event.
    pub(super) fn escalates_at(&self, id: &AlertId) -> Option<UnixMillis> {
        let (life, rules) = (self.lives.get(id)?, self.rules.get(&id.subscription)?);
        let escalation = rules.settings.escalation.as_ref()?;
        let is_done = |other: &AlertId| {
            let its =
                self.rules.get(&other.subscription).and_then(|it| it.settings.escalation.as_ref());
            let was = self.lives.get(other).is_some_and(|other| other.escalation.at.is_some());
            was && its.is_some_and(|its| its.to == escalation.to)
        };
        let handling = self.handling_of(id);
        let is_over = !life.is_open() || life.closing.is_some();
        let is_acknowledged = handling.acknowledged.is_some();
        if is_over || is_acknowledged || self.about(id.target).iter().any(is_done) {
            return None;
        }
        let released = self.acknowledged.get(&id.target).map(|record| unix_millis(record.at));
        let since = life.escalation.told_since?.max(released.unwrap_or_default());
        let unmuted = match rules.mute {
            Some(mute) => mute.until?,
            None => UnixMillis(0),
        };
        let unmuted = unmuted.max(handling.muted_until.unwrap_or_default());
        Some(since.plus(escalation.after.duration()).max(unmuted))
    }

    /// The revision that escalates an alert, if it is due at this time.
    pub(super) fn escalation_of(&self, id: &AlertId, at: UnixMillis) -> Option<Draft> {
        self.escalates_at(id).filter(|due| *due <= at)?;
        let (life, rules) = (self.lives.get(id)?, self.rules.get(&id.subscription)?);
        draft::escalated(life, rules.settings.escalation.as_ref()?, at)
    }

    /// Lets an alert go on with the escalation of one that became part of it.
    pub(super) fn join_escalations(&mut self, closed: &Alert) {
        let Some(target) = closed.merged_into else { return };
        let survivor = AlertId { target, ..closed.id.clone() };
        let state = self.lives.get(&closed.id).map(|life| life.escalation).unwrap_or_default();
        if let Some(other) = self.lives.get_mut(&survivor) {
            other.escalation = other.escalation.and(state);
            self.reschedule(&survivor);
        }
    }
}
