//! `wirefold.article.enriched/1`: an article with the findings in its text.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::{AboutArticle, ArticleFetched, TextSource};
use crate::codec::{MAX_PAYLOAD, Tag, message};
use crate::findings::{Findings, Language};
use crate::ids::{ArticleId, LanguageTag};
use crate::streams::{self, Stream};
use crate::subjects::{Published, Subject};

/// The most bytes of it: its output also has the verdict and must fit into a message.
const MAX_BYTES: usize = MAX_PAYLOAD - 128 * 1024;

/// An article with its text and the findings in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleEnriched {
    /// `wirefold.article.enriched/1`.
    pub schema: Tag<Self>,
    /// The article's id.
    pub id: ArticleId,
    /// Everything about it except the text. The time at which it was seen is corrected if the fetcher's clock
    /// was wrong.
    pub article: AboutArticle,
    /// The plain text, with empty lines between paragraphs; empty if the item has none.
    pub text: String,
    /// The source of the text.
    pub text_source: TextSource,
    /// A title made of the text, if the item has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_title: Option<String>,
    /// The findings in the text.
    pub findings: Findings,
}

message!(ArticleEnriched = "wirefold.article.enriched" / 1, at most MAX_BYTES);

/// The text of an [`ArticleEnriched`], for those who have its findings from the output.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct EnrichedText {
    #[serde(rename = "schema")]
    _schema: Tag<ArticleEnriched>,
    /// The article's id.
    pub id: ArticleId,
    /// Everything about it except the text.
    pub article: AboutArticle,
    /// The plain text.
    pub text: String,
    findings: FoundLanguage,
}

/// The language in the findings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct FoundLanguage {
    language: Option<Language>,
}

impl EnrichedText {
    /// The language of the text, if it is known.
    #[must_use]
    pub fn language(&self) -> Option<&LanguageTag> {
        self.findings.language.as_ref().map(|found| &found.tag)
    }

    /// Decodes these parts of the body of an [`ArticleEnriched`]; `None` if it is none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

impl ArticleEnriched {
    /// The article without its findings, as it was fetched.
    #[must_use]
    pub fn into_fetched(self) -> ArticleFetched {
        let Self { id, article, text, text_source, .. } = self;
        ArticleFetched { schema: Tag::new(), id, article, text, text_source }
    }
}

impl Published for ArticleEnriched {
    const STREAM: Stream = streams::ENRICHED;

    fn subject(&self) -> Subject {
        Subject::enriched()
    }

    fn message_id(&self) -> String {
        self.id.to_string()
    }
}

/// An enricher takes over: everything after it in the stream is its own. Readers skip it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnrichedEpoch {
    /// `wirefold.enriched.epoch/1`.
    pub schema: Tag<Self>,
    /// The epoch: one more than the one before it.
    pub epoch: u64,
    /// The instance that writes, such as `enricher-1`.
    pub writer: String,
    /// The release of wirefold that writes.
    pub release: String,
    /// When it took over.
    pub at: Timestamp,
}

message!(EnrichedEpoch = "wirefold.enriched.epoch" / 1);

impl Published for EnrichedEpoch {
    const STREAM: Stream = streams::ENRICHED;

    fn subject(&self) -> Subject {
        Subject::enriched_epoch()
    }

    fn message_id(&self) -> String {
        format!("epoch-{}", self.epoch)
    }
}
