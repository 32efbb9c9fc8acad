//! Decides which traits of an article its outlet's boilerplate is learned from.

use rustc_hash::FxHashSet;

use crate::boilerplate::Traits;
use crate::detector::Detector;
use crate::ids::{DocId, StoryId};
use crate::store::doc::{Doc, Relative};

/// Relatives share part of a text from so many words on; below that it is a wall, a blurb, a caption.
const FAMILY_WORDS: u32 = 60;

impl Detector {
    /// Learns what the outlet prints on its pages. What of this one it is known to print from now on.
    pub(crate) fn learn_boilerplate(
        &mut self,
        number: DocId,
        doc: &Doc,
        traits: &Traits,
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
        self.boilerplate.learn(number, doc.time, traits, is_copy)
    }

    /// The articles that share so much with this one, or with one that does, that they tell nothing of
    /// their outlet's boilerplate, whether they folded or not: all of them have parts of one text.
    fn family(&self, doc: &Doc) -> FxHashSet<DocId> {
        let close = |of: &Doc| -> Vec<DocId> {
            let is_close = |kin: &&Relative| kin.shared_words >= FAMILY_WORDS;
            of.kin().iter().filter(is_close).map(|kin| kin.doc).collect()
        };
        let first = close(doc);
        let second = first.iter().filter_map(|relative| self.docs.get(*relative)).flat_map(close);
        first.iter().copied().chain(second).collect()
    }
}
