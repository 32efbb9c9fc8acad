//! Reads a file that is a feed, item by item.

use std::io;
use std::path::Path;

use tokio::fs;
use tokio::io::AsyncReadExt as _;
use url::Url;
use wirefold_address::identify;
use wirefold_feed::Feed;
use wirefold_proto::{FeedId, TextSource};

use super::file::File;
use super::file_reader::{FileReader, ReadError, read_start};
use crate::article::to_submitted;
use crate::publish::Window;

impl FileReader {
    /// Publishes the items of a feed, the oldest first. Feeds list the newest first.
    pub(super) async fn read_feed(
        &self,
        file: &File,
        feed: &FeedId,
        window: &mut Window,
    ) -> Result<(), ReadError> {
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
}

/// Parses a feed on a blocking thread, which catches a panic. The error is for people.
async fn parse(path: &Path, bytes: Vec<u8>) -> Result<Feed, String> {
    // Relative links lead to files, which are not web addresses and are dropped.
    let base = Url::from_file_path(path).map_err(|()| "the path is not absolute".to_owned())?;
    let parsing =
        tokio::task::spawn_blocking(move || wirefold_feed::parse(&bytes, None, base.as_str()));
    match parsing.await {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(_panic) => Err("the parser crashed on it".to_owned()),
    }
}

/// Whether a file begins like a JSON Feed.
pub(super) async fn is_json_feed(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    fs::File::open(path).await?.take(4096).read_to_end(&mut start).await?;
    Ok(String::from_utf8_lossy(&start).contains("jsonfeed.org/version"))
}
