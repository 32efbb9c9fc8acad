//! [`Events`]: groups stories about one happening.
//!
//! A story joins the event to whose most similar stories it is most similar on average. The mean keeps out a
//! stranger that shares one subject with one of the stories; joining by the best pair alone would make chains.
//! Only the most similar stories count, because a happening has more sides than one text tells. A story that
//! fits two events makes them one. An event has bounds on its span and on the time without a new story, so that
//! a topic of weeks does not become one event.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::candidates::candidates;
use crate::event_evidence::{ComparedStory, EventEvidence, THRESHOLD};
use crate::groups::Groups;
use crate::id_table::IdTable;
use crate::ids::{EventId, Merge, StoryId};
use crate::index::Index;
use crate::not_the_same::NotTheSame;
use crate::page::Page;
use crate::round_up::is_round_up;
use crate::signature::{Lookup, Signature};

/// A key keeps so many stories, the latest.
const POSTINGS: usize = 24;
/// A quotation that so many stories have in their openings is a stock phrase and finds nothing.
const STOCK: usize = 8;
/// At most so many stories are compared that share terms, and so many that share a quotation …
const COMPARED: usize = 8;
const QUOTING: usize = 8;
/// … and so many of an event that the story may join, the latest.
const LATEST: usize = 8;
/// The similarity to an event is the mean similarity to this many of its stories, the most similar ones.
const NEAREST: usize = 4;
/// An event accepts no story this long before or after its others, in seconds …
const QUIET: i64 = 3 * 24 * 3600;
/// … and no story this long after its first one.
const SPAN: i64 = 4 * 24 * 3600;
/// If several events are similar to a new story, the threshold rises by this share of the mean similarity of the
/// next ones: reports of one campaign are all similar to each other, but a report of a fire in a quiet week is
/// similar to nothing else.
const RIVAL_SHARE: f64 = 0.6;
/// That mean is over so many events …
const RIVALS: usize = 3;
/// … and the threshold rises by this much at most …
const MOST_RISE: f64 = 0.1;
/// … as it does for the first story of a window, and less with each up to this many: among few stories nothing can show
/// that all of them are similar.
const FEW: usize = 40;

/// How a new story joined an event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Joined {
    /// The earlier stories that it was compared with, the most similar first.
    pub(crate) compared: Vec<ComparedStory>,
    /// Events that are one through it.
    pub(crate) merged: Vec<Merge<EventId>>,
    /// The event that it continues: it would have joined it if less time was between them.
    pub(crate) continues: Option<EventId>,
}

/// The events of the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Events {
    /// The stories by their terms.
    pub(crate) index: Index,
    /// The stories by the quotations in their openings.
    quoted: Index,
    pub(crate) signatures: IdTable<StoryId, Signature>,
    pub(crate) groups: Groups,
    /// The events that people divided.
    pub(crate) apart: NotTheSame,
    /// Up to how many stories are few.
    pub(crate) few: usize,
}

impl Default for Events {
    fn default() -> Events {
        Events {
            index: Index::new(POSTINGS),
            quoted: Index::new(STOCK),
            signatures: IdTable::default(),
            groups: Groups::default(),
            apart: NotTheSame::default(),
            few: FEW,
        }
    }
}

/// An event whose texts are similar enough to a new story. The time between them may still be too long.
struct Fitting {
    event: u32,
    similarity: f64,
    accepts: bool,
}

/// The stories that a new one was compared with, by their events.
type ByEvent = BTreeMap<u32, Vec<ComparedStory>>;

impl Events {
    /// The event of a story; a story that was never added is one by itself.
    pub(crate) fn of(&self, story: u32) -> u32 {
        self.groups.of(story)
    }

    /// Adds a new story and finds its event. Stories before `first` left the window.
    pub(crate) fn add(
        &mut self,
        story: u32,
        signature: Signature,
        page: &Page,
        first: u32,
    ) -> Joined {
        let keys = signature.keys();
        let mut by_event = ByEvent::new();
        let lookup = Lookup::new(&signature);
        for near in self.find(&signature, &keys, first) {
            if let Some(compared) = self.compare(&lookup, near) {
                by_event.entry(self.of(near)).or_default().push(compared);
            }
        }
        if is_round_up(page, &by_event, &self.signatures) {
            self.groups.put(&[story], story);
            return Joined::default();
        }
        self.make_findable(story, &signature, keys, first);
        let threshold = THRESHOLD + self.rise(&signature, &by_event);
        let fitting = self.fitting(&lookup, &mut by_event, threshold);
        self.join(story, signature, by_event, (fitting, threshold))
    }

    /// Puts a new story into the event that it fits best, and makes the others that it fits one with it.
    fn join(
        &mut self,
        story: u32,
        signature: Signature,
        by_event: ByEvent,
        (fitting, threshold): (Vec<Fitting>, f64),
    ) -> Joined {
        let (fitting, late): (Vec<Fitting>, Vec<Fitting>) =
            fitting.into_iter().partition(|event| event.accepts);
        let event = fitting.first().map_or(story, |best| best.event);
        self.groups.put(&[story], event);
        let mut joined = Joined {
            continues: late.first().filter(|_| fitting.is_empty()).map(|it| EventId(it.event)),
            compared: by_event.into_values().flatten().collect(),
            merged: Vec::new(),
        };
        joined.compared.sort_by(|one, other| {
            let [a, b] = [one, other].map(|compared| compared.evidence.similarity());
            b.total_cmp(&a).then(one.story.cmp(&other.story))
        });
        self.signatures.insert(StoryId(story), signature);
        for other in fitting.iter().skip(1).map(|it| it.event) {
            let here = self.of(story);
            if self.are_one(here, other, threshold) {
                joined.merged.extend(self.merge(EventId(here), EventId(other)));
            }
        }
        joined
    }

    /// How much the threshold rises, because several events are similar to a new story, or because there are few stories.
    fn rise(&self, new: &Signature, by_event: &ByEvent) -> f64 {
        let best = |compared: &Vec<ComparedStory>| {
            compared.iter().map(|it| it.evidence.similarity()).fold(0.0, f64::max)
        };
        let mut best: Vec<f64> = by_event.values().map(best).collect();
        best.sort_unstable_by(|a, b| b.total_cmp(a));
        let rivals: f64 = best.iter().skip(1).take(RIVALS).sum();
        let missing = self.few.saturating_sub(self.signatures.len()) as f64;
        let of_few = if new.is_headline { 0.0 } else { MOST_RISE * missing / FEW as f64 };
        (RIVAL_SHARE * rivals / RIVALS as f64).min(MOST_RISE).max(of_few)
    }

    /// The earlier stories that share most terms or a quotation with a new one.
    fn find(&self, new: &Signature, keys: &[u32], first: u32) -> Vec<u32> {
        let mut postings = Vec::new();
        self.index.touch(keys.iter().copied());
        for key in keys {
            self.index.get(*key, first, &mut postings);
        }
        let mut near = candidates(&postings, COMPARED);
        let mut quoting = Vec::new();
        for key in new.quoted_in_opening() {
            let mut found = Vec::new();
            self.quoted.get(key, first, &mut found);
            found.retain(|story| self.is_near_in_time(*story, new.time));
            if found.len() < STOCK {
                quoting.append(&mut found);
            }
        }
        let mut fresh = candidates(&quoting, QUOTING);
        fresh.retain(|story| !near.contains(story));
        near.extend(fresh);
        near
    }

    fn is_near_in_time(&self, story: u32, time: i64) -> bool {
        self.signatures.get(StoryId(story)).is_some_and(|it| (time - it.time).abs() <= QUIET)
    }

    fn compare(&self, new: &Lookup<'_>, story: u32) -> Option<ComparedStory> {
        let evidence = EventEvidence::between(new, self.signatures.get(StoryId(story))?);
        Some(ComparedStory { story, evidence })
    }

    /// The events that a new story fits, the most similar first. Adds their latest stories to the compared ones.
    fn fitting(&self, new: &Lookup<'_>, by_event: &mut ByEvent, threshold: f64) -> Vec<Fitting> {
        let mut found = Vec::new();
        for (event, compared) in by_event {
            if compared.iter().all(|it| it.evidence.text_similarity() < threshold) {
                continue;
            }
            let latest: Vec<u32> = self.latest_of(*event).collect();
            for story in &latest {
                if !compared.iter().any(|it| it.story == *story) {
                    compared.extend(self.compare(new, *story));
                }
            }
            let size = latest.len().clamp(1, NEAREST) as f64;
            let nearest = |of: fn(&EventEvidence) -> f64| {
                let mut all: Vec<f64> = compared.iter().map(|it| of(&it.evidence)).collect();
                all.sort_unstable_by(|a, b| b.total_cmp(a));
                all.iter().take(NEAREST).sum::<f64>() / size
            };
            let similarity = nearest(EventEvidence::similarity);
            if nearest(EventEvidence::text_similarity) >= threshold {
                let accepts = similarity >= threshold && self.allows(*event, new.of.time);
                found.push(Fitting { event: *event, similarity, accepts });
            }
        }
        found.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(a.event.cmp(&b.event)));
        found
    }

    /// The latest stories of an event that can be compared.
    fn latest_of(&self, event: u32) -> impl Iterator<Item = u32> {
        let stories = self.groups.members(event).iter().rev().copied();
        stories.filter(|story| self.has(*story)).take(LATEST)
    }

    /// Whether the bounds of an event allow a story at a time. A story may arrive late, so they hold before the
    /// event as well as after it.
    fn allows(&self, event: u32, time: i64) -> bool {
        let Some((first, last)) = self.ends(&[event]) else { return true };
        (time - last).max(first - time) <= QUIET && time.max(last) - time.min(first) <= SPAN
    }

    /// The times of the first and the last story of events.
    fn ends(&self, events: &[u32]) -> Option<(i64, i64)> {
        let stories = events.iter().flat_map(|event| self.groups.members(*event));
        let times = stories.filter_map(|story| Some(self.signatures.get(StoryId(*story))?.time));
        times.map(|time| (time, time)).reduce(|ends, it| (ends.0.min(it.0), ends.1.max(it.1)))
    }

    /// Whether two events are similar enough to be one, and people and the bounds allow it.
    fn are_one(&self, one: u32, other: u32, threshold: f64) -> bool {
        one != other
            && !self.are_apart(one, other)
            && self.ends(&[one, other]).is_some_and(|(first, last)| last - first <= SPAN)
            && self.mean_similarity(one, other) >= threshold
    }

    /// The mean similarity of the latest stories of two events.
    fn mean_similarity(&self, one: u32, other: u32) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0_f64);
        for here in self.latest_of(one) {
            for there in self.latest_of(other) {
                sum += self.between(here, there).map_or(0.0, |it| it.similarity());
                count += 1.0;
            }
        }
        sum / count.max(1.0)
    }

    /// Makes a story findable by its terms and by the quotations in its opening.
    pub(crate) fn make_findable(
        &mut self,
        story: u32,
        signature: &Signature,
        keys: Vec<u32>,
        first: u32,
    ) {
        for key in keys {
            self.index.insert(key, story, first);
        }
        for key in signature.quoted_in_opening() {
            self.quoted.insert(key, story, first);
        }
    }
}
