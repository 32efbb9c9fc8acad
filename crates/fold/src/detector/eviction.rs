//! Removes articles early if the window takes too many bytes.
//!
//! Memory is divided by max-min fairness: sites that use little keep everything, and the sites that use most are
//! cut to one common level. So a flood of articles drives out only articles of the same site. Of one site,
//! articles without a copy at another site go first, and of these the oldest.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::detector::Detector;
use crate::detector::docs::Doc;
use crate::ids::OutletId;

/// The bytes of an article in indexes and tables, in addition to its text.
const ARTICLE_BYTES: u64 = 1 << 10;
/// An eighth of the memory is freed at a time, because each eviction examines all articles.
const FREED_ONE_IN: u64 = 8;

/// The bytes of an article.
pub(super) fn bytes_of(doc: &Doc) -> u64 {
    ARTICLE_BYTES + doc.text.length()
}

impl Detector {
    /// Removes articles early if the window takes too many bytes.
    pub(super) fn evict_beyond_limit(&mut self) {
        let most = self.settings.window_bytes;
        if self.bytes <= most {
            return;
        }
        let leaving = self.articles_to_evict(most / FREED_ONE_IN * (FREED_ONE_IN - 1));
        self.evicted += leaving.len() as u64;
        self.keep_final_verdicts(|article| leaving.contains(&article));
        self.index.forget(|article| leaving.contains(&article));
        self.forget(|article| leaving.contains(&article));
        self.docs.empty_sparse_files();
    }

    /// The articles to remove so that the others take at most `most` bytes.
    fn articles_to_evict(&self, most: u64) -> FxHashSet<u32> {
        let mut taken: BTreeMap<Option<OutletId>, u64> = BTreeMap::new();
        for (_, doc) in self.docs.iter() {
            *taken.entry(doc.site).or_default() += bytes_of(doc);
        }
        let level = fair_share(taken.values().copied().collect(), most);
        let copied = self.stories_at_several_sites();
        let mut leaving = FxHashSet::default();
        for has_copies in [false, true] {
            for (article, doc) in self.docs.iter() {
                let is_copied = copied.contains(&self.stories.of(article));
                let Some(taken) = taken.get_mut(&doc.site) else { continue };
                if *taken > level && is_copied == has_copies {
                    *taken -= bytes_of(doc);
                    leaving.insert(article);
                }
            }
        }
        leaving
    }

    /// The stories with articles of more than one site.
    fn stories_at_several_sites(&self) -> FxHashSet<u32> {
        let mut first: FxHashMap<u32, Option<OutletId>> = FxHashMap::default();
        let mut several = FxHashSet::default();
        for (article, doc) in self.docs.iter() {
            let story = self.stories.of(article);
            if *first.entry(story).or_insert(doc.site) != doc.site {
                several.insert(story);
            }
        }
        several
    }
}

/// The bytes that each site may take so that all together take at most `most`, if `taken` is what each takes
/// now. `u64::MAX` if nobody has to give anything up.
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
    use crate::detector::incoming::Incoming;
    use crate::settings::Settings;
    use crate::verdict::{Class, Verdict};

    fn text(seed: usize) -> String {
        (0..120).map(|n| format!("w{}x ", (seed * 1_000 + n * 7) % 99_991)).collect()
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

    /// A detector with memory for `articles` articles of [`text`].
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
        assert_eq!(gone.story.first_article(), gone.doc);
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
        let mut detector = detector(104);
        let flood: Vec<Verdict> =
            (0..90).map(|seed| observe(&mut detector, "flood.example", seed, None)).collect();
        (0..10).for_each(|seed| drop(observe(&mut detector, "small.example", seed, None)));
        (1_000..1_020).for_each(|seed| drop(observe(&mut detector, "flood.example", seed, None)));
        assert!(detector.evicted() > 0);
        assert_eq!(kept(&detector, &flood[..10]), 10, "others have them too");
        assert!(!detector.has_article(flood[10].doc) && detector.has_article(flood[80].doc));
    }

    #[test]
    fn fair_shares_add_up_to_the_limit() {
        assert_eq!(fair_share(vec![10, 20, 30], 60), u64::MAX);
        assert_eq!(fair_share(vec![10, 20, 30], 45), 17);
        assert_eq!(fair_share(vec![5, 100, 100], 105), 50);
        assert_eq!(fair_share(vec![], 0), u64::MAX);
    }
}
