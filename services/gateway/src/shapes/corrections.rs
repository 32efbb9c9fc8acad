//! Corrections of an event: what outlets corrected or withdrew, and which articles still have it.

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

/// One note with which an outlet puts a report right or takes it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionRecord {
    /// What the note does.
    pub kind: NoteKind,
    /// The note's first sentences.
    pub words: String,
    /// The article with the note.
    pub by: Carrier,
    /// The article that it puts right; absent where that was never seen here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Carrier>,
    /// What was put right; empty for a retraction, and where texts and note do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passages: Vec<CorrectedPassage>,
    /// The articles of other outlets that still carry it, the first seen first.
    pub carried: Vec<StillCarrying>,
    /// The articles of other outlets that carry it as it is now, or took it back too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Carrier>,
    /// How the passages were found.
    pub how: FoundBy,
}

/// A sentence that was put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectedPassage {
    /// The sentence as it was.
    pub old: String,
    /// The sentence as it is now; absent where it was taken out, or only the note tells of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// An article that still carries what was put right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StillCarrying {
    /// The article.
    #[serde(flatten)]
    pub carrier: Carrier,
    /// Its link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Whether it came after the correction.
    #[serde(default)]
    pub after: bool,
}

super::api_message!(Corrections = "corrections");
