//! Scores: pairs with the same story against the labels.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;

use super::set::{Label, LabelledSet};

/// Pairs right and wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Score {
    pub(crate) found: usize,
    pub(crate) false_folds: usize,
    pub(crate) missed: usize,
}

impl Score {
    pub(crate) fn precision(self) -> f64 {
        ratio(self.found, self.found + self.false_folds)
    }

    pub(crate) fn recall(self) -> f64 {
        ratio(self.found, self.found + self.missed)
    }

    pub(crate) fn f1(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

/// Pairs with the same story: R pairs are positive, P pairs ignored, all others negative.
pub(crate) fn score(set: &LabelledSet, stories: &[usize]) -> Score {
    let mut score = Score::default();
    for (a, b) in folded(stories) {
        match set.labels.get(&(a, b)) {
            Some((Label::Reprint, _)) => score.found += 1,
            Some((Label::Partial, _)) => {}
            None => score.false_folds += 1,
        }
    }
    let positive = set.labels.values().filter(|(label, _)| *label == Label::Reprint).count();
    score.missed = positive - score.found;
    score
}

/// All pairs with the same story, the smaller number first.
fn folded(stories: &[usize]) -> Vec<(usize, usize)> {
    let mut members: HashMap<usize, Vec<usize>> = HashMap::new();
    for (doc, story) in stories.iter().enumerate() {
        members.entry(*story).or_default().push(doc);
    }
    let mut pairs = Vec::new();
    for docs in members.values() {
        for (at, a) in docs.iter().enumerate() {
            pairs.extend(docs[at + 1..].iter().map(|b| (*a, *b)));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// Prints what is wrong, by kind.
pub(crate) fn errors(set: &LabelledSet, stories: &[usize], out: &mut impl Write) -> std::io::Result<()> {
    let mut missed: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    for ((a, b), (label, kind)) in &set.labels {
        if *label == Label::Reprint && stories[*a] != stories[*b] {
            let entry = missed.entry(kind).or_default();
            entry.0 += 1;
            if entry.1.len() < 3 { entry.1.push(format!("{}-{}", set.docs[*a].id, set.docs[*b].id)); }
        }
    }
    for (kind, (count, examples)) in missed {
        writeln!(out, "  missed {kind}: {count} {examples:?}")?;
    }
    for (a, b) in folded(stories).into_iter().filter(|pair| !set.labels.contains_key(pair)).take(20) {
        writeln!(out, "  false {} {}", set.docs[a].id, set.docs[b].id)?;
    }
    Ok(())
}
