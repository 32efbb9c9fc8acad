//! Reads a file of text as one article.

use wirefold_address::identify;
use wirefold_feed::decode;
use wirefold_proto::{ArticleId, FeedId, SubmittedArticle, TextSource};

use super::file::File;
use super::file_reader::{FileReader, LONGEST_FILE, ReadError, read_start};
use super::non_article::NonArticle;
use crate::publish::Window;

impl FileReader {
    /// Publishes a file as one article. Its item key is the stem of the file's name. Returns `None` if the
    /// file is not a text.
    pub(super) async fn read_text(
        &self,
        file: &File,
        feed: &FeedId,
        version_of: Option<ArticleId>,
        window: &mut Window,
    ) -> Result<Option<ArticleId>, ReadError> {
        let bytes = read_start(&file.path).await?;
        let is_cut = bytes.len() as u64 == LONGEST_FILE;
        let path = file.path.display();
        let text = decode::decode(&bytes, None);
        if let Some(why) = NonArticle::of(&text) {
            tracing::warn!(%path, why = why.as_str(), "file skipped");
            return Ok(None);
        }
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let submitted = SubmittedArticle { id: Some(stem), text, ..SubmittedArticle::default() };
        let mut article = match identify(submitted, &self.arrival(file, feed, TextSource::Given)) {
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
