//! MinHash with locality-sensitive hashing (Broder 1997) by the crate `gaoya`, at its best: 126 hashes as 63
//! bands of two, shingles as numbers, articles of a band beside their key.

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32, SmallVecContainer};

use super::super::child::{Article, Method};
use super::Stories;
use super::words::Splitter;

const BANDS: usize = 63;
const ROWS: usize = 2;
/// The least estimated index of Jaccard.
const THRESHOLD: f64 = 0.15;

/// Makes a signature: the crate's hasher has a type of a crate that we do not name.
type Sign = Box<dyn Fn(&[u64]) -> Vec<u32>>;

/// Folds with the likeliest earlier article.
pub(super) struct Gaoya {
    splitter: Splitter,
    sign: Sign,
    index: MinHashIndex<u32, u32, SmallVecContainer<u32, 2>>,
    stories: Stories,
}

impl Gaoya {
    pub(super) fn new() -> Gaoya {
        let hasher = MinHasher32::new(BANDS * ROWS);
        Gaoya {
            splitter: Splitter::default(),
            sign: Box::new(move |shingles| hasher.create_signature(shingles.iter())),
            index: MinHashIndex::new_index(BANDS, ROWS, THRESHOLD),
            stories: Stories::default(),
        }
    }
}

impl Method for Gaoya {
    fn story(&mut self, article: &Article) -> u32 {
        let signature = (self.sign)(self.splitter.shingles(&article.text));
        let found = self.index.query_owned_return_similarity(&signature);
        // Of equals the first: the crate gives them in no order.
        let likeliest = found.iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
        let likeliest = likeliest.map(|(other, _)| *other);
        self.index.insert(article.number, signature);
        self.stories.join(article, likeliest)
    }

    fn named(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}
