//! Reads a file of text as one article.

use wirefold_address::identify;
use wirefold_proto::{ArticleId, FeedId, SubmittedArticle, TextSource};

use super::file_reader::{Broken, FileReader, LONGEST_FILE, read_start};
use super::unfit::Unfit;
use super::watch::File;
use crate::feed;
use crate::publish::Window;

impl FileReader {
    /// One article; its item key is the stem of the file's name. None where the file is no text.
    pub(super) async fn read_text(
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
}
