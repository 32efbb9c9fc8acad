//! The part of a snapshot that is the state of the detector.

use wirefold_dedup::codec::{Reader, Writer, Written};
use wirefold_proto::{DecisionId, Offsets};

use super::frames::{Pieces, Unfit};
use super::text_files::{Named, Places};
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
    pub(crate) fn write_to(&self, to: &mut Writer<'_>) {
        let Offsets { fetched, control } = self.offsets;
        (fetched, control).write_to(to);
        self.last.map(|last| last.to_string()).write_to(to);
        self.learning.write_to(to);
    }

    /// Reads what stands behind the header, as far as it is not there.
    pub(crate) fn read(
        ground: &DetectorConfig,
        text_files: &[Named],
        mut pieces: Pieces,
    ) -> Result<Self, Unfit> {
        let places = Places::find(&ground.folder, text_files);
        let mut next = || pieces.next();
        let mut from = Reader::new(&mut next).with_text_files(places.stands());
        let known = Self::read_from(ground, &mut from).ok_or(Unfit::Broken)?;
        if !from.is_between_pieces() {
            return Err(Unfit::Broken);
        }
        pieces.end_part()?;
        places.fill(&mut pieces)?;
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
}
