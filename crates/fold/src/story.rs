//! [`Stories`]: which articles are copies of one text.

use serde::{Deserialize, Serialize};

use crate::id_table::IdTable;
use crate::ids::{DocId, Split, StoryId};

/// At most so many members speak for a story.
pub(crate) const REPRESENTATIVES: usize = 6;

/// The members of each story of the window. A story has the number of its first article.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Stories {
    /// The story of each article.
    of: IdTable<DocId, StoryId>,
    /// The members in order. A story of one article has no entry.
    members: IdTable<StoryId, Vec<u32>>,
}

impl Stories {
    /// Opens a story for an article.
    pub(crate) fn open(&mut self, article: u32) {
        self.of.insert(DocId(article), StoryId(article));
    }

    /// The story of an article; the article's own number if it is unknown.
    pub(crate) fn of(&self, article: u32) -> u32 {
        self.of.get(DocId(article)).map_or(article, |story| story.0)
    }

    /// The members of a story, in order; none if it is unknown.
    pub(crate) fn members(&self, story: u32) -> Vec<u32> {
        let alone = || self.of.get(DocId(story)).filter(|of| of.0 == story).map(|_| vec![story]);
        self.members.get(StoryId(story)).cloned().or_else(alone).unwrap_or_default()
    }

    /// Whether a story has a member.
    pub(crate) fn has(&self, story: u32) -> bool {
        self.members.contains(StoryId(story)) || self.of(story) == story && self.is_known(story)
    }

    fn is_known(&self, article: u32) -> bool {
        self.of.contains(DocId(article))
    }

    /// The members that speak for a story among those from `first` on: the first one and the latest ones.
    pub(crate) fn representatives(&self, story: u32, first: u32) -> Vec<u32> {
        let mut members = self.members(story);
        members.retain(|member| *member >= first);
        if members.len() > REPRESENTATIVES {
            members.drain(1..=members.len() - REPRESENTATIVES);
        }
        members
    }

    /// Makes two stories one: the one with the lower number.
    pub(crate) fn merge(&mut self, one: u32, other: u32) -> u32 {
        let (kept, gone) = (one.min(other), one.max(other));
        if kept == gone {
            return kept;
        }
        let added = self.members(gone);
        self.members.remove(StoryId(gone));
        for member in &added {
            self.of.insert(DocId(*member), StoryId(kept));
        }
        if let Some(members) = self.members.get_mut(StoryId(kept)) {
            members.extend(added);
            // Nearly always one article is added at the end.
            members.sort_unstable();
        } else {
            let mut members = self.members(kept);
            members.extend(added);
            members.sort_unstable();
            self.members.insert(StoryId(kept), members);
        }
        kept
    }

    /// Divides a story: the members `leaving` and the rest become two. The one with the first article keeps the
    /// number. `None` if one of `leaving` is no member, or if one of the two would be empty.
    pub(crate) fn split(&mut self, story: u32, leaving: &[u32]) -> Option<Split> {
        let members = self.members(story);
        let first = *members.first()?;
        let (leave, rest): (Vec<u32>, Vec<u32>) =
            members.iter().partition(|member| leaving.contains(member));
        if leave.len() != leaving.len() || rest.is_empty() {
            return None;
        }
        let (stay, moved) = if leave.contains(&first) { (leave, rest) } else { (rest, leave) };
        let into = *moved.first()?;
        for member in &moved {
            self.of.insert(DocId(*member), StoryId(into));
        }
        let split = Split {
            from: StoryId(story),
            into: StoryId(into),
            moved: moved.iter().copied().map(DocId).collect(),
        };
        self.set_members(story, stay);
        self.set_members(into, moved);
        Some(split)
    }

    fn set_members(&mut self, story: u32, members: Vec<u32>) {
        if members.is_empty() || members == [story] {
            self.members.remove(StoryId(story));
        } else {
            self.members.insert(StoryId(story), members);
        }
    }

    /// Forgets articles.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.of.retain(|article, _| !is_gone(article.0));
        let changed =
            self.members.iter().filter(|(_, members)| members.iter().any(|it| is_gone(*it)));
        let changed: Vec<StoryId> = changed.map(|(story, _)| story).collect();
        for story in changed {
            let mut members = self.members(story.0);
            members.retain(|member| !is_gone(*member));
            self.set_members(story.0, members);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stories() -> Stories {
        let mut stories = Stories::default();
        (0..12).for_each(|article| stories.open(article));
        for article in [2, 4, 6, 8] {
            stories.merge(0, article);
        }
        for article in [3, 5, 7] {
            stories.merge(1, article);
        }
        stories
    }

    #[test]
    fn a_merged_story_has_the_members_of_both_and_its_first_and_latest_speak() {
        let mut stories = stories();
        assert_eq!(stories.merge(1, 0), 0);
        assert_eq!((stories.of(7), stories.of(9)), (0, 9));
        assert_eq!(stories.members(0), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(stories.has(0) && !stories.has(1) && stories.has(9) && !stories.has(12));
        assert_eq!(stories.representatives(0, 0), [0, 4, 5, 6, 7, 8]);
        assert_eq!(stories.representatives(0, 7), [7, 8]);
    }

    #[test]
    fn the_first_article_keeps_the_number_of_a_divided_story() {
        let mut stories = stories();
        let split = stories.split(0, &[0, 8]).unwrap();
        assert_eq!((split.from, split.into), (StoryId(0), StoryId(2)));
        assert_eq!((stories.members(0), stories.members(2)), (vec![0, 8], vec![2, 4, 6]));
        assert_eq!(stories.split(2, &[2, 4, 6]), None, "nothing would be left");
        assert_eq!(stories.split(2, &[3]), None, "it is in another story");
    }

    #[test]
    fn a_story_outlives_its_first_article() {
        let mut stories = stories();
        stories.forget(|article| article < 4);
        assert_eq!((stories.of(8), stories.members(0)), (0, vec![4, 6, 8]));
        stories.forget(|article| article < 9);
        assert!(!stories.has(0) && stories.members(0).is_empty());
    }
}
