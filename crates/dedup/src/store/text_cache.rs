//! A cache of the texts that were read last: analysing a text again takes longer than most comparisons.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use wirefold_text::Text;

use crate::ids::DocId;

/// The texts that were looked at last, analysed: copies come in swarms.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextCache {
    held: FxHashMap<DocId, (u64, Arc<Text>)>,
    /// By the time of their last use.
    order: BTreeMap<u64, DocId>,
    uses: u64,
    /// Words of the texts that were analysed anew.
    words: u64,
}

/// Analysed texts held at once: some 8 MB.
const HELD: usize = 256;

impl TextCache {
    /// The text, analysed anew where it is not held.
    pub(crate) fn get(&mut self, doc: DocId, original: impl FnOnce() -> String) -> Arc<Text> {
        let text = match self.held.get(&doc) {
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

    /// How many words were read in analysing texts anew.
    pub(crate) fn words(&self) -> u64 {
        self.words
    }

    /// Inserts a text, and lets go of the one that was not used for longest.
    pub(crate) fn insert(&mut self, doc: DocId, text: Arc<Text>) {
        self.uses += 1;
        if let Some((used, _)) = self.held.insert(doc, (self.uses, text)) {
            self.order.remove(&used);
        }
        self.order.insert(self.uses, doc);
        if self.held.len() > HELD
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.held.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_used_is_let_go() {
        let original = || "one two".to_owned();
        let mut text_cache = TextCache::default();
        for doc in 0..u32::try_from(HELD).unwrap() {
            text_cache.get(DocId(doc), original);
        }
        let first = text_cache.get(DocId(0), original);
        text_cache.get(DocId(9_999), original);
        assert_eq!(text_cache.held.len(), HELD);
        assert!(
            Arc::ptr_eq(&first, &text_cache.get(DocId(0), original)),
            "it was used a moment ago"
        );
        assert!(!text_cache.held.contains_key(&DocId(1)));
    }
}
