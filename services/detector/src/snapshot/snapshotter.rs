//! Decides when to write a snapshot, and which stored snapshot to start from.
//!
//! The number of decisions and the stored snapshots come in; a state to start from, or one to
//! store, goes out. This module never knows what the state means.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{info, warn};
use wirefold_flow::{Bus, CommittedDecision};

use super::blob::SnapshotState;
use super::stored::{SnapshotInput, names, read, remove_unused_text_files, store};
use crate::metrics::SNAPSHOTS;
use crate::state::DetectorConfig;
use crate::text_file::TextFolder;

/// After a snapshot that failed, one in this many of the usual new decisions is enough for the next
/// attempt.
const RETRY_ONE_IN: usize = 8;
/// A snapshot needs new decisions for one in this many of the articles in the window. Each article
/// is then written about this many times in all.
const NEW_ONE_IN: usize = 4;
/// After this time without a snapshot, fewer new articles are enough …
const MIN_PAUSE: Duration = Duration::from_secs(10);
/// … but not before this many times the duration of the last one, so that snapshots take at most a
/// twentieth of the time of one core.
const PAUSE_FACTOR: u32 = 20;

/// Writes snapshots to the bus in the background, and finds the one to start from.
pub(crate) struct Snapshotter {
    bus: Arc<dyn Bus>,
    folder: Arc<TextFolder>,
    /// A hash of the settings. A snapshot of other settings is not used.
    settings: u64,
    /// The fewest decisions between two snapshots; 0 if none are written.
    min_decisions: usize,
    /// Decisions since the last snapshot was begun, including those replayed at the start.
    decisions_since: usize,
    /// When the last snapshot was begun or read.
    begun_at: Instant,
    last_result: Arc<LastResult>,
    writing: Option<JoinHandle<()>>,
}

/// The result of the last snapshot.
#[derive(Default)]
struct LastResult {
    /// If it failed: how many new decisions it would have included.
    unwritten: AtomicUsize,
    /// How long it took, in milliseconds.
    took: AtomicU64,
}

impl Snapshotter {
    pub(crate) fn new(
        bus: Arc<dyn Bus>,
        folder: Arc<TextFolder>,
        settings: u64,
        min_decisions: usize,
    ) -> Self {
        Self {
            bus,
            folder,
            settings,
            min_decisions,
            decisions_since: 0,
            begun_at: Instant::now(),
            last_result: Arc::default(),
            writing: None,
        }
    }

    /// Counts a decision.
    pub(crate) fn count_decision(&mut self) {
        self.decisions_since += 1;
    }

    /// Whether there are enough new decisions for a snapshot of `articles` articles, and none is
    /// being written. After a pause fewer are enough, because a start replays every decision that
    /// no snapshot includes.
    pub(crate) fn is_due(&self, articles: usize) -> bool {
        let is_writing = self.writing.as_ref().is_some_and(|task| !task.is_finished());
        let needed = match self.has_paused() {
            true => self.min_decisions,
            false => self.min_decisions.max(articles / NEW_ONE_IN),
        };
        // If the last snapshot failed, as on a full disk, do not try again after every decision.
        let is_due =
            self.new_decisions() >= needed && self.decisions_since >= needed.div_ceil(RETRY_ONE_IN);
        self.min_decisions > 0 && is_due && !is_writing
    }

    fn has_paused(&self) -> bool {
        let took = Duration::from_millis(self.last_result.took.load(Ordering::Relaxed));
        self.begun_at.elapsed() >= MIN_PAUSE.max(took * PAUSE_FACTOR)
    }

    fn new_decisions(&self) -> usize {
        self.decisions_since + self.last_result.unwritten.load(Ordering::Relaxed)
    }

    /// Whether there are decisions that no snapshot includes.
    pub(crate) fn has_new_decisions(&self) -> bool {
        self.min_decisions > 0 && self.new_decisions() > 0
    }

    /// Begins to write a snapshot in a task of its own.
    pub(crate) fn start_writing(&mut self, last: &CommittedDecision, state: SnapshotState) {
        let new_decisions = self.new_decisions();
        self.reset();
        let input = SnapshotInput { settings: self.settings, last: last.clone(), state };
        let (bus, folder, last_result) =
            (self.bus.clone(), self.folder.clone(), self.last_result.clone());
        let begun_at = self.begun_at;
        self.writing = Some(tokio::spawn(async move {
            if !store(bus, folder, input).await {
                last_result.unwritten.store(new_decisions, Ordering::Relaxed);
            }
            let took = u64::try_from(begun_at.elapsed().as_millis()).unwrap_or(u64::MAX);
            last_result.took.store(took, Ordering::Relaxed);
        }));
    }

    fn reset(&mut self) {
        (self.decisions_since, self.begun_at, self.last_result) =
            (0, Instant::now(), Arc::default());
    }

    /// Waits until no snapshot is being written.
    pub(crate) async fn wait_until_written(&mut self) {
        if let Some(task) = self.writing.take() {
            // If the task panicked, the panic was reported and there is no snapshot.
            let _ = task.await;
        }
    }

    /// Reads the newest usable snapshot. Returns its state, and the sequence of the last decision
    /// that it includes.
    pub(crate) async fn restore(
        &mut self,
        config: &DetectorConfig,
    ) -> Option<(u64, SnapshotState)> {
        self.reset();
        if self.min_decisions == 0 {
            return None;
        }
        self.wait_until_written().await;
        let found = self.read_newest(config).await;
        remove_unused_text_files(&*self.bus, &self.folder).await;
        found
    }

    async fn read_newest(&mut self, config: &DetectorConfig) -> Option<(u64, SnapshotState)> {
        let names = match names(&*self.bus).await {
            Ok(names) => names,
            Err(error) => {
                warn!(%error, "no snapshot can be read, replaying all decisions");
                return None;
            }
        };
        for name in names.iter().rev() {
            match read(&*self.bus, name, self.settings, config).await {
                Ok(found) => {
                    SNAPSHOTS.add(1, &["used"]);
                    let articles = found.1.detector.articles();
                    info!(name, articles, decision = found.0, "continues from a snapshot");
                    return Some(found);
                }
                Err(error) => {
                    SNAPSHOTS.add(1, &["passed_over"]);
                    let why = error.to_string();
                    warn!(name, why, "skipping a snapshot, replaying its decisions");
                }
            }
        }
        None
    }
}
