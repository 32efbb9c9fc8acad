//! The manual override "not the same": articles that people keep out of one story.
//!
//! Two lists of articles come in; whether two stories may be merged goes out. It never knows why people said so.

use crate::codec::written;
use crate::ids::DocId;

/// Two sets of articles: none of the one may be in a story with one of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parting {
    one: Vec<DocId>,
    other: Vec<DocId>,
}

/// All such overrides, in the order in which people made them. Lists of articles are in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct NotTheSame(Vec<Parting>);

impl NotTheSame {
    /// Keeps the articles of two lists apart from now on.
    pub(crate) fn keep_apart(&mut self, one: Vec<DocId>, other: Vec<DocId>) {
        let parting = Parting { one, other };
        if !parting.one.is_empty() && !parting.other.is_empty() && !self.0.contains(&parting) {
            self.0.push(parting);
        }
    }

    /// Whether two stories, given by their members, are kept apart.
    pub(crate) fn keeps_apart(&self, one: &[DocId], other: &[DocId]) -> bool {
        self.0.iter().any(|parting| {
            (meet(&parting.one, one) && meet(&parting.other, other))
                || (meet(&parting.one, other) && meet(&parting.other, one))
        })
    }

    /// Lets these articles be in one story again, as a later override says. Overrides that keep one of
    /// them apart from others stay.
    pub(crate) fn allow_together(&mut self, members: &[DocId]) {
        let within = |docs: &[DocId], is_in: bool| -> Vec<DocId> {
            let is_kept = |doc: &&DocId| (members.binary_search(doc).is_ok()) == is_in;
            docs.iter().filter(is_kept).copied().collect()
        };
        for Parting { one, other } in std::mem::take(&mut self.0) {
            let (inside, outside) = (within(&one, true), within(&one, false));
            if inside.is_empty() || !meet(&other, members) {
                self.keep_apart(one, other);
                continue;
            }
            let beyond = within(&other, false);
            self.keep_apart(outside, other);
            self.keep_apart(inside, beyond);
        }
    }

    /// Forgets the overrides of which every article of one list `is_gone`.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        let is_alive = |docs: &[DocId]| docs.iter().any(|doc| !is_gone(*doc));
        self.0.retain(|parting| is_alive(&parting.one) && is_alive(&parting.other));
    }

    /// Appends what else is kept apart.
    pub(crate) fn append(&mut self, next: NotTheSame) {
        self.0.extend(next.0);
    }

    /// Whether nothing is kept apart.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether two lists have an article in common; both are in order.
fn meet(one: &[DocId], other: &[DocId]) -> bool {
    let (few, many) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    few.iter().any(|doc| many.binary_search(doc).is_ok())
}

written!(Parting { one, other });

impl crate::codec::Written for NotTheSame {
    fn write_to(&self, to: &mut crate::codec::Writer<'_>) {
        self.0.write_to(to);
    }

    fn read_from(from: &mut crate::codec::Reader<'_>) -> Option<Self> {
        crate::codec::Written::read_from(from).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs<const COUNT: usize>(numbers: [u32; COUNT]) -> Vec<DocId> {
        numbers.map(DocId).to_vec()
    }

    #[test]
    fn stories_are_apart_by_any_of_their_articles() {
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
    fn the_latest_word_holds_and_no_more_than_that_is_taken_back() {
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
