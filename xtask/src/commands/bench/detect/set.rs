//! The sets of articles on which methods are measured.

use wirefold_proto::MAX_TEXT_BYTES;
use wirefold_score::{Label, Pair};

use crate::generator::{self, Generator, Kind, Planted, Settings, labels};

/// The articles of `bench detect`. Hostile ones are as long as a text may be.
pub(in crate::commands::bench) const NEWS: Settings =
    Settings { seed: 20_260_301, length: 100, limit: MAX_TEXT_BYTES, footer_life: 20_000 };

/// The name of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Set {
    /// Only texts and planted reprints.
    Plain,
    /// The same with footers, stock sentences and quotations that unrelated articles share.
    Hard,
    /// The generator's news of all kinds. Six of a thousand are hostile.
    News,
}

impl Set {
    /// The name in the arguments of the child and in tables.
    pub(super) fn name(self) -> &'static str {
        match self {
            Set::Plain => "plain",
            Set::Hard => "hard",
            Set::News => "news",
        }
    }
}

/// The articles of a set.
pub(super) struct Stream {
    generator: Generator,
    set: Set,
}

impl Stream {
    /// A set from its beginning.
    pub(super) fn new(set: Set) -> Stream {
        Stream { generator: Generator::new(NEWS), set }
    }

    /// The article at an index, and the number of the one that had its text first.
    pub(super) fn article(&self, number: u64) -> (generator::Article, u64) {
        match self.set {
            Set::Plain => self.generator.planted(Planted::Plain, number),
            Set::Hard => self.generator.planted(Planted::Hard, number),
            Set::News => {
                let article = self.generator.article(number);
                let main = article.main;
                (article, main)
            }
        }
    }

    /// The labels of pairs of the first articles, if the set has more than texts in common.
    pub(super) fn labels(&self, count: u64) -> Option<impl Iterator<Item = (Pair, Label)>> {
        let found = (self.set == Set::News).then(|| labels(&self.generator, count))?;
        Some(found.map(|(pair, (label, _))| (pair, label)))
    }
}

/// Whether an article counts as hostile.
pub(super) fn is_hostile(kind: Kind) -> bool {
    kind == Kind::Hostile
}
