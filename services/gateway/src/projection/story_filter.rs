//! Which stories a list contains.

use jiff::Timestamp;

use super::narrowed;

/// Which stories. What is empty is not asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StoryFilter {
    /// Words of which an article has all.
    pub(crate) words: Option<String>,
    /// An outlet of one of its articles.
    pub(crate) outlet: Option<String>,
    /// The language of one of its articles: `en` takes `en-gb`, too.
    pub(crate) language: Option<String>,
    /// It changed at this time or later.
    pub(crate) since: Option<Timestamp>,
    /// The fewest outlets.
    pub(crate) min_outlets: u32,
}

/// The story's outlets.
const ITS: &str = "FROM story_outlets AS its WHERE its.story = stories.key";

impl StoryFilter {
    /// By words alone.
    pub(crate) fn of_words(words: Option<&str>) -> Self {
        Self { words: words.map(str::to_owned), ..Self::default() }
    }

    /// The conditions besides words and time as SQL over `:outlet`, `:language` and `:least`. What is not
    /// asked for is not looked at.
    pub(super) fn conditions(&self) -> String {
        let (outlet, language) = (self.outlet.as_ref(), self.language.as_ref());
        narrowed::and(&narrowed::by_outlets(ITS, outlet, language, self.min_outlets))
    }
}
