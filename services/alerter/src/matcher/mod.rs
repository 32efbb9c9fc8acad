//! Reads the output in order and publishes each revision once.
//!
//! Comes in: the messages of the output and commands about subscriptions.
//! Goes out: revisions of alerts in `WF_ALERTS`, and its progress. It has nothing to do with deliveries.
//!
//! Every revision has a subject of its own and is published only if that subject is empty. After a crash, the
//! alerts are rebuilt from their revisions, and the output is read again from the first message that an
//! unpublished revision needs.

pub(crate) mod load;
mod publish;
mod table;

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{CLOCK_TOLERANCE, decode};
use wirefold_flow::{
    Bus, BusError, Event, OrderedReader, Point, Position, StageContext, Stored, UnixMillis,
    first_after, rolled_back,
};
use wirefold_proto::{ControlCommand, StoryChange, Subject, Target, streams};

use crate::delivery::Common;
use crate::engine::{Draft, Engine, IncomingArticle, Revision, StoryOverride};
use crate::error::AlerterError;
use crate::settings::Settings;
use crate::{NAME, metrics};
use load::{Item, LoadedItem, ReadTexts};
use publish::revision;
use table::{Progress, Table};

/// How many messages one read returns.
const BATCH: usize = 128;
/// The most messages between two saves of the progress.
const SAVE_EVERY: usize = 1_024;
/// The shortest time between two writes of the subscriptions' numbers.
const SCORES_EVERY: Duration = Duration::from_secs(2);
/// The longest time between two heartbeats.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// The wait before a new start from the stored state, after a failure of the bus.
const RESTART: Duration = Duration::from_secs(1);
/// How long an alert stays in memory that waits for nothing with a time, such as one muted without an end.
const REMEMBERED: Duration = Duration::from_hours(24 * 8);

/// Runs until it is stopped. After a failure of the bus, it starts again from the stored state.
pub(crate) async fn run(common: Common, settings: Settings) -> Result<(), AlerterError> {
    let Common { context, stop, .. } = &common;
    while !stop.is_cancelled() {
        let done = async { Matcher::start(&common, &settings).await?.run(stop).await };
        let Err(error) = done.await else {
            return Ok(());
        };
        if !error.may_pass() {
            return Err(error);
        }
        // The observer has already reported the error.
        tracing::debug!(%error, "alerter restarts from the stored state");
        if let AlerterError::Bus(error) = &error {
            context.observer.observe(NAME, Event::of_failure(error));
        }
        context.pause(RESTART, stop).await;
    }
    Ok(())
}

struct Matcher<'a> {
    context: &'a StageContext,
    engine: Engine,
    table: Table,
    progress: Progress,
    output: Box<dyn OrderedReader>,
    control: Box<dyn OrderedReader>,
    bus_clock: BusClock,
    texts: ReadTexts,
    /// Revisions that are being published.
    leaving: Vec<Draft>,
    since_saved: usize,
    /// Whether the numbers of a subscription may differ from its record.
    has_new_scores: bool,
    /// When records may be written again.
    scores_due: UnixMillis,
}

impl Matcher<'_> {
    async fn run(mut self, stop: &CancellationToken) -> Result<(), AlerterError> {
        while !stop.is_cancelled() {
            self.context.observer.observe(NAME, Event::Alive);
            let commands = self.control.ready(BATCH).await?;
            self.apply_commands(commands).await?;
            let asked_at = self.now();
            let batch = self.output.ready(BATCH).await?;
            if batch.is_empty() {
                self.bus_clock.stream_ended(asked_at);
                self.at_end(stop).await?;
            } else {
                self.apply_batch(batch).await?;
            }
            if self.since_saved >= SAVE_EVERY {
                self.save().await?;
            }
        }
        self.scores_due = UnixMillis(0);
        self.save().await
    }

    /// At the end of the output, the clock counts, and the progress is saved.
    async fn at_end(&mut self, stop: &CancellationToken) -> Result<(), AlerterError> {
        self.fire(self.now()).await?;
        self.engine.catch_up = None;
        self.save().await?;
        self.wait(stop).await
    }

    async fn wait(&mut self, stop: &CancellationToken) -> Result<(), AlerterError> {
        let due = self.engine.next_due();
        let clock = &self.context.clock;
        let alive = clock.now().plus(HEARTBEAT);
        let scores = self.has_new_scores.then_some(self.scores_due);
        let until = due.into_iter().chain(scores).fold(alive, UnixMillis::min);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            commands = self.control.next(BATCH) => self.apply_commands(commands?).await?,
            arrived = self.output.next(BATCH) => self.apply_batch(arrived?).await?,
            () = clock.sleep_until(until) => {}
        }
        Ok(())
    }

    async fn apply_batch(&mut self, batch: Vec<Stored>) -> Result<(), AlerterError> {
        if let Some(first) = batch.first() {
            self.bus_clock.message_came(first.at, self.now());
        }
        let loaded = load::load(&*self.context.bus, &batch, !self.engine.rules.is_empty()).await?;
        self.context.check_fail_point(Point::Delivered)?;
        for item in loaded {
            self.apply(item).await?;
        }
        self.since_saved += batch.len();
        if let Some(last) = batch.last() {
            self.progress.note_read(&Position::from(last));
        }
        self.flush().await
    }

    async fn apply(&mut self, item: LoadedItem) -> Result<(), AlerterError> {
        let (at, place) = (item.time(), item.output);
        self.fire(at).await?;
        match item.item {
            Item::Article(mut incoming) => {
                self.recall(&incoming.targets()).await?;
                self.compare(&mut incoming).await?;
                self.engine.apply(&incoming);
                self.has_new_scores = true;
                let outcome = if incoming.is_baseline() { "baseline" } else { "compared" };
                metrics::ARTICLES.add(1, &[outcome]);
                self.merge(&incoming.output.changes, (at, place), false).await?;
            }
            Item::Forgotten(forgotten) => {
                self.merge(&forgotten.changes, (at, place), false).await?;
            }
            Item::Command(command) => {
                self.merge(&command.changes, (at, place), true).await?;
                let change = StoryOverride::of(&command, place);
                self.recall(&change.targets()).await?;
                self.engine.apply_override(&change);
            }
        }
        self.store_handed_over().await?;
        self.fire(at).await
    }

    /// Applies the merges among these changes.
    async fn merge(
        &mut self,
        changes: &[StoryChange],
        when: (UnixMillis, u64),
        by_people: bool,
    ) -> Result<(), AlerterError> {
        for change in changes {
            let StoryChange::Merged { from, into, .. } = *change else { continue };
            self.recall(&[from, into]).await?;
            self.engine.merge([from, into], when, by_people);
            // If the output is read again, it may have been released since.
            if !self.progress.is_again(when.1) {
                self.move_acknowledgement(from, into).await?;
            }
        }
        Ok(())
    }

    async fn apply_commands(&mut self, commands: Vec<Stored>) -> Result<(), AlerterError> {
        for stored in commands {
            match decode::<ControlCommand>(&stored) {
                Ok(command) => {
                    self.apply_command(&command).await?;
                    self.store_handed_over().await?;
                    metrics::SUBSCRIPTIONS.set(self.engine.rules.len() as f64, &[]);
                }
                Err(error) => {
                    metrics::UNREADABLE.add(1, &[streams::CONTROL.name]);
                    tracing::warn!(sequence = stored.sequence, ?error, "command left out");
                }
            }
            self.table.save_control(&Position::from(&stored)).await?;
        }
        Ok(())
    }

    /// Saves the progress. It stays before everything that an unpublished revision needs.
    async fn save(&mut self) -> Result<(), AlerterError> {
        self.flush().await?;
        self.since_saved = 0;
        self.progress.advance(self.engine.needs());
        if self.table.save_progress(&self.progress).await? {
            let bus = &self.context.bus;
            bus.mark_read(streams::OUTPUT.name, NAME, self.progress.output).await?;
            self.context.check_fail_point(Point::Acknowledged)?;
        }
        self.unload().await?;
        self.save_scores().await
    }

    /// Writes the subscriptions' numbers, also while revisions wait.
    async fn save_scores(&mut self) -> Result<(), AlerterError> {
        let now = self.now();
        if !self.has_new_scores || now < self.scores_due {
            return Ok(());
        }
        if self.table.save_scores(&self.engine.scores, self.engine.waiting()).await? {
            self.scores_due = now.plus(SCORES_EVERY);
        }
        self.has_new_scores = false;
        metrics::OPEN.set(self.engine.open() as f64, &[]);
        Ok(())
    }

    fn now(&self) -> UnixMillis {
        self.context.clock.now()
    }
}

impl<'a> Matcher<'a> {
    pub(super) async fn start(
        common: &'a Common,
        settings: &Settings,
    ) -> Result<Self, AlerterError> {
        let context = &common.context;
        let bus = &context.bus;
        common.positions.note_starts(&**bus).await?;
        let mut table = Table::open(common, settings).await?;
        let progress = resumed_progress(context, &mut table).await?;
        let commands_from = commands_from(context, &mut table).await?;
        let mut engine = Engine::after(progress.output);
        engine.site_budget.most = settings.site_alerts.clone();
        let mut matcher = Self {
            context,
            engine,
            output: bus.read(streams::OUTPUT.name, ">", progress.output + 1).await?,
            progress,
            control: bus.read(streams::CONTROL.name, ">", commands_from).await?,
            table,
            bus_clock: BusClock::default(),
            texts: ReadTexts::default(),
            leaving: Vec::new(),
            since_saved: 0,
            has_new_scores: true,
            scores_due: UnixMillis(0),
        };
        matcher.configure().await?;
        matcher.restore_handled().await?;
        metrics::SUBSCRIPTIONS.set(matcher.engine.rules.len() as f64, &[]);
        matcher.rebuild().await?;
        Ok(matcher)
    }

    /// Rebuilds the lives of all alerts from their revisions, in order. Alerts that are over are unloaded
    /// immediately.
    async fn rebuild(&mut self) -> Result<(), AlerterError> {
        let mut alerts = self.context.bus.read(streams::ALERTS.name, ">", 1).await?;
        loop {
            let revisions = alerts.ready(BATCH).await?;
            if revisions.is_empty() {
                return Ok(());
            }
            for Revision { sequence, alert, metadata } in revisions.iter().filter_map(revision) {
                if alert.revision > 1 && !self.engine.is_loaded(&alert.id) {
                    self.recall(&[alert.target]).await?;
                }
                self.engine.accept(&alert, &metadata);
                self.engine.note_last_revision(&alert.id, sequence);
            }
            self.unload().await?;
        }
    }
}

/// Where reading of the output continues: at its beginning if the stream was rolled back. The alerts show
/// what was reported, so nothing is reported twice.
async fn resumed_progress(context: &StageContext, table: &mut Table) -> Result<Progress, BusError> {
    let progress = Progress::resume(&table.progress);
    match new_from(context, streams::OUTPUT.name, &progress.reached()).await? {
        None => Ok(progress),
        Some(new) => {
            table.move_starts_back_to(new - 1).await?;
            Ok(Progress::default())
        }
    }
}

/// Where reading of the commands continues. If the stream was rolled back, the commands since then count as
/// new. Those before were carried out, and lost later ones may have been too.
async fn commands_from(context: &StageContext, table: &mut Table) -> Result<u64, BusError> {
    let reached = table.control.clone();
    match new_from(context, streams::CONTROL.name, &reached).await? {
        None => Ok(reached.sequence + 1),
        Some(new) => {
            table.save_control(&Position::at_sequence(new - 1)).await?;
            Ok(new)
        }
    }
}

/// The sequence from which the messages of a rolled-back stream are new. It also reports the rollback.
async fn new_from(
    context: &StageContext,
    stream: &'static str,
    reached: &Position,
) -> Result<Option<u64>, BusError> {
    let bus = &*context.bus;
    let Some(how) = rolled_back(bus, stream, reached).await? else {
        return Ok(None);
    };
    context.observer.observe(NAME, Event::rolled_back(stream, how));
    match reached.at {
        UnixMillis(0) => Ok(Some(how.last + 1)),
        at => Ok(Some(first_after(bus, stream, at).await?)),
    }
}

/// How many revisions one read returns.
const AT_ONCE: usize = 64;

impl Matcher<'_> {
    /// Loads every alert about these targets, and about the targets they were merged into.
    pub(super) async fn recall(&mut self, about: &[Target]) -> Result<(), BusError> {
        let bus = &*self.context.bus;
        let mut targets = about.to_vec();
        let mut place = 0;
        while let Some(target) = targets.get(place).copied() {
            for sequence in self.engine.finished_alerts.about(target) {
                let last = revision_at(bus, sequence).await?;
                // Another alert may share the hash.
                if let Some(last) = last.filter(|last| last.alert.target == target) {
                    let revisions = revisions_up_to(bus, last).await?;
                    self.engine.load_alert(&revisions);
                }
            }
            let survivors = self.engine.survivors(target);
            for into in survivors {
                if !targets.contains(&into) {
                    targets.push(into);
                }
            }
            place += 1;
        }
        Ok(())
    }

    /// Unloads what can be read again. No revision may be on its way to the stream.
    pub(super) async fn unload(&mut self) -> Result<(), AlerterError> {
        if self.engine.unload(REMEMBERED) {
            let state = self.context.bus.stream_state(streams::ALERTS.name).await?;
            self.engine.finished_alerts.expire(state.first);
        }
        Ok(())
    }
}

/// The revision at a sequence; `None` if it is no longer stored.
async fn revision_at(bus: &dyn Bus, sequence: u64) -> Result<Option<Revision>, BusError> {
    match bus.get(streams::ALERTS.name, sequence).await {
        Ok(stored) => Ok(revision(&stored)),
        // A sequence that does not exist yet belonged to a stream that was rolled back.
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All stored revisions of an alert, the last included.
async fn revisions_up_to(bus: &dyn Bus, last: Revision) -> Result<Vec<Revision>, BusError> {
    let subjects = (1..last.alert.revision).map(|number| Subject::alert(&last.alert.id, number));
    let reading = subjects
        .map(|subject| async move { bus.last(streams::ALERTS.name, subject.as_str()).await });
    let earlier: Vec<_> = stream::iter(reading).buffered(AT_ONCE).try_collect().await?;
    let earlier = earlier.iter().flatten().filter_map(revision);
    Ok(earlier.chain([last]).collect())
}

impl Matcher<'_> {
    /// Compares an article with the earlier ones in its alerts, so that a restart finds the same.
    async fn compare(&mut self, incoming: &mut IncomingArticle) -> Result<(), BusError> {
        incoming.joins = self.engine.joins_of(incoming);
        if !incoming.is_baseline() || incoming.puts_right() {
            load::compare(&*self.context.bus, &self.engine, &mut self.texts, incoming).await?;
        }
        Ok(())
    }
}

/// Compares the two clocks, so that a message stored just now is not taken for one that came hours late.
///
/// A reader that waits at the end of a stream knows that the next message is stored later than it began to
/// wait. If the process stood still for a day, it began to wait a day ago, and the comparison finds no
/// difference.
#[derive(Debug, Default)]
pub(super) struct BusClock {
    /// When the end of the stream was last read, by the clock of this machine.
    at_end: Option<UnixMillis>,
    /// The least time by which this machine's clock is ahead; zero if that is little.
    ahead: Duration,
}

impl BusClock {
    /// Notes that the end of the stream was read at this time of this machine's clock.
    pub(super) fn stream_ended(&mut self, at: UnixMillis) {
        self.at_end = Some(at);
    }

    /// Notes that a message came which was stored at this time of the bus's clock.
    pub(super) fn message_came(&mut self, stored: UnixMillis, now: UnixMillis) {
        let at_least = self.at_end.take().map_or(Duration::ZERO, |at| at.since(stored));
        if at_least > CLOCK_TOLERANCE {
            if self.ahead.is_zero() {
                let seconds = at_least.as_secs();
                let what = "the clock of this machine is ahead of the bus: set the clock; new alerts are still \
                            sent immediately";
                tracing::warn!(seconds, "{what}");
            }
            self.ahead = at_least;
        } else if now.since(stored) <= CLOCK_TOLERANCE {
            self.ahead = Duration::ZERO;
        }
    }

    /// Converts a time of this machine's clock to the clock of the bus.
    pub(super) fn corrected(&self, now: UnixMillis) -> UnixMillis {
        now.minus(self.ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const START: UnixMillis = UnixMillis(1_700_000_000_000);

    #[test]
    fn a_clock_is_ahead_by_what_was_stored_after_it_began_to_wait() {
        let mut clock = BusClock::default();
        let ahead = START.plus(2 * HOUR);
        clock.stream_ended(ahead);
        clock.message_came(START, ahead);
        assert_eq!(clock.corrected(ahead), START);
        // The clock was set right.
        clock.stream_ended(START);
        clock.message_came(START, START);
        assert_eq!(clock.corrected(ahead), ahead);
    }

    #[test]
    fn a_process_that_stood_still_finds_nothing_wrong() {
        let mut clock = BusClock::default();
        let day_later = START.plus(24 * HOUR);
        clock.stream_ended(START);
        clock.message_came(START.plus(HOUR), day_later);
        assert_eq!(clock.corrected(day_later), day_later);
    }

    #[test]
    fn messages_already_stored_do_not_correct_the_clock() {
        let mut clock = BusClock::default();
        let late = START.plus(3 * HOUR);
        clock.message_came(START, late);
        assert_eq!(clock.corrected(late), late);
    }
}
