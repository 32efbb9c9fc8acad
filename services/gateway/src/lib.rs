//! Projection, API, feeds and page over the output stream.
//!
//! [`Gateway::run`] reads `WF_OUTPUT` and `WF_ALERTS` in order into a SQLite file of its own, the
//! projection, which can be rebuilt at any time; [`Gateway::router`] serves it: JSON under
//! `/api/v1` (the shapes stand in [`shapes`]), Atom and JSON Feed under `/feeds`, the page at `/`,
//! `/healthz` and `/readyz`. Commands of people go to `WF_CONTROL`; what is pushed in goes to
//! `WF_FETCHED`. It listens nowhere itself: the binary owns ports and sockets.

mod api;
mod corrections;
mod error;
mod feeds;
mod follow;
mod gateway;
mod inner;
mod metrics;
mod noted_article;
mod page;
mod pending;
mod projection;
mod refusal;
mod said;
mod settings;
pub mod shapes;
mod statements;
#[cfg(test)]
mod tests;
pub mod tokens;

pub use api::Access;
pub use api::access::host_name;
pub use error::GatewayError;
pub use gateway::Gateway;
pub use metrics::METRICS;
pub use projection::faults_of_projection;
pub use settings::{Condition, Probe, Rehearse, Replay, Settings};

use inner::Inner;
