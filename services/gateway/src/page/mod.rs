//! The page for people. The server draws it; it works without JavaScript, and updates itself with it.
//!
//! Drawing is a pure function of shapes and texts. [`load`] reads projection and bus. The page loads nothing
//! from other hosts, and its content security policy forbids it.

mod about;
mod alerts;
mod assets;
mod corrections;
mod diff;
mod error_page;
mod event;
mod feeds;
mod layout;
mod link;
mod load;
mod map;
mod read;
mod river;
mod sign_in;
mod spark;
mod split;
mod statements;
mod story;
mod story_comparison;
mod subscriptions;
mod tables;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde::Deserialize;
use wirefold_proto::{EventId, StoryId};

use crate::Inner;
use crate::api::Api;
use crate::projection::{EventFilter, EventSort, Paging};
use crate::shapes::Status;
use layout::{Frame, NavEntry};
use load::PageError;
use river::River;
pub(crate) use river::is_web;

/// Events on one page of the list.
const EVENTS: usize = 30;
/// Alerts on one page.
const ALERTS: usize = 50;

/// The routes of the page.
pub(crate) fn router(api: Api) -> Router {
    let inner = api.inner.clone();
    let reading = Router::new()
        .route("/", get(river_page))
        .route("/fragments/river", get(river_fragment))
        .route("/events/{id}", get(event_page))
        .route("/stories/{id}", get(story_page))
        .route("/alerts", get(alerts_page))
        .route("/feeds", get(feeds_page))
        .route("/about", get(about_page))
        .route("/links/{token}", get(link::ask).post(link::follow))
        .route("/assets/{name}", get(assets::serve))
        .with_state(inner);
    let signing_in = sign_in::router(api.inner.clone());
    let writing = subscriptions::router(api.clone()).merge(split::router(api));
    reading.merge(writing).merge(signing_in).layer(map_response(layout::secure))
}

/// The page that asks people to sign in.
pub(crate) fn sign_in_wanted(inner: &Inner) -> Response {
    layout::secured(sign_in::wanted(inner))
}

#[derive(Debug, Default, Deserialize)]
struct PageQuery {
    q: Option<String>,
    cursor: Option<String>,
    #[serde(flatten)]
    narrow: Narrow,
}

/// The filters and the order of the list of events. Empty fields have no effect.
#[derive(Debug, Default, Clone, Deserialize)]
struct Narrow {
    #[serde(default)]
    subscription: String,
    #[serde(default)]
    outlet: String,
    #[serde(default)]
    language: String,
    #[serde(default)]
    min_outlets: String,
    #[serde(default)]
    sort: String,
}

impl Narrow {
    /// The fields that are not empty, by name.
    fn chosen(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("subscription", &self.subscription),
            ("outlet", &self.outlet),
            ("language", &self.language),
            ("min_outlets", &self.min_outlets),
            ("sort", &self.sort),
        ];
        all.into_iter()
            .map(|(name, value)| (name, value.trim()))
            .filter(|it| !it.1.is_empty())
            .collect()
    }
}

impl PageQuery {
    fn filter(&self) -> EventFilter {
        let given = |text: &str| Some(text.trim().to_lowercase()).filter(|text| !text.is_empty());
        EventFilter {
            words: self.query_text().map(str::to_owned),
            subscription: given(&self.narrow.subscription),
            outlet: given(&self.narrow.outlet),
            language: given(&self.narrow.language),
            min_outlets: self.narrow.min_outlets.trim().parse().unwrap_or(0),
            sort: match self.narrow.sort.as_str() {
                "outlets" => EventSort::Outlets,
                "velocity" => EventSort::Velocity,
                _ => EventSort::Newest,
            },
        }
    }

    fn query_text(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|words| !words.is_empty())
    }

    fn paging(&self, limit: usize) -> Result<Paging, PageError> {
        Paging::parse(Some(limit), self.cursor.as_deref()).ok_or(PageError::Nothing)
    }
}

async fn river_page(State(inner): State<Arc<Inner>>, Query(asked): Query<PageQuery>) -> Response {
    let page = river_markup(&inner, &asked, river::main);
    answer(&inner, NavEntry::River, "River", page.await)
}

async fn river_fragment(State(inner): State<Arc<Inner>>) -> Response {
    match river_markup(&inner, &PageQuery::default(), river::fragment).await {
        Ok(fragment) => Html(fragment.into_string()).into_response(),
        Err(error) => error_page::answer(&inner, &error),
    }
}

async fn river_markup(
    inner: &Inner,
    asked: &PageQuery,
    draw: impl Fn(&Status, usize, &River<'_>) -> Markup,
) -> Result<Markup, PageError> {
    // All are loaded at the same time, since each may be slow under load.
    let with_status = async {
        let feeds = inner.feeds().await?.into_records();
        let status = crate::api::status_with(inner, &feeds).await;
        let status = status.map_err(|why| PageError::Status(format!("{why:?}")))?;
        Ok::<_, PageError>((status, feeds))
    };
    let with_folded = async {
        let events = events(inner, asked).await?;
        let folded = load::folded(inner, &events).await?;
        Ok::<_, PageError>((events, folded))
    };
    let subscriptions = async { Ok::<_, PageError>(inner.subscriptions().await?.into_records()) };
    let ((status, feeds), (events, folded), subscriptions) =
        tokio::try_join!(with_status, with_folded, subscriptions)?;
    let river = River {
        events: &events,
        folded: &folded,
        query: asked.query_text(),
        narrow: &asked.narrow,
        subscriptions: &subscriptions,
        is_first: asked.cursor.is_none()
            && asked.query_text().is_none()
            && asked.narrow.chosen().is_empty(),
        has_feeds: !feeds.is_empty(),
    };
    Ok(draw(&status, feeds::silent(&feeds), &river))
}

async fn events(inner: &Inner, asked: &PageQuery) -> Result<crate::shapes::EventPage, PageError> {
    Ok(inner.projection.events(asked.paging(EVENTS)?, asked.filter()).await?)
}

async fn event_page(State(inner): State<Arc<Inner>>, Path(given): Path<String>) -> Response {
    let id = match load::meaning::<EventId>(&inner, given.clone()).await {
        Ok(id) if id.to_string() == given => id,
        Ok(id) => return Redirect::temporary(&format!("/events/{id}")).into_response(),
        Err(error) => return error_page::answer(&inner, &error),
    };
    match load::event(&inner, id).await {
        Ok((event, stories, left_out, said)) => {
            let main = event::main(&event, &stories, &left_out, (&said.0, &said.1));
            answer(&inner, NavEntry::Elsewhere, &river::title_of(&event.title), Ok(main))
        }
        Err(error) => error_page::answer(&inner, &error),
    }
}

/// The outcome of an action on a story, as the address gives it.
#[derive(Debug, Default, Deserialize)]
struct Done {
    command: Option<String>,
}

async fn story_page(
    State(inner): State<Arc<Inner>>,
    Path(given): Path<String>,
    Query(done): Query<Done>,
) -> Response {
    let id = match load::meaning::<StoryId>(&inner, given.clone()).await {
        Ok(id) if id.to_string() == given => id,
        Ok(id) => return Redirect::temporary(&format!("/stories/{id}")).into_response(),
        Err(error) => return error_page::answer(&inner, &error),
    };
    let page = async {
        let (study, left_out, said) = load::story(&inner, id).await?;
        let notice = split::notice(&inner, study.story.id, done.command).await?;
        Ok::<_, PageError>((study, left_out, said, notice))
    };
    match page.await {
        Ok((study, left_out, said, notice)) => {
            let main = html! { (notice) (story::main(&study, &left_out, (&said.0, &said.1))) };
            answer(&inner, NavEntry::Elsewhere, &river::title_of(&study.story.title), Ok(main))
        }
        Err(error) => error_page::answer(&inner, &error),
    }
}

async fn alerts_page(State(inner): State<Arc<Inner>>, Query(asked): Query<PageQuery>) -> Response {
    let page = async {
        let mut alerts = inner.projection.alerts(asked.paging(ALERTS)?, None).await?;
        inner.show_handled(&mut alerts).await?;
        let subscriptions = inner.subscriptions().await?.into_records();
        let subscriptions = inner.projection.count_for(subscriptions).await?;
        Ok(alerts::main(&alerts, &subscriptions))
    };
    answer(&inner, NavEntry::Alerts, "Alerts", page.await)
}

async fn feeds_page(State(inner): State<Arc<Inner>>) -> Response {
    let page = async {
        let (feeds, lists) = (inner.feeds().await?.into_records(), inner.lists().await?);
        Ok(feeds::main(&feeds, &lists))
    };
    answer(&inner, NavEntry::Feeds, "Feeds", page.await)
}

async fn about_page(State(inner): State<Arc<Inner>>) -> Response {
    answer(&inner, NavEntry::About, "What the words mean", Ok(about::main()))
}

/// The page around its main part, or the error page.
fn answer(inner: &Inner, here: NavEntry, title: &str, main: Result<Markup, PageError>) -> Response {
    let frame = Frame::of(&inner.settings, title, here);
    match main {
        Ok(main) => Html(layout::page(&frame, &main).into_string()).into_response(),
        Err(error) => error_page::answer(inner, &error),
    }
}

#[cfg(test)]
mod tests;
