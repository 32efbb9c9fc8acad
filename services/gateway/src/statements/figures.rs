//! The figures of an event, value by value.
//!
//! Of each article the first figure of a kind counts, because news gives its own count before past ones. The
//! newest value is the one that came up last. Another value contradicts it if both cannot be true: `more than
//! 20` and `28` can, `at least 14` and `41` cannot. A value that only appeared before the newest one does not
//! contradict it: the count grew.

use std::collections::BTreeMap;

use wirefold_proto::{Figure, FigureRole, Qualifier};

use super::{InStory, MOST_CARRIERS, outlets_and_texts};
use crate::shapes::{Carrier, FigureRecord, FigureStanding, FigureValue};

/// The tolerance of `about` and `nearly`, as a share.
const ABOUT: f64 = 0.1;
/// `At least 14` allows up to this many times the value. Nobody writes it for a count of 41.
const AT_LEAST: f64 = 2.0;
/// The unit of figures without one: people.
const PEOPLE: &str = "people";
/// The most values of one kind that are listed, the newest ones.
const MOST_VALUES: usize = 20;

/// The subject of a figure: the event that happened to those counted, and the unit if it is not people.
type Kind<'a> = (FigureRole, Option<&'a str>);

/// The figures of these articles, grouped by what they count.
pub(super) fn records(articles: &[InStory]) -> Vec<FigureRecord> {
    let mut kinds: BTreeMap<Kind<'_>, Vec<(usize, &Figure)>> = BTreeMap::new();
    // The first figure of a digest may be of another event.
    let is_digest = |article: &InStory| !article.1.verdict.holds.is_empty();
    for (at, (_, article)) in articles.iter().enumerate().filter(|(_, it)| !is_digest(it)) {
        for figure in &article.findings.numbers {
            let Some(role) = figure.role else { continue };
            let unit = figure.unit.as_deref().filter(|unit| *unit != PEOPLE);
            let of_kind = kinds.entry((role, unit)).or_default();
            if of_kind.last().is_none_or(|(before, _)| *before != at) {
                of_kind.push((at, figure));
            }
        }
    }
    kinds.into_iter().map(|((role, unit), told)| record(role, unit, &told, articles)).collect()
}

/// One value and the articles that give it, in order.
struct Value<'a> {
    figure: &'a Figure,
    places: Vec<usize>,
}

fn record(
    role: FigureRole,
    unit: Option<&str>,
    told: &[(usize, &Figure)],
    articles: &[InStory],
) -> FigureRecord {
    let mut values: Vec<Value<'_>> = Vec::new();
    for (at, figure) in told {
        match values.iter_mut().find(|value| is_same(value.figure, figure)) {
            Some(value) => value.places.push(*at),
            None => values.push(Value { figure, places: vec![*at] }),
        }
    }
    // In the order in which they were first seen.
    values.reverse();
    let newest = values.first().map(|value| (bounds(value.figure), value.places[0]));
    values.truncate(MOST_VALUES);
    let values: Vec<FigureValue> =
        values.iter().map(|value| told_value(value, newest, articles)).collect();
    let contradicted = values.iter().any(|value| value.standing == FigureStanding::StillTold);
    FigureRecord { role, unit: unit.map(str::to_owned), contradicted, values }
}

fn told_value(
    value: &Value<'_>,
    newest: Option<((f64, f64), usize)>,
    articles: &[InStory],
) -> FigureValue {
    let (first, last) = (value.places[0], value.places[value.places.len() - 1]);
    let standing = match newest {
        Some((_, since)) if since == first => FigureStanding::Newest,
        Some((bounds_of, _)) if can_both_be(bounds(value.figure), bounds_of) => {
            FigureStanding::Compatible
        }
        Some((_, since)) if last > since => FigureStanding::StillTold,
        _ => FigureStanding::Earlier,
    };
    let carrier = |at: usize| articles[at].1.carrier(articles[at].0);
    let carriers: Vec<Carrier> =
        value.places.iter().take(MOST_CARRIERS).map(|at| carrier(*at)).collect();
    let (outlets, texts) = outlets_and_texts(value.places.iter().map(|at| &articles[*at]));
    let Figure { value: number, value_to, qualifier, words, .. } = value.figure.clone();
    FigureValue {
        value: number,
        value_to,
        qualifier,
        words,
        standing,
        first: carrier(first),
        last_seen: articles[last].1.article.seen,
        outlets,
        texts,
        carriers,
    }
}

fn is_same(one: &Figure, other: &Figure) -> bool {
    (&one.value, &one.value_to, one.qualifier) == (&other.value, &other.value_to, other.qualifier)
}

/// The smallest and the largest number that a figure allows.
fn bounds(figure: &Figure) -> (f64, f64) {
    let value = figure.value.as_f64().unwrap_or(f64::NAN);
    let to = figure.value_to.as_ref().and_then(serde_json::Number::as_f64).unwrap_or(value);
    match figure.qualifier {
        None => (value, to),
        Some(Qualifier::AtLeast | Qualifier::MoreThan) => (value, AT_LEAST * to.abs()),
        Some(Qualifier::UpTo | Qualifier::LessThan) => (f64::NEG_INFINITY, to),
        Some(Qualifier::About) => (value - value.abs() * ABOUT, to + to.abs() * ABOUT),
        Some(Qualifier::Nearly) => (value - value.abs() * ABOUT, to),
    }
}

fn can_both_be(one: (f64, f64), other: (f64, f64)) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}
