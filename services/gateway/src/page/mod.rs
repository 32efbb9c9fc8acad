//! The page for people. The server draws it; it works without JavaScript, and updates itself with it.
//!
//! Drawing is a pure function of shapes and texts. The page loads nothing from other hosts, and its content
//! security policy forbids it.

mod alerts;
mod diff;
mod feeds;
mod layout;
mod link;
mod map;
mod regroup;
mod river;
mod sign_in;
mod statements;
mod story;
mod subscriptions;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::future::join_all;
use maud::{Markup, html};
use serde::Deserialize;
use wirefold_flow::BusError;
use wirefold_proto::{EventId, StoryId};

use crate::api::Api;
use crate::corrections::CorrectionsError;
use crate::page::layout::{Frame, NavEntry};
use crate::page::map::MAX_STRIPS;
pub(crate) use crate::page::river::is_web;
use crate::page::river::{River, SHOWN_COPIES, SHOWN_STORIES};
use crate::page::story::{
    LeftOut, MAX_LISTED, StoryComparison, Texts, compare_stories, limit_articles,
};
use crate::projection::{
    Bounds, EventFilter, EventOnPage, EventSort, IdLookup, Paging, ProjectionError, RowId,
};
use crate::shapes::{EventBrief, EventPage, Status, StoryBrief, StoryWithArticles};
use crate::statements::EventStatements;
use crate::{AppState, corrections};

/// Events on one page of the list.
const EVENTS: usize = 30;
/// Alerts on one page.
const ALERTS: usize = 50;

/// The routes of the page.
pub(crate) fn router(api: Api) -> Router {
    let app = api.app.clone();
    let reading = Router::new()
        .route("/", get(river_page))
        .route("/fragments/river", get(river_fragment))
        .route("/events/{id}", get(event_page))
        .route("/stories/{id}", get(story_page))
        .route("/alerts", get(alerts_page))
        .route("/feeds", get(feeds_page))
        .route("/about", get(about_page))
        .route("/links/{token}", get(link::ask).post(link::follow))
        .route("/assets/{name}", get(layout::serve))
        .with_state(app);
    let signing_in = sign_in::router(api.app.clone());
    let writing = subscriptions::router(api.clone()).merge(regroup::router(api));
    reading.merge(writing).merge(signing_in).layer(map_response(layout::secure))
}

/// The page that asks people to sign in.
pub(crate) fn sign_in_wanted(app: &AppState) -> Response {
    layout::secured(sign_in::wanted(app))
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

async fn river_page(State(app): State<Arc<AppState>>, Query(asked): Query<PageQuery>) -> Response {
    let page = river_markup(&app, &asked, river::main);
    answer(&app, NavEntry::River, "River", page.await)
}

async fn river_fragment(State(app): State<Arc<AppState>>) -> Response {
    match river_markup(&app, &PageQuery::default(), river::fragment).await {
        Ok(fragment) => Html(fragment.into_string()).into_response(),
        Err(error) => layout::answer_error(&app, &error),
    }
}

async fn river_markup(
    app: &AppState,
    asked: &PageQuery,
    draw: impl Fn(&Status, usize, &River<'_>) -> Markup,
) -> Result<Markup, PageError> {
    // All are loaded at the same time, since each may be slow under load.
    let with_status = async {
        let feeds = app.feeds().await?.into_records();
        let status = crate::api::status_with(app, &feeds).await;
        let status = status.map_err(|why| PageError::Status(format!("{why:?}")))?;
        Ok::<_, PageError>((status, feeds))
    };
    let with_folded = async {
        let events = events(app, asked).await?;
        let folded = folded(app, &events).await?;
        Ok::<_, PageError>((events, folded))
    };
    let subscriptions = async { Ok::<_, PageError>(app.subscriptions().await?.into_records()) };
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

async fn events(app: &AppState, asked: &PageQuery) -> Result<EventPage, PageError> {
    Ok(app.projection.events(asked.paging(EVENTS)?, asked.filter()).await?)
}

async fn event_page(State(app): State<Arc<AppState>>, Path(given): Path<String>) -> Response {
    let id = match meaning::<EventId>(&app, given.clone()).await {
        Ok(id) if id.to_string() == given => id,
        Ok(id) => return Redirect::temporary(&format!("/events/{id}")).into_response(),
        Err(error) => return layout::answer_error(&app, &error),
    };
    match load_event(&app, id).await {
        Ok((event, stories, left_out, said)) => {
            let main = story::event_main(&event, &stories, &left_out, (&said.0, &said.1));
            answer(&app, NavEntry::Elsewhere, &river::title_of(&event.title), Ok(main))
        }
        Err(error) => layout::answer_error(&app, &error),
    }
}

/// The outcome of an action on a story, as the address gives it.
#[derive(Debug, Default, Deserialize)]
struct Done {
    command: Option<String>,
}

async fn story_page(
    State(app): State<Arc<AppState>>,
    Path(given): Path<String>,
    Query(done): Query<Done>,
) -> Response {
    let id = match meaning::<StoryId>(&app, given.clone()).await {
        Ok(id) if id.to_string() == given => id,
        Ok(id) => return Redirect::temporary(&format!("/stories/{id}")).into_response(),
        Err(error) => return layout::answer_error(&app, &error),
    };
    let page = async {
        let (study, left_out, said) = load_story(&app, id).await?;
        let notice = regroup::notice(&app, study.story.id, done.command).await?;
        Ok::<_, PageError>((study, left_out, said, notice))
    };
    match page.await {
        Ok((study, left_out, said, notice)) => {
            let main =
                html! { (notice) (story::story_main(&study, &left_out, (&said.0, &said.1))) };
            answer(&app, NavEntry::Elsewhere, &river::title_of(&study.story.title), Ok(main))
        }
        Err(error) => layout::answer_error(&app, &error),
    }
}

async fn alerts_page(State(app): State<Arc<AppState>>, Query(asked): Query<PageQuery>) -> Response {
    let page = async {
        let mut alerts = app.projection.alerts(asked.paging(ALERTS)?, None).await?;
        app.show_handled(&mut alerts).await?;
        let subscriptions = app.subscriptions().await?.into_records();
        let subscriptions = app.projection.count_for(subscriptions).await?;
        Ok(alerts::main(&alerts, &subscriptions))
    };
    answer(&app, NavEntry::Alerts, "Alerts", page.await)
}

async fn feeds_page(State(app): State<Arc<AppState>>) -> Response {
    let page = async {
        let (feeds, lists) = (app.feeds().await?.into_records(), app.lists().await?);
        Ok(feeds::main(&feeds, &lists))
    };
    answer(&app, NavEntry::Feeds, "Feeds", page.await)
}

async fn about_page(State(app): State<Arc<AppState>>) -> Response {
    answer(&app, NavEntry::About, "What the words mean", Ok(layout::about()))
}

/// The page around its main part, or the error page.
fn answer(
    app: &AppState,
    here: NavEntry,
    title: &str,
    main: Result<Markup, PageError>,
) -> Response {
    let frame = Frame::of(&app.settings, title, here);
    match main {
        Ok(main) => Html(layout::page(&frame, &main).into_string()).into_response(),
        Err(error) => layout::answer_error(app, &error),
    }
}

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
async fn meaning<I: RowId>(app: &AppState, given: String) -> Result<I, PageError> {
    match app.projection.meaning(given).await? {
        IdLookup::One(id) => Ok(id),
        IdLookup::Many(ids) => Err(PageError::Many(ids.iter().map(I::to_string).collect())),
        IdLookup::Nothing | IdLookup::TooShort => Err(PageError::Nothing),
    }
}

/// An event with its stories compared, the articles left out, and its statements.
async fn load_event(
    app: &Arc<AppState>,
    id: EventId,
) -> Result<(EventBrief, Vec<StoryComparison>, LeftOut, Arc<EventStatements>), PageError> {
    let bounds =
        Bounds { stories: MAX_STRIPS, articles: MAX_STRIPS, first: MAX_STRIPS + MAX_LISTED };
    let found = app.projection.event_on_page(id, bounds).await?.ok_or(PageError::Nothing)?;
    let EventOnPage { event, mut stories, first } = found;
    limit_articles(&mut stories);
    let left_out = LeftOut::of(event.articles, &stories, first);
    let said = crate::statements::read_event(app, id).await?;
    Ok((event, studied(app, stories).await?, left_out, said))
}

/// A compared story, the articles left out, and its statements.
async fn load_story(
    app: &Arc<AppState>,
    id: StoryId,
) -> Result<(StoryComparison, LeftOut, EventStatements), PageError> {
    let found = app.projection.story_on_page(id, MAX_STRIPS + MAX_LISTED).await?;
    let found = found.ok_or(PageError::Nothing)?;
    let (said, put_right) =
        Arc::unwrap_or_clone(crate::statements::read_event(app, found.story.event).await?);
    let said = (crate::statements::of_story(said, id), corrections::of_story(put_right, id));
    let (all, first) = (found.story.articles, found.articles.clone());
    let mut stories = vec![found];
    limit_articles(&mut stories);
    let left_out = LeftOut::of(all, &stories, first);
    let study = studied(app, stories).await?.pop().ok_or(PageError::Nothing)?;
    Ok((study, left_out, said))
}

/// The stories on the cards of these events that have more than one article, each with the articles that a
/// card lists.
async fn folded(app: &AppState, events: &EventPage) -> Result<Vec<StoryWithArticles>, PageError> {
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
) -> Result<Vec<StoryComparison>, PageError> {
    let texts = texts(app, &stories).await?;
    // If the client leaves, the next one may start. The work itself is limited.
    let _turn = app.comparisons.acquire().await.map_err(|_| PageError::Ending)?;
    let method = app.settings.method.clone();
    let studied = tokio::task::spawn_blocking(move || compare_stories(stories, &texts, &method));
    studied.await.map_err(|_| PageError::Ending)
}

async fn texts(app: &AppState, stories: &[StoryWithArticles]) -> Result<Texts, PageError> {
    let articles = stories.iter().flat_map(|with| &with.articles);
    let reads = articles.map(|article| async move {
        app.fetched(article.fetched).await.map(|found| (article.id, found))
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

#[cfg(test)]
mod tests;
