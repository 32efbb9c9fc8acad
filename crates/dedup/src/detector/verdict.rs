//! The detector's answer for one article, with its evidence.

use crate::event::Link;
use crate::ids::{DocId, EventId, StoryId};
use crate::judge::CopyKind;
use crate::judge::material::Reason;
use crate::judge::rule::Compared;
use crate::story::agency::Agency;
use crate::story::{Merge, Split};

/// The kind of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A text of its own that joined no event.
    New,
    /// A text of its own that joined an event, or that an earlier digest contains.
    Related,
    /// All or part of another article's text; folded into its story.
    Copy,
    /// A changed text of the same item.
    Version,
}

/// The measures of what an article has in common with an earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The earlier article.
    pub doc: DocId,
    /// The share of the new text's counted words that are in the earlier text, 0 to 1.
    pub contained: f64,
    /// The share of the earlier text's counted words that are in the new text, 0 to 1.
    pub containing: f64,
    /// The number of shared passages.
    pub passages: usize,
    /// The words of the longest verbatim run, quotations included.
    pub longest: u32,
}

/// The detector's answer for one article.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The article.
    pub doc: DocId,
    /// The kind of the article.
    pub class: Class,
    /// For copies: how much of the text is copied.
    pub kind: Option<CopyKind>,
    /// Whether the text is long enough to be compared.
    pub comparable: bool,
    /// The story it belongs to.
    pub story: StoryId,
    /// The event of its story; if it joined none, an event with the id of its story.
    pub event: EventId,
    /// The article that represents the story: the first one. The detector service may choose
    /// another.
    pub lead: DocId,
    /// The first article of its story, from which its text is assumed to come.
    pub origin: DocId,
    /// The earlier articles it shares passages with, most shared words first.
    pub matches: Vec<Evidence>,
    /// The rule for each earlier article that it was compared with, in the same order, also for
    /// those that share no passage with it.
    pub compared: Vec<Compared>,
    /// Stories whose texts it contains although it is mostly a text of its own.
    pub holds: Vec<StoryId>,
    /// The number of its quotations that are in an earlier text.
    pub shared_quotations: usize,
    /// The agency behind its text.
    pub agency: Option<Agency<DocId>>,
    /// The SimHash of its normalised words: a hint, never evidence.
    pub simhash: u64,
    /// The share of its counted words that its story did not have, 0 to 1.
    pub novelty: f64,
    /// Why a copy or version is material.
    pub material: Option<Reason>,
    /// The stories because of which it joined its event, most similar first.
    pub links: Vec<Link>,
    /// Stories that merged because of it.
    pub merged_stories: Vec<Merge<StoryId>>,
    /// Events that merged because of it.
    pub merged_events: Vec<Merge<EventId>>,
    /// The earlier event that its own event continues, because it came too late to join it.
    pub continues: Option<EventId>,
    /// The stories that were divided because this article revealed page chrome, in order.
    pub regrouped: Vec<Split>,
}
