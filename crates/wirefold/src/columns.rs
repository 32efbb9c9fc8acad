//! Tables for people. A column is as wide as its widest cell, in columns of a terminal.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use crate::output::shorten;
use crate::output::{clean, width};

const FAINT: Style = Style::new().dimmed();

/// A cell of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    /// A cell with a text. Characters that would control the terminal are removed.
    pub(crate) fn new(text: impl AsRef<str>) -> Cell {
        Cell { text: clean(text.as_ref()), style: Style::new() }
    }

    /// A cell in a colour.
    pub(crate) fn styled(text: impl AsRef<str>, style: Style) -> Cell {
        Cell { style, ..Cell::new(text) }
    }

    /// A cell of less importance.
    pub(crate) fn faint(text: impl AsRef<str>) -> Cell {
        Cell::styled(text, FAINT)
    }
}

/// Rows of cells under a heading. The last column takes the remaining width.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    heading: Vec<&'static str>,
    lines: Vec<Vec<Cell>>,
}

/// No column except the last is wider.
const WIDEST: usize = 40;

impl Columns {
    /// A table with these column headings.
    pub(crate) fn new(heading: &[&'static str]) -> Columns {
        Columns { heading: heading.to_vec(), lines: Vec::new() }
    }

    /// Adds a row, one cell for each column.
    pub(crate) fn push(&mut self, line: Vec<Cell>) {
        self.lines.push(line);
    }

    /// The table with its styles, in the width of the terminal.
    pub(crate) fn render(&self) -> String {
        self.render_in(width())
    }

    /// The table without its heading.
    pub(crate) fn render_plain(&self) -> String {
        let table = self.render();
        table.split_once('\n').map_or(String::new(), |(_, rest)| rest.to_owned())
    }

    fn render_in(&self, columns: usize) -> String {
        let widths = self.widths(columns);
        let heading: Vec<Cell> = self.heading.iter().map(Cell::faint).collect();
        let mut out = String::new();
        for line in std::iter::once(&heading).chain(&self.lines) {
            let mut written = String::new();
            for (cell, width) in line.iter().zip(&widths) {
                let style = cell.style;
                let is_cut = cell.text.width() > *width;
                let shown = if is_cut { shorten(&cell.text, *width) } else { cell.text.clone() };
                let gap = " ".repeat(width.saturating_sub(shown.width()) + 2);
                written.push_str(&format!("{style}{shown}{style:#}{gap}"));
            }
            out.push_str(written.trim_end());
            out.push('\n');
        }
        out
    }

    fn widths(&self, columns: usize) -> Vec<usize> {
        let widest = |at: usize| {
            let cells = self.lines.iter().filter_map(|line| line.get(at));
            let widths = cells.map(|cell| cell.text.width());
            widths.chain([self.heading[at].width()]).max().unwrap_or(0)
        };
        let mut widths: Vec<usize> = (0..self.heading.len()).map(widest).collect();
        if let Some((last, others)) = widths.split_last_mut() {
            others.iter_mut().for_each(|width| *width = (*width).min(WIDEST));
            let used: usize = others.iter().map(|width| width + 2).sum();
            *last = (*last).min(columns.saturating_sub(used).max(20));
        }
        widths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(table: &Columns, columns: usize) -> String {
        anstream::adapter::strip_str(&table.render_in(columns)).to_string()
    }

    #[test]
    fn columns_are_aligned_in_any_script() {
        let mut table = Columns::new(&["id", "title"]);
        table.push(vec![Cell::new("泽连斯基"), Cell::new("a")]);
        table.push(vec![Cell::new("tides"), Cell::new("b\u{1b}[31m\nc")]);
        assert_eq!(plain(&table, 60), "id        title\n泽连斯基  a\ntides     b[31m c\n");
    }

    #[test]
    fn the_last_column_is_cut_to_the_terminal() {
        let mut table = Columns::new(&["id", "title"]);
        table.push(vec![Cell::new("tides"), Cell::new("word ".repeat(30))]);
        let shown = plain(&table, 40);
        assert!(shown.lines().all(|line| line.width() <= 40), "{shown}");
        assert!(shown.contains('…'), "{shown}");
    }
}
