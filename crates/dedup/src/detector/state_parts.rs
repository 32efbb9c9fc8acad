//! The state of a detector in parts, so that a start can read them on all cores: the large tables are
//! divided.
//!
//! A detector comes in and its parts go out, and the other way round. It never reads or writes their bytes in
//! an order of its own: that is up to whoever keeps them.

use crate::body::lexicon::Lexicon;
use crate::boilerplate::Boilerplate;
use crate::codec::numbered::Numbered;
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

/// A part of the state of a detector, which is written and read by itself.
#[derive(Debug, Clone)]
pub struct StatePart(Table);

/// A small table, or some rows of a large one.
#[derive(Debug, Clone)]
enum Table {
    Basis(Basis),
    Lexicon(Lexicon),
    Docs(Numbered<DocId, Doc>),
    ByItem(Identities),
    ByText(Identities),
    Index(Index),
    Stories(Stories),
    Events(EventsPart),
    Boilerplate(Boilerplate),
}

/// What stands in the first part.
#[derive(Debug, Clone)]
struct Basis {
    /// How many parts follow.
    parts: u32,
    next: DocId,
    day: i64,
    folds: Folds,
    window_use: WindowUse,
}

written!(Basis { parts, next, day, folds, window_use });
written_variants!(Table {
    0 => Basis,
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
    /// Divides what it has learnt into parts; see [`Detector::write_to`] for what is left out. Those that
    /// cannot be divided come early: whoever reads parts side by side waits least for them then.
    #[must_use]
    pub fn into_parts(self) -> Vec<StatePart> {
        let mut tables = vec![Table::Lexicon(self.lexicon)];
        tables.extend(self.events.into_parts().into_iter().map(Table::Events));
        tables.extend(self.documents.here.divide().map(Table::Index));
        tables.extend(self.docs.divide().into_iter().map(Table::Docs));
        tables.extend(self.boilerplate.divide().into_iter().map(Table::Boilerplate));
        tables.extend([Table::ByItem(self.by_item), Table::ByText(self.by_text)]);
        tables.extend(self.stories.divide().into_iter().map(Table::Stories));
        let basis = Basis {
            parts: u32::try_from(tables.len()).expect("a part has thousands of rows"),
            next: self.next,
            day: self.day,
            folds: self.folds,
            window_use: self.window_use,
        };
        [Table::Basis(basis)].into_iter().chain(tables).map(StatePart).collect()
    }

    /// The detector of which these are the parts, in order, which judged by the same settings; `None`
    /// where they are not all parts of one.
    #[must_use]
    pub fn from_parts(
        settings: Settings,
        parts: impl IntoIterator<Item = StatePart>,
    ) -> Option<Detector> {
        let mut parts = parts.into_iter();
        let Some(StatePart(Table::Basis(basis))) = parts.next() else { return None };
        let mut detector = Detector::new(settings);
        (detector.next, detector.day) = (basis.next, basis.day);
        (detector.folds, detector.window_use) = (basis.folds, basis.window_use);
        let mut count = 0;
        for part in parts {
            detector.add_part(part)?;
            count += 1;
        }
        (count == basis.parts && detector.is_sound()).then_some(detector)
    }

    fn add_part(&mut self, part: StatePart) -> Option<()> {
        match part.0 {
            Table::Basis(_) => return None,
            Table::Lexicon(lexicon) => self.lexicon = lexicon,
            Table::Docs(docs) => self.docs.append(docs)?,
            Table::ByItem(by_item) => self.by_item = by_item,
            Table::ByText(by_text) => self.by_text = by_text,
            Table::Index(days) => self.documents.here.append(days),
            Table::Stories(stories) => self.stories.append(stories)?,
            Table::Events(events) => self.events.add_part(events)?,
            Table::Boilerplate(outlets) => self.boilerplate.append(outlets),
        }
        Some(())
    }
}
