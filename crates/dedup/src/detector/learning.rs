//! Learns an outlet's boilerplate from an article, and decides which earlier articles count as
//! evidence.

use rustc_hash::FxHashSet;

use crate::boilerplate::PageHashes;
use crate::detector::Detector;
use crate::ids::{DocId, StoryId};
use crate::store::doc::{Doc, Relative};

/// Articles that share this many words have parts of one text. Fewer shared words may be a wall, a
/// blurb or a caption.
const MIN_FAMILY_WORDS: u32 = 60;

impl Detector {
    /// Learns boilerplate from the traits of an article. Returns the traits that are boilerplate
    /// from now on.
    pub(crate) fn learn_boilerplate(
        &mut self,
        number: DocId,
        doc: &Doc,
        page_hashes: &PageHashes,
    ) -> Vec<u32> {
        let (docs, stories) = (&self.docs, &self.stories);
        let family = self.family(doc);
        let story_of = |of: DocId| docs.get(of).map(|relative| stories.resolve(relative.story));
        let own = stories.resolve(doc.story);
        let families: FxHashSet<StoryId> =
            family.iter().filter_map(|of| story_of(*of)).chain([own]).collect();
        let is_copy = |other: DocId| {
            family.contains(&other) || story_of(other).is_some_and(|of| families.contains(&of))
        };
        self.boilerplate.learn(number, doc.time, page_hashes, is_copy)
    }

    /// The articles that share at least [`MIN_FAMILY_WORDS`] with this one, or with one that does.
    /// They all have parts of one text, folded or not, so what they repeat is no evidence of
    /// boilerplate.
    fn family(&self, doc: &Doc) -> FxHashSet<DocId> {
        let close = |of: &Doc| -> Vec<DocId> {
            let is_close = |kin: &&Relative| kin.shared_words >= MIN_FAMILY_WORDS;
            of.relatives().iter().filter(is_close).map(|kin| kin.doc).collect()
        };
        let first = close(doc);
        let second = first.iter().filter_map(|relative| self.docs.get(*relative)).flat_map(close);
        first.iter().copied().chain(second).collect()
    }
}
