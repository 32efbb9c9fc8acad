//! Projection, API, feeds and page over the output stream.
//!
//! [`Gateway::run`] reads `WF_OUTPUT` and `WF_ALERTS` in order and writes a SQLite file, the projection. The
//! file can be rebuilt at any time. [`Gateway::router`] serves it: JSON under `/api/v1` (see [`shapes`]),
//! Atom and JSON Feed under `/feeds`, the page at `/`, and `/healthz` and `/readyz`. Commands go to
//! `WF_CONTROL`, pushed articles to `WF_FETCHED`. The gateway opens no port or socket: the binary does.

mod analysed_text;
mod api;
mod corrections;
mod error;
mod event_statements;
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
mod replayed_letters;
mod settings;
pub mod shapes;
mod statement_cache;
mod statements;
#[cfg(test)]
mod tests;
mod text_comparison;
pub mod tokens;

pub use analysed_text::AnalysedText;
pub use api::Access;
pub use api::access::host_name;
pub use error::GatewayError;
pub use gateway::Gateway;
pub use metrics::METRICS;
pub use projection::faults_of_projection;
pub use settings::{Condition, Probe, Rehearse, Replay, Settings};
pub use text_comparison::{TextComparison, change_counts};

use inner::Inner;
