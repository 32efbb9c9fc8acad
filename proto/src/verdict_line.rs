//! The public verdict line: the output of `wirefold fold --json`, one object a line.
//!
//! Other programs read it, so the names and the order of the fields are fixed. The ids are those of the
//! *input* (file stems or the `id` of a JSON line), not article ids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::agency::{Agency, AgencyHow, describe_agency};
use crate::codec::message;
use crate::confidence::Confidence;
use crate::measure::{Containment, Simhash};
use crate::tag::Tag;
use crate::verdict::{Class, CopyKind};

/// The verdict on one input when it arrives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictLine {
    /// `wirefold.verdict/1`.
    pub schema: Tag<Self>,
    /// The input's id.
    pub id: String,
    /// The class of the input.
    pub class: Class,
    /// How much of it is copied; only for `copy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CopyKind>,
    /// Whether the text is long enough to be compared. If not, it is folded only with an equal text or URL.
    pub comparable: bool,
    /// The first input of its story.
    pub story: String,
    /// The first input of its event; its own id if it joined none.
    pub event: String,
    /// The lead of the story.
    pub lead: String,
    /// The first input of the separately written text that it comes from.
    pub origin: String,
    /// Earlier inputs that share text with it, the strongest first.
    pub matches: Vec<LineMatch>,
    /// The first inputs of the stories that it contains without being a copy of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<String>,
    /// The number of quotations it shares with the matches.
    pub shared_quotations: u32,
    /// The agency behind the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<LineAgency>,
    /// The SimHash of the text.
    pub simhash: Simhash,
}

message!(VerdictLine = "wirefold.verdict" / 1);

/// The shared parts of two inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineMatch {
    /// The earlier input.
    pub id: String,
    /// The share of this input's counted words that are also in the earlier one.
    pub contained: Containment,
    /// The share of the earlier input's counted words that are also in this one.
    pub containing: Containment,
    /// The number of shared passages.
    pub passages: u32,
    /// The words of the longest verbatim run, quotations included.
    pub longest: u32,
    /// The probability that both are one text, 0 to 1.
    pub probability: Containment,
}

/// The agency behind an input, without its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LineAgency {
    /// The name as readers know it, such as `AP`.
    pub name: String,
    /// How the agency was determined.
    pub how: AgencyHow,
    /// How sure it is.
    pub confidence: Confidence,
}

impl LineAgency {
    /// The agency for people, as [`describe_agency`] writes it.
    #[must_use]
    pub fn describe(&self) -> String {
        describe_agency(&self.name, self.how, self.confidence)
    }
}

impl From<&Agency> for LineAgency {
    fn from(agency: &Agency) -> Self {
        let Agency { name, how, confidence, evidence: _ } = agency;
        Self { name: name.clone(), how: *how, confidence: *confidence }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::encode;

    fn line() -> VerdictLine {
        VerdictLine {
            schema: Tag::new(),
            id: "b".into(),
            class: Class::New,
            kind: None,
            comparable: true,
            story: "b".into(),
            event: "b".into(),
            lead: "b".into(),
            origin: "b".into(),
            matches: vec![],
            holds: vec![],
            shared_quotations: 0,
            agency: None,
            simhash: Simhash(0x2a),
        }
    }

    fn check(line: &VerdictLine, expected: &str) {
        assert_eq!(String::from_utf8(encode(line).unwrap()).unwrap(), expected);
    }

    #[test]
    fn optional_fields_are_left_out() {
        check(
            &line(),
            r#"{"schema":"wirefold.verdict/1","id":"b","class":"new","comparable":true,"story":"b","event":"b","lead":"b","origin":"b","matches":[],"shared_quotations":0,"simhash":"000000000000002a"}"#,
        );
    }

    #[test]
    fn fields_stand_in_the_published_order() {
        let full = VerdictLine {
            class: Class::Copy,
            kind: Some(CopyKind::Reprint),
            matches: vec![LineMatch {
                id: "a".into(),
                contained: Containment::new(0.98765).unwrap(),
                containing: Containment::new(1.0).unwrap(),
                passages: 2,
                longest: 140,
                probability: Containment::new(0.97).unwrap(),
            }],
            holds: vec!["c".into()],
            shared_quotations: 1,
            agency: Some(LineAgency {
                name: "AP".into(),
                how: AgencyHow::Inferred,
                confidence: Confidence::Probably,
            }),
            ..line()
        };
        check(
            &full,
            r#"{"schema":"wirefold.verdict/1","id":"b","class":"copy","kind":"reprint","comparable":true,"story":"b","event":"b","lead":"b","origin":"b","matches":[{"id":"a","contained":0.9877,"containing":1.0,"passages":2,"longest":140,"probability":0.97}],"holds":["c"],"shared_quotations":1,"agency":{"name":"AP","how":"inferred","confidence":"probably"},"simhash":"000000000000002a"}"#,
        );
    }
}
