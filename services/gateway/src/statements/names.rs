//! One record for each person, organisation or place of an event, whatever its spellings.
//!
//! If a table knows the name, its id identifies it. Otherwise all spellings of a name share a key. A family
//! name alone means the only person of the event who has it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use wirefold_proto::{Entity, EntityKind};

use super::{InStory, MOST_CARRIERS, outlets_and_texts};
use crate::shapes::NameRecord;

/// The most records.
const MOST_RECORDS: usize = 100;
/// The most spellings of one name.
const MOST_SPELLINGS: usize = 10;

/// The mentions of one name.
#[derive(Default)]
struct Named<'a> {
    /// Indexes of the articles.
    articles: BTreeSet<usize>,
    /// Each spelling, with the number of articles in which it comes first.
    spellings: BTreeMap<&'a str, usize>,
    wikidata: Option<&'a str>,
    country: Option<&'a str>,
}

/// Kind and id.
type Id = (EntityKind, String);

/// Data that joins spellings: the ids of keys in one article, and the only person with each family name.
struct Joins<'a> {
    ids: BTreeMap<&'a str, &'a Entity>,
    bearers: BTreeMap<&'a str, Option<Id>>,
}

/// The names of these articles, those in most texts first, and the number of names that were left out.
pub(super) fn records(articles: &[InStory]) -> (Vec<NameRecord>, u32) {
    let joins = Joins::of(articles);
    let mut all: BTreeMap<Id, Named<'_>> = BTreeMap::new();
    for (at, entity) in entities(articles) {
        let named = all.entry(joins.id(entity)).or_default();
        named.articles.insert(at);
        *named.spellings.entry(&entity.name).or_default() += 1;
        named.wikidata = named.wikidata.or(entity.wikidata.as_deref());
        named.country = named.country.or(entity.country.as_deref());
    }
    let mut records: Vec<NameRecord> =
        all.into_iter().map(|(id, named)| record(id, named, articles)).collect();
    records.sort_by_key(|one| (Reverse(one.texts), Reverse(one.outlets)));
    let more = records.len().saturating_sub(MOST_RECORDS);
    records.truncate(MOST_RECORDS);
    (records, u32::try_from(more).unwrap_or(u32::MAX))
}

fn entities(articles: &[InStory]) -> impl Iterator<Item = (usize, &Entity)> {
    articles.iter().enumerate().flat_map(|(at, (_, article))| {
        article.findings.entities.iter().map(move |entity| (at, entity))
    })
}

fn is_person(entity: &Entity) -> bool {
    entity.kind == EntityKind::Person
}

impl<'a> Joins<'a> {
    fn of(articles: &'a [InStory]) -> Self {
        let known = entities(articles).filter(|(_, entity)| entity.id.is_some());
        let ids = known.map(|(_, entity)| (entity.key.as_str(), entity)).collect();
        let mut joins = Self { ids, bearers: BTreeMap::new() };
        for (_, entity) in entities(articles).filter(|(_, entity)| is_person(entity)) {
            let Some((_, family)) = entity.key.rsplit_once(' ') else { continue };
            let id = joins.own_id(entity);
            let bearer = joins.bearers.entry(family).or_insert_with(|| Some(id.clone()));
            if bearer.as_ref().is_some_and(|other| *other != id) {
                *bearer = None;
            }
        }
        joins
    }

    /// The id of an entity: that of the table, which another article may give, or one of the same
    /// form from its key.
    fn own_id(&self, entity: &'a Entity) -> Id {
        let told = self.ids.get(entity.key.as_str()).copied();
        let known = told.filter(|told| is_person(told) == is_person(entity)).unwrap_or(entity);
        let made = || {
            let kind = match entity.kind {
                EntityKind::Person => "person",
                EntityKind::Organisation => "organisation",
                EntityKind::Place => "place",
            };
            format!("{kind}:{}", entity.key.replace(' ', "-"))
        };
        (known.kind, known.id.clone().unwrap_or_else(made))
    }

    fn id(&self, entity: &'a Entity) -> Id {
        let is_bare = is_person(entity) && entity.id.is_none();
        let bearer = self.bearers.get(entity.key.as_str()).filter(|_| is_bare);
        bearer.and_then(Option::clone).unwrap_or_else(|| self.own_id(entity))
    }
}

fn record((kind, id): Id, named: Named<'_>, articles: &[InStory]) -> NameRecord {
    let (outlets, texts) = outlets_and_texts(named.articles.iter().map(|at| &articles[*at]));
    let mut spellings: Vec<(&str, usize)> = named.spellings.into_iter().collect();
    let mut stories = Vec::new();
    for at in &named.articles {
        if stories.len() < MOST_CARRIERS && !stories.contains(&articles[*at].0) {
            stories.push(articles[*at].0);
        }
    }
    // The fullest spelling is the name. Among equally full ones, the one in most articles.
    let words = |name: &str| name.split_whitespace().count();
    spellings.sort_by_key(|(name, times)| (Reverse(words(name)), Reverse(*times), *name));
    let mut names = spellings.into_iter().map(|(name, _)| name.to_owned());
    NameRecord {
        kind,
        id,
        name: names.next().unwrap_or_default(),
        other_names: names.take(MOST_SPELLINGS).collect(),
        wikidata: named.wikidata.map(str::to_owned),
        country: named.country.map(str::to_owned),
        stories,
        outlets,
        texts,
    }
}
