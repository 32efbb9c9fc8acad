//! Routes, and what every request passes through.

mod access;
mod alerts;
mod articles;
mod asked;
mod commands;
mod compare;
mod dead;
mod entity_tag;
mod events;
mod feeds;
mod found;
mod health;
mod passages;
mod push;
mod pushed;
pub(crate) mod refusal;
mod status;
mod stories;
mod stream;
mod subscriptions;
mod watched;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{delete, get, post};

use crate::gateway::Access;
use crate::inner::Inner;
use refusal::Refusal;

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
    let api = Api { inner: inner.clone(), access };
    let answers = Router::new()
        .nest("/api/v1", routes())
        .nest("/feeds", crate::feeds::routes())
        .layer(from_fn(entity_tag::tagged))
        .route("/api/v1/stream", get(stream::open))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .method_not_allowed_fallback(refusal::other_method)
        .with_state(api.clone());
    Router::new()
        .merge(answers)
        .merge(crate::page::router(inner))
        .fallback(refusal::no_route)
        .layer(from_fn_with_state(api.clone(), access::checked))
        .layer(from_fn_with_state(api, watched::watched))
}

fn routes() -> Router<Api> {
    Router::new()
        .route("/status", get(status::get))
        .route("/events", get(events::list))
        .route("/events/{id}", get(events::one))
        .route("/stories", get(stories::list))
        .route("/stories/{id}", get(stories::one))
        .route("/articles", get(articles::at).post(push::push))
        .route("/articles/{id}", get(articles::one))
        .route("/alerts", get(alerts::list))
        .route("/feeds", get(feeds::list).post(feeds::add))
        .route("/feeds/probe", post(feeds::probe))
        .route("/feeds/{id}", delete(feeds::remove))
        .route("/subscriptions", get(subscriptions::list).post(subscriptions::put))
        .route("/subscriptions/test", post(subscriptions::rehearse))
        .route("/subscriptions/{id}", delete(subscriptions::remove))
        .route("/dead", get(dead::list))
        .route("/dead/{sequence}", get(dead::one))
        .route("/dead/{sequence}/replay", post(dead::replay))
        .route("/compare", get(compare::stored).post(compare::given))
}
