//! Manual overrides of events: merges of two events, and the event of a story that was split off.

use super::subject::Subject;
use super::{Event, Events, Profile};
use crate::body::terms::Terms;
use crate::event::packed_terms::IndexedTerms;
use crate::ids::{DocId, EventId, StoryId};
use crate::story::Merge;

impl Events {
    /// Adds a story that was split off the story `from`, to the same event, because the happening
    /// is the same. If `from` is a digest, which no story can join, the new story gets no terms
    /// either.
    pub(crate) fn split(&mut self, story: StoryId, from: StoryId, terms: &Terms) {
        let Some(Profile { event, terms: known, time }) = self.profiles.get(from).cloned() else {
            return;
        };
        let event = self.resolve(event);
        self.leave_event(story);
        if let Some(entry) = self.events.get_mut(event)
            && let Err(place) = entry.stories.binary_search(&story)
        {
            entry.stories.insert(place, story);
        }
        if let Some(profile) = self.profiles.get_mut(story) {
            // It was a story of its own before it was merged with the other.
            profile.event = event;
        } else if known.terms.iter().next().is_none() {
            self.profiles.insert(story, Profile { event, terms: IndexedTerms::default(), time });
        } else {
            let terms = self.frequencies.index_terms(terms);
            let found_by = Subject::new(&terms, &self.frequencies).found_by();
            self.learn(story, time, event, terms, &found_by);
        }
    }

    /// Moves stories of one event into an event of their own, by a manual override. The two events are not merged
    /// through a later story. Does nothing if no other story would be left, or one is unknown here.
    pub(crate) fn divide(&mut self, leaving: &[StoryId]) {
        let Some(from) = leaving.first().and_then(|story| self.event_of(*story)) else { return };
        let into = leaving.iter().copied().min().map(EventId::of).filter(|into| *into != from);
        let staying: Vec<StoryId> =
            self.stories(from).iter().copied().filter(|it| !leaving.contains(it)).collect();
        let times = leaving.iter().filter_map(|it| Some(self.profiles.get(*it)?.time));
        let times: Vec<i64> = times.collect();
        let (Some(into), Some(first), Some(last)) = (into, times.iter().min(), times.iter().max())
        else {
            return;
        };
        if staying.is_empty() {
            return;
        }
        let mut stories = leaving.to_vec();
        stories.sort_unstable();
        self.redirects.split(from, into);
        self.events.insert(into, Event { first: *first, last: *last, stories });
        for story in leaving {
            if let Some(profile) = self.profiles.get_mut(*story) {
                profile.event = into;
            }
        }
        self.apart.keep_apart(docs(&staying), docs(leaving));
        if let Some(entry) = self.events.get_mut(from) {
            entry.stories = staying;
        }
    }

    /// Whether people divided these two events.
    pub(super) fn are_apart(&self, one: EventId, other: EventId) -> bool {
        !self.apart.is_empty()
            && self.apart.keeps_apart(&docs(self.stories(one)), &docs(self.stories(other)))
    }

    fn leave_event(&mut self, story: StoryId) {
        let event = self.event_of(story);
        if let Some(entry) = event.and_then(|event| self.events.get_mut(event)) {
            entry.stories.retain(|other| *other != story);
        }
    }

    /// Merges two events by a manual override, even beyond the bounds of an event. The older id
    /// stays. `None` if they are one event already, or if one of them is unknown.
    pub(crate) fn merge_by_override(
        &mut self,
        one: EventId,
        other: EventId,
    ) -> Option<Merge<EventId>> {
        let (one, other) = (self.resolve(one), self.resolve(other));
        let (older, younger) = (one.min(other), one.max(other));
        if older == younger || !self.events.contains(older) || !self.events.contains(younger) {
            return None;
        }
        self.merge(older, younger);
        self.apart.allow_together(&docs(self.stories(older)));
        Some(Merge { older, younger })
    }
}

/// The first articles of stories, in order.
fn docs(stories: &[StoryId]) -> Vec<DocId> {
    let mut docs: Vec<DocId> = stories.iter().map(|story| story.first_article()).collect();
    docs.sort_unstable();
    docs
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::settings::Settings;

    const HOUR: i64 = 3600;
    const STRIKE: &str = "In Quayton the dockers of Ada Ruiz went on strike against Port Orla.";
    const OTHER: &str =
        "In Vennby the bakers of Tom Lund won a prize for the bread of Mill Hollow.";

    fn terms(text: &str) -> Terms {
        let text = Text::new(text);
        Terms::new(&text, &Body::new(&text), "")
    }

    fn add(events: &mut Events, story: u32, hours: i64, text: &str) {
        let settings = Settings::default();
        events.add(StoryId(story), hours * HOUR, &terms(text), &settings, &mut |_| 0);
    }

    #[test]
    fn a_story_that_was_split_off_stays_in_the_event_and_later_stories_find_it() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 4, 1, STRIKE);
        events.split(StoryId(2), StoryId(0), &terms(OTHER));
        assert_eq!(events.stories(EventId(0)), [0, 2, 4].map(StoryId));
        add(&mut events, 5, 2, OTHER);
        assert_eq!(
            events.event_of(StoryId(5)),
            Some(EventId(0)),
            "by the words of the story that was split off"
        );
    }

    #[test]
    fn a_story_that_had_an_event_of_its_own_leaves_it() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 1, 0, OTHER);
        events.split(StoryId(1), StoryId(0), &terms(OTHER));
        assert_eq!(
            (events.event_of(StoryId(1)), events.stories(EventId(0))),
            (Some(EventId(0)), &[0, 1].map(StoryId)[..])
        );
        assert!(events.stories(EventId(1)).is_empty());
    }

    #[test]
    fn no_story_joins_through_a_story_that_was_split_off_a_digest() {
        let mut events = Events::default();
        events.add_alone(StoryId(0), 0);
        events.split(StoryId(1), StoryId(0), &terms(STRIKE));
        add(&mut events, 2, 1, STRIKE);
        assert_eq!(
            (events.event_of(StoryId(1)), events.event_of(StoryId(2))),
            (Some(EventId(0)), Some(EventId(2)))
        );
    }

    #[test]
    fn people_merge_events_beyond_their_bounds() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 1, 500, OTHER);
        assert_eq!(
            events.merge_by_override(EventId(1), EventId(0)),
            Some(Merge { older: EventId(0), younger: EventId(1) })
        );
        assert_eq!(
            (
                events.merge_by_override(EventId(0), EventId(1)),
                events.merge_by_override(EventId(0), EventId(9))
            ),
            (None, None)
        );
        assert_eq!(
            (events.event_of(StoryId(1)), events.stories(EventId(1))),
            (Some(EventId(0)), &[0, 1].map(StoryId)[..])
        );
    }
}
