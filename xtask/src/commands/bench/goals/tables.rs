//! Reads the tables of a bench out of the page.

use crate::commands::bench::marks::block;

/// A table: the heads of its columns, and its rows.
pub(super) struct Table<'a> {
    heads: Vec<&'a str>,
    rows: Vec<Vec<&'a str>>,
}

impl<'a> Table<'a> {
    /// The first cell of each row.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.rows.iter().filter_map(|row| row.first().copied())
    }

    /// The rows whose first cell begins so.
    pub(super) fn rows_of(&self, name: &str) -> impl Iterator<Item = &Vec<&'a str>> {
        self.rows.iter().filter(move |row| row.first().is_some_and(|cell| cell.starts_with(name)))
    }

    /// The cell of a row with exactly this name.
    pub(super) fn cell(&self, name: &str, column: &str) -> Option<&'a str> {
        let at = self.heads.iter().position(|head| *head == column)?;
        let row = self.rows.iter().find(|row| row.first() == Some(&name))?;
        row.get(at).copied()
    }
}

/// The tables between the marks of a bench.
pub(super) fn tables<'a>(page: &'a str, bench: &str) -> Vec<Table<'a>> {
    let mut tables: Vec<Table<'a>> = Vec::new();
    let mut is_inside = false;
    for line in block(page, bench).lines() {
        let Some(row) = line.strip_prefix('|').and_then(|row| row.strip_suffix('|')) else {
            is_inside = false;
            continue;
        };
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        match tables.last_mut().filter(|_| is_inside) {
            Some(table) if !cells.iter().all(|cell| cell.starts_with("--")) => {
                table.rows.push(cells);
            }
            Some(_) => {}
            None => tables.push(Table { heads: cells, rows: Vec::new() }),
        }
        is_inside = true;
    }
    tables
}

/// The day on which a bench was measured: the first date between its marks.
pub(super) fn day<'a>(page: &'a str, bench: &str) -> &'a str {
    const LENGTH: usize = "2026-01-01".len();
    let block = block(page, bench);
    let is_day = |at: &usize| {
        let day = block.get(*at..at + LENGTH).unwrap_or_default();
        day.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        }) && !day.is_empty()
    };
    let at = block.char_indices().map(|(at, _)| at).find(is_day);
    at.map_or("", |at| &block[at..at + LENGTH])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_read_with_their_day() {
        let page = "<!-- bench a: begin -->\n| other | b |\n<!-- bench a: end -->\n\
                    <!-- bench x: begin -->\nof 2026-02-03, µ\n\n| m | n |\n|---|--:|\n| one | 1 |\n| one more | 2 |\n\n\
                    | k | l |\n|---|---|\n| two | 3 |\n<!-- bench x: end -->\n";
        let tables = tables(page, "x");
        assert_eq!(tables.len(), 2);
        assert_eq!(tables[0].rows_of("one").count(), 2);
        assert_eq!(
            (tables[0].cell("one", "n"), tables[1].cell("two", "l")),
            (Some("1"), Some("3"))
        );
        assert_eq!((tables[0].cell("two", "n"), tables[0].cell("one", "l")), (None, None));
        assert_eq!(day(page, "x"), "2026-02-03");
        assert_eq!(day(page, "a"), "");
    }
}
