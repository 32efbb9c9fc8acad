use proptest::prelude::*;
use wirefold_text::Text;

use super::*;
use crate::train::{Material, Sample, train};
use Kind::{Organisation, Person, Place};

/// Checks names that the embedded model finds with certainty.
fn check(original: &str, expected: &[(&str, Kind)]) {
    let found = names(&Text::new(original));
    let sure = found.iter().filter(|name| name.confidence >= 0.5);
    let told: Vec<(&str, Kind)> =
        sure.map(|name| (&original[name.span.clone()], name.kind)).collect();
    assert_eq!(told, expected, "{original}");
}

#[test]
fn names_without_title_possessive_or_article() {
    check(
        "President Emmanuel Macron's aides met Mario Draghi in Rome on Friday.",
        &[("Emmanuel Macron", Person), ("Mario Draghi", Person), ("Rome", Place)],
    );
    check(
        "Am Montag sprach Bundeskanzler Olaf Scholz in Berlin über die Haushaltslage des Landes.",
        &[("Olaf Scholz", Person), ("Berlin", Place)],
    );
    check("He lives in Washington, D.C.", &[("Washington, D.C.", Place)]);
}

#[test]
fn scripts_without_capitals_have_no_names() {
    check("泽连斯基周一在基辅发表讲话。", &[]);
    check("", &[]);
}

#[test]
fn refuses_a_broken_model() {
    let packed = Model::embedded().write().expect("it is packed into memory");
    assert!(Model::read(&packed).is_some_and(|model| model == *Model::embedded()));
    assert!(Model::read(&packed[..packed.len() / 2]).is_none());
    assert!(Model::read(b"").is_none());
    assert!(packed.len() < 6_000_000, "{}", packed.len());
}

/// Sentences of one pattern, so that few are enough.
fn material() -> Material {
    let people = ["Ada Ruiz", "Tom Lund", "Eva Holm", "Ben Frost", "Ina Berg", "Max Stone"];
    let towns = ["Ellery", "Tarrow", "Quenby", "Lowick", "Marden", "Harrow"];
    let sample = |person: &str, town: &str| {
        let text = format!("Yesterday {person} spoke in {town} about it.");
        let at = |name: &str, kind| {
            let start = text.find(name).expect("it was just written");
            (start, start + name.len(), kind)
        };
        let spans = vec![at(person, Person), at(town, Place)];
        Sample { language: "en".to_owned(), spans, text }
    };
    let pairs = people.iter().flat_map(|person| towns.iter().map(move |town| (person, town)));
    let samples = pairs.map(|(person, town)| sample(person, town)).collect();
    let lists = [0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01].to_vec();
    Material { samples, lists, table: "place\tHarrow\tХарроу".to_owned() }
}

#[test]
fn training_learns_the_pattern_and_gives_the_same_bytes_again() {
    let trained = || train(&material(), 1, |_, _| {}).expect("the lists are whole");
    let model = trained();
    let original = "Yesterday Lea Kerr spoke in Wendel about it.";
    let found = model.names(&Text::new(original));
    let told: Vec<(&str, Kind)> =
        found.iter().map(|name| (&original[name.span.clone()], name.kind)).collect();
    assert_eq!(told, [("Lea Kerr", Person), ("Wendel", Place)]);
    let packed = |one: &train::Trained| one.packed().expect("it is packed into memory");
    assert_eq!(packed(&model), packed(&trained()));
    assert!(!told.contains(&("Yesterday", Organisation)));
}

proptest! {
    #[test]
    fn spans_are_in_order_and_inside_the_text(
        text in "(\\PC|[A-Z][a-z]{1,6} |’s |\\. |'|-|[А-Я][а-я]{1,5} |1|\n){0,120}"
    ) {
        let mut end = 0;
        for name in names(&Text::new(&text)) {
            prop_assert!(text.get(name.span.clone()).is_some_and(|printed| !printed.is_empty()));
            prop_assert!(name.span.start >= end);
            prop_assert!((0.0..=1.0).contains(&name.confidence));
            end = name.span.end;
        }
    }
}
