//! The findings of the enricher in a text. Each says how it was found.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::LanguageTag;
use crate::string_form::words;

/// Everything found in one text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// The language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// The dateline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dateline: Option<Dateline>,
    /// People, organisations and places.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entities: Vec<Entity>,
    /// Quotations with their speakers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotations: Vec<Quotation>,
    /// Numbers with their units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<Figure>,
    /// The agencies that the text cites ("according to", "as the agency reported"). The verdict has the
    /// agency behind the text itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cited_agencies: Vec<CitedAgency>,
    /// The outlet's note that corrects, clarifies or retracts the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<EditorNote>,
}

/// How a finding was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FoundBy {
    /// Declared by the feed or page.
    Declared,
    /// A rule over the words.
    Rule,
    /// A list of known names or words.
    List,
    /// A statistical model.
    Model,
    /// Copied from the story's lead, which has the same text.
    Inherited,
}

/// The language of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Language {
    /// The tag; `und` if it is not known.
    pub tag: LanguageTag,
    /// How it was found.
    pub how: FoundBy,
}

/// Place and date before the first sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dateline {
    /// The place as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The date as written, or as a calendar date if it is clear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// How it was found.
    pub how: FoundBy,
}

/// A person, organisation or place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// Its kind.
    pub kind: EntityKind,
    /// The name as first written.
    pub name: String,
    /// The one spelling that all variants of the name share.
    pub key: String,
    /// An identifier of the same entity in all articles, if a table has it: `country:FR`, `place:lviv`,
    /// `organisation:united-nations`, `agency:AP`, `person:angela-merkel`. It is wirefold's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Its item in Wikidata, such as `Q142`, if a table has it: countries, some organisations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wikidata: Option<String>,
    /// How often the text has it.
    pub count: u32,
    /// The country of a place, as ISO 3166-1 alpha-2, if a table has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Whether the title names it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_title: bool,
    /// Whether the lede names it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_lede: bool,
    /// Its positions in the text, in order; at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<MentionPlace>,
    /// How it was found.
    pub how: FoundBy,
}

/// Whether the field is left out.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// The position of a mention, in Unicode code points of the article's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MentionPlace {
    /// The first code point.
    pub start: u32,
    /// The code point after the last.
    pub end: u32,
}

/// An outlet's note that corrects, clarifies or retracts its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EditorNote {
    /// Its kind.
    pub kind: NoteKind,
    /// Its first sentences, at most 200 characters.
    pub words: String,
    /// How it was found.
    pub how: FoundBy,
}

/// The kind of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoteKind {
    /// It corrects something.
    Correction,
    /// It clarifies something.
    Clarification,
    /// It retracts the text.
    Retraction,
}

words! {
    NoteKind:
    Correction = "correction",
    Clarification = "clarification",
    Retraction = "retraction",
}

/// The kind of an entity.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A person.
    Person,
    /// An organisation.
    Organisation,
    /// A place.
    Place,
}

/// Speech inside quotation marks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quotation {
    /// The words between the marks.
    pub words: String,
    /// The speaker, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// The pronoun for the speaker. Without a speaker, it is not resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pronoun: Option<String>,
    /// Whether the speaker is inferred: not named beside the words, but the subject of the sentence before.
    #[serde(default, skip_serializing_if = "is_false")]
    pub inferred: bool,
    /// How the speaker, else the quotation, was found.
    pub how: FoundBy,
}

/// A number that states a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Figure {
    /// The value.
    pub value: serde_json::Number,
    /// The other end of a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_to: Option<serde_json::Number>,
    /// The number as written, such as `twenty-eight`.
    pub words: String,
    /// The unit, such as `people` or `EUR`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The fate of the people counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<FigureRole>,
    /// How exact the number is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualifier: Option<Qualifier>,
    /// Whether the first sentence gives it as the number of all people of this fate, now: not of some of them, not of
    /// another time, and neither feared nor denied. Values of two texts can be compared only then.
    #[serde(default, skip_serializing_if = "is_false")]
    pub claim: bool,
    /// How it was found.
    pub how: FoundBy,
}

/// The fate of the people that a figure counts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FigureRole {
    /// They are dead.
    Killed,
    /// They are hurt.
    Injured,
    /// Missing: nobody knows where they are.
    Missing,
    /// They were arrested.
    Arrested,
    /// They were saved.
    Rescued,
    /// They had to leave their homes.
    Displaced,
}

/// How exact a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// That many or more.
    AtLeast,
    /// More than that.
    MoreThan,
    /// About that many.
    About,
    /// A little less.
    Nearly,
    /// At most that many.
    UpTo,
    /// Less than that.
    LessThan,
}

impl Qualifier {
    /// The words before the number.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::AtLeast => "at least",
            Self::MoreThan => "more than",
            Self::About => "about",
            Self::Nearly => "nearly",
            Self::UpTo => "up to",
            Self::LessThan => "less than",
        }
    }
}

/// An agency that a text cites.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CitedAgency {
    /// The agency's short name, such as `AP`: the same in all articles.
    pub name: String,
    /// Its name as written in the first citation.
    pub words: String,
    /// Its country, as ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Its item in Wikidata, such as `Q40469`, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wikidata: Option<String>,
    /// How it was found.
    pub how: FoundBy,
}
