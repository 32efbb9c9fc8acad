//! Applies stored commands that no stage has carried out yet to the current records. So a command that was
//! given before the first start already shows in answers.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use wirefold_proto::{Command, ControlCommand, FeedRecord, SubscriptionRecord, Tag};

/// The key of the last command that was carried out, in the bucket of the records.
pub(crate) const DONE: &str = "control";
/// The seconds between two polls of a feed that was not polled yet.
const FIRST_INTERVAL: u32 = 900;

/// Feeds or subscriptions: those in force, and those of waiting commands.
#[derive(Debug, Clone)]
pub(crate) struct Registry<R> {
    by_id: BTreeMap<String, R>,
    waiting: BTreeSet<String>,
}

impl<R> Registry<R> {
    /// The records in force.
    pub(crate) fn of(records: impl IntoIterator<Item = (String, R)>) -> Self {
        Self { by_id: records.into_iter().collect(), waiting: BTreeSet::new() }
    }

    /// Everything, by id.
    pub(crate) fn into_records(self) -> Vec<R> {
        self.by_id.into_values().collect()
    }

    /// The record with this id.
    pub(crate) fn into_one(mut self, id: &str) -> Option<R> {
        self.by_id.remove(id)
    }

    /// All records by id, and the ids that wait for a command.
    pub(crate) fn into_parts(self) -> (Vec<R>, Vec<String>) {
        let there = self.by_id;
        let waiting = self.waiting.into_iter().filter(|id| there.contains_key(id)).collect();
        (there.into_values().collect(), waiting)
    }

    fn put(&mut self, id: String, record: R) {
        self.waiting.insert(id.clone());
        self.by_id.insert(id, record);
    }
}

/// A registry that commands change.
pub(crate) trait AppliesCommands {
    /// The subjects of the commands.
    const FILTER: &'static str;

    /// Applies a command to the records.
    fn apply_command(&mut self, given: ControlCommand);
}

impl AppliesCommands for Registry<FeedRecord> {
    const FILTER: &'static str = "wirefold.v1.control.feed.>";

    fn apply_command(&mut self, ControlCommand { command, .. }: ControlCommand) {
        let id = match &command {
            Command::FeedAdd { feed } | Command::FeedChange { feed } => feed.id.to_string(),
            Command::FeedRemove { feed } => feed.to_string(),
            _ => return,
        };
        let before = self.by_id.get(&id).cloned();
        if before.as_ref().is_some_and(|record| record.managed_by.is_some()) {
            return;
        }
        match command {
            Command::FeedRemove { .. } => drop(self.by_id.remove(&id)),
            Command::FeedChange { .. } if before.is_none() => {}
            Command::FeedAdd { feed } | Command::FeedChange { feed } => {
                let same = before.filter(|record| record.feed.url == feed.url);
                let record = match same {
                    Some(record) => FeedRecord { feed, lists: Vec::new(), ..record },
                    None => FeedRecord::waiting(feed, None, FIRST_INTERVAL),
                };
                self.put(id, record);
            }
            _ => {}
        }
    }
}

impl AppliesCommands for Registry<SubscriptionRecord> {
    const FILTER: &'static str = "wirefold.v1.control.subscription.>";

    fn apply_command(&mut self, ControlCommand { command, at, .. }: ControlCommand) {
        let id = match &command {
            Command::SubscriptionMute { subscription, until } => {
                // A subscription of a file can be muted too.
                if let Some(record) = self.by_id.get_mut(subscription.as_str()) {
                    let until = until.unwrap_or(Timestamp::MAX);
                    record.muted_until = Some(until).filter(|until| *until > at);
                }
                return;
            }
            Command::SubscriptionPut { subscription } => subscription.id.to_string(),
            Command::SubscriptionRemove { subscription } => subscription.to_string(),
            _ => return,
        };
        let before = self.by_id.get(&id);
        if before.is_some_and(|record| record.managed_by.is_some()) {
            return;
        }
        let (alerts, copies_folded) =
            before.map_or((0, 0), |record| (record.alerts, record.copies_folded));
        match command {
            Command::SubscriptionPut { subscription } => {
                let record = SubscriptionRecord {
                    schema: Tag::new(),
                    subscription: *subscription,
                    managed_by: None,
                    muted_until: None,
                    problem: None,
                    alerts,
                    copies_folded,
                };
                self.put(id, record);
            }
            _ => drop(self.by_id.remove(&id)),
        }
    }
}
