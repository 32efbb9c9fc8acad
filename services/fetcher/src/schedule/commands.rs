//! Carries out commands that add, change, remove and poll feeds.

use wirefold_envelope::decode;
use wirefold_flow::Stored;
use wirefold_proto::{Command, ControlCommand, FeedHealth, FeedId, FeedRecord, FeedSettings};

use super::Scheduler;
use crate::FetcherError;
use crate::extract::Rule;
use crate::metrics::COMMANDS;
use crate::poll::waiting;
use crate::state::Memo;

/// The subjects of commands on feeds.
pub(crate) const FILTER: &str = "wirefold.v1.control.feed.>";

/// Why a command is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// The feed is defined in a file and can be changed only there.
    Managed,
    /// The id is reserved for pushed articles.
    Reserved,
    /// There is no such feed.
    Unknown,
    /// Its rule for pages has an invalid selector.
    Rule,
}

impl Scheduler {
    /// Carries out commands in order, then stores the last sequence. A command may be carried out twice.
    pub(crate) async fn apply_command(
        &mut self,
        commands: Vec<Stored>,
    ) -> Result<(), FetcherError> {
        let Some(last) = commands.last().map(|stored| stored.sequence) else {
            return Ok(());
        };
        for stored in &commands {
            let (id, outcome) = match decode::<ControlCommand>(stored) {
                Ok(ControlCommand { id, command, .. }) => {
                    (id.clone(), self.execute(&id, command).await?)
                }
                Err(error) => {
                    COMMANDS.add(1, &["unreadable"]);
                    tracing::warn!(
                        sequence = stored.sequence,
                        ?error,
                        "unreadable command skipped"
                    );
                    continue;
                }
            };
            match outcome {
                Ok(()) => COMMANDS.add(1, &["done"]),
                Err(refused) => {
                    COMMANDS.add(1, &["refused"]);
                    tracing::warn!(command = id, ?refused, "command on a feed refused");
                }
            }
        }
        self.table.count();
        self.poller.store.put_control(last).await?;
        Ok(())
    }

    async fn execute(
        &mut self,
        id: &str,
        command: Command,
    ) -> Result<Result<(), Refusal>, FetcherError> {
        match command {
            Command::FeedAdd { feed } => match self.check_feed(&feed) {
                Ok(()) => self.put_feed(feed).await.map(Ok),
                Err(refused) => Ok(Err(refused)),
            },
            Command::FeedChange { feed } if self.is_set_aside(&feed) => {
                self.poll_again(&feed.id).await.map(Ok)
            }
            Command::FeedChange { feed } => match self.check_feed(&feed) {
                Ok(()) if self.table.get(&feed.id).is_some() => self.put_feed(feed).await.map(Ok),
                Ok(()) => Ok(Err(Refusal::Unknown)),
                Err(refused) => Ok(Err(refused)),
            },
            Command::FeedRemove { feed } => match self.may_change(&feed) {
                Ok(()) => {
                    self.record_override(&feed).await?;
                    self.remove_feed(&feed).await.map(Ok)
                }
                Err(refused) => Ok(Err(refused)),
            },
            Command::FeedPoll { feed } => {
                let now = self.poller.context.clock.now();
                let is_known = self.table.get(&feed).is_some();
                self.table.poll_soon(&feed, now);
                Ok(if is_known { Ok(()) } else { Err(Refusal::Unknown) })
            }
            Command::FeedBackfill { feed, pages, items } => match self.table.get(&feed) {
                Some(_) => self.backfill(feed, id, pages, items).await.map(Ok),
                None => Ok(Err(Refusal::Unknown)),
            },
            _ => Ok(Ok(())),
        }
    }

    fn check_feed(&self, feed: &FeedSettings) -> Result<(), Refusal> {
        Rule::of(feed).check().map_err(|_| Refusal::Rule)?;
        self.may_change(&feed.id)
    }

    fn may_change(&self, feed: &FeedId) -> Result<(), Refusal> {
        let is_managed = |record: &FeedRecord| record.managed_by.is_some();
        match self.table.get(feed) {
            _ if *feed == FeedId::push() => Err(Refusal::Reserved),
            Some(entry) if is_managed(&entry.record) => Err(Refusal::Managed),
            _ => Ok(()),
        }
    }

    /// Whether the feed is set aside and has exactly these settings, whoever manages it.
    fn is_set_aside(&self, feed: &FeedSettings) -> bool {
        let entry = self.table.get(&feed.id);
        entry.is_some_and(|it| it.record.set_aside.is_some() && it.record.feed == *feed)
    }

    /// Polls a feed again that was set aside. As a suspect, it is parsed alone.
    async fn poll_again(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let Some(entry) = self.table.remove(feed) else {
            return Ok(());
        };
        let mut record = FeedRecord { set_aside: None, problem: None, ..entry.record };
        record.health = FeedHealth::Waiting;
        record.findings = Vec::new();
        self.poller.store.put_record(&record).await?;
        self.poller.parse_gate.suspect([feed.clone()]);
        tracing::info!(%feed, "feed that was set aside is polled again");
        let now = self.poller.context.clock.now();
        self.table.put(record, entry.memo, Some(now));
        Ok(())
    }

    /// Polls the feed immediately with these settings, which lists no longer change. With another address it
    /// is another feed, whose first items are its baseline. The items of the old one stay remembered.
    async fn put_feed(&mut self, feed: FeedSettings) -> Result<(), FetcherError> {
        let is_same = |record: &FeedRecord| {
            let is_manual = record.lists.is_empty();
            record.feed == feed && record.health != FeedHealth::Gone && is_manual
        };
        if self.table.get(&feed.id).is_some_and(|entry| is_same(&entry.record)) {
            return Ok(());
        }
        self.interrupt(&feed.id).await?;
        self.record_override(&feed.id).await?;
        let before = self.table.remove(&feed.id).filter(|entry| entry.record.feed.url == feed.url);
        if before.is_none() {
            self.end_backfill(&feed.id).await?;
        }
        let settings = &self.poller.settings;
        let (mut record, memo) = match before {
            Some(entry) => (FeedRecord { feed, lists: Vec::new(), ..entry.record }, entry.memo),
            None => (waiting(feed, None, settings), Memo::default()),
        };
        if record.health == FeedHealth::Gone {
            record.health = FeedHealth::Waiting;
            record.problem = None;
        }
        record.next_poll = None;
        record.set_aside = None;
        self.poller.store.put_memo(&record.feed.id, &memo).await?;
        self.poller.store.put_record(&record).await?;
        tracing::info!(feed = %record.feed.id, url = record.feed.url, "feed is polled from now on");
        let now = self.poller.context.clock.now();
        self.table.put(record, memo, Some(now));
        Ok(())
    }

    /// Stops polling a feed and forgets its state. The caller updates its lists.
    pub(crate) async fn remove_feed(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        self.interrupt(feed).await?;
        self.end_backfill(feed).await?;
        if self.table.remove(feed).is_some() {
            tracing::info!(%feed, "feed is no longer polled");
        }
        self.poller.store.forget(feed).await.map_err(FetcherError::from)
    }
}
