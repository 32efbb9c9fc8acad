//! The projection: the output stream as tables that can be queried.
//!
//! It is one SQLite file, which may be deleted at any time: it is rebuilt as far back as the stream reaches.
//! The position in the stream is stored with the rows in one transaction. Rows are idempotent and do not
//! depend on the order of messages. The key of an article is its id. The state of a story or event is that of
//! the latest decision. Merges and splits are stored with their decisions, and apply to messages that come
//! before or after them.

mod alerts;
mod apply;
mod articles;
mod filter;
mod lists;
mod open;
mod openings;
mod redirects;
mod report;
mod schema;
mod search;
mod stories;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use thiserror::Error;
use tokio::sync::Semaphore;
use wirefold_flow::{Position, UnixMillis};
use wirefold_proto::{
    AboutArticle, AlertId, ArticleId, EventId, FeedId, OutputCommand, StoryId, SubscriptionRecord,
};

pub(crate) use crate::projection::alerts::Numbers;
pub(crate) use crate::projection::apply::{Batch, Change, lead};
use crate::projection::articles::First;
pub(crate) use crate::projection::articles::LoggedArticle;
pub(crate) use crate::projection::filter::{
    Cursor, EventQuery, EventSort, FILTERS, ListQuery, MarkFilter, Moment, StoryQuery,
};
pub(crate) use crate::projection::lists::Paging;
pub(crate) use crate::projection::open::FILE;
use crate::projection::open::connect_reader;
pub(crate) use crate::projection::openings::{Opening, number_of};
pub(crate) use crate::projection::redirects::{IdLookup, RowId};
pub(crate) use crate::projection::stories::{Bounds, EventOnPage};
use crate::shapes::{
    AlertPage, ArticleBrief, Event, EventPage, ReportBy, ReportRow, Story, StoryBrief, StoryPage,
    StoryWithArticles,
};

/// Errors of the projection.
#[derive(Debug, Error)]
pub enum ProjectionError {
    /// SQLite reports an error: free space on the disk, or delete the file.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The folder cannot be used: correct its permissions.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A row has content that this release does not write: delete the file.
    #[error("a row cannot be read: {0}")]
    Row(String),
    /// The file belongs to another program.
    #[error("not a projection")]
    Version,
    /// The file was damaged and created anew meanwhile. The read must be repeated.
    #[error("the tables are being rebuilt")]
    BegunAnew,
    /// The work was dropped because the program ends.
    #[error("the program is ending")]
    Ending,
}

/// The output stream as tables.
#[derive(Clone)]
pub(crate) struct Projection {
    pool: Pool,
}

type Answer<T> = Result<T, ProjectionError>;

impl Projection {
    /// Opens the file in this folder, or creates one.
    pub(crate) fn open(folder: &Path) -> Answer<Self> {
        let writer = open::connect(folder)?;
        Ok(Self { pool: Pool::new(writer, folder.join(FILE)) })
    }

    /// Puts the file in this folder aside, so that the next start creates a new one.
    pub(crate) fn put_aside(folder: &Path) -> Answer<()> {
        Ok(open::put_aside(&folder.join(FILE))?)
    }

    /// Removes the file in this folder, and those put aside.
    pub(crate) fn remove(folder: &Path) -> Answer<()> {
        Ok(open::remove(folder)?)
    }

    /// Lets the next writes fail, as if the disk refused them.
    #[cfg(test)]
    pub(crate) fn fail(&self, writes: u32) {
        self.pool.failing.store(writes, Ordering::Relaxed);
    }

    /// How often the file was created anew because it was damaged.
    pub(crate) fn generation(&self) -> u64 {
        self.pool.generation()
    }

    /// Applies the changes and stores the position in their stream, in one transaction.
    pub(crate) async fn apply(&self, batch: Batch) -> Answer<()> {
        self.pool.write(move |connection| apply::apply(connection, &batch)).await
    }

    /// The same, if the file is still of this generation. A newer file lacks the messages before.
    pub(crate) async fn apply_into(&self, generation: u64, batch: Batch) -> Answer<()> {
        self.pool.write_into(generation, move |connection| apply::apply(connection, &batch)).await
    }

    /// Deletes articles seen before this time, at most a few thousand in one call. Returns how many.
    pub(crate) async fn expire(&self, before: UnixMillis) -> Answer<usize> {
        self.pool.write(move |connection| apply::expire(connection, before)).await
    }

    /// The last message of a stream that was applied. Its sequence is 0 if none was.
    pub(crate) async fn reached(&self, stream: &'static str) -> Answer<Position> {
        self.read(move |connection| apply::reached(connection, stream)).await
    }

    /// Empties the tables that a stream fills, so that they are filled from its beginning again.
    pub(crate) async fn begin_anew(&self, stream: &'static str) -> Answer<()> {
        self.pool.write(move |connection| apply::begin_anew(connection, stream)).await
    }

    /// The events that match the filter, in its order.
    pub(crate) async fn events(&self, paging: Paging, filter: EventQuery) -> Answer<EventPage> {
        let is_search = filter != ListQuery::default();
        let ask = move |connection: &Connection| lists::event_list(connection, &paging, &filter);
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// An event with a page of its stories.
    pub(crate) async fn event(&self, id: EventId, paging: Paging) -> Answer<Option<Event>> {
        self.read(move |connection| stories::one_event(connection, id, &paging)).await
    }

    /// At most this many articles of an event, the first seen first, and how many more there are.
    pub(crate) async fn articles_of_event(
        &self,
        event: EventId,
        most: usize,
    ) -> Answer<(Vec<LoggedArticle>, u32)> {
        self.read(move |connection| articles::of_event_first(connection, event, First::Seen, most))
            .await
    }

    /// At most this many articles of an event if one of them has a note, and how many more there are.
    pub(crate) async fn noted(
        &self,
        event: EventId,
        most: usize,
    ) -> Answer<(Vec<LoggedArticle>, u32)> {
        self.read(move |connection| articles::of_event_first(connection, event, First::Noted, most))
            .await
    }

    /// Stories, the last changed first.
    pub(crate) async fn stories(&self, paging: Paging, filter: StoryQuery) -> Answer<StoryPage> {
        let is_search = filter != ListQuery::default();
        let ask = move |connection: &Connection| lists::story_list(connection, &paging, &filter);
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// A story with a page of its articles.
    pub(crate) async fn story(&self, id: StoryId, paging: Paging) -> Answer<Option<Story>> {
        self.read(move |connection| stories::one_story(connection, id, &paging)).await
    }

    /// Stories, each with its first articles, the last changed first: the content of feeds.
    pub(crate) async fn latest_stories(
        &self,
        paging: Paging,
        query: StoryQuery,
        most: usize,
    ) -> Answer<Vec<StoryWithArticles>> {
        let is_search = query != ListQuery::default();
        let ask = move |connection: &Connection| {
            let stories = lists::read_latest(connection, &paging, &query)?;
            stories::with_first(connection, stories, most)
        };
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// An event for its page.
    pub(crate) async fn event_on_page(
        &self,
        id: EventId,
        bounds: Bounds,
    ) -> Answer<Option<EventOnPage>> {
        self.read(move |connection| stories::event_on_page(connection, id, bounds)).await
    }

    /// A story for its page: with its lead and its first articles.
    pub(crate) async fn story_on_page(
        &self,
        id: StoryId,
        most: usize,
    ) -> Answer<Option<StoryWithArticles>> {
        self.read(move |connection| stories::story_on_page(connection, id, most)).await
    }

    /// These stories, each with its first articles.
    pub(crate) async fn with_first_articles(
        &self,
        stories: Vec<StoryBrief>,
        most: usize,
    ) -> Answer<Vec<StoryWithArticles>> {
        self.read(move |connection| stories::with_first(connection, stories, most)).await
    }

    /// A story without its articles.
    pub(crate) async fn story_brief(&self, id: StoryId) -> Answer<Option<StoryBrief>> {
        self.read(move |connection| stories::read_story(connection, id)).await
    }

    /// The first stories of an event without their articles.
    pub(crate) async fn stories_of_event(
        &self,
        id: EventId,
        most: usize,
    ) -> Answer<Vec<StoryBrief>> {
        self.read(move |connection| stories::of_event(connection, &id, most)).await
    }

    /// These stories without their articles. Deleted ones are skipped.
    pub(crate) async fn these_briefs(&self, ids: Vec<StoryId>) -> Answer<Vec<StoryBrief>> {
        self.read(move |connection| stories::these_briefs(connection, &ids)).await
    }

    /// These articles with their places in the output. Unknown ones are left out.
    pub(crate) async fn articles(&self, ids: Vec<ArticleId>) -> Answer<Vec<LoggedArticle>> {
        self.read(move |connection| articles::these(connection, &ids)).await
    }

    /// The newest versions of these articles with their places in the output. Unknown ones are left out.
    pub(crate) async fn newest(&self, ids: Vec<ArticleId>) -> Answer<Vec<LoggedArticle>> {
        self.read(move |connection| articles::newest(connection, &ids)).await
    }

    /// The articles behind a link, the newest version first.
    pub(crate) async fn articles_at(&self, url: String) -> Answer<Vec<ArticleBrief>> {
        self.read(move |connection| articles::at(connection, &url)).await
    }

    /// A feed's articles that are not copies, the last seen first.
    pub(crate) async fn originals_of(
        &self,
        feed: FeedId,
        paging: Paging,
    ) -> Answer<Vec<LoggedArticle>> {
        self.read(move |connection| articles::originals_of(connection, &feed, &paging)).await
    }

    /// The newest stories and these, each with the feed that it came from if that is one of these. The
    /// last that came is the first.
    pub(crate) async fn openings(
        &self,
        feeds: Vec<FeedId>,
        and: Vec<StoryId>,
    ) -> Answer<Vec<Opening>> {
        self.pool.search(move |connection| openings::newest(connection, &feeds, &and)).await
    }

    /// The stories of each of these events, the first seen first.
    pub(crate) async fn openings_of(
        &self,
        events: Vec<EventId>,
    ) -> Answer<HashMap<EventId, Vec<Opening>>> {
        self.read(move |connection| openings::of_events(connection, &events)).await
    }

    /// The stories of the events that match the filter, in the first pages of their list.
    pub(crate) async fn openings_matching(&self, filter: EventQuery) -> Answer<Vec<Opening>> {
        let ask = move |connection: &Connection| {
            let events = lists::first_events(connection, &filter)?;
            Ok(openings::of_events(connection, &events)?.into_values().flatten().collect())
        };
        self.pool.search(ask).await
    }

    /// The stories with these numbers.
    pub(crate) async fn openings_numbered(&self, numbers: Vec<u64>) -> Answer<Vec<Opening>> {
        self.read(move |connection| openings::numbered(connection, &numbers)).await
    }

    /// When the article that came last was stored, in milliseconds.
    pub(crate) async fn last_arrival(&self) -> Answer<i64> {
        self.read(openings::last_arrival).await
    }

    /// The last stored version of an item, by the same authority.
    pub(crate) async fn last_of_item(&self, of: &AboutArticle) -> Answer<Option<ArticleId>> {
        let (outlet, item) = (of.outlet.clone(), of.item_key.clone());
        let via = of.via.clone();
        self.read(move |connection| {
            articles::last_of_item(connection, &outlet, via.as_ref(), &item)
        })
        .await
    }

    /// The outcome of a command; `None` before the decision.
    pub(crate) async fn command(&self, id: String) -> Answer<Option<OutputCommand>> {
        self.read(move |connection| alerts::one_command(connection, &id)).await
    }

    /// Alerts, the last changed first; of one subscription if it is named.
    pub(crate) async fn alerts(&self, paging: Paging, filter: StoryQuery) -> Answer<AlertPage> {
        let only_of =
            StoryQuery { subscription: filter.subscription.clone(), ..StoryQuery::default() };
        let is_search = filter != only_of;
        let ask = move |connection: &Connection| alerts::alert_page(connection, &paging, &filter);
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// The ids of the alerts with this id or prefix; at most ten.
    pub(crate) async fn resolve_alert(&self, given: String) -> Answer<Vec<String>> {
        self.read(move |connection| alerts::resolve_alert(connection, &given)).await
    }

    /// The alerts of a subscription that list an article: it may have joined that of another event.
    pub(crate) async fn alerts_with(
        &self,
        subscription: String,
        article: ArticleId,
        seen: UnixMillis,
    ) -> Answer<Vec<AlertId>> {
        self.read(move |connection| alerts::alerts_with(connection, &subscription, article, seen))
            .await
    }

    /// The last revision of an alert.
    pub(crate) async fn alert(&self, id: String) -> Answer<Option<wirefold_proto::Alert>> {
        self.read(move |connection| alerts::one_alert(connection, &id)).await
    }

    /// Subscriptions with the numbers of their alerts.
    pub(crate) async fn count_for(
        &self,
        records: Vec<SubscriptionRecord>,
    ) -> Answer<Vec<SubscriptionRecord>> {
        self.read(move |connection| alerts::count_for(connection, records)).await
    }

    /// The numbers since this time, and in all.
    pub(crate) async fn numbers(&self, since: UnixMillis) -> Answer<Numbers> {
        self.read(move |connection| alerts::numbers(connection, since)).await
    }

    /// The outlets or agencies that reprint each other since a moment, those with the most copies first.
    pub(crate) async fn report(&self, by: ReportBy, since: Moment) -> Answer<Vec<ReportRow>> {
        let since = since.timestamp().as_millisecond();
        self.pool.search(move |connection| report::rows(connection, by, since)).await
    }

    /// The number of stored articles.
    #[cfg(test)]
    pub(crate) async fn article_count(&self) -> Answer<u64> {
        self.read(alerts::article_count).await
    }

    /// The result of looking for an id or a prefix. Merged stories and events give what they were merged
    /// into.
    pub(crate) async fn resolve_id<I: RowId>(&self, given: String) -> Answer<IdLookup<I>> {
        self.read(move |connection| redirects::resolve_id(connection, &given)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.pool.read(ask).await
    }
}

/// The most readers at one time. Others wait.
const READERS: usize = 4;
/// How many of the readers may search or filter, so that other reads are never blocked by searches.
const SEARCHES: usize = 2;

#[derive(Clone)]
pub(super) struct Pool {
    path: Arc<PathBuf>,
    /// How often the file was created anew.
    generation: Arc<AtomicU64>,
    writer: Arc<Mutex<Connection>>,
    /// Idle readers, each with the generation of its file.
    idle: Arc<Mutex<Vec<(u64, Connection)>>>,
    readers: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    /// How many of the next writes fail, as if the disk refused them.
    #[cfg(test)]
    pub(super) failing: Arc<std::sync::atomic::AtomicU32>,
}

impl Pool {
    pub(super) fn new(writer: Connection, path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            generation: Arc::default(),
            writer: Arc::new(Mutex::new(writer)),
            idle: Arc::default(),
            readers: Arc::new(Semaphore::new(READERS)),
            searches: Arc::new(Semaphore::new(SEARCHES)),
            #[cfg(test)]
            failing: Arc::default(),
        }
    }

    /// How often the file was created anew because it was damaged.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Runs blocking work with the writing connection.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let pool = self.clone();
        #[cfg(test)]
        self.fails()?;
        let run = move || {
            // If a transaction panicked, it was rolled back, and the connection is usable.
            let mut writer = pool.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = work(&mut writer);
            if open::is_damaged(&answer) {
                pool.begin_anew(&mut writer)?;
            }
            answer
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }

    /// The same, if the file is still that of this generation.
    pub(super) async fn write_into<T: Send + 'static>(
        &self,
        generation: u64,
        work: impl FnOnce(&mut Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let now = self.generation.clone();
        self.write(move |connection| match now.load(Ordering::SeqCst) == generation {
            true => work(connection),
            false => Err(ProjectionError::BegunAnew),
        })
        .await
    }

    /// Puts a damaged file aside and creates another, which is filled from the streams.
    fn begin_anew(&self, writer: &mut Connection) -> Answer<()> {
        let path = &*self.path;
        tracing::error!(file = %path.display(), "the tables of the page are damaged: putting them aside, rebuilding");
        *writer = Connection::open_in_memory()?;
        open::put_aside(path)?;
        *writer = open::connect(path.parent().unwrap_or(Path::new(".")))?;
        // At the end, so that a connection opened in a generation has its file or a later one.
        self.generation.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Like [`Self::read`], for work that may take a second, such as a search for a frequent word.
    pub(super) async fn search<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let turn = self.searches.clone().acquire_owned().await;
        self.read(move |connection| {
            // Kept until the work is done, also if the client has left.
            let _turn = turn;
            ask(connection)
        })
        .await
    }

    #[cfg(test)]
    fn fails(&self) -> Answer<()> {
        use std::sync::atomic::Ordering::Relaxed;
        let left = self.failing.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        let eio = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_WRITE);
        left.map_or(Ok(()), |_| Err(rusqlite::Error::SqliteFailure(eio, None).into()))
    }

    /// Runs blocking work on one state of the tables.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let turn = self.readers.clone().acquire_owned().await;
        let pool = self.clone();
        let run = move || {
            let _turn = turn;
            let (generation, mut connection) = pool.reader()?;
            let answer = {
                let snapshot = connection.transaction()?;
                ask(&snapshot)
            };
            if open::is_damaged(&answer) {
                drop(connection);
                let mut writer = pool.writer.lock().unwrap_or_else(PoisonError::into_inner);
                // Another reader may have found the damage already.
                if pool.generation() == generation {
                    pool.begin_anew(&mut writer)?;
                }
            } else {
                pool.idle().push((generation, connection));
            }
            answer
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }

    /// A reading connection, and the generation of its file.
    fn reader(&self) -> Answer<(u64, Connection)> {
        let generation = self.generation();
        let kept = {
            let mut idle = self.idle();
            idle.retain(|(of, _)| *of == generation);
            idle.pop()
        };
        if let Some(kept) = kept {
            return Ok(kept);
        }
        // While a file is created anew, it has no tables, or does not match its log.
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = connect_reader(&self.path)?;
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok((self.generation(), connection))
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(u64, Connection)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The damage in the projection of a folder, in SQLite's words; `None` if there is none.
#[must_use]
pub fn faults_of_projection(folder: &Path) -> Option<Vec<String>> {
    let path = folder.join(FILE);
    path.exists().then(|| check_file(&path).unwrap_or_else(|error| vec![error.to_string()]))
}

fn check_file(path: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = connect_reader(path)?;
    let mut check = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = check.query_map([], |row| row.get::<_, String>(0))?;
    let lines = lines.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn searches_leave_readers_for_others() {
        let folder = tempfile::tempdir().unwrap();
        let writer = open::connect(folder.path()).unwrap();
        let pool = Arc::new(Pool::new(writer, folder.path().join(FILE)));
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let (end, ends) = mpsc::channel::<()>();
        let ends = Arc::new(Mutex::new(ends));
        let searches: Vec<_> = (0..2 * READERS)
            .map(|_| {
                let (pool, begun, ends) = (pool.clone(), begun.clone(), ends.clone());
                let search = move |_: &Connection| {
                    let _ = begun.send(());
                    let _ = ends.lock().unwrap().recv();
                    Ok(())
                };
                tokio::spawn(async move { pool.search(search).await })
            })
            .collect();
        for _ in 0..SEARCHES {
            begins.recv().await.unwrap();
        }
        // The clients have left, but the searches go on.
        searches[..SEARCHES].iter().for_each(tokio::task::JoinHandle::abort);
        let read = tokio::time::timeout(Duration::from_secs(60), pool.read(|_| Ok(7)));
        assert_eq!(read.await.unwrap().unwrap(), 7);
        assert!(begins.try_recv().is_err(), "no more than so many at once");
        drop(end);
    }
}
