//! Finds the events that a new story may join.
//!
//! Input: earlier stories that may be similar to the new one. Output: the events that it fits, the
//! most similar first.

use std::collections::BTreeMap;

use super::link::Link;
use super::subject::{Comparison, Subject};
use super::{Events, NEAREST_STORIES};
use crate::ids::{EventId, StoryId};
use crate::settings::Settings;

/// If several events are similar to a new story, the threshold rises by this share of the mean
/// similarity of the rivals. Reports of one campaign are all similar to each other, but a report of
/// a fire in a quiet week is similar to nothing else.
const RIVAL_SHARE: f64 = 0.6;
/// The number of rivals: the most similar events after the first.
const RIVALS: usize = 3;
/// The threshold rises by this much at most.
const MAX_RISE: f64 = 0.1;

/// An event whose texts are similar enough to a new story. The time between them may still be too
/// long.
#[derive(Debug)]
pub(super) struct EventMatch {
    pub(super) event: EventId,
    /// The mean similarity to its most similar stories.
    pub(super) similarity: f64,
    /// Whether the story may join it: whether the similarity is still enough after the time between
    /// them is counted, and the bounds of the event allow it.
    pub(super) accepts: bool,
    /// The links to its stories that reach the threshold, the most similar first.
    pub(super) links: Vec<Link>,
}

/// Links of a new story to earlier ones, by the event of the earlier story.
pub(super) type ByEvent = BTreeMap<EventId, Vec<Link>>;

/// An earlier story that may be similar to the new one.
struct Candidate<'a> {
    link: Link,
    /// If `link` has only upper bounds: the comparison from which the exact link follows.
    unlinked: Option<Comparison<'a>>,
}

/// The highest similarity of some links.
fn best_of<'a>(links: impl IntoIterator<Item = &'a Link>) -> f64 {
    links.into_iter().map(|link| link.similarity).fold(0.0, f64::max)
}

/// A search for the events of a new story.
pub(super) struct EventSearch<'a> {
    pub(super) events: &'a Events,
    pub(super) subject: &'a Subject,
    /// When it was published, in seconds.
    pub(super) time: i64,
    pub(super) settings: &'a Settings,
    /// The threshold of similarity.
    pub(super) threshold: f64,
    /// The earlier stories that share a quotation in the openings of both.
    pub(super) quoting: Vec<StoryId>,
    /// Counts the quotations that it shares with an earlier story. This is expensive, because it
    /// aligns both texts.
    pub(super) quotations: &'a mut dyn FnMut(StoryId) -> usize,
}

impl<'a> EventSearch<'a> {
    /// The links to some earlier stories, by their events.
    ///
    /// A link that does not reach the threshold may have upper bounds of the similarities instead of
    /// exact values, if nothing needs these: if no link of its event reaches the threshold, and the
    /// event is not among the most similar ones.
    pub(super) fn links(&mut self, like: &[StoryId]) -> ByEvent {
        let profiles = like.iter().filter_map(|story| self.events.profiles.get(*story));
        profiles.for_each(|profile| profile.terms.prefetch());
        let mut found: BTreeMap<EventId, Vec<Candidate<'a>>> = BTreeMap::new();
        for story in like {
            let (Some(event), Some(comparison)) =
                (self.events.event_of(*story), self.compare(*story))
            else {
                continue;
            };
            found.entry(event).or_default().push(self.candidate(comparison));
        }
        let reaches = |it: &Candidate<'_>| it.link.text_similarity >= self.threshold;
        if found.values().flatten().any(reaches) {
            self.replace_bounds(&mut found);
        }
        let links = |of: Vec<Candidate<'a>>| of.into_iter().map(|it| it.link).collect();
        found.into_iter().map(|(event, of)| (event, links(of))).collect()
    }

    fn candidate(&mut self, comparison: Comparison<'a>) -> Candidate<'a> {
        let at_most = self.subject.link_at_most(&comparison, self.settings);
        let matters = at_most.text_similarity >= self.threshold
            || self.could_quotations_matter(&at_most, &comparison);
        if matters {
            Candidate { link: self.link_of(&comparison), unlinked: None }
        } else {
            Candidate { link: at_most, unlinked: Some(comparison) }
        }
    }

    /// Replaces upper bounds by exact values where these are needed: in events with a link that
    /// reaches the threshold, and in those that may be the first or one of its rivals.
    fn replace_bounds(&mut self, found: &mut BTreeMap<EventId, Vec<Candidate<'a>>>) {
        let best_of = |of: &[Candidate<'_>]| best_of(of.iter().map(|it| &it.link));
        let mut bounded: Vec<(f64, EventId)> = Vec::new();
        let mut best: Vec<f64> = Vec::new();
        for (event, of) in found.iter_mut() {
            if of.iter().any(|it| it.link.text_similarity >= self.threshold) {
                self.link_all(of);
            }
            match of.iter().all(|it| it.unlinked.is_none()) {
                true => best.push(best_of(of)),
                false => bounded.push((best_of(of), *event)),
            }
        }
        bounded.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.cmp(y)));
        for (at_most, event) in bounded {
            best.sort_by(|a, b| b.total_cmp(a));
            if best.get(RIVALS).is_some_and(|last| *last >= at_most) {
                return;
            }
            let of = found.entry(event).or_default();
            self.link_all(of);
            best.push(best_of(of));
        }
    }

    fn link_all(&mut self, of: &mut [Candidate<'a>]) {
        for candidate in of {
            if let Some(comparison) = candidate.unlinked.take() {
                candidate.link = self.link_of(&comparison);
            }
        }
    }

    /// Raises the threshold if several events are similar to the story.
    pub(super) fn raise_threshold(&mut self, by_event: &ByEvent) {
        let mut best: Vec<f64> = by_event.values().map(best_of).collect();
        best.sort_by(|a, b| b.total_cmp(a));
        let rivals: f64 = best.iter().skip(1).take(RIVALS).sum();
        self.threshold += (RIVAL_SHARE * rivals / RIVALS as f64).min(MAX_RISE);
    }

    /// The events whose texts are similar enough to the story, the most similar first, and the
    /// number of further stories that it was compared with.
    pub(super) fn find_matches(&mut self, mut by_event: ByEvent) -> (Vec<EventMatch>, u64) {
        by_event.retain(|_, links| links.iter().any(|link| link.text_similarity >= self.threshold));
        let (mut found, mut compared) = (Vec::new(), 0);
        for (event, mut links) in by_event {
            compared += self.link_latest_of(event, &mut links);
            found.extend(self.match_of(event, links));
        }
        found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.event.cmp(&b.event)));
        (found, compared)
    }

    /// Compares the story with the latest stories of an event, except those in `links`. Returns
    /// their number.
    fn link_latest_of(&mut self, event: EventId, links: &mut Vec<Link>) -> u64 {
        let before = links.len();
        let events = self.events;
        for (story, _) in events.latest_of(event) {
            if !links.iter().any(|link| link.story == story) {
                links.extend(self.link(story));
            }
        }
        (links.len() - before) as u64
    }

    /// The match with an event. `None` if its texts are not similar enough.
    fn match_of(&self, event: EventId, mut links: Vec<Link>) -> Option<EventMatch> {
        let threshold = self.threshold;
        let size = self.events.latest_of(event).take(NEAREST_STORIES).count();
        let nearest = |share: fn(&Link) -> f64| {
            let mut shares: Vec<f64> = links.iter().map(share).collect();
            shares.sort_by(|a, b| b.total_cmp(a));
            shares.truncate(NEAREST_STORIES);
            shares.iter().sum::<f64>() / size.max(1) as f64
        };
        let similarity = nearest(|link| link.similarity);
        if nearest(|link| link.text_similarity) < threshold {
            return None;
        }
        let accepts =
            similarity >= threshold && self.events.allows_time(event, self.time, self.settings);
        links.retain(|link| link.similarity >= threshold);
        links.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.story.cmp(&b.story)));
        Some(EventMatch { event, similarity, accepts, links })
    }

    /// The link of the new story to an earlier one. `None` if the earlier one is unknown.
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
        let matters = self.could_quotations_matter(&link, comparison);
        let quotations = if matters { (self.quotations)(comparison.story) } else { 0 };
        let in_openings = self.quoting.contains(&comparison.story);
        link.with_quotations((quotations, in_openings), comparison.time_factor, self.settings)
    }

    /// Whether a shared quotation could lift the pair over the threshold. Quotations are counted
    /// only then.
    fn could_quotations_matter(&self, link: &Link, comparison: &Comparison<'_>) -> bool {
        let in_openings = self.quoting.contains(&comparison.story);
        let with_one =
            link.with_quotations((1, in_openings), comparison.time_factor, self.settings);
        with_one.similarity >= self.settings.event_similarity
    }
}
