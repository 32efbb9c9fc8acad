//! Divides the state of a detector into parts, so that a start can read them on all cores. Large
//! tables become several parts.
//!
//! A detector comes in and its parts go out, and the other way round. The caller decides where and
//! in which order the bytes of the parts are stored.

use crate::body::lexicon::Lexicon;
use crate::boilerplate::Boilerplate;
use crate::codec::id_table::IdTable;
use crate::codec::{written, written_variants};
use crate::detector::Detector;
use crate::detector::eviction::WindowUse;
use crate::event::parts::EventsPart;
use crate::ids::DocId;
use crate::index::Index;
use crate::index::identities::Identities;
use crate::settings::Settings;
use crate::store::doc::Doc;
use crate::story::folds::Folds;
use crate::story::stories::Stories;

/// A part of the state of a detector, which can be written and read on its own.
#[derive(Debug, Clone)]
pub struct StatePart(Table);

/// A small table, or some rows of a large one.
#[derive(Debug, Clone)]
enum Table {
    Header(Header),
    Lexicon(Lexicon),
    Docs(IdTable<DocId, Doc>),
    ByItem(Identities),
    ByText(Identities),
    Index(Index),
    Stories(Stories),
    Events(EventsPart),
    Boilerplate(Boilerplate),
}

/// The first part: the small values, and how many parts there are.
#[derive(Debug, Clone)]
struct Header {
    /// How many parts follow this one.
    parts: u32,
    next: DocId,
    day: i64,
    folds: Folds,
    window_use: WindowUse,
}

written!(Header { parts, next, day, folds, window_use });
written_variants!(Table {
    0 => Header,
    1 => Lexicon,
    2 => Docs,
    3 => ByItem,
    4 => ByText,
    5 => Index,
    6 => Stories,
    7 => Events,
    8 => Boilerplate,
});

written!(StatePart { 0 });

impl Detector {
    /// Divides the state into parts; [`Detector::write_to`] says what is left out. Parts that
    /// cannot be divided come first, so that readers on several threads do not wait for them at the
    /// end.
    #[must_use]
    pub fn into_parts(self) -> Vec<StatePart> {
        let mut tables = vec![Table::Lexicon(self.lexicon)];
        tables.extend(self.events.into_parts().into_iter().map(Table::Events));
        tables.extend(self.index.divide().map(Table::Index));
        tables.extend(self.docs.divide().into_iter().map(Table::Docs));
        tables.extend(self.boilerplate.divide().into_iter().map(Table::Boilerplate));
        tables.extend([Table::ByItem(self.by_item), Table::ByText(self.by_text)]);
        tables.extend(self.stories.divide().into_iter().map(Table::Stories));
        let header = Header {
            parts: u32::try_from(tables.len()).expect("a part has thousands of rows"),
            next: self.next,
            day: self.day,
            folds: self.folds,
            window_use: self.window_use,
        };
        [Table::Header(header)].into_iter().chain(tables).map(StatePart).collect()
    }

    /// Puts a detector with the same settings together from its parts, which must be in order.
    /// `None` if they are not all the parts of one detector.
    #[must_use]
    pub fn from_parts(
        settings: Settings,
        parts: impl IntoIterator<Item = StatePart>,
    ) -> Option<Detector> {
        let mut parts = parts.into_iter();
        let Some(StatePart(Table::Header(header))) = parts.next() else { return None };
        let mut detector = Detector::new(settings);
        (detector.next, detector.day) = (header.next, header.day);
        (detector.folds, detector.window_use) = (header.folds, header.window_use);
        let mut count = 0;
        for part in parts {
            detector.add_part(part)?;
            count += 1;
        }
        (count == header.parts && detector.is_sound()).then_some(detector)
    }

    fn add_part(&mut self, part: StatePart) -> Option<()> {
        match part.0 {
            Table::Header(_) => return None,
            Table::Lexicon(lexicon) => self.lexicon = lexicon,
            Table::Docs(docs) => self.docs.append(docs)?,
            Table::ByItem(by_item) => self.by_item = by_item,
            Table::ByText(by_text) => self.by_text = by_text,
            Table::Index(days) => self.index.append(days),
            Table::Stories(stories) => self.stories.append(stories)?,
            Table::Events(events) => self.events.add_part(events)?,
            Table::Boilerplate(outlets) => self.boilerplate.append(outlets),
        }
        Some(())
    }
}
