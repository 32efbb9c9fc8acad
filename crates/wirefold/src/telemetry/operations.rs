//! The operations port: `/healthz`, `/readyz`, `/metrics`.

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Telemetry;
use super::health::{Health, Report};

/// Serves what a supervisor, a load balancer and Prometheus ask for.
///
/// `/healthz` fails when the process is worth a restart, `/readyz` while it is not ready; both say
/// which part. `/metrics` is the text format of Prometheus.
pub(crate) fn operations_router(telemetry: Telemetry, health: Health) -> Router {
    let health_routes = Router::new()
        .route("/healthz", get(|State(it): State<Health>| async move { answer(it.alive()) }))
        .route("/readyz", get(|State(it): State<Health>| async move { answer(it.readiness()) }))
        .with_state(health);
    health_routes.merge(Router::new().route("/metrics", get(metrics)).with_state(telemetry))
}

fn answer(report: Report) -> Response {
    let status = if report.ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(report)).into_response()
}

async fn metrics(State(telemetry): State<Telemetry>) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, telemetry.render())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::http::Request;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    use wirefold_flow::sim::VirtualClock;

    use super::super::recorder;
    use super::*;

    async fn asked(router: &Router, path: &str) -> (StatusCode, String, String) {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let kind = answer.headers()[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn it_answers_supervisors_and_prometheus() {
        let (_recorder, telemetry) = recorder(Arc::new(VirtualClock::default())).unwrap();
        let health = Health::new(telemetry.loops.clone());
        health.expect("gateway");
        let router = operations_router(telemetry, health.clone());
        assert_eq!(asked(&router, "/healthz").await.0, StatusCode::OK);
        let (status, _, body) = asked(&router, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("\"gateway\":\"starting\""), "{body}");
        health.ready("gateway");
        assert_eq!(asked(&router, "/readyz").await.0, StatusCode::OK);
        let (counted, kind, _) = asked(&router, "/metrics").await;
        assert_eq!(counted, StatusCode::OK);
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    }
}
