//! [`Matching`]: finds the earlier articles that share text with a new one, weighs each pair, and says which
//! stories the new article joins.

use std::sync::Arc;

use crate::candidates::{candidates, keys};
use crate::evidence::{Carrier, Evidence, RELATED, Side};
use crate::hash::narrow;
use crate::index::Index;
use crate::judge::Weights;
use crate::opened::Opened;
use crate::page::Page;
use crate::rarity::Rarity;
use crate::story::Stories;
use crate::verdict::Compared;

/// A key keeps so many articles.
pub(crate) const POSTINGS: usize = 8;
/// At most so many candidates are compared.
const COMPARED: usize = 8;
/// At most so many pages of one side are read to find what its outlet repeats.
const CARRIERS: usize = 12;
/// A pair that is less likely one text even if nothing that it shares is repeated elsewhere is not examined
/// further.
const UNLIKELY: f64 = 0.02;
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
    /// The hash of all words, see [`Page::exact`].
    pub(crate) whole: u64,
    /// How many words it has.
    pub(crate) words: u32,
    /// Stream time in seconds.
    pub(crate) time: i64,
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
    pub(crate) stories: &'a Stories,
    pub(crate) weights: &'a Weights,
    pub(crate) opened: &'a mut Opened,
    /// The first article of the window.
    pub(crate) first: u32,
    /// The new article.
    pub(crate) article: u32,
    pub(crate) page: Arc<Page>,
}

impl<A: Articles> Matching<'_, A> {
    /// The page of an article.
    fn page(&mut self, article: u32) -> Arc<Page> {
        self.opened.get(article, || self.articles.read(article))
    }

    fn side<'p>(&self, article: u32, page: &'p Page) -> Side<'p>
    where
        Self: 'p,
    {
        let About { title, outlet, address, time, .. } = self.articles.about(article);
        Side { page, title, outlet, address, time }
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
        let title = self.articles.about(article).title;
        let is_carrier = |(other, _): &&(u32, u32)| {
            let earlier = self.articles.about(*other);
            earlier.outlet != 0
                && outlets.contains(&earlier.outlet)
                && !earlier.title.is_empty()
                && self.rarity.cosine(earlier.title, title) < RELATED
        };
        sharing.iter().filter(is_carrier).take(CARRIERS).map(|(other, _)| *other).collect()
    }

    /// Compares the new article with the earlier ones that share text with it.
    pub(crate) fn compare(&mut self) -> Vec<Compared> {
        let (article, page) = (self.article, Arc::clone(&self.page));
        if !page.has_own_words {
            return Vec::new();
        }
        let sharing = self.sharing(article, &page);
        let mut earlier: Vec<u32> = self.same_whole(page.exact());
        for (other, shared) in &sharing {
            let smaller = self.articles.about(*other).words.min(page.len() as u32);
            if is_enough(*shared, smaller) && !earlier.contains(other) {
                earlier.push(*other);
            }
        }
        earlier.truncate(COMPARED);
        earlier.iter().map(|other| self.compare_with(article, &page, &sharing, *other)).collect()
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

    /// Weighs a pair. `sharing` are the articles that share text with the first one.
    fn compare_with(
        &mut self,
        article: u32,
        page: &Page,
        sharing: &[(u32, u32)],
        other: u32,
    ) -> Compared {
        let old = self.page(other);
        let [about, earlier] = [article, other].map(|of| self.articles.about(of));
        let same_words = about.whole == earlier.whole && about.whole != 0;
        let same_page = about.page == earlier.page && about.page != 0;
        let judged = |evidence: Evidence, weights: &Weights| {
            let likely = weights.probability(&evidence);
            let is_same = same_words && (same_page || is_identical(&evidence));
            let probability =
                if is_same || evidence.is_version() { likely.max(SAME) } else { likely };
            Compared { article: other, evidence, probability, same_words }
        };
        let (new_side, old_side) = (self.side(article, page), self.side(other, &old));
        let quick = judged(Evidence::between(new_side, old_side, &[], self.rarity), self.weights);
        if quick.probability < UNLIKELY {
            return quick;
        }
        let outlets = [article, other].map(|of| self.articles.about(of).outlet);
        let mut repeating = self.repeating_pages(article, sharing, &outlets);
        let of_old = self.sharing(other, &old);
        repeating.extend(self.repeating_pages(other, &of_old, &outlets));
        repeating.sort_unstable();
        repeating.dedup();
        repeating.retain(|of| *of != other && *of != article);
        let pages: Vec<(u32, Arc<Page>)> =
            repeating.into_iter().map(|of| (of, self.page(of))).collect();
        let carriers: Vec<Carrier<'_>> = pages
            .iter()
            .map(|(of, repeated)| {
                let About { title, outlet, .. } = self.articles.about(*of);
                Carrier { page: repeated, title, outlet }
            })
            .collect();
        if carriers.is_empty() {
            return quick;
        }
        let (new, old) = (self.side(article, page), self.side(other, &old));
        judged(Evidence::between(new, old, &carriers, self.rarity), self.weights)
    }

    /// The stories that the new article joins, and those of which it holds parts.
    pub(crate) fn decide(&mut self, compared: &[Compared]) -> (Vec<u32>, Vec<u32>) {
        let mut stories: Vec<u32> = compared
            .iter()
            .filter(|pair| pair.probability > 0.5)
            .map(|pair| self.stories.of(pair.article))
            .collect();
        stories.sort_unstable();
        stories.dedup();
        let page = Arc::clone(&self.page);
        let sharing =
            if stories.is_empty() { Vec::new() } else { self.sharing(self.article, &page) };
        let mut mean = |story: u32| (self.mean(&sharing, compared, story), story);
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
    fn holds(&mut self, compared: &[Compared], joined: &[u32], likely: &[(f64, u32)]) -> bool {
        let mut parts: Vec<(u32, Vec<bool>)> = Vec::new();
        let is_part =
            |pair: &&Compared| pair.evidence.containing > HELD && pair.evidence.contained < HELD;
        for pair in compared.iter().filter(is_part) {
            let story = self.stories.of(pair.article);
            let is_likely = likely.iter().any(|(_, of)| *of == story);
            if is_likely && parts.iter().all(|(of, _)| *of != story) {
                let earlier = self.page(pair.article);
                parts.push((story, self.page.shared_with(&earlier)));
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
            let other = self.page(article);
            let part = self.page.shared_with(&other);
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
            let sharing = self.sharing(one, &page);
            for other in &members {
                sum += self.compare_with(one, &page, &sharing, *other).probability;
                count += 1;
            }
        }
        sum > 0.5 * count as f64
    }

    /// The mean probability over the members of a story.
    fn mean(&mut self, sharing: &[(u32, u32)], compared: &[Compared], story: u32) -> f64 {
        let (article, page) = (self.article, Arc::clone(&self.page));
        let members = self.stories.representatives(story, self.first);
        let of_member = |member: &u32| {
            let known = compared.iter().find(|pair| pair.article == *member);
            let pair = known.copied();
            pair.unwrap_or_else(|| self.compare_with(article, &page, sharing, *member)).probability
        };
        let sum: f64 = members.iter().map(of_member).sum();
        sum / members.len().max(1) as f64
    }
}

/// Whether a pair shares enough for one to hold a part of the other. Pages of one outlet do not count: they may
/// share what stands on all pages.
pub(crate) fn is_part(pair: &Compared) -> bool {
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
fn is_enough(shared: u32, words: u32) -> bool {
    let expected = f64::from(words) / 8.0;
    shared >= 1 && f64::from(shared) >= 0.1 * expected
}
