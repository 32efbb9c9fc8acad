//! Stories: one text with all its copies. The book-keeping of members, merges and redirects.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::events::StoryId;
use crate::index::DocId;
use crate::numbered::Numbered;
use crate::snapshot::written;
use crate::verdict::Merge;

/// A story: one text and its copies.
#[derive(Debug, Clone)]
pub struct Story {
    /// The first article: the story's id, its lead and its origin.
    pub first: DocId,
    /// All members in the order of arrival, versions among them.
    pub members: Vec<DocId>,
}

/// All stories of the window.
#[derive(Debug, Clone, Default)]
pub struct Stories {
    stories: Numbered<Story>,
    redirects: FxHashMap<StoryId, StoryId>,
    links: FxHashMap<(StoryId, StoryId), Vec<DocId>>,
}

/// Links by articles that are no copies of each other that merge two stories.
const LINKS_TO_MERGE: usize = 2;

impl Stories {
    /// Opens a story with its first article; its id is the article's number.
    pub fn open(&mut self, first: DocId) -> StoryId {
        self.stories.insert(first, Story { first, members: vec![first] });
        first
    }

    /// Adds a member.
    pub fn join(&mut self, story: StoryId, doc: DocId) {
        let story = self.resolve(story);
        if let Some(story) = self.stories.get_mut(story) {
            story.members.push(doc);
        }
    }

    /// The story behind an id, after merges.
    #[must_use]
    pub fn get(&self, story: StoryId) -> Option<&Story> {
        self.stories.get(self.resolve(story))
    }

    /// Where a story went after merges.
    #[must_use]
    pub fn resolve(&self, mut story: StoryId) -> StoryId {
        while let Some(next) = self.redirects.get(&story) {
            story = *next;
        }
        story
    }

    /// Notes that `doc`, a member of `story`, could as well have joined `other`. Two such links by
    /// articles that are no copies of each other make the two stories one: the older id stays.
    /// Returns the two when that happened.
    pub fn link(
        &mut self,
        story: StoryId,
        other: StoryId,
        doc: DocId,
        is_copy: impl Fn(DocId) -> bool,
    ) -> Option<Merge> {
        let (story, other) = (self.resolve(story), self.resolve(other));
        if story == other {
            return None;
        }
        let pair = (story.min(other), story.max(other));
        let links = self.links.entry(pair).or_default();
        if links.iter().any(|earlier| *earlier == doc || is_copy(*earlier)) {
            return None;
        }
        links.push(doc);
        if links.len() < LINKS_TO_MERGE {
            return None;
        }
        self.merge(pair.0, pair.1);
        Some(Merge { older: pair.0, younger: pair.1 })
    }

    fn merge(&mut self, older: StoryId, younger: StoryId) {
        let Some(gone) = self.stories.remove(younger) else {
            return;
        };
        self.redirects.insert(younger, older);
        if let Some(kept) = self.stories.get_mut(older) {
            kept.members.extend(gone.members);
            kept.members.sort_unstable();
        }
    }

    /// Forgets the stories whose every member `is_gone`.
    pub fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.stories.retain(|_, story| !story.members.iter().all(|doc| is_gone(*doc)));
        self.links.retain(|_, docs| !docs.iter().all(|doc| is_gone(*doc)));
        let known = |id: &StoryId| self.stories.contains(self.resolve(*id));
        let kept: FxHashSet<StoryId> = self.redirects.keys().copied().filter(known).collect();
        self.redirects.retain(|from, _| kept.contains(from));
    }
}

written!(Story { first, members });
written!(Stories { stories, redirects, links });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_independent_links_merge_and_the_older_id_stays() {
        let mut stories = Stories::default();
        let (a, b) = (stories.open(0), stories.open(1));
        stories.join(a, 2);
        assert_eq!(stories.link(a, b, 2, |_| false), None);
        assert_eq!(stories.link(a, b, 3, |earlier| earlier == 2), None, "a copy of the first link");
        assert_eq!(stories.link(a, b, 4, |_| false), Some(Merge { older: 0, younger: 1 }));
        assert_eq!(stories.resolve(b), a);
        assert_eq!(stories.get(b).map(|s| s.members.clone()), Some(vec![0, 1, 2]));
    }
}
