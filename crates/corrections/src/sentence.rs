//! Sentences as sets of words and numbers, for comparison.

use std::hash::BuildHasher as _;
use std::ops::Range;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};
use wirefold_text::Text;
use wirefold_text::extract::numbers;

/// The most sentences of one text that are read.
pub(crate) const MOST_SENTENCES: usize = 400;
/// The fewest words of a sentence. Fewer words are a heading or an exclamation, which other texts
/// may have by chance.
pub(crate) const LEAST_WORDS: usize = 4;
/// The fewest letters of a content word. A shorter word is a function word in most languages.
const LONG: usize = 5;

/// One sentence.
#[derive(Debug, Clone)]
pub(crate) struct Sentence<'a> {
    /// The printed text.
    pub(crate) printed: &'a str,
    /// The hashes of its words, in order.
    pub(crate) words: Vec<u64>,
    /// Its content words: numbers by their value, names, long words.
    pub(crate) content_words: FxHashSet<u64>,
    /// Its numbers and names.
    pub(crate) facts: FxHashSet<u64>,
    /// Its numbers.
    pub(crate) numbers: FxHashSet<u64>,
}

pub(crate) fn hash(word: &str) -> u64 {
    FxBuildHasher.hash_one(word)
}

/// The sentences of a text, without short ones.
pub(crate) fn sentences_of(text: &Text) -> Vec<Sentence<'_>> {
    let all = text.sentences();
    let long = all.iter().filter(|sentence| sentence.words.len() >= LEAST_WORDS);
    long.take(MOST_SENTENCES)
        .map(|sentence| {
            sentence_of(text, sentence.span.of(text.original()), sentence.words.clone())
        })
        .collect()
}

/// The whole text as one sentence.
pub(crate) fn as_one_sentence(text: &Text) -> Sentence<'_> {
    sentence_of(text, text.original(), 0..text.words().len())
}

fn sentence_of<'a>(text: &'a Text, printed: &'a str, range: Range<usize>) -> Sentence<'a> {
    let words = &text.words()[range.clone()];
    let mut sentence = Sentence {
        printed,
        words: words.iter().map(|word| hash(text.normal(word))).collect(),
        content_words: FxHashSet::default(),
        facts: FxHashSet::default(),
        numbers: FxHashSet::default(),
    };
    let numbers = numbers(text, range);
    sentence.numbers.extend(numbers.iter().map(|number| hash(&format!("#{}", number.value))));
    // A number is compared by its value: `eleven` is `11`.
    let is_number = |at: usize| numbers.iter().any(|number| number.span.contains(at));
    for (at, word) in words.iter().enumerate().filter(|(_, word)| !is_number(word.span.start)) {
        let normal = text.normal(word);
        let is_name = word.capital && at > 0;
        let is_wide = normal.chars().next().is_some_and(|c| u32::from(c) >= 0x2e80);
        if is_name || is_wide || normal.chars().count() >= LONG {
            sentence.content_words.insert(hash(normal));
        }
        if is_name {
            sentence.facts.insert(hash(normal));
        }
    }
    sentence.facts.extend(&sentence.numbers);
    sentence.content_words.extend(&sentence.facts);
    sentence
}

/// The share of common words of two sentences (Dice coefficient), 0 to 1.
pub(crate) fn similarity(one: &[u64], other: &[u64]) -> f64 {
    let mut counts: FxHashMap<u64, i32> = FxHashMap::default();
    one.iter().for_each(|word| *counts.entry(*word).or_default() += 1);
    let mut common = 0_usize;
    for word in other {
        if let Some(count) = counts.get_mut(word).filter(|count| **count > 0) {
            *count -= 1;
            common += 1;
        }
    }
    match one.len() + other.len() {
        0 => 0.0,
        all => 2.0 * common as f64 / all as f64,
    }
}
