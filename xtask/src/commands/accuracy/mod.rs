//! `cargo xtask accuracy`: measures the detector on labelled sets.
//!
//! The data of the repository (a generated set, and `seeds/`) gives `docs/accuracy.md`, the same bytes from
//! the same tree. Results on sets from elsewhere are only printed.

mod card;
mod enrich;
mod events;
mod exam;
mod generated;
mod grouping;
mod happenings;
mod labels;
mod method;
mod pair_counts;
mod parallel;
mod real;
mod rules;
mod scripts;
mod seeds;
mod set;
mod tables;
mod unseen;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use wirefold_score::Label;

use self::events::EventSet;
use self::exam::{Exam, examine};
use self::method::{METHODS, Method};
use self::real::RealTables;
use self::scripts::ScriptSet;
use self::seeds::Seeds;
use self::set::LabelledSet;
use crate::tree;

/// The arguments of `accuracy`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders with docs.jsonl and labels.tsv, or folders of such: only they are examined, and
    /// nothing is written. The word `enrich` instead examines what the enricher finds, and writes its part.
    sets: Vec<PathBuf>,
    /// Say whether docs/accuracy.md is current instead of writing it.
    #[arg(long)]
    check: bool,
    /// Write a generated set to a folder, and nothing else.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["sets", "check"])]
    write_set: Option<PathBuf>,
    /// Describe what the generator makes, and nothing else.
    #[arg(long, conflicts_with_all = ["sets", "check", "write_set"])]
    describe: bool,
    /// How many articles to describe, or to write to a folder.
    #[arg(long, value_name = "N", default_value_t = card::ARTICLES)]
    articles: u64,
    /// Shuffles of sets from elsewhere; the card always has ten.
    #[arg(long, default_value_t = card::SHUFFLES)]
    shuffles: u64,
    /// List every wrong pair by its ids.
    #[arg(long)]
    errors: bool,
}

const CARD: &str = "docs/accuracy.md";
/// The number of differing lines that `--check` prints.
const MOST_DIFFERENCES: usize = 20;

/// Examines the product and the baselines.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if arguments.sets == [Path::new("enrich")] {
        return enrich::run(arguments.check, arguments.errors);
    }
    if !arguments.sets.is_empty() {
        external(&sets_at(&arguments.sets)?, arguments)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.describe {
        say(&generated::description(arguments.articles).plain())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(folder) = &arguments.write_set {
        generated::set(arguments.articles).write(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let root = tree::root();
    let seeds = Seeds::read(&root)?;
    let generated = generated::set(card::ARTICLES);
    // Read before the long work, so that a broken line is found early.
    let elsewhere = sets_at(acceptance_folder().as_slice())?;
    let others = card::Others {
        events: EventSet::read(&root)?,
        scripts: ScriptSet::read(&root)?,
        archetypes: seeds::archetypes(&root)?,
        happenings: happenings::fixtures(&root)?,
    };
    let card = card::Card::new(generated, seeds, others, card::ARTICLES);
    let real = real::examine(&root)?;
    let told = real.as_ref().map_or(
        "../shared is absent: the rows of real pages stay as they are\n\n".to_owned(),
        RealTables::plain,
    );
    say(&told)?;
    say(&card.summary())?;
    if arguments.errors {
        say(&card.errors())?;
    }
    let before = std::fs::read_to_string(root.join(CARD)).unwrap_or_default();
    let enriched = enrich::section(enrich::examine(false)?.as_ref(), &before);
    let document = card.document(real::section(real.as_ref(), &before), enriched);
    let code = write_or_check(&root.join(CARD), &document, arguments.check)?;
    external(&elsewhere, arguments)?;
    Ok(code)
}

/// The folder of sets outside the repository, if there is one.
#[expect(
    clippy::disallowed_methods,
    reason = "the one setting of this command: a folder that only some machines have"
)]
fn acceptance_folder() -> Option<PathBuf> {
    let told = std::env::var_os("WIREFOLD_ACCEPTANCE_DIR").filter(|told| !told.is_empty());
    told.map(PathBuf::from)
}

/// Writes the card, or prints how the one on disk differs.
fn write_or_check(path: &Path, document: &str, check: bool) -> anyhow::Result<ExitCode> {
    if !check {
        std::fs::write(path, document).with_context(|| format!("write {}", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let before = match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("read {}", path.display()))?,
    };
    if before == document {
        return Ok(ExitCode::SUCCESS);
    }
    let told = format!("{CARD} is not current; run `cargo xtask accuracy`:\n");
    say(&(told + &differences(&before, document)))?;
    Ok(ExitCode::FAILURE)
}

/// The lines that differ, by line number.
fn differences(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut said = String::new();
    let differing = (0..old.len().max(new.len())).filter(|at| old.get(*at) != new.get(*at));
    for at in differing.take(MOST_DIFFERENCES) {
        for (sign, line) in [('-', old.get(at)), ('+', new.get(at))] {
            if let Some(line) = line {
                said.push_str(&format!("{CARD}:{} {sign} {line}\n", at + 1));
            }
        }
    }
    said
}

/// The sets in the folders.
fn sets_at(paths: &[PathBuf]) -> anyhow::Result<Vec<LabelledSet>> {
    let mut sets = Vec::new();
    for path in paths {
        for folder in set::folders(path)? {
            sets.push(LabelledSet::read(&folder)?);
        }
    }
    Ok(sets)
}

/// Examines sets from elsewhere and prints the results.
fn external(sets: &[LabelledSet], arguments: &Arguments) -> anyhow::Result<()> {
    sets.iter().try_for_each(|set| say(&examined(set, arguments)?))
}

/// Examines the product in all orders, and the baselines, which are slow on large sets, in file order.
fn examined(set: &LabelledSet, arguments: &Arguments) -> anyhow::Result<String> {
    let mut exams = vec![examine(Method::Passages, set, arguments.shuffles)];
    let equal = examine(Method::Passages, &set.at_one_outlet(), arguments.shuffles);
    let orders = tables::orders(&[("", &exams[0]), (", one outlet", &equal)]);
    let baselines = METHODS.into_iter().filter(|method| *method != Method::Passages);
    exams.extend(baselines.map(|method| in_file_order(method, set)));
    let mut said = format!("\n{}\n\n{}", counts(set), orders.plain());
    write!(said, "\nthe baselines in file order only:\n")?;
    write!(said, "\n{}\n{}", tables::methods(&exams).plain(), tables::kinds(&exams).plain())?;
    if arguments.errors {
        write!(said, "\n{}", tables::errors(set, &exams[0]))?;
    }
    Ok(said)
}

fn in_file_order(method: Method, set: &LabelledSet) -> Exam {
    let mut exam = examine(method, set, 0);
    exam.outcomes.truncate(1);
    exam
}

fn counts(set: &LabelledSet) -> String {
    let (reprints, partial) = (set.labels.count(Label::Reprint), set.labels.count(Label::Partial));
    format!("{}: {} documents, {reprints} R pairs, {partial} P pairs", set.name, set.docs.len())
}

/// Prints a text. A reader that closes the output is not an error.
fn say(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("write to stdout"),
    }
}

#[cfg(test)]
mod tests {
    use super::differences;

    #[test]
    fn differences_are_named_by_line() {
        let said = differences("a\nb\n", "a\nc\nd\n");
        let expected = "docs/accuracy.md:2 - b\ndocs/accuracy.md:2 + c\ndocs/accuracy.md:3 + d\n";
        assert_eq!(said, expected);
    }
}
