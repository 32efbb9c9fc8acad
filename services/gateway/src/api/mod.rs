//! The routes of the API, and the layers that every request passes.

pub(crate) mod access;
mod alerts;
mod article_alerts;
mod articles;
mod commands;
mod compare;
mod corrections;
mod dead;
mod deliveries;
mod entity_tag;
mod events;
mod feeds;
mod feeds_by_path;
pub(crate) mod found;
mod health;
mod passages;
mod push;
mod pushed;
mod regroup;
pub(crate) mod request;
mod side;
mod statements;
mod status;
mod storage;
mod stories;
mod stream;
mod subscriptions;
mod watched;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, delete, get, post};

use axum::response::Response;

use crate::inner::Inner;
use crate::refusal::{self, Refusal};

pub(crate) use commands::SENDER;
pub(crate) use status::status_with;

/// The state of all handlers.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) inner: Arc<Inner>,
    pub(crate) access: Access,
    /// Draws the page that asks people to sign in.
    pub(crate) sign_in_wanted: fn(&Inner) -> Response,
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

/// All routes: the API, the feeds for readers, and the pages.
pub(crate) fn router(api: Api, feeds: Router<Api>, pages: Router) -> Router {
    let answers = Router::new()
        .nest("/api/v1", routes())
        .nest("/feeds", feeds)
        .layer(from_fn(entity_tag::tagged))
        .route("/api/v1/stream", get(stream::open))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(refusal::other_method)
        .with_state(api.clone());
    let checked = Router::new()
        .merge(answers)
        .merge(pages)
        .fallback(refusal::no_route)
        .layer(from_fn_with_state(api.clone(), access::checked));
    let asked_by_path = Router::new()
        .route("/t/{token}/feeds/{*feed}", get(feeds_by_path::ask))
        .with_state(checked.clone());
    checked.merge(asked_by_path).layer(from_fn_with_state(api, watched::watched))
}

/// Each writing method expects JSON. A method that an address does not have is refused earlier.
fn routes() -> Router<Api> {
    let routes: [(&str, MethodRouter<Api>); 38] = [
        ("/status", get(status::get)),
        ("/storage", get(storage::get)),
        ("/events", get(events::list)),
        ("/events/{id}", get(events::one)),
        ("/events/{id}/statements", get(statements::of_event)),
        ("/events/{id}/corrections", get(corrections::of_event)),
        ("/events/{id}/merge", post(regroup::merge_events)),
        ("/stories", get(stories::list)),
        ("/stories/{id}", get(stories::one)),
        ("/stories/{id}/statements", get(statements::of_story)),
        ("/stories/{id}/corrections", get(corrections::of_story)),
        ("/stories/{id}/split", post(regroup::split)),
        ("/stories/{id}/merge", post(regroup::merge_stories)),
        ("/stories/{id}/prefer", post(regroup::prefer)),
        ("/articles", get(articles::at).post(push::push)),
        ("/articles/{id}", get(articles::one)),
        ("/articles/{id}/alerts", get(article_alerts::list)),
        ("/articles/{id}/not-the-same", post(regroup::not_the_same)),
        ("/commands/{id}", get(commands::one)),
        ("/alerts", get(alerts::list)),
        ("/alerts/{id}/mute", post(alerts::mute)),
        ("/alerts/{id}/acknowledge", post(alerts::acknowledge)),
        ("/alerts/{id}", get(alerts::one)),
        ("/alerts/{id}/replay", post(alerts::replay)),
        ("/feeds", get(feeds::list).post(feeds::add)),
        ("/feeds/probe", post(feeds::probe)),
        ("/feeds/{id}", delete(feeds::remove)),
        ("/feeds/{id}/poll", post(feeds::poll)),
        ("/feeds/{id}/backfill", get(feeds::backfilled).post(feeds::backfill)),
        ("/subscriptions", get(subscriptions::list).post(subscriptions::put)),
        ("/subscriptions/test", post(subscriptions::rehearse)),
        ("/subscriptions/{id}", delete(subscriptions::remove)),
        ("/subscriptions/{id}/mute", post(subscriptions::mute)),
        ("/dead", get(dead::list)),
        ("/dead/{sequence}", get(dead::one)),
        ("/dead/{sequence}/replay", post(dead::replay)),
        ("/deliveries/{name}/switch-on", post(deliveries::switch_on)),
        ("/compare", get(compare::stored).post(compare::given)),
    ];
    routes.into_iter().fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods.route_layer(from_fn(access::json_only)))
    })
}
