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
    /// When it was published; used if both texts have a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Timestamp>,
}

/// The shared parts of two texts, and the changes in the later one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// `wirefold.api.comparison/1`.
    pub schema: Tag<Self>,
    /// The earlier text.
    pub a: ComparedText,
    /// The later text.
    pub b: ComparedText,
    /// The relation of the two texts alone.
    pub relation: Relation,
    /// The relation of the two articles among all others; absent for texts given by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<Relation>,
    /// How much of `b` is copied, if `b` is a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CopyKind>,
    /// The rule that decided about the two texts alone, such as `reprint` or `page_chrome`. Later versions
    /// may add rules.
    #[serde(default)]
    pub rule: String,
    /// The verdict in words, for people: A is `a`, and B is `b`.
    pub words: String,
    /// The share of `b`'s counted words that are in `a`.
    pub contained: Containment,
    /// The share of `a`'s counted words that are in `b`.
    pub containing: Containment,
    /// The threshold of `contained` for a reprint.
    pub reprint_contained: Containment,
    /// The threshold of the larger of the two for a reprint.
    pub reprint_larger: Containment,
    /// The words of the longest verbatim run, quotations included.
    pub longest: u32,
    /// How different the SimHashes are, in bits of 64: a hint, never evidence.
    pub simhash_distance: u32,
    /// The shared passages, in the order of `b`.
    pub passages: Vec<SharedPassage>,
    /// The shared quotations; they never count as copying.
    pub shared_quotations: Vec<SharedPassage>,
    /// The change of each sentence; absent if the two share too little to compare sentences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changed>,
}

/// One of two compared texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedText {
    /// The article, if it is one.
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
    /// Its length in code points.
    pub length: u32,
    /// Whether it is long enough to be compared.
    pub comparable: bool,
}

/// The relation of two texts.
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
    /// The relation as a word.
    #[must_use]
    pub fn of(is_one_story: bool, is_one_event: bool) -> Self {
        match (is_one_story, is_one_event) {
            (true, _) => Self::SameStory,
            (false, true) => Self::SameEvent,
            (false, false) => Self::Unrelated,
        }
    }
}

/// A run of words that is in both texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SharedPassage {
    /// Its span in `a`.
    pub a: TextRange,
    /// Its span in `b`.
    pub b: TextRange,
    /// Its shared words.
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
    /// The words of the text there.
    pub text: String,
}

/// The changes of the sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// Sentences that are in both, word for word, in the same order.
    pub kept: u32,
    /// Sentences that are in both with other words.
    pub reworded: u32,
    /// Sentences that moved to another position.
    pub moved: u32,
    /// Sentences that are in `b` only.
    pub added: u32,
    /// Sentences that are in `a` only.
    pub dropped: u32,
    /// The changed sentences: those of `b` in order, then the dropped ones.
    pub sentences: Vec<SentenceChange>,
}

/// A changed sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentenceChange {
    /// Its change.
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

/// The change of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeWord {
    /// Reworded.
    Reworded,
    /// Moved.
    Moved,
    /// Reworded and moved.
    MovedAndReworded,
    /// In `b` only.
    Added,
    /// In `a` only.
    Dropped,
}

super::api_message!(Comparison = "comparison");
