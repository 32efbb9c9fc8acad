//! [`Detector`]: articles come in, in order, and verdicts go out.

pub(crate) mod added;
pub(crate) mod alone;
mod digests;
mod docs;
mod eviction;
mod final_verdict;
pub(crate) mod incoming;
mod overrides;
mod reporting;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use wirefold_text::Text;

use crate::candidates::Postings;
use crate::event::{Events, Joined};
use crate::groups::Groups;
use crate::hash::{hash_str, mix, narrow};
use crate::ids::{DocId, EventId, Merge, OutletId, StoryId};
use crate::index::Index;
use crate::judge::Weights;
use crate::matching::{Articles as _, Matching, POSTINGS, is_part, whole_key};
use crate::not_the_same::NotTheSame;
use crate::opened::Opened;
use crate::page::Page;
use crate::rarity::Rarity;
use crate::settings::{DAY, Settings};
use crate::signature::Signature;
use crate::verdict::{Class, CopyKind, Match, Verdict};
use docs::{Doc, Docs, StoredText};
use incoming::{Incoming, Prepared};

/// Tells the keys of items from those of shingles.
const ITEM: u32 = 0x55;

/// Finds reprints in a stream of articles.
///
/// ```
/// use wirefold_fold::{Class, Detector, Incoming, Settings};
///
/// let mut detector = Detector::new(Settings::default());
/// let text = "The harbour of the small town was closed on Monday after a storm. ".repeat(8);
/// let first = detector.observe(&Incoming { items: &["a"], text: &text, ..Incoming::default() });
/// let again = detector.observe(&Incoming { items: &["b"], text: &text, ..Incoming::default() });
/// assert_eq!((first.class, again.class, again.story), (Class::New, Class::Copy, first.story));
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Detector {
    #[serde(skip)]
    settings: Settings,
    #[serde(skip)]
    weights: Weights,
    docs: Docs,
    index: Index,
    rarity: Rarity,
    stories: Groups,
    events: Events,
    /// The stories that people said are not one.
    apart: NotTheSame,
    /// Texts that were read lately.
    #[serde(skip)]
    opened: Opened,
    /// The newest article with its text.
    #[serde(skip)]
    latest: Option<(DocId, Arc<Text>)>,
    /// The first article of each day of the window.
    days: VecDeque<(i64, u32)>,
    /// The first article of the window.
    first: u32,
    /// The number of the next article.
    next: u32,
    /// The bytes that the articles of the window take.
    bytes: u64,
    /// How many articles left the window early because it was full.
    #[serde(skip)]
    evicted: u64,
    /// `None` unless the detector can give final verdicts.
    #[serde(skip)]
    verdicts: Option<BTreeMap<DocId, Verdict>>,
}

/// A name's hash; 0 for none.
fn name(of: &str) -> u64 {
    if of.is_empty() { 0 } else { hash_str(of) | 1 }
}

impl Detector {
    /// A detector that has seen no article.
    #[must_use]
    pub fn new(settings: Settings) -> Detector {
        Detector::with_weights(settings, Weights::default())
    }

    /// A detector that can give the final verdict ([`Detector::final_verdict`]) on every article it ever saw,
    /// also on those that left the window. Its memory grows with the stream.
    #[must_use]
    pub fn keeping_verdicts(settings: Settings) -> Detector {
        Detector { verdicts: Some(BTreeMap::new()), ..Detector::new(settings) }
    }

    /// A detector that judges by other numbers than the fitted ones.
    #[must_use]
    pub fn with_weights(settings: Settings, weights: Weights) -> Detector {
        Detector {
            settings,
            weights,
            docs: Docs::default(),
            index: Index::new(POSTINGS),
            rarity: Rarity::default(),
            stories: Groups::default(),
            events: Events::default(),
            apart: NotTheSame::default(),
            opened: Opened::default(),
            latest: None,
            days: VecDeque::new(),
            first: 0,
            next: 0,
            bytes: 0,
            evicted: 0,
            verdicts: None,
        }
    }

    /// Judges the next article of the stream and remembers it.
    pub fn observe(&mut self, incoming: &Incoming<'_>) -> Verdict {
        self.decide(incoming, &Prepared::new(incoming))
    }

    /// Judges the next article of the stream and remembers it. `prepared` must come from the same article.
    pub fn decide(&mut self, incoming: &Incoming<'_>, prepared: &Prepared) -> Verdict {
        self.expire(incoming.time);
        self.evict_beyond_limit();
        let article = self.next;
        self.next += 1;
        self.enter(article, incoming, prepared);
        let version = self.earlier_version(article);
        let mut matching = self.matching(article, &prepared.page);
        let matches = matching.compare();
        let (joined, holds) = match version {
            Some(earlier) => (vec![matching.stories.of(earlier)], Vec::new()),
            None => matching.decide(&matches),
        };
        let shared = std::mem::take(&mut matching.shared);
        let parts = match version.is_none() && joined.is_empty() && holds.is_empty() {
            true => {
                let sharing = matches.iter().filter(|pair| is_part(pair)).map(|pair| pair.doc.0);
                self.matching(article, &prepared.page).parts_of(sharing)
            }
            false => Vec::new(),
        };
        let holds = if self.are_of_many_events(&parts) { parts } else { holds };
        self.set_joined_through(article, version, &joined, &matches);
        let merged_stories = self.join(article, &joined);
        // A digest is not about one happening.
        let of_event = match joined.is_empty() && holds.is_empty() {
            true => {
                self.find_holders(article, &matches);
                self.add_event(article, prepared)
            }
            false => Joined::default(),
        };
        self.make_findable(article, prepared);
        let holds = holds.into_iter().map(|held| StoryId(self.stories.of(held))).collect();
        let verdict = self.verdict(article, prepared, version, (matches, &shared), holds, of_event);
        let verdict = Verdict { merged_stories, ..verdict };
        self.keep_verdict(&verdict);
        verdict
    }

    /// Adds an article to the window, in a story of its own.
    fn enter(&mut self, article: u32, incoming: &Incoming<'_>, prepared: &Prepared) {
        let names = incoming.items.iter().filter(|item| !is_page(item, incoming));
        // Other sites say what they like about an outlet: it must not count as the outlet's own.
        let outlet = incoming.outlet.map_or(0, name);
        let stranger = incoming.via.filter(|via| Some(*via) != incoming.outlet);
        let outlet = match stranger {
            Some(via) => mix(outlet, hash_str(via)) | 1,
            None => outlet,
        };
        let doc = Doc {
            names: names.map(|item| name(item)).collect(),
            page: incoming.page.map_or(0, name),
            address: incoming.page.map_or(0, |page| match incoming.via {
                Some(via) => mix(name(page), hash_str(via)) | 1,
                None => name(page),
            }),
            outlet,
            site: incoming.via.or(incoming.outlet).map(OutletId::of),
            whole: prepared.page.whole,
            time: incoming.published.min(incoming.time),
            title: prepared.title.clone(),
            is_correction: prepared.is_correction && stranger.is_none(),
            words: prepared.page.len() as u32,
            joined: article,
            held: Vec::new(),
            text: StoredText::InMemory(incoming.text.into()),
            traces: prepared.traces.as_slice().into(),
        };
        self.bytes += eviction::bytes_of(&doc);
        self.docs.insert(article, doc);
        self.opened.insert(article, &prepared.page);
        self.latest = Some((DocId(article), Arc::clone(&prepared.text)));
        self.stories.put(&[article], article);
    }

    fn matching(&mut self, article: u32, page: &Arc<Page>) -> Matching<'_, Docs> {
        Matching {
            articles: &self.docs,
            index: &self.index,
            rarity: &self.rarity,
            stories: &self.stories,
            weights: &self.weights,
            opened: &mut self.opened,
            first: self.first,
            article,
            page: Arc::clone(page),
            postings: Postings::default(),
            repeats: FxHashMap::default(),
            shared: Vec::new(),
        }
    }

    /// The page of an article of the window; an empty one if it left.
    pub(crate) fn page(&mut self, article: u32) -> Arc<Page> {
        self.opened.get(article, || self.docs.read(article))
    }

    /// Records the article through which a new one joined its story.
    fn set_joined_through(
        &mut self,
        article: u32,
        version: Option<u32>,
        joined: &[u32],
        matches: &[Match],
    ) {
        let Some(story) = joined.first() else { return };
        let of_story = matches.iter().filter(|pair| self.stories.of(pair.doc.0) == *story);
        let likeliest = of_story.max_by(|one, other| {
            let order = one.same_words.cmp(&other.same_words);
            order.then(one.probability.total_cmp(&other.probability)).then(other.doc.cmp(&one.doc))
        });
        let through = version.or(likeliest.map(|pair| pair.doc.0)).unwrap_or(*story);
        self.docs.set_joined(article, through);
    }

    /// Puts a new article into the first of these stories, and makes the others one with it, unless people keep
    /// them apart. Returns the merges.
    fn join(&mut self, article: u32, stories: &[u32]) -> Vec<Merge<StoryId>> {
        let Some((first, others)) = stories.split_first() else { return Vec::new() };
        let mut story = self.stories.merge(*first, article);
        let mut merges = Vec::new();
        for other in others {
            let other = self.stories.of(*other);
            if other != story && !self.are_apart(story, other) {
                let merge = self.merge_two(story, other);
                story = merge.older.0;
                merges.push(merge);
            }
        }
        merges
    }

    /// Makes two stories one, also in their events.
    fn merge_two(&mut self, one: u32, other: u32) -> Merge<StoryId> {
        let (older, younger) = (one.min(other), one.max(other));
        self.stories.merge(older, younger);
        self.events.merge_story(older, younger);
        Merge { older: StoryId(older), younger: StoryId(younger) }
    }

    /// Finds the event of a new story.
    fn add_event(&mut self, article: u32, prepared: &Prepared) -> Joined {
        match self.signature(article, &prepared.page, &prepared.counted) {
            Some(signature) => self.events.add(article, signature, &prepared.page, self.first),
            None => Joined::default(),
        }
    }

    fn signature(&self, article: u32, page: &Page, terms: &[(u32, u32)]) -> Option<Signature> {
        let (doc, text) = (self.docs.get(article)?, self.text(DocId(article))?);
        Some(Signature::new(&text, page, terms, &doc.title, doc.time, &self.rarity))
    }

    /// Moves the window to a time. It leaves out whole days.
    fn expire(&mut self, time: i64) {
        let day = time.div_euclid(DAY);
        if self.days.back().is_some_and(|(latest, _)| *latest >= day) {
            return;
        }
        self.days.push_back((day, self.next));
        let oldest = (time - self.settings.window).div_euclid(DAY);
        while self.days.front().is_some_and(|(earlier, _)| *earlier < oldest) {
            self.days.pop_front();
        }
        let first = self.days.front().map_or(self.next, |(_, first)| *first);
        self.keep_final_verdicts(|article| article < first);
        self.first = first;
        self.forget(|article| article < first);
    }

    /// Forgets articles and everything that is known about them alone, except in the index.
    fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.docs.retain(|article| !is_gone(article));
        self.stories.forget(&is_gone);
        let stories = &self.stories;
        self.events.forget(|story| !stories.has(story));
        self.apart.forget(|doc| is_gone(doc.0));
        self.bytes = self.docs.iter().map(|(_, doc)| eviction::bytes_of(doc)).sum();
    }

    /// The latest earlier article of the same item.
    fn earlier_version(&self, article: u32) -> Option<u32> {
        let names = &self.docs.get(article)?.names;
        let mut found = Vec::new();
        for name in names {
            self.index.get(narrow(*name) ^ ITEM, self.first, &mut found);
        }
        let is_same = |other: &u32| {
            self.docs.get(*other).is_some_and(|doc| doc.names.iter().any(|it| names.contains(it)))
        };
        found.into_iter().filter(is_same).max()
    }

    /// Makes an article findable.
    fn make_findable(&mut self, article: u32, prepared: &Prepared) {
        let mut all: Vec<u32> = prepared.page.keys.iter().map(|(_, key)| *key).collect();
        if let Some(doc) = self.docs.get(article) {
            all.extend(doc.names.iter().map(|name| narrow(*name) ^ ITEM));
            if doc.whole != 0 {
                all.push(whole_key(doc.whole));
            }
        }
        for key in all {
            self.index.insert(key, article, self.first);
        }
        if self.stories.of(article) == article {
            self.rarity.learn(prepared.counted.iter().map(|(term, _)| *term));
        }
    }

    fn verdict(
        &mut self,
        article: u32,
        prepared: &Prepared,
        version: Option<u32>,
        (matches, shared): (Vec<Match>, &[(u32, Vec<bool>)]),
        holds: Vec<StoryId>,
        Joined { compared, merged, continues }: Joined,
    ) -> Verdict {
        let story = self.stories.of(article);
        let event = self.events.of(story);
        let is_copy = version.is_some() || story != article;
        let class = match self.version_of(version, story, &matches) {
            Some(before) if !self.repeats(article, before, story, &matches) => Class::Version,
            _ if is_copy => Class::Copy,
            _ if event != story || !holds.is_empty() => Class::Related,
            _ => Class::New,
        };
        let is_same = version.is_some_and(|before| self.have_same_words(article, before));
        let kind = (class == Class::Copy).then(|| match is_same {
            true => CopyKind::Exact,
            false => CopyKind::of(self.of_story(story, &matches)),
        });
        let novelty = match (is_copy, kind) {
            (false, _) => 1.0,
            (true, Some(CopyKind::Exact)) => 0.0,
            (true, _) => self.novelty(prepared.page.len(), story, shared),
        };
        Verdict {
            doc: DocId(article),
            class,
            kind,
            comparable: added::is_comparable(&prepared.page),
            story: StoryId(story),
            event: EventId(event),
            holds,
            shared_quotations: self.shared_quotations(&prepared.page, shared, &compared),
            agency: self.agency(article, &matches),
            simhash: prepared.simhash,
            novelty,
            correction: match is_copy {
                true => self.correction(article, &prepared.text, story, &matches),
                false => None,
            },
            matches,
            compared_stories: compared,
            merged_stories: Vec::new(),
            merged_events: merged,
            continues,
        }
    }

    /// The article before a new one: of the same item, or at the same address and in the same story.
    fn version_of(&self, same_item: Option<u32>, story: u32, matches: &[Match]) -> Option<u32> {
        let same_address = self.of_story(story, matches).filter(|pair| pair.evidence.same_address);
        same_item.or(same_address.map(|pair| pair.doc.0).max())
    }

    /// Whether an article has the words of the version before it, or of an earlier one at its address.
    fn repeats(&self, article: u32, before: u32, story: u32, matches: &[Match]) -> bool {
        self.have_same_words(article, before)
            || self
                .of_story(story, matches)
                .any(|pair| pair.same_words && pair.evidence.same_address)
    }

    fn have_same_words(&self, one: u32, other: u32) -> bool {
        let [one, other] = [one, other].map(|article| self.docs.get(article).map(|doc| doc.whole));
        one == other
    }

    /// The matches that are members of a story.
    fn of_story<'a>(
        &self,
        story: u32,
        matches: &'a [Match],
    ) -> impl Iterator<Item = &'a Match> + Clone {
        matches.iter().filter(move |pair| self.stories.of(pair.doc.0) == story)
    }
}

/// Whether the name of an item is that of its page. The feed of another site names a page with its own name in
/// front.
fn is_page(item: &str, incoming: &Incoming<'_>) -> bool {
    let foreign =
        || incoming.via.zip(incoming.page).map(|(via, page)| format!("{via}\u{1f}{page}"));
    incoming.page == Some(item) || foreign().as_deref() == Some(item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_files::{TextFile, TextFiles};
    use crate::verdict::Correction;
    use std::sync::Mutex;

    fn text(seed: usize) -> String {
        (0..160).map(|n| format!("w{}x ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    fn observe(detector: &mut Detector, item: &str, text: &str, day: i64) -> Verdict {
        let time = day * DAY;
        let outlet = Some(item);
        let incoming =
            Incoming { items: &[item], outlet, text, time, published: time, ..Incoming::default() };
        detector.observe(&incoming)
    }

    #[test]
    fn a_copy_joins_its_story_and_another_text_opens_one() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        let copy = format!("{} and so on {}", text(2).split_at(200).0, text(1));
        let verdict = observe(&mut detector, "b", &copy, 0);
        assert_eq!((verdict.story, verdict.class), (StoryId(0), Class::Copy));
        assert_eq!(verdict.kind, Some(CopyKind::Reprint));
        assert!((0.05..0.3).contains(&verdict.novelty), "{verdict:?}");
        let again = observe(&mut detector, "d", &text(1), 0);
        assert_eq!(
            (again.story, again.kind, again.novelty),
            (StoryId(0), Some(CopyKind::Exact), 0.0)
        );
        let other = observe(&mut detector, "c", &text(3), 0);
        assert_eq!((other.story, other.class, other.kind), (StoryId(3), Class::New, None));
    }

    #[test]
    fn a_digest_holds_its_texts_and_is_in_no_event_with_them() {
        let mut detector = Detector::new(Settings::default());
        for (item, seed) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
            observe(&mut detector, item, &text(seed), 0);
        }
        let part = |seed: usize| text(seed).split_at(400).0.to_owned();
        let digest = [1, 2, 3, 4].map(part).join("\n\n");
        let verdict = observe(&mut detector, "e", &digest, 0);
        assert_eq!((verdict.holds.len(), verdict.class), (4, Class::Related));
        assert_eq!((verdict.story, verdict.event), (StoryId(4), EventId(4)));
    }

    #[test]
    fn articles_outside_the_window_are_forgotten() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        assert_eq!(observe(&mut detector, "b", &text(1), 6).story, StoryId(0));
        assert_eq!(observe(&mut detector, "c", &text(1), 20).story, StoryId(2));
        assert_eq!((detector.articles(), detector.has_story(StoryId(0))), (1, false));
    }

    #[test]
    fn the_same_item_is_a_version_whatever_its_text_and_the_same_text_of_it_is_exact() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &text(1), 0);
        let version = observe(&mut detector, "a", &text(2), 0);
        assert_eq!((version.story, version.class), (StoryId(0), Class::Version));
        let again = observe(&mut detector, "a", &text(2), 0);
        assert_eq!((again.class, again.kind), (Class::Copy, Some(CopyKind::Exact)));
    }

    #[test]
    fn empty_texts_and_numbers_never_fold() {
        let mut detector = Detector::new(Settings::default());
        for (at, text) in ["", "", "1 2 3 4 5 6 7 8", "1 2 3 4 5 6 7 8"].iter().enumerate() {
            let verdict = observe(&mut detector, &at.to_string(), text, 0);
            assert_eq!(verdict.story.0, at as u32);
        }
    }

    #[test]
    fn words_in_quotation_marks_are_no_copying_and_are_counted() {
        let quotation = format!("“{}”", text(1).trim());
        let mut detector = Detector::new(Settings::default());
        let with_quotation = |seed: usize| format!("{}\n\n{quotation}", text(seed));
        observe(&mut detector, "a", &with_quotation(2), 0);
        let second = observe(&mut detector, "b", &with_quotation(3), 0);
        assert_eq!((second.story, second.shared_quotations), (StoryId(1), 1));
    }

    #[test]
    fn a_wall_of_one_outlet_under_other_headlines_does_not_fold() {
        let mut detector = Detector::new(Settings::default());
        let titles = ["Harbour closed", "Choir sings", "Bees return", "Snow again", "Cup won"];
        for (at, title) in titles.iter().enumerate() {
            let wall = &text(4)[..600];
            let verdict = detector.observe(&Incoming {
                outlet: Some("wall.example"),
                title,
                text: wall,
                time: at as i64 * 3600,
                published: at as i64 * 3600,
                ..Incoming::default()
            });
            assert_eq!(verdict.story.0, at as u32, "{title}");
        }
    }

    #[test]
    fn a_template_that_is_filled_with_other_names_is_no_copy_and_a_copy_with_another_dateline_is() {
        let shooting = |[town, chief, mayor, witness, dead]: [&str; 5]| {
            format!(
                "{dead} people were killed on Friday evening when a gunman opened fire at a bowling alley in \
                 {town}, police said.\n\nOfficers shot the man, who has not been named, a few minutes after the \
                 first calls, according to {chief}, the head of the police in {town}. There was no further \
                 danger to the public, he told reporters outside the building.\n\n{witness}, who works across \
                 the street, said people ran out of the doors with their hands up. The motive is not known. The \
                 mayor, {mayor}, asked residents to stay away from the area and to give blood if they can."
            )
        };
        let one = shooting(["Lindwell", "Owen Tarr", "Ruth Ames", "Pete Lasko", "Four"]);
        let other = shooting(["Harnow", "Milo Brandt", "Ivor Quist", "Ned Culver", "Seven"]);
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &one, 0);
        assert_eq!(observe(&mut detector, "b", &other, 0).story, StoryId(1));
        let local =
            format!("HARNOW (AP) — {one}\n\nIn Harnow, Milo Brandt said his officers would help.");
        assert_eq!(observe(&mut detector, "c", &local, 0).story, StoryId(0));
    }

    #[test]
    fn an_agency_is_inferred_from_a_copy_that_credits_it() {
        let mut detector = Detector::new(Settings::default());
        observe(&mut detector, "a", &format!("QUAYTON (AP) — {}", text(1)), 0);
        let agency = observe(&mut detector, "b", &text(1), 0).agency.expect("the text is there");
        assert_eq!((agency.name, agency.through), ("AP", Some(DocId(0))));
    }

    #[test]
    fn a_copy_that_says_that_it_corrects_is_a_correction_once() {
        let mut detector = Detector::new(Settings::default());
        let article = |count: u32, note: &str| {
            let opening = format!("In Orla {count} ferries sank on Monday, the coast guard said.");
            format!("{opening} {}\n\n{note}", text(1))
        };
        let mut correction =
            |item: &str, text: &str| observe(&mut detector, item, text, 0).correction;
        assert_eq!(correction("a", &article(26, "")), None);
        assert_eq!(correction("b", &article(28, "")), None);
        let corrected = article(27, "Correction: 27 ferries sank.");
        assert_eq!(
            correction("c", &corrected),
            Some(Correction { change: Some("26 → 27".to_owned()) })
        );
        assert_eq!(correction("d", &corrected), None);
    }

    /// A text file in memory, with no room for every third text.
    #[derive(Debug, Default)]
    struct FakeFile(Mutex<(u64, Vec<u8>)>);

    impl TextFile for FakeFile {
        fn put(&self, bytes: &[u8]) -> Option<u64> {
            let (asked, held) = &mut *self.0.lock().unwrap();
            *asked += 1;
            let position = held.len() as u64;
            (*asked % 3 != 0).then(|| held.extend_from_slice(bytes)).map(|()| position)
        }

        fn read(&self, position: u64, bytes: &mut [u8]) {
            let held = &self.0.lock().unwrap().1;
            let from = usize::try_from(position).unwrap();
            bytes.copy_from_slice(&held[from..from + bytes.len()]);
        }
    }

    /// Files for all but the latest two texts.
    #[derive(Debug)]
    struct FakeFiles;

    impl TextFiles for FakeFiles {
        fn open(&self) -> Option<Arc<dyn TextFile>> {
            Some(Arc::new(FakeFile::default()))
        }

        fn recent_in_memory(&self) -> u32 {
            2
        }
    }

    /// The verdicts are the same with texts in files, and with the state written and read after each article.
    #[test]
    fn the_state_is_read_back_whole() {
        let texts: Vec<String> =
            (0..60).map(|n| format!("“{}”\n{}", text(n % 7), text(n * n % 11))).collect();
        let judge = |with_files: bool, with_reads: bool| {
            let files = || with_files.then(|| -> Arc<dyn TextFiles> { Arc::new(FakeFiles) });
            let mut detector = Detector::new(Settings::default()).with_text_files(files());
            let mut verdicts = Vec::new();
            for (at, text) in texts.iter().enumerate() {
                let day = at as i64 / 4;
                verdicts.push(observe(&mut detector, &format!("{}", at % 50), text, day));
                if at == 30 {
                    detector.keep_apart(DocId(29), DocId(30));
                }
                if with_reads {
                    let bytes = postcard::to_stdvec(&detector).unwrap();
                    let read: Detector = postcard::from_bytes(&bytes).unwrap();
                    let opened = detector.text_files().clone();
                    detector = read.reopened(Settings::default(), files(), opened);
                    assert_eq!(postcard::to_stdvec(&detector).unwrap().len(), bytes.len());
                }
            }
            verdicts
        };
        let expected = judge(false, false);
        assert!(expected.iter().any(|verdict| verdict.class == Class::Copy));
        assert!(expected == judge(true, false) && expected == judge(true, true));
    }
}
