//! Where snapshots are kept, when one is written, and which one is gone back to.

use std::collections::BTreeSet;
use std::sync::Arc;

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
    /// Decisions since the last one was begun, or gone back to.
    since: usize,
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
        Self { bus, folder, settings, after, since: 0, under_way: None }
    }

    /// Counts a decision.
    pub(crate) fn decided(&mut self) {
        self.since += 1;
    }

    /// Whether enough was decided for another snapshot, of so many articles, and none is being
    /// written.
    pub(crate) fn is_due(&self, articles: usize) -> bool {
        let is_writing = self.under_way.as_ref().is_some_and(|task| !task.is_finished());
        self.after > 0 && self.since >= self.after.max(articles / SHARE) && !is_writing
    }

    /// Whether anything was decided that no snapshot knows.
    pub(crate) fn has_news(&self) -> bool {
        self.after > 0 && self.since > 0
    }

    /// Begins to write a snapshot; what it takes is done beside.
    pub(crate) fn begin(&mut self, last: &Standing, known: Known) {
        self.since = 0;
        let of = Of { settings: self.settings, last: last.clone(), known };
        self.under_way = Some(tokio::spawn(store(self.bus.clone(), self.folder.clone(), of)));
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
        self.since = 0;
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
        match self.bus.get(streams::JUDGED.name, header.last.sequence).await {
            Ok(stands) if stands.id == header.last.id => Ok(header),
            Ok(_) | Err(BusError::Gone { .. } | BusError::NotYet { .. }) => {
                Err(Unfit::Decision.into())
            }
            Err(error) => Err(error.into()),
        }
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

/// Writes a snapshot, and drops those that are no longer kept. What goes wrong is told: the next
/// one may do better, and until then more is learnt anew.
async fn store(bus: Arc<dyn Bus>, folder: Arc<Folder>, of: Of) {
    let decision = of.last.sequence;
    match stored(&*bus, &folder, of).await {
        Ok(bytes) => {
            SNAPSHOTS.add(1, &["written"]);
            info!(decision, bytes, "a snapshot was written");
        }
        Err(error) => {
            SNAPSHOTS.add(1, &["failed"]);
            warn!(decision, %error, "no snapshot could be written");
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
    let names = names(bus).await?;
    for old in &names[..names.len().saturating_sub(KEPT)] {
        objects.delete(old).await?;
    }
    sweep(bus, folder).await;
    Ok(bytes)
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
