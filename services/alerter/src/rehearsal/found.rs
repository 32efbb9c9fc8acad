//! What a rehearsal found, as people see it.
//!
//! Comes in: the revisions of a rehearsal. Goes out: numbers and samples. It keeps no more than a few samples.

use jiff::Timestamp;
use serde::Serialize;
use wirefold_proto::{Alert, AlertId, Hold, ReasonKind, Target, Volume};

/// How many alerts, and how many events without one, a rehearsal shows.
const SAMPLES: usize = 10;
/// How many revisions of one alert it shows.
const REVISIONS: usize = 8;

/// What a subscription would have sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rehearsal {
    /// Articles looked at.
    pub articles: u64,
    /// Those that match.
    pub matching: u64,
    /// Those that match, with those that a feed already held at its first poll.
    pub matching_with_baseline: u64,
    /// From the first article that came as news to the end; none where none came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_seconds: Option<u64>,
    /// The events of those.
    pub events: u64,
    /// Alerts it would have opened.
    pub alerts: u64,
    /// Messages that would have notified: a digest is one, and what was held counts once it is sent.
    pub loud: u64,
    /// Revisions that would have come silently, in the place of the one before.
    pub silent: u64,
    /// Revisions that would have been held: muted, in quiet hours, beyond `max_per_day`, for a digest.
    pub held: u64,
    /// Copies that would have been folded into the alerts.
    pub copies_folded: u64,
    /// The first alerts.
    pub samples: Vec<Sample>,
    /// Events, or stories, that match and have not enough to open an alert.
    pub unready: u64,
    /// The last of them.
    pub unready_samples: Vec<Unready>,
}

/// One alert that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The alert.
    pub alert: AlertId,
    /// What it is about.
    pub target: Target,
    /// Its headline.
    pub title: String,
    /// Its outlets when it was first told.
    pub outlets: u32,
    /// Its separately written texts then: an upper bound.
    pub origins: u32,
    /// The words found.
    pub matched: Vec<String>,
    /// Whether texts only mention them in passing, so that nothing would have rung yet.
    pub in_passing: bool,
    /// How many revisions it would have had.
    pub revision_count: u64,
    /// The first of them.
    pub revisions: Vec<SampleRevision>,
}

/// One revision of an alert that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SampleRevision {
    /// The stream time of it.
    pub at: Timestamp,
    /// Whether it would have notified.
    pub volume: Volume,
    /// Why there would have been it, in words, the weightiest first.
    pub reasons: Vec<String>,
    /// Why its delivery would have waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
}

/// An event, or a story, that matches and has not enough to open an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unready {
    /// What it is.
    pub target: Target,
    /// The title of its last matching article.
    pub title: String,
    /// What it lacks, such as `1 of 2 outlets`.
    pub why: String,
}

impl Rehearsal {
    /// Takes in a revision that would have been published.
    pub(super) fn add(&mut self, alert: &Alert) {
        let is_told = alert.digest.as_ref().is_none_or(|digest| !digest.all.is_empty());
        match alert.volume {
            // What is held is sent later, and one digest tells of many.
            Volume::Loud => self.loud += u64::from(alert.held.is_none() && is_told),
            Volume::Silent => self.silent += 1,
        }
        self.held += u64::from(alert.held.is_some());
        if alert.revision == 1 && self.samples.len() < SAMPLES {
            self.samples.push(Sample::of(alert));
        }
        if let Some(sample) = self.samples.iter_mut().find(|sample| sample.alert == alert.id) {
            sample.add(alert);
        }
    }

    /// Takes in what opened no alert.
    pub(super) fn add_unready(&mut self, unready: Unready) {
        self.unready += 1;
        if self.unready_samples.len() == SAMPLES {
            self.unready_samples.remove(0);
        }
        self.unready_samples.push(unready);
    }
}

impl Sample {
    fn of(alert: &Alert) -> Self {
        Self {
            alert: alert.id.clone(),
            target: alert.target,
            title: alert.headline.title.clone(),
            outlets: alert.outlets,
            origins: alert.origins,
            matched: alert.matched.clone(),
            in_passing: alert.reasons.iter().any(|it| it.kind == ReasonKind::Passing),
            revision_count: 0,
            revisions: Vec::new(),
        }
    }

    fn add(&mut self, alert: &Alert) {
        self.revision_count = alert.revision;
        if self.revisions.len() < REVISIONS {
            self.revisions.push(SampleRevision {
                at: alert.at,
                volume: alert.volume,
                reasons: alert.reasons.iter().map(|reason| reason.words.clone()).collect(),
                held: alert.held.clone(),
            });
        }
    }
}
