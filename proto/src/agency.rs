//! The agency behind a text, with its confidence and evidence.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::ArticleId;
use crate::measure::Confidence;

/// The wire service behind a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agency {
    /// The name as readers know it, such as `AP`.
    pub name: String,
    /// How the agency was determined.
    pub how: AgencyHow,
    /// How sure it is.
    pub confidence: Confidence,
    /// The evidence, at most two pieces.
    pub evidence: Vec<AgencyEvidence>,
}

impl Agency {
    /// The agency for people, as [`describe_agency`] writes it.
    #[must_use]
    pub fn describe(&self) -> String {
        describe_agency(&self.name, self.how, self.confidence)
    }
}

/// An agency for people: `AP (credited)`, `probably AP (mentioned)`.
#[must_use]
pub fn describe_agency(name: &str, how: AgencyHow, confidence: Confidence) -> String {
    let how = match how {
        AgencyHow::Credited => "credited",
        AgencyHow::Mentioned => "mentioned",
        AgencyHow::Inferred => "inferred from shared passages",
    };
    let sure = match confidence {
        Confidence::Certainly => "",
        Confidence::Probably => "probably ",
        Confidence::Possibly => "possibly ",
    };
    format!("{sure}{name} ({how})")
}

/// How an agency was determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgencyHow {
    /// Byline, dateline or credit line names it.
    Credited,
    /// The text names it as a source.
    Mentioned,
    /// The text shares passages with texts that name it.
    Inferred,
}

/// One piece of evidence for an agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgencyEvidence {
    /// The place of the evidence.
    pub place: EvidencePlace,
    /// The words, at most 80 bytes.
    pub words: String,
    /// The article that names the agency, if it is another article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub article: Option<ArticleId>,
}

/// The place of evidence for an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvidencePlace {
    /// The byline or the feed's author.
    Byline,
    /// The dateline before the first sentence.
    Dateline,
    /// A credit line at the end.
    CreditLine,
    /// A copyright line.
    CopyrightLine,
    /// A sentence of the text.
    Sentence,
    /// Passages shared with another text.
    Passages,
}
