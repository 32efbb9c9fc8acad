//! Matches one article against any number of queries.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::document::Prepared;
use crate::evaluate::Matched;
use crate::keys::{Key, cover, stem};
use crate::numbers::Numbers;
use crate::query::Query;
use crate::term::Field;

/// Many queries by their ids, each filed under the rarest word that it needs, so that an article
/// is compared with the few that it could match.
#[derive(Debug, Clone)]
pub struct Percolator<Id> {
    places: BTreeMap<Id, usize>,
    filed: Vec<Option<Filed<Id>>>,
    free: Vec<usize>,
    words: FxHashMap<Field, FxHashMap<String, Vec<usize>>>,
    stems: FxHashMap<String, Vec<usize>>,
    /// Those that need no word.
    unfiled: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Filed<Id> {
    id: Id,
    query: Query,
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
            places: BTreeMap::new(),
            filed: Vec::new(),
            free: Vec::new(),
            words: FxHashMap::default(),
            stems: FxHashMap::default(),
            unfiled: Vec::new(),
        }
    }
}

impl<Id: Ord + Clone> Percolator<Id> {
    /// No queries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many queries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Adds a query, or replaces the one with the same id.
    pub fn insert(&mut self, id: Id, query: Query) {
        self.remove(&id);
        let place = self.free.pop().unwrap_or(self.filed.len());
        self.each_list(&query, |list| list.push(place));
        self.places.insert(id.clone(), place);
        let filed = Some(Filed { id, query });
        match self.filed.get_mut(place) {
            Some(slot) => *slot = filed,
            None => self.filed.push(filed),
        }
    }

    /// Removes a query; nothing happens where there is none of this id.
    pub fn remove(&mut self, id: &Id) {
        let Some(place) = self.places.remove(id) else {
            return;
        };
        if let Some(Filed { query, .. }) = self.filed[place].take() {
            self.each_list(&query, |list| list.retain(|other| *other != place));
        }
        self.free.push(place);
    }

    /// The queries that may match, in the order of their ids: all that do, and few others.
    #[must_use]
    pub fn candidates(&self, article: &Prepared) -> Vec<&Id> {
        let mut ids: Vec<&Id> = self.filed_for(article).map(|filed| &filed.id).collect();
        ids.sort_unstable();
        ids
    }

    /// The queries that match, in the order of their ids. `numbers` is asked for each candidate,
    /// since one may ask of a story and another of its event.
    pub fn matches<'n>(
        &self,
        article: &Prepared,
        mut numbers: impl FnMut(&Id) -> Numbers<'n>,
    ) -> Vec<Hit<Id>> {
        let matching = self.filed_for(article).filter_map(|filed| {
            let matched = filed.query.matches(article, &numbers(&filed.id))?;
            Some(Hit { id: filed.id.clone(), matched })
        });
        let mut hits: Vec<Hit<Id>> = matching.collect();
        hits.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        hits
    }

    fn filed_for(&self, article: &Prepared) -> impl Iterator<Item = &Filed<Id>> {
        let mut places = self.unfiled.clone();
        if let Some(words) = self.words.get(&Field::Text) {
            let index = article.index();
            // Whichever are fewer are looked up among the others.
            if words.len() < index.distinct_len() {
                let lists = words.iter().filter(|(word, _)| index.has(word));
                places.extend(lists.flat_map(|(_, list)| list));
            } else {
                places.extend(index.distinct().filter_map(|word| words.get(word)).flatten());
            }
        }
        for (field, word) in article.values() {
            let list = self.words.get(&field).and_then(|words| words.get(word));
            places.extend(list.into_iter().flatten());
        }
        if !self.stems.is_empty() {
            let words = article.index().distinct();
            places.extend(words.filter_map(|word| self.stems.get(stem(word)?)).flatten());
        }
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| self.filed.get(place)?.as_ref())
    }

    fn each_list(&mut self, query: &Query, mut change: impl FnMut(&mut Vec<usize>)) {
        let Some(cover) = cover(&query.tree) else {
            return change(&mut self.unfiled);
        };
        for key in cover.keys {
            match key {
                Key::Word(field, word) => {
                    change_list(self.words.entry(field).or_default(), &word, &mut change);
                }
                Key::Stem(stem) => change_list(&mut self.stems, &stem, &mut change),
            }
        }
    }
}

/// Changes the list under a word, and drops it where nothing is left in it.
fn change_list(
    lists: &mut FxHashMap<String, Vec<usize>>,
    word: &str,
    change: &mut impl FnMut(&mut Vec<usize>),
) {
    let list = lists.entry(word.to_owned()).or_default();
    change(list);
    if list.is_empty() {
        lists.remove(word);
    }
}
