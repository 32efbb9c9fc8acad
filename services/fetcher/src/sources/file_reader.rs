//! Reads files as articles. A file comes in, articles on the bus and a record go out.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use tokio::fs;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio_util::sync::CancellationToken;
use url::Url;
use wirefold_address::{Arrival, Authority, identify};
use wirefold_envelope::timestamp;
use wirefold_flow::{BusError, StageContext};
use wirefold_proto::{ArticleFetched, ArticleId, FeedId, SubmittedArticle, TextSource};

use super::line;
use super::record::{ContentHasher, Record, Records};
use super::unfit::Unfit;
use super::watch::File;
use crate::article::to_submitted;
use crate::feed::{self, Feed};
use crate::publish::{Publisher, Window};

/// The most bytes of a text or feed that are read.
const LONGEST_FILE: u64 = 16 * 1024 * 1024;
/// The longest line of JSON that is read.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One article.
    Text,
    /// An article a line.
    Lines,
    /// A feed.
    Feed,
    /// An article a line, or a JSON Feed.
    Json,
}

impl Form {
    /// What a file holds by its name; none where that says nothing.
    pub(super) fn of(path: &Path) -> Option<Self> {
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

/// How the reading of a file ended.
#[derive(Debug)]
pub(super) enum FileResult {
    /// All of it is stored and remembered.
    Whole,
    /// It could not be read; it may be later.
    Unreadable(io::Error),
    /// The stop signal came first. The next start reads the file again.
    Stopped,
}

/// Why a file was not published to its end.
enum Broken {
    /// The bus failed for good.
    Bus(BusError),
    /// The file could not be read.
    File(io::Error),
    /// The stop signal came.
    Stop,
}

impl From<BusError> for Broken {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// Reads files: publishes their articles, then remembers the files.
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
            Err(Broken::Bus(error)) => Err(error),
            Err(Broken::Stop) => Ok(FileResult::Stopped),
            Err(Broken::File(error)) => Ok(FileResult::Unreadable(error)),
        }
    }

    /// Reads a file that is new or has changed since the record `before`.
    async fn read_changed(
        &self,
        file: &File,
        feed: &FeedId,
        before: Option<&Record>,
    ) -> Result<Record, Broken> {
        let content = hash_of(&file.path).await?;
        if let Some(before) = before.filter(|before| before.content == content) {
            // Only touched.
            return Ok(Record { stamp: file.stamp, ..before.clone() });
        }
        let mut window = self.publisher.window();
        let mut article = None;
        match file.form {
            Form::Text => {
                let version_of = before.and_then(|before| before.article);
                // A file that is emptied and filled again goes on with the same article.
                article = self.read_text(file, feed, version_of, &mut window).await?.or(version_of);
            }
            Form::Lines => self.read_lines(file, feed, &mut window).await?,
            Form::Feed => self.read_feed(file, feed, &mut window).await?,
            Form::Json if is_json_feed(&file.path).await? => {
                self.read_feed(file, feed, &mut window).await?;
            }
            Form::Json => self.read_lines(file, feed, &mut window).await?,
        }
        window.finish().await?;
        Ok(Record { stamp: file.stamp, content, article })
    }

    /// One article; its item key is the stem of the file's name. None where the file is no text.
    async fn read_text(
        &self,
        file: &File,
        feed: &FeedId,
        version_of: Option<ArticleId>,
        window: &mut Window,
    ) -> Result<Option<ArticleId>, Broken> {
        let bytes = read_start(&file.path).await?;
        let is_cut = bytes.len() as u64 == LONGEST_FILE;
        let path = file.path.display();
        let decoded = feed::decode::decode(&bytes, None);
        if let Some(why) = Unfit::of(&decoded) {
            tracing::warn!(%path, why = why.as_str(), "file skipped");
            return Ok(None);
        }
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = decoded;
        let given = SubmittedArticle { id: Some(stem), text, ..SubmittedArticle::default() };
        let mut article = match identify(given, &self.arrival(file, feed, TextSource::Given)) {
            Ok(identified) => identified.article,
            Err(why) => {
                tracing::warn!(%path, %why, "file skipped");
                return Ok(None);
            }
        };
        article.article.version_of = version_of.filter(|before| *before != article.id);
        if is_cut || article.article.truncated {
            tracing::warn!(%path, kept_bytes = article.text.len(), "file cut: too long for an article");
        }
        let id = article.id;
        self.push(article, window).await?;
        Ok(Some(id))
    }

    /// One article a line. A bad line is logged and skipped.
    async fn read_lines(
        &self,
        file: &File,
        feed: &FeedId,
        window: &mut Window,
    ) -> Result<(), Broken> {
        let mut reader = BufReader::new(fs::File::open(&file.path).await?);
        let path = file.path.display();
        let mut bytes = Vec::new();
        for number in 1_u64.. {
            bytes.clear();
            let read = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes).await?;
            if read == 0 {
                break;
            }
            let is_cut = read as u64 == LONGEST_LINE && !bytes.ends_with(b"\n");
            if is_cut {
                skip_line(&mut reader).await?;
                tracing::warn!(%path, line = number, "line skipped: longer than 16 MiB");
            } else if !bytes.trim_ascii().is_empty() {
                let arrival = self.arrival(file, feed, TextSource::Given);
                let identified = line::read(&bytes).and_then(|given| {
                    identify(given, &arrival).map_err(|refusal| refusal.to_string())
                });
                match identified {
                    Ok(identified) => {
                        let article = identified.article;
                        if article.article.truncated {
                            tracing::warn!(%path, line = number, "text cut: longer than 512 KiB");
                        }
                        self.push(article, window).await?;
                    }
                    Err(why) => tracing::warn!(%path, line = number, %why, "line skipped"),
                }
            }
        }
        Ok(())
    }

    /// The items of a feed, the oldest first as feeds list the newest first.
    async fn read_feed(
        &self,
        file: &File,
        feed: &FeedId,
        window: &mut Window,
    ) -> Result<(), Broken> {
        let bytes = read_start(&file.path).await?;
        let path = file.path.display();
        let Feed { items, language, problems, .. } = match parse(&file.path, bytes).await {
            Ok(parsed) => parsed,
            Err(why) => {
                tracing::warn!(%path, %why, "file skipped: not a feed");
                return Ok(());
            }
        };
        for problem in problems {
            tracing::warn!(%path, %problem, "feed read with a problem");
        }
        for mut item in items.into_iter().rev() {
            item.language = item.language.or_else(|| language.clone());
            let (text, text_source) = match (item.text.take(), &item.teaser) {
                (Some(text), _) => (text, TextSource::Feed),
                (None, teaser) => (teaser.clone().unwrap_or_default(), TextSource::Teaser),
            };
            let arrival = self.arrival(file, feed, text_source);
            match identify(to_submitted(&item, text), &arrival) {
                Ok(identified) => self.push(identified.article, window).await?,
                Err(why) => tracing::warn!(%path, %why, "item skipped"),
            }
        }
        Ok(())
    }

    /// The person who puts a file there is responsible for its content.
    fn arrival(&self, file: &File, feed: &FeedId, text_source: TextSource) -> Arrival {
        Arrival {
            feed: feed.clone(),
            authority: Authority::Operator,
            outlet: file.outlet.clone(),
            text_source,
            seen: timestamp(self.context.clock.now()),
        }
    }

    async fn push(&self, article: ArticleFetched, window: &mut Window) -> Result<(), Broken> {
        if self.stop.is_cancelled() {
            return Err(Broken::Stop);
        }
        Ok(window.push(article).await?)
    }
}

/// Parses where a panic is caught. The error is for people.
async fn parse(path: &Path, bytes: Vec<u8>) -> Result<Feed, String> {
    // Relative links of a file lead to files, which are no articles.
    let base = Url::from_file_path(path).map_err(|()| "the path is not absolute".to_owned())?;
    let parsing = tokio::task::spawn_blocking(move || feed::parse(&bytes, None, &base));
    match parsing.await {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(_panic) => Err("the parser crashed on it".to_owned()),
    }
}

/// The first bytes of a file, up to the limit.
async fn read_start(path: &Path) -> io::Result<Vec<u8>> {
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

/// Whether the beginning of a file says that it is a JSON Feed.
async fn is_json_feed(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    fs::File::open(path).await?.take(4096).read_to_end(&mut start).await?;
    Ok(String::from_utf8_lossy(&start).contains("jsonfeed.org/version"))
}

/// Reads on to the end of a line without keeping it.
async fn skip_line(reader: &mut BufReader<fs::File>) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf().await?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (used, is_over) = end.map_or((buffer.len(), buffer.is_empty()), |at| (at + 1, true));
        reader.consume(used);
        if is_over {
            return Ok(());
        }
    }
}
