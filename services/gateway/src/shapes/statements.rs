//! The statements of an event: quotations and figures with their carriers, and names with their spellings.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{
    ArticleId, EntityKind, FigureRole, LanguageTag, Outlet, Qualifier, StoryId, Tag, outlet_label,
};

/// `GET /api/v1/events/{id}/statements` and `GET /api/v1/stories/{id}/statements`: the quotations, figures
/// and names of an event; of a story only those that one of its articles has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statements {
    /// `wirefold.api.statements/1`.
    pub schema: Tag<Self>,
    /// The quotations, those in most texts first; at most 100.
    pub quotations: Vec<QuotationRecord>,
    /// How many quotations are left out.
    #[serde(default)]
    pub more_quotations: u32,
    /// Figures: counts of dead, injured, missing and so on.
    pub figures: Vec<FigureRecord>,
    /// The people, organisations and places, those in most texts first; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameRecord>,
    /// How many names are left out.
    #[serde(default)]
    pub more_names: u32,
    /// The agencies that texts cite, those cited by most texts first. The story shows who wrote a text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cited_agencies: Vec<CitedAgencyRecord>,
    /// How many of the event's articles were not read because there are too many.
    #[serde(default)]
    pub unread_articles: u32,
}

/// One person, organisation or place in an event, under all its spellings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameRecord {
    /// Its kind.
    pub kind: EntityKind,
    /// One id for all spellings: that of the table (`country:FR`, `person:angela-merkel`), or one of that
    /// form made of the name.
    pub id: String,
    /// The fullest spelling.
    pub name: String,
    /// Other spellings; at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_names: Vec<String>,
    /// Its item in Wikidata, if a table has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wikidata: Option<String>,
    /// The country of a place, as ISO 3166-1 alpha-2, if a table has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// The stories that name it, the first seen first; at most 50.
    pub stories: Vec<StoryId>,
    /// The outlets that name it.
    pub outlets: u32,
    /// The separately written texts that name it.
    pub texts: u32,
}

/// An agency that texts of an event cite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CitedAgencyRecord {
    /// The agency's short name.
    pub name: String,
    /// The outlets that cite it.
    pub outlets: u32,
    /// The separately written texts that cite it.
    pub texts: u32,
    /// The articles that cite it, the first seen first; at most 50.
    pub carriers: Vec<Carrier>,
}

/// One quotation in an event, in all its wordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuotationRecord {
    /// The speaker that most texts name; absent if none names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Whether no text names the speaker beside the words, so that the speaker is inferred.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inferred: bool,
    /// Other people to whom a text attributes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_speakers: Vec<String>,
    /// The language of the texts.
    pub language: LanguageTag,
    /// The first article with it.
    pub first: Carrier,
    /// The outlets that have it.
    pub outlets: u32,
    /// The separately written texts that have it: the copies of one text count once.
    pub texts: u32,
    /// Its wordings: the fullest, then the others, the first seen first.
    pub wordings: Vec<Wording>,
}

/// Whether something is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// One wording of a quotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Wording {
    /// The words between the marks.
    pub words: String,
    /// How it differs from the fullest one.
    pub difference: Difference,
    /// The articles with this wording, the first seen first; at most 50.
    pub carriers: Vec<Carrier>,
    /// How many more articles have it.
    #[serde(default)]
    pub more_carriers: u32,
}

/// How a wording differs from the fullest one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Difference {
    /// It is the fullest one.
    Fullest,
    /// It has no other words, and lacks some.
    Shortened,
    /// It shares a part, and goes on or begins elsewhere.
    Overlapping,
    /// It has other words: a misquotation, a correction or another translation.
    Reworded,
}

/// An article that has a quotation or a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carrier {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// Its outlet.
    pub outlet: Outlet,
    /// The site of its feed, if it is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// When it was first seen here.
    pub seen: Timestamp,
}

impl Carrier {
    /// The outlet for people, with the site of the feed if that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// One counted thing, with the values that texts give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureRecord {
    /// The fate of the people counted.
    pub role: FigureRole,
    /// The counted things, if they are not people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether texts contradict each other: a value that the newest one rules out appeared after the newest
    /// one.
    pub contradicted: bool,
    /// The values, the newest first.
    pub values: Vec<FigureValue>,
}

/// A value that texts give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureValue {
    /// The value.
    pub value: serde_json::Number,
    /// The other end of a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_to: Option<serde_json::Number>,
    /// How exact it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// The number as first written.
    pub words: String,
    /// Its relation to the newest value.
    pub standing: FigureStanding,
    /// The first article with it.
    pub first: Carrier,
    /// When the last article that gives it was seen.
    pub last_seen: Timestamp,
    /// The outlets that give it.
    pub outlets: u32,
    /// The separately written texts that give it.
    pub texts: u32,
    /// The articles that give it, the first seen first; at most 50.
    pub carriers: Vec<Carrier>,
}

/// The relation of a value to the newest one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FigureStanding {
    /// It is the newest value.
    Newest,
    /// It can be true together with the newest one.
    Compatible,
    /// It cannot, and appeared again after the newest one.
    StillTold,
    /// It cannot, and appeared only before.
    Earlier,
}

super::api_message!(Statements = "statements");
