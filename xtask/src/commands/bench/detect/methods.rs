//! The detector and the published methods with which it is compared. None of the others finds events, credit,
//! novelty or evidence, and none forgets old articles.

use std::sync::Arc;

use tempfile::TempDir;
use wirefold_detector::TextFolder;
use wirefold_fold::{Detector, Incoming, Prepared, Settings};

use crate::commands::accuracy::set::Doc;
use crate::machine::ThreadWatch;
use crate::minhash::{self, MinHash};

/// A method that finds the earlier article from which an article has its text.
pub(super) trait Method {
    /// Puts the article with this number, seen at this time, into a story.
    fn put(&mut self, number: u32, article: &Doc, time: i64) -> Placed;
}

/// The place of an article.
pub(super) struct Placed {
    /// Its story, given by the number of the first article with its text.
    pub(super) story: u32,
    /// The earlier article from which it was found to have its text.
    pub(super) with: Option<u32>,
    /// The microseconds of each step, if the method has steps.
    pub(super) steps: [f32; STEP_NAMES.len()],
}

/// The steps of a decision, in order.
pub(super) const STEP_NAMES: [&str; 2] = ["preparing", "deciding"];

/// The name of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MethodName {
    Simhash,
    OnePermutation,
    Wirefold,
}

impl MethodName {
    /// The name in tables.
    pub(super) fn title(self) -> &'static str {
        match self {
            MethodName::Simhash => "SimHash, at most 3 bits apart",
            MethodName::OnePermutation => "MinHash by one permutation, 64×2, J ≥ .15",
            MethodName::Wirefold => "wirefold, all steps",
        }
    }

    /// The method.
    pub(super) fn method(self) -> Box<dyn Method> {
        match self {
            MethodName::Simhash => Box::new(NearSignatures {
                signatures: Vec::new(),
                stories: Vec::new(),
                maps: vec![Vec::new(); PARTS * VALUES],
            }),
            MethodName::OnePermutation => Box::new(OnePermutation {
                index: MinHash::new(LEAST, ROWS, MAX_SHARED),
                stories: Vec::new(),
            }),
            MethodName::Wirefold => Box::new(Wirefold::new()),
        }
    }
}

/// The detector with its texts in durable files, as beside snapshots.
struct Wirefold {
    detector: Detector,
    _root: TempDir,
}

impl Wirefold {
    fn new() -> Wirefold {
        let root = tempfile::tempdir().expect("there is a place for temporary files");
        let folder = Arc::new(TextFolder::persistent(root.path()));
        let detector = Detector::new(Settings::default()).with_text_files(Some(folder));
        Wirefold { detector, _root: root }
    }
}

impl Method for Wirefold {
    fn put(&mut self, number: u32, article: &Doc, time: i64) -> Placed {
        let incoming = Incoming {
            items: &[article.url.as_deref().unwrap_or_default()],
            outlet: article.outlet.as_deref(),
            title: article.title.as_deref().unwrap_or_default(),
            byline: article.author.as_deref().unwrap_or_default(),
            text: &article.text,
            time,
            published: time,
            ..Incoming::default()
        };
        let watch = ThreadWatch::start();
        let prepared = Prepared::new(&incoming);
        let preparing = watch.micros() as f32;
        let story = self.detector.decide(&incoming, &prepared).story.0;
        let steps = [preparing, watch.micros() as f32 - preparing];
        Placed { story, with: (story != number).then_some(story), steps }
    }
}

/// Puts the next article into the story of the most similar earlier one.
fn join(stories: &mut Vec<u32>, number: u32, with: Option<u32>) -> Placed {
    let story = with.map_or(number, |other| stories[other as usize]);
    stories.push(story);
    Placed { story, with, steps: [0.0; STEP_NAMES.len()] }
}

/// The bands of a signature.
const BANDS: usize = 64;
/// The hashes of a band.
const ROWS: usize = 2;
/// The least estimated Jaccard index.
const LEAST: f64 = 0.15;
/// Of the articles that share a band, so many are compared.
const MAX_SHARED: usize = 64;

/// Folds with the most similar earlier article.
struct OnePermutation {
    index: MinHash,
    stories: Vec<u32>,
}

impl Method for OnePermutation {
    fn put(&mut self, number: u32, article: &Doc, _time: i64) -> Placed {
        let own = minhash::of_one_permutation(&article.text, BANDS * ROWS);
        let likeliest = self.index.likeliest(number, own);
        join(&mut self.stories, number, likeliest)
    }
}

/// The most bits that may differ.
const BITS: u32 = 3;
/// With this many parts of a signature, one part is equal if no more bits differ.
const PARTS: usize = 4;
/// The number of values of a part.
const VALUES: usize = 1 << 16;

/// Folds with the nearest earlier article whose signature differs in at most three bits.
struct NearSignatures {
    signatures: Vec<u64>,
    stories: Vec<u32>,
    /// The articles under each value of each part.
    maps: Vec<Vec<u32>>,
}

impl Method for NearSignatures {
    fn put(&mut self, number: u32, article: &Doc, _time: i64) -> Placed {
        let signature = simhash::simhash(&article.text);
        let key = |part: usize| part * VALUES + (signature >> (16 * part)) as usize % VALUES;
        let places: [usize; PARTS] = std::array::from_fn(key);
        let near = places.iter().flat_map(|place| &self.maps[*place]);
        let apart = |other: &u32| (self.signatures[*other as usize] ^ signature).count_ones();
        let nearest = near.map(|other| (apart(other), *other)).min();
        let found = nearest.filter(|(bits, _)| *bits <= BITS).map(|(_, other)| other);
        self.signatures.push(signature);
        places.iter().for_each(|place| self.maps[*place].push(number));
        join(&mut self.stories, number, found)
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    /// The story of an article of its own outlet, and the earlier article of its text.
    fn put(method: &mut dyn Method, number: u32, text: String) -> (u32, Option<u32>) {
        let (outlet, url) = (Some(format!("paper{number}.example")), Some(number.to_string()));
        let placed = method.put(number, &Doc { outlet, url, text, ..Doc::default() }, 0);
        (placed.story, placed.with)
    }

    #[test]
    fn every_method_finds_equal_texts() {
        let words = |from: usize| (from..from + 200).map(|n| format!("word{n} ")).collect();
        for name in MethodName::value_variants() {
            let mut method = name.method();
            let stories = [words(0), words(500), words(0)].into_iter().zip(0..);
            let stories = stories.map(|(text, number)| put(&mut *method, number, text));
            let expected = [(0, None), (1, None), (0, Some(0))];
            assert_eq!(stories.collect::<Vec<_>>(), expected, "{name:?}");
        }
    }

    /// A method that is only quick would not be an anchor. The one with shingles finds a reprint with another
    /// beginning and without its end.
    #[test]
    fn the_one_with_shingles_finds_two_thirds_of_a_text() {
        let text = |words: Vec<usize>| words.iter().map(|n| format!("w{n:x} ")).collect::<String>();
        let mut method = MethodName::OnePermutation.method();
        for number in 0..200 {
            let own = (0..500).map(|at| number as usize * 500 + at).collect();
            assert_eq!(put(&mut *method, number, text(own)).0, number);
        }
        let copied = (900_000..900_100).chain(35_100..35_400).collect();
        assert_eq!(put(&mut *method, 200, text(copied)).0, 70);
    }
}
