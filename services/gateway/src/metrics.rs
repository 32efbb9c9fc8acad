//! The metrics of the gateway.

use wirefold_flow::Metric;

/// HTTP requests.
pub(crate) const REQUESTS: Metric = Metric::counter(
    "wirefold_gateway_requests_total",
    "HTTP requests answered, by kind of route and class of status.",
    &["route", "status"],
);
/// How long requests took.
pub(crate) const REQUEST_SECONDS: Metric = Metric::seconds(
    "wirefold_gateway_request_seconds",
    "Time from the arrival of a request to the head of its answer, by kind of route.",
    &["route"],
);
/// Messages put into the projection.
pub(crate) const ROWS: Metric = Metric::counter(
    "wirefold_gateway_projected_total",
    "Messages applied to the projection, by stream.",
    &["stream"],
);
/// Messages that could not be read.
pub(crate) const UNREADABLE: Metric = Metric::counter(
    "wirefold_gateway_unreadable_total",
    "Messages that the projection could not read and skipped, by stream.",
    &["stream"],
);
/// How far the projection is behind.
pub(crate) const LAG: Metric = Metric::gauge(
    "wirefold_gateway_lag_messages",
    metrics::Unit::Count,
    "Messages of the output stream that are not in the projection yet.",
    &[],
);
/// Streams open.
pub(crate) const STREAMS: Metric = Metric::gauge(
    "wirefold_gateway_event_streams",
    metrics::Unit::Count,
    "Open streams of server-sent events (`/api/v1/stream` and the page).",
    &[],
);
/// Articles pushed in.
pub(crate) const PUSHED: Metric = Metric::counter(
    "wirefold_gateway_pushed_total",
    "Articles pushed through the API, by outcome.",
    &["outcome"],
);

/// Everything the gateway counts.
pub const METRICS: &[Metric] = &[REQUESTS, REQUEST_SECONDS, ROWS, UNREADABLE, LAG, STREAMS, PUSHED];
