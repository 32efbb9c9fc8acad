//! Dead letters.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{AlertId, DeadLetter, Tag, token};

/// `GET /api/v1/dead`: dead letters, the newest first, without the messages themselves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadPage {
    /// `wirefold.api.dead/1`.
    pub schema: Tag<Self>,
    /// The dead letters.
    pub dead: Vec<DeadRow>,
    /// How many stored dead letters were not replayed.
    pub kept: u64,
}

/// A dead letter and its sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadRow {
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The alert whose revision a delivery gave up; absent for other messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The dead letter.
    pub letter: DeadLetter,
}

impl DeadRow {
    /// A dead letter with the alert that its subject names.
    #[must_use]
    pub fn of(sequence: u64, letter: DeadLetter) -> Self {
        Self { sequence, alert: alert_of(&letter.subject), letter }
    }
}

/// The alert of a revision's subject, `wirefold.v1.alert.<subscription>.<target>.<revision>`.
fn alert_of(subject: &str) -> Option<AlertId> {
    let rest = subject.strip_prefix("wirefold.v1.alert.")?;
    let [subscription, target, _] = rest.split('.').collect::<Vec<_>>()[..] else { return None };
    let subscription = token::unescape(subscription).ok()?;
    format!("{subscription}:{target}").parse().ok()
}

/// `GET /api/v1/dead/{sequence}`: a dead letter with its message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeadDetail {
    /// `wirefold.api.deadletter/1`.
    pub schema: Tag<Self>,
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The alert whose revision a delivery gave up; absent for other messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertId>,
    /// The dead letter.
    pub letter: DeadLetter,
}

/// `POST /api/v1/dead/{sequence}/replay`: the result of another attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Replayed {
    /// `wirefold.api.replayed/1`.
    pub schema: Tag<Self>,
    /// Its sequence in `WF_DEAD`.
    pub sequence: u64,
    /// The result, for people.
    pub outcome: String,
}

super::api_message!(DeadPage = "dead", DeadDetail = "deadletter", Replayed = "replayed");

#[cfg(test)]
mod tests {
    use wirefold_proto::Subject;

    use super::*;

    #[test]
    fn a_subject_names_its_alert() {
        let id: AlertId = "floods.north:e-00000000000000000000000001".parse().unwrap();
        assert_eq!(alert_of(Subject::alert(&id, 12).as_str()), Some(id));
        for other in ["wirefold.v1.article.judged", "wirefold.v1.alert.a.b", ""] {
            assert_eq!(alert_of(other), None, "{other}");
        }
    }
}
