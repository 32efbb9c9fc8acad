//! A cache of analysed texts: analysing a text again takes longer than most comparisons.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wirefold_text::Text;

use crate::ids::DocId;

/// The texts that were used last, analysed. Copies of one article come close together, so a small
/// cache is enough.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextCache {
    texts: FxHashMap<DocId, (u64, Arc<Text>)>,
    /// The texts by their last use: the value of `uses` at that time.
    order: BTreeMap<u64, DocId>,
    /// The number of uses of any text.
    uses: u64,
    /// The number of words of all texts that were not in the cache and had to be analysed.
    words: u64,
}

/// The number of texts in the cache: some 8 MB.
const MAX_CACHED: usize = 256;

impl TextCache {
    /// The analysed text of an article. Analyses `original` if it is not in the cache.
    pub(crate) fn get(&mut self, doc: DocId, original: impl FnOnce() -> String) -> Arc<Text> {
        let text = match self.texts.get(&doc) {
            Some((_, text)) => text.clone(),
            None => {
                let text = Text::new(&original());
                self.words += text.words().len() as u64;
                Arc::new(text)
            }
        };
        self.insert(doc, text.clone());
        text
    }

    /// The number of words of all texts that `get` had to analyse.
    pub(crate) fn words(&self) -> u64 {
        self.words
    }

    /// Inserts a text. If the cache is full, removes the text whose last use is the oldest.
    pub(crate) fn insert(&mut self, doc: DocId, text: Arc<Text>) {
        self.uses += 1;
        if let Some((used, _)) = self.texts.insert(doc, (self.uses, text)) {
            self.order.remove(&used);
        }
        self.order.insert(self.uses, doc);
        if self.texts.len() > MAX_CACHED
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.texts.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_not_used_for_longest_is_removed() {
        let original = || "one two".to_owned();
        let mut text_cache = TextCache::default();
        for doc in 0..u32::try_from(MAX_CACHED).unwrap() {
            text_cache.get(DocId(doc), original);
        }
        let first = text_cache.get(DocId(0), original);
        text_cache.get(DocId(9_999), original);
        assert_eq!(text_cache.texts.len(), MAX_CACHED);
        assert!(
            Arc::ptr_eq(&first, &text_cache.get(DocId(0), original)),
            "it was used a moment ago"
        );
        assert!(!text_cache.texts.contains_key(&DocId(1)));
    }
}
