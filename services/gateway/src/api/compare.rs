//! `compare`: compares two stored articles or two given texts.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::Deserialize;
use wirefold_proto::{EventId, MAX_TEXT_BYTES, StoryId};

use super::passages::compare;
use super::request::{QueryParameters, answer, body_of};
use super::side::Side;
use super::{Api, ApiResult, Refusal, found};
use crate::inner::Inner;
use crate::shapes::{CompareRequest, Comparison, GivenText, Relation};

/// The most bytes of a request: two texts, escaped as JSON.
const MOST: usize = 4 * MAX_TEXT_BYTES;

/// Two articles: ids, prefixes of ids, or links.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareQuery {
    a: String,
    b: String,
}

/// An article with its text, story and event.
struct Stored {
    side: Side,
    story: StoryId,
    event: EventId,
}

pub(super) async fn stored(
    State(api): State<Api>,
    QueryParameters(query): QueryParameters<CompareQuery>,
) -> ApiResult<Response> {
    let a = api.inner.stored(&query.a).await?;
    let b = api.inner.stored(&query.b).await?;
    let relation = Relation::of(a.story == b.story, a.event == b.event);
    let comparison = api.inner.compare(a.side, b.side).await?;
    answer(&Comparison { stored: Some(relation), ..comparison })
}

pub(super) async fn given(State(api): State<Api>, request: Request) -> ApiResult<Response> {
    let body = body_of(request, MOST).await?;
    answer(&api.inner.given(&body).await?)
}

fn side(name: &str, given: GivenText) -> ApiResult<Side> {
    if given.text.len() > MAX_TEXT_BYTES {
        let detail = format!("`{name}.text` is over {MAX_TEXT_BYTES} bytes");
        return Err(Refusal::too_large(detail));
    }
    Ok(Side::given(given))
}

impl Inner {
    /// Compares the two texts in the body of a request.
    pub(crate) async fn given(&self, body: &[u8]) -> ApiResult<Comparison> {
        let unread = |error: serde_json::Error| Refusal::bad_request(error.to_string());
        let CompareRequest { a, b } = serde_json::from_slice(body).map_err(unread)?;
        self.compare(side("a", a)?, side("b", b)?).await
    }

    async fn stored(&self, given: &str) -> ApiResult<Stored> {
        let id = if given.contains("://") {
            let articles = self.projection.articles_at(given.to_owned()).await?;
            let newest = articles.first().map(|article| article.id);
            newest.ok_or_else(|| Refusal::not_found(format!("no article at {given:?}")))?
        } else if given.starts_with("s-") {
            found::story_brief(self, given).await?.lead
        } else {
            found::article(self, given).await?
        };
        let detail = found::article_detail(self, id, given).await?;
        let fetched = self.fetched(detail.output.fetched).await?.filter(|fetched| fetched.id == id);
        let gone = || Refusal::gone(format!("the text of {id} has expired"));
        let side = Side::stored(fetched.ok_or_else(gone)?);
        Ok(Stored { side, story: detail.story, event: detail.event })
    }

    async fn compare(&self, a: Side, b: Side) -> ApiResult<Comparison> {
        let turn = Arc::clone(&self.comparisons).acquire_owned().await;
        let method = self.settings.method.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            compare(&a, &b, &method)
        });
        let done = work.await.map_err(|_| Refusal::failed("the comparison broke off"))?;
        done.ok_or_else(|| Refusal::failed("the detector gave no verdict"))
    }
}
