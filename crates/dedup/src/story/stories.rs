//! The members of each story, merges and redirects.
//!
//! Which articles belong together comes in; the members of a story and where its id leads go out. It never knows
//! why two articles are one story.

use std::slice;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::codec::numbered::Numbered;
use crate::codec::written;
use crate::ids::{DocId, StoryId, all_end};
use crate::story::not_the_same::NotTheSame;
use crate::story::{Merge, Split};

/// A story: one text and its copies.
#[derive(Debug, Clone)]
pub struct Story {
    /// The first article: the story's id, its lead and its origin.
    pub first: DocId,
    /// All members, where there are others than the first.
    several: Vec<DocId>,
    /// Whether people said that it is one: nothing divides it but people.
    is_by_hand: bool,
}

impl Story {
    /// A story of these members, which are in order and begin with `first`.
    fn new(first: DocId, members: Vec<DocId>, is_by_hand: bool) -> Story {
        let several = if members.len() > 1 { members } else { Vec::new() };
        Story { first, several, is_by_hand }
    }

    /// All members in the order of arrival, versions among them.
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
    stories: Numbered<StoryId, Story>,
    redirects: FxHashMap<StoryId, StoryId>,
    links: FxHashMap<(StoryId, StoryId), Vec<DocId>>,
    not_the_same: NotTheSame,
    /// See [`Stories::changes`].
    changes: u64,
}

/// More changes than anything outlives.
const ALL_CHANGED: u64 = 1 << 32;

/// Links by articles that are no copies of each other that merge two stories.
const LINKS_TO_MERGE: usize = 2;

impl Stories {
    /// Opens a story with its first article; its id is the article's number.
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

    /// Where a story went after merges.
    #[must_use]
    pub fn resolve(&self, mut story: StoryId) -> StoryId {
        while let Some(next) = self.redirects.get(&story) {
            story = *next;
        }
        story
    }

    /// How often two stories became one, and articles moved to another, since this table was made or read. Much
    /// more once some were forgotten.
    #[must_use]
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Whether what was read can be followed.
    pub(crate) fn is_sound(&self) -> bool {
        all_end(&self.redirects)
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
    ) -> Option<Merge<StoryId>> {
        let pair = self.may_merge(story, other)?;
        let links = self.links.entry(pair).or_default();
        if links.iter().any(|earlier| *earlier == doc || is_copy(*earlier)) {
            return None;
        }
        links.push(doc);
        (links.len() >= LINKS_TO_MERGE).then(|| self.merge(pair))
    }

    /// Makes two stories one because an article is in the main the text of both; the older id stays.
    /// Returns the two when that happened.
    pub fn bridge(&mut self, one: StoryId, other: StoryId) -> Option<Merge<StoryId>> {
        self.may_merge(one, other).map(|pair| self.merge(pair))
    }

    /// Two stories after merges, the older one first, where they are two and nobody keeps them apart.
    fn may_merge(&self, one: StoryId, other: StoryId) -> Option<(StoryId, StoryId)> {
        let (one, other) = (self.resolve(one), self.resolve(other));
        let may = one != other && !self.are_apart(one, other);
        may.then(|| (one.min(other), one.max(other)))
    }

    /// Makes two stories one because people say so, whatever was kept apart; the older id stays.
    /// `None` where they are one, or one of them is not known.
    pub fn unite(&mut self, one: StoryId, other: StoryId) -> Option<Merge<StoryId>> {
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

    /// Has a story be divided by nobody but people from now on.
    pub fn keep_whole(&mut self, story: StoryId) {
        let story = self.resolve(story);
        if let Some(story) = self.stories.get_mut(story) {
            story.is_by_hand = true;
        }
    }

    /// Whether people said that a story is one.
    pub(crate) fn is_by_hand(&self, story: StoryId) -> bool {
        self.get(story).is_some_and(|story| story.is_by_hand)
    }

    /// Takes members out of their story, to form one of their own. The id stays with the text of
    /// the first article: where that is among them, the others form the new story. `None` where
    /// they are not members of it, or all that it has. `leaving` is in order.
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
        if let Some(parted) = self.stories.get_mut(from) {
            *parted = Story::new(parted.first, members, is_by_hand);
        }
        self.changes += moved.len() as u64;
        self.part_redirects(from, into);
        self.part_links(from, into, &moved);
        self.stories.insert(into, Story::new(first_moved, moved.clone(), is_by_hand));
        Some(Split { from, into, moved })
    }

    /// What led to a story leads there still, but for the id that is a story's again.
    fn part_redirects(&mut self, from: StoryId, into: StoryId) {
        let leads = |id: &StoryId| self.resolve(*id) == from;
        let former: Vec<StoryId> = self.redirects.keys().copied().filter(leads).collect();
        self.redirects.extend(former.into_iter().map(|id| (id, from)));
        self.redirects.remove(&into);
    }

    /// A link by an article that moved is a link of the story that it moved to.
    fn part_links(&mut self, from: StoryId, into: StoryId, moved: &[DocId]) {
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

    /// Has the members of two stories, which may be one another's copies, never be one story.
    pub fn keep_apart(&mut self, one: StoryId, other: StoryId) {
        let members = |story| self.get(story).map_or_else(Vec::new, |it| it.members().to_vec());
        let (one, other) = (members(one), members(other));
        self.not_the_same.keep_apart(one, other);
    }

    /// Has two articles never be in one story.
    pub fn keep_articles_apart(&mut self, one: DocId, other: DocId) {
        self.not_the_same.keep_apart(vec![one.min(other)], vec![one.max(other)]);
    }

    /// Whether people said that two stories are not one.
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
        // Where people make it a story again, these links would be of articles that are elsewhere.
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
        let known = |id: &StoryId| self.stories.contains(self.resolve(*id));
        let kept: FxHashSet<StoryId> = self.redirects.keys().copied().filter(known).collect();
        self.redirects.retain(|from, _| kept.contains(from));
        if !self.not_the_same.is_empty() {
            let living = self.stories.values().flat_map(Story::members);
            let living: FxHashSet<DocId> = living.copied().collect();
            self.not_the_same.forget(|doc| !living.contains(&doc));
        }
    }
}

impl Stories {
    /// Divides them by their numbers, for [`Stories::append`] to put together again.
    pub(crate) fn divide(self) -> Vec<Stories> {
        let mut divided = self.stories.divide().into_iter();
        let first = Stories { stories: divided.next().unwrap_or_default(), ..self };
        let others = divided.map(|stories| Stories { stories, ..Stories::default() });
        [first].into_iter().chain(others).collect()
    }

    /// Appends the stories that follow; `None` where they do not follow.
    pub(crate) fn append(&mut self, next: Stories) -> Option<()> {
        self.redirects.extend(next.redirects);
        self.links.extend(next.links);
        self.not_the_same.append(next.not_the_same);
        self.stories.append(next.stories)
    }
}

written!(Story { first, several, is_by_hand });
written!(Stories { stories, redirects, links, not_the_same } anew { changes });

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
    fn what_leaves_forms_a_story_and_the_id_stays_with_the_first_text() {
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
        // The first leaves: it keeps the id, and the others are the new story.
        let other = stories.split(story, &[0, 3].map(DocId)).unwrap();
        assert_eq!(
            (other.from, other.into, &*other.moved),
            (StoryId(0), StoryId(1), &[1].map(DocId)[..])
        );
        assert_eq!(members(&stories, StoryId(0)), [0, 3].map(DocId));
    }

    #[test]
    fn a_merge_is_taken_back_and_its_id_means_its_story_again() {
        let mut stories = Stories::default();
        let (a, b, c) = (stories.open(DocId(0)), stories.open(DocId(1)), stories.open(DocId(2)));
        stories.join(b, DocId(3));
        assert_eq!(stories.unite(c, b), Some(Merge { older: StoryId(1), younger: StoryId(2) }));
        assert_eq!(stories.unite(c, a), Some(Merge { older: StoryId(0), younger: StoryId(1) }));
        assert_eq!(stories.unite(b, c), None, "they are one");
        assert_eq!(stories.split(a, &[1, 3].map(DocId)).map(|split| split.into), Some(b));
        assert_eq!((stories.resolve(b), stories.resolve(c)), (b, a));
        assert_eq!(members(&stories, c), [0, 2].map(DocId));
    }

    #[test]
    fn what_is_apart_is_not_merged_by_links_and_people_may_take_it_back() {
        let mut stories = Stories::default();
        let (a, b, c) = (stories.open(DocId(0)), stories.open(DocId(1)), stories.open(DocId(2)));
        stories.join(a, DocId(3));
        stories.keep_apart(a, b);
        for doc in (4..9).map(DocId) {
            assert_eq!(stories.link(a, b, doc, |_| false), None);
        }
        // Nor by way of a third.
        assert_eq!(stories.unite(b, c), Some(Merge { older: StoryId(1), younger: StoryId(2) }));
        assert!(stories.are_apart(c, a));
        stories.split(a, &[3].map(DocId));
        assert!(stories.are_apart(StoryId(3), b) && !stories.are_apart(StoryId(3), a));
        assert!(stories.unite(a, b).is_some());
        assert!(!stories.are_apart(a, c) && stories.are_apart(StoryId(3), a));
    }

    #[test]
    fn links_of_a_story_that_became_part_of_another_do_not_come_back_with_it() {
        let mut stories = Stories::default();
        let (a, b, c) = (stories.open(DocId(0)), stories.open(DocId(1)), stories.open(DocId(2)));
        [3, 4].into_iter().for_each(|doc| stories.join(b, DocId(doc)));
        assert_eq!(stories.link(b, c, DocId(3), |_| false), None);
        assert!(stories.unite(a, b).is_some());
        assert_eq!(stories.split(a, &[1, 4].map(DocId)).map(|split| split.into), Some(b));
        assert_eq!(
            stories.link(b, c, DocId(4), |_| false),
            None,
            "the first link is by another's article"
        );
    }

    #[test]
    fn links_go_with_the_articles_that_make_them() {
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
    fn what_is_apart_is_remembered_as_long_as_both_stories_are() {
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
