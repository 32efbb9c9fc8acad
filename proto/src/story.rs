//! Stories and events as they stand after a decision, and the changes to them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::agency::Agency;
use crate::confidence::Confidence;
use crate::ids::{ArticleId, EventId, Outlet, StoryId, Target};
use crate::words::words;

/// A story right after a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryState {
    /// Goes up by one at every change of the story.
    pub revision: u64,
    /// Its articles, versions included.
    pub articles: u32,
    /// Those of its articles that are later versions of another.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub versions: u32,
    /// Its outlets.
    pub outlets: u32,
    /// When its first article was seen here.
    pub first_seen: Timestamp,
}

impl StoryState {
    /// The articles folded under its first: neither that one nor versions.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.articles.saturating_sub(self.versions).saturating_sub(1)
    }
}

/// Whether a count is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(crate) fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// An event right after a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventState {
    /// Goes up by one at every change of the event.
    pub revision: u64,
    /// Its stories.
    pub stories: u32,
    /// The articles of its stories.
    pub articles: u32,
    /// Those of them that are later versions of another.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub versions: u32,
    /// The outlets of its stories.
    pub outlets: u32,
    /// Its separately written texts: an upper bound, not confirmation.
    pub origins: u32,
    /// When its first article was seen here.
    pub first_seen: Timestamp,
    /// The event that this one continues after its bounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<EventId>,
}

impl EventState {
    /// The articles folded under the first of their story: neither those nor versions.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.articles.saturating_sub(self.versions).saturating_sub(self.stories)
    }
}

/// A story that a command concerned, right after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryAfter {
    /// The story.
    pub story: StoryId,
    /// Its event.
    pub event: EventId,
    /// The article that stands for it.
    pub lead: ArticleId,
    /// Its numbers.
    pub state: StoryState,
}

/// An event that a command concerned, right after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventAfter {
    /// The event.
    pub event: EventId,
    /// Its numbers.
    pub state: EventState,
}

/// A change to a story or event that is no new article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum StoryChange {
    /// One story or event became part of another; the old id redirects.
    Merged {
        /// What is no more.
        from: Target,
        /// What it became part of: the older one, and of the same sort.
        into: Target,
        /// The articles that link the two.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<ArticleId>,
    },
    /// People said that articles of a story are a text of their own. A story's id stays with its
    /// first article: where that was among those named, the others form the new story.
    Split {
        /// The story they were in.
        from: StoryId,
        /// The story they form.
        into: StoryId,
        /// The articles.
        articles: Vec<ArticleId>,
    },
    /// What made articles of a story one text with the rest turned out to be none: they form a story of
    /// their own. What people said is one is never divided so.
    Regrouped {
        /// The story they were in.
        from: StoryId,
        /// The story they form.
        into: StoryId,
        /// The articles. Of many, each change names some.
        articles: Vec<ArticleId>,
        /// What it turned out to be.
        reason: RegroupReason,
        /// How both stories stand.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        stories: Vec<StoryAfter>,
        /// How their event stands.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        events: Vec<EventAfter>,
    },
    /// The agency behind a story became known.
    Credited {
        /// The story.
        story: StoryId,
        /// The agency.
        agency: Agency,
    },
    /// People chose another article to stand for a story.
    Preferred {
        /// The story.
        story: StoryId,
        /// The article that stands for it now.
        lead: ArticleId,
    },
    /// Another article speaks more for being the source of a story's text than the one that stood for
    /// it. One that people chose stays.
    Lead {
        /// The story.
        story: StoryId,
        /// The article that stands for it now.
        lead: ArticleId,
        /// What it has and the one before had not.
        by: LeadEvidence,
        /// How sure that makes it.
        confidence: Confidence,
    },
    /// A story or event takes no more articles.
    Quiet {
        /// What has gone quiet.
        target: Target,
    },
}

impl StoryChange {
    /// The sort of change.
    #[must_use]
    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Merged { .. } => ChangeKind::Merged,
            Self::Split { .. } => ChangeKind::Split,
            Self::Regrouped { .. } => ChangeKind::Regrouped,
            Self::Credited { .. } => ChangeKind::Credited,
            Self::Preferred { .. } => ChangeKind::Preferred,
            Self::Lead { .. } => ChangeKind::Lead,
            Self::Quiet { .. } => ChangeKind::Quiet,
        }
    }
}

/// What made texts one that are two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RegroupReason {
    /// What an outlet prints on many pages, recognised since.
    PageChrome {
        /// The outlet.
        outlet: Outlet,
    },
}

impl RegroupReason {
    /// For people: `page chrome of quayton-courier.example`.
    #[must_use]
    pub fn in_words(&self) -> String {
        match self {
            Self::PageChrome { outlet } => format!("page chrome of {outlet}"),
        }
    }
}

/// What makes an article the likelier source of a text, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LeadEvidence {
    /// Its byline, dateline or credit line names an agency.
    Credit,
    /// It has a dateline.
    Dateline,
    /// It was published earlier, by a time that can be believed.
    Published,
    /// Its outlet itself says so, rather than a stranger's feed.
    Attribution,
}

/// A sort of change, as in subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// [`StoryChange::Merged`].
    Merged,
    /// [`StoryChange::Split`].
    Split,
    /// [`StoryChange::Regrouped`].
    Regrouped,
    /// [`StoryChange::Credited`].
    Credited,
    /// [`StoryChange::Preferred`].
    Preferred,
    /// [`StoryChange::Lead`].
    Lead,
    /// [`StoryChange::Quiet`].
    Quiet,
}

words! {
    ChangeKind:
    Merged = "merged",
    Split = "split",
    Regrouped = "regrouped",
    Credited = "credited",
    Preferred = "preferred",
    Lead = "lead",
    Quiet = "quiet",
}
