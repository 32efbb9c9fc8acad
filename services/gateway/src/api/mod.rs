//! Routes, and what every request passes through.

pub(crate) mod access;
mod alerts;
mod article_alerts;
mod articles;
mod commands;
mod compare;
mod corrections;
mod dead;
mod entity_tag;
mod events;
mod feeds;
mod feeds_by_path;
pub(crate) mod found;
mod health;
mod passages;
mod push;
mod pushed;
pub(crate) mod refusal;
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

use crate::gateway::Access;
use crate::inner::Inner;
use refusal::Refusal;

pub(crate) use commands::SENDER;
pub(crate) use status::status;

/// What handlers stand in.
#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) inner: Arc<Inner>,
    pub(crate) access: Access,
}

/// What handlers come to.
pub(crate) type Handled<T> = Result<T, Refusal>;

/// Everything, for requests that come from there.
pub(crate) fn router(inner: Arc<Inner>, access: Access) -> Router {
    let api = Api { inner, access };
    let answers = Router::new()
        .nest("/api/v1", routes())
        .nest("/feeds", crate::feeds::routes())
        .layer(from_fn(entity_tag::tagged))
        .route("/api/v1/stream", get(stream::open))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(refusal::other_method)
        .with_state(api.clone());
    let checked = Router::new()
        .merge(answers)
        .merge(crate::page::router(api.clone()))
        .fallback(refusal::no_route)
        .layer(from_fn_with_state(api.clone(), access::checked));
    let asked_by_path = Router::new()
        .route("/t/{token}/feeds/{*feed}", get(feeds_by_path::ask))
        .with_state(checked.clone());
    checked.merge(asked_by_path).layer(from_fn_with_state(api, watched::watched))
}

/// Each method that writes asks for JSON. One that an address does not take never comes so far.
fn routes() -> Router<Api> {
    let routes: [(&str, MethodRouter<Api>); 37] = [
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
        ("/compare", get(compare::stored).post(compare::given)),
    ];
    routes.into_iter().fold(Router::new(), |router, (path, methods)| {
        router.route(path, methods.route_layer(from_fn(access::json_only)))
    })
}
