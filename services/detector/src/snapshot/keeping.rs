//! Where snapshots are kept, when one is written, and which one is gone back to.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tracing::{info, warn};
use wirefold_flow::{Bus, BusError, ObjectReader, Objects, Standing};
use wirefold_proto::streams;

use super::frames::{Frames, Header, Pieces, Unfit, write};
use super::shelves::{self, Shelved};
use super::state::Known;
use crate::learning::Ground;
use crate::metrics::SNAPSHOTS;
use crate::shelf::Folder;

/// Snapshots kept: the last one, and the one before, should the last one be broken.
const KEPT: usize = 2;
/// What their names begin with; what follows sorts as they came.
const PREFIX: &str = "detector-";
/// Pieces that wait to be stored.
const UNDER_WAY: usize = 4;
/// After a snapshot that could not be written, so much of what makes one due must come again: a fraction.
const AGAIN: usize = 8;
/// One in so many of the articles in the window must be new before the next snapshot: then each
/// article is written down about so often in all.
const SHARE: usize = 4;

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
    /// Those that the last one was to know, where it could not be written.
    unwritten: Arc<AtomicUsize>,
    under_way: Option<JoinHandle<()>>,
}

/// Why a snapshot could not be had.
enum Missing {
    Unfit(Unfit),
    Bus(BusError),
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
        let unwritten = Arc::default();
        Self { bus, folder, settings, after, since: 0, unwritten, under_way: None }
    }

    /// Counts a decision.
    pub(crate) fn decided(&mut self) {
        self.since += 1;
    }

    /// Whether enough was decided for another snapshot, of so many articles, and none is being
    /// written.
    pub(crate) fn is_due(&self, articles: usize) -> bool {
        let is_writing = self.under_way.as_ref().is_some_and(|task| !task.is_finished());
        let enough = self.after.max(articles / SHARE);
        // Where the last one failed, as on a full disk, not every decision tries again.
        let is_due = self.news() >= enough && self.since >= enough.div_ceil(AGAIN);
        self.after > 0 && is_due && !is_writing
    }

    fn news(&self) -> usize {
        self.since + self.unwritten.load(Ordering::Relaxed)
    }

    /// Whether anything was decided that no snapshot knows.
    pub(crate) fn has_news(&self) -> bool {
        self.after > 0 && self.news() > 0
    }

    /// Begins to write a snapshot; what it takes is done beside.
    pub(crate) fn begin(&mut self, last: &Standing, known: Known) {
        let news = self.news();
        (self.since, self.unwritten) = (0, Arc::default());
        let of = Of { settings: self.settings, last: last.clone(), known };
        let (bus, folder, unwritten) =
            (self.bus.clone(), self.folder.clone(), self.unwritten.clone());
        self.under_way = Some(tokio::spawn(async move {
            if !store(bus, folder, of).await {
                unwritten.store(news, Ordering::Relaxed);
            }
        }));
    }

    /// Returns once nothing is being written.
    pub(crate) async fn rest(&mut self) {
        if let Some(task) = self.under_way.take() {
            // Where it panicked there is no snapshot, and that has been told by then.
            let _ = task.await;
        }
    }

    /// The newest snapshot that is fit, and the sequence of the last decision that it knows.
    pub(crate) async fn recall(&mut self, ground: &Ground) -> Option<(u64, Known)> {
        (self.since, self.unwritten) = (0, Arc::default());
        if self.after == 0 {
            return None;
        }
        self.rest().await;
        let found = self.newest(ground).await;
        sweep(&*self.bus, &self.folder).await;
        found
    }

    async fn newest(&self, ground: &Ground) -> Option<(u64, Known)> {
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
                    let why = match missing {
                        Missing::Unfit(unfit) => unfit.to_string(),
                        Missing::Bus(error) => error.to_string(),
                    };
                    warn!(name, why, "a snapshot is passed over, what it knew is learnt anew");
                }
            }
        }
        None
    }

    async fn read(&self, name: &str, ground: &Ground) -> Result<(u64, Known), Missing> {
        let mut reader = objects(&*self.bus)?.read(name).await?.ok_or(Unfit::Short)?;
        let mut frames = Frames::default();
        let first = first_frame(&mut *reader, &mut frames).await?;
        let length = first.len();
        let header = self.checked(Header::read(first)?).await?;
        let (last, ground) = (header.last.sequence, ground.clone());
        let (sender, pieces) = mpsc::channel(UNDER_WAY);
        let reading = spawn_blocking(move || {
            Known::read(&ground, &header.shelves, Pieces::behind(length, pieces))
        });
        let passed = pass(&mut *reader, frames, sender).await;
        match reading.await.map_err(|_| Unfit::Broken)? {
            Ok(known) => Ok((last, known)),
            // What kept the bytes from coming says more than that they did not come.
            Err(unfit) => Err(passed.err().unwrap_or(unfit.into())),
        }
    }

    /// The header, if it is of these settings and of a decision that stands.
    async fn checked(&self, header: Header) -> Result<Header, Missing> {
        if header.settings != self.settings {
            return Err(Unfit::Settings.into());
        }
        match stands(&*self.bus, &header.last).await? {
            true => Ok(header),
            false => Err(Unfit::Decision.into()),
        }
    }
}

/// Whether a decision stands as a snapshot knows it.
async fn stands(bus: &dyn Bus, last: &Standing) -> Result<bool, BusError> {
    match bus.get(streams::JUDGED.name, last.sequence).await {
        Ok(found) => Ok(found.id == last.id),
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

fn objects(bus: &dyn Bus) -> Result<Arc<dyn Objects>, BusError> {
    bus.objects(streams::SNAPSHOTS.name)
}

/// The names of all snapshots, the oldest first.
async fn names(bus: &dyn Bus) -> Result<Vec<String>, BusError> {
    let mut names = objects(bus)?.names().await?;
    names.retain(|name| name.starts_with(PREFIX));
    Ok(names)
}

/// The header of a snapshot; what came with it is in the frames.
async fn first_frame(
    reader: &mut dyn ObjectReader,
    frames: &mut Frames,
) -> Result<Vec<u8>, Missing> {
    loop {
        if let Some(first) = frames.next()? {
            return Ok(first);
        }
        frames.push(&reader.next().await?.ok_or(Unfit::Short)?);
    }
}

/// Hands the frames of a snapshot on until there are no more, or no more are wanted.
async fn pass(
    reader: &mut dyn ObjectReader,
    mut frames: Frames,
    sender: mpsc::Sender<Vec<u8>>,
) -> Result<(), Missing> {
    loop {
        while let Some(frame) = frames.next()? {
            if sender.send(frame).await.is_err() {
                return Ok(());
            }
        }
        let Some(bytes) = reader.next().await? else { return Ok(()) };
        frames.push(&bytes);
    }
}

/// Writes a snapshot, and drops those that are no longer kept; whether it was written. What goes wrong is
/// told: the next one may do better, and until then more is learnt anew.
async fn store(bus: Arc<dyn Bus>, folder: Arc<Folder>, of: Of) -> bool {
    let decision = of.last.sequence;
    match stored(&*bus, &folder, of).await {
        Ok(bytes) => {
            SNAPSHOTS.add(1, &["written"]);
            info!(decision, bytes, "a snapshot was written");
            true
        }
        Err(error) => {
            SNAPSHOTS.add(1, &["failed"]);
            warn!(decision, %error, "no snapshot could be written");
            false
        }
    }
}

/// What a snapshot is made of.
struct Of {
    settings: u64,
    last: Standing,
    known: Known,
}

impl Of {
    /// Gives the frames of the snapshot; returns once the files that it names will be found.
    fn write(self, folder: &Folder, give: &mut dyn FnMut(Vec<u8>)) -> std::io::Result<()> {
        let Of { settings, last, known } = self;
        // What was put on them since it was begun stands there whole, too.
        let shelved = Shelved::now(folder, &known.learning.shelves());
        let header = Header { settings, last, shelves: shelved.named() };
        write(&header, &known, &shelved, give);
        shelved.sync(folder)
    }
}

async fn stored(bus: &dyn Bus, folder: &Arc<Folder>, of: Of) -> Result<u64, BusError> {
    let unavailable = |error: &dyn std::fmt::Display| BusError::Unavailable(error.to_string());
    let objects = objects(bus)?;
    let name = format!("{PREFIX}{:020}", of.last.sequence);
    let (sender, mut pieces) = mpsc::channel::<Vec<u8>>(UNDER_WAY);
    let beside = folder.clone();
    let writing = spawn_blocking(move || {
        // Where nobody takes them any more, storing has failed and says so.
        of.write(&beside, &mut |piece| drop(sender.blocking_send(piece)))
    });
    let mut writer = objects.write(&name).await?;
    let mut bytes = 0;
    while let Some(piece) = pieces.recv().await {
        bytes += piece.len() as u64;
        writer.append(piece.into()).await?;
    }
    let synced = writing.await.map_err(|error| unavailable(&error))?;
    synced.map_err(|error| unavailable(&error))?;
    writer.finish().await?;
    prune(bus, &name).await?;
    sweep(bus, folder).await;
    Ok(bytes)
}

/// Drops what is no longer kept beside the snapshot of this name. One that stands behind it is of another
/// detector, or of a log that is no more: streams that were made anew count from the beginning.
async fn prune(bus: &dyn Bus, written: &str) -> Result<(), BusError> {
    let objects = objects(bus)?;
    let names = names(bus).await?;
    let (older, others): (Vec<&String>, Vec<&String>) =
        names.iter().filter(|name| *name != written).partition(|name| name.as_str() < written);
    for old in older.iter().rev().skip(KEPT - 1) {
        objects.delete(old).await?;
    }
    for other in others {
        if !is_of_this_log(bus, other).await? {
            warn!(name = other, "a snapshot of a log that is no more is dropped");
            objects.delete(other).await?;
        }
    }
    Ok(())
}

/// Whether the last decision that a snapshot knows stands.
async fn is_of_this_log(bus: &dyn Bus, name: &str) -> Result<bool, BusError> {
    let Some(mut reader) = objects(bus)?.read(name).await? else { return Ok(true) };
    match first_frame(&mut *reader, &mut Frames::default()).await {
        Ok(first) => match Header::read(first) {
            Ok(header) => stands(bus, &header.last).await,
            // Of another release, perhaps a later one that is to have it again.
            Err(_) => Ok(true),
        },
        Err(Missing::Bus(error)) => Err(error),
        Err(Missing::Unfit(_)) => Ok(false),
    }
}

/// Removes the files of texts that no snapshot speaks of and nothing uses. Without them no more is lost
/// than time: snapshots have what stood in them.
async fn sweep(bus: &dyn Bus, folder: &Folder) {
    match named(bus).await {
        Ok(names) => folder.sweep(&names),
        Err(error) => warn!(%error, "files of texts that nothing needs cannot be told"),
    }
}

/// The files that snapshots speak of.
async fn named(bus: &dyn Bus) -> Result<BTreeSet<String>, BusError> {
    let mut named = BTreeSet::new();
    for name in names(bus).await? {
        let Some(mut reader) = objects(bus)?.read(&name).await? else { continue };
        match first_frame(&mut *reader, &mut Frames::default()).await {
            Ok(first) => named.extend(Header::read(first).map_or_else(
                // One that is unfit will not be gone back to.
                |_| BTreeSet::new(),
                |header| shelves::names(header.shelves),
            )),
            Err(Missing::Bus(error)) => return Err(error),
            Err(Missing::Unfit(_)) => {}
        }
    }
    Ok(named)
}
