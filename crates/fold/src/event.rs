//! [`Events`]: groups stories about one happening, by the same kind of judge as copies.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::candidates::candidates;
use crate::curves::ramp;
use crate::index::Index;
use crate::judge::Weights;
use crate::rarity::Rarity;
use crate::signature::Signature;

/// So many stories after the most similar one show what is usual.
const NEIGHBOURS: usize = 4;
/// A key keeps so many stories.
const POSTINGS: usize = 24;
/// At most so many stories are compared.
const COMPARED: usize = 12;
/// At most so many stories, the latest, speak for an event.
const SPEAK: usize = 8;
/// A story joins an event if the mean probability is more than this.
pub(crate) const THRESHOLD: f64 = 0.45;
/// An event accepts no story this long after its last one, in seconds.
pub(crate) const QUIET: i64 = 3 * 24 * 3600;

/// The measures of two stories.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EventEvidence {
    /// The cosine of the heaviest words, 0 to 1.
    pub words: f64,
    /// By how much that is more than the mean of the next stories.
    pub beyond: f64,
    /// The mean share of each headline in the other text, 0 to 1; 0 if there is no headline.
    pub title: f64,
    /// The cosine of the rare names, 0 to 1.
    pub names: f64,
    /// Whether one of both has no names.
    pub no_names: bool,
    /// The cosine of the ledes, 0 to 1.
    pub lede: f64,
    /// The number of shared keys.
    pub keys: f64,
    /// The hours between both.
    pub hours: f64,
}

/// A sign for or against two stories being about one happening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSign {
    /// See [`EventEvidence::beyond`].
    Beyond,
    /// See [`EventEvidence::title`].
    Title,
    /// See [`EventEvidence::words`].
    Words,
    /// See [`EventEvidence::lede`].
    Lede,
    /// See [`EventEvidence::names`].
    Names,
    /// See [`EventEvidence::no_names`].
    NoNames,
    /// See [`EventEvidence::keys`], as a logarithm.
    Keys,
    /// See [`EventEvidence::hours`], as a logarithm.
    Hours,
}

impl EventSign {
    /// All signs, in the order of the table.
    pub const ALL: [EventSign; 8] = [
        EventSign::Beyond,
        EventSign::Title,
        EventSign::Words,
        EventSign::Lede,
        EventSign::Names,
        EventSign::NoNames,
        EventSign::Keys,
        EventSign::Hours,
    ];

    /// Where the ramps of its curve begin and end.
    #[must_use]
    pub fn knots(self) -> &'static [f64] {
        match self {
            EventSign::Beyond => &[-0.1, 0.0, 0.1, 0.25],
            EventSign::Title => &[0.0, 0.2, 0.4, 0.7, 1.0],
            EventSign::Words => &[0.0, 0.15, 0.3, 0.5],
            EventSign::Lede => &[0.0, 0.1, 0.25, 0.5],
            EventSign::Names => &[0.0, 0.2, 0.4, 0.7],
            EventSign::NoNames => &[0.0, 1.0],
            EventSign::Keys => &[0.7, 1.4, 2.1, 3.0],
            EventSign::Hours => &[-4.3, -3.2, -2.3, 0.0],
        }
    }

    /// Its value for a pair.
    #[must_use]
    pub fn of(self, evidence: &EventEvidence) -> f64 {
        match self {
            EventSign::Beyond => evidence.beyond,
            EventSign::Title => evidence.title,
            EventSign::Words => evidence.words,
            EventSign::Lede => evidence.lede,
            EventSign::Names => evidence.names,
            EventSign::NoNames => f64::from(u8::from(evidence.no_names)),
            EventSign::Keys => (1.0 + evidence.keys).ln(),
            EventSign::Hours => -(1.0 + evidence.hours).ln(),
        }
    }
}

/// How many ramps all curves have.
#[must_use]
pub fn event_ramps() -> usize {
    EventSign::ALL.iter().map(|sign| sign.knots().len() - 1).sum()
}

/// How far each ramp of each sign is climbed, 0 to 1, in the order of the table.
#[must_use]
pub fn climbed_by_stories(evidence: &EventEvidence) -> Vec<f64> {
    let of_sign = |sign: &EventSign| {
        let x = sign.of(evidence);
        sign.knots().windows(2).map(move |knots| ramp(knots[0], knots[1], x))
    };
    EventSign::ALL.iter().flat_map(of_sign).collect()
}

/// An earlier story that a new one was compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedStory {
    /// The number of the earlier story.
    pub story: u32,
    /// Their measures.
    pub evidence: EventEvidence,
    /// The probability that both are about one happening.
    pub probability: f64,
}

/// The events of the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Events {
    #[serde(skip, default = "Weights::of_events")]
    pub(crate) weights: Weights,
    pub(crate) index: Index,
    pub(crate) signatures: FxHashMap<u32, Signature>,
    pub(crate) event_of: FxHashMap<u32, u32>,
    pub(crate) stories: FxHashMap<u32, Vec<u32>>,
}

impl Events {
    pub(crate) fn new(weights: Weights) -> Events {
        Events {
            weights,
            index: Index::new(POSTINGS),
            signatures: FxHashMap::default(),
            event_of: FxHashMap::default(),
            stories: FxHashMap::default(),
        }
    }

    /// The event of a story; a story that was never added is one by itself.
    pub(crate) fn of(&self, story: u32) -> u32 {
        self.event_of.get(&story).copied().unwrap_or(story)
    }

    /// Adds a new story and finds its event. Stories before `first` left the window.
    pub(crate) fn add(
        &mut self,
        story: u32,
        signature: Signature,
        first: u32,
        rarity: &Rarity,
    ) -> Vec<ComparedStory> {
        let keys = signature.keys(rarity);
        let mut postings = Vec::new();
        for key in &keys {
            self.index.get(*key, first, &mut postings);
        }
        let mut near = candidates(postings);
        near.truncate(COMPARED);
        let compared = self.compare(&signature, &near, rarity);
        let event = self.best(&signature, &compared, rarity).unwrap_or(story);
        self.event_of.insert(story, event);
        self.stories.entry(event).or_default().push(story);
        if !signature.words.is_empty() {
            for key in keys {
                self.index.insert(key, story, first);
            }
        }
        self.signatures.insert(story, signature);
        compared
    }

    /// Compares a new story with the near ones.
    fn compare(&self, new: &Signature, near: &[(u32, u32)], rarity: &Rarity) -> Vec<ComparedStory> {
        let known = |(story, keys): &(u32, u32)| {
            Some((*story, measure(new, self.signatures.get(story)?, f64::from(*keys), rarity)))
        };
        let mut found: Vec<(u32, EventEvidence)> = near.iter().filter_map(known).collect();
        let usual = usual(found.iter().map(|(_, evidence)| evidence.words).collect());
        for (_, evidence) in &mut found {
            evidence.beyond = evidence.words - usual;
        }
        let judged = |(story, evidence): (u32, EventEvidence)| {
            let probability = self.weights.of_climbed(&climbed_by_stories(&evidence));
            ComparedStory { story, evidence, probability }
        };
        found.into_iter().map(judged).collect()
    }

    /// The event with the highest mean probability over its latest stories, if that is enough.
    fn best(&self, new: &Signature, compared: &[ComparedStory], rarity: &Rarity) -> Option<u32> {
        let likely = compared.iter().filter(|pair| pair.probability > THRESHOLD);
        let mut events: Vec<u32> = likely.map(|pair| self.of(pair.story)).collect();
        events.sort_unstable();
        events.dedup();
        let usual = usual(compared.iter().map(|pair| pair.evidence.words).collect());
        let mean = |event: u32| {
            let stories = &self.stories[&event];
            let latest = &stories[stories.len().saturating_sub(SPEAK)..];
            let of_story = |story: &u32| {
                if let Some(pair) = compared.iter().find(|pair| pair.story == *story) {
                    return Some(pair.probability);
                }
                let mut evidence = measure(new, self.signatures.get(story)?, 0.0, rarity);
                evidence.beyond = evidence.words - usual;
                Some(self.weights.of_climbed(&climbed_by_stories(&evidence)))
            };
            let known: Vec<f64> = latest.iter().filter_map(of_story).collect();
            known.iter().sum::<f64>() / known.len().max(1) as f64
        };
        let is_open = |event: &u32| {
            let last = self.stories[event].last().and_then(|story| self.signatures.get(story));
            last.is_some_and(|last| new.time - last.time <= QUIET)
        };
        let means = events.into_iter().filter(is_open).map(|event| (mean(event), event));
        let best = means.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
        (best.0 > THRESHOLD).then_some(best.1)
    }
}

/// The mean similarity of the stories that come after the most similar one; what is usual anywhere if they are
/// few, because then they may all be of the same event.
pub(crate) fn usual(mut similarities: Vec<f64>) -> f64 {
    similarities.sort_unstable_by(|a, b| b.total_cmp(a));
    let next: Vec<f64> = similarities.into_iter().skip(1).take(NEIGHBOURS).collect();
    if next.len() < NEIGHBOURS { 0.1 } else { next.iter().sum::<f64>() / next.len() as f64 }
}

pub(crate) fn measure(
    new: &Signature,
    old: &Signature,
    keys: f64,
    rarity: &Rarity,
) -> EventEvidence {
    let titles = [new.title_in(old, rarity), old.title_in(new, rarity)];
    let present: Vec<f64> = titles.into_iter().flatten().collect();
    EventEvidence {
        words: new.cosine_of_words(old),
        beyond: 0.0,
        title: present.iter().sum::<f64>() / present.len().max(1) as f64,
        names: rarity.cosine(&new.names, &old.names),
        no_names: new.names.is_empty() || old.names.is_empty(),
        lede: rarity.cosine(&new.lede, &old.lede),
        keys,
        hours: (new.time - old.time).unsigned_abs() as f64 / 3600.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{Page, title_terms};

    fn signature(title: &str, text: &str, hours: i64, rarity: &Rarity) -> Signature {
        Signature::new(&Page::new(text), &title_terms(title), hours * 3600, rarity)
    }

    /// Texts about a fire, the same fire, and a concert.
    const TEXTS: [(&str, &str); 3] = [
        (
            "Fire at Gannet ropeworks",
            "A fire destroyed the ropeworks at Gannet on Monday. The owner, Hester Lomax, said nobody was \
             hurt. Firemen from Oxley needed six hours.",
        ),
        (
            "Gannet ropeworks burn down",
            "Nothing is left of the ropeworks in Gannet. Flames were seen as far as Oxley. Hester Lomax, \
             who owns the place, wants to build it again.",
        ),
        (
            "Choir of Varley sings for bees",
            "The choir of Varley gave a concert for beekeepers. Amos Keel conducted. The hall was full and \
             the honey was sold out by noon.",
        ),
    ];

    #[test]
    fn two_reports_of_one_happening_are_one_event_and_a_third_is_its_own() {
        let rarity = Rarity::default();
        let mut events = Events::new(Weights::of_events());
        for (story, (title, text)) in TEXTS.iter().enumerate() {
            events.add(story as u32, signature(title, text, story as i64, &rarity), 0, &rarity);
        }
        assert_eq!([0, 1, 2].map(|story| events.of(story)), [0, 0, 2]);
    }

    #[test]
    fn an_event_that_is_quiet_for_days_accepts_no_story() {
        let rarity = Rarity::default();
        let mut events = Events::new(Weights::of_events());
        for (story, hours) in [(0, 0), (1, 80)] {
            let (title, text) = TEXTS[0];
            events.add(story, signature(title, text, hours, &rarity), 0, &rarity);
        }
        assert_eq!(events.of(1), 1);
    }

    #[test]
    fn a_missing_headline_is_no_agreement() {
        let rarity = Rarity::default();
        let one = signature("", TEXTS[0].1, 0, &rarity);
        let measured = measure(&one, &one.clone(), 1.0, &rarity);
        assert_eq!(measured.title, 0.0);
        assert!(measured.words > 0.99);
    }
}
