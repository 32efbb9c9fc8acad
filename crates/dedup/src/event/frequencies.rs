//! Document frequencies of terms: a compiled table at first, then what the stream adds.
//!
//! The terms of texts come in; how rare each term is goes out. It never knows which text has a term.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::body::common_words::{TABLE, counted};
use crate::body::hash_cache::HashCache;
use crate::body::terms::{Terms, term_of};
use crate::body::word_hash;
use crate::codec::bits::Bits;
use crate::codec::{Reader, Writer, Written};
use crate::event::logarithms::{Logarithms, ln_after};
use crate::event::vector::{PackedTerms, Placed};

/// The compiled table counts as this many times its documents, so that the first stories about one
/// happening do not make its own names look common.
const TABLE_WEIGHT: u32 = 10;

/// In how many documents each term stands.
#[derive(Debug, Clone)]
pub struct Frequencies {
    documents: u32,
    /// Terms of the compiled table, which stand first.
    compiled: u32,
    /// Where each term's count stands.
    places: FxHashMap<u64, u32>,
    counts: Vec<u32>,
    /// Places whose terms were forgotten, the lowest last: it is the next to be used.
    free: Vec<u32>,
    logarithms: Logarithms,
    /// Places of terms of late.
    hash_cache: HashCache<u32>,
    /// By place, how often a term stands in the text that is looked at; all zero between two.
    times: Vec<u8>,
}

/// Counts the terms of one text.
struct Counted {
    times: Vec<u8>,
    /// Those counted at least once.
    places: Vec<u32>,
}

impl Counted {
    fn count(&mut self, place: u32) {
        let at = place as usize;
        if at >= self.times.len() {
            self.times.resize(at + 1, 0);
        }
        if self.times[at] == 0 {
            self.places.push(place);
        }
        self.times[at] = self.times[at].saturating_add(1);
    }

    /// The places in order, each with its count. Nothing is counted from then on.
    fn pack(&mut self) -> PackedTerms {
        self.places.sort_unstable();
        let counts = self.places.drain(..);
        PackedTerms::new(counts.map(|at| (at, std::mem::take(&mut self.times[at as usize]))))
    }
}

impl Default for Frequencies {
    fn default() -> Frequencies {
        static COMPILED: OnceLock<Frequencies> = OnceLock::new();
        COMPILED.get_or_init(|| Frequencies::parse(TABLE)).clone()
    }
}

impl Frequencies {
    /// Reads a table: a line `documents<TAB>count`, then `stem<TAB>count` lines. Lines that do not
    /// fit are passed over.
    #[must_use]
    pub fn parse(table: &str) -> Frequencies {
        let mut frequencies = Frequencies {
            documents: 0,
            compiled: 0,
            places: FxHashMap::default(),
            counts: Vec::new(),
            free: Vec::new(),
            logarithms: Logarithms::default(),
            hash_cache: HashCache::default(),
            times: Vec::new(),
        };
        for (stem, count) in counted(table) {
            let count = count.saturating_mul(TABLE_WEIGHT);
            match stem {
                "# documents" => frequencies.documents = count,
                stem => {
                    let place = frequencies.find_or_add_place(word_hash(term_of(stem)));
                    // Several stems may be one term.
                    let all = frequencies.counts[place as usize].saturating_add(count);
                    let all = all.min(frequencies.documents);
                    frequencies.counts[place as usize] = all;
                    frequencies.logarithms.set(place as usize, all);
                }
            }
        }
        frequencies.compiled = narrow(frequencies.counts.len());
        frequencies
    }

    /// The terms by the places of their counts, which new ones get here, in the order of the terms.
    pub(crate) fn place_all(&mut self, terms: &Terms) -> Placed {
        let all = self.pack(terms.text());
        let (title, lede) = (self.pack(terms.title()), self.pack(terms.lede()));
        let names = terms.names.as_deref().map(|names| {
            let mut names: Vec<u32> =
                names.iter().map(|name| self.find_or_add_place(*name)).collect();
            names.sort_unstable();
            names.into()
        });
        Placed { terms: all, title, lede, names }
    }

    fn pack(&mut self, mentions: &[u64]) -> PackedTerms {
        let mut counted = Counted { times: std::mem::take(&mut self.times), places: Vec::new() };
        self.hash_cache.prefetch(mentions.iter().copied());
        // Those that are not at hand wait, and are then looked up in one go.
        let mut far = Vec::with_capacity(mentions.len());
        for term in mentions {
            match self.hash_cache.get(*term) {
                Some(place) => counted.count(place),
                None => far.push(*term),
            }
        }
        let places: Vec<Option<u32>> = far.iter().map(|term| self.at(*term)).collect();
        let mut fresh = Vec::new();
        for (term, place) in far.into_iter().zip(places) {
            match place {
                Some(place) => {
                    self.hash_cache.set(term, place);
                    counted.count(place);
                }
                None => fresh.push(term),
            }
        }
        fresh.sort_unstable();
        fresh.into_iter().for_each(|term| counted.count(self.find_or_add_place(term)));
        let packed = counted.pack();
        self.times = counted.times;
        packed
    }

    /// Where a term's count stands.
    fn find_place(&mut self, term: u64) -> Option<u32> {
        self.hash_cache.get(term).or_else(|| {
            let place = *self.places.get(&term)?;
            self.hash_cache.set(term, place);
            Some(place)
        })
    }

    /// Where a term's count stands.
    pub(crate) fn at(&self, term: u64) -> Option<u32> {
        self.places.get(&term).copied()
    }

    /// Counts a document.
    pub(crate) fn learn(&mut self, terms: &Placed) {
        self.documents += 1;
        for (place, _) in terms.terms.iter() {
            let count = &mut self.counts[place as usize];
            *count += 1;
            self.logarithms.set(place as usize, *count);
        }
    }

    /// Where a term's count stands, from now on if it is new.
    fn find_or_add_place(&mut self, term: u64) -> u32 {
        if let Some(known) = self.find_place(term) {
            return known;
        }
        let place = self.free.pop().unwrap_or_else(|| {
            self.counts.push(0);
            self.logarithms.push();
            narrow(self.counts.len() - 1)
        });
        self.places.insert(term, place);
        place
    }

    /// Forgets the terms that stand in no text any more, but for those of the compiled table: what
    /// is printed once in misspelling would stay for ever.
    pub(crate) fn forget(&mut self, is_used: &Bits) {
        let compiled = self.compiled;
        self.hash_cache.clear();
        self.places.retain(|_, place| *place < compiled || is_used.contains(*place as usize));
        self.places.shrink_to_fit();
        self.free = self.unused();
        for place in &self.free {
            self.counts[*place as usize] = 0;
        }
        self.logarithms = Logarithms::new(&self.counts);
    }

    /// How many terms there is room for.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The places of no term, the lowest last.
    fn unused(&self) -> Vec<u32> {
        let mut is_used = Bits::new(self.counts.len());
        self.places.values().for_each(|place| is_used.insert(*place as usize));
        (0..narrow(self.counts.len())).rev().filter(|at| !is_used.contains(*at as usize)).collect()
    }

    /// How rare the term at a place is: the logarithm of documents by those that have it; 0 for a
    /// term that stands everywhere.
    pub(crate) fn rarity(&self, place: u32) -> f64 {
        self.rarities().of(place)
    }

    /// How rare all terms are, for whoever asks for many.
    pub(crate) fn rarities(&self) -> Rarities<'_> {
        Rarities { most: self.most(), logarithms: &self.logarithms, counts: &self.counts }
    }

    /// The rarity of a term never seen.
    pub(crate) fn most(&self) -> f64 {
        ln_after(self.documents)
    }
}

/// How rare terms are, by the places of their counts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rarities<'a> {
    /// The rarity of a term never seen.
    pub(crate) most: f64,
    logarithms: &'a Logarithms,
    counts: &'a [u32],
}

impl Rarities<'_> {
    /// The weight of a term that is mentioned so many times, at least once.
    #[inline]
    pub(crate) fn weight(&self, place: u32, mentions: u8) -> f64 {
        // Of nearly all terms there is one, and its logarithm is nothing.
        let factor = if mentions == 1 { 1.0 } else { 1.0 + self.logarithms.of_mentions(mentions) };
        factor * self.of(place)
    }

    /// See [`Frequencies::rarity`].
    #[inline]
    pub(crate) fn of(&self, place: u32) -> f64 {
        let logarithm = self.logarithms.of(place, self.counts);
        (self.most - logarithm).max(0.0)
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("fewer terms than memory holds")
}

impl Written for Frequencies {
    fn write_to(&self, to: &mut Writer<'_>) {
        (self.documents, self.compiled).write_to(to);
        self.places.write_to(to);
        self.counts.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Frequencies> {
        let (documents, compiled) = Written::read_from(from)?;
        let (places, counts) =
            (FxHashMap::<u64, u32>::read_from(from)?, Vec::<u32>::read_from(from)?);
        let logarithms = Logarithms::new(&counts);
        let is_place = |place: &u32| (*place as usize) < counts.len();
        if !places.values().all(is_place) {
            return None;
        }
        let free = Vec::new();
        let (hash_cache, times) = (HashCache::default(), Vec::new());
        let mut read = Frequencies {
            documents,
            compiled,
            places,
            counts,
            free,
            logarithms,
            hash_cache,
            times,
        };
        read.free = read.unused();
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(of: &[u64]) -> Terms {
        Terms { mentions: of.to_vec(), names: Some(Vec::new()), ..Terms::default() }
    }

    #[test]
    fn places_of_what_stands_nowhere_are_used_again() {
        let mut table = Frequencies::parse("# documents\t100\nport\t10\n");
        for of in [[1, 2], [3, 4], [5, 6]] {
            let placed = table.place_all(&terms(&of));
            table.learn(&placed);
        }
        let mut is_used = Bits::default();
        is_used.insert(3);
        is_used.insert(4);
        table.forget(&is_used);
        assert_eq!(table.places.len(), 3, "the table's own, and two in use");
        let again = |of: &mut Frequencies| [8, 9, 10].map(|term| of.find_or_add_place(term));
        let mut pieces = Vec::new();
        let mut give = |piece| pieces.push(piece);
        let mut writer = Writer::new(&mut give);
        table.write_to(&mut writer);
        writer.finish();
        let mut pieces = pieces.into_iter();
        let mut read = Frequencies::read_from(&mut Reader::new(&mut || pieces.next())).unwrap();
        assert_eq!(again(&mut table), [1, 2, 5]);
        assert_eq!(again(&mut read), [1, 2, 5], "the same after a restart");
        assert!(table.rarity(1) > table.rarity(3), "nothing is left of what stood there");
    }
}
