//! [`Verdict`]: the detector's answer for one article, with its evidence.

use crate::agency::Agency;
use crate::event_evidence::ComparedStory;
use crate::evidence::Evidence;
use crate::ids::{DocId, EventId, Merge, StoryId};

/// The kind of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// A text of its own that joined no event.
    New,
    /// A text of its own that joined an event, or that holds parts of others.
    Related,
    /// All or part of another article's text; folded into its story.
    Copy,
    /// A changed text of the same item.
    Version,
}

/// How much of a text is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyKind {
    /// All words are those of an earlier article, in the same order.
    Exact,
    /// At least a third of the text is in the earlier one, and nearly half of the one or the other is shared.
    Reprint,
    /// Less.
    Partial,
}

/// An earlier article that shares text with a new one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Match {
    /// The earlier article.
    pub doc: DocId,
    /// The numbers on which both were judged.
    pub evidence: Evidence,
    /// The probability that both are one text, 0 to 1.
    pub probability: f64,
    /// Whether both have the same words in the same order.
    pub same_words: bool,
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
    /// Whether the text is long enough to count as an origin.
    pub comparable: bool,
    /// The story that it belongs to, after all merges.
    pub story: StoryId,
    /// The event of its story; if it joined none, an event with the id of its story.
    pub event: EventId,
    /// The earlier articles that it was compared with, most shared words first.
    pub matches: Vec<Match>,
    /// The stories of which it holds parts, if it is a digest.
    pub holds: Vec<StoryId>,
    /// The number of its quotations that are in an earlier text.
    pub shared_quotations: usize,
    /// The agency behind its text.
    pub agency: Option<Agency<DocId>>,
    /// The SimHash of its words: reported, never evidence.
    pub simhash: u64,
    /// The share of its words that its story did not have, 0 to 1.
    pub novelty: f64,
    /// The correction of its story that a copy or version says it is.
    pub correction: Option<Correction>,
    /// The earlier stories that its own was compared with, if it is new, the most similar first.
    pub compared_stories: Vec<ComparedStory>,
    /// Stories that merged because of it, in order.
    pub merged_stories: Vec<Merge<StoryId>>,
    /// Events that merged because of it, in order.
    pub merged_events: Vec<Merge<EventId>>,
    /// The earlier event that its own event continues, because it came too late to join it.
    pub continues: Option<EventId>,
}

/// A correction of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The words that changed, such as `14 → 28`, if they were found.
    pub change: Option<String>,
}

/// A reprint contains at least this share of its own text from the earlier one …
const REPRINT_CONTAINED: f64 = 0.35;
/// … and the larger share of both is at least this.
pub(crate) const REPRINT_LARGER: f64 = 0.45;

impl CopyKind {
    /// The kind of a copy, from the earlier article of its story with the same words, or else from the one
    /// that it is most likely a copy of.
    pub(crate) fn of<'a>(of_story: impl Iterator<Item = &'a Match>) -> CopyKind {
        let order = |pair: &&Match| (pair.same_words, pair.probability);
        let best = of_story.max_by(|one, other| {
            let ((same, likely), (other_same, other_likely)) = (order(one), order(other));
            same.cmp(&other_same).then(likely.total_cmp(&other_likely))
        });
        let Some(Match { evidence, same_words, .. }) = best else { return CopyKind::Partial };
        let larger = evidence.contained.max(evidence.containing);
        match (*same_words, evidence.contained >= REPRINT_CONTAINED && larger >= REPRINT_LARGER) {
            (true, _) => CopyKind::Exact,
            (false, true) => CopyKind::Reprint,
            (false, false) => CopyKind::Partial,
        }
    }
}
