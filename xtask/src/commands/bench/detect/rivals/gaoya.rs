//! MinHash with locality-sensitive hashing (Broder 1997) by the crate `gaoya`, in its best form: 126 hashes
//! as 63 bands of two, shingles as numbers, and the articles of a band beside its key.

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32, SmallVecContainer};

use super::super::article::Article;
use super::super::method::Method;
use super::Stories;
use super::words::Splitter;

const BANDS: usize = 63;
const ROWS: usize = 2;
/// The smallest estimated Jaccard index.
const THRESHOLD: f64 = 0.15;

/// Makes a signature. The type of the crate's hasher is from a crate that wirefold does not depend on.
type Signer = Box<dyn Fn(&[u64]) -> Vec<u32>>;

/// Folds with the most similar earlier article.
pub(super) struct Gaoya {
    splitter: Splitter,
    sign: Signer,
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
        // The first of equals: the crate returns them in no order.
        let likeliest = found.iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
        let likeliest = likeliest.map(|(other, _)| *other);
        self.index.insert(article.number, signature);
        self.stories.join(article, likeliest)
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}
