//! The items that a feed has listed: the article that each became, and a hash of its text then.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use wirefold_proto::ArticleId;

use crate::stable_hash::hash;

/// How many days an item is remembered after it was listed last.
const DAYS_KEPT: u32 = 90;
/// How many items are remembered of one feed.
const MOST: usize = 5000;

/// The items that a feed has listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    items: BTreeMap<u64, KnownItem>,
}

/// What is known of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct KnownItem {
    /// A hash of what the feed said of it.
    pub(crate) content: u64,
    /// The last article that it became.
    pub(crate) article: ArticleId,
    /// The day it was listed last, counted from 1970.
    pub(crate) day: u32,
    /// A hash of its link and title; 0 where one of them is missing.
    pub(crate) page: u64,
    /// Whether one of its articles was baseline.
    pub(crate) is_baseline: bool,
}

/// One item as it is written: hashes in hex, so that they pass through any JSON. The last is the hash of its link
/// and title, with [`BASELINE`] behind it for an item of which an article was baseline. An earlier release reads
/// that as an item without link and title.
#[derive(Serialize, Deserialize)]
struct Row(String, String, ArticleId, u32, #[serde(default)] String);

const BASELINE: char = '+';

impl Seen {
    /// What is known of an item.
    pub(crate) fn get(&self, item_key: &str) -> Option<KnownItem> {
        self.items.get(&hash(&[item_key])).copied()
    }

    /// All that is known, by the hashes of the keys.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, KnownItem)> {
        self.items.iter().map(|(key, known)| (*key, *known))
    }

    /// Remembers an item.
    pub(crate) fn put(&mut self, item_key: &str, known: KnownItem) {
        self.items.insert(hash(&[item_key]), known);
    }

    /// Whether one more would have another forgotten.
    pub(crate) fn is_full(&self) -> bool {
        self.items.len() >= MOST
    }

    /// Forgets what was not listed for long, and the longest unlisted beyond the bound.
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
        let row = |(key, known): (&u64, &KnownItem)| {
            let mut page = hex(known.page);
            page.extend(known.is_baseline.then_some(BASELINE));
            Row(hex(*key), hex(known.content), known.article, known.day, page)
        };
        let rows: Vec<Row> = self.items.iter().map(row).collect();
        serde_json::to_vec(&rows).map(Bytes::from).unwrap_or_default()
    }

    /// What cannot be read counts as nothing seen: articles then repeat under the same ids.
    pub(crate) fn read(value: &[u8]) -> Self {
        let rows: Vec<Row> = serde_json::from_slice(value).unwrap_or_default();
        let number = |hex: &str| u64::from_str_radix(hex, 16).ok();
        let item = |Row(key, content, article, day, page): Row| {
            let of_baseline = page.strip_suffix(BASELINE);
            let is_baseline = of_baseline.is_some();
            let page = number(of_baseline.unwrap_or(&page)).unwrap_or(0);
            let content = number(&content)?;
            Some((number(&key)?, KnownItem { content, article, day, page, is_baseline }))
        };
        Self { items: rows.into_iter().filter_map(item).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item_of_day(day: u32) -> KnownItem {
        let article = "a-00000000000000000000000001".parse().unwrap();
        KnownItem { content: u64::MAX, article, day, page: 7, is_baseline: day.is_multiple_of(2) }
    }

    /// Hashes stand in buckets for months: this value may never change.
    #[test]
    fn golden() {
        assert_eq!(format!("{:016x}", hash(&["guid-1"])), "90c18f00e384a88a");
    }

    #[test]
    fn comes_back_as_it_was() {
        let mut seen = Seen::default();
        seen.put("one", item_of_day(20_000));
        seen.put("two", item_of_day(20_001));
        assert_eq!(Seen::read(&seen.write()), seen);
        assert_eq!(seen.get("two"), Some(item_of_day(20_001)));
        assert_eq!(seen.get("three"), None);
        assert_eq!(Seen::read(b"oops"), Seen::default());
        // As it was written before links and titles were remembered.
        let older = br#"[["90c18f00e384a88a","01","a-00000000000000000000000001",20000]]"#;
        assert_eq!(Seen::read(older).get("guid-1").map(|known| known.page), Some(0));
    }

    #[test]
    fn items_are_kept_while_listed_and_ninety_days() {
        let mut seen = Seen::default();
        seen.put("old", item_of_day(100));
        seen.put("new", item_of_day(101));
        seen.prune(190);
        assert!(seen.get("old").is_some());
        seen.prune(191);
        assert!(seen.get("old").is_none() && seen.get("new").is_some());
    }

    #[test]
    fn the_longest_unlisted_go_first() {
        let mut seen = Seen::default();
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
