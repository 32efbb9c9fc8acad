//! A rehearsal: what a subscription would have sent in the last hours.
//!
//! Comes in: a subscription, and the output since a time. Goes out: numbers and samples of the alerts. It sends and stores
//! nothing.

mod found;
mod since;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wirefold_envelope::InOrder;
use wirefold_flow::{Bus, UnixMillis};
use wirefold_proto::{AlertId, EventId, StoryChange, SubscriptionSettings, Target, streams};

use wirefold_query::Lists;

use crate::engine::{Engine, OutputPosition, Piece, StoryOverride, Tally};
use crate::error::AlerterError;
use crate::matcher::load::{self, Item, LoadedItem};
use crate::subscription::{Rules, with_defaults};

pub use found::{Rehearsal, Sample, SampleRevision, Unready};

const BATCH: usize = 128;

/// Runs a subscription over the output since a time, as if it had been there; sends nothing. `lists` are
/// those that its query may name.
///
/// # Errors
/// [`AlerterError::Subscription`] where the settings are none, and whatever the bus says.
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
            // Others on this thread do not wait for a whole batch.
            tokio::task::yield_now().await;
        }
    }
    stage.fire(now);
    Ok(stage.end(now))
}

/// Something that matches.
struct Matching {
    tally: Tally,
    /// The title of its last matching article.
    title: String,
    /// Whether a matching text of it is long enough to be compared.
    is_comparable: bool,
}

struct Rehearsing {
    rules: Rules,
    engine: Engine,
    since: UnixMillis,
    found: Rehearsal,
    events: BTreeSet<EventId>,
    /// What matches, with its numbers and a title of it.
    matching: BTreeMap<Target, Matching>,
    /// When the first article came that is none of a feed's first poll.
    first_news: Option<UnixMillis>,
    /// What has an alert.
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
            found: Rehearsal::default(),
            events: BTreeSet::new(),
            matching: BTreeMap::new(),
            first_news: None,
            opened: BTreeSet::new(),
        }
    }

    fn apply_item(&mut self, item: LoadedItem) {
        match item.item {
            Item::Article(piece) if piece.seen >= self.since => self.apply_article(&piece),
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

    fn apply_article(&mut self, piece: &Piece) {
        self.found.articles += 1;
        let target = piece.target(self.rules.group_by);
        let tally = piece.tally(target);
        let is_new = !piece.output.article.baseline;
        if is_new {
            self.first_news.get_or_insert(piece.seen);
        }
        let is_found = self.rules.query.matches(&piece.prepared, &tally.numbers()).is_some();
        self.found.matching_with_baseline += u64::from(is_found);
        if is_new && is_found {
            self.found.matching += 1;
            self.events.insert(piece.output.verdict.event);
            let was_comparable = self.matching.get(&target).is_some_and(|it| it.is_comparable);
            let is_comparable = was_comparable || piece.output.verdict.comparable;
            let title = piece.headline().title;
            self.matching.insert(target, Matching { tally, title, is_comparable });
        } else if let Some(known) = self.matching.get_mut(&target) {
            known.tally = tally;
        }
        self.fire(piece.seen);
        self.engine.apply(piece);
        self.fire(piece.seen);
    }

    /// What was counted of one belongs to the other now.
    fn merge(&mut self, from: Target, into: Target) {
        if let Some(known) = self.matching.remove(&from) {
            self.matching.entry(into).or_insert(known);
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
            self.found.add(&draft.alert);
            self.engine.accept(&draft.alert, draft.marks);
        }
    }

    fn end(mut self, now: UnixMillis) -> Rehearsal {
        self.found.covered_seconds = self.first_news.map(|first| now.since(first).as_secs());
        let scores = self.engine.scores();
        let score = scores.get(&self.rules.settings.id).copied().unwrap_or_default();
        (self.found.alerts, self.found.copies_folded) = (score.alerts, score.copies_folded);
        let unready = self.matching.into_iter().filter(|(target, _)| !self.opened.contains(target));
        for (target, matching) in unready {
            let (why, title) = (matching.lacks(&self.rules), matching.title);
            self.found.add_unready(Unready { target, title, why });
        }
        self.found.events = u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.found
    }
}

impl Matching {
    /// What it lacks to open an alert.
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
