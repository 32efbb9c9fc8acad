//! The questions to a method that finds copies, and the steps of its decisions.

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

    /// The microseconds of each step of the last article, if the method has steps.
    fn steps(&self) -> [f64; STEPS] {
        [0.0; STEPS]
    }

    /// The work for all articles so far, if the method counts it.
    fn work(&self) -> Option<Work> {
        None
    }
}
