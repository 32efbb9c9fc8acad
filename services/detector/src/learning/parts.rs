//! What the detector knows in parts, which a start reads on all cores.
//!
//! It comes in and its parts go out, and the other way round. How their bytes are kept is up to the snapshot.

use std::collections::VecDeque;

use wirefold_dedup::codec::{Reader, Writer, Written, written, written_variants};
use wirefold_dedup::{Detector, StatePart};
use wirefold_proto::StoryChange;

use super::{DetectorConfig, Learning};
use crate::decided_ids::DecidedIds;
use crate::groups::Groups;
use crate::packed::{read_json, write_json};
use crate::window_article::WindowArticles;

/// A part of what the detector knows, which is written and read by itself.
#[derive(Debug)]
pub(crate) struct LearningPart(Table);

/// A small table, or some rows of a large one.
#[derive(Debug)]
enum Table {
    Basis(Basis),
    Dedup(StatePart),
    Places(WindowArticles),
    Groups(Groups),
    DecidedIds(DecidedIds),
}

/// What stands in the first part.
#[derive(Debug)]
struct Basis {
    /// How many parts follow.
    parts: u32,
    time: i64,
    waiting: VecDeque<StoryChange>,
    applied: VecDeque<u64>,
}

written_variants!(Table {
    0 => Basis,
    1 => Dedup,
    2 => Places,
    3 => Groups,
    4 => DecidedIds,
});

written!(LearningPart { 0 });

impl Written for Basis {
    fn write_to(&self, to: &mut Writer<'_>) {
        (self.parts, self.time).write_to(to);
        write_changes(&self.waiting, to);
        self.applied.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (parts, time) = Written::read_from(from)?;
        let (waiting, applied) = (read_changes(from)?, Written::read_from(from)?);
        Some(Self { parts, time, waiting, applied })
    }
}

pub(super) fn write_changes(changes: &VecDeque<StoryChange>, to: &mut Writer<'_>) {
    to.count(changes.len());
    changes.iter().for_each(|change| write_json(change, to));
}

pub(super) fn read_changes(from: &mut Reader<'_>) -> Option<VecDeque<StoryChange>> {
    (0..from.count()?).map(|_| read_json(from)).collect()
}

impl Learning {
    /// Divides what is known into parts, for [`Learning::from_parts`] to put together again in this order.
    pub(crate) fn into_parts(self) -> Vec<LearningPart> {
        let mut tables: Vec<Table> =
            self.dedup.into_parts().into_iter().map(Table::Dedup).collect();
        tables.extend(self.decided_ids.divide().map(Table::DecidedIds));
        tables.extend(self.places.divide().into_iter().map(Table::Places));
        tables.extend(self.groups.divide().into_iter().map(Table::Groups));
        let basis = Basis {
            parts: u32::try_from(tables.len()).expect("a part has thousands of rows"),
            time: self.time,
            waiting: self.waiting,
            applied: self.applied,
        };
        [Table::Basis(basis)].into_iter().chain(tables).map(LearningPart).collect()
    }

    /// What is known by these parts, which are in order; `None` where they are not all parts of one.
    pub(crate) fn from_parts(ground: &DetectorConfig, parts: Vec<LearningPart>) -> Option<Self> {
        let count = parts.len();
        let mut parts = parts.into_iter().map(|part| part.0);
        let Some(Table::Basis(basis)) = parts.next() else { return None };
        let mut learning = Self::new(ground);
        let mut of_dedup = Vec::new();
        for table in parts {
            match table {
                Table::Basis(_) => return None,
                Table::Dedup(part) => of_dedup.push(part),
                Table::Places(places) => learning.places.append(places)?,
                Table::Groups(groups) => learning.groups.append(groups)?,
                Table::DecidedIds(ids) => learning.decided_ids.append(ids),
            }
        }
        let dedup = Detector::from_parts(ground.settings.clone(), of_dedup)?;
        learning.dedup = dedup.with_text_files(Some(ground.folder.clone()));
        (learning.time, learning.waiting) = (basis.time, basis.waiting);
        learning.applied = basis.applied;
        (count == basis.parts as usize + 1).then_some(learning)
    }
}
