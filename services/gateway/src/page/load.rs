//! Loads the data of the pages from projection and bus.

use std::sync::Arc;

use futures_util::future::join_all;
use wirefold_flow::BusError;
use wirefold_proto::{EventId, StoryId};

use super::map::MAX_STRIPS;
use super::river::{SHOWN_COPIES, SHOWN_STORIES};
use super::story_comparison::{LeftOut, StoryComparison, Texts, compare_stories, limit_articles};
use super::tables::MAX_LISTED;
use crate::Inner;
use crate::corrections::{self, CorrectionsError};
use crate::event_statements;
use crate::projection::{Bounds, EventOnPage, IdLookup, ProjectionError, RowId};
use crate::shapes::{EventBrief, EventPage, StoryBrief, StoryWithArticles};
use crate::statement_cache::EventStatements;
use crate::statements;

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// It does not exist, or does not exist any more.
    #[error("nothing here under this address")]
    Nothing,
    /// Several ids have this prefix.
    #[error("several have these first digits")]
    Many(Vec<String>),
    /// The projection failed.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The numbers of the last hour cannot be read.
    #[error("no status: {0}")]
    Status(String),
    /// The work was dropped because the program ends.
    #[error("the program is ending")]
    Ending,
}

impl From<CorrectionsError> for PageError {
    fn from(error: CorrectionsError) -> Self {
        match error {
            CorrectionsError::Projection(error) => error.into(),
            CorrectionsError::Bus(error) => error.into(),
            CorrectionsError::Ending => Self::Ending,
        }
    }
}

/// The id with this prefix.
pub(super) async fn meaning<I: RowId>(inner: &Inner, given: String) -> Result<I, PageError> {
    match inner.projection.meaning(given).await? {
        IdLookup::One(id) => Ok(id),
        IdLookup::Many(ids) => Err(PageError::Many(ids.iter().map(I::to_string).collect())),
        IdLookup::Nothing | IdLookup::TooShort => Err(PageError::Nothing),
    }
}

/// An event with its stories compared, the articles left out, and its statements.
pub(super) async fn event(
    inner: &Arc<Inner>,
    id: EventId,
) -> Result<(EventBrief, Vec<StoryComparison>, LeftOut, Arc<EventStatements>), PageError> {
    let bounds =
        Bounds { stories: MAX_STRIPS, articles: MAX_STRIPS, first: MAX_STRIPS + MAX_LISTED };
    let found = inner.projection.event_on_page(id, bounds).await?.ok_or(PageError::Nothing)?;
    let EventOnPage { event, mut stories, first } = found;
    limit_articles(&mut stories);
    let left_out = LeftOut::of(event.articles, &stories, first);
    let said = event_statements::of_event(inner, id).await?;
    Ok((event, studied(inner, stories).await?, left_out, said))
}

/// A compared story, the articles left out, and its statements.
pub(super) async fn story(
    inner: &Arc<Inner>,
    id: StoryId,
) -> Result<(StoryComparison, LeftOut, EventStatements), PageError> {
    let found = inner.projection.story_on_page(id, MAX_STRIPS + MAX_LISTED).await?;
    let found = found.ok_or(PageError::Nothing)?;
    let (said, put_right) =
        Arc::unwrap_or_clone(event_statements::of_event(inner, found.story.event).await?);
    let said = (statements::of_story(said, id), corrections::of_story(put_right, id));
    let (all, first) = (found.story.articles, found.articles.clone());
    let mut stories = vec![found];
    limit_articles(&mut stories);
    let left_out = LeftOut::of(all, &stories, first);
    let study = studied(inner, stories).await?.pop().ok_or(PageError::Nothing)?;
    Ok((study, left_out, said))
}

/// The stories on the cards of these events that have more than one article, each with the articles that a
/// card lists.
pub(super) async fn folded(
    inner: &Inner,
    events: &EventPage,
) -> Result<Vec<StoryWithArticles>, PageError> {
    let shown = events.events.iter().flat_map(|event| event.stories.iter().take(SHOWN_STORIES));
    let folded: Vec<StoryBrief> = shown.filter(|story| story.articles > 1).cloned().collect();
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    // The lead may be any of them, and is not listed among the copies.
    Ok(inner.projection.with_first_articles(folded, SHOWN_COPIES + 1).await?)
}

async fn studied(
    inner: &Arc<Inner>,
    stories: Vec<StoryWithArticles>,
) -> Result<Vec<StoryComparison>, PageError> {
    let texts = texts(inner, &stories).await?;
    // If the client leaves, the next one may start. The work itself is limited.
    let _turn = inner.comparisons.acquire().await.map_err(|_| PageError::Ending)?;
    let method = inner.settings.method.clone();
    let studied = tokio::task::spawn_blocking(move || compare_stories(stories, &texts, &method));
    studied.await.map_err(|_| PageError::Ending)
}

async fn texts(inner: &Inner, stories: &[StoryWithArticles]) -> Result<Texts, PageError> {
    let articles = stories.iter().flat_map(|with| &with.articles);
    let reads = articles.map(|article| async move {
        inner.fetched(article.fetched).await.map(|found| (article.id, found))
    });
    let mut texts = Texts::new();
    for read in join_all(reads).await {
        // After the stream was created anew, another article may have this sequence.
        if let (id, Some(fetched)) = read?
            && fetched.id == id
            && !fetched.text.is_empty()
        {
            texts.insert(id, fetched.text);
        }
    }
    Ok(texts)
}
