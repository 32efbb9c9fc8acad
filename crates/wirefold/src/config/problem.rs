//! Mistakes in the configuration. Each message names the place and says how to mend it.

use thiserror::Error;

use super::origin::Origin;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {what}", .at.pointed())]
pub(crate) struct Problem {
    /// Where it stands.
    pub(crate) at: Origin,
    /// What is wrong there, and what to write instead.
    pub(crate) what: String,
}

impl Problem {
    pub(super) fn new(at: Origin, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// The configuration cannot be used. The exit code of a command that meets it is 2.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", in_lines(.problems))]
pub(crate) struct ConfigError {
    /// Every mistake that was found; at least one.
    pub(crate) problems: Vec<Problem>,
}

impl ConfigError {
    /// The mistakes in the order in which they stand in files, the rest after them.
    pub(super) fn new(mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| match &problem.at {
            Origin::File(place) => (0, place.line, place.column),
            _ => (1, 0, 0),
        });
        Self { problems }
    }
}

fn in_lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

/// The known name that a mistyped one is nearest to, if any is near.
pub(super) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let likeness = |name: &str| strsim::damerau_levenshtein(&typed, name);
    let (name, distance) = known.map(|name| (name, likeness(name))).min_by_key(|(_, d)| *d)?;
    (distance <= 1 + typed.chars().count() / 4).then_some(name)
}

/// ` … ; did you mean "listen"?`, or all the names there are.
pub(crate) fn suggestion(typed: &str, known: &[&str]) -> String {
    match nearest(typed, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known are {}", names.join(", "))
        }
    }
}
