//! The questions to a method that finds copies, and the steps of its decisions.

use serde::{Deserialize, Serialize};
use wirefold_dedup::Work;

use super::article::Article;

/// The steps of a decision, in order.
pub(super) const STEP_NAMES: [&str; STEPS] =
    ["preparing", "fingerprint", "candidates", "judgement", "recording", "event", "verdict"];
pub(super) const STEPS: usize = 7;
/// The number of steps until the story of an article is judged.
pub(super) const STEPS_UNTIL_JUDGED: usize = 4;

/// A method that finds the earlier article from which an article has its text.
pub(super) trait Method {
    /// The story of an article, given by the number of the first article with its text.
    fn story(&mut self, article: &Article) -> u32;

    /// The earlier article from which the last one, of this story, was found to have its text.
    fn earlier_article(&self, article: &Article, story: u32) -> Option<u32> {
        (story != article.number).then_some(story)
    }

    /// The costs of a snapshot, if the method has one.
    fn snapshot_costs(&self) -> Option<SnapshotCosts> {
        None
    }

    /// The microseconds of each step of the last article, if the method has steps.
    fn steps(&self) -> [f64; STEPS] {
        [0.0; STEPS]
    }

    /// The bytes of each table, if the method has several.
    fn tables(&self) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// The work for all articles so far, if the method counts it.
    fn work(&self) -> Option<Work> {
        None
    }
}

/// The costs of a snapshot.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct SnapshotCosts {
    /// The pause in which no article can be judged, in milliseconds.
    pub(super) stall: f64,
    /// The size of the snapshot.
    pub(super) bytes: f64,
    /// The size without the texts, which a start reads only if their files are missing.
    pub(super) tables: f64,
    /// The seconds to write it beside other work.
    pub(super) write: f64,
    /// The seconds to read it, if the files of texts exist.
    pub(super) read: f64,
    /// The seconds to read it, if the files of texts are made again from it.
    pub(super) read_texts: f64,
}
