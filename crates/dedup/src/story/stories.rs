//! Stores the members of each story, and merges and splits stories.
//!
//! Input: which articles belong together. Output: the members of a story, and the story to which an
//! id leads. This file does not know why two articles are in one story.

use std::slice;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::codec::id_table::IdTable;
use crate::codec::written;
use crate::ids::{DocId, Redirects, StoryId};
use crate::story::not_the_same::NotTheSame;
use crate::story::{Merge, Split};

/// A story: one text and its copies.
#[derive(Debug, Clone)]
pub struct Story {
    /// The first article to arrive. Its number is the id of the story.
    pub first: DocId,
    /// All members if there are more than one, otherwise empty.
    several: Vec<DocId>,
    /// Whether a manual override made it. Only people may then divide it.
    is_by_hand: bool,
}

impl Story {
    /// A story of these members. They are in order, and `first` is one of them.
    fn new(first: DocId, members: Vec<DocId>, is_by_hand: bool) -> Story {
        let several = if members.len() > 1 { members } else { Vec::new() };
        Story { first, several, is_by_hand }
    }

    /// All members in the order of arrival, versions included.
    #[must_use]
    pub fn members(&self) -> &[DocId] {
        if self.several.is_empty() { slice::from_ref(&self.first) } else { &self.several }
    }

    fn add(&mut self, doc: DocId) {
        if self.several.is_empty() {
            self.several.push(self.first);
        }
        self.several.push(doc);
    }
}

/// All stories of the window.
#[derive(Debug, Clone, Default)]
pub struct Stories {
    stories: IdTable<StoryId, Story>,
    redirects: Redirects<StoryId>,
    links: FxHashMap<(StoryId, StoryId), Vec<DocId>>,
    not_the_same: NotTheSame,
    /// See [`Stories::changes`].
    changes: u64,
}

/// Added to the number of changes to say that everything may have changed. No caller that compares
/// two numbers of changes tolerates so many.
const ALL_CHANGED: u64 = 1 << 32;

/// The number of links that merge two stories. The linking articles must not be copies of each
/// other.
const LINKS_TO_MERGE: usize = 2;

impl Stories {
    /// Opens a story with its first article, whose number becomes its id.
    pub fn open(&mut self, first: DocId) -> StoryId {
        let story = StoryId::of(first);
        self.stories.insert(story, Story::new(first, vec![first], false));
        story
    }

    /// Adds a member.
    pub fn join(&mut self, story: StoryId, doc: DocId) {
        let story = self.resolve(story);
        if let Some(story) = self.stories.get_mut(story) {
            story.add(doc);
        }
    }

    /// The story behind an id, after merges.
    #[must_use]
    pub fn get(&self, story: StoryId) -> Option<&Story> {
        self.stories.get(self.resolve(story))
    }

    /// The id that a story has after merges.
    #[must_use]
    pub fn resolve(&self, story: StoryId) -> StoryId {
        self.redirects.resolve(story)
    }

    /// The number of merges, and of articles that moved to another story, since this table was made
    /// or read. Forgetting stories adds [`ALL_CHANGED`].
    #[must_use]
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether the redirects contain no cycle, which a damaged snapshot could have.
    pub(crate) fn is_sound(&self) -> bool {
        self.redirects.is_acyclic()
    }

    /// Records a link: `doc`, a member of `story`, could also have joined `other`. Two links by
    /// articles that are not copies of each other merge the two stories, and the older id stays.
    /// `is_copy` says whether an earlier linking article is a copy of `doc`. Returns the merge if
    /// there was one.
    pub fn link(
        &mut self,
        story: StoryId,
        other: StoryId,
        doc: DocId,
        is_copy: impl Fn(DocId) -> bool,
    ) -> Option<Merge<StoryId>> {
        let pair = self.may_merge(story, other)?;
        let links = self.links.entry(pair).or_default();
        if links.iter().any(|earlier| *earlier == doc || is_copy(*earlier)) {
            return None;
        }
        links.push(doc);
        (links.len() >= LINKS_TO_MERGE).then(|| self.merge(pair))
    }

    /// Merges two stories because one article is mostly the text of both. The older id stays.
    /// Returns the merge if there was one.
    pub fn bridge(&mut self, one: StoryId, other: StoryId) -> Option<Merge<StoryId>> {
        self.may_merge(one, other).map(|pair| self.merge(pair))
    }

    /// The present ids of two stories, the older one first. `None` if they are one story already,
    /// or if an override keeps them apart.
    fn may_merge(&self, one: StoryId, other: StoryId) -> Option<(StoryId, StoryId)> {
        let (one, other) = (self.resolve(one), self.resolve(other));
        let may = one != other && !self.are_apart(one, other);
        may.then(|| (one.min(other), one.max(other)))
    }

    /// Merges two stories by a manual override, even if an earlier override keeps them apart. The
    /// older id stays. `None` if they are one story already, or if one of them is unknown.
    pub fn merge_by_override(&mut self, one: StoryId, other: StoryId) -> Option<Merge<StoryId>> {
        let (one, other) = (self.resolve(one), self.resolve(other));
        let (older, younger) = (one.min(other), one.max(other));
        if older == younger || !self.stories.contains(older) || !self.stories.contains(younger) {
            return None;
        }
        let merge = self.merge((older, younger));
        self.keep_whole(older);
        if let Some(story) = self.stories.get(older) {
            self.not_the_same.allow_together(story.members());
        }
        Some(merge)
    }

    /// Marks a story so that only people may divide it.
    pub fn keep_whole(&mut self, story: StoryId) {
        let story = self.resolve(story);
        if let Some(story) = self.stories.get_mut(story) {
            story.is_by_hand = true;
        }
    }

    /// Whether only people may divide a story.
    pub(crate) fn is_by_hand(&self, story: StoryId) -> bool {
        self.get(story).is_some_and(|story| story.is_by_hand)
    }

    /// Splits a story: the members `leaving`, which are in order, and the rest become two stories.
    /// The one with the first article keeps the id, and the other is new. `None` if one of
    /// `leaving` is not a member, or if one of the two would be empty.
    pub fn split(&mut self, story: StoryId, leaving: &[DocId]) -> Option<Split> {
        let from = self.resolve(story);
        let entry = self.stories.get(from)?;
        let is_leaving = |doc: &DocId| leaving.binary_search(doc).is_ok();
        let (leave, rest): (Vec<DocId>, Vec<DocId>) =
            entry.members().iter().partition(|doc| is_leaving(doc));
        if leave.len() != leaving.len() || rest.is_empty() {
            return None;
        }
        let (members, moved) = if is_leaving(&entry.first) { (leave, rest) } else { (rest, leave) };
        let (first_moved, is_by_hand) = (*moved.first()?, entry.is_by_hand);
        let into = StoryId::of(first_moved);
        if let Some(remaining) = self.stories.get_mut(from) {
            *remaining = Story::new(remaining.first, members, is_by_hand);
        }
        self.changes += moved.len() as u64;
        self.redirects.split(from, into);
        self.move_links(from, into, &moved);
        self.stories.insert(into, Story::new(first_moved, moved.clone(), is_by_hand));
        Some(Split { from, into, moved })
    }

    /// Moves the links by articles that moved from `from` to `into`.
    fn move_links(&mut self, from: StoryId, into: StoryId, moved: &[DocId]) {
        let has_moved = |doc: &DocId| moved.binary_search(doc).is_ok();
        let mut found: Vec<(StoryId, Vec<DocId>)> = Vec::new();
        for (pair, docs) in &mut self.links {
            let other = match *pair {
                (one, other) if one == from => other,
                (one, other) if other == from => one,
                _ => continue,
            };
            found.push((other, docs.extract_if(.., |doc| has_moved(doc)).collect()));
        }
        for (other, docs) in found.into_iter().filter(|(_, docs)| !docs.is_empty()) {
            if self.resolve(other) == into {
                continue;
            }
            self.links.entry((into.min(other), into.max(other))).or_default().extend(docs);
        }
    }

    /// Keeps the present members of two stories apart, even if they are copies of each other.
    pub fn keep_apart(&mut self, one: StoryId, other: StoryId) {
        let members = |story| self.get(story).map_or_else(Vec::new, |it| it.members().to_vec());
        let (one, other) = (members(one), members(other));
        self.not_the_same.keep_apart(one, other);
    }

    /// Keeps two articles out of one story.
    pub fn keep_articles_apart(&mut self, one: DocId, other: DocId) {
        self.not_the_same.keep_apart(vec![one.min(other)], vec![one.max(other)]);
    }

    /// Whether an override keeps two stories apart.
    #[must_use]
    pub fn are_apart(&self, one: StoryId, other: StoryId) -> bool {
        !self.not_the_same.is_empty()
            && self.get(one).zip(self.get(other)).is_some_and(|(one, other)| {
                self.not_the_same.keeps_apart(one.members(), other.members())
            })
    }

    fn merge(&mut self, (older, younger): (StoryId, StoryId)) -> Merge<StoryId> {
        let merge = Merge { older, younger };
        let Some(gone) = self.stories.remove(younger) else {
            return merge;
        };
        self.changes += 1;
        self.redirects.insert(younger, older);
        // If people split it off again, its articles would be others than those that made these
        // links.
        self.links.retain(|(one, other), _| *one != younger && *other != younger);
        if let Some(kept) = self.stories.get_mut(older) {
            let mut members = [kept.members(), gone.members()].concat();
            members.sort_unstable();
            *kept = Story::new(kept.first, members, kept.is_by_hand || gone.is_by_hand);
        }
        merge
    }

    /// Forgets the stories whose every member `is_gone`.
    pub fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        self.changes += ALL_CHANGED;
        self.stories.retain(|_, story| !story.members().iter().all(|doc| is_gone(*doc)));
        self.links.retain(|_, docs| !docs.iter().all(|doc| is_gone(*doc)));
        self.redirects.retain(|story| self.stories.contains(story));
        if !self.not_the_same.is_empty() {
            let living = self.stories.values().flat_map(Story::members);
            let living: FxHashSet<DocId> = living.copied().collect();
            self.not_the_same.forget(|doc| !living.contains(&doc));
        }
    }
}

impl Stories {
    /// Divides the table into parts by story number. [`Stories::append`] joins them again.
    pub(crate) fn divide(self) -> Vec<Stories> {
        let mut divided = self.stories.divide().into_iter();
        let first = Stories { stories: divided.next().unwrap_or_default(), ..self };
        let others = divided.map(|stories| Stories { stories, ..Stories::default() });
        [first].into_iter().chain(others).collect()
    }

    /// Appends the next part. `None` if it does not follow the stories that are here.
    pub(crate) fn append(&mut self, next: Stories) -> Option<()> {
        self.redirects.append(next.redirects);
        self.links.extend(next.links);
        self.not_the_same.append(next.not_the_same);
        self.stories.append(next.stories)
    }
}

written!(Story { first, several, is_by_hand });
written!(Stories { stories, redirects, links, not_the_same } not_written { changes });

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_independent_links_merge_and_the_older_id_stays() {
        let mut stories = Stories::default();
        let (a, b) = (stories.open(DocId(0)), stories.open(DocId(1)));
        stories.join(a, DocId(2));
        assert_eq!(stories.link(a, b, DocId(2), |_| false), None);
        assert_eq!(
            stories.link(a, b, DocId(3), |earlier| earlier == DocId(2)),
            None,
            "a copy of the first link"
        );
        assert_eq!(
            stories.link(a, b, DocId(4), |_| false),
            Some(Merge { older: StoryId(0), younger: StoryId(1) })
        );
        assert_eq!(stories.resolve(b), a);
        assert_eq!(
            stories.get(b).map(|s| s.members().to_vec()),
            Some([0, 1, 2].map(DocId).to_vec())
        );
    }

    fn members(stories: &Stories, story: StoryId) -> Vec<DocId> {
        stories.get(story).map_or_else(Vec::new, |story| story.members().to_vec())
    }

    #[test]
    fn a_split_forms_a_new_story_and_the_id_stays_with_the_first_article() {
        let mut stories = Stories::default();
        let story = stories.open(DocId(0));
        (1..5).for_each(|doc| stories.join(story, DocId(doc)));
        assert_eq!(stories.split(story, &[]), None, "nothing");
        assert_eq!(stories.split(story, &[0, 1, 2, 3, 4].map(DocId)), None, "all of them");
        assert_eq!(stories.split(story, &[2, 9].map(DocId)), None, "a stranger");
        let split = stories.split(story, &[2, 4].map(DocId)).unwrap();
        assert_eq!(
            (split.from, split.into, &*split.moved),
            (StoryId(0), StoryId(2), &[2, 4].map(DocId)[..])
        );
        assert_eq!(
            (members(&stories, StoryId(0)), members(&stories, StoryId(2))),
            ([0, 1, 3].map(DocId).to_vec(), [2, 4].map(DocId).to_vec())
        );
        // The first article leaves: it keeps the id, and the others become the new story.
        let other = stories.split(story, &[0, 3].map(DocId)).unwrap();
        assert_eq!(
            (other.from, other.into, &*other.moved),
            (StoryId(0), StoryId(1), &[1].map(DocId)[..])
        );
        assert_eq!(members(&stories, StoryId(0)), [0, 3].map(DocId));
    }

    #[test]
    fn a_split_after_a_merge_gives_the_story_its_old_id_back() {
        let mut stories = Stories::default();
        let (a, b, c) = (stories.open(DocId(0)), stories.open(DocId(1)), stories.open(DocId(2)));
        stories.join(b, DocId(3));
        assert_eq!(
            stories.merge_by_override(c, b),
            Some(Merge { older: StoryId(1), younger: StoryId(2) })
        );
        assert_eq!(
            stories.merge_by_override(c, a),
            Some(Merge { older: StoryId(0), younger: StoryId(1) })
        );
        assert_eq!(stories.merge_by_override(b, c), None, "they are one");
        assert_eq!(stories.split(a, &[1, 3].map(DocId)).map(|split| split.into), Some(b));
        assert_eq!((stories.resolve(b), stories.resolve(c)), (b, a));
        assert_eq!(members(&stories, c), [0, 2].map(DocId));
    }

    #[test]
    fn links_never_merge_what_is_kept_apart_and_a_manual_merge_does() {
        let mut stories = Stories::default();
        let (a, b, c) = (stories.open(DocId(0)), stories.open(DocId(1)), stories.open(DocId(2)));
        stories.join(a, DocId(3));
        stories.keep_apart(a, b);
        for doc in (4..9).map(DocId) {
            assert_eq!(stories.link(a, b, doc, |_| false), None);
        }
        // A merge with a third story does not change that.
        assert_eq!(
            stories.merge_by_override(b, c),
            Some(Merge { older: StoryId(1), younger: StoryId(2) })
        );
        assert!(stories.are_apart(c, a));
        stories.split(a, &[3].map(DocId));
        assert!(stories.are_apart(StoryId(3), b) && !stories.are_apart(StoryId(3), a));
        assert!(stories.merge_by_override(a, b).is_some());
        assert!(!stories.are_apart(a, c) && stories.are_apart(StoryId(3), a));
    }

    #[test]
    fn a_story_that_was_merged_and_split_off_again_has_no_old_links() {
        let mut stories = Stories::default();
        let (a, b, c) = (stories.open(DocId(0)), stories.open(DocId(1)), stories.open(DocId(2)));
        [3, 4].into_iter().for_each(|doc| stories.join(b, DocId(doc)));
        assert_eq!(stories.link(b, c, DocId(3), |_| false), None);
        assert!(stories.merge_by_override(a, b).is_some());
        assert_eq!(stories.split(a, &[1, 4].map(DocId)).map(|split| split.into), Some(b));
        assert_eq!(
            stories.link(b, c, DocId(4), |_| false),
            None,
            "the first link is by another's article"
        );
    }

    #[test]
    fn links_move_with_the_articles_that_made_them() {
        let mut stories = Stories::default();
        let (a, b) = (stories.open(DocId(0)), stories.open(DocId(1)));
        [2, 3].into_iter().for_each(|doc| stories.join(a, DocId(doc)));
        assert_eq!(stories.link(a, b, DocId(2), |_| false), None);
        stories.split(a, &[2].map(DocId));
        assert_eq!(
            stories.link(a, b, DocId(3), |_| false),
            None,
            "the other link is of another story"
        );
        assert!(stories.link(StoryId(2), b, DocId(9), |_| false).is_some());
    }

    #[test]
    fn articles_are_kept_apart_as_long_as_copies_of_both_are_in_the_window() {
        let mut stories = Stories::default();
        let (a, b) = (stories.open(DocId(0)), stories.open(DocId(1)));
        stories.keep_articles_apart(DocId(1), DocId(0));
        [(a, 2), (b, 3)].into_iter().for_each(|(story, doc)| stories.join(story, DocId(doc)));
        stories.forget(|doc| doc < DocId(2));
        assert!(stories.are_apart(a, b), "their copies live");
        stories.forget(|doc| doc < DocId(3));
        assert!(stories.not_the_same.is_empty());
    }
}
