//! The manual override "not the same": articles that must not be in one story.
//!
//! Input: pairs of lists of articles. Output: whether two stories may be merged.

use serde::{Deserialize, Serialize};

use crate::groups::Groups;
use crate::ids::DocId;

/// One override: no article of the first list may be in a story with one of the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Override {
    one: Vec<DocId>,
    other: Vec<DocId>,
}

/// All overrides "not the same" in the order in which people made them. The articles of each list
/// are in order.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct NotTheSame(Vec<Override>);

impl NotTheSame {
    /// Adds an override that keeps the articles of two lists apart.
    pub(crate) fn keep_apart(&mut self, one: Vec<DocId>, other: Vec<DocId>) {
        let entry = Override { one, other };
        if !entry.one.is_empty() && !entry.other.is_empty() && !self.0.contains(&entry) {
            self.0.push(entry);
        }
    }

    /// Whether two of these groups are kept apart.
    pub(crate) fn divides(&self, groups: &Groups, one: u32, other: u32) -> bool {
        !self.is_empty() && self.keeps_apart(&groups.docs(one), &groups.docs(other))
    }

    /// The same of two groups, given by their members.
    fn keeps_apart(&self, one: &[DocId], other: &[DocId]) -> bool {
        self.0.iter().any(|entry| {
            (have_common(&entry.one, one) && have_common(&entry.other, other))
                || (have_common(&entry.one, other) && have_common(&entry.other, one))
        })
    }

    /// Allows these articles to be in one story again, because of a later override. Overrides that
    /// keep them apart from other articles stay.
    pub(crate) fn allow_together(&mut self, members: &[DocId]) {
        let within = |docs: &[DocId], is_in: bool| -> Vec<DocId> {
            let is_kept = |doc: &&DocId| (members.binary_search(doc).is_ok()) == is_in;
            docs.iter().filter(is_kept).copied().collect()
        };
        for Override { one, other } in std::mem::take(&mut self.0) {
            let (inside, outside) = (within(&one, true), within(&one, false));
            if inside.is_empty() || !have_common(&other, members) {
                self.keep_apart(one, other);
                continue;
            }
            let beyond = within(&other, false);
            self.keep_apart(outside, other);
            self.keep_apart(inside, beyond);
        }
    }

    /// Forgets each override that has a list of which every article `is_gone`.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        let is_alive = |docs: &[DocId]| docs.iter().any(|doc| !is_gone(*doc));
        self.0.retain(|entry| is_alive(&entry.one) && is_alive(&entry.other));
    }

    /// Whether there is no override.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether two lists, both in order, have an article in common.
fn have_common(one: &[DocId], other: &[DocId]) -> bool {
    let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    few.iter().any(|doc| many.binary_search(doc).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs<const COUNT: usize>(numbers: [u32; COUNT]) -> Vec<DocId> {
        numbers.map(DocId).to_vec()
    }

    #[test]
    fn any_article_of_a_story_can_keep_it_apart() {
        let mut overrides = NotTheSame::default();
        overrides.keep_apart(docs([2, 3]), docs([0, 1]));
        assert!(
            overrides.keeps_apart(&docs([0, 9]), &docs([3]))
                && overrides.keeps_apart(&docs([3]), &docs([1]))
        );
        assert!(
            !overrides.keeps_apart(&docs([2, 3]), &docs([9]))
                && !overrides.keeps_apart(&docs([0]), &docs([1]))
        );
        overrides.keep_apart(docs([4]), Vec::new());
        overrides.forget(|doc| doc == DocId(2));
        assert!(overrides.keeps_apart(&docs([0]), &docs([3])));
        overrides.forget(|doc| doc >= DocId(2));
        assert!(overrides.is_empty());
    }

    #[test]
    fn a_later_override_wins_and_takes_back_no_more_than_it_says() {
        let mut overrides = NotTheSame::default();
        overrides.keep_apart(docs([2, 3]), docs([0, 1]));
        overrides.allow_together(&docs([1, 2]));
        assert!(!overrides.keeps_apart(&docs([2]), &docs([1])), "they were made one");
        for (one, other) in [(2, 0), (3, 0), (3, 1)] {
            assert!(overrides.keeps_apart(&docs([one]), &docs([other])), "{one} and {other}");
        }
        overrides.allow_together(&docs([0, 1, 2, 3]));
        assert!(overrides.is_empty());
    }
}
