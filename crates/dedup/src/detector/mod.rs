//! The detector: articles in, verdicts out; everything in memory but older texts, where there is a text store.
//!
//! Same input order, same verdicts, always: nothing here looks at a clock, a random number or the
//! order of a hash map.
//!
//! Articles come in, in order; verdicts go out. It is the only room that knows all others.

pub(crate) mod chrome;
pub(crate) mod dividing;
pub(crate) mod documents;
pub(crate) mod eviction;
pub(crate) mod expiry;
pub(crate) mod explain;
pub(crate) mod final_verdict;
pub(crate) mod find;
pub(crate) mod incoming;
pub(crate) mod learning;
pub(crate) mod prepare;
pub(crate) mod reading;
pub(crate) mod recording;
pub(crate) mod regroup;
pub(crate) mod reporting;
pub(crate) mod shard;
pub(crate) mod shard_protocol;
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
use crate::boilerplate::trait_cache::TraitCache;
use crate::boilerplate::{Boilerplate, Traits};
use crate::codec::TextFile;
use crate::codec::numbered::Numbered;
use crate::detector::documents::{Documents, Shards};
use crate::detector::eviction::WindowUse;
use crate::detector::find::KnownAs;
use crate::detector::incoming::{Incoming, Step};
use crate::detector::prepare::{Prepared, Preparer};
use crate::detector::reading::{Analysed, Words};
use crate::detector::verdict::Verdict;
use crate::detector::work::Work;
use crate::event::Events;
use crate::ids::{DocId, OutletId, StoryId};
use crate::index::hot_lists::{HotLists, Hotness, ListName};
use crate::index::identities::Identities;
use crate::settings::{DAY, Settings, Switch};
use crate::store::doc::{Beginnings, Doc};
use crate::store::text_cache::TextCache;
use crate::store::text_store::TextFiles;
use crate::story::folds::Folds;
use crate::story::stories::Stories;

/// The latest stories that have one text and are known by it: a text of more is a wall, which folds under
/// no title, and none of them is looked at in vain.
const STORIES_OF_A_TEXT: usize = 24;

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
    pub(crate) docs: Numbered<DocId, Doc>,
    pub(crate) stories: Stories,
    pub(crate) events: Events,
    /// The index, and the texts where these stand in other processes.
    pub(crate) documents: Documents,
    pub(crate) boilerplate: Boilerplate,
    /// What is looked at again when page chrome is recognised, …
    pub(crate) folds: Folds,
    /// … and what of it is asked for.
    pub(crate) trait_cache: TraitCache,
    /// The words of packed bodies.
    pub(crate) lexicon: Lexicon,
    /// Prepares what is observed.
    preparer: Preparer,
    /// Texts looked at last: they are analysed again from what is kept.
    text_cache: RefCell<TextCache>,
    /// Which lists of the index were hot of late.
    hot_lists: RefCell<HotLists>,
    /// By 128-bit hashes of the items.
    pub(crate) by_item: Identities,
    /// The latest article of each story that has a text.
    pub(crate) by_text: Identities,
    pub(crate) verdicts: BTreeMap<DocId, Verdict>,
    /// Whether verdicts are kept at all.
    pub(crate) keeps_verdicts: bool,
    pub(crate) next: DocId,
    pub(crate) day: i64,
    /// Where texts stand outside of memory, and the text file of the present day.
    pub(crate) text_files: Option<Arc<dyn TextFiles>>,
    pub(crate) text_file: Option<Arc<dyn TextFile>>,
    /// What was done so far, but for texts analysed again.
    pub(crate) work: Work,
    /// What the articles of the window take.
    pub(crate) window_use: WindowUse,
    /// How many left it early.
    pub(crate) evicted: u64,
}

impl Detector {
    /// A detector without any memory.
    #[must_use]
    pub fn new(settings: Settings) -> Detector {
        Detector { settings, ..Detector::default() }
    }

    /// A detector that can give the settled verdict ([`Detector::settled`]) on every article it ever
    /// saw, also on those that left the window; its memory grows with the stream.
    #[must_use]
    pub fn keeping_verdicts(settings: Settings) -> Detector {
        Detector { settings, keeps_verdicts: true, ..Detector::default() }
    }

    /// The same detector, whose texts stand outside of memory from now on.
    #[must_use]
    pub fn with_text_files(self, text_files: Option<Arc<dyn TextFiles>>) -> Detector {
        Detector { text_files, ..self }
    }

    /// The same detector without any memory, whose documents stand on shards from the first article on.
    #[must_use]
    pub fn on_shards(self, shards: Arc<dyn Shards>) -> Detector {
        Detector { documents: Documents::on(shards), ..self }
    }

    /// What it judges by, and what is prepared for it is prepared by.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Judges the next article of the stream and remembers it.
    pub fn observe(&mut self, incoming: &Incoming<'_>) -> Verdict {
        self.observe_in_steps(incoming, |_| {})
    }

    /// The same; `taken` is called after each step, for whoever times them.
    pub fn observe_in_steps(
        &mut self,
        incoming: &Incoming<'_>,
        mut taken: impl FnMut(Step),
    ) -> Verdict {
        let prepared = self.preparer.prepare(incoming, &self.settings);
        taken(Step::Prepare);
        self.decide_in_steps(incoming, prepared, taken)
    }

    /// Judges the next article of the stream, which was prepared from it by these settings, and remembers
    /// it.
    pub fn decide(&mut self, incoming: &Incoming<'_>, prepared: Prepared) -> Verdict {
        self.decide_in_steps(incoming, prepared, |_| {})
    }

    fn decide_in_steps(
        &mut self,
        incoming: &Incoming<'_>,
        prepared: Prepared,
        mut taken: impl FnMut(Step),
    ) -> Verdict {
        self.expire(incoming.time);
        self.evict_beyond_limit();
        let number = self.next;
        self.next = number.next();
        let (mut doc, mut analysed, traits) = self.enter_words(number, incoming, prepared);
        taken(Step::Fingerprint);
        let (versions, numbers, scored) = self.find(&analysed, incoming);
        taken(Step::Candidates);
        let mut earlier = self.open_all(&numbers);
        let same_page = self.on_same_page(incoming);
        let named = self.named(incoming, &versions);
        let known = KnownAs { versions: &versions, named: &named, same_page: &same_page };
        let mut judgement = self.judge(&doc, &analysed, &known, &earlier);
        let shown = traits.as_ref().and_then(|traits| {
            self.shown_chrome(traits.outlet(), &analysed, &judgement, &known, &earlier)
        });
        let mut learned = Vec::new();
        if let Some(chrome) = shown {
            drop(earlier);
            learned = self.learn_chrome((number, &mut doc), chrome, &mut analysed);
            earlier = self.open_all(&numbers);
            judgement = self.judge(&doc, &analysed, &known, &earlier);
        }
        taken(Step::Judgement);
        let news = self.news(&analysed, &judgement, &earlier);
        self.text_cache.borrow_mut().insert(number, analysed.text.clone());
        self.work += Work { candidates_scored: scored, ..Work::of(&analysed, &judgement) };
        let (mut verdict, others) = self.record_article(
            number,
            incoming,
            (doc, &analysed),
            (&judgement, news),
            traits.as_ref(),
        );
        let is_same = |of: DocId| versions.contains(&of) || same_page.contains(&of);
        self.note_fold(number, &judgement, is_same);
        learned.extend(traits.as_ref().map(|traits| (traits.outlet(), others)));
        for (outlet, found) in learned.iter().filter(|(_, found)| !found.is_empty()) {
            verdict.regrouped.extend(self.divide(*outlet, incoming.time, found));
        }
        if self.keeps_verdicts {
            self.verdicts.insert(number, verdict.clone());
        }
        taken(Step::Rest);
        verdict
    }

    /// The work that all articles so far took.
    #[must_use]
    pub fn work(&self) -> Work {
        let mut work = self.work;
        work.words_read += self.text_cache.borrow().words();
        work
    }

    /// Numbers the words of an article, leaves out what its outlet is known to print, and looks up what
    /// the index has of the rest.
    fn enter_words(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        prepared: Prepared,
    ) -> (Doc, Analysed, Option<Traits>) {
        let Prepared { text, words, whole, mut shingles, hashes, traits, mut notes, .. } = prepared;
        let known = self.lexicon.len();
        let numbers = self.lexicon.number(&text, &words, incoming.time.div_euclid(DAY));
        let new_words = u32::try_from(self.lexicon.len() - known).unwrap_or(u32::MAX);
        let len = whole.len();
        let mut body = match &traits {
            Some(traits) if self.settings.is_on(Switch::Boilerplate) => {
                self.boilerplate.mask(whole, &text, traits, &self.settings)
            }
            _ => whole,
        };
        if body.len() < len {
            shingles = body.shingles();
        }
        let fingerprint = Fingerprint::with(hashes, &body, &shingles);
        let under_keys =
            self.documents.look_up(number, &fingerprint.keys, |list, docs| self.is_hot(list, docs));
        let is_marked = under_keys.mark_hot(&mut body, &shingles, &fingerprint.keys);
        let fingerprint = if is_marked { fingerprint.recounted(&body) } else { fingerprint };
        let words = Words { hashes: words, numbers, new: new_words, kept: len };
        let terms = prepared.terms;
        if words.are_masked_in(&body) {
            notes = notes.masked(&text, &body, &self.settings);
        }
        let beginnings = Beginnings {
            exact: fingerprint.exact,
            counted_shingles: fingerprint.counted_shingles,
            quoted: body.quoted_weight(),
            outlet: incoming.outlet.map(OutletId::of),
            time: incoming.time,
            published: incoming.published,
        };
        let mut doc = Doc::new(number, beginnings);
        doc.set_traces(prepared.traces);
        (doc, Analysed { text, body, notes, terms, fingerprint, under_keys, words }, traits)
    }

    /// The text of an article, unless it left the window.
    pub(crate) fn open(&self, doc: DocId) -> Option<Arc<Text>> {
        let at_rest = &self.docs.get(doc)?.at_rest;
        Some(self.text_cache.borrow_mut().get(doc, || at_rest.open().text.open()))
    }

    pub(crate) fn story_of(&self, doc: DocId) -> StoryId {
        self.docs.get(doc).map_or(StoryId::of(doc), |doc| self.stories.resolve(doc.story))
    }

    pub(crate) fn outlet_of(&self, doc: DocId) -> Option<OutletId> {
        self.docs.get(doc).and_then(|doc| doc.outlet)
    }

    /// Whether the articles on a list of the index belong to so many stories that its key says nothing.
    pub(crate) fn is_hot(&self, list: ListName, docs: &[DocId]) -> bool {
        let most = self.settings.hot_stories;
        if docs.len() <= most || !self.settings.is_on(Switch::HotShingles) {
            return false;
        }
        let known = (list, docs.len());
        self.hot_lists.borrow_mut().is_hot(known, self.stories.changes(), || {
            // Segments leave by the day, articles by the second: those gone say nothing.
            let live = || docs.iter().filter_map(|doc| self.docs.get(*doc));
            let stories = live().map(|doc| self.stories.resolve(doc.story)).collect();
            Hotness::of(stories, live().map(|doc| doc.outlet).collect(), most)
        })
    }

    /// Enters an article under its identities.
    pub(crate) fn enter(
        &mut self,
        number: DocId,
        incoming: &Incoming<'_>,
        mut doc: Doc,
        analysed: &Analysed,
    ) {
        for item in incoming.items {
            self.by_item.push(item_hash(item), number);
        }
        if let (Some(page), Some(_)) = (incoming.page, incoming.via) {
            self.by_item.push(foreign_page_hash(page), number);
        }
        let Analysed { fingerprint, under_keys, .. } = analysed;
        if let Some(exact) = fingerprint.exact {
            let story = self.stories.resolve(doc.story);
            let holders = self.by_text.get(exact).iter().copied();
            let others = holders.filter(|other| self.story_of(*other) != story);
            let kept: Vec<DocId> = others.chain([number]).collect();
            let from = kept.len().saturating_sub(STORIES_OF_A_TEXT);
            self.by_text.set(exact, kept[from..].to_vec());
        }
        let new = (number, incoming.time);
        self.documents.insert(new, fingerprint, under_keys, &mut doc.at_rest);
        self.docs.insert(number, doc);
        self.count_article_bytes(number, analysed.words.new, incoming);
        self.move_earlier_text(number);
    }

    /// Moves the text of the article that is no longer among the latest from memory to the text file.
    fn move_earlier_text(&mut self, latest: DocId) {
        let Some(text_files) = &self.text_files else { return };
        let settled = latest.0.checked_sub(text_files.at_hand()).map(DocId);
        if let Some(earlier) = settled.and_then(|number| self.docs.get_mut(number)) {
            self.text_file = self.text_file.take().or_else(|| text_files.open());
            earlier.at_rest.put_on(self.text_file.as_ref());
        }
    }
}

/// The hash under which articles are listed that the feed of another site says are on a page.
pub(crate) fn foreign_page_hash(page: &str) -> u128 {
    item_hash(&format!("told\u{1f}{page}"))
}

/// 128 bits tell all items of a window apart, and take a quarter of their names.
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
    fn the_window_forgets_and_memory_with_it() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        assert_eq!(observe(&mut detector, "b", &text(1), 6).class, Class::Copy);
        assert_eq!(observe(&mut detector, "c", &text(1), 20).class, Class::New);
        assert_eq!((detector.docs.len(), detector.verdicts.len()), (1, 0));
        assert!(detector.settled(DocId(0)).is_none());
    }

    #[test]
    fn kept_verdicts_outlive_the_window() {
        let mut detector = Detector::keeping_verdicts(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        observe(&mut detector, "b", &text(2), 20);
        assert_eq!(detector.settled(DocId(0)).map(|verdict| verdict.story), Some(StoryId(0)));
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
