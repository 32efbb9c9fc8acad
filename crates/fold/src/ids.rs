//! The ids of articles, stories, events and outlets.
//!
//! Articles are numbered in the order of arrival. The id of a story is the number of its first article, and
//! the id of an event is the number of its first story. The id of an outlet is the hash of its name.

use std::fmt::Debug;
use std::hash::Hash;
use std::num::NonZeroU64;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

/// The id of an article: its number in the order of arrival. Ties between articles are decided by it.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct DocId(pub u32);

/// The id of a story: the number of its first article.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct StoryId(pub u32);

/// The id of an event: the number of its first story.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[repr(transparent)]
pub struct EventId(pub u32);

impl DocId {
    /// The id of the next article.
    #[must_use]
    pub const fn next(self) -> DocId {
        DocId(self.0 + 1)
    }

    /// The number of articles that came before this one.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The article at a position in the order of arrival, from 0; `None` if the position does not fit 32 bits.
    #[must_use]
    pub fn from_index(index: usize) -> Option<DocId> {
        u32::try_from(index).ok().map(DocId)
    }
}

impl StoryId {
    /// The id of the story with this first article.
    #[must_use]
    pub const fn of(first: DocId) -> StoryId {
        StoryId(first.0)
    }

    /// The first article of the story.
    #[must_use]
    pub const fn first_article(self) -> DocId {
        DocId(self.0)
    }
}

impl EventId {
    /// The id of the event with this first story.
    #[must_use]
    pub const fn of(first: StoryId) -> EventId {
        EventId(first.0)
    }

    /// The first story of the event.
    #[must_use]
    pub const fn first_story(self) -> StoryId {
        StoryId(self.0)
    }
}

/// An id that is a number of 32 bits. Tables can be generic over it.
pub trait NumberId: Copy + Ord + Hash + Debug {
    /// The id with this number.
    #[must_use]
    fn from_number(number: u32) -> Self;

    /// The number.
    #[must_use]
    fn to_number(self) -> u32;
}

macro_rules! number_ids {
    ($($id:ident),*) => {
        $(impl NumberId for $id {
            fn from_number(number: u32) -> $id {
                $id(number)
            }

            fn to_number(self) -> u32 {
                self.0
            }
        })*
    };
}

number_ids!(DocId, StoryId, EventId);

/// A number that is the id of an article or a story, or that of a group of them.
impl NumberId for u32 {
    fn from_number(number: u32) -> u32 {
        number
    }

    fn to_number(self) -> u32 {
        self
    }
}

/// The id of an outlet: the hash of its name. The pages that the feed of another site attributes to an
/// outlet have an id of their own, because that site is not the authority for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(transparent)]
pub struct OutletId(NonZeroU64);

impl OutletId {
    /// The id of the outlet with this name.
    #[must_use]
    pub fn of(name: &str) -> OutletId {
        let hash = SipHasher13::new().hash(name.as_bytes());
        OutletId(NonZeroU64::new(hash).unwrap_or(NonZeroU64::MIN))
    }
}

/// Redirects from the ids of merged stories or events to the ids that they were merged into. Those may
/// have been merged again.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(bound(deserialize = "I: Eq + Hash + Deserialize<'de>"))]
pub struct Redirects<I>(pub(crate) FxHashMap<I, I>);

impl<I: Copy + Eq + Hash> Redirects<I> {
    /// The id that an id has after all merges.
    #[must_use]
    pub fn resolve(&self, mut id: I) -> I {
        while let Some(next) = self.0.get(&id) {
            id = *next;
        }
        id
    }

    /// Records that `from` was merged into `into`.
    pub fn insert(&mut self, from: I, into: I) {
        self.0.insert(from, into);
    }

    /// Whether nothing was merged.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes `split` an id of its own again. All other ids that led to `from` still do.
    pub fn split(&mut self, from: I, split: I) {
        let leads = |id: &I| self.resolve(*id) == from;
        let former: Vec<I> = self.0.keys().copied().filter(leads).collect();
        self.0.extend(former.into_iter().map(|id| (id, from)));
        self.0.remove(&split);
    }

    /// Removes the redirects that lead to nothing for which `is_live` is true.
    pub fn retain(&mut self, is_live: impl Fn(I) -> bool) {
        let leads = |id: &I| is_live(self.resolve(*id));
        let kept: FxHashSet<I> = self.0.keys().copied().filter(leads).collect();
        self.0.retain(|from, _| kept.contains(from));
    }
}

/// Two stories, or two events, that were merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge<I> {
    /// The id of the result: the older one stays.
    pub older: I,
    /// The id that redirects to the older one.
    pub younger: I,
}

/// Articles that left their story to form a new one, by a manual override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// The story that they left.
    pub from: StoryId,
    /// The new story.
    pub into: StoryId,
    /// The articles that left, in order.
    pub moved: Vec<DocId>,
}

#[cfg(test)]
mod tests {
    use super::Redirects;

    fn redirects(pairs: &[(u32, u32)]) -> Redirects<u32> {
        Redirects(pairs.iter().copied().collect())
    }

    #[test]
    fn redirects_lead_on_after_merges_and_splits_and_go_with_their_end() {
        let mut merged = redirects(&[(3, 2), (2, 1), (5, 4)]);
        assert_eq!([3, 2, 1, 5, 9].map(|id| merged.resolve(id)), [1, 1, 1, 4, 9]);
        merged.split(1, 2);
        assert_eq!([3, 2, 1].map(|id| merged.resolve(id)), [1, 2, 1]);
        merged.retain(|id| id == 4);
        assert!(merged.0.contains_key(&5) && !merged.0.contains_key(&3));
    }
}
