//! Counts the terms that earlier stories have in common with a new one.
//!
//! Lists of stories come in, one for each term; the stories with most terms in common go out.

use crate::ids::StoryId;

/// Counts by story. Tens of thousands of hits go into one look for like stories, so they are
/// counted in a row and not in a map.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedTermCounts {
    /// By story, from the first one of the window; all zero between two looks.
    counts: Vec<u16>,
    /// The stories counted.
    counted: Vec<StoryId>,
    first: StoryId,
}

impl SharedTermCounts {
    /// Begins a look at the stories from `first` to `last`.
    pub(crate) fn begin(&mut self, first: StoryId, last: StoryId) {
        self.first = first;
        let stories = (last.0.saturating_sub(first.0) as usize) + 1;
        if self.counts.len() < stories {
            self.counts.resize(stories, 0);
        }
    }

    /// Counts each of the stories once more.
    pub(crate) fn count<'a>(&mut self, stories: impl Iterator<Item = &'a StoryId>) {
        for story in stories {
            let count = &mut self.counts[story.0.saturating_sub(self.first.0) as usize];
            if *count == 0 {
                self.counted.push(*story);
            }
            *count = count.saturating_add(1);
        }
    }

    /// The `most` stories that were counted most often, those first, the earlier of equals before
    /// the later. Nothing is counted from then on.
    pub(crate) fn drain_most_shared(&mut self, most: usize) -> Vec<StoryId> {
        let mut sizes: Vec<usize> = Vec::new();
        for story in &self.counted {
            let count = usize::from(self.counts[story.0.saturating_sub(self.first.0) as usize]);
            if count >= sizes.len() {
                sizes.resize(count + 1, 0);
            }
            sizes[count] += 1;
        }
        let least = least_of(&sizes, most);
        let mut found: Vec<(u16, StoryId)> = Vec::new();
        for story in self.counted.drain(..) {
            let count =
                std::mem::take(&mut self.counts[story.0.saturating_sub(self.first.0) as usize]);
            if count >= least {
                found.push((count, story));
            }
        }
        found.sort_unstable_by(|(x, a), (y, b)| y.cmp(x).then(a.cmp(b)));
        found.truncate(most);
        found.into_iter().map(|(_, story)| story).collect()
    }
}

/// The count that at least `most` stories reach, given how many there are of each.
fn least_of(sizes: &[usize], most: usize) -> u16 {
    let mut taken = 0;
    for (count, size) in sizes.iter().enumerate().rev() {
        taken += size;
        if taken >= most {
            return u16::try_from(count).unwrap_or(u16::MAX);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_come_first_and_the_earlier_of_equals() {
        let mut counts = SharedTermCounts::default();
        for _ in 0..2 {
            counts.begin(StoryId(5), StoryId(9));
            for numbers in [&[5, 7, 9][..], &[7, 9], &[9, 6], &[8]] {
                let list: Vec<StoryId> = numbers.iter().copied().map(StoryId).collect();
                counts.count(list.iter());
            }
            assert_eq!(counts.drain_most_shared(4), [9, 7, 5, 6].map(StoryId));
        }
        counts.begin(StoryId(5), StoryId(9));
        assert!(counts.drain_most_shared(4).is_empty());
    }
}
