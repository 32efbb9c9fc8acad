//! The result of a rehearsal.
//!
//! Comes in: the revisions of a rehearsal. Goes out: numbers and samples. It stores only a few samples.

use jiff::Timestamp;
use serde::Serialize;
use wirefold_proto::{Alert, AlertId, Hold, ReasonKind, Target, Volume};

/// The most alerts, and the most events without one, in the result.
const SAMPLES: usize = 10;
/// The most revisions of one alert in the result.
const REVISIONS: usize = 8;

/// The alerts that a subscription would have sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rehearsal {
    /// The articles that were compared with the query.
    pub articles: u64,
    /// Those that match.
    pub matching: u64,
    /// The matching articles, with those of baselines.
    pub matching_with_baseline: u64,
    /// The time from the first article that is not of a baseline to the end; `None` if there is no such
    /// article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covered_seconds: Option<u64>,
    /// The events of the matching articles.
    pub events: u64,
    /// Alerts it would have opened.
    pub alerts: u64,
    /// Messages that would have notified. A digest is one message, and a held revision counts when it is
    /// sent.
    pub loud: u64,
    /// Revisions that would have been silent.
    pub silent: u64,
    /// Revisions that would have been held: muted, in quiet hours, above `max_per_day`, for a digest.
    pub held: u64,
    /// Those of the matching articles that are copies and would have been folded into the alerts.
    pub copies_folded: u64,
    /// The first alerts.
    pub samples: Vec<Sample>,
    /// Events or stories that match and are not enough for an alert.
    pub unready: u64,
    /// The last of them.
    pub unready_samples: Vec<Unready>,
}

/// One alert that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The alert.
    pub alert: AlertId,
    /// The event or story.
    pub target: Target,
    /// Its headline.
    pub title: String,
    /// Its outlets in the first revision.
    pub outlets: u32,
    /// Its separately written texts at that time: an upper bound.
    pub origins: u32,
    /// The matched words.
    pub matched: Vec<String>,
    /// Whether texts only mention them in passing, so that it would not have notified yet.
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
    /// The reasons in words, the most important first.
    pub reasons: Vec<String>,
    /// Why its delivery would have waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<Hold>,
}

/// An event or story that matches and is not enough for an alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unready {
    /// The event or story.
    pub target: Target,
    /// The title of its last matching article.
    pub title: String,
    /// The missing part, such as `1 of 2 outlets`.
    pub why: String,
}

impl Rehearsal {
    /// Adds a revision that would have been published.
    pub(super) fn add(&mut self, alert: &Alert) {
        let is_told = alert.digest.as_ref().is_none_or(|digest| !digest.all.is_empty());
        match alert.volume {
            // A held revision is sent later, and one digest reports many.
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

    /// Adds an event or story without an alert.
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
