//! A cache of the sampled shingles of articles. When the detector recognises new boilerplate of an outlet,
//! it examines the outlet's articles, and opening a packed body takes far longer than reading a few hashes.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::body::Body;
use crate::boilerplate::{PASSAGE_HASHES, sampled_hashes};
use crate::ids::DocId;

/// The number of articles in the cache. They take some 4 MB.
const MAX_ARTICLES: usize = 4_096;

/// The sampled shingles of recent articles, first in, first out. A clone starts empty.
#[derive(Debug, Default)]
pub(crate) struct ShingleCache {
    /// By article, the hashes, sorted.
    articles: FxHashMap<DocId, Box<[u32]>>,
    /// The articles, the one that was inserted first in front.
    order: VecDeque<DocId>,
}

impl Clone for ShingleCache {
    fn clone(&self) -> ShingleCache {
        ShingleCache::default()
    }
}

impl ShingleCache {
    /// Whether an article has at least [`PASSAGE_HASHES`] mentions of the hashes `found`, which are
    /// different from each other. `body` is called if the article is not in the cache.
    pub(crate) fn has_passage(
        &mut self,
        doc: DocId,
        found: &[u32],
        body: impl FnOnce() -> Body,
    ) -> bool {
        let hashes = match self.articles.get(&doc) {
            Some(known) => known,
            None => self.insert(doc, &body()),
        };
        let mut inside = 0;
        for hash in found {
            let first = hashes.partition_point(|stored| stored < hash);
            inside += hashes[first..].iter().take_while(|stored| *stored == hash).count();
            if inside >= PASSAGE_HASHES {
                return true;
            }
        }
        false
    }

    /// Inserts the hashes of a body, and removes the article that was inserted first if the cache is full.
    fn insert(&mut self, doc: DocId, body: &Body) -> &[u32] {
        let hashes = sampled_hashes(&body.shingles());
        let mut hashes: Box<[u32]> = hashes.into_iter().map(|(_, hash)| hash).collect();
        hashes.sort_unstable();
        self.order.push_back(doc);
        if self.order.len() > MAX_ARTICLES
            && let Some(oldest) = self.order.pop_front()
        {
            self.articles.remove(&oldest);
        }
        self.articles.entry(doc).insert_entry(hashes).into_mut()
    }
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;

    fn body(name: &str, words: usize) -> Body {
        let text: String = (0..words).map(|n| format!("{name}{n} ")).collect();
        Body::new(&Text::new(&text))
    }

    #[test]
    fn a_body_is_opened_once() {
        let mut cache = ShingleCache::default();
        let hashes = sampled_hashes(&body("wire", 40).shingles());
        let found: Vec<u32> = hashes.iter().take(PASSAGE_HASHES).map(|(_, hash)| *hash).collect();
        assert!(cache.has_passage(DocId(1), &found, || body("wire", 40)));
        assert!(cache.has_passage(DocId(1), &found, || unreachable!("its hashes are cached")));
        assert!(
            !cache.has_passage(DocId(1), &found[1..], || unreachable!("its hashes are cached"))
        );
        assert!(!cache.has_passage(DocId(2), &found, || body("own", 40)));
        let twice = || {
            let words = body("wire", 40).words;
            Body { words: [words.clone(), words].concat() }
        };
        assert!(
            cache.has_passage(DocId(3), &found[..PASSAGE_HASHES / 2], twice),
            "each time counts"
        );
    }

    #[test]
    fn the_first_article_is_removed_from_a_full_cache() {
        let mut cache = ShingleCache::default();
        let last = u32::try_from(MAX_ARTICLES).unwrap();
        for doc in 0..=last {
            assert!(!cache.has_passage(DocId(doc), &[7], Body::default));
        }
        assert_eq!(
            (cache.articles.len(), cache.articles.contains_key(&DocId(0))),
            (MAX_ARTICLES, false)
        );
    }
}
