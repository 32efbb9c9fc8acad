//! Starts the matcher.
//!
//! Comes in: the table of subscriptions, and the revisions in the stream of alerts. Goes out: a matcher with the lives of all
//! alerts as they were. It never publishes.

use wirefold_envelope::InOrder;
use wirefold_flow::{
    BusError, Event, Position, StageContext, UnixMillis, first_after, rolled_back,
};
use wirefold_proto::streams;

use super::bus_clock::BusClock;
use super::progress::{ReadingProgress, SavedProgress};
use super::publish::revision;
use super::table::{Change, Table};
use super::{BATCH, Matcher, PATIENCE, Setup};
use crate::NAME;
use crate::engine::{Engine, Revision};
use crate::error::AlerterError;
use crate::metrics;

impl<'a> Matcher<'a> {
    pub(super) async fn start(setup: &'a Setup) -> Result<Self, AlerterError> {
        let bus = &setup.context.bus;
        let mut table = Table::open(&**bus, setup.namable.clone()).await?;
        let saved = saved_progress(&setup.context, &mut table).await?;
        let commands_from = commands_from(&setup.context, &mut table).await?;
        let mut engine = Engine::after(saved.position());
        engine.limit_sites(setup.site_alerts.clone());
        for change in table.configure(&setup.subscriptions, saved.output).await? {
            apply_change(&mut engine, change);
        }
        for (id, handling) in table.handled(setup.context.clock.now()).await? {
            engine.handle(&id, handling);
        }
        metrics::SUBSCRIPTIONS.set(engine.len() as f64, &[]);
        let mut matcher = Self {
            context: &setup.context,
            engine,
            order: InOrder::new(PATIENCE, Some(saved.next)).resume(
                saved.judged,
                saved.ahead.iter().copied(),
                saved.passed.iter().copied(),
            ),
            progress: ReadingProgress::from(&saved),
            output: bus.read(streams::OUTPUT.name, ">", saved.output + 1).await?,
            control: bus.read(streams::CONTROL.name, ">", commands_from).await?,
            table,
            bus_clock: BusClock::default(),
            arrived: Vec::new(),
            commands: Vec::new(),
            leaving: Vec::new(),
            since_saved: 0,
            has_new_scores: true,
            scores_due: UnixMillis(0),
        };
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
            for Revision { sequence, alert, marks } in revisions.iter().filter_map(revision) {
                if alert.revision > 1 && !self.engine.is_loaded(&alert.id) {
                    self.recall(&[alert.target]).await?;
                }
                self.engine.accept(&alert, marks);
                self.engine.note_last_revision(&alert.id, sequence);
            }
            self.unload().await?;
        }
    }
}

/// Where reading of the output continues: at its beginning if the stream was rolled back. The alerts show
/// what was reported, so nothing is reported twice.
async fn saved_progress(
    context: &StageContext,
    table: &mut Table,
) -> Result<SavedProgress, BusError> {
    let saved = table.progress();
    match new_from(context, streams::OUTPUT.name, &saved.reached()).await? {
        None => Ok(saved),
        Some(new) => {
            table.move_starts_back_to(new - 1).await?;
            Ok(SavedProgress::default())
        }
    }
}

/// Where reading of the commands continues. If the stream was rolled back, the commands since then count as
/// new. Those before were carried out, and lost later ones may have been too.
async fn commands_from(context: &StageContext, table: &mut Table) -> Result<u64, BusError> {
    let reached = table.control();
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

/// Applies a change of the table to the engine.
pub(super) fn apply_change(engine: &mut Engine, change: Option<Change>) {
    match change {
        Some(Change::Put(rules)) => engine.put(*rules),
        Some(Change::Remove(id)) => engine.remove(&id),
        Some(Change::Handle(id, handling)) => engine.handle(&id, handling),
        None => {}
    }
}
