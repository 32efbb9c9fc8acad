//! A rehearsal: the alerts that a subscription would have sent in the last hours.
//!
//! Comes in: a subscription, and the output since a time. Goes out: numbers and samples of the alerts. It
//! sends and stores nothing.

mod report;
mod since;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wirefold_envelope::InOrder;
use wirefold_flow::{Bus, UnixMillis};
use wirefold_proto::{AlertId, Class, EventId, StoryChange, SubscriptionSettings, Target, streams};

use wirefold_query::Lists;

use crate::engine::{Engine, IncomingArticle, OutputPosition, StoryOverride, Tally};
use crate::error::AlerterError;
use crate::matcher::load::{self, Item, LoadedItem};
use crate::subscription::{Rules, with_defaults};

pub use report::{Rehearsal, Sample, SampleRevision, Unready};

const BATCH: usize = 128;

/// Runs a subscription over the output since a time, as if it had existed then, and sends nothing. `lists`
/// are the lists that its query may name.
///
/// # Errors
/// [`AlerterError::Subscription`] if the settings are not valid, and errors of the bus.
pub async fn rehearse(
    bus: &dyn Bus,
    subscription: &SubscriptionSettings,
    lists: &Lists,
    since: UnixMillis,
    now: UnixMillis,
) -> Result<Rehearsal, AlerterError> {
    let rules = Rules::read(&with_defaults(subscription, &[]), lists).map_err(|problem| {
        AlerterError::Subscription { id: subscription.id.to_string(), why: problem.to_string() }
    })?;
    let mut stage = Rehearsing::of(rules, since);
    let first = since::first_stored(bus, streams::OUTPUT.name, since).await?;
    let expected = (first == 1).then_some(1);
    let mut order: InOrder<LoadedItem> = InOrder::new(Duration::ZERO, expected);
    let mut output = bus.read(streams::OUTPUT.name, ">", first).await?;
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
        for item in order.ready(now) {
            stage.apply_item(item);
            // Other tasks on this thread do not wait for a whole batch.
            tokio::task::yield_now().await;
        }
    }
    stage.fire(now);
    Ok(stage.end(now))
}

/// An event or story with matching articles.
struct Matching {
    tally: Tally,
    /// The title of its last matching article.
    title: String,
    /// How many of the matching articles are copies.
    copies: u64,
    /// Whether a matching text of it is long enough to be compared.
    is_comparable: bool,
}

struct Rehearsing {
    rules: Rules,
    engine: Engine,
    since: UnixMillis,
    report: Rehearsal,
    events: BTreeSet<EventId>,
    /// The events or stories with matching articles.
    matching: BTreeMap<Target, Matching>,
    /// When the first article came that is not of a baseline.
    first_news: Option<UnixMillis>,
    /// The targets with an alert.
    opened: BTreeSet<Target>,
}

impl Rehearsing {
    fn of(rules: Rules, since: UnixMillis) -> Self {
        let mut engine = Engine::default();
        engine.put(rules.clone());
        Self {
            rules,
            engine,
            since,
            report: Rehearsal::default(),
            events: BTreeSet::new(),
            matching: BTreeMap::new(),
            first_news: None,
            opened: BTreeSet::new(),
        }
    }

    fn apply_item(&mut self, item: LoadedItem) {
        match item.item {
            Item::Article(incoming) if incoming.seen >= self.since => self.apply_article(&incoming),
            Item::Change(story) => {
                let at = wirefold_envelope::unix_millis(story.at);
                self.fire(at);
                if let StoryChange::Merged { from, into, .. } = story.change {
                    self.engine.merge(from, into, at, load::position_of(&story, item.output));
                    self.merge(from, into);
                    self.fire(at);
                }
                let position = load::position_of(&story, item.output);
                if let Some(change) = StoryOverride::of_regrouping(&story, position) {
                    self.engine.apply_override(&change);
                    self.fire(at);
                }
            }
            Item::Command(command) => {
                let at = wirefold_envelope::unix_millis(command.command.at);
                self.fire(at);
                let position = OutputPosition { fetched: command.fetched, output: item.output };
                self.engine.apply_override(&StoryOverride::of(&command, position));
                self.fire(at);
            }
            Item::Article(_) | Item::Unreadable => {}
        }
    }

    fn apply_article(&mut self, incoming: &IncomingArticle) {
        self.report.articles += 1;
        let target = incoming.target(self.rules.group_by);
        let tally = incoming.tally(target);
        let is_new = !incoming.output.article.baseline;
        if is_new {
            self.first_news.get_or_insert(incoming.seen);
        }
        let is_found = self.rules.query.matches(&incoming.prepared, &tally.numbers()).is_some();
        self.report.matching_with_baseline += u64::from(is_found);
        if is_new && is_found {
            self.report.matching += 1;
            self.events.insert(incoming.output.verdict.event);
            let verdict = &incoming.output.verdict;
            let before = self.matching.get(&target);
            let matching = Matching {
                tally,
                title: incoming.headline().title,
                copies: before.map_or(0, |it| it.copies) + u64::from(verdict.class == Class::Copy),
                is_comparable: before.is_some_and(|it| it.is_comparable) || verdict.comparable,
            };
            self.matching.insert(target, matching);
        } else if let Some(known) = self.matching.get_mut(&target) {
            known.tally = tally;
        }
        self.fire(incoming.seen);
        self.engine.apply(incoming);
        self.fire(incoming.seen);
    }

    /// Counts the matching articles of one target for the other.
    fn merge(&mut self, from: Target, into: Target) {
        if let Some(mut merged) = self.matching.remove(&from) {
            if let Some(other) = self.matching.remove(&into) {
                merged = Matching { copies: merged.copies + other.copies, ..other };
            }
            self.matching.insert(into, merged);
        }
        if self.opened.contains(&from) {
            self.opened.insert(into);
        }
    }

    fn fire(&mut self, limit: UnixMillis) {
        let limit = self.engine.time_with(limit);
        while let Some(draft) = self.engine.next(limit) {
            let AlertId { target, .. } = draft.alert.id;
            self.opened.insert(target);
            self.report.add(&draft.alert);
            self.engine.accept(&draft.alert, draft.marks);
        }
    }

    fn end(mut self, now: UnixMillis) -> Rehearsal {
        self.report.covered_seconds = self.first_news.map(|first| now.since(first).as_secs());
        let scores = self.engine.scores();
        self.report.alerts = scores.get(&self.rules.settings.id).map_or(0, |score| score.alerts);
        for (target, matching) in self.matching {
            if self.opened.contains(&target) {
                self.report.copies_folded += matching.copies;
            } else {
                let (why, title) = (matching.lacks(&self.rules), matching.title);
                self.report.add_unready(Unready { target, title, why });
            }
        }
        self.report.events = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.report
    }
}

impl Matching {
    /// The condition that an alert still lacks.
    fn lacks(&self, rules: &Rules) -> String {
        let Tally { outlets, origins, .. } = self.tally;
        if outlets < rules.min_outlets {
            return format!("{outlets} of {} outlets", rules.min_outlets);
        }
        if origins < rules.min_origins {
            return format!("{origins} of {} origins", rules.min_origins);
        }
        match self.is_comparable {
            true => "its group_wait is not over".to_owned(),
            false => "its text is too short to be compared".to_owned(),
        }
    }
}
