//! Manual overrides of stories: how they change articles, their stories and their events.
//!
//! An override comes in; the split or merge that it causes goes out. It never knows who asked for it.

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

/// Relatives of a member on each side of a split that its marks are made of: a story has thousands.
const MOST_ALIKE: usize = 12;

impl Detector {
    /// The story that an article is in; `None` once it left the window.
    #[must_use]
    pub fn story_with(&self, doc: DocId) -> Option<StoryId> {
        self.docs.contains(doc).then(|| self.story_of(doc))
    }

    /// The members of a story in the order of arrival, those that left the window among them.
    #[must_use]
    pub fn members(&self, story: StoryId) -> &[DocId] {
        self.stories.get(story).map_or(&[], Story::members)
    }

    /// Takes members out of a story, which form one of their own: those and the others are kept
    /// apart from then on, and later copies join whichever they are copies of. The story's id stays
    /// with its first article: where that is among those taken out, the others are the new story.
    /// `None` where they are not members of it, or left the window, or are all that it has.
    pub fn split(&mut self, story: StoryId, leaving: &[DocId]) -> Option<Split> {
        let split = self.take_out(story, leaving)?;
        self.stories.keep_apart(split.from, split.into);
        Some(split)
    }

    /// Makes two stories one; the older id stays. `None` where they are, or one is not known.
    pub fn unite_stories(&mut self, one: StoryId, other: StoryId) -> Option<Merge<StoryId>> {
        self.stories.unite(one, other)
    }

    /// Has a story be divided by nobody but people from now on.
    pub fn keep_whole(&mut self, story: StoryId) {
        self.stories.keep_whole(story);
    }

    /// Makes two events one, whatever their bounds; the older id stays. `None` where they are, or
    /// one is not known.
    pub fn unite_events(&mut self, one: EventId, other: EventId) -> Option<Merge<EventId>> {
        self.events.unite(one, other)
    }

    /// Has two articles never be in one story. Where they are in one now, the later one leaves it,
    /// with those that joined through it.
    pub fn keep_apart(&mut self, one: DocId, other: DocId) -> Option<Split> {
        let (earlier, later) = (one.min(other), one.max(other));
        let story = self.story_with(later)?;
        let split = match self.story_with(earlier)? == story {
            true => self.take_out(story, &self.joined_through(story, later)),
            false => None,
        };
        self.stories.keep_articles_apart(earlier, later);
        split
    }

    /// An article and the members of its story that joined through it, or through one of those.
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

    pub(crate) fn take_out(&mut self, story: StoryId, leaving: &[DocId]) -> Option<Split> {
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
        self.mark_anew(&rest, &split.moved);
        self.list_texts_anew(&rest, &split.moved);
        let terms = self.terms_of(split.into.first_article()).unwrap_or_default();
        self.events.split(split.into, split.from, &terms);
        Some(split)
    }

    /// Which words of the members stand in other members and which in other stories, now that some
    /// are no members any more: what tells whether a later copy may join through them. Those without
    /// a relative on the other side keep their marks.
    fn mark_anew(&mut self, rest: &[DocId], moved: &[DocId]) {
        for (here, there) in [(rest, moved), (moved, rest)] {
            for member in here {
                self.mark_member_anew(*member, here, there);
            }
        }
    }

    fn mark_member_anew(&mut self, member: DocId, here: &[DocId], there: &[DocId]) {
        let Some(doc) = self.docs.get(member) else { return };
        let others = most_alike(doc.kin(), there);
        if others.is_empty() {
            return;
        }
        let (mut common, mut foreign) = (Bits::default(), doc.foreign());
        for relative in most_alike(doc.kin(), here) {
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

    /// The words of an article that stand in another.
    fn shared_words(&self, doc: DocId, other: DocId) -> Bits {
        let (earlier, later) = (doc.min(other), doc.max(other));
        let body = |number: DocId| {
            let held = self.docs.get(number)?.at_rest.open();
            Some(self.lexicon.open(&held.body))
        };
        let (Some(here), Some(there)) = (body(later), body(earlier)) else {
            return Bits::default();
        };
        // What is the frame of a page alone makes no relatives.
        let overlap = Overlap::between(&here, &there, &self.settings);
        if doc == later { overlap.here } else { overlap.there }
    }

    /// Lists the latest article of each of the two stories under each text that they have.
    fn list_texts_anew(&mut self, rest: &[DocId], moved: &[DocId]) {
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

    /// What events look at in an article. Its title is kept no longer.
    fn terms_of(&self, doc: DocId) -> Option<Terms> {
        let body = self.lexicon.open(&self.docs.get(doc)?.at_rest.open().body);
        Some(Terms::new(&*self.open(doc)?, &body, ""))
    }
}

/// The relatives among these members that share most, which is nearly all that any of them shares.
pub(crate) fn most_alike(kin: &[Relative], members: &[DocId]) -> Vec<DocId> {
    let is_member = |relative: &&Relative| members.binary_search(&relative.doc).is_ok();
    let mut found: Vec<&Relative> = kin.iter().filter(is_member).collect();
    found.sort_unstable_by_key(|relative| (Reverse(relative.shared_words), relative.doc));
    found.iter().take(MOST_ALIKE).map(|relative| relative.doc).collect()
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
    fn what_was_taken_out_stays_out_and_copies_go_where_they_belong() {
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
    fn two_that_are_not_the_same_part_with_those_that_joined_through_them() {
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
    fn what_is_kept_apart_beforehand_never_comes_together() {
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
            detector.unite_stories(StoryId(1), StoryId(0)),
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
    fn who_has_no_relative_on_the_other_side_keeps_its_marks() {
        let mut detector = Detector::new(Settings::default());
        let (front, back) = (words(1, 120), words(2, 120));
        observe(&mut detector, "a", &format!("{front}.\n{back}."));
        // Two through the front, one through the back, which meets neither of those.
        for (item, text) in [("b", &front), ("c", &front)] {
            assert_eq!(observe(&mut detector, item, text).story, StoryId(0));
        }
        let apart = observe(&mut detector, "d", &back);
        detector.unite_stories(StoryId(0), apart.story);
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
        let kin = detector.docs.get(DocId(0)).unwrap().kin();
        assert!(kin.len() > MOST_ALIKE, "{}", kin.len());
        assert_eq!(most_alike(kin, &all).len(), MOST_ALIKE);
        detector.split(StoryId(0), &[30].map(DocId)).unwrap();
        let common = detector.docs.get(DocId(0)).unwrap().common.open();
        assert!((0..110).all(|word| common.contains(word)), "those looked at tell enough");
    }

    #[test]
    fn what_left_the_window_is_in_no_story() {
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
