//! The report: a JSON object for programs, tables for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};
use wirefold_score::{Labels, Score, Shape, Share};

use super::errors::{PairError, WorstErrors};
use super::origins::Origins;
use super::{By, ClassCount, Judged};
use crate::columns::{Cell, Columns};
use crate::fold::Rule;
use crate::output::{clean, count, shorten, thousands, width};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The whole report.
pub(super) struct Report<'a> {
    pub(super) labels: &'a Labels,
    pub(super) shape: Shape,
    pub(super) judged: &'a Judged<'a>,
    pub(super) at_arrival: Score,
    pub(super) at_end: Score,
    /// The score of the baseline.
    pub(super) against: Option<(Rule, Score)>,
    /// Errors of stories by class.
    pub(super) classes: Vec<ClassCount>,
    pub(super) worst: WorstErrors,
    /// How often the bound of origins is too low, if the labels name stories and events.
    pub(super) origins: Option<Origins>,
}

fn figures(score: &Score) -> Value {
    json!({
        "found": score.found, "false": score.false_folds, "missed": score.missed,
        "precision": score.precision(), "recall": score.recall(), "f1": score.f1(),
        "rand_index": score.rand_index, "b_cubed_precision": score.b_cubed_precision,
        "b_cubed_recall": score.b_cubed_recall, "b_cubed_f1": score.b_cubed_f1(),
    })
}

impl Report<'_> {
    /// The score of what is looked at first, and whose errors are shown.
    fn score(&self) -> &Score {
        if self.judged.by == By::Story { &self.at_arrival } else { &self.at_end }
    }

    /// The kinds of labelled pairs. A single kind without a name is not shown.
    fn kinds(&self) -> impl Iterator<Item = (&String, &Share)> {
        let kinds = &self.score().kinds;
        let are_named = kinds.keys().any(|name| !name.is_empty());
        kinds.iter().filter(move |_| are_named)
    }

    /// The report for programs.
    pub(super) fn json(&self) -> serde_json::Result<Value> {
        let (pairs, may) = self.labels.counts();
        let mut report = json!({
            "schema": "wirefold.eval/2",
            "articles": self.judged.articles.len(),
            "order": self.judged.order.to_string(),
            "by": self.judged.by.group().name(),
            "labels": match self.shape {
                Shape::Pairs => "pairs",
                Shape::Clusters => "clusters",
            },
            // Pairs that must be together, and pairs that may be.
            "pairs": pairs, "may": may,
            "at_arrival": figures(&self.at_arrival), "settled": figures(&self.at_end),
        });
        if let Some((rule, score)) = &self.against {
            report["against"] = json!({ "method": rule.to_string() });
            merge(&mut report["against"], figures(score));
        }
        let kinds = self.kinds().map(|(kind, share)| {
            let recall = share.value();
            json!({ "kind": kind, "pairs": share.whole, "found": share.part, "recall": recall })
        });
        report["kinds"] = kinds.collect();
        report["classes"] = serde_json::to_value(&self.classes)?;
        if let Some(origins) = &self.origins {
            report["origins"] = serde_json::to_value(origins)?;
        }
        merge(&mut report, serde_json::to_value(&self.worst)?);
        Ok(report)
    }

    /// The report for people.
    pub(super) fn describe(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        self.write_head(&mut out)?;
        let mut table = Columns::new(&[
            "", "right", "false", "missed", "precision", "recall", "F1", "ARI", "B³",
        ]);
        table.push(row("at arrival", &self.at_arrival));
        table.push(row("final", &self.at_end));
        if let Some((rule, score)) = &self.against {
            table.push(row(&rule.to_string(), score));
        }
        out.push_str(&table.render());
        let mut kinds = Columns::new(&["kind", "pairs", "found", "recall"]);
        for (kind, share) in self.kinds() {
            let [pairs, found] = [share.whole, share.part].map(thousands).map(Cell::new);
            kinds.push(vec![Cell::new(kind), pairs, found, Cell::new(decimals(share.value()))]);
        }
        if self.kinds().next().is_some() {
            writeln!(out, "\n{}", kinds.render().trim_end())?;
        }
        if let Some(origins) = &self.origins {
            writeln!(out, "\n{}", origins.describe())?;
        }
        self.write_classes(&mut out)?;
        let score = self.score();
        let together = "TOGETHER AND SHOULD NOT BE, least alike first";
        self.write_errors(&mut out, together, &self.worst.false_folds, score.false_folds)?;
        let apart = "NOT TOGETHER AND SHOULD BE, most alike first";
        self.write_errors(&mut out, apart, &self.worst.missed, score.missed)?;
        Ok(out)
    }

    fn write_head(&self, out: &mut String) -> std::fmt::Result {
        let (pairs, may) = self.labels.counts();
        let may = match may {
            0 => String::new(),
            may => format!(", {} that may or are unsure", thousands(may)),
        };
        let (group, order) = (self.judged.by.group().name(), self.judged.order);
        writeln!(
            out,
            "{STRONG}{}{STRONG:#}, {} that must be one {group}{may}; order: {order}\n",
            count(self.judged.articles.len(), "article", "articles"),
            count(pairs, "pair", "pairs"),
        )
    }

    fn write_classes(&self, out: &mut String) -> std::fmt::Result {
        if self.classes.is_empty() {
            return Ok(());
        }
        let mut table = Columns::new(&["errors by class", "false", "missed", "grounds"]);
        for class in &self.classes {
            let [wrong, missed] = [class.wrong, class.missed].map(thousands).map(Cell::new);
            let words = Cell::faint(class.in_words);
            table.push(vec![Cell::new(class.class), wrong, missed, words]);
        }
        writeln!(out, "\n{}", table.render().trim_end())
    }

    fn write_errors(
        &self,
        out: &mut String,
        title: &str,
        errors: &[PairError],
        all: usize,
    ) -> std::fmt::Result {
        if errors.is_empty() {
            return Ok(());
        }
        let shown = format!("{} of {}", errors.len(), thousands(all));
        writeln!(out, "\n{BAD}{title}{BAD:#} {FAINT}({shown}){FAINT:#}")?;
        errors.iter().try_for_each(|wrong| wrong.write(out))
    }
}

fn row(name: &str, score: &Score) -> Vec<Cell> {
    let counts = [score.found, score.false_folds, score.missed].map(thousands);
    let shares =
        [score.precision(), score.recall(), score.f1(), score.rand_index, score.b_cubed_f1()];
    let cells = counts.into_iter().chain(shares.map(decimals)).map(Cell::new);
    [Cell::new(name)].into_iter().chain(cells).collect()
}

impl PairError {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        out.push('\n');
        for about in [&self.earlier, &self.later] {
            let id = clean(&about.id);
            let words = count(about.words, "word", "words");
            let rest = match about.title.trim() {
                "" => words,
                title => format!("{words} · {title}"),
            };
            let rest = shorten(&clean(&rest), width().saturating_sub(4 + id.len()));
            writeln!(out, "  {STRONG}{id}{STRONG:#}  {FAINT}{rest}{FAINT:#}")?;
        }
        if !self.kind.is_empty() {
            writeln!(out, "    kind: {}", clean(&self.kind))?;
        }
        if let Some(class) = self.class {
            writeln!(out, "    class: {class}: {}", self.class_in_words)?;
        }
        let together = if self.alone.together { "together" } else { "apart" };
        writeln!(out, "    by themselves: {together}: {}", self.alone.in_words)?;
        writeln!(out, "    among all: {}", clean(&self.among_all))
    }
}

/// Adds the fields of an object to those of another.
fn merge(into: &mut Value, fields: Value) {
    if let (Value::Object(into), Value::Object(fields)) = (into, fields) {
        into.extend(fields);
    }
}

/// Four decimals. With three, a few errors among thousands would vanish.
fn decimals(value: f64) -> String {
    format!("{value:.4}")
}
