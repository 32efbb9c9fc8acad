//! `cargo xtask audit`: checks the packages of others in the binary: their origin, their licence, and the
//! advisories about them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::Context as _;

mod licence;
mod packages;
pub(crate) mod sbom;

use packages::Package;

use crate::program_output::{commit_time, host};
use crate::table::Table;
use crate::tree;

/// The arguments of `audit`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write the packages of the binary there, as a CycloneDX document.
    #[arg(long, value_name = "FILE")]
    sbom: Option<PathBuf>,
    /// The target that the binary is built for; this machine's by default.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
    /// Fail where something could not be examined: for a release.
    #[arg(long)]
    release: bool,
}

/// The result of a check.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed(String),
    Failed(String),
    /// A tool or file that the check needs is missing.
    NotExamined(String),
}

/// The lists of `deny.toml`.
#[derive(Debug, Default)]
struct Policy {
    licences: BTreeSet<String>,
    registries: BTreeSet<String>,
}

/// Runs the checks, prints their table, and writes the document.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let root = tree::root();
    let target = arguments.target.clone().map_or_else(host, Ok)?;
    let shipped = packages::shipped(&root, &target)?;
    let policy = Policy::read(&root)?;
    let checks = [
        ("licences", licences(&shipped, &policy)),
        ("sources", sources(&shipped, &policy)),
        ("cargo-deny", deny(&root, &["bans", "licenses", "sources"])?),
        ("advisories", deny(&root, &["advisories"])?),
    ];
    let mut table = Table::new(&["check", "outcome", "of"]);
    for (name, outcome) in &checks {
        table.row([*name, outcome.word(), outcome.detail()]);
    }
    let mut out = io::stdout();
    writeln!(out, "{table}")?;
    if let Some(file) = &arguments.sbom {
        let document = sbom::document(&shipped, &target, &commit_time(&root)?)?;
        fs::write(file, document).with_context(|| file.display().to_string())?;
        writeln!(out, "{} packages: {}", shipped.len(), file.display())?;
    }
    let examined_all = !checks.iter().any(|(_, it)| matches!(it, Outcome::NotExamined(_)));
    if !examined_all {
        writeln!(out, "NOT EVERYTHING WAS EXAMINED: see above. `--release` fails here.")?;
    }
    Ok(match is_good(checks.iter().map(|(_, outcome)| outcome), arguments.release) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Whether nothing failed, and for a release nothing was left out.
fn is_good<'a>(mut outcomes: impl Iterator<Item = &'a Outcome>, is_release: bool) -> bool {
    outcomes.all(|outcome| match outcome {
        Outcome::Passed(_) => true,
        Outcome::Failed(_) => false,
        Outcome::NotExamined(_) => !is_release,
    })
}

impl Outcome {
    /// Passed if there are no faults.
    fn of(faults: &[String], all: usize) -> Self {
        match faults.is_empty() {
            true => Self::Passed(format!("{all} packages")),
            false => Self::Failed(faults.join("; ")),
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Passed(_) => "passed",
            Self::Failed(_) => "FAILED",
            Self::NotExamined(_) => "NOT EXAMINED",
        }
    }

    fn detail(&self) -> &str {
        let (Self::Passed(told) | Self::Failed(told) | Self::NotExamined(told)) = self;
        told
    }
}

impl Policy {
    fn read(root: &Path) -> anyhow::Result<Self> {
        let deny: toml::Table = fs::read_to_string(root.join("deny.toml"))?.parse()?;
        let list = |table: &str, key: &str| -> anyhow::Result<BTreeSet<String>> {
            let list = deny.get(table).and_then(|it| it.get(key)).and_then(toml::Value::as_array);
            let list = list.with_context(|| format!("deny.toml has no {table}.{key}"))?;
            Ok(list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect())
        };
        Ok(Self {
            licences: list("licenses", "allow")?,
            registries: list("sources", "allow-registry")?,
        })
    }
}

/// Checks that each package has a licence that `deny.toml` allows.
fn licences(shipped: &[Package], policy: &Policy) -> Outcome {
    let is_refused = |it: &&Package| !licence::is_allowed(&it.licence, &policy.licences);
    let faults = shipped.iter().filter(is_refused);
    let told = faults.map(|it| format!("{} {}: {:?}", it.name, it.version, it.licence));
    Outcome::of(&told.collect::<Vec<_>>(), shipped.len())
}

/// Checks that each package of others comes from a registry that `deny.toml` allows, with the checksum of the
/// lock file.
fn sources(shipped: &[Package], policy: &Policy) -> Outcome {
    let is_from_elsewhere = |it: &&Package| match &it.source {
        None => false,
        Some(source) => {
            let registry = source.strip_prefix("registry+").unwrap_or_default();
            it.checksum.is_none() || !policy.registries.contains(registry)
        }
    };
    let faults = shipped.iter().filter(is_from_elsewhere);
    let told = faults.map(|it| format!("{} {}: {:?}", it.name, it.version, it.source));
    Outcome::of(&told.collect::<Vec<_>>(), shipped.len())
}

/// Runs cargo-deny, if it is installed.
fn deny(root: &Path, checks: &[&str]) -> anyhow::Result<Outcome> {
    let cargo = || {
        let mut cargo = Command::new("cargo");
        cargo.arg("deny").current_dir(root);
        cargo
    };
    if !cargo().arg("--version").output()?.status.success() {
        let why = "cargo-deny is not installed: `cargo install --locked cargo-deny`";
        return Ok(Outcome::NotExamined(why.to_owned()));
    }
    let passed =
        cargo().args(["--workspace", "--locked", "check"]).args(checks).status()?.success();
    Ok(match passed {
        true => Outcome::Passed(checks.join(", ")),
        false => Outcome::Failed(format!("{}: see above", checks.join(", "))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(licence: &str, source: Option<&str>, checksum: Option<&str>) -> Package {
        Package {
            licence: licence.to_owned(),
            source: source.map(str::to_owned),
            checksum: checksum.map(str::to_owned),
            ..Package::default()
        }
    }

    fn policy() -> Policy {
        let set = |item: &str| BTreeSet::from([item.to_owned()]);
        Policy { licences: set("MIT"), registries: set("https://index.example") }
    }

    #[test]
    fn the_packages_of_the_binary_are_allowed() {
        let root = tree::root();
        let shipped = packages::shipped(&root, &host().unwrap()).unwrap();
        let policy = Policy::read(&root).unwrap();
        for outcome in [licences(&shipped, &policy), sources(&shipped, &policy)] {
            assert!(matches!(outcome, Outcome::Passed(_)), "{outcome:?}");
        }
    }

    #[test]
    fn a_strange_licence_or_source_fails() {
        let index = Some("registry+https://index.example");
        for licence in ["GPL-3.0-only", ""] {
            let strange = [package(licence, index, Some("0a"))];
            assert!(matches!(licences(&strange, &policy()), Outcome::Failed(_)));
        }
        let bad = [
            package("MIT", Some("git+https://index.example"), Some("0a")),
            package("MIT", Some("registry+https://other.example"), Some("0a")),
            package("MIT", index, None),
        ];
        for strange in bad {
            assert!(matches!(sources(&[strange], &policy()), Outcome::Failed(_)));
        }
        let good = [package("MIT", index, Some("0a")), package("MIT", None, None)];
        assert!(matches!(sources(&good, &policy()), Outcome::Passed(_)));
    }

    #[test]
    fn a_release_needs_all_of_it() {
        let outcomes = [Outcome::Passed(String::new()), Outcome::NotExamined(String::new())];
        assert!(is_good(outcomes.iter(), false) && !is_good(outcomes.iter(), true));
        assert!(!is_good([Outcome::Failed(String::new())].iter(), false));
    }
}
