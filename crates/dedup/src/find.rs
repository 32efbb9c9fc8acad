//! The first half of a decision: which earlier articles are worth comparing, and what the comparison
//! says.

use rustc_hash::FxHashMap;

use crate::detector::{Detector, Incoming, item_hash};
use crate::doc::Doc;
use crate::events::StoryId;
use crate::fingerprint::Fingerprint;
use crate::index::{DocId, UnderKeys};
use crate::judge::{Judgement, Prior, judge};
use crate::reading::{Analysed, AtRest};

/// Earlier versions of an item that are compared.
const VERSIONS: usize = 4;
/// Members of one story among the articles verified, before others are taken.
const PER_STORY: usize = 6;

impl Detector {
    /// The earlier versions of the same item, and all earlier articles worth comparing, in order.
    pub(crate) fn find(
        &self,
        analysed: &Analysed,
        incoming: &Incoming<'_>,
    ) -> (Vec<DocId>, Vec<DocId>) {
        let Analysed { fingerprint, under_keys, .. } = analysed;
        let versions = self.versions(incoming);
        let mut earlier: Vec<DocId> = versions.clone();
        let same_text = fingerprint.exact.map(|exact| self.by_text.get(exact));
        earlier.extend(same_text.into_iter().flatten());
        if fingerprint.is_comparable(&self.settings) {
            earlier.extend(self.candidates(fingerprint, under_keys));
        }
        earlier.sort_unstable();
        earlier.dedup();
        (versions, earlier)
    }

    /// Opens earlier articles, to be compared with.
    pub(crate) fn open_all(&self, earlier: &[DocId]) -> Vec<AtRest<'_>> {
        earlier.iter().filter_map(|number| AtRest::new(self, *number)).collect()
    }

    /// Judges an article against the earlier ones that were found.
    pub(crate) fn judge(
        &self,
        doc: &Doc,
        analysed: &Analysed,
        versions: &[DocId],
        earlier: &[AtRest<'_>],
    ) -> Judgement {
        let priors: Vec<Prior<'_>> = earlier
            .iter()
            .map(|at_rest| Prior {
                doc: at_rest.number,
                article: at_rest.doc.article(at_rest, &at_rest.body, &at_rest.notes),
                same_item: versions.contains(&at_rest.number),
                same_outlet: doc.outlet.is_some() && doc.outlet == at_rest.doc.outlet,
                other_title: doc.title.zip(at_rest.doc.title).is_some_and(|(a, b)| a != b),
                common: &at_rest.common,
                foreign: &at_rest.foreign,
            })
            .collect();
        let Analysed { text, body, notes, .. } = analysed;
        judge(&doc.article(text, body, notes), &priors, &self.settings)
    }

    /// The latest versions of the same item.
    fn versions(&self, incoming: &Incoming<'_>) -> Vec<DocId> {
        let lists = incoming.items.iter().map(|item| self.by_item.get(item_hash(item)));
        let mut versions: Vec<DocId> = lists.flatten().copied().collect();
        versions.sort_unstable();
        versions.dedup();
        versions.split_off(versions.len().saturating_sub(VERSIONS))
    }

    /// The earlier articles worth verifying: the likeliest, but not one story only.
    fn candidates(&self, fingerprint: &Fingerprint, under_keys: &UnderKeys) -> Vec<DocId> {
        let found = self.index.candidates(fingerprint, under_keys);
        let mut per_story: FxHashMap<StoryId, usize> = FxHashMap::default();
        let (mut first, mut later) = (Vec::new(), Vec::new());
        for candidate in found.into_iter().filter(|found| self.docs.contains(found.doc)) {
            let story = self.story_of(candidate.doc);
            let taken = per_story.entry(story).or_default();
            *taken += 1;
            let list = if *taken <= PER_STORY { &mut first } else { &mut later };
            list.push(candidate.doc);
        }
        first.extend(later);
        first.truncate(self.settings.verified);
        first
    }
}
