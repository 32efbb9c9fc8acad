//! The state that a start reads from a snapshot.

use wirefold_dedup::codec::{Encode, Reader, TextFileLocation};
use wirefold_proto::{DecisionId, Offsets};

use super::frames::{InvalidSnapshot, Pieces};
use crate::state::{DetectorConfig, DetectorState};

/// The state of the detector, and its position in the streams.
#[derive(Clone)]
pub(crate) struct SnapshotState {
    pub(crate) detector: DetectorState,
    /// The last record.
    pub(crate) last: Option<DecisionId>,
    /// The positions in the input streams at that record.
    pub(crate) offsets: Offsets,
}

impl SnapshotState {
    /// Reads the state from a snapshot of the version before, which has no sections.
    pub(crate) fn read_without_sections(
        config: &DetectorConfig,
        locations: Vec<TextFileLocation>,
        pieces: &mut Pieces,
    ) -> Result<Self, InvalidSnapshot> {
        let mut next = || pieces.next();
        let mut from = Reader::new(&mut next).with_text_files(locations);
        let state = Self::read_from(config, &mut from).ok_or(InvalidSnapshot::Broken)?;
        if !from.is_between_pieces() {
            return Err(InvalidSnapshot::Broken);
        }
        pieces.check_total()?;
        Ok(state)
    }

    fn read_from(config: &DetectorConfig, from: &mut Reader<'_>) -> Option<Self> {
        let (fetched, control) = Encode::read_from(from)?;
        let last: Option<String> = Encode::read_from(from)?;
        let last = match last {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let detector = DetectorState::read_from(config, from)?;
        Some(Self { detector, last, offsets: Offsets { fetched, control } })
    }

    /// Writes the state without sections, as the version before did.
    #[cfg(test)]
    pub(crate) fn write_without_sections(&self, to: &mut wirefold_dedup::codec::Writer<'_>) {
        let Offsets { fetched, control } = self.offsets;
        (fetched, control).write_to(to);
        self.last.map(|last| last.to_string()).write_to(to);
        self.detector.write_to(to);
    }
}
