//! Commands about stories, and their outcomes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{
    CommandOutcome, ControlCommand, EventAfter, Outlet, OutputCommand, StoryAfter, StoryChange, Tag,
};

/// `POST /api/v1/stories/{id}/split`: the articles that become a story of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakenOut {
    /// Their ids, or the first digits of them.
    pub articles: Vec<String>,
}

/// `POST /api/v1/stories/{id}/merge` and `POST /api/v1/events/{id}/merge`: the other story or event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherOfSort {
    /// Its id, or the first digits of it.
    pub from: String,
}

/// `POST /api/v1/stories/{id}/prefer`: the outlet whose article leads the story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PreferredOutlet {
    /// The outlet.
    pub outlet: Outlet,
}

/// `POST /api/v1/articles/{id}/not-the-same`: the other article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherArticle {
    /// Its id, or the first digits of it.
    pub other: String,
}

/// The result of a command about stories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    /// `wirefold.api.decided/2`.
    pub schema: Tag<Self>,
    /// The command.
    pub command: ControlCommand,
    /// The result.
    pub outcome: CommandOutcome,
    /// The changes that it made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StoryChange>,
    /// The stories concerned, directly after the command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stories: Vec<StoryAfter>,
    /// The events concerned, directly after the command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventAfter>,
}

impl From<OutputCommand> for Decided {
    fn from(output: OutputCommand) -> Self {
        let OutputCommand { command, outcome, changes, stories, events, .. } = output;
        Self { schema: Tag::new(), command, outcome, changes, stories, events }
    }
}

super::api_message!(Decided = "decided" / 2);
