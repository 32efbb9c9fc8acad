//! The detector: articles come in, in order, and verdicts go out.
//!
//! All state is in memory, except older texts if there is a text store. The same articles in the
//! same order always give the same verdicts: no code in this crate reads a clock, a random number
//! or the order of a hash map.
//!
//! This is the only module that imports all others of the crate.

pub(crate) mod chrome;
pub(crate) mod events;
pub(crate) mod eviction;
pub(crate) mod expiry;
pub(crate) mod explain;
pub(crate) mod final_verdict;
pub(crate) mod find;
pub(crate) mod incoming;
pub(crate) mod learning;
pub(crate) mod overrides;
pub(crate) mod prepare;
pub(crate) mod reading;
pub(crate) mod recording;
pub(crate) mod regrouping;
pub(crate) mod reporting;
pub(crate) mod state;
pub(crate) mod state_parts;
pub(crate) mod verdict;
pub(crate) mod work;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use siphasher::sip128::SipHasher13;
use wirefold_text::Text;

use crate::body::fingerprint::Fingerprint;
use crate::body::lexicon::Lexicon;
use crate::boilerplate::shingle_cache::ShingleCache;
use crate::boilerplate::{Boilerplate, PageHashes};
use crate::codec::TextFile;
use crate::codec::id_table::IdTable;
use crate::detector::eviction::WindowUse;
use crate::detector::find::SharedIdentities;
use crate::detector::incoming::{Incoming, Step};
use crate::detector::prepare::{Prepared, Preparer};
use crate::detector::reading::{Analysed, TextWords};
use crate::detector::verdict::Verdict;
use crate::detector::work::Work;
use crate::event::Events;
use crate::ids::{DocId, OutletId, StoryId};
use crate::index::Index;
use crate::index::hot_lists::{HotLists, Hotness, ListId};
use crate::index::identities::Identities;
use crate::settings::{Ablation, DAY, Settings};
use crate::store::doc::{Doc, NewDoc};
use crate::store::text_cache::TextCache;
use crate::store::text_store::TextFiles;
use crate::story::folds::Folds;
use crate::story::stories::Stories;

/// Limits how many stories are listed under one exact text; the latest are kept. A text of more
/// stories is a wall, which folds only under the same title, so looking at more of them would find
/// nothing.
const MAX_STORIES_PER_TEXT: usize = 24;

/// Finds reprints in a stream of articles.
///
/// ```
/// use wirefold_dedup::{Class, Detector, Incoming, Settings};
///
/// let mut detector = Detector::new(Settings::default());
/// let text = "The harbour of the small town was closed on Monday after a storm. ".repeat(8);
/// let first = detector.observe(&Incoming { items: &["a"], text: &text, ..Incoming::default() });
/// let again = detector.observe(&Incoming { items: &["b"], text: &text, ..Incoming::default() });
/// assert_eq!((first.class, again.class, again.story), (Class::New, Class::Copy, first.story));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Detector {
    pub(crate) settings: Settings,
    pub(crate) docs: IdTable<DocId, Doc>,
    pub(crate) stories: Stories,
    pub(crate) events: Events,
    pub(crate) index: Index,
    pub(crate) boilerplate: Boilerplate,
    /// Recent folds, which are examined again when page chrome is recognised.
    pub(crate) folds: Folds,
    /// The traits of the articles in `folds`, cached.
    pub(crate) shingle_cache: ShingleCache,
    /// The words that packed bodies refer to by number.
    pub(crate) lexicon: Lexicon,
    /// Prepares the articles given to [`Detector::observe`].
    preparer: Preparer,
    /// Recently used texts, analysed.
    text_cache: RefCell<TextCache>,
    /// Caches which postings of the index are hot.
    hot_lists: RefCell<HotLists>,
    /// Articles by the 128-bit hash of their item, see [`item_hash`].
    pub(crate) by_item: Identities,
    /// By the exact hash of a text: the latest article of each story that has it.
    pub(crate) by_text: Identities,
    /// Empty unless `keeps_verdicts`.
    pub(crate) verdicts: BTreeMap<DocId, Verdict>,
    pub(crate) keeps_verdicts: bool,
    /// The number of the next article.
    pub(crate) next: DocId,
    /// The current day of stream time.
    pub(crate) day: i64,
    /// Opens the files of the text store; `None` keeps all texts in memory.
    pub(crate) text_files: Option<Arc<dyn TextFiles>>,
    /// The text file of the current day.
    pub(crate) text_file: Option<Arc<dyn TextFile>>,
    /// Counts of the work so far, without texts that were analysed again; see [`Detector::work`].
    pub(crate) work: Work,
    /// The bytes that the articles of the window take.
    pub(crate) window_use: WindowUse,
    /// How many articles left the window early because it was full.
    pub(crate) evicted: u64,
}

impl Detector {
    /// A detector that has seen no article.
    #[must_use]
    pub fn new(settings: Settings) -> Detector {
        Detector { settings, ..Detector::default() }
    }

    /// A detector that can give the final verdict ([`Detector::final_verdict`]) on every article it
    /// ever saw, also on those that left the window. Its memory grows with the stream.
    #[must_use]
    pub fn keeping_verdicts(settings: Settings) -> Detector {
        Detector { settings, keeps_verdicts: true, ..Detector::default() }
    }

    /// Makes the detector put older texts into these files from now on.
    #[must_use]
    pub fn with_text_files(self, text_files: Option<Arc<dyn TextFiles>>) -> Detector {
        Detector { text_files, ..self }
    }

    /// The thresholds. Articles for [`Detector::decide`] must be prepared with the same settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Judges the next article of the stream and remembers it.
    pub fn observe(&mut self, incoming: &Incoming<'_>) -> Verdict {
        self.observe_in_steps(incoming, |_| {})
    }

    /// Does the same as [`Detector::observe`] and calls `after_step` after each step, so that a
    /// benchmark can time the steps.
    pub fn observe_in_steps(
        &mut self,
        incoming: &Incoming<'_>,
        mut after_step: impl FnMut(Step),
    ) -> Verdict {
        let prepared = self.preparer.prepare(incoming, &self.settings);
        after_step(Step::Prepare);
        self.decide_in_steps(incoming, prepared, after_step)
    }

    /// Judges the next article of the stream and remembers it. `prepared` must come from the same
    /// article and settings.
    pub fn decide(&mut self, incoming: &Incoming<'_>, prepared: Prepared) -> Verdict {
        self.decide_in_steps(incoming, prepared, |_| {})
    }

    fn decide_in_steps(
        &mut self,
        incoming: &Incoming<'_>,
        prepared: Prepared,
        mut after_step: impl FnMut(Step),
    ) -> Verdict {
        self.expire(incoming.time);
        self.evict_beyond_limit();
        let number = self.next;
        self.next = number.next();
        let (mut doc, mut analysed, traits) = self.analyse(number, incoming, prepared);
        after_step(Step::Fingerprint);
        let (versions, earlier_docs, scored) = self.find_earlier(&analysed, incoming);
        after_step(Step::Candidates);
        let mut earlier = self.load_all(&earlier_docs);
        let same_page = self.articles_on_same_page(incoming);
        let same_name = self.articles_with_same_name(incoming, &versions);
        let identities =
            SharedIdentities { versions: &versions, same_name: &same_name, same_page: &same_page };
        let mut judgement = self.judge(&doc, &analysed, &identities, &earlier);
        let chrome = traits.as_ref().and_then(|traits| {
            self.find_chrome(traits.outlet(), &analysed, &judgement, &identities, &earlier)
        });
        let mut learned = Vec::new();
        if let Some(chrome) = chrome {
            drop(earlier);
            learned = self.learn_chrome((number, &mut doc), chrome, &mut analysed);
            earlier = self.load_all(&earlier_docs);
            judgement = self.judge(&doc, &analysed, &identities, &earlier);
        }
        after_step(Step::Judgement);
        let added = self.compare_with_story(&analysed, &judgement, &earlier);
        self.text_cache.borrow_mut().insert(number, analysed.text.clone());
        self.work += Work { candidates_scored: scored, ..Work::of(&analysed, &judgement) };
        let own = (doc, &analysed);
        let learned_here = self.record_article(number, incoming, own, &judgement, traits.as_ref());
        after_step(Step::Record);
        let event = self.find_event(number, incoming, &analysed, &judgement);
        after_step(Step::Event);
        let mut verdict = self.verdict(number, &analysed, &judgement, added, event);
        verdict.merged_stories = self.link_stories(number, &judgement);
        let is_same = |of: DocId| versions.contains(&of) || same_page.contains(&of);
        self.record_fold(number, &judgement, is_same);
        learned.extend(traits.as_ref().map(|traits| (traits.outlet(), learned_here)));
        for (outlet, hashes) in learned.iter().filter(|(_, hashes)| !hashes.is_empty()) {
            verdict.regrouped.extend(self.regroup(*outlet, incoming.time, hashes));
        }
        if self.keeps_verdicts {
            self.verdicts.insert(number, verdict.clone());
        }
        after_step(Step::Verdict);
        verdict
    }

    /// Counts of the work on all articles so far.
    #[must_use]
    pub fn work(&self) -> Work {
        let mut work = self.work;
        work.words_read += self.text_cache.borrow().words();
        work
    }

    /// Gives the words of an article their numbers in the lexicon, removes the learned boilerplate
    /// of its outlet, and looks up the remaining keys in the index.
    fn analyse(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        prepared: Prepared,
    ) -> (Doc, Analysed, Option<PageHashes>) {
        let Prepared { text, words, whole, mut shingles, hashes, traits, mut notes, .. } = prepared;
        let words_before = self.lexicon.len();
        let numbers = self.lexicon.number_words(&text, &words, incoming.time.div_euclid(DAY));
        let new_words = u32::try_from(self.lexicon.len() - words_before).unwrap_or(u32::MAX);
        let len = whole.len();
        let mut body = match &traits {
            Some(traits) if self.settings.is_on(Ablation::Boilerplate) => {
                self.boilerplate.mask(whole, &text, traits, &self.settings)
            }
            _ => whole,
        };
        if body.len() < len {
            shingles = body.shingles();
        }
        let fingerprint = Fingerprint::from_shingles(hashes, &body, &shingles);
        let key_postings =
            self.index.look_up(&fingerprint.keys, |list, docs| self.is_hot(list, docs));
        let is_marked = key_postings.mark_hot(&mut body, &shingles, &fingerprint.keys);
        let fingerprint = if is_marked { fingerprint.with_counts_of(&body) } else { fingerprint };
        let words = TextWords { hashes: words, numbers, added: new_words, without_chrome: len };
        let terms = prepared.terms;
        if words.are_masked_in(&body) {
            notes = notes.masked(&text, &body, &self.settings);
        }
        let beginnings = NewDoc {
            exact: fingerprint.exact,
            counted_shingles: fingerprint.counted_shingles,
            quoted: body.quoted_weight(),
            outlet: incoming.outlet.map(OutletId::of),
            time: incoming.time,
            published: incoming.published,
        };
        let mut doc = Doc::new(number, beginnings);
        doc.set_traces(prepared.traces);
        (doc, Analysed { text, body, notes, terms, fingerprint, key_postings, words }, traits)
    }

    /// The analysed text of an article; `None` if it left the window.
    pub(crate) fn open_text(&self, doc: DocId) -> Option<Arc<Text>> {
        let stored = &self.docs.get(doc)?.stored;
        Some(self.text_cache.borrow_mut().get(doc, || stored.open().text.open()))
    }

    pub(crate) fn story_of(&self, doc: DocId) -> StoryId {
        self.docs.get(doc).map_or(StoryId::of(doc), |doc| self.stories.resolve(doc.story))
    }

    pub(crate) fn outlet_of(&self, doc: DocId) -> Option<OutletId> {
        self.docs.get(doc).and_then(|doc| doc.outlet)
    }

    /// Whether a key is hot: the articles under it belong to more stories than
    /// [`Settings::hot_stories`].
    pub(crate) fn is_hot(&self, list: ListId, docs: &[DocId]) -> bool {
        let most = self.settings.hot_stories;
        if docs.len() <= most || !self.settings.is_on(Ablation::HotShingles) {
            return false;
        }
        let version = (list, docs.len());
        self.hot_lists.borrow_mut().is_hot(version, self.stories.changes(), || {
            // The index drops whole days, so it may still list articles that left the window.
            let live = || docs.iter().filter_map(|doc| self.docs.get(*doc));
            let stories = live().map(|doc| self.stories.resolve(doc.story)).collect();
            Hotness::of(stories, live().map(|doc| doc.outlet).collect(), most)
        })
    }

    /// Stores an article, and lists it under its items, its text and its keys.
    pub(crate) fn store_article(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        doc: Doc,
        analysed: &Analysed,
    ) {
        for item in incoming.items {
            self.by_item.push(item_hash(item), number);
        }
        if let (Some(page), Some(_)) = (incoming.page, incoming.via) {
            self.by_item.push(foreign_page_hash(page), number);
        }
        let Analysed { fingerprint, key_postings, .. } = analysed;
        if let Some(exact) = fingerprint.exact {
            let story = self.stories.resolve(doc.story);
            let holders = self.by_text.get(exact).iter().copied();
            let others = holders.filter(|other| self.story_of(*other) != story);
            let listed: Vec<DocId> = others.chain([number]).collect();
            let from = listed.len().saturating_sub(MAX_STORIES_PER_TEXT);
            self.by_text.set(exact, listed[from..].to_vec());
        }
        if fingerprint.is_findable() {
            self.index.insert(number, incoming.time, fingerprint, key_postings);
        }
        self.docs.insert(number, doc);
        self.count_article_bytes(number, analysed.words.added, incoming);
        self.move_earlier_text(number);
    }

    /// Moves to the text file the one text that the new article pushes out of the latest ones.
    fn move_earlier_text(&mut self, latest: DocId) {
        let Some(text_files) = &self.text_files else { return };
        let leaving = latest.0.checked_sub(text_files.recent_in_memory()).map(DocId);
        if let Some(earlier) = leaving.and_then(|number| self.docs.get_mut(number)) {
            self.text_file = self.text_file.take().or_else(|| text_files.open());
            earlier.stored.store_in(self.text_file.as_ref());
        }
    }
}

/// The hash that lists the articles which feeds of other sites attribute to a page.
pub(crate) fn foreign_page_hash(page: &str) -> u128 {
    item_hash(&format!("told\u{1f}{page}"))
}

/// The 128-bit hash of an item's name: wide enough that no two items of a window collide, and a
/// quarter as long as a name.
pub(crate) fn item_hash(item: &str) -> u128 {
    SipHasher13::new().hash(item.as_bytes()).as_u128()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::verdict::Class;

    fn text(seed: usize) -> String {
        (0..120).map(|n| format!("w{} ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    fn observe(detector: &mut Detector, item: &str, text: &str, day: i64) -> Verdict {
        let items = [item];
        let (time, published) = (day * DAY, day * DAY);
        detector.observe(&Incoming { items: &items, text, time, published, ..Incoming::default() })
    }

    #[test]
    fn articles_outside_the_window_are_removed() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        assert_eq!(observe(&mut detector, "b", &text(1), 6).class, Class::Copy);
        assert_eq!(observe(&mut detector, "c", &text(1), 20).class, Class::New);
        assert_eq!((detector.docs.len(), detector.verdicts.len()), (1, 0));
        assert!(detector.final_verdict(DocId(0)).is_none());
    }

    #[test]
    fn kept_verdicts_outlive_the_window() {
        let mut detector = Detector::keeping_verdicts(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        observe(&mut detector, "b", &text(2), 20);
        assert_eq!(detector.final_verdict(DocId(0)).map(|verdict| verdict.story), Some(StoryId(0)));
    }

    #[test]
    fn the_same_item_is_a_version_and_the_same_text_of_it_is_exact() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        let version = observe(&mut detector, "a", &text(2), 0);
        assert_eq!((version.class, version.story), (Class::Version, StoryId(0)));
        let again = observe(&mut detector, "a", &text(2), 0);
        assert_eq!((again.class, again.kind), (Class::Copy, Some(crate::judge::CopyKind::Exact)));
    }

    #[test]
    fn a_merged_text_that_came_first_does_not_make_two_stories_one() {
        let (a, b) = (text(1), text(2));
        let both = format!("{a}\n{b}");
        for order in [[&both, &a, &b], [&a, &both, &b], [&b, &a, &both]] {
            let mut detector = Detector::new(Settings::default());
            let stories: Vec<(String, StoryId)> = order
                .iter()
                .enumerate()
                .map(|(at, text)| {
                    ((*text).clone(), observe(&mut detector, &at.to_string(), text, 0).story)
                })
                .collect();
            let story_of = |text: &str| stories.iter().find(|(t, _)| t == text).map(|(_, s)| *s);
            assert_ne!(story_of(&a), story_of(&b));
        }
    }

    #[test]
    fn short_texts_fold_only_when_equal() {
        let mut detector = Detector::new(Settings::default());
        let short = "The ferry to the island does not sail today because of the storm.";
        let first = observe(&mut detector, "a", short, 0);
        assert!(!first.comparable);
        assert_eq!(observe(&mut detector, "b", short, 0).class, Class::Copy);
        assert_ne!(
            observe(&mut detector, "c", &short.replace("today", "now"), 0).class,
            Class::Copy
        );
        assert_eq!(observe(&mut detector, "d", "", 0).class, Class::New);
        assert_eq!(observe(&mut detector, "e", "", 0).class, Class::New);
    }
}
