//! Unsure pairs: it is not certain whether they belong together.

use std::collections::{BTreeSet, HashMap};

use super::{Problem, pair_of};
use crate::pairs::Pair;

/// Reads pairs of articles: two ids per line, separated by a tab or a comma, with or without a
/// header `a b`. The rest of a line is ignored. Returns also the lines that could not be used.
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
    fn reads_two_ids_per_line_and_reports_other_lines() {
        let numbers = ["x", "y", "z"].into_iter().zip(0..).collect();
        let (pairs, problems) = unsure("a\tb\ny\tx\n\nz,x,why\nx\tx\nx\tw\nx\n", &numbers);
        assert_eq!(pairs, BTreeSet::from([(0, 1), (0, 2)]));
        let found: Vec<(usize, &str)> = problems.iter().map(|p| (p.line, &*p.what)).collect();
        let expected = [(5, "\"x\" with itself"), (6, "no article \"w\""), (7, "no article \"\"")];
        assert_eq!(found, expected);
    }
}
