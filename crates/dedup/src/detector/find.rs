//! The first half of a decision: finds the earlier articles to compare with, and judges the new
//! article against them.
//!
//! A new article comes in; its judgement goes out. Nothing is recorded here.

use rustc_hash::FxHashMap;

use crate::body::fingerprint::Fingerprint;
use crate::detector::incoming::Incoming;
use crate::detector::reading::{Analysed, EarlierArticle};
use crate::detector::{Detector, foreign_page_hash, item_hash};
use crate::ids::{DocId, StoryId};
use crate::index::KeyPostings;
use crate::judge::{Judgement, Prior, judge};
use crate::store::doc::Doc;

/// The most earlier versions of an item that are compared.
const MAX_VERSIONS: usize = 4;
/// The most candidates of one story that are preferred to candidates of other stories.
const MAX_PER_STORY: usize = 6;

/// Earlier articles that share an identity (item, address or page) with the new one.
pub(crate) struct SharedIdentities<'a> {
    /// Earlier articles of the same item, or at the same address.
    pub(crate) versions: &'a [DocId],
    /// Those of `versions` that the feed calls the same item. The others only share an address.
    pub(crate) same_name: &'a [DocId],
    /// Articles on the same page according to the feed of another site. They are no versions.
    pub(crate) same_page: &'a [DocId],
}

/// The seconds between two articles: the larger of the difference between the times at which they
/// were seen and the difference between the claimed times of publication. A first poll brings the
/// items of several days at once, so the times seen alone would be too close.
pub(crate) fn seconds_between(doc: &Doc, earlier: &Doc) -> i64 {
    let claimed = doc.published.abs_diff(earlier.published);
    let seen = doc.time.abs_diff(earlier.time);
    i64::try_from(seen.max(claimed)).unwrap_or(i64::MAX)
}

impl Detector {
    /// Finds the earlier articles worth comparing: earlier versions, articles with the same text,
    /// and candidates of the index. Returns the versions alone, all of them in order, and how many
    /// candidates were scored.
    pub(crate) fn find_earlier(
        &self,
        analysed: &Analysed,
        incoming: &Incoming<'_>,
    ) -> (Vec<DocId>, Vec<DocId>, u64) {
        let Analysed { fingerprint, key_postings, .. } = analysed;
        let (versions, mut scored) = (self.earlier_versions(incoming), 0);
        let mut earlier: Vec<DocId> = versions.clone();
        let same_text = fingerprint.exact.map(|exact| self.by_text.get(exact));
        earlier.extend(same_text.into_iter().flatten());
        if fingerprint.is_findable() {
            let (candidates, count) = self.candidates(fingerprint, key_postings);
            earlier.extend(candidates);
            scored = count;
        }
        earlier.sort_unstable();
        earlier.dedup();
        (versions, earlier, scored)
    }

    /// Loads earlier articles for the comparison, without those that left the window.
    pub(crate) fn load_all(&self, earlier: &[DocId]) -> Vec<EarlierArticle<'_>> {
        earlier.iter().filter_map(|number| EarlierArticle::new(self, *number)).collect()
    }

    /// Judges an article against these earlier articles.
    pub(crate) fn judge(
        &self,
        doc: &Doc,
        analysed: &Analysed,
        identities: &SharedIdentities<'_>,
        earlier: &[EarlierArticle<'_>],
    ) -> Judgement {
        let Analysed { text, body, notes, .. } = analysed;
        let priors: Vec<Prior<'_>> = earlier
            .iter()
            .map(|article| Prior {
                doc: article.number,
                article: article.doc.article(article, &article.body, &article.notes),
                same_item: identities.versions.contains(&article.number),
                same_name: identities.same_name.contains(&article.number),
                same_page: identities.same_page.contains(&article.number),
                same_outlet: doc.outlet.is_some() && doc.outlet == article.doc.outlet,
                titles: notes.title.compare(&article.notes.title),
                seconds: seconds_between(doc, article.doc),
                common: &article.common,
                foreign: &article.foreign,
            })
            .collect();
        judge(&doc.article(text, body, notes), &priors, &self.settings)
    }

    /// The latest articles that the feed calls the same item. `versions` also has those that only
    /// share an address.
    pub(crate) fn articles_with_same_name(
        &self,
        incoming: &Incoming<'_>,
        versions: &[DocId],
    ) -> Vec<DocId> {
        if versions.is_empty() {
            return Vec::new();
        }
        // The feed of another site names a page with its own name in front.
        let foreign_name =
            incoming.via.zip(incoming.page).map(|(via, page)| format!("{via}\u{1f}{page}"));
        let is_page = |item: &str| [incoming.page, foreign_name.as_deref()].contains(&Some(item));
        self.latest_versions(incoming.items.iter().copied().filter(|item| !is_page(item)))
    }

    /// The latest articles of the same item, or at the same address.
    fn earlier_versions(&self, incoming: &Incoming<'_>) -> Vec<DocId> {
        self.latest_versions(incoming.items.iter().copied())
    }

    fn latest_versions<'a>(&self, items: impl Iterator<Item = &'a str>) -> Vec<DocId> {
        let lists = items.map(|item| self.by_item.get(item_hash(item)));
        let mut versions: Vec<DocId> = lists.flatten().copied().collect();
        versions.sort_unstable();
        versions.dedup();
        versions.split_off(versions.len().saturating_sub(MAX_VERSIONS))
    }

    /// Earlier articles on the same page, if another site's feed says so for the new article or for
    /// the earlier one.
    pub(crate) fn articles_on_same_page(&self, incoming: &Incoming<'_>) -> Vec<DocId> {
        let Some(page) = incoming.page else { return Vec::new() };
        let foreign = self.by_item.get(foreign_page_hash(page));
        // Articles of the outlet's own feed on one page are versions, which is a stronger relation.
        let own = incoming.via.map(|_| self.by_item.get(item_hash(page)));
        foreign.iter().chain(own.into_iter().flatten()).copied().collect()
    }

    /// The candidates to verify, likeliest first, with at most [`MAX_PER_STORY`] of one story while
    /// other stories have candidates; and how many were scored.
    fn candidates(
        &self,
        fingerprint: &Fingerprint,
        key_postings: &KeyPostings,
    ) -> (Vec<DocId>, u64) {
        let (candidates, scored) = self.index.score(fingerprint, key_postings);
        let mut per_story: FxHashMap<StoryId, usize> = FxHashMap::default();
        let (mut preferred, mut rest) = (Vec::new(), Vec::new());
        for candidate in candidates.into_iter().filter(|it| self.docs.contains(it.doc)) {
            let story = self.story_of(candidate.doc);
            let count = per_story.entry(story).or_default();
            *count += 1;
            let list = if *count <= MAX_PER_STORY { &mut preferred } else { &mut rest };
            list.push(candidate.doc);
        }
        preferred.extend(rest);
        preferred.truncate(self.settings.verified);
        (preferred, scored)
    }
}
