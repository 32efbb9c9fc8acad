//! Matches one article against any number of queries.
//!
//! Each query is filed under the rarest word that every match needs, or under several words of which every match needs
//! one ([`keys`](crate::keys)). A second needed word, the guard, is stored beside it. Only queries that are filed under
//! a word of the article, and whose guard it has too, are evaluated.

use std::cell::LazyCell;
use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::document::Prepared;
use crate::evaluate::{Matched, evaluate};
use crate::keys::{Filed, Key, filed, prefixes};
use crate::numbers::Numbers;
use crate::query::Query;
use crate::term::{Field, marked};
use crate::tree::Node;
use crate::words::hash;

/// Half of the hash of a word or prefix. Where two share one, a query is evaluated in vain.
type KeyHash = u32;

/// The key of queries that need no word.
const UNFILED: KeyHash = 0;

/// Many queries by their ids. Each is filed under the rarest word that it needs, so that an article is compared only
/// with the few queries that it may match.
#[derive(Debug, Clone)]
pub struct Percolator<Id> {
    queries: Vec<Option<Entry<Id>>>,
    /// Places in `queries` without a query.
    free: Vec<u32>,
    by_id: FxHashMap<Id, u32>,
    /// The queries under each key, in the order of their places.
    filed: FxHashMap<KeyHash, Vec<Filing>>,
    /// The numbers of queries under stems and under prefixes. An article without such queries needs neither.
    stems: usize,
    prefixes: usize,
}

#[derive(Debug, Clone)]
struct Entry<Id> {
    id: Id,
    tree: Node,
    keys: Box<[KeyHash]>,
    is_under_stem: bool,
    is_under_prefix: bool,
}

/// A query under a key.
#[derive(Debug, Clone, Copy)]
struct Filing {
    place: u32,
    /// Another word that every match has; [`UNFILED`] if there is none.
    guard: KeyHash,
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
            queries: Vec::new(),
            free: Vec::new(),
            by_id: FxHashMap::default(),
            filed: FxHashMap::default(),
            stems: 0,
            prefixes: 0,
        }
    }
}

impl<Id: Ord + Clone + Hash> Percolator<Id> {
    /// A percolator without queries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of entries in all lists.
    #[cfg(test)]
    pub(crate) fn filings(&self) -> usize {
        self.filed.values().map(Vec::len).sum()
    }

    /// The number of queries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether it has no queries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a query, or replaces the one with the same id.
    pub fn insert(&mut self, id: Id, query: &Query) {
        self.remove(&id);
        let uses = |field: Field, word: &str| {
            let listed = self.filed.get(&word_key(field, word));
            listed.map_or(0, |listed| u32::try_from(listed.len()).unwrap_or(u32::MAX))
        };
        let Filed { keys: found, guard } = filed(&query.tree, &uses);
        let guard = guard.map_or(UNFILED, |(field, word)| word_key(field, word));
        let mut keys: Vec<KeyHash> = found
            .iter()
            .map(|key| match key {
                Key::Word(field, word) => word_key(*field, word),
                Key::Prefix(prefix) => prefix_key(prefix),
            })
            .collect();
        if keys.is_empty() {
            keys.push(UNFILED);
        }
        keys.sort_unstable();
        keys.dedup();
        let entry = Entry {
            id: id.clone(),
            tree: query.tree.clone(),
            is_under_stem: found.iter().any(|key| matches!(key, Key::Word(Field::Stem, _))),
            is_under_prefix: found.iter().any(|key| matches!(key, Key::Prefix(_))),
            keys: keys.into(),
        };
        let place = self.free.pop().unwrap_or_else(|| {
            self.queries.push(None);
            u32::try_from(self.queries.len() - 1).expect("fewer queries than memory holds")
        });
        for key in &entry.keys {
            let listed = self.filed.entry(*key).or_default();
            let at = listed.partition_point(|other| other.place < place);
            listed.insert(at, Filing { place, guard });
        }
        self.stems += usize::from(entry.is_under_stem);
        self.prefixes += usize::from(entry.is_under_prefix);
        self.queries[place as usize] = Some(entry);
        self.by_id.insert(id, place);
    }

    /// Removes a query; does nothing if there is none with this id.
    pub fn remove(&mut self, id: &Id) {
        let Some(place) = self.by_id.remove(id) else { return };
        let Some(entry) = self.queries[place as usize].take() else { return };
        self.free.push(place);
        self.stems -= usize::from(entry.is_under_stem);
        self.prefixes -= usize::from(entry.is_under_prefix);
        for key in &entry.keys {
            let Some(listed) = self.filed.get_mut(key) else { continue };
            if let Ok(at) = listed.binary_search_by_key(&place, |other| other.place) {
                listed.remove(at);
            }
            if listed.is_empty() {
                self.filed.remove(key);
            }
        }
    }

    /// The queries that may match, in the order of their ids: all that do, and few others.
    #[must_use]
    pub fn candidates(&self, article: &Prepared) -> Vec<&Id> {
        let mut ids: Vec<&Id> = self.filed_for(article).map(|entry| &entry.id).collect();
        ids.sort_unstable();
        ids
    }

    /// The queries that match, in the order of their ids. `numbers` is called at most once for each candidate, because
    /// one query may concern a story and another its event.
    pub fn matches<'n>(
        &self,
        article: &Prepared,
        mut numbers: impl FnMut(&Id) -> Numbers<'n>,
    ) -> Vec<Hit<Id>> {
        let matching = self.filed_for(article).filter_map(|entry| {
            let numbers = LazyCell::new(|| numbers(&entry.id));
            Some(Hit { id: entry.id.clone(), matched: evaluate(&entry.tree, article, &numbers)? })
        });
        let mut hits: Vec<Hit<Id>> = matching.collect();
        hits.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        hits
    }

    /// The queries that may match, each once, in the order of their places.
    fn filed_for(&self, article: &Prepared) -> impl Iterator<Item = &Entry<Id>> {
        let keys = self.keys_of(article);
        let has_guard = |filing: &&Filing| filing.guard == UNFILED || keys.contains(&filing.guard);
        let listed = keys.iter().filter_map(|key| self.filed.get(key)).flatten();
        let mut places: Vec<u32> = listed.filter(has_guard).map(|filing| filing.place).collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| self.queries[place as usize].as_ref())
    }

    /// All keys under which queries about the article may be filed.
    fn keys_of(&self, article: &Prepared) -> FxHashSet<KeyHash> {
        let mut keys = FxHashSet::default();
        keys.reserve(2 * article.index().distinct_len());
        keys.insert(UNFILED);
        for (word, hash, _) in article.index().hashed() {
            keys.insert(half(hash));
            if self.prefixes > 0 {
                keys.extend(prefixes(word).into_iter().flatten().map(prefix_key));
            }
        }
        for (field, words) in article.values() {
            keys.extend(words.map(|word| word_key(field, word)));
        }
        if self.stems > 0 {
            keys.extend(article.stems().hashed().map(|(_, hash, _)| half(hash)));
        }
        keys
    }
}

fn half(hash: u64) -> KeyHash {
    (hash >> 32) as u32
}

fn word_key(field: Field, word: &str) -> KeyHash {
    half(hash(&marked(field, word)))
}

fn prefix_key(prefix: &str) -> KeyHash {
    !half(hash(prefix))
}
