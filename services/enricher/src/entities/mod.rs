//! Finds people, organisations and places in a text: by a table of known names, by a learned
//! tagger, and by rules over capitalised words for the rest.

mod find;
mod table;
mod trim;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use wirefold_proto::{Entity, EntityKind, FoundBy, MentionPlace};
use wirefold_text::extract::{agency_by_alias, agency_home, name_key};
use wirefold_text::{Span, Text};

use crate::reading::Reading;
use find::covered_words;
pub(crate) use find::{FoundName, find_names};

/// The most entities of one text in the output.
const MOST: usize = 48;
/// The most mentions of an entity in the output.
const MOST_MENTIONS: usize = 16;
/// A name needs this many letters to stand for an agency.
const LONG_NAME: usize = 5;
/// The most bytes of a title that are read.
const LONGEST_TITLE: usize = 1_000;

/// The entities of a text, in the order of their first mention, with the number of mentions. A
/// surname alone counts for the person it belongs to.
pub(crate) fn entities(reading: &Reading<'_>, found: &[FoundName], title: &str) -> Vec<Entity> {
    let mut entities: Vec<Entity> = Vec::new();
    let mut indices: HashMap<&str, usize> = HashMap::new();
    let mut surnames: HashMap<&str, usize> = HashMap::new();
    let is_person = |one: &FoundName| one.kind == EntityKind::Person;
    for person in found.iter().filter(|one| is_person(one) && one.words.len() > 1) {
        let index = index_of(reading, person, &mut entities, &mut indices);
        if let Some((_, surname)) = person.key.rsplit_once(' ') {
            surnames.entry(surname).or_insert(index);
        }
    }
    for one in found {
        let own = indices.get(one.key.as_str()).copied();
        // A surname counts for a person who is named in full, even if the table has another entry.
        let surname = (one.words.len() == 1 && is_person(one) && !surnames.is_empty())
            .then(|| surnames.get(&*printed_key(reading, one)))
            .flatten();
        let index = surname.copied().or(own);
        let index = index.unwrap_or_else(|| index_of(reading, one, &mut entities, &mut indices));
        count(reading, &mut entities[index], &one.words, one.span.clone());
    }
    count_bare_surnames(reading, found, &surnames, &mut entities);
    let mut reported: Vec<Entity> = entities.into_iter().filter(|e| e.count > 0).collect();
    // In reverse order, so that the first mention stays.
    let first: HashMap<&str, usize> =
        found.iter().enumerate().rev().map(|(at, one)| (one.key.as_str(), at)).collect();
    reported.sort_by_cached_key(|entity| first.get(entity.key.as_str()).copied());
    reported.iter_mut().for_each(|entity| entity.mentions.sort_by_key(|mention| mention.start));
    reported.truncate(MOST);
    mark_titled(&mut reported, title);
    reported
}

/// The key of a name as printed. The table may have another spelling.
fn printed_key<'a>(reading: &Reading<'_>, one: &'a FoundName) -> Cow<'a, str> {
    match one.how {
        FoundBy::List => Cow::Owned(name_key(one.printed(reading))),
        _ => Cow::Borrowed(&one.key),
    }
}

/// Counts a mention and adds its position.
fn count(reading: &Reading<'_>, entity: &mut Entity, words: &Range<usize>, bytes: Range<usize>) {
    entity.count += 1;
    entity.in_lede |= reading.lede.contains(&words.start);
    if entity.mentions.len() < MOST_MENTIONS {
        let index = reading.text.code_points(Span { start: bytes.start, end: bytes.end });
        let narrow = |at| u32::try_from(at).unwrap_or(u32::MAX);
        entity.mentions.push(MentionPlace { start: narrow(index.start), end: narrow(index.end) });
    }
}

/// Marks the entities that the title names: by all words of a name, or by a person's surname.
fn mark_titled(entities: &mut [Entity], title: &str) {
    let title = title.get(..title.floor_char_boundary(LONGEST_TITLE)).unwrap_or_default();
    let text = Text::new(title);
    let words: Vec<String> = text
        .words()
        .iter()
        .flat_map(|word| {
            let key = name_key(word.span.of(title));
            key.split(' ').map(str::to_owned).collect::<Vec<_>>()
        })
        .collect();
    let has_words = |wanted: &[&str]| {
        let is_here = |run: &[String]| run.iter().map(String::as_str).eq(wanted.iter().copied());
        !wanted.is_empty() && words.windows(wanted.len()).any(is_here)
    };
    for entity in entities {
        // The table may have another spelling, and the names of rules have no possessive ending.
        let name = match entity.how {
            FoundBy::Model => Cow::Borrowed(&entity.key),
            _ => Cow::Owned(name_key(&entity.name)),
        };
        let name: Vec<&str> = name.split(' ').collect();
        let is_person = entity.kind == EntityKind::Person;
        let surname = name.last().filter(|last| is_person && last.chars().count() > 2);
        entity.in_title = has_words(&name) || surname.is_some_and(|last| has_words(&[*last]));
    }
}

fn index_of<'a>(
    reading: &Reading<'_>,
    found: &'a FoundName,
    entities: &mut Vec<Entity>,
    indices: &mut HashMap<&'a str, usize>,
) -> usize {
    *indices.entry(&found.key).or_insert_with(|| {
        let name = found.printed(reading).to_owned();
        let FoundName { kind, how, known, .. } = *found;
        let agency = known.is_none().then(|| agency(kind, &name)).flatten();
        let of_agency = || agency.map(|short| format!("agency:{short}"));
        let item = agency.and_then(agency_home).and_then(|home| home.wikidata);
        let owned = |part: Option<&str>| part.map(str::to_owned);
        entities.push(Entity {
            kind,
            name,
            key: found.key.clone(),
            id: known.map(|known| known.id.clone()).or_else(of_agency),
            wikidata: owned(known.and_then(|known| known.wikidata).or(item)),
            count: 0,
            country: owned(known.and_then(|known| known.country)),
            in_title: false,
            in_lede: false,
            mentions: Vec::new(),
            how,
        });
        entities.len() - 1
    })
}

/// The short name of the agency that an organisation is. Short names may mean something else.
fn agency(kind: EntityKind, name: &str) -> Option<&'static str> {
    let bare = name.strip_prefix("The ").or_else(|| name.strip_prefix("the ")).unwrap_or(name);
    let is_long = bare.chars().count() >= LONG_NAME;
    (kind == EntityKind::Organisation && is_long).then(|| agency_by_alias(bare)).flatten()
}

/// Counts surnames that stand alone and were found by neither table nor rules.
fn count_bare_surnames(
    reading: &Reading<'_>,
    found: &[FoundName],
    surnames: &HashMap<&str, usize>,
    entities: &mut [Entity],
) {
    if surnames.is_empty() {
        return;
    }
    let covered = covered_words(reading.text, found.iter());
    for name in reading.names.iter().filter(|name| name.len() == 1 && !covered[name.start]) {
        if let Some(index) = surnames.get(name_key(reading.printed(name)).as_str()) {
            let word = reading.text.words()[name.start].span;
            count(reading, &mut entities[*index], name, word.start..word.end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use EntityKind::{Organisation, Person, Place};

    fn check(original: &str, expected: &[(EntityKind, &str, u32)]) {
        let text = Text::new(original);
        let reading = Reading::new(&text);
        let found = entities(&reading, &find_names(&reading), "");
        let reported: Vec<_> = found.iter().map(|e| (e.kind, e.name.as_str(), e.count)).collect();
        assert_eq!(reported, expected, "{original}");
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
            let reading = Reading::new(&analysed);
            let found = entities(&reading, &find_names(&reading), "");
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
    fn a_listed_surname_inside_another_name_is_not_the_listed_person() {
        check("The singer Tom Harris met Harris, said Harris.", &[(Person, "Tom Harris", 3)]);
        check("They met President Putin in Berlin.", &[(Person, "Putin", 1), (Place, "Berlin", 1)]);
    }

    #[test]
    fn a_name_used_as_a_place_is_not_a_person() {
        check(
            "Rail and power failed on Monday in Ellerby Ford, officials said. Ellerby Ford has been flooded since.",
            &[(Place, "Ellerby Ford", 2)],
        );
        check(
            "Police closed Tannery Bridge on Monday. Engineers said that Tannery Bridge had cracked.",
            &[(Place, "Tannery Bridge", 2)],
        );
        check(
            "Voters lost confidence in Mara Voss. The council met twice, and Mara Voss spoke.",
            &[(Person, "Mara Voss", 2)],
        );
    }

    #[test]
    fn a_name_that_is_used_otherwise_is_not_a_person() {
        for (text, places) in [
            ("The people of Carrick mourn. Carrick lost nine men.", &[("Carrick", 2)][..]),
            (
                "The court in Lower Ashby heard that Ashby had been flooded.",
                &[("Lower Ashby", 1), ("Ashby", 1)],
            ),
            ("La alcaldesa de Villarta dijo que Villarta no pagará.", &[("Villarta", 2)]),
            (
                "Il sindaco di Castelvero ha detto che Castelvero chiude le scuole.",
                &[("Castelvero", 2)],
            ),
            ("The mayor of Halden said on Monday that the quay would stay shut.", &[]),
            ("Der Bürgermeister von Halden sagte am Montag, Halden brauche Hilfe.", &[]),
            ("The trawler Mary Ellen sank. Three men of the Mary Ellen were saved.", &[]),
            ("HMS Victor Lane was scrapped. The river Lorne rose, and Lorne floods are rare.", &[]),
            ("The Islay Rose left on Tuesday with Plan B. Hurricane Milton passed.", &[]),
            ("The ferry left Ness four hours late on Tuesday.", &[("Ness", 1)]),
            ("Fog delayed the ferry to Lorne, and a tug sailed for Lorne.", &[("Lorne", 2)]),
            ("The Anna Maria arrived at noon. Nine men left the Anna Maria.", &[]),
            ("Pier C was closed, and a crack was found. A was marked in red.", &[]),
        ] {
            let expected: Vec<_> =
                places.iter().map(|(name, count)| (Place, *name, *count)).collect();
            check(text, &expected);
        }
        check("The Angela Merkel years were quiet.", &[(Person, "Angela Merkel", 1)]);
        check(
            "Mayor Anna Berg left Tom Harris in March.",
            &[(Person, "Anna Berg", 1), (Person, "Tom Harris", 1)],
        );
        check(
            "The mayor of Carrick, Ms Humphreys, met Father Brian Daly today. Humphreys left.",
            &[(Place, "Carrick", 1), (Person, "Humphreys", 2), (Person, "Brian Daly", 1)],
        );
    }

    #[test]
    fn german_nouns_are_not_names() {
        check(
            "Der Hafen bleibt nach dem Streik der Arbeiter geschlossen, sagte Minister Jonas Feld in Berlin. \
             Die Gespräche über Löhne und Zeiten gehen weiter, und die Kräne stehen in der Stadt.",
            &[(Person, "Jonas Feld", 1), (Place, "Berlin", 1)],
        );
    }
}
