//! Writes the accuracy card, `docs/accuracy.md`: all measurements on data in the repository.

use std::path::Path;

use wirefold_score::Label;

use super::exam::{self, METHODS, Method, examine};
use super::happenings::{self, EventExam, Happenings};
use super::scripts::ScriptSet;
use super::set::{self, LabelledSet};
use crate::commands::fill;

/// The number of articles in the generated set. Four methods examine each in a dozen orders.
pub(crate) const ARTICLES: u64 = 2_000;
/// The number of shuffles of every set.
pub(super) const SHUFFLES: u64 = 10;
/// The card with names in braces in place of figures.
const TEMPLATE: &str = include_str!("card.md.in");

/// The sets of the card.
#[derive(Debug, Default)]
pub(super) struct Sets {
    generated: LabelledSet,
    /// The articles of the demo.
    seeds: LabelledSet,
    archetypes: LabelledSet,
    scripts: ScriptSet,
    /// The fixtures of separately reported happenings, first those that are examined in all orders.
    happenings: Vec<Happenings>,
}

impl Sets {
    /// Generates one and reads the others from the repository at `root`.
    pub(super) fn read(root: &Path) -> anyhow::Result<Sets> {
        Ok(Sets {
            seeds: set::demo(root)?,
            archetypes: set::archetypes(root)?,
            scripts: ScriptSet::read(root)?,
            happenings: happenings::fixtures(root)?,
            generated: set::generated(ARTICLES),
        })
    }

    /// Examines all sets and returns the document, given its sections about real pages and the enricher.
    pub(super) fn document(self, real: String, enricher: String) -> String {
        let all =
            |set: &LabelledSet| METHODS.map(|method| examine(method, set, &set.orders(SHUFFLES)));
        let [generated, seeds, archetypes] =
            [&self.generated, &self.seeds, &self.archetypes].map(all);
        let equal = self.generated.at_one_outlet();
        let equal = examine(Method::Passages, &equal, &equal.orders(0));
        let scripts = self.scripts.examine(SHUFFLES);
        let happenings = happenings::examine(&self.happenings);
        let events = self.happenings.into_iter().next().unwrap_or_default();
        let events = EventExam::new(events, SHUFFLES);
        let labels = &self.generated.labels;
        let figures = [
            ("real", real),
            ("enricher", enricher),
            ("documents", self.generated.docs.len().to_string()),
            ("reprints", labels.count(Label::Reprint).to_string()),
            ("reprint_partners", labels.count(Label::Partial).to_string()),
            ("shuffles", SHUFFLES.to_string()),
            ("articles", self.seeds.docs.len().to_string()),
            ("methods", exam::methods(&generated).markdown()),
            ("orders", exam::orders(&[("", &generated[0]), (", one outlet", &equal)]).markdown()),
            ("kinds", exam::kinds(&generated).markdown()),
            ("seed_orders", exam::orders(&[("", &seeds[0])]).markdown()),
            ("seed_methods", exam::methods(&seeds).markdown()),
            ("archetype_orders", exam::orders(&[("", &archetypes[0])]).markdown()),
            ("archetype_methods", exam::methods(&archetypes).markdown()),
            ("scripts", scripts.markdown()),
            ("event_articles", events.counts().0.to_string()),
            ("event_events", events.counts().1.to_string()),
            ("event_folds", events.folded().to_string()),
            ("event_orders", events.figures().markdown()),
            ("event_bounds", events.bounds()),
            ("happenings", happenings),
        ];
        fill(TEMPLATE, &figures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_template_is_filled() {
        let doc = |id: &str| set::Doc { id: id.into(), ..Default::default() };
        let generated = LabelledSet { docs: vec![doc("000001-base")], ..LabelledSet::default() };
        let document = Sets { generated, ..Sets::default() }.document(String::new(), String::new());
        assert!(!document.contains(['{', '}']), "{document}");
    }
}
