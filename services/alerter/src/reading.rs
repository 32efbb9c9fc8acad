//! Finds the words of a subscription's query in one article, and their positions.
//!
//! Comes in: a query and an article. Goes out: the words that were found, or the part of the query that was
//! not. It never opens an alert.

use wirefold_proto::{
    ArticleFetched, FoundWord, GroupBy, OutputArticle, QueryReading, SubscriptionSettings,
};
use wirefold_query::{Document, Lists, Numbers, Prepared, Query};

use crate::engine::IncomingArticle;
use crate::error::AlerterError;

/// Compares one article of the output with a subscription. `fetched` is its text, if it is still stored. The
/// velocity at that time is no longer known, so `velocity` never matches.
///
/// # Errors
/// [`AlerterError::Subscription`] if its query cannot be parsed.
pub fn read_article(
    subscription: &SubscriptionSettings,
    lists: &Lists,
    output: OutputArticle,
    fetched: Option<&ArticleFetched>,
) -> Result<QueryReading, AlerterError> {
    let query = Query::parse_with(&subscription.query, lists).map_err(|error| {
        AlerterError::Subscription {
            id: subscription.id.to_string(),
            why: format!("query: {error}"),
        }
    })?;
    let incoming = IncomingArticle::new(0, output, fetched);
    let tally = incoming.tally(incoming.target(subscription.group_by.unwrap_or(GroupBy::Event)));
    let numbers = tally.numbers();
    let reading =
        QueryReading { outlets: tally.outlets, origins: tally.origins, ..QueryReading::default() };
    let Some(matched) = query.matches(&incoming.prepared, &numbers) else {
        let failed = first_failing(&subscription.query, lists, &incoming.prepared, &numbers);
        let is_excluded = failed.as_ref().is_some_and(|part| part.is_excluded);
        let failed = failed.map(|part| part.written);
        return Ok(QueryReading { failed, is_excluded, ..reading });
    };
    let title = &incoming.output.article.title;
    let text = fetched.map_or("", |fetched| fetched.text.as_str());
    let language =
        incoming.output.findings.language.as_ref().map_or("", |found| found.tag.as_str());
    let of_title = Prepared::new(&Document { title, language, ..Document::default() });
    let of_text = Prepared::new(&Document { title, text, language, ..Document::default() });
    let place = |word: &str| -> &'static str {
        let Ok(alone) = Query::parse(word) else { return "field" };
        let in_passing =
            |in_text: &Prepared| alone.matches(in_text, &numbers).map(|it| it.in_passing);
        match (alone.matches(&of_title, &numbers), in_passing(&of_text)) {
            (Some(_), _) => "title",
            (None, Some(false)) => "lede",
            (None, Some(true)) => "text",
            (None, None) => "field",
        }
    };
    let words = matched.words.into_iter();
    let found = words.map(|word| FoundWord { place: place(&word).to_owned(), word }).collect();
    Ok(QueryReading { matches: true, in_passing: matched.in_passing, found, ..reading })
}

/// A part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// As written, without the sign that excludes it.
    pub(super) written: String,
    /// Whether the query excludes it.
    pub(super) is_excluded: bool,
}

/// The first part that fails; the whole query if its parts are alternatives, or all match.
pub(super) fn first_failing(
    query: &str,
    lists: &Lists,
    article: &Prepared,
    numbers: &Numbers<'_>,
) -> Option<Part> {
    let holds = |part: &Part| {
        let alone = Query::parse_with(&part.written, lists).ok();
        alone.is_none_or(|alone| alone.matches(article, numbers).is_some() != part.is_excluded)
    };
    let failing = parts(query).into_iter().find(|part| !holds(part));
    failing.or_else(|| Some(Part { written: query.trim().to_owned(), is_excluded: false }))
}

/// The parts joined by `AND`, written or implied; one part if they are joined by `OR`.
fn parts(query: &str) -> Vec<Part> {
    let tokens = tokens(query);
    if tokens.iter().any(|token| token == "OR") {
        return vec![Part { written: query.trim().to_owned(), is_excluded: false }];
    }
    let mut parts: Vec<Part> = Vec::new();
    let (mut is_denied, mut is_near) = (false, false);
    for token in tokens {
        match token.as_str() {
            "AND" => {}
            "NOT" => is_denied = !is_denied,
            near if near.starts_with("NEAR/") => {
                is_near = true;
                if let Some(last) = parts.last_mut() {
                    last.written.push_str(&format!(" {near}"));
                }
            }
            other if is_near => {
                is_near = false;
                if let Some(last) = parts.last_mut() {
                    last.written.push_str(&format!(" {other}"));
                }
            }
            other => {
                let (written, has_minus) = match other.strip_prefix('-') {
                    Some(rest) => (rest, true),
                    None => (other, false),
                };
                parts.push(Part {
                    written: written.to_owned(),
                    is_excluded: is_denied != has_minus,
                });
                is_denied = false;
            }
        }
    }
    parts
}

/// The parts between spaces that are outside quotation marks and brackets.
fn tokens(query: &str) -> Vec<String> {
    let (mut depth, mut is_quoted) = (0_usize, false);
    let mut tokens = vec![String::new()];
    for c in query.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            '(' if !is_quoted => depth += 1,
            ')' if !is_quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        let is_between = c.is_whitespace() && !is_quoted && depth == 0;
        match tokens.last_mut() {
            Some(last) if !is_between => last.push(c),
            _ => tokens.push(String::new()),
        }
    }
    tokens.retain(|token| !token.is_empty());
    tokens
}

#[cfg(test)]
mod tests {
    use wirefold_query::Document;

    use super::*;

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
            let failing = first_failing(query, &lists, &article, &numbers).unwrap();
            assert_eq!((&*failing.written, failing.is_excluded), (written, is_excluded), "{query}");
        }
    }
}
