//! Local sources: files, and folders that are watched.
//!
//! Files are read in the order of their names, once they no longer change. After the articles of a
//! file are stored, its record is stored in `wf_feeds` under `source.<escaped path>`. After a crash in
//! between, the file is read again with the same ids. None of its articles is baseline: a person who
//! adds a file wants to hear about it.

mod formats;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher24};
use thiserror::Error;
use tokio::fs;
use tokio::io::AsyncReadExt as _;
use tokio_util::sync::CancellationToken;
use wirefold_address::{Arrival, Authority};
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, KeyValue, StageContext};
use wirefold_proto::streams::FEEDS;
use wirefold_proto::{ArticleFetched, ArticleId, FeedId, Outlet, TextSource, token};

use crate::publish::{Publisher, Window, retry_bus};

/// The time between two checks of the sources.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A file or folder with articles.
///
/// By its extension, a file is one article (`.txt`, `.text`, `.md`; its stem is the item key), one
/// article for each line (`.jsonl`, `.ndjson`, `.json`), or a feed (`.xml`, `.rss`, `.atom`, and a
/// `.json` that is a JSON Feed). Other files of a folder are skipped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its path.
    pub path: PathBuf,
    /// File or folder.
    pub kind: Kind,
    /// The outlet of articles that name none.
    pub outlet: Option<Outlet>,
}

/// The format of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// One article.
    Text,
    /// One article for each line.
    Lines,
    /// A feed.
    Feed,
    /// One article for each line, or a JSON Feed.
    Json,
}

impl Format {
    /// The format of a file by its extension; `None` if the extension is unknown.
    fn of(path: &Path) -> Option<Self> {
        let extension = path.extension().and_then(OsStr::to_str)?.to_ascii_lowercase();
        match extension.as_str() {
            "txt" | "text" | "md" => Some(Self::Text),
            "jsonl" | "ndjson" => Some(Self::Lines),
            "json" => Some(Self::Json),
            "xml" | "rss" | "atom" => Some(Self::Feed),
            _ => None,
        }
    }
}

/// The kind of a local source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file that is read once. A later start reads it again only if it has changed.
    File,
    /// A folder that is checked every second, without its subfolders.
    Folder,
}

impl Source {
    /// The feed of its articles: its name as a slug, or `local` if the name has no usable characters.
    #[must_use]
    pub fn feed(&self) -> FeedId {
        let name = match self.kind {
            Kind::File => self.path.file_stem(),
            Kind::Folder => self.path.file_name(),
        };
        let name = name.unwrap_or_default().to_string_lossy().to_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let slug: String = name.chars().map(|c| if plain(c) { c } else { '-' }).take(90).collect();
        let slug = slug.trim_matches(['-', '_', '.']);
        let slug = if slug == FeedId::push().as_str() { "push-files" } else { slug };
        slug.parse().unwrap_or_else(|_| "local".parse().expect("a plain word is a slug"))
    }
}

/// Reads the sources until `stop`. Without folders, returns once the last file is read.
///
/// # Errors
/// An error of the bus that does not pass.
pub(crate) async fn run(
    context: &StageContext,
    sources: Vec<Source>,
    stop: CancellationToken,
) -> Result<(), BusError> {
    let reader = FileReader::new(context, stop.clone())?;
    let mut watches: Vec<Watch> = sources.into_iter().map(Watch::new).collect();
    while !watches.is_empty() && !stop.is_cancelled() {
        for watch in &mut watches {
            watch.check(&reader).await?;
        }
        watches.retain(|watch| !watch.done);
        context.pause(CHECK_INTERVAL, &stop).await;
    }
    Ok(())
}

/// Size and time of a file. A file is read once this no longer changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileStamp {
    /// Its size in bytes.
    pub(super) size: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub(super) modified: u64,
}

/// A file to read.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) path: PathBuf,
    format: Format,
    pub(super) stamp: FileStamp,
    /// The feed of its articles.
    feed: FeedId,
    /// The outlet of articles that name none.
    outlet: Option<Outlet>,
}

/// The most bytes of a text or feed that are read.
pub(super) const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// Why a file was not published to its end.
#[derive(Debug, Error)]
pub(super) enum ReadError {
    /// The bus failed with an error that does not pass.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] io::Error),
    /// The stop signal came. The next start reads the file again.
    #[error("stopped")]
    Stop,
}

/// Reads files: publishes their articles, then stores their records.
pub(super) struct FileReader {
    context: StageContext,
    publisher: Publisher,
    keys: Arc<dyn KeyValue>,
    stop: CancellationToken,
}

impl FileReader {
    pub(super) fn new(context: &StageContext, stop: CancellationToken) -> Result<Self, BusError> {
        let keys = context.bus.key_value(FEEDS.name)?;
        let publisher = Publisher::new(context.clone())?;
        Ok(Self { context: context.clone(), publisher, keys, stop })
    }

    /// Reads a file, unless it was read in this state before, and stores its record.
    pub(super) async fn read_file(&self, file: &File) -> Result<(), ReadError> {
        let before = self.record(&file.path).await?;
        if before.as_ref().is_some_and(|before| before.stamp == file.stamp) {
            return Ok(());
        }
        let content = hash_of(&file.path).await?;
        let record = match before {
            // Only its time has changed.
            Some(before) if before.content == content => Record { stamp: file.stamp, ..before },
            before => {
                let mut window = self.publisher.window();
                let before = before.and_then(|before| before.article);
                let article = self.read(file, before, &mut window).await?;
                window.finish().await?;
                Record { stamp: file.stamp, content, article }
            }
        };
        let json = serde_json::to_vec(&record).expect("texts and whole numbers always encode");
        let (key, value) = (key(&file.path), bytes::Bytes::from(json));
        retry_bus(&self.context, || self.keys.put(&key, value.clone())).await?;
        Ok(())
    }

    /// Reads a file that is new or has changed. Returns its article if the file is one article. `before` is the one that it was.
    async fn read(
        &self,
        file: &File,
        before: Option<ArticleId>,
        window: &mut Window,
    ) -> Result<Option<ArticleId>, ReadError> {
        let is_feed = match file.format {
            // A file that is emptied and filled again continues with the same article.
            Format::Text => {
                return Ok(self.read_text(file, before, window).await?.or(before));
            }
            Format::Lines => false,
            Format::Feed => true,
            Format::Json => formats::is_json_feed(&file.path).await?,
        };
        match is_feed {
            true => self.read_feed(file, window).await?,
            false => self.read_lines(file, window).await?,
        }
        Ok(None)
    }

    /// The record of a file; `None` also if it is unreadable.
    pub(super) async fn record(&self, path: &Path) -> Result<Option<Record>, BusError> {
        let key = key(path);
        let entry = retry_bus(&self.context, || self.keys.get(&key)).await?;
        let value = entry.and_then(|entry| entry.value);
        Ok(value.and_then(|value| serde_json::from_slice(&value).ok()))
    }

    /// The arrival of a file's articles. A writer of the file is trusted like the operator.
    pub(super) fn arrival(&self, file: &File, text_source: TextSource) -> Arrival {
        Arrival {
            feed: file.feed.clone(),
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

/// A hash of the content of a file, in hexadecimal digits.
async fn hash_of(path: &Path) -> io::Result<String> {
    let mut file = fs::File::open(path).await?;
    let mut hasher = SipHasher24::default();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer).await? {
            0 => return Ok(format!("{:032x}", hasher.finish128().as_u128())),
            count => hasher.write(&buffer[..count]),
        }
    }
}

/// The record of a file that was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Its size and time.
    #[serde(rename = "look")]
    pub(super) stamp: FileStamp,
    /// A hash of its content, in hexadecimal digits.
    pub(super) content: String,
    /// Its article, if the file is one article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) article: Option<ArticleId>,
}

fn key(path: &Path) -> String {
    format!("source.{}", token::escape(&path.to_string_lossy()))
}

/// For this many checks wirefold waits for a folder whose files keep changing.
const MAX_CHANGING_CHECKS: u32 = 10;

/// A source, and the state of its files.
#[derive(Debug)]
pub(super) struct Watch {
    source: Source,
    /// The files that were read, by this process or an earlier one.
    read_files: HashMap<PathBuf, FileStamp>,
    /// The files that had changed at the last check.
    changing: HashMap<PathBuf, FileStamp>,
    /// How many checks in a row found changes.
    changing_checks: u32,
    done: bool,
    /// Files that cannot be read. Each is logged once.
    unreadable: HashSet<PathBuf>,
    /// The problem of the source that was logged last.
    last_problem: Option<String>,
}

impl Watch {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            read_files: HashMap::new(),
            changing: HashMap::new(),
            changing_checks: 0,
            done: false,
            unreadable: HashSet::new(),
            last_problem: None,
        }
    }

    /// Checks the source once, and reads the files that no longer change.
    pub(super) async fn check(&mut self, reader: &FileReader) -> Result<(), BusError> {
        match list_files(&self.source).await {
            Ok(files) => {
                self.last_problem = None;
                self.read_still(files, reader).await
            }
            Err(error) => {
                let last_problem = error.to_string();
                if self.last_problem.as_ref() != Some(&last_problem) {
                    let path = self.source.path.display();
                    tracing::warn!(%path, %error, "local source cannot be read; looking again");
                }
                self.last_problem = Some(last_problem);
                Ok(())
            }
        }
    }

    /// Reads those of the files that are new and no longer change.
    async fn read_still(
        &mut self,
        mut files: Vec<File>,
        reader: &FileReader,
    ) -> Result<(), BusError> {
        files.retain(|file| self.read_files.get(&file.path) != Some(&file.stamp));
        let is_still = |file: &File| self.changing.get(&file.path) == Some(&file.stamp);
        // Files that are added together are read in the order of their names. So all wait for the last
        // one, but not for ever, because some files never stop changing.
        let all_still = files.iter().all(is_still);
        self.changing_checks = if all_still { 0 } else { self.changing_checks + 1 };
        let may_read = all_still
            || self.changing_checks > MAX_CHANGING_CHECKS
            || self.source.kind == Kind::File;
        let (ready, waiting): (Vec<File>, Vec<File>) = files
            .into_iter()
            .partition(|file| may_read && (self.source.kind == Kind::File || is_still(file)));
        self.changing = waiting.into_iter().map(|file| (file.path, file.stamp)).collect();
        for file in ready {
            match reader.read_file(&file).await {
                Ok(()) => {
                    self.unreadable.remove(&file.path);
                    self.read_files.insert(file.path, file.stamp);
                }
                Err(ReadError::File(error)) => {
                    if self.unreadable.insert(file.path.clone()) {
                        let path = file.path.display();
                        tracing::warn!(%path, %error, "file cannot be read; looking again");
                    }
                    self.changing.insert(file.path, file.stamp);
                }
                Err(ReadError::Bus(error)) => return Err(error),
                Err(ReadError::Stop) => return Ok(()),
            }
        }
        self.done = self.source.kind == Kind::File && !self.read_files.is_empty();
        Ok(())
    }
}

/// The files of a source, by name.
async fn list_files(source: &Source) -> io::Result<Vec<File>> {
    let metadata = fs::metadata(&source.path).await?;
    let whole = std::path::absolute(&source.path)?;
    let file = |path, format, found: &Metadata| {
        let (feed, outlet) = (source.feed(), source.outlet.clone());
        File { path, format, stamp: stamp_of(found), feed, outlet }
    };
    if source.kind == Kind::File {
        let format = Format::of(&whole).unwrap_or(Format::Text);
        return Ok(vec![file(whole, format, &metadata)]);
    }
    let mut entries = fs::read_dir(&whole).await?;
    let mut files = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let path = entry.path();
        let Some(format) = Format::of(&path).filter(|_| !is_hidden(&path)) else {
            continue;
        };
        // The file may be deleted by now.
        if let Ok(of_file) = fs::metadata(&path).await
            && of_file.is_file()
        {
            files.push(file(path, format, &of_file));
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().and_then(OsStr::to_str).is_some_and(|name| name.starts_with('.'))
}

fn stamp_of(metadata: &Metadata) -> FileStamp {
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = modified.map_or(0, |since| since.as_nanos());
    FileStamp { size: metadata.len(), modified: u64::try_from(nanoseconds).unwrap_or(u64::MAX) }
}
