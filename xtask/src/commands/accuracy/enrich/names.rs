//! Measures names on `names/*.dev.jsonl`. A name is right if span and kind are the same.

use wirefold_names::Kind;
use wirefold_proto::EntityKind;

use crate::commands::accuracy::tables::Cells;
use crate::{labelled_names, tree};

/// The number of names of one kind in the labels, in the findings, and in both.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    gold: usize,
    told: usize,
    right: usize,
}

impl Counts {
    fn precision(self) -> f64 {
        self.right as f64 / self.told.max(1) as f64
    }

    fn recall(self) -> f64 {
        self.right as f64 / self.gold.max(1) as f64
    }

    fn f1(self) -> f64 {
        2.0 * self.right as f64 / (self.told + self.gold).max(1) as f64
    }
}

const KINDS: [EntityKind; 3] = [EntityKind::Person, EntityKind::Organisation, EntityKind::Place];

/// A row for each file.
pub(super) fn examine() -> anyhow::Result<Option<Cells>> {
    let files = labelled_names::files(&tree::root(), ".dev.jsonl");
    if files.is_empty() {
        return Ok(None);
    }
    let head = ["names", "labelled", "P", "R", "F1", "person", "organisation", "place"];
    let mut cells = Cells::new(&head);
    for file in files {
        let counts = counts(&file)?;
        let all = counts.iter().fold(Counts::default(), |all, one| Counts {
            gold: all.gold + one.gold,
            told: all.told + one.told,
            right: all.right + one.right,
        });
        let mut row = vec![labelled_names::part(&file), all.gold.to_string()];
        row.extend([all.precision(), all.recall(), all.f1()].map(|value| format!("{value:.3}")));
        row.extend(counts.map(|one| format!("{:.3}", one.f1())));
        cells.row(row);
    }
    Ok(Some(cells))
}

fn counts(file: &std::path::Path) -> anyhow::Result<[Counts; 3]> {
    let mut counts = [Counts::default(); 3];
    let place = |kind| KINDS.iter().position(|one| *one == kind).unwrap_or_default();
    for sample in labelled_names::read(file)? {
        let gold: Vec<_> =
            sample.spans.iter().map(|(start, end, kind)| (*start..*end, same(*kind))).collect();
        gold.iter().for_each(|(_, kind)| counts[place(*kind)].gold += 1);
        for mention in wirefold_enricher::mentions(&sample.text) {
            let count = &mut counts[place(mention.kind)];
            count.told += 1;
            count.right += usize::from(gold.contains(&(mention.span, mention.kind)));
        }
    }
    Ok(counts)
}

/// The kind as the output names it.
pub(super) const fn same(kind: Kind) -> EntityKind {
    match kind {
        Kind::Person => EntityKind::Person,
        Kind::Organisation => EntityKind::Organisation,
        Kind::Place => EntityKind::Place,
    }
}
