//! The records of the detector in `WF_JUDGED`: decisions on articles, commands that were carried out, epochs.
//!
//! There is one writer, and every record says how far the inputs had been read. A successor reads the last
//! record and continues there. Nothing is decided twice.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Message as _, decode, message, name_of};
use crate::control::ControlCommand;
use crate::ids::{ArticleId, DecisionId};
use crate::published::Published;
use crate::story::{EventAfter, EventState, StoryAfter, StoryChange, StoryState};
use crate::streams::{self, Stream};
use crate::subjects::Subject;
use crate::tag::Tag;
use crate::verdict::Verdict;

/// The largest decision in bytes.
pub const MAX_DECISION_BYTES: usize = 2048;

/// Puts a record into `WF_JUDGED`, on a subject of its own and by the id of its decision.
macro_rules! record {
    ($type:ty, $subject:ident) => {
        impl Published for $type {
            const STREAM: Stream = streams::JUDGED;

            fn subject(&self) -> Subject {
                Subject::$subject()
            }

            fn message_id(&self) -> String {
                self.decision.to_string()
            }
        }
    };
}

/// The last sequences of the inputs that the detector had read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Offsets {
    /// In `WF_FETCHED`.
    pub fetched: u64,
    /// In `WF_CONTROL`.
    pub control: u64,
}

/// The decision on one article, without its text: at most 2 KB.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleJudged {
    /// `wirefold.article.judged/1`.
    pub schema: Tag<Self>,
    /// The decision's id: epoch and input sequence.
    pub decision: DecisionId,
    /// The input offsets after this decision; `fetched` is the article's own sequence.
    pub input: Offsets,
    /// The article.
    pub id: ArticleId,
    /// When it was seen: the time that timers run on.
    pub seen: Timestamp,
    /// The verdict with its evidence.
    pub verdict: Verdict,
    /// The story after this decision.
    pub story_state: StoryState,
    /// The event after this decision.
    pub event_state: EventState,
    /// The lead's sequence in `WF_FETCHED`, where its text is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_fetched: Option<u64>,
    /// The changes to stories and events by this article, as many as fit. The following decisions have the
    /// others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StoryChange>,
    /// Whether it is of the baseline: indexed, but it never alerts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub baseline: bool,
}

message!(ArticleJudged = "wirefold.article.judged" / 1, at most MAX_DECISION_BYTES);
record!(ArticleJudged, judged);

/// A person's command, ordered among the decisions so that a replay gives the same result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CommandJudged {
    /// `wirefold.command.judged/2`.
    pub schema: Tag<Self>,
    /// The record's id: epoch and `c` with the command's sequence.
    pub decision: DecisionId,
    /// The input offsets after this record; `control` is the command's own sequence.
    pub input: Offsets,
    /// The command itself, so that a rebuild needs no other stream.
    pub command: ControlCommand,
    /// The outcome.
    pub outcome: CommandOutcome,
    /// The changes it causes, after those that did not fit into earlier decisions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<StoryChange>,
    /// The stories concerned, in their new state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stories: Vec<StoryAfter>,
    /// The events concerned, in their new state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventAfter>,
}

message!(CommandJudged = "wirefold.command.judged" / 2);
record!(CommandJudged, judged);

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
    /// The words of all outcomes.
    pub const ALL: [&'static str; 2] = ["applied", "refused"];

    /// The word in JSON and in subjects.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused { .. } => "refused",
        }
    }
}

/// A writer takes over: everything after it in the stream is in this epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EpochTaken {
    /// `wirefold.judged.epoch/1`.
    pub schema: Tag<Self>,
    /// The record's id: the epoch and `epoch`.
    pub decision: DecisionId,
    /// The input offsets that the writer continues from.
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

message!(EpochTaken = "wirefold.judged.epoch" / 1, at most MAX_DECISION_BYTES);
record!(EpochTaken, epoch);

/// Any record of `WF_JUDGED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judged {
    /// A decision on an article.
    Article(Box<ArticleJudged>),
    /// A command carried out.
    Command(Box<CommandJudged>),
    /// A take-over.
    Epoch(EpochTaken),
}

impl Judged {
    /// Decodes any record.
    ///
    /// # Errors
    /// A [`DecodeError`] that says what is wrong with the bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        match &*name_of(bytes)? {
            CommandJudged::NAME => decode(bytes).map(|record| Self::Command(Box::new(record))),
            EpochTaken::NAME => decode(bytes).map(Self::Epoch),
            _ => decode(bytes).map(|record| Self::Article(Box::new(record))),
        }
    }

    /// The record's id.
    #[must_use]
    pub fn decision(&self) -> DecisionId {
        match self {
            Self::Article(record) => record.decision,
            Self::Command(record) => record.decision,
            Self::Epoch(record) => record.decision,
        }
    }

    /// The input offsets after it.
    #[must_use]
    pub fn input(&self) -> Offsets {
        match self {
            Self::Article(record) => record.input,
            Self::Command(record) => record.input,
            Self::Epoch(record) => record.input,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agency::{Agency, AgencyEvidence, AgencyHow, EvidencePlace};
    use crate::codec::encode;
    use crate::confidence::Confidence;
    use crate::verdict::MAX_MATCHES;

    const DECISION: &[u8] = include_bytes!("../samples/wirefold.article.judged.1.copy.json");

    #[test]
    fn each_record_is_read_by_its_schema() {
        let command = include_bytes!("../samples/wirefold.command.judged.2.json");
        let epoch = include_bytes!("../samples/wirefold.judged.epoch.1.json");
        let cases: [(&[u8], &str, u64); 3] =
            [(DECISION, "7-1042", 1042), (command, "7-c13", 1043), (epoch, "8-epoch", 1043)];
        for (body, id, fetched) in cases {
            let record = Judged::decode(body).unwrap();
            assert_eq!(record.decision().to_string(), id);
            assert_eq!(record.input().fetched, fetched);
        }
        let other = Judged::decode(br#"{"schema":"wirefold.alert/1"}"#).unwrap_err();
        assert_eq!(
            other.to_string(),
            "wirefold.alert/1: this reader expects wirefold.article.judged",
        );
    }

    /// A decision with as much content as the limits allow.
    fn fullest() -> ArticleJudged {
        let mut decision: ArticleJudged = decode(DECISION).unwrap();
        let evidence = AgencyEvidence {
            place: EvidencePlace::CopyrightLine,
            words: "w".repeat(80),
            article: Some(decision.id),
        };
        decision.verdict.agency = Some(Agency {
            name: "n".repeat(30),
            how: AgencyHow::Credited,
            confidence: Confidence::Certainly,
            evidence: vec![evidence; 2],
        });
        let mut strongest = decision.verdict.matches[0].clone();
        (strongest.passages, strongest.longest, strongest.fetched) =
            (1_000, 10_000, Some(10_000_000_000));
        decision.verdict.matches = vec![strongest; MAX_MATCHES];
        decision.verdict.holds = vec![decision.verdict.story; MAX_MATCHES];
        decision
    }

    #[test]
    fn the_fullest_decision_keeps_within_its_limit() {
        let bytes = encode(&fullest()).unwrap();
        assert!(bytes.len() > MAX_DECISION_BYTES * 3 / 4, "{}", bytes.len());
    }

    #[test]
    fn a_decision_over_its_limit_is_not_encoded() {
        let mut decision = fullest();
        decision.verdict.holds = vec![decision.verdict.story; 40];
        assert_eq!(encode(&decision).unwrap_err().limit, MAX_DECISION_BYTES);
    }
}
