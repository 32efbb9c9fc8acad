//! The records in `wf_subscriptions` of muted and acknowledged alerts.
//!
//! Comes in: commands to mute or acknowledge an alert. Goes out: records, and the change for the engine. It never knows why
//! somebody muted an alert.

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    AlertHandlingRecord, AlertId, Command, ControlCommand, decode, encode, handling_key,
};

use super::Matcher;
use super::table::{Change, Table};
use crate::engine::Handling;
use crate::error::AlerterError;

/// The beginning of the ids of commands from a link in a message.
const LINK: &str = "link-";
/// The most used links that are stored for one alert. Beyond that, only the mute is stored.
const LINKS: usize = 64;

impl Table {
    /// Reads a stored record.
    pub(super) fn read_handling(&mut self, value: &[u8]) {
        if let Ok(record) = decode::<AlertHandlingRecord>(value) {
            self.handled.insert(record.alert.clone(), record);
        }
    }

    /// The records that still have an effect at this time. The others are deleted.
    pub(super) async fn handled(
        &mut self,
        now: UnixMillis,
    ) -> Result<Vec<(AlertId, Handling)>, AlerterError> {
        let is_over = |record: &AlertHandlingRecord| Handling::from_record(record).is_over(now);
        let over = self.handled.iter().filter(|(_, record)| is_over(record));
        let over: Vec<AlertId> = over.map(|(id, _)| id.clone()).collect();
        for id in over {
            self.keys.delete(&handling_key(&id)).await?;
            self.handled.remove(&id);
        }
        let handled = self.handled.values();
        Ok(handled.map(|record| (record.alert.clone(), Handling::from_record(record))).collect())
    }

    /// Carries out a command about one alert. Does nothing for other commands, and for a link that was used
    /// already.
    pub(super) async fn handle(
        &mut self,
        command: &ControlCommand,
    ) -> Result<Option<Change>, AlerterError> {
        let (Command::AlertMute { alert: id, .. } | Command::AlertAcknowledge { alert: id }) =
            &command.command
        else {
            return Ok(None);
        };
        let before = self.record(id);
        let mut links = before.links.clone();
        if command.id.starts_with(LINK) {
            if links.contains(&command.id) {
                return Ok(None);
            }
            links.push(command.id.clone());
            links.drain(..links.len().saturating_sub(LINKS));
        }
        let handling = handled(Handling::from_record(&before), command);
        self.store(AlertHandlingRecord { links, ..handling.record(id) }).await?;
        Ok(Some(Change::Handle(id.clone(), handling)))
    }

    fn record(&self, id: &AlertId) -> AlertHandlingRecord {
        self.handled.get(id).cloned().unwrap_or_else(|| Handling::default().record(id))
    }

    async fn store(&mut self, record: AlertHandlingRecord) -> Result<(), AlerterError> {
        let id = record.alert.clone();
        if self.handled.get(&id) != Some(&record) {
            self.keys.put(&handling_key(&id), encode(&record)?.into()).await?;
            self.handled.insert(id, record);
        }
        Ok(())
    }
}

/// The handling of an alert after a command.
fn handled(handling: Handling, command: &ControlCommand) -> Handling {
    let at = unix_millis(command.at);
    match command.command {
        Command::AlertMute { until, except_corrections, .. } => {
            handling.muted(at, until.map(unix_millis), except_corrections)
        }
        Command::AlertAcknowledge { .. } => Handling { acknowledged: Some(at), ..handling },
        _ => handling,
    }
}

impl Matcher<'_> {
    /// Stores the handling that merged alerts gave to others, before any of these has a revision.
    pub(super) async fn store_handed_over(&mut self) -> Result<(), AlerterError> {
        for (id, handling) in self.engine.take_handed_over() {
            self.table.store(handling.record(&id)).await?;
        }
        Ok(())
    }
}
