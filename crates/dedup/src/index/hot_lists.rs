//! Decides which lists of the index are hot: their articles belong to so many stories that the key is no
//! evidence.
//!
//! The stories and outlets of the articles on a list come in; whether the list is hot goes out. The module
//! never knows the texts of the articles.
//!
//! Most lists are not hot, and each answer reads up to 64 articles in far memory. So answers are cached,
//! each with the number of changes to stories for which it stays valid.

use crate::body::hash_cache::HashCache;
use crate::body::mix;
use crate::ids::{OutletId, StoryId};

/// A list is never hot if its articles come from this many outlets or fewer: then the key may be chrome of
/// these outlets, which [`crate::boilerplate`] learns for them alone. Otherwise an outlet that prints
/// another's paragraph on many pages could stop that paragraph from counting everywhere.
const MAX_CHROME_OUTLETS: usize = 3;
/// The number of changes for an answer that no change to stories can alter.
const FOREVER: u64 = 1 << 31;

/// A list of the index: the articles of a day under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListId {
    /// Days since 1970.
    pub day: i64,
    /// The [`short_key`](crate::index::segment::short_key).
    pub key: u32,
}

/// Whether a list is hot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hotness {
    pub(crate) is_hot: bool,
    /// The answer stays valid for this many changes to stories. A change merges two stories, or moves an
    /// article from one story to another.
    max_changes: u64,
}

impl Hotness {
    /// The answer for a list, given the story and the outlet of each of its articles. The list is hot if
    /// its articles belong to more than `most` stories, none of which has more than half of them, and come
    /// from more than
    /// [`MAX_CHROME_OUTLETS`] outlets.
    pub(crate) fn of(
        mut stories: Vec<StoryId>,
        mut outlets: Vec<Option<OutletId>>,
        most: usize,
    ) -> Hotness {
        let articles = stories.len();
        stories.sort_unstable();
        outlets.sort_unstable();
        outlets.dedup();
        let sizes = stories.chunk_by(PartialEq::eq).map(<[StoryId]>::len);
        let (count, largest) =
            sizes.fold((0, 0), |(count, largest), it| (count + 1, largest.max(it)));
        let is_dominated = 2 * largest > articles;
        let max_changes = if outlets.len() <= MAX_CHROME_OUTLETS {
            FOREVER
        } else if count > most && !is_dominated {
            // Each change removes at most one story, and after n changes the largest story is at most n + 1
            // times as large.
            (count - most - 1).min(articles / (2 * largest.max(1)) - 1) as u64
        } else {
            // Each change removes at most one article from the largest story, and adds at most one story.
            let (of_largest, of_few) =
                ((2 * largest).saturating_sub(articles + 1) / 2, most.saturating_sub(count));
            of_largest.max(of_few) as u64
        };
        let is_hot = outlets.len() > MAX_CHROME_OUTLETS && count > most && !is_dominated;
        Hotness { is_hot, max_changes }
    }
}

/// A cache of recent answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct HotLists(HashCache<Answer, ANSWER_SLOTS>);

#[derive(Debug, Clone, Copy)]
struct Answer {
    list: ListId,
    /// The number of articles on the list, which must be the same.
    articles: usize,
    is_hot: bool,
    /// The total number of changes to stories up to which the answer is valid.
    holds_until: u64,
}

/// The number of slots for answers, a power of two. They take 3 MB.
const ANSWER_SLOTS: usize = 1 << 16;

impl HotLists {
    /// Whether a list with this number of articles is hot. `changes` is the total number of changes to
    /// stories so far. `compute` gives the answer if no valid one is cached.
    pub(crate) fn is_hot(
        &mut self,
        (list, articles): (ListId, usize),
        changes: u64,
        compute: impl FnOnce() -> Hotness,
    ) -> bool {
        let hash = mix(u64::from(list.key), list.day.cast_unsigned());
        let known = self.0.get(hash).filter(|it| it.list == list && it.articles == articles);
        if let Some(answer) = known.filter(|it| it.holds_until >= changes) {
            return answer.is_hot;
        }
        let Hotness { is_hot, max_changes } = compute();
        self.0.set(hash, Answer { list, articles, is_hot, holds_until: changes + max_changes });
        is_hot
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A change to stories: two are merged, or an article moves to another.
    #[derive(Debug, Clone)]
    enum Change {
        Merge(u32, u32),
        Move(usize, u32),
    }

    fn changes() -> impl Strategy<Value = Vec<Change>> {
        let change = prop_oneof![
            (0u32..30, 0u32..30).prop_map(|(one, other)| Change::Merge(one, other)),
            (0usize..64, 0u32..40).prop_map(|(at, story)| Change::Move(at, story)),
        ];
        proptest::collection::vec(change, 0..40)
    }

    proptest! {
        #[test]
        fn an_answer_is_valid_for_as_many_changes_as_it_says(
            stories in proptest::collection::vec(prop_oneof![0u32..30, 0u32..3], 1..64),
            outlets in 1u64..6,
            most in 1usize..20,
            changes in changes(),
        ) {
            let outlets: Vec<Option<OutletId>> = (0..stories.len() as u64)
                .map(|at| Some(OutletId::of(&format!("outlet{}.example", at % outlets))))
                .collect();
            let mut stories: Vec<StoryId> = stories.into_iter().map(StoryId).collect();
            let first = Hotness::of(stories.clone(), outlets.clone(), most);
            for (happened, change) in (1..).zip(changes) {
                match change {
                    Change::Merge(one, other) => stories
                        .iter_mut()
                        .filter(|story| **story == StoryId(other))
                        .for_each(|story| *story = StoryId(one)),
                    Change::Move(at, to) => {
                        let at = at % stories.len();
                        stories[at] = StoryId(to);
                    }
                }
                if happened <= first.max_changes {
                    let now = Hotness::of(stories.clone(), outlets.clone(), most);
                    prop_assert_eq!(now.is_hot, first.is_hot, "after {}", happened);
                }
            }
        }
    }

    #[test]
    fn valid_answers_are_not_computed_again() {
        let (mut lists, list) = (HotLists::default(), ListId { day: 3, key: 7 });
        let of = |is_hot, max_changes| move || Hotness { is_hot, max_changes };
        assert!(lists.is_hot((list, 20), 5, of(true, 2)));
        assert!(lists.is_hot((list, 20), 7, || unreachable!("it is known")));
        assert!(!lists.is_hot((list, 20), 8, of(false, 0)), "too much has changed");
        assert!(lists.is_hot((list, 21), 8, of(true, 0)), "there is one more article");
        let other = ListId { day: 4, ..list };
        assert!(!lists.is_hot((other, 21), 8, of(false, 0)), "it is another day");
    }
}
