//! The page for people. The server draws it; it works without JavaScript, and updates itself with it.
//!
//! Drawing is a pure function of shapes and texts. The page loads nothing from other hosts, and its content
//! security policy forbids it.

mod acknowledged;
mod alerts;
mod api;
mod diff;
mod export;
mod feeds;
mod layout;
mod link;
mod map;
mod marking;
mod marks;
mod regroup;
mod report;
mod river;
mod sign_in;
mod statements;
mod story;
mod subscriptions;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response_with_state;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::future::join_all;
use maud::{Markup, html};
use wirefold_proto::{EventId, StoryId, Target};

use crate::api::request::{Query, read_filters, read_query};
use crate::api::{Api, ApiResult, DESCRIPTION};
use crate::page::layout::NavEntry;
use crate::page::map::MAX_STRIPS;
use crate::page::marking::Visit;
use crate::page::marks::{MarksOn, MarksOnEvents, Show};
pub(crate) use crate::page::river::is_web;
use crate::page::river::{River, SHOWN_COPIES, SHOWN_STORIES};
use crate::page::story::{
    LeftOut, MAX_LISTED, StoryComparison, Texts, compare_all, limit_articles,
};
use crate::projection::{Bounds, EventOnPage, EventQuery, Paging, StoryQuery, number_of};
use crate::reading::Reader;
use crate::refusal::Refusal;
use crate::shapes::{EventBrief, EventPage, ReportBy, Status, StoryBrief, StoryWithArticles};
use crate::statements::EventStatements;
use crate::{AppState, corrections};

/// Events on one page of the list.
const EVENTS: usize = 30;
/// Alerts on one page.
const ALERTS: usize = 50;

/// The routes of the page.
pub(crate) fn router(api: Api) -> Router {
    Router::new()
        .route("/", get(river_page))
        .route("/fragments/river", get(river_fragment))
        .route("/events/{id}", get(event_page))
        .route("/events/{id}/export", get(export_file))
        .route("/stories/{id}", get(story_page))
        .route("/alerts", get(alerts_page))
        .route("/kept", get(kept_page))
        .route("/handover", get(handover_page))
        .route("/report", get(report_page))
        .route("/feeds", get(feeds_page))
        .route("/about", get(about_page))
        .route("/api", get(api_page))
        .route("/links/{token}", get(link::open).post(link::open))
        .route("/assets/{name}", get(layout::serve))
        .merge(subscriptions::router())
        .merge(marking::router())
        .merge(regroup::router())
        .merge(sign_in::router())
        .layer(map_response_with_state(api.clone(), layout::finish))
        .with_state(api)
}

/// The page that asks people to sign in.
pub(crate) fn sign_in_wanted(app: &AppState) -> Response {
    layout::secured(sign_in::wanted(app))
}

/// A refusal that is answered with a page.
struct PageError(Refusal);

impl<E: Into<Refusal>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self.0.problem());
        response
    }
}

/// The answer of a page.
type Page = Result<Response, PageError>;

/// The fields of an address.
type AddressFields = BTreeMap<String, String>;

fn show(api: &Api, here: NavEntry, title: &str, main: &Markup) -> Page {
    Ok(layout::respond(&api.app, StatusCode::OK, (here, title), main))
}

fn paging_of(asked: &AddressFields, limit: usize) -> ApiResult<Paging> {
    let cursor = asked.get("cursor").map(|cursor| cursor.parse());
    let wrong = |error: &str| Refusal::bad_request(error).about_field("cursor");
    Ok(Paging::new(Some(limit), cursor.transpose().map_err(wrong)?))
}

async fn river_page(api: Api, reader: Reader, Query(asked): Query<AddressFields>) -> Page {
    let main = river_markup(&api.app, &reader, &asked, river::main).await?;
    let mut response = show(&api, NavEntry::River, "River", &main)?;
    // Browsers that go back to it must not show events as unread that were opened since.
    let kept_nowhere = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, kept_nowhere);
    Ok(response)
}

async fn river_fragment(api: Api, reader: Reader, Query(asked): Query<AddressFields>) -> Page {
    let fragment = river_markup(&api.app, &reader, &asked, river::fragment).await?;
    Ok(Html(fragment.into_string()).into_response())
}

async fn river_markup(
    app: &AppState,
    reader: &Reader,
    asked: &AddressFields,
    draw: impl Fn(&Status, usize, &River<'_>) -> Markup,
) -> ApiResult<Markup> {
    // All are loaded at the same time, since each may be slow under load.
    let with_status = async {
        let feeds = app.feeds().await?;
        let status = crate::api::status(app, &feeds).await?;
        Ok::<_, Refusal>((status, feeds))
    };
    let (query, show) = (app.with_feeds(read_filters(asked)?).await?, Show::of(asked));
    let with_folded = async {
        // An article that comes meanwhile may be shown, but is not marked.
        let until = app.projection.last_arrival().await?;
        let marks = reader.marks(app).await?;
        let filter = EventQuery { marks: show.filter(&marks), ..query.clone() };
        let events = app.projection.events(paging_of(asked, EVENTS)?, filter).await?;
        let stories = app.projection.openings_of(events.events.iter().map(|it| it.id).collect());
        let (stories, folded) = (stories.await?, folded(app, &events).await?);
        let on = stories.iter().map(|(event, stories)| (*event, MarksOn::of(&marks, stories)));
        Ok::<_, Refusal>((events, folded, on.collect::<MarksOnEvents>(), until))
    };
    let subscriptions = async { Ok::<_, Refusal>(app.subscriptions().await?.into_records()) };
    let acknowledged = async { Ok::<_, Refusal>(app.acknowledged().await?) };
    let ((status, feeds), (events, folded, marks, until), subscriptions, acknowledged) =
        tokio::try_join!(with_status, with_folded, subscriptions, acknowledged)?;
    let river = River {
        events: &events,
        folded: &folded,
        query: &query,
        show,
        marks: &marks,
        acknowledged: &acknowledged,
        until,
        subscriptions: &subscriptions,
        is_first: !asked.contains_key("cursor") && query == EventQuery::default(),
        groups: feeds.records().filter_map(|record| record.feed.group.as_deref()).collect(),
        has_feeds: feeds.records().len() > 0,
    };
    Ok(draw(&status, feeds::silent(&feeds), &river))
}

async fn event_page(
    api: Api,
    visit: Visit,
    Path(given): Path<String>,
    Query(mut asked): Query<AddressFields>,
) -> Page {
    let id: EventId = api.app.resolve_id(&given).await?;
    if id.to_string() != given {
        return Ok(Redirect::temporary(&format!("/events/{id}")).into_response());
    }
    let known = api.app.projection.openings_of(vec![id]).await?.remove(&id).unwrap_or_default();
    let (event, stories, left_out, said) = load_event(&api.app, id).await?;
    let marks = visit.mark_read(&api.app, &known, &asked).await?;
    let notice = regroup::event_notice(&api.app, id, asked.remove("command")).await?;
    let taken = acknowledged::part(&api.app, Target::Event(id)).await?;
    let export = export::form(id, api.app.now());
    let main = html! {
        (notice)
        (story::event_main((&event, &marks, &taken), &stories, &left_out, (&said.0, &said.1), &export))
    };
    show(&api, NavEntry::Elsewhere, &river::title_of(&event.title), &main)
}

/// An event as it was known at a moment, as a file that browsers store.
async fn export_file(api: Api, Path(given): Path<String>, RawQuery(asked): RawQuery) -> Page {
    let query = read_query(&asked.unwrap_or_default());
    // Pages show the reason of this status.
    let query = query.map_err(|refusal| Refusal::unprocessable(refusal.explain().1))?;
    let export = api.export(&given, &query).await?;
    let name = format!("{}-{}.html", export.event, export.as_of.strftime("%Y%m%dT%H%M%SZ"));
    let stored = [(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\""))];
    Ok((stored, Html(export::file(&export).into_string())).into_response())
}

async fn story_page(
    api: Api,
    visit: Visit,
    Path(given): Path<String>,
    Query(mut asked): Query<AddressFields>,
) -> Page {
    let id: StoryId = api.app.resolve_id(&given).await?;
    if id.to_string() != given {
        return Ok(Redirect::temporary(&format!("/stories/{id}")).into_response());
    }
    let known = api.app.projection.openings_numbered(vec![number_of(id)]).await?;
    let (study, left_out, said) = load_story(&api.app, id).await?;
    let marks = visit.mark_read(&api.app, &known, &asked).await?;
    let notice = regroup::notice(&api.app, study.story.id, asked.remove("command")).await?;
    let taken = acknowledged::part(&api.app, Target::Story(id)).await?;
    let main = html! {
        (notice)
        (story::story_main((&study, &marks, &taken), &left_out, (&said.0, &said.1)))
    };
    show(&api, NavEntry::Elsewhere, &river::title_of(&study.story.title), &main)
}

async fn alerts_page(api: Api, Query(asked): Query<AddressFields>) -> Page {
    let mut alerts =
        api.app.projection.alerts(paging_of(&asked, ALERTS)?, StoryQuery::default()).await?;
    api.app.show_handled(&mut alerts).await?;
    let subscriptions = api.app.subscriptions().await?.into_records();
    let subscriptions = api.app.projection.count_for(subscriptions).await?;
    show(&api, NavEntry::Alerts, "Alerts", &alerts::main(&alerts, &subscriptions))
}

async fn kept_page(api: Api, Query(asked): Query<AddressFields>) -> Page {
    let found = api.app.kept_page(&paging_of(&asked, ALERTS)?).await?;
    show(&api, NavEntry::Alerts, "Kept events", &export::kept(&found))
}

async fn handover_page(api: Api, Query(asked): Query<AddressFields>) -> Page {
    let query: StoryQuery = read_filters(&asked)?;
    let found = crate::api::handover::read(&api.app, query.since).await?;
    let subscriptions = api.app.subscriptions().await?.into_records();
    show(&api, NavEntry::Alerts, "Hand-over", &alerts::handover(&found, &subscriptions))
}

async fn report_page(api: Api, Query(asked): Query<AddressFields>) -> Page {
    let query: StoryQuery = read_filters(&asked)?;
    let by = match asked.get("by").map(String::as_str) {
        Some("agency") => ReportBy::Agency,
        _ => ReportBy::Outlet,
    };
    let found = crate::api::report::read(&api.app, by, query.since).await?;
    show(&api, NavEntry::Elsewhere, "Reprints", &report::main(&found))
}

async fn feeds_page(api: Api) -> Page {
    let (feeds, lists) = (api.app.feeds().await?, api.app.lists().await?);
    show(&api, NavEntry::Feeds, "Feeds", &feeds::main(&feeds, &lists))
}

async fn about_page(api: Api) -> Page {
    show(&api, NavEntry::About, "What the words mean", &layout::about())
}

async fn api_page(api: Api) -> Page {
    show(&api, NavEntry::About, "API", &api::main(&DESCRIPTION))
}

/// An event with its stories compared, the articles left out, and its statements.
async fn load_event(
    app: &Arc<AppState>,
    id: EventId,
) -> ApiResult<(EventBrief, Vec<StoryComparison>, LeftOut, Arc<EventStatements>)> {
    let bounds =
        Bounds { stories: MAX_STRIPS, articles: MAX_STRIPS, first: MAX_STRIPS + MAX_LISTED };
    let found = app.projection.event_on_page(id, bounds).await?;
    let EventOnPage { event, mut stories, first } = found.ok_or_else(expired)?;
    limit_articles(&mut stories);
    let left_out = LeftOut::of(event.articles, &stories, first);
    let said = crate::statements::read_event(app, id).await?;
    Ok((event, studied(app, stories).await?, left_out, said))
}

/// A compared story, the articles left out, and its statements.
async fn load_story(
    app: &Arc<AppState>,
    id: StoryId,
) -> ApiResult<(StoryComparison, LeftOut, EventStatements)> {
    let found = app.projection.story_on_page(id, MAX_STRIPS + MAX_LISTED).await?;
    let found = found.ok_or_else(expired)?;
    let said = crate::statements::read_event(app, found.story.event).await?;
    let (said, put_right) = Arc::unwrap_or_clone(said);
    let said = (crate::statements::of_story(said, id), corrections::of_story(put_right, id));
    let (all, first) = (found.story.articles, found.articles.clone());
    let mut stories = vec![found];
    limit_articles(&mut stories);
    let left_out = LeftOut::of(all, &stories, first);
    let study = studied(app, stories).await?.pop().ok_or_else(expired)?;
    Ok((study, left_out, said))
}

fn expired() -> Refusal {
    Refusal::not_found("it has expired")
}

/// The stories on the cards of these events that have more than one article, each with the articles that a
/// card lists.
async fn folded(app: &AppState, events: &EventPage) -> ApiResult<Vec<StoryWithArticles>> {
    let shown = events.events.iter().flat_map(|event| event.stories.iter().take(SHOWN_STORIES));
    let folded: Vec<StoryBrief> = shown.filter(|story| story.articles > 1).cloned().collect();
    if folded.is_empty() {
        return Ok(Vec::new());
    }
    // The lead may be any of them, and is not listed among the copies.
    Ok(app.projection.with_first_articles(folded, SHOWN_COPIES + 1).await?)
}

async fn studied(
    app: &Arc<AppState>,
    stories: Vec<StoryWithArticles>,
) -> ApiResult<Vec<StoryComparison>> {
    let texts = texts(app, &stories).await?;
    app.compute(move || compare_all(stories, &texts)).await
}

async fn texts(app: &AppState, stories: &[StoryWithArticles]) -> ApiResult<Texts> {
    let articles = stories.iter().flat_map(|with| &with.articles);
    let reads =
        articles.map(|article| async move { app.fetched(article.id, article.enriched).await });
    let mut texts = Texts::new();
    for read in join_all(reads).await {
        if let Some(fetched) = read?.filter(|it| !it.text.is_empty()) {
            texts.insert(fetched.id, fetched.text);
        }
    }
    Ok(texts)
}

#[cfg(test)]
mod tests;
