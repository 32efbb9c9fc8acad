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
mod rows;
mod schema;
mod search;
mod stories;

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::Connection;
use thiserror::Error;
use tokio::sync::Semaphore;
use wirefold_flow::{Position, UnixMillis};
use wirefold_proto::{
    AboutArticle, AlertId, ArticleId, EventId, FeedId, OutputCommand, StoryId, SubscriptionRecord,
    Target,
};

pub(crate) use crate::projection::alerts::{Alerted, Numbers};
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

/// The output stream as tables. Clones are one projection.
#[derive(Clone)]
pub(crate) struct Projection {
    path: Arc<PathBuf>,
    /// How often the file was created anew because it was damaged.
    generation: Arc<AtomicU64>,
    writer: Arc<Mutex<Connection>>,
    /// Idle readers, each with the generation of its file.
    idle: Arc<Mutex<Vec<(u64, Connection)>>>,
    readers: Arc<Semaphore>,
    searches: Arc<Semaphore>,
    /// How many of the next writes fail, as if the disk refused them.
    #[cfg(test)]
    failing: Arc<std::sync::atomic::AtomicU32>,
}

type Answer<T> = Result<T, ProjectionError>;

impl Projection {
    /// Opens the file in this folder, or creates one.
    pub(crate) fn open(folder: &Path) -> Answer<Self> {
        let writer = open::connect(folder)?;
        Ok(Self {
            path: Arc::new(folder.join(FILE)),
            generation: Arc::default(),
            writer: Arc::new(Mutex::new(writer)),
            idle: Arc::default(),
            readers: Arc::new(Semaphore::new(READERS)),
            searches: Arc::new(Semaphore::new(SEARCHES)),
            #[cfg(test)]
            failing: Arc::default(),
        })
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
        self.failing.store(writes, Ordering::Relaxed);
    }

    /// How often the file was created anew because it was damaged.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::SeqCst)
    }

    /// Applies the changes and stores the position in their stream, in one transaction.
    pub(crate) async fn apply(&self, batch: Batch) -> Answer<()> {
        self.apply_into(self.generation(), batch).await
    }

    /// The same, if the file is still of this generation. A newer file lacks the messages before.
    pub(crate) async fn apply_into(&self, generation: u64, batch: Batch) -> Answer<()> {
        let now = self.generation.clone();
        self.write(move |connection| match now.load(Ordering::SeqCst) == generation {
            true => apply::apply(connection, &batch),
            false => Err(ProjectionError::BegunAnew),
        })
        .await
    }

    /// Deletes articles seen before this time, at most a few thousand in one call. Returns how many.
    pub(crate) async fn expire(&self, before: UnixMillis) -> Answer<usize> {
        self.write(move |connection| apply::expire(connection, before)).await
    }

    /// Empties the tables that a stream fills, so that they are filled from its beginning again.
    pub(crate) async fn begin_anew(&self, stream: &'static str) -> Answer<()> {
        self.write(move |connection| apply::begin_anew(connection, stream)).await
    }

    /// The result of looking for an id or a prefix. Merged stories and events give what they were merged
    /// into.
    pub(crate) async fn resolve_id<I: RowId>(&self, given: String) -> Answer<IdLookup<I>> {
        self.read(move |it| redirects::resolve_id(it, &given)).await
    }
}

/// A table of what is read: name, what is given, and the query. A search leaves some readers to others.
macro_rules! reads {
    ($($(#[$about:meta])* $name:ident($($given:ident: $type:ty),*) -> $answer:ty,
        $(search if $is_search:expr,)? |$connection:ident| $query:expr;)+) => {
        impl Projection {
            $($(#[$about])*
            pub(crate) async fn $name(&self, $($given: $type),*) -> Answer<$answer> {
                $(if $is_search {
                    return self.search(move |$connection| $query).await;
                })?
                self.read(move |$connection| $query).await
            })+
        }
    };
}

reads! {
    /// The events that match the filter, in its order.
    events(paging: Paging, filter: EventQuery) -> EventPage, search if filter != ListQuery::default(),
        |it| lists::event_list(it, &paging, &filter);
    /// Stories, the last changed first.
    stories(paging: Paging, filter: StoryQuery) -> StoryPage, search if filter != ListQuery::default(),
        |it| lists::story_list(it, &paging, &filter);
    /// Alerts, the last changed first; of one subscription if it is named.
    alerts(paging: Paging, filter: StoryQuery) -> AlertPage,
        search if filter != StoryQuery { subscription: filter.subscription.clone(), ..StoryQuery::default() },
        |it| alerts::alert_page(it, &paging, &filter);
    /// The stories of the events that match the filter, in the first pages of their list.
    openings_matching(filter: EventQuery) -> Vec<Opening>, search if true, |it| openings::matching(it, &filter);
    /// The newest stories and these, each with the feed that it came from if that is one of these. The
    /// last that came is the first.
    openings(feeds: Vec<FeedId>, and: Vec<StoryId>) -> Vec<Opening>, search if true,
        |it| openings::newest(it, &feeds, &and);
    /// The outlets or agencies that reprint each other since a moment, those with the most copies first.
    report(by: ReportBy, since: Moment) -> Vec<ReportRow>, search if true, |it| report::rows(it, by, since);
    /// The last stored version of an item, by the same authority.
    last_of_item(of: AboutArticle) -> Option<ArticleId>, |it| articles::last_of_item(it, &of);
    /// The last message of a stream that was applied. Its sequence is 0 if none was.
    reached(stream: &'static str) -> Position, |it| apply::reached(it, stream);
    /// An event with a page of its stories.
    event(id: EventId, paging: Paging) -> Option<Event>, |it| stories::one_event(it, id, &paging);
    /// At most this many articles of an event, the first seen first, and how many more there are.
    articles_of_event(event: EventId, most: usize) -> (Vec<LoggedArticle>, u32),
        |it| articles::of_event_first(it, event, First::Seen, most);
    /// At most this many articles of an event that had been folded at a time, the first seen first, and how many more.
    articles_at_time(event: EventId, time: UnixMillis, most: usize) -> (Vec<LoggedArticle>, u32),
        |it| articles::of_event_at_time(it, event, time, most);
    /// The event, its stories and all that were merged into them; and the commands that changed it.
    about_event(event: EventId) -> (BTreeSet<Target>, BTreeSet<String>), |it| alerts::about_event(it, event);
    /// At most this many articles of an event if one of them has a note, and how many more there are.
    noted(event: EventId, most: usize) -> (Vec<LoggedArticle>, u32),
        |it| articles::of_event_first(it, event, First::Noted, most);
    /// A story with a page of its articles.
    story(id: StoryId, paging: Paging) -> Option<Story>, |it| stories::one_story(it, id, &paging);
    /// An event for its page.
    event_on_page(id: EventId, bounds: Bounds) -> Option<EventOnPage>,
        |it| stories::event_on_page(it, id, bounds);
    /// A story for its page: with its lead and its first articles.
    story_on_page(id: StoryId, most: usize) -> Option<StoryWithArticles>,
        |it| stories::story_on_page(it, id, most);
    /// These stories, each with its first articles.
    with_first_articles(stories: Vec<StoryBrief>, most: usize) -> Vec<StoryWithArticles>,
        |it| stories::with_first(it, stories, most);
    /// A story without its articles.
    story_brief(id: StoryId) -> Option<StoryBrief>, |it| stories::read_story(it, id);
    /// The first stories of an event without their articles.
    stories_of_event(id: EventId, most: usize) -> Vec<StoryBrief>, |it| stories::of_event(it, &id, most);
    /// These stories without their articles. Deleted ones are skipped.
    these_briefs(ids: Vec<StoryId>) -> Vec<StoryBrief>, |it| stories::these_briefs(it, &ids);
    /// These articles with their places in the output. Unknown ones are left out.
    articles(ids: Vec<ArticleId>) -> Vec<LoggedArticle>, |it| articles::these(it, &ids);
    /// The newest versions of these articles with their places in the output. Unknown ones are left out.
    newest(ids: Vec<ArticleId>) -> Vec<LoggedArticle>, |it| articles::newest(it, &ids);
    /// The articles behind a link, the newest version first.
    articles_at(url: String) -> Vec<ArticleBrief>, |it| articles::at(it, &url);
    /// A feed's articles that are not copies, the last seen first.
    originals_of(feed: FeedId, paging: Paging) -> Vec<LoggedArticle>,
        |it| articles::originals_of(it, &feed, &paging);
    /// The stories of each of these events, the first seen first.
    openings_of(events: Vec<EventId>) -> HashMap<EventId, Vec<Opening>>, |it| openings::of_events(it, &events);
    /// The stories with these numbers.
    openings_numbered(numbers: Vec<u64>) -> Vec<Opening>, |it| openings::numbered(it, &numbers);
    /// When the article that came last was stored, in milliseconds.
    last_arrival() -> i64, |it| openings::last_arrival(it);
    /// The outcome of a command; `None` before the decision.
    command(id: String) -> Option<OutputCommand>, |it| alerts::one_command(it, &id);
    /// The ids of the alerts with this id or prefix; at most ten.
    resolve_alert(given: String) -> Vec<String>, |it| alerts::resolve_alert(it, &given);
    /// The ids of the alerts about these events and stories.
    alerts_about(targets: Vec<Target>) -> Vec<AlertId>, |it| alerts::alerts_about(it, &targets);
    /// The events that alerts are about, except those of these subscriptions alone; commands at these times change them.
    alerted(not_kept: Vec<String>, commands: Vec<(Timestamp, Target)>) -> Vec<Alerted>,
        |it| alerts::alerted(it, &not_kept, &commands);
    /// The alerts of a subscription that list an article: it may have joined that of another event.
    alerts_with(subscription: String, article: ArticleId, seen: UnixMillis) -> Vec<AlertId>,
        |it| alerts::alerts_with(it, &subscription, article, seen);
    /// The last revision of an alert.
    alert(id: String) -> Option<wirefold_proto::Alert>, |it| alerts::one_alert(it, &id);
    /// Subscriptions with the numbers of their alerts.
    count_for(records: Vec<SubscriptionRecord>) -> Vec<SubscriptionRecord>, |it| alerts::count_for(it, records);
    /// The numbers since this time, and in all.
    numbers(since: UnixMillis) -> Numbers, |it| alerts::numbers(it, since);
    /// The number of stored articles.
    #[cfg(test)]
    article_count() -> u64, |it| alerts::article_count(it);
}

/// The most readers at one time. Others wait.
const READERS: usize = 4;
/// How many of the readers may search or filter, so that other reads are never blocked by searches.
const SEARCHES: usize = 2;

/// How the connections are shared.
impl Projection {
    /// Runs blocking work with the writing connection.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let it = self.clone();
        #[cfg(test)]
        self.fails()?;
        let run = move || {
            // If a transaction panicked, it was rolled back, and the connection is usable.
            let mut writer = it.writer.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = work(&mut writer);
            if open::is_damaged(&answer) {
                it.replace_file(&mut writer)?;
            }
            answer
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }

    /// Puts a damaged file aside and creates another, which is filled from the streams.
    fn replace_file(&self, writer: &mut Connection) -> Answer<()> {
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
    async fn search<T: Send + 'static>(
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
    async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        let turn = self.readers.clone().acquire_owned().await;
        let it = self.clone();
        let run = move || {
            let _turn = turn;
            let (generation, mut connection) = it.reader()?;
            let answer = {
                let snapshot = connection.transaction()?;
                ask(&snapshot)
            };
            if open::is_damaged(&answer) {
                drop(connection);
                let mut writer = it.writer.lock().unwrap_or_else(PoisonError::into_inner);
                // Another reader may have found the damage already.
                if it.generation() == generation {
                    it.replace_file(&mut writer)?;
                }
            } else {
                it.idle().push((generation, connection));
            }
            answer
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| ProjectionError::Ending)?
    }

    /// A reading connection, and the generation of its file.
    fn reader(&self) -> Answer<(u64, Connection)> {
        let generation = self.generation();
        let mut idle = self.idle();
        idle.retain(|(of, _)| *of == generation);
        let kept = idle.pop();
        drop(idle);
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
        let pool = Projection::open(folder.path()).unwrap();
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
