//! Reads a stored snapshot: its sections on all cores, and its texts where their files are not found.
//!
//! A head comes in; the state of the detector goes out, or the reason why it cannot be read. This
//! module never decides which snapshot is read.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use wirefold_dedup::codec::{Encode, Reader, TextFileLocation};
use wirefold_flow::{ObjectReader, Objects};

use super::contents::{Contents, read_list};
use super::frames::{Frames, Header, InvalidSnapshot, Pieces, join_frames};
use super::read_error::ReadError;
use super::segments::Segment;
use super::state::SnapshotState;
use super::text_files::RestoredTextFiles;
use crate::state::{DetectorConfig, DetectorState, DetectorStatePart};

/// The most threads that read. Each has its segments in memory.
const MAX_THREADS: usize = 8;
/// How many segments a thread fetches in advance.
const FETCHED_AHEAD: usize = 4;
/// How many frames may wait to be read.
const QUEUED_FRAMES: usize = 4;

/// The head of a snapshot.
pub(super) struct Head {
    pub(super) header: Header,
    /// The number of bytes of the header.
    length: usize,
    pub(super) list: SegmentList,
}

/// The second frame of a head.
pub(super) enum SegmentList {
    Sections(Contents),
    /// The list of the version before.
    WithoutSections(Vec<Segment>),
}

impl SegmentList {
    /// All segments that the head names.
    pub(super) fn segments(self) -> Vec<Segment> {
        match self {
            Self::Sections(contents) => contents.segments().collect(),
            Self::WithoutSections(segments) => segments,
        }
    }
}

impl Head {
    /// Reads a head; `None` if there is no object with this name.
    pub(super) async fn read(objects: &dyn Objects, name: &str) -> Result<Option<Self>, ReadError> {
        let Some(mut reader) = objects.read(name).await? else { return Ok(None) };
        let mut frames = Frames::default();
        let first = next_frame(&mut *reader, &mut frames).await?;
        let length = first.len();
        let header = Header::read(first)?;
        let second = next_frame(&mut *reader, &mut frames).await?;
        let list = match header.is_without_sections {
            true => SegmentList::WithoutSections(read_list(second)?),
            false => SegmentList::Sections(Contents::read(second)?),
        };
        Ok(Some(Self { header, length, list }))
    }

    /// Reads the state of the detector.
    pub(super) async fn read_state(
        self,
        objects: Arc<dyn Objects>,
        config: &DetectorConfig,
    ) -> Result<SnapshotState, ReadError> {
        let text_files = RestoredTextFiles::open(&config.folder, &self.header.text_files);
        match self.list {
            SegmentList::Sections(contents) => {
                read_sections(objects, contents, text_files, config).await
            }
            SegmentList::WithoutSections(segments) => {
                let config = config.clone();
                let read = move |pieces| read_without_sections(&config, &text_files, pieces);
                read_pieces(&*objects, &segments, self.length, read).await
            }
        }
    }
}

/// The next frame of an object. Further bytes that came with it stay in `frames`.
async fn next_frame(
    reader: &mut dyn ObjectReader,
    frames: &mut Frames,
) -> Result<Vec<u8>, ReadError> {
    loop {
        if let Some(first) = frames.next()? {
            return Ok(first);
        }
        frames.push(&reader.next().await?.ok_or(InvalidSnapshot::CutShort)?);
    }
}

async fn read_sections(
    objects: Arc<dyn Objects>,
    contents: Contents,
    text_files: RestoredTextFiles,
    config: &DetectorConfig,
) -> Result<SnapshotState, ReadError> {
    let Contents { last, offsets, sections, texts } = contents;
    let parts = read_parts(objects.clone(), sections, text_files.locations()).await?;
    let detector = DetectorState::from_parts(config, parts).ok_or(InvalidSnapshot::Broken)?;
    if text_files.has_missing() {
        read_pieces(&*objects, &texts, 0, move |mut pieces| text_files.write_missing(&mut pieces))
            .await?;
    }
    Ok(SnapshotState { detector, last, offsets })
}

fn read_without_sections(
    config: &DetectorConfig,
    text_files: &RestoredTextFiles,
    mut pieces: Pieces,
) -> Result<SnapshotState, InvalidSnapshot> {
    let state = SnapshotState::read_without_sections(config, text_files.locations(), &mut pieces)?;
    if text_files.has_missing() {
        text_files.write_missing(&mut pieces)?;
    }
    Ok(state)
}

/// Fetches these segments and calls `read` with the contents of their frames on another thread.
/// `header` is the number of bytes before the first segment.
async fn read_pieces<T: Send + 'static>(
    objects: &dyn Objects,
    segments: &[Segment],
    header: usize,
    read: impl FnOnce(Pieces) -> Result<T, InvalidSnapshot> + Send + 'static,
) -> Result<T, ReadError> {
    let (sender, pieces) = mpsc::channel(QUEUED_FRAMES);
    let reading = spawn_blocking(move || read(Pieces::after_header(header, pieces)));
    let sent = send_frames(objects, segments, sender).await;
    let result = reading.await.map_err(|_| InvalidSnapshot::Broken)?;
    // The error of fetching explains more than the missing bytes that it caused.
    result.map_err(|invalid| sent.err().unwrap_or(invalid.into()))
}

/// Sends the frames of the segments until there are no more, or the receiver needs no more.
async fn send_frames(
    objects: &dyn Objects,
    segments: &[Segment],
    sender: mpsc::Sender<Vec<u8>>,
) -> Result<(), ReadError> {
    for segment in segments {
        // The receiver stops early if the remaining text files exist.
        if sender.is_closed() {
            return Ok(());
        }
        let mut frames = Frames::default();
        let bytes = fetch_segment(objects, segment).await?;
        frames.push(&segment.check(bytes)?);
        while let Some(frame) = frames.next()? {
            if sender.send(frame).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// Fetches the bytes of a segment, without checking them.
async fn fetch_segment(objects: &dyn Objects, segment: &Segment) -> Result<Vec<u8>, ReadError> {
    let name = segment.name();
    let read_error = |error| ReadError::Segment(name.clone(), error);
    let opened = objects.read(&name).await.map_err(read_error)?;
    let mut reader = opened.ok_or_else(|| InvalidSnapshot::MissingSegment(name.clone()))?;
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < segment.length {
        let Some(part) = reader.next().await.map_err(read_error)? else { break };
        // Most segments arrive in one part.
        match bytes.is_empty() {
            true => bytes = part.into(),
            false => bytes.extend_from_slice(&part),
        }
    }
    Ok(bytes)
}

/// Reads the parts of all sections, in order. Each section is read by the first free thread.
async fn read_parts(
    objects: Arc<dyn Objects>,
    sections: Vec<Vec<Segment>>,
    locations: Vec<TextFileLocation>,
) -> Result<Vec<DetectorStatePart>, ReadError> {
    let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = cores.min(MAX_THREADS).min(sections.len());
    let (next, runtime) = (AtomicUsize::new(0), Handle::current());
    let sections = Arc::new(Sections { objects, sections, locations, next, runtime });
    let begin = |_| {
        let sections = sections.clone();
        spawn_blocking(move || sections.read_remaining())
    };
    let reading: Vec<_> = (0..threads).map(begin).collect();
    let mut read = Vec::new();
    for thread in reading {
        read.extend(thread.await.map_err(|_| InvalidSnapshot::Broken)??);
    }
    read.sort_by_key(|(at, _)| *at);
    Ok(read.into_iter().flat_map(|(_, parts)| parts).collect())
}

/// The sections of a snapshot, shared by the threads that read them.
struct Sections {
    objects: Arc<dyn Objects>,
    sections: Vec<Vec<Segment>>,
    locations: Vec<TextFileLocation>,
    /// The index of the first section that no thread has begun.
    next: AtomicUsize,
    runtime: Handle,
}

impl Sections {
    /// Reads sections until there are no more. Returns the index and the parts of each.
    fn read_remaining(&self) -> Result<Vec<(usize, Vec<DetectorStatePart>)>, ReadError> {
        let mut fetcher = SegmentFetcher::new(self);
        let mut read = Vec::new();
        while let Some(at) = fetcher.next_section() {
            match self.read_section(at, &mut fetcher) {
                Ok(parts) => read.push((at, parts)),
                Err(error) => {
                    // Without this section the others are useless.
                    self.next.store(self.sections.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(read)
    }

    fn read_section(
        &self,
        at: usize,
        fetcher: &mut SegmentFetcher<'_>,
    ) -> Result<Vec<DetectorStatePart>, ReadError> {
        let mut failure = None;
        let mut next = || fetcher.next_segment(at).map_err(|error| failure = Some(error)).ok()?;
        let mut from = Reader::new(&mut next).with_text_files(self.locations.clone());
        let (mut parts, mut is_valid) = (Vec::new(), true);
        while is_valid && !from.is_at_end() {
            let part = DetectorStatePart::read_from(&mut from);
            is_valid = part.is_some();
            parts.extend(part);
        }
        match failure {
            Some(error) => Err(error),
            None if is_valid => Ok(parts),
            None => Err(InvalidSnapshot::Broken.into()),
        }
    }

    /// Takes a section that no thread has begun, with its index.
    fn take_section(&self) -> Option<(usize, &[Segment])> {
        let at = self.next.fetch_add(1, Ordering::Relaxed);
        self.sections.get(at).map(|segments| (at, segments.as_slice()))
    }
}

/// Fetches the segments that one thread reads, some of them in advance: a disk reads several in the
/// time of one.
struct SegmentFetcher<'a> {
    sections: &'a Sections,
    /// The index of the section that was begun last.
    section: usize,
    /// The segments of that section that are not fetched yet.
    rest: &'a [Segment],
    pending: VecDeque<PendingSegment<'a>>,
}

/// A segment that is being fetched.
struct PendingSegment<'a> {
    section: usize,
    segment: &'a Segment,
    bytes: JoinHandle<Result<Vec<u8>, ReadError>>,
}

impl<'a> SegmentFetcher<'a> {
    fn new(sections: &'a Sections) -> Self {
        Self { sections, section: 0, rest: &[], pending: VecDeque::new() }
    }

    /// The index of the section to which the next segment belongs.
    fn next_section(&mut self) -> Option<usize> {
        self.fetch_ahead();
        self.pending.front().map(|next| next.section)
    }

    fn fetch_ahead(&mut self) {
        while self.pending.len() < FETCHED_AHEAD {
            if let Some((segment, rest)) = self.rest.split_first() {
                self.rest = rest;
                let (objects, wanted) = (self.sections.objects.clone(), segment.clone());
                let bytes = self
                    .sections
                    .runtime
                    .spawn(async move { fetch_segment(&*objects, &wanted).await });
                self.pending.push_back(PendingSegment { section: self.section, segment, bytes });
            } else if let Some(begun) = self.sections.take_section() {
                (self.section, self.rest) = begun;
            } else {
                return;
            }
        }
    }

    /// The contents of the next segment of this section, checked; `None` at the end of the section.
    fn next_segment(&mut self, section: usize) -> Result<Option<Vec<u8>>, ReadError> {
        let is_next = self.next_section() == Some(section);
        let Some(next) = is_next.then(|| self.pending.pop_front()).flatten() else {
            return Ok(None);
        };
        let bytes =
            self.sections.runtime.block_on(next.bytes).map_err(|_| InvalidSnapshot::CutShort)??;
        self.fetch_ahead();
        Ok(Some(join_frames(next.segment.check(bytes)?)?))
    }
}
