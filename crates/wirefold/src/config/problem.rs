//! Mistakes in the configuration. Each message has the place of the mistake and a correction.

use thiserror::Error;

use super::origin::Origin;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}: {what}", .at.pointed())]
pub(crate) struct Problem {
    /// Its place.
    pub(crate) at: Origin,
    /// The mistake, and what to write instead.
    pub(crate) what: String,
}

impl Problem {
    pub(super) fn new(at: Origin, what: impl Into<String>) -> Self {
        Self { at, what: what.into() }
    }
}

/// The configuration cannot be used. The command ends with exit code 2.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}", in_lines(.problems))]
pub(crate) struct ConfigError {
    /// All mistakes that were found, at least one.
    pub(crate) problems: Vec<Problem>,
}

impl ConfigError {
    /// The mistakes in the order of lines in files, the others after them.
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

/// The known name that is nearest to a mistyped one, if any is near.
pub(super) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&typed, name);
    let (name, distance) = known.map(|name| (name, distance(name))).min_by_key(|(_, d)| *d)?;
    (distance <= 1 + typed.chars().count() / 4).then_some(name)
}

/// ` … ; did you mean "listen"?`, or all known names.
pub(crate) fn suggestion(typed: &str, known: &[&str]) -> String {
    match nearest(typed, known.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
            format!("known are {}", names.join(", "))
        }
    }
}
