//! Measures the findings of the enricher on the dev files of `../shared/suites`: languages, names,
//! quotations, figures. `cargo xtask accuracy enrich` prints the tables and writes them into the accuracy
//! card.
//!
//! The rules are those of `../shared/tools/enrich_score.py`, except that a quotation is found by its words,
//! because the output does not contain its position.

mod confidence;
mod figures;
mod languages;
mod names;
mod quotations;

use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::tables::Cells;
use super::{CARD, say};
use crate::tree;

/// The marks around the tables in the card.
const MARKS: [&str; 2] = ["<!-- enricher -->\n", "<!-- end of enricher -->\n"];

/// The tables.
pub(super) struct EnrichTables {
    languages: Cells,
    names: Cells,
    quotations: Cells,
    figures: Cells,
    confidence: Cells,
}

/// Examines all suites, or returns `None` if they are absent. With `errors`, prints each wrong finding.
pub(super) fn examine(errors: bool) -> anyhow::Result<Option<EnrichTables>> {
    let (Some(languages), Some(names)) = (languages::examine(errors)?, names::examine()?) else {
        return Ok(None);
    };
    let (quotations, figures) = (quotations::examine(errors)?, figures::examine(errors)?);
    let (Some(quotations), Some(figures)) = (quotations, figures) else { return Ok(None) };
    let Some(confidence) = confidence::examine()? else { return Ok(None) };
    Ok(Some(EnrichTables { languages, names, quotations, figures, confidence }))
}

/// Prints the tables and writes them into the card.
pub(super) fn run(check: bool, errors: bool) -> anyhow::Result<ExitCode> {
    let Some(tables) = examine(errors)? else { bail!("../shared/suites is absent") };
    tables.all().iter().try_for_each(|part| say(&format!("{}\n", part.plain())))?;
    let path = tree::root().join(CARD);
    let before = std::fs::read_to_string(&path)?;
    let [begins, ends] = MARKS;
    let (head, rest) = before.split_once(begins).context("the card has no place for this")?;
    let (_, tail) = rest.split_once(ends).context("the card has no end of this")?;
    let document = format!("{head}{}{tail}", section(Some(&tables), &before));
    super::write_or_check(&path, &document, check)
}

/// The section of the card: the new tables, or else the current section.
pub(super) fn section(tables: Option<&EnrichTables>, card: &str) -> String {
    let [begins, ends] = MARKS;
    let before = || {
        let (_, rest) = card.split_once(begins)?;
        rest.split_once(ends).map(|(section, _)| section.to_owned())
    };
    let rows = tables.map(EnrichTables::markdown).or_else(before).unwrap_or_default();
    format!("{begins}{rows}{ends}")
}

impl EnrichTables {
    fn all(&self) -> [&Cells; 5] {
        [&self.languages, &self.names, &self.quotations, &self.figures, &self.confidence]
    }

    fn markdown(&self) -> String {
        self.all().map(Cells::markdown).join("\n")
    }
}

/// A share with three decimals.
fn share(part: usize, whole: usize) -> String {
    match whole {
        0 => "–".to_owned(),
        _ => format!("{:.3}", part as f64 / whole as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_kept_where_the_suites_are_absent() {
        let card = format!("before\n{}| a |\n{}after\n", MARKS[0], MARKS[1]);
        assert_eq!(section(None, &card), format!("{}| a |\n{}", MARKS[0], MARKS[1]));
        assert_eq!(section(None, ""), MARKS.concat());
        assert_eq!((share(1, 3), share(0, 0)), ("0.333".to_owned(), "–".to_owned()));
    }
}
