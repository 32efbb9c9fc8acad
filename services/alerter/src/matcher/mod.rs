//! Reads the output in order and publishes each revision once.
//!
//! Comes in: the messages of the output, in the order of the decisions, and commands about subscriptions.
//! Goes out: revisions of alerts in `WF_ALERTS`, and its progress. It has nothing to do with deliveries.
//!
//! Every revision has a subject of its own and is published only if that subject is empty. After a crash, the
//! alerts are rebuilt from their revisions, and the output is read again from the first message that an
//! unpublished revision needs.

mod bus_clock;
mod corrected;
mod handling_records;
pub(crate) mod load;
mod progress;
mod publish;
mod recall;
mod start;
mod table;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wirefold_envelope::{InOrder, MessagePosition, decode, unix_millis};
use wirefold_flow::{Event, OrderedReader, Point, Position, StageContext, Stored, UnixMillis};
use wirefold_proto::{ControlCommand, Input, StoryChange, Target, streams};

use crate::NAME;
use crate::engine::{Draft, Engine, OutputPosition, SiteAlerts, StoryOverride};
use crate::error::AlerterError;
use crate::metrics;
use crate::settings::ConfiguredSubscription;
use bus_clock::BusClock;
use load::{Item, LoadedItem};
use progress::{ReadingProgress, SavedProgress};
use table::Table;

pub(crate) use table::{DefaultDeliveries, Namable};

/// How long a gap in the order of decisions is waited for. It is longer than the messages of a killed
/// enricher take to come again, also if the next enricher is killed too.
const PATIENCE: Duration = Duration::from_secs(20);
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

/// The settings of the matcher.
pub(crate) struct Setup {
    pub(crate) context: StageContext,
    pub(crate) subscriptions: Vec<ConfiguredSubscription>,
    pub(crate) namable: Namable,
    pub(crate) site_alerts: SiteAlerts,
}

/// Runs until it is stopped. After a failure of the bus, it starts again from the stored state.
pub(crate) async fn run(setup: Arc<Setup>, stop: CancellationToken) -> Result<(), AlerterError> {
    let context = &setup.context;
    while !stop.is_cancelled() {
        let Err(error) = run_once(&setup, &stop).await else {
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
        let again = context.clock.now().plus(RESTART);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = context.clock.sleep_until(again) => {}
        }
    }
    Ok(())
}

async fn run_once(setup: &Setup, stop: &CancellationToken) -> Result<(), AlerterError> {
    Matcher::start(setup).await?.run(stop).await
}

struct Matcher<'a> {
    context: &'a StageContext,
    engine: Engine,
    table: Table,
    order: InOrder<LoadedItem>,
    progress: ReadingProgress,
    output: Box<dyn OrderedReader>,
    control: Box<dyn OrderedReader>,
    bus_clock: BusClock,
    /// Messages that came while it waited.
    arrived: Vec<Stored>,
    commands: Vec<Stored>,
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
            self.apply_commands().await?;
            let batch = self.next_batch().await?;
            let is_at_end = batch.is_empty();
            self.apply_batch(batch).await?;
            if is_at_end {
                self.at_end(stop).await?;
            } else if self.since_saved >= SAVE_EVERY {
                self.save().await?;
            }
        }
        self.scores_due = UnixMillis(0);
        self.save().await
    }

    /// At the end of the output, the clock counts, and the progress is saved.
    async fn at_end(&mut self, stop: &CancellationToken) -> Result<(), AlerterError> {
        let now = self.now();
        // News from before everything that waits for its turn need not wait.
        let earliest = self.order.waiting().filter_map(LoadedItem::time).min();
        self.fire(earliest.map_or(now, |time| time.min(now))).await?;
        self.engine.caught_up();
        self.save().await?;
        self.wait(stop).await
    }

    async fn wait(&mut self, stop: &CancellationToken) -> Result<(), AlerterError> {
        let due = match self.order.is_empty() {
            true => self.engine.next_due(),
            false => self.order.due(),
        };
        let clock = &self.context.clock;
        let alive = clock.now().plus(HEARTBEAT);
        let scores = self.has_new_scores.then_some(self.scores_due);
        let until = due.into_iter().chain(scores).fold(alive, UnixMillis::min);
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            commands = self.control.next(BATCH) => self.commands = commands?,
            arrived = self.output.next(BATCH) => self.arrived = arrived?,
            () = clock.sleep_until(until) => {}
        }
        Ok(())
    }

    async fn next_batch(&mut self) -> Result<Vec<Stored>, AlerterError> {
        let asked_at = self.now();
        let batch = match self.arrived.is_empty() {
            true => self.output.ready(BATCH).await?,
            false => std::mem::take(&mut self.arrived),
        };
        match batch.first() {
            Some(first) => self.bus_clock.message_came(first.at, self.now()),
            None => self.bus_clock.stream_ended(asked_at),
        }
        Ok(batch)
    }

    async fn apply_batch(&mut self, batch: Vec<Stored>) -> Result<(), AlerterError> {
        let read = batch.last().map(Position::from);
        let loaded = load::load(&*self.context.bus, batch, self.engine.len() > 0).await?;
        self.context.check_fail_point(Point::Delivered)?;
        // One by one, so that late messages keep the order of the stream.
        for item in loaded {
            self.since_saved += 1;
            self.progress.read(item.output);
            if let Some(stand) = item.stand() {
                self.order.push(stand, item);
            }
            self.apply_ready().await?;
        }
        self.progress.reached(read);
        self.apply_ready().await?;
        self.flush().await
    }

    async fn apply_ready(&mut self) -> Result<(), AlerterError> {
        for item in self.order.ready(self.now()) {
            match item.stand() {
                Some(MessagePosition { decision, judged, .. })
                    if matches!(decision.input, Input::Article(_)) =>
                {
                    self.progress.applied(item.position(), judged);
                }
                Some(MessagePosition { judged, .. }) => {
                    self.progress.passed_to(item.position(), judged);
                }
                None => {}
            }
            match item.item {
                Item::Article(mut incoming) => {
                    self.fire(incoming.seen).await?;
                    self.recall(&incoming.targets()).await?;
                    if incoming.puts_right() {
                        self.trace_correction(&mut incoming).await?;
                    }
                    self.engine.apply(&incoming);
                    let outcome =
                        if incoming.output.article.baseline { "baseline" } else { "compared" };
                    metrics::ARTICLES.add(1, &[outcome]);
                    self.fire(incoming.seen).await?;
                }
                Item::Change(story) => {
                    let at = unix_millis(story.at);
                    self.fire(at).await?;
                    if let StoryChange::Merged { from, into, .. } = story.change {
                        self.recall(&[from, into]).await?;
                        self.load_shown_about(from).await?;
                        self.engine.merge(from, into, at, load::position_of(&story, item.output));
                        self.store_handed_over().await?;
                        self.fire(at).await?;
                    }
                    let position = load::position_of(&story, item.output);
                    if let Some(change) = StoryOverride::of_regrouping(&story, position) {
                        self.apply_override(&change, at).await?;
                    }
                }
                Item::Command(command) => {
                    let at = unix_millis(command.command.at);
                    self.fire(at).await?;
                    let position = OutputPosition { fetched: command.fetched, output: item.output };
                    self.apply_override(&StoryOverride::of(&command, position), at).await?;
                }
                Item::Unreadable => {}
            }
        }
        Ok(())
    }

    /// Adds a manual override or a regrouping to the alerts concerned.
    async fn apply_override(
        &mut self,
        change: &StoryOverride,
        at: UnixMillis,
    ) -> Result<(), AlerterError> {
        self.recall(&change.targets()).await?;
        for parting in &change.partings {
            self.load_shown_about(Target::Story(parting.from)).await?;
        }
        self.engine.apply_override(change);
        self.store_handed_over().await?;
        self.fire(at).await
    }

    async fn apply_commands(&mut self) -> Result<(), AlerterError> {
        let commands = match self.commands.is_empty() {
            true => self.control.ready(BATCH).await?,
            false => std::mem::take(&mut self.commands),
        };
        for stored in commands {
            match decode::<ControlCommand>(&stored) {
                Ok(command) => {
                    let change =
                        self.table.apply_command(&command, self.progress.last_read()).await?;
                    start::apply_change(&mut self.engine, change);
                    metrics::SUBSCRIPTIONS.set(self.engine.len() as f64, &[]);
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
        let waiting = self.order.waiting().map(|item| item.output).min();
        let saved: SavedProgress =
            self.progress.position_to_save(self.engine.needs(), waiting, self.order.skipped());
        if self.table.save_progress(&saved).await? {
            let bus = &self.context.bus;
            bus.mark_read(streams::OUTPUT.name, NAME, saved.output).await?;
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
        if self.table.save_scores(&self.engine.scores()).await? {
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
