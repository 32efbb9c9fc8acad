//! Counts the terms that earlier stories share with a new one.
//!
//! Input: a list of stories for each term of the new one. Output: the stories that share most
//! terms.

use crate::ids::StoryId;

/// Counts by story. They are in an array and not in a map, because one search counts more than a
/// thousand entries.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedTermCounts {
    /// The number of shared terms of each story, from `first` on. All are 0 between two searches.
    counts: Vec<u16>,
    /// The stories with a count above 0.
    counted: Vec<StoryId>,
    /// The first story of the window.
    first: StoryId,
}

impl SharedTermCounts {
    /// Begins a search in the stories from `first` to `last`.
    pub(crate) fn begin(&mut self, first: StoryId, last: StoryId) {
        self.first = first;
        let stories = (last.0.saturating_sub(first.0) as usize) + 1;
        if self.counts.len() < stories {
            self.counts.resize(stories, 0);
        }
    }

    /// Adds 1 to the count of each of the stories.
    pub(crate) fn count<'a>(&mut self, stories: impl Iterator<Item = &'a StoryId>) {
        for story in stories {
            let count = &mut self.counts[story.0.saturating_sub(self.first.0) as usize];
            if *count == 0 {
                self.counted.push(*story);
            }
            *count = count.saturating_add(1);
        }
    }

    /// The `most` stories with the highest counts, the highest first. Of stories with equal counts,
    /// the earlier one is first. Resets all counts to 0.
    pub(crate) fn drain_most_shared(&mut self, most: usize) -> Vec<StoryId> {
        let mut sizes: Vec<usize> = Vec::new();
        for story in &self.counted {
            let count = usize::from(self.counts[story.0.saturating_sub(self.first.0) as usize]);
            if count >= sizes.len() {
                sizes.resize(count + 1, 0);
            }
            sizes[count] += 1;
        }
        let least = count_reached_by(&sizes, most);
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

/// The highest count that at least `most` stories reach; 0 if there are fewer stories. `sizes` is
/// the number of stories by count.
fn count_reached_by(sizes: &[usize], most: usize) -> u16 {
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
