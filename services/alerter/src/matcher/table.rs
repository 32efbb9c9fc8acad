//! The table `wf_subscriptions`: the subscriptions in force, and the matcher's progress.
//!
//! Comes in: commands, and subscriptions of files. Goes out: records, and changes of the engine. It never matches.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use wirefold_envelope::{timestamp, unix_millis};
use wirefold_flow::{BusError, KeyValue, Position, UnixMillis};
use wirefold_proto::{
    ACKNOWLEDGED_PREFIX, AcknowledgementRecord, AlertHandlingRecord, Command, ControlCommand,
    HANDLING_PREFIX, SUBSCRIPTIONS_REACHED_KEY, SubscriptionId, SubscriptionRecord,
    SubscriptionSettings, Tag, Target, WaitingAlert, acknowledged_key, decode, encode,
    handling_key, streams, token,
};

use super::Matcher;
use crate::delivery::Common;
use crate::engine::Score;
use crate::error::AlerterError;
use crate::settings::{ConfiguredSubscription, Settings};
use crate::subscription::{AbsentDeliveries, Mute, Rules, record_key, with_defaults};

const PLACE: &str = "place";
/// A mute without an end.
const FOR_EVER: Timestamp = Timestamp::MAX;

/// The bucket and its contents in memory.
pub(super) struct Table {
    pub(super) keys: Arc<dyn KeyValue>,
    settings: Settings,
    /// Tells which deliveries do not exist.
    absent_told: watch::Sender<Option<AbsentDeliveries>>,
    records: BTreeMap<SubscriptionId, SubscriptionRecord>,
    since: BTreeMap<SubscriptionId, u64>,
    absent: AbsentDeliveries,
    /// As stored at the start, until the engine has them.
    handled: Vec<AlertHandlingRecord>,
    acknowledged: Vec<AcknowledgementRecord>,
    /// The progress of the matcher as it is stored.
    pub(super) progress: Vec<u8>,
    /// The last command that was carried out.
    pub(super) control: Position,
}

/// The key of the output sequence after which a subscription applies.
fn since_key(id: &SubscriptionId) -> String {
    format!("since.{}", token::escape(id.as_str()))
}

impl Table {
    pub(super) async fn open(common: &Common, settings: &Settings) -> Result<Self, AlerterError> {
        let keys = common.context.bus.key_value(streams::SUBSCRIPTIONS.name)?;
        let entries = keys.changes(&[], 0).await?;
        let mut table = Self {
            keys,
            settings: settings.clone(),
            absent_told: common.absent.clone(),
            records: BTreeMap::new(),
            since: BTreeMap::new(),
            absent: AbsentDeliveries::new(),
            handled: Vec::new(),
            acknowledged: Vec::new(),
            progress: Vec::new(),
            control: Position::default(),
        };
        let values = entries.iter().filter_map(|entry| Some((&*entry.key, entry.value.as_ref()?)));
        for (key, value) in values {
            table.read_entry(key, value);
        }
        Ok(table)
    }

    fn read_entry(&mut self, key: &str, value: &[u8]) {
        let number = || std::str::from_utf8(value).ok()?.parse().ok();
        let since =
            key.strip_prefix("since.").and_then(|id| token::unescape(id).ok()?.parse().ok());
        if key == PLACE {
            self.progress = value.to_vec();
        } else if key == SUBSCRIPTIONS_REACHED_KEY {
            let reached = str::from_utf8(value).ok().and_then(Position::parse);
            self.control = reached.unwrap_or_default();
        } else if key.starts_with(HANDLING_PREFIX) {
            self.handled.extend(decode(value).ok());
        } else if key.starts_with(ACKNOWLEDGED_PREFIX) {
            self.acknowledged.extend(decode(value).ok());
        } else if let Some(id) = since {
            self.since.insert(id, number().unwrap_or(0));
        } else if key.starts_with("subscription.")
            && let Ok(record) = decode::<SubscriptionRecord>(value)
        {
            self.records.insert(record.subscription.id.clone(), record);
        }
    }

    /// Moves the start of subscriptions that begin after this sequence of the output back to it: the messages
    /// up to their start were lost.
    pub(super) async fn move_starts_back_to(&mut self, sequence: u64) -> Result<(), BusError> {
        for (id, since) in self.since.iter_mut().filter(|(_, since)| **since > sequence) {
            self.keys.put(&since_key(id), sequence.to_string().into()).await?;
            *since = sequence;
        }
        Ok(())
    }

    /// Tells the watch which deliveries do not exist.
    fn tell_absent(&self) {
        let told = |known: &mut Option<AbsentDeliveries>| {
            known.replace(self.absent.clone()).as_ref() != Some(&self.absent)
        };
        self.absent_told.send_if_modified(told);
    }

    /// The output sequence after which a subscription applies, the same after each restart.
    async fn start_of(&mut self, id: &SubscriptionId, read: u64) -> Result<u64, BusError> {
        if let Some(since) = self.since.get(id) {
            return Ok(*since);
        }
        self.keys.put(&since_key(id), read.to_string().into()).await?;
        self.since.insert(id.clone(), read);
        Ok(read)
    }

    /// Writes a record, unless the same is stored already.
    async fn write(&mut self, record: SubscriptionRecord) -> Result<(), AlerterError> {
        let id = record.subscription.id.clone();
        if self.records.get(&id) != Some(&record) {
            self.keys.put(&record_key(&id), encode(&record)?.into()).await?;
            self.records.insert(id, record);
        }
        Ok(())
    }

    /// Writes the numbers of subscriptions, and what waits, where they have changed; false if nothing has.
    pub(super) async fn save_scores(
        &mut self,
        scores: &BTreeMap<SubscriptionId, Score>,
        mut waiting: BTreeMap<SubscriptionId, Vec<WaitingAlert>>,
    ) -> Result<bool, AlerterError> {
        let changed = self.records.iter().filter_map(|(id, record)| {
            let before = Score { alerts: record.alerts, copies_folded: record.copies_folded };
            let score = scores.get(id).copied().unwrap_or(before);
            let waiting = waiting.remove(id).unwrap_or_default();
            let Score { alerts, copies_folded } = score;
            (score != before || waiting != record.waiting).then(|| SubscriptionRecord {
                alerts,
                copies_folded,
                waiting,
                ..record.clone()
            })
        });
        let changed: Vec<SubscriptionRecord> = changed.collect();
        let has_changed = !changed.is_empty();
        for record in changed {
            self.write(record).await?;
        }
        Ok(has_changed)
    }

    async fn store(&self, record: &AlertHandlingRecord) -> Result<(), AlerterError> {
        self.keys.put(&handling_key(&record.alert), encode(record)?.into()).await?;
        Ok(())
    }

    pub(super) async fn save_control(&mut self, reached: &Position) -> Result<(), BusError> {
        self.keys.put(SUBSCRIPTIONS_REACHED_KEY, reached.to_string().into()).await?;
        self.control = reached.clone();
        Ok(())
    }

    /// Saves the matcher's progress; false if the same is stored already.
    pub(super) async fn save_progress(&mut self, progress: &Progress) -> Result<bool, BusError> {
        let value = serde_json::to_vec(progress).unwrap_or_default();
        if value == self.progress {
            return Ok(false);
        }
        self.keys.put(PLACE, value.clone().into()).await?;
        self.progress = value;
        Ok(true)
    }
}

impl Matcher<'_> {
    /// Updates the table to what files define, and gives the engine everything in force.
    pub(super) async fn configure(&mut self) -> Result<(), AlerterError> {
        let configured = self.table.settings.subscriptions.clone();
        let is_gone = |record: &&SubscriptionRecord| {
            let id = &record.subscription.id;
            record.managed_by.is_some() && configured.iter().all(|given| given.settings.id != *id)
        };
        let gone = self.table.records.values().filter(is_gone);
        let gone: Vec<SubscriptionId> = gone.map(|record| record.subscription.id.clone()).collect();
        for id in gone {
            self.remove(&id).await?;
        }
        for ConfiguredSubscription { settings, managed_by } in configured {
            let before = self.table.records.get(&settings.id);
            let muted_until = before.and_then(|record| record.muted_until);
            self.put(&settings, Some(managed_by), muted_until, UnixMillis(0)).await?;
        }
        let commanded = self.table.records.values().filter(|record| record.managed_by.is_none());
        for record in commanded.cloned().collect::<Vec<SubscriptionRecord>>() {
            self.put(&record.subscription, None, record.muted_until, UnixMillis(0)).await?;
        }
        self.table.tell_absent();
        Ok(())
    }

    /// Carries out a command.
    pub(super) async fn apply_command(
        &mut self,
        command: &ControlCommand,
    ) -> Result<(), AlerterError> {
        let at = unix_millis(command.at);
        let id = match &command.command {
            Command::SubscriptionPut { subscription } => &subscription.id,
            Command::SubscriptionRemove { subscription }
            | Command::SubscriptionMute { subscription, .. } => subscription,
            _ => return self.handle(command).await,
        };
        let before = self.table.records.get(id).cloned();
        match (&command.command, before) {
            (Command::SubscriptionMute { until, .. }, before) => {
                let Some(record) = before else { return Ok(()) };
                let is_past = until.is_some_and(|until| unix_millis(until) <= at);
                let muted_until = if is_past { None } else { Some(until.unwrap_or(FOR_EVER)) };
                self.put(&record.subscription, record.managed_by, muted_until, at).await?;
            }
            (_, Some(SubscriptionRecord { managed_by: Some(file), .. })) => {
                tracing::warn!(subscription = %id, file, "subscription is changed in its file only");
            }
            (Command::SubscriptionPut { subscription }, _) => {
                self.put(subscription, None, None, at).await?;
            }
            _ => self.remove(id).await?,
        }
        self.table.tell_absent();
        Ok(())
    }

    async fn put(
        &mut self,
        settings: &SubscriptionSettings,
        managed_by: Option<String>,
        muted_until: Option<Timestamp>,
        changed: UnixMillis,
    ) -> Result<(), AlerterError> {
        let table = &mut self.table;
        let filled = with_defaults(settings, &table.settings.default_deliveries());
        let id = filled.id.clone();
        let before = table.records.get(&id);
        let rules = Rules::read(&filled, &table.settings.lists);
        let all = table.settings.delivery_names();
        let absent = rules.as_ref().map(|it| it.absent_deliveries(&all)).unwrap_or_default();
        let (names, problems): (Vec<String>, Vec<String>) = absent.into_iter().unzip();
        table.absent.remove(&id);
        if !names.is_empty() {
            table.absent.insert(id.clone(), names);
        }
        let record = SubscriptionRecord {
            schema: Tag::new(),
            subscription: filled,
            managed_by,
            muted_until,
            problem: rules.as_ref().err().or(problems.first()).cloned(),
            alerts: before.map_or(0, |record| record.alerts),
            copies_folded: before.map_or(0, |record| record.copies_folded),
            waiting: before.map_or_else(Vec::new, |record| record.waiting.clone()),
        };
        if let Err(problem) = &rules {
            tracing::warn!(subscription = %id, %problem, "subscription sends no alerts");
        }
        let since = table.start_of(&id, self.progress.last_read).await?;
        table.write(record).await?;
        match rules {
            Ok(mut rules) => {
                rules.mute = mute_of(muted_until);
                (rules.changed, rules.since) = (changed, since);
                self.engine.put(rules);
            }
            Err(_) => self.engine.remove(&id),
        }
        Ok(())
    }

    async fn remove(&mut self, id: &SubscriptionId) -> Result<(), BusError> {
        let table = &mut self.table;
        table.keys.delete(&record_key(id)).await?;
        table.keys.delete(&since_key(id)).await?;
        table.records.remove(id);
        table.since.remove(id);
        table.absent.remove(id);
        self.engine.remove(id);
        Ok(())
    }
}

fn mute_of(until: Option<Timestamp>) -> Option<Mute> {
    until.map(|until| Mute { until: (until != FOR_EVER).then(|| unix_millis(until)) })
}

impl Matcher<'_> {
    /// Gives the engine the records that still have an effect. The others are deleted.
    pub(super) async fn restore_handled(&mut self) -> Result<(), BusError> {
        let now = timestamp(self.now());
        for record in std::mem::take(&mut self.table.handled) {
            match record.is_over(now) {
                true => drop(self.table.keys.delete(&handling_key(&record.alert)).await?),
                false => self.engine.handle(record),
            }
        }
        for record in std::mem::take(&mut self.table.acknowledged) {
            match record.is_over(now) {
                true => drop(self.table.keys.delete(&acknowledged_key(record.of)).await?),
                false => self.engine.acknowledge(record.of, Some(record)),
            }
        }
        Ok(())
    }

    /// Stores who has an event or story; nobody if there is no record.
    pub(super) async fn acknowledge(
        &mut self,
        of: Target,
        record: Option<AcknowledgementRecord>,
    ) -> Result<(), AlerterError> {
        let key = acknowledged_key(of);
        match &record {
            Some(record) => drop(self.table.keys.put(&key, encode(record)?.into()).await?),
            None => drop(self.table.keys.delete(&key).await?),
        }
        self.engine.acknowledge(of, record);
        Ok(())
    }

    /// Lets somebody who has an event or story have the one that it became part of, unless somebody has that.
    pub(super) async fn move_acknowledgement(
        &mut self,
        from: Target,
        into: Target,
    ) -> Result<(), AlerterError> {
        let Some(record) = self.engine.acknowledged.get(&from).cloned() else { return Ok(()) };
        if self.engine.acknowledged.get(&into).is_none_or(|other| other.released) {
            let record = AcknowledgementRecord { of: into, ..record };
            self.acknowledge(into, Some(record)).await?;
        }
        self.acknowledge(from, None).await
    }

    /// Carries out a command about alerts.
    async fn handle(&mut self, command: &ControlCommand) -> Result<(), AlerterError> {
        if let Some(record) = AcknowledgementRecord::after(command) {
            return self.acknowledge(record.of, Some(record)).await;
        }
        let Command::AlertMute { alert, .. } = &command.command else { return Ok(()) };
        let before = self.engine.handled.get(alert);
        if let Some(record) = AlertHandlingRecord::after(before, command) {
            self.table.store(&record).await?;
            self.engine.handle(record.clone());
            self.engine.handle_together(&record);
        }
        Ok(())
    }

    /// Stores the handling that merged alerts gave to others, before any of these has a revision.
    pub(super) async fn store_handed_over(&mut self) -> Result<(), AlerterError> {
        for record in std::mem::take(&mut self.engine.handed_over) {
            self.table.store(&record).await?;
        }
        Ok(())
    }
}

/// How far the matcher has read the output, and from where it must read again after a restart, as it is stored.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Progress {
    /// Everything up to and including this sequence of `WF_OUTPUT` is applied. Reading begins behind it after a restart.
    pub(super) output: u64,
    /// The farthest message of `WF_OUTPUT` that was ever read, in its stored form; empty if it is not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    reached: String,
    /// The sequence of the last message that was read since the start.
    #[serde(skip)]
    pub(super) last_read: u64,
}

impl Progress {
    /// The progress of reading from a stored position on.
    pub(super) fn resume(stored: &[u8]) -> Self {
        let progress: Self = serde_json::from_slice(stored).unwrap_or_default();
        Self { last_read: progress.output, ..progress }
    }

    /// The farthest message that was ever read.
    pub(super) fn reached(&self) -> Position {
        Position::parse(&self.reached).unwrap_or(Position::at_sequence(self.output))
    }

    /// Whether a message at this position is read again, after a restart.
    pub(super) fn is_again(&self, place: u64) -> bool {
        place <= self.reached().sequence
    }

    /// Notes the last message that was read.
    pub(super) fn note_read(&mut self, last: &Position) {
        self.last_read = last.sequence;
        if !self.is_again(last.sequence) {
            self.reached = last.to_string();
        }
    }

    /// Goes on to the farthest position after which no revision needs anything. `needed`: the first message that one
    /// still needs.
    pub(super) fn advance(&mut self, needed: Option<u64>) {
        let done =
            needed.map_or(self.last_read, |first| self.last_read.min(first.saturating_sub(1)));
        self.output = self.output.max(done);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_needed_is_passed() {
        let mut progress = Progress::default();
        let mut output = |read: u64, needed| {
            progress.note_read(&Position::at_sequence(read));
            progress.advance(needed);
            progress.output
        };
        assert_eq!(output(0, None), 0);
        let advanced = [Some(1), Some(3), Some(2), None, Some(9)].map(|needed| output(4, needed));
        assert_eq!(advanced, [0, 2, 2, 4, 4]);
        assert_eq!(progress.last_read, 4);
    }

    #[test]
    fn messages_are_read_again_up_to_the_farthest_one() {
        let mut progress = Progress::default();
        progress.note_read(&Position::at_sequence(300));
        progress.advance(Some(100));
        let mut again = Progress::resume(&serde_json::to_vec(&progress).expect("JSON"));
        again.note_read(&Position::at_sequence(227));
        assert_eq!((again.last_read, again.is_again(228), again.is_again(301)), (227, true, false));
    }
}
