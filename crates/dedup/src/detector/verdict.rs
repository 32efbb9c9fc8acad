//! The detector's answer for one article, with its evidence.

use crate::event::Link;
use crate::ids::{DocId, EventId, StoryId};
use crate::judge::CopyKind;
use crate::judge::material::Reason;
use crate::judge::rule::Compared;
use crate::story::agency::Agency;
use crate::story::{Merge, Split};

/// What an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Its own text, no event yet.
    New,
    /// Its own text; joins an event, or stands in a digest that came first.
    Related,
    /// Folded: another's text, in the whole or in a part.
    Copy,
    /// A changed text of the same item.
    Version,
}

/// What an article has in common with an earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The earlier article.
    pub doc: DocId,
    /// Share of the new text's counted words that stand in it, 0 to 1.
    pub contained: f64,
    /// Share of its counted words that stand in the new text, 0 to 1.
    pub containing: f64,
    /// Passages in common.
    pub passages: usize,
    /// Words of the longest verbatim run, quotations included.
    pub longest: u32,
}

/// The detector's answer for one article.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The article.
    pub doc: DocId,
    /// What it is.
    pub class: Class,
    /// For copies, how much of the text.
    pub kind: Option<CopyKind>,
    /// Whether there was enough text to compare.
    pub comparable: bool,
    /// The story it belongs to.
    pub story: StoryId,
    /// The event its story belongs to; its own story where it joined none.
    pub event: EventId,
    /// The story's representative.
    pub lead: DocId,
    /// The separately written text it comes from.
    pub origin: DocId,
    /// The earlier articles it shares passages with, most shared words first.
    pub matches: Vec<Evidence>,
    /// What each earlier article that it was compared with is to it, in the same order; those too that
    /// it shares no passage with.
    pub compared: Vec<Compared>,
    /// Stories it holds while being mostly its own text.
    pub holds: Vec<StoryId>,
    /// Quotations in it that stand in an earlier text.
    pub shared_quotations: usize,
    /// The agency behind it.
    pub agency: Option<Agency<DocId>>,
    /// SimHash of its normalised words: a hint, never evidence.
    pub simhash: u64,
    /// Share of its counted words that its story did not have, 0 to 1.
    pub novelty: f64,
    /// Why a copy or version is material.
    pub material: Option<Reason>,
    /// The stories that made it join its event, likeliest first.
    pub links: Vec<Link>,
    /// Stories that it showed to be one.
    pub merged_stories: Vec<Merge<StoryId>>,
    /// Events that it showed to be one.
    pub merged_events: Vec<Merge<EventId>>,
    /// The earlier event that its own event goes on with, too late to join it.
    pub continues: Option<EventId>,
    /// Stories that stood on page chrome alone, which it made known, divided again; in order.
    pub regrouped: Vec<Split>,
}
