//! Matches one article against any number of queries.
//!
//! 1. Every word of every query has a number ([`vocabulary`]).
//! 2. A query is a [`program`]: bytes, one program after the other for all queries.
//! 3. Each query is filed under the number of the rarest word that every match needs, or under several words of which
//!    every match needs one ([`keys`](crate::keys)). A second word, the guard, is stored beside it.
//! 4. The words of an article are looked up once ([`numbered`]). Only queries that are filed under one of them and whose
//!    guard is present too are [`run`], in the order of their memory.
//!
//! The percolator must give the same answer as [`Query::matches`] for each query. Tests compare the
//! two.

mod filings;
mod numbered;
mod program;
mod reader;
mod run;
mod vocabulary;

use std::cell::LazyCell;
use std::hash::{BuildHasher as _, Hash};

use rustc_hash::{FxBuildHasher, FxHashMap};

use self::filings::{Filing, Filings, NO_GUARD};
use self::numbered::Numbered;
use self::reader::{Reader, WordNumbers, write_bytes, write_words};
use self::run::Run;
use self::vocabulary::Vocabulary;
use crate::document::Prepared;
use crate::evaluate::Matched;
use crate::keys::{Filed, Key, filed};
use crate::numbers::Numbers;
use crate::query::Query;
use crate::term::Field;

/// So many queries may be gone before what they left is cleared away: tests get there sooner.
const GONE: usize = if cfg!(test) { 4 } else { 1_024 };

/// Programs whose beginnings are read at once.
const AT_ONCE: usize = 128;
/// What marks the number of first letters among those of words.
const STEM: u32 = 1 << 31;

/// Many queries by their ids, each filed under the rarest word that it needs, so that an article
/// is compared with the few that it could match.
///
/// A query is kept as bytes, its words as numbers: with an id of twenty letters it takes some 175 bytes
/// in all where there are a million (docs/performance.md).
#[derive(Debug, Clone)]
pub struct Percolator<Id> {
    slots: Vec<Slot<Id>>,
    /// Slots without a query.
    free: Vec<u32>,
    /// By the hash of their ids, the last slot with it; the others follow from slot to slot.
    by_id: FxHashMap<u32, u32>,
    vocabulary: Vocabulary,
    /// All programs, one behind the other; those of queries that were removed as well.
    programs: Vec<u8>,
    /// By the numbers of words, which queries are filed under them.
    filed: Vec<Filings>,
    /// The first letters of words under which queries are filed.
    stems: Vocabulary,
    filed_by_stem: Vec<Filings>,
    /// Those that need no word.
    unfiled: Filings,
    /// How many were removed since what they left was cleared away.
    gone: usize,
}

#[derive(Debug, Clone)]
struct Slot<Id> {
    id: Option<Id>,
    /// Where the program begins.
    start: usize,
    /// Another slot whose id has this hash.
    next: Option<u32>,
}

/// A query that an article matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit<Id> {
    /// The query's id.
    pub id: Id,
    /// By what it matched.
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
            stems: Vocabulary::default(),
            filed_by_stem: Vec::new(),
            unfiled: Filings::default(),
            gone: 0,
        }
    }
}

impl<Id: Ord + Clone + Hash> Percolator<Id> {
    /// No queries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of programs, slots and words: what queries leave behind is among them.
    #[cfg(test)]
    pub(crate) fn weight(&self) -> usize {
        self.programs.len() + self.slots.len() * size_of::<Slot<Id>>() + self.vocabulary.len()
    }

    /// How many entries there are in all lists.
    #[cfg(test)]
    pub(crate) fn filings(&self) -> usize {
        let mut count = 0;
        let lists = self.filed.iter().chain(&self.filed_by_stem).chain([&self.unfiled]);
        lists.for_each(|list| list.for_each(|_| count += 1));
        count
    }

    /// How many queries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a query, or replaces the one with the same id.
    pub fn insert(&mut self, id: Id, query: &Query) {
        self.remove(&id);
        let slot = self.free.pop().unwrap_or_else(|| narrow(self.slots.len()));
        let start = self.write(query, slot);
        let next = self.by_id.insert(hash_of(&id), slot);
        let taken = Slot { id: Some(id), start, next };
        match self.slots.get_mut(slot as usize) {
            Some(free) => *free = taken,
            None => {
                reserve(&mut self.slots, 1);
                self.slots.push(taken);
            }
        }
    }

    /// Removes a query; nothing happens where there is none of this id. Once more were removed
    /// than are left, what they left behind is cleared away, which takes as long as to add the others anew.
    pub fn remove(&mut self, id: &Id) {
        let Some(slot) = self.unlink(id) else {
            return;
        };
        self.withdraw(slot);
        self.slots[slot as usize].id = None;
        self.free.push(slot);
        self.gone += 1;
        if self.gone > GONE.max(self.len()) {
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
    #[must_use]
    pub fn candidates(&self, article: &Prepared) -> Vec<&Id> {
        let numbered = Numbered::new(article, &self.vocabulary, &self.stems);
        let slots = self.filed_for(&numbered).into_iter();
        let mut ids: Vec<&Id> = slots.filter_map(|slot| self.id(slot)).collect();
        ids.sort_unstable();
        ids
    }

    /// The queries that match, in the order of their ids. `numbers` is asked once for each candidate
    /// that asks for a number, since one may ask of a story and another of its event.
    pub fn matches<'n>(
        &self,
        article: &Prepared,
        mut numbers: impl FnMut(&Id) -> Numbers<'n>,
    ) -> Vec<Hit<Id>> {
        let numbered = Numbered::new(article, &self.vocabulary, &self.stems);
        let mut hits: Vec<Hit<Id>> = Vec::new();
        for slots in self.filed_for(&numbered).chunks(AT_ONCE) {
            // Where all programs begin is read before the first is run: no miss waits for another.
            let programs = slots.iter().map(|slot| (self.id(*slot), self.program(*slot).1));
            let programs: Vec<(Option<&Id>, Reader<'_>)> = programs.collect();
            let matching = programs.into_iter().filter_map(|(id, program)| {
                let id = id?;
                let told = LazyCell::new(|| numbers(id));
                let run = Run { program, article: &numbered, numbers: told };
                Some((id, run.matches()?))
            });
            let matching: Vec<(&Id, Matched)> = matching.collect();
            let copied = matching.into_iter().map(|(id, matched)| Hit { id: id.clone(), matched });
            hits.extend(copied);
        }
        hits.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        hits
    }

    /// The slots of those that may match, each once.
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
        let stems = article.found_stems();
        let lists_of_stems = stems.filter_map(|number| self.filed_by_stem.get(number as usize));
        lists_of_stems.for_each(|list| list.for_each(&mut note));
        // A query may be filed under several words, and their order is that of the programs.
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    fn id(&self, slot: u32) -> Option<&Id> {
        self.slots.get(slot as usize)?.id.as_ref()
    }

    /// Under what a query is filed, and what it asks for.
    fn program(&self, slot: u32) -> (WordNumbers<'_>, Reader<'_>) {
        let start = self.slots.get(slot as usize).map_or(0, |one| one.start);
        let mut reader = Reader::new(self.programs.get(start..).unwrap_or_default());
        let mut program = Reader::new(reader.bytes());
        (program.words(), program)
    }

    /// Files a query and writes its program; says where it begins.
    fn write(&mut self, query: &Query, slot: u32) -> usize {
        let uses = |field, word: &str| self.vocabulary.uses(field, word);
        let Filed { keys, guard } = filed(&query.tree, &uses);
        let mut tree = Vec::new();
        program::Writer { words: &mut self.vocabulary, stems: &mut self.stems }
            .write(&query.tree, &mut tree);
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
            Key::Stem(stem) => Some(self.stems.enter(Field::Text, stem) | STEM),
        }
    }

    fn file(&mut self, filing: Filing, numbers: &[u32]) {
        let more = self.vocabulary.len().saturating_sub(self.filed.len());
        reserve(&mut self.filed, more);
        self.filed.resize_with(self.vocabulary.len(), Filings::default);
        self.filed_by_stem.resize_with(self.stems.len(), Filings::default);
        if numbers.is_empty() {
            self.unfiled.insert(filing);
        }
        for number in numbers {
            self.list(*number).insert(filing);
        }
    }

    /// The list under a word or under first letters.
    fn list(&mut self, number: u32) -> &mut Filings {
        match number & STEM == STEM {
            true => &mut self.filed_by_stem[(number & !STEM) as usize],
            false => &mut self.filed[number as usize],
        }
    }

    /// Takes a query from everywhere where it is filed.
    fn withdraw(&mut self, slot: u32) {
        let numbers: Vec<u32> = self.program(slot).0.iter().collect();
        if numbers.is_empty() {
            self.unfiled.remove(slot);
        }
        for number in numbers {
            self.list(number).remove(slot);
        }
    }

    /// Files all anew, so that nothing is left of those that were removed.
    fn rebuild(&mut self) {
        let mut fresh = Self::default();
        for slot in 0..narrow(self.slots.len()) {
            if let Some(id) = self.slots[slot as usize].id.take() {
                let tree = program::tree(&mut self.program(slot).1, &self.vocabulary);
                fresh.insert(id, &Query { tree });
            }
        }
        *self = fresh;
    }
}

/// Half of the hash: few ids share one, and tests have them share it often.
fn hash_of<Id: Hash>(id: &Id) -> u32 {
    let hash = (FxBuildHasher.hash_one(id) >> 32) as u32;
    if cfg!(test) { hash % 8 } else { hash }
}

/// Makes room without doubling what there is: of hundreds of megabytes half would stand empty.
fn reserve<T>(list: &mut Vec<T>, more: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more.max(list.len() / 8));
    }
}

fn narrow(count: usize) -> u32 {
    u32::try_from(count).expect("fewer queries than memory holds")
}
