//! Changes of events after their stories were added: merges, splits, and stories that left the window.

use crate::event::{
    ComparedStory, EventEvidence, Events, QUIET, THRESHOLD, climbed_by_stories, measure, usual,
};
use crate::ids::{EventId, Merge, StoryId};
use crate::rarity::Rarity;
use crate::signature::Signature;

impl Events {
    /// Removes a story that became a part of an older one. An event without another story is removed.
    pub(crate) fn merge_story(&mut self, older: u32, younger: u32) {
        self.leave(younger);
        self.signatures.remove(&younger);
        // Both were in the window, but the older one may be a story that was never added.
        if !self.event_of.contains_key(&older) {
            self.put(older, older);
        }
    }

    /// Puts a story that was divided from another one into the same event.
    pub(crate) fn split_story(
        &mut self,
        story: u32,
        from: u32,
        signature: Signature,
        first: u32,
        rarity: &Rarity,
    ) {
        self.leave(story);
        self.put(story, self.of(from));
        for key in signature.keys(rarity) {
            self.index.insert(key, story, first);
        }
        self.signatures.insert(story, signature);
    }

    /// Makes two events one, whatever their times: the one with the lower number. `None` if they are one or one
    /// is unknown.
    pub(crate) fn merge(&mut self, one: EventId, other: EventId) -> Option<Merge<EventId>> {
        let (older, younger) = (one.min(other), one.max(other));
        let is_known = |event: EventId| self.stories.contains_key(&event.0);
        if older == younger || !is_known(older) || !is_known(younger) {
            return None;
        }
        for story in self.stories.remove(&younger.0).unwrap_or_default() {
            self.put(story, older.0);
        }
        Some(Merge { older, younger })
    }

    /// Moves stories of one event into an event of their own, with the number of the first of them. Does nothing
    /// if no other story would be left.
    pub(crate) fn divide(&mut self, leaving: &[StoryId]) {
        let Some(into) = leaving.iter().map(|story| story.0).min() else { return };
        let from = self.of(into);
        let stories = self.stories.get(&from).map_or(&[][..], Vec::as_slice);
        let stays = |story: &u32| leaving.iter().all(|other| other.0 != *story);
        if from == into || !stories.iter().any(stays) {
            return;
        }
        for story in leaving {
            self.leave(story.0);
            self.put(story.0, into);
        }
    }

    /// The event that a new story continues: its last story is too old for the new one to join.
    pub(crate) fn continued(&self, compared: &[ComparedStory], time: i64) -> Option<EventId> {
        let is_closed = |pair: &&ComparedStory| {
            let stories = self.stories.get(&self.of(pair.story));
            let last = stories.and_then(|stories| self.signatures.get(stories.last()?));
            pair.probability > THRESHOLD && last.is_some_and(|last| time - last.time > QUIET)
        };
        let likeliest = compared.iter().filter(is_closed).max_by(|one, other| {
            one.probability.total_cmp(&other.probability).then(other.story.cmp(&one.story))
        });
        likeliest.map(|pair| EventId(self.of(pair.story)))
    }

    /// How likely two stories are about one happening, if nothing else is like them; `None` if one is unknown.
    pub(crate) fn between(
        &self,
        new: u32,
        old: u32,
        rarity: &Rarity,
    ) -> Option<(EventEvidence, f64)> {
        let (new, old) = (self.signatures.get(&new)?, self.signatures.get(&old)?);
        let known = old.keys(rarity);
        let shared = new.keys(rarity).into_iter().filter(|key| known.contains(key)).count();
        let mut evidence = measure(new, old, shared as f64, rarity);
        evidence.beyond = evidence.words - usual(vec![evidence.words]);
        let probability = self.weights.of_climbed(&climbed_by_stories(&evidence));
        Some((evidence, probability))
    }

    /// Forgets stories.
    pub(crate) fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.signatures.retain(|story, _| !is_gone(*story));
        self.event_of.retain(|story, _| !is_gone(*story));
        self.stories.retain(|_, stories| {
            stories.retain(|story| !is_gone(*story));
            !stories.is_empty()
        });
    }

    fn put(&mut self, story: u32, event: u32) {
        self.event_of.insert(story, event);
        let stories = self.stories.entry(event).or_default();
        stories.push(story);
        stories.sort_unstable();
    }

    fn leave(&mut self, story: u32) {
        let Some(event) = self.event_of.remove(&story) else { return };
        if let Some(stories) = self.stories.get_mut(&event) {
            stories.retain(|other| *other != story);
            if stories.is_empty() {
                self.stories.remove(&event);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Weights;
    use crate::page::Page;

    fn signature(text: &str) -> Signature {
        Signature::new(&Page::new(text), &[], 0, &Rarity::default())
    }

    /// Three stories of nothing in common.
    fn events() -> Events {
        let (mut events, rarity) = (Events::new(Weights::of_events()), Rarity::default());
        for (story, text) in
            ["A ferry sank.", "Bees sang at noon.", "Snow fell over Orla."].iter().enumerate()
        {
            events.add(story as u32, signature(text), 0, &rarity);
        }
        events
    }

    #[test]
    fn people_merge_and_divide_events() {
        let mut events = events();
        let (older, younger) = (EventId(0), EventId(2));
        assert_eq!(events.merge(younger, older), Some(Merge { older, younger }));
        assert_eq!((events.of(2), events.merge(older, younger)), (0, None));
        events.divide(&[StoryId(2)]);
        assert_eq!((events.of(0), events.of(2)), (0, 2));
        events.divide(&[StoryId(2)]);
        assert_eq!(events.of(2), 2, "it is alone");
    }

    #[test]
    fn a_divided_story_stays_in_the_event_and_a_merged_one_leaves_its_own() {
        let mut events = events();
        events.split_story(7, 1, signature("Bees sang."), 0, &Rarity::default());
        assert_eq!(events.of(7), 1);
        events.merge_story(0, 2);
        assert_eq!((events.stories.len(), events.merge(EventId(0), EventId(2))), (2, None));
        events.forget(|story| story == 1);
        assert_eq!((events.of(7), events.stories[&1].len()), (1, 1));
    }
}
