//! The answers to discovery requests (PING, INFO, STATS), and the format of a refusal, as the protocol
//! defines them.

use std::sync::PoisonError;
use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use wirefold_flow::UnixMillis;

use super::{GROUP, Running, ServiceRefusal};

/// The discovery requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Ping,
    Info,
    Stats,
}

impl Verb {
    pub(super) const ALL: [Self; 3] = [Self::Ping, Self::Info, Self::Stats];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Ping => "PING",
            Self::Info => "INFO",
            Self::Stats => "STATS",
        }
    }
}

/// The counts of an endpoint.
#[derive(Debug, Default)]
pub(super) struct Counts {
    requests: u64,
    errors: u64,
    last_error: String,
    processing: Duration,
}

impl Counts {
    pub(super) fn add(&mut self, denied: Option<&ServiceRefusal>, took: Duration) {
        self.requests += 1;
        self.processing += took;
        if let Some(ServiceRefusal { code, why, .. }) = denied {
            self.errors += 1;
            self.last_error = format!("{code}:{why}");
        }
    }

    /// The total and mean processing time in nanoseconds.
    fn times(&self) -> (u64, u64) {
        let nanos = |time: u128| u64::try_from(time).unwrap_or(u64::MAX);
        let all = self.processing.as_nanos();
        (nanos(all), nanos(all / u128::from(self.requests.max(1))))
    }
}

impl Running<'_> {
    pub(super) fn ping(&self) -> Value {
        self.identity(Verb::Ping)
    }

    pub(super) fn info(&self) -> Value {
        let endpoints = self.service.endpoints.iter().map(|endpoint| {
            json!({
                "name": endpoint.name,
                "subject": endpoint.subject,
                "queue_group": GROUP,
                "metadata": {},
            })
        });
        let mut info = self.identity(Verb::Info);
        info["description"] = self.service.about.clone().into();
        info["endpoints"] = endpoints.collect();
        info
    }

    pub(super) async fn stats(&self) -> Value {
        let mut endpoints = Vec::new();
        for (endpoint, counts) in self.service.endpoints.iter().zip(&self.counts) {
            let data = endpoint.handler.data().await;
            let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            let (processing, average) = counts.times();
            endpoints.push(json!({
                "name": endpoint.name,
                "subject": endpoint.subject,
                "queue_group": GROUP,
                "num_requests": counts.requests,
                "num_errors": counts.errors,
                "last_error": counts.last_error,
                "processing_time": processing,
                "average_processing_time": average,
                // Always present, because nats-py cannot read statistics without it.
                "data": data,
            }));
        }
        let mut stats = self.identity(Verb::Stats);
        stats["started"] = self.started.clone().into();
        stats["endpoints"] = endpoints.into();
        stats
    }

    /// The fields of every answer.
    fn identity(&self, verb: Verb) -> Value {
        json!({
            "type": format!("io.nats.micro.v1.{}_response", verb.as_str().to_lowercase()),
            "name": self.service.name,
            "id": self.shared.instance_id,
            "version": self.service.version,
            "metadata": {},
        })
    }
}

const ERROR: &str = "Nats-Service-Error";
const CODE: &str = "Nats-Service-Error-Code";

/// The headers and the body of a refusal.
pub(super) fn denial(denied: &ServiceRefusal) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    // A header must be one line.
    let why = denied.why.split_whitespace().collect::<Vec<_>>().join(" ");
    headers.insert(ERROR, why);
    headers.insert(CODE, denied.code.to_string());
    (headers, denied.body.clone())
}

/// A time in the format of RFC 3339, always with three decimals of the second, as nats-py requires.
pub(super) fn time(time: UnixMillis) -> String {
    let millis = i64::try_from(time.0).unwrap_or(i64::MAX);
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    format!("{at:.3}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_with_their_times_and_the_last_error() {
        let mut counts = Counts::default();
        assert_eq!(counts.times(), (0, 0));
        counts.add(None, Duration::from_nanos(10));
        counts.add(Some(&ServiceRefusal::new(413, "too much")), Duration::from_nanos(20));
        counts.add(None, Duration::from_nanos(30));
        assert_eq!(counts.times(), (60, 20));
        assert_eq!((counts.requests, counts.errors), (3, 1));
        assert_eq!(counts.last_error, "413:too much");
    }

    #[test]
    fn a_refusal_breaks_no_line() {
        let body = Bytes::from_static(b"{}");
        let denied =
            ServiceRefusal { code: 400, why: "one\r\nNats-X: two".into(), body: body.clone() };
        let (headers, sent) = denial(&denied);
        assert_eq!(headers.get(ERROR).unwrap().as_str(), "one Nats-X: two");
        assert_eq!(headers.get(CODE).unwrap().as_str(), "400");
        assert_eq!(sent, body);
    }

    #[test]
    fn times_are_written_as_rfc_3339() {
        assert_eq!(time(UnixMillis(1_000)), "1970-01-01T00:00:01.000Z");
    }
}
