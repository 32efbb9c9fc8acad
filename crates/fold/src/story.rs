//! [`Stories`]: which articles are copies of one text.

use rustc_hash::FxHashMap;

/// At most so many members speak for a story.
pub(crate) const REPRESENTATIVES: usize = 6;

/// The members of each story. A story has the number of its first article.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stories {
    /// The story of each article; merged stories refer to the one that they became.
    parents: Vec<u32>,
    /// The members of the stories with more than one, in order.
    members: FxHashMap<u32, Vec<u32>>,
}

impl Stories {
    /// Opens a story for the next article and returns its number.
    pub(crate) fn open(&mut self) -> u32 {
        let article = self.parents.len() as u32;
        self.parents.push(article);
        article
    }

    /// The story of an article.
    pub(crate) fn of(&self, article: u32) -> u32 {
        let mut story = article;
        while self.parents[story as usize] != story {
            story = self.parents[story as usize];
        }
        story
    }

    /// Its members, in order.
    pub(crate) fn members(&self, story: u32) -> Vec<u32> {
        self.members.get(&story).cloned().unwrap_or_else(|| vec![story])
    }

    /// The members that speak for it among those from `first` on: the first one and the latest ones.
    pub(crate) fn representatives(&self, story: u32, first: u32) -> Vec<u32> {
        let mut members = self.members(story);
        members.retain(|member| *member >= first);
        if members.len() > REPRESENTATIVES {
            members.drain(1..=members.len() - REPRESENTATIVES);
        }
        members
    }

    /// Makes two stories one: the one that began first.
    pub(crate) fn merge(&mut self, one: u32, other: u32) -> u32 {
        let (one_root, other_root) = (self.of(one), self.of(other));
        let (kept, gone) = (one_root.min(other_root), one_root.max(other_root));
        if kept == gone {
            return kept;
        }
        let mut members = self.members(kept);
        members.extend(self.members.remove(&gone).unwrap_or_else(|| vec![gone]));
        members.sort_unstable();
        self.members.insert(kept, members);
        self.parents[gone as usize] = kept;
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merged_story_has_the_members_of_both_and_its_first_and_latest_speak() {
        let mut stories = Stories::default();
        for _ in 0..12 {
            stories.open();
        }
        for article in [2, 4, 6, 8] {
            stories.merge(0, article);
        }
        for article in [3, 5, 7] {
            stories.merge(1, article);
        }
        assert_eq!(stories.merge(1, 8), 0);
        assert_eq!((stories.of(7), stories.of(9)), (0, 9));
        assert_eq!(stories.members(0), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(stories.representatives(0, 0), [0, 4, 5, 6, 7, 8]);
        assert_eq!(stories.representatives(0, 7), [7, 8]);
    }
}
