//! The bytes that the window takes, and the articles that leave it early if these are too many.
//!
//! Memory is shared as water fills vessels: sites that take little keep all, and those that take most give back down to
//! one level. So a flood drives out itself and nobody else. Of what a site has, articles without a copy at
//! another site go first, and of these the oldest.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::codec::numbered::Numbered;
use crate::codec::written;
use crate::detector::Detector;
use crate::detector::incoming::Incoming;
use crate::ids::{DocId, OutletId, StoryId};
use crate::store::doc::Doc;

/// What an article takes beside its text, its packed body and its notes: entries of indexes and tables.
const OVERHEAD: u64 = 2 << 10;
/// What a word takes that no article of the window had before: its entry in the lexicon. Whoever makes words
/// up takes most of the memory by these.
const WORD: u64 = 96;
/// One of so many parts of the memory is freed at a time, as that takes a look at everything.
const PARTS: u64 = 8;

/// Who said each article of the window, and what all of them take.
#[derive(Debug, Clone, Default)]
pub(crate) struct WindowUse {
    shares: Numbered<DocId, Share>,
    used: u64,
}

/// What is known of an article here.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    /// The site that said it, if one is known.
    speaker: Option<OutletId>,
    /// How many words it brought.
    words: u32,
}

impl WindowUse {
    fn share(&self, number: DocId) -> Share {
        self.shares.get(number).copied().unwrap_or_default()
    }

    /// What an article takes.
    fn weight(&self, number: DocId, doc: &Doc) -> u64 {
        OVERHEAD + doc.at_rest.length() + WORD * u64::from(self.share(number).words)
    }
}

written!(WindowUse { shares, used });
written!(Share { speaker, words });

impl Detector {
    /// The bytes that the articles of the window take, as [`Settings::window_bytes`](crate::Settings)
    /// counts them.
    #[must_use]
    pub fn window_bytes(&self) -> u64 {
        self.window_use.used
    }

    /// How many articles left the window before their time since this detector was made or read.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Notes what an article takes that brought so many words, and who said it: whoever speaks for another
    /// pays for what is said.
    pub(crate) fn count_article_bytes(
        &mut self,
        number: DocId,
        words: u32,
        incoming: &Incoming<'_>,
    ) {
        let speaker = incoming.via.or(incoming.outlet).map(OutletId::of);
        self.window_use.shares.insert(number, Share { speaker, words });
        if let Some(doc) = self.docs.get(number) {
            self.window_use.used += self.window_use.weight(number, doc);
        }
    }

    /// Counts anew after articles have left the window by their time.
    pub(crate) fn recount_bytes(&mut self) {
        let docs = &self.docs;
        self.window_use.shares.retain(|number, _| docs.contains(number));
        self.window_use.used =
            docs.iter().map(|(number, doc)| self.window_use.weight(number, doc)).sum();
    }

    /// Drops articles if the window takes too many bytes. On shards nothing leaves early.
    pub(crate) fn evict_beyond_limit(&mut self) {
        let most = self.settings.window_bytes;
        if self.window_use.used <= most || !self.documents.are_here() {
            return;
        }
        let leaving = self.leaving_for(most / PARTS * (PARTS - 1));
        self.evicted += leaving.len() as u64;
        self.settle_leaving(leaving.iter().copied());
        self.docs.retain(|number, _| !leaving.contains(&number));
        self.documents.forget(|number| leaving.contains(&number));
        self.forget_gone();
        self.recount_bytes();
        self.events.forget_terms();
        self.keep_words_in_use();
        self.move_to_full_files();
    }

    /// The articles that leave so that the others take no more than this.
    fn leaving_for(&self, most: u64) -> FxHashSet<DocId> {
        let mut taken: BTreeMap<Option<OutletId>, u64> = BTreeMap::new();
        for (number, doc) in self.docs.iter() {
            *taken.entry(self.window_use.share(number).speaker).or_default() +=
                self.window_use.weight(number, doc);
        }
        let level = level(taken.values().copied().collect(), most);
        let copied = self.stories_at_several();
        let mut leaving = FxHashSet::default();
        for has_copies in [false, true] {
            for (number, doc) in self.docs.iter() {
                let is_copied = copied.contains(&self.stories.resolve(doc.story));
                let Some(taken) = taken.get_mut(&self.window_use.share(number).speaker) else {
                    continue;
                };
                if *taken > level && is_copied == has_copies {
                    *taken -= self.window_use.weight(number, doc);
                    leaving.insert(number);
                }
            }
        }
        leaving
    }

    /// The stories that more than one site has.
    fn stories_at_several(&self) -> FxHashSet<StoryId> {
        let mut first: FxHashMap<StoryId, Option<OutletId>> = FxHashMap::default();
        let mut several = FxHashSet::default();
        for (number, doc) in self.docs.iter() {
            let (story, speaker) =
                (self.stories.resolve(doc.story), self.window_use.share(number).speaker);
            if *first.entry(story).or_insert(speaker) != speaker {
                several.insert(story);
            }
        }
        several
    }

    /// Forgets the words that stand in no article any more: a flood of made-up words would stay for days.
    fn keep_words_in_use(&mut self) {
        let mut marks = self.lexicon.marks();
        for doc in self.docs.values() {
            doc.at_rest.open().body.mark(&mut marks);
        }
        self.lexicon.keep(&marks);
    }

    /// Copies what is left on text files that are mostly empty, which are removed once nothing stands on them.
    fn move_to_full_files(&mut self) {
        let Some(text_files) = self.text_files.clone() else { return };
        let files = self.text_files();
        let place = |doc: &Doc| {
            let file = doc.at_rest.text_file()?;
            files.iter().position(|known| Arc::ptr_eq(known, file))
        };
        let mut in_use = vec![0; files.len()];
        for doc in self.docs.values() {
            if let Some(at) = place(doc) {
                in_use[at] += doc.at_rest.length();
            }
        }
        let is_mostly_empty = |at: usize| 2 * in_use[at] < files[at].length();
        let stands_there = |doc: &Doc| place(doc).is_some_and(is_mostly_empty);
        let moved = self.docs.iter().filter(|(_, doc)| stands_there(doc));
        let moved: Vec<DocId> = moved.map(|(number, _)| number).collect();
        if moved.is_empty() {
            return;
        }
        self.text_file = text_files.open();
        for number in moved {
            if let Some(doc) = self.docs.get_mut(number) {
                doc.at_rest.move_to(self.text_file.as_ref());
            }
        }
    }
}

/// The most that anybody may take, so that all together take no more than `most`.
fn level(mut taken: Vec<u64>, most: u64) -> u64 {
    taken.sort_unstable();
    let (mut left, mut count) = (most, taken.len() as u64);
    for one in taken {
        if one > left / count {
            return left / count;
        }
        left -= one;
        count -= 1;
    }
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::verdict::{Class, Verdict};
    use crate::settings::Settings;

    fn text(seed: usize) -> String {
        (0..120).map(|n| format!("w{} ", (seed * 1_000 + n * 7) % 99_991)).collect()
    }

    fn observe(
        detector: &mut Detector,
        site: &str,
        seed: usize,
        as_other: Option<&str>,
    ) -> Verdict {
        let item = format!("{site}/{seed}/{as_other:?}");
        detector.observe(&Incoming {
            items: &[&item],
            outlet: Some(as_other.unwrap_or(site)),
            via: as_other.map(|_| site),
            text: &text(seed),
            ..Incoming::default()
        })
    }

    /// Memory for so many articles of [`text`], each with words of its own.
    fn detector(articles: u64) -> Detector {
        let mut some = Detector::new(Settings::default());
        (0..20).for_each(|seed| drop(observe(&mut some, "a.example", seed, None)));
        let window_bytes = some.window_bytes() / 20 * articles;
        Detector::new(Settings { window_bytes, ..Settings::default() })
    }

    fn kept(detector: &Detector, of: &[Verdict]) -> usize {
        of.iter().filter(|verdict| detector.has_article(verdict.doc)).count()
    }

    #[test]
    fn a_flood_drives_out_itself_and_nobody_else() {
        let mut detector = detector(100);
        let small: Vec<Verdict> =
            (0..20).map(|seed| observe(&mut detector, "small.example", seed, None)).collect();
        let flood: Vec<Verdict> =
            (100..600).map(|seed| observe(&mut detector, "flood.example", seed, None)).collect();
        assert_eq!(kept(&detector, &small), 20, "whoever takes little keeps all");
        assert!((60..=81).contains(&kept(&detector, &flood)), "{}", kept(&detector, &flood));
        assert!(detector.has_article(flood[499].doc) && !detector.has_article(flood[0].doc));
        assert!(
            detector.evicted() >= 419 && detector.window_bytes() <= detector.settings.window_bytes
        );
        let again = observe(&mut detector, "other.example", 5, None);
        assert_eq!((again.class, again.story), (Class::Copy, small[5].story));
        let gone = observe(&mut detector, "other.example", 101, None);
        assert_eq!(gone.class, Class::New);
    }

    #[test]
    fn who_speaks_for_another_pays_for_what_is_said() {
        let mut detector = detector(100);
        let own: Vec<Verdict> =
            (0..20).map(|seed| observe(&mut detector, "wire.example", seed, None)).collect();
        for seed in 100..600 {
            observe(&mut detector, "flood.example", seed, Some("wire.example"));
        }
        assert_eq!(kept(&detector, &own), 20);
    }

    #[test]
    fn what_has_copies_elsewhere_stays_longest() {
        let mut detector = detector(100);
        let flood: Vec<Verdict> =
            (0..90).map(|seed| observe(&mut detector, "flood.example", seed, None)).collect();
        (0..10).for_each(|seed| drop(observe(&mut detector, "small.example", seed, None)));
        (1_000..1_020).for_each(|seed| drop(observe(&mut detector, "flood.example", seed, None)));
        assert!(detector.evicted() > 0);
        assert_eq!(kept(&detector, &flood[..10]), 10, "others have them too");
        assert!(!detector.has_article(flood[10].doc) && detector.has_article(flood[80].doc));
    }

    #[test]
    fn words_and_keys_of_what_is_gone_are_forgotten() {
        let mut detector = detector(50);
        let sizes: Vec<usize> = (0..12)
            .map(|round| {
                (0..50).for_each(|seed| {
                    drop(observe(&mut detector, "a.example", round * 50 + seed, None));
                });
                let mut bytes = 0;
                let mut count = |piece: Vec<u8>| bytes += piece.len();
                let mut writer = crate::codec::Writer::new(&mut count);
                detector.write_to(&mut writer);
                writer.finish();
                bytes
            })
            .collect();
        let largest = sizes.iter().max().copied().unwrap_or_default();
        assert!(largest < 2 * sizes[0], "{sizes:?}");
    }

    #[test]
    fn the_level_is_where_all_together_take_what_they_may() {
        assert_eq!(level(vec![10, 20, 30], 60), u64::MAX);
        assert_eq!(level(vec![10, 20, 30], 45), 17);
        assert_eq!(level(vec![5, 100, 100], 105), 50);
        assert_eq!(level(vec![], 0), u64::MAX);
    }
}
