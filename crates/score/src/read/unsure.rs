//! Pairs of which nobody is sure whether they belong together.

use std::collections::{BTreeSet, HashMap};

use super::{Problem, pair_of};
use crate::pairs::Pair;

/// Reads pairs of articles, two ids a line, parted by a tab or a comma, with a head `a b` or without;
/// what else a line has is passed over. What could not be used comes beside them.
#[must_use]
pub fn unsure(text: &str, numbers: &HashMap<&str, usize>) -> (BTreeSet<Pair>, Vec<Problem>) {
    let (mut pairs, mut problems) = (BTreeSet::new(), Vec::new());
    let lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    for (written, line) in lines.filter(|(written, _)| !written.trim().is_empty()) {
        let mut fields = written.split(['\t', ',']).map(str::trim);
        let (a, b) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        if line == 1 && (a, b) == ("a", "b") {
            continue;
        }
        match pair_of((a, b), numbers) {
            Ok(pair) => {
                pairs.insert(pair);
            }
            Err(what) => problems.push(Problem { line, what }),
        }
    }
    (pairs, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_ids_a_line_and_every_other_line_is_named() {
        let numbers = ["x", "y", "z"].into_iter().zip(0..).collect();
        let (pairs, problems) = unsure("a\tb\ny\tx\n\nz,x,why\nx\tx\nx\tw\nx\n", &numbers);
        assert_eq!(pairs, BTreeSet::from([(0, 1), (0, 2)]));
        let told: Vec<(usize, &str)> = problems.iter().map(|p| (p.line, &*p.what)).collect();
        let expected = [(5, "\"x\" with itself"), (6, "no article \"w\""), (7, "no article \"\"")];
        assert_eq!(told, expected);
    }
}
