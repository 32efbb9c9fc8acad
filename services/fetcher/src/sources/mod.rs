//! Local sources: files, and folders that are watched.
//!
//! Files are read in the order of their names, once they no longer change. After the articles of a
//! file are stored, its record is stored in `wf_feeds` under `source.<escaped path>`. After a crash in
//! between, the file is read again with the same ids. None of its articles is baseline: a person who
//! adds a file wants to hear about it.

mod feed_file;
mod file;
mod file_reader;
mod line;
mod non_article;
mod record;
#[cfg(test)]
mod tests;
mod text;
mod watch;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::{BusError, StageContext};
use wirefold_proto::{ArticleId, FeedId, Outlet};

use crate::publish::Window;
use file::File;
use file_reader::{FileReader, ReadError};
use record::Record;
use watch::Watch;

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

/// The format of a file. The methods list the extensions and the reader of each format.
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

    /// Reads a file that is new or has changed since the record `before`. Returns its article if the file
    /// is one article.
    async fn read(
        self,
        reader: &FileReader,
        file: &File,
        feed: &FeedId,
        before: Option<&Record>,
        window: &mut Window,
    ) -> Result<Option<ArticleId>, ReadError> {
        match self {
            Self::Text => {
                let version_of = before.and_then(|before| before.article);
                // A file that is emptied and filled again continues with the same article.
                return Ok(reader.read_text(file, feed, version_of, window).await?.or(version_of));
            }
            Self::Lines => reader.read_lines(file, feed, window).await?,
            Self::Feed => reader.read_feed(file, feed, window).await?,
            Self::Json if feed_file::is_json_feed(&file.path).await? => {
                reader.read_feed(file, feed, window).await?;
            }
            Self::Json => reader.read_lines(file, feed, window).await?,
        }
        Ok(None)
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
    let clock = &context.clock;
    while !watches.is_empty() {
        for watch in &mut watches {
            watch.check(&reader).await?;
        }
        watches.retain(|watch| !watch.is_done());
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = clock.sleep_until(clock.now().plus(CHECK_INTERVAL)) => {}
        }
    }
    Ok(())
}
