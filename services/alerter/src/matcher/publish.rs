//! Publishes revisions, each once.
//!
//! Comes in: drafts of the engine. Goes out: messages in `WF_ALERTS`. It never writes the text of a message.

use futures_util::future::join_all;
use wirefold_envelope::{Sender, decode};
use wirefold_flow::{BusError, Outgoing, Point, Published, Stored, UnixMillis};
use wirefold_proto::{Alert, HoldReason, Published as _, REVISION_HEADER, Volume, streams};

use super::Matcher;
use crate::engine::{Draft, Revision, RevisionMetadata};
use crate::error::AlerterError;
use crate::metrics;

const SENDER: Sender = Sender { source: "/wirefold/alerter" };

/// How many revisions one step publishes: as many as the embedded bus writes together.
const WINDOW: usize = 256;

impl Matcher<'_> {
    /// Publishes every revision that is due. The engine accepts each immediately, but the progress is saved
    /// only after all are stored.
    pub(super) async fn fire(&mut self, limit: UnixMillis) -> Result<(), AlerterError> {
        while let Some(mut draft) = self.engine.next(limit) {
            self.engine.hold_late(&mut draft.alert, self.bus_clock.corrected(self.now()));
            self.context.check_fail_point(Point::Handled)?;
            // Revisions of one alert are published one at a time, so none is stored without the one before.
            let is_under_way = self.leaving.iter().any(|other| other.alert.id == draft.alert.id);
            if is_under_way || self.leaving.len() == WINDOW {
                self.flush().await?;
            }
            self.engine.accept(&draft.alert, &draft.metadata);
            self.has_new_scores = true;
            self.leaving.push(draft);
        }
        Ok(())
    }

    /// Waits until all revisions are stored.
    pub(super) async fn flush(&mut self) -> Result<(), AlerterError> {
        let leaving = std::mem::take(&mut self.leaving);
        let bus = self.context.bus.clone();
        let mut publishing = Vec::with_capacity(leaving.len());
        for draft in &leaving {
            publishing.push(bus.publish_if_last(outgoing(draft)?, 0));
        }
        let answers = join_all(publishing).await;
        for (draft, published) in leaving.iter().zip(answers) {
            match published {
                Ok(Published::New(sequence)) => {
                    self.engine.note_last_revision(&draft.alert.id, sequence);
                    self.context.check_fail_point(Point::Published)?;
                    count(&draft.alert);
                }
                Ok(Published::Duplicate(_)) | Err(BusError::Refused { .. }) => {
                    self.check(draft).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// A revision is stored already, from before a crash. If it differs, because the alert was dropped from
    /// memory, all lives are rebuilt from the stream.
    async fn check(&mut self, draft: &Draft) -> Result<(), AlerterError> {
        let subject = draft.alert.subject();
        let stored = self.context.bus.last(streams::ALERTS.name, subject.as_str()).await?;
        match stored.as_ref().and_then(revision) {
            Some(Revision { alert, .. }) if alert != draft.alert => {
                let why = format!("revision {} of {} is stored already", alert.revision, alert.id);
                Err(BusError::Unavailable(why).into())
            }
            Some(Revision { sequence, alert, .. }) => {
                self.engine.note_last_revision(&alert.id, sequence);
                Ok(())
            }
            // It was published and is no longer stored.
            None => Ok(()),
        }
    }
}

/// Reads a revision with the position it covers.
pub(super) fn revision(stored: &Stored) -> Option<Revision> {
    let alert: Alert = decode(stored)
        .inspect_err(|error| {
            metrics::UNREADABLE.add(1, &[streams::ALERTS.name]);
            tracing::warn!(sequence = stored.sequence, ?error, "alert left out");
        })
        .ok()?;
    let metadata = RevisionMetadata::of(stored)?;
    Some(Revision { sequence: stored.sequence, alert, metadata })
}

fn outgoing(draft: &Draft) -> Result<Outgoing, AlerterError> {
    let mut message = SENDER.outgoing(&draft.alert, draft.alert.at)?;
    let metadata = serde_json::to_string(&draft.metadata).unwrap_or_default();
    message.headers.set(REVISION_HEADER, metadata);
    Ok(message)
}

fn count(alert: &Alert) {
    let volume = if alert.volume == Volume::Loud { "loud" } else { "silent" };
    metrics::REVISIONS.add(1, &[volume]);
    if let Some(held) = &alert.held {
        let why = match held.reason {
            HoldReason::QuietHours => "quiet_hours",
            HoldReason::MaxPerDay => "max_per_day",
            HoldReason::Muted => "muted",
            HoldReason::Digest => "digest",
        };
        metrics::HELD.add(1, &[why]);
    }
    tracing::debug!(alert = %alert.id, revision = alert.revision, volume, "revision published");
}
