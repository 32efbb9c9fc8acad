//! Finds the words of a subscription's query in one article, and their positions.
//!
//! Comes in: a query and an article. Goes out: the words that were found, or the part of the query that was
//! not. It never opens an alert.

mod parts;

use serde::Serialize;
use wirefold_proto::{ArticleFetched, GroupBy, OutputArticle, SubscriptionSettings};
use wirefold_query::{Document, Lists, Prepared, Query};

use crate::engine::IncomingArticle;
use crate::error::AlerterError;

/// The result of a query for an article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct QueryReading {
    /// Whether the article matches.
    pub matches: bool,
    /// Whether it matches only outside title and lede.
    pub in_passing: bool,
    /// The words of the query that were found, with where.
    pub found: Vec<FoundWord>,
    /// If it does not match: the first part of the query that fails, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// Whether that part is one that the query excludes.
    pub is_excluded: bool,
    /// Outlets of its event or story when it came.
    pub outlets: u32,
    /// Separately written texts of its event or story at that time: an upper bound.
    pub origins: u32,
}

/// A word of a query, and where the article has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundWord {
    /// The word, phrase or field as the query writes it.
    pub word: String,
    /// Where: `title`, `lede`, `text`, or `field` for other data of the article.
    pub place: &'static str,
}

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
        let failed = parts::first_failing(&subscription.query, lists, &incoming.prepared, &numbers);
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
    let found = words.map(|word| FoundWord { place: place(&word), word }).collect();
    Ok(QueryReading { matches: true, in_passing: matched.in_passing, found, ..reading })
}
