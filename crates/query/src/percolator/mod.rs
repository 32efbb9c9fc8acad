//! Matches one article against any number of queries.
//!
//! 1. Every word of every query has a number ([`vocabulary`]).
//! 2. A query is a [`program`]: bytes. The programs of all queries follow each other.
//! 3. Each query is filed under the number of the rarest word that every match needs, or under several words
//!    of which every match needs one ([`keys`](crate::keys)). A second word, the guard, is stored beside it.
//! 4. The words of an article are looked up once ([`numbered`]). Only queries that are filed under one of
//!    them and whose guard is present too are run, in the order of their memory.
//!
//! [`Query::matches`](crate::Query::matches) is a percolator of one query. Tests compare both with a naive implementation.

use std::cell::LazyCell;
use std::hash::{BuildHasher as _, Hash};

use numbered::Numbered;
use program::{Step, TermBytes};
use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::document::{Part, Prepared};
use crate::keys::{Filed, Key, filed};
use crate::numbers::Numbers;
use crate::term::Field;
use crate::tree::Node;
use filings::{Filing, Filings, NO_GUARD};
use vocabulary::Vocabulary;

mod filings;
mod numbered;
mod program;
mod vocabulary;

/// The number of removed queries after which the percolator is rebuilt. Tests reach it sooner.
const MAX_REMOVED: usize = if cfg!(test) { 4 } else { 1_024 };

/// Programs whose first bytes are read together.
const BATCH: usize = 128;
/// The bit that marks the number of a prefix among numbers of words.
const PREFIX_BIT: u32 = 1 << 31;

/// Many queries by their ids. Each is filed under the rarest word that it needs, so that an article
/// is compared only with the few queries that it may match.
///
/// A query is stored as bytes, with its words as numbers. With an id of twenty letters it takes
/// some 175 bytes in all if there are a million queries (docs/performance.md).
#[derive(Debug, Clone)]
pub struct Percolator<Id> {
    slots: Vec<Slot<Id>>,
    /// Slots without a query.
    free: Vec<u32>,
    /// For each hash of an id, the last slot with it. The other slots with the same hash follow as
    /// a list.
    by_id: FxHashMap<u32, u32>,
    vocabulary: Vocabulary,
    /// All programs in a row, including those of removed queries.
    programs: Vec<u8>,
    /// For each word, the queries that are filed under it.
    filed: Vec<Filings>,
    /// The prefixes of two or four letters under which queries are filed.
    prefixes: Vocabulary,
    filed_by_prefix: Vec<Filings>,
    /// The queries that need no word.
    unfiled: Filings,
    /// The number of queries that were removed since the last rebuild.
    removed: usize,
}

#[derive(Debug, Clone)]
struct Slot<Id> {
    id: Option<Id>,
    /// The start of the program.
    start: usize,
    /// Another slot whose id has the same hash.
    next: Option<u32>,
}

/// The reason why an article matches a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    /// The words, phrases and fields of the query that were found, as written in the query and in
    /// its order, each once.
    pub words: Vec<String>,
    /// Whether title and lede alone do not match: the text mentions it in passing.
    pub in_passing: bool,
}

/// A query that an article matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<Id> {
    /// The query's id.
    pub id: Id,
    /// The reason why it matched.
    pub matched: Matched,
}

impl<Id> Default for Percolator<Id> {
    fn default() -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_id: FxHashMap::default(),
            vocabulary: Vocabulary::default(),
            programs: Vec::new(),
            filed: Vec::new(),
            prefixes: Vocabulary::default(),
            filed_by_prefix: Vec::new(),
            unfiled: Filings::default(),
            removed: 0,
        }
    }
}

impl<Id: Ord + Clone + Hash> Percolator<Id> {
    /// Bytes of programs, slots and words, including those of removed queries.
    #[cfg(test)]
    pub(crate) fn weight(&self) -> usize {
        self.programs.len() + self.slots.len() * size_of::<Slot<Id>>() + self.vocabulary.len()
    }

    /// The number of entries in all lists.
    #[cfg(test)]
    pub(crate) fn filings(&self) -> usize {
        let mut count = 0;
        let lists = self.filed.iter().chain(&self.filed_by_prefix).chain([&self.unfiled]);
        lists.for_each(|list| list.for_each(|_| count += 1));
        count
    }

    /// The number of queries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether it has no queries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a query, or replaces the one with the same id.
    pub(crate) fn insert_tree(&mut self, id: Id, tree: &Node) {
        self.remove(&id);
        let slot = self.free.pop().unwrap_or_else(|| narrow(self.slots.len()));
        let start = self.write(tree, slot);
        let next = self.by_id.insert(hash_of(&id), slot);
        let new_slot = Slot { id: Some(id), start, next };
        match self.slots.get_mut(slot as usize) {
            Some(free) => *free = new_slot,
            None => {
                reserve(&mut self.slots, 1);
                self.slots.push(new_slot);
            }
        }
    }

    /// Removes a query; does nothing if there is none with this id. Once more queries were removed than are
    /// left, the space of the removed ones is freed, which takes as long as adding the others again.
    pub fn remove(&mut self, id: &Id) {
        let Some(slot) = self.unlink(id) else {
            return;
        };
        self.withdraw(slot);
        self.slots[slot as usize].id = None;
        self.free.push(slot);
        self.removed += 1;
        if self.removed > MAX_REMOVED.max(self.len()) {
            self.rebuild();
        }
    }

    /// Takes the slot of an id from those with its hash.
    fn unlink(&mut self, id: &Id) -> Option<u32> {
        let hash = hash_of(id);
        let (mut at, mut before) = (*self.by_id.get(&hash)?, None);
        while self.id(at) != Some(id) {
            (at, before) = (self.slots[at as usize].next?, Some(at));
        }
        let next = self.slots[at as usize].next.take();
        match (before, next) {
            (Some(other), _) => self.slots[other as usize].next = next,
            (None, Some(first)) => {
                self.by_id.insert(hash, first);
            }
            (None, None) => {
                self.by_id.remove(&hash);
            }
        }
        Some(at)
    }

    /// The queries that may match, in the order of their ids: all that do, and few others.
    #[cfg(test)]
    pub(crate) fn candidates(&self, article: &Prepared) -> Vec<&Id> {
        let numbered = Numbered::new(article, &self.vocabulary, &self.prefixes);
        let slots = self.filed_for(&numbered).into_iter();
        let mut ids: Vec<&Id> = slots.filter_map(|slot| self.id(slot)).collect();
        ids.sort_unstable();
        ids
    }

    /// The queries that match, in the order of their ids. `numbers` is called at most once for each
    /// candidate, because one query may concern a story and another its event.
    pub fn matches<'n>(
        &self,
        article: &Prepared,
        mut numbers: impl FnMut(&Id) -> Numbers<'n>,
    ) -> Vec<Hit<Id>> {
        let numbered = Numbered::new(article, &self.vocabulary, &self.prefixes);
        let mut hits: Vec<Hit<Id>> = Vec::new();
        for slots in self.filed_for(&numbered).chunks(BATCH) {
            // The first bytes of all programs are read before the first one is run, so that cache
            // misses overlap.
            let programs = slots.iter().map(|slot| (self.id(*slot), self.program(*slot).1));
            let programs: Vec<(Option<&Id>, Reader<'_>)> = programs.collect();
            let matching = programs.into_iter().filter_map(|(id, program)| {
                let id = id?;
                let numbers = LazyCell::new(|| numbers(id));
                let run = Run { program, article: &numbered, numbers };
                Some((id, run.matches()?))
            });
            let matching: Vec<(&Id, Matched)> = matching.collect();
            let copied = matching.into_iter().map(|(id, matched)| Hit { id: id.clone(), matched });
            hits.extend(copied);
        }
        hits.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        hits
    }

    /// The slots of the queries that may match, each once.
    fn filed_for(&self, article: &Numbered<'_>) -> Vec<u32> {
        let mut slots = Vec::new();
        let mut note = |filing: Filing| {
            if article.passes(filing.guard) {
                slots.push(filing.slot);
            }
        };
        self.unfiled.for_each(&mut note);
        let lists = article.found().iter().filter_map(|number| self.filed.get(*number as usize));
        lists.for_each(|list| list.for_each(&mut note));
        let prefixes = article.found_prefixes();
        let lists_of_prefixes =
            prefixes.filter_map(|number| self.filed_by_prefix.get(number as usize));
        lists_of_prefixes.for_each(|list| list.for_each(&mut note));
        // A query may be filed under several words. The order of slots is that of the programs in
        // memory.
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    fn id(&self, slot: u32) -> Option<&Id> {
        self.slots.get(slot as usize)?.id.as_ref()
    }

    /// The keys of a query and its program.
    fn program(&self, slot: u32) -> (WordNumbers<'_>, Reader<'_>) {
        let start = self.slots.get(slot as usize).map_or(0, |one| one.start);
        let mut reader = Reader::new(self.programs.get(start..).unwrap_or_default());
        let mut program = Reader::new(reader.bytes());
        (program.words(), program)
    }

    /// Files a query and writes its program. Returns the start of the program.
    fn write(&mut self, query: &Node, slot: u32) -> usize {
        let uses = |field, word: &str| self.vocabulary.uses(field, word);
        let Filed { keys, guard } = filed(query, &uses);
        let mut tree = Vec::new();
        program::Writer { words: &mut self.vocabulary, prefixes: &mut self.prefixes }
            .write(query, &mut tree);
        let guard = guard.and_then(|(field, word)| self.vocabulary.find_in(field, word));
        let filing = Filing { slot, guard: guard.unwrap_or(NO_GUARD) };
        let numbers: Vec<u32> = keys.iter().filter_map(|key| self.number(*key)).collect();
        self.file(filing, &numbers);
        let mut program = Vec::new();
        write_words(&numbers, &mut program);
        program.extend(tree);
        let start = self.programs.len();
        reserve(&mut self.programs, program.len() + size_of::<u64>());
        write_bytes(&program, &mut self.programs);
        start
    }

    fn number(&mut self, key: Key<'_>) -> Option<u32> {
        match key {
            Key::Word(field, word) => self.vocabulary.find_in(field, word),
            Key::Prefix(prefix) => Some(self.prefixes.enter(Field::Text, prefix) | PREFIX_BIT),
        }
    }

    fn file(&mut self, filing: Filing, numbers: &[u32]) {
        let more = self.vocabulary.len().saturating_sub(self.filed.len());
        reserve(&mut self.filed, more);
        self.filed.resize_with(self.vocabulary.len(), Filings::default);
        self.filed_by_prefix.resize_with(self.prefixes.len(), Filings::default);
        if numbers.is_empty() {
            self.unfiled.insert(filing);
        }
        for number in numbers {
            self.list(*number).insert(filing);
        }
    }

    /// The list of a word or of a prefix.
    fn list(&mut self, number: u32) -> &mut Filings {
        match number & PREFIX_BIT == PREFIX_BIT {
            true => &mut self.filed_by_prefix[(number & !PREFIX_BIT) as usize],
            false => &mut self.filed[number as usize],
        }
    }

    /// Removes a query from all lists.
    fn withdraw(&mut self, slot: u32) {
        let numbers: Vec<u32> = self.program(slot).0.iter().collect();
        if numbers.is_empty() {
            self.unfiled.remove(slot);
        }
        for number in numbers {
            self.list(number).remove(slot);
        }
    }

    /// Rebuilds everything without the removed queries.
    fn rebuild(&mut self) {
        let mut fresh = Self::default();
        for slot in 0..narrow(self.slots.len()) {
            if let Some(id) = self.slots[slot as usize].id.take() {
                let tree = program::tree(&mut self.program(slot).1, &self.vocabulary);
                fresh.insert_tree(id, &tree);
            }
        }
        *self = fresh;
    }
}

/// Half of the hash. Few ids share one; in tests many do.
fn hash_of<Id: Hash>(id: &Id) -> u32 {
    let hash = (FxBuildHasher.hash_one(id) >> 32) as u32;
    if cfg!(test) { hash % 8 } else { hash }
}

/// Reserves room without doubling the capacity: half of hundreds of megabytes would be empty.
fn reserve<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 8));
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("fewer queries than memory holds")
}

/// A program, and the article and the numbers that it is run on. The numbers are computed when they
/// are first needed.
struct Run<'r, 'n, F> {
    program: Reader<'r>,
    article: &'r Numbered<'r>,
    numbers: LazyCell<Numbers<'n>, F>,
}

impl<'r, 'n, F: FnOnce() -> Numbers<'n>> Run<'r, 'n, F> {
    /// The words that were found, if the article and the numbers of its event match the program.
    fn matches(&self) -> Option<Matched> {
        self.is_true(&mut self.program.clone(), Part::Whole).then(|| {
            let in_passing = !self.is_true(&mut self.program.clone(), Part::Head);
            let mut matched = Matched { in_passing, ..Matched::default() };
            self.collect(&mut self.program.clone(), &mut matched.words);
            matched
        })
    }

    /// Whether a step matches. Reads the step and all its parts.
    fn is_true(&self, reader: &mut Reader<'r>, part: Part) -> bool {
        match Step::read(reader) {
            Step::All => true,
            Step::Term(term) => self.article.has(term, part),
            Step::Near { one, other, words } => self.article.has_near(one, other, words, part),
            Step::Compare(comparison) => comparison.is_true(&self.numbers),
            // A negated part must be nowhere in the article.
            Step::Not => !self.is_true(reader, Part::Whole),
            Step::And(parts) => !self.has_one(parts, part, false),
            Step::Or(parts) => self.has_one(parts, part, true),
        }
    }

    /// Whether one of these steps matches, or else whether one does not.
    fn has_one(&self, mut steps: Reader<'r>, part: Part, is_matching: bool) -> bool {
        while !steps.is_at_end() {
            if self.is_true(&mut steps, part) == is_matching {
                return true;
            }
        }
        false
    }

    /// Collects the terms of each matching part that is not negated, of a step that matches.
    fn collect(&self, reader: &mut Reader<'r>, words: &mut Vec<String>) {
        match Step::read(reader) {
            Step::All | Step::Compare(_) => {}
            Step::Term(term) => add_words(term, words),
            Step::Near { one, other, .. } => {
                add_words(one, words);
                add_words(other, words);
            }
            Step::Not => {
                self.is_true(reader, Part::Whole);
            }
            // All parts match.
            Step::And(mut parts) => {
                while !parts.is_at_end() {
                    self.collect(&mut parts, words);
                }
            }
            Step::Or(mut parts) => {
                while !parts.is_at_end() {
                    let mut part = parts;
                    if self.is_true(&mut parts, Part::Whole) {
                        self.collect(&mut part, words);
                    }
                }
            }
        }
    }
}

fn add_words(term: TermBytes<'_>, words: &mut Vec<String>) {
    let written = term.written();
    if !words.iter().any(|word| word == written) {
        words.push(written.to_owned());
    }
}

/// The rest of a program.
#[derive(Debug, Clone, Copy)]
struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn is_at_end(&self) -> bool {
        self.bytes.is_empty()
    }

    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.bytes.split_first() else {
            return 0;
        };
        self.bytes = rest;
        *first
    }

    /// A number as [`write_number`] writes it.
    fn number(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 63 {
                return number;
            }
        }
    }

    fn length(&mut self) -> usize {
        usize::try_from(self.number()).unwrap_or(usize::MAX)
    }

    /// The next `length` bytes, or all that are left.
    fn slice(&mut self, length: usize) -> &'a [u8] {
        let (slice, rest) = self.bytes.split_at(length.min(self.bytes.len()));
        self.bytes = rest;
        slice
    }

    /// Bytes as [`write_bytes`] writes them.
    fn bytes(&mut self) -> &'a [u8] {
        let length = self.length();
        self.slice(length)
    }

    /// A list of word numbers as [`write_words`] writes it.
    fn words(&mut self) -> WordNumbers<'a> {
        let count = self.length();
        WordNumbers { bytes: self.slice(count.saturating_mul(WIDTH)) }
    }
}

const WIDTH: usize = size_of::<u32>();

/// Numbers of words in a program.
#[derive(Debug, Clone, Copy)]
struct WordNumbers<'a> {
    bytes: &'a [u8],
}

impl WordNumbers<'_> {
    fn len(self) -> usize {
        self.bytes.len() / WIDTH
    }

    fn get(self, index: usize) -> Option<u32> {
        let bytes = self.bytes.get(index * WIDTH..(index + 1) * WIDTH)?;
        bytes.try_into().ok().map(u32::from_le_bytes)
    }

    fn iter(self) -> impl Iterator<Item = u32> {
        (0..self.len()).filter_map(move |index| self.get(index))
    }
}

/// Writes seven bits per byte, the lowest first.
fn write_number(number: u64, into: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 0x80 {
        into.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    into.push(rest as u8);
}

fn write_bytes(bytes: &[u8], into: &mut Vec<u8>) {
    write_number(bytes.len() as u64, into);
    into.extend_from_slice(bytes);
}

fn write_words(words: &[u32], into: &mut Vec<u8>) {
    write_number(words.len() as u64, into);
    into.extend(words.iter().flat_map(|word| word.to_le_bytes()));
}
