//! People, organisations and places: by a table of known names, else by rules over capitals.

pub(crate) mod cues;
mod table;

use std::collections::HashMap;
use std::ops::Range;

use wirefold_proto::{Entity, EntityKind, FoundBy};
use wirefold_text::Text;
use wirefold_text::extract::name_key;

use crate::reading::Reading;
use cues::{is_calendar, is_first_name, is_organisational, is_title, places, says};
use table::{Hit, table};

/// The most entities told of one text.
const MOST: usize = 48;
/// Words of the longest name that the rules find.
const LONGEST: usize = 6;

/// A name in a text, and what it is.
struct Found {
    kind: EntityKind,
    key: String,
    words: Range<usize>,
    how: FoundBy,
}

/// The entities of a text, in the order of their first mention.
pub(crate) fn entities(reading: &Reading<'_>) -> Vec<Entity> {
    let mut found = listed(reading);
    let taken = covered(reading.text, &found);
    found.extend(by_rules(reading, &taken));
    found.sort_by_key(|found| found.words.start);
    gather(reading, &found)
}

/// The known names that stand for themselves, not as a part of another.
fn listed(reading: &Reading<'_>) -> Vec<Found> {
    let text = reading.text;
    let mut found = Vec::new();
    let mut next = 0;
    while next < text.words().len() {
        let word = &text.words()[next];
        let may_be = !word.furniture && (word.capital || word.alone || reading.is_caseless);
        let hit = may_be.then(|| table().at(text, next)).flatten();
        next = match hit {
            Some(hit) if stands_alone(reading, &hit) => {
                let Hit { known, words } = hit;
                let end = words.end;
                let (kind, key) = (known.kind, known.key.clone());
                found.push(Found { kind, key, words, how: FoundBy::List });
                end
            }
            _ => next + 1,
        };
    }
    found
}

/// Whether a known name is not a part of a longer one: no `Harris` in `Tom Harris`.
fn stands_alone(reading: &Reading<'_>, hit: &Hit<'_>) -> bool {
    let Some(name) = reading.name_around(&hit.words) else {
        // It opens a sentence: then nothing that belongs to a name may follow.
        return !reading.is_name(hit.words.end) || !reading.touches(hit.words.end);
    };
    let text = reading.text;
    let normal = |index: usize| text.normal(&text.words()[index]);
    let before = (name.start..hit.words.start).all(|index| is_title(normal(index)));
    let behind = (hit.words.end..name.end).all(|index| is_title(normal(index)));
    // `Kremlin spokesman …` names the Kremlin; `Smith President` names nobody.
    before && (behind || hit.words.end >= name.end)
}

/// Which words are taken.
fn covered(text: &Text, found: &[Found]) -> Vec<bool> {
    let mut taken = vec![false; text.words().len()];
    for one in found {
        taken[one.words.clone()].fill(true);
    }
    taken
}

fn by_rules(reading: &Reading<'_>, taken: &[bool]) -> Vec<Found> {
    let mut found = Vec::new();
    for name in &reading.names {
        for words in parts(reading.text, name, taken) {
            if let Some(kind) = kind(reading, &words) {
                let key = name_key(reading.printed(&words));
                found.push(Found { kind, key, words, how: FoundBy::Rule });
            }
        }
    }
    found
}

/// A run of capitals without its titles and without what the table has taken.
fn parts(text: &Text, name: &Range<usize>, taken: &[bool]) -> Vec<Range<usize>> {
    let is_break = |index: usize| {
        let word = &text.words()[index];
        let normal = text.normal(word);
        taken[index] || word.furniture || is_title(normal) || is_calendar(normal)
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

/// What a run of capitals names, where the words in and beside it say so.
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
    let speaks = says(before) || says(normal(words.end));
    let is_person =
        is_title(before) || speaks || (words.len() > 1 && is_first_name(normal(words.start)));
    if is_person && (words.len() > 1 || !reading.capitalises_nouns) {
        return Some(EntityKind::Person);
    }
    let is_place = places(before) && !reading.capitalises_nouns && words.len() <= 3;
    is_place.then_some(EntityKind::Place)
}

/// Two to five capital letters that are no word: `ILO`, `ver.di` is none.
fn is_acronym(reading: &Reading<'_>, words: &Range<usize>) -> bool {
    let printed = reading.printed(words);
    let is_letters = words.len() == 1 && printed.chars().all(char::is_uppercase);
    is_letters
        && (3..=5).contains(&printed.chars().count())
        && !reading.in_heading(words.start)
        && printed.chars().all(char::is_alphabetic)
}

/// Counts the mentions of each entity; a surname alone counts for the person it belongs to.
fn gather(reading: &Reading<'_>, found: &[Found]) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut surnames: HashMap<String, usize> = HashMap::new();
    let is_person = |one: &Found| one.kind == EntityKind::Person;
    for person in found.iter().filter(|one| is_person(one) && one.words.len() > 1) {
        let place = enter(reading, person, &mut entities, &mut places);
        if let Some((_, surname)) = person.key.rsplit_once(' ') {
            surnames.entry(surname.to_owned()).or_insert(place);
        }
    }
    for one in found {
        let own = places.get(&one.key).copied();
        // The surname of somebody named in full is that one's, whatever the table says.
        let surname = (one.words.len() == 1 && is_person(one))
            .then(|| surnames.get(&name_key(reading.printed(&one.words))))
            .flatten();
        let place = surname.copied().or(own);
        let place = place.unwrap_or_else(|| enter(reading, one, &mut entities, &mut places));
        entities[place].count += 1;
    }
    count_bare_surnames(reading, found, &surnames, &mut entities);
    let mut told: Vec<Entity> = entities.into_iter().filter(|e| e.count > 0).collect();
    let first = |entity: &Entity| found.iter().position(|one| one.key == entity.key);
    told.sort_by_key(first);
    told.truncate(MOST);
    told
}

fn enter(
    reading: &Reading<'_>,
    found: &Found,
    entities: &mut Vec<Entity>,
    places: &mut HashMap<String, usize>,
) -> usize {
    *places.entry(found.key.clone()).or_insert_with(|| {
        let name = reading.printed(&found.words).to_owned();
        let Found { kind, how, .. } = *found;
        entities.push(Entity { kind, name, key: found.key.clone(), count: 0, how });
        entities.len() - 1
    })
}

/// Surnames that stand alone, and that neither table nor rules found.
fn count_bare_surnames(
    reading: &Reading<'_>,
    found: &[Found],
    surnames: &HashMap<String, usize>,
    entities: &mut [Entity],
) {
    if surnames.is_empty() {
        return;
    }
    let taken = covered(reading.text, found);
    for name in reading.names.iter().filter(|name| name.len() == 1 && !taken[name.start]) {
        if let Some(place) = surnames.get(&name_key(reading.printed(name))) {
            entities[*place].count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntityKind::{Organisation, Person, Place};

    fn check(original: &str, expected: &[(EntityKind, &str, u32)]) {
        let text = Text::new(original);
        let found = entities(&Reading::new(&text));
        let told: Vec<_> = found.iter().map(|e| (e.kind, e.name.as_str(), e.count)).collect();
        assert_eq!(told, expected, "{original}");
        assert!(found.iter().all(|entity| !entity.key.is_empty()));
    }

    #[test]
    fn variants_of_one_name_are_one_entity() {
        let mut keys = std::collections::BTreeSet::new();
        for text in [
            "On Monday Zelensky spoke.",
            "On Monday Volodymyr Zelenskyy spoke.",
            "Am Montag sprach Selenskyj.",
            "У понеділок виступив Зеленський.",
            "周一泽连斯基发表讲话。",
        ] {
            let analysed = Text::new(text);
            let found = entities(&Reading::new(&analysed));
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            keys.insert(found[0].key.clone());
        }
        assert_eq!(keys.len(), 1);
        assert_eq!(keys.first(), Some(&name_key("Volodymyr Zelenskyy")));
    }

    #[test]
    fn rules_find_people_by_title_verb_and_first_name() {
        check(
            "The talks failed, said Rosalind Achterberg of the Allied Quay Workers. Mayor Lund left; \
             Achterberg stayed in Tarrowgate.",
            &[
                (Person, "Rosalind Achterberg", 2),
                (Organisation, "Allied Quay Workers", 1),
                (Person, "Lund", 1),
                (Place, "Tarrowgate", 1),
            ],
        );
    }

    #[test]
    fn a_known_surname_inside_another_name_is_not_the_known_one() {
        check("The singer Tom Harris met Harris, said Harris.", &[(Person, "Tom Harris", 3)]);
        check("They met President Putin in Berlin.", &[(Person, "Putin", 1), (Place, "Berlin", 1)]);
    }

    #[test]
    fn german_nouns_are_no_names() {
        check(
            "Der Hafen bleibt nach dem Streik der Arbeiter geschlossen, sagte Minister Jonas Feld in Berlin. \
             Die Gespräche über Löhne und Zeiten gehen weiter, und die Kräne stehen in der Stadt.",
            &[(Person, "Jonas Feld", 1), (Place, "Berlin", 1)],
        );
    }
}
