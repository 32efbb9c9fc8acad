//! Whether what a stage sends on stands already: a stream forgets ids sooner than a message may come
//! again.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Emit;
use crate::bus::Bus;
use crate::clock::UnixMillis;
use crate::error::BusError;
use crate::position::first_since;

/// A message that is older, and comes again, may have been handled before its ids were forgotten:
/// half of the shortest window that anything of ours is made with.
pub(super) const AFTER: Duration = Duration::from_mins(5);
/// How far the clocks of two servers may be apart.
const SLACK: Duration = Duration::from_mins(1);

/// Leaves out what the stream has taken since then.
pub(super) async fn without_standing(
    bus: &dyn Bus,
    stream: &str,
    since: UnixMillis,
    emits: Vec<Emit>,
) -> Result<Vec<Emit>, BusError> {
    let ids: BTreeSet<&str> = emits.iter().filter_map(id_of).collect();
    let standing = standing(bus, stream, since, &ids).await?;
    let stands = |emit: &Emit| id_of(emit).is_some_and(|id| standing.contains(id));
    Ok(emits.into_iter().filter(|emit| !stands(emit)).collect())
}

/// Of what is published by its id. The other form has a subject of its own.
fn id_of(emit: &Emit) -> Option<&str> {
    match emit {
        Emit::Message(message) => Some(&message.id),
        Emit::FirstOnSubject(_) => None,
    }
}

async fn standing(
    bus: &dyn Bus,
    stream: &str,
    since: UnixMillis,
    ids: &BTreeSet<&str>,
) -> Result<BTreeSet<String>, BusError> {
    let since = UnixMillis(since.0.saturating_sub(SLACK.as_millis() as u64));
    let state = bus.stream_state(stream).await?;
    let mut next = first_since(bus, stream, state.first, state.last, since).await?;
    let mut found = BTreeSet::new();
    while next <= state.last && found.len() < ids.len() {
        match bus.get(stream, next).await {
            Ok(stored) if ids.contains(stored.id.as_str()) => drop(found.insert(stored.id)),
            Ok(_) | Err(BusError::Gone { .. }) => {}
            Err(error) => return Err(error),
        }
        next += 1;
    }
    Ok(found)
}
