//! The report: a JSON object for programs, tables for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use wirefold_score::{Labels, Score, Shape};

use super::By;
use super::ClassCount;
use super::Judged;
use super::errors::{PairError, TextComparison, WorstErrors};
use super::origins::Origins;
use crate::columns::{Cell, Columns};
use crate::fold::Rule;
use crate::output::shorten;
use crate::output::{clean, count, thousands, width};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();

/// The whole report.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    schema: &'static str,
    articles: usize,
    order: String,
    by: &'static str,
    labels: &'static str,
    /// Pairs that must be together, and pairs that may be.
    pairs: usize,
    may: usize,
    at_arrival: Figures,
    #[serde(rename = "settled")]
    at_end: Figures,
    /// The figures of the baseline.
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<Baseline>,
    kinds: Vec<Kind>,
    /// Errors of stories by class.
    classes: Vec<ClassCount>,
    /// How often the bound of origins is too low, if the labels name stories and events.
    #[serde(skip_serializing_if = "Option::is_none")]
    origins: Option<Origins>,
    #[serde(flatten)]
    worst: WorstErrors,
}

#[derive(Debug, Serialize)]
struct Figures {
    found: usize,
    #[serde(rename = "false")]
    wrong: usize,
    missed: usize,
    precision: f64,
    recall: f64,
    f1: f64,
    rand_index: f64,
    b_cubed_precision: f64,
    b_cubed_recall: f64,
    b_cubed_f1: f64,
}

/// The figures of a baseline on the same articles.
#[derive(Debug, Serialize)]
struct Baseline {
    method: String,
    #[serde(flatten)]
    figures: Figures,
}

#[derive(Debug, Serialize)]
struct Kind {
    kind: String,
    pairs: usize,
    found: usize,
    recall: f64,
}

impl Figures {
    fn of(score: &Score) -> Figures {
        Figures {
            found: score.found,
            wrong: score.false_folds,
            missed: score.missed,
            precision: score.precision(),
            recall: score.recall(),
            f1: score.f1(),
            rand_index: score.rand_index,
            b_cubed_precision: score.b_cubed_precision,
            b_cubed_recall: score.b_cubed_recall,
            b_cubed_f1: score.b_cubed_f1(),
        }
    }
}

impl Report {
    pub(super) fn new(
        labels: &Labels,
        shape: Shape,
        judged: &Judged<'_>,
        against: Option<(Rule, Vec<usize>)>,
        (classes, worst, origins): (Vec<ClassCount>, WorstErrors, Option<Origins>),
    ) -> Report {
        let (pairs, may) = labels.counts();
        let score = labels.score(judged.scored_groups());
        let kind = |(name, share): (&String, &wirefold_score::Share)| Kind {
            kind: name.clone(),
            pairs: share.whole,
            found: share.part,
            recall: share.value(),
        };
        // A single kind without a name needs no table.
        let named = score.kinds.keys().any(|name| !name.is_empty());
        let kinds = score.kinds.iter().filter(|_| named).map(kind).collect();
        Report {
            schema: "wirefold.eval/2",
            articles: judged.articles.len(),
            order: judged.order.to_string(),
            by: judged.by.group().name(),
            labels: match shape {
                Shape::Pairs => "pairs",
                Shape::Clusters => "clusters",
            },
            pairs,
            may,
            at_arrival: Figures::of(&labels.score(&judged.at_arrival)),
            at_end: Figures::of(&labels.score(&judged.at_end)),
            against: against.map(|(rule, stories)| Baseline {
                method: rule.to_string(),
                figures: Figures::of(&labels.score(&stories)),
            }),
            kinds,
            classes,
            origins,
            worst,
        }
    }

    /// The report for people.
    pub(super) fn describe(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        self.write_head(&mut out)?;
        let mut table = Columns::new(&[
            "", "right", "false", "missed", "precision", "recall", "F1", "ARI", "B³",
        ]);
        table.push(self.at_arrival.row("at arrival"));
        table.push(self.at_end.row("final"));
        if let Some(Baseline { method, figures }) = &self.against {
            table.push(figures.row(method));
        }
        out.push_str(&table.render());
        if !self.kinds.is_empty() {
            let mut kinds = Columns::new(&["kind", "pairs", "found", "recall"]);
            for kind in &self.kinds {
                kinds.push(vec![
                    Cell::new(&kind.kind),
                    Cell::new(thousands(kind.pairs)),
                    Cell::new(thousands(kind.found)),
                    Cell::new(decimals(kind.recall)),
                ]);
            }
            writeln!(out, "\n{}", kinds.render().trim_end())?;
        }
        if let Some(origins) = &self.origins {
            writeln!(out, "\n{}", origins.describe())?;
        }
        self.write_classes(&mut out)?;
        let score =
            if self.by == By::Story.group().name() { &self.at_arrival } else { &self.at_end };
        let together = "TOGETHER AND SHOULD NOT BE, least alike first";
        self.write_errors(&mut out, together, &self.worst.false_folds, score.wrong)?;
        let apart = "NOT TOGETHER AND SHOULD BE, most alike first";
        self.write_errors(&mut out, apart, &self.worst.missed, score.missed)?;
        Ok(out)
    }

    fn write_head(&self, out: &mut String) -> std::fmt::Result {
        let may = match self.may {
            0 => String::new(),
            may => format!(", {} that may or are unsure", thousands(may)),
        };
        let (group, order) = (self.by, &self.order);
        writeln!(
            out,
            "{STRONG}{}{STRONG:#}, {} that must be one {group}{may}; order: {order}\n",
            count(self.articles, "article", "articles"),
            count(self.pairs, "pair", "pairs"),
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

impl Figures {
    fn row(&self, name: &str) -> Vec<Cell> {
        let counts = [self.found, self.wrong, self.missed].map(thousands);
        let shares = [self.precision, self.recall, self.f1, self.rand_index, self.b_cubed_f1];
        let cells = counts.into_iter().chain(shares.map(decimals)).map(Cell::new);
        [Cell::new(name)].into_iter().chain(cells).collect()
    }
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
        self.alone.write(out)?;
        writeln!(out, "    among all: {}", clean(&self.among_all))
    }
}

impl TextComparison {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let together = if self.together { "together" } else { "apart" };
        writeln!(out, "    by themselves: {together}: {}", self.in_words)
    }
}

/// Four decimals. With three, a few errors among thousands would vanish.
fn decimals(value: f64) -> String {
    format!("{value:.4}")
}
