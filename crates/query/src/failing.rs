//! Finds the part of a query that an article does not match.

use crate::document::Prepared;
use crate::lexer::{LocatedToken, Token, tokens};
use crate::lists::Lists;
use crate::numbers::Numbers;
use crate::query::Query;

/// A part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As written, without the sign that excludes it.
    pub written: String,
    /// Whether the query excludes it.
    pub is_excluded: bool,
}

/// The first of the parts joined by `AND`, written or implied, that fails; the whole query if its parts are
/// alternatives, or all match.
#[must_use]
pub fn first_failing(
    query: &str,
    lists: &Lists,
    article: &Prepared,
    numbers: &Numbers<'_>,
) -> Part {
    let fails = |part: &Part| {
        let alone = Query::parse_with(&part.written, lists).ok();
        alone.is_some_and(|it| it.matches(article, numbers).is_some() == part.is_excluded)
    };
    let whole = || Part { written: query.trim().to_owned(), is_excluded: false };
    parts(query).into_iter().find(fails).unwrap_or_else(whole)
}

/// The parts joined by `AND`; none if they are joined by `OR`.
fn parts(query: &str) -> Vec<Part> {
    let (mut depth, mut is_excluded, mut is_joined) = (0_usize, false, false);
    let mut found: Vec<(std::ops::Range<usize>, bool)> = Vec::new();
    for pair in tokens(query).unwrap_or_default().windows(2) {
        let [LocatedToken { token, column }, next] = pair else { continue };
        match token {
            Token::Or if depth == 0 => return Vec::new(),
            Token::And if depth == 0 => {}
            Token::Not if depth == 0 => is_excluded = !is_excluded,
            _ => {
                let extends = depth > 0 || is_joined || matches!(token, Token::Near(_));
                match found.last_mut().filter(|_| extends) {
                    Some((last, _)) => last.end = next.column - 1,
                    None => {
                        found.push((column - 1..next.column - 1, is_excluded));
                        is_excluded = false;
                    }
                }
                depth += usize::from(*token == Token::Open);
                depth = depth.saturating_sub(usize::from(*token == Token::Close));
                is_joined = matches!(token, Token::Near(_));
            }
        }
    }
    let part = |(at, excluded): (std::ops::Range<usize>, bool)| {
        let written: String = query.chars().skip(at.start).take(at.len()).collect();
        Part { written: written.trim().to_owned(), is_excluded: excluded }
    };
    found.into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Document;

    #[test]
    fn the_first_part_that_does_not_hold_is_named() {
        let article = Prepared::new(&Document {
            title: "Talks at the port collapse",
            language: "en",
            text: "Dock workers walked out of the football ground before dawn.",
            ..Document::default()
        });
        let numbers = Numbers { origins: 1, outlets: 2, ages: &[] };
        let mut lists = Lists::default();
        lists.insert("boats", "ferry\ntug boat");
        for (query, written, is_excluded) in [
            ("port storm ferry", "storm", false),
            ("port AND \"walked in\" ferry", "\"walked in\"", false),
            ("(port OR storm) AND (ferry OR boat)", "(ferry OR boat)", false),
            ("port -football", "football", true),
            ("port NOT (football OR storm)", "(football OR storm)", true),
            ("port NEAR/2 dawn talks", "port NEAR/2 dawn", false),
            ("port origins>=2", "origins>=2", false),
            ("title:\"dock workers\" port", "title:\"dock workers\"", false),
            ("storm OR ferry", "storm OR ferry", false),
            ("~worker @boats", "@boats", false),
        ] {
            let failing = first_failing(query, &lists, &article, &numbers);
            assert_eq!((&*failing.written, failing.is_excluded), (written, is_excluded), "{query}");
        }
    }
}
