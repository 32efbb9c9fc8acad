//! The central case: two copies of one wire text with other openings, and three separately written texts on
//! the same event that share quotations with them.

use std::collections::BTreeSet;

use wirefold_fold::{Class, CopyKind};

use super::orders;
use super::stream::{Article, Judged, folds};

/// A share of this or more would be copying. Shared quotations are not copying: their words weigh little.
pub(super) const NEXT_TO_NOTHING: f64 = 0.06;

/// Judges five articles in all 120 orders and returns the results. Checks that in each order the two copies
/// fold and nothing else does.
#[track_caller]
pub(super) fn in_all_orders(articles: &[Article], copies: (usize, usize)) -> Vec<Judged> {
    let outcomes: Vec<Judged> =
        orders::all(articles.len()).iter().map(|order| Judged::new(articles, order)).collect();
    assert_eq!(outcomes.len(), 120);
    outcomes.iter().for_each(|judged| check_stories(judged, copies));
    outcomes
}

/// Fails unless all are one event at the end.
#[track_caller]
pub(super) fn check_one_event(outcomes: &[Judged]) {
    for judged in outcomes {
        for (number, line) in judged.at_end.iter().enumerate() {
            assert_eq!(line.event, judged.order[0], "{number} in order {:?}", judged.order);
        }
    }
}

#[track_caller]
fn check_stories(judged: &Judged, copies: (usize, usize)) {
    let order = &judged.order;
    for lines in [&judged.arrival, &judged.at_end] {
        assert_eq!(folds(lines), BTreeSet::from([copies]), "order {order:?}");
    }
    let (one, other) = copies;
    let second = if judged.comes_before(one, other) { other } else { one };
    for (number, line) in judged.arrival.iter().enumerate() {
        let verdict = &line.verdict;
        if number == second {
            let reprint = (Class::Copy, Some(CopyKind::Reprint));
            assert_eq!((verdict.class, verdict.kind), reprint, "{number} in order {order:?}");
        } else {
            assert_eq!(line.story, number, "{number} is its own story in order {order:?}");
            assert!(matches!(verdict.class, Class::New | Class::Related), "{verdict:?}");
        }
    }
}

/// Fails if one of these articles shares text with another that is not a quotation.
#[track_caller]
pub(super) fn check_apart(outcomes: &[Judged], are_apart: impl Fn(usize, usize) -> bool) {
    for judged in outcomes {
        for (at, later) in judged.order.iter().enumerate() {
            for earlier in judged.order[..at].iter().filter(|other| are_apart(*later, **other)) {
                let found = judged.evidence(*later, *earlier);
                let most = found
                    .map_or(0.0, |found| found.evidence.contained.max(found.evidence.containing));
                assert!(most < NEXT_TO_NOTHING, "{later} and {earlier}: {found:?}");
            }
        }
    }
}
