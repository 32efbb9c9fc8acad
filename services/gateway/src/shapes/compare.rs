//! The comparison of two texts.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{ArticleId, Containment, CopyKind, Tag};

/// `POST /api/v1/compare`: two texts. `a` counts as the earlier one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareRequest {
    /// The earlier text.
    pub a: GivenText,
    /// The later text.
    pub b: GivenText,
}

/// A text to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GivenText {
    /// The text.
    pub text: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher. Two texts of one publisher under different titles are judged more strictly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When it was published; used where both texts say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
}

/// What two texts have in common, and what the later one changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `wirefold.api.comparison/1`.
    pub schema: Tag<Self>,
    /// The earlier text.
    pub a: ComparedText,
    /// The later text.
    pub b: ComparedText,
    /// What the two texts are to each other, judged by themselves.
    pub relation: Relation,
    /// What the two articles are to each other among all others; absent for texts given by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<Relation>,
    /// How much of `b` is copied, where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CopyKind>,
    /// The rule that decided about the two by themselves, such as `reprint` or `page_chrome`. More may
    /// come.
    #[serde(default)]
    pub rule: String,
    /// The verdict in words, for people: A is `a`, and B is `b`.
    pub words: String,
    /// The share of `b`'s counted words that stand in `a`.
    pub contained: Containment,
    /// The share of `a`'s counted words that stand in `b`.
    pub containing: Containment,
    /// What `contained` must reach for a reprint.
    pub reprint_contained: Containment,
    /// What the larger of the two must reach for a reprint.
    pub reprint_larger: Containment,
    /// The words of the longest verbatim run, quotations included.
    pub longest: u32,
    /// How different the SimHashes are, in bits of 64: a hint, never evidence.
    pub simhash_distance: u32,
    /// The passages in common, in the order of `b`.
    pub passages: Vec<SharedPassage>,
    /// The quotations in common; they never count as copying.
    pub shared_quotations: Vec<SharedPassage>,
    /// What became of each sentence; absent where the two share too little to be set side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changed>,
}

/// One of two compared texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedText {
    /// The article, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<ArticleId>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its publisher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlet: Option<String>,
    /// Its words.
    pub words: u32,
    /// Its code points.
    pub length: u32,
    /// Whether it is long enough to be compared.
    pub comparable: bool,
}

/// What two texts are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// One text and a copy of it, or two copies of a third.
    SameStory,
    /// Two texts about one happening.
    SameEvent,
    /// Neither.
    Unrelated,
}

impl Relation {
    /// What two texts are that are one story, or one event, or neither.
    #[must_use]
    pub fn of(is_one_story: bool, is_one_event: bool) -> Self {
        match (is_one_story, is_one_event) {
            (true, _) => Self::SameStory,
            (false, true) => Self::SameEvent,
            (false, false) => Self::Unrelated,
        }
    }
}

/// A run of words that stands in both texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SharedPassage {
    /// Where it stands in `a`.
    pub a: TextRange,
    /// Where it stands in `b`.
    pub b: TextRange,
    /// Its words in common.
    pub words: u32,
    /// The small edits inside it.
    pub edits: u32,
}

/// A stretch of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Place")]
pub struct TextRange {
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
    /// The words as they stand there.
    pub text: String,
}

/// What became of the sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// Sentences that stand in both, word for word, in the same order.
    pub kept: u32,
    /// Sentences that stand in both with other words.
    pub reworded: u32,
    /// Sentences that stand at another place.
    pub moved: u32,
    /// Sentences that stand in `b` only.
    pub added: u32,
    /// Sentences that stand in `a` only.
    pub dropped: u32,
    /// The sentences that were not kept: those of `b` in order, then the dropped ones.
    pub sentences: Vec<SentenceChange>,
}

/// A sentence that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentenceChange {
    /// What became of it.
    pub change: ChangeWord,
    /// Its number in `a`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a: Option<u32>,
    /// Its number in `b`, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b: Option<u32>,
    /// Its words in `a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// Its words in `b`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
}

/// What became of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeWord {
    /// Other words.
    Reworded,
    /// Another place.
    Moved,
    /// Other words at another place.
    MovedAndReworded,
    /// In `b` only.
    Added,
    /// In `a` only.
    Dropped,
}

super::api_message!(Comparison = "comparison");
