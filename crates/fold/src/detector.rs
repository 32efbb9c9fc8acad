//! [`Detector`]: articles come in, in order, and verdicts go out.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use crate::candidates::{candidates, keys};
use crate::event::{ComparedStory, Events};
use crate::evidence::{Carrier, Evidence, Side};
use crate::hash::{hash_str, narrow};
use crate::index::Index;
use crate::judge::Weights;
use crate::opened::Opened;
use crate::page::{Page, title_terms};
use crate::rarity::Rarity;
use crate::signature::Signature;
use crate::story::Stories;
use crate::verdict::{Class, Compared, CopyKind, Verdict};

/// How long articles are compared with new ones, in seconds.
const WINDOW: i64 = 7 * 24 * 3600;
/// A key keeps so many articles.
const POSTINGS: usize = 8;
/// At most so many candidates are compared.
const COMPARED: usize = 16;
/// At most so many pages of one side are read to find what its outlet repeats.
const CARRIERS: usize = 12;
/// A text is held by another one that has more than this share of it.
const HELD: f64 = 0.5;
/// Tells the keys of items, of addresses and of whole texts from those of shingles.
const ITEM: u32 = 0x55;
const ADDRESS: u32 = 0xaa00;
const WHOLE: u32 = 0x0055_0000;

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

/// Finds reprints in a stream of articles.
#[derive(Debug, Clone)]
pub struct Detector {
    weights: Weights,
    docs: Vec<Doc>,
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
            docs: Vec::new(),
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
        let article = self.docs.len() as u32;
        self.expire(article, incoming.time);
        let page = Rc::new(Page::new(incoming.text));
        self.docs.push(Doc {
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
        let compared = self.compare(article, &page);
        let version = self.earlier_version(article);
        let (joined, holds) = match version {
            Some(earlier) => (vec![self.stories.of(earlier)], Vec::new()),
            None => self.decide(article, &page, &compared),
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

    /// Finds the event of a new story.
    fn add_event(&mut self, article: u32, page: &Page) -> Vec<ComparedStory> {
        let doc = &self.docs[article as usize];
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
        let item = self.docs[article as usize].item;
        let mut found = Vec::new();
        if item != 0 {
            self.index.get(narrow(item) ^ ITEM, self.first, &mut found);
        }
        found.into_iter().filter(|other| self.docs[*other as usize].item == item).max()
    }

    /// The page of an article.
    fn page(&mut self, article: u32) -> Rc<Page> {
        let text = Arc::clone(&self.docs[article as usize].text);
        self.opened.get(article, || Page::new(&text))
    }

    fn side<'a>(&'a self, article: u32, page: &'a Page) -> Side<'a> {
        let doc = &self.docs[article as usize];
        Side { page, title: &doc.title, outlet: doc.outlet, address: doc.address, time: doc.time }
    }

    /// The earlier articles with most keys of a page in common, with how many.
    fn sharing(&self, article: u32, page: &Page) -> Vec<(u32, u32)> {
        let mut postings = Vec::new();
        for key in keys(page) {
            self.index.get(key, self.first, &mut postings);
        }
        postings.retain(|other| *other != article);
        candidates(postings)
    }

    /// The pages of its outlet that share text with an article and have another headline.
    fn repeating_pages(&self, article: u32, sharing: &[(u32, u32)], outlets: &[u64]) -> Vec<u32> {
        let doc = &self.docs[article as usize];
        let is_carrier = |(other, _): &&(u32, u32)| {
            let earlier = &self.docs[*other as usize];
            earlier.outlet != 0
                && outlets.contains(&earlier.outlet)
                && !earlier.title.is_empty()
                && self.rarity.cosine(&earlier.title, &doc.title) < crate::evidence::RELATED
        };
        sharing.iter().filter(is_carrier).take(CARRIERS).map(|(other, _)| *other).collect()
    }

    /// Compares an article with the earlier ones that share text with it.
    fn compare(&mut self, article: u32, page: &Rc<Page>) -> Vec<Compared> {
        if !page.has_words() {
            return Vec::new();
        }
        let sharing = self.sharing(article, page);
        let mut earlier: Vec<u32> = self.same_whole(article);
        for (other, shared) in &sharing {
            let smaller = self.docs[*other as usize].words.min(page.len() as u32);
            if is_enough(*shared, smaller) && !earlier.contains(other) {
                earlier.push(*other);
            }
        }
        earlier.truncate(COMPARED);
        earlier.iter().map(|other| self.compare_with(article, page, &sharing, *other)).collect()
    }

    fn same_whole(&self, article: u32) -> Vec<u32> {
        let whole = self.docs[article as usize].whole;
        let mut found = Vec::new();
        self.index.get(narrow(whole) ^ WHOLE, self.first, &mut found);
        found.retain(|other| self.docs[*other as usize].whole == whole);
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(4);
        found
    }

    fn compare_with(
        &mut self,
        article: u32,
        page: &Rc<Page>,
        sharing: &[(u32, u32)],
        other: u32,
    ) -> Compared {
        let old = self.page(other);
        let outlets = [article, other].map(|of| self.docs[of as usize].outlet);
        let mut repeating = self.repeating_pages(article, sharing, &outlets);
        let of_old = self.sharing(other, &old);
        repeating.extend(self.repeating_pages(other, &of_old, &outlets));
        repeating.sort_unstable();
        repeating.dedup();
        repeating.retain(|of| *of != other && *of != article);
        let pages: Vec<(u32, Rc<Page>)> =
            repeating.into_iter().map(|of| (of, self.page(of))).collect();
        let carriers: Vec<Carrier<'_>> = pages
            .iter()
            .map(|(of, repeated)| {
                let doc = &self.docs[*of as usize];
                Carrier { page: repeated, title: &doc.title, outlet: doc.outlet }
            })
            .collect();
        let (new, old) = (self.side(article, page), self.side(other, &old));
        let evidence = Evidence::between(new, old, &carriers, &self.rarity);
        let probability = self.weights.probability(&evidence);
        let [whole, earlier_whole] = [article, other].map(|of| self.docs[of as usize].whole);
        Compared { article: other, evidence, probability, same_words: whole == earlier_whole }
    }

    /// The stories that an article joins, and those of which it holds parts.
    fn decide(
        &mut self,
        article: u32,
        page: &Rc<Page>,
        compared: &[Compared],
    ) -> (Vec<u32>, Vec<u32>) {
        let mut stories: Vec<u32> = compared
            .iter()
            .filter(|pair| pair.probability > 0.5)
            .map(|pair| self.stories.of(pair.article))
            .collect();
        stories.sort_unstable();
        stories.dedup();
        let sharing = if stories.is_empty() { Vec::new() } else { self.sharing(article, page) };
        let mut mean = |story: u32| (self.mean(article, page, &sharing, compared, story), story);
        let mut likely: Vec<(f64, u32)> = stories.into_iter().map(&mut mean).collect();
        likely.retain(|(probability, _)| *probability > 0.5);
        likely.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let mut joined: Vec<u32> = Vec::new();
        for (probability, story) in &likely {
            if joined.is_empty() || self.are_one(&joined, *story, *probability) {
                joined.push(*story);
            }
        }
        if self.holds(page, compared, &joined, &likely) {
            return (Vec::new(), likely.into_iter().map(|(_, story)| story).collect());
        }
        (joined, Vec::new())
    }

    /// Whether a new article is a digest: it holds most of a text of the story that it would join, and
    /// elsewhere most of a text of another story.
    fn holds(
        &mut self,
        page: &Rc<Page>,
        compared: &[Compared],
        joined: &[u32],
        likely: &[(f64, u32)],
    ) -> bool {
        let mut parts: Vec<(u32, Vec<bool>)> = Vec::new();
        let is_part =
            |pair: &&Compared| pair.evidence.containing > HELD && pair.evidence.contained < HELD;
        for pair in compared.iter().filter(is_part) {
            let story = self.stories.of(pair.article);
            let is_likely = likely.iter().any(|(_, of)| *of == story);
            if is_likely && parts.iter().all(|(of, _)| *of != story) {
                let earlier = self.page(pair.article);
                parts.push((story, page.shared_with(&earlier)));
            }
        }
        let is_elsewhere = |one: &[bool], other: &[bool]| {
            let count = |part: &[bool]| part.iter().filter(|is_shared| **is_shared).count();
            let both = one.iter().zip(other).filter(|(a, b)| **a && **b).count();
            2 * both < count(one).min(count(other))
        };
        let (ours, others): (Vec<_>, Vec<_>) =
            parts.iter().partition(|(story, _)| joined.contains(story));
        ours.iter().any(|(_, one)| others.iter().any(|(_, other)| is_elsewhere(one, other)))
    }

    /// Whether a further story is one with those that a new article joins: the mean probability over all
    /// pairs of members is more than a half. `mean` is that of the new article with the further story.
    fn are_one(&mut self, joined: &[u32], story: u32, mean: f64) -> bool {
        let members = self.stories.representatives(story, self.first);
        let (mut sum, mut count) = (mean * members.len() as f64, members.len());
        let of_joined = joined.iter().map(|of| self.stories.representatives(*of, self.first));
        for one in of_joined.collect::<Vec<_>>().concat() {
            let page = self.page(one);
            let sharing = self.sharing(one, &page);
            for other in &members {
                sum += self.compare_with(one, &page, &sharing, *other).probability;
                count += 1;
            }
        }
        sum > 0.5 * count as f64
    }

    /// The mean probability over the members of a story.
    fn mean(
        &mut self,
        article: u32,
        page: &Rc<Page>,
        sharing: &[(u32, u32)],
        compared: &[Compared],
        story: u32,
    ) -> f64 {
        let members = self.stories.representatives(story, self.first);
        let of_member = |member: &u32| {
            let known = compared.iter().find(|pair| pair.article == *member);
            let pair = known.copied();
            pair.unwrap_or_else(|| self.compare_with(article, page, sharing, *member)).probability
        };
        let sum: f64 = members.iter().map(of_member).sum();
        sum / members.len().max(1) as f64
    }

    /// Makes an article findable.
    fn remember(&mut self, article: u32, page: &Page) {
        let mut all = keys(page);
        let doc = &self.docs[article as usize];
        for (name, kind) in [(doc.item, ITEM), (doc.address, ADDRESS), (doc.whole, WHOLE)] {
            if name != 0 {
                all.push(narrow(name) ^ kind);
            }
        }
        for key in all {
            self.index.insert(key, article, self.first);
        }
        self.rarity.learn(page.term_set());
    }
}

/// Whether so many shared keys are worth a comparison, if the shorter text has so many words.
fn is_enough(shared: u32, words: u32) -> bool {
    let expected = f64::from(words) / 8.0;
    shared >= 1 && f64::from(shared) >= 0.1 * expected
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
