//! Tables for terminals and documents.

use std::fmt;

/// Rows of text under a header, which is the first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with this header, whose cells are separated by `|`.
    pub(crate) fn new(head: &str) -> Table {
        Table { rows: vec![head.split(" | ").map(str::to_owned).collect()] }
    }

    /// The same table with more columns.
    pub(crate) fn with_columns(
        mut self,
        heads: impl IntoIterator<Item = impl Into<String>>,
    ) -> Table {
        self.rows[0].extend(heads.into_iter().map(Into::into));
        self
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = impl Into<String>>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Whether it has no rows under the header.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// The table as Markdown, the first column aligned left and the others right.
    pub(crate) fn markdown(&self) -> String {
        let line = |cells: &Vec<String>| format!("| {} |\n", cells.join(" | "));
        let mut lines: Vec<String> = self.rows.iter().map(line).collect();
        let columns = self.rows.first().map_or(1, Vec::len);
        lines.insert(lines.len().min(1), format!("|---|{}\n", "--:|".repeat(columns - 1)));
        lines.concat()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let width_of = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..columns).map(width_of).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let line = padded.collect::<Vec<_>>().join("  ");
            writeln!(out, "{}", line.trim_end())?;
            if index == 0 {
                let rules = widths.iter().map(|width| "-".repeat(*width));
                writeln!(out, "{}", rules.collect::<Vec<_>>().join("  "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn aligns_columns_by_characters() {
        let mut table = Table::new("step | took");
        table.row(["façade", "1 s"]);
        table.row(["a", ""]);
        assert_eq!(table.to_string(), "step    took\n------  ----\nfaçade  1 s\na\n");
    }
}
