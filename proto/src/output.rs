//! The output stream: articles with verdict, findings and the changes to stories that they caused, and the outcome
//! of commands about stories. One message for each decision.
//!
//! There is one writer, and every record says how far the inputs had been read. A successor reads the last
//! record and continues there. Nothing is decided twice.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::article::AboutArticle;
use crate::codec::{DecodeError, Message as _, Tag, decode, message, name_of};
use crate::control::ControlCommand;
use crate::findings::Findings;
use crate::ids::{ArticleId, DecisionId, LanguageTag};
use crate::story::{EventAfter, EventState, StoryAfter, StoryChange, StoryState};
use crate::streams::{self, Stream};
use crate::subjects::{Published, Subject};
use crate::verdict::Verdict;

/// The most words of the text that go out under [`TextPolicy::Lead`].
pub const LEAD_WORDS: usize = 60;

/// The most characters of them, because a word may be very long.
pub const LEAD_CHARACTERS: usize = 600;

/// The last sequences of the inputs that the detector had read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offsets {
    /// In `WF_ENRICHED`.
    pub enriched: u64,
    /// In `WF_CONTROL`.
    pub control: u64,
}

/// An article with its verdict and findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputArticle {
    /// `wirefold.output.article/4`.
    pub schema: Tag<Self>,
    /// The article's id.
    pub id: ArticleId,
    /// Its decision.
    pub decision: DecisionId,
    /// The inputs read after it; `enriched` is the article's own sequence, where its text is.
    pub input: Offsets,
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

message!(OutputArticle = "wirefold.output.article" / 4);

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
    /// `wirefold.output.forgotten/2`.
    pub schema: Tag<Self>,
    /// The decision on the article.
    pub decision: DecisionId,
    /// The inputs read after it.
    pub input: Offsets,
    /// When the article was seen.
    pub at: Timestamp,
    /// The changes to other stories and events.
    pub changes: Vec<StoryChange>,
}

message!(OutputForgotten = "wirefold.output.forgotten" / 2);

/// A detector takes over: everything after it in the stream is its own. Readers skip it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputEpoch {
    /// `wirefold.output.epoch/2`.
    pub schema: Tag<Self>,
    /// The record's id: the epoch and `epoch`.
    pub decision: DecisionId,
    /// The inputs that the writer continues from.
    pub input: Offsets,
    /// The last record before it; absent in an empty stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<DecisionId>,
    /// The instance that writes, such as `detector-1`.
    pub writer: String,
    /// The release of wirefold that writes.
    pub release: String,
    /// A fingerprint of the detector's settings: others may lead to other decisions.
    pub settings: String,
    /// When it took over.
    pub at: Timestamp,
}

message!(OutputEpoch = "wirefold.output.epoch" / 2);

impl Published for OutputEpoch {
    const STREAM: Stream = streams::OUTPUT;

    fn subject(&self) -> Subject {
        Subject::output_epoch()
    }

    fn message_id(&self) -> String {
        self.decision.to_string()
    }
}

/// The outcome of a person's command about stories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutputCommand {
    /// `wirefold.output.command/3`.
    pub schema: Tag<Self>,
    /// The decision on it.
    pub decision: DecisionId,
    /// The inputs read after it; `control` is the command's own sequence.
    pub input: Offsets,
    /// The command.
    pub command: ControlCommand,
    /// The outcome.
    pub outcome: CommandOutcome,
    /// The changes to stories that it caused, to be applied in order before the states below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StoryChange>,
    /// The stories concerned, right after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stories: Vec<StoryAfter>,
    /// The events concerned, right after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventAfter>,
}

message!(OutputCommand = "wirefold.output.command" / 3);

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

/// The outcome of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum CommandOutcome {
    /// It was carried out.
    Applied,
    /// It could not be carried out.
    Refused {
        /// Why not, for people.
        reason: String,
    },
}

impl CommandOutcome {
    /// The word in JSON and in subjects.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused { .. } => "refused",
        }
    }
}

/// Any record of `WF_OUTPUT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A decision on an article.
    Article(Box<OutputArticle>),
    /// The outcome of a command.
    Command(Box<OutputCommand>),
    /// The rest of a decision on a forgotten article.
    Forgotten(OutputForgotten),
    /// A take-over.
    Epoch(OutputEpoch),
}

impl Output {
    /// Decodes any record.
    ///
    /// # Errors
    /// A [`DecodeError`] that says what is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match &*name_of(bytes)? {
            OutputCommand::NAME => decode(bytes).map(|record| Self::Command(Box::new(record))),
            OutputForgotten::NAME => decode(bytes).map(Self::Forgotten),
            OutputEpoch::NAME => decode(bytes).map(Self::Epoch),
            _ => decode(bytes).map(|record| Self::Article(Box::new(record))),
        }
    }

    /// The record's decision.
    #[must_use]
    pub fn decision(&self) -> DecisionId {
        match self {
            Self::Article(record) => record.decision,
            Self::Command(record) => record.decision,
            Self::Forgotten(record) => record.decision,
            Self::Epoch(record) => record.decision,
        }
    }

    /// The inputs read after it.
    #[must_use]
    pub fn input(&self) -> Offsets {
        match self {
            Self::Article(record) => record.input,
            Self::Command(record) => record.input,
            Self::Forgotten(record) => record.input,
            Self::Epoch(record) => record.input,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_read_by_its_schema() {
        let cases: [(&[u8], &str, u64); 4] = [
            (include_bytes!("../samples/wirefold.output.article.4.json"), "7-1042", 1042),
            (include_bytes!("../samples/wirefold.output.command.3.json"), "7-c13", 1043),
            (include_bytes!("../samples/wirefold.output.forgotten.2.json"), "7-1042", 1042),
            (include_bytes!("../samples/wirefold.output.epoch.2.json"), "8-epoch", 1043),
        ];
        for (body, id, enriched) in cases {
            let record = Output::decode(body).unwrap();
            assert_eq!(record.decision().to_string(), id);
            assert_eq!(record.input().enriched, enriched);
        }
        let other = Output::decode(br#"{"schema":"wirefold.alert/2"}"#).unwrap_err();
        assert_eq!(
            other.to_string(),
            "wirefold.alert/2: this reader expects wirefold.output.article",
        );
    }
}
