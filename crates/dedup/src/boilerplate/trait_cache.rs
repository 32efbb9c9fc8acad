//! A cache of the traits of articles that the detector examines when it recognises boilerplate of their outlet:
//! opening a packed body takes far longer than reading a few traits.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use crate::body::Body;
use crate::boilerplate::{ROW, shingle_traits};
use crate::ids::DocId;

/// Articles held at once: some 4 MB.
const HELD: usize = 4_096;

/// The traits of the articles that were looked at first of late. A clone begins without any.
#[derive(Debug, Default)]
pub(crate) struct TraitCache {
    /// In order of the traits.
    held: FxHashMap<DocId, Box<[u32]>>,
    order: VecDeque<DocId>,
}

impl Clone for TraitCache {
    fn clone(&self) -> TraitCache {
        TraitCache::default()
    }
}

impl TraitCache {
    /// Whether an article has a row of these traits, each named once; its body is asked for where its
    /// traits are not held.
    pub(crate) fn has_row(
        &mut self,
        doc: DocId,
        found: &[u32],
        body: impl FnOnce() -> Body,
    ) -> bool {
        let traits = match self.held.get(&doc) {
            Some(known) => known,
            None => self.insert(doc, &body()),
        };
        let mut inside = 0;
        for hash in found {
            let first = traits.partition_point(|held| held < hash);
            inside += traits[first..].iter().take_while(|held| *held == hash).count();
            if inside >= ROW {
                return true;
            }
        }
        false
    }

    /// Inserts the traits of a body, and lets go of those that came first.
    fn insert(&mut self, doc: DocId, body: &Body) -> &[u32] {
        let traits = shingle_traits(&body.shingles());
        let mut traits: Box<[u32]> = traits.into_iter().map(|(_, hash)| hash).collect();
        traits.sort_unstable();
        self.order.push_back(doc);
        if self.order.len() > HELD
            && let Some(oldest) = self.order.pop_front()
        {
            self.held.remove(&oldest);
        }
        self.held.entry(doc).insert_entry(traits).into_mut()
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
    fn a_row_is_found_as_often_as_it_is_asked_for_and_its_body_once() {
        let mut cache = TraitCache::default();
        let traits = shingle_traits(&body("wire", 40).shingles());
        let found: Vec<u32> = traits.iter().take(ROW).map(|(_, hash)| *hash).collect();
        assert!(cache.has_row(DocId(1), &found, || body("wire", 40)));
        assert!(cache.has_row(DocId(1), &found, || unreachable!("its traits are held")));
        assert!(!cache.has_row(DocId(1), &found[1..], || unreachable!("its traits are held")));
        assert!(!cache.has_row(DocId(2), &found, || body("own", 40)));
        let twice = || {
            let words = body("wire", 40).words;
            Body { words: [words.clone(), words].concat() }
        };
        assert!(cache.has_row(DocId(3), &found[..ROW / 2], twice), "each time counts");
    }

    #[test]
    fn what_came_first_is_let_go() {
        let mut cache = TraitCache::default();
        let last = u32::try_from(HELD).unwrap();
        for doc in 0..=last {
            assert!(!cache.has_row(DocId(doc), &[7], Body::default));
        }
        assert_eq!((cache.held.len(), cache.held.contains_key(&DocId(0))), (HELD, false));
    }
}
