//! The statements of an event: quotations and figures with their carriers, and names with their spellings.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wirefold_proto::{
    ArticleId, EntityKind, FigureRole, LanguageTag, Outlet, Qualifier, StoryId, Tag, outlet_label,
};

/// `GET /api/v1/events/{id}/statements` and `GET /api/v1/stories/{id}/statements`: the quotations, figures and
/// names of an event; of a story only those that one of its articles carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Statements {
    /// `wirefold.api.statements/1`.
    pub schema: Tag<Self>,
    /// The quotations that most texts carry first; at most 100.
    pub quotations: Vec<QuotationRecord>,
    /// How many quotations are left out.
    #[serde(default)]
    pub more_quotations: u32,
    /// What is counted: those dead, hurt, missing and so on.
    pub figures: Vec<FigureRecord>,
    /// The people, organisations and places that most texts name first; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<NameRecord>,
    /// How many names are left out.
    #[serde(default)]
    pub more_names: u32,
    /// The agencies that texts cite, those that most texts cite first. Who wrote a text is told by its story.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cited_agencies: Vec<CitedAgencyRecord>,
    /// How many of the event's articles were not read because there are too many.
    #[serde(default)]
    pub unread_articles: u32,
}

/// One person, organisation or place through an event, whatever its spellings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NameRecord {
    /// What it is.
    pub kind: EntityKind,
    /// The same for all its spellings: the table's (`country:FR`, `person:angela-merkel`), or one of that form
    /// made of the name.
    pub id: String,
    /// The fullest spelling.
    pub name: String,
    /// Other spellings; at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_names: Vec<String>,
    /// Its item in Wikidata, where a table knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wikidata: Option<String>,
    /// The country that a place is or lies in, as ISO 3166-1 alpha-2, where a table knows it.
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

/// One quotation through an event, in all its wordings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct QuotationRecord {
    /// Who says it, as most texts name them; absent where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Whether every text leaves the speaker open beside the words, so that it is inferred.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inferred: bool,
    /// Others to whom a text ascribes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_speakers: Vec<String>,
    /// The language of the texts.
    pub language: LanguageTag,
    /// The article that had it first.
    pub first: Carrier,
    /// The outlets that carry it.
    pub outlets: u32,
    /// The separately written texts that carry it: the copies of one text count once.
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

/// An article that carries a quotation or a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carrier {
    /// The article.
    pub article: ArticleId,
    /// Its story.
    pub story: StoryId,
    /// Its outlet.
    pub outlet: Outlet,
    /// The site whose feed says so, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Outlet>,
    /// When it was first seen here.
    pub seen: Timestamp,
}

impl Carrier {
    /// The outlet for people, with the site that says so where that is another.
    #[must_use]
    pub fn outlet_label(&self) -> String {
        outlet_label(&self.outlet, self.via.as_ref())
    }
}

/// One thing that is counted, with the values that texts give.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureRecord {
    /// What happened to those counted.
    pub role: FigureRole,
    /// What is counted, where it is not people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether texts contradict each other: a value that the newest one rules out was told after the
    /// newest one was known.
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
    /// How it stands to the newest value.
    pub standing: FigureStanding,
    /// The article that had it first.
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

/// How a value stands to the newest one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FigureStanding {
    /// It came up last.
    Newest,
    /// It can be true together with the newest one.
    Compatible,
    /// It cannot, and was told again after the newest one came up.
    StillTold,
    /// It cannot, and was told only before.
    Earlier,
}

super::api_message!(Statements = "statements");
