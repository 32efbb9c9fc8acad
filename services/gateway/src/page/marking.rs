//! Marks stories as read or unread, and stars them. The page of an event or a story marks its stories as read when
//! somebody opens it. Forms post all other marks, and send the browser back to the page that they are on.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::middleware::from_fn;
use axum::response::Response;
use axum::routing::post;
use url::Url;
use wirefold_proto::{EventId, StoryId};

use crate::AppState;
use crate::api::request::read_filters;
use crate::api::{Api, ApiResult, layers};
use crate::page::marks::{MarksOn, Show};
use crate::page::{AddressFields, regroup};
use crate::projection::{EventQuery, Opening, number_of};
use crate::reading::{Marks, Reader};
use crate::refusal;
use crate::refusal::Refusal;
use crate::tokens::READING;

/// The route. Forms must come from a page of this server.
pub(super) fn router() -> Router<Api> {
    Router::new()
        .route(READING, post(mark).route_layer(from_fn(layers::own_form_only)))
        .method_not_allowed_fallback(refusal::other_method)
}

/// A request for a page of an event or a story.
pub(super) struct Visit {
    reader: Reader,
    /// Whether somebody sees the page: it is no prefetch, no part of another page, and the client is no program.
    is_seen: bool,
}

impl FromRequestParts<Api> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Infallible> {
        let given = |name| layers::text_of(&parts.headers, name);
        let is_page = match given("sec-fetch-dest") {
            Some(wanted) => wanted == "document",
            None => given("accept").is_some_and(|accepted| accepted.contains("text/html")),
        };
        let is_seen = parts.method == Method::GET && is_page && !is_prefetch(&parts.headers);
        Ok(Self { reader: Reader::of(&parts.extensions), is_seen })
    }
}

impl Visit {
    /// Marks the stories of the page as read if somebody sees it. Returns the marks that they have then, with those
    /// that were new before.
    pub(super) async fn mark_read(
        &self,
        app: &AppState,
        stories: &[Opening],
        asked: &AddressFields,
    ) -> ApiResult<MarksOn> {
        let before = MarksOn::of(&self.reader.marks(app).await?, stories);
        if !before.is_unread || !self.is_seen || asked.contains_key(KEPT_UNREAD) {
            return Ok(before);
        }
        self.reader.change(app, |marks| set_read(marks, stories, true)).await?;
        Ok(MarksOn { is_unread: false, ..before })
    }
}

/// Whether a browser asks for a page that nobody opened yet.
pub(super) fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"].iter().any(|it| headers.contains_key(*it))
}

/// The field of the address of a page that was marked as unread, so that showing it again does not mark it as read.
const KEPT_UNREAD: &str = "unread";

fn set_read(marks: &mut Marks, stories: &[Opening], is_read: bool) {
    stories.iter().for_each(|story| marks.set_read(story, is_read));
}

async fn mark(api: Api, reader: Reader, request: Request) -> Response {
    let sender = regroup::sender_of(request.headers());
    let done = async {
        let fields: AddressFields = regroup::fields(request).await?.into_iter().collect();
        let field = |name| fields.get(name).map_or("", String::as_str);
        let (mark, of) = (field("mark"), field("of"));
        if mark == "all" {
            mark_all(&api.app, &reader, &fields).await?;
            return Ok(page_after(sender.as_ref(), mark, ""));
        }
        set_mark(&api.app, &reader, mark, &stories_of(&api.app, of).await?).await?;
        Ok(page_after(sender.as_ref(), mark, of))
    };
    regroup::answer(&api, done.await, &page_after(sender.as_ref(), "", ""))
}

/// The stories of an event, or one story.
async fn stories_of(app: &AppState, given: &str) -> ApiResult<Vec<Opening>> {
    if given.starts_with("e-") {
        let event: EventId = app.resolve_id(given).await?;
        let mut stories = app.projection.openings_of(vec![event]).await?;
        return Ok(stories.remove(&event).unwrap_or_default());
    }
    let story: StoryId = app.resolve_id(given).await?;
    Ok(app.projection.openings_numbered(vec![number_of(story)]).await?)
}

async fn set_mark(app: &AppState, reader: &Reader, mark: &str, on: &[Opening]) -> ApiResult<()> {
    let change: &(dyn Fn(&mut Marks) + Sync) = match mark {
        "read" => &|marks| set_read(marks, on, true),
        "unread" => &|marks| set_read(marks, on, false),
        // The first story gives an event its title.
        "star" => &|marks| on.iter().take(1).for_each(|it| marks.set_starred(it, true)),
        "unstar" => &|marks| on.iter().for_each(|it| marks.set_starred(it, false)),
        _ => return Err(Refusal::bad_request(format!("{mark:?} is not a mark"))),
    };
    reader.change(app, change).await
}

/// Marks the stories in a list as read that came until the list was drawn.
async fn mark_all(app: &AppState, reader: &Reader, fields: &AddressFields) -> ApiResult<()> {
    let until = fields.get("drawn").and_then(|until| until.parse::<i64>().ok());
    let until = until.ok_or_else(|| Refusal::bad_request("the form has no time"))?;
    let until = until.min(app.now().as_millisecond());
    let (query, show) = (app.with_feeds(read_filters(fields)?).await?, Show::of(fields));
    if query == EventQuery::default() && show != Show::Starred {
        return reader.change(app, |marks| marks.read_all_until(until)).await;
    }
    let show = if show == Show::All { Show::Unread } else { show };
    let filter = EventQuery { marks: show.filter(&reader.marks(app).await?), ..query };
    let mut stories = app.projection.openings_matching(filter).await?;
    stories.retain(|story| story.arrived <= until);
    reader.change(app, |marks| set_read(marks, &stories, true)).await
}

/// The address of the page that shows a mark: the page that sent the form, at the event.
fn page_after(sender: Option<&Url>, mark: &str, of: &str) -> String {
    let is_story =
        |url: &&Url| ["/events/", "/stories/"].iter().any(|it| url.path().starts_with(it));
    if let Some(url) = sender.filter(is_story) {
        let was_kept = url.query_pairs().any(|(name, _)| name == KEPT_UNREAD);
        let is_kept = mark == "unread" || was_kept && mark != "read";
        let kept = if is_kept { format!("?{KEPT_UNREAD}") } else { String::new() };
        return format!("{}{kept}", url.path());
    }
    let filter = sender.filter(|url| url.path() == "/").and_then(Url::query);
    let filter = filter.map(|query| format!("?{query}")).unwrap_or_default();
    let place = if of.is_empty() { String::new() } else { format!("#{of}") };
    format!("/{filter}{place}")
}
