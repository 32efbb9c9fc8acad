//! Reads files as articles. A file comes in, articles on the bus and a record go out.

use std::io;
use std::path::Path;

use tokio::fs;
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;
use wirefold_address::{Arrival, Authority};
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, StageContext};
use wirefold_proto::{ArticleFetched, FeedId, TextSource};

use super::file::File;
use super::record::{ContentHasher, Record, Records};
use crate::publish::{Publisher, Window};

/// The most bytes of a text or feed that are read.
pub(super) const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// The result of reading a file.
#[derive(Debug)]
pub(super) enum FileResult {
    /// All of its articles and its record are stored.
    Whole,
    /// The file could not be read. It is tried again later.
    Unreadable(io::Error),
    /// The stop signal came first. The next start reads the file again.
    Stopped,
}

/// Why a file was not published to its end.
pub(super) enum ReadError {
    /// The bus failed with an error that does not pass.
    Bus(BusError),
    /// The file could not be read.
    File(io::Error),
    /// The stop signal came.
    Stop,
}

impl From<BusError> for ReadError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Reads files: publishes their articles, then stores their records.
pub(super) struct FileReader {
    context: StageContext,
    publisher: Publisher,
    records: Records,
    stop: CancellationToken,
}

impl FileReader {
    pub(super) fn new(context: &StageContext, stop: CancellationToken) -> Result<Self, BusError> {
        Ok(Self {
            context: context.clone(),
            publisher: Publisher::new(context.clone())?,
            records: Records::open(context)?,
            stop,
        })
    }

    /// Reads a file, unless it was read in this state before.
    pub(super) async fn read_file(
        &self,
        file: &File,
        feed: &FeedId,
    ) -> Result<FileResult, BusError> {
        let before = self.records.get(&file.path).await?;
        if before.as_ref().is_some_and(|before| before.stamp == file.stamp) {
            return Ok(FileResult::Whole);
        }
        match self.read_changed(file, feed, before.as_ref()).await {
            Ok(record) => {
                self.records.put(&file.path, &record).await?;
                Ok(FileResult::Whole)
            }
            Err(ReadError::Bus(error)) => Err(error),
            Err(ReadError::Stop) => Ok(FileResult::Stopped),
            Err(ReadError::File(error)) => Ok(FileResult::Unreadable(error)),
        }
    }

    /// Reads a file that is new or has changed since the record `before`.
    async fn read_changed(
        &self,
        file: &File,
        feed: &FeedId,
        before: Option<&Record>,
    ) -> Result<Record, ReadError> {
        let content = hash_of(&file.path).await?;
        if let Some(before) = before.filter(|before| before.content == content) {
            // Only its time has changed.
            return Ok(Record { stamp: file.stamp, ..before.clone() });
        }
        let mut window = self.publisher.window();
        let article = file.format.read(self, file, feed, before, &mut window).await?;
        window.finish().await?;
        Ok(Record { stamp: file.stamp, content, article })
    }

    /// The arrival of a file's articles. A writer of the file is trusted like the operator.
    pub(super) fn arrival(&self, file: &File, feed: &FeedId, text_source: TextSource) -> Arrival {
        Arrival {
            feed: feed.clone(),
            authority: Authority::Operator,
            outlet: file.outlet.clone(),
            text_source,
            seen: timestamp(self.context.clock.now()),
        }
    }

    pub(super) async fn push(
        &self,
        article: ArticleFetched,
        window: &mut Window,
    ) -> Result<(), ReadError> {
        if self.stop.is_cancelled() {
            return Err(ReadError::Stop);
        }
        Ok(window.push(article).await?)
    }
}

/// The first bytes of a file, up to the limit.
pub(super) async fn read_start(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path).await?.take(LONGEST_FILE).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

async fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path).await?;
    let mut hasher = ContentHasher::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer).await? {
            0 => return Ok(hasher.finish()),
            count => hasher.add(&buffer[..count]),
        }
    }
}
