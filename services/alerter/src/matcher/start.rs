//! The matcher as it stands after a start: everything is rebuilt from what is stored.

use wirefold_envelope::InOrder;
use wirefold_flow::{LoopError, UnixMillis};
use wirefold_proto::streams;

use super::place::Places;
use super::publish::revision;
use super::table::{Change, Table};
use super::{BATCH, Matcher, PATIENCE, Setup};
use crate::engine::{Engine, Revision};
use crate::error::AlerterError;
use crate::metrics;

impl<'a> Matcher<'a> {
    pub(super) async fn start(setup: &'a Setup) -> Result<Self, AlerterError> {
        let bus = &setup.surroundings.bus;
        let mut table = Table::open(&**bus, setup.namable.clone()).await?;
        let saved = table.place();
        let last = bus.stream_state(streams::OUTPUT.name).await?.last;
        if last < saved.output {
            let stream = streams::OUTPUT.name.to_owned();
            return Err(LoopError::RolledBack { stream, last, read: saved.output }.into());
        }
        let mut engine = Engine::after(saved.taken());
        engine.limit_sites(setup.site_alerts);
        for change in table.configure(&setup.subscriptions, saved.output).await? {
            carry_out(&mut engine, change);
        }
        for (id, handling) in table.handled(setup.surroundings.clock.now()).await? {
            engine.handle(&id, handling);
        }
        metrics::SUBSCRIPTIONS.set(engine.len() as f64, &[]);
        let mut matcher = Self {
            surroundings: &setup.surroundings,
            engine,
            order: InOrder::new(PATIENCE, Some(saved.next)).going_on(
                saved.judged,
                saved.ahead.iter().copied(),
                saved.passed.iter().copied(),
            ),
            places: Places::from(&saved),
            output: bus.read(streams::OUTPUT.name, ">", saved.output + 1).await?,
            control: bus.read(streams::CONTROL.name, ">", table.control() + 1).await?,
            table,
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

    /// The lives of all alerts, from their revisions in order. What is over is put away at once.
    async fn rebuild(&mut self) -> Result<(), AlerterError> {
        let mut alerts = self.surroundings.bus.read(streams::ALERTS.name, ">", 1).await?;
        loop {
            let revisions = alerts.ready(BATCH).await?;
            if revisions.is_empty() {
                return Ok(());
            }
            for Revision { sequence, alert, marks } in revisions.iter().filter_map(revision) {
                if alert.revision > 1 && !self.engine.knows(&alert.id) {
                    self.recall(&[alert.target]).await?;
                }
                self.engine.accept(&alert, marks);
                self.engine.stands(&alert.id, sequence);
            }
            self.put_away().await?;
        }
    }
}

/// Makes the engine follow a change to the table.
pub(super) fn carry_out(engine: &mut Engine, change: Option<Change>) {
    match change {
        Some(Change::Put(rules)) => engine.put(*rules),
        Some(Change::Remove(id)) => engine.remove(&id),
        Some(Change::Handle(id, handling)) => engine.handle(&id, handling),
        None => {}
    }
}
