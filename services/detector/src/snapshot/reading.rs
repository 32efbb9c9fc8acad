//! Reads a stored snapshot: its sections on all cores, and its texts where their files are not found.
//!
//! A head comes in; what the detector knew goes out, or why it cannot be had. It never decides which snapshot is
//! read.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use wirefold_dedup::codec::{Reader, Stand, Written};
use wirefold_flow::{ObjectReader, Objects};

use super::contents::{Contents, read_list};
use super::frames::{Frames, Header, Pieces, Unfit, contents};
use super::keeping::Missing;
use super::segments::Segment;
use super::state::SnapshotState;
use super::text_files::Places;
use crate::learning::{DetectorConfig, Learning, LearningPart};

/// Threads that read, at most: each has its segments in memory.
const THREADS: usize = 8;
/// Segments that a thread has fetched ahead.
const AHEAD: usize = 4;
/// Frames that wait to be read.
const FRAMES: usize = 4;

/// What a head says, as far as it is one that can be read.
pub(super) struct Head {
    pub(super) header: Header,
    /// The bytes of the header.
    length: usize,
    pub(super) list: List,
}

/// What a head says in its second frame.
pub(super) enum List {
    Sections(Contents),
    /// Of the release before.
    InOrder(Vec<Segment>),
}

impl List {
    /// All segments that are named.
    pub(super) fn segments(self) -> Vec<Segment> {
        match self {
            Self::Sections(contents) => contents.segments().collect(),
            Self::InOrder(segments) => segments,
        }
    }
}

impl Head {
    /// `None` where there is no object of this name.
    pub(super) async fn read(objects: &dyn Objects, name: &str) -> Result<Option<Self>, Missing> {
        let Some(mut reader) = objects.read(name).await? else { return Ok(None) };
        let mut frames = Frames::default();
        let first = next_frame(&mut *reader, &mut frames).await?;
        let length = first.len();
        let header = Header::read(first)?;
        let second = next_frame(&mut *reader, &mut frames).await?;
        let list = match header.is_in_order {
            true => List::InOrder(read_list(second)?),
            false => List::Sections(Contents::read(second)?),
        };
        Ok(Some(Self { header, length, list }))
    }

    /// What the detector knew.
    pub(super) async fn read_state(
        self,
        objects: Arc<dyn Objects>,
        ground: &DetectorConfig,
    ) -> Result<SnapshotState, Missing> {
        let places = Places::find(&ground.folder, &self.header.text_files);
        match self.list {
            List::Sections(contents) => read_sections(objects, contents, places, ground).await,
            List::InOrder(segments) => {
                let ground = ground.clone();
                let read = move |pieces| read_in_order(&ground, &places, pieces);
                read_pieces(&*objects, &segments, self.length, read).await
            }
        }
    }
}

/// The next frame of an object; what came with it is in the frames.
async fn next_frame(
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

async fn read_sections(
    objects: Arc<dyn Objects>,
    contents: Contents,
    places: Places,
    ground: &DetectorConfig,
) -> Result<SnapshotState, Missing> {
    let Contents { last, offsets, sections, texts } = contents;
    let parts = read_parts(objects.clone(), sections, places.stands()).await?;
    let learning = Learning::from_parts(ground, parts).ok_or(Unfit::Broken)?;
    if places.lack_some() {
        read_pieces(&*objects, &texts, 0, move |mut pieces| places.fill(&mut pieces)).await?;
    }
    Ok(SnapshotState { learning, last, offsets })
}

fn read_in_order(
    ground: &DetectorConfig,
    places: &Places,
    mut pieces: Pieces,
) -> Result<SnapshotState, Unfit> {
    let known = SnapshotState::read_in_order(ground, places.stands(), &mut pieces)?;
    if places.lack_some() {
        places.fill(&mut pieces)?;
    }
    Ok(known)
}

/// Reads what stands in the frames of these segments, behind a header of so many bytes, beside the reading of the
/// segments.
async fn read_pieces<T: Send + 'static>(
    objects: &dyn Objects,
    segments: &[Segment],
    header: usize,
    read: impl FnOnce(Pieces) -> Result<T, Unfit> + Send + 'static,
) -> Result<T, Missing> {
    let (sender, pieces) = mpsc::channel(FRAMES);
    let reading = spawn_blocking(move || read(Pieces::behind(header, pieces)));
    let passed = pass_segments(objects, segments, sender).await;
    let came = reading.await.map_err(|_| Unfit::Broken)?;
    // What kept the bytes from coming says more than that they did not come.
    came.map_err(|unfit| passed.err().unwrap_or(unfit.into()))
}

/// Hands the frames in segments on until there are no more, or no more are wanted.
async fn pass_segments(
    objects: &dyn Objects,
    segments: &[Segment],
    sender: mpsc::Sender<Vec<u8>>,
) -> Result<(), Missing> {
    for segment in segments {
        // What stands in text files that are there need not be read.
        if sender.is_closed() {
            return Ok(());
        }
        let mut frames = Frames::default();
        let bytes = whole(objects, segment).await?;
        frames.push(&segment.checked(bytes)?);
        while let Some(frame) = frames.next()? {
            if sender.send(frame).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The bytes of a segment, which may be others than those that were written.
async fn whole(objects: &dyn Objects, segment: &Segment) -> Result<Vec<u8>, Missing> {
    let name = segment.name();
    let lost = |error| Missing::Segment(name.clone(), error);
    let opened = objects.read(&name).await.map_err(lost)?;
    let mut reader = opened.ok_or_else(|| Unfit::Missing(name.clone()))?;
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < segment.length {
        let Some(part) = reader.next().await.map_err(lost)? else { break };
        // Most come at once.
        match bytes.is_empty() {
            true => bytes = part.into(),
            false => bytes.extend_from_slice(&part),
        }
    }
    Ok(bytes)
}

/// The parts in all sections, in order: each section is read by whichever thread comes to it first.
async fn read_parts(
    objects: Arc<dyn Objects>,
    sections: Vec<Vec<Segment>>,
    stands: Vec<Stand>,
) -> Result<Vec<LearningPart>, Missing> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = cores.min(THREADS).min(sections.len());
    let (next, runtime) = (AtomicUsize::new(0), Handle::current());
    let sections = Arc::new(Sections { objects, sections, stands, next, runtime });
    let begin = |_| {
        let sections = sections.clone();
        spawn_blocking(move || sections.read_rest())
    };
    let reading: Vec<_> = (0..threads).map(begin).collect();
    let mut read = Vec::new();
    for thread in reading {
        read.extend(thread.await.map_err(|_| Unfit::Broken)??);
    }
    read.sort_by_key(|(at, _)| *at);
    Ok(read.into_iter().flat_map(|(_, parts)| parts).collect())
}

/// The sections of a snapshot, which several threads read.
struct Sections {
    objects: Arc<dyn Objects>,
    sections: Vec<Vec<Segment>>,
    stands: Vec<Stand>,
    /// The first that no thread has begun.
    next: AtomicUsize,
    runtime: Handle,
}

impl Sections {
    /// Reads sections until there are no more: the place of each, and its parts.
    fn read_rest(&self) -> Result<Vec<(usize, Vec<LearningPart>)>, Missing> {
        let mut fetching = Fetching::new(self);
        let mut read = Vec::new();
        while let Some(at) = fetching.next_section() {
            match self.read_section(at, &mut fetching) {
                Ok(parts) => read.push((at, parts)),
                Err(missing) => {
                    // Without this one nobody needs the others.
                    self.next.store(self.sections.len(), Ordering::Relaxed);
                    return Err(missing);
                }
            }
        }
        Ok(read)
    }

    fn read_section(
        &self,
        at: usize,
        fetching: &mut Fetching<'_>,
    ) -> Result<Vec<LearningPart>, Missing> {
        let mut missing = None;
        let mut next = || fetching.next_of(at).map_err(|error| missing = Some(error)).ok()?;
        let mut from = Reader::new(&mut next).with_text_files(self.stands.clone());
        let (mut parts, mut is_sound) = (Vec::new(), true);
        while is_sound && !from.is_at_end() {
            let part = LearningPart::read_from(&mut from);
            is_sound = part.is_some();
            parts.extend(part);
        }
        match missing {
            Some(missing) => Err(missing),
            None if is_sound => Ok(parts),
            None => Err(Unfit::Broken.into()),
        }
    }

    /// A section that no thread has begun, with its place.
    fn begin(&self) -> Option<(usize, &[Segment])> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        self.sections.get(at).map(|segments| (at, segments.as_slice()))
    }
}

/// Fetches the segments that one thread reads, some of them ahead: a disk gives several in the time of one.
struct Fetching<'a> {
    of: &'a Sections,
    /// The section that was begun last, and what is not fetched of it yet.
    section: usize,
    rest: &'a [Segment],
    under_way: VecDeque<UnderWay<'a>>,
}

/// A segment that is fetched.
struct UnderWay<'a> {
    section: usize,
    segment: &'a Segment,
    bytes: JoinHandle<Result<Vec<u8>, Missing>>,
}

impl<'a> Fetching<'a> {
    fn new(of: &'a Sections) -> Self {
        Self { of, section: 0, rest: &[], under_way: VecDeque::new() }
    }

    /// The section of the segment that comes next.
    fn next_section(&mut self) -> Option<usize> {
        self.fetch_ahead();
        self.under_way.front().map(|next| next.section)
    }

    fn fetch_ahead(&mut self) {
        while self.under_way.len() < AHEAD {
            if let Some((segment, rest)) = self.rest.split_first() {
                self.rest = rest;
                let (objects, wanted) = (self.of.objects.clone(), segment.clone());
                let bytes = self.of.runtime.spawn(async move { whole(&*objects, &wanted).await });
                self.under_way.push_back(UnderWay { section: self.section, segment, bytes });
            } else if let Some(begun) = self.of.begin() {
                (self.section, self.rest) = begun;
            } else {
                return;
            }
        }
    }

    /// What stands in the next segment of this section, if its bytes are those that were written.
    fn next_of(&mut self, section: usize) -> Result<Option<Vec<u8>>, Missing> {
        let is_next = self.next_section() == Some(section);
        let Some(next) = is_next.then(|| self.under_way.pop_front()).flatten() else {
            return Ok(None);
        };
        let bytes = self.of.runtime.block_on(next.bytes).map_err(|_| Unfit::Short)??;
        self.fetch_ahead();
        Ok(Some(contents(next.segment.checked(bytes)?)?))
    }
}
