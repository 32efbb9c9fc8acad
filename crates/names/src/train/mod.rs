//! Training: computes the weights from labelled sentences and lists. The result is
//! `data/model.bin`. The product never calls this module.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use fit::Fitted;
use flate2::read::ZlibDecoder;
use wirefold_text::Text;

use crate::chain::{Scores, TAGS};
use crate::gazetteer::{
    BRIDGE, CITY, COMMON, COUNTRY, FIRST_NAME, Gazetteer, ORGANISATION, PERSON, PERSON_STEM, PLACE,
    PLACE_STEM, SURNAME, stem_hash,
};
use crate::model::{Model, Row};
use crate::{Kind, token};

mod augment;
mod fit;

/// A labelled sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its language (ISO 639-1).
    pub language: String,
    /// The sentence.
    pub text: String,
    /// Its names as byte ranges, in order.
    pub spans: Vec<(usize, usize, Kind)>,
}

/// The training data.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// Labelled sentences.
    pub samples: Vec<Sample>,
    /// The lists of names and common words: lines `KIND<TAB>name`, packed by zlib.
    pub lists: Vec<u8>,
    /// The enricher's table: lines `kind<TAB>name<TAB>spelling|spelling`.
    pub table: String,
}

/// A trained model.
#[derive(Debug)]
pub struct Trained {
    model: Model,
    /// The number of features with weights.
    pub features: usize,
}

impl Trained {
    /// The model as the product embeds it.
    ///
    /// If it cannot be packed.
    pub fn packed(&self) -> std::io::Result<Vec<u8>> {
        self.model.write()
    }

    /// The names in a text by this model.
    #[must_use]
    pub fn names(&self, text: &Text) -> Vec<crate::Name> {
        crate::names_by(&self.model, text)
    }
}

/// Trains a model. Calls `on_round` with the mean loss of each round. The same material and seed
/// give the same model.
///
/// If the lists cannot be unpacked.
pub fn train(
    material: &Material,
    seed: u64,
    mut on_round: impl FnMut(usize, f32),
) -> std::io::Result<Trained> {
    let lists = read(material)?;
    let fitted = fit::fit_weights(&material.samples, &lists, seed, &mut on_round);
    let model = pack(&fitted, lists.gazetteer);
    let features = model.rows.iter().filter(|row| row[TAGS] != 0).count();
    Ok(Trained { model, features })
}

/// The number of rows of the table.
const ROWS: usize = 1 << 18;
/// Larger weights are clamped.
const LARGEST: f32 = 3.0;
/// Features whose weights are all smaller are left out.
const LEAST: f32 = 0.03;

/// Packs the features in the order of their largest weights. Features that find no free row are
/// left out.
fn pack(fitted: &Fitted, gazetteer: Gazetteer) -> Model {
    let scale = LARGEST / 127.0;
    let rows = vec![[0; TAGS + 1]; ROWS];
    let mut model = Model { rows, scale, transitions: fitted.transitions, gazetteer };
    let size = |weights: &Scores| weights.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    let mut all: Vec<&(u64, Scores)> =
        fitted.weights.iter().filter(|(_, weights)| size(weights) >= LEAST).collect();
    all.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)).then(a.0.cmp(&b.0)));
    for (feature, weights) in all {
        let (at, check) = model.slot_of(*feature);
        let free = [at, at ^ 1].into_iter().find(|at| model.rows[*at][TAGS] == 0);
        if let (Some(free), None) = (free, model.row(*feature)) {
            model.rows[free] = row(weights, check, scale);
        }
    }
    model
}

fn row(weights: &Scores, check: u8, scale: f32) -> Row {
    let mut row = [check; TAGS + 1];
    for (byte, weight) in row.iter_mut().zip(weights) {
        *byte = ((weight / scale).round().clamp(-127.0, 127.0) as i8).cast_unsigned();
    }
    row
}

#[derive(Debug, Clone)]
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True in `of_thousand` of a thousand cases.
    fn happens(&mut self, of_thousand: usize) -> bool {
        self.below(1000) < of_thousand
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        (!from.is_empty()).then(|| &from[self.below(from.len())])
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            all.swap(at, self.below(at + 1));
        }
    }
}

/// The lists by kind.
struct Lists {
    gazetteer: Gazetteer,
    countries: Vec<String>,
    cities: Vec<String>,
    first_names: Vec<String>,
    surnames: Vec<String>,
}

fn read(material: &Material) -> std::io::Result<Lists> {
    let mut lines = String::new();
    ZlibDecoder::new(material.lists.as_slice()).read_to_string(&mut lines)?;
    let mut flags: HashMap<u64, u16> = HashMap::new();
    let mut of_kind: HashMap<&str, Vec<String>> = HashMap::new();
    for (kind, name) in lines.lines().filter_map(|line| line.split_once('\t')) {
        enter(&mut flags, name, flag(kind));
        match kind {
            "C" | "T" => enter_stem(&mut flags, name, PLACE_STEM),
            "F" => enter_stem(&mut flags, name, PERSON_STEM),
            "S" => {}
            _ => continue,
        }
        of_kind.entry(kind).or_default().push(name.to_owned());
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
