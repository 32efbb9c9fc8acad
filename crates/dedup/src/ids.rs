//! The ids of articles, stories, events and outlets: numbers in the order of arrival, and hashes of names.

use std::num::NonZeroU64;

use rustc_hash::{FxHashMap, FxHashSet};
use siphasher::sip::SipHasher13;

/// An article's number in the order of arrival: ties break by it.
pub type DocId = u32;
/// A story's number in the order of first articles.
pub type StoryId = u32;
/// An event's number: that of its first story.
pub type EventId = u32;

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
pub(crate) fn all_end(redirects: &FxHashMap<u32, u32>) -> bool {
    let mut ended: FxHashSet<u32> = FxHashSet::default();
    let mut way: Vec<u32> = Vec::new();
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
