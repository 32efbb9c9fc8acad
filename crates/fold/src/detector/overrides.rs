//! Carries out manual overrides: changes stories and events, and keeps apart what people said is not the same.

use crate::detector::Detector;
use crate::ids::{DocId, EventId, Merge, Split, StoryId};
use crate::page::counted;

impl Detector {
    /// Moves members of a story into a new story. Both are kept apart from then on, and later copies join the
    /// story of which they are copies. The id of the story stays with its first article: if that is among
    /// `leaving`, the others form the new story. `None` if an article is not a member or left the window, or if
    /// they are all the members.
    pub fn split(&mut self, story: StoryId, leaving: &[DocId]) -> Option<Split> {
        let split = self.take_out(story, leaving)?;
        self.apart.keep_apart(self.members(split.from), split.moved.clone());
        Some(split)
    }

    /// Makes two stories one; the older id stays. `None` if they are one already, or one is unknown.
    pub fn merge_stories(&mut self, one: StoryId, other: StoryId) -> Option<Merge<StoryId>> {
        let is_known = |story: StoryId| self.stories.has(story.0);
        if one == other || !is_known(one) || !is_known(other) {
            return None;
        }
        let merge = self.merge_two(one.0, other.0);
        self.apart.allow_together(&self.members(merge.older));
        Some(merge)
    }

    /// Makes two events one whatever their times; the older id stays. `None` if they are one already, or one is
    /// unknown.
    pub fn merge_events(&mut self, one: EventId, other: EventId) -> Option<Merge<EventId>> {
        self.events.merge_by_override(one, other)
    }

    /// Moves stories of one event into an event of their own.
    pub fn divide_event(&mut self, leaving: &[StoryId]) {
        self.events.divide(leaving);
    }

    /// Keeps two articles out of one story from now on. If they are in one, the later article leaves it,
    /// together with those that joined through it.
    pub fn keep_apart(&mut self, one: DocId, other: DocId) -> Option<Split> {
        let (earlier, later) = (one.min(other), one.max(other));
        let story = self.story_with(later)?;
        let split = match self.story_with(earlier)? == story {
            true => self.take_out(story, &self.joined_through(story, later)),
            false => None,
        };
        self.apart.keep_apart(vec![earlier], vec![later]);
        split
    }

    /// Whether people keep two stories apart.
    pub(super) fn are_apart(&self, one: u32, other: u32) -> bool {
        self.apart.divides(&self.stories, one, other)
    }

    /// An article and the members of its story that joined through it, directly or through one another.
    fn joined_through(&self, story: StoryId, doc: DocId) -> Vec<DocId> {
        let mut found = vec![doc];
        for member in self.members(story).into_iter().filter(|member| *member > doc) {
            let joined = self.docs.get(member.0).map(|member| DocId(member.joined));
            if joined.is_some_and(|joined| found.contains(&joined)) {
                found.push(member);
            }
        }
        found
    }

    /// Moves members of a story into a new story of the same event. `None` as for [`Detector::split`].
    fn take_out(&mut self, story: StoryId, leaving: &[DocId]) -> Option<Split> {
        let mut leaving: Vec<u32> = leaving.iter().map(|doc| doc.0).collect();
        leaving.sort_unstable();
        leaving.dedup();
        let (first, moved) = self.stories.split(story.0, &leaving)?;
        let page = self.page(first);
        if let Some(signature) = self.signature(first, &page, &counted(&page.terms)) {
            self.events.split_story(first, story.0, signature, self.first);
        }
        Some(Split {
            from: story,
            into: StoryId(first),
            moved: moved.into_iter().map(DocId).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::incoming::Incoming;
    use crate::settings::Settings;
    use crate::verdict::{Class, Verdict};

    fn words(seed: usize, count: usize) -> String {
        (0..count).map(|n| format!("w{}x ", (seed * 1_000 + n * 7) % 9_973)).collect()
    }

    fn observe(detector: &mut Detector, item: &str, text: &str) -> Verdict {
        detector.observe(&Incoming { items: &[item], text, ..Incoming::default() })
    }

    /// A text and two copies of it, each with an ending of its own.
    fn three_copies() -> (Detector, [String; 3]) {
        let mut detector = Detector::new(Settings::default());
        let texts = [2, 3, 4].map(|seed| format!("{}.\n{}.", words(1, 120), words(seed, 30)));
        for (text, item) in texts.iter().zip(["a", "b", "c"]) {
            assert_eq!(observe(&mut detector, item, text).story, StoryId(0));
        }
        (detector, texts)
    }

    #[test]
    fn a_split_lasts_and_copies_join_the_matching_story() {
        let (mut detector, [first, second, third]) = three_copies();
        let split = detector.split(StoryId(0), &[DocId(1)]).unwrap();
        assert_eq!(
            (split.from, split.into, &*split.moved),
            (StoryId(0), StoryId(1), &[DocId(1)][..])
        );
        assert_eq!(detector.split(StoryId(0), &[DocId(1)]), None, "it is there no more");
        let joined = |by: &mut Detector, item: &str, text: &str| {
            let found = observe(by, item, text);
            assert!(found.merged_stories.is_empty(), "{item}");
            (found.class, found.story)
        };
        assert_eq!(joined(&mut detector, "d", &second), (Class::Copy, StoryId(1)));
        assert_eq!(joined(&mut detector, "e", &first), (Class::Copy, StoryId(0)));
        assert_eq!(joined(&mut detector, "f", &third), (Class::Copy, StoryId(0)));
        // However many could as well be copies of either.
        for (number, seed) in (10..16).enumerate() {
            let text = format!("{}.\n{}.", words(1, 120), words(seed, 20 + number));
            let (class, _) = joined(&mut detector, &format!("g{number}"), &text);
            assert_eq!(class, Class::Copy);
        }
        let version = observe(&mut detector, "b", &words(9, 120));
        assert_eq!(version.story, StoryId(1), "its next version");
        assert_ne!(detector.story_with(DocId(0)), detector.story_with(DocId(1)));
    }

    #[test]
    fn the_first_article_keeps_the_id_and_the_others_leave() {
        let (mut detector, _) = three_copies();
        let split = detector.split(StoryId(0), &[DocId(0)]).unwrap();
        assert_eq!((split.into, &*split.moved), (StoryId(1), &[DocId(1), DocId(2)][..]));
        assert_eq!(detector.split(StoryId(0), &[DocId(0)]), None, "nothing would be left");
        assert_eq!(detector.split(StoryId(1), &[1, 1, 2].map(DocId)), None, "nor here");
        assert_eq!(detector.split(StoryId(1), &[DocId(7)]), None);
    }

    #[test]
    fn an_article_kept_apart_takes_those_that_joined_through_it() {
        let (mut detector, [_, second, _]) = three_copies();
        let through = observe(&mut detector, "d", &second);
        assert_eq!((through.doc, through.story), (DocId(3), StoryId(0)));
        let split = detector.keep_apart(DocId(1), DocId(0)).unwrap();
        assert_eq!((split.into, &*split.moved), (StoryId(1), &[DocId(1), DocId(3)][..]));
        assert_eq!(detector.keep_apart(DocId(0), DocId(1)), None, "they are apart");
        // Those two and no others: the rest of the story may go with either.
        assert!(detector.are_apart(0, 1));
        detector.split(StoryId(0), &[DocId(2)]);
        assert!(!detector.are_apart(2, 1));
    }

    #[test]
    fn articles_kept_apart_never_fold_later_unless_people_say_so() {
        let (mut detector, [_, _, third]) = three_copies();
        detector.keep_apart(DocId(0), DocId(1)).unwrap();
        let merged: usize = (0..4)
            .map(|n| observe(&mut detector, &format!("c{n}"), &third).merged_stories.len())
            .sum();
        assert_eq!((merged, detector.story_with(DocId(1))), (0, Some(StoryId(1))));
        let merge = Merge { older: StoryId(0), younger: StoryId(1) };
        assert_eq!(detector.merge_stories(StoryId(1), StoryId(0)), Some(merge));
        assert_eq!(detector.merge_stories(StoryId(1), StoryId(0)), None, "they are one");
        assert_eq!(detector.story_with(DocId(1)), Some(StoryId(0)), "people's latest word");
    }
}
