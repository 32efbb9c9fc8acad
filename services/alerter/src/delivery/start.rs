//! Where a delivery begins. One that is new, or has a new name, gets nothing that was told before.
//!
//! Comes in: the names of the deliveries, at each start. Goes out: a position in the stream of alerts for each,
//! in `wf_deliveries`. A name that is no longer there loses its position, so that it begins anew if it comes back.

use tokio::sync::OnceCell;
use wirefold_flow::{Bus, BusError, KeyValue, Position, Stored};
use wirefold_proto::streams;

/// The end of the keys in `wf_deliveries`.
const SUFFIX: &str = ".since";

/// Notes where new deliveries begin, before any new revision is published.
pub(crate) async fn note_starts(bus: &dyn Bus, deliveries: &[String]) -> Result<(), BusError> {
    let keys = bus.key_value(streams::DELIVERIES.name)?;
    let mut known = Vec::new();
    for entry in keys.changes(0).await?.into_iter().filter(|entry| entry.value.is_some()) {
        match entry.key.strip_suffix(SUFFIX) {
            Some(name) if deliveries.iter().any(|it| it == name) => known.push(name.to_owned()),
            Some(_) => drop(keys.delete(&entry.key).await?),
            None => {}
        }
    }
    let last = bus.last(streams::ALERTS.name, ">").await?;
    let start = last.as_ref().map(Position::from).unwrap_or_default();
    for name in deliveries.iter().filter(|name| !known.contains(name)) {
        keys.put(&format!("{name}{SUFFIX}"), start.to_string().into()).await?;
    }
    Ok(())
}

/// Where one delivery begins, once it was read.
#[derive(Default)]
pub(super) struct Start(OnceCell<Position>);

impl Start {
    /// Whether a revision was told before the delivery was there. `None` if its start is not noted yet.
    pub(super) async fn is_after(
        &self,
        revision: &Stored,
        delivery: &str,
        keys: &dyn KeyValue,
    ) -> Result<Option<bool>, BusError> {
        if self.0.get().is_none() {
            let entry = keys.get(&format!("{delivery}{SUFFIX}")).await?;
            let value = entry.and_then(|entry| entry.value);
            let start = value.and_then(|it| Position::parse(std::str::from_utf8(&it).ok()?));
            let Some(start) = start else { return Ok(None) };
            // Another task may have set the same.
            let _ = self.0.set(start);
        }
        // After a stream went back in time, new revisions have old sequences.
        let is_after =
            |start: &Position| revision.sequence <= start.sequence && revision.at <= start.at;
        Ok(self.0.get().map(is_after))
    }
}
