//! A feed before it is written as Atom or JSON Feed.

use jiff::Timestamp;
use wirefold_proto::{LanguageTag, Media, OutputArticle, StoryId, TextPolicy};

use crate::page::is_web;
use crate::projection::lead;
use crate::shapes::{ArticleBrief, StoryWithArticles};

/// The year in the ids (RFC 4151): the year in which their form was fixed.
const YEAR: u32 = 2026;

/// A feed.
pub(super) struct Document {
    /// The id, which never changes.
    pub(super) id: String,
    pub(super) title: String,
    /// Its own address.
    pub(super) own_url: String,
    /// The address of the page.
    pub(super) home_url: String,
    pub(super) updated: Timestamp,
    pub(super) entries: Vec<Entry>,
}

/// A story.
pub(super) struct Entry {
    /// The id, which never changes while the story exists.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) language: LanguageTag,
    pub(super) url: Option<String>,
    pub(super) outlet: String,
    pub(super) authors: Vec<String>,
    pub(super) published: Timestamp,
    pub(super) updated: Timestamp,
    /// The text, as much as may be shown.
    pub(super) text: Option<String>,
    pub(super) media: Vec<Media>,
    pub(super) others: Vec<Other>,
    /// How many other articles the story has.
    pub(super) other_count: u64,
}

/// Another article of the story.
pub(super) struct Other {
    pub(super) outlet: String,
    pub(super) title: String,
    pub(super) url: Option<String>,
}

impl Entry {
    /// The story as an entry of this article.
    pub(super) fn of(
        host: &str,
        story: StoryId,
        article: OutputArticle,
        policy: TextPolicy,
    ) -> Self {
        let about = article.article;
        let text = match policy {
            TextPolicy::None => None,
            TextPolicy::Lead | TextPolicy::Full => article.text.as_deref().map(lead),
        };
        Self {
            id: tag(host, &format!("story/{story}")),
            outlet: about.outlet_label(),
            title: about.title,
            language: article.findings.language.map_or_else(LanguageTag::unknown, |l| l.tag),
            url: about.url.filter(|url| is_web(url)),
            authors: about.authors,
            published: about.published.unwrap_or(about.seen),
            updated: about.seen,
            text: text.or(about.teaser.as_deref().map(lead)).filter(|_| policy != TextPolicy::None),
            media: about.media.into_iter().filter(|media| is_web(&media.url)).collect(),
            others: Vec::new(),
            other_count: 0,
        }
    }

    /// The entry with the first other articles of the story, at most this many.
    pub(super) fn with_others(self, with: &StoryWithArticles, most: usize) -> Self {
        let StoryWithArticles { story, articles } = with;
        let others = articles.iter().filter(|other| other.id != story.lead).take(most);
        Self {
            updated: story.changed.max(self.updated),
            others: others.map(Other::of).collect(),
            other_count: u64::from(story.articles).saturating_sub(1),
            ..self
        }
    }
}

impl Other {
    fn of(article: &ArticleBrief) -> Self {
        Self {
            outlet: article.outlet_label(),
            title: article.title.clone(),
            url: article.url.clone().filter(|url| is_web(url)),
        }
    }
}

/// An id that never changes (RFC 4151).
pub(super) fn tag(host: &str, specific: &str) -> String {
    format!("tag:{host},{YEAR}:{specific}")
}
