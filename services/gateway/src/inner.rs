//! The state that all parts of the gateway share.

use std::sync::Arc;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Forgotten, timestamp};
use wirefold_flow::{Bus, BusError, Clock, Observer, UnixMillis};
use wirefold_proto::{
    AlertHandlingRecord, AlertId, ArticleFetched, Backfill, Command, ControlCommand, FeedRecord,
    ListRecord, Message, Subject, SubscriptionRecord, SubscriptionSettings, decode, handling_key,
    streams, token,
};

use crate::pending::{AppliesCommands, DONE, Registry};
use crate::projection::Projection;
use crate::settings::Settings;
use crate::shapes::AlertPage;
use crate::statement_cache::StatementCache;

/// The most open event streams. Other clients must come back later.
pub(crate) const STREAMS: usize = 256;

/// Commands in one read.
const COMMANDS: usize = 256;

/// The state that all parts of the gateway share.
pub(crate) struct Inner {
    /// The tables that are shown.
    pub(crate) projection: Projection,
    /// The bus.
    pub(crate) bus: Arc<dyn Bus>,
    /// The articles that may not be pushed again.
    pub(crate) forgotten: Forgotten,
    /// The clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// The observer of this process.
    pub(crate) observer: Arc<dyn Observer>,
    /// The settings of the binary.
    pub(crate) settings: Settings,
    /// When it was opened.
    pub(crate) started: UnixMillis,
    /// The sequence in `WF_OUTPUT` up to which the projection reaches.
    pub(crate) projected_sequence: watch::Sender<u64>,
    /// Cancelled when the gateway stops: streams end then.
    pub(crate) closing: CancellationToken,
    /// How many more streams may be open at once.
    pub(crate) streams: Arc<Semaphore>,
    /// How many more comparisons may run at once.
    pub(crate) comparisons: Arc<Semaphore>,
    /// The most recently computed statements of large events.
    pub(crate) statement_cache: StatementCache,
}

impl Inner {
    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        timestamp(self.clock.now())
    }

    /// The article with its text; `None` if it is no longer stored.
    pub(crate) async fn fetched(&self, sequence: u64) -> Result<Option<ArticleFetched>, BusError> {
        match self.bus.get(streams::FETCHED.name, sequence).await {
            Ok(stored) => Ok(decode(&stored.body).ok()),
            Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Every feed, also those of commands that are not carried out yet.
    pub(crate) async fn feeds(&self) -> Result<Registry<FeedRecord>, BusError> {
        let id = |record: &FeedRecord| record.feed.id.to_string();
        self.registry(streams::FEEDS.name, "feed", id).await
    }

    /// Every list of feeds that is kept in sync, by address.
    pub(crate) async fn lists(&self) -> Result<Vec<ListRecord>, BusError> {
        let keys = self.bus.key_value(streams::FEEDS.name)?;
        let entries = keys.changes_under(&["list"]).await?;
        let mut lists: Vec<ListRecord> =
            entries.iter().filter_map(|entry| decode(entry.value.as_ref()?).ok()).collect();
        lists.sort_by(|one, other| one.url.cmp(&other.url));
        Ok(lists)
    }

    /// The state of a feed's backfill; `None` if there was none.
    pub(crate) async fn backfill(&self, feed: &str) -> Result<Option<Backfill>, BusError> {
        let key = format!("backfill.{}", token::escape(feed));
        let entry = self.bus.key_value(streams::FEEDS.name)?.get(&key).await?;
        Ok(entry.and_then(|entry| decode(entry.value.as_ref()?).ok()))
    }

    /// One feed.
    pub(crate) async fn feed(&self, id: &str) -> Result<Option<FeedRecord>, BusError> {
        self.one(streams::FEEDS.name, "feed.", id).await
    }

    /// Every subscription, also those of commands that are not carried out yet.
    pub(crate) async fn subscriptions(&self) -> Result<Registry<SubscriptionRecord>, BusError> {
        let id = |record: &SubscriptionRecord| record.subscription.id.to_string();
        self.registry(streams::SUBSCRIPTIONS.name, "subscription", id).await
    }

    /// The settings of a subscription in its last command, also if it was removed since.
    pub(crate) async fn last_put(
        &self,
        id: &str,
    ) -> Result<Option<SubscriptionSettings>, BusError> {
        let (stream, verb) = (streams::CONTROL.name, Subject::control("subscription.put"));
        let mut commands = self.bus.read(stream, verb.as_str(), 1).await?;
        let mut last = None;
        loop {
            let batch = commands.ready(COMMANDS).await?;
            if batch.is_empty() {
                return Ok(last);
            }
            let readable = batch.iter().filter_map(|it| decode::<ControlCommand>(&it.body).ok());
            for given in readable {
                if let Command::SubscriptionPut { subscription } = given.command
                    && subscription.id.as_str() == id
                {
                    last = Some(*subscription);
                }
            }
        }
    }

    /// The time of the output after which a subscription applies: earlier articles open no alert. None if it
    /// is not in force yet, or nothing had come then.
    pub(crate) async fn held_since(&self, id: &str) -> Result<Option<Timestamp>, BusError> {
        let keys = self.bus.key_value(streams::SUBSCRIPTIONS.name)?;
        let since = keys.get(&format!("since.{}", token::escape(id))).await?;
        let since = since.and_then(|entry| entry.value).map_or(0, |value| number(&value));
        match self.bus.get(streams::OUTPUT.name, since).await {
            Ok(stored) => Ok(Some(timestamp(stored.at))),
            Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// One subscription.
    pub(crate) async fn subscription(
        &self,
        id: &str,
    ) -> Result<Option<SubscriptionRecord>, BusError> {
        self.one(streams::SUBSCRIPTIONS.name, "subscription.", id).await
    }

    /// Adds the handling to the alerts of a page.
    pub(crate) async fn show_handled(&self, page: &mut AlertPage) -> Result<(), BusError> {
        let records = page.alerts.iter().map(|row| self.handling(&row.alert.id));
        let records = try_join_all(records).await?;
        for (row, record) in page.alerts.iter_mut().zip(records) {
            row.handling = record;
        }
        Ok(())
    }

    /// The handling of an alert; `None` if there is none.
    pub(crate) async fn handling(
        &self,
        alert: &AlertId,
    ) -> Result<Option<AlertHandlingRecord>, BusError> {
        let keys = self.bus.key_value(streams::SUBSCRIPTIONS.name)?;
        let entry = keys.get(&handling_key(alert)).await?;
        Ok(entry.and_then(|entry| decode(entry.value.as_ref()?).ok()))
    }

    async fn registry<M: Message>(
        &self,
        bucket: &str,
        name: &str,
        id: impl Fn(&M) -> String,
    ) -> Result<Registry<M>, BusError>
    where
        Registry<M>: AppliesCommands,
    {
        // The progress is read first: applying a command to a record twice changes nothing.
        let entries = self.bus.key_value(bucket)?.changes_under(&[DONE, name]).await?;
        let ours = entries.iter().filter(|entry| entry.key != DONE);
        let records = ours.filter_map(|entry| decode::<M>(entry.value.as_ref()?).ok());
        let known = Registry::of(records.map(|record| (id(&record), record)));
        let done = entries.iter().find(|entry| entry.key == DONE);
        let done = done.and_then(|entry| entry.value.as_ref()).map_or(0, |done| number(done));
        self.with_commands(known, done).await
    }

    async fn one<M: Message>(
        &self,
        bucket: &str,
        prefix: &str,
        id: &str,
    ) -> Result<Option<M>, BusError>
    where
        Registry<M>: AppliesCommands,
    {
        let keys = self.bus.key_value(bucket)?;
        let entry = keys.get(&format!("{prefix}{}", token::escape(id))).await?;
        let record = entry.and_then(|entry| decode::<M>(entry.value.as_ref()?).ok());
        let known = Registry::of(record.map(|record| (id.to_owned(), record)));
        let done = keys.get(DONE).await?.and_then(|done| done.value);
        let known = self.with_commands(known, done.map_or(0, |done| number(&done))).await?;
        Ok(known.into_one(id))
    }

    /// Applies the commands after this sequence in `WF_CONTROL`.
    async fn with_commands<M>(
        &self,
        mut known: Registry<M>,
        done: u64,
    ) -> Result<Registry<M>, BusError>
    where
        Registry<M>: AppliesCommands,
    {
        let (stream, filter) = (streams::CONTROL.name, <Registry<M> as AppliesCommands>::FILTER);
        let last = self.bus.last(stream, filter).await?;
        if last.is_none_or(|last| last.sequence <= done) {
            return Ok(known);
        }
        let mut commands = self.bus.read(stream, filter, done + 1).await?;
        loop {
            let batch = commands.ready(COMMANDS).await?;
            if batch.is_empty() {
                return Ok(known);
            }
            let readable = batch.iter().filter_map(|it| decode::<ControlCommand>(&it.body).ok());
            readable.for_each(|command| known.apply_command(command));
        }
    }
}

fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}
