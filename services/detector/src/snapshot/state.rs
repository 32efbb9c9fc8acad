//! What a start gets from a snapshot.

use wirefold_dedup::codec::{Reader, Stand, Written};
use wirefold_proto::{DecisionId, Offsets};

use super::frames::{Pieces, Unfit};
use crate::learning::{DetectorConfig, Learning};

/// What was learnt, and from what.
#[derive(Clone)]
pub(crate) struct SnapshotState {
    pub(crate) learning: Learning,
    /// The last record, and how far the inputs had been read with it.
    pub(crate) last: Option<DecisionId>,
    pub(crate) offsets: Offsets,
}

impl SnapshotState {
    /// Reads it as a snapshot of the release before has it, one value behind the other.
    pub(crate) fn read_in_order(
        ground: &DetectorConfig,
        stands: Vec<Stand>,
        pieces: &mut Pieces,
    ) -> Result<Self, Unfit> {
        let mut next = || pieces.next();
        let mut from = Reader::new(&mut next).with_text_files(stands);
        let known = Self::read_from(ground, &mut from).ok_or(Unfit::Broken)?;
        if !from.is_between_pieces() {
            return Err(Unfit::Broken);
        }
        pieces.end_part()?;
        Ok(known)
    }

    fn read_from(ground: &DetectorConfig, from: &mut Reader<'_>) -> Option<Self> {
        let (fetched, control) = Written::read_from(from)?;
        let last: Option<String> = Written::read_from(from)?;
        let last = match last {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        let learning = Learning::read_from(ground, from)?;
        Some(Self { learning, last, offsets: Offsets { fetched, control } })
    }

    /// Writes it down in one, as the release before did.
    #[cfg(test)]
    pub(crate) fn write_in_order(&self, to: &mut wirefold_dedup::codec::Writer<'_>) {
        let Offsets { fetched, control } = self.offsets;
        (fetched, control).write_to(to);
        self.last.map(|last| last.to_string()).write_to(to);
        self.learning.write_to(to);
    }
}
