//! Finds the events that a new story may join.
//!
//! The links of a story to earlier ones come in; the events that it fits go out, likeliest first.

use std::collections::BTreeMap;

use super::link::Link;
use super::subject::{Comparison, Subject};
use super::{Events, NEAREST};
use crate::ids::{EventId, StoryId};
use crate::settings::Settings;

/// Where other events are like a new story too, more is asked for: this share of …
const OF_RIVALS: f64 = 0.6;
/// … the mean likeness of so many of them, the likeliest but one and those after it, …
const RIVALS: usize = 3;
/// … and at most so much. Reports of one campaign are all alike; those of a fire in a quiet week are not
/// like anything else.
const MOST_MORE: f64 = 0.1;

/// An event that a new story is enough alike to, but for the time between.
#[derive(Debug)]
pub(super) struct EventMatch {
    pub(super) event: EventId,
    /// The mean likeness to its nearest stories.
    pub(super) likeness: f64,
    /// Whether it may take the story: whether they are alike enough with the time between counted, and
    /// its bounds allow it.
    pub(super) accepts: bool,
    /// The links to its stories that are above the threshold, likeliest first.
    pub(super) links: Vec<Link>,
}

/// Links of a new story to earlier ones, by the events of those.
pub(super) type ByEvent = BTreeMap<EventId, Vec<Link>>;

/// A new story beside those it is compared with.
pub(super) struct Near<'a> {
    pub(super) events: &'a Events,
    pub(super) subject: &'a Subject,
    /// When it was published, in seconds.
    pub(super) time: i64,
    pub(super) settings: &'a Settings,
    /// The likeness that is asked for.
    pub(super) least: f64,
    /// The stories that quote in their openings what it quotes in its own.
    pub(super) quoting: Vec<StoryId>,
    /// Counts the quotations that it shares with an earlier story: the costly part.
    pub(super) quotations: &'a mut dyn FnMut(StoryId) -> usize,
}

impl<'a> Near<'a> {
    /// The links to stories that are like the new one, by their events. Where it fits none of them, links say how
    /// alike the stories are at most: nobody asks for more.
    pub(super) fn links(&mut self, like: &[StoryId]) -> ByEvent {
        let profiles = like.iter().filter_map(|story| self.events.profiles.get(*story));
        profiles.for_each(|profile| profile.terms.prefetch());
        let known = like.iter().filter_map(|story| self.compare(*story));
        let with_event = |it: Comparison<'a>| Some((self.events.event_of(it.story)?, it));
        let known: Vec<(EventId, Comparison<'a>)> = known.filter_map(with_event).collect();
        let mut links: Vec<Link> = Vec::with_capacity(known.len());
        let mut unasked = Vec::new();
        for (number, (_, comparison)) in known.iter().enumerate() {
            let at_most = self.subject.link_at_most(comparison, self.settings);
            let matters =
                at_most.at_once >= self.least || self.may_count_quotations(&at_most, comparison);
            if !matters {
                unasked.push(number);
            }
            links.push(if matters { self.link_of(comparison) } else { at_most });
        }
        if links.iter().any(|link| link.at_once >= self.least) {
            for number in unasked {
                links[number] = self.link_of(&known[number].1);
            }
        }
        let mut by_event = ByEvent::new();
        for ((event, _), link) in known.iter().zip(links) {
            by_event.entry(*event).or_default().push(link);
        }
        by_event
    }

    /// Asks for more where several events are like the story.
    pub(super) fn ask_for_more(&mut self, by_event: &ByEvent) {
        let best = |links: &Vec<Link>| links.iter().map(|link| link.likeness).fold(0.0, f64::max);
        let mut best: Vec<f64> = by_event.values().map(best).collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let rivals: f64 = best.iter().skip(1).take(RIVALS).sum();
        self.least += (OF_RIVALS * rivals / RIVALS as f64).min(MOST_MORE);
    }

    /// The events that the story fits but for the time between, likeliest first, and how many stories
    /// more it was compared with.
    pub(super) fn events_like(&mut self, mut by_event: ByEvent) -> (Vec<EventMatch>, u64) {
        by_event.retain(|_, links| links.iter().any(|link| link.at_once >= self.least));
        let (mut found, mut compared) = (Vec::new(), 0);
        for (event, mut links) in by_event {
            compared += self.link_others(event, &mut links);
            found.extend(self.match_of(event, links));
        }
        found.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.event.cmp(&b.event)));
        (found, compared)
    }

    /// Compares the story with the latest of an event that it was not compared with yet.
    fn link_others(&mut self, event: EventId, links: &mut Vec<Link>) -> u64 {
        let before = links.len();
        let events = self.events;
        for (story, _) in events.latest_of(event) {
            if !links.iter().any(|link| link.story == story) {
                links.extend(self.link(story));
            }
        }
        (links.len() - before) as u64
    }

    fn match_of(&self, event: EventId, mut links: Vec<Link>) -> Option<EventMatch> {
        let least = self.least;
        let size = self.events.latest_of(event).take(NEAREST).count();
        let nearest = |share: fn(&Link) -> f64| {
            let mut shares: Vec<f64> = links.iter().map(share).collect();
            shares.sort_by(|a, b| b.total_cmp(a));
            shares.truncate(NEAREST);
            shares.iter().sum::<f64>() / size.max(1) as f64
        };
        let likeness = nearest(|link| link.likeness);
        if nearest(|link| link.at_once) < least {
            return None;
        }
        let accepts = likeness >= least && self.events.may_take(event, self.time, self.settings);
        links.retain(|link| link.likeness >= least);
        links.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.story.cmp(&b.story)));
        Some(EventMatch { event, likeness, accepts, links })
    }

    /// How alike the new story is to an earlier one.
    fn link(&mut self, story: StoryId) -> Option<Link> {
        let comparison = self.compare(story)?;
        Some(self.link_of(&comparison))
    }

    fn compare(&self, story: StoryId) -> Option<Comparison<'a>> {
        let events: &'a Events = self.events;
        let profile = events.profiles.get(story)?;
        let apart = self.time.saturating_sub(profile.time);
        let (there, frequencies) = ((story, &profile.terms), &events.frequencies);
        Some(self.subject.compare(there, apart, frequencies, self.settings))
    }

    fn link_of(&mut self, comparison: &Comparison<'_>) -> Link {
        let link = self.subject.link(comparison, &self.events.frequencies, self.settings);
        let matters = self.may_count_quotations(&link, comparison);
        let quotations = if matters { (self.quotations)(comparison.story) } else { 0 };
        let in_openings = self.quoting.contains(&comparison.story);
        link.with_quotations((quotations, in_openings), comparison.closeness, self.settings)
    }

    /// Whether a quotation in common could make the difference: only there are they looked for.
    fn may_count_quotations(&self, link: &Link, comparison: &Comparison<'_>) -> bool {
        let in_openings = self.quoting.contains(&comparison.story);
        let with_one = link.with_quotations((1, in_openings), comparison.closeness, self.settings);
        with_one.likeness >= self.settings.event_likeness
    }
}
