//! `cargo xtask accuracy`: measures the detector on labelled sets.
//!
//! The data of the repository (a generated set, and `seeds/`) gives `docs/accuracy.md`, the same bytes from
//! the same tree. Results on sets from elsewhere are only printed.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use wirefold_score::Label;

use self::exam::{METHODS, Method, examine};
use self::set::LabelledSet;
use super::{replaced, say};
use crate::tree;

mod card;
mod enrich;
pub(super) mod exam;
mod happenings;
mod public;
mod real;
mod scripts;
pub(super) mod set;

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
    /// Measure the sets in a folder that anybody can download, and nothing else. docs/accuracy.md says how to get
    /// them.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["sets", "check", "write_set"])]
    public: Option<PathBuf>,
    /// How many articles to write to a folder.
    #[arg(long, value_name = "N", default_value_t = card::ARTICLES)]
    articles: u64,
    /// With `enrich`: print each wrong finding. `wirefold eval` lists the wrong pairs of a set.
    #[arg(long, requires = "sets")]
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
        external(&sets_at(&arguments.sets)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(folder) = &arguments.write_set {
        set::generated(arguments.articles).write(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(folder) = &arguments.public {
        public::run(folder)?;
        return Ok(ExitCode::SUCCESS);
    }
    let root = tree::root();
    let sets = card::Sets::read(&root)?;
    let before = std::fs::read_to_string(root.join(CARD)).unwrap_or_default();
    let real = section_between(real::MARKS, real::examine(&root)?, &before);
    let enriched = section_between(enrich::MARKS, enrich::examine(false)?, &before);
    let document = sets.document(real, enriched);
    if !arguments.check {
        say(&document)?;
    }
    write_or_check(&root.join(CARD), &document, arguments.check)
}

/// Writes the card, or prints how the one on disk differs.
fn write_or_check(path: &Path, document: &str, check: bool) -> anyhow::Result<ExitCode> {
    if !check {
        std::fs::write(path, document).with_context(|| format!("write {}", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let before = std::fs::read_to_string(path).unwrap_or_default();
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

/// Examines sets from elsewhere and prints the results: the product in all orders, and the baselines, which are slow on
/// large sets, in file order.
fn external(sets: &[LabelledSet]) -> anyhow::Result<()> {
    for set in sets {
        let in_orders =
            |it: &LabelledSet| examine(Method::Passages, it, &it.orders(card::SHUFFLES));
        let mut exams = vec![in_orders(set)];
        let equal = in_orders(&set.at_one_outlet());
        let orders = exam::orders(&[("", &exams[0]), (", one outlet", &equal)]);
        let baselines = METHODS.into_iter().filter(|method| *method != Method::Passages);
        exams.extend(baselines.map(|method| examine(method, set, &set.orders(0)[..1])));
        let (methods, kinds) = (exam::methods(&exams), exam::kinds(&exams));
        let [reprints, partial] = [Label::Reprint, Label::Partial].map(|it| set.labels.count(it));
        say(&format!(
            "\n{}: {} documents, {reprints} R pairs, {partial} P pairs\n\n{orders}\n\
             the baselines in file order only:\n\n{methods}\n{kinds}",
            set.name,
            set.docs.len()
        ))?;
    }
    Ok(())
}

/// The section of the card between two marks: the new tables, or else the current section.
fn section_between([begins, ends]: [&str; 2], tables: Option<String>, card: &str) -> String {
    let before = || Some(card.split_once(begins)?.1.split_once(ends)?.0.to_owned());
    format!("{begins}{}{ends}", tables.or_else(before).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_where_the_suites_are_absent() {
        let marks = ["<!-- a -->\n", "<!-- end of a -->\n"];
        let card = format!("before\n{}| a |\n{}after\n", marks[0], marks[1]);
        let section = |tables: Option<&str>, page: &str| {
            section_between(marks, tables.map(str::to_owned), page)
        };
        assert_eq!(section(None, &card), marks.join("| a |\n"));
        assert_eq!(section(Some("| b |\n"), &card), marks.join("| b |\n"));
        assert_eq!(section(None, ""), marks.concat());
    }

    #[test]
    fn differences_are_named_by_line() {
        let said = differences("a\nb\n", "a\nc\nd\n");
        let expected = "docs/accuracy.md:2 - b\ndocs/accuracy.md:2 + c\ndocs/accuracy.md:3 + d\n";
        assert_eq!(said, expected);
    }
}
