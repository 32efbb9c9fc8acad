//! The lists of names, as a gazetteer and for generated sentences.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use flate2::read::ZlibDecoder;
use wirefold_text::Text;

use super::{Material, Sample};
use crate::gazetteer::{
    BRIDGE, CITY, COMMON, COUNTRY, FIRST_NAME, Gazetteer, ORGANISATION, PERSON, PERSON_STEM, PLACE,
    PLACE_STEM, SURNAME, stem_hash,
};
use crate::token;

/// The lists by kind.
pub(super) struct Lists {
    pub(super) gazetteer: Gazetteer,
    pub(super) countries: Vec<String>,
    pub(super) cities: Vec<String>,
    pub(super) first_names: Vec<String>,
    pub(super) surnames: Vec<String>,
}

pub(super) fn read(material: &Material) -> std::io::Result<Lists> {
    let mut lines = String::new();
    ZlibDecoder::new(material.lists.as_slice()).read_to_string(&mut lines)?;
    let mut flags: HashMap<u64, u16> = HashMap::new();
    let mut of_kind: HashMap<&str, Vec<String>> = HashMap::new();
    for (kind, name) in lines.lines().filter_map(|line| line.split_once('\t')) {
        enter(&mut flags, name, flag(kind));
        let stem = match kind {
            "C" | "T" => PLACE_STEM,
            "F" => PERSON_STEM,
            _ => continue,
        };
        enter_stem(&mut flags, name, stem);
        of_kind.entry(kind).or_default().push(name.to_owned());
    }
    for (kind, name) in lines.lines().filter_map(|line| line.split_once('\t')) {
        if kind == "S" {
            of_kind.entry(kind).or_default().push(name.to_owned());
        }
    }
    for (flag, name) in table(&material.table) {
        enter(&mut flags, name, flag);
    }
    for bridge in bridges(&material.samples) {
        enter(&mut flags, &bridge, BRIDGE);
    }
    let mut listed: Vec<(u64, u16)> = flags.into_iter().collect();
    listed.sort_unstable();
    let mut stock = |kind| of_kind.remove(kind).unwrap_or_default();
    Ok(Lists {
        gazetteer: Gazetteer::build(&listed),
        countries: stock("C"),
        cities: stock("T"),
        first_names: stock("F"),
        surnames: stock("S"),
    })
}

/// A lower-case word counts as a bridge from this many names on.
const FEWEST_NAMES: usize = 3;

/// The lower-case words inside names.
fn bridges(samples: &[Sample]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in samples {
        for (start, end, _) in &sample.spans {
            let words = sample.text[*start..*end].split([' ', '-']);
            let small = words.filter(|word| word.chars().all(char::is_lowercase));
            small.for_each(|word| *counts.entry(word).or_default() += 1);
        }
    }
    let often = counts.into_iter().filter(|(_, count)| *count >= FEWEST_NAMES);
    often.map(|(word, _)| word.to_owned()).collect()
}

fn flag(kind: &str) -> u16 {
    match kind {
        "C" => COUNTRY,
        "T" => CITY,
        "F" => FIRST_NAME,
        "S" => SURNAME,
        "3" => COMMON,
        "4" => 2 * COMMON,
        "5" => 3 * COMMON,
        "6" => 4 * COMMON,
        _ => 0,
    }
}

/// The spellings of the enricher's table with their flags.
fn table(lines: &str) -> impl Iterator<Item = (u16, &str)> {
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(|line| {
        let mut columns = line.split('\t');
        let flag = match columns.next() {
            Some("person") => PERSON,
            Some("organisation") => ORGANISATION,
            _ => PLACE,
        };
        columns.take(2).flat_map(|names| names.split('|')).map(move |name| (flag, name))
    })
}

fn enter(flags: &mut HashMap<u64, u16>, name: &str, flag: u16) {
    let text = Text::new(name);
    let tokens = token::hashed_tokens(&text);
    if !tokens.is_empty() && tokens.len() <= 4 {
        *flags.entry(token::run_hash(&tokens)).or_default() |= flag;
    }
}

/// Adds a name of one word without its last vowels.
fn enter_stem(flags: &mut HashMap<u64, u16>, name: &str, flag: u16) {
    let letters: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    let is_vowel = |c: &char| "aeiouyаеиоуыэюяьйі".contains(*c);
    let ending = letters.iter().rev().take_while(|c| is_vowel(c)).count();
    let stem = &letters[..letters.len() - ending];
    if stem.len() >= 4 && letters.iter().all(|c| c.is_alphabetic()) {
        *flags.entry(stem_hash(stem)).or_default() |= flag;
    }
}
