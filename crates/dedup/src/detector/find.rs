//! The first half of a decision: finds the earlier articles to compare with, and judges the new one against them.
//!
//! A new article comes in; its judgement goes out. It records nothing.

use rustc_hash::FxHashMap;

use crate::body::fingerprint::Fingerprint;
use crate::detector::incoming::Incoming;
use crate::detector::reading::{Analysed, AtRest};
use crate::detector::{Detector, foreign_page_hash, item_hash};
use crate::ids::{DocId, StoryId};
use crate::index::UnderKeys;
use crate::judge::{Judgement, Prior, judge};
use crate::store::doc::Doc;

/// Earlier versions of an item that are compared.
const VERSIONS: usize = 4;
/// Members of one story among the articles verified, before others are taken.
const PER_STORY: usize = 6;

/// Earlier articles by what they have in common with the new one besides their text.
pub(crate) struct KnownAs<'a> {
    /// Earlier articles of the same item, or at the same address.
    pub(crate) versions: &'a [DocId],
    /// Those of them that its feed calls the same item.
    pub(crate) named: &'a [DocId],
    /// Those on the same page, of which another site says so.
    pub(crate) same_page: &'a [DocId],
}

/// The seconds between two articles, by when they were seen or by when they claim to be
/// published: a first poll brings the items of days at once.
pub(crate) fn seconds_between(doc: &Doc, earlier: &Doc) -> i64 {
    let claimed = doc.published.abs_diff(earlier.published);
    let seen = doc.time.abs_diff(earlier.time);
    i64::try_from(seen.max(claimed)).unwrap_or(i64::MAX)
}

impl Detector {
    /// The earlier versions of the same item, and all earlier articles worth comparing, in order; and how
    /// many were scored to find them.
    pub(crate) fn find(
        &self,
        analysed: &Analysed,
        incoming: &Incoming<'_>,
    ) -> (Vec<DocId>, Vec<DocId>, u64) {
        let Analysed { fingerprint, under_keys, .. } = analysed;
        let (versions, mut scored) = (self.versions(incoming), 0);
        let mut earlier: Vec<DocId> = versions.clone();
        let same_text = fingerprint.exact.map(|exact| self.by_text.get(exact));
        earlier.extend(same_text.into_iter().flatten());
        if fingerprint.is_findable() {
            let (likeliest, count) = self.candidates(fingerprint, under_keys);
            earlier.extend(likeliest);
            scored = count;
        }
        earlier.sort_unstable();
        earlier.dedup();
        (versions, earlier, scored)
    }

    /// Opens earlier articles, to be compared with.
    pub(crate) fn open_all(&self, earlier: &[DocId]) -> Vec<AtRest<'_>> {
        let in_window = |number: &DocId| self.docs.contains(*number);
        self.documents.will_read(earlier.iter().copied().filter(in_window));
        earlier.iter().filter_map(|number| AtRest::new(self, *number)).collect()
    }

    /// Judges an article against the earlier ones that were found.
    pub(crate) fn judge(
        &self,
        doc: &Doc,
        analysed: &Analysed,
        known: &KnownAs<'_>,
        earlier: &[AtRest<'_>],
    ) -> Judgement {
        let Analysed { text, body, notes, .. } = analysed;
        let priors: Vec<Prior<'_>> = earlier
            .iter()
            .map(|at_rest| Prior {
                doc: at_rest.number,
                article: at_rest.doc.article(at_rest, &at_rest.body, &at_rest.notes),
                same_item: known.versions.contains(&at_rest.number),
                same_name: known.named.contains(&at_rest.number),
                same_page: known.same_page.contains(&at_rest.number),
                same_outlet: doc.outlet.is_some() && doc.outlet == at_rest.doc.outlet,
                titles: notes.title.compare(&at_rest.notes.title),
                seconds: seconds_between(doc, at_rest.doc),
                common: &at_rest.common,
                foreign: &at_rest.foreign,
            })
            .collect();
        judge(&doc.article(text, body, notes), &priors, &self.settings)
    }

    /// The latest articles that its feed calls the same item, among those of the same item or address.
    pub(crate) fn named(&self, incoming: &Incoming<'_>, versions: &[DocId]) -> Vec<DocId> {
        if versions.is_empty() {
            return Vec::new();
        }
        // What a stranger's site tells of a page stands behind its name.
        let told = incoming.via.zip(incoming.page).map(|(via, page)| format!("{via}\u{1f}{page}"));
        let is_page = |item: &str| [incoming.page, told.as_deref()].contains(&Some(item));
        self.latest(incoming.items.iter().copied().filter(|item| !is_page(item)))
    }

    /// The latest articles of the same item, or at the same address.
    fn versions(&self, incoming: &Incoming<'_>) -> Vec<DocId> {
        self.latest(incoming.items.iter().copied())
    }

    fn latest<'a>(&self, items: impl Iterator<Item = &'a str>) -> Vec<DocId> {
        let lists = items.map(|item| self.by_item.get(item_hash(item)));
        let mut versions: Vec<DocId> = lists.flatten().copied().collect();
        versions.sort_unstable();
        versions.dedup();
        versions.split_off(versions.len().saturating_sub(VERSIONS))
    }

    /// Earlier articles on the same page, where one site says so of another: no versions.
    pub(crate) fn on_same_page(&self, incoming: &Incoming<'_>) -> Vec<DocId> {
        let Some(page) = incoming.page else { return Vec::new() };
        let told = self.by_item.get(foreign_page_hash(page));
        // The outlet's own are versions of each other, which is more.
        let own = incoming.via.map(|_| self.by_item.get(item_hash(page)));
        told.iter().chain(own.into_iter().flatten()).copied().collect()
    }

    /// The earlier articles worth verifying: the likeliest, but not one story only; and how many were
    /// scored.
    fn candidates(&self, fingerprint: &Fingerprint, under_keys: &UnderKeys) -> (Vec<DocId>, u64) {
        let (found, scored) = self.documents.scored(fingerprint, under_keys);
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
        (first, scored)
    }
}
