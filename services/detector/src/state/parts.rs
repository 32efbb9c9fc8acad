//! Divides the state of the detector into parts, which a start reads on all cores.
//!
//! The state comes in and its parts go out, and the other way round. The snapshot decides how their
//! bytes are stored.

use std::collections::VecDeque;

use wirefold_dedup::codec::{Encode, Reader, Writer, written, written_variants};
use wirefold_dedup::{Detector, StatePart};
use wirefold_proto::StoryChange;

use super::{DetectorConfig, DetectorState};
use crate::decided_ids::DecidedIds;
use crate::groups::Groups;
use crate::packed::{read_json, write_json};
use crate::window_article::WindowArticles;

/// A part of the detector's state, which can be written and read on its own.
#[derive(Debug)]
pub(crate) struct DetectorStatePart(Table);

/// A small table, or some rows of a large one.
#[derive(Debug)]
enum Table {
    Header(Header),
    Dedup(StatePart),
    WindowArticles(WindowArticles),
    Groups(Groups),
    DecidedIds(DecidedIds),
}

/// The first part: the small values, and how many parts there are.
#[derive(Debug)]
struct Header {
    /// How many parts follow this one.
    parts: u32,
    time: i64,
    pending_changes: VecDeque<StoryChange>,
    recent_commands: VecDeque<u64>,
}

written_variants!(Table {
    0 => Header,
    1 => Dedup,
    2 => WindowArticles,
    3 => Groups,
    4 => DecidedIds,
});

written!(DetectorStatePart { 0 });

impl Encode for Header {
    fn write_to(&self, to: &mut Writer<'_>) {
        (self.parts, self.time).write_to(to);
        write_changes(&self.pending_changes, to);
        self.recent_commands.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let (parts, time) = Encode::read_from(from)?;
        let (pending_changes, recent_commands) = (read_changes(from)?, Encode::read_from(from)?);
        Some(Self { parts, time, pending_changes, recent_commands })
    }
}

pub(super) fn write_changes(changes: &VecDeque<StoryChange>, to: &mut Writer<'_>) {
    to.count(changes.len());
    changes.iter().for_each(|change| write_json(change, to));
}

pub(super) fn read_changes(from: &mut Reader<'_>) -> Option<VecDeque<StoryChange>> {
    (0..from.count()?).map(|_| read_json(from)).collect()
}

impl DetectorState {
    /// Divides the state into parts; [`DetectorState::from_parts`] puts them together again in this
    /// order.
    pub(crate) fn into_parts(self) -> Vec<DetectorStatePart> {
        let mut tables: Vec<Table> =
            self.dedup.into_parts().into_iter().map(Table::Dedup).collect();
        tables.extend(self.decided_ids.divide().map(Table::DecidedIds));
        tables.extend(self.window_articles.divide().into_iter().map(Table::WindowArticles));
        tables.extend(self.groups.divide().into_iter().map(Table::Groups));
        let header = Header {
            parts: u32::try_from(tables.len()).expect("a part has thousands of rows"),
            time: self.time,
            pending_changes: self.pending_changes,
            recent_commands: self.recent_commands,
        };
        [Table::Header(header)].into_iter().chain(tables).map(DetectorStatePart).collect()
    }

    /// Puts a state together from its parts, which must be in order; `None` if they are not all the
    /// parts of one state.
    pub(crate) fn from_parts(
        config: &DetectorConfig,
        parts: Vec<DetectorStatePart>,
    ) -> Option<Self> {
        let count = parts.len();
        let mut parts = parts.into_iter().map(|part| part.0);
        let Some(Table::Header(header)) = parts.next() else { return None };
        let mut state = Self::new(config);
        let mut dedup_parts = Vec::new();
        for table in parts {
            match table {
                Table::Header(_) => return None,
                Table::Dedup(part) => dedup_parts.push(part),
                Table::WindowArticles(articles) => state.window_articles.append(articles)?,
                Table::Groups(groups) => state.groups.append(groups)?,
                Table::DecidedIds(ids) => state.decided_ids.append(ids),
            }
        }
        let dedup = Detector::from_parts(config.settings.clone(), dedup_parts)?;
        state.dedup = dedup.with_text_files(Some(config.folder.clone()));
        (state.time, state.pending_changes) = (header.time, header.pending_changes);
        state.recent_commands = header.recent_commands;
        (count == header.parts as usize + 1).then_some(state)
    }
}
