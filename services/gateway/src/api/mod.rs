//! The routes of the API, and the layers that every request passes.

mod alerts;
mod articles;
mod compare;
mod deliveries;
mod feeds;
pub(crate) mod layers;
pub(crate) mod request;
mod status;
mod stories;
mod stream;
mod subscriptions;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, post};

pub(crate) use crate::api::status::status_with;
pub(crate) use crate::api::stories::SENDER;
use crate::refusal;
use crate::refusal::Refusal;
use crate::state::AppState;

/// The state of all handlers.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) app: Arc<AppState>,
    pub(crate) access: Access,
    /// Draws the page that asks people to sign in.
    pub(crate) sign_in_wanted: fn(&AppState) -> Response,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A port. The host must be a known one, and writes must be JSON of the same origin.
    Network,
    /// The socket in the data folder. Everybody who can open it may do everything.
    Socket,
}

/// The result of a handler.
pub(crate) type ApiResult<T> = Result<T, Refusal>;

/// The answer of a handler.
pub(crate) type Reply = ApiResult<Response>;

/// All routes: the API, what feed readers ask for, and the pages.
pub(crate) fn router(api: Api, for_readers: Router<Api>, pages: Router) -> Router {
    let answers = Router::new()
        .nest("/api/v1", routes())
        .merge(for_readers)
        .layer(from_fn(layers::tagged))
        .route("/api/v1/stream", get(stream::open))
        .route("/healthz", get(status::alive))
        .route("/readyz", get(status::ready))
        .method_not_allowed_fallback(refusal::other_method)
        .with_state(api.clone());
    let checked = Router::new()
        .merge(answers)
        .merge(pages)
        .fallback(refusal::no_route)
        .layer(from_fn_with_state(api.clone(), layers::checked));
    let asked_by_path = Router::new()
        .route("/t/{token}/feeds/{*feed}", get(layers::feed_by_path))
        .with_state(checked.clone());
    checked.merge(asked_by_path).layer(from_fn_with_state(api, layers::watched))
}

/// Each writing method expects JSON. A method that an address does not have is refused earlier.
fn routes() -> Router<Api> {
    let routes: [(&str, MethodRouter<Api>); 40] = [
        ("/status", get(status::get_status)),
        ("/storage", get(status::get_storage)),
        ("/events", get(stories::list_events)),
        ("/events/{id}", get(stories::one_event)),
        ("/events/{id}/statements", get(stories::statements_of_event)),
        ("/events/{id}/corrections", get(stories::corrections_of_event)),
        ("/events/{id}/merge", post(stories::merge_events)),
        ("/stories", get(stories::list_stories)),
        ("/stories/{id}", get(stories::one_story)),
        ("/stories/{id}/statements", get(stories::statements_of_story)),
        ("/stories/{id}/corrections", get(stories::corrections_of_story)),
        ("/stories/{id}/split", post(stories::split)),
        ("/stories/{id}/merge", post(stories::merge_stories)),
        ("/stories/{id}/prefer", post(stories::prefer)),
        ("/stories/{id}/move", post(stories::move_story)),
        ("/articles", get(articles::at).post(articles::push)),
        ("/articles/{id}", get(articles::one)),
        ("/articles/{id}/alerts", get(alerts::of_article)),
        ("/articles/{id}/not-the-same", post(stories::not_the_same)),
        ("/commands/{id}", get(stories::one_command)),
        ("/alerts", get(alerts::list)),
        ("/alerts/{id}/mute", post(alerts::mute)),
        ("/alerts/{id}/acknowledge", post(alerts::acknowledge)),
        ("/alerts/{id}", get(alerts::one)),
        ("/alerts/{id}/replay", post(alerts::replay)),
        ("/feeds", get(feeds::list).post(feeds::add)),
        ("/feeds/probe", post(feeds::probe)),
        ("/feeds/{id}", delete(feeds::remove)),
        ("/feeds/{id}/poll", post(feeds::poll)),
        ("/subscriptions", get(subscriptions::list).post(subscriptions::put)),
        ("/subscriptions/test", post(subscriptions::rehearse)),
        ("/subscriptions/{id}", delete(subscriptions::remove)),
        ("/subscriptions/{id}/mute", post(subscriptions::mute)),
        ("/dead", get(alerts::list_dead)),
        ("/dead/{sequence}", get(alerts::one_dead)),
        ("/dead/{sequence}/replay", post(alerts::replay_dead)),
        ("/deliveries", get(deliveries::list)),
        ("/deliveries/{name}/test", post(deliveries::test)),
        ("/deliveries/{name}/switch-on", post(deliveries::switch_on)),
        ("/compare", get(compare::stored).post(compare::given)),
    ];
    routes.into_iter().fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods.route_layer(from_fn(layers::json_only)))
    })
}
