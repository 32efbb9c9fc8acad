//! The answer of an index on a shard: the articles under the keys of a new article. With it, the writer
//! marks hot runs, scores candidates and adds the new article to the index.
//!
//! Keys come in; articles and their key counts go out, as bytes. The module never knows the texts.

use std::collections::BTreeMap;

use crate::codec::varint;
use crate::ids::DocId;
use crate::index::hot_lists::ListId;
use crate::index::segment::{KeyCount, short_key};
use crate::index::{Candidate, Index, KeyPostings, List, Scoring};
use crate::settings::DAY;

/// The articles under the keys of a new article, by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PostingsByDay {
    days: BTreeMap<i64, DayPostings>,
}

/// The articles of one day. A day of the index is listed even if it has none of the keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct DayPostings {
    /// The number of keys of each article in `lists`.
    counts: BTreeMap<DocId, KeyCount>,
    /// By the position of the key, the articles under it in the order of arrival.
    lists: BTreeMap<u32, Vec<DocId>>,
}

impl Index {
    /// The articles under `keys`, given as [`short_key`], that came before the article `before`, in days
    /// from `from` on.
    pub(crate) fn postings_by_day(&self, keys: &[u32], before: DocId, from: i64) -> PostingsByDay {
        let mut listed = PostingsByDay::default();
        for (day, segment) in self.segments.range(from..) {
            let of_day = listed.days.entry(*day).or_default();
            let (mut docs, mut start) = (Vec::new(), 0);
            segment.look_up(keys, &mut docs, |position, docs: &[DocId]| {
                let found: Vec<DocId> =
                    docs[start..].iter().copied().filter(|doc| *doc < before).collect();
                for doc in &found {
                    of_day.counts.extend(segment.count(*doc).map(|count| (*doc, count)));
                }
                if !found.is_empty() {
                    of_day.lists.insert(position, found);
                }
                start = docs.len();
            });
        }
        listed
    }

    /// Adds an article seen at `time` (seconds) under keys given as [`short_key`].
    pub(crate) fn insert_keys(&mut self, doc: DocId, time: i64, keys: &[u32], count: KeyCount) {
        self.segment_of(time.div_euclid(DAY)).insert_keys(doc, keys.iter().copied(), count);
    }
}

impl KeyPostings {
    /// The articles under each of `keys`, from the answers of shards. `is_hot` says whether a list is hot.
    pub(crate) fn from_shards(
        listed: PostingsByDay,
        keys: &[u64],
        is_hot: impl Fn(ListId, &[DocId]) -> bool,
    ) -> KeyPostings {
        let (mut docs, mut lists, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (day, of_day) in &listed.days {
            for (position, found) in &of_day.lists {
                // A faulty shard may answer for a key that was not looked up.
                let Some(key) = keys.get(*position as usize) else { continue };
                let list = ListId { day: *day, key: short_key(*key) };
                docs.extend_from_slice(found);
                lists.push(List { key: *position, end: docs.len(), is_hot: is_hot(list, found) });
            }
            ends.push(lists.len());
        }
        let elsewhere = listed.days.into_iter().map(|(day, of_day)| (day, of_day.counts)).collect();
        KeyPostings { docs, lists, ends, keys: keys.len(), elsewhere }
    }

    /// The candidates in the answers of shards, likeliest first, and the number of articles that were scored.
    /// `key_count` is that of the new article.
    pub(crate) fn score(&self, key_count: KeyCount) -> (Vec<Candidate>, u64) {
        let mut scoring = Scoring::new(key_count);
        for (at, (_, counts)) in self.elsewhere.iter().enumerate() {
            scoring.add(self.articles_of_cold_keys(at), |doc| counts.get(&doc).copied());
        }
        scoring.finish()
    }

    /// The keys of the new article, as [`short_key`], under which it is added on a day: all keys whose list
    /// on that day is not full.
    pub(crate) fn keys_to_insert(&self, keys: &[u64], day: i64) -> Vec<u32> {
        let known = self.elsewhere.iter().position(|(known, _)| *known == day);
        let has_room = |at: usize| known.is_none_or(|known| !self.is_full(known, at));
        let kept = keys.iter().enumerate().filter(|(at, _)| has_room(*at));
        kept.map(|(_, key)| short_key(*key)).collect()
    }
}

impl PostingsByDay {
    /// Adds the answer of another shard for the same keys. No article is on two shards.
    pub(crate) fn merge(&mut self, other: PostingsByDay) {
        for (day, of_other) in other.days {
            let of_day = self.days.entry(day).or_default();
            of_day.counts.extend(of_other.counts);
            for (position, docs) in of_other.lists {
                let list = of_day.lists.entry(position).or_default();
                list.extend(docs);
                list.sort_unstable();
            }
        }
    }

    /// Appends it as bytes. The lists refer to an article by its position among the articles of the day.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        varint::push_count(bytes, self.days.len());
        for (day, DayPostings { counts, lists }) in &self.days {
            varint::push_time(bytes, *day);
            varint::push_count(bytes, counts.len());
            let mut before = 0;
            for (doc, count) in counts {
                varint::push(bytes, doc.0 - before);
                varint::push(bytes, count.bits());
                before = doc.0;
            }
            varint::push_count(bytes, lists.len());
            let numbers: BTreeMap<DocId, u32> = counts.keys().copied().zip(0..).collect();
            let mut last = 0;
            for (position, docs) in lists {
                varint::push(bytes, position - last);
                varint::push_count(bytes, docs.len());
                docs.iter().for_each(|doc| varint::push(bytes, numbers[doc]));
                last = *position;
            }
        }
    }

    /// Reads an answer that [`pack`](Self::pack) wrote, and advances `bytes` past it; `None` if the bytes
    /// are no answer.
    pub(crate) fn unpack(bytes: &mut &[u8]) -> Option<PostingsByDay> {
        let mut listed = PostingsByDay::default();
        for _ in 0..varint::read(bytes)? {
            let day = varint::read_time(bytes)?;
            let (mut of_day, mut docs) = (DayPostings::default(), Vec::new());
            let mut number: u32 = 0;
            for _ in 0..varint::read(bytes)? {
                number = number.checked_add(varint::read(bytes)?)?;
                let doc = DocId(number);
                of_day.counts.insert(doc, KeyCount::from_bits(varint::read(bytes)?));
                docs.push(doc);
            }
            let mut position: u32 = 0;
            for _ in 0..varint::read(bytes)? {
                position = position.checked_add(varint::read(bytes)?)?;
                let mut list = Vec::new();
                for _ in 0..varint::read(bytes)? {
                    list.push(*docs.get(varint::read(bytes)? as usize)?);
                }
                of_day.lists.insert(position, list);
            }
            listed.days.insert(day, of_day);
        }
        Some(listed)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::body::Body;
    use crate::body::fingerprint::Fingerprint;
    use wirefold_text::Text;

    fn fingerprint(from: usize, to: usize) -> Fingerprint {
        let text: String = (from..to).map(|n| format!("w{n} ")).collect();
        let text = Text::new(&text);
        Fingerprint::new(&text, &Body::new(&text))
    }

    /// The merged answers of two shards, each written as bytes and read again.
    fn of_both(shards: &[Index; 2], keys: &[u64], before: DocId, from: i64) -> PostingsByDay {
        let keys: Vec<u32> = keys.iter().map(|key| short_key(*key)).collect();
        let mut all = PostingsByDay::default();
        for shard in shards {
            let mut bytes = Vec::new();
            let listed = shard.postings_by_day(&keys, before, from);
            listed.pack(&mut bytes);
            let mut rest = bytes.as_slice();
            assert_eq!(PostingsByDay::unpack(&mut rest).as_ref(), Some(&listed));
            assert!(rest.is_empty());
            for cut in (0..bytes.len()).step_by(7) {
                assert_ne!(
                    PostingsByDay::unpack(&mut &bytes[..cut]).as_ref(),
                    Some(&listed),
                    "{cut}"
                );
            }
            all.merge(listed);
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// The same text comes so often that its keys are full.
        #[test]
        fn two_shards_list_what_one_index_has(
            ranges in proptest::collection::vec((0usize..60, 5usize..300, 0i64..3), 1..120),
        ) {
            let mut days: Vec<i64> = ranges.iter().map(|(_, _, day)| *day).collect();
            days.sort_unstable();
            let (mut one, mut two) = (Index::default(), [Index::default(), Index::default()]);
            let is_hot = |_, docs: &[DocId]| docs.len() > 70 && docs.len().is_multiple_of(3);
            for (((from, len, _), day), number) in ranges.iter().zip(days).zip(0..) {
                let doc = DocId(number);
                let new = fingerprint(*from, from + len);
                let here = one.look_up(&new.keys, is_hot);
                let listed = of_both(&two, &new.keys, doc, 0);
                let there = KeyPostings::from_shards(listed, &new.keys, is_hot);
                prop_assert_eq!(here.work(), there.work());
                prop_assert_eq!(one.score(&new, &here), there.score(KeyCount::new(&new)));
                one.insert(doc, day * DAY, &new, &here);
                let (keys, count) = (there.keys_to_insert(&new.keys, day), KeyCount::new(&new));
                two[doc.index() % 2].insert_keys(doc, day * DAY, &keys, count);
            }
        }
    }

    #[test]
    fn articles_from_before_the_window_and_from_now_on_are_not_listed() {
        let mut shards = [Index::default(), Index::default()];
        let new = fingerprint(0, 200);
        let keys: Vec<u32> = new.keys.iter().map(|key| short_key(*key)).collect();
        for doc in 0..4_u32 {
            shards[doc as usize % 2].insert_keys(
                DocId(doc),
                i64::from(doc) * DAY,
                &keys,
                KeyCount::new(&new),
            );
        }
        let found = of_both(&shards, &new.keys, DocId(3), 1);
        let docs: Vec<DocId> =
            found.days.values().flat_map(|of_day| of_day.counts.keys().copied()).collect();
        assert_eq!(docs, [1, 2].map(DocId));
        assert_eq!(found.days.keys().copied().collect::<Vec<_>>(), [1, 2, 3]);
    }
}
