//! Finds the article, story or event with an id or a prefix of one.

use wirefold_proto::{ArticleId, EventId, StoryId};

use super::{ApiResult, Refusal};
use crate::inner::Inner;
use crate::projection::{IdLookup, Kind};
use crate::shapes::{ArticleDetail, StoryBrief};

/// The id of the article with this id or prefix.
pub(crate) async fn article(inner: &Inner, given: &str) -> ApiResult<ArticleId> {
    found(inner, Kind::Article, "article", given).await
}

/// The current id of the story with this id or prefix.
pub(crate) async fn story(inner: &Inner, given: &str) -> ApiResult<StoryId> {
    found(inner, Kind::Story, "story", given).await
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
    found(inner, Kind::Event, "event", given).await
}

async fn found<T: std::str::FromStr>(
    inner: &Inner,
    kind: Kind,
    what: &str,
    given: &str,
) -> ApiResult<T> {
    let unknown = || Refusal::not_found(format!("no {what} {given:?}"));
    match inner.projection.meaning(kind, given.to_owned()).await? {
        IdLookup::One(id) => id.parse().map_err(|_| unknown()),
        IdLookup::Many(candidates) => Err(Refusal::ambiguous(given, candidates)),
        IdLookup::Nothing => Err(unknown()),
        IdLookup::TooShort => {
            Err(Refusal::bad_request(format!("{given:?} is too short: an id or 6 of its digits")))
        }
    }
}
