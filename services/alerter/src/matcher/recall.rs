//! Loads alerts that were unloaded.
//!
//! Comes in: events and stories. Goes out: their alerts in the engine, read from their revisions. It never
//! publishes.

use futures_util::{StreamExt, TryStreamExt, stream};
use wirefold_flow::{Bus, BusError, UnixMillis};
use wirefold_proto::{Subject, Target, streams};

use super::publish::revision;
use super::{Matcher, REMEMBERED};
use crate::engine::Revision;
use crate::error::AlerterError;

/// How many revisions one read returns.
const AT_ONCE: usize = 64;

impl Matcher<'_> {
    /// Loads every alert about these targets, and about the targets they were merged into.
    pub(super) async fn recall(&mut self, about: &[Target]) -> Result<(), BusError> {
        let bus = &*self.context.bus;
        let mut targets = about.to_vec();
        let mut place = 0;
        while let Some(target) = targets.get(place).copied() {
            for sequence in self.engine.unloaded_about(target) {
                let last = revision_at(bus, sequence).await?;
                // Another alert may share the hash.
                if let Some(last) = last.filter(|last| last.alert.target == target) {
                    let revisions = revisions_up_to(bus, last).await?;
                    self.engine.load_alert(&revisions);
                }
            }
            let survivors = self.engine.survivors(target);
            targets.extend(survivors.into_iter().filter(|into| !about.contains(into)));
            place += 1;
            // Merges go into older targets, so this ends. The limit is a safeguard.
            if place > 64 {
                break;
            }
        }
        Ok(())
    }

    /// Loads the visible parts of the alerts about this target.
    pub(super) async fn load_shown_about(&mut self, target: Target) -> Result<(), BusError> {
        let bus = &*self.context.bus;
        for (id, sequence) in self.engine.unloaded_shown_about(target) {
            let last = revision_at(bus, sequence).await?;
            self.engine.load_shown(&id, last.as_ref().map(|last| &last.alert));
        }
        Ok(())
    }

    /// Loads the visible part of the alert whose revision is due first; false if nothing is missing.
    pub(super) async fn load_next_shown(&mut self, limit: UnixMillis) -> Result<bool, BusError> {
        let Some((id, sequence)) = self.engine.next_unloaded(limit) else {
            return Ok(false);
        };
        let last = revision_at(&*self.context.bus, sequence).await?;
        self.engine.load_shown(&id, last.as_ref().map(|last| &last.alert));
        Ok(true)
    }

    /// Unloads what can be read again. No revision may be on its way to the stream.
    pub(super) async fn unload(&mut self) -> Result<(), AlerterError> {
        if self.engine.unload(REMEMBERED) {
            let state = self.context.bus.stream_state(streams::ALERTS.name).await?;
            self.engine.expire(state.first);
        }
        Ok(())
    }
}

/// The revision at a sequence; `None` if it is no longer stored.
async fn revision_at(bus: &dyn Bus, sequence: u64) -> Result<Option<Revision>, BusError> {
    match bus.get(streams::ALERTS.name, sequence).await {
        Ok(stored) => Ok(revision(&stored)),
        // A sequence that does not exist yet belonged to a stream that was rolled back.
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All stored revisions of an alert, the last included.
async fn revisions_up_to(bus: &dyn Bus, last: Revision) -> Result<Vec<Revision>, BusError> {
    let subjects = (1..last.alert.revision).map(|number| Subject::alert(&last.alert.id, number));
    let reading = subjects
        .map(|subject| async move { bus.last(streams::ALERTS.name, subject.as_str()).await });
    let earlier: Vec<_> = stream::iter(reading).buffered(AT_ONCE).try_collect().await?;
    let earlier = earlier.iter().flatten().filter_map(revision);
    Ok(earlier.chain([last]).collect())
}
