//! Matches the items of a feed with the items that it listed before.

use std::collections::{HashMap, HashSet};

use wirefold_proto::ItemIdentity;

use crate::answer::ParsedFeed;
use crate::answer::text_of;
use crate::article::{item_key, page_and_title};
use crate::stable_hash::hash;
use crate::state::{SeenItem, SeenItems};
use wirefold_feed::Item;

/// The fewest recognised items from which the keys count as changed.
const MIN_RECOGNISED: usize = 3;
/// The share of the new items that must be recognised for that.
const RECOGNISED_SHARE: f64 = 0.8;

/// A listed item, and the remembered item that it matches.
pub(super) struct ListedItem<'a> {
    pub(super) item: &'a Item,
    /// The key that identifies it in its feed.
    pub(super) key: String,
    /// How many words its text in the feed has.
    pub(super) words: usize,
    /// A hash of its title and texts in the feed.
    pub(super) content: u64,
    /// A hash of its link and title.
    pub(super) page: u64,
    pub(super) known: Option<SeenItem>,
}

impl ListedItem<'_> {
    /// The remembered item, if its content has not changed.
    pub(super) fn unchanged(&self) -> Option<SeenItem> {
        self.known.filter(|known| known.content == self.content)
    }

    /// Its best text in the feed.
    pub(super) fn text(&self) -> &str {
        text_of(self.item)
    }
}

/// The items of a feed.
pub(super) struct ItemList<'a> {
    pub(super) items: Vec<ListedItem<'a>>,
    /// The part of an item that identifies it from the next poll on, if that must change.
    pub(super) identity: Option<ItemIdentity>,
}

/// The items in the order of the feed, each once, without those that have no words.
///
/// If items with different links share a key, the link identifies them. An item with a new key, but
/// with the link and title of an item that is no longer listed, is that item. If most new items repeat
/// remembered ones word for word, the keys have changed and not the items.
pub(super) fn list_items<'a>(
    read: &'a ParsedFeed,
    seen: &SeenItems,
    identity: ItemIdentity,
) -> ItemList<'a> {
    let mut items = items_with_keys(read, seen, identity);
    let repeats = have_shared_keys(&items, identity);
    let recognised = recognise(&mut items, seen);
    let identity = match (identity, recognised) {
        (ItemIdentity::Auto, _) if repeats => Some(ItemIdentity::Link),
        (ItemIdentity::Auto, Recognition::ByPage) => Some(ItemIdentity::Link),
        (ItemIdentity::Auto | ItemIdentity::Link, Recognition::ByWords) => {
            Some(ItemIdentity::Title)
        }
        _ => None,
    };
    ItemList { items, identity }
}

fn items_with_keys<'a>(
    read: &'a ParsedFeed,
    seen: &SeenItems,
    identity: ItemIdentity,
) -> Vec<ListedItem<'a>> {
    let (mut keys, mut listed_texts) = (HashSet::new(), HashSet::new());
    let mut listed = Vec::with_capacity(read.feed.items.len());
    for (item, words) in read.feed.items.iter().zip(&read.words) {
        if item.title.is_empty() && text_of(item).is_empty() {
            continue;
        }
        let mut key = item_key(item, identity);
        let parts = [item.title.as_str(), text_of(item), item.teaser.as_deref().unwrap_or("")];
        let content = hash(&parts);
        // The same key, link and words: the same item, listed twice.
        if !listed_texts.insert((hash(&[&key, item.link.as_deref().unwrap_or_default()]), content))
        {
            continue;
        }
        if keys.contains(&key) {
            key = format!("{key} {}", item.link.as_deref().unwrap_or(&item.title));
        }
        if !keys.insert(key.clone()) {
            continue;
        }
        let known = seen.get(&key);
        let page = page_and_title(item).map_or(0, |(page, title)| hash(&[&page, &title]));
        listed.push(ListedItem { item, key, words: *words, content, page, known });
    }
    listed
}

/// Whether half of the items or more share their key with items of other pages.
fn have_shared_keys(items: &[ListedItem<'_>], identity: ItemIdentity) -> bool {
    let mut pages: HashMap<String, HashSet<u64>> = HashMap::new();
    for listed in items {
        pages.entry(item_key(listed.item, identity)).or_default().insert(listed.page);
    }
    let shared: usize = pages.values().map(HashSet::len).filter(|pages| *pages > 1).sum();
    shared > 1 && shared * 2 >= items.len()
}

/// How most items with new keys were recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Recognition {
    /// Too few were recognised.
    Few,
    /// By their links and titles.
    ByPage,
    /// By their words alone.
    ByWords,
}

fn recognise(items: &mut [ListedItem<'_>], seen: &SeenItems) -> Recognition {
    let new = items.iter().filter(|item| item.known.is_none()).count();
    if new == 0 {
        return Recognition::Few;
    }
    let here: HashSet<u64> = items.iter().map(|item| hash(&[&item.key])).collect();
    let (mut by_page, mut by_words) = (HashMap::new(), HashMap::new());
    for (_, known) in seen.entries().filter(|(key, _)| !here.contains(key)) {
        by_page.insert(known.page, known);
        by_words.insert(known.content, known);
    }
    let mut of_pages = 0;
    for item in items.iter_mut().filter(|item| item.known.is_none() && item.page != 0) {
        item.known = by_page.get(&item.page).copied();
        of_pages += usize::from(item.known.is_some());
    }
    let is_most =
        |count: usize| count >= MIN_RECOGNISED && count as f64 >= RECOGNISED_SHARE * new as f64;
    let has_words = |item: &ListedItem<'_>| by_words.contains_key(&item.content);
    let of_words = items.iter().filter(|item| item.known.is_none() && has_words(item)).count();
    if is_most(of_pages + of_words) && of_words > 0 {
        for item in items.iter_mut().filter(|item| item.known.is_none()) {
            item.known = by_words.get(&item.content).copied();
        }
        return Recognition::ByWords;
    }
    if is_most(of_pages) { Recognition::ByPage } else { Recognition::Few }
}
