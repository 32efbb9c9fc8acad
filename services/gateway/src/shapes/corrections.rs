//! Corrections of an event: what outlets corrected or withdrew, and the articles that still have it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{FoundBy, NoteKind, Tag};

use super::Carrier;

/// `GET /api/v1/events/{id}/corrections` and `GET /api/v1/stories/{id}/corrections`: the corrections,
/// clarifications and retractions of an event; of a story only those that concern one of its articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Corrections {
    /// `wirefold.api.corrections/1`.
    pub schema: Tag<Self>,
    /// The corrections, the first seen first.
    pub corrections: Vec<CorrectionRecord>,
    /// How many of the event's articles were not read because there are too many.
    #[serde(default)]
    pub unread_articles: u32,
}

/// A note in which an outlet corrects or withdraws a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionRecord {
    /// The kind of the note.
    pub kind: NoteKind,
    /// The note's first sentences.
    pub words: String,
    /// The article with the note.
    pub by: Carrier,
    /// The corrected article; absent if wirefold never saw it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Carrier>,
    /// The corrections; empty for a retraction, and if texts and note do not show any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<CorrectedPassage>,
    /// The articles of other outlets that still have the wrong statement, the first seen first.
    pub carried: Vec<StillCarrying>,
    /// The articles of other outlets that have the right statement, or withdrew theirs too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Carrier>,
    /// How the passages were found.
    pub how: FoundBy,
}

/// A corrected sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectedPassage {
    /// The sentence as it was.
    pub old: String,
    /// The sentence as it is now; absent if it was removed, or if only the note mentions it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// An article that still has a corrected sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StillCarrying {
    /// The article.
    #[serde(flatten)]
    pub carrier: Carrier,
    /// Its link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it appeared after the correction.
    #[serde(default)]
    pub after: bool,
}

super::api_message!(Corrections = "corrections");
