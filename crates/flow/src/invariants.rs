//! The invariants of a pipeline: conservation, an unbroken chain, the same decisions. Tests check them. An error says in
//! words what does not hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::message::{Stored, parse_reference};
use crate::writer::INPUT;

/// Checks that each accepted id is exactly once in the output or among the dead letters.
///
/// # Errors
/// The first id that is not.
pub fn conservation<'a>(
    accepted: impl IntoIterator<Item = &'a str>,
    output: impl IntoIterator<Item = &'a str>,
    dead: impl IntoIterator<Item = &'a str>,
) -> Result<(), String> {
    let accepted: BTreeSet<&str> = accepted.into_iter().collect();
    let mut missing = accepted.clone();
    for id in output.into_iter().chain(dead) {
        if !accepted.contains(id) {
            return Err(format!("{id} came from nowhere"));
        }
        if !missing.remove(id) {
            return Err(format!("{id} is there twice"));
        }
    }
    match missing.first() {
        Some(lost) => Err(format!("{lost} is lost")),
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
) -> Result<(), String> {
    let named = decisions.iter().filter_map(|d| d.headers.get(INPUT).and_then(parse_reference));
    let mut expected = (1..=inputs).filter(|sequence| !dead.contains(sequence));
    let mut last = 0;
    let hole = |at: u64| Err(format!("there is no decision on {stream}/{at}"));
    for (_, sequence) in named.filter(|(found, _)| *found == stream) {
        if sequence == last {
            return Err(format!("{stream}/{sequence} is there twice"));
        }
        if sequence < last {
            return Err(format!("the decision on {stream}/{sequence} is out of order"));
        }
        match expected.next() {
            Some(next) if next == sequence => last = sequence,
            Some(next) => return hole(next),
            None => return Err(format!("{stream}/{sequence} came from nowhere")),
        }
    }
    match expected.next() {
        Some(next) => hole(next),
        None => Ok(()),
    }
}

/// Checks that the decision on each input is that of an undisturbed run.
///
/// # Errors
/// The first input on which they differ.
pub fn same_decisions(decisions: &[Stored], undisturbed: &[Stored]) -> Result<(), String> {
    let by_input = |records: &'_ [Stored]| -> BTreeMap<String, bytes::Bytes> {
        let named = records.iter().filter_map(|record| {
            Some((record.headers.get(INPUT)?.to_owned(), record.body.clone()))
        });
        named.collect()
    };
    let (ours, theirs) = (by_input(decisions), by_input(undisturbed));
    let differs = |input: &&String| ours.get(*input) != theirs.get(*input);
    match ours.keys().chain(theirs.keys()).find(differs) {
        Some(input) => Err(format!("another decision on {input} than in an undisturbed run")),
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
        assert_eq!(check(&["b"], &[]), Err("a is lost".to_owned()));
        assert_eq!(check(&["a", "b"], &["a"]), Err("a is there twice".to_owned()));
        assert_eq!(check(&["a", "c"], &["b"]), Err("c came from nowhere".to_owned()));
    }

    #[test]
    fn reports_holes_repetitions_and_wrong_order() {
        let check = |inputs: &[(&str, &'static str)]| {
            unbroken_chain(&decisions(inputs), "IN", 4, &BTreeSet::from([3]))
        };
        let [one, two, three, four] = ["IN/1", "IN/2", "IN/3", "IN/4"].map(|input| (input, ""));
        let other = ("CONTROL/9", "");
        assert_eq!(check(&[one, other, two, four]), Ok(()));
        assert_eq!(check(&[one, four]), Err("there is no decision on IN/2".to_owned()));
        assert_eq!(check(&[one, two]), Err("there is no decision on IN/4".to_owned()));
        assert_eq!(check(&[one, one, two]), Err("IN/1 is there twice".to_owned()));
        assert_eq!(check(&[one, two, one]), Err("the decision on IN/1 is out of order".to_owned()));
        assert_eq!(check(&[one, two, three]), Err("there is no decision on IN/4".to_owned()));
    }

    #[test]
    fn reports_different_decisions() {
        let undisturbed = decisions(&[("IN/1", "x"), ("IN/2", "y")]);
        assert_eq!(same_decisions(&undisturbed, &undisturbed), Ok(()));
        for disturbed in [&[("IN/1", "x"), ("IN/2", "z")][..], &[("IN/1", "x")]] {
            let found = same_decisions(&decisions(disturbed), &undisturbed);
            assert_eq!(
                found,
                Err("another decision on IN/2 than in an undisturbed run".to_owned())
            );
        }
    }
}
