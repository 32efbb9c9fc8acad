//! Projection, API, feeds and page over the output stream.
//!
//! [`Gateway::run`] reads `WF_OUTPUT` and `WF_ALERTS` in order and writes a SQLite file, the projection. The
//! file can be rebuilt at any time. [`Gateway::router`] serves it: JSON under `/api/v1` (see [`shapes`]),
//! Atom and JSON Feed under `/feeds`, the API for reader apps under `/api/greader.php`, the page at `/`, and
//! `/healthz` and `/readyz`. Commands go to
//! `WF_CONTROL`, pushed articles to `WF_FETCHED`. The gateway opens no port or socket: the binary does.

mod adapters;
mod api;
mod corrections;
mod feeds;
mod follow;
mod gateway;
mod greader;
mod metrics;
mod page;
mod projection;
mod quotations;
mod reading;
mod recent_events;
mod refusal;
pub mod shapes;
mod state;
mod statements;
mod text;
pub mod tokens;

pub use crate::adapters::{
    Condition, ConfiguredDelivery, Deliveries, Probe, Rehearse, Replay, Settings,
};
pub use crate::api::Access;
pub use crate::api::kept::Kept;
pub use crate::api::layers::host_name;
pub use crate::gateway::{Gateway, GatewayError};
pub use crate::metrics::METRICS;
pub use crate::projection::faults_of_projection;
use crate::state::AppState;
pub use crate::text::{AnalysedText, TextComparison, change_counts};

#[cfg(test)]
mod tests;
