//! The items of a feed beside what is known of them.

use std::collections::HashSet;

use super::answer::Read;
use crate::article::item_key;
use crate::feed::Item;
use crate::state::{Known, Seen, hash};

/// An item with what is known of it.
pub(super) struct Listed<'a> {
    pub(super) item: &'a Item,
    /// What tells it from the others of its feed.
    pub(super) key: String,
    /// How many words its feed gives.
    pub(super) words: usize,
    /// A hash of what its feed says of it.
    pub(super) content: u64,
    pub(super) known: Option<Known>,
}

impl Listed<'_> {
    /// What is known of it, where its feed says the same as before.
    pub(super) fn unchanged(&self) -> Option<Known> {
        self.known.filter(|known| known.content == self.content)
    }

    /// The best text that its feed gives.
    pub(super) fn text(&self) -> &str {
        text_of(self.item)
    }
}

/// The best text that the feed gives of an item.
pub(super) fn text_of(item: &Item) -> &str {
    item.text.as_deref().or(item.teaser.as_deref()).unwrap_or_default()
}

/// The items in the feed's order, each once, those without any words left out.
///
/// Where one guid stands on items with different links, the link tells them apart.
pub(super) fn list<'a>(read: &'a Read, seen: &Seen) -> Vec<Listed<'a>> {
    let mut keys = HashSet::new();
    let mut listed = Vec::with_capacity(read.feed.items.len());
    for (item, words) in read.feed.items.iter().zip(&read.words) {
        if item.title.is_empty() && text_of(item).is_empty() {
            continue;
        }
        let mut key = item_key(item);
        if keys.contains(&key) {
            key = format!("{key} {}", item.link.as_deref().unwrap_or_default());
        }
        if !keys.insert(key.clone()) {
            continue;
        }
        let parts = [item.title.as_str(), text_of(item), item.teaser.as_deref().unwrap_or("")];
        let known = seen.get(&key);
        listed.push(Listed { item, key, words: *words, content: hash(&parts), known });
    }
    listed
}
