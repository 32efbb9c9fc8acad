//! What a subscription would have sent, had it been there.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;
use wirefold_envelope::InOrder;
use wirefold_flow::{Bus, UnixMillis};
use wirefold_proto::{AlertId, EventId, StoryChange, SubscriptionSettings, Volume, streams};

use crate::engine::{Engine, Piece, Place, Word};
use crate::error::AlerterError;
use crate::matcher::load::{self, Item, LoadedItem};
use crate::subscription::{Rules, with_defaults};

/// How many headlines a rehearsal shows.
const SAMPLES: usize = 10;
const BATCH: usize = 128;

/// What a subscription would have sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rehearsal {
    /// Articles looked at.
    pub articles: u64,
    /// Those that match.
    pub matching: u64,
    /// The events of those.
    pub events: u64,
    /// Alerts it would have opened.
    pub alerts: u64,
    /// Revisions that would have rung.
    pub loud: u64,
    /// Revisions that would have come silently, in the place of the one before.
    pub silent: u64,
    /// Of those that ring, how many would have been held.
    pub held: u64,
    /// Copies that would have been folded into the alerts.
    pub copies_folded: u64,
    /// The first alerts.
    pub samples: Vec<Sample>,
}

/// One alert that would have been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sample {
    /// The alert.
    pub alert: AlertId,
    /// Its headline.
    pub title: String,
    /// Its outlets when it was first told.
    pub outlets: u32,
    /// Its separately written texts then: an upper bound.
    pub origins: u32,
    /// The words found.
    pub matched: Vec<String>,
}

/// Runs a subscription over the output since a time, as if it had been there; sends nothing.
///
/// # Errors
/// [`AlerterError::Subscription`] where the settings are none, and whatever the bus says.
pub async fn rehearse(
    bus: &dyn Bus,
    subscription: &SubscriptionSettings,
    since: UnixMillis,
    now: UnixMillis,
) -> Result<Rehearsal, AlerterError> {
    let rules = Rules::read(&with_defaults(subscription, &[])).map_err(|problem| {
        AlerterError::Subscription { id: subscription.id.to_string(), why: problem.to_string() }
    })?;
    let mut stage = Rehearsing::of(rules, since);
    let mut order: InOrder<LoadedItem> = InOrder::new(Duration::ZERO, Some(1));
    let mut output = bus.read(streams::OUTPUT.name, ">", 1).await?;
    loop {
        let batch = output.ready(BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for item in load::load(bus, batch, true).await? {
            if let Some(stand) = item.stand() {
                order.push(stand, item);
            }
        }
        order.ready(now).into_iter().for_each(|item| stage.take(item));
    }
    stage.fire(now);
    Ok(stage.end())
}

struct Rehearsing {
    rules: Rules,
    engine: Engine,
    since: UnixMillis,
    found: Rehearsal,
    events: BTreeSet<EventId>,
}

impl Rehearsing {
    fn of(rules: Rules, since: UnixMillis) -> Self {
        let mut engine = Engine::default();
        engine.put(rules.clone());
        let (found, events) = (Rehearsal::default(), BTreeSet::new());
        Self { rules, engine, since, found, events }
    }

    fn take(&mut self, item: LoadedItem) {
        match item.item {
            Item::Article(piece) if piece.seen >= self.since => self.take_article(&piece),
            Item::Change(story) => {
                let at = wirefold_envelope::unix_millis(story.at);
                self.fire(at);
                if let StoryChange::Merged { from, into, .. } = story.change {
                    self.engine.merge(from, into, at, load::place_of(&story, item.output));
                    self.fire(at);
                }
                let place = load::place_of(&story, item.output);
                if let Some(word) = Word::of_regrouping(&story, place) {
                    self.engine.heed(&word);
                    self.fire(at);
                }
            }
            Item::Command(command) => {
                let at = wirefold_envelope::unix_millis(command.command.at);
                self.fire(at);
                let place = Place { fetched: command.fetched, output: item.output };
                self.engine.heed(&Word::of(&command, place));
                self.fire(at);
            }
            Item::Article(_) | Item::Unreadable => {}
        }
    }

    fn take_article(&mut self, piece: &Piece) {
        self.found.articles += 1;
        let numbers = piece.tally(piece.target(self.rules.group_by)).numbers();
        let is_new = !piece.output.article.baseline;
        if is_new && self.rules.query.matches(&piece.prepared, &numbers).is_some() {
            self.found.matching += 1;
            self.events.insert(piece.output.verdict.event);
        }
        self.fire(piece.seen);
        self.engine.apply(piece);
        self.fire(piece.seen);
    }

    fn fire(&mut self, limit: UnixMillis) {
        let limit = self.engine.time_with(limit);
        while let Some(draft) = self.engine.next(limit) {
            let alert = &draft.alert;
            match alert.volume {
                Volume::Loud => self.found.loud += 1,
                Volume::Silent => self.found.silent += 1,
            }
            self.found.held += u64::from(alert.held.is_some());
            if alert.revision == 1 && self.found.samples.len() < SAMPLES {
                self.found.samples.push(Sample {
                    alert: alert.id.clone(),
                    title: alert.headline.title.clone(),
                    outlets: alert.outlets,
                    origins: alert.origins,
                    matched: alert.matched.clone(),
                });
            }
            self.engine.accept(&draft.alert, draft.marks);
        }
    }

    fn end(mut self) -> Rehearsal {
        let scores = self.engine.scores();
        let score = scores.get(&self.rules.settings.id).copied().unwrap_or_default();
        (self.found.alerts, self.found.copies_folded) = (score.alerts, score.copies_folded);
        self.found.events = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.found
    }
}
