//! What an index in another process lists for the keys of an article. The writer needs it to mark hot keys, to
//! score candidates and to enter the article.

use std::collections::BTreeMap;

use crate::codec::varint;
use crate::ids::DocId;
use crate::index::hot_lists::ListName;
use crate::index::segment::{KeyCount, short};
use crate::index::{Candidate, Index, List, Scoring, UnderKeys};
use crate::settings::DAY;

/// The articles under the keys of an article, by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PostingsByDay {
    days: BTreeMap<i64, DayPostings>,
}

/// Those of one day: a day of the index that has none of the keys is listed too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct DayPostings {
    /// Each article with the number of its keys.
    counts: BTreeMap<DocId, KeyCount>,
    /// By the place of the key, the articles under it in the order in which they came.
    lists: BTreeMap<u32, Vec<DocId>>,
}

impl Index {
    /// The articles before `before` under [`short`] keys, in days from `from` on.
    pub(crate) fn postings_by_day(&self, keys: &[u32], before: DocId, from: i64) -> PostingsByDay {
        let mut listed = PostingsByDay::default();
        for (day, segment) in self.segments.range(from..) {
            let of_day = listed.days.entry(*day).or_default();
            let (mut docs, mut start) = (Vec::new(), 0);
            segment.look_up(keys, &mut docs, |place, docs: &[DocId]| {
                let found: Vec<DocId> =
                    docs[start..].iter().copied().filter(|doc| *doc < before).collect();
                for doc in &found {
                    of_day.counts.extend(segment.count(*doc).map(|count| (*doc, count)));
                }
                if !found.is_empty() {
                    of_day.lists.insert(place, found);
                }
                start = docs.len();
            });
        }
        listed
    }

    /// Adds an article seen at `time` (seconds) under [`short`] keys.
    pub(crate) fn add(&mut self, doc: DocId, time: i64, keys: &[u32], count: KeyCount) {
        self.segment_of(time.div_euclid(DAY)).add(doc, keys.iter().copied(), count);
    }
}

impl UnderKeys {
    /// The same from what shards have listed for these keys.
    pub(crate) fn from_shards(
        listed: PostingsByDay,
        keys: &[u64],
        is_hot: impl Fn(ListName, &[DocId]) -> bool,
    ) -> UnderKeys {
        let (mut docs, mut lists, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (day, of_day) in &listed.days {
            for (place, found) in &of_day.lists {
                // A shard may answer for a key that nobody asked for.
                let Some(key) = keys.get(*place as usize) else { continue };
                let list = ListName { day: *day, key: short(*key) };
                docs.extend_from_slice(found);
                lists.push(List { key: *place, end: docs.len(), is_hot: is_hot(list, found) });
            }
            ends.push(lists.len());
        }
        let elsewhere = listed.days.into_iter().map(|(day, of_day)| (day, of_day.counts)).collect();
        UnderKeys { docs, lists, ends, keys: keys.len(), elsewhere }
    }

    /// The candidates among what shards have listed, likeliest first, and how many articles were scored.
    pub(crate) fn scored(&self, own: KeyCount) -> (Vec<Candidate>, u64) {
        let mut scoring = Scoring::new(own);
        for (at, (_, counts)) in self.elsewhere.iter().enumerate() {
            scoring.add(self.telling(at), |doc| counts.get(&doc).copied());
        }
        scoring.finish()
    }

    /// The keys of the article, as they are asked for, under which it is entered on a day: all but those
    /// that have enough articles already.
    pub(crate) fn entered(&self, keys: &[u64], day: i64) -> Vec<u32> {
        let known = self.elsewhere.iter().position(|(known, _)| *known == day);
        let has_room = |at: usize| known.is_none_or(|known| !self.is_full(known, at));
        let kept = keys.iter().enumerate().filter(|(at, _)| has_room(*at));
        kept.map(|(_, key)| short(*key)).collect()
    }
}

impl PostingsByDay {
    /// Adds what another shard has listed for the same keys: no article is on two shards.
    pub(crate) fn merge(&mut self, other: PostingsByDay) {
        for (day, of_other) in other.days {
            let of_day = self.days.entry(day).or_default();
            of_day.counts.extend(of_other.counts);
            for (place, docs) in of_other.lists {
                let list = of_day.lists.entry(place).or_default();
                list.extend(docs);
                list.sort_unstable();
            }
        }
    }

    /// Appends it as bytes: of each article one number under each key, and its own once a day.
    pub(crate) fn push_to(&self, bytes: &mut Vec<u8>) {
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
            for (place, docs) in lists {
                varint::push(bytes, place - last);
                varint::push_count(bytes, docs.len());
                docs.iter().for_each(|doc| varint::push(bytes, numbers[doc]));
                last = *place;
            }
        }
    }

    /// Takes it from the beginning of `bytes`; `None` if they are not such.
    pub(crate) fn unpack(bytes: &mut &[u8]) -> Option<PostingsByDay> {
        let mut listed = PostingsByDay::default();
        for _ in 0..varint::read(bytes)? {
            let day = varint::read_time(bytes)?;
            let (mut of_day, mut docs) = (DayPostings::default(), Vec::new());
            let mut number: u32 = 0;
            for _ in 0..varint::read(bytes)? {
                number = number.checked_add(varint::read(bytes)?)?;
                let doc = DocId(number);
                of_day.counts.insert(doc, KeyCount::of_bits(varint::read(bytes)?));
                docs.push(doc);
            }
            let mut place: u32 = 0;
            for _ in 0..varint::read(bytes)? {
                place = place.checked_add(varint::read(bytes)?)?;
                let mut list = Vec::new();
                for _ in 0..varint::read(bytes)? {
                    list.push(*docs.get(varint::read(bytes)? as usize)?);
                }
                of_day.lists.insert(place, list);
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

    /// What two shards list together, each answer carried as bytes.
    fn of_both(shards: &[Index; 2], keys: &[u64], before: DocId, from: i64) -> PostingsByDay {
        let keys: Vec<u32> = keys.iter().map(|key| short(*key)).collect();
        let mut all = PostingsByDay::default();
        for shard in shards {
            let mut bytes = Vec::new();
            let listed = shard.postings_by_day(&keys, before, from);
            listed.push_to(&mut bytes);
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
                let there = UnderKeys::from_shards(listed, &new.keys, is_hot);
                prop_assert_eq!(here.work(), there.work());
                prop_assert_eq!(one.scored(&new, &here), there.scored(KeyCount::new(&new)));
                one.insert(doc, day * DAY, &new, &here);
                let (keys, count) = (there.entered(&new.keys, day), KeyCount::new(&new));
                two[doc.index() % 2].add(doc, day * DAY, &keys, count);
            }
        }
    }

    #[test]
    fn articles_from_before_the_window_and_from_now_on_are_not_listed() {
        let mut shards = [Index::default(), Index::default()];
        let new = fingerprint(0, 200);
        let keys: Vec<u32> = new.keys.iter().map(|key| short(*key)).collect();
        for doc in 0..4_u32 {
            shards[doc as usize % 2].add(
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
