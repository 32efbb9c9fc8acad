//! [`Matching`]: finds the earlier articles that share text with a new one, weighs each pair, and says which
//! stories the new article joins.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::candidates::{Found, Postings};
use crate::evidence::{Evidence, RELATED, Repeats, Side, repeated_weight};
use crate::groups::Groups;
use crate::hash::narrow;
use crate::ids::DocId;
use crate::index::Index;
use crate::judge::Weights;
use crate::opened::Opened;
use crate::page::{Page, counted};
use crate::rarity::Rarity;
use crate::verdict::Match;

/// A key keeps so many articles.
pub(crate) const POSTINGS: usize = 8;
/// At most so many candidates are compared.
const COMPARED: usize = 8;
/// The probability that two articles with the same words are one text.
const SAME: f64 = 0.99;
/// The same words at two outlets under unrelated headlines are the same text if they are at least so many: fewer may
/// be a wall.
const OWN_WORDS: f64 = 60.0;
/// After so many hours, the same few words of one outlet are a notice that it prints again.
const PRINTED_AGAIN: f64 = 12.0;
/// A part of another text has at least so many words.
const PART: f64 = 50.0;
/// A text is held by another one that has more than this share of it.
const HELD: f64 = 0.5;

/// The facts about an article that are always at hand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct About<'a> {
    /// The different terms of the headline, in order.
    pub(crate) title: &'a [u32],
    /// The outlet's hash; 0 for none.
    pub(crate) outlet: u64,
    /// The hash of the page, whoever brought it; 0 for none.
    pub(crate) page: u64,
    /// The address's hash; 0 for none.
    pub(crate) address: u64,
    /// The hash of all words, see [`Page::whole`].
    pub(crate) whole: u64,
    /// How many words it has.
    pub(crate) words: u32,
    /// Stream time in seconds.
    pub(crate) time: i64,
}

impl<'a> About<'a> {
    fn with(self, page: &'a Page) -> Side<'a> {
        let About { title, outlet, address, time, .. } = self;
        Side { page, title, outlet, address, time }
    }
}

/// The articles of the window, by number.
pub(crate) trait Articles {
    /// The facts about one of them.
    fn about(&self, article: u32) -> About<'_>;
    /// Reads its text.
    fn read(&self, article: u32) -> Page;
}

/// The index key of a whole text, so that equal texts are found whatever their length.
pub(crate) fn whole_key(whole: u64) -> u32 {
    narrow(whole) ^ 0x0055_0000
}

/// A new article among the earlier ones.
pub(crate) struct Matching<'a, A> {
    pub(crate) articles: &'a A,
    pub(crate) index: &'a Index,
    pub(crate) rarity: &'a Rarity,
    pub(crate) stories: &'a Groups,
    pub(crate) weights: &'a Weights,
    pub(crate) opened: &'a mut Opened,
    /// The first article of the window.
    pub(crate) first: u32,
    /// The new article.
    pub(crate) article: u32,
    pub(crate) page: Arc<Page>,
    pub(crate) postings: Postings,
    /// How the outlets of the compared articles repeat their words.
    pub(crate) repeats: FxHashMap<u32, Arc<Repeats<'a>>>,
    /// Which words of the new article each compared one has too.
    pub(crate) shared: Vec<(u32, Vec<bool>)>,
}

impl<'a, A: Articles> Matching<'a, A> {
    /// The page of an article.
    fn page(&mut self, article: u32) -> Arc<Page> {
        self.opened.get(article, || self.articles.read(article))
    }

    /// How the outlet of an article repeats its words under other headlines.
    fn repeats(&mut self, article: u32, page: &Page) -> Arc<Repeats<'a>> {
        if let Some(known) = self.repeats.get(&article) {
            return Arc::clone(known);
        }
        let found = self.postings.find(page, self.index, self.first);
        self.keep_repeats(article, page, &found)
    }

    fn keep_repeats(&mut self, article: u32, page: &Page, found: &Found) -> Arc<Repeats<'a>> {
        let (articles, rarity) = (self.articles, self.rarity);
        let About { title, outlet, .. } = articles.about(article);
        let title_of = |number: u32| {
            let other = articles.about(number);
            let is_other = outlet != 0
                && number != article
                && other.outlet == outlet
                && !other.title.is_empty()
                && rarity.cosine(other.title, title) < RELATED;
            is_other.then_some(other.title)
        };
        let repeats = Arc::new(Repeats::new(page, self.postings.of(found), title_of));
        self.repeats.insert(article, Arc::clone(&repeats));
        repeats
    }

    /// Compares the new article with the earlier ones that share most with it, most shared words first.
    pub(crate) fn compare(&mut self) -> Vec<Match> {
        let (article, page) = (self.article, Arc::clone(&self.page));
        if !page.has_own_words {
            return Vec::new();
        }
        let found = self.postings.find(&page, self.index, self.first);
        let known = self.articles;
        let is_likely = |other: u32, shared: f64| {
            is_enough(shared, known.about(other).words.min(page.len() as u32))
        };
        // First as if nothing was repeated: then nearly nothing is left to be weighed.
        let postings = self.postings.of(&found).map(|(_, articles)| articles);
        let counts = counted(&postings.collect::<Vec<_>>().concat()).into_iter();
        let enough = counts.filter(|(other, count)| is_likely(*other, f64::from(*count)));
        let mut weights: FxHashMap<u32, f64> = enough.map(|(other, _)| (other, 0.0)).collect();
        if !weights.is_empty() {
            let repeats = self.keep_repeats(article, &page, &found);
            let of_keys = repeats.of_keys().chain(std::iter::repeat(0));
            for ((_, articles), headlines) in self.postings.of(&found).zip(of_keys) {
                let weight = repeated_weight(headlines);
                for other in articles {
                    weights.entry(*other).and_modify(|of| *of += weight);
                }
            }
            weights.retain(|other, weight| is_likely(*other, *weight));
        }
        let mut likely: Vec<(u32, f64)> = weights.into_iter().collect();
        likely.sort_unstable_by(|one, other| other.1.total_cmp(&one.1).then(other.0.cmp(&one.0)));
        let mut earlier: Vec<u32> = self.same_whole(page.whole);
        for (other, _) in likely {
            if !earlier.contains(&other) {
                earlier.push(other);
            }
        }
        earlier.truncate(COMPARED);
        let mut matches = Vec::with_capacity(earlier.len());
        for other in earlier {
            let (pair, shared) = self.compare_with(article, &page, other);
            matches.push(pair);
            self.shared.push((other, shared));
        }
        matches.sort_by(|one, other| {
            other.evidence.shared.total_cmp(&one.evidence.shared).then(one.doc.cmp(&other.doc))
        });
        matches
    }

    /// The latest articles with the same words in the same order.
    fn same_whole(&self, whole: u64) -> Vec<u32> {
        let mut found = Vec::new();
        self.index.get(whole_key(whole), self.first, &mut found);
        found.retain(|other| self.articles.about(*other).whole == whole);
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(4);
        found
    }

    /// Weighs a pair, and says which words of the first article are shared.
    fn compare_with(&mut self, article: u32, page: &Page, other: u32) -> (Match, Vec<bool>) {
        let old = self.page(other);
        let [about, earlier] = [article, other].map(|of| self.articles.about(of));
        let same_words = about.whole == earlier.whole && about.whole != 0;
        let same_page = about.page == earlier.page && about.page != 0;
        let repeats = [self.repeats(article, page), self.repeats(other, &old)];
        let sides = [about.with(page), earlier.with(&old)];
        let (evidence, shared) = Evidence::between(sides, [&repeats[0], &repeats[1]], self.rarity);
        let likely = self.weights.probability(&evidence);
        let is_same = same_words && (same_page || is_identical(&evidence));
        let probability = if is_same || evidence.is_version() { likely.max(SAME) } else { likely };
        (Match { doc: DocId(other), evidence, probability, same_words }, shared)
    }

    /// Which words of the new article an earlier one has too.
    fn shared_with(&mut self, other: u32) -> Vec<bool> {
        match self.shared.iter().find(|(of, _)| *of == other) {
            Some((_, shared)) => shared.clone(),
            None => self.page.shared_with(&self.opened.get(other, || self.articles.read(other))),
        }
    }

    /// The stories that the new article joins, and those of which it holds parts.
    pub(crate) fn decide(&mut self, compared: &[Match]) -> (Vec<u32>, Vec<u32>) {
        let mut stories: Vec<u32> = compared
            .iter()
            .filter(|pair| pair.probability > 0.5)
            .map(|pair| self.stories.of(pair.doc.0))
            .collect();
        stories.sort_unstable();
        stories.dedup();
        let mut mean = |story: u32| (self.mean(compared, story), story);
        let mut likely: Vec<(f64, u32)> = stories.into_iter().map(&mut mean).collect();
        likely.retain(|(probability, _)| *probability > 0.5);
        likely.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let mut joined: Vec<u32> = Vec::new();
        for (probability, story) in &likely {
            if joined.is_empty() || self.are_one(&joined, *story, *probability) {
                joined.push(*story);
            }
        }
        if self.holds(compared, &joined, &likely) {
            return (Vec::new(), likely.into_iter().map(|(_, story)| story).collect());
        }
        (joined, Vec::new())
    }

    /// Whether a new article is a digest: it holds most of a text of the story that it would join, and
    /// elsewhere most of a text of another story.
    fn holds(&mut self, compared: &[Match], joined: &[u32], likely: &[(f64, u32)]) -> bool {
        let mut parts: Vec<(u32, Vec<bool>)> = Vec::new();
        let is_part =
            |pair: &&Match| pair.evidence.containing > HELD && pair.evidence.contained < HELD;
        for pair in compared.iter().filter(is_part) {
            let story = self.stories.of(pair.doc.0);
            let is_likely = likely.iter().any(|(_, of)| *of == story);
            if is_likely && parts.iter().all(|(of, _)| *of != story) {
                parts.push((story, self.shared_with(pair.doc.0)));
            }
        }
        let (ours, others): (Vec<_>, Vec<_>) =
            parts.iter().partition(|(story, _)| joined.contains(story));
        ours.iter().any(|(_, one)| others.iter().any(|(_, other)| is_elsewhere(one, other)))
    }

    /// The stories of these articles of which the text holds parts, each in another place of it.
    pub(crate) fn parts_of(&mut self, articles: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut parts: Vec<(u32, Vec<bool>)> = Vec::new();
        for article in articles {
            let story = self.stories.of(article);
            let part = self.shared_with(article);
            if parts.iter().all(|(of, known)| *of != story && is_elsewhere(&part, known)) {
                parts.push((story, part));
            }
        }
        parts.into_iter().map(|(story, _)| story).collect()
    }

    /// Whether a further story is one with those that a new article joins: the mean probability over all
    /// pairs of members is more than a half. `mean` is that of the new article with the further story.
    fn are_one(&mut self, joined: &[u32], story: u32, mean: f64) -> bool {
        let members = self.stories.representatives(story, self.first);
        let (mut sum, mut count) = (mean * members.len() as f64, members.len());
        let of_joined = joined.iter().map(|of| self.stories.representatives(*of, self.first));
        for one in of_joined.collect::<Vec<_>>().concat() {
            let page = self.page(one);
            for other in &members {
                sum += self.compare_with(one, &page, *other).0.probability;
                count += 1;
            }
        }
        sum > 0.5 * count as f64
    }

    /// The mean probability over the members of a story.
    fn mean(&mut self, compared: &[Match], story: u32) -> f64 {
        let (article, page) = (self.article, Arc::clone(&self.page));
        let members = self.stories.representatives(story, self.first);
        let of_member = |member: &u32| {
            let known = compared.iter().find(|pair| pair.doc.0 == *member).copied();
            known.unwrap_or_else(|| self.compare_with(article, &page, *member).0).probability
        };
        let sum: f64 = members.iter().map(of_member).sum();
        sum / members.len().max(1) as f64
    }
}

/// Whether a pair shares enough for one to hold a part of the other. Pages of one outlet do not count: they may
/// share what stands on all pages.
pub(crate) fn is_part(pair: &Match) -> bool {
    pair.evidence.shared >= PART && !pair.evidence.same_outlet
}

/// Whether two articles with the same words are the same text, however short: neither a wall nor words that others
/// said.
fn is_identical(evidence: &Evidence) -> bool {
    let is_own = evidence.shared >= 0.5 * evidence.shorter || evidence.title >= 1.0;
    let is_long = evidence.shorter >= OWN_WORDS;
    let is_related = evidence.title >= RELATED;
    is_own
        && match evidence.same_outlet {
            true => is_related && (is_long || evidence.hours < PRINTED_AGAIN),
            false => is_related || is_long || !evidence.titled,
        }
}

/// Whether two parts of a text, given by its words, are in different places: they have less than half of the
/// smaller one in common.
fn is_elsewhere(one: &[bool], other: &[bool]) -> bool {
    let count = |part: &[bool]| part.iter().filter(|is_shared| **is_shared).count();
    let both = one.iter().zip(other).filter(|(a, b)| **a && **b).count();
    2 * both < count(one).min(count(other))
}

/// Whether so many shared keys are worth a comparison, if the shorter text has so many words.
fn is_enough(shared: f64, words: u32) -> bool {
    let expected = f64::from(words) / 8.0;
    shared >= 0.1 * expected
}
