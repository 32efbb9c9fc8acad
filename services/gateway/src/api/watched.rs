//! Counts requests, and ends those that take too long.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Api, Refusal};
use crate::metrics;

/// The longest time until the head of an answer.
const ANSWER_TIME: Duration = Duration::from_secs(60);

pub(super) async fn watched(State(api): State<Api>, request: Request, next: Next) -> Response {
    let route = route_class(request.uri().path());
    let begun = api.inner.clock.now();
    let answered = tokio::time::timeout(ANSWER_TIME, next.run(request)).await;
    let response = answered
        .unwrap_or_else(|_| Refusal::busy("the answer took longer than a minute").into_response());
    let took = api.inner.clock.now().since(begun);
    metrics::REQUESTS.add(1, &[route, status_class(response.status())]);
    metrics::REQUEST_SECONDS.record(took.as_secs_f64(), &[route]);
    response
}

/// The class of a route, for metrics: only a few values for all addresses.
fn route_class(path: &str) -> &'static str {
    match path {
        "/api/v1/stream" => "stream",
        "/healthz" | "/readyz" => "health",
        _ if path.starts_with("/api/") => "api",
        _ if path.starts_with("/feeds/") => "feeds",
        _ => "page",
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}
