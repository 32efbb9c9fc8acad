//! The base texts: what the set's copies are copies of.

use std::collections::{BTreeMap, BTreeSet};

use wirefold_text::{ParagraphKind, Text};

use super::super::seeds::Seeds;
use super::recast::{Cast, Vocabulary};
use wirefold_score::Random;

/// A text that no other base has anything but quotations in common with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Base {
    /// Its paragraphs.
    pub(crate) paragraphs: Vec<String>,
    /// Whether it is English, so that templates and spelling fit.
    pub(crate) is_english: bool,
}

impl Base {
    /// Its words, counted as the product does.
    pub(crate) fn words(&self) -> usize {
        self.paragraphs.iter().map(|paragraph| words(paragraph)).sum()
    }
}

/// The words of a text, counted as the product does.
pub(crate) fn words(text: &str) -> usize {
    Text::new(text).words().len()
}

/// A seed text of fewer words is left out.
const LEAST_SEED: usize = 120;
/// Bases in English have at least so many words …
pub(crate) const LEAST: usize = 200;
/// … and at most so many.
pub(crate) const MOST: usize = 700;
/// English bases, those that are seed texts as they stand included.
pub(crate) const ENGLISH: usize = 124;
/// Paragraphs of one source in one recombined base.
const FROM_ONE_SOURCE: usize = 2;
/// A paragraph with fewer words is no part of a text's own.
const LEAST_PARAGRAPH: usize = 8;
/// The one story of `seeds/` that is made of other texts.
const DIGEST: &str = "digest";

/// Our own prose, by source.
#[derive(Debug)]
pub(crate) struct Sources {
    /// The own texts of the seeds, in file order.
    pub(crate) texts: Vec<Base>,
    /// Words to put in place of others.
    pub(crate) vocabulary: Vocabulary,
}

impl Sources {
    /// The own texts: the first article of each story, without what stands in two texts of one
    /// outlet, headings and furniture.
    pub(crate) fn new(seeds: &Seeds) -> Sources {
        let firsts = seeds.firsts();
        let own = firsts.into_iter().filter(|number| seeds.labels[*number].story != DIGEST);
        let docs: Vec<_> = own.map(|number| &seeds.set.docs[number]).collect();
        let mut carriers: BTreeMap<String, usize> = BTreeMap::new();
        for doc in &docs {
            let paragraphs: BTreeSet<String> = prose(&doc.text).into_iter().collect();
            for paragraph in paragraphs {
                *carriers.entry(paragraph).or_default() += 1;
            }
        }
        let own_text = |original: &str| {
            let mut paragraphs = prose(original);
            paragraphs.retain(|paragraph| carriers.get(paragraph) == Some(&1));
            Base { is_english: is_latin(original), paragraphs }
        };
        let mut texts: Vec<Base> = docs.iter().map(|doc| own_text(&doc.text)).collect();
        texts.retain(|text| text.words() >= LEAST_SEED);
        let english = texts.iter().filter(|text| text.is_english);
        let vocabulary = Vocabulary::new(english.flat_map(|text| &text.paragraphs));
        Sources { texts, vocabulary }
    }

    /// The English paragraphs with the number of their source.
    fn paragraphs(&self) -> Vec<(usize, &str)> {
        let english = self.texts.iter().enumerate().filter(|(_, text)| text.is_english);
        let paragraphs = english.flat_map(|(source, text)| {
            text.paragraphs.iter().map(move |paragraph| (source, paragraph.as_str()))
        });
        paragraphs.collect()
    }
}

/// All bases: the seed texts as they stand, then recombined ones, then the other languages.
pub(crate) fn bases(sources: &Sources, seed: u64) -> Vec<Base> {
    let (english, others): (Vec<&Base>, Vec<&Base>) =
        sources.texts.iter().partition(|text| text.is_english);
    let mut bases: Vec<Base> =
        english.into_iter().filter(|text| text.words() >= LEAST).map(shortened).collect();
    let mut deck = Deck::new(sources, Random::named(seed, "bases"));
    while bases.len() < ENGLISH {
        let length = LEAST + deck.random.below(160) + deck.random.below(260);
        bases.push(Base { paragraphs: deck.deal(length), is_english: true });
    }
    bases.extend(others.into_iter().cloned());
    bases
}

/// The beginning of a text, up to the longest that a base may be.
fn shortened(text: &Base) -> Base {
    let mut total = 0;
    let fits = |paragraph: &&String| {
        total += words(paragraph);
        total <= MOST
    };
    Base { paragraphs: text.paragraphs.iter().take_while(fits).cloned().collect(), ..*text }
}

/// The paragraphs of all sources, dealt like cards and recast: each once before any comes again.
#[derive(Debug)]
pub(crate) struct Deck<'a> {
    cards: Vec<(usize, &'a str)>,
    left: Vec<(usize, &'a str)>,
    vocabulary: &'a Vocabulary,
    /// Where it draws from.
    pub(crate) random: Random,
}

impl<'a> Deck<'a> {
    /// A full deck.
    pub(crate) fn new(sources: &'a Sources, random: Random) -> Deck<'a> {
        let (cards, left) = (sources.paragraphs(), Vec::new());
        Deck { cards, left, vocabulary: &sources.vocabulary, random }
    }

    /// Recast paragraphs of several sources with at least `length` words, fewer than one
    /// paragraph more.
    pub(crate) fn deal(&mut self, length: usize) -> Vec<String> {
        let mut cast = Cast::default();
        let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
        let (mut paragraphs, mut total) = (Vec::new(), 0);
        while total < length {
            let (source, paragraph) = self.draw(&taken);
            *taken.entry(source).or_default() += 1;
            let recast = cast.recast(paragraph, self.vocabulary, &mut self.random);
            total += words(&recast);
            paragraphs.push(recast);
        }
        paragraphs
    }

    /// The next paragraph of a source that is not used up; the ones passed over stay.
    fn draw(&mut self, taken: &BTreeMap<usize, usize>) -> (usize, &'a str) {
        let is_free = |(source, _): &(usize, &str)| {
            taken.get(source).is_none_or(|count| *count < FROM_ONE_SOURCE)
        };
        loop {
            if let Some(at) = self.left.iter().rposition(is_free) {
                return self.left.remove(at);
            }
            let mut cards = self.cards.clone();
            self.random.shuffle(&mut cards);
            cards.append(&mut self.left);
            self.left = cards;
        }
    }
}

/// The paragraphs of running text.
fn prose(text: &str) -> Vec<String> {
    let text = Text::new(text);
    let is_prose = |kind: ParagraphKind, words: usize| {
        kind == ParagraphKind::Prose && words >= LEAST_PARAGRAPH
    };
    let kept = text.paragraphs().iter().filter(|p| is_prose(p.kind, p.words.len()));
    kept.map(|paragraph| paragraph.span.of(text.original()).to_owned()).collect()
}

/// Whether most letters are Latin.
fn is_latin(text: &str) -> bool {
    let letters = || text.chars().filter(|c| c.is_alphabetic());
    2 * letters().filter(char::is_ascii).count() > letters().count()
}
