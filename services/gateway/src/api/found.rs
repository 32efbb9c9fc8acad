//! Finds the article, story or event with an id or a prefix of one.

use wirefold_proto::{ArticleId, EventId, StoryId};

use super::{ApiResult, Refusal};
use crate::inner::Inner;
use crate::projection::{IdLookup, RowId};
use crate::shapes::{ArticleDetail, StoryBrief};

/// The id of the article with this id or prefix.
pub(crate) async fn article(inner: &Inner, given: &str) -> ApiResult<ArticleId> {
    found(inner, given).await
}

/// The current id of the story with this id or prefix.
pub(crate) async fn story(inner: &Inner, given: &str) -> ApiResult<StoryId> {
    found(inner, given).await
}

/// The story without its articles.
pub(super) async fn story_brief(inner: &Inner, given: &str) -> ApiResult<StoryBrief> {
    let id = story(inner, given).await?;
    let found = inner.projection.story_brief(id).await?;
    found.ok_or_else(|| Refusal::not_found(format!("no story {given:?}")))
}

/// The article with everything stored about it.
pub(super) async fn article_detail(
    inner: &Inner,
    id: ArticleId,
    given: &str,
) -> ApiResult<ArticleDetail> {
    let found = inner.projection.article(id).await?;
    found.ok_or_else(|| Refusal::not_found(format!("no article {given:?}")))
}

/// The current id of the event with this id or prefix.
pub(super) async fn event(inner: &Inner, given: &str) -> ApiResult<EventId> {
    found(inner, given).await
}

async fn found<I: RowId>(inner: &Inner, given: &str) -> ApiResult<I> {
    match inner.projection.meaning(given.to_owned()).await? {
        IdLookup::One(id) => Ok(id),
        IdLookup::Many(candidates) => {
            let candidates = candidates.iter().map(I::to_string).collect();
            Err(Refusal::ambiguous(given, candidates))
        }
        IdLookup::Nothing => Err(Refusal::not_found(format!("no {} {given:?}", I::NAME))),
        IdLookup::TooShort => {
            Err(Refusal::bad_request(format!("{given:?} is too short: an id or 6 of its digits")))
        }
    }
}
