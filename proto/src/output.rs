//! The output stream: articles with verdict, findings and the changes to stories that they caused, and the outcome
//! of commands about stories. One message for each decision.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::AboutArticle;
use crate::codec::message;
use crate::control::ControlCommand;
use crate::findings::Findings;
use crate::ids::{ArticleId, DecisionId, LanguageTag};
use crate::judged::CommandOutcome;
use crate::published::Published;
use crate::story::{EventAfter, EventState, StoryAfter, StoryChange, StoryState};
use crate::streams::{self, Stream};
use crate::subjects::Subject;
use crate::tag::Tag;
use crate::verdict::Verdict;

/// The most words of the text that go out under [`TextPolicy::Lead`].
pub const LEAD_WORDS: usize = 60;

/// The most characters of them, because a word may be very long.
pub const LEAD_CHARACTERS: usize = 600;

/// An article with its verdict and findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputArticle {
    /// `wirefold.output.article/3`.
    pub schema: Tag<Self>,
    /// The article's id.
    pub id: ArticleId,
    /// Its decision.
    pub decision: DecisionId,
    /// The decision's sequence in `WF_JUDGED`: readers apply the output in this order.
    pub judged: u64,
    /// The article's sequence in `WF_FETCHED`, where its text is.
    pub fetched: u64,
    /// Everything about it except the text.
    pub article: AboutArticle,
    /// How much of the text is included.
    pub text_policy: TextPolicy,
    /// The text, as far as the policy allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The verdict with its evidence.
    pub verdict: Verdict,
    /// The story after the decision.
    pub story_state: StoryState,
    /// The event after the decision.
    pub event_state: EventState,
    /// The findings in the text.
    pub findings: Findings,
    /// The changes to stories and events, to be applied in order after the article.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StoryChange>,
}

/// Whether the field is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(sequence: &u64) -> bool {
    *sequence == 0
}

message!(OutputArticle = "wirefold.output.article" / 3);

impl Published for OutputArticle {
    const STREAM: Stream = streams::OUTPUT;

    /// By class and language.
    fn subject(&self) -> Subject {
        let language = self.findings.language.as_ref().map(|found| &found.tag);
        let unknown = LanguageTag::unknown();
        Subject::output_article(self.verdict.class, language.unwrap_or(&unknown))
    }

    fn message_id(&self) -> String {
        self.id.to_string()
    }
}

/// How much of a text the outputs contain.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum TextPolicy {
    /// No text.
    None,
    /// The first words, at most 60.
    Lead,
    /// The whole text.
    Full,
}

/// The rest of an article that `wirefold forget` removed: the changes that it made to other stories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputForgotten {
    /// `wirefold.output.forgotten/1`.
    pub schema: Tag<Self>,
    /// The decision on the article.
    pub decision: DecisionId,
    /// The decision's sequence in `WF_JUDGED`: readers apply the output in this order.
    pub judged: u64,
    /// The article's sequence in `WF_FETCHED`.
    pub fetched: u64,
    /// When the article was seen.
    pub at: Timestamp,
    /// The changes to other stories and events.
    pub changes: Vec<StoryChange>,
}

message!(OutputForgotten = "wirefold.output.forgotten" / 1);

/// An enricher takes over: everything after it in the stream is its own. Readers skip it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputEpoch {
    /// `wirefold.output.epoch/1`.
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

message!(OutputEpoch = "wirefold.output.epoch" / 1);

impl Published for OutputEpoch {
    const STREAM: Stream = streams::OUTPUT;

    fn subject(&self) -> Subject {
        Subject::output_epoch()
    }

    fn message_id(&self) -> String {
        format!("epoch-{}", self.epoch)
    }
}

/// The outcome of a person's command about stories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputCommand {
    /// `wirefold.output.command/2`.
    pub schema: Tag<Self>,
    /// The decision on it.
    pub decision: DecisionId,
    /// The decision's sequence in `WF_JUDGED`: readers apply the output in this order.
    pub judged: u64,
    /// The sequence in `WF_FETCHED` of the last article before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fetched: u64,
    /// The command.
    pub command: ControlCommand,
    /// The outcome.
    pub outcome: CommandOutcome,
    /// The changes to stories that it caused, after those that did not fit into earlier decisions, to be
    /// applied in order before the states below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StoryChange>,
    /// The stories concerned, right after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stories: Vec<StoryAfter>,
    /// The events concerned, right after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventAfter>,
}

message!(OutputCommand = "wirefold.output.command" / 2);

impl Published for OutputCommand {
    const STREAM: Stream = streams::OUTPUT;

    /// By outcome.
    fn subject(&self) -> Subject {
        Subject::output_command(self.outcome.as_str())
    }

    fn message_id(&self) -> String {
        self.decision.to_string()
    }
}
