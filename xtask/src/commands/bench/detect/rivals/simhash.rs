//! SimHash (Charikar 2002) by the crate `simhash`, and a map by parts of it (Manku 2007).

use super::super::article::Article;
use super::super::method::Method;
use super::Stories;

/// The most bits that may differ.
const BITS: u32 = 3;
/// With this many parts of a signature, one part is equal if no more bits differ.
const PARTS: usize = 4;
/// The number of values of a part.
const VALUES: usize = 1 << 16;

/// Folds with the nearest earlier article whose signature differs in at most three bits.
pub(super) struct NearSignatures {
    signatures: Vec<u64>,
    stories: Stories,
    /// The articles under each value of each part.
    maps: Vec<Vec<u32>>,
}

impl NearSignatures {
    pub(super) fn new() -> NearSignatures {
        let maps = vec![Vec::new(); PARTS * VALUES];
        NearSignatures { signatures: Vec::new(), stories: Stories::default(), maps }
    }
}

impl Method for NearSignatures {
    fn story(&mut self, article: &Article) -> u32 {
        let signature = simhash::simhash(&article.text);
        let key = |part: usize| part * VALUES + (signature >> (16 * part)) as usize % VALUES;
        let places: [usize; PARTS] = std::array::from_fn(key);
        let near = places.iter().flat_map(|place| &self.maps[*place]);
        let apart = |other: &u32| (self.signatures[*other as usize] ^ signature).count_ones();
        let nearest = near.map(|other| (apart(other), *other)).min();
        let found = nearest.filter(|(bits, _)| *bits <= BITS).map(|(_, other)| other);
        self.signatures.push(signature);
        places.iter().for_each(|place| self.maps[*place].push(article.number));
        self.stories.join(article, found)
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}
