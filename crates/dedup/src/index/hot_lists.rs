//! Lists of the index under which articles of so many stories stand that their key says nothing.
//!
//! The stories and outlets of the articles on a list come in; whether it is hot goes out. Far more lists are asked
//! about than there are hot ones, and each answer takes a look at up to 64 articles far away in memory. So answers are
//! cached, with how many changes to stories each of them outlives.
//!
//! It never knows the articles.

use crate::body::hash_cache::HashCache;
use crate::body::mix;
use crate::ids::{OutletId, StoryId};

/// What no more outlets than these print on many pages is their own chrome, and nobody else's: a stranger
/// that prints a paragraph often must not make the text uncounted that it stands in.
const OUTLETS: usize = 3;
/// An answer holds as long as the list does.
const FOR_GOOD: u64 = 1 << 31;

/// A list of the index: the articles of a day under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ListName {
    /// Days since 1970.
    pub day: i64,
    /// See [`short`](crate::index::segment::short).
    pub key: u32,
}

/// Whether a list is hot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hotness {
    pub(crate) is_hot: bool,
    /// The answer stays the same if no more changes than these happen to the stories of the articles: one is
    /// that two stories become one, or that an article moves from one to another.
    outlives: u64,
}

impl Hotness {
    /// The answer for a list, given the story and the outlet of each of its articles. It is hot if its articles
    /// belong to more than `most` stories, none of which has more than half of them, and come from several outlets.
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
        let outlives = if outlets.len() <= OUTLETS {
            FOR_GOOD
        } else if count > most && !is_dominated {
            // So many changes make at most so many stories fewer, and one of them so many times as large.
            (count - most - 1).min(articles / (2 * largest.max(1)) - 1) as u64
        } else {
            // Each change takes at most one article off the largest, and makes at most one story more.
            let (of_largest, of_few) =
                ((2 * largest).saturating_sub(articles + 1) / 2, most.saturating_sub(count));
            of_largest.max(of_few) as u64
        };
        let is_hot = outlets.len() > OUTLETS && count > most && !is_dominated;
        Hotness { is_hot, outlives }
    }
}

/// The answers of late.
#[derive(Debug, Clone, Default)]
pub(crate) struct HotLists(HashCache<Answer, REMEMBERED>);

#[derive(Debug, Clone, Copy)]
struct Answer {
    list: ListName,
    /// How many articles it had.
    articles: usize,
    is_hot: bool,
    /// The number of changes up to which the answer holds.
    holds_until: u64,
}

/// Answers remembered, a power of two: 3 MB.
const REMEMBERED: usize = 1 << 16;

impl HotLists {
    /// Whether a list of so many articles is hot, after so many changes to stories; `find` finds it out.
    pub(crate) fn is_hot(
        &mut self,
        (list, articles): (ListName, usize),
        changes: u64,
        find: impl FnOnce() -> Hotness,
    ) -> bool {
        let hash = mix(u64::from(list.key), list.day.cast_unsigned());
        let known = self.0.get(hash).filter(|it| it.list == list && it.articles == articles);
        if let Some(answer) = known.filter(|it| it.holds_until >= changes) {
            return answer.is_hot;
        }
        let Hotness { is_hot, outlives } = find();
        self.0.set(hash, Answer { list, articles, is_hot, holds_until: changes + outlives });
        is_hot
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens to the stories of articles: two of them become one, or an article moves.
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
        fn an_answer_holds_as_long_as_it_says(
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
                if happened <= first.outlives {
                    let now = Hotness::of(stories.clone(), outlets.clone(), most);
                    prop_assert_eq!(now.is_hot, first.is_hot, "after {}", happened);
                }
            }
        }
    }

    #[test]
    fn what_is_known_is_not_found_out_again() {
        let (mut lists, list) = (HotLists::default(), ListName { day: 3, key: 7 });
        let of = |is_hot, outlives| move || Hotness { is_hot, outlives };
        assert!(lists.is_hot((list, 20), 5, of(true, 2)));
        assert!(lists.is_hot((list, 20), 7, || unreachable!("it is known")));
        assert!(!lists.is_hot((list, 20), 8, of(false, 0)), "too much has changed");
        assert!(lists.is_hot((list, 21), 8, of(true, 0)), "there is one more article");
        let other = ListName { day: 4, ..list };
        assert!(!lists.is_hot((other, 21), 8, of(false, 0)), "it is another day");
    }
}
