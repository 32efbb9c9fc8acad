//! Writes the accuracy card, `docs/accuracy.md`: all measurements on data in the repository.

use wirefold_score::Label;

use super::exam::{self, Exam, METHODS, Method, examine};
use super::happenings::{self, EventExam, EventSet, HappeningTables, Happenings};
use super::scripts::{ScriptExam, ScriptSet};
use super::set::LabelledSet;
use crate::table::Table;

/// The number of articles in the generated set. Four methods examine each in a dozen orders.
pub(crate) const ARTICLES: u64 = 2_000;
/// The number of shuffles of every set on the card.
pub(crate) const SHUFFLES: u64 = 10;
/// The card with names in braces in place of figures.
const TEMPLATE: &str = include_str!("card.md.in");

/// All examinations of the card.
pub(crate) struct Card {
    generated: LabelledSet,
    seeds: LabelledSet,
    /// The generated set by every method, the product first.
    exams: Vec<Exam>,
    /// The generated set, with one outlet for all articles.
    equal: Exam,
    /// The fixtures by every method, the product first.
    seed_exams: Vec<Exam>,
    /// The event fixtures.
    event_exam: EventExam,
    /// The fixtures of separately reported happenings.
    happenings: HappeningTables,
    /// The fixtures by script.
    script_exam: ScriptExam,
    /// The archetypes by every method, the product first.
    archetype_exams: Vec<Exam>,
}

/// The fixtures of the repository without the articles of the demo.
#[derive(Debug, Default)]
pub(crate) struct Others {
    pub(crate) events: EventSet,
    pub(crate) scripts: ScriptSet,
    pub(crate) archetypes: LabelledSet,
    pub(super) happenings: Vec<Happenings>,
}

impl Card {
    /// Runs all examinations.
    pub(crate) fn new(generated: LabelledSet, seeds: LabelledSet, others: Others) -> Card {
        let all = |set: &LabelledSet| METHODS.map(|method| examine(method, set, SHUFFLES)).to_vec();
        Card {
            exams: all(&generated),
            equal: examine(Method::Passages, &generated.at_one_outlet(), 0),
            seed_exams: all(&seeds),
            event_exam: others.events.examine(SHUFFLES),
            happenings: happenings::examine(&others.happenings),
            script_exam: others.scripts.examine(SHUFFLES),
            archetype_exams: all(&others.archetypes),
            generated,
            seeds,
        }
    }

    /// The tables for a terminal.
    pub(crate) fn summary(&self) -> String {
        [
            super::counts(&self.generated),
            self.orders().plain(),
            exam::methods(&self.exams).plain(),
            exam::kinds(&self.exams).plain(),
            super::counts(&self.seeds),
            exam::orders(&[("", &self.seed_exams[0])]).plain(),
            exam::methods(&self.seed_exams).plain(),
            self.event_exam.figures().plain(),
            self.event_exam.largest().plain(),
            self.happenings.plain(),
            self.script_exam.table().plain(),
            exam::orders(&[("", &self.archetype_exams[0])]).plain(),
            exam::methods(&self.archetype_exams).plain(),
        ]
        .join("\n")
    }

    /// The document, given its sections about real pages and the enricher.
    pub(crate) fn document(&self, real: String, enricher: String) -> String {
        let set = &self.generated;
        let figures = [
            ("real", real),
            ("enricher", enricher),
            ("documents", set.docs.len().to_string()),
            ("reprints", set.labels.count(Label::Reprint).to_string()),
            ("shuffles", SHUFFLES.to_string()),
            ("articles", self.seeds.docs.len().to_string()),
            ("reprint_partners", set.labels.count(Label::Partial).to_string()),
            ("methods", exam::methods(&self.exams).markdown()),
            ("orders", self.orders().markdown()),
            ("kinds", exam::kinds(&self.exams).markdown()),
            ("seed_orders", exam::orders(&[("", &self.seed_exams[0])]).markdown()),
            ("seed_methods", exam::methods(&self.seed_exams).markdown()),
            ("event_articles", self.event_exam.counts().0.to_string()),
            ("event_events", self.event_exam.counts().1.to_string()),
            ("scripts", self.script_exam.table().markdown()),
            ("archetype_orders", exam::orders(&[("", &self.archetype_exams[0])]).markdown()),
            ("archetype_methods", exam::methods(&self.archetype_exams).markdown()),
            ("event_folds", self.event_exam.folded().to_string()),
            ("event_orders", self.event_exam.figures().markdown()),
            ("event_largest", self.event_exam.largest().markdown()),
            ("happenings", self.happenings.markdown()),
            ("event_bounds", self.event_exam.bounds()),
        ];
        fill(TEMPLATE, &figures)
    }

    fn orders(&self) -> Table {
        exam::orders(&[("", &self.exams[0]), (", one outlet", &self.equal)])
    }
}

/// Replaces each name in braces by its figure.
fn fill(template: &str, figures: &[(&str, String)]) -> String {
    figures.iter().fold(template.to_owned(), |text, (name, figure)| {
        text.replace(&format!("{{{name}}}"), figure.trim_end())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_template_is_filled() {
        let doc = |id: &str| super::super::set::Doc { id: id.into(), ..Default::default() };
        let generated = LabelledSet { docs: vec![doc("000001-base")], ..LabelledSet::default() };
        let document = Card::new(generated, LabelledSet::default(), Others::default())
            .document(String::new(), String::new());
        assert!(!document.contains(['{', '}']), "{document}");
    }
}
