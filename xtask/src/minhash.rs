//! MinHash (Broder 1997) with locality-sensitive hashing in bands (Indyk and Motwani 1998).
//!
//! The crates `gaoya` and `probminhash` have it, each with more than twenty crates that nothing else here needs.

use std::hash::BuildHasher as _;

use rustc_hash::{FxBuildHasher, FxHashMap};
use wirefold_score::Random;
use wirefold_text::normalise;

/// Words in a shingle of [`of_permutations`].
const WORDS: usize = 3;
/// Words in a shingle of [`of_one_permutation`].
const MORE_WORDS: usize = 5;
/// An empty bin of one permutation.
const EMPTY: u64 = u64::MAX;

/// Earlier texts by number, found by their estimated Jaccard index.
pub(crate) struct MinHash {
    threshold: f64,
    rows: usize,
    most: usize,
    /// All texts in the order of arrival.
    texts: Vec<(u32, Vec<u64>)>,
    /// The latest entry for each band's values.
    latest: FxHashMap<u64, usize>,
    /// An entry for each band of each text, with the entry before it that has the same values.
    before: Vec<Option<usize>>,
}

impl MinHash {
    /// Looks up bands of some rows each, for texts whose index reaches `threshold`. Of the texts that share a band,
    /// only the last `most` are looked up.
    pub(crate) fn new(threshold: f64, rows: usize, most: usize) -> MinHash {
        let (texts, latest, before) = (Vec::new(), FxHashMap::default(), Vec::new());
        MinHash { threshold, rows, most, texts, latest, before }
    }

    /// The most similar earlier text, the first of equals by number. Then this one is added by its signature.
    pub(crate) fn likeliest(&mut self, number: u32, own: Vec<u64>) -> Option<u32> {
        let bands = own.len() / self.rows;
        let mut found = Vec::new();
        for (band, values) in own.chunks(self.rows).enumerate() {
            let key = FxBuildHasher.hash_one((band, values));
            let latest = self.latest.insert(key, self.before.len());
            self.before.push(latest);
            let sharing = std::iter::successors(latest, |entry| self.before[*entry]);
            found.extend(sharing.take(self.most).map(|entry| entry / bands));
        }
        found.sort_unstable();
        found.dedup();
        let similar = found.into_iter().map(|place| {
            let (other, signature) = &self.texts[place];
            let equal = own.iter().zip(signature).filter(|(here, there)| here == there).count();
            (equal, *other)
        });
        let least = self.threshold * own.len() as f64;
        let similar = similar.filter(|(equal, _)| *equal as f64 >= least);
        let likeliest = similar.min_by_key(|(equal, other)| (own.len() - equal, *other));
        self.texts.push((number, own));
        likeliest.map(|(_, other)| other)
    }
}

/// The smallest hash of a text's shingles under each of `size` hash functions.
pub(crate) fn of_permutations(text: &str, size: usize) -> Vec<u64> {
    let normal = normalise(text);
    let words: Vec<&str> = normal.split(' ').collect();
    let mut signature = vec![u64::MAX; size];
    for shingle in words.windows(WORDS) {
        let mut hash = FxBuildHasher.hash_one(shingle);
        for least in &mut signature {
            hash = next(hash);
            *least = (*least).min(hash);
        }
    }
    signature
}

/// The smallest hash of a text's shingles in each of `size` bins (Li, Owen and Zhang 2012): one hash for each
/// shingle. An empty bin takes the value of one that is drawn by its number.
pub(crate) fn of_one_permutation(text: &str, size: usize) -> Vec<u64> {
    // Spaces and most marks are below the digits: one comparison for each byte.
    let words = text.as_bytes().split(|byte| *byte < b'0').filter(|word| !word.is_empty());
    let mut hashes = Vec::with_capacity(text.len() / 5);
    hashes.extend(words.map(|word| FxBuildHasher.hash_one(word)));
    // The high half of the product: a number below `size`, without a division.
    let below_size = |hash: u64| ((u128::from(hash) * size as u128) >> 64) as usize;
    let mut bins = vec![EMPTY; size];
    for shingle in hashes.windows(MORE_WORDS.min(hashes.len().max(1))) {
        let hash = next(shingle.iter().fold(0, |hash, word| hash.rotate_left(9) ^ word));
        let bin = &mut bins[below_size(hash)];
        *bin = (*bin).min(hash);
    }
    if hashes.is_empty() {
        return bins;
    }
    let filled = |bin: usize| {
        let draws = (0..).map(|attempt| below_size(next((bin as u64) << 32 | attempt)));
        std::iter::once(bin).chain(draws).find(|other| bins[*other] != EMPTY)
    };
    (0..size).filter_map(|bin| Some(bins[filled(bin)?])).collect()
}

/// Every step is another hash function of the first value.
fn next(value: u64) -> u64 {
    Random::new(value).bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_hashes_are_as_many_as_the_index_of_jaccard_says() {
        let mut random = Random::new(7);
        let all: Vec<String> =
            (0..1_354).map(|_| format!("{:x} ", random.below(1 << 40))).collect();
        // 450 of 1,350 shingles of five words, and nearly as many of three, are in both.
        let (one, other) = (all[..904].concat(), all[450..].concat());
        for signature in [of_permutations, of_one_permutation] {
            let (one, other) = (signature(&one, 128), signature(&other, 128));
            let equal = one.iter().zip(&other).filter(|(a, b)| a == b).count();
            assert!((30..56).contains(&equal), "{equal} of 128");
        }
        let few = of_one_permutation("a few words of a text", 128);
        assert!(few.iter().all(|value| *value != EMPTY), "no bin stays empty");
    }

    #[test]
    fn the_last_of_many_that_share_a_band_are_compared() {
        let mut index = MinHash::new(0.5, 2, 2);
        let signatures = [[5, 6], [5, 6], [5, 7], [5, 6], [5, 6]];
        let found = (0..).zip(signatures).map(|(at, own)| index.likeliest(at, own.to_vec()));
        assert_eq!(found.collect::<Vec<_>>(), [None, Some(0), None, Some(0), Some(1)]);
    }
}
