//! The state that all parts of the gateway share, and what the bus knows of feeds, subscriptions and alerts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{Forgotten, timestamp};
use wirefold_flow::{Bus, BusError, Clock, Entry, Observer, Stored, UnixMillis};
use wirefold_proto::{
    AcknowledgementRecord, AlertHandlingRecord, AlertId, ArticleEnriched, ArticleFetched,
    ArticleId, Command, ControlCommand, FEEDS_REACHED_KEY, FeedRecord, ListRecord, Message,
    OutputArticle, REPLAYED_KEY, SUBSCRIPTIONS_REACHED_KEY, Subject, SubscriptionRecord,
    SubscriptionSettings, Tag, Target, acknowledged_key, decode, handling_key, streams, token,
};

use crate::adapters::Settings;
use crate::projection::{ListQuery, LoggedArticle, Projection};
use crate::recent_events::RecentEvents;
use crate::refusal::{ApiResult, Refusal};
use crate::shapes::AlertPage;
use crate::statements::{InStory, StatementCache};

/// An answer of the bus.
type BusResult<T> = Result<T, BusError>;

/// The most open event streams. Other clients must come back later.
pub(crate) const STREAMS: usize = 512;

/// Commands in one read.
const COMMANDS: usize = 256;
/// Messages in one read by sequence, so that writers wait for a moment only.
const READ_AT_ONCE: usize = 100;

/// The state that all parts of the gateway share.
pub(crate) struct AppState {
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
    /// The events that open streams sent last.
    pub(crate) recent_events: RecentEvents,
    /// How many more comparisons may run at once.
    pub(crate) comparisons: Arc<Semaphore>,
    /// The most recently computed statements of large events.
    pub(crate) statement_cache: StatementCache,
    /// The feeds as they were read last.
    pub(crate) feeds_read: Mutex<FeedsRead>,
}

/// The records of the feeds up to a revision of their table. Only later changes are read again.
#[derive(Debug, Default)]
pub(crate) struct FeedsRead {
    through: u64,
    feeds: Arc<Registry<FeedRecord>>,
}

impl FeedsRead {
    fn apply(&mut self, entry: &Entry) {
        // The table went back in time.
        if entry.revision <= self.through {
            *self = Self::default();
        }
        self.through = entry.revision;
        let token = entry.key.strip_prefix("feed.").unwrap_or_default();
        let Ok(id) = token::unescape(token) else { return };
        let by_id = &mut Arc::make_mut(&mut self.feeds).by_id;
        match entry.value.as_ref().and_then(|value| decode(value).ok()) {
            Some(record) => drop(by_id.insert(id, record)),
            None => drop(by_id.remove(&id)),
        }
    }
}

impl AppState {
    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        timestamp(self.clock.now())
    }

    /// Computes something on another thread. Only a few computations run at once; others wait.
    pub(crate) async fn compute<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> ApiResult<T> {
        let turn = Arc::clone(&self.comparisons).acquire_owned().await;
        let work = tokio::task::spawn_blocking(move || {
            // Kept until the work is done, also if the client has left.
            let _turn = turn;
            work()
        });
        work.await.map_err(|_| Refusal::failed("the comparison broke off"))
    }

    /// An article with its text, given its sequence in `WF_ENRICHED`; `None` if it is no longer stored.
    pub(crate) async fn fetched(
        &self,
        id: ArticleId,
        sequence: u64,
    ) -> BusResult<Option<ArticleFetched>> {
        let stored = self.stored(streams::ENRICHED.name, sequence).await?;
        let fetched =
            stored.and_then(|it| decode(&it.body).ok()).map(ArticleEnriched::into_fetched);
        // After the stream was created anew, another article may have this sequence.
        Ok(fetched.filter(|it| it.id == id))
    }

    /// The message at a sequence; `None` if it is not stored, or no longer.
    pub(crate) async fn stored(&self, stream: &str, sequence: u64) -> BusResult<Option<Stored>> {
        if_stored(self.bus.get(stream, sequence).await)
    }

    /// The messages at these sequences, in their order; `None` for those that are no longer stored.
    pub(crate) async fn stored_each(
        &self,
        stream: &str,
        sequences: &[u64],
    ) -> BusResult<Vec<Option<Stored>>> {
        let mut messages = Vec::with_capacity(sequences.len());
        for some in sequences.chunks(READ_AT_ONCE) {
            for found in self.bus.get_each(stream, some).await? {
                messages.push(if_stored(found)?);
            }
        }
        Ok(messages)
    }

    /// These articles as the output has them. Those that have expired there are left out.
    pub(crate) async fn outputs(&self, articles: Vec<LoggedArticle>) -> ApiResult<Vec<InStory>> {
        let sequences: Vec<u64> = articles.iter().map(|it| it.decided).collect();
        let messages = self.stored_each(streams::OUTPUT.name, &sequences).await?;
        self.compute(move || {
            let read = |(of, stored): (&LoggedArticle, Option<Stored>)| {
                let output: OutputArticle = decode(&stored?.body).ok()?;
                // After the stream was created anew, another article may have this sequence.
                (output.id == of.id).then_some((of.story, output))
            };
            articles.iter().zip(messages).filter_map(read).collect()
        })
        .await
    }

    /// The articles of an event as the output has them, and how many are not among them: those `beyond` the given ones,
    /// and those that have expired.
    pub(crate) async fn outputs_of_event(
        &self,
        (articles, beyond): (Vec<LoggedArticle>, u32),
    ) -> ApiResult<(Vec<InStory>, u32)> {
        let all = articles.len();
        let read = self.outputs(articles).await?;
        let expired = u32::try_from(all - read.len()).unwrap_or(u32::MAX);
        Ok((read, beyond.saturating_add(expired)))
    }

    /// Every feed, also those of commands that are not carried out yet.
    pub(crate) async fn feeds(&self) -> BusResult<Arc<Registry<FeedRecord>>> {
        let keys = self.bus.key_value(streams::FEEDS.name)?;
        // The progress is read first: applying a command to a record twice changes nothing.
        let done = keys.get(FEEDS_REACHED_KEY).await?.and_then(|entry| entry.value);
        let mut read = self.feeds_read.lock().await;
        keys.changes(&["feed"], read.through).await?.iter().for_each(|entry| read.apply(entry));
        let mut feeds = Arc::clone(&read.feeds);
        drop(read);
        for command in self.waiting_for::<FeedRecord>(done).await? {
            FeedRecord::apply(Arc::make_mut(&mut feeds), command);
        }
        Ok(feeds)
    }

    /// The query with the feeds of its group, if it has one.
    pub(crate) async fn with_feeds<S: Default>(
        &self,
        query: ListQuery<S>,
    ) -> BusResult<ListQuery<S>> {
        let Some(group) = query.group.as_deref() else { return Ok(query) };
        let feeds = self.feeds().await?;
        let is_in = |it: &&FeedRecord| {
            it.feed.group.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(group))
        };
        let ids: Vec<&str> = feeds.records().filter(is_in).map(|it| it.feed.id.as_str()).collect();
        Ok(ListQuery { feeds: Some(serde_json::json!(ids).to_string()), ..query })
    }

    /// Every list of feeds that is kept in sync, by address.
    pub(crate) async fn lists(&self) -> BusResult<Vec<ListRecord>> {
        let keys = self.bus.key_value(streams::FEEDS.name)?;
        let entries = keys.changes(&["list"], 0).await?;
        let mut lists: Vec<ListRecord> =
            entries.iter().filter_map(|entry| decode(entry.value.as_ref()?).ok()).collect();
        lists.sort_by(|one, other| one.url.cmp(&other.url));
        Ok(lists)
    }

    /// One feed.
    pub(crate) async fn feed(&self, id: &str) -> BusResult<Option<FeedRecord>> {
        Ok(self.feeds().await?.by_id.get(id).cloned())
    }

    /// Every subscription, also those of commands that are not carried out yet.
    pub(crate) async fn subscriptions(&self) -> BusResult<Registry<SubscriptionRecord>> {
        self.registry("subscription").await
    }

    /// The settings of a subscription in its last command, also if it was removed since.
    pub(crate) async fn last_put(&self, id: &str) -> BusResult<Option<SubscriptionSettings>> {
        let verb = Subject::control("subscription.put");
        let its = |given: ControlCommand| match given.command {
            Command::SubscriptionPut { subscription } if subscription.id.as_str() == id => {
                Some(*subscription)
            }
            _ => None,
        };
        Ok(self.commands(verb.as_str(), 1).await?.into_iter().rev().find_map(its))
    }

    /// The time of the output after which a subscription applies: earlier articles open no alert. None if it
    /// is not in force yet, or nothing had come then.
    pub(crate) async fn held_since(&self, id: &str) -> BusResult<Option<Timestamp>> {
        let keys = self.bus.key_value(streams::SUBSCRIPTIONS.name)?;
        let since = keys.get(&format!("since.{}", token::escape(id))).await?;
        let since = since.and_then(|entry| entry.value).map_or(0, |value| number(&value));
        Ok(self.stored(streams::OUTPUT.name, since).await?.map(|it| timestamp(it.at)))
    }

    /// One subscription.
    pub(crate) async fn subscription(&self, id: &str) -> BusResult<Option<SubscriptionRecord>> {
        let key = format!("subscription.{}", token::escape(id));
        Ok(self.registry(&key).await?.by_id.remove(id))
    }

    /// Adds mutes and acknowledgements to the alerts of a page.
    pub(crate) async fn show_handled(&self, page: &mut AlertPage) -> BusResult<()> {
        let mut handled: Registry<AlertHandlingRecord> = self.registry("alert").await?;
        let acknowledged = self.acknowledged().await?;
        for row in &mut page.alerts {
            row.handling = handled.by_id.remove(&row.alert.id.to_string());
            row.acknowledgement = acknowledged.get(&row.alert.target).cloned();
        }
        Ok(())
    }

    /// The acknowledgements of the events and stories that somebody has.
    pub(crate) async fn acknowledged(&self) -> BusResult<BTreeMap<Target, AcknowledgementRecord>> {
        self.acknowledged_under("acknowledged").await
    }

    /// The acknowledgement of an event or story; `None` if nobody has it.
    pub(crate) async fn acknowledgement(
        &self,
        of: Target,
    ) -> BusResult<Option<AcknowledgementRecord>> {
        Ok(self.acknowledged_under(&acknowledged_key(of)).await?.remove(&of))
    }

    /// The acknowledgements with keys of this name that nobody took back.
    async fn acknowledged_under(
        &self,
        name: &str,
    ) -> BusResult<BTreeMap<Target, AcknowledgementRecord>> {
        let all: Registry<AcknowledgementRecord> = self.registry(name).await?;
        let taken = all.into_records().into_iter().filter(|record| !record.released);
        Ok(taken.map(|record| (record.of, record)).collect())
    }

    /// The handling of an alert; `None` if there is none.
    pub(crate) async fn handling(&self, alert: &AlertId) -> BusResult<Option<AlertHandlingRecord>> {
        Ok(self.registry(&handling_key(alert)).await?.by_id.remove(&alert.to_string()))
    }

    /// The record with this key; `None` if there is none that can be read.
    pub(crate) async fn record<M: Message>(&self, bucket: &str, key: &str) -> BusResult<Option<M>> {
        let entry = self.bus.key_value(bucket)?.get(key).await?;
        Ok(entry.and_then(|entry| decode(entry.value.as_ref()?).ok()))
    }

    /// The records in `wf_subscriptions` whose keys are this name or begin with it and a dot, also those of commands that
    /// are not carried out yet.
    async fn registry<R: Commanded>(&self, name: &str) -> BusResult<Registry<R>> {
        const REACHED: &str = SUBSCRIPTIONS_REACHED_KEY;
        let keys = self.bus.key_value(streams::SUBSCRIPTIONS.name)?;
        // The progress is read first: applying a command to a record twice changes nothing.
        let entries = keys.changes(&[REACHED, name], 0).await?;
        let ours = entries.iter().filter(|entry| entry.key != REACHED);
        let records = ours.filter_map(|entry| decode::<R>(entry.value.as_ref()?).ok());
        let mut known = Registry::of(records.map(|record| (record.id(), record)));
        let done = entries.iter().find(|entry| entry.key == REACHED);
        let waiting = self.waiting_for::<R>(done.and_then(|it| it.value.clone())).await?;
        waiting.into_iter().for_each(|command| R::apply(&mut known, command));
        Ok(known)
    }

    /// The commands that are not carried out yet, given the place of the last one that was.
    async fn waiting_for<R: Commanded>(
        &self,
        done: Option<Bytes>,
    ) -> BusResult<Vec<ControlCommand>> {
        let done = done.map_or(0, |done| number(&done));
        match self.bus.last(streams::CONTROL.name, R::FILTER).await? {
            Some(last) if last.sequence > done => self.commands(R::FILTER, done + 1).await,
            _ => Ok(Vec::new()),
        }
    }

    /// The commands on these subjects from a sequence on. Commands of later versions are skipped.
    async fn commands(&self, filter: &str, from: u64) -> BusResult<Vec<ControlCommand>> {
        let mut reader = self.bus.read(streams::CONTROL.name, filter, from).await?;
        let mut commands = Vec::new();
        loop {
            let batch = reader.ready(COMMANDS).await?;
            if batch.is_empty() {
                return Ok(commands);
            }
            commands.extend(batch.iter().filter_map(|it| decode::<ControlCommand>(&it.body).ok()));
        }
    }
}

fn if_stored(found: BusResult<Stored>) -> BusResult<Option<Stored>> {
    match found {
        Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
        found => found.map(Some),
    }
}

fn number(value: &[u8]) -> u64 {
    let text = std::str::from_utf8(value).unwrap_or_default();
    text.split('/').next().and_then(|sequence| sequence.parse().ok()).unwrap_or(0)
}

/// The seconds between two polls of a feed that was not polled yet.
const FIRST_INTERVAL: u32 = 900;

/// Feeds or subscriptions: those in force, and those of waiting commands.
#[derive(Debug, Clone)]
pub(crate) struct Registry<R> {
    by_id: BTreeMap<String, R>,
    waiting: BTreeSet<String>,
}

impl<R> Default for Registry<R> {
    fn default() -> Self {
        Self::of([])
    }
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

    /// Everything, by id.
    pub(crate) fn records(&self) -> impl ExactSizeIterator<Item = &R> {
        self.by_id.values()
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

/// A record that commands change.
pub(crate) trait Commanded: Message {
    /// The subjects of the commands.
    const FILTER: &'static str;

    /// Its id in a registry.
    fn id(&self) -> String;

    /// Applies a command to the records.
    fn apply(known: &mut Registry<Self>, given: ControlCommand);
}

impl Commanded for FeedRecord {
    const FILTER: &'static str = "wirefold.v1.control.feed.>";

    fn id(&self) -> String {
        self.feed.id.to_string()
    }

    fn apply(known: &mut Registry<Self>, ControlCommand { command, .. }: ControlCommand) {
        let id = match &command {
            Command::FeedAdd { feed } | Command::FeedChange { feed } => feed.id.to_string(),
            Command::FeedRemove { feed } => feed.to_string(),
            _ => return,
        };
        let before = known.by_id.get(&id).cloned();
        match (command, before) {
            (_, Some(Self { managed_by: Some(_), .. })) | (Command::FeedChange { .. }, None) => {}
            (Command::FeedAdd { feed } | Command::FeedChange { feed }, before) => {
                let same = before.filter(|record| record.feed.url == feed.url);
                let record = match same {
                    Some(record) => Self { feed, lists: Vec::new(), ..record },
                    None => Self::waiting(feed, None, FIRST_INTERVAL),
                };
                known.put(id, record);
            }
            _ => drop(known.by_id.remove(&id)),
        }
    }
}

impl Commanded for AlertHandlingRecord {
    const FILTER: &'static str = "wirefold.v1.control.alert.mute";

    fn id(&self) -> String {
        self.alert.to_string()
    }

    fn apply(known: &mut Registry<Self>, given: ControlCommand) {
        let Command::AlertMute { alert, .. } = &given.command else { return };
        let id = alert.to_string();
        if let Some(record) = Self::after(known.by_id.get(&id), &given) {
            known.put(id, record);
        }
    }
}

impl Commanded for AcknowledgementRecord {
    const FILTER: &'static str = "wirefold.v1.control.alert.acknowledge";

    fn id(&self) -> String {
        self.of.to_string()
    }

    fn apply(known: &mut Registry<Self>, given: ControlCommand) {
        if let Some(record) = Self::after(&given) {
            known.put(record.id(), record);
        }
    }
}

impl Commanded for SubscriptionRecord {
    const FILTER: &'static str = "wirefold.v1.control.subscription.>";

    fn id(&self) -> String {
        self.subscription.id.to_string()
    }

    fn apply(known: &mut Registry<Self>, ControlCommand { command, at, .. }: ControlCommand) {
        let id = match &command {
            Command::SubscriptionPut { subscription } => subscription.id.to_string(),
            Command::SubscriptionRemove { subscription }
            | Command::SubscriptionMute { subscription, .. } => subscription.to_string(),
            _ => return,
        };
        match (command, known.by_id.get_mut(&id)) {
            // A subscription of a file can be muted too.
            (Command::SubscriptionMute { until, .. }, Some(record)) => {
                let until = until.unwrap_or(Timestamp::MAX);
                record.muted_until = Some(until).filter(|until| *until > at);
            }
            (Command::SubscriptionMute { .. }, None)
            | (_, Some(Self { managed_by: Some(_), .. })) => {}
            (Command::SubscriptionPut { subscription }, before) => {
                let counts = before.map(|record| (record.alerts, record.copies_folded));
                let (alerts, copies_folded) = counts.unwrap_or_default();
                let record = Self {
                    schema: Tag::new(),
                    subscription: *subscription,
                    managed_by: None,
                    muted_until: None,
                    problem: None,
                    alerts,
                    copies_folded,
                    waiting: Vec::new(),
                };
                known.put(id, record);
            }
            _ => drop(known.by_id.remove(&id)),
        }
    }
}

/// Sequences in `WF_DEAD`, as ranges with both ends included: ascending, with a gap between any two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ReplayedLetters(Vec<(u64, u64)>);

impl ReplayedLetters {
    pub(crate) fn contains(&self, sequence: u64) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&sequence))
    }

    /// How many sequences there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    fn insert(&mut self, sequence: u64) {
        self.0.push((sequence, sequence));
        self.0.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            if let Some(before) = merged.last_mut().filter(|it| first <= it.1.saturating_add(1)) {
                before.1 = before.1.max(last);
            } else {
                merged.push((first, last));
            }
        }
        self.0 = merged;
    }

    /// Drops the sequences before this one, which the stream no longer has.
    fn drop_before(&mut self, oldest: u64) {
        self.0.retain(|(_, last)| *last >= oldest);
        if let Some(range) = self.0.first_mut() {
            range.0 = range.0.max(oldest);
        }
    }
}

impl AppState {
    /// The replayed letters that `WF_DEAD` still has; `oldest` is its first sequence.
    pub(crate) async fn replayed_letters(&self, oldest: u64) -> BusResult<ReplayedLetters> {
        Ok(self.stored_letters(oldest).await?.0)
    }

    /// Notes that a dead letter was replayed.
    pub(crate) async fn note_replayed(&self, sequence: u64) -> BusResult<()> {
        let keys = self.bus.key_value(streams::DELIVERIES.name)?;
        let oldest = self.bus.stream_state(streams::DEAD.name).await?.first;
        loop {
            let (mut letters, revision) = self.stored_letters(oldest).await?;
            letters.insert(sequence);
            let value = serde_json::to_vec(&letters).unwrap_or_default();
            match keys.put_if(REPLAYED_KEY, value.into(), revision).await {
                // Another request noted a letter in between.
                Err(BusError::Refused { .. }) => {}
                stored => return stored.map(drop),
            }
        }
    }

    /// The letters and the revision of their entry.
    async fn stored_letters(&self, oldest: u64) -> BusResult<(ReplayedLetters, u64)> {
        let keys = self.bus.key_value(streams::DELIVERIES.name)?;
        let Some(entry) = keys.get(REPLAYED_KEY).await? else {
            return Ok((ReplayedLetters::default(), 0));
        };
        let letters = entry.value.and_then(|value| serde_json::from_slice(&value).ok());
        let mut letters: ReplayedLetters = letters.unwrap_or_default();
        letters.drop_before(oldest);
        Ok((letters, entry.revision))
    }
}

#[cfg(test)]
mod tests {
    use wirefold_proto::{FeedId, FeedSettings};

    use super::*;

    #[test]
    fn neighbours_become_one_range_and_expired_ones_are_dropped() {
        let mut letters = ReplayedLetters::default();
        for sequence in [9, 4, 5, 3, 5] {
            letters.insert(sequence);
        }
        assert_eq!((&letters, letters.count()), (&ReplayedLetters(vec![(3, 5), (9, 9)]), 4));
        letters.drop_before(5);
        assert_eq!(letters, ReplayedLetters(vec![(5, 5), (9, 9)]));
        assert!(letters.contains(5) && !letters.contains(6));
        letters.drop_before(10);
        assert_eq!(letters.count(), 0);
    }

    fn entry(id: &str, revision: u64, is_there: bool) -> Entry {
        let id: FeedId = id.parse().unwrap();
        let key = format!("feed.{}", token::escape(id.as_str()));
        let feed = FeedSettings::new(id, "https://harbour.example/feed");
        let record = FeedRecord::waiting(feed, None, FIRST_INTERVAL);
        let value = is_there.then(|| serde_json::to_vec(&record).unwrap().into());
        Entry { key, revision, value }
    }

    #[test]
    fn feeds_follow_their_table_also_if_it_goes_back_in_time() {
        let mut read = FeedsRead::default();
        let ids = |of: &FeedsRead| of.feeds.by_id.keys().cloned().collect::<Vec<_>>();
        [entry("pier", 3, true), entry("quay", 4, true)].iter().for_each(|it| read.apply(it));
        assert_eq!((ids(&read), read.through), (vec!["pier".to_owned(), "quay".to_owned()], 4));
        read.apply(&entry("pier", 5, false));
        assert_eq!(ids(&read), ["quay"]);
        [entry("pier", 1, true), entry("dock", 2, true)].iter().for_each(|it| read.apply(it));
        assert_eq!((ids(&read), read.through), (vec!["dock".to_owned(), "pier".to_owned()], 2));
    }
}
