//! Counts the document frequencies of terms. The counts begin with a compiled table of common
//! words, and each story of the stream adds to them.
//!
//! Input: the terms of texts. Output: a number (id) for each term, and its rarity. This file does
//! not know which text has a term.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::body::common_words::{TABLE, parse_counts};
use crate::body::hash_cache::HashCache;
use crate::body::stem::term_of;
use crate::body::terms::Terms;
use crate::body::word_hash;
use crate::codec::bits::Bits;
use crate::codec::{Encode, Reader, Writer};
use crate::event::logarithms::{Logarithms, ln_after};
use crate::event::packed_terms::{IndexedTerms, PackedTerms};

/// The compiled table counts this many times, so that the first stories about a happening do not
/// make the names in them look common.
const TABLE_WEIGHT: u32 = 10;

/// The number of documents that contain each term. Each term has an id: its position in `counts`.
#[derive(Debug, Clone)]
pub struct Frequencies {
    /// The number of all documents.
    documents: u32,
    /// The number of terms of the compiled table. Their ids are the lowest ones.
    compiled: u32,
    /// The id of each term, by the hash of the term.
    ids: FxHashMap<u64, u32>,
    /// The number of documents with a term, by its id.
    counts: Vec<u32>,
    /// Ids whose terms were forgotten, the lowest last: it is the next to be used again.
    free: Vec<u32>,
    logarithms: Logarithms,
    /// The ids of recent terms.
    hash_cache: HashCache<u32>,
    /// The buffer of [`TermCounter`], used again for each text. All counts are 0 between two texts.
    times: Vec<u8>,
}

/// Counts how often a text mentions each term.
struct TermCounter {
    /// The number of mentions by term id, at most 255.
    times: Vec<u8>,
    /// The ids of the terms that were counted.
    ids: Vec<u32>,
}

impl TermCounter {
    fn count(&mut self, id: u32) {
        let at = id as usize;
        if at >= self.times.len() {
            self.times.resize(at + 1, 0);
        }
        if self.times[at] == 0 {
            self.ids.push(id);
        }
        self.times[at] = self.times[at].saturating_add(1);
    }

    /// The counted terms in the order of their ids, packed. Resets all counts to 0.
    fn pack(&mut self) -> PackedTerms {
        self.ids.sort_unstable();
        let counts = self.ids.drain(..);
        PackedTerms::new(counts.map(|id| (id, std::mem::take(&mut self.times[id as usize]))))
    }
}

impl Default for Frequencies {
    fn default() -> Frequencies {
        static COMPILED: OnceLock<Frequencies> = OnceLock::new();
        COMPILED.get_or_init(|| Frequencies::parse(TABLE)).clone()
    }
}

impl Frequencies {
    /// Reads a table: a line `# documents<TAB>count`, then lines `stem<TAB>count`. Skips all other
    /// lines.
    #[must_use]
    pub fn parse(table: &str) -> Frequencies {
        let mut frequencies = Frequencies {
            documents: 0,
            compiled: 0,
            ids: FxHashMap::default(),
            counts: Vec::new(),
            free: Vec::new(),
            logarithms: Logarithms::default(),
            hash_cache: HashCache::default(),
            times: Vec::new(),
        };
        for (stem, count) in parse_counts(table) {
            let count = count.saturating_mul(TABLE_WEIGHT);
            match stem {
                "# documents" => frequencies.documents = count,
                stem => {
                    let id = frequencies.find_or_add_id(word_hash(term_of(stem)));
                    // Several stems of the table may have become one term.
                    let all = frequencies.counts[id as usize].saturating_add(count);
                    let all = all.min(frequencies.documents);
                    frequencies.counts[id as usize] = all;
                    frequencies.logarithms.set(id as usize, all);
                }
            }
        }
        frequencies.compiled = narrow(frequencies.counts.len());
        frequencies
    }

    /// Replaces the terms of a text by their ids. New terms get ids in the order of their hashes,
    /// so that the ids do not depend on the order of words.
    pub(crate) fn index_terms(&mut self, terms: &Terms) -> IndexedTerms {
        let all = self.pack(terms.text());
        let (title, lede) = (self.pack(terms.title()), self.pack(terms.lede()));
        let names = terms.names.as_deref().map(|names| {
            let mut names: Vec<u32> = names.iter().map(|name| self.find_or_add_id(*name)).collect();
            names.sort_unstable();
            names.into()
        });
        IndexedTerms { terms: all, title, lede, names }
    }

    fn pack(&mut self, mentions: &[u64]) -> PackedTerms {
        let mut counted = TermCounter { times: std::mem::take(&mut self.times), ids: Vec::new() };
        self.hash_cache.prefetch(mentions.iter().copied());
        // Terms that are not in the cache are looked up together: the processor then fetches many
        // of them from memory at once.
        let mut uncached = Vec::with_capacity(mentions.len());
        for term in mentions {
            match self.hash_cache.get(*term) {
                Some(id) => counted.count(id),
                None => uncached.push(*term),
            }
        }
        let ids: Vec<Option<u32>> = uncached.iter().map(|term| self.id_of(*term)).collect();
        let mut fresh = Vec::new();
        for (term, id) in uncached.into_iter().zip(ids) {
            match id {
                Some(id) => {
                    self.hash_cache.set(term, id);
                    counted.count(id);
                }
                None => fresh.push(term),
            }
        }
        fresh.sort_unstable();
        fresh.into_iter().for_each(|term| counted.count(self.find_or_add_id(term)));
        let packed = counted.pack();
        self.times = counted.times;
        packed
    }

    /// The id of a term, from the cache or the table.
    fn find_id(&mut self, term: u64) -> Option<u32> {
        self.hash_cache.get(term).or_else(|| {
            let id = *self.ids.get(&term)?;
            self.hash_cache.set(term, id);
            Some(id)
        })
    }

    /// The id of a term.
    pub(crate) fn id_of(&self, term: u64) -> Option<u32> {
        self.ids.get(&term).copied()
    }

    /// Counts a document with these terms.
    pub(crate) fn learn(&mut self, terms: &IndexedTerms) {
        self.documents += 1;
        for (id, _) in terms.terms.iter() {
            let count = &mut self.counts[id as usize];
            *count += 1;
            self.logarithms.set(id as usize, *count);
        }
    }

    /// The id of a term. A new term gets one.
    fn find_or_add_id(&mut self, term: u64) -> u32 {
        if let Some(known) = self.find_id(term) {
            return known;
        }
        let id = self.free.pop().unwrap_or_else(|| {
            self.counts.push(0);
            self.logarithms.push();
            narrow(self.counts.len() - 1)
        });
        self.ids.insert(term, id);
        id
    }

    /// Forgets the terms that no text has any more, except those of the compiled table. Otherwise
    /// every misspelled word would be stored for ever.
    pub(crate) fn forget(&mut self, is_used: &Bits) {
        let compiled = self.compiled;
        self.hash_cache.clear();
        self.ids.retain(|_, id| *id < compiled || is_used.contains(*id as usize));
        self.ids.shrink_to_fit();
        self.free = self.unused();
        for id in &self.free {
            self.counts[*id as usize] = 0;
        }
        self.logarithms = Logarithms::new(&self.counts);
    }

    /// The number of ids, free ones included.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The ids that no term has, the lowest last.
    fn unused(&self) -> Vec<u32> {
        let mut is_used = Bits::new(self.counts.len());
        self.ids.values().for_each(|id| is_used.insert(*id as usize));
        (0..narrow(self.counts.len())).rev().filter(|at| !is_used.contains(*at as usize)).collect()
    }

    /// The rarity of a term (inverse document frequency): the logarithm of the number of all
    /// documents divided by the number of those with the term. 0 for a term that is in all
    /// documents.
    pub(crate) fn rarity(&self, id: u32) -> f64 {
        self.rarities().of(id)
    }

    /// The rarities of all terms, for a caller that needs many.
    pub(crate) fn rarities(&self) -> Rarities<'_> {
        Rarities { max: self.max_rarity(), logarithms: &self.logarithms, counts: &self.counts }
    }

    /// The rarity of a term never seen.
    pub(crate) fn max_rarity(&self) -> f64 {
        ln_after(self.documents)
    }
}

/// The rarities of terms by their ids.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rarities<'a> {
    /// The rarity of a term never seen.
    pub(crate) max: f64,
    logarithms: &'a Logarithms,
    counts: &'a [u32],
}

impl Rarities<'_> {
    /// The weight of a term in a text that mentions it `mentions` times, at least once (TF-IDF).
    #[inline]
    pub(crate) fn weight(&self, id: u32, mentions: u8) -> f64 {
        self.weight_of_rarity(self.of(id), mentions)
    }

    /// The weight of a term with this rarity in a text that mentions it `mentions` times.
    #[inline]
    pub(crate) fn weight_of_rarity(&self, rarity: f64, mentions: u8) -> f64 {
        // Most terms are mentioned once. The logarithm of 1 is 0, so the look-up can be skipped.
        let factor = if mentions == 1 { 1.0 } else { 1.0 + self.logarithms.of_mentions(mentions) };
        factor * rarity
    }

    /// See [`Frequencies::rarity`].
    #[inline]
    pub(crate) fn of(&self, id: u32) -> f64 {
        let logarithm = self.logarithms.of(id, self.counts);
        (self.max - logarithm).max(0.0)
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("fewer terms than memory holds")
}

impl Encode for Frequencies {
    fn write_to(&self, to: &mut Writer<'_>) {
        (self.documents, self.compiled).write_to(to);
        self.ids.write_to(to);
        self.counts.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Frequencies> {
        let (documents, compiled) = Encode::read_from(from)?;
        let (ids, counts) = (FxHashMap::<u64, u32>::read_from(from)?, Vec::<u32>::read_from(from)?);
        let logarithms = Logarithms::new(&counts);
        let is_place = |id: &u32| (*id as usize) < counts.len();
        if !ids.values().all(is_place) {
            return None;
        }
        let free = Vec::new();
        let (hash_cache, times) = (HashCache::default(), Vec::new());
        let mut read =
            Frequencies { documents, compiled, ids, counts, free, logarithms, hash_cache, times };
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
    fn ids_of_forgotten_terms_are_used_again() {
        let mut table = Frequencies::parse("# documents\t100\nport\t10\n");
        for of in [[1, 2], [3, 4], [5, 6]] {
            let indexed = table.index_terms(&terms(&of));
            table.learn(&indexed);
        }
        let mut is_used = Bits::default();
        is_used.insert(3);
        is_used.insert(4);
        table.forget(&is_used);
        assert_eq!(table.ids.len(), 3, "the table's own, and two in use");
        let again = |of: &mut Frequencies| [8, 9, 10].map(|term| of.find_or_add_id(term));
        let mut pieces = Vec::new();
        let mut give = |piece| pieces.push(piece);
        let mut writer = Writer::new(&mut give);
        table.write_to(&mut writer);
        writer.finish();
        let mut pieces = pieces.into_iter();
        let mut read = Frequencies::read_from(&mut Reader::new(&mut || pieces.next())).unwrap();
        assert_eq!(again(&mut table), [1, 2, 5]);
        assert_eq!(again(&mut read), [1, 2, 5], "the same after a restart");
        assert!(table.rarity(1) > table.rarity(3), "the count of the forgotten term is gone");
    }
}
