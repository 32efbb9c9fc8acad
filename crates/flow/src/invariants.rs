//! The invariants of a pipeline: conservation, an unbroken chain, the same decisions. Tests check them.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::message::{Stored, parse_reference};
use crate::writer::INPUT;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Violation {
    /// Accepted, but neither in the output nor among the dead letters.
    #[error("{0} is lost")]
    Lost(String),
    /// More than once in the output and the dead letters together.
    #[error("{0} is there twice")]
    Twice(String),
    /// In the output or the dead letters, but never accepted.
    #[error("{0} came from nowhere")]
    Unknown(String),
    /// An input without a decision between inputs that have one.
    #[error("there is no decision on {0}")]
    Hole(String),
    /// A decision that follows one on a later input of its stream.
    #[error("the decision on {0} is out of order")]
    OutOfOrder(String),
    /// A decision that differs from that of an undisturbed run.
    #[error("another decision on {0} than in an undisturbed run")]
    Different(String),
}

/// Checks that each accepted id is exactly once in the output or among the dead letters.
///
/// # Errors
/// The first id that is not.
pub fn conservation<'a>(
    accepted: impl IntoIterator<Item = &'a str>,
    output: impl IntoIterator<Item = &'a str>,
    dead: impl IntoIterator<Item = &'a str>,
) -> Result<(), Violation> {
    let accepted: BTreeSet<&str> = accepted.into_iter().collect();
    let mut missing = accepted.clone();
    for id in output.into_iter().chain(dead) {
        if !accepted.contains(id) {
            return Err(Violation::Unknown(id.to_owned()));
        }
        if !missing.remove(id) {
            return Err(Violation::Twice(id.to_owned()));
        }
    }
    match missing.first() {
        Some(lost) => Err(Violation::Lost((*lost).to_owned())),
        None => Ok(()),
    }
}

/// Checks that the decisions name every input of a stream from the first on, once and in order,
/// except those in `dead`. Skips records without an input, such as epochs.
///
/// # Errors
/// The first hole, repetition or step back.
pub fn unbroken_chain(
    decisions: &[Stored],
    stream: &str,
    inputs: u64,
    dead: &BTreeSet<u64>,
) -> Result<(), Violation> {
    let named = decisions.iter().filter_map(|d| d.headers.get(INPUT).and_then(parse_reference));
    let mut expected = (1..=inputs).filter(|sequence| !dead.contains(sequence));
    let mut last = 0;
    let name = |sequence: u64| format!("{stream}/{sequence}");
    for (_, sequence) in named.filter(|(found, _)| *found == stream) {
        if sequence == last {
            return Err(Violation::Twice(name(sequence)));
        }
        if sequence < last {
            return Err(Violation::OutOfOrder(name(sequence)));
        }
        match expected.next() {
            Some(next) if next == sequence => last = sequence,
            Some(next) => return Err(Violation::Hole(name(next))),
            None => return Err(Violation::Unknown(name(sequence))),
        }
    }
    match expected.next() {
        Some(next) => Err(Violation::Hole(name(next))),
        None => Ok(()),
    }
}

/// Checks that the decision on each input is that of an undisturbed run.
///
/// # Errors
/// The first input on which they differ.
pub fn same_decisions(decisions: &[Stored], undisturbed: &[Stored]) -> Result<(), Violation> {
    let by_input = |records: &'_ [Stored]| -> BTreeMap<String, bytes::Bytes> {
        let named = records.iter().filter_map(|record| {
            Some((record.headers.get(INPUT)?.to_owned(), record.body.clone()))
        });
        named.collect()
    };
    let (ours, theirs) = (by_input(decisions), by_input(undisturbed));
    let differs = |input: &&String| ours.get(*input) != theirs.get(*input);
    match ours.keys().chain(theirs.keys()).find(differs) {
        Some(input) => Err(Violation::Different(input.clone())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixMillis;
    use crate::message::Headers;

    fn decisions(inputs: &[(&str, &'static str)]) -> Vec<Stored> {
        let decision = |(index, (input, body)): (usize, &(&str, &'static str))| Stored {
            stream: "OUT".into(),
            sequence: index as u64 + 1,
            at: UnixMillis(0),
            subject: "out".into(),
            id: format!("1-{index}"),
            headers: Headers::from_iter([(INPUT, *input)]),
            body: (*body).into(),
        };
        inputs.iter().enumerate().map(decision).collect()
    }

    #[test]
    fn reports_lost_doubled_and_unknown_ids() {
        let check = |output: &[&'static str], dead: &[&'static str]| {
            conservation(["a", "b"], output.iter().copied(), dead.iter().copied())
        };
        assert_eq!(check(&["b"], &["a"]), Ok(()));
        assert_eq!(check(&["b"], &[]), Err(Violation::Lost("a".into())));
        assert_eq!(check(&["a", "b"], &["a"]), Err(Violation::Twice("a".into())));
        assert_eq!(check(&["a", "c"], &["b"]), Err(Violation::Unknown("c".into())));
    }

    #[test]
    fn reports_holes_repetitions_and_wrong_order() {
        let check = |inputs: &[(&str, &'static str)]| {
            unbroken_chain(&decisions(inputs), "IN", 4, &BTreeSet::from([3]))
        };
        let [one, two, three, four] = ["IN/1", "IN/2", "IN/3", "IN/4"].map(|input| (input, ""));
        let other = ("CONTROL/9", "");
        assert_eq!(check(&[one, other, two, four]), Ok(()));
        assert_eq!(check(&[one, four]), Err(Violation::Hole("IN/2".into())));
        assert_eq!(check(&[one, two]), Err(Violation::Hole("IN/4".into())));
        assert_eq!(check(&[one, one, two]), Err(Violation::Twice("IN/1".into())));
        assert_eq!(check(&[one, two, one]), Err(Violation::OutOfOrder("IN/1".into())));
        assert_eq!(check(&[one, two, three]), Err(Violation::Hole("IN/4".into())));
    }

    #[test]
    fn reports_different_decisions() {
        let undisturbed = decisions(&[("IN/1", "x"), ("IN/2", "y")]);
        assert_eq!(same_decisions(&undisturbed, &undisturbed), Ok(()));
        for disturbed in [&[("IN/1", "x"), ("IN/2", "z")][..], &[("IN/1", "x")]] {
            let found = same_decisions(&decisions(disturbed), &undisturbed);
            assert_eq!(found, Err(Violation::Different("IN/2".into())));
        }
    }
}
