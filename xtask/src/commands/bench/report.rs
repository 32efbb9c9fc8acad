//! The figures of a run: a table for people, then one line of JSON.

use std::io::Write as _;

use serde::Serialize;

use super::document;
use super::goal::Goal;
use super::marks::PERFORMANCE;
use crate::machine;
use crate::table::Table;

/// A figure with its baseline, which was measured in the same run.
#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    /// Whether it is left out of the table.
    #[serde(skip)]
    is_hidden: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_of_ratio: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    goal: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_met: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Baseline>,
}

#[derive(Debug, Serialize)]
struct Baseline {
    name: String,
    value: f64,
    ratio: f64,
}

/// The figures of a run.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    schema: &'static str,
    is_quick: bool,
    articles: u64,
    cores: usize,
    load_before: f64,
    load_after: f64,
    file_system: String,
    figures: Vec<Figure>,
    #[serde(skip)]
    goals: Vec<Option<Goal>>,
    /// Lines below the table.
    #[serde(skip)]
    notes: Vec<String>,
}

impl Report {
    pub(super) fn new(schema: &'static str, is_quick: bool, file_system: String) -> Self {
        Self {
            schema,
            is_quick,
            articles: 0,
            cores: machine::cores(),
            load_before: machine::load(),
            load_after: 0.0,
            file_system,
            figures: Vec::new(),
            goals: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn is_quick(&self) -> bool {
        self.is_quick
    }

    pub(super) fn articles(&mut self, articles: u64) {
        self.articles = articles;
    }

    /// Adds a figure.
    pub(super) fn add(
        &mut self,
        name: impl Into<String>,
        value: f64,
        unit: &'static str,
    ) -> &mut Self {
        let name = name.into();
        self.figures.push(Figure {
            name,
            value,
            unit,
            is_hidden: false,
            is_of_ratio: false,
            goal: None,
            is_met: None,
            baseline: None,
        });
        self.goals.push(None);
        self
    }

    /// Adds a figure only to the line of JSON.
    pub(super) fn hidden(&mut self, name: impl Into<String>, value: f64, unit: &'static str) {
        self.add(name, value, unit);
        if let Some(figure) = self.figures.last_mut() {
            figure.is_hidden = true;
        }
    }

    /// Adds a line below the table.
    pub(super) fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// Sets the goal of the last figure.
    pub(super) fn goal(&mut self, goal: Goal) -> &mut Self {
        if let (Some(figure), Some(last)) = (self.figures.last_mut(), self.goals.last_mut()) {
            let is_met = goal.is_met_by(figure.value);
            (figure.goal, figure.is_met, *last) = (Some(goal.bound()), Some(is_met), Some(goal));
        }
        self
    }

    /// Sets the goal of the last figure's ratio to its baseline.
    pub(super) fn goal_of_ratio(&mut self, goal: Goal) {
        if let (Some(figure), Some(last)) = (self.figures.last_mut(), self.goals.last_mut()) {
            let ratio = figure.baseline.as_ref().map_or(0.0, |simple| simple.ratio);
            let is_met = goal.is_met_by(ratio);
            (figure.goal, figure.is_met, *last) = (Some(goal.bound()), Some(is_met), Some(goal));
            figure.is_of_ratio = true;
        }
    }

    /// Sets the baseline of the last figure.
    pub(super) fn beside(&mut self, name: &str, value: f64) -> &mut Self {
        if let Some(figure) = self.figures.last_mut() {
            let ratio = if value > 0.0 { figure.value / value } else { 0.0 };
            figure.baseline = Some(Baseline { name: name.to_owned(), value, ratio });
        }
        self
    }

    /// Prints both, and writes the table into docs/performance.md if `is_asked`.
    pub(super) fn print_and_write(mut self, name: &str, is_asked: bool) -> anyhow::Result<()> {
        self.load_after = machine::load();
        if is_asked {
            document::put(PERFORMANCE, name, &self.block(name))?;
        }
        self.print()
    }

    /// Prints both.
    pub(super) fn print(mut self) -> anyhow::Result<()> {
        self.load_after = machine::load();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", self.table())?;
        for note in &self.notes {
            writeln!(out, "{note}")?;
        }
        writeln!(
            out,
            "{} cores, load {:.1} before and {:.1} after, {}, {} articles{}",
            self.cores,
            self.load_before,
            self.load_after,
            self.file_system,
            self.articles,
            if self.is_quick { ", quick" } else { "" },
        )?;
        writeln!(out, "{}", serde_json::to_string(&self)?)?;
        Ok(())
    }

    /// The table for the page, with the conditions of the run.
    fn block(&self, name: &str) -> String {
        let mut block = format!(
            "`cargo xtask bench {name} --write`, {}, {} cores, load average {:.1} before and {:.1} at the end, {}",
            machine::today(),
            self.cores,
            self.load_before,
            self.load_after,
            self.file_system,
        );
        if self.articles > 0 {
            block += &format!(", {} articles", self.articles);
        }
        block += ".\n\n| measure | figure | unit | goal | beside it in the same run | is | ratio |\n\
                  |---|--:|---|---|---|--:|--:|\n";
        for cells in self.rows() {
            block += &format!("| {} |\n", cells.join(" | "));
        }
        self.notes.iter().for_each(|note| block += &format!("\n{note}\n"));
        block
    }

    fn table(&self) -> Table {
        let mut table =
            Table::new(&["measure", "figure", "unit", "goal", "baseline", "is", "ratio"]);
        self.rows().for_each(|cells| table.row(cells.each_ref().map(String::as_str)));
        table
    }

    /// The cells of each figure.
    fn rows(&self) -> impl Iterator<Item = [String; 7]> {
        let shown = self.figures.iter().zip(&self.goals).filter(|(figure, _)| !figure.is_hidden);
        shown.map(|(figure, goal)| {
            let of = if figure.is_of_ratio { "ratio " } else { "" };
            let goal = match goal {
                Some(Goal::AtLeast(value)) => {
                    format!("{of}>= {} {}", three_digits(*value), mark(figure))
                }
                Some(Goal::AtMost(value)) => {
                    format!("{of}<= {} {}", three_digits(*value), mark(figure))
                }
                None => String::new(),
            };
            let (name, is, ratio) = match &figure.baseline {
                Some(simple) => (
                    simple.name.clone(),
                    three_digits(simple.value),
                    format!("{:.2}", simple.ratio),
                ),
                None => Default::default(),
            };
            let (measure, unit) = (figure.name.clone(), figure.unit.to_owned());
            [measure, three_digits(figure.value), unit, goal, name, is, ratio]
        })
    }
}

fn mark(figure: &Figure) -> &'static str {
    if figure.is_met == Some(true) { "met" } else { "MISSED" }
}

/// Three digits. A shared machine gives no more.
fn three_digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 1.0 => format!("{value:.3}"),
        small if small < 10.0 => format!("{value:.2}"),
        middle if middle < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_goal_is_said() {
        let mut report = Report::new("test/1", true, "ext4".to_owned());
        report.add("speed", 1200.0, "articles/s").goal(Goal::AtLeast(1500.0)).beside("half", 600.0);
        report.add("wait", 0.25, "ms").goal(Goal::AtMost(1.0));
        let table = report.table().to_string();
        assert!(
            table.contains("speed    1200    articles/s  >= 1500 MISSED  half      600  2.00"),
            "{table}"
        );
        assert!(table.contains("wait     0.250   ms          <= 1.00 met"), "{table}");
        assert_eq!(report.figures[0].is_met, Some(false));
    }
}
