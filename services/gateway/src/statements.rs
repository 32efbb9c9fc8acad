//! The statements of an event: each quotation with its wordings and carriers, each figure with its values,
//! each name with its spellings.
//!
//! They follow from the articles alone, so a rebuilt projection gives the same. Nothing here knows how articles
//! were folded: a story counts as one separately written text.
//!
//! Of each article the figure of a kind counts that the enricher marks as a claim. Others, such as those of another
//! time or place, are listed behind. The newest value is the one that came up last. Another value contradicts it if
//! both cannot be true: `more than 20` and `28` can, `at least 14` and `41` cannot. A value that only appeared before the newest one does not
//! contradict it: the count grew.
//!
//! If a table knows a name, its id identifies it. Otherwise all spellings of a name share a key. A family name
//! alone means the only person of the event who has it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AboutArticle, ArticleId, Entity, EntityKind, EventId, Figure, FigureRole, LanguageTag,
    OutputArticle, Qualifier, StoryId, Tag,
};
use wirefold_text::Text;
use wirefold_text::extract::{Role, is_people};

use crate::refusal::ApiResult;
use crate::shapes::{
    Carrier, CitedAgencyRecord, Corrections, FigureRecord, FigureStanding, FigureValue, NameRecord,
    Statements,
};
use crate::{AppState, corrections};

/// The most articles of one event that are read.
pub(crate) const MOST_ARTICLES: usize = 1_000;
/// The most carriers that are named.
pub(crate) const MOST_CARRIERS: usize = 50;

/// An article with the story that it is in now.
pub(crate) type InStory = (StoryId, OutputArticle);

/// The statements of these articles, the first seen first. `unread` is the number of articles beyond the
/// limit.
pub(crate) fn statements(articles: &[InStory], unread: u32) -> Statements {
    let (quotations, more_quotations) = crate::quotations::records(articles);
    let (names, more_names) = name_records(articles);
    Statements {
        schema: Tag::new(),
        quotations,
        more_quotations,
        figures: figure_records(articles),
        names,
        more_names,
        cited_agencies: cited(articles),
        unread_articles: unread,
    }
}

/// The agencies that texts cite, the most cited first.
fn cited(articles: &[InStory]) -> Vec<CitedAgencyRecord> {
    let mut by_name: BTreeMap<&str, Vec<&InStory>> = BTreeMap::new();
    for article in articles {
        for cited in &article.1.findings.cited_agencies {
            by_name.entry(&cited.name).or_default().push(article);
        }
    }
    let record = |(name, of): (&str, Vec<&InStory>)| {
        let (outlets, texts) = outlets_and_texts(of.iter().copied());
        let carriers = of.iter().take(MOST_CARRIERS).copied().map(Carrier::of);
        CitedAgencyRecord { name: name.to_owned(), outlets, texts, carriers: carriers.collect() }
    };
    let mut records: Vec<CitedAgencyRecord> = by_name.into_iter().map(record).collect();
    records.sort_by_key(|one| (Reverse(one.texts), Reverse(one.outlets)));
    records
}

/// The statements that an article of this story carries.
pub(crate) fn of_story(mut statements: Statements, story: StoryId) -> Statements {
    let is_in = |carrier: &Carrier| carrier.story == story;
    let has = |carriers: &[Carrier]| carriers.iter().any(is_in);
    statements.cited_agencies.retain(|record| has(&record.carriers));
    statements.quotations.retain(|record| record.wordings.iter().any(|it| has(&it.carriers)));
    statements.figures.retain(|record| record.values.iter().any(|it| has(&it.carriers)));
    statements.names.retain(|record| record.stories.contains(&story));
    statements
}

impl Carrier {
    /// The article as a carrier.
    pub(crate) fn of((story, article): &InStory) -> Self {
        let AboutArticle { outlet, via, seen, .. } = article.article.clone();
        Self { article: article.id, story: *story, outlet, via, seen }
    }
}

/// The language of an article.
pub(crate) fn language_of(article: &OutputArticle) -> LanguageTag {
    let found = article.findings.language.as_ref();
    found.map_or_else(LanguageTag::unknown, |language| language.tag.clone())
}

/// The numbers of outlets and of stories of these articles.
pub(crate) fn outlets_and_texts<'a>(
    articles: impl Iterator<Item = &'a InStory> + Clone,
) -> (u32, u32) {
    let outlets = articles.clone().map(|(_, it)| (&it.article.outlet, &it.article.via));
    let outlets = outlets.collect::<BTreeSet<_>>().len();
    let texts = articles.map(|(story, _)| story).collect::<BTreeSet<_>>().len();
    let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
    (count(outlets), count(texts))
}

/// The statements of an event, by the output of its articles.
pub(crate) async fn of_event(app: &AppState, event: EventId) -> ApiResult<Statements> {
    let found = app.projection.articles_of_event(event, MOST_ARTICLES).await?;
    let (articles, unread) = app.outputs_of_event(found).await?;
    app.compute(move || statements(&articles, unread)).await
}

/// The statements and corrections of an event.
pub(crate) async fn read_event(app: &AppState, event: EventId) -> ApiResult<Arc<EventStatements>> {
    let now = app.clock.now();
    if let Some(said) = app.statement_cache.of(event, now) {
        return Ok(said);
    }
    let statements = of_event(app, event).await?;
    let is_large = statements.unread_articles > 0;
    let said = Arc::new((statements, corrections::of_event(app, event).await?));
    if is_large {
        app.statement_cache.keep(event, now, said.clone());
    }
    Ok(said)
}

/// How long it is kept.
const CACHED: Duration = Duration::from_secs(60);
/// The most events of which it is kept.
const MOST_EVENTS: usize = 8;

/// The statements, figures and corrections of an event.
pub(crate) type EventStatements = (Statements, Corrections);

/// The last results, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct StatementCache(Mutex<Vec<(EventId, UnixMillis, Arc<EventStatements>)>>);

impl StatementCache {
    pub(crate) fn of(&self, event: EventId, now: UnixMillis) -> Option<Arc<EventStatements>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, at, said) = kept.iter().find(|(of, ..)| *of == event)?;
        (now.since(*at) < CACHED).then(|| said.clone())
    }

    pub(crate) fn keep(&self, event: EventId, at: UnixMillis, said: Arc<EventStatements>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(of, ..)| *of != event);
        kept.push((event, at, said));
        let too_many = kept.len().saturating_sub(MOST_EVENTS);
        kept.drain(..too_many);
    }
}

/// The tolerance of `about` and `nearly`, as a share.
const ABOUT: f64 = 0.1;
/// `At least 14` allows up to this many times the value. Nobody writes it for a count of 41.
const AT_LEAST: f64 = 2.0;
/// The most values of one kind that are listed, the newest ones.
const MOST_VALUES: usize = 20;

/// The subject of a figure: the event that happened to those counted, and the unit if it is not people.
type Kind<'a> = (FigureRole, Option<&'a str>);

/// The figures of these articles, grouped by what they count.
pub(super) fn figure_records(articles: &[InStory]) -> Vec<FigureRecord> {
    let mut kinds: BTreeMap<Kind<'_>, [Vec<(usize, &Figure)>; 2]> = BTreeMap::new();
    // A figure of a digest may be of another event.
    let is_digest = |article: &InStory| !article.1.verdict.holds.is_empty();
    for (at, (_, article)) in articles.iter().enumerate().filter(|(_, it)| !is_digest(it)) {
        for figure in &article.findings.numbers {
            let Some(role) = figure.role else { continue };
            let unit = figure.unit.as_deref().filter(|unit| !is_people(unit));
            let [told, further] = kinds.entry((role, unit)).or_default();
            if figure.claim { told } else { further }.push((at, figure));
        }
    }
    kinds.into_iter().map(|(kind, figures)| figure_record(kind, &figures, articles)).collect()
}

/// One value and the articles that give it, in order.
struct Value<'a> {
    figure: &'a Figure,
    places: Vec<usize>,
}

/// The values, the newest first.
fn values_of<'a>(told: &[(usize, &'a Figure)]) -> Vec<Value<'a>> {
    let mut values: Vec<Value<'_>> = Vec::new();
    for (at, figure) in told {
        match values.iter_mut().find(|value| is_same(value.figure, figure)) {
            Some(value) => value.places.push(*at),
            None => values.push(Value { figure, places: vec![*at] }),
        }
    }
    // In the order in which they were first seen.
    values.reverse();
    values
}

/// The claims of the articles about one place, and then the further figures.
fn figure_record(
    (role, unit): Kind<'_>,
    [claims, further]: &[Vec<(usize, &Figure)>; 2],
    articles: &[InStory],
) -> FigureRecord {
    // A text that names more places may give the sum of several.
    let places = claims.iter().rev().map(|(at, _)| named_places(&articles[*at].1));
    let fewest = places.filter(|it| !it.is_empty()).min_by_key(BTreeSet::len).unwrap_or_default();
    let is_here = |(at, _): &(usize, &Figure)| {
        fewest.is_empty() || named_places(&articles[*at].1).is_subset(&fewest)
    };
    let (told, elsewhere): (Vec<_>, Vec<_>) = claims.iter().copied().partition(is_here);
    let mut rest = [&elsewhere[..], further].concat();
    rest.sort_by_key(|(at, _)| *at);
    let (mut values, mut others) = (values_of(&told), values_of(&rest));
    others.retain(|it| values.iter().all(|value| !is_same(value.figure, it.figure)));
    let newest = values.first().map(|value| (bounds(value.figure), value.places[0]));
    values.truncate(MOST_VALUES);
    others.truncate(MOST_VALUES);
    let values: Vec<FigureValue> = values
        .iter()
        .map(|value| told_value(value, relation_to_newest(value, newest), articles))
        .chain(others.iter().map(|it| told_value(it, FigureStanding::Further, articles)))
        .collect();
    let contradicted = values.iter().any(|value| value.standing == FigureStanding::StillTold);
    FigureRecord { role, unit: unit.map(str::to_owned), contradicted, values }
}

/// The places that title and lede of an article name.
fn named_places(article: &OutputArticle) -> BTreeSet<&str> {
    let all = article.findings.entities.iter().filter(|it| it.in_title || it.in_lede);
    all.filter(|it| it.kind == EntityKind::Place).map(|it| &*it.key).collect()
}

/// The relation of a value to the newest one, which is given with its first place.
fn relation_to_newest(value: &Value<'_>, newest: Option<((f64, f64), usize)>) -> FigureStanding {
    let (first, last) = (value.places[0], value.places[value.places.len() - 1]);
    match newest {
        Some((_, since)) if since == first => FigureStanding::Newest,
        Some((one, _)) if can_both_be(bounds(value.figure), one) => FigureStanding::Compatible,
        Some((_, since)) if last > since => FigureStanding::StillTold,
        _ => FigureStanding::Earlier,
    }
}

fn told_value(value: &Value<'_>, relation: FigureStanding, articles: &[InStory]) -> FigureValue {
    let (first, last) = (value.places[0], value.places[value.places.len() - 1]);
    let givers = value.places.iter().map(|at| &articles[*at]);
    let (outlets, texts) = outlets_and_texts(givers.clone());
    let Figure { value: number, value_to, qualifier, words, .. } = value.figure.clone();
    FigureValue {
        value: number,
        value_to,
        qualifier,
        words,
        standing: relation,
        first: Carrier::of(&articles[first]),
        last_seen: articles[last].1.article.seen,
        outlets,
        texts,
        carriers: givers.take(MOST_CARRIERS).map(Carrier::of).collect(),
        sentences: Vec::new(),
    }
}

impl FigureValue {
    /// The sentences that give it, each once with its first carrier. A text that is not at hand has none.
    pub(crate) fn sentences_of<'a>(
        &self,
        of: FigureRole,
        text: impl Fn(ArticleId) -> Option<&'a Text>,
    ) -> Vec<(&Carrier, &'a str)> {
        let mut said: Vec<(&Carrier, &str)> = Vec::new();
        for carrier in &self.carriers {
            let sentence = text(carrier.article).and_then(|it| sentence_with(it, &self.words, of));
            let new = sentence.filter(|it| said.iter().all(|(_, other)| other != it));
            said.extend(new.map(|it| (carrier, it)));
        }
        said
    }
}

/// The first sentence that has these words as a figure of this role; else the first that has the words.
fn sentence_with<'a>(text: &'a Text, words: &str, of: FigureRole) -> Option<&'a str> {
    let stands = |sentence: &'a str| {
        let alone = |(at, _): &(usize, &str)| {
            let (before, behind) = (&sentence[..*at], &sentence[at + words.len()..]);
            !before.ends_with(char::is_alphanumeric) && !behind.starts_with(char::is_alphanumeric)
        };
        let at = sentence.match_indices(words).find(alone).map(|(at, _)| at)?;
        let role = wirefold_text::extract::role(&sentence[..at], &sentence[at + words.len()..]);
        Some((sentence, role == Some(role_of(of))))
    };
    let sentences = text.sentences();
    let all = || sentences.iter().filter_map(|it| stands(it.span.of(text.original())));
    let (sentence, _) = all().find(|(_, is_role)| *is_role).or_else(|| all().next())?;
    Some(sentence)
}

const fn role_of(figure: FigureRole) -> Role {
    match figure {
        FigureRole::Killed => Role::Killed,
        FigureRole::Injured => Role::Injured,
        FigureRole::Missing => Role::Missing,
        FigureRole::Arrested => Role::Arrested,
        FigureRole::Rescued => Role::Rescued,
        FigureRole::Displaced => Role::Displaced,
    }
}

fn is_same(one: &Figure, other: &Figure) -> bool {
    (&one.value, &one.value_to, one.qualifier) == (&other.value, &other.value_to, other.qualifier)
}

/// The smallest and the largest number that a figure allows.
fn bounds(figure: &Figure) -> (f64, f64) {
    let value = figure.value.as_f64().unwrap_or(f64::NAN);
    let to = figure.value_to.as_ref().and_then(serde_json::Number::as_f64).unwrap_or(value);
    match figure.qualifier {
        None => (value, to),
        Some(Qualifier::AtLeast | Qualifier::MoreThan) => (value, AT_LEAST * to.abs()),
        Some(Qualifier::UpTo | Qualifier::LessThan) => (f64::NEG_INFINITY, to),
        Some(Qualifier::About) => (value - value.abs() * ABOUT, to + to.abs() * ABOUT),
        Some(Qualifier::Nearly) => (value - value.abs() * ABOUT, to),
    }
}

fn can_both_be(one: (f64, f64), other: (f64, f64)) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}

/// The most records.
const MOST_NAMES: usize = 100;
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
pub(super) fn name_records(articles: &[InStory]) -> (Vec<NameRecord>, u32) {
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
        all.into_iter().map(|(id, named)| name_record(id, named, articles)).collect();
    records.sort_by_key(|one| (Reverse(one.texts), Reverse(one.outlets)));
    let more = records.len().saturating_sub(MOST_NAMES);
    records.truncate(MOST_NAMES);
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

fn name_record((kind, id): Id, named: Named<'_>, articles: &[InStory]) -> NameRecord {
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

#[cfg(test)]
mod tests;

#[cfg(test)]
mod tests_of_cache {
    use wirefold_proto::{ArticleId, ContentHash, ItemAddress, Tag};

    use super::*;

    fn event(number: u64) -> EventId {
        let url = format!("https://harbour.example/{number}");
        let outlet = "harbour.example".parse().expect("an outlet");
        EventId::from(ArticleId::of(&outlet, ItemAddress::Url(&url), ContentHash::of("", "")))
    }

    fn sample_statements(unread_articles: u32) -> Arc<EventStatements> {
        let statements = Statements {
            schema: Tag::new(),
            quotations: Vec::new(),
            more_quotations: 0,
            figures: Vec::new(),
            names: Vec::new(),
            more_names: 0,
            cited_agencies: Vec::new(),
            unread_articles,
        };
        let corrections =
            Corrections { schema: Tag::new(), corrections: Vec::new(), unread_articles };
        Arc::new((statements, corrections))
    }

    #[test]
    fn computed_statements_are_cached_for_seconds_and_few_events() {
        let last = StatementCache::default();
        let at = UnixMillis(1_000_000);
        for number in 0..=MOST_EVENTS as u64 {
            last.keep(event(number), at, sample_statements(1));
        }
        last.keep(event(5), at.plus(CACHED), sample_statements(7));
        let unread = |number, now| last.of(event(number), now).map(|said| said.0.unread_articles);
        assert_eq!(unread(0, at), None, "the oldest of too many left");
        assert_eq!(unread(1, at.plus(CACHED / 2)), Some(1));
        assert_eq!(unread(1, at.plus(CACHED)), None);
        assert_eq!(unread(5, at.plus(CACHED)), Some(7), "the last counts");
    }
}
