//! Spot checks on the fixtures, with the facts that a reader finds in them.

use wirefold_proto::{EntityKind, Findings};
use wirefold_text::Text;

use super::stand::{Seed, seeds};
use crate::findings::find;

fn findings(seed: &Seed) -> Findings {
    let fetched = seed.fetched();
    find(&Text::new(&fetched.text), &fetched.article)
}

#[test]
fn languages_are_those_of_the_fixtures() {
    for seed in seeds() {
        let found = findings(&seed).language.unwrap();
        let expected = seed.language().split('-').next().unwrap_or_default();
        assert_eq!(found.tag.primary(), expected, "{}", seed.id);
    }
}

#[test]
fn the_strike_has_its_people_and_figures() {
    let all = seeds();
    let found = findings(all.iter().find(|seed| seed.id == "st-01").unwrap());
    let dateline = found.dateline.unwrap();
    assert_eq!(dateline.place.as_deref(), Some("TARROWGATE"));
    let named = |kind: EntityKind, name: &str| {
        found.entities.iter().any(|entity| entity.kind == kind && entity.name == name)
    };
    assert!(named(EntityKind::Person, "Rosalind Achterberg"), "{:?}", found.entities);
    assert!(named(EntityKind::Person, "Tomas Quennell"), "{:?}", found.entities);
    assert!(named(EntityKind::Organisation, "Allied Quay Workers"), "{:?}", found.entities);
    let quotation = &found.quotations[0];
    assert!(quotation.words.starts_with("We sat in that room"));
    assert_eq!(quotation.speaker.as_deref(), Some("Rosalind Achterberg"));
    assert_eq!(found.quotations[1].speaker.as_deref(), Some("Quennell"));
    let figures: Vec<(String, Option<&str>)> =
        found.numbers.iter().map(|f| (f.value.to_string(), f.unit.as_deref())).collect();
    assert!(figures.contains(&("31".to_owned(), Some("ships"))), "{figures:?}");
    assert!(figures.contains(&("2300".to_owned(), Some("dockers"))), "{figures:?}");
    assert!(figures.contains(&("6".to_owned(), Some("%"))), "{figures:?}");
}

#[test]
fn every_finding_is_in_its_text() {
    for seed in seeds() {
        let text = seed.fetched().text;
        let found = findings(&seed);
        for entity in &found.entities {
            assert!(text.contains(&entity.name) && entity.count > 0, "{} {entity:?}", seed.id);
        }
        for quotation in &found.quotations {
            assert!(text.contains(&quotation.words), "{} {quotation:?}", seed.id);
            let speaker = quotation.speaker.as_deref().unwrap_or_default();
            assert!(text.contains(speaker), "{} {quotation:?}", seed.id);
        }
        for figure in &found.numbers {
            assert!(text.contains(&figure.words), "{} {figure:?}", seed.id);
        }
        let keys: std::collections::BTreeSet<&str> =
            found.entities.iter().map(|entity| entity.key.as_str()).collect();
        assert_eq!(keys.len(), found.entities.len(), "{}: one entity a key", seed.id);
    }
}

mod hostile {
    use proptest::prelude::*;
    use wirefold_text::Text;

    use crate::findings::find;

    proptest! {
        #[test]
        fn accepts_any_text(text in "(\\PC|\n|“|”|\"|said |Mr\\. |[A-Z]{1,4} |[0-9]{1,4}[ .,:%]){0,120}") {
            let mut about = super::seeds()[0].fetched().article;
            about.language_hint = None;
            find(&Text::new(&text), &about);
        }
    }
}
