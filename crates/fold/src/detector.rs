//! [`Detector`]: articles come in, in order, and verdicts go out.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::candidates::keys;
use crate::event::{ComparedStory, Events};
use crate::hash::{hash_str, narrow};
use crate::index::Index;
use crate::judge::Weights;
use crate::matching::{About, Articles, Matching, POSTINGS, whole_key};
use crate::opened::Opened;
use crate::page::{Page, title_terms};
use crate::rarity::Rarity;
use crate::signature::Signature;
use crate::story::Stories;
use crate::verdict::{Class, CopyKind, Verdict};

/// How long articles are compared with new ones, in seconds.
const WINDOW: i64 = 7 * 24 * 3600;
/// Tells the keys of items and of addresses from those of shingles.
const ITEM: u32 = 0x55;
const ADDRESS: u32 = 0xaa00;

/// An article as it comes in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Incoming<'a> {
    /// The name of the item in its feed, or "". An earlier article with the same name is an earlier version.
    pub item: &'a str,
    /// Its address, or "".
    pub address: &'a str,
    /// The outlet, or "".
    pub outlet: &'a str,
    /// The headline, or "".
    pub title: &'a str,
    /// The text.
    pub text: &'a str,
    /// Stream time in seconds. It must not decrease.
    pub time: i64,
}

#[derive(Debug, Clone)]
struct Doc {
    item: u64,
    address: u64,
    outlet: u64,
    whole: u64,
    time: i64,
    title: Box<[u32]>,
    text: Arc<str>,
    words: u32,
}

/// The articles of the window.
#[derive(Debug, Clone, Default)]
struct Docs(Vec<Doc>);

impl std::ops::Index<u32> for Docs {
    type Output = Doc;

    fn index(&self, article: u32) -> &Doc {
        &self.0[article as usize]
    }
}

impl Articles for Docs {
    fn about(&self, article: u32) -> About<'_> {
        let Doc { ref title, outlet, address, whole, words, time, .. } = self[article];
        About { title, outlet, address, whole, words, time }
    }

    fn read(&self, article: u32) -> Page {
        Page::new(&self[article].text)
    }
}

/// Finds reprints in a stream of articles.
#[derive(Debug, Clone)]
pub struct Detector {
    weights: Weights,
    docs: Docs,
    index: Index,
    rarity: Rarity,
    stories: Stories,
    events: Events,
    opened: Opened,
    /// The first article of each day of the window.
    days: VecDeque<(i64, u32)>,
    /// The first article of the window.
    first: u32,
}

/// A name's hash; 0 for none.
fn name(of: &str) -> u64 {
    if of.is_empty() { 0 } else { hash_str(of) | 1 }
}

impl Detector {
    /// A detector that has seen no article.
    #[must_use]
    pub fn new(weights: Weights, of_events: Weights) -> Detector {
        Detector {
            weights,
            docs: Docs::default(),
            index: Index::new(POSTINGS),
            rarity: Rarity::default(),
            stories: Stories::default(),
            events: Events::new(of_events),
            opened: Opened::default(),
            days: VecDeque::new(),
            first: 0,
        }
    }

    /// The story of an article as it is now.
    #[must_use]
    pub fn story_of(&self, article: u32) -> u32 {
        self.stories.of(article)
    }

    /// Judges the next article of the stream and remembers it.
    pub fn observe(&mut self, incoming: &Incoming<'_>) -> Verdict {
        let article = self.docs.0.len() as u32;
        self.expire(article, incoming.time);
        let page = Arc::new(Page::new(incoming.text));
        self.docs.0.push(Doc {
            item: name(incoming.item),
            address: name(incoming.address),
            outlet: name(incoming.outlet),
            whole: page.exact(),
            time: incoming.time,
            title: title_terms(incoming.title).into(),
            text: incoming.text.into(),
            words: page.len() as u32,
        });
        self.opened.insert(article, &page);
        self.stories.open();
        let version = self.earlier_version(article);
        let mut matching = self.matching(article, &page);
        let compared = matching.compare();
        let (joined, holds) = match version {
            Some(earlier) => (vec![self.stories.of(earlier)], Vec::new()),
            None => matching.decide(&compared),
        };
        for story in &joined {
            self.stories.merge(*story, article);
        }
        let compared_stories =
            if joined.is_empty() { self.add_event(article, &page) } else { Vec::new() };
        self.remember(article, &page);
        let story = self.stories.of(article);
        let event = self.events.of(story);
        let of_story = compared.iter().filter(|pair| self.stories.of(pair.article) == story);
        let copied = CopyKind::of(of_story);
        let class = match version {
            Some(_) if copied != CopyKind::Exact => Class::Version,
            _ if !joined.is_empty() => Class::Copy,
            _ if event != story || !holds.is_empty() => Class::Related,
            _ => Class::New,
        };
        let kind = (class == Class::Copy).then_some(copied);
        Verdict { article, class, kind, story, compared, holds, event, compared_stories }
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
        }
    }

    /// Finds the event of a new story.
    fn add_event(&mut self, article: u32, page: &Page) -> Vec<ComparedStory> {
        let doc = &self.docs[article];
        let signature = Signature::new(page, &doc.title, doc.time, &self.rarity);
        self.events.add(article, signature, self.first, &self.rarity)
    }

    fn expire(&mut self, article: u32, time: i64) {
        const DAY: i64 = 24 * 3600;
        let day = time.div_euclid(DAY);
        if self.days.back().is_none_or(|(latest, _)| *latest < day) {
            self.days.push_back((day, article));
        }
        let oldest = (time - WINDOW).div_euclid(DAY);
        while self.days.front().is_some_and(|(earlier, _)| *earlier < oldest) {
            self.days.pop_front();
        }
        self.first = self.days.front().map_or(article, |(_, first)| *first);
    }

    /// The latest earlier article of the same item.
    fn earlier_version(&self, article: u32) -> Option<u32> {
        let item = self.docs[article].item;
        let mut found = Vec::new();
        if item != 0 {
            self.index.get(narrow(item) ^ ITEM, self.first, &mut found);
        }
        found.into_iter().filter(|other| self.docs[*other].item == item).max()
    }

    /// Makes an article findable.
    fn remember(&mut self, article: u32, page: &Page) {
        let mut all = keys(page);
        let doc = &self.docs[article];
        for (name, kind) in [(doc.item, ITEM), (doc.address, ADDRESS)] {
            if name != 0 {
                all.push(narrow(name) ^ kind);
            }
        }
        if doc.whole != 0 {
            all.push(whole_key(doc.whole));
        }
        for key in all {
            self.index.insert(key, article, self.first);
        }
        self.rarity.learn(page.term_set());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seed: usize) -> String {
        (0..160).map(|n| format!("w{}x ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    fn observe(detector: &mut Detector, item: &str, text: &str, time: i64) -> Verdict {
        let incoming = Incoming { item, outlet: item, text, time, ..Incoming::default() };
        detector.observe(&incoming)
    }

    #[test]
    fn a_copy_joins_its_story_and_another_text_opens_one() {
        let mut detector = Detector::new(Weights::default(), Weights::of_events());
        observe(&mut detector, "a", &text(1), 0);
        let copy = format!("{} and so on {}", text(2).split_at(200).0, text(1));
        let verdict = observe(&mut detector, "b", &copy, 60);
        assert_eq!((verdict.story, verdict.class), (0, Class::Copy));
        assert_eq!(verdict.kind, Some(CopyKind::Reprint));
        let again = observe(&mut detector, "d", &text(1), 90);
        assert_eq!((again.story, again.kind), (0, Some(CopyKind::Exact)));
        let other = observe(&mut detector, "c", &text(3), 120);
        assert_eq!((other.story, other.class, other.kind), (3, Class::New, None));
    }

    #[test]
    fn articles_outside_the_window_are_not_compared() {
        const DAY: i64 = 24 * 3600;
        let mut detector = Detector::new(Weights::default(), Weights::of_events());
        observe(&mut detector, "a", &text(1), 0);
        assert_eq!(observe(&mut detector, "b", &text(1), 6 * DAY).story, 0);
        assert_eq!(observe(&mut detector, "c", &text(1), 20 * DAY).story, 2);
    }

    #[test]
    fn the_same_item_is_a_version_whatever_its_text() {
        let mut detector = Detector::new(Weights::default(), Weights::of_events());
        observe(&mut detector, "a", &text(1), 0);
        let version = observe(&mut detector, "a", &text(2), 60);
        assert_eq!((version.story, version.class), (0, Class::Version));
    }

    #[test]
    fn empty_texts_and_numbers_never_fold() {
        let mut detector = Detector::new(Weights::default(), Weights::of_events());
        for (at, text) in ["", "", "1 2 3 4 5 6 7 8", "1 2 3 4 5 6 7 8"].iter().enumerate() {
            let verdict = observe(&mut detector, &at.to_string(), text, 0);
            assert_eq!(verdict.story, at as u32);
        }
    }

    #[test]
    fn words_in_quotation_marks_are_no_copying() {
        let quotation = format!("“{}”", text(1).trim());
        let mut detector = Detector::new(Weights::default(), Weights::of_events());
        let with_quotation = |seed: usize| format!("{}\n\n{quotation}", text(seed));
        observe(&mut detector, "a", &with_quotation(2), 0);
        assert_eq!(observe(&mut detector, "b", &with_quotation(3), 60).story, 1);
    }

    #[test]
    fn a_wall_of_one_outlet_under_other_headlines_does_not_fold() {
        let mut detector = Detector::new(Weights::default(), Weights::of_events());
        let titles = ["Harbour closed", "Choir sings", "Bees return", "Snow again", "Cup won"];
        for (at, title) in titles.iter().enumerate() {
            let wall = &text(4)[..600];
            let verdict = detector.observe(&Incoming {
                outlet: "wall.example",
                title,
                text: wall,
                time: at as i64 * 3600,
                ..Incoming::default()
            });
            assert_eq!(verdict.story, at as u32, "{title}");
        }
    }
}
