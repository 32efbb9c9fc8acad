//! Carries out manual overrides: changes articles, their stories and their events.
//!
//! An override comes in; the split or merge that it causes goes out. This module never knows who
//! made the override.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::body::terms::Terms;
use crate::codec::bits::Bits;
use crate::compare::overlap::Overlap;
use crate::detector::Detector;
use crate::ids::{DocId, EventId, StoryId};
use crate::store::doc::Relative;
use crate::story::stories::Story;
use crate::story::{Merge, Split};

/// Limits how many relatives on each side of a split a member is compared with. A story may have
/// thousands.
const MAX_CLOSEST_RELATIVES: usize = 12;

impl Detector {
    /// The story of an article; `None` if it left the window.
    #[must_use]
    pub fn story_with(&self, doc: DocId) -> Option<StoryId> {
        self.docs.contains(doc).then(|| self.story_of(doc))
    }

    /// The members of a story in the order of arrival, including those that left the window.
    #[must_use]
    pub fn members(&self, story: StoryId) -> &[DocId] {
        self.stories.get(story).map_or(&[], Story::members)
    }

    /// Moves members of a story into a new story. Both stories are kept apart from then on, and
    /// later copies join the story of which they are copies. The id of the story stays with its
    /// first article: if that is among `leaving`, the others form the new story. `None` if an
    /// article is not a member or left the window, or if they are all the members.
    pub fn split(&mut self, story: StoryId, leaving: &[DocId]) -> Option<Split> {
        let split = self.take_out_members(story, leaving)?;
        self.stories.keep_apart(split.from, split.into);
        Some(split)
    }

    /// Merges two stories; the older id stays. `None` if they are one already, or one is unknown.
    pub fn merge_stories(&mut self, one: StoryId, other: StoryId) -> Option<Merge<StoryId>> {
        self.stories.merge_by_override(one, other)
    }

    /// Exempts a story from regrouping from now on: only people can split it.
    pub fn exempt_from_regrouping(&mut self, story: StoryId) {
        self.stories.keep_whole(story);
    }

    /// Merges two events whatever their times; the older id stays. `None` if they are one already,
    /// or one is unknown.
    pub fn merge_events(&mut self, one: EventId, other: EventId) -> Option<Merge<EventId>> {
        self.events.merge_by_override(one, other)
    }

    /// Moves stories of one event into an event of their own. The two are not merged through a later story.
    pub fn divide_event(&mut self, leaving: &[StoryId]) {
        self.events.divide(leaving);
    }

    /// Keeps two articles out of one story from now on. If they are in one, the later article
    /// leaves it, together with those that joined through it.
    pub fn keep_apart(&mut self, one: DocId, other: DocId) -> Option<Split> {
        let (earlier, later) = (one.min(other), one.max(other));
        let story = self.story_with(later)?;
        let split = match self.story_with(earlier)? == story {
            true => self.take_out_members(story, &self.joined_through(story, later)),
            false => None,
        };
        self.stories.keep_articles_apart(earlier, later);
        split
    }

    /// An article and the members of its story that joined through it, directly or through one
    /// another.
    pub(crate) fn joined_through(&self, story: StoryId, doc: DocId) -> Vec<DocId> {
        let mut found = vec![doc];
        for member in self.members(story).iter().filter(|member| **member > doc) {
            let joined = self.docs.get(*member).map(|member| member.joined);
            if joined.is_some_and(|joined| found.contains(&joined)) {
                found.push(*member);
            }
        }
        found
    }

    /// Moves members of a story into a new story, and updates everything that refers to them.
    /// `None` as for [`Detector::split`].
    pub(crate) fn take_out_members(&mut self, story: StoryId, leaving: &[DocId]) -> Option<Split> {
        let mut leaving = leaving.to_vec();
        leaving.sort_unstable();
        leaving.dedup();
        if !leaving.iter().all(|doc| self.docs.contains(*doc)) {
            return None;
        }
        let split = self.stories.split(story, &leaving)?;
        let rest = self.members(split.from).to_vec();
        for (part, members) in [(split.from, &rest), (split.into, &split.moved)] {
            for member in members {
                if let Some(doc) = self.docs.get_mut(*member) {
                    doc.story = part;
                }
            }
        }
        self.recompute_marks(&rest, &split.moved);
        self.relist_texts(&rest, &split.moved);
        let terms = self.terms_of(split.into.first_article()).unwrap_or_default();
        self.events.split(split.into, split.from, &terms);
        Some(split)
    }

    /// Computes again which words of the members other members or other stories have, after a
    /// split. These marks decide whether a later copy may join through a member. Members without a
    /// relative on the other side keep their marks.
    fn recompute_marks(&mut self, rest: &[DocId], moved: &[DocId]) {
        for (here, there) in [(rest, moved), (moved, rest)] {
            for member in here {
                self.recompute_member_marks(*member, here, there);
            }
        }
    }

    fn recompute_member_marks(&mut self, member: DocId, here: &[DocId], there: &[DocId]) {
        let Some(doc) = self.docs.get(member) else { return };
        let others = closest_relatives(doc.relatives(), there);
        if others.is_empty() {
            return;
        }
        let (mut common, mut foreign) = (Bits::default(), doc.foreign());
        for relative in closest_relatives(doc.relatives(), here) {
            common.extend(&self.shared_words(member, relative));
        }
        for relative in others {
            foreign.extend(&self.shared_words(member, relative));
        }
        if let Some(marked) = self.docs.get_mut(member) {
            marked.common = common.pack();
            marked.set_foreign(&foreign);
        }
    }

    /// The words of an article that another one also has.
    fn shared_words(&self, doc: DocId, other: DocId) -> Bits {
        let (earlier, later) = (doc.min(other), doc.max(other));
        let body = |number: DocId| {
            let held = self.docs.get(number)?.stored.open();
            Some(self.lexicon.open(&held.body))
        };
        let (Some(here), Some(there)) = (body(later), body(earlier)) else {
            return Bits::default();
        };
        // Pages that share only their frame are no relatives, so frames need no care here.
        let overlap = Overlap::between(&here, &there, &self.settings);
        if doc == later { overlap.here } else { overlap.there }
    }

    /// Lists the two stories again under the exact texts that they have, each by its latest
    /// article.
    fn relist_texts(&mut self, rest: &[DocId], moved: &[DocId]) {
        let exact = |doc: &DocId| self.docs.get(*doc).and_then(|doc| doc.exact.get());
        let texts: BTreeSet<u128> = rest.iter().chain(moved).filter_map(exact).collect();
        for text in texts {
            let is_of_others =
                |doc: &DocId| rest.binary_search(doc).is_err() && moved.binary_search(doc).is_err();
            let listed = self.by_text.get(text).iter().copied();
            let mut kept: Vec<DocId> = listed.filter(is_of_others).collect();
            for part in [rest, moved] {
                kept.extend(part.iter().rfind(|doc| exact(doc) == Some(text)));
            }
            kept.sort_unstable();
            self.by_text.set(text, kept);
        }
    }

    /// The terms by which events compare an article, without its title, which is not stored.
    fn terms_of(&self, doc: DocId) -> Option<Terms> {
        let body = self.lexicon.open(&self.docs.get(doc)?.stored.open().body);
        Some(Terms::new(&*self.open_text(doc)?, &body, ""))
    }
}

/// The relatives among these members that share most words. A few are enough: the words that they
/// share are nearly all that any relative shares.
pub(crate) fn closest_relatives(kin: &[Relative], members: &[DocId]) -> Vec<DocId> {
    let is_member = |relative: &&Relative| members.binary_search(&relative.doc).is_ok();
    let mut found: Vec<&Relative> = kin.iter().filter(is_member).collect();
    found.sort_unstable_by_key(|relative| (Reverse(relative.shared_words), relative.doc));
    found.iter().take(MAX_CLOSEST_RELATIVES).map(|relative| relative.doc).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detector::incoming::Incoming;
    use crate::detector::verdict::{Class, Verdict};
    use crate::settings::Settings;

    fn words(seed: usize, count: usize) -> String {
        (0..count).map(|n| format!("w{} ", (seed * 1_000 + n * 7) % 9_973)).collect()
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
        let split = detector.split(StoryId(0), &[1].map(DocId)).unwrap();
        assert_eq!(
            (split.from, split.into, &*split.moved),
            (StoryId(0), StoryId(1), &[1].map(DocId)[..])
        );
        assert_eq!(detector.split(StoryId(0), &[1].map(DocId)), None, "it is there no more");
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
        assert_eq!(
            observe(&mut detector, "b", &words(9, 120)).story,
            StoryId(1),
            "its next version"
        );
        assert_ne!(detector.story_with(DocId(0)), detector.story_with(DocId(1)));
    }

    #[test]
    fn the_first_article_keeps_the_id_and_the_others_leave() {
        let (mut detector, _) = three_copies();
        let split = detector.split(StoryId(0), &[0].map(DocId)).unwrap();
        assert_eq!((split.into, &*split.moved), (StoryId(1), &[1, 2].map(DocId)[..]));
        assert_eq!(detector.split(StoryId(0), &[0].map(DocId)), None, "nothing would be left");
        assert_eq!(detector.split(StoryId(1), &[1, 1, 2].map(DocId)), None, "nor here");
        assert_eq!(detector.split(StoryId(1), &[7].map(DocId)), None);
    }

    #[test]
    fn an_article_kept_apart_takes_those_that_joined_through_it() {
        let (mut detector, [_, second, _]) = three_copies();
        let through = observe(&mut detector, "d", &second);
        assert_eq!((through.doc, through.story), (DocId(3), StoryId(0)));
        let split = detector.keep_apart(DocId(1), DocId(0)).unwrap();
        assert_eq!((split.into, &*split.moved), (StoryId(1), &[1, 3].map(DocId)[..]));
        assert_eq!(detector.keep_apart(DocId(0), DocId(1)), None, "they are apart");
        // Those two and no others: the rest of the story may go with either.
        assert!(detector.stories.are_apart(StoryId(0), StoryId(1)));
        detector.split(StoryId(0), &[2].map(DocId));
        assert!(!detector.stories.are_apart(StoryId(2), StoryId(1)));
    }

    #[test]
    fn articles_kept_apart_never_fold_later() {
        let mut detector = Detector::new(Settings::default());
        let (one, other) = (words(1, 120), words(2, 120));
        observe(&mut detector, "a", &one);
        observe(&mut detector, "b", &other);
        assert_eq!(detector.keep_apart(DocId(0), DocId(1)), None);
        let both = |seed| format!("{one}.\n{other}.\n{}.", words(seed, 20));
        let merged: usize = (0..4)
            .map(|n| observe(&mut detector, &format!("c{n}"), &both(20 + n)).merged_stories.len())
            .sum();
        assert_eq!(
            (merged, detector.story_with(DocId(0)) == detector.story_with(DocId(1))),
            (0, false)
        );
        assert_eq!(
            detector.merge_stories(StoryId(1), StoryId(0)),
            Some(Merge { older: StoryId(0), younger: StoryId(1) })
        );
        assert_eq!(detector.story_with(DocId(1)), Some(StoryId(0)), "people's latest word");
    }

    #[test]
    fn a_member_left_alone_lets_in_what_its_former_copy_kept_out() {
        let (front, back) = (words(1, 120), words(2, 120));
        let observe_all = |is_split: bool| {
            let mut detector = Detector::new(Settings::default());
            observe(&mut detector, "a", &format!("{front}.\n{back}."));
            assert_eq!(observe(&mut detector, "b", &front).story, StoryId(0));
            if is_split {
                detector.split(StoryId(0), &[1].map(DocId)).unwrap();
            }
            observe(&mut detector, "c", &back).story
        };
        assert_eq!((observe_all(false), observe_all(true)), (StoryId(2), StoryId(0)));
    }

    #[test]
    fn members_without_a_relative_on_the_other_side_keep_their_marks() {
        let mut detector = Detector::new(Settings::default());
        let (front, back) = (words(1, 120), words(2, 120));
        observe(&mut detector, "a", &format!("{front}.\n{back}."));
        // Two through the front, one through the back, which meets neither of those.
        for (item, text) in [("b", &front), ("c", &front)] {
            assert_eq!(observe(&mut detector, item, text).story, StoryId(0));
        }
        let apart = observe(&mut detector, "d", &back);
        detector.merge_stories(StoryId(0), apart.story);
        let marks = |of: &Detector, doc| {
            let marked = of.docs.get(doc).unwrap();
            (marked.common.open(), marked.foreign())
        };
        let before = [1, 2].map(|doc| marks(&detector, DocId(doc)));
        detector.split(StoryId(0), &[3].map(DocId)).unwrap();
        assert_eq!([1, 2].map(|doc| marks(&detector, DocId(doc))), before);
        let (common, foreign) = marks(&detector, DocId(0));
        assert_eq!((common.contains(5), common.contains(130)), (true, false));
        assert!(foreign.contains(130), "the back is another story's now");
    }

    #[test]
    fn a_story_of_many_is_split_with_few_comparisons() {
        let mut detector = Detector::new(Settings::default());
        let text = words(1, 120);
        for number in 0..60 {
            let copy = format!("{text}.\n{}.", words(number + 2, 12));
            assert_eq!(observe(&mut detector, &number.to_string(), &copy).story, StoryId(0));
        }
        let all: Vec<DocId> = (0..60).map(DocId).collect();
        let kin = detector.docs.get(DocId(0)).unwrap().relatives();
        assert!(kin.len() > MAX_CLOSEST_RELATIVES, "{}", kin.len());
        assert_eq!(closest_relatives(kin, &all).len(), MAX_CLOSEST_RELATIVES);
        detector.split(StoryId(0), &[30].map(DocId)).unwrap();
        let common = detector.docs.get(DocId(0)).unwrap().common.open();
        assert!((0..110).all(|word| common.contains(word)), "those looked at tell enough");
    }

    #[test]
    fn articles_that_left_the_window_are_in_no_story() {
        let (mut detector, _) = three_copies();
        let late = Incoming { text: "A", time: 20 * 86_400, ..Incoming::default() };
        detector.observe(&late);
        assert_eq!((detector.story_with(DocId(0)), detector.members(StoryId(0)).len()), (None, 0));
        assert_eq!(
            (detector.split(StoryId(0), &[1].map(DocId)), detector.keep_apart(DocId(0), DocId(1))),
            (None, None)
        );
    }
}
