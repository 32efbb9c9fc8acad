//! Which stories a list contains.

use jiff::Timestamp;

use super::narrowed;

/// The filter of a list of stories. Empty fields have no effect.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct StoryFilter {
    /// Words that one article must have.
    pub(crate) words: Option<String>,
    /// An outlet of one of its articles.
    pub(crate) outlet: Option<String>,
    /// The language of one of its articles. `en` includes `en-gb`.
    pub(crate) language: Option<String>,
    /// The earliest time of its last change.
    pub(crate) since: Option<Timestamp>,
    /// The fewest outlets.
    pub(crate) min_outlets: u32,
}

/// The outlets of the story, as SQL.
const ITS: &str = "FROM story_outlets AS its WHERE its.story = stories.key";

impl StoryFilter {
    /// A filter with only words.
    pub(crate) fn of_words(words: Option<&str>) -> Self {
        Self { words: words.map(str::to_owned), ..Self::default() }
    }

    /// The conditions except words and time, as SQL with `:outlet`, `:language` and `:least`. Empty fields
    /// give no condition.
    pub(super) fn conditions(&self) -> String {
        let (outlet, language) = (self.outlet.as_ref(), self.language.as_ref());
        narrowed::and(&narrowed::by_outlets(ITS, outlet, language, self.min_outlets))
    }
}
