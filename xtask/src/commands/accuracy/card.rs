//! Writes the accuracy card, `docs/accuracy.md`: all measurements on data in the repository.

use std::collections::BTreeMap;

use wirefold_score::{Label, Pair};

use super::exam::{self, Exam, METHODS, Method, decimals, examine};
use super::happenings::{self, EventExam, EventSet, HappeningTables, Happenings};
use super::scripts::{ScriptExam, ScriptSet};
use super::seeds::{Events, Seeds};
use super::set::LabelledSet;
use super::unseen::Unseen;
use crate::table::Table;

/// The number of articles in the generated set. Four methods examine each in a dozen orders.
pub(crate) const ARTICLES: u64 = 2_000;
/// The number of shuffles of every set on the card.
pub(crate) const SHUFFLES: u64 = 10;
/// The card with names in braces in place of figures.
const TEMPLATE: &str = include_str!("card.md.in");
/// The number of rows in the tables of errors, and of examples in a row.
const WORST_KINDS: usize = 12;
const EXAMPLES: usize = 3;
/// The number of pairs that are shown with their evidence.
const WORST_PAIRS: usize = 12;

const WHY_FALSE: &str = "\
A pair counts as folded if both are in one story, even if each was folded with a third text. If one article joins
two texts into a story, each copy of the first text therefore makes a false pair with each copy of the second.";
const WHY_MISSED: &str = "\
Stories are those at arrival. If two articles share too little by themselves and come before the text from which both
copied, the pair is missed for good.";

/// All examinations of the card.
pub(crate) struct Card {
    generated: LabelledSet,
    seeds: Seeds,
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
    /// Generated sets of seeds that were never used for tuning.
    unseen: Unseen,
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
    /// Runs all examinations. Each set of another seed has this many articles.
    pub(crate) fn new(generated: LabelledSet, seeds: Seeds, others: Others, articles: u64) -> Card {
        let all = |set: &LabelledSet| METHODS.map(|method| examine(method, set, SHUFFLES)).to_vec();
        Card {
            exams: all(&generated),
            equal: examine(Method::Passages, &generated.at_one_outlet(), 0),
            seed_exams: all(&seeds.set),
            event_exam: others.events.examine(SHUFFLES),
            happenings: happenings::examine(&others.happenings),
            script_exam: others.scripts.examine(SHUFFLES),
            archetype_exams: all(&others.archetypes),
            unseen: Unseen::examine(articles),
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
            self.unseen.table().plain(),
            self.unseen.errors().plain(),
            super::counts(&self.seeds.set),
            exam::orders(&[("", &self.seed_exams[0])]).plain(),
            exam::methods(&self.seed_exams).plain(),
            self.events().plain(),
            self.event_exam.figures().plain(),
            self.event_exam.largest().plain(),
            self.happenings.plain(),
            self.script_exam.table().plain(),
            exam::orders(&[("", &self.archetype_exams[0])]).plain(),
            exam::methods(&self.archetype_exams).plain(),
        ]
        .join("\n")
    }

    /// All wrong pairs by their ids.
    pub(crate) fn errors(&self) -> String {
        exam::errors(&self.generated, &self.exams[0])
            + &exam::errors(&self.seeds.set, &self.seed_exams[0])
            + &self.event_exam.wrong().plain()
            + &self.event_exam.missed().plain()
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
            ("articles", self.seeds.set.docs.len().to_string()),
            ("reprint_partners", set.labels.count(Label::Partial).to_string()),
            ("described", super::set::description(ARTICLES).markdown()),
            ("kinds_of_documents", kinds_of_documents(set).markdown()),
            ("methods", exam::methods(&self.exams).markdown()),
            ("orders", self.orders().markdown()),
            ("kinds", exam::kinds(&self.exams).markdown()),
            ("seed_orders", exam::orders(&[("", &self.seed_exams[0])]).markdown()),
            ("seed_methods", exam::methods(&self.seed_exams).markdown()),
            ("events", self.events().markdown()),
            ("missed_events", self.missed_events()),
            ("event_articles", self.event_exam.counts().0.to_string()),
            ("event_events", self.event_exam.counts().1.to_string()),
            ("scripts", self.script_exam.table().markdown()),
            ("archetype_orders", exam::orders(&[("", &self.archetype_exams[0])]).markdown()),
            ("archetype_methods", exam::methods(&self.archetype_exams).markdown()),
            ("unseen", self.unseen.table().markdown()),
            ("unseen_errors", self.unseen.errors().markdown()),
            ("event_folds", self.event_exam.folded().to_string()),
            ("event_orders", self.event_exam.figures().markdown()),
            ("event_largest", self.event_exam.largest().markdown()),
            ("happenings", self.happenings.markdown()),
            ("event_bounds", self.event_exam.bounds()),
            ("event_wrong", self.event_exam.wrong().markdown()),
            ("event_missed", self.event_exam.missed().markdown()),
            ("false_folds", self.false_folds()),
            ("missed", self.missed()),
        ];
        fill(TEMPLATE, &figures)
    }

    fn orders(&self) -> Table {
        exam::orders(&[("", &self.exams[0]), (", one outlet", &self.equal)])
    }

    fn compared_events(&self) -> Vec<Events> {
        let outcomes = self.seed_exams[0].outcomes.iter();
        outcomes.map(|outcome| self.seeds.compare_events(&outcome.run)).collect()
    }

    fn events(&self) -> Table {
        let mut cells = Table::new(&["order", "right", "wrong", "missed", "precision", "recall"]);
        let all = self.compared_events();
        let (fixed, shuffles) = all.split_at(2);
        let worst = shuffles.iter().min_by(|a, b| a.recall().total_cmp(&b.recall()));
        let best = shuffles.iter().max_by(|a, b| a.recall().total_cmp(&b.recall()));
        let names =
            ["file order", "reversed", "shuffle with the lowest recall", "with the highest"];
        for (name, events) in names.into_iter().zip(fixed.iter().chain(worst).chain(best)) {
            let counts = [events.found.len(), events.wrong.len(), events.missed.len()];
            let shares = [events.precision(), events.recall()].map(decimals);
            let row = counts.iter().map(usize::to_string).chain(shares);
            cells.row([name.to_owned()].into_iter().chain(row));
        }
        cells
    }

    fn missed_events(&self) -> String {
        let all = self.compared_events();
        let wrong: usize = all.iter().map(|events| events.wrong.len()).sum();
        let missed = &all[0].missed;
        let pairs: Vec<String> = missed.iter().map(|(a, b)| format!("`{a}` and `{b}`")).collect();
        match pairs.as_slice() {
            [] => {
                format!("None is missed in file order; {wrong} are wrong in all orders together.")
            }
            pairs => format!(
                "Missed in file order: {}. Wrong in all orders together: {wrong}.",
                pairs.join(", ")
            ),
        }
    }

    fn false_folds(&self) -> String {
        let orders = self.exams[0].orders.len();
        let folds = self.exams[0].false_folds(&self.generated);
        if folds.is_empty() {
            return format!(
                "None, in any of the {orders} orders with each document at its own outlet."
            );
        }
        format!(
            "\"Times\" counts a pair once for each of the {orders} orders that folded it.\n\n{}\n{WHY_FALSE}",
            self.worst_kinds(&folds).markdown()
        )
    }

    fn missed(&self) -> String {
        let orders = self.exams[0].orders.len();
        let missed = self.exams[0].missed(&self.generated);
        if missed.is_empty() {
            return format!("None, in any of the {orders} orders.");
        }
        let mut said = format!(
            "The worst kinds. \"Times\" counts a pair once for each of the {orders} orders that \
             missed it.\n\n{}",
            self.worst_kinds(&missed).markdown()
        );
        said += "\nThe worst pairs: those missed in most orders first, then the most similar. \
            \"Contained\" is the share of the later text that is in the earlier one, \"containing\" \
            the reverse. The first figure is that of the two texts alone. The second is that at the \
            arrival of the later one, without its outlet's boilerplate.\n\n";
        said += &exam::worst_missed(&self.generated, &self.exams[0], WORST_PAIRS).markdown();
        said += &format!("\n{WHY_MISSED}");
        said
    }

    /// The kinds with the most pairs. A pair counts once for each order.
    fn worst_kinds(&self, wrong: &BTreeMap<String, BTreeMap<Pair, usize>>) -> Table {
        let mut kinds: Vec<(&String, &BTreeMap<Pair, usize>)> = wrong.iter().collect();
        let times = |pairs: &BTreeMap<Pair, usize>| pairs.values().sum::<usize>();
        kinds.sort_by_key(|(kind, pairs)| (std::cmp::Reverse(times(pairs)), *kind));
        let mut cells = Table::new(&["kind", "pairs", "times", "for example"]);
        for (kind, pairs) in kinds.iter().take(WORST_KINDS) {
            let counts = [pairs.len(), times(pairs)].map(|count| count.to_string());
            let row = [format!("`{kind}`")].into_iter().chain(counts);
            cells.row(row.chain([examples(&self.generated, pairs)]));
        }
        cells
    }
}

/// The pairs of a kind that were wrong most often.
fn examples(set: &LabelledSet, pairs: &BTreeMap<Pair, usize>) -> String {
    let mut often: Vec<(&Pair, &usize)> = pairs.iter().collect();
    often.sort_by_key(|(pair, count)| (std::cmp::Reverse(**count), **pair));
    let names = often.iter().take(EXAMPLES).map(|((a, b), count)| {
        format!("`{}` and `{}` ({count})", set.docs[*a].id, set.docs[*b].id)
    });
    names.collect::<Vec<String>>().join(", ")
}

/// The number of documents of the generated set by the kind in their ids.
fn kinds_of_documents(set: &LabelledSet) -> Table {
    let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for doc in &set.docs {
        let words = wirefold_text::Text::new(&doc.text).words().len();
        kinds.entry(doc.kind()).or_default().push(words);
    }
    let mut cells = Table::new(&["documents", "count", "fewest words", "mean", "most"]);
    for (kind, words) in &kinds {
        let mean = words.iter().sum::<usize>() / words.len();
        let (least, most) = (words.iter().min(), words.iter().max());
        let figures = [Some(&words.len()), least, Some(&mean), most];
        let figures = figures.into_iter().flatten().map(usize::to_string);
        cells.row([(*kind).to_owned()].into_iter().chain(figures));
    }
    cells
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
        let seeds = Seeds { set: LabelledSet::default(), labels: Vec::new() };
        let document = Card::new(generated, seeds, Others::default(), 60)
            .document(String::new(), String::new());
        assert!(!document.contains(['{', '}']), "{document}");
        assert!(document.contains("None, in any of the 12 orders with each document"));
    }
}
