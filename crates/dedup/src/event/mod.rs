//! Groups stories about one happening into events. It never folds them.
//!
//! A story joins the event to whose stories it is most similar on average; [`Link`] has the
//! similarity of two stories. The mean keeps out a stranger that shares one subject with one of the
//! stories; joining by the best pair alone would make chains. Only the most similar stories of a
//! large event count, because a happening has more sides than one text tells. A story that fits two
//! events merges them, and the older id stays. The similarity decreases with time, and an event has
//! bounds on its span and on the time without a new story, so that a topic of weeks does not become
//! one event.
//!
//! Input: the terms and the time of a story. Output: the event that it belongs to. This folder does
//! not know the texts.

mod chunked_rows;
mod event_match;
pub(crate) mod frequencies;
mod link;
mod logarithms;
mod overrides;
mod packed_terms;
pub(crate) mod parts;
mod quoted;
mod round_up;
mod shared_terms;
mod subject;
mod term_weights;
pub(crate) mod vector;

use std::cell::RefCell;

use crate::body::terms::Terms;
use crate::codec::bits::Bits;
use crate::codec::id_table::IdTable;
use crate::codec::prefetch::prefetch;
use crate::codec::written;
use crate::event::chunked_rows::ChunkedRows;
use crate::event::frequencies::Frequencies;
use crate::event::packed_terms::IndexedTerms;
use crate::event::quoted::QuotationIndex;
use crate::event::shared_terms::SharedTermCounts;
use crate::ids::{EventId, Redirects, StoryId};
use crate::settings::Settings;
use crate::story::Merge;
use crate::story::not_the_same::NotTheSame;
use event_match::{EventMatch, EventSearch};
pub use link::Link;
use subject::Subject;

/// The number of latest stories that are stored and read for one term. A term that more stories
/// have says little.
const MAX_STORIES_OF_TERM: usize = 128;
/// The number of entries that are read for all terms of a story together, the heaviest terms first.
/// It bounds the work in a window of any size.
const MAX_ENTRIES_READ: usize = 1_536;
/// The number of stories found by their terms that are compared with a new one.
const MAX_COMPARED: usize = 24;
/// The number of latest stories of an event that are compared with a new one, in addition to those
/// found by their terms.
const MAX_LATEST_OF_EVENT: usize = 8;
/// The similarity to an event is the mean similarity to this many of its stories, the most similar
/// ones.
const NEAREST_STORIES: usize = 4;

/// The part of a story that is stored to compare later ones with it.
#[derive(Debug, Clone)]
struct Profile {
    event: EventId,
    terms: IndexedTerms,
    time: i64,
}

/// An event: the times of its first and last story in seconds, and its stories in order.
#[derive(Debug, Clone)]
struct Event {
    first: i64,
    last: i64,
    stories: Vec<StoryId>,
}

/// The result of adding a story.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    /// The links that reach the threshold, to stories of the events that the new story fits: its
    /// own event first, and the most similar story of each first. Empty if the story opened an
    /// event.
    pub links: Vec<Link>,
    /// Events that were merged through the new story.
    pub absorbed: Vec<Merge<EventId>>,
    /// If the story opened an event: the event that it would have joined if less time was between
    /// them. The new event continues that one.
    pub continues: Option<EventId>,
    /// Whether the story reports several happenings. It then belongs to none of their events.
    pub is_round_up: bool,
    /// The number of entries (a story under a term) that were read.
    pub terms_probed: u64,
    /// The number of stories that were compared.
    pub stories_compared: u64,
}

/// All events of the window.
#[derive(Debug, Clone, Default)]
pub struct Events {
    frequencies: Frequencies,
    profiles: IdTable<StoryId, Profile>,
    events: IdTable<EventId, Event>,
    redirects: Redirects<EventId>,
    /// The latest stories by term.
    by_term: ChunkedRows,
    /// The stories of the latest days by their quotations.
    quoted: QuotationIndex,
    /// The events that people divided.
    apart: NotTheSame,
    /// A buffer that is used again for each story.
    term_counts: RefCell<SharedTermCounts>,
}

impl Event {
    fn add(&mut self, story: StoryId, time: i64) {
        self.stories.push(story);
        self.first = self.first.min(time);
        self.last = self.last.max(time);
    }
}

impl Events {
    /// The event of a story, after merges.
    #[must_use]
    pub fn event_of(&self, story: StoryId) -> Option<EventId> {
        self.profiles.get(story).map(|profile| self.resolve(profile.event))
    }

    /// The stories of an event, in order.
    #[must_use]
    pub fn stories(&self, event: EventId) -> &[StoryId] {
        self.events.get(self.resolve(event)).map_or(&[], |event| &event.stories)
    }

    /// The latest stories of an event that are still in the window.
    fn latest_of(&self, event: EventId) -> impl Iterator<Item = (StoryId, &Profile)> {
        let stories = self.stories(event).iter().rev();
        let known = stories.filter_map(|story| Some((*story, self.profiles.get(*story)?)));
        known.take(MAX_LATEST_OF_EVENT)
    }

    /// The id that an event has after merges.
    #[must_use]
    pub fn resolve(&self, event: EventId) -> EventId {
        self.redirects.resolve(event)
    }

    /// Whether the redirects contain no cycle, which a damaged snapshot could have.
    pub(crate) fn is_sound(&self) -> bool {
        self.redirects.is_acyclic()
    }

    /// Adds a story in an event of its own that no other story joins, such as a digest, which is
    /// about no single happening.
    pub fn add_alone(&mut self, story: StoryId, time: i64) {
        self.open(story, time);
        self.profiles.insert(
            story,
            Profile { event: EventId::of(story), terms: IndexedTerms::default(), time },
        );
    }

    /// Adds a story that was published at `time` (in seconds) and finds its event. `quotations`
    /// counts the quotations that it shares with an earlier story.
    pub fn add(
        &mut self,
        story: StoryId,
        time: i64,
        terms: &Terms,
        settings: &Settings,
        quotations: &mut dyn FnMut(StoryId) -> usize,
    ) -> Joined {
        let indexed = self.frequencies.index_terms(terms);
        let subject = Subject::new(&indexed, &self.frequencies);
        let found_by = subject.found_by();
        let (mut similar, terms_probed) = self.find_similar(&found_by);
        let quoting = self.find_quoting(terms, time, settings);
        let fresh: Vec<StoryId> =
            quoting.iter().copied().filter(|found| !similar.contains(found)).collect();
        similar.extend(fresh);
        let mut search = EventSearch {
            events: self,
            subject: &subject,
            time,
            settings,
            threshold: settings.event_similarity,
            quoting,
            quotations,
        };
        let links = search.links(&similar);
        let mut joined =
            Joined { terms_probed, stories_compared: similar.len() as u64, ..Joined::default() };
        if self.is_round_up(terms, &links) {
            self.add_alone(story, time);
            return Joined { is_round_up: true, ..joined };
        }
        search.raise_threshold(&links);
        let threshold = search.threshold;
        let (found, more_compared) = search.find_matches(links);
        joined.stories_compared += more_compared;
        let (matching, other): (Vec<EventMatch>, Vec<EventMatch>) =
            found.into_iter().partition(|it| it.accepts);
        joined.continues = other.first().filter(|_| matching.is_empty()).map(|it| it.event);
        let event = matching.first().map_or(EventId::of(story), |it| it.event);
        match self.events.get_mut(event) {
            Some(entry) => entry.add(story, time),
            None => self.open(story, time),
        }
        self.quoted.learn(&terms.quoted, story, time);
        self.learn(story, time, event, indexed, &found_by);
        let others = matching.iter().skip(1).map(|it| it.event);
        joined.absorbed = self.merge_linked(event, others, threshold, settings);
        joined.links = matching.into_iter().flat_map(|it| it.links).collect();
        joined
    }

    /// Removes the terms of a story that turned out to be a digest, so that no later story joins
    /// through it.
    pub fn exclude(&mut self, story: StoryId) {
        let Some(profile) = self.profiles.get_mut(story) else { return };
        let terms = std::mem::take(&mut profile.terms);
        for (id, _) in terms.terms.iter().chain(terms.title.iter()) {
            self.by_term.remove(id, story);
        }
    }

    fn open(&mut self, story: StoryId, time: i64) {
        self.events
            .insert(EventId::of(story), Event { first: time, last: time, stories: vec![story] });
    }

    fn learn(
        &mut self,
        story: StoryId,
        time: i64,
        event: EventId,
        terms: IndexedTerms,
        found_by: &[u32],
    ) {
        self.frequencies.learn(&terms);
        for id in found_by {
            self.by_term.push(*id, story, MAX_STORIES_OF_TERM);
        }
        self.profiles.insert(story, Profile { event, terms, time });
    }

    /// The stories that share most of the terms `found_by`, and the number of entries that were
    /// read.
    fn find_similar(&self, found_by: &[u32]) -> (Vec<StoryId>, u64) {
        let (first, last) = self.profiles.ends().unwrap_or_default();
        let mut counts = self.term_counts.borrow_mut();
        counts.begin(first, last);
        let (mut room, mut probed) = (MAX_ENTRIES_READ, 0);
        // Fetches the end of every list from memory before the first list is counted.
        let lists: Vec<&[StoryId]> = found_by.iter().map(|id| self.by_term.get(*id)).collect();
        prefetch(lists.iter().filter_map(|stories| Some(stories.last()?.0)));
        for stories in lists {
            if room == 0 {
                break;
            }
            let seen = stories.len().min(MAX_STORIES_OF_TERM.min(room));
            counts.count(stories.iter().rev().take(seen));
            probed += seen as u64;
            room = room.saturating_sub(stories.len().min(MAX_STORIES_OF_TERM));
        }
        (counts.drain_most_shared(MAX_COMPARED), probed)
    }

    /// The stories near `time` that share a quotation in the openings of both, without digests.
    fn find_quoting(&self, terms: &Terms, time: i64, settings: &Settings) -> Vec<StoryId> {
        let mut found = self.quoted.find(&terms.quoted, time, settings.event_quiet);
        found.retain(|quoting| {
            self.profiles.get(*quoting).is_some_and(|profile| !profile.terms.terms.is_empty())
        });
        found
    }

    /// Whether the bounds of an event allow a story at `time`.
    fn allows_time(&self, event: EventId, time: i64, settings: &Settings) -> bool {
        self.events.get(event).is_some_and(|event| {
            // A story may arrive late, so the bound holds before the event as well as after it.
            let quiet = time.saturating_sub(event.last).max(event.first.saturating_sub(time));
            quiet <= settings.event_quiet
                && time.max(event.last).saturating_sub(time.min(event.first)) <= settings.event_span
        })
    }

    /// Merges the event of a new story with other events that the story fits, if the stories of
    /// both events are similar enough and the merged event stays within the bounds.
    fn merge_linked(
        &mut self,
        event: EventId,
        others: impl Iterator<Item = EventId>,
        least: f64,
        settings: &Settings,
    ) -> Vec<Merge<EventId>> {
        let mut absorbed = Vec::new();
        for other in others {
            let (here, other) = (self.resolve(event), self.resolve(other));
            if other != here
                && !self.are_apart(here, other)
                && self.fit_in_span(here, other, settings)
                && self.mean_similarity(here, other, settings) >= least
            {
                let (older, younger) = (here.min(other), here.max(other));
                self.merge(older, younger);
                absorbed.push(Merge { older, younger });
            }
        }
        absorbed
    }

    /// The mean similarity of the latest stories of two events.
    fn mean_similarity(&self, one: EventId, other: EventId, settings: &Settings) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for (_, here) in self.latest_of(one) {
            let subject = Subject::new(&here.terms, &self.frequencies);
            for (story, there) in self.latest_of(other) {
                let apart = here.time.saturating_sub(there.time);
                let frequencies = &self.frequencies;
                let comparison =
                    subject.compare((story, &there.terms), apart, frequencies, settings);
                sum += subject.link(&comparison, frequencies, settings).similarity;
                count += 1.0;
            }
        }
        sum / count.max(1.0)
    }

    /// Whether two events together stay within the maximum span.
    fn fit_in_span(&self, one: EventId, other: EventId, settings: &Settings) -> bool {
        let (Some(one), Some(other)) = (self.events.get(one), self.events.get(other)) else {
            return false;
        };
        one.last.max(other.last).saturating_sub(one.first.min(other.first)) <= settings.event_span
    }

    fn merge(&mut self, older: EventId, younger: EventId) {
        let Some(gone) = self.events.remove(younger) else {
            return;
        };
        self.redirects.insert(younger, older);
        if let Some(kept) = self.events.get_mut(older) {
            kept.first = kept.first.min(gone.first);
            kept.last = kept.last.max(gone.last);
            kept.stories.extend(gone.stories);
            kept.stories.sort_unstable();
        }
    }

    /// Forgets the stories for which `is_gone` is true.
    pub fn forget(&mut self, is_gone: impl Fn(StoryId) -> bool) {
        self.profiles.retain(|story, _| !is_gone(story));
        let profiles = &self.profiles;
        self.events.retain(|_, event| event.stories.iter().any(|s| profiles.contains(*s)));
        self.redirects.retain(|event| self.events.contains(event));
        self.by_term.retain(|story| !is_gone(story));
        self.apart.forget(|doc| is_gone(StoryId::of(doc)));
    }

    /// Forgets the quotations of stories before the day of `oldest`, in seconds.
    pub(crate) fn expire_quotations(&mut self, oldest: i64) {
        self.quoted.expire(oldest);
    }

    /// Forgets the terms that no stored story has.
    pub(crate) fn forget_terms(&mut self) {
        let mut is_used = Bits::default();
        for (_, Profile { terms, .. }) in self.profiles.iter() {
            let indexed = terms.terms.iter().chain(terms.title.iter());
            indexed.for_each(|(id, _)| is_used.insert(id as usize));
            terms.names.iter().flatten().for_each(|id| is_used.insert(*id as usize));
        }
        self.frequencies.forget(&is_used);
    }
}

written!(Profile { event, terms, time });
written!(Event { first, last, stories });
written!(Events { frequencies, profiles, events, redirects, by_term, quoted, apart } not_written { term_counts });

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body::Body;
    use wirefold_text::Text;

    const HOUR: i64 = 3600;

    fn add(events: &mut Events, story: u32, hours: i64, text: &str) -> Joined {
        let text = Text::new(text);
        let terms = Terms::new(&text, &Body::new(&text), "");
        events.add(StoryId(story), hours * HOUR, &terms, &Settings::default(), &mut |_| 0)
    }

    const STRIKE: &str = "In Quayton the dockers of Ada Ruiz went on strike against Port Orla.";
    const AGAIN: &str =
        "A strike by dockers closed Port Orla in Quayton, said their head Ada Ruiz.";
    const OTHER: &str =
        "In Vennby the bakers of Tom Lund won a prize for the bread of Mill Hollow.";

    #[test]
    fn reports_in_own_words_about_one_happening_join() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        assert_eq!(add(&mut events, 1, 1, AGAIN).links.len(), 1);
        add(&mut events, 2, 2, OTHER);
        let of = |story| events.event_of(StoryId(story));
        assert_eq!((of(1), of(2)), (Some(EventId(0)), Some(EventId(2))));
    }

    #[test]
    fn a_story_that_comes_too_late_continues_the_event() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        let late = add(&mut events, 1, 80, AGAIN);
        assert_eq!((late.links.len(), late.continues), (0, Some(EventId(0))));
        assert_eq!(events.event_of(StoryId(1)), Some(EventId(1)));
    }

    #[test]
    fn an_event_spans_four_days_at_most() {
        let mut events = Events::default();
        for story in 0..6 {
            add(&mut events, story, 20 * i64::from(story), STRIKE);
        }
        assert_eq!(events.stories(EventId(0)), [0, 1, 2, 3, 4].map(StoryId));
        assert_eq!(events.event_of(StoryId(5)), Some(EventId(5)));
    }

    #[test]
    fn words_of_forgotten_stories_take_no_memory() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        let size = |known: &Events| known.frequencies.len();
        let before = size(&events);
        for story in 1..200 {
            let text = format!("{STRIKE} Word{story} stands here by misprint{story}.");
            add(&mut events, story, i64::from(story), &text);
            events.forget(|other| other.0 != 0 && other.0 + 3 < story);
            events.forget_terms();
        }
        assert!(size(&events) < before + 20, "{} after {before}", size(&events));
        assert_eq!(add(&mut events, 200, 1, AGAIN).links.len(), 1, "story 0 is known as before");
    }

    #[test]
    fn one_similar_story_among_strangers_draws_nothing_into_their_event() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        for (story, number) in (1..4).zip(["seven", "eleven", "thirteen"]) {
            let text = format!("{OTHER} Page {number} of the {number}gazette says so.");
            add(&mut events, story, 0, &text);
            events.merge_by_override(EventId(0), EventId(story));
        }
        let still = "Port Orla lay still as dockers laid down their work for better pay.";
        let with_strangers = add(&mut events, 4, 1, still);
        assert_eq!(with_strangers.links.len(), 0, "three quarters of it are about bread");
        // It is similar to the story before it.
        assert_eq!(add(&mut events, 5, 1, still).links.len(), 1);
        assert_eq!(
            (events.event_of(StoryId(4)), events.event_of(StoryId(5))),
            (Some(EventId(4)), Some(EventId(4)))
        );
    }

    #[test]
    fn the_threshold_rises_if_several_events_are_similar() {
        const VOTE: &str = "The council voted on Monday for a new town hall and a new school.";
        let mut events = Events::default();
        add(&mut events, 0, 0, VOTE);
        let later = "The council waits for a new school, said its new head.";
        assert_eq!(add(&mut events.clone(), 4, 1, later).links.len(), 1, "nothing else is like it");
        for story in 1..4 {
            add(&mut events, story, 0, VOTE);
            events.profiles.get_mut(StoryId(story)).unwrap().event = EventId(story);
            events.open(StoryId(story), 0);
        }
        assert_eq!(add(&mut events, 4, 1, later).links.len(), 0, "councils vote everywhere");
    }

    #[test]
    fn divided_events_stay_apart_until_people_merge_them() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 1, 1, AGAIN);
        events.divide(&[StoryId(1)]);
        assert_eq!(events.event_of(StoryId(1)), Some(EventId(1)));
        let like_both = add(&mut events, 2, 2, &format!("{STRIKE} {AGAIN}"));
        assert!(like_both.absorbed.is_empty() && !like_both.links.is_empty(), "{like_both:?}");
        assert_ne!(events.event_of(StoryId(0)), events.event_of(StoryId(1)));
        events.merge_by_override(EventId(0), EventId(1)).unwrap();
        assert_eq!(events.event_of(StoryId(1)), Some(EventId(0)));
        assert!(events.apart.is_empty(), "people's latest word");
        // The first story keeps the number of its event, so the others leave.
        events.divide(&[StoryId(0)]);
        assert_eq!(events.event_of(StoryId(0)), Some(EventId(0)), "nothing is done");
    }

    #[test]
    fn a_story_that_links_two_events_merges_them() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 1, 1, OTHER);
        let both = add(&mut events, 2, 2, &format!("{STRIKE} {OTHER}"));
        assert_eq!(both.absorbed, [Merge { older: EventId(0), younger: EventId(1) }]);
        assert_eq!(events.event_of(StoryId(1)), Some(EventId(0)));
    }
}
