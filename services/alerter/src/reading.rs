//! Finds the words of a subscription's query in one article, and their positions.
//!
//! Comes in: a query and an article. Goes out: the words that were found, or the part of the query that was
//! not. It never opens an alert.

use wirefold_proto::{
    ArticleFetched, FoundWord, GroupBy, OutputArticle, QueryReading, SubscriptionSettings,
};
use wirefold_query::{Document, Lists, Prepared, Query, first_failing};

use crate::engine::{IncomingArticle, ReadText, language_of};
use crate::error::AlerterError;

/// Compares one article of the output with a subscription. `fetched` is its text, if it is still stored. The
/// velocity at that time is no longer known, so `velocity` never matches.
///
/// # Errors
/// [`AlerterError::Settings`] if its query cannot be parsed.
pub fn read_article(
    subscription: &SubscriptionSettings,
    lists: &Lists,
    output: OutputArticle,
    fetched: Option<ArticleFetched>,
) -> Result<QueryReading, AlerterError> {
    let query = Query::parse_with(&subscription.query, lists).map_err(|error| {
        AlerterError::Settings(format!("subscription {}: query: {error}", subscription.id))
    })?;
    let stored = fetched.map(|it| ReadText::new(it.id, it.article, it.text, language_of(&output)));
    let incoming = IncomingArticle::new(0, output, stored);
    let tally = incoming.tally(incoming.target(subscription.group_by.unwrap_or(GroupBy::Event)));
    let numbers = tally.numbers();
    let reading =
        QueryReading { outlets: tally.outlets, origins: tally.origins, ..QueryReading::default() };
    let Some(matched) = query.matches(&incoming.prepared, &numbers) else {
        let failed = first_failing(&subscription.query, lists, &incoming.prepared, &numbers);
        let (is_excluded, failed) = (failed.is_excluded, Some(failed.written));
        return Ok(QueryReading { failed, is_excluded, ..reading });
    };
    let title = &incoming.output.article.title;
    let text = incoming.text.text();
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
