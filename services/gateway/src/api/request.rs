//! Reads the query and the body of a request, and finds the article, story or event that an id means.

use std::convert::Infallible;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use futures_util::future::try_join_all;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use url::form_urlencoded;
use wirefold_proto::{ArticleId, StoryId, Tag};

use crate::api::{Api, ApiResult, Refusal};
use crate::projection::{FILTERS, IdLookup, ListQuery, RowId};
use crate::shapes::{ArticleDetail, ID_PREFIX, StoryBrief};
use crate::state::AppState;

/// The longest time until the whole body has come.
const BODY_TIME: Duration = Duration::from_secs(30);
/// The most bytes of a command.
const COMMAND: usize = 128 * 1024;

impl FromRequestParts<Api> for Api {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Infallible> {
        let holder = parts.extensions.get().cloned().unwrap_or_default();
        Ok(Self { holder, ..api.clone() })
    }
}

/// The parameter in the path of an address.
pub(super) struct Path<T>(pub(super) T);

impl<T: FromStr<Err: Display>, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> ApiResult<Self> {
        let read = RawPathParams::from_request_parts(parts, state).await;
        let parameters = read.map_err(|error| Refusal::bad_request(error.body_text()))?;
        let (name, value) = parameters.iter().next().unwrap_or_default();
        let wrong = |error: T::Err| Refusal::bad_request(error.to_string()).about_field(name);
        value.parse().map(Self).map_err(wrong)
    }
}

/// The id of an event, a story or an article, or its first digits. [`AppState::resolve_id`] finds the whole one.
#[derive(JsonSchema)]
pub(super) struct IdPrefix(#[schemars(regex(pattern = ID_PREFIX))] pub(super) String);

impl FromStr for IdPrefix {
    type Err = Infallible;

    fn from_str(given: &str) -> Result<Self, Infallible> {
        Ok(Self(given.to_owned()))
    }
}

/// The query of an address.
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> ApiResult<Self> {
        read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

/// Reads a query as a type.
pub(crate) fn read_query<T: DeserializeOwned>(query: &str) -> ApiResult<T> {
    let fields = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    serde_path_to_error::deserialize(fields).map_err(wrong_field)
}

/// Reads the filters of a list among other fields. Empty ones have no effect.
pub(crate) fn read_filters<'a, S: Default + DeserializeOwned>(
    fields: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> ApiResult<ListQuery<S>> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in fields {
        if FILTERS.contains(&name.as_str()) && !value.trim().is_empty() {
            query.append_pair(name, value.trim());
        }
    }
    // Pages show the reason of this status.
    read_query(&query.finish()).map_err(|refusal| Refusal::unprocessable(refusal.explain().1))
}

/// A command as JSON. An empty body has no fields.
pub(super) struct JsonBody<T, const MOST: usize = COMMAND>(pub(super) T);

impl<T: DeserializeOwned, const MOST: usize, S: Sync> FromRequest<S> for JsonBody<T, MOST> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> ApiResult<Self> {
        let body = body_of(request, MOST).await?;
        read_json(if body.is_empty() { b"{}" } else { &body }).map(Self)
    }
}

/// Reads a JSON object as a type.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> ApiResult<T> {
    // Serde would take the fields of a type from an array, too.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Refusal::bad_request("expected an object, found an array"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let read = serde_path_to_error::deserialize(&mut json).map_err(wrong_field)?;
    json.end().map_err(|error| Refusal::bad_request(error.to_string()))?;
    Ok(read)
}

/// The refusal of a field that cannot be read. Without a known field, the error itself names it.
fn wrong_field<E: Display>(error: serde_path_to_error::Error<E>) -> Refusal {
    let field = error.path().to_string();
    let refusal = Refusal::bad_request(error.into_inner().to_string());
    if field == "." { refusal } else { refusal.about_field(&field) }
}

/// The body, at most this many bytes.
pub(crate) async fn body_of(request: Request, most: usize) -> ApiResult<Bytes> {
    let read = tokio::time::timeout(BODY_TIME, to_bytes(request.into_body(), most)).await;
    match read {
        Ok(Ok(body)) => Ok(body),
        Ok(Err(error)) if is_too_long(&error) => {
            Err(Refusal::too_large(format!("the body is over {most} bytes")))
        }
        Ok(Err(error)) => Err(Refusal::bad_request(format!("the body broke off: {error}"))),
        Err(_) => Err(Refusal::busy("the body did not come in time")),
    }
}

fn is_too_long(error: &axum::Error) -> bool {
    use std::error::Error as _;
    error.source().is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

/// The current id of the event, story or article that the path names by its id or the first digits of that.
pub(super) struct Id<I>(pub(super) I);

impl<I: RowId> FromRequestParts<Api> for Id<I> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> ApiResult<Self> {
        let Path(IdPrefix(given)) = Path::from_request_parts(parts, api).await?;
        api.app.resolve_id(&given).await.map(Self)
    }
}

/// The refusal for an id or a link that names nothing.
pub(super) fn unknown<I: RowId>(given: &impl Display) -> Refusal {
    Refusal::not_found(format!("no {} {:?}", I::NAME, given.to_string()))
}

impl AppState {
    /// The current id for an id or a prefix of one.
    pub(crate) async fn resolve_id<I: RowId>(&self, given: &str) -> ApiResult<I> {
        match self.projection.resolve_id(given.to_owned()).await? {
            IdLookup::One(id) => Ok(id),
            IdLookup::Many(candidates) => {
                let candidates = candidates.iter().map(I::to_string).collect();
                Err(Refusal::ambiguous(given, candidates))
            }
            IdLookup::Nothing => Err(unknown::<I>(&given)),
            IdLookup::TooShort => Err(Refusal::bad_request(format!(
                "{given:?} is too short: an id or 6 of its digits"
            ))),
        }
    }

    /// The same for an id in a field of a query or body.
    pub(super) async fn resolve_field<I: RowId>(&self, field: &str, given: &str) -> ApiResult<I> {
        self.resolve_id(given).await.map_err(|refusal| refusal.about_field(field))
    }

    /// The same for a field with several ids.
    pub(super) async fn resolve_fields<I: RowId>(
        &self,
        field: &str,
        given: &[String],
    ) -> ApiResult<Vec<I>> {
        try_join_all(given.iter().map(|it| self.resolve_field(field, it))).await
    }

    /// The story without its articles.
    pub(crate) async fn story_brief(&self, id: StoryId) -> ApiResult<StoryBrief> {
        self.projection.story_brief(id).await?.ok_or_else(|| unknown::<StoryId>(&id))
    }

    /// The article with everything stored about it.
    pub(super) async fn article_detail(&self, id: ArticleId) -> ApiResult<ArticleDetail> {
        let found = self.projection.articles(vec![id]).await?;
        if found.is_empty() {
            return Err(unknown::<ArticleId>(&id));
        }
        let expired = || Refusal::gone(format!("the record of {id} has expired"));
        let (story, output) = self.outputs(found).await?.pop().ok_or_else(expired)?;
        let current = self.projection.story_brief(story).await?;
        let event = current.map_or(output.verdict.event, |brief| brief.event);
        Ok(ArticleDetail { schema: Tag::new(), story, event, output, text_gone: false })
    }
}
