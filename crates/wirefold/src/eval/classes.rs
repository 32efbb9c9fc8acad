//! Counts all errors by the rule that put two articles together or kept them apart.

use std::collections::BTreeMap;

use serde::Serialize;
use wirefold_dedup::Rule;
use wirefold_score::{Labels, Pair};

use super::By;
use super::judged::Judged;

/// The largest number of wrong pairs of a kind that is counted. A false story of n members has n²/2 of them.
const COUNTED: usize = 100_000;

/// The number of errors of one class.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct ClassCount {
    /// The rule's name.
    pub(super) class: &'static str,
    /// Pairs that are together and should not be.
    #[serde(rename = "false")]
    pub(super) wrong: usize,
    /// Pairs that are apart and should be together.
    pub(super) missed: usize,
    /// The rule in words.
    pub(super) in_words: &'static str,
}

/// The classes of the errors of stories, the largest first. Empty for events.
pub(super) fn classes(labels: &Labels, judged: &Judged<'_>) -> Vec<ClassCount> {
    if judged.by != By::Story {
        return Vec::new();
    }
    let mut counts: BTreeMap<Rule, (usize, usize)> = BTreeMap::new();
    let rule_of = |pair: Pair| judged.class(judged.in_order(pair));
    let false_folds = labels.false_folds(judged.scored_groups(), COUNTED);
    for rule in false_folds.into_iter().filter_map(rule_of) {
        counts.entry(rule).or_default().0 += 1;
    }
    let misses = labels.missed(judged.scored_groups(), COUNTED);
    for rule in misses.into_iter().filter_map(|(pair, _)| rule_of(pair)) {
        counts.entry(rule).or_default().1 += 1;
    }
    let count = |(rule, (wrong, missed)): (Rule, (usize, usize))| ClassCount {
        class: rule.name(),
        wrong,
        missed,
        in_words: rule.words(),
    };
    let mut classes: Vec<ClassCount> = counts.into_iter().map(count).collect();
    classes.sort_by_key(|class| std::cmp::Reverse(class.wrong + class.missed));
    classes
}
