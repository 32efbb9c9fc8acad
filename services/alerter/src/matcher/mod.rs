//! The one active reader of the output. It publishes each revision once.
//!
//! Comes in: the messages of the output, in the order of the decisions, and commands about subscriptions. Goes out: revisions
//! of alerts in `WF_ALERTS`, and how far it has read. It never knows a delivery.
//!
//! Every revision has a subject of its own and is published only if nothing stands there yet.
//! After a crash the alerts are rebuilt from their revisions, and the output is read again from
//! the first place that a revision not yet published needs.

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

/// How long a gap in the order of decisions is waited for: longer than what an enricher had in hand
/// when it was killed takes to come again, also where the next one is killed with it.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many messages are taken at once.
const BATCH: usize = 128;
/// After how many messages the place is saved at the latest.
const SAVE_EVERY: usize = 1_024;
/// What subscriptions have come to is written at most as often.
const SCORES_EVERY: Duration = Duration::from_secs(2);
/// How long it waits at most before it says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long it waits before it starts anew from what is stored, where the bus failed it.
const RESTART: Duration = Duration::from_secs(1);
/// How long an alert is remembered that waits for nothing that has a time, such as one that is
/// muted for ever.
const REMEMBERED: Duration = Duration::from_hours(24 * 8);

/// What the matcher is told.
pub(crate) struct Setup {
    pub(crate) context: StageContext,
    pub(crate) subscriptions: Vec<ConfiguredSubscription>,
    pub(crate) namable: Namable,
    pub(crate) site_alerts: SiteAlerts,
}

/// Runs until it is told to stop. Where the bus fails it, it starts anew from what is stored.
pub(crate) async fn run(setup: Arc<Setup>, stop: CancellationToken) -> Result<(), AlerterError> {
    let context = &setup.context;
    while !stop.is_cancelled() {
        let Err(error) = run_once(&setup, &stop).await else {
            return Ok(());
        };
        if !error.may_pass() {
            return Err(error);
        }
        // The observer says what an operator must know, and once.
        tracing::debug!(%error, "alerter starts anew from what is stored");
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
    /// What came while it waited.
    arrived: Vec<Stored>,
    commands: Vec<Stored>,
    /// Revisions on their way to the stream.
    leaving: Vec<Draft>,
    since_saved: usize,
    /// Whether a subscription may have come to something that its record does not say.
    has_new_scores: bool,
    /// Before then records are not written again.
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

    /// Nothing more stands in the output: the clock takes over, and the place is saved.
    async fn at_end(&mut self, stop: &CancellationToken) -> Result<(), AlerterError> {
        let now = self.now();
        // What was seen before all that waits for its turn need not wait with it.
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
        self.context.check_fail_point(Point::Taken)?;
        // One by one, so that what comes late comes in the order of the stream.
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
                    self.progress.passed_to(item.position(), judged)
                }
                None => {}
            }
            match item.item {
                Item::Article(mut piece) => {
                    self.fire(piece.seen).await?;
                    self.recall(&piece.targets()).await?;
                    if piece.puts_right() {
                        self.trace_correction(&mut piece).await?;
                    }
                    self.engine.apply(&piece);
                    let outcome =
                        if piece.output.article.baseline { "baseline" } else { "compared" };
                    metrics::ARTICLES.add(1, &[outcome]);
                    self.fire(piece.seen).await?;
                }
                Item::Change(story) => {
                    let at = unix_millis(story.at);
                    self.fire(at).await?;
                    if let StoryChange::Merged { from, into, .. } = story.change {
                        self.recall(&[from, into]).await?;
                        self.show_all(from).await?;
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

    /// Has the alerts concerned say what became of their stories.
    async fn apply_override(
        &mut self,
        change: &StoryOverride,
        at: UnixMillis,
    ) -> Result<(), AlerterError> {
        self.recall(&change.targets()).await?;
        for parting in &change.partings {
            self.show_all(Target::Story(parting.from)).await?;
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

    /// Saves how far it is. What a revision not yet published needs stays before that.
    async fn save(&mut self) -> Result<(), AlerterError> {
        self.flush().await?;
        self.since_saved = 0;
        let waiting = self.order.waiting().map(|item| item.output).min();
        let saved: SavedProgress =
            self.progress.position_to_save(self.engine.needs(), waiting, self.order.skipped());
        if self.table.save_progress(&saved).await? {
            let bus = &self.context.bus;
            bus.mark_read(streams::OUTPUT.name, NAME, saved.output).await?;
            self.context.check_fail_point(Point::Settled)?;
        }
        self.put_away().await?;
        self.save_scores().await
    }

    /// Writes what subscriptions have come to, however much waits to be told.
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
