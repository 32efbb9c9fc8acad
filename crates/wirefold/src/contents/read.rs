//! Reads the streams of a server or of a data folder.

use wirefold_flow::{Bus as _, BusError};
use wirefold_flow_nats::NatsBus;
use wirefold_flow_sqlite::{Inspection, Soundness};

use super::{Contents, ORDER};

/// The number of messages in one request.
const BATCH: usize = 256;

/// Reads all streams of a server.
pub(crate) async fn read_all(bus: &NatsBus) -> Result<Contents, BusError> {
    let mut contents = Contents::default();
    for stream in ORDER {
        let first = bus.stream_state(stream.name).await?.first;
        let mut reader = bus.read(stream.name, ">", first).await?;
        loop {
            let messages = reader.ready(BATCH).await?;
            if messages.is_empty() {
                break;
            }
            messages.iter().for_each(|stored| contents.add(stored));
        }
    }
    Ok(contents)
}

/// Reads all streams of a data folder.
pub(crate) fn read_folder(inspection: &mut Inspection) -> Result<Contents, BusError> {
    let mut contents = Contents::default();
    for stream in ORDER {
        inspection.each(stream.name, &mut |stored, soundness| match soundness {
            Soundness::Damaged => contents.note_damaged(&stored),
            _ => contents.add(&stored),
        })?;
    }
    Ok(contents)
}
