//! [`Groups`]: which articles are copies of one text, and which stories report one happening.
//!
//! Numbers come in, and groups of them go out. A group has the number of its first member.

use serde::{Deserialize, Serialize};

use crate::id_table::IdTable;
use crate::ids::DocId;

/// At most so many members speak for a group.
pub(crate) const REPRESENTATIVES: usize = 6;

/// The groups of the window, and the members of each.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Groups {
    /// The group of each member.
    of: IdTable<u32, u32>,
    /// The members in order. A group of its first member alone has no entry.
    members: IdTable<u32, Vec<u32>>,
}

impl Groups {
    /// The group of a member; the member's own number if it is unknown.
    pub(crate) fn of(&self, member: u32) -> u32 {
        self.of.get(member).copied().unwrap_or(member)
    }

    /// Whether it is in a group.
    pub(crate) fn contains(&self, member: u32) -> bool {
        self.of.contains(member)
    }

    /// The members of a group, in order; none if it is unknown.
    pub(crate) fn members(&self, group: u32) -> &[u32] {
        let alone = || self.of.get(group).filter(|of| **of == group).map(std::slice::from_ref);
        self.members.get(group).map(Vec::as_slice).or_else(alone).unwrap_or_default()
    }

    /// The members as articles. A story has the number of its first one.
    pub(crate) fn docs(&self, group: u32) -> Vec<DocId> {
        self.members(group).iter().copied().map(DocId).collect()
    }

    /// Whether a group has a member.
    pub(crate) fn has(&self, group: u32) -> bool {
        !self.members(group).is_empty()
    }

    /// The members that speak for a group among those from `first` on: the first one and the latest ones.
    pub(crate) fn representatives(&self, group: u32, first: u32) -> Vec<u32> {
        let within = self.members(group).iter().copied().filter(|member| *member >= first);
        let mut members: Vec<u32> = within.collect();
        if members.len() > REPRESENTATIVES {
            members.drain(1..=members.len() - REPRESENTATIVES);
        }
        members
    }

    /// Puts members that are in no other group into one.
    pub(crate) fn put(&mut self, members: &[u32], group: u32) {
        let mut all = self.take_members(group);
        all.extend(members);
        // Nearly always one member is added at the end.
        all.sort_unstable();
        for member in members {
            self.of.insert(*member, group);
        }
        self.set_members(group, all);
    }

    /// Makes two groups one: the one with the lower number.
    pub(crate) fn merge(&mut self, one: u32, other: u32) -> u32 {
        let (kept, gone) = (one.min(other), one.max(other));
        if kept != gone {
            let members = self.take_members(gone);
            self.put(&members, kept);
        }
        kept
    }

    /// Takes a member out of its group.
    pub(crate) fn leave(&mut self, member: u32) {
        let Some(group) = self.of.remove(member) else { return };
        let mut members = self.take_members(group);
        members.retain(|other| *other != member);
        self.set_members(group, members);
    }

    /// The members of a group, which are to be set again.
    fn take_members(&mut self, group: u32) -> Vec<u32> {
        self.members.remove(group).unwrap_or_else(|| self.members(group).to_vec())
    }

    /// Moves members into a group of their own. Of the two groups, the one with the first member keeps the number.
    /// Returns the number of the other, with its members. `None` if one of `leaving` is no member, or if one of the
    /// two would be empty.
    pub(crate) fn split(&mut self, group: u32, leaving: &[u32]) -> Option<(u32, Vec<u32>)> {
        let members = self.members(group);
        let first = *members.first()?;
        let (leave, rest): (Vec<u32>, Vec<u32>) =
            members.iter().partition(|member| leaving.contains(member));
        if leave.len() != leaving.len() || rest.is_empty() {
            return None;
        }
        let (stay, moved) = if leave.contains(&first) { (leave, rest) } else { (rest, leave) };
        let into = *moved.first()?;
        self.set_members(group, stay);
        self.put(&moved, into);
        Some((into, moved))
    }

    fn set_members(&mut self, group: u32, members: Vec<u32>) {
        if members.is_empty() || members == [group] {
            self.members.remove(group);
        } else {
            self.members.insert(group, members);
        }
    }

    /// Forgets members.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.of.retain(|member, _| !is_gone(member));
        let changed =
            self.members.iter().filter(|(_, members)| members.iter().any(|it| is_gone(*it)));
        let changed: Vec<u32> = changed.map(|(group, _)| group).collect();
        for group in changed {
            let mut members = self.take_members(group);
            members.retain(|member| !is_gone(*member));
            self.set_members(group, members);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stories() -> Groups {
        let mut stories = Groups::default();
        (0..12).for_each(|article| stories.put(&[article], article));
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
        assert_eq!(stories.split(0, &[0, 8]), Some((2, vec![2, 4, 6])));
        assert_eq!((stories.members(0), stories.members(2)), (&[0, 8][..], &[2, 4, 6][..]));
        assert_eq!(stories.split(2, &[2, 4, 6]), None, "nothing would be left");
        assert_eq!(stories.split(2, &[3]), None, "it is in another story");
    }

    #[test]
    fn a_story_outlives_its_first_article() {
        let mut stories = stories();
        stories.forget(|article| article < 4);
        assert_eq!((stories.of(8), stories.members(0)), (0, &[4, 6, 8][..]));
        stories.forget(|article| article < 9);
        assert!(!stories.has(0) && stories.members(0).is_empty());
    }
}
