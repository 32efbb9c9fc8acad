//! The verdict: the detector's answer for one article, with evidence.
//!
//! [`VerdictLine`] is the public form: the output of `wirefold fold --json`, one object a line. Other programs read it, so
//! the names and the order of its fields are fixed. Its ids are those of the *input* (file stems or the `id` of a JSON
//! line), not article ids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::agency::{Agency, AgencyHow, describe_agency};
use crate::codec::{Tag, message};
use crate::ids::{ArticleId, EventId, StoryId};
use crate::measure::{Confidence, Containment, Novelty, Simhash};
use crate::string_form::words;

/// The most entries of [`Verdict::matches`] and of [`Verdict::holds`] in a bus message, the strongest first.
/// It keeps a decision within its 2 KB.
pub const MAX_MATCHES: usize = 4;

/// The detector's answer for one article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The class of the article.
    pub class: Class,
    /// How much of the text is copied; only for `copy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CopyKind>,
    /// Whether the text is long enough to be compared. If not, the article is folded only with an equal text or URL, and
    /// counts as no origin.
    pub comparable: bool,
    /// The story the article belongs to.
    pub story: StoryId,
    /// The event the story belongs to.
    pub event: EventId,
    /// The lead of the story.
    pub lead: ArticleId,
    /// The first article of the separately written text that this one comes from.
    pub origin: ArticleId,
    /// How sure the origin is; absent if the text is its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin_confidence: Option<Confidence>,
    /// Earlier articles that share text with this one, the strongest first.
    pub matches: Vec<TextMatch>,
    /// Stories that this text contains without being a copy of them, as a digest does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<StoryId>,
    /// The number of quotations it shares with the matches. They never count as copying.
    pub shared_quotations: u32,
    /// The agency behind the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
    /// The share of the text that the rest of its story does not cover.
    pub novelty: Novelty,
    /// The correction that a copy or version says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correction: Option<Correction>,
    /// The SimHash of the text.
    pub simhash: Simhash,
}

/// The class of an article.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Its own text, not in any event yet.
    New,
    /// Its own text about a known event.
    Related,
    /// The text of another article, all of it or a named part: folded.
    Copy,
    /// A changed text of the same item.
    Version,
}

words!(Class: New = "new", Related = "related", Copy = "copy", Version = "version");

impl Class {
    /// The role of an article of this class in its story, for people.
    #[must_use]
    pub fn describe(self, kind: Option<CopyKind>) -> &'static str {
        match (self, kind) {
            (Self::New, _) => "own text",
            (Self::Related, _) => "own text, known event",
            (Self::Copy, Some(CopyKind::Exact)) => "exact copy",
            (Self::Copy, Some(CopyKind::Partial)) => "partial copy",
            (Self::Copy, Some(CopyKind::Reprint) | None) => "reprint",
            (Self::Version, _) => "new version",
        }
    }
}

/// The mark of an article without a text that is long enough to be compared, such as a title alone.
pub const TOO_SHORT: &str = "too short to compare";

/// Remarks about the text of an article, for people: that it is too short to compare, and that its page is not free.
#[must_use]
pub fn text_remarks(comparable: bool, paywalled: bool) -> Vec<&'static str> {
    let remarks = [(paywalled, "not free: not stored whole"), (!comparable, TOO_SHORT)];
    remarks.into_iter().filter(|(applies, _)| *applies).map(|(_, words)| words).collect()
}

/// How much of a text is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CopyKind {
    /// The same text after normalising.
    Exact,
    /// Most of one text is in the other.
    Reprint,
    /// A substantial part of one text is in the other.
    Partial,
}

/// The shared parts of two articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextMatch {
    /// The earlier article.
    pub id: ArticleId,
    /// The share of this article's counted words that are also in the earlier one.
    pub contained: Containment,
    /// The share of the earlier article's counted words that are also in this one.
    pub containing: Containment,
    /// The number of shared passages.
    pub passages: u32,
    /// The words of the longest verbatim run, quotations included.
    pub longest: u32,
}

/// A correction of a story, by a copy or version that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    /// The words that changed, such as `14 → 28`, if they were found; at most 80 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
}

impl Correction {
    /// The correction for people: `corrected: 14 → 28`.
    #[must_use]
    pub fn describe(&self) -> String {
        let change = self.change.as_ref().map(|change| format!(": {change}"));
        format!("corrected{}", change.unwrap_or_default())
    }
}

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
