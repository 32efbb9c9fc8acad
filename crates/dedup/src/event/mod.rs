//! Events: stories about one happening in their own words, grouped and never folded.
//!
//! A story joins the event to whose stories it is most alike on average ([`Link`] says how alike two
//! are). In the mean a stranger that shares one subject with one of them stands no chance, while the
//! best pair alone makes chains. Of a large event the nearest stories count: a happening has more sides than
//! any one text tells. Links to two events merge them, the older id stays. Likeness fades with time, and
//! bounds on quiet time and span keep a subject of weeks from becoming one event.
//!
//! A story's terms and time come in; the event that it belongs to goes out. It never knows the texts.

mod by_people;
mod chunked_rows;
mod event_match;
pub(crate) mod frequencies;
mod link;
mod logarithms;
pub(crate) mod parts;
mod quoted;
mod round_up;
mod shared_terms;
mod subject;
mod term_weights;
pub(crate) mod vector;

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::body::terms::Terms;
use crate::codec::bits::Bits;
use crate::codec::numbered::Numbered;
use crate::codec::prefetch::prefetch;
use crate::codec::written;
use crate::event::chunked_rows::ChunkedRows;
use crate::event::frequencies::Frequencies;
use crate::event::quoted::Quoted;
use crate::event::shared_terms::SharedTermCounts;
use crate::event::vector::Placed;
use crate::ids::{EventId, StoryId, all_end};
use crate::settings::Settings;
use crate::story::Merge;
use event_match::{EventMatch, Near};
pub use link::Link;
use subject::Subject;

/// Stories looked at under one term, the latest first: a term of more says little.
const LATEST: usize = 128;
/// Stories looked at under all terms together, the heaviest terms first: what bounds the work in a
/// window of any size.
const LOOKS: usize = 1_536;
/// Stories compared in full.
const COMPARED: usize = 24;
/// Of an event the new story is compared with its latest so many stories, beside those found.
const LATEST_OF_EVENT: usize = 8;
/// The mean likeness to an event is that to its so many nearest stories.
const NEAREST: usize = 4;

/// A story as events see it.
#[derive(Debug, Clone)]
struct Profile {
    event: EventId,
    terms: Placed,
    time: i64,
}

#[derive(Debug, Clone)]
struct Event {
    first: i64,
    last: i64,
    stories: Vec<StoryId>,
}

/// Where a new story went.
#[derive(Debug, Clone, Default)]
pub struct Joined {
    /// The links above the threshold to stories of the events that it fits, those of its own first and
    /// the likeliest of each first. Empty: the story opened its own event.
    pub links: Vec<Link>,
    /// Events that became one through the new story.
    pub absorbed: Vec<Merge<EventId>>,
    /// The event that the story would have joined but for the time between, where it opened its own: a
    /// new event that continues the old one.
    pub continues: Option<EventId>,
    /// Whether it tells of several happenings, and so belongs to none of their events.
    pub is_round_up: bool,
    /// Entries of stories under terms that were looked at.
    pub terms_probed: u64,
    /// Stories that were compared.
    pub stories_compared: u64,
}

/// All events of the window.
#[derive(Debug, Clone, Default)]
pub struct Events {
    frequencies: Frequencies,
    profiles: Numbered<StoryId, Profile>,
    events: Numbered<EventId, Event>,
    redirects: FxHashMap<EventId, EventId>,
    /// The latest stories by the places of their terms.
    by_term: ChunkedRows,
    /// The stories of the latest days by what they quote.
    quoted: Quoted,
    /// Used anew for each story.
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
    /// The event a story belongs to, after merges.
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
        known.take(LATEST_OF_EVENT)
    }

    /// Where an event went after merges.
    #[must_use]
    pub fn resolve(&self, mut event: EventId) -> EventId {
        while let Some(next) = self.redirects.get(&event) {
            event = *next;
        }
        event
    }

    /// Whether what was read can be followed.
    pub(crate) fn is_sound(&self) -> bool {
        all_end(&self.redirects)
    }

    /// Adds a story that stays in an event of its own: a digest is about no single happening.
    pub fn add_alone(&mut self, story: StoryId, time: i64) {
        self.open(story, time);
        self.profiles
            .insert(story, Profile { event: EventId::of(story), terms: Placed::default(), time });
    }

    /// Adds a story of `time` (seconds) and finds its event. `quotations` counts the quotations it
    /// shares with an earlier story.
    pub fn add(
        &mut self,
        story: StoryId,
        time: i64,
        terms: &Terms,
        settings: &Settings,
        quotations: &mut dyn FnMut(StoryId) -> usize,
    ) -> Joined {
        let placed = self.frequencies.place_all(terms);
        let subject = Subject::new(&placed, &self.frequencies);
        let found_by = subject.found_by();
        let (mut like, terms_probed) = self.like(&found_by);
        let quoting = self.quoting(terms, time, settings);
        let fresh: Vec<StoryId> =
            quoting.iter().copied().filter(|found| !like.contains(found)).collect();
        like.extend(fresh);
        let (subject, least) = (&subject, settings.event_likeness);
        let mut near = Near { events: self, subject, time, settings, least, quoting, quotations };
        let links = near.links(&like);
        let mut joined =
            Joined { terms_probed, stories_compared: like.len() as u64, ..Joined::default() };
        if self.is_round_up(terms, &links) {
            self.add_alone(story, time);
            return Joined { is_round_up: true, ..joined };
        }
        near.ask_for_more(&links);
        let asked_for = near.least;
        let (found, more_compared) = near.events_like(links);
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
        self.learn(story, time, event, placed, &found_by);
        let others = matching.iter().skip(1).map(|it| it.event);
        joined.absorbed = self.merge_linked(event, others, asked_for, settings);
        joined.links = matching.into_iter().flat_map(|it| it.links).collect();
        joined
    }

    /// Takes a story that turned out to be a digest out of the running: no later story joins
    /// through it.
    pub fn leave_out(&mut self, story: StoryId) {
        let Some(profile) = self.profiles.get_mut(story) else { return };
        let terms = std::mem::take(&mut profile.terms);
        for (place, _) in terms.terms.iter().chain(terms.title.iter()) {
            self.by_term.remove(place, story);
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
        terms: Placed,
        found_by: &[u32],
    ) {
        self.frequencies.learn(&terms);
        for place in found_by {
            self.by_term.push(*place, story, LATEST);
        }
        self.profiles.insert(story, Profile { event, terms, time });
    }

    /// The stories that have most of these terms among those that they are found by, and how many entries
    /// were looked at to find them.
    fn like(&self, found_by: &[u32]) -> (Vec<StoryId>, u64) {
        let (first, last) = self.profiles.ends().unwrap_or_default();
        let mut counts = self.term_counts.borrow_mut();
        counts.begin(first, last);
        let (mut room, mut probed) = (LOOKS, 0);
        // All lists are found, and the ends of all are read, before the first is counted.
        let lists: Vec<&[StoryId]> =
            found_by.iter().map(|place| self.by_term.get(*place)).collect();
        prefetch(lists.iter().filter_map(|stories| Some(stories.last()?.0)));
        for stories in lists {
            if room == 0 {
                break;
            }
            let seen = stories.len().min(LATEST.min(room));
            counts.count(stories.iter().rev().take(seen));
            probed += seen as u64;
            room = room.saturating_sub(stories.len().min(LATEST));
        }
        (counts.drain_most_shared(COMPARED), probed)
    }

    /// The stories in reach that quote in their openings what these terms quote, but for digests.
    fn quoting(&self, terms: &Terms, time: i64, settings: &Settings) -> Vec<StoryId> {
        let mut found = self.quoted.find(&terms.quoted, time, settings.event_quiet);
        found.retain(|quoting| {
            self.profiles.get(*quoting).is_some_and(|profile| !profile.terms.terms.is_empty())
        });
        found
    }

    fn may_take(&self, event: EventId, time: i64, settings: &Settings) -> bool {
        self.events.get(event).is_some_and(|event| {
            // Stories also arrive late: the bound holds on both sides of the event.
            let quiet = time.saturating_sub(event.last).max(event.first.saturating_sub(time));
            quiet <= settings.event_quiet
                && time.max(event.last).saturating_sub(time.min(event.first)) <= settings.event_span
        })
    }

    /// Merges the event of a new story with others that it fits, where each is as alike to it as its
    /// stories have to be, and the whole stays within the bounds.
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
                && self.fit_together(here, other, settings)
                && self.mean_similarity(here, other, settings) >= least
            {
                let (older, younger) = (here.min(other), here.max(other));
                self.merge(older, younger);
                absorbed.push(Merge { older, younger });
            }
        }
        absorbed
    }

    /// The mean likeness of the latest stories of two events.
    fn mean_similarity(&self, one: EventId, other: EventId, settings: &Settings) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for (_, here) in self.latest_of(one) {
            let subject = Subject::new(&here.terms, &self.frequencies);
            for (story, there) in self.latest_of(other) {
                let apart = here.time.saturating_sub(there.time);
                let frequencies = &self.frequencies;
                let comparison =
                    subject.compare((story, &there.terms), apart, frequencies, settings);
                sum += subject.link(&comparison, frequencies, settings).likeness;
                count += 1.0;
            }
        }
        sum / count.max(1.0)
    }

    fn fit_together(&self, one: EventId, other: EventId, settings: &Settings) -> bool {
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

    /// Forgets the stories that `is_gone` names.
    pub fn forget(&mut self, is_gone: impl Fn(StoryId) -> bool) {
        self.profiles.retain(|story, _| !is_gone(story));
        let profiles = &self.profiles;
        self.events.retain(|_, event| event.stories.iter().any(|s| profiles.contains(*s)));
        let known = |id: &EventId| self.events.contains(self.resolve(*id));
        let kept: FxHashSet<EventId> = self.redirects.keys().copied().filter(known).collect();
        self.redirects.retain(|from, _| kept.contains(from));
        self.by_term.retain(|story| !is_gone(story));
    }

    /// Forgets what stories quoted before `oldest`.
    pub(crate) fn expire_quotations(&mut self, oldest: i64) {
        self.quoted.expire(oldest);
    }

    /// Forgets the terms that no story has any more.
    pub(crate) fn forget_terms(&mut self) {
        let mut is_used = Bits::default();
        for (_, Profile { terms, .. }) in self.profiles.iter() {
            let placed = terms.terms.iter().chain(terms.title.iter());
            placed.for_each(|(place, _)| is_used.insert(place as usize));
            terms.names.iter().flatten().for_each(|place| is_used.insert(*place as usize));
        }
        self.frequencies.forget(&is_used);
    }
}

written!(Profile { event, terms, time });
written!(Event { first, last, stories });
written!(Events { frequencies, profiles, events, redirects, by_term, quoted } anew { term_counts });

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
    fn own_words_about_one_happening_join() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        assert_eq!(add(&mut events, 1, 1, AGAIN).links.len(), 1);
        add(&mut events, 2, 2, OTHER);
        let of = |story| events.event_of(StoryId(story));
        assert_eq!((of(1), of(2)), (Some(EventId(0)), Some(EventId(2))));
    }

    #[test]
    fn what_comes_too_late_continues() {
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
    fn words_of_stories_gone_take_no_room() {
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
    fn one_like_story_among_strangers_draws_nothing_into_their_event() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        for (story, number) in (1..4).zip(["seven", "eleven", "thirteen"]) {
            let text = format!("{OTHER} Page {number} of the {number}gazette says so.");
            add(&mut events, story, 0, &text);
            events.unite(EventId(0), EventId(story));
        }
        let still = "Port Orla lay still as dockers laid down their work for better pay.";
        let with_strangers = add(&mut events, 4, 1, still);
        assert_eq!(with_strangers.links.len(), 0, "three quarters of it are about bread");
        // It is like the one that came just now.
        assert_eq!(add(&mut events, 5, 1, still).links.len(), 1);
        assert_eq!(
            (events.event_of(StoryId(4)), events.event_of(StoryId(5))),
            (Some(EventId(4)), Some(EventId(4)))
        );
    }

    #[test]
    fn where_several_events_are_alike_more_is_asked_for() {
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
    fn a_story_that_links_two_events_merges_them() {
        let mut events = Events::default();
        add(&mut events, 0, 0, STRIKE);
        add(&mut events, 1, 1, OTHER);
        let both = add(&mut events, 2, 2, &format!("{STRIKE} {OTHER}"));
        assert_eq!(both.absorbed, [Merge { older: EventId(0), younger: EventId(1) }]);
        assert_eq!(events.event_of(StoryId(1)), Some(EventId(0)));
    }
}
