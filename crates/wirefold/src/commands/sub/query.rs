//! Shows a query with a caret under its mistake.

use unicode_width::UnicodeWidthStr;
use wirefold_query::{Lists, Query};

use crate::exit::{Exit, Stop};
use crate::output::clean;

/// Fails if a query cannot be parsed, and points at the column.
pub(super) fn check(query: &str) -> anyhow::Result<()> {
    // The running wirefold has its own lists, so names of lists are not checked here.
    match Query::parse_with(query, &Lists::accepting_any_name()) {
        Ok(_) => Ok(()),
        Err(error) => {
            let pointed = point(query, error.column);
            let what =
                format!("the query cannot be read\n{pointed}\n{}", clean(&error.to_string()));
            Err(Stop::new(Exit::Usage, what).into())
        }
    }
}

/// The number of characters that are shown before and after the caret.
const AROUND: usize = 60;

/// The query, and under it a caret at the column, counted in characters from 1.
fn point(query: &str, column: usize) -> String {
    let at = column.saturating_sub(1);
    let from = at.saturating_sub(AROUND);
    let shown = |range: std::ops::Range<usize>| {
        let part: String = query.chars().skip(range.start).take(range.len()).collect();
        clean(&part)
    };
    let before = shown(from..at);
    let lead = if from > 0 { "…" } else { "" };
    let caret = " ".repeat(before.width() + lead.width());
    format!("  {lead}{before}{}\n  {caret}^", shown(at..at + AROUND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_is_under_the_column() {
        assert_eq!(point("port AND", 9), "  port AND\n          ^");
        assert_eq!(point("泽连 )", 4), "  泽连 )\n       ^");
        let long = format!("{} )", "word ".repeat(100));
        let pointed = point(&long, 502);
        let lines: Vec<&str> = pointed.lines().collect();
        assert_eq!(
            lines[0].chars().position(|c| c == ')'),
            lines[1].chars().position(|c| c == '^')
        );
    }

    #[test]
    fn a_query_that_cannot_be_parsed_is_wrong_usage() {
        let error = check("port AND").unwrap_err();
        assert_eq!(crate::client::exit_of(&error), Exit::Usage);
        let message = error.to_string();
        assert!(message.contains("\n          ^\ncolumn 9: expected"), "{message}");
        assert!(check("port OR harbour").is_ok());
    }
}
