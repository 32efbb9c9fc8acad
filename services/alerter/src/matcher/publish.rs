//! Revisions into the stream, each once.

use wirefold_envelope::{Sender, decode};
use wirefold_flow::{BusError, Outgoing, Point, Published, Stored, UnixMillis};
use wirefold_proto::{Alert, Published as _, Volume, streams};

use super::Matcher;
use crate::engine::{Draft, Marks, Place};
use crate::error::AlerterError;
use crate::metrics;

/// The header of an alert that says up to which decision it speaks, as a sequence in
/// `WF_FETCHED`; its field `output` says it as a sequence in `WF_OUTPUT`.
const COVERS: &str = "Wf-Covers";

/// The header of an alert that closes: the sequence in `WF_OUTPUT` of the merge.
const MERGED: &str = "Wf-Merged-At";

const SENDER: Sender = Sender { source: "/wirefold/alerter" };

impl Matcher<'_> {
    /// Publishes every revision that is due.
    pub(super) async fn fire(&mut self, limit: UnixMillis) -> Result<(), AlerterError> {
        while let Some(draft) = self.engine.next(limit) {
            self.pass(Point::Handled)?;
            let message = outgoing(&draft)?;
            match self.surroundings.bus.publish_if_last(message, 0).await {
                Ok(Published::New(_)) => {
                    self.pass(Point::Published)?;
                    count(&draft.alert);
                    self.engine.accept(&draft.alert, draft.marks);
                }
                Ok(Published::Duplicate(_)) | Err(BusError::Refused { .. }) => {
                    self.adopt(&draft).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Takes in the revision that stands already: ours, of a life before a crash.
    async fn adopt(&mut self, draft: &Draft) -> Result<(), AlerterError> {
        let subject = draft.alert.subject();
        let standing = self.surroundings.bus.last(streams::ALERTS.name, subject.as_str()).await?;
        match standing.as_ref().and_then(revision) {
            Some(Revision { alert, marks }) => self.engine.accept(&alert, marks),
            // It was told and is kept no longer.
            None => self.engine.accept(&draft.alert, draft.marks),
        }
        Ok(())
    }
}

/// A revision as it stands in the stream.
pub(super) struct Revision {
    pub(super) alert: Alert,
    pub(super) marks: Marks,
}

/// Reads a revision with what it covers.
pub(super) fn revision(stored: &Stored) -> Option<Revision> {
    let alert: Alert = decode(stored)
        .inspect_err(|error| {
            metrics::UNREADABLE.add(1, &[streams::ALERTS.name]);
            tracing::warn!(sequence = stored.sequence, ?error, "alert left out");
        })
        .ok()?;
    let number = |name| stored.headers.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    let covered = Place { fetched: number(COVERS), output: alert.output };
    let marks = Marks { covered, merged_at: number(MERGED) };
    Some(Revision { alert, marks })
}

fn outgoing(draft: &Draft) -> Result<Outgoing, AlerterError> {
    let mut message = SENDER.outgoing(&draft.alert, draft.alert.at, None)?;
    let Marks { covered, merged_at } = draft.marks;
    message.headers.set(COVERS, covered.fetched.to_string());
    if merged_at > 0 {
        message.headers.set(MERGED, merged_at.to_string());
    }
    Ok(message)
}

fn count(alert: &Alert) {
    let volume = if alert.volume == Volume::Loud { "loud" } else { "silent" };
    metrics::REVISIONS.add(1, &[volume]);
    if let Some(held) = &alert.held {
        metrics::HELD.add(1, &[crate::wording::hold(held.reason)]);
    }
    tracing::debug!(alert = %alert.id, revision = alert.revision, volume, "revision published");
}
