//! The ids of articles, stories, events and outlets.
//!
//! Articles are numbered in the order of arrival. The id of a story is that of its first article, and the id of an
//! event that of its first story. The id of an outlet is the hash of its name. Bytes of ids are in `codec`.

use std::fmt::Debug;
use std::hash::Hash;
use std::num::NonZeroU64;

use rustc_hash::{FxHashMap, FxHashSet};
use siphasher::sip::SipHasher13;

/// An article's number in the order of arrival: ties break by it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct DocId(pub u32);

/// A story: the number of its first article.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct StoryId(pub u32);

/// An event: the number of its first story.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct EventId(pub u32);

impl DocId {
    /// The article that comes next.
    #[must_use]
    pub const fn next(self) -> DocId {
        DocId(self.0 + 1)
    }

    /// How many articles came before it.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The article before which so many came; `None` if no window holds as many.
    #[must_use]
    pub fn at(index: usize) -> Option<DocId> {
        u32::try_from(index).ok().map(DocId)
    }
}

impl StoryId {
    /// The story that begins with this article.
    #[must_use]
    pub const fn of(first: DocId) -> StoryId {
        StoryId(first.0)
    }

    /// The article that the story begins with.
    #[must_use]
    pub const fn first_article(self) -> DocId {
        DocId(self.0)
    }
}

impl EventId {
    /// The event that begins with this story.
    #[must_use]
    pub const fn of(first: StoryId) -> EventId {
        EventId(first.0)
    }

    /// The story that the event begins with.
    #[must_use]
    pub const fn first_story(self) -> StoryId {
        StoryId(self.0)
    }
}

/// An id that is a number, for tables of any of them.
pub trait NumberId: Copy + Ord + Hash + Debug {
    /// The highest number.
    const LAST: Self;

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
            const LAST: $id = $id(u32::MAX);

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

/// Tests of tables use plain numbers.
#[cfg(test)]
impl NumberId for u32 {
    const LAST: u32 = u32::MAX;

    fn from_number(number: u32) -> u32 {
        number
    }

    fn to_number(self) -> u32 {
        self
    }
}

/// An outlet: the hash of its name. Pages that another site's feed says are an outlet's have an id of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct OutletId(NonZeroU64);

impl OutletId {
    /// The id of the outlet with this name.
    #[must_use]
    pub fn of(name: &str) -> OutletId {
        let hash = SipHasher13::new().hash(name.as_bytes());
        OutletId(NonZeroU64::new(hash).unwrap_or(NonZeroU64::MIN))
    }

    /// The id with this hash.
    pub(crate) const fn from_hash(hash: NonZeroU64) -> OutletId {
        OutletId(hash)
    }

    /// The hash of the name.
    pub(crate) const fn hash(self) -> NonZeroU64 {
        self.0
    }
}

/// Whether each redirect of a merged story or event ends somewhere. Damaged bytes may hold a circle, in which a
/// reader would go round for ever.
pub(crate) fn all_end<I: NumberId>(redirects: &FxHashMap<I, I>) -> bool {
    let mut ended: FxHashSet<I> = FxHashSet::default();
    let mut way: Vec<I> = Vec::new();
    for start in redirects.keys() {
        let mut at = *start;
        while let Some(next) = redirects.get(&at).filter(|_| !ended.contains(&at)) {
            // A way without a circle passes each redirect once.
            if way.len() == redirects.len() {
                return false;
            }
            way.push(at);
            at = *next;
        }
        ended.extend(way.drain(..));
    }
    true
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_circle_of_redirects_is_seen() {
        let all_end = |pairs: &[(u32, u32)]| super::all_end(&pairs.iter().copied().collect());
        assert!(all_end(&[]) && all_end(&[(3, 2), (2, 1), (5, 2), (4, 1)]));
        assert!(!all_end(&[(1, 1)]) && !all_end(&[(7, 8), (3, 2), (2, 1), (1, 3)]));
    }
}
