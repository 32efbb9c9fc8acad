//! MinHash (Broder 1997) with locality-sensitive hashing in bands (Indyk and Motwani 1998).
//!
//! The crate `gaoya` has it, with 22 crates that nothing else here needs.

use std::collections::BTreeSet;
use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashMap};
use wirefold_text::normalise;

/// Words in a shingle.
const WORDS: usize = 3;

/// Earlier texts by number, found by their estimated Jaccard index.
pub(crate) struct MinHash {
    threshold: f64,
    rows: usize,
    signatures: FxHashMap<u32, Vec<u64>>,
    /// The texts of each band's values.
    bands: Vec<FxHashMap<Vec<u64>, Vec<u32>>>,
}

impl MinHash {
    /// Looks up `bands` of `rows` hashes each, for texts whose index reaches `threshold`.
    pub(crate) fn new(threshold: f64, bands: usize, rows: usize) -> MinHash {
        let bands = vec![FxHashMap::default(); bands];
        MinHash { threshold, rows, signatures: FxHashMap::default(), bands }
    }

    /// The most similar earlier text, the first of equals. Then this one is added.
    pub(crate) fn likeliest(&mut self, number: u32, text: &str) -> Option<u32> {
        let own = self.signature(text);
        let mut found = BTreeSet::new();
        for (band, values) in self.bands.iter_mut().zip(own.chunks(self.rows)) {
            let texts = band.entry(values.to_vec()).or_default();
            found.extend(texts.iter().copied());
            texts.push(number);
        }
        let count_equal = |other: &u32| {
            let pairs = own.iter().zip(&self.signatures[other]);
            pairs.filter(|(here, there)| here == there).count()
        };
        let least = self.threshold * own.len() as f64;
        let similar = found.iter().map(|other| (count_equal(other), *other));
        let similar = similar.filter(|(equal, _)| *equal as f64 >= least);
        let likeliest = similar.min_by_key(|(equal, other)| (own.len() - equal, *other));
        self.signatures.insert(number, own);
        likeliest.map(|(_, other)| other)
    }

    /// The smallest hash of the shingles under each hash function.
    fn signature(&self, text: &str) -> Vec<u64> {
        let normal = normalise(text);
        let words: Vec<&str> = normal.split(' ').collect();
        let mut signature = vec![u64::MAX; self.rows * self.bands.len()];
        for shingle in words.windows(WORDS) {
            let mut hash = FxBuildHasher.hash_one(shingle);
            for least in &mut signature {
                hash = next(hash);
                *least = (*least).min(hash);
            }
        }
        signature
    }
}

/// A step of SplitMix64 (Steele, Lea and Flood 2014): every step is another hash function of the first value.
fn next(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
