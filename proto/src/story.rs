//! Stories and events after a decision, and the changes to them.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::agency::Agency;
use crate::ids::{ArticleId, EventId, StoryId, Target};
use crate::measure::Confidence;

/// The state of a story after a decision.
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
    /// The articles folded under its first one, without versions.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.articles.saturating_sub(self.versions).saturating_sub(1)
    }
}

/// Whether the field is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
pub(crate) fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The state of an event after a decision.
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
    /// The articles folded under the first one of their story, without versions.
    #[must_use]
    pub fn copies(&self) -> u32 {
        self.articles.saturating_sub(self.versions).saturating_sub(self.stories)
    }
}

/// A story that a command concerned, in its new state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryAfter {
    /// The story.
    pub story: StoryId,
    /// Its event.
    pub event: EventId,
    /// Its lead.
    pub lead: ArticleId,
    /// Its numbers.
    pub state: StoryState,
}

/// An event that a command concerned, in its new state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventAfter {
    /// The event.
    pub event: EventId,
    /// Its numbers.
    pub state: EventState,
}

/// A change to a story or event without a new article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "change", rename_all = "lowercase")]
pub enum StoryChange {
    /// One story or event was merged into another; the old id redirects.
    Merged {
        /// The merged one.
        from: Target,
        /// The older one of the same kind, which remains.
        into: Target,
        /// The articles that link the two.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        links: Vec<ArticleId>,
    },
    /// People took articles out of a story. The old id stays with the story's first article: if that was
    /// taken out, the other articles form the new story.
    Split {
        /// The story they were in.
        from: StoryId,
        /// The story they form.
        into: StoryId,
        /// The articles.
        articles: Vec<ArticleId>,
    },
    /// The agency behind a story became known.
    Credited {
        /// The story.
        story: StoryId,
        /// The agency.
        agency: Agency,
    },
    /// People chose another article as the lead.
    Preferred {
        /// The story.
        story: StoryId,
        /// The new lead.
        lead: ArticleId,
    },
    /// Another article has better evidence of being the source of a story's text than the lead. A lead that
    /// people chose stays.
    Lead {
        /// The story.
        story: StoryId,
        /// The new lead.
        lead: ArticleId,
        /// The evidence that the lead before did not have.
        by: LeadEvidence,
        /// How sure it is.
        confidence: Confidence,
    },
    /// A story or event takes no more articles.
    Quiet {
        /// The story or event.
        target: Target,
    },
}

impl StoryChange {
    /// Its kind, such as `merged`: the end of its subject.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Merged { .. } => "merged",
            Self::Split { .. } => "split",
            Self::Credited { .. } => "credited",
            Self::Preferred { .. } => "preferred",
            Self::Lead { .. } => "lead",
            Self::Quiet { .. } => "quiet",
        }
    }
}

/// The evidence that an article is the source of a text, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LeadEvidence {
    /// Its byline, dateline or credit line names an agency.
    Credit,
    /// It has a dateline.
    Dateline,
    /// It was published earlier, by a plausible time.
    Published,
    /// The outlet itself published it, rather than another site's feed.
    Attribution,
}
