//! Which events a new story fits.

use std::collections::BTreeMap;

use super::link::{Link, QUOTATION_BONUS, Subject, closeness};
use super::{EventId, Events, NEAREST, StoryId};
use crate::settings::Settings;

/// An event that a new story is enough alike to, but for the time between.
#[derive(Debug)]
pub(super) struct Fit {
    pub(super) event: EventId,
    /// The mean likeness to its nearest stories.
    pub(super) likeness: f64,
    /// Whether it may take the story: whether they are alike enough with the time between counted, and
    /// its bounds allow it.
    pub(super) takes: bool,
    /// The links to its stories that are above the threshold, likeliest first.
    pub(super) links: Vec<Link>,
}

/// A new story beside those it is compared with.
pub(super) struct Near<'a> {
    pub(super) events: &'a Events,
    pub(super) subject: &'a Subject,
    /// When it was published, in seconds.
    pub(super) time: i64,
    pub(super) settings: &'a Settings,
    /// Counts the quotations that it shares with an earlier story: the costly part.
    pub(super) quotations: &'a mut dyn FnMut(StoryId) -> usize,
}

impl Near<'_> {
    /// The events that the story fits but for the time between, likeliest first, given stories that are
    /// like it, and how many stories it was compared with.
    pub(super) fn events_like(&mut self, like: Vec<StoryId>) -> (Vec<Fit>, u64) {
        let mut by_event: BTreeMap<EventId, Vec<Link>> = BTreeMap::new();
        let mut compared = 0;
        for story in like {
            let (Some(link), Some(event)) = (self.link(story), self.events.event_of(story)) else {
                continue;
            };
            compared += 1;
            by_event.entry(event).or_default().push(link);
        }
        let is_near = |link: &Link| link.at_once >= self.settings.event_likeness;
        by_event.retain(|_, links| links.iter().any(is_near));
        let mut found = Vec::new();
        for (event, mut links) in by_event {
            compared += self.link_others(event, &mut links);
            found.extend(self.fit(event, links));
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

    fn fit(&self, event: EventId, mut links: Vec<Link>) -> Option<Fit> {
        let least = self.settings.event_likeness;
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
        let takes = likeness >= least && self.events.may_take(event, self.time, self.settings);
        links.retain(|link| link.likeness >= least);
        links.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(a.story.cmp(&b.story)));
        Some(Fit { event, likeness, takes, links })
    }

    /// How alike the new story is to an earlier one.
    fn link(&mut self, story: StoryId) -> Option<Link> {
        let profile = self.events.profiles.get(story)?;
        let apart = self.time.saturating_sub(profile.time);
        let frequencies = &self.events.frequencies;
        let link = self.subject.link((story, &profile.terms), apart, frequencies, self.settings);
        // They are looked for only where they could make the difference.
        let could = (link.at_once + QUOTATION_BONUS) * closeness(apart, self.settings);
        let matters = could >= self.settings.event_likeness;
        let quotations = if matters { (self.quotations)(story) } else { 0 };
        Some(link.with_quotations(quotations, apart, self.settings))
    }
}
