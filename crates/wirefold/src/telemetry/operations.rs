//! The operations port: `/healthz`, `/readyz`, `/metrics`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use wirefold_gateway::host_name;

use super::Telemetry;
use super::health::{Health, Report};

/// The endpoints for a supervisor, a load balancer and Prometheus.
///
/// `/healthz` fails if the process must be restarted, `/readyz` while it is not ready. Both name the part.
/// `/metrics` has the text format of Prometheus.
///
/// Against DNS rebinding, it refuses a `Host` with a dot that is neither an address nor among `hosts`,
/// because a stranger may have pointed such a name at this address. Supervisors use an address, the name of a
/// container, or no name.
pub(crate) fn operations_router(telemetry: Telemetry, health: Health, hosts: &[String]) -> Router {
    let health_routes = Router::new()
        .route("/healthz", get(|State(it): State<Health>| async move { answer(it.alive()) }))
        .route("/readyz", get(|State(it): State<Health>| async move { answer(it.readiness()) }))
        .with_state(health);
    let hosts: Arc<[String]> = hosts.into();
    health_routes
        .merge(Router::new().route("/metrics", get(metrics)).with_state(telemetry))
        .layer(from_fn_with_state(hosts, of_this_server))
}

/// Passes on requests if their `Host` is a name of this server.
async fn of_this_server(
    State(hosts): State<Arc<[String]>>,
    request: Request,
    next: Next,
) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .map(|host| host.to_str().unwrap_or("unreadable.invalid"));
    match host {
        Some(host) if !is_own(host, &hosts) => {
            let words =
                "this is not a name of this server: use its address, or set page.base_url\n";
            (StatusCode::MISDIRECTED_REQUEST, words).into_response()
        }
        _ => next.run(request).await,
    }
}

fn is_own(host: &str, hosts: &[String]) -> bool {
    let name = host_name(host);
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    !name.contains('.')
        || address.parse::<IpAddr>().is_ok()
        || hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
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
    use axum::body::Body;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;
    use wirefold_flow::sim::VirtualClock;

    use super::super::recorder;
    use super::*;

    async fn get(router: &Router, path: &str) -> (StatusCode, String, String) {
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
        let router = operations_router(telemetry, health.clone(), &[]);
        assert_eq!(get(&router, "/healthz").await.0, StatusCode::OK);
        let (status, _, body) = get(&router, "/readyz").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("\"gateway\":\"starting\""), "{body}");
        health.ready("gateway");
        assert_eq!(get(&router, "/readyz").await.0, StatusCode::OK);
        let (counted, kind, _) = get(&router, "/metrics").await;
        assert_eq!(counted, StatusCode::OK);
        assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    }

    #[test]
    fn names_that_strangers_may_give_this_address_are_refused() {
        let hosts = ["metrics.news.example".to_owned()];
        for own in [
            "localhost:9",
            "127.0.0.1",
            "10.1.2.3:80",
            "[::1]:9",
            "detector:9090",
            "Metrics.News.example.",
        ] {
            assert!(is_own(own, &hosts), "{own}");
        }
        for stranger in
            ["evil.example", "evil.example:9090", "127.0.0.1.evil.example", "unreadable.invalid"]
        {
            assert!(!is_own(stranger, &hosts), "{stranger}");
        }
    }
}
