//! What was measured: a table for people, then one line of JSON.

use std::io::Write as _;

use serde::Serialize;

use super::machine;
use crate::table::Table;

/// What is to be reached.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

/// A measure beside something simpler, measured in the same run.
#[derive(Debug, Serialize)]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
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

/// What a run measured.
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
        self.figures.push(Figure { name, value, unit, goal: None, is_met: None, baseline: None });
        self.goals.push(None);
        self
    }

    /// Says what the last figure was to reach.
    pub(super) fn goal(&mut self, goal: Goal) -> &mut Self {
        if let (Some(figure), Some(last)) = (self.figures.last_mut(), self.goals.last_mut()) {
            let (value, is_met) = match goal {
                Goal::AtLeast(value) => (value, figure.value >= value),
                Goal::AtMost(value) => (value, figure.value <= value),
            };
            (figure.goal, figure.is_met, *last) = (Some(value), Some(is_met), Some(goal));
        }
        self
    }

    /// Puts something simpler beside the last figure.
    pub(super) fn beside(&mut self, name: &str, value: f64) -> &mut Self {
        if let Some(figure) = self.figures.last_mut() {
            let ratio = if value > 0.0 { figure.value / value } else { 0.0 };
            figure.baseline = Some(Baseline { name: name.to_owned(), value, ratio });
        }
        self
    }

    /// Prints both.
    pub(super) fn print(mut self) -> anyhow::Result<()> {
        self.load_after = machine::load();
        let mut out = std::io::stdout().lock();
        writeln!(out, "{}", self.table())?;
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

    fn table(&self) -> Table {
        let mut table =
            Table::new(&["measure", "figure", "unit", "goal", "baseline", "is", "ratio"]);
        for (figure, goal) in self.figures.iter().zip(&self.goals) {
            let goal = match goal {
                Some(Goal::AtLeast(value)) => format!(">= {} {}", told(*value), mark(figure)),
                Some(Goal::AtMost(value)) => format!("<= {} {}", told(*value), mark(figure)),
                None => String::new(),
            };
            let (name, is, ratio) = match &figure.baseline {
                Some(simple) => {
                    (simple.name.as_str(), told(simple.value), format!("{:.2}", simple.ratio))
                }
                None => ("", String::new(), String::new()),
            };
            let value = told(figure.value);
            table.row([&figure.name, &value, figure.unit, &goal, name, &is, &ratio]);
        }
        table
    }
}

fn mark(figure: &Figure) -> &'static str {
    if figure.is_met == Some(true) { "met" } else { "MISSED" }
}

/// Three digits are enough of what a shared machine gives.
fn told(value: f64) -> String {
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
