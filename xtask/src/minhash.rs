//! MinHash with locality-sensitive hashing (Broder 1997), by the crate `gaoya`.

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32};
use wirefold_text::normalise;

/// Words in a shingle.
const WORDS: usize = 3;

/// Makes the signature of words. The type of the crate's hasher is from a crate that wirefold does not depend
/// on.
type Sign = Box<dyn Fn(&[&str]) -> Vec<u32>>;

/// Earlier texts by number, found by their estimated Jaccard index.
pub(crate) struct MinHash {
    sign: Sign,
    index: MinHashIndex<u32, u32>,
}

impl MinHash {
    /// Looks up `bands` of `rows` hashes each, for texts whose index reaches `threshold`.
    pub(crate) fn new(threshold: f64, bands: usize, rows: usize) -> MinHash {
        let hasher = MinHasher32::new(bands * rows);
        MinHash {
            sign: Box::new(move |words| hasher.create_signature(words.windows(WORDS))),
            index: MinHashIndex::new(bands, rows, threshold),
        }
    }

    /// The most similar earlier text. Then this one is added.
    pub(crate) fn likeliest(&mut self, number: u32, text: &str) -> Option<u32> {
        let normal = normalise(text);
        let words: Vec<&str> = normal.split(' ').collect();
        let signature = (self.sign)(&words);
        let found = self.index.query_owned_return_similarity(&signature);
        // The first of equals: the crate returns them in no order.
        let likeliest = found.iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
        let likeliest = likeliest.map(|(other, _)| *other);
        self.index.insert(number, signature);
        likeliest
    }
}
