//! Measures the rules: errors by class, and the contribution of each rule.

use std::collections::BTreeMap;

use wirefold_dedup::{Ablation, Rule, Settings};
use wirefold_score::{Label, Order, Pair};

use super::method::{passages, passages_with_verdicts};
use super::pair_counts::PairCounts;
use super::parallel::side_by_side;
use super::set::LabelledSet;
use super::tables::Cells;

/// Errors at arrival by class for each set: wrongly together, and wrongly apart.
pub(super) fn classes(sets: &[LabelledSet]) -> Cells {
    let counted: Vec<BTreeMap<Rule, [usize; 2]>> = sets.iter().map(errors).collect();
    let mut cells = Cells::new(&head("class", sets));
    for rule in Rule::ALL.into_iter().filter(|rule| counted.iter().any(|of| of.contains_key(rule)))
    {
        let of = |counts: &BTreeMap<Rule, [usize; 2]>| match counts.get(&rule) {
            Some([wrong, missed]) => format!("{wrong} / {missed}"),
            None => "–".to_owned(),
        };
        let name = format!("`{}`: {}", rule.name(), rule.words());
        cells.row([name].into_iter().chain(counted.iter().map(of)));
    }
    cells
}

fn errors(set: &LabelledSet) -> BTreeMap<Rule, [usize; 2]> {
    let (run, verdicts) =
        passages_with_verdicts(set, &Order::File.of(set.docs.len()), Settings::default());
    let mut counts: BTreeMap<Rule, [usize; 2]> = BTreeMap::new();
    let mut count = |(a, b): Pair, is_one: bool| {
        // In file order the number of a document is its number of arrival.
        let rule = Rule::between(&verdicts[a.max(b)], &verdicts[a.min(b)], is_one);
        counts.entry(rule).or_default()[usize::from(!is_one)] += 1;
    };
    let stories = &run.at_arrival;
    for pair in set.labels.false_folds(stories, usize::MAX) {
        count(pair, true);
    }
    for ((a, b), (label, _)) in &set.labels.0 {
        if *label == Label::Reprint && stories[*a] != stories[*b] {
            count((*a, *b), false);
        }
    }
    counts
}

/// Right, false and missed pairs at arrival with one rule switched off, for each set.
pub(super) fn contributions(sets: &[LabelledSet]) -> Cells {
    let mut cells = Cells::new(&head("left out", sets));
    let row = |without: &Option<Ablation>| -> Vec<String> {
        let of = |set: &LabelledSet| {
            let settings = Settings { without: *without, ..Settings::default() };
            let run = passages(set, &Order::File.of(set.docs.len()), settings);
            let PairCounts { right, wrong, missed } =
                PairCounts::of(set, &run.at_arrival, |_| true);
            format!("{right} / {wrong} / {missed}")
        };
        let name = without.map_or("nothing", Ablation::words).to_owned();
        [name].into_iter().chain(sets.iter().map(of)).collect()
    };
    let switches: Vec<_> = [None].into_iter().chain(Ablation::OF_STORIES.map(Some)).collect();
    side_by_side(&switches, row).into_iter().for_each(|row| cells.row(row));
    cells
}

fn head<'a>(first: &'a str, sets: &'a [LabelledSet]) -> Vec<&'a str> {
    [first].into_iter().chain(sets.iter().map(|set| set.name.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::accuracy::set::Doc;

    fn set() -> LabelledSet {
        let words = |seed: usize, count: usize| -> String {
            (0..count).map(|at| format!("w{} ", (seed * 1_000 + at * 7) % 9_973)).collect()
        };
        let page = |at: usize| Doc {
            id: at.to_string(),
            outlet: Some("a.example".to_owned()),
            title: Some(format!("x{at} y{at} z{at}")),
            text: format!("{}.\n{}.", words(at + 2, 30), words(1, 115)),
            ..Doc::default()
        };
        let mut set = LabelledSet { name: "pages".to_owned(), ..LabelledSet::default() };
        set.docs = (0..2).map(page).collect();
        set
    }

    #[test]
    fn a_rule_left_out_shows_in_its_row_alone() {
        let table = contributions(&[set()]).markdown();
        let row = |name: &str| {
            let found = table.lines().find(|line| line.contains(name));
            found.unwrap_or_else(|| panic!("{name}\n{table}")).to_owned()
        };
        assert!(row("nothing").ends_with("| 0 / 0 / 0 |"), "{table}");
        assert!(row("need an article in common").ends_with("| 0 / 1 / 0 |"), "{table}");
        assert_eq!(table.matches("0 / 1 / 0").count(), 1, "{table}");
    }

    #[test]
    fn a_miss_is_counted_under_the_rule_that_kept_the_two_apart() {
        let mut missed = set();
        missed.labels.0.insert((0, 1), (Label::Reprint, String::new()));
        let table = classes(&[missed]).markdown();
        assert!(table.contains("| `page_chrome`: "), "{table}");
        assert!(table.trim_end().ends_with("| 0 / 1 |"), "{table}");
        assert_eq!(classes(&[set()]).markdown().lines().count(), 2, "no error, no row");
    }
}
