//! The items that a feed has listed, each with its last article and a hash of its text then.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wirefold_proto::ArticleId;

use crate::stable_hash::hash;

/// How many days an item is remembered after it was listed last.
const DAYS_KEPT: u32 = 90;
/// The most items that are remembered of one feed.
const MOST: usize = 5000;

/// The items that a feed has listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SeenItems {
    items: BTreeMap<u64, SeenItem>,
}

/// An item that a feed has listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeenItem {
    /// A hash of its title and texts in the feed.
    pub(crate) content: u64,
    /// Its last article.
    pub(crate) article: ArticleId,
    /// The day it was listed last, counted from 1970.
    pub(crate) day: u32,
    /// A hash of its link and title; 0 if one of them is missing.
    pub(crate) page: u64,
    /// Whether one of its articles was baseline.
    pub(crate) is_baseline: bool,
}

/// The stored form of an item. Hashes are in hexadecimal digits, which every JSON reader keeps exact.
/// The last column is the hash of its link and title, followed by [`BASELINE`] if one of its articles
/// was baseline. An earlier release reads that as an item without link and title.
#[derive(Serialize, Deserialize)]
struct Row(String, String, ArticleId, u32, #[serde(default)] String);

const BASELINE: char = '+';

impl SeenItems {
    /// The item with this key.
    pub(crate) fn get(&self, item_key: &str) -> Option<SeenItem> {
        self.items.get(&hash(&[item_key])).copied()
    }

    /// All items, with the hashes of their keys.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, SeenItem)> {
        self.items.iter().map(|(key, known)| (*key, *known))
    }

    /// Remembers an item.
    pub(crate) fn put(&mut self, item_key: &str, known: SeenItem) {
        self.items.insert(hash(&[item_key]), known);
    }

    /// Whether one more item would push out another.
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= MOST
    }

    /// Forgets items that were not listed for a long time. Beyond the limit, forgets those that were
    /// unlisted longest.
    pub(crate) fn prune(&mut self, today: u32) {
        self.items.retain(|_, known| known.day.saturating_add(DAYS_KEPT) >= today);
        let excess = self.items.len().saturating_sub(MOST);
        if excess > 0 {
            let mut by_day: Vec<(u32, u64)> =
                self.items.iter().map(|(key, known)| (known.day, *key)).collect();
            by_day.sort_unstable();
            for (_, key) in &by_day[..excess] {
                self.items.remove(key);
            }
        }
    }

    pub(crate) fn write(&self) -> Bytes {
        let hex = |number: u64| format!("{number:016x}");
        let row = |(key, known): (&u64, &SeenItem)| {
            let mut page = hex(known.page);
            page.extend(known.is_baseline.then_some(BASELINE));
            Row(hex(*key), hex(known.content), known.article, known.day, page)
        };
        let rows: Vec<Row> = self.items.iter().map(row).collect();
        serde_json::to_vec(&rows).map(Bytes::from).unwrap_or_default()
    }

    /// An unreadable value counts as no items: articles are then published again with the same ids.
    pub(crate) fn read(value: &[u8]) -> Self {
        let rows: Vec<Row> = serde_json::from_slice(value).unwrap_or_default();
        let number = |hex: &str| u64::from_str_radix(hex, 16).ok();
        let item = |Row(key, content, article, day, page): Row| {
            let of_baseline = page.strip_suffix(BASELINE);
            let is_baseline = of_baseline.is_some();
            let page = number(of_baseline.unwrap_or(&page)).unwrap_or(0);
            let content = number(&content)?;
            Some((number(&key)?, SeenItem { content, article, day, page, is_baseline }))
        };
        Self { items: rows.into_iter().filter_map(item).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item_of_day(day: u32) -> SeenItem {
        let article = "a-00000000000000000000000001".parse().unwrap();
        SeenItem { content: u64::MAX, article, day, page: 7, is_baseline: day.is_multiple_of(2) }
    }

    /// Hashes are stored for months: this value must never change.
    #[test]
    fn hashes_never_change() {
        assert_eq!(format!("{:016x}", hash(&["guid-1"])), "90c18f00e384a88a");
    }

    #[test]
    fn seen_items_survive_storage() {
        let mut seen = SeenItems::default();
        seen.put("one", item_of_day(20_000));
        seen.put("two", item_of_day(20_001));
        assert_eq!(SeenItems::read(&seen.write()), seen);
        assert_eq!(seen.get("two"), Some(item_of_day(20_001)));
        assert_eq!(seen.get("three"), None);
        assert_eq!(SeenItems::read(b"oops"), SeenItems::default());
        // A row of a release without the hash of link and title.
        let older = br#"[["90c18f00e384a88a","01","a-00000000000000000000000001",20000]]"#;
        assert_eq!(SeenItems::read(older).get("guid-1").map(|known| known.page), Some(0));
    }

    #[test]
    fn items_are_remembered_for_ninety_days_after_the_last_listing() {
        let mut seen = SeenItems::default();
        seen.put("old", item_of_day(100));
        seen.put("new", item_of_day(101));
        seen.prune(190);
        assert!(seen.get("old").is_some());
        seen.prune(191);
        assert!(seen.get("old").is_none() && seen.get("new").is_some());
    }

    #[test]
    fn forgets_the_longest_unlisted_items_first() {
        let mut seen = SeenItems::default();
        for number in 0..6000 {
            seen.put(&number.to_string(), item_of_day(if number < 1500 { 100 } else { 101 }));
        }
        seen.prune(101);
        let kept = |range: std::ops::Range<u32>| {
            range.filter(|number| seen.get(&number.to_string()).is_some()).count()
        };
        assert_eq!((kept(0..1500), kept(1500..6000)), (500, 4500));
    }
}
