//! [`Verdict`]: the detector's answer for one article, with its evidence.

use crate::event::ComparedStory;
use crate::evidence::Evidence;

/// The kind of an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyKind {
    /// All words are those of an earlier article, in the same order.
    Exact,
    /// At least a third of the text is in the earlier one, and nearly half of the one or the other is shared.
    Reprint,
    /// Less.
    Partial,
}

/// An earlier article that a new one was compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// The number of the earlier article.
    pub article: u32,
    /// The numbers on which both were judged.
    pub evidence: Evidence,
    /// The probability that both are one text.
    pub probability: f64,
    /// Whether both have the same words in the same order.
    pub same_words: bool,
}

/// The detector's answer for one article.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// The number of the article: how many came before.
    pub article: u32,
    /// The kind of the article.
    pub class: Class,
    /// For copies: how much of the text is copied.
    pub kind: Option<CopyKind>,
    /// The story that it belongs to. A story has the number of its first article.
    pub story: u32,
    /// The earlier articles that it was compared with.
    pub compared: Vec<Compared>,
    /// The stories of which it holds parts, if it is a digest.
    pub holds: Vec<u32>,
    /// The event of its story. An event has the number of its first story.
    pub event: u32,
    /// The earlier stories that its own was compared with, if it is new.
    pub compared_stories: Vec<ComparedStory>,
}

/// A reprint contains at least this share of its own text from the earlier one …
const REPRINT_CONTAINED: f64 = 0.35;
/// … and the larger share of both is at least this.
const REPRINT_LARGER: f64 = 0.45;

impl CopyKind {
    /// The kind of a copy, from the earlier article of its story with the same words, or else from the one
    /// that it is most likely a copy of.
    pub(crate) fn of<'a>(of_story: impl Iterator<Item = &'a Compared>) -> CopyKind {
        let order = |pair: &&Compared| (pair.same_words, pair.probability);
        let best = of_story.max_by(|one, other| {
            let ((same, likely), (other_same, other_likely)) = (order(one), order(other));
            same.cmp(&other_same).then(likely.total_cmp(&other_likely))
        });
        let Some(Compared { evidence, same_words, .. }) = best else { return CopyKind::Partial };
        let larger = evidence.contained.max(evidence.containing);
        match (*same_words, evidence.contained >= REPRINT_CONTAINED && larger >= REPRINT_LARGER) {
            (true, _) => CopyKind::Exact,
            (false, true) => CopyKind::Reprint,
            (false, false) => CopyKind::Partial,
        }
    }
}
