//! MinHash by one permutation (Li, Owen and Zhang 2012) with optimal densification (Shrivastava 2017).
//!
//! One hash of each shingle: its first bits are the bin, and the smallest of the others is the value of the
//! bin. The crate `probminhash` has this as `OptDens`, with some thirty dependencies that are not needed
//! here. The kernel fits on a page, so it is written out here.

use super::super::article::Article;
use super::super::method::Method;
use super::Stories;
use super::table::Table;
use super::words::{Splitter, mixed};

/// The number of bins in a signature, as a power of two.
const BINS_LOG: u32 = 7;
const BINS: usize = 1 << BINS_LOG;
/// The number of bins in a band.
const ROWS: usize = 2;
const BANDS: usize = BINS / ROWS;
/// The part of two signatures that must be equal: the estimated Jaccard index in percent.
const PERCENT: usize = 15;
/// Bands that more articles share are ignored.
const MAX_SHARED: u32 = 64;
/// An empty bin.
const EMPTY: u64 = u64::MAX;

/// Folds with the most similar earlier article.
pub(super) struct OnePermutation {
    splitter: Splitter,
    table: Table,
    signatures: Vec<[u32; BINS]>,
    found: Vec<u32>,
    stories: Stories,
}

impl OnePermutation {
    /// With room for this many articles.
    pub(super) fn new(articles: usize) -> OnePermutation {
        OnePermutation {
            splitter: Splitter::default(),
            table: Table::new(articles * BANDS),
            signatures: Vec::with_capacity(articles),
            found: Vec::new(),
            stories: Stories::default(),
        }
    }
}

/// The signature of shingles. There must be at least one.
fn signature(shingles: &[u64]) -> [u32; BINS] {
    let mut bins = [EMPTY; BINS];
    for hash in shingles {
        let bin = &mut bins[(hash >> (64 - BINS_LOG)) as usize];
        *bin = (*bin).min(hash & (EMPTY >> BINS_LOG));
    }
    // An empty bin takes the value of a bin that is drawn by its own number.
    let drawn = |bin: usize| {
        let mut draws = (0..).map(|attempt| mixed((bin as u64) << 32 | attempt) as usize % BINS);
        draws.find(|other| bins[*other] != EMPTY).unwrap_or(bin)
    };
    std::array::from_fn(|bin| {
        let from = if bins[bin] == EMPTY { drawn(bin) } else { bin };
        mixed(bins[from]) as u32
    })
}

/// The keys of the bands of a signature.
fn bands(signature: &[u32; BINS]) -> [u64; BANDS] {
    std::array::from_fn(|band| {
        let both = u64::from(signature[ROWS * band]) << 32 | u64::from(signature[ROWS * band + 1]);
        mixed(both ^ mixed(band as u64 + 1))
    })
}

impl Method for OnePermutation {
    fn story(&mut self, article: &Article) -> u32 {
        let own = signature(self.splitter.shingles(&article.text));
        self.found.clear();
        let found = &mut self.found;
        let tell = |other| found.push(other);
        self.table.look_up_and_enter(&bands(&own), article.number, MAX_SHARED, tell);
        self.found.sort_unstable();
        self.found.dedup();
        let alike = |other: &u32| {
            let pairs = own.iter().zip(&self.signatures[*other as usize]);
            pairs.filter(|(here, there)| here == there).count()
        };
        let likely = self.found.iter().map(|other| (alike(other), *other));
        let likely = likely.filter(|(equal, _)| 100 * equal >= PERCENT * BINS);
        let likeliest = likely.min_by_key(|(equal, other)| (BINS - equal, *other));
        self.signatures.push(own);
        self.stories.join(article, likeliest.map(|(_, other)| other))
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}

#[cfg(test)]
mod tests {
    use wirefold_score::Random;

    use super::*;

    #[test]
    fn equal_bins_are_as_many_as_the_index_of_jaccard_says() {
        let mut random = Random::new(7);
        let all: Vec<u64> = (0..1_350).map(|_| random.below(usize::MAX) as u64).collect();
        // 450 of 1,350 are in both.
        let (one, other) = (signature(&all[..900]), signature(&all[450..]));
        let equal = one.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!((30..56).contains(&equal), "{equal} of {BINS}");
        let few = signature(&all[..3]);
        assert!(few.iter().all(|value| *value != mixed(EMPTY) as u32), "no bin stays empty");
    }
}
