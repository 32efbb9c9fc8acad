//! What the gateway counts.

use wirefold_flow::Metric;

/// HTTP requests.
pub(crate) const REQUESTS: Metric = Metric::counter(
    "wirefold_gateway_requests_total",
    "HTTP requests answered, by sort of route and class of status.",
    &["route", "status"],
);
/// How long requests took.
pub(crate) const REQUEST_SECONDS: Metric = Metric::seconds(
    "wirefold_gateway_request_seconds",
    "From a request's arrival to the head of its answer, by sort of route.",
    &["route"],
);
/// Messages put into the projection.
pub(crate) const ROWS: Metric = Metric::counter(
    "wirefold_gateway_projected_total",
    "Messages put into the projection, by stream.",
    &["stream"],
);
/// Messages that could not be read.
pub(crate) const UNREADABLE: Metric = Metric::counter(
    "wirefold_gateway_unreadable_total",
    "Messages that the projection could not read and left out, by stream.",
    &["stream"],
);
/// How far the projection is behind.
pub(crate) const LAG: Metric = Metric::gauge(
    "wirefold_gateway_lag",
    metrics::Unit::Count,
    "Messages of the output stream that are not in the projection yet.",
    &[],
);
/// Streams open.
pub(crate) const STREAMS: Metric = Metric::gauge(
    "wirefold_gateway_streams",
    metrics::Unit::Count,
    "Event streams that are open.",
    &[],
);
/// Articles pushed in.
pub(crate) const PUSHED: Metric = Metric::counter(
    "wirefold_gateway_pushed_total",
    "Articles pushed in through the API, by what became of them.",
    &["outcome"],
);

/// Everything the gateway counts.
pub const METRICS: &[Metric] = &[REQUESTS, REQUEST_SECONDS, ROWS, UNREADABLE, LAG, STREAMS, PUSHED];
