//! Finds the names in a text and their kinds.

use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};
use wirefold_names::Kind;
use wirefold_proto::{EntityKind, FoundBy};
use wirefold_text::Text;
use wirefold_text::extract::name_key;

use super::table::{Hit, KnownEntity, table};
use super::trim;
use crate::cues::{
    is_after_names, is_calendar, is_first_name, is_leaving, is_moving, is_of, is_of_place,
    is_of_places, is_organisational, is_placing, is_saying, is_thing, is_title, is_trusting,
};
use crate::reading::Reading;

/// The most words of a name that the rules find.
const LONGEST: usize = 6;
/// The least confidence of a name that the tagger alone found.
const MIN_CONFIDENCE: f32 = 0.6;

/// A name in a text, and its kind.
#[derive(Debug, Clone)]
pub(crate) struct FoundName {
    pub(crate) kind: EntityKind,
    pub(super) key: String,
    /// Its words.
    pub(crate) words: Range<usize>,
    /// Its position in bytes, without a possessive ending.
    pub(crate) span: Range<usize>,
    pub(crate) how: FoundBy,
    /// Its entry in the table.
    pub(super) known: Option<&'static KnownEntity>,
}

impl FoundName {
    /// Looks up its entry in the table. An entry of an organisation also serves for a place, and
    /// the reverse, because texts use one for the other.
    fn look_up(&mut self, text: &Text) {
        let is_person = |kind| kind == EntityKind::Person;
        let known =
            known_entity(text, self).filter(|it| is_person(it.kind) == is_person(self.kind));
        if let Some(known) = known {
            (self.key, self.how, self.known) = (known.key.clone(), FoundBy::List, Some(known));
        }
    }

    pub(super) fn printed<'a>(&self, reading: &Reading<'a>) -> &'a str {
        &reading.text.original()[self.span.clone()]
    }
}

/// The names of a text, in order.
///
/// The tagger uses the sentence around a name, the table only the name. If both find a name, the
/// tagger decides its extent, and the table decides whose name it is. A name of which the tagger is
/// not certain counts if table or rules find it too. People that only table or rules find count as
/// well.
pub(crate) fn find_names(reading: &Reading<'_>) -> Vec<FoundName> {
    let listed = listed_names(reading);
    let (mut found, doubtful) = tagged(reading);
    found.retain(|one| !overlapping(&listed, one).iter().any(|hit| is_part_of(one, hit)));
    for one in &mut found {
        one.look_up(reading.text);
    }
    let is_trusted = |one: &FoundName| {
        let has_no_capitals = reading.text.words()[one.words.start].alone;
        let is_seen = || !overlapping(&doubtful, one).is_empty();
        one.kind == EntityKind::Person || has_no_capitals || reading.is_caseless || is_seen()
    };
    let is_new = |hit: &FoundName| overlapping(&found, hit).is_empty();
    let others: Vec<FoundName> =
        listed.into_iter().filter(|hit| is_new(hit) && is_trusted(hit)).collect();
    found.extend(others);
    let covered = covered_words(reading.text, found.iter());
    let by_rules = by_rules(reading, &covered).into_iter().filter(is_trusted);
    found.extend(by_rules.filter(|one| !trim::is_not_a_name(reading.text, &one.words)));
    correct_people(reading, &mut found);
    found.sort_by_key(|one| one.words.start);
    found
}

/// The names that share a word with `one`. `names` are in the order of their words.
fn overlapping<'a>(names: &'a [FoundName], one: &FoundName) -> &'a [FoundName] {
    let behind = &names[names.partition_point(|other| other.words.end <= one.words.start)..];
    &behind[..behind.partition_point(|other| other.words.start < one.words.end)]
}

/// Whether a name is shorter than a listed name that it overlaps.
fn is_part_of(one: &FoundName, hit: &FoundName) -> bool {
    one.words.len() < hit.words.len()
}

/// Corrects names that tagger and rules take for people. A name that the text mostly uses as a place is one: `in Ellerby Ford`,
/// `mayor of Halden`; so is a name that ends like one, unless it acts: `Tannery Bridge`. A name of something else is left out.
fn correct_people(reading: &Reading<'_>, found: &mut Vec<FoundName>) {
    let unlisted = || found.iter().filter(|name| is_unlisted_person(name));
    let mut people: FxHashMap<&str, Mentions> =
        unlisted().map(|name| (name.printed(reading), Mentions::default())).collect();
    if people.is_empty() {
        return;
    }
    let mut all: Vec<&Range<usize>> = reading.names.iter().collect();
    all.extend(unlisted().map(|name| &name.words));
    all.sort_by_key(|words| (words.start, words.end));
    all.dedup();
    for words in all {
        if let Some(mentions) = people.get_mut(reading.printed(words)) {
            mentions.count(reading, words);
        }
    }
    let last_words = |kind: EntityKind| {
        let named = found.iter().filter(move |name| name.kind == kind && name.words.len() > 1);
        named.filter_map(|name| name.key.rsplit_once(' ')).map(|(_, last)| last)
    };
    let mut parts_of_places: FxHashSet<&str> = last_words(EntityKind::Place).collect();
    last_words(EntityKind::Person).for_each(|surname| {
        parts_of_places.remove(surname);
    });
    let normal = |index: usize| reading.text.normal(&reading.text.words()[index]);
    // `None` if it is left out.
    let corrected = |name: &FoundName| {
        let mentions = people.get(name.printed(reading)).filter(|_| is_unlisted_person(name));
        let Some(mentions) = mentions else { return Some(name.kind) };
        let (first, last) = (normal(name.words.start), normal(name.words.end - 1));
        let is_long = name.words.len() > 1;
        let ends_like_place = is_long && !is_first_name(first) && is_of_place(last);
        let is_place = ends_like_place || parts_of_places.contains(name.key.as_str());
        match mentions.acts {
            _ if mentions.are_of_place() => Some(EntityKind::Place),
            false if is_place => Some(EntityKind::Place),
            false if mentions.things > 0 || (is_long && is_thing(first)) => None,
            _ => Some(EntityKind::Person),
        }
    };
    let kinds: Vec<Option<EntityKind>> = found.iter().map(corrected).collect();
    let mut kinds = kinds.into_iter();
    found.retain_mut(|name| kinds.next().flatten().inspect(|kind| name.kind = *kind).is_some());
}

/// Whether a name is a person, but not one of the table.
fn is_unlisted_person(name: &FoundName) -> bool {
    name.kind == EntityKind::Person && name.how != FoundBy::List
}

/// The use of a name, by the words beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Place,
    /// Something else, such as a ship.
    Thing,
    /// A person with a title, or the subject of a verb of saying.
    Speaker,
    Other,
}

impl Use {
    fn of(reading: &Reading<'_>, words: &Range<usize>) -> Self {
        let text = reading.text;
        let normal = |index: usize| text.words().get(index).map_or("", |word| text.normal(word));
        let before = |by: usize| words.start.checked_sub(by).map_or("", normal);
        let touches = reading.touches(words.start);
        let is_target = || {
            is_moving(before(2))
                && (matches!(before(1), "to" | "from" | "for")
                    || is_leaving(before(1)) && !has_first_name(reading, words))
        };
        let is_placed = is_placing(before(1)) && !is_trusting(before(2))
            || is_of(before(1)) && is_of_places(before(2))
            || is_target();
        // `the Islay Rose`. With a first name, `the` may be that of a noun after it.
        let is_whole = || !reading.touches(words.end) || is_after_names(normal(words.end));
        let has_article = || {
            let may_be = words.len() > 1 && before(1) == "the";
            may_be && (is_whole() || !has_first_name(reading, words))
        };
        let is_spoken = || is_saying(before(1)) || is_title(before(1));
        match () {
            () if touches && is_placed => Self::Place,
            () if touches && (is_thing(before(1)) || has_article()) => Self::Thing,
            () if touches && is_spoken() => Self::Speaker,
            () if reading.touches(words.end) && is_saying(normal(words.end)) => Self::Speaker,
            () => Self::Other,
        }
    }
}

/// Counts of how a text mentions a name.
#[derive(Default)]
struct Mentions {
    placed: usize,
    /// As something else, such as a ship.
    things: usize,
    others: usize,
    /// Whether it has a title, or is the subject of a verb of saying.
    acts: bool,
}

impl Mentions {
    fn count(&mut self, reading: &Reading<'_>, words: &Range<usize>) {
        let use_of_name = Use::of(reading, words);
        match use_of_name {
            Use::Place => self.placed += 1,
            Use::Thing => self.things += 1,
            Use::Speaker | Use::Other => self.others += 1,
        }
        self.acts |= use_of_name == Use::Speaker;
    }

    fn are_of_place(&self) -> bool {
        !self.acts && self.placed > 0 && self.placed >= self.others
    }
}

/// Whether the first of these words is listed as a first name.
fn has_first_name(reading: &Reading<'_>, words: &Range<usize>) -> bool {
    wirefold_names::listing(reading.printed(&(words.start..words.start + 1))).is_other_name
}

/// The entry of the table for a name, of any kind.
fn known_entity(text: &Text, one: &FoundName) -> Option<&'static KnownEntity> {
    let whole = |of: &Text, words: Range<usize>| {
        let hit = table().longest_at(of, words.start).filter(|hit| hit.words == words);
        hit.map(|hit| hit.known)
    };
    let by_words = || whole(text, one.words.clone());
    // Names in the table have no possessive ending.
    let by_span = || {
        let printed = text.original().get(one.span.clone())?;
        let is_cut = text.original()[one.span.end..].starts_with(['\'', '’']);
        let bare = is_cut.then(|| Text::new(printed))?;
        whole(&bare, 0..bare.words().len())
    };
    by_words().or_else(by_span).or_else(|| table().keyed(&one.key))
}

/// The names that the tagger is certain of, and its other names.
fn tagged(reading: &Reading<'_>) -> (Vec<FoundName>, Vec<FoundName>) {
    let names = wirefold_names::names(reading.text);
    let (certain, doubtful): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|name| name.confidence >= MIN_CONFIDENCE);
    let mut keys: FxHashMap<&str, String> = FxHashMap::default();
    let mut found = |name: wirefold_names::Name| {
        let all = words_in(reading.text, &name.span);
        let of_one = |words: Range<usize>| {
            let is_whole = words == all;
            let span = if is_whole { name.span.clone() } else { bytes(reading.text, &words) };
            let printed = &reading.text.original()[span.clone()];
            let key = keys.entry(printed).or_insert_with(|| tagged_key(printed)).clone();
            let kind = kind_of(name.kind);
            let mut one = FoundName { kind, key, words, span, how: FoundBy::Model, known: None };
            // Its kind together with another name is weak evidence.
            if let Some(known) = known_entity(reading.text, &one).filter(|_| !is_whole) {
                one.kind = known.kind;
            }
            one
        };
        let parts = trim::names(reading.text, all.clone()).into_iter();
        let found: Vec<FoundName> = parts.map(of_one).collect();
        found.into_iter().filter(|one| !one.key.is_empty())
    };
    let certain = certain.into_iter().flat_map(&mut found).collect();
    (certain, doubtful.into_iter().flat_map(found).collect())
}

fn words_in(text: &Text, span: &Range<usize>) -> Range<usize> {
    let words = text.words();
    let start = words.partition_point(|word| word.span.end <= span.start);
    start..words.partition_point(|word| word.span.start < span.end)
}

/// The key of a name without its article: `The Fixture Press` and `Fixture Press` are one name.
fn tagged_key(printed: &str) -> String {
    let bare = printed.strip_prefix("The ").or_else(|| printed.strip_prefix("the "));
    name_key(bare.unwrap_or(printed))
}

fn kind_of(kind: Kind) -> EntityKind {
    match kind {
        Kind::Person => EntityKind::Person,
        Kind::Organisation => EntityKind::Organisation,
        Kind::Place => EntityKind::Place,
    }
}

/// The names of the table that are not part of another name.
fn listed_names(reading: &Reading<'_>) -> Vec<FoundName> {
    let text = reading.text;
    let mut found = Vec::new();
    let mut next = 0;
    while next < text.words().len() {
        let word = &text.words()[next];
        let may_be = !word.is_chrome && (word.capital || word.alone || reading.is_caseless);
        let hit = may_be.then(|| table().longest_at(text, next)).flatten();
        next = match hit {
            Some(hit) if stands_alone(reading, &hit) => {
                let Hit { known, words } = hit;
                let (end, span) = (words.end, bytes(text, &words));
                let (kind, key, how) = (known.kind, known.key.clone(), FoundBy::List);
                found.push(FoundName { kind, key, words, span, how, known: Some(known) });
                end
            }
            _ => next + 1,
        };
    }
    found
}

/// Whether a listed name is not part of a longer one: `Harris` in `Tom Harris` is.
fn stands_alone(reading: &Reading<'_>, hit: &Hit<'_>) -> bool {
    let Some(name) = reading.name_around(&hit.words) else {
        // It opens a sentence. Then no part of a name may follow.
        return !reading.is_name(hit.words.end) || !reading.touches(hit.words.end);
    };
    let text = reading.text;
    let normal = |index: usize| text.normal(&text.words()[index]);
    let before = (name.start..hit.words.start).all(|index| is_title(normal(index)));
    let behind = (hit.words.end..name.end).all(|index| is_title(normal(index)));
    // `Kremlin spokesman …` names the Kremlin. `Smith President` names nothing.
    before && (behind || hit.words.end >= name.end)
}

/// For each word, whether a name covers it.
pub(super) fn covered_words<'a>(
    text: &Text,
    found: impl Iterator<Item = &'a FoundName>,
) -> Vec<bool> {
    let mut covered = vec![false; text.words().len()];
    for one in found {
        covered[one.words.clone()].fill(true);
    }
    covered
}

/// The position of words in bytes, without a possessive ending.
fn bytes(text: &Text, words: &Range<usize>) -> Range<usize> {
    let (first, last) = (text.words()[words.start].span, text.words()[words.end - 1].span);
    let printed = &text.original()[first.start..last.end];
    let ending = ["'s", "’s", "'S", "’S"].into_iter().find(|ending| printed.ends_with(ending));
    first.start..last.end - ending.map_or(0, str::len)
}

fn by_rules(reading: &Reading<'_>, covered: &[bool]) -> Vec<FoundName> {
    let mut found = Vec::new();
    for name in &reading.names {
        for words in parts(reading.text, name, covered) {
            if let Some(kind) = kind(reading, &words) {
                let key = name_key(reading.printed(&words));
                let (span, how) = (bytes(reading.text, &words), FoundBy::Rule);
                found.push(FoundName { kind, key, words, span, how, known: None });
            }
        }
    }
    found
}

/// A run of capitalised words without its titles and without words that other names cover.
fn parts(text: &Text, name: &Range<usize>, covered: &[bool]) -> Vec<Range<usize>> {
    let is_break = |index: usize| {
        let word = &text.words()[index];
        let normal = text.normal(word);
        covered[index] || word.is_chrome || is_title(normal) || is_calendar(normal)
    };
    let mut parts: Vec<Range<usize>> = Vec::new();
    for index in name.clone().filter(|index| !is_break(*index)) {
        match parts.last_mut() {
            Some(last) if last.end == index => last.end += 1,
            _ => parts.push(index..index + 1),
        }
    }
    parts.retain(|part| part.len() <= LONGEST);
    parts
}

/// The kind of a run of capitalised words, if the words in and beside it show it.
fn kind(reading: &Reading<'_>, words: &Range<usize>) -> Option<EntityKind> {
    let text = reading.text;
    let normal = |index: usize| text.words().get(index).map_or("", |word| text.normal(word));
    let before = words.start.checked_sub(1).map_or("", normal);
    if words.len() > 1 && words.clone().any(|index| is_organisational(normal(index))) {
        return Some(EntityKind::Organisation);
    }
    if is_acronym(reading, words) {
        return Some(EntityKind::Organisation);
    }
    let has_first_name = words.len() > 1 && is_first_name(normal(words.start));
    let is_person =
        || has_first_name || is_title(before) || is_saying(before) || is_saying(normal(words.end));
    // A noun is no name by itself.
    let is_name = words.len() > 1 || !reading.capitalises_nouns;
    match Use::of(reading, words) {
        Use::Thing => None,
        Use::Place if has_first_name => None,
        Use::Place => (!reading.capitalises_nouns && words.len() <= 3).then_some(EntityKind::Place),
        Use::Speaker | Use::Other => (is_name && is_person()).then_some(EntityKind::Person),
    }
}

/// Whether a name is an acronym of three to five capitals: `ILO`, but not `ver.di`.
fn is_acronym(reading: &Reading<'_>, words: &Range<usize>) -> bool {
    let printed = reading.printed(words);
    let is_letters = words.len() == 1 && printed.chars().all(char::is_uppercase);
    is_letters
        && (3..=5).contains(&printed.chars().count())
        && !reading.in_heading(words.start)
        && printed.chars().all(char::is_alphabetic)
}
