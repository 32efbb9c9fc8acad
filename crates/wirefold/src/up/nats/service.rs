//! Each stage and the pruner as NATS services. `nats micro ls` finds them, and they report their health and
//! their counts.

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::stream_configs;
use wirefold_flow::BoxFuture;
use wirefold_flow_nats::{self as flow_nats, Endpoint, NatsBus, RequestHandler, ServiceRefusal};
use wirefold_gateway::Gateway;
use wirefold_gateway::shapes::Problem;
use wirefold_proto::rights::{COMPARE, Service};
use wirefold_proto::streams::{self, Stage};

use crate::config::Config;
use crate::telemetry::{Health, Telemetry};

/// The parts of a service.
pub(in crate::up) struct Serving {
    pub(in crate::up) bus: NatsBus,
    pub(in crate::up) service: Service,
    pub(in crate::up) telemetry: Telemetry,
    pub(in crate::up) health: Health,
    /// The consumers whose lag is reported.
    pub(in crate::up) inputs: Vec<Input>,
    /// Of the gateway: compares two texts, like `POST /api/v1/compare`.
    pub(in crate::up) compares: Option<Gateway>,
}

/// A consumer of the stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::up) struct Input {
    stream: String,
    reader: String,
    /// Whether the server knows its position by acknowledgements. Otherwise the reader stores a mark.
    is_durable: bool,
}

/// The consumers of a stage that hold messages in the streams, and those of its deliveries. The pruner has
/// none.
pub(in crate::up) fn inputs(service: Service, config: &Config) -> Vec<Input> {
    let name = service.as_str();
    let own = stream_configs(&config.limits()).into_iter();
    let own = own.filter(|stream| stream.readers.iter().any(|reader| reader == name));
    let own =
        own.map(|stream| Input { is_durable: false, stream: stream.name, reader: name.to_owned() });
    let is_alerter = service == Service::Stage(Stage::Alerter);
    let deliveries = config.delivery.iter().filter(|_| is_alerter);
    let deliveries = deliveries.map(|delivery| Input {
        stream: streams::ALERTS.name.to_owned(),
        reader: wirefold_alerter::consumer(&delivery.name).durable,
        is_durable: true,
    });
    own.chain(deliveries).collect()
}

impl Serving {
    /// Answers until `stop`.
    pub(in crate::up) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let Self { bus, service, telemetry, health, inputs, compares } = self;
        let condition = Condition { bus: bus.clone(), service, telemetry, health, inputs };
        let mut endpoints = vec![Endpoint {
            name: "health",
            subject: service.health_subject(),
            handler: Arc::new(condition),
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
}

fn about(service: Service) -> &'static str {
    match service {
        Service::Stage(Stage::Fetcher) => "wirefold: polls feeds and fetches articles",
        Service::Stage(Stage::Detector) => "wirefold: decides which articles are copies",
        Service::Stage(Stage::Enricher) => "wirefold: finds language, names, places and quotations",
        Service::Stage(Stage::Alerter) => "wirefold: matches subscriptions and delivers alerts",
        Service::Stage(Stage::Gateway) => {
            "wirefold: serves page, API and feeds, and compares texts"
        }
        Service::Pruner => "wirefold: deletes read messages from streams that are nearly full",
    }
}

/// The counter of handled messages of a service.
fn handled(service: Service) -> &'static str {
    match service {
        Service::Stage(Stage::Fetcher) => "wirefold_fetcher_articles_total",
        Service::Stage(Stage::Detector) => "wirefold_detector_articles_total",
        Service::Stage(Stage::Enricher) => "wirefold_enricher_articles_total",
        Service::Stage(Stage::Alerter) => "wirefold_alerter_articles_total",
        Service::Stage(Stage::Gateway) => "wirefold_gateway_projected_total",
        Service::Pruner => "wirefold_pruner_checks_total",
    }
}

const DEAD: &str = "wirefold_loop_rejected_total";

/// Reports whether the service is ready, like `/readyz`, and its counters.
struct Condition {
    bus: NatsBus,
    service: Service,
    telemetry: Telemetry,
    health: Health,
    inputs: Vec<Input>,
}

impl RequestHandler for Condition {
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

impl Condition {
    /// The number of unread messages of each consumer. Consumers that the server does not know are left out.
    async fn lag(&self) -> Map<String, Value> {
        let mut lag = Map::new();
        for Input { stream, reader, is_durable } in &self.inputs {
            let told = match is_durable {
                true => self.bus.unacknowledged(stream, reader).await,
                false => self.bus.unmarked(stream, reader).await,
            };
            match told {
                Ok(messages) => drop(lag.insert(format!("{stream}/{reader}"), messages.into())),
                Err(error) => tracing::debug!(stream, reader, %error, "its lag is not known"),
            }
        }
        lag
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
    fn the_lag_of_a_stage_is_that_of_its_consumers() {
        let read = |service| {
            let inputs = inputs(service, &Config::default()).into_iter();
            inputs.map(|it| (it.stream, it.is_durable)).collect::<Vec<_>>()
        };
        let one = |stream: &str, is_durable| vec![(stream.to_owned(), is_durable)];
        let of_stage = |stage| read(Service::Stage(stage));
        assert_eq!(of_stage(Stage::Fetcher), []);
        assert_eq!(of_stage(Stage::Enricher), one("WF_FETCHED", false));
        assert_eq!(of_stage(Stage::Detector), one("WF_ENRICHED", false));
        assert_eq!(of_stage(Stage::Gateway), one("WF_OUTPUT", false));
        assert_eq!(read(Service::Pruner), []);
    }
}
