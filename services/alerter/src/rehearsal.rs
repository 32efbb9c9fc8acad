//! A rehearsal: the alerts that a subscription would have sent in the last hours.
//!
//! Comes in: a subscription, and the output since a time. Goes out: numbers, and the loud messages as a delivery
//! would have sent them. It sends and stores nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use wirefold_envelope::unix_millis;
use wirefold_flow::{Bus, UnixMillis, first_after};
use wirefold_proto::{
    Alert, AlertId, Class, EventId, ReasonKind, Rehearsal, RehearsedMessage, StoryChange,
    SubscriptionSettings, Target, UnreadyTarget, Volume, streams,
};

use crate::delivery::zone_of;
use crate::engine::{Engine, IncomingArticle, StoryOverride, Tally};
use crate::error::AlerterError;
use crate::matcher::load::{self, Item, LoadedItem, ReadTexts};
use crate::settings::Settings;
use crate::subscription::{Rules, with_defaults};
use crate::text::{self, Message};

const BATCH: usize = 128;

/// Runs a subscription over the output since a time, as if it had existed then, and sends nothing. `settings`
/// have the lists that its query may name, and the page and time zone of messages.
///
/// # Errors
/// [`AlerterError::Settings`] if the settings are not valid, and errors of the bus.
pub async fn rehearse(
    bus: &dyn Bus,
    subscription: &SubscriptionSettings,
    settings: &Settings,
    since: UnixMillis,
    now: UnixMillis,
) -> Result<Rehearsal, AlerterError> {
    let rules = Rules::read(&with_defaults(subscription, &[]), &settings.lists);
    let refused = |why| AlerterError::Settings(format!("subscription {}: {why}", subscription.id));
    let mut rules = rules.map_err(refused)?;
    // Nobody acknowledges anything in a rehearsal.
    rules.settings.escalation = None;
    let mut stage = Rehearsing::of(rules, settings, since);
    let before = since.minus(Duration::from_millis(1));
    let first = first_after(bus, streams::OUTPUT.name, before).await?;
    let mut texts = ReadTexts::default();
    let mut output = bus.read(streams::OUTPUT.name, ">", first).await?;
    loop {
        let batch = output.ready(BATCH).await?;
        if batch.is_empty() {
            break;
        }
        for mut item in load::load(bus, &batch, true).await? {
            if let Item::Article(incoming) = &mut item.item
                && !incoming.is_baseline()
            {
                incoming.joins = stage.engine.joins_of(incoming);
                load::compare(bus, &stage.engine, &mut texts, incoming).await?;
            }
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
    /// The address of the page in messages.
    page: Option<String>,
    zone: TimeZone,
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
    fn of(rules: Rules, settings: &Settings, since: UnixMillis) -> Self {
        let mut engine = Engine::default();
        engine.put(rules.clone());
        Self {
            zone: zone_of(&rules.settings, &settings.machine_zone()),
            page: settings.page.clone(),
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
        let (at, place) = (item.time(), item.output);
        if matches!(item.item, Item::Article(_)) && at < self.since {
            return;
        }
        self.fire(at);
        match item.item {
            Item::Article(incoming) => {
                self.apply_article(&incoming);
                self.apply_merges(&incoming.output.changes, (at, place), false);
            }
            Item::Forgotten(forgotten) => {
                self.apply_merges(&forgotten.changes, (at, place), false);
            }
            Item::Command(command) => {
                self.apply_merges(&command.changes, (at, place), true);
                self.engine.apply_override(&StoryOverride::of(&command, place));
            }
        }
        self.fire(at);
    }

    fn apply_merges(&mut self, changes: &[StoryChange], when: (UnixMillis, u64), by_people: bool) {
        for change in changes {
            if let StoryChange::Merged { from, into, .. } = *change {
                self.engine.merge([from, into], when, by_people);
                self.merge(from, into);
            }
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
                title: incoming.headline().title.clone(),
                copies: before.map_or(0, |it| it.copies) + u64::from(verdict.class == Class::Copy),
                is_comparable: before.is_some_and(|it| it.is_comparable) || verdict.comparable,
            };
            self.matching.insert(target, matching);
        } else if let Some(known) = self.matching.get_mut(&target) {
            known.tally = tally;
        }
        self.engine.apply(incoming);
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
        while let Some(draft) = self.engine.next(limit) {
            let AlertId { target, .. } = draft.alert.id;
            self.opened.insert(target);
            self.add(&draft.alert);
            self.engine.accept(&draft.alert, &draft.metadata);
        }
    }

    /// Counts a revision that would have been published, and keeps its message if it is loud.
    fn add(&mut self, alert: &Alert) {
        let report = &mut self.report;
        report.in_passing += u64::from(alert.revision == 1 && alert.has(ReasonKind::Passing));
        report.silent += u64::from(alert.volume == Volume::Silent);
        report.held += u64::from(alert.held.is_some());
        // A held revision is sent later, and one digest reports many.
        let is_told = alert.digest.as_ref().is_none_or(|digest| !digest.all.is_empty());
        if alert.volume != Volume::Loud || alert.held.is_some() || !is_told {
            return;
        }
        let at_night = is_at_night(alert.at, &self.zone);
        report.loud += 1;
        report.at_night += u64::from(at_night);
        if report.messages.len() == MESSAGES {
            report.messages.remove(0);
        }
        let (name, page, now) =
            (&self.rules.settings.name, self.page.as_deref(), unix_millis(alert.at));
        let zone = self.zone.clone();
        let text = text::of(&Message { zone, ..Message::of(alert, name, page, now) });
        // A digest is one message about many events.
        let others =
            alert.digest.as_ref().map_or(0, |digest| digest.all.len().saturating_sub(1)) as u64;
        let (at, target) = (alert.at, alert.target);
        let (title, lines) = (text.title, text.lines);
        self.report.messages.push(RehearsedMessage { at, at_night, target, title, lines, others });
    }

    fn end(mut self, now: UnixMillis) -> Rehearsal {
        self.report.covered_seconds = self.first_news.map(|first| now.since(first).as_secs());
        let score = self.engine.scores.get(&self.rules.settings.id);
        self.report.alerts = score.map_or(0, |score| score.alerts);
        for (target, matching) in self.matching {
            if self.opened.contains(&target) {
                self.report.copies_folded += matching.copies;
            } else {
                let (why, title) = (matching.lacks(&self.rules), matching.title);
                self.report.unready += 1;
                let samples = &mut self.report.unready_samples;
                if samples.len() == SAMPLES {
                    samples.remove(0);
                }
                samples.push(UnreadyTarget { target, title, why });
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

/// Whether people sleep at this time: from 22:00 to 7:00 by their clock.
fn is_at_night(at: Timestamp, zone: &TimeZone) -> bool {
    !(7..22).contains(&at.to_zoned(zone.clone()).hour())
}

/// The most messages in the result.
const MESSAGES: usize = 50;
/// The most events without an alert in the result.
const SAMPLES: usize = 10;
