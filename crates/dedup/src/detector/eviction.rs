//! Counts the bytes of the window, and removes articles early if they are too many.
//!
//! Memory is divided by max-min fairness: sites that use little keep everything, and the sites that
//! use most are cut to one common level. So a flood of articles drives out only articles of the
//! same site. Of one site, articles without a copy at another site go first, and of these the
//! oldest.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::codec::id_table::IdTable;
use crate::codec::written;
use crate::detector::Detector;
use crate::detector::incoming::Incoming;
use crate::ids::{DocId, OutletId, StoryId};
use crate::store::doc::Doc;

/// The bytes of an article in indexes and tables, in addition to its packed text, body and notes.
const ARTICLE_BYTES: u64 = 2 << 10;
/// The bytes of a new word in the lexicon. A site that makes words up would take most of the memory
/// by these.
const NEW_WORD_BYTES: u64 = 96;
/// An eighth of the memory is freed at a time, because each eviction examines all articles.
const FREED_ONE_IN: u64 = 8;

/// The bytes of all articles of the window, and what each adds to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct WindowUse {
    articles: IdTable<DocId, ArticleUse>,
    used: u64,
}

/// The data from which the bytes of an article are counted.
#[derive(Debug, Clone, Copy, Default)]
struct ArticleUse {
    /// The site whose feed brought it, if one is known. Its share of the memory pays for the
    /// article.
    site: Option<OutletId>,
    /// How many words it added to the lexicon.
    words: u32,
}

impl WindowUse {
    fn article(&self, number: DocId) -> ArticleUse {
        self.articles.get(number).copied().unwrap_or_default()
    }

    /// The bytes of an article.
    fn bytes(&self, number: DocId, doc: &Doc) -> u64 {
        ARTICLE_BYTES + doc.stored.length() + NEW_WORD_BYTES * u64::from(self.article(number).words)
    }
}

written!(WindowUse { articles, used });
written!(ArticleUse { site, words });

impl Detector {
    /// The bytes that the articles of the window take, as [`Settings::window_bytes`](crate::Settings)
    /// counts them.
    #[must_use]
    pub fn window_bytes(&self) -> u64 {
        self.window_use.used
    }

    /// How many articles left the window early since this detector was created or read.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Counts the bytes of an article that added `words` to the lexicon. They are charged to the
    /// site whose feed brought it, so that no site can fill the share of an outlet that it names.
    pub(crate) fn count_article_bytes(
        &mut self,
        number: DocId,
        words: u32,
        incoming: &Incoming<'_>,
    ) {
        let site = incoming.via.or(incoming.outlet).map(OutletId::of);
        self.window_use.articles.insert(number, ArticleUse { site, words });
        if let Some(doc) = self.docs.get(number) {
            self.window_use.used += self.window_use.bytes(number, doc);
        }
    }

    /// Counts all bytes again after articles have left the window.
    pub(crate) fn recount_bytes(&mut self) {
        let docs = &self.docs;
        self.window_use.articles.retain(|number, _| docs.contains(number));
        self.window_use.used =
            docs.iter().map(|(number, doc)| self.window_use.bytes(number, doc)).sum();
    }

    /// Removes articles early if the window takes too many bytes.
    pub(crate) fn evict_beyond_limit(&mut self) {
        let most = self.settings.window_bytes;
        if self.window_use.used <= most {
            return;
        }
        let leaving = self.articles_to_evict(most / FREED_ONE_IN * (FREED_ONE_IN - 1));
        self.evicted += leaving.len() as u64;
        self.store_final_verdicts(leaving.iter().copied());
        self.docs.retain(|number, _| !leaving.contains(&number));
        self.index.forget(|number| leaving.contains(&number));
        self.forget_articles_gone();
        self.recount_bytes();
        self.events.forget_terms();
        self.forget_unused_words();
        self.empty_sparse_text_files();
    }

    /// The articles to remove so that the others take at most `most` bytes.
    fn articles_to_evict(&self, most: u64) -> FxHashSet<DocId> {
        let mut taken: BTreeMap<Option<OutletId>, u64> = BTreeMap::new();
        for (number, doc) in self.docs.iter() {
            *taken.entry(self.window_use.article(number).site).or_default() +=
                self.window_use.bytes(number, doc);
        }
        let level = fair_share(taken.values().copied().collect(), most);
        let copied = self.stories_at_several_sites();
        let mut leaving = FxHashSet::default();
        for has_copies in [false, true] {
            for (number, doc) in self.docs.iter() {
                let is_copied = copied.contains(&self.stories.resolve(doc.story));
                let Some(taken) = taken.get_mut(&self.window_use.article(number).site) else {
                    continue;
                };
                if *taken > level && is_copied == has_copies {
                    *taken -= self.window_use.bytes(number, doc);
                    leaving.insert(number);
                }
            }
        }
        leaving
    }

    /// The stories with articles of more than one site.
    fn stories_at_several_sites(&self) -> FxHashSet<StoryId> {
        let mut first: FxHashMap<StoryId, Option<OutletId>> = FxHashMap::default();
        let mut several = FxHashSet::default();
        for (number, doc) in self.docs.iter() {
            let (story, site) =
                (self.stories.resolve(doc.story), self.window_use.article(number).site);
            if *first.entry(story).or_insert(site) != site {
                several.insert(story);
            }
        }
        several
    }

    /// Forgets the words that no article uses any more. Otherwise a flood of made-up words would
    /// stay for days.
    fn forget_unused_words(&mut self) {
        let mut marks = self.lexicon.new_marks();
        for doc in self.docs.values() {
            doc.stored.open().body.mark_words(&mut marks);
        }
        self.lexicon.retain_marked(&marks);
    }

    /// Copies the remaining texts of mostly empty text files to a new one, so that the old files
    /// can be removed.
    fn empty_sparse_text_files(&mut self) {
        let Some(text_files) = self.text_files.clone() else { return };
        let files = self.text_files();
        let place = |doc: &Doc| {
            let file = doc.stored.text_file()?;
            files.iter().position(|known| Arc::ptr_eq(known, file))
        };
        let mut in_use = vec![0; files.len()];
        for doc in self.docs.values() {
            if let Some(at) = place(doc) {
                in_use[at] += doc.stored.length();
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
                doc.stored.move_to(self.text_file.as_ref());
            }
        }
    }
}

/// The bytes that each site may take so that all together take at most `most`, if `taken` is what
/// each takes now. `u64::MAX` if nobody has to give anything up.
fn fair_share(mut taken: Vec<u64>, most: u64) -> u64 {
    taken.sort_unstable();
    let (mut left, mut count) = (most, taken.len() as u64);
    for bytes in taken {
        if bytes > left / count {
            return left / count;
        }
        left -= bytes;
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

    /// A detector with memory for `articles` articles of [`text`], each with words of its own.
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
    fn the_site_of_the_feed_is_charged_for_its_articles() {
        let mut detector = detector(100);
        let own: Vec<Verdict> =
            (0..20).map(|seed| observe(&mut detector, "wire.example", seed, None)).collect();
        for seed in 100..600 {
            observe(&mut detector, "flood.example", seed, Some("wire.example"));
        }
        assert_eq!(kept(&detector, &own), 20);
    }

    #[test]
    fn articles_with_copies_elsewhere_stay_longest() {
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
    fn words_and_keys_of_evicted_articles_are_forgotten() {
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
    fn fair_shares_add_up_to_the_limit() {
        assert_eq!(fair_share(vec![10, 20, 30], 60), u64::MAX);
        assert_eq!(fair_share(vec![10, 20, 30], 45), 17);
        assert_eq!(fair_share(vec![5, 100, 100], 105), 50);
        assert_eq!(fair_share(vec![], 0), u64::MAX);
    }
}
