//! Polls feeds when they are due, each in a task of its own, and meanwhile carries out commands.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use wirefold_envelope::{decode, timestamp, unix_millis};
use wirefold_flow::{
    BusError, Clock, Event, OrderedReader, Position, StageContext, Stored, UnixMillis, rolled_back,
};
use wirefold_proto::streams::CONTROL;
use wirefold_proto::{
    Command, ControlCommand, FeedFinding, FeedHealth, FeedId, FeedRecord, FeedSettings, ListRecord,
};

use crate::FetcherError;
use crate::answer::Failure;
use crate::extract::Rule;
use crate::hosts::Hosts;
use crate::interval::start_wait;
use crate::lists::Lists;
use crate::metrics::{COMMANDS, FEEDS, SET_ASIDE};
use crate::poll::{PollResult, Poller, set_aside, set_aside_problem, waiting};
use crate::settings::Settings;
use crate::shares::Share;
use crate::state::{PollState, ReadMark, StoredState};

/// The longest time between two heartbeats of the scheduler.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long polls may take to end after the stop signal.
const LAST_WAIT: Duration = Duration::from_secs(5);
/// The time between two looks at what other fetchers changed.
const FOLLOW: Duration = Duration::from_secs(2);
/// How many commands one read returns.
const COMMANDS_AT_ONCE: usize = 64;

type Ended = Result<Option<PollResult>, FetcherError>;

/// Polls feeds when they are due.
pub(crate) struct Scheduler {
    pub(crate) poller: Arc<Poller>,
    pub(crate) table: Table,
    pub(crate) lists: Lists,
    polls: JoinSet<Ended>,
    polled: HashMap<Id, FeedId>,
    /// The commands, if it carries them out.
    commands: Option<Box<dyn OrderedReader>>,
    /// When it looks next at what other fetchers changed.
    follow_at: Option<UnixMillis>,
}

impl Scheduler {
    /// Runs until it is stopped, or fails with an error that somebody must repair.
    pub(crate) async fn run(mut self, stop: CancellationToken) -> Result<(), FetcherError> {
        let clock: Arc<dyn Clock> = self.poller.context.clock.clone();
        self.alive();
        loop {
            if self.follow_at.is_some_and(|at| at <= clock.now()) {
                self.follow_others().await?;
            }
            self.start_due();
            self.request_due_lists();
            let beat = clock.now().plus(HEARTBEAT);
            let due = [self.table.next_due(), self.lists.next_due(), self.follow_at];
            let wake = due.into_iter().flatten().fold(beat, UnixMillis::min);
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.drain().await,
                Some(ended) = self.polls.join_next_with_id() => self.poll_ended(ended).await?,
                Some(answered) = self.lists.requests.join_next() => {
                    self.apply_list_answer(answered).await?;
                }
                commands = next_commands(&mut self.commands) => match commands {
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
            let (mut record, state) = (entry.record.clone(), entry.state.clone());
            let feed = record.feed.id.clone();
            let with_same_address = self.table.with_same_address(&feed);
            // The others are duplicates of the first one by name.
            record.duplicate_of = with_same_address.iter().find(|twin| **twin < feed).cloned();
            let (poller, is_shared) = (self.poller.clone(), !with_same_address.is_empty());
            let poll = self.polls.spawn(async move { poller.poll(record, state, is_shared).await });
            self.polled.insert(poll.id(), feed.clone());
            if let Some(polled) = self.table.feeds.get_mut(&feed) {
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
        let PollResult { record, state, .. } =
            self.poller.failed(entry.record.clone(), entry.state.clone(), failure);
        self.poller.store.put_record(&record).await?;
        self.put(record, state);
        Ok(())
    }

    /// Puts a polled feed into the table. Makes the other feeds of its address due, so that they use the
    /// same answer.
    fn apply_result(&mut self, polled: PollResult) {
        let PollResult { record, state, was_fetched } = polled;
        let feed = record.feed.id.clone();
        self.put(record, state);
        if was_fetched {
            let now = self.poller.context.clock.now();
            self.table.poll_same_address_soon(&feed, now);
        }
    }

    fn put(&mut self, record: FeedRecord, state: PollState) {
        let due = record.next_poll.map(unix_millis);
        self.table.put(record, state, due);
        self.table.count();
    }

    /// Stops the poll of a feed, if there is one, and waits until it has ended. Nothing of it is written
    /// after this.
    pub(crate) async fn interrupt(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let entry = self.table.feeds.get_mut(feed);
        let Some(poll) = entry.and_then(|entry| entry.poll.take()) else {
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
            self.commands = Some(commands_after(context, read).await?);
            return Ok(());
        }
        if !error.may_pass() {
            return Err(error.into());
        }
        context.wait(Duration::from_secs(1)).await;
        Ok(())
    }
}

/// How many records are written at one time.
const AT_ONCE: usize = 64;

impl Scheduler {
    /// Loads the stored feeds. The fetcher that leads joins them with the feeds and lists of the configuration.
    pub(crate) async fn load(poller: Arc<Poller>) -> Result<Self, FetcherError> {
        let share = poller.store.share.clone();
        let StoredState { feeds, read_marks, lists, control } = poller.store.load().await?;
        let (mut feeds, lists, commands) = if share.leads() {
            let (feeds, lists) = join_with_configured(&poller, feeds, lists).await?;
            (feeds, lists, Some(commands_after(&poller.context, control).await?))
        } else {
            let own = feeds.into_values().filter(|(record, _)| share.has(&record.feed));
            (own.collect(), Lists::default(), None)
        };
        let now = poller.context.clock.now();
        handle_read_marks(&poller, &mut feeds, read_marks).await?;
        restore_pauses(&poller.hosts, &feeds);
        let shortened = shorten_waits(&mut feeds, now.plus(poller.settings.max_interval));
        write(&poller, shortened).await?;
        let follow_at = share.is_shared().then(|| now.plus(FOLLOW));
        let table = table_of(feeds, (poller.started, now), share);
        table.count();
        let (polls, polled) = (JoinSet::new(), HashMap::new());
        Ok(Self { poller, table, lists, polls, polled, commands, follow_at })
    }

    /// Takes over the changes that other fetchers made: those of the one that leads carry out commands, and those of the others
    /// are the outcomes of their polls.
    async fn follow_others(&mut self) -> Result<(), FetcherError> {
        let now = self.poller.context.clock.now();
        self.follow_at = Some(now.plus(FOLLOW));
        let changes = match self.poller.store.changed_by_others().await {
            Ok(changes) => changes,
            Err(error) => return self.retry_or_fail(error).await,
        };
        for (feed, change) in changes {
            self.interrupt(&feed).await?;
            let (before, state) = self.table.remove(&feed).map(|it| (it.record, it.state)).unzip();
            let record = change.record.or_else(|| before.clone()).filter(|_| !change.is_removed);
            let Some(record) = record else { continue };
            let was_aside = before.is_some_and(|before| before.set_aside.is_some());
            if was_aside && record.set_aside.is_none() {
                self.poller.parse_gate.suspect([feed]);
            }
            let due = due_of(&record).map(|due| due.max(now));
            self.table.put(record, change.state.or(state).unwrap_or_default(), due);
        }
        self.table.count();
        Ok(())
    }
}

/// The next commands; never, if another fetcher carries them out.
async fn next_commands(
    commands: &mut Option<Box<dyn OrderedReader>>,
) -> Result<Vec<Stored>, BusError> {
    match commands {
        Some(commands) => commands.next(COMMANDS_AT_ONCE).await,
        None => std::future::pending().await,
    }
}

/// Joins the feeds and lists of the configuration with the stored ones.
async fn join_with_configured(
    poller: &Arc<Poller>,
    stored: HashMap<FeedId, (FeedRecord, PollState)>,
    lists: HashMap<String, ListRecord>,
) -> Result<(Vec<(FeedRecord, PollState)>, Lists), FetcherError> {
    let (lists, gone) = Lists::plan(&poller.settings.lists, lists);
    let may_follow = lists.unread().next().is_some();
    let Plan { feeds, to_write, to_forget } = plan(&poller.settings, stored, may_follow);
    for feed in &to_forget {
        tracing::info!(%feed, "feed is no longer configured and was forgotten");
        poller.store.forget(feed).await?;
    }
    write(poller, to_write).await?;
    for record in lists.unread().filter(|record| !record.manual_overrides.is_empty()) {
        poller.store.put_list(record).await?;
    }
    for url in &gone {
        tracing::info!(list = url, "list of feeds is no longer configured and was forgotten");
        poller.store.forget_list(url).await?;
    }
    Ok((feeds, lists))
}

/// A reader of the commands after those that were carried out. If the stream went back in time, its
/// commands may have been carried out, and only new ones are read.
pub(super) async fn commands_after(
    context: &StageContext,
    carried_out: u64,
) -> Result<Box<dyn OrderedReader>, BusError> {
    let bus = &*context.bus;
    let reached = Position::at_sequence(carried_out);
    let from = match rolled_back(bus, CONTROL.name, &reached).await? {
        None => carried_out + 1,
        Some(how) => {
            context.observer.observe("fetcher", Event::rolled_back(CONTROL.name, how));
            how.last + 1
        }
    };
    bus.read(CONTROL.name, FILTER, from).await
}

/// The feeds to poll, and the changes to the stored state.
#[derive(Default)]
struct Plan {
    feeds: Vec<(FeedRecord, PollState)>,
    to_write: Vec<FeedRecord>,
    to_forget: Vec<FeedId>,
}

impl Plan {
    /// Polls a feed, and writes its record if it is another one than before.
    fn put(&mut self, before: Option<&FeedRecord>, record: FeedRecord, state: PollState) {
        if before != Some(&record) {
            self.to_write.push(record.clone());
        }
        self.feeds.push((record, state));
    }
}

/// Joins the configured feeds with the stored ones. `may_follow`: there is a list that was never read,
/// which may replace one that is no longer configured. Until it is read, the feeds of the old list and
/// their state stay.
fn plan(
    settings: &Settings,
    mut remembered: HashMap<FeedId, (FeedRecord, PollState)>,
    may_follow: bool,
) -> Plan {
    let mut plan = Plan::default();
    let is_list = |url: &String| settings.lists.iter().any(|list| list.url == *url);
    for configured in &settings.feeds {
        let feed = &configured.feed;
        let managed_by = Some(configured.managed_by.clone());
        let before = remembered.remove(&feed.id);
        let (known, state) = before.filter(|(record, _)| record.feed.url == feed.url).unzip();
        let record = match known.clone() {
            Some(mut record) => {
                record.lists.retain(is_list);
                FeedRecord { feed: feed.clone(), managed_by, ..record }
            }
            None => waiting(feed.clone(), managed_by, settings),
        };
        plan.put(known.as_ref(), record, state.unwrap_or_default());
    }
    for (feed, (record, state)) in remembered {
        let is_manual = record.managed_by.is_none() && record.lists.is_empty();
        let lists: Vec<String> = record.lists.iter().filter(|it| is_list(it)).cloned().collect();
        if lists.is_empty() && !is_manual {
            match may_follow && !record.lists.is_empty() {
                true => plan.feeds.push((record, state)),
                false => plan.to_forget.push(feed),
            }
            continue;
        }
        // A feed that a file defined before may still be in a list.
        let kept = FeedRecord { managed_by: None, lists, ..record.clone() };
        plan.put(Some(&record), kept, state);
    }
    plan
}

/// Feeds that were being parsed when the last process died are parsed alone. A feed that was parsed
/// alone then is set aside.
async fn handle_read_marks(
    poller: &Poller,
    feeds: &mut [(FeedRecord, PollState)],
    read_marks: HashMap<FeedId, ReadMark>,
) -> Result<(), FetcherError> {
    let now = poller.context.clock.now();
    let share = &poller.store.share;
    for (feed, mark) in read_marks {
        let own = feeds.iter_mut().find(|(record, _)| record.feed.id == feed);
        let is_ours = own.as_ref().map_or(share.leads(), |(record, _)| share.has(&record.feed));
        if share.is_another(&mark.by) || !is_ours {
            continue;
        }
        if !mark.is_alone {
            poller.parse_gate.suspect([feed]);
            continue;
        }
        if let Some((record, _)) = own {
            *record = set_aside(record.clone(), now);
            poller.store.put_record(record).await?;
        }
        poller.store.forget_read_mark(&feed).await?;
    }
    // Logged at each start, because people may not have seen the last one.
    for (record, _) in feeds.iter().filter(|(record, _)| record.set_aside.is_some()) {
        let feed = &record.feed.id;
        tracing::error!(%feed, "{}", set_aside_problem(feed));
    }
    Ok(())
}

/// Restores the times until which hosts want no requests. They apply to all feeds of a host.
fn restore_pauses(hosts: &Hosts, feeds: &[(FeedRecord, PollState)]) {
    for (record, state) in feeds {
        let address = url::Url::parse(state.address(&record.feed.url));
        if let (Ok(url), Some(until)) = (address, state.left_alone) {
            hosts.pause(&url, UnixMillis(until));
        }
    }
}

/// Writes many records, [`AT_ONCE`] at a time.
pub(crate) async fn write(poller: &Poller, records: Vec<FeedRecord>) -> Result<(), FetcherError> {
    for some in records.chunks(AT_ONCE) {
        let writing = some.iter().cloned().map(|record| {
            let store = poller.store.clone();
            async move { store.put_record(&record).await }
        });
        for written in writing.collect::<JoinSet<_>>().join_all().await {
            written?;
        }
    }
    Ok(())
}

/// The table of feeds. Polls that are overdue are spread over the first minute since the start, always in the same way. None waits
/// longer than the settings allow now, unless its host or publisher wants that, or it is dead.
fn table_of(
    feeds: Vec<(FeedRecord, PollState)>,
    (started, now): (UnixMillis, UnixMillis),
    share: Arc<Share>,
) -> Table {
    let is_overdue = |record: &FeedRecord| due_of(record).is_some_and(|due| due <= now);
    let overdue = feeds.iter().filter(|(record, _)| is_overdue(record)).count();
    let mut table = Table::of(share);
    for (record, state) in feeds {
        let due = due_of(&record).map(|due| match due > now {
            true => due,
            false => started.plus(start_wait(&record.feed.id, overdue)),
        });
        table.put(record, state, due);
    }
    table
}

/// When a feed is polled next; `None` if it is gone or set aside.
fn due_of(record: &FeedRecord) -> Option<UnixMillis> {
    let is_idle = record.health == FeedHealth::Gone || record.set_aside.is_some();
    (!is_idle).then(|| record.next_poll.map_or(UnixMillis(0), unix_millis))
}

/// Makes feeds that wait longer than the settings allow due at the latest time, and returns their records.
fn shorten_waits(feeds: &mut [(FeedRecord, PollState)], latest: UnixMillis) -> Vec<FeedRecord> {
    let mut shortened = Vec::new();
    for (record, state) in feeds {
        let is_late = record.next_poll.is_some_and(|due| unix_millis(due) > latest);
        if is_late && !has_reason_to_wait(record, state) {
            record.next_poll = Some(timestamp(latest));
            shortened.push(record.clone());
        }
    }
    shortened
}

/// Whether a feed may wait longer than the longest interval.
fn has_reason_to_wait(record: &FeedRecord, state: &PollState) -> bool {
    let skips = !state.skip_hours.is_empty() || !state.skip_days.is_empty();
    skips || state.left_alone.is_some() || record.findings.contains(&FeedFinding::Dead)
}

/// A feed in the table.
pub(crate) struct Entry {
    pub(crate) record: FeedRecord,
    pub(crate) state: PollState,
    /// When it is polled next; `None` while it is polled, and if it is gone.
    pub(crate) due: Option<UnixMillis>,
    /// The poll under way.
    pub(crate) poll: Option<AbortHandle>,
    /// Whether this fetcher polls it.
    is_own: bool,
}

/// The feeds of this fetcher. The one that leads has all.
pub(crate) struct Table {
    share: Arc<Share>,
    feeds: HashMap<FeedId, Entry>,
    due: BTreeSet<(UnixMillis, FeedId)>,
    /// The feeds of each address.
    addresses: HashMap<String, BTreeSet<FeedId>>,
}

impl Table {
    fn of(share: Arc<Share>) -> Self {
        let (feeds, due, addresses) = Default::default();
        Self { share, feeds, due, addresses }
    }

    pub(crate) fn get(&self, feed: &FeedId) -> Option<&Entry> {
        self.feeds.get(feed)
    }

    /// The records of all feeds.
    pub(crate) fn records(&self) -> impl Iterator<Item = &FeedRecord> {
        self.feeds.values().map(|entry| &entry.record)
    }

    /// Adds a feed, or replaces the one with its id. A feed of another fetcher is due only there, and only the fetcher that leads
    /// has it in its table.
    pub(crate) fn put(&mut self, record: FeedRecord, state: PollState, due: Option<UnixMillis>) {
        let feed = record.feed.id.clone();
        self.remove(&feed);
        let address = state.address(&record.feed.url).to_owned();
        let is_own = self.share.has(&record.feed);
        if !is_own && !self.share.leads() {
            return;
        }
        let due = due.filter(|_| is_own);
        self.due.extend(due.map(|due| (due, feed.clone())));
        self.addresses.entry(address).or_default().insert(feed.clone());
        self.feeds.insert(feed, Entry { record, state, due, poll: None, is_own });
    }

    pub(crate) fn remove(&mut self, feed: &FeedId) -> Option<Entry> {
        let entry = self.feeds.remove(feed)?;
        if let Some(due) = entry.due {
            self.due.remove(&(due, feed.clone()));
        }
        let address = entry.state.address(&entry.record.feed.url);
        if let Some(feeds) = self.addresses.get_mut(address) {
            feeds.remove(feed);
            if feeds.is_empty() {
                self.addresses.remove(address);
            }
        }
        Some(entry)
    }

    /// The other feeds that are polled at the address of this one, by name.
    pub(crate) fn with_same_address(&self, feed: &FeedId) -> Vec<FeedId> {
        let Some(entry) = self.feeds.get(feed) else {
            return Vec::new();
        };
        let all = self.addresses.get(entry.state.address(&entry.record.feed.url));
        let is_polled = |twin: &&FeedId| {
            let is_gone = |known: &Entry| known.record.health == FeedHealth::Gone;
            *twin != feed && self.feeds.get(*twin).is_some_and(|twin| !is_gone(twin))
        };
        all.into_iter().flatten().filter(is_polled).cloned().collect()
    }

    /// Makes the other feeds of an address due, while its answer is fresh.
    pub(crate) fn poll_same_address_soon(&mut self, feed: &FeedId, now: UnixMillis) {
        for twin in self.with_same_address(feed) {
            self.poll_soon(&twin, now);
        }
    }

    /// Makes a feed due, unless it is polled right now, is set aside or gone.
    pub(crate) fn poll_soon(&mut self, feed: &FeedId, now: UnixMillis) {
        // A feed that is being polled has no due time.
        if let Some(entry) = self.feeds.get_mut(feed)
            && let Some(due) = entry.due.filter(|due| *due > now)
        {
            self.due.remove(&(due, feed.clone()));
            entry.due = Some(now);
            self.due.insert((now, feed.clone()));
        }
    }

    /// The next feed that is due. It has no due time until it is put into the table again.
    pub(crate) fn take_due(&mut self, now: UnixMillis) -> Option<&mut Entry> {
        let is_due = self.due.first().is_some_and(|(due, _)| *due <= now);
        let (_, feed) = is_due.then(|| self.due.pop_first()).flatten()?;
        let entry = self.feeds.get_mut(&feed)?;
        entry.due = None;
        Some(entry)
    }

    /// When the next feed is due.
    pub(crate) fn next_due(&self) -> Option<UnixMillis> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Sets the metrics about the health of feeds.
    pub(crate) fn count(&self) {
        let healths = [
            (FeedHealth::Waiting, "waiting"),
            (FeedHealth::Good, "good"),
            (FeedHealth::Failing, "failing"),
            (FeedHealth::Gone, "gone"),
        ];
        let own = || self.feeds.values().filter(|entry| entry.is_own);
        for (health, label) in healths {
            let count = own().filter(|entry| entry.record.health == health).count();
            FEEDS.set(count as f64, &[label]);
        }
        let aside = own().filter(|entry| entry.record.set_aside.is_some()).count();
        SET_ASIDE.set(aside as f64, &[]);
    }
}

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
                Ok(ControlCommand { id, command, .. }) => (id, self.execute(command).await?),
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
                None => COMMANDS.add(1, &["done"]),
                Some(refused) => {
                    COMMANDS.add(1, &["refused"]);
                    tracing::warn!(command = id, ?refused, "command on a feed refused");
                }
            }
        }
        self.table.count();
        self.poller.store.put_control(last).await?;
        Ok(())
    }

    /// Carries out a command, unless it is refused.
    async fn execute(&mut self, command: Command) -> Result<Option<Refusal>, FetcherError> {
        let refused = self.refusal(&command);
        if refused.is_some() {
            return Ok(refused);
        }
        match command {
            Command::FeedChange { feed } if self.is_set_aside(&feed) => {
                self.poll_again(&feed.id).await?;
            }
            Command::FeedAdd { feed } | Command::FeedChange { feed } => self.put_feed(feed).await?,
            Command::FeedRemove { feed } => {
                self.record_override(&feed).await?;
                self.remove_feed(&feed).await?;
            }
            Command::FeedPoll { feed } => self.poll_now(&feed).await?,
            _ => {}
        }
        Ok(None)
    }

    fn refusal(&self, command: &Command) -> Option<Refusal> {
        let (feed, settings) = match command {
            Command::FeedChange { feed } if self.is_set_aside(feed) => return None,
            Command::FeedAdd { feed } | Command::FeedChange { feed } => (&feed.id, Some(feed)),
            Command::FeedRemove { feed } => (feed, None),
            Command::FeedPoll { feed } => {
                return self.table.get(feed).is_none().then_some(Refusal::Unknown);
            }
            _ => return None,
        };
        match self.table.get(feed) {
            _ if settings.is_some_and(|it| Rule::of(it).check().is_err()) => Some(Refusal::Rule),
            _ if *feed == FeedId::push() => Some(Refusal::Reserved),
            Some(entry) if entry.record.managed_by.is_some() => Some(Refusal::Managed),
            None if matches!(command, Command::FeedChange { .. }) => Some(Refusal::Unknown),
            _ => None,
        }
    }

    /// Whether the feed is set aside and has exactly these settings, whoever manages it.
    fn is_set_aside(&self, feed: &FeedSettings) -> bool {
        let entry = self.table.get(&feed.id);
        entry.is_some_and(|it| it.record.set_aside.is_some() && it.record.feed == *feed)
    }

    /// Makes a feed due, or lets the fetcher do so that polls it.
    async fn poll_now(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        let now = self.poller.context.clock.now();
        while let Some(entry) = self.table.get(feed).filter(|entry| !entry.is_own) {
            let record = FeedRecord { next_poll: Some(timestamp(now)), ..entry.record.clone() };
            // The record may be older than the outcome of the last poll, which must not be lost.
            if self.poller.store.replace_record(&record).await? {
                break;
            }
            self.follow_others().await?;
        }
        self.table.poll_soon(feed, now);
        Ok(())
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
        self.table.put(record, entry.state, Some(now));
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
        let settings = &self.poller.settings;
        let (mut record, state) = match before {
            Some(entry) => (FeedRecord { feed, lists: Vec::new(), ..entry.record }, entry.state),
            None => (waiting(feed, None, settings), PollState::default()),
        };
        if record.health == FeedHealth::Gone {
            record.health = FeedHealth::Waiting;
            record.problem = None;
        }
        record.next_poll = None;
        record.set_aside = None;
        self.poller.store.put_state(&record.feed.id, &state).await?;
        self.poller.store.put_record(&record).await?;
        tracing::info!(feed = %record.feed.id, url = record.feed.url, "feed is polled from now on");
        let now = self.poller.context.clock.now();
        self.table.put(record, state, Some(now));
        Ok(())
    }

    /// Stops polling a feed and forgets its state. The caller updates its lists.
    pub(crate) async fn remove_feed(&mut self, feed: &FeedId) -> Result<(), FetcherError> {
        self.interrupt(feed).await?;
        if self.table.remove(feed).is_some() {
            tracing::info!(%feed, "feed is no longer polled");
        }
        self.poller.store.forget(feed).await.map_err(FetcherError::from)
    }
}
