//! The text that a feed gives for an item, and its number of words.

use wirefold_text::Text;

use wirefold_feed::Item;

/// The best text of an item in the feed.
pub(crate) fn text_of(item: &Item) -> &str {
    item.text.as_deref().or(item.teaser.as_deref()).unwrap_or_default()
}

/// The number of words of a text in any script.
pub(crate) fn word_count(text: &str) -> usize {
    Text::new(text).words().len()
}
