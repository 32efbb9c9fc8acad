//! Feeds for readers that cannot send a password: the address `/t/TOKEN/feeds/…` contains the token.
//!
//! This module turns such a request into one for `/feeds/…` with the token in its header, so that only one
//! place decides about access.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt as _;

use super::Refusal;
use crate::tokens::Peer;

pub(super) async fn ask(
    State(router): State<Router>,
    Path((token, _)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Some((uri, bearer)) = without_token(request.uri(), &token) else {
        return Refusal::bad_request("the token in the address cannot be read").into_response();
    };
    let (mut head, body) = request.into_parts();
    head.uri = uri;
    head.headers.insert(header::AUTHORIZATION, bearer);
    // The match of this route must not affect the next one.
    let peer = head.extensions.get::<Peer>().copied();
    head.extensions.clear();
    if let Some(peer) = peer {
        head.extensions.insert(peer);
    }
    match router.oneshot(Request::from_parts(head, body)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The address without its token, and the header with the token.
fn without_token(uri: &Uri, token: &str) -> Option<(Uri, HeaderValue)> {
    let path = uri.path_and_query()?.as_str();
    let feeds = path.get(path.find("/feeds/")?..)?;
    let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).ok()?;
    bearer.set_sensitive(true);
    Some((feeds.parse().ok()?, bearer))
}
