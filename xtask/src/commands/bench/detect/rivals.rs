//! What the detector is compared with.

use std::collections::{HashMap, HashSet};

use wirefold_dedup::Body;
use wirefold_text::{Text, normalise};

use super::child::{Article, Method};
use super::minhash::MinHash;
use super::ours::Wirefold;

/// A method by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Name {
    Wirefold,
    SimhashSignature,
    Simhash,
    Minhash5,
    Minhash3,
    Naive,
}

impl Name {
    /// The name by which the child is asked for it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Name::Wirefold => "wirefold",
            Name::SimhashSignature => "simhash-signature",
            Name::Simhash => "simhash",
            Name::Minhash5 => "minhash5",
            Name::Minhash3 => "minhash3",
            Name::Naive => "naive",
        }
    }

    /// What the report calls it.
    pub(super) fn title(self) -> &'static str {
        match self {
            Name::Wirefold => "wirefold",
            Name::SimhashSignature => "SimHash, equal signatures",
            Name::Simhash => "SimHash, at most 3 bits apart",
            Name::Minhash5 => "MinHash, Jaccard 0.5",
            Name::Minhash3 => "MinHash, Jaccard 0.3",
            Name::Naive => "all with all, by shared shingles",
        }
    }

    pub(super) fn method(self) -> Box<dyn Method> {
        match self {
            Name::Wirefold => Box::new(Wirefold::new()),
            Name::SimhashSignature => Box::<Signatures>::default(),
            Name::Simhash => Box::<NearSignatures>::default(),
            // The bands that find half of the pairs at the threshold, some 126 hashes in all.
            Name::Minhash5 => Box::new(MinHash::new(0.5, 25, 5)),
            Name::Minhash3 => Box::new(MinHash::new(0.3, 42, 3)),
            Name::Naive => Box::<AllWithAll>::default(),
        }
    }
}

/// The least that can find a reprint: a SimHash and a look into a map.
#[derive(Default)]
struct Signatures {
    known: HashMap<u64, u32>,
}

impl Method for Signatures {
    fn story(&mut self, article: &Article) -> u32 {
        *self.known.entry(simhash::simhash(&article.text)).or_insert(article.number)
    }
}

/// SimHash of normalised words with an index: of four quarters, one is equal where at most three
/// bits differ (Manku 2007).
#[derive(Default)]
struct NearSignatures {
    signatures: Vec<u64>,
    stories: Vec<u32>,
    quarters: HashMap<(u32, u16), Vec<u32>>,
}

/// The most bits that may differ.
const BITS: u32 = 3;

impl Method for NearSignatures {
    fn story(&mut self, article: &Article) -> u32 {
        let normal = normalise(&article.text);
        let signature = simhash::simhash_stream(normal.split(' '));
        let keys = [0, 16, 32, 48].map(|shift| (shift, (signature >> shift & 0xffff) as u16));
        let near = keys.iter().filter_map(|key| self.quarters.get(key)).flatten();
        let apart = |other: &u32| (self.signatures[*other as usize] ^ signature).count_ones();
        let nearest = near.map(|other| (apart(other), *other)).min();
        let found = nearest.filter(|(bits, _)| *bits <= BITS);
        let story = found.map_or(article.number, |(_, other)| self.stories[other as usize]);
        self.signatures.push(signature);
        self.stories.push(story);
        for key in keys {
            self.quarters.entry(key).or_default().push(article.number);
        }
        story
    }
}

/// Compares with every earlier article what a method without an index would: all shingles.
#[derive(Default)]
struct AllWithAll {
    known: Vec<(HashSet<u64>, u32)>,
}

/// The share of the smaller text's shingles that makes a reprint.
const CONTAINED: f64 = 0.45;

impl Method for AllWithAll {
    fn story(&mut self, article: &Article) -> u32 {
        let shingles: HashSet<u64> =
            Body::new(&Text::new(&article.text)).shingles().into_iter().collect();
        let mut likeliest = (CONTAINED, article.number);
        for (other, story) in &self.known {
            let common = shingles.intersection(other).count() as f64;
            let contained = common / shingles.len().min(other.len()).max(1) as f64;
            if contained > likeliest.0 {
                likeliest = (contained, *story);
            }
        }
        self.known.push((shingles, likeliest.1));
        likeliest.1
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_method_is_asked_for_by_its_name_and_finds_what_is_equal() {
        let words = |from: usize| (from..from + 200).map(|n| format!("word{n} ")).collect();
        for name in Name::value_variants() {
            assert_eq!(Name::from_str(name.name(), false).as_ref(), Ok(name));
            let mut method = name.method();
            let mut story = |number: u32, text: String| {
                let (outlet, url) = (format!("paper{number}.example"), number.to_string());
                let (title, byline) = (String::new(), String::new());
                method.story(&Article { number, outlet, url, title, byline, text, time: 0 })
            };
            let stories = [story(0, words(0)), story(1, words(500)), story(2, words(0))];
            assert_eq!(stories, [0, 1, 0], "{name:?}");
        }
    }
}
