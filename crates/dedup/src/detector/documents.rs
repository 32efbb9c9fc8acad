//! The seam between the one writer of stories and the documents: the index, the texts and their packed
//! bodies. They stand here, or on shards in other processes. No verdict depends on where.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::body::fingerprint::Fingerprint;
use crate::codec::TextFile;
use crate::detector::shard_protocol::{Entry, ShardRequest, kept_from, listed_from};
use crate::ids::DocId;
use crate::index::hot_lists::ListName;
use crate::index::postings_by_day::PostingsByDay;
use crate::index::segment::{KeyCount, short};
use crate::index::{Candidate, Index, UnderKeys};
use crate::settings::DAY;
use crate::store::text_store::Resting;

/// Carries questions to the shards of documents, as bytes, and their answers back.
pub trait Shards: Send + Sync + Debug {
    /// How many shards there are: the same number as long as any of their articles is in the window.
    fn count(&self) -> u32;

    /// Asks shards, all at the same time, and gives their answers in the order of the questions. It waits
    /// until all have answered: without one of them every verdict might be another. It may ask again.
    fn ask(&self, questions: Vec<(u32, Vec<u8>)>) -> Vec<Vec<u8>>;

    /// Ends the process, because the answer of a shard cannot be read: without it every verdict might be another.
    fn give_up(&self, shard: u32) -> !;
}

/// The documents of a detector.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents {
    /// Empty if the documents stand elsewhere.
    pub(crate) here: Index,
    elsewhere: Option<Arc<Elsewhere>>,
    /// The first day of the window, for those who cannot know it.
    from: i64,
}

impl Documents {
    /// On shards, all of them without any article.
    pub(crate) fn on(shards: Arc<dyn Shards>) -> Documents {
        let elsewhere = Elsewhere { shards, latest: Mutex::default() };
        Documents { elsewhere: Some(Arc::new(elsewhere)), ..Documents::default() }
    }

    /// The earlier articles under sorted keys of the article `number`; see [`Index::look_up`].
    pub(crate) fn look_up(
        &self,
        number: DocId,
        keys: &[u64],
        is_hot: impl Fn(ListName, &[DocId]) -> bool,
    ) -> UnderKeys {
        let Some(elsewhere) = &self.elsewhere else { return self.here.look_up(keys, is_hot) };
        UnderKeys::from_shards(elsewhere.look_up(number, self.from, keys), keys, is_hot)
    }

    /// The earlier articles worth comparing, likeliest first, and how many were scored.
    pub(crate) fn scored(
        &self,
        fingerprint: &Fingerprint,
        under_keys: &UnderKeys,
    ) -> (Vec<Candidate>, u64) {
        match self.elsewhere {
            None => self.here.scored(fingerprint, under_keys),
            Some(_) => under_keys.scored(KeyCount::new(fingerprint)),
        }
    }

    /// Says which articles are read next: from shards they come all at once.
    pub(crate) fn will_read(&self, docs: impl Iterator<Item = DocId>) {
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.fetch(docs);
        }
    }

    /// Adds an article seen at `time` (seconds), whose keys were looked up. What is kept of it stays where
    /// it is, or goes to its shard.
    pub(crate) fn insert(
        &mut self,
        (doc, time): (DocId, i64),
        fingerprint: &Fingerprint,
        under_keys: &UnderKeys,
        resting: &mut Resting,
    ) {
        let Some(elsewhere) = &self.elsewhere else {
            if fingerprint.is_findable() {
                self.here.insert(doc, time, fingerprint, under_keys);
            }
            return;
        };
        let count = fingerprint.is_findable().then(|| KeyCount::new(fingerprint));
        let keys = match count {
            Some(_) => under_keys.entered(&fingerprint.keys, time.div_euclid(DAY)),
            None => Vec::new(),
        };
        let text_file: Arc<dyn TextFile> = elsewhere.clone();
        if let Some(kept) = resting.stands_at(&text_file, u64::from(doc.0)) {
            elsewhere.insert(Entry { doc, time, count, keys, kept });
        }
    }

    /// Whether they stand here.
    pub(crate) fn are_here(&self) -> bool {
        self.elsewhere.is_none()
    }

    /// Drops the articles that `is_gone` names, where they stand here.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.here.forget(is_gone);
    }

    /// Drops what was seen before `oldest` (seconds).
    pub(crate) fn expire(&mut self, oldest: i64) {
        self.here.expire(oldest);
        self.from = oldest.div_euclid(DAY);
        if let Some(elsewhere) = &self.elsewhere {
            elsewhere.tell_all(&ShardRequest::Expire { time: oldest });
        }
    }
}

/// So many articles that were entered or read last stay here too: some 2 MB, as in the text store.
const LATEST: usize = 1024;

/// Documents on shards: each article on that of its number.
#[derive(Debug)]
struct Elsewhere {
    shards: Arc<dyn Shards>,
    latest: Mutex<Latest>,
}

/// What is kept of the articles that were entered or read last.
#[derive(Debug, Default)]
struct Latest {
    kept: FxHashMap<DocId, Arc<[u8]>>,
    order: VecDeque<DocId>,
}

impl Latest {
    fn insert(&mut self, doc: DocId, kept: Vec<u8>) {
        if self.kept.insert(doc, kept.into()).is_none() {
            self.order.push_back(doc);
        }
        if self.order.len() > LATEST
            && let Some(oldest) = self.order.pop_front()
        {
            self.kept.remove(&oldest);
        }
    }
}

impl Elsewhere {
    /// The shard of an article: by a hash of its number, so that neighbours are on different ones.
    fn shard_of(&self, doc: DocId) -> u32 {
        doc.0.wrapping_mul(0x9e37_79b1).rotate_left(15) % self.shards.count().max(1)
    }

    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self, before: DocId, from: i64, keys: &[u64]) -> PostingsByDay {
        let keys = keys.iter().map(|key| short(*key)).collect();
        let mut all = PostingsByDay::default();
        for (shard, answer) in
            (0..).zip(self.tell_all(&ShardRequest::LookUp { before, from, keys }))
        {
            all.merge(listed_from(&answer).unwrap_or_else(|| self.shards.give_up(shard)));
        }
        all
    }

    fn insert(&self, entry: Entry) {
        let shard = self.shard_of(entry.doc);
        let doc = entry.doc;
        let question = ShardRequest::Insert(entry);
        self.shards.ask(vec![(shard, question.to_bytes())]);
        if let ShardRequest::Insert(Entry { kept, .. }) = question {
            self.latest().insert(doc, kept);
        }
    }

    fn tell_all(&self, question: &ShardRequest) -> Vec<Vec<u8>> {
        let bytes = question.to_bytes();
        self.shards.ask((0..self.shards.count()).map(|shard| (shard, bytes.clone())).collect())
    }

    /// Reads those that are not here. An answer may hold a part of what was asked for.
    fn fetch(&self, docs: impl Iterator<Item = DocId>) {
        let mut missing: Vec<Vec<DocId>> = vec![Vec::new(); self.shards.count() as usize];
        {
            let latest = self.latest();
            for doc in docs.filter(|doc| !latest.kept.contains_key(doc)) {
                missing[self.shard_of(doc) as usize].push(doc);
            }
        }
        while missing.iter().any(|of_shard| !of_shard.is_empty()) {
            let asked = (0..).zip(&missing).filter(|(_, of_shard)| !of_shard.is_empty());
            let question = |of_shard: &Vec<DocId>| ShardRequest::Read { docs: of_shard.clone() };
            let asked: Vec<(u32, Vec<u8>)> =
                asked.map(|(shard, of_shard)| (shard, question(of_shard).to_bytes())).collect();
            let shards: Vec<u32> = asked.iter().map(|(shard, _)| *shard).collect();
            for (shard, answer) in shards.into_iter().zip(self.shards.ask(asked)) {
                let all = kept_from(&answer).unwrap_or_else(|| self.shards.give_up(shard));
                let of_shard = &mut missing[shard as usize];
                let read = all.len().min(of_shard.len());
                for (doc, kept) in of_shard.drain(..read).zip(all) {
                    self.latest().insert(doc, kept);
                }
            }
        }
    }
}

/// The place of an article is its number.
impl TextFile for Elsewhere {
    fn put(&self, _bytes: &[u8]) -> Option<u64> {
        None
    }

    fn read(&self, place: u64, bytes: &mut [u8]) {
        let number = u32::try_from(place).expect("the place of an article is its number");
        let doc = DocId(number);
        let held = |latest: &Latest| latest.kept.get(&doc).cloned();
        let mut kept = held(&self.latest());
        if kept.is_none() {
            self.fetch(std::iter::once(doc));
            kept = held(&self.latest());
        }
        match kept.filter(|kept| kept.len() == bytes.len()) {
            Some(kept) => bytes.copy_from_slice(&kept),
            None => self.shards.give_up(self.shard_of(doc)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Reader, Stand, Writer};
    use crate::detector::Detector;
    use crate::detector::incoming::Incoming;
    use crate::detector::shard::Shard;
    use crate::detector::verdict::{Class, Verdict};
    use crate::settings::Settings;

    /// Shards in this process, each of which is asked everything twice.
    #[derive(Debug)]
    struct Beside(Vec<Mutex<Shard>>);

    impl Shards for Beside {
        fn count(&self) -> u32 {
            u32::try_from(self.0.len()).unwrap()
        }

        fn ask(&self, questions: Vec<(u32, Vec<u8>)>) -> Vec<Vec<u8>> {
            let answer = |(shard, question): (u32, Vec<u8>)| {
                let mut shard = self.0[shard as usize].lock().unwrap();
                let first = shard.answer(&question).unwrap();
                assert_eq!(shard.answer(&question).unwrap(), first, "it may ask again");
                first
            };
            questions.into_iter().map(answer).collect()
        }

        fn give_up(&self, shard: u32) -> ! {
            panic!("shard {shard}")
        }
    }

    fn shards(count: usize) -> Arc<Beside> {
        Arc::new(Beside((0..count).map(|_| Mutex::default()).collect()))
    }

    /// Every third has most of an earlier text, every fifth a phrase that many have; some are long.
    fn text(number: usize) -> String {
        let run = |of: usize, count: usize| -> String {
            (0..count).map(|at| format!("w{}x{at} ", of % 97)).collect()
        };
        let length = if number % 40 == 7 { 9_000 } else { 120 };
        let own = run(number * 31 + 5, length);
        let copied =
            if number.is_multiple_of(3) { run(number / 4 * 31 + 5, 110) } else { String::new() };
        let phrase = if number.is_multiple_of(5) { run(96, 60) } else { String::new() };
        format!("{own}. {copied}\n{phrase} Name{} said {number}.", number % 13)
    }

    fn observe(detector: &mut Detector, number: usize) -> Verdict {
        let item = format!("i{}", number - number % 9 / 8);
        let time = i64::try_from(number).unwrap() * DAY / 25;
        detector.observe(&Incoming {
            items: &[&item],
            outlet: Some(["a.example", "b.example", "c.example", "d.example"][number % 4]),
            title: &format!("title {} of Name{}", number % 11, number % 13),
            text: &text(number),
            time,
            published: time,
            ..Incoming::default()
        })
    }

    #[test]
    fn three_shards_give_the_verdicts_and_the_work_of_one_detector() {
        let mut here = Detector::new(Settings::default());
        let apart = shards(3);
        let mut there = Detector::new(Settings::default()).on_shards(apart.clone());
        let mut copies = 0;
        for number in 0..700 {
            let expected = observe(&mut here, number);
            assert_eq!(observe(&mut there, number), expected);
            copies += usize::from(expected.class == Class::Copy);
        }
        assert!(copies > 150, "{copies}");
        assert_eq!(there.work(), here.work());
        let kept: Vec<usize> = apart.0.iter().map(|it| it.lock().unwrap().articles()).collect();
        assert!(kept.iter().all(|kept| (50..110).contains(kept)), "{kept:?}");
        assert!(
            there.documents.here.postings_by_day(&[], DocId(0), 0) == PostingsByDay::default(),
            "nothing is here"
        );
    }

    #[test]
    fn a_writer_that_starts_again_from_a_snapshot_gives_the_same_verdicts() {
        let apart = shards(2);
        let mut there = Detector::new(Settings::default()).on_shards(apart.clone());
        (0..300).for_each(|number| drop(observe(&mut there, number)));
        let mut pieces = Vec::new();
        let mut give = |piece| pieces.push(piece);
        let mut writer = Writer::new(&mut give);
        there.write_to(&mut writer);
        writer.finish();
        let expected: Vec<Verdict> = (300..320).map(|number| observe(&mut there, number)).collect();

        let fresh = Documents::on(apart);
        let text_file: Arc<dyn TextFile> = fresh.elsewhere.clone().unwrap();
        let mut pieces = pieces.into_iter();
        let mut next = || pieces.next();
        let stands = vec![Stand { text_file, start: 0 }];
        let mut reader = Reader::new(&mut next).with_text_files(stands);
        let mut again = Detector::read_from(Settings::default(), &mut reader).unwrap();
        again.documents = fresh;
        let found: Vec<Verdict> = (300..320).map(|number| observe(&mut again, number)).collect();
        assert_eq!(found, expected);
    }
}
