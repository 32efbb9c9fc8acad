//! MinHash with locality-sensitive hashing (Broder 1997), by the crate `gaoya`.

use gaoya::minhash::{MinHashIndex, MinHasher, MinHasher32};
use wirefold_text::normalise;

use super::child::{Article, Method};

/// Words in a shingle.
const WORDS: usize = 3;

/// Makes the signature of words: the crate's hasher has a type of a crate that we do not name.
type Sign = Box<dyn Fn(&[&str]) -> Vec<u32>>;

/// Folds with the likeliest earlier article whose estimated Jaccard index reaches a threshold.
pub(super) struct MinHash {
    sign: Sign,
    index: MinHashIndex<u32, u32>,
    stories: Vec<u32>,
}

impl MinHash {
    /// `bands` of `rows` hashes each are looked up.
    pub(super) fn new(threshold: f64, bands: usize, rows: usize) -> MinHash {
        let hasher = MinHasher32::new(bands * rows);
        MinHash {
            sign: Box::new(move |words| hasher.create_signature(words.windows(WORDS))),
            index: MinHashIndex::new(bands, rows, threshold),
            stories: Vec::new(),
        }
    }
}

impl Method for MinHash {
    fn story(&mut self, article: &Article) -> u32 {
        let normal = normalise(&article.text);
        let words: Vec<&str> = normal.split(' ').collect();
        let signature = (self.sign)(&words);
        let found = self.index.query_owned_return_similarity(&signature);
        // Of equals the first: the crate gives them in no order.
        let likeliest = found.iter().max_by(|(a, x), (b, y)| x.total_cmp(y).then(b.cmp(a)));
        let story = likeliest.map_or(article.number, |(other, _)| self.stories[*other as usize]);
        self.stories.push(story);
        self.index.insert(article.number, signature);
        story
    }
}
