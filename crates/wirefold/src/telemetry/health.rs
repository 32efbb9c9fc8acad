//! Whether the process is alive, and whether it is ready.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use wirefold_gateway::{Condition as _, host_name};

use super::Telemetry;
use super::loops::LoopMetrics;

/// A loop without a heartbeat for longer is not ready. Loops give one every ten seconds.
const UNREADY_AFTER: Duration = Duration::from_secs(30);
/// A loop without a heartbeat for longer hangs, and the process must be restarted.
const HANGS_AFTER: Duration = Duration::from_secs(120);

/// Whether the parts of the process are ready. All clones share one state.
#[derive(Clone)]
pub(crate) struct Health {
    parts: Arc<Mutex<BTreeMap<&'static str, Part>>>,
    loops: Arc<LoopMetrics>,
}

/// The state of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// It is starting, with what it waits for if known.
    Starting(Option<String>),
    Ready,
    Failing(String),
}

/// The answer of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    /// `wirefold.health/1`.
    pub(super) schema: &'static str,
    /// Whether everything is well.
    pub(super) ok: bool,
    /// The state of each part in words.
    pub(super) parts: BTreeMap<String, String>,
}

impl Health {
    /// At the start no part is expected, and nothing is ready.
    pub(crate) fn new(loops: Arc<LoopMetrics>) -> Self {
        Self { parts: Arc::default(), loops }
    }

    /// Adds a part that is starting.
    pub(crate) fn expect(&self, name: &'static str) {
        self.set(name, Part::Starting(None));
    }

    /// Adds a part that cannot start before something else is there; `why` is for people.
    pub(crate) fn waiting(&self, name: &'static str, why: impl Into<String>) {
        self.set(name, Part::Starting(Some(why.into())));
    }

    /// Marks a part as ready.
    pub(crate) fn ready(&self, name: &'static str) {
        self.set(name, Part::Ready);
    }

    /// Marks a part as failing; `why` is for people. It may become ready again.
    pub(crate) fn failing(&self, name: &'static str, why: impl Into<String>) {
        self.set(name, Part::Failing(why.into()));
    }

    /// Removes a part.
    pub(crate) fn forget(&self, name: &'static str) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
        self.loops.ended(name);
    }

    /// Whether no loop hangs.
    pub(crate) fn is_alive(&self) -> bool {
        self.alive().ok
    }

    /// Whether the process works at all. A loop that hangs requires a restart; a part that waits for its
    /// start does not.
    pub(super) fn alive(&self) -> Report {
        let hanging = self.silences(HANGS_AFTER);
        let ok = hanging.is_empty();
        let known = self.current_parts().into_iter();
        let starting = known.filter(|(_, part)| matches!(part, Part::Starting(_)));
        let mut parts: BTreeMap<String, String> =
            starting.map(|(name, part)| (name.to_owned(), part.describe())).collect();
        parts.extend(hanging);
        Report { schema: SCHEMA, ok, parts }
    }

    /// Whether all expected parts are ready.
    pub(crate) fn readiness(&self) -> Report {
        let known = self.current_parts();
        let all_ready = known.values().all(|part| *part == Part::Ready);
        let is_expected = !known.is_empty();
        let mut parts: BTreeMap<String, String> =
            known.into_iter().map(|(name, part)| (name.to_owned(), part.describe())).collect();
        let silent = self.silences(UNREADY_AFTER);
        let problem = self.loops.problem();
        let ok = is_expected && all_ready && silent.is_empty() && problem.is_none();
        // A standby is ready: it has nothing else to do.
        let ready =
            |name: &String| parts.get(name).is_some_and(|words| *words == Part::Ready.describe());
        let standing_by = self.loops.standing_by().into_iter();
        let standing_by: Vec<_> = standing_by.filter(|(name, _)| ready(name)).collect();
        parts.extend(standing_by);
        parts.extend(silent);
        // A stream that went back is reported, but does not stop the process, which continues with the stream
        // as it is.
        parts.extend(self.loops.rollbacks());
        parts.extend(problem.map(|why| ("data folder".to_owned(), format!("failing: {why}"))));
        Report { schema: SCHEMA, ok, parts }
    }

    fn current_parts(&self) -> BTreeMap<&'static str, Part> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, name: &'static str, part: Part) {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).insert(name, part);
    }

    fn silences(&self, longest: Duration) -> BTreeMap<String, String> {
        let silent = self.loops.without_heartbeat_for(longest).into_iter();
        silent.map(|(name, for_)| (name, format!("silent for {} s", for_.as_secs()))).collect()
    }
}

impl Part {
    fn describe(&self) -> String {
        match self {
            Self::Starting(None) => "starting".to_owned(),
            Self::Starting(Some(why)) => format!("starting: {why}"),
            Self::Ready => "ready".to_owned(),
            Self::Failing(why) => format!("failing: {why}"),
        }
    }
}

const SCHEMA: &str = "wirefold.health/1";

// The operations port: `/healthz`, `/readyz`, `/metrics`.

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
    use wirefold_flow::sim::VirtualClock;
    use wirefold_flow::{Event, Observer as _};

    use super::*;

    #[test]
    fn ready_only_when_everything_expected_is() {
        let clock = Arc::new(VirtualClock::default());
        let loops = Arc::new(LoopMetrics::new(clock.clone()));
        let health = Health::new(loops.clone());
        assert!(!health.readiness().ok, "nothing is expected yet");
        health.waiting("bus", "no server yet");
        health.expect("detector");
        assert!(!health.readiness().ok && health.alive().ok);
        for report in [health.readiness(), health.alive()] {
            assert_eq!(report.parts["bus"], "starting: no server yet");
            assert_eq!(report.parts["detector"], "starting");
        }
        health.ready("bus");
        assert!(!health.readiness().ok && !health.alive().parts.contains_key("bus"));
        health.ready("detector");
        loops.observe("detector", Event::Alive);
        assert!(health.readiness().ok);
        clock.advance(Duration::from_secs(31));
        assert!(!health.readiness().ok && health.alive().ok);
        clock.advance(Duration::from_secs(100));
        assert!(!health.alive().ok);
        health.forget("detector");
        assert!(health.readiness().ok && health.alive().ok);
        health.failing("bus", "no answer");
        assert_eq!(health.readiness().parts["bus"], "failing: no answer");
    }

    #[test]
    fn a_stream_that_went_back_is_reported_and_does_not_prevent_readiness() {
        let loops = Arc::new(LoopMetrics::new(Arc::new(VirtualClock::default())));
        let health = Health::new(loops.clone());
        health.ready("bus");
        loops.observe("gateway", Event::RolledBack { stream: "S", read: 9, last: 4 });
        let report = health.readiness();
        assert!(report.ok);
        let said = "went back in time: the gateway had read up to 9, but it ends at 4";
        assert_eq!(report.parts["S (gateway)"], said);
    }

    #[test]
    fn a_standby_is_ready_and_says_so() {
        let loops = Arc::new(LoopMetrics::new(Arc::new(VirtualClock::default())));
        let health = Health::new(loops.clone());
        health.ready("detector");
        loops.observe("detector", Event::StandingBy { leader: "detector-1" });
        let report = health.readiness();
        assert!(report.ok);
        assert_eq!(report.parts["detector"], "ready: stands by, detector-1 leads");
        health.failing("detector", "no answer");
        assert_eq!(health.readiness().parts["detector"], "failing: no answer");
    }

    #[test]
    fn not_ready_while_nothing_is_stored() {
        let loops = Arc::new(LoopMetrics::new(Arc::new(VirtualClock::default())));
        let health = Health::new(loops.clone());
        health.ready("bus");
        loops.observe("fetcher", Event::BusFailed(&wirefold_flow::BusError::DiskFull));
        let report = health.readiness();
        assert!(!report.ok && health.alive().ok);
        assert_eq!(report.parts["data folder"], "failing: the disk is full");
        loops.stored();
        assert!(health.readiness().ok);
    }
}

#[cfg(test)]
mod operations_tests {
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
