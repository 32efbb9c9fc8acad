//! The detector service: it judges each article with `dedup` and records its decisions in a stream.
//!
//! One writer at a time reads the articles of `WF_FETCHED` and the commands of `WF_CONTROL` in order. It writes
//! one decision for each to `WF_JUDGED`. It holds its state in memory, and older texts in files. When it
//! starts, it reads the last snapshot and learns the rest from its own decisions and their articles.
//!
//! It never fetches, enriches or alerts, and it knows nothing about feeds.

mod agency;
mod ahead;
mod clock;
pub mod contract;
mod decided_ids;
mod decider;
mod fit;
mod groups;
mod lead;
mod learning;
mod lede;
mod metrics;
mod own_thread;
mod packed;
mod snapshot;
#[cfg(test)]
mod tests;
mod text_file;
mod verdict;
mod window_article;

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::{dead_letters, decode_judged};
use wirefold_flow::{Lease, LoopError, Source, StageContext, WriterConfig, run_leased_writer};
use wirefold_proto::Subject;
use wirefold_proto::streams::{self, Stage};

use decider::{Decider, Writer};
use learning::DetectorConfig;

pub use metrics::METRICS;
pub use own_thread::run_on_own_thread;
pub use text_file::{Folder, Texts};

/// How the detector judges, and under which name it writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The thresholds.
    pub dedup: wirefold_dedup::Settings,
    /// The instance that writes, such as `detector-1`.
    pub writer: String,
    /// The release of wirefold that writes.
    pub release: String,
    /// What it knows is kept after so many decisions at least, and at the end; 0: never, so that a
    /// start learns everything anew.
    pub snapshot_after: usize,
    /// The folder in which texts stand in files, out of memory; `None`: in memory.
    pub texts: Option<PathBuf>,
}

/// Decisions after which a snapshot is written, where nothing else is wanted: what a start after a
/// kill learns anew in less than a second.
pub const SNAPSHOT_AFTER: usize = 2_000;

/// Commands about stories; other commands are not the detector's.
const STORY_COMMANDS: &str = "wirefold.v1.control.story.>";

/// Judges articles until told to stop; then writes what is decided and returns.
///
/// # Errors
/// [`LoopError::Fenced`] once another detector has taken over, [`LoopError::Bus`] where something must be
/// mended. Whatever may pass is waited out.
pub async fn run(
    context: StageContext,
    settings: Settings,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    run_under(context, settings, Lease::alone(), stop).await
}

/// Does as [`run`] while it has the lease; otherwise it stands by, and learns what another decides.
async fn run_under(
    context: StageContext,
    settings: Settings,
    lease: Lease,
    stop: CancellationToken,
) -> Result<(), LoopError> {
    let last = context.bus.last(streams::JUDGED.name, Subject::judged().as_str()).await?;
    let Settings { dedup, writer, release, snapshot_after, texts } = settings;
    let writer = Writer { name: writer, release };
    let folder = match (texts, snapshot_after) {
        (None, _) => Folder::nowhere(),
        (Some(path), 0) => Folder::passing(path),
        (Some(path), _) => Folder::lasting(&path),
    };
    let ground = DetectorConfig { settings: dedup, folder: Arc::new(folder) };
    let mut decider = Decider::new(ground, writer, context.bus.clone(), snapshot_after);
    if let Some(Ok(last)) = last.as_ref().map(decode_judged) {
        decider.goes_on_from(&last);
    }
    run_leased_writer(context, config(), Box::new(decider), lease, stop).await
}

/// What the detector reads and writes.
fn config() -> WriterConfig {
    let source = |stream: streams::Stream, filter: &str, mark: &str| Source {
        stream: stream.name.to_owned(),
        filter: filter.to_owned(),
        mark: mark.to_owned(),
    };
    WriterConfig {
        name: Stage::Detector.as_str().to_owned(),
        sources: vec![
            source(streams::FETCHED, ">", ""),
            source(streams::CONTROL, STORY_COMMANDS, "c"),
        ],
        output: streams::JUDGED.name.to_owned(),
        decisions: Subject::judged().as_str().to_owned(),
        epochs: Subject::epoch().as_str().to_owned(),
        dead: dead_letters(Stage::Detector),
        notes: Some(streams::TRIES.name.to_owned()),
    }
}
