//! Polls feeds when they are due, each in a task of its own, and meanwhile carries out commands.

mod archives;
mod commands;
mod lists;
mod start;
mod table;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use wirefold_envelope::unix_millis;
use wirefold_flow::{BusError, Clock, Event, OrderedReader, UnixMillis};
use wirefold_proto::{FeedId, FeedRecord};

use crate::FetcherError;
use crate::answer::Failure;
use crate::backfill::Backfills;
use crate::lists::Lists;
use crate::poll::{PollResult, Poller};
pub(crate) use start::write;
pub(crate) use table::Table;

/// The longest time between two heartbeats of the scheduler.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long polls may take to end after the stop signal.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// How many commands one read returns.
const COMMANDS: usize = 64;

type Ended = Result<Option<PollResult>, FetcherError>;

/// Polls feeds when they are due.
pub(crate) struct Scheduler {
    pub(crate) poller: Arc<Poller>,
    pub(crate) table: Table,
    pub(crate) lists: Lists,
    pub(crate) backfills: Backfills,
    polls: JoinSet<Ended>,
    polled: HashMap<Id, FeedId>,
    commands: Box<dyn OrderedReader>,
}

impl Scheduler {
    /// Runs until it is stopped, or fails with an error that somebody must repair.
    pub(crate) async fn run(mut self) -> Result<(), FetcherError> {
        let clock: Arc<dyn Clock> = self.poller.context.clock.clone();
        let stop = self.poller.stop.clone();
        self.alive();
        loop {
            self.start_due();
            self.request_due_lists();
            let beat = clock.now().plus(HEARTBEAT);
            let due = self.table.next_due().into_iter().chain(self.lists.next_due());
            let wake = due.fold(beat, UnixMillis::min);
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.drain().await,
                Some(ended) = self.polls.join_next_with_id() => self.poll_ended(ended).await?,
                Some(ended) = self.backfills.running.join_next() => self.backfill_ended(ended)?,
                Some(answered) = self.lists.requests.join_next() => {
                    self.apply_list_answer(answered).await?;
                }
                commands = self.commands.next(COMMANDS) => match commands {
                    Ok(commands) => self.apply_command(commands).await?,
                    Err(error) => self.retry_or_fail(error).await?,
                },
                () = clock.sleep_until(wake) => self.alive(),
            }
        }
    }

    pub(crate) fn alive(&self) {
        self.poller.context.observer.observe("fetcher", Event::Alive);
    }

    fn start_due(&mut self) {
        let now = self.poller.context.clock.now();
        while let Some(entry) = self.table.take_due(now) {
            let (mut record, memo) = (entry.record.clone(), entry.memo.clone());
            let feed = record.feed.id.clone();
            let with_same_address = self.table.with_same_address(&feed);
            // The others are duplicates of the first one by name.
            record.duplicate_of = with_same_address.iter().find(|twin| **twin < feed).cloned();
            let (poller, is_shared) = (self.poller.clone(), !with_same_address.is_empty());
            let poll = self.polls.spawn(async move { poller.poll(record, memo, is_shared).await });
            self.polled.insert(poll.id(), feed.clone());
            if let Some(polled) = self.table.get_mut(&feed) {
                polled.poll = Some(poll);
            }
        }
    }

    /// Handles the end of a poll.
    async fn poll_ended(
        &mut self,
        ended: Result<(Id, Ended), JoinError>,
    ) -> Result<(), FetcherError> {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(feed) = self.polled.remove(&id) else {
            return Ok(());
        };
        match ended {
            Ok((_, polled)) => {
                if let Some(polled) = polled? {
                    self.apply_result(polled);
                }
            }
            Err(error) if error.is_panic() => self.panicked(&feed).await?,
            // Interrupted by a command, which puts the feed into the table again.
            Err(_) => {}
        }
        Ok(())
    }

    /// Counts a panic during a poll as a failure of that feed.
    async fn panicked(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let Some(entry) = self.table.get(feed) else {
            return Ok(());
        };
        tracing::warn!(%feed, "a poll crashed; please report it with the feed's address");
        let failure = Failure::broken("polling crashed on this feed; please report its address");
        let PollResult { record, memo, .. } =
            self.poller.failed(entry.record.clone(), entry.memo.clone(), failure);
        self.poller.store.put_record(&record).await?;
        self.put(record, memo);
        Ok(())
    }

    /// Puts a polled feed into the table. Makes the other feeds of its address due, so that they use the
    /// same answer.
    fn apply_result(&mut self, polled: PollResult) {
        let PollResult { record, memo, was_fetched } = polled;
        let feed = record.feed.id.clone();
        self.put(record, memo);
        if was_fetched {
            let now = self.poller.context.clock.now();
            self.table.poll_same_address_soon(&feed, now);
        }
    }

    fn put(&mut self, record: FeedRecord, memo: crate::state::Memo) {
        let due = record.next_poll.map(unix_millis);
        self.table.put(record, memo, due);
        self.table.count();
    }

    /// Stops the poll of a feed, if there is one, and waits until it has ended. Nothing of it is written
    /// after this.
    pub(crate) async fn interrupt(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let Some(poll) = self.table.get_mut(feed).and_then(|entry| entry.poll.take()) else {
            return Ok(());
        };
        poll.abort();
        while self.polled.contains_key(&poll.id()) {
            match self.polls.join_next_with_id().await {
                Some(ended) => self.poll_ended(ended).await?,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Waits for polls that have published but not stored their state yet. Polls that take longer are
    /// repeated after the next start.
    async fn drain(mut self) -> Result<(), FetcherError> {
        let clock = self.poller.context.clock.clone();
        let until = clock.now().plus(LAST_WAIT);
        loop {
            tokio::select! {
                biased;
                ended = self.polls.join_next_with_id() => match ended {
                    Some(ended) => self.poll_ended(ended).await?,
                    None => return Ok(()),
                },
                () = clock.sleep_until(until) => return self.clear_suspicion().await,
            }
        }
    }

    /// Deletes the marks of feeds that are still being parsed: the shutdown interrupts them, not a crash.
    async fn clear_suspicion(self) -> Result<(), FetcherError> {
        for feed in self.polled.values() {
            self.poller.store.forget_read_mark(feed).await?;
        }
        Ok(())
    }

    /// Waits a little if the error may pass. Fails otherwise.
    async fn retry_or_fail(&mut self, error: BusError) -> Result<(), FetcherError> {
        let context = &self.poller.context;
        context.observer.observe("fetcher", Event::of_failure(&error));
        if let BusError::RolledBack { read, .. } = error {
            self.commands = start::commands_after(context, read).await?;
            return Ok(());
        }
        if !error.may_pass() {
            return Err(error.into());
        }
        let clock = &context.clock;
        clock.sleep_until(clock.now().plus(Duration::from_secs(1))).await;
        Ok(())
    }
}
