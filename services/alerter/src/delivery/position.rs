//! How far each delivery has read `WF_ALERTS`.
//!
//! Comes in: the names of the deliveries, at each start, and their positions. Goes out: a position for each, in
//! `wf_deliveries`, and the lowest of them, after which the stream keeps its messages.
//!
//! A delivery that is new, or has a new name, gets nothing that was told before. A name that is no longer there loses
//! its position, so that it begins anew if it comes back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use wirefold_flow::{Bus, BusError, Position};
use wirefold_proto::streams;

use super::records::Records;
use crate::NAME;

/// The end of the keys in `wf_deliveries`.
const SUFFIX: &str = ".position";

/// The positions of all deliveries of this process. All clones share them.
#[derive(Clone)]
pub(crate) struct Positions {
    by_delivery: Arc<Mutex<BTreeMap<String, u64>>>,
    are_noted: watch::Sender<bool>,
}

impl Positions {
    /// The positions of these deliveries, which are not known yet.
    pub(crate) fn of(deliveries: Vec<String>) -> Self {
        let unknown = deliveries.into_iter().map(|name| (name, 0)).collect();
        Self { by_delivery: Arc::new(Mutex::new(unknown)), are_noted: watch::Sender::default() }
    }

    /// Notes where new deliveries begin, before any new revision is published.
    pub(crate) async fn note_starts(&self, bus: &dyn Bus) -> Result<(), BusError> {
        let keys = bus.key_value(streams::DELIVERIES.name)?;
        let mut new: Vec<String> = self.lock().keys().cloned().collect();
        for entry in keys.changes(&[], 0).await?.into_iter().filter(|entry| entry.value.is_some()) {
            let Some(name) = entry.key.strip_suffix(SUFFIX) else { continue };
            match new.iter().position(|it| it == name) {
                Some(known) => drop(new.swap_remove(known)),
                None => drop(keys.delete(&entry.key).await?),
            }
        }
        let last = bus.last(streams::ALERTS.name, ">").await?;
        let start = last.as_ref().map(Position::from).unwrap_or_default();
        for name in new {
            keys.put(&key(&name), start.to_string().into()).await?;
        }
        self.are_noted.send_replace(true);
        Ok(())
    }

    /// The stored position of a delivery, once it is noted where it begins.
    pub(super) async fn stored(&self, records: &Records) -> Result<Position, BusError> {
        // The sender is held, so that this cannot fail.
        let _ = self.are_noted.subscribe().wait_for(|are_noted| *are_noted).await;
        let key = key(&records.delivery);
        let position = records.text(&key).await?.and_then(|text| Position::parse(&text));
        position.ok_or_else(|| BusError::Unavailable(format!("no {key}")))
    }

    /// Stores the position of a delivery, and marks what all of them have read.
    pub(super) async fn store(
        &self,
        bus: &dyn Bus,
        records: &Records,
        position: &Position,
    ) -> Result<(), BusError> {
        records.keys.put(&key(&records.delivery), position.to_string().into()).await?;
        let lowest = {
            let mut positions = self.lock();
            positions.insert(records.delivery.clone(), position.sequence);
            positions.values().min().copied().unwrap_or(0)
        };
        bus.mark_read(streams::ALERTS.name, NAME, lowest).await
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.by_delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(delivery: &str) -> String {
    format!("{delivery}{SUFFIX}")
}
