//! The configuration of the streams of the contract.

use std::time::Duration;

use wirefold_flow::{Bus, BusError, StreamConfig};
use wirefold_proto::streams::{self, ReadBy, STREAMS, Stream};

/// Retention and size of streams. design, section 14.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The window of comparison.
    pub window: Duration,
    /// The retention of the output.
    pub output: Duration,
    /// The retention of alerts.
    pub alerts: Duration,
    /// The most bytes of `WF_ENRICHED`. The other streams share the same amount again.
    pub max_bytes: u64,
    /// Whether there are deliveries. An alert is kept until all of them have sent it.
    pub has_deliveries: bool,
}

const DAY: Duration = Duration::from_hours(24);

impl Default for Limits {
    fn default() -> Self {
        Self {
            window: DAY * 7,
            output: DAY * 30,
            alerts: DAY * 90,
            max_bytes: 1 << 30,
            has_deliveries: false,
        }
    }
}

/// The configuration of every stream.
#[must_use]
pub fn stream_configs(limits: &Limits) -> Vec<StreamConfig> {
    STREAMS.iter().map(|stream| config(stream, limits)).collect()
}

/// Creates or updates every stream.
///
/// Any error of the bus.
pub async fn create_streams(bus: &dyn Bus, limits: &Limits) -> Result<(), BusError> {
    for config in stream_configs(limits) {
        bus.create_stream(config).await?;
    }
    Ok(())
}

fn config(stream: &Stream, limits: &Limits) -> StreamConfig {
    let (max_age, share) = match stream.name {
        // Until it is enriched. The age is for an enricher that was away.
        name if name == streams::FETCHED.name => (DAY * 14, 4),
        name if name == streams::ENRICHED.name => ((limits.window + DAY).max(DAY * 14), 1),
        name if name == streams::OUTPUT.name => (limits.output.max(limits.window + DAY), 2),
        name if name == streams::ALERTS.name => (limits.alerts, 16),
        name if name == streams::CONTROL.name => (DAY * 365, 32),
        _ => (DAY * 90, 16),
    };
    StreamConfig {
        max_age,
        max_bytes: limits.max_bytes / share,
        window: DUPLICATE_WINDOW,
        readers: readers(stream, limits),
        ..StreamConfig::new(stream.name, stream.subjects)
    }
}

/// The window for duplicates, longer than any time between the first and the last delivery of a
/// message.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(10);

/// The readers that must have read a message before a full stream drops it, because they would lose
/// data.
///
/// Readers by sequence are not in the list, because their positions are not known, nor are foreign
/// consumers.
fn readers(stream: &Stream, limits: &Limits) -> Vec<String> {
    let counts = |name: &str| match stream.name {
        name_of if name_of == streams::FETCHED.name => name == "enricher",
        name_of if name_of == streams::ENRICHED.name => name == "detector",
        name_of if name_of == streams::OUTPUT.name => matches!(name, "alerter" | "gateway"),
        // At the lowest of the positions of its deliveries.
        name_of if name_of == streams::ALERTS.name => name == "alerter" && limits.has_deliveries,
        _ => false,
    };
    let waits = |reader: &&streams::Reader| reader.by != ReadBy::Sequence;
    let names = stream.readers.iter().filter(waits).map(|reader| reader.role.as_str());
    names.filter(|name| counts(name)).map(str::to_owned).collect()
}
