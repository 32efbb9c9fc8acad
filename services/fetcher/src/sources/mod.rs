//! Local sources: files, and folders that are watched.
//!
//! A file is read when it no longer changes, in the order of file names. Once its articles are
//! stored, it is remembered in `wf_feeds` under `source.<escaped path>`. After a crash in between it
//! is read again with the same ids. None of its articles is baseline: a person who drops a file
//! wants to hear about it.

mod feed_file;
mod file_reader;
mod line;
mod record;
#[cfg(test)]
mod tests;
mod text;
mod unfit;
mod watch;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_flow::{BusError, StageContext};
use wirefold_proto::{ArticleId, FeedId, Outlet};

use crate::publish::Window;
use file_reader::{Broken, FileReader};
use record::Record;
use watch::{File, Watch};

/// How long after one look at a folder the next comes.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// A file or folder that gives articles.
///
/// By its name, a file holds one article (`.txt`, `.text`, `.md`; its stem is the item key), one
/// article a line (`.jsonl`, `.ndjson`, `.json`), or a feed (`.xml`, `.rss`, `.atom`, and a
/// `.json` that is a JSON Feed). Other files of a folder are passed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// What it is.
    pub kind: Kind,
    /// The publisher of what names none.
    pub outlet: Option<Outlet>,
}

/// The format of a file. This is the list of formats: each has its extensions and its reader here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// One article.
    Text,
    /// An article a line.
    Lines,
    /// A feed.
    Feed,
    /// An article a line, or a JSON Feed.
    Json,
}

impl Format {
    /// The format of a file by the extension of its name; none where that says nothing.
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

    /// Reads a file that is new or has changed since the record `before`. Gives the article of a file that is one.
    async fn read(
        self,
        reader: &FileReader,
        file: &File,
        feed: &FeedId,
        before: Option<&Record>,
        window: &mut Window,
    ) -> Result<Option<ArticleId>, Broken> {
        match self {
            Self::Text => {
                let version_of = before.and_then(|before| before.article);
                // A file that is emptied and filled again goes on with the same article.
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

/// What a local source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file, read once; a later start reads it again only where it has changed.
    File,
    /// A folder: its own files, not those of folders in it, looked at every second.
    Folder,
}

impl Source {
    /// The feed that its articles come through: its name as a slug, `local` where nothing of the
    /// name is left.
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

/// Reads the sources until `stop`, or until the last file is read where none is a folder.
///
/// # Errors
/// What the bus fails with for good.
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
            () = clock.sleep_until(clock.now().plus(BETWEEN_LOOKS)) => {}
        }
    }
    Ok(())
}
