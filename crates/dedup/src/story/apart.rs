//! What people said is not one text: articles that never come to one story again, unless people
//! say so.

use crate::codec::written;
use crate::ids::DocId;

/// Two sets of articles: none of the one may be in a story with one of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Parting {
    one: Vec<DocId>,
    other: Vec<DocId>,
}

/// All that is kept apart, in the order in which people said so. Lists of articles are in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apart(Vec<Parting>);

impl Apart {
    /// Keeps the articles of two lists apart from now on.
    pub(crate) fn part(&mut self, one: Vec<DocId>, other: Vec<DocId>) {
        let parting = Parting { one, other };
        if !parting.one.is_empty() && !parting.other.is_empty() && !self.0.contains(&parting) {
            self.0.push(parting);
        }
    }

    /// Whether two stories, given by their members, are kept apart.
    pub(crate) fn parts(&self, one: &[DocId], other: &[DocId]) -> bool {
        self.0.iter().any(|parting| {
            (meet(&parting.one, one) && meet(&parting.other, other))
                || (meet(&parting.one, other) && meet(&parting.other, one))
        })
    }

    /// These articles are one story by people's latest word: nothing parts them any more. What
    /// parts one of them from others stays.
    pub(crate) fn join(&mut self, members: &[DocId]) {
        let within = |docs: &[DocId], is_in: bool| -> Vec<DocId> {
            let is_kept = |doc: &&DocId| (members.binary_search(doc).is_ok()) == is_in;
            docs.iter().filter(is_kept).copied().collect()
        };
        for Parting { one, other } in std::mem::take(&mut self.0) {
            let (inside, outside) = (within(&one, true), within(&one, false));
            if inside.is_empty() || !meet(&other, members) {
                self.part(one, other);
                continue;
            }
            let beyond = within(&other, false);
            self.part(outside, other);
            self.part(inside, beyond);
        }
    }

    /// Forgets what parts nothing any more: of one side every article `is_gone`.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(DocId) -> bool) {
        let is_alive = |docs: &[DocId]| docs.iter().any(|doc| !is_gone(*doc));
        self.0.retain(|parting| is_alive(&parting.one) && is_alive(&parting.other));
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

impl crate::codec::Written for Apart {
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

    #[test]
    fn stories_are_apart_by_any_of_their_articles() {
        let mut apart = Apart::default();
        apart.part(vec![2, 3], vec![0, 1]);
        assert!(apart.parts(&[0, 9], &[3]) && apart.parts(&[3], &[1]));
        assert!(!apart.parts(&[2, 3], &[9]) && !apart.parts(&[0], &[1]));
        apart.part(vec![4], Vec::new());
        apart.forget(|doc| doc == 2);
        assert!(apart.parts(&[0], &[3]));
        apart.forget(|doc| doc >= 2);
        assert!(apart.is_empty());
    }

    #[test]
    fn the_latest_word_holds_and_no_more_than_that_is_taken_back() {
        let mut apart = Apart::default();
        apart.part(vec![2, 3], vec![0, 1]);
        apart.join(&[1, 2]);
        assert!(!apart.parts(&[2], &[1]), "they were made one");
        for (one, other) in [(2, 0), (3, 0), (3, 1)] {
            assert!(apart.parts(&[one], &[other]), "{one} and {other}");
        }
        apart.join(&[0, 1, 2, 3]);
        assert!(apart.is_empty());
    }
}
