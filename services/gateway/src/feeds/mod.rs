//! Feeds for feed readers: Atom (RFC 4287) and JSON Feed 1.1, with one entry for each story. A reader may
//! follow one of them instead of forty feeds.

mod atom;
mod content;
mod document;
mod json_feed;
mod route;

use axum::Router;
use axum::routing::get;

use crate::api::Api;

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/{file}", get(route::all))
        .route("/sub/{file}", get(route::subscription))
        .route("/feed/{file}", get(route::feed))
}
