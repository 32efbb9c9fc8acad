//! What the pages ask of projection and bus.

use std::sync::Arc;

use futures_util::future::join_all;
use wirefold_flow::BusError;
use wirefold_proto::{EventId, StoryId};

use super::river::SHOWN_COPIES;
use super::study::{StoryStudy, Texts, bounded, study};
use crate::Inner;
use crate::corrections::{self, CorrectionsError};
use crate::projection::{Kind, Meaning, ProjectionError};
use crate::shapes::{
    ArticleBrief, Corrections, Event, EventPage, Statements, Story, StoryWithArticles,
};
use crate::statements;

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub(super) enum PageError {
    /// There is no such thing, or there is no longer.
    #[error("nothing here under this address")]
    Nothing,
    /// Several have these first digits.
    #[error("several have these first digits")]
    Many(Vec<String>),
    /// The projection failed.
    #[error(transparent)]
    Projection(#[from] ProjectionError),
    /// The bus failed.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The numbers of the hour cannot be had.
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

/// What an id, or the first digits of one, means.
pub(super) async fn meaning(inner: &Inner, kind: Kind, given: String) -> Result<String, PageError> {
    match inner.projection.meaning(kind, given).await? {
        Meaning::One(id) => Ok(id),
        Meaning::Many(ids) => Err(PageError::Many(ids)),
        Meaning::Nothing | Meaning::TooShort => Err(PageError::Nothing),
    }
}

/// What the articles of an event say and count, and what outlets put right in it.
pub(super) type Said = (Statements, Corrections);

/// An event with its stories studied, the articles that are too many for it, and what it says.
pub(super) async fn event(
    inner: &Arc<Inner>,
    id: &str,
) -> Result<(Event, Vec<StoryStudy>, Vec<ArticleBrief>, Said), PageError> {
    let id: EventId = id.parse().map_err(|_| PageError::Nothing)?;
    let mut event = inner.projection.event(id).await?.ok_or(PageError::Nothing)?;
    let mut stories = std::mem::take(&mut event.stories);
    let left_out = bounded(&mut stories);
    let said = inner.projection.statements(id).await?;
    let put_right = corrections::of_event(inner, id).await?;
    Ok((event, studied(inner, stories).await?, left_out, (said, put_right)))
}

/// A story studied, the articles that are too many for it, and what it says.
pub(super) async fn story(
    inner: &Arc<Inner>,
    id: &str,
) -> Result<(StoryStudy, Vec<ArticleBrief>, Said), PageError> {
    let id: StoryId = id.parse().map_err(|_| PageError::Nothing)?;
    let Story { story, articles, .. } =
        inner.projection.story(id).await?.ok_or(PageError::Nothing)?;
    let of_event = inner.projection.statements(story.event).await?;
    let said = statements::of_story(of_event, id);
    let put_right = corrections::of_event(inner, story.event).await?;
    let put_right = corrections::of_story(put_right, id);
    let mut stories = vec![StoryWithArticles { story, articles }];
    let left_out = bounded(&mut stories);
    let study = studied(inner, stories).await?.pop().ok_or(PageError::Nothing)?;
    Ok((study, left_out, (said, put_right)))
}

/// The stories of these events that have more than one article, with all their articles.
pub(super) async fn folded(
    inner: &Inner,
    events: &EventPage,
) -> Result<Vec<StoryWithArticles>, PageError> {
    let stories = events.events.iter().flat_map(|event| &event.stories);
    let ids: Vec<StoryId> =
        stories.filter(|story| story.articles > 1).map(|story| story.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // The lead, which may be any of them, is not shown among the copies.
    Ok(inner.projection.these_stories(ids, SHOWN_COPIES + 1).await?)
}

async fn studied(
    inner: &Arc<Inner>,
    stories: Vec<StoryWithArticles>,
) -> Result<Vec<StoryStudy>, PageError> {
    let texts = texts(inner, &stories).await?;
    // Whoever leaves lets the next one in; the work itself is bounded.
    let _turn = inner.comparisons.acquire().await.map_err(|_| PageError::Ending)?;
    let method = inner.settings.method.clone();
    let studied = tokio::task::spawn_blocking(move || study(stories, &texts, &method));
    studied.await.map_err(|_| PageError::Ending)
}

async fn texts(inner: &Inner, stories: &[StoryWithArticles]) -> Result<Texts, PageError> {
    let articles = stories.iter().flat_map(|with| &with.articles);
    let reads = articles.map(|article| async move {
        inner.fetched(article.fetched).await.map(|found| (article.id, found))
    });
    let mut texts = Texts::new();
    for read in join_all(reads).await {
        // The sequence may have been taken by another article after a rebuild of the stream.
        if let (id, Some(fetched)) = read?
            && fetched.id == id
            && !fetched.text.is_empty()
        {
            texts.insert(id, fetched.text);
        }
    }
    Ok(texts)
}
