//! [`Page`]: a text as it is compared: its words and shingles as hashes, without strings.

use std::ops::Range;
use std::sync::OnceLock;

use wirefold_text::Text;

use crate::hash::{hash_bytes, hash_front, hash_str, mix, narrow};
use crate::simhash::simhash;
use crate::stem::{STEM_LETTERS, term_of};

/// The words of a shingle.
pub(crate) const SHINGLE: usize = 5;
/// One of so many shingles, a power of two, is a key …
const SAMPLE: u64 = 8;
/// … and in a short text, one of so many.
const SHORT_SAMPLE: u64 = 2;
/// A text of fewer shingles is short.
const SHORT: usize = 128 - SHINGLE + 1;

/// A text as it is compared. Page chrome is left out.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// The words, each as the hash of its normal form.
    pub(crate) words: Vec<u32>,
    /// The hashes of the words' terms ([`term_of`]).
    pub(crate) terms: Vec<u32>,
    /// Whether each word stands inside quotation marks.
    pub(crate) quoted: Vec<bool>,
    /// The numbers, in order. `6-3/16` is one number.
    pub(crate) numbers: Vec<Number>,
    /// The positions of the words with a capital.
    pub(crate) capitals: Vec<u32>,
    /// Whether a word is neither a number nor inside quotation marks.
    pub(crate) has_own_words: bool,
    /// The hashes of the different numbers, in order.
    number_set: Vec<u32>,
    /// How many words the first paragraphs have, up to 60.
    pub(crate) lede: usize,
    /// Where each paragraph ends.
    pub(crate) paragraphs: Vec<u32>,
    /// The shingles by the position of their first word. A text of fewer words has one, of all of them.
    pub(crate) shingles: Vec<u64>,
    /// Made for the first comparison with an earlier text.
    table: OnceLock<Table>,
    /// The terms in order, made for the first search for one.
    sorted: OnceLock<Vec<u32>>,
    /// The hash of all words in their order; 0 without words.
    pub(crate) whole: u64,
    /// The shingles by which it is found, see [`keys`], each with the position where it stands first.
    pub(crate) keys: Vec<(usize, u32)>,
}

/// Where the shingles of a page stand.
#[derive(Debug, Clone)]
struct Table {
    /// The first position of each shingle and one, in an open hash table of a power of two; 0 where it is empty.
    places: Vec<u32>,
    /// For each shingle the position where it stands first; empty if none stands twice.
    first: Vec<u32>,
}

/// A number of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    /// The position of its first word.
    pub(crate) at: u32,
    /// The hash of all its words.
    pub(crate) hash: u32,
}

/// The hash of a word's term.
pub(crate) fn term(normal: &str) -> u32 {
    narrow(hash_bytes(term_of(normal).as_bytes()))
}

/// The highest bits of the bytes of a stem.
const ASCII_STEM: u64 = 0x8080_8080_8080_8080 >> (64 - 8 * STEM_LETTERS);

/// The hash of the term of a word, given by its bytes with those behind them, its length, its hash, and itself.
fn term_in<'a>(tail: &[u8], len: usize, hash: u64, word: impl FnOnce() -> &'a str) -> u64 {
    // No byte of the stem is beyond ASCII.
    let is_plain = |front: &[u8; 8]| u64::from_le_bytes(*front) & ASCII_STEM == 0;
    match tail.first_chunk().is_some_and(is_plain) && !tail[0].is_ascii_digit() {
        true if len <= STEM_LETTERS => hash,
        true => hash_front(tail, STEM_LETTERS),
        false => hash_str(term_of(word())),
    }
}

/// The term of a word of a text, after the normal form of the word before if both are characters of a
/// script without spaces. Such a term is two characters.
pub(crate) fn term_after(normal: &str, before: Option<&str>) -> u32 {
    let pair =
        before.map(|before| mix(hash_bytes(before.as_bytes()), hash_bytes(normal.as_bytes())));
    pair.map_or_else(|| term(normal), narrow)
}

impl Page {
    /// Reads a text.
    #[must_use]
    pub fn new(text: &str) -> Page {
        Page::of(&Text::new(text))
    }

    /// Reads a text that is analysed already.
    #[must_use]
    pub fn of(text: &Text) -> Page {
        let most = text.words().len();
        let mut page = Page {
            words: Vec::with_capacity(most),
            terms: Vec::with_capacity(most),
            quoted: Vec::with_capacity(most),
            ..Page::default()
        };
        let (mut paragraph, mut number_end, mut before) = (None, None, None);
        for word in text.words().iter().filter(|word| !word.is_chrome) {
            let (tail, len) = text.normal_with_tail(word);
            let hash = hash_front(tail, len);
            let at = page.words.len() as u32;
            if paragraph != Some(word.paragraph) {
                paragraph = Some(word.paragraph);
                page.end_paragraph();
            }
            let is_number = tail.first().is_some_and(u8::is_ascii_digit);
            page.has_own_words |= !is_number && !word.quoted;
            if is_number {
                page.add_number(at, hash, number_end == Some(word.span.start));
                // One mark joins digits: `1.5`, `6-3`, `18:30`.
                number_end = Some(word.span.end + 1);
            }
            if word.capital && !word.alone {
                page.capitals.push(at);
            }
            page.words.push(narrow(hash));
            page.terms.push(narrow(match before.filter(|_| word.alone) {
                Some(before) => mix(before, hash),
                None => term_in(tail, len, hash, || text.normal(word)),
            }));
            before = word.alone.then_some(hash);
            page.quoted.push(word.quoted);
        }
        page.end_paragraph();
        page.index();
        page
    }

    /// Adds a word of digits: as a part of the number before, or as the first of a new one.
    fn add_number(&mut self, at: u32, hash: u64, is_part: bool) {
        match self.numbers.last_mut() {
            Some(number) if is_part => number.hash = narrow(mix(u64::from(number.hash), hash)),
            _ => self.numbers.push(Number { at, hash: narrow(hash) }),
        }
    }

    /// Whether it has a number.
    pub(crate) fn has_number(&self, number: Number) -> bool {
        self.number_set.binary_search(&number.hash).is_ok()
    }

    /// Ends a paragraph, which counts as a part of the lede if that is still short.
    fn end_paragraph(&mut self) {
        if !self.is_empty() {
            self.paragraphs.push(self.words.len() as u32);
        }
        if self.lede < 30 {
            self.lede = self.words.len().min(60);
        }
    }

    /// Fills in everything that follows from the words.
    fn index(&mut self) {
        self.shingles = shingles(&self.words);
        self.number_set = self.numbers.iter().map(|number| number.hash).collect();
        self.number_set.sort_unstable();
        self.keys = keys(&self.shingles);
        if !self.is_empty() {
            let hash = |hash, word: &u32| mix(hash, u64::from(*word));
            self.whole = self.words.iter().fold(1, hash) | 1;
        }
    }

    /// The SimHash of its words.
    pub(crate) fn simhash(&self) -> u64 {
        simhash(self.words.iter().map(|word| mix(u64::from(*word), 0)))
    }

    /// How many words it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether it has no word.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The words that a run of shingles of this text covers.
    pub(crate) fn words_of(&self, shingles: Range<usize>) -> Range<usize> {
        shingles.start..(shingles.end + SHINGLE - 1).min(self.words.len())
    }

    /// Where each shingle stands first in another page, and one, or 0 if it does not; and the same for the shingles of
    /// the other page in this one.
    pub(crate) fn shared_places(&self, other: &Page) -> [Vec<u32>; 2] {
        let table = self.table();
        let mut next = usize::MAX;
        let find = |of: &u64| {
            // In a shared run, the next shingle stands next.
            if self.shingles.get(next) != Some(of) {
                let first = table.places[self.slot(&table.places, *of)];
                next = (first as usize).wrapping_sub(1);
            }
            next = next.wrapping_add(1);
            next as u32
        };
        let mut there: Vec<u32> = other.shingles.iter().map(find).collect();
        if !table.first.is_empty() {
            let found = there.iter_mut().filter(|place| **place > 0);
            found.for_each(|place| *place = table.first[*place as usize - 1] + 1);
        }
        let mut here = vec![0; self.shingles.len()];
        // Backwards, so that the first one stays.
        for (place, at) in there.iter().enumerate().rev().filter(|(_, at)| **at > 0) {
            here[*at as usize - 1] = place as u32 + 1;
        }
        for (at, first) in table.first.iter().enumerate() {
            here[at] = here[*first as usize];
        }
        [here, there]
    }

    /// Whether each word is in a shingle that another page has too.
    pub(crate) fn shared_with(&self, other: &Page) -> Vec<bool> {
        let mut shared = vec![false; self.len()];
        for (shingles, _) in common(&self.shared_places(other)[0]) {
            shared[self.words_of(shingles)].fill(true);
        }
        shared
    }

    fn table(&self) -> &Table {
        self.table.get_or_init(|| {
            let places = vec![0; (2 * self.shingles.len()).next_power_of_two()];
            let mut table = Table { places, first: Vec::new() };
            for (at, shingle) in (0..).zip(&self.shingles) {
                let slot = self.slot(&table.places, *shingle);
                let first = table.places[slot];
                if first == 0 {
                    table.places[slot] = at + 1;
                } else if table.first.is_empty() {
                    table.first = (0..at).collect();
                }
                if !table.first.is_empty() {
                    table.first.push(first.checked_sub(1).unwrap_or(at));
                }
            }
            table
        })
    }

    /// Where a shingle is in the table of positions, or would be. At least half of the table is empty.
    fn slot(&self, places: &[u32], shingle: u64) -> usize {
        let last = places.len() - 1;
        let mut slot = shingle as usize & last;
        loop {
            match places[slot] {
                0 => return slot,
                at if self.shingles[at as usize - 1] == shingle => return slot,
                _ => slot = (slot + 1) & last,
            }
        }
    }

    /// Whether one of its words has this term.
    pub(crate) fn has_term(&self, term: u32) -> bool {
        let sorted = self.sorted.get_or_init(|| {
            let mut terms = self.terms.clone();
            terms.sort_unstable();
            terms
        });
        sorted.binary_search(&term).is_ok()
    }

    /// The bytes that it takes, roughly.
    pub(crate) fn bytes(&self) -> usize {
        self.words.len() * 40 + 200
    }
}

/// The runs of shingles that are in both pages, each with its place in the other one. `places` says where each shingle
/// stands there, see [`Page::places`].
pub(crate) fn common(places: &[u32]) -> impl Iterator<Item = (Range<usize>, usize)> {
    let mut end = 0;
    std::iter::from_fn(move || {
        let start = end + places[end..].iter().position(|place| *place > 0)?;
        let goes_on = (places[start]..).zip(&places[start..]).take_while(|(next, at)| next == *at);
        end = start + goes_on.count();
        Some((start..end, places[start] as usize - 1))
    })
}

/// The different terms, in the order of the text, each with how often it stands.
pub(crate) fn counted(terms: &[u32]) -> Vec<(u32, u32)> {
    // The place of each term and one, in an open hash table; 0 where it is empty.
    let mut places = vec![0_u32; (2 * terms.len()).next_power_of_two()];
    let mut counted: Vec<(u32, u32)> = Vec::with_capacity(terms.len());
    for term in terms {
        let mut slot = *term as usize & (places.len() - 1);
        while places[slot] > 0 && counted[places[slot] as usize - 1].0 != *term {
            slot = (slot + 1) & (places.len() - 1);
        }
        if places[slot] == 0 {
            counted.push((*term, 0));
            places[slot] = counted.len() as u32;
        }
        counted[places[slot] as usize - 1].1 += 1;
    }
    counted
}

/// The shingles of words.
fn shingles(words: &[u32]) -> Vec<u64> {
    let hash =
        |part: &[u32]| part.iter().fold(SHINGLE as u64, |hash, word| mix(hash, u64::from(*word)));
    match words.len() {
        0 => Vec::new(),
        1..SHINGLE => vec![hash(words)],
        _ => words.windows(SHINGLE).map(hash).collect(),
    }
}

/// The keys of a text, each once with the shingle where it stands first, in the order of the text.
fn keys(shingles: &[u64]) -> Vec<(usize, u32)> {
    let sample = if shingles.len() < SHORT { SHORT_SAMPLE } else { SAMPLE };
    let mut keys: Vec<(usize, u32)> = Vec::with_capacity(shingles.len() * 3 / sample as usize / 2);
    // Nearly no shingle has a bit that another one has set: only then are all keys looked through.
    let mut seen = [0_u64; 64];
    for (at, of) in shingles.iter().enumerate().filter(|(_, of)| **of & (sample - 1) == 0) {
        let (word, bit) = ((of >> 58) as usize, 1 << (of >> 52 & 63));
        if seen[word] & bit == 0 || keys.iter().all(|(known, _)| shingles[*known] != *of) {
            keys.push((at, narrow(*of)));
        }
        seen[word] |= bit;
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_words_shares_none() {
        let page = Page::new("The ferry to Ness left at noon on Friday.");
        for empty in [Page::default(), Page::new("")] {
            assert!(
                !page.shared_with(&empty).contains(&true) && empty.shared_with(&page).is_empty()
            );
        }
    }
}
