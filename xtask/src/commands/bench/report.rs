//! The figures of a run, each beside the simpler thing that was measured in the same run.

use std::io::Write as _;

use super::document;
use crate::machine;

/// The figures of a run as rows of a table.
pub(super) struct Report {
    name: &'static str,
    head: String,
    rows: Vec<[String; 6]>,
}

impl Report {
    /// `conditions` go into the line above the table.
    pub(super) fn new(name: &'static str, conditions: &str) -> Self {
        let head = format!(
            "`cargo xtask bench {name} --write`, {}, {} cores, load average {:.1} before, {conditions}.",
            machine::today(),
            machine::cores(),
            machine::load(),
        );
        Self { name, head, rows: Vec::new() }
    }

    /// Adds a figure.
    pub(super) fn add(&mut self, name: impl Into<String>, value: f64, unit: &str) {
        let none = String::new;
        self.rows.push([name.into(), three_digits(value), unit.to_owned(), none(), none(), none()]);
    }

    /// Adds a figure with the simpler thing beside it.
    pub(super) fn beside(
        &mut self,
        name: impl Into<String>,
        (value, unit): (f64, &str),
        (beside, simple): (&str, f64),
    ) {
        self.add(name, value, unit);
        if let Some([.., named, is, ratio]) = self.rows.last_mut() {
            *named = beside.to_owned();
            *is = three_digits(simple);
            *ratio = format!("{:.2}", value / simple.max(f64::MIN_POSITIVE));
        }
    }

    /// Prints the table, and writes it into docs/performance.md if `is_asked`.
    pub(super) fn print_and_write(&self, is_asked: bool) -> anyhow::Result<()> {
        let head = "| measure | figure | unit | beside it in the same run | is | ratio |\n\
                    |---|--:|---|---|--:|--:|\n";
        let rows: String =
            self.rows.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect();
        let block = format!("{}\n\n{head}{rows}", self.head);
        writeln!(std::io::stdout().lock(), "{block}")?;
        if is_asked { document::put(self.name, &block) } else { Ok(()) }
    }
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
