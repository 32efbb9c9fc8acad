//! Each stage and the pruner as NATS services. `nats micro ls` finds them, and they report their health and
//! their counts.

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::stream_configs;
use wirefold_flow::{BoxFuture, StreamConfig};
use wirefold_flow_nats::{self as flow_nats, Endpoint, NatsBus, RequestHandler, ServiceRefusal};
use wirefold_gateway::Gateway;
use wirefold_gateway::shapes::Problem;
use wirefold_proto::rights::{COMPARE, Service};

use crate::config::Config;
use crate::telemetry::{Health, Telemetry};

/// The parts of a service.
pub(in crate::up) struct Serving {
    pub(in crate::up) bus: NatsBus,
    pub(in crate::up) service: Service,
    pub(in crate::up) telemetry: Telemetry,
    pub(in crate::up) health: Health,
    /// The streams for which its lag is reported.
    pub(in crate::up) inputs: Vec<String>,
    /// Of the gateway: compares two texts, like `POST /api/v1/compare`.
    pub(in crate::up) compares: Option<Gateway>,
}

/// The streams in which a stage holds messages until it has read them. The pruner has none.
pub(in crate::up) fn inputs(service: Service, config: &Config) -> Vec<String> {
    let streams = stream_configs(&config.limits()).into_iter();
    let is_held = |stream: &StreamConfig| stream.readers.iter().any(|it| it == service.as_str());
    streams.filter(is_held).map(|stream| stream.name).collect()
}

impl Serving {
    /// Answers until `stop`.
    pub(in crate::up) async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let (bus, service, compares) = (self.bus.clone(), self.service, self.compares.take());
        let mut endpoints = vec![Endpoint {
            name: "health",
            subject: service.health_subject(),
            handler: Arc::new(self),
        }];
        endpoints.extend(compares.map(|gateway| Endpoint {
            name: "compare",
            subject: COMPARE.to_owned(),
            handler: Arc::new(Compare(gateway)),
        }));
        let answers = flow_nats::Service {
            name: service.name(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            about: about(service).to_owned(),
            endpoints,
        };
        bus.serve(answers, stop.cancelled_owned()).await.context("as a NATS service")
    }

    /// The number of messages of each stream that follow its mark there.
    async fn lag(&self) -> Map<String, Value> {
        let (mut lag, reader) = (Map::new(), self.service.as_str());
        for stream in &self.inputs {
            match self.bus.unmarked(stream, reader).await {
                Ok(messages) => drop(lag.insert(format!("{stream}/{reader}"), messages.into())),
                Err(error) => tracing::debug!(stream, reader, %error, "its lag is not known"),
            }
        }
        lag
    }
}

fn about(service: Service) -> &'static str {
    match service {
        Service::Fetcher => "wirefold: polls feeds and fetches articles",
        Service::Detector => "wirefold: decides which articles are copies",
        Service::Enricher => "wirefold: finds language, names, places and quotations",
        Service::Alerter => "wirefold: matches subscriptions and delivers alerts",
        Service::Gateway => "wirefold: serves page, API and feeds, and compares texts",
        Service::Pruner => "wirefold: deletes read messages from streams that are nearly full",
    }
}

/// The counter of handled messages of a service.
fn handled(service: Service) -> &'static str {
    match service {
        Service::Fetcher => "wirefold_fetcher_articles_total",
        Service::Detector => "wirefold_detector_articles_total",
        Service::Enricher => "wirefold_enricher_articles_total",
        Service::Alerter => "wirefold_alerter_articles_total",
        Service::Gateway => "wirefold_gateway_projected_total",
        Service::Pruner => "wirefold_pruner_checks_total",
    }
}

const DEAD: &str = "wirefold_loop_rejected_total";

/// Reports whether the service is ready, like `/readyz`, and its counters.
impl RequestHandler for Serving {
    fn answer(&self, _asked: Bytes) -> BoxFuture<'_, Result<Bytes, ServiceRefusal>> {
        Box::pin(async { json_of(&self.health.readiness()) })
    }

    fn data(&self) -> BoxFuture<'_, Option<Value>> {
        Box::pin(async {
            let metrics = metrics_of(&self.telemetry.render());
            Some(json!({
                "handled": sum(&metrics, handled(self.service)),
                "dead_letters": sum(&metrics, DEAD),
                "lag": self.lag().await,
                "metrics": metrics,
            }))
        })
    }
}

/// Compares two texts.
struct Compare(Gateway);

impl RequestHandler for Compare {
    fn answer(&self, asked: Bytes) -> BoxFuture<'_, Result<Bytes, ServiceRefusal>> {
        Box::pin(async move {
            let comparison = self.0.compare(&asked).await;
            json_of(&comparison.map_err(|problem| denied(&problem))?)
        })
    }
}

fn denied(problem: &Problem) -> ServiceRefusal {
    let why = problem.detail.as_ref().unwrap_or(&problem.title).clone();
    let body = serde_json::to_vec(problem).unwrap_or_default().into();
    ServiceRefusal { code: problem.status, why, body }
}

fn json_of(answer: &impl serde::Serialize) -> Result<Bytes, ServiceRefusal> {
    let unsaid = |error: serde_json::Error| ServiceRefusal {
        code: 500,
        why: error.to_string(),
        body: Bytes::new(),
    };
    Ok(serde_json::to_vec(answer).map_err(unsaid)?.into())
}

/// The metrics by name and labels. Distributions have only their sum and count.
fn metrics_of(rendered: &str) -> Map<String, Value> {
    let lines = rendered.lines().filter(|line| !line.starts_with('#'));
    let values = lines.filter_map(|line| {
        let (name, value) = line.rsplit_once(' ')?;
        let is_bucket = name.split('{').next()?.ends_with("_bucket");
        let whole = || value.parse::<u64>().ok().map(Value::from);
        let value = whole().or_else(|| value.parse::<f64>().ok().map(Value::from))?;
        (!is_bucket).then(|| (name.to_owned(), value))
    });
    values.collect()
}

/// The sum of a counter over all labels.
fn sum(metrics: &Map<String, Value>, name: &str) -> u64 {
    let of_name = metrics.iter().filter(|(key, _)| key.split('{').next() == Some(name));
    of_name.filter_map(|(_, value)| value.as_u64()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::all_metrics;

    #[test]
    fn a_service_reports_the_metrics_of_prometheus() {
        let rendered = "# HELP wirefold_a_total A.\n# TYPE wirefold_a_total counter\n\
                        wirefold_a_total{of=\"x y\"} 3\nwirefold_a_total{of=\"z\"} 4\n\
                        wirefold_ab_total 1\n\nwirefold_s_seconds_bucket{le=\"0.1\"} 5\n\
                        wirefold_s_seconds_sum 0.25\nwirefold_s_seconds_count 5\n";
        let metrics = metrics_of(rendered);
        let expected = json!({
            "wirefold_a_total{of=\"x y\"}": 3, "wirefold_a_total{of=\"z\"}": 4,
            "wirefold_ab_total": 1, "wirefold_s_seconds_sum": 0.25, "wirefold_s_seconds_count": 5,
        });
        assert_eq!(Value::Object(metrics.clone()), expected);
        assert_eq!((sum(&metrics, "wirefold_a_total"), sum(&metrics, "wirefold_b_total")), (7, 0));
    }

    #[test]
    fn sums_are_over_existing_counters() {
        let all = all_metrics();
        for name in Service::ALL.map(handled).into_iter().chain([DEAD]) {
            assert!(all.iter().any(|metric| metric.name == name), "{name}");
        }
    }

    #[test]
    fn a_stage_lags_in_the_streams_that_it_holds() {
        let delivery = toml::from_str("name = \"desk\"\nkind = \"stdout\"").unwrap();
        let config = Config { delivery: vec![delivery], ..Config::default() };
        let of = |service| inputs(service, &config);
        assert!(of(Service::Fetcher).is_empty() && of(Service::Pruner).is_empty());
        assert_eq!(of(Service::Enricher), ["WF_FETCHED"]);
        assert_eq!(of(Service::Detector), ["WF_ENRICHED"]);
        assert_eq!(of(Service::Gateway), ["WF_OUTPUT"]);
        assert_eq!(of(Service::Alerter), ["WF_OUTPUT", "WF_ALERTS"]);
        let without = inputs(Service::Alerter, &Config::default());
        assert_eq!(without, ["WF_OUTPUT"], "nothing is delivered");
    }
}
