//! Decides when to write a snapshot, and which stored one to start from.
//!
//! The number of decisions and the stored snapshots come in; a state to start from, or one to store, goes out. It
//! never knows what the state means.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{info, warn};
use wirefold_flow::{Bus, BusError, CommittedDecision, Objects};
use wirefold_proto::streams;

use super::frames::{Header, Unfit};
use super::reading::Head;
use super::state::SnapshotState;
use super::storing::{Of, store, sweep};
use crate::learning::DetectorConfig;
use crate::metrics::SNAPSHOTS;
use crate::text_file::Folder;

/// What their names begin with; what follows sorts as they came.
pub(super) const PREFIX: &str = "detector-";
/// After a snapshot that could not be written, so much of what makes one due must come again: a fraction.
const AGAIN: usize = 8;
/// One in so many of the articles in the window must be new before the next snapshot: then each
/// article is written down about so often in all.
const SHARE: usize = 4;
/// From one snapshot to the next, at least, where fewer articles are new.
const PAUSE: Duration = Duration::from_secs(10);
/// And so many times what the last one took: at most a twentieth of one core's time goes into them.
const PAUSES: u32 = 20;

/// Keeps snapshots on the bus.
pub(crate) struct Keeping {
    bus: Arc<dyn Bus>,
    folder: Arc<Folder>,
    /// A hash of the settings, which must be those that everything was judged by.
    settings: u64,
    /// Decisions between two snapshots, at least; 0 where none are kept.
    after: usize,
    /// Decisions since the last one was begun that no snapshot knows, those learnt again at a start included.
    since: usize,
    /// When the last one was begun, or read.
    begun: Instant,
    ended: Arc<Ended>,
    under_way: Option<JoinHandle<()>>,
    /// Segments that could not be read: the next snapshot writes them again.
    unreadable: BTreeSet<String>,
}

/// How the last one ended.
#[derive(Default)]
struct Ended {
    /// The decisions that it was to know, where it could not be written.
    unwritten: AtomicUsize,
    /// Milliseconds that it took.
    took: AtomicU64,
}

/// Why a snapshot could not be had.
pub(super) enum Missing {
    Unfit(Unfit),
    Bus(BusError),
    /// A segment of this name cannot be read.
    Segment(String, BusError),
}

impl Missing {
    /// The segment to be written again.
    fn segment(&self) -> Option<&str> {
        match self {
            Self::Unfit(Unfit::Segment(name)) | Self::Segment(name, _) => Some(name),
            Self::Unfit(_) | Self::Bus(_) => None,
        }
    }
}

impl std::fmt::Display for Missing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unfit(unfit) => unfit.fmt(f),
            Self::Bus(error) => error.fmt(f),
            Self::Segment(name, error) => write!(f, "its {name} cannot be read: {error}"),
        }
    }
}

impl From<Unfit> for Missing {
    fn from(unfit: Unfit) -> Self {
        Self::Unfit(unfit)
    }
}

impl From<BusError> for Missing {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl Keeping {
    pub(crate) fn new(bus: Arc<dyn Bus>, folder: Arc<Folder>, settings: u64, after: usize) -> Self {
        Self {
            bus,
            folder,
            settings,
            after,
            since: 0,
            begun: Instant::now(),
            ended: Arc::default(),
            under_way: None,
            unreadable: BTreeSet::new(),
        }
    }

    /// Counts a decision.
    pub(crate) fn decided(&mut self) {
        self.since += 1;
    }

    /// Whether enough was decided for another snapshot, of so many articles, and none is being
    /// written. A start decides again what no snapshot knows, so a pause is used to write one.
    pub(crate) fn is_due(&self, articles: usize) -> bool {
        let is_writing = self.under_way.as_ref().is_some_and(|task| !task.is_finished());
        let enough = match self.has_paused() {
            true => self.after,
            false => self.after.max(articles / SHARE),
        };
        // Where the last one failed, as on a full disk, not every decision tries again.
        let is_due = self.news() >= enough && self.since >= enough.div_ceil(AGAIN);
        self.after > 0 && is_due && !is_writing
    }

    fn has_paused(&self) -> bool {
        let took = Duration::from_millis(self.ended.took.load(Ordering::Relaxed));
        self.begun.elapsed() >= PAUSE.max(took * PAUSES)
    }

    fn news(&self) -> usize {
        self.since + self.ended.unwritten.load(Ordering::Relaxed)
    }

    /// Whether anything was decided that no snapshot knows.
    pub(crate) fn has_news(&self) -> bool {
        self.after > 0 && self.news() > 0
    }

    /// Begins to write a snapshot; what it takes is done beside.
    pub(crate) fn begin(&mut self, last: &CommittedDecision, known: SnapshotState) {
        let news = self.news();
        self.reset();
        let rewritten = self.unreadable.clone();
        let of = Of { settings: self.settings, last: last.clone(), known, rewritten };
        let (bus, folder, ended) = (self.bus.clone(), self.folder.clone(), self.ended.clone());
        let begun = self.begun;
        self.under_way = Some(tokio::spawn(async move {
            if !store(bus, folder, of).await {
                ended.unwritten.store(news, Ordering::Relaxed);
            }
            let took = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
            ended.took.store(took, Ordering::Relaxed);
        }));
    }

    fn reset(&mut self) {
        (self.since, self.begun, self.ended) = (0, Instant::now(), Arc::default());
    }

    /// Returns once nothing is being written.
    pub(crate) async fn rest(&mut self) {
        if let Some(task) = self.under_way.take() {
            // Where it panicked there is no snapshot, and that has been told by then.
            let _ = task.await;
        }
    }

    /// The newest snapshot that is fit, and the sequence of the last decision that it knows.
    pub(crate) async fn recall(&mut self, ground: &DetectorConfig) -> Option<(u64, SnapshotState)> {
        self.reset();
        if self.after == 0 {
            return None;
        }
        self.rest().await;
        let found = self.newest(ground).await;
        sweep(&*self.bus, &self.folder).await;
        found
    }

    async fn newest(&mut self, ground: &DetectorConfig) -> Option<(u64, SnapshotState)> {
        let names = match names(&*self.bus).await {
            Ok(names) => names,
            Err(error) => {
                warn!(%error, "no snapshot can be read, everything is learnt anew");
                return None;
            }
        };
        for name in names.iter().rev() {
            match self.read(name, ground).await {
                Ok(found) => {
                    SNAPSHOTS.add(1, &["used"]);
                    let articles = found.1.learning.articles();
                    info!(name, articles, decision = found.0, "goes on from a snapshot");
                    return Some(found);
                }
                Err(missing) => {
                    SNAPSHOTS.add(1, &["passed_over"]);
                    self.unreadable.extend(missing.segment().map(str::to_owned));
                    let why = missing.to_string();
                    warn!(name, why, "a snapshot is passed over, what it knew is learnt anew");
                }
            }
        }
        None
    }

    async fn read(
        &self,
        name: &str,
        ground: &DetectorConfig,
    ) -> Result<(u64, SnapshotState), Missing> {
        let objects = objects(&*self.bus)?;
        let head = Head::read(&*objects, name).await?.ok_or(Unfit::Short)?;
        self.check(&head.header).await?;
        let last = head.header.last.sequence;
        Ok((last, head.read_state(objects, ground).await?))
    }

    /// Whether a header is of these settings and of a decision that stands.
    async fn check(&self, header: &Header) -> Result<(), Missing> {
        if header.settings != self.settings {
            return Err(Unfit::Settings.into());
        }
        match stands(&*self.bus, &header.last).await? {
            true => Ok(()),
            false => Err(Unfit::Decision.into()),
        }
    }
}

/// Whether a decision stands as a snapshot knows it.
pub(super) async fn stands(bus: &dyn Bus, last: &CommittedDecision) -> Result<bool, BusError> {
    match bus.get(streams::JUDGED.name, last.sequence).await {
        Ok(found) => Ok(found.id == last.id),
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) fn objects(bus: &dyn Bus) -> Result<Arc<dyn Objects>, BusError> {
    bus.objects(streams::SNAPSHOTS.name)
}

/// The names of all snapshots, the oldest first.
pub(super) async fn names(bus: &dyn Bus) -> Result<Vec<String>, BusError> {
    let mut names = objects(bus)?.names().await?;
    names.retain(|name| name.starts_with(PREFIX));
    Ok(names)
}
