//! What the generator promises of its set.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

use super::*;

static SEEDS: LazyLock<Seeds> = LazyLock::new(|| Seeds::read(&crate::tree::root()).unwrap());
static SET: LazyLock<LabelledSet> = LazyLock::new(|| generate(&SEEDS, SEED));

/// `b012` of `b012-sub5`.
fn stem(id: &str) -> &str {
    id.split('-').next().unwrap()
}

#[test]
fn the_same_seed_gives_the_same_set() {
    assert!(*SET == generate(&SEEDS, SEED));
    assert!(*SET != generate(&SEEDS, SEED + 1));
    let ids: BTreeSet<&str> = SET.docs.iter().map(|doc| doc.id.as_str()).collect();
    assert_eq!(ids.len(), SET.docs.len(), "an id twice");
}

#[test]
fn a_set_that_is_written_is_read_back() {
    let name = format!("wirefold-{}-generated", std::process::id());
    let folder = std::env::temp_dir().join(&name);
    SET.write(&folder).unwrap();
    let read = LabelledSet::read(&folder);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(read.unwrap() == LabelledSet { name, ..SET.clone() });
}

#[test]
fn reprints_have_one_base_and_strangers_no_label() {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for ((a, b), (label, kind)) in &SET.labels.0 {
        let (a, b) = (&SET.docs[*a].id, &SET.docs[*b].id);
        *kinds.entry(kind).or_default() += 1;
        assert!(stem(a).starts_with('b') && stem(b).starts_with('b'), "{a} {b}");
        if *label == Label::Reprint {
            assert_eq!(stem(a), stem(b), "{kind}");
        }
        let part =
            |id: &str| ["-brief", "-partial", "-merge"].iter().any(|part| id.ends_with(part));
        let expected = !part(a) && !part(b) || kind == "merge-main";
        assert_eq!(*label == Label::Reprint, expected, "{a} {b} {kind}");
    }
    for edit in EDITS {
        assert!(kinds[format!("base+{}", edit.name()).as_str()] >= bases::ENGLISH);
    }
}

/// The runs of five words, with or without those in quotations.
fn shingles(text: &str, with_quotations: bool) -> HashSet<Vec<String>> {
    let text = Text::new(text);
    let own = text.words().iter().filter(|word| with_quotations || !word.quoted);
    let words: Vec<String> = own.map(|word| text.normal(word).to_owned()).collect();
    words.windows(5).map(<[String]>::to_vec).collect()
}

#[test]
fn bases_are_long_and_have_next_to_nothing_in_common() {
    let bases = bases::bases(&Sources::new(&SEEDS), SEED);
    let english: Vec<&Base> = bases.iter().filter(|base| base.is_english).collect();
    assert_eq!(english.len(), bases::ENGLISH);
    let allowed = bases::LEAST..=bases::MOST;
    assert!(english.iter().all(|base| allowed.contains(&base.words())));
    let runs: Vec<HashSet<Vec<String>>> =
        bases.iter().map(|base| shingles(&base.paragraphs.join("\n"), false)).collect();
    for (at, here) in runs.iter().enumerate() {
        for (other, there) in runs.iter().enumerate().skip(at + 1) {
            let common = here.intersection(there).count();
            assert!(50 * common <= here.len().min(there.len()), "{at} {other}: {common}");
        }
    }
}

#[test]
fn parts_are_as_large_as_their_names_say() {
    let texts: BTreeMap<&str, &str> =
        SET.docs.iter().map(|doc| (doc.id.as_str(), doc.text.as_str())).collect();
    for (id, text) in &texts {
        let Some((stem, kind)) = id.split_once('-') else { continue };
        let Some(base) = texts.get(stem) else { continue };
        let (words, whole) = (bases::words(text), bases::words(base));
        let runs = shingles(text, true);
        let share = 100 * runs.intersection(&shingles(base, true)).count() / runs.len().max(1);
        match kind {
            "brief" => assert!((40..=80).contains(&words), "{id}: {words}"),
            "partial" => assert!((20..=40).contains(&share), "{id}: {share} %"),
            "merge" => assert!(100 * whole >= 60 * words, "{id}: {whole} of {words}"),
            "droptail" => assert!((33..=80).contains(&(100 * words / whole)), "{id}"),
            _ => {}
        }
    }
}
