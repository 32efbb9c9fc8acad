//! The interface between the writer of stories and the documents: the index, the texts and their
//! packed bodies. They are in this process, or on shards in other processes. No verdict depends on
//! where they are.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::FxHashMap;

use crate::body::fingerprint::Fingerprint;
use crate::codec::TextFile;
use crate::detector::shard_protocol::{ShardEntry, ShardRequest, decode_postings, read_packed};
use crate::ids::DocId;
use crate::index::hot_lists::ListId;
use crate::index::postings_by_day::PostingsByDay;
use crate::index::segment::{KeyCount, short_key};
use crate::index::{Candidate, Index, KeyPostings};
use crate::settings::DAY;
use crate::store::text_store::StoredParts;

/// Carries requests to the shards of documents, and their answers back, as bytes.
pub trait Shards: Send + Sync + Debug {
    /// How many shards there are. The number must not change while any of their articles is in the
    /// window.
    fn count(&self) -> u32;

    /// Sends requests to shards, all at the same time, and returns their answers in the order of
    /// the requests. It waits until all have answered, because verdicts depend on every answer. It
    /// may send a request again.
    fn ask(&self, requests: Vec<(u32, Vec<u8>)>) -> Vec<Vec<u8>>;

    /// Ends the process because the answer of a shard cannot be read: verdicts depend on every
    /// answer.
    fn give_up(&self, shard: u32) -> !;
}

/// The documents of a detector.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents {
    /// Empty if the documents are on shards.
    pub(crate) local: Index,
    remote: Option<Arc<RemoteDocuments>>,
    /// The first day of the window, which shards do not know.
    first_day: i64,
}

impl Documents {
    /// Documents on shards, which have no article yet.
    pub(crate) fn on(shards: Arc<dyn Shards>) -> Documents {
        let remote = RemoteDocuments { shards, recent: Mutex::default() };
        Documents { remote: Some(Arc::new(remote)), ..Documents::default() }
    }

    /// The earlier articles under the sorted keys of the article `number`; see [`Index::look_up`].
    pub(crate) fn look_up(
        &self,
        number: DocId,
        keys: &[u64],
        is_hot: impl Fn(ListId, &[DocId]) -> bool,
    ) -> KeyPostings {
        let Some(remote) = &self.remote else { return self.local.look_up(keys, is_hot) };
        KeyPostings::from_shards(remote.look_up(number, self.first_day, keys), keys, is_hot)
    }

    /// The candidates, likeliest first, and how many were scored.
    pub(crate) fn scored(
        &self,
        fingerprint: &Fingerprint,
        key_postings: &KeyPostings,
    ) -> (Vec<Candidate>, u64) {
        match self.remote {
            None => self.local.score(fingerprint, key_postings),
            Some(_) => key_postings.score(KeyCount::new(fingerprint)),
        }
    }

    /// Fetches the articles that are read next from their shards, all at once.
    pub(crate) fn prefetch(&self, docs: impl Iterator<Item = DocId>) {
        if let Some(remote) = &self.remote {
            remote.fetch(docs);
        }
    }

    /// Adds an article seen at `time` (seconds), after its keys were looked up. If there are
    /// shards, its packed text and body move to its shard.
    pub(crate) fn insert(
        &mut self,
        (doc, time): (DocId, i64),
        fingerprint: &Fingerprint,
        key_postings: &KeyPostings,
        stored: &mut StoredParts,
    ) {
        let Some(remote) = &self.remote else {
            if fingerprint.is_findable() {
                self.local.insert(doc, time, fingerprint, key_postings);
            }
            return;
        };
        let count = fingerprint.is_findable().then(|| KeyCount::new(fingerprint));
        let keys = match count {
            Some(_) => key_postings.keys_to_insert(&fingerprint.keys, time.div_euclid(DAY)),
            None => Vec::new(),
        };
        let text_file: Arc<dyn TextFile> = remote.clone();
        if let Some(packed) = stored.assign_position(&text_file, u64::from(doc.0)) {
            remote.insert(ShardEntry { doc, time, count, keys, packed });
        }
    }

    /// Whether the documents are in this process.
    pub(crate) fn are_local(&self) -> bool {
        self.remote.is_none()
    }

    /// Removes the articles for which `is_gone` is true, if the documents are in this process.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.local.forget(is_gone);
    }

    /// Removes the articles seen before `oldest` (seconds).
    pub(crate) fn expire(&mut self, oldest: i64) {
        self.local.expire(oldest);
        self.first_day = oldest.div_euclid(DAY);
        if let Some(remote) = &self.remote {
            remote.ask_all(&ShardRequest::Expire { time: oldest });
        }
    }
}

/// How many of the articles last added or read are cached here: some 2 MB, as in the text store.
const MAX_RECENT: usize = 1024;

/// Documents on shards. The number of an article decides its shard.
#[derive(Debug)]
struct RemoteDocuments {
    shards: Arc<dyn Shards>,
    recent: Mutex<RecentArticles>,
}

/// A cache of the stored bytes of the articles last added or read; the oldest entry leaves first.
#[derive(Debug, Default)]
struct RecentArticles {
    packed: FxHashMap<DocId, Arc<[u8]>>,
    order: VecDeque<DocId>,
}

impl RecentArticles {
    fn insert(&mut self, doc: DocId, packed: Vec<u8>) {
        if self.packed.insert(doc, packed.into()).is_none() {
            self.order.push_back(doc);
        }
        if self.order.len() > MAX_RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.packed.remove(&oldest);
        }
    }
}

impl RemoteDocuments {
    /// The shard of an article, by a hash of its number, so that neighbours are on different
    /// shards.
    fn shard_of(&self, doc: DocId) -> u32 {
        doc.0.wrapping_mul(0x9e37_79b1).rotate_left(15) % self.shards.count().max(1)
    }

    fn recent(&self) -> MutexGuard<'_, RecentArticles> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look_up(&self, before: DocId, from: i64, keys: &[u64]) -> PostingsByDay {
        let keys = keys.iter().map(|key| short_key(*key)).collect();
        let mut all = PostingsByDay::default();
        for (shard, answer) in (0..).zip(self.ask_all(&ShardRequest::LookUp { before, from, keys }))
        {
            all.merge(decode_postings(&answer).unwrap_or_else(|| self.shards.give_up(shard)));
        }
        all
    }

    fn insert(&self, entry: ShardEntry) {
        let shard = self.shard_of(entry.doc);
        let doc = entry.doc;
        let request = ShardRequest::Insert(entry);
        self.shards.ask(vec![(shard, request.to_bytes())]);
        if let ShardRequest::Insert(ShardEntry { packed, .. }) = request {
            self.recent().insert(doc, packed);
        }
    }

    fn ask_all(&self, request: &ShardRequest) -> Vec<Vec<u8>> {
        let bytes = request.to_bytes();
        self.shards.ask((0..self.shards.count()).map(|shard| (shard, bytes.clone())).collect())
    }

    /// Reads the articles that are not in the cache. An answer may hold only the first of the
    /// requested articles, so requests are repeated until all are here.
    fn fetch(&self, docs: impl Iterator<Item = DocId>) {
        let mut missing: Vec<Vec<DocId>> = vec![Vec::new(); self.shards.count() as usize];
        {
            let recent = self.recent();
            for doc in docs.filter(|doc| !recent.packed.contains_key(doc)) {
                missing[self.shard_of(doc) as usize].push(doc);
            }
        }
        while missing.iter().any(|of_shard| !of_shard.is_empty()) {
            let requests = (0..).zip(&missing).filter(|(_, of_shard)| !of_shard.is_empty());
            let request = |of_shard: &Vec<DocId>| ShardRequest::Read { docs: of_shard.clone() };
            let requests: Vec<(u32, Vec<u8>)> =
                requests.map(|(shard, of_shard)| (shard, request(of_shard).to_bytes())).collect();
            let shards: Vec<u32> = requests.iter().map(|(shard, _)| *shard).collect();
            for (shard, answer) in shards.into_iter().zip(self.shards.ask(requests)) {
                let all = read_packed(&answer).unwrap_or_else(|| self.shards.give_up(shard));
                let of_shard = &mut missing[shard as usize];
                let read = all.len().min(of_shard.len());
                for (doc, packed) in of_shard.drain(..read).zip(all) {
                    self.recent().insert(doc, packed);
                }
            }
        }
    }
}

/// Lets packed articles refer to a shard as if it were a text file: the position of an article is
/// its number.
impl TextFile for RemoteDocuments {
    fn put(&self, _bytes: &[u8]) -> Option<u64> {
        None
    }

    fn read(&self, place: u64, bytes: &mut [u8]) {
        let number = u32::try_from(place).expect("the position of an article is its number");
        let doc = DocId(number);
        let held = |recent: &RecentArticles| recent.packed.get(&doc).cloned();
        let mut packed = held(&self.recent());
        if packed.is_none() {
            self.fetch(std::iter::once(doc));
            packed = held(&self.recent());
        }
        match packed.filter(|packed| packed.len() == bytes.len()) {
            Some(packed) => bytes.copy_from_slice(&packed),
            None => self.shards.give_up(self.shard_of(doc)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Reader, TextFileLocation, Writer};
    use crate::detector::Detector;
    use crate::detector::incoming::Incoming;
    use crate::detector::shard::Shard;
    use crate::detector::verdict::{Class, Verdict};
    use crate::settings::Settings;

    /// Shards in this process. Each gets every request twice, to test that a repeated one has no
    /// effect.
    #[derive(Debug)]
    struct Beside(Vec<Mutex<Shard>>);

    impl Shards for Beside {
        fn count(&self) -> u32 {
            u32::try_from(self.0.len()).unwrap()
        }

        fn ask(&self, requests: Vec<(u32, Vec<u8>)>) -> Vec<Vec<u8>> {
            let answer = |(shard, request): (u32, Vec<u8>)| {
                let mut shard = self.0[shard as usize].lock().unwrap();
                let first = shard.answer(&request).unwrap();
                assert_eq!(shard.answer(&request).unwrap(), first, "it may ask again");
                first
            };
            requests.into_iter().map(answer).collect()
        }

        fn give_up(&self, shard: u32) -> ! {
            panic!("shard {shard}")
        }
    }

    fn shards(count: usize) -> Arc<Beside> {
        Arc::new(Beside((0..count).map(|_| Mutex::default()).collect()))
    }

    /// Every third text has most of an earlier one, every fifth a phrase that many have. Some are
    /// long.
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
        let packed: Vec<usize> = apart.0.iter().map(|it| it.lock().unwrap().articles()).collect();
        assert!(packed.iter().all(|packed| (50..110).contains(packed)), "{packed:?}");
        assert!(
            there.documents.local.postings_by_day(&[], DocId(0), 0) == PostingsByDay::default(),
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
        let text_file: Arc<dyn TextFile> = fresh.remote.clone().unwrap();
        let mut pieces = pieces.into_iter();
        let mut next = || pieces.next();
        let stands = vec![TextFileLocation { text_file, start: 0 }];
        let mut reader = Reader::new(&mut next).with_text_files(stands);
        let mut again = Detector::read_from(Settings::default(), &mut reader).unwrap();
        again.documents = fresh;
        let found: Vec<Verdict> = (300..320).map(|number| observe(&mut again, number)).collect();
        assert_eq!(found, expected);
    }
}
