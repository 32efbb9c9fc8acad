//! Reads stories and events for their pages, with a bounded number of articles. A story may have tens of
//! thousands of articles, and an event as many stories.

use rusqlite::Connection;
use wirefold_proto::{EventId, StoryId};

use super::articles::{self, BRIEF};
use super::{Answer, events, stories};
use crate::shapes::{ArticleBrief, EventBrief, StoryBrief, StoryWithArticles};

/// How much of an event its page shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Stories.
    pub(crate) stories: usize,
    /// Articles of each story, without the lead.
    pub(crate) articles: usize,
    /// First articles of the event, in any story.
    pub(crate) first: usize,
}

/// An event for its page.
#[derive(Debug, Clone)]
pub(crate) struct EventOnPage {
    /// The event.
    pub(crate) event: EventBrief,
    /// Its first stories, each with its lead and its first articles.
    pub(crate) stories: Vec<StoryWithArticles>,
    /// The first of all its articles.
    pub(crate) first: Vec<ArticleBrief>,
}

pub(super) fn event(
    connection: &Connection,
    id: EventId,
    bounds: Bounds,
) -> Answer<Option<EventOnPage>> {
    let Some(mut event) = events::read_event(connection, id, bounds.stories)? else {
        return Ok(None);
    };
    let shown = std::mem::take(&mut event.stories).into_iter();
    let shown = shown.map(|story| with_lead_and_first(connection, story, bounds.articles));
    let shown = shown.collect::<Answer<_>>()?;
    let ask = format!(
        "SELECT articles.{BRIEF} FROM event_articles AS its
         JOIN articles ON articles.key = its.article
         WHERE its.event = ?1 ORDER BY its.seen, its.fetched LIMIT ?2"
    );
    let most = bounds.first as i64;
    let first = articles::briefs(connection, &ask, &[&id.to_string(), &most])?;
    Ok(Some(EventOnPage { event, stories: shown, first }))
}

pub(super) fn story(
    connection: &Connection,
    id: StoryId,
    most: usize,
) -> Answer<Option<StoryWithArticles>> {
    let story = stories::read_story(connection, id)?;
    story.map(|story| with_lead_and_first(connection, story, most)).transpose()
}

/// A story with its first articles, followed by its lead if that is not among them.
fn with_lead_and_first(
    connection: &Connection,
    story: StoryBrief,
    most: usize,
) -> Answer<StoryWithArticles> {
    let mut articles = articles::first_of_story(connection, &story.id, most)?;
    if articles.iter().all(|article| article.id != story.lead) {
        let ask = format!("SELECT {BRIEF} FROM articles WHERE id = ?1");
        articles.extend(articles::briefs(connection, &ask, &[&story.lead.to_string()])?);
    }
    Ok(StoryWithArticles { story, articles })
}
