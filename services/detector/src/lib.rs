//! The detector service: it judges each article with `fold` and records its decisions in a stream.
//!
//! One writer at a time reads the articles of `WF_ENRICHED` and the commands of `WF_CONTROL` in order. It writes
//! one decision for each to `WF_OUTPUT`, with the article and its findings. It holds its state in memory, and older texts in files. When it
//! starts, it reads the last snapshot and replays its own decisions since then with their articles.
//!
//! It never fetches, enriches or alerts, and it knows nothing about feeds.

mod agency;
pub mod contract;
mod decided_ids;
mod decider;
mod groups;
mod lead;
mod metrics;
mod own_thread;
mod preparing;
mod snapshot;
mod state;
#[cfg(test)]
mod tests;
mod text_file;
mod verdict;
mod window_article;

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::{dead_letters, decode_output};
use wirefold_flow::{Lease, LoopError, Source, StageContext, WriterConfig, run_writer};
use wirefold_proto::streams::{self, Stage};
use wirefold_proto::{Subject, TextPolicy};

use decider::Decider;

pub use metrics::METRICS;
pub use own_thread::run_on_own_thread;
pub use snapshot::is_sound as is_snapshot_sound;
pub use text_file::{FolderTextFile, TextFolder};

/// How the detector judges, and under which name it writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The limits of the window.
    pub fold: wirefold_fold::Settings,
    /// The instance that writes, such as `detector-1`.
    pub writer: String,
    /// The release of wirefold that writes.
    pub release: String,
    /// How much of each text the output has.
    pub text_policy: TextPolicy,
    /// The fewest decisions between two snapshots. One is also written at the end. 0: none are
    /// written, and a start replays all decisions.
    pub snapshot_after: usize,
    /// The folder of the text store; `None` keeps all texts in memory.
    pub texts: Option<PathBuf>,
}

/// The default of [`Settings::snapshot_after`]: a start after a kill replays this many decisions in
/// less than a second.
pub const SNAPSHOT_AFTER: usize = 2_000;

/// The subjects of commands about stories. The detector ignores other commands.
const STORY_COMMANDS: &str = "wirefold.v1.control.story.>";

/// Judges articles until `stop` while it has the lease; then publishes its last decisions and returns. Without the lease
/// it is a standby and follows the decisions of the writer.
///
/// # Errors
/// [`LoopError::Fenced`] if another detector has taken over although there is no lease, and [`LoopError::Bus`] for an
/// error that somebody must repair. It waits until passing errors are over.
pub async fn run(
    context: StageContext,
    settings: Settings,
    lease: Lease,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let last = context.bus.last(streams::OUTPUT.name, streams::OUTPUT_DECISIONS).await?;
    let mut decider = Decider::new(settings, context.bus.clone());
    if let Some(Ok(last)) = last.as_ref().map(decode_output) {
        decider.set_last_record(&last);
    }
    run_writer(context, writer_config(), Box::new(decider), lease, stop).await
}

/// The streams and subjects that the detector reads and writes.
fn writer_config() -> WriterConfig {
    let source = |stream: streams::Stream, filter: &str, mark: &str| Source {
        stream: stream.name.to_owned(),
        filter: filter.to_owned(),
        mark: mark.to_owned(),
    };
    WriterConfig {
        name: Stage::Detector.as_str().to_owned(),
        sources: vec![
            source(streams::ENRICHED, Subject::enriched().as_str(), ""),
            source(streams::CONTROL, STORY_COMMANDS, "c"),
        ],
        output: streams::OUTPUT.name.to_owned(),
        decisions: streams::OUTPUT_DECISIONS.to_owned(),
        epochs: Subject::output_epoch().into_text(),
        dead: dead_letters(Stage::Detector),
    }
}
