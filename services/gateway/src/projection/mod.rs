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
mod commands;
mod event_bodies;
mod event_filter;
mod event_list;
mod events;
mod expire;
mod hour;
mod ids;
mod inspect;
mod keyphrases;
mod narrowed;
mod on_page;
mod open;
mod paging;
mod pool;
mod redirects;
mod schema;
mod search;
mod stories;
mod story_filter;
mod story_list;
mod upgrade;

use std::path::Path;

use rusqlite::Connection;
use thiserror::Error;
use wirefold_flow::{Position, UnixMillis};
use wirefold_proto::{
    AboutArticle, ArticleId, EventId, FeedId, OutputArticle, OutputCommand, StoryId,
    SubscriptionId, SubscriptionRecord,
};

use crate::noted_article::InStory;
use crate::shapes::{
    AlertPage, ArticleBrief, ArticleDetail, Event, EventPage, Statements, Story, StoryBrief,
    StoryPage, StoryWithArticles,
};

pub(crate) use apply::{Batch, Change, lead};
use event_bodies::First;
pub(crate) use event_filter::{EventFilter, EventSort};
pub(crate) use hour::Numbers;
pub(crate) use ids::{Kind, Meaning};
pub use inspect::faults_of_projection;
pub(crate) use on_page::{Bounds, EventOnPage};
pub(crate) use open::FILE;
pub(crate) use paging::Paging;
use pool::Pool;
pub(crate) use story_filter::StoryFilter;

/// Why the projection does not answer.
#[derive(Debug, Error)]
pub enum ProjectionError {
    /// SQLite says no: free some room on the disk, or delete the file.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The folder cannot be used: mend its rights.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A row holds what this release does not write: delete the file.
    #[error("a row cannot be read: {0}")]
    Row(String),
    /// The file is another program's.
    #[error("not a projection")]
    Version,
    /// The file was damaged and begun anew meanwhile: what was read is to be read again.
    #[error("the tables are being rebuilt")]
    BegunAnew,
    /// The work was dropped because the program ends.
    #[error("the program is ending")]
    Ending,
}

/// What the output stream says, in tables.
#[derive(Clone)]
pub(crate) struct Projection {
    pool: Pool,
}

type Answer<T> = Result<T, ProjectionError>;

impl Projection {
    /// Opens the file in this folder, or begins one.
    pub(crate) fn open(folder: &Path) -> Answer<Self> {
        let writer = open::connect(folder)?;
        Ok(Self { pool: Pool::new(writer, folder.join(FILE)) })
    }

    /// Puts the file in this folder aside, so that the next opening begins anew.
    pub(crate) fn put_aside(folder: &Path) -> Answer<()> {
        Ok(open::put_aside(&folder.join(FILE))?)
    }

    /// Removes the file in this folder, and those that were put aside.
    pub(crate) fn remove(folder: &Path) -> Answer<()> {
        Ok(open::remove(folder)?)
    }

    /// So many of the next writes fail as on a disk that takes nothing.
    #[cfg(test)]
    pub(crate) fn fail(&self, writes: u32) {
        self.pool.failing.store(writes, std::sync::atomic::Ordering::Relaxed);
    }

    /// How often the file was begun anew because it turned out to be damaged.
    pub(crate) fn generation(&self) -> u64 {
        self.pool.generation()
    }

    /// Puts the changes in, with the place in their stream, in one transaction.
    pub(crate) async fn apply(&self, batch: Batch) -> Answer<()> {
        self.pool.write(move |connection| apply::apply(connection, &batch)).await
    }

    /// The same, if the file is still that of this generation: in another the messages before them are missing.
    pub(crate) async fn apply_into(&self, generation: u64, batch: Batch) -> Answer<()> {
        self.pool.write_into(generation, move |connection| apply::apply(connection, &batch)).await
    }

    /// Drops what was seen before this time; says how many articles, at most a few thousand a
    /// call.
    pub(crate) async fn expire(&self, before: UnixMillis) -> Answer<usize> {
        self.pool.write(move |connection| expire::expire(connection, before)).await
    }

    /// The sequence up to which a stream is in the tables; 0 where nothing is.
    pub(crate) async fn applied_sequence(&self, stream: &'static str) -> Answer<u64> {
        self.read(move |connection| apply::applied_sequence(connection, stream)).await
    }

    /// The last message of a stream that is in the tables.
    pub(crate) async fn reached(&self, stream: &'static str) -> Answer<Position> {
        self.read(move |connection| apply::reached(connection, stream)).await
    }

    /// Empties the tables that a stream fills, so that they are filled from what it holds now.
    pub(crate) async fn begin_anew(&self, stream: &'static str) -> Answer<()> {
        self.pool.write(move |connection| apply::begin_anew(connection, stream)).await
    }

    /// Events as the filter asks for them, in its order.
    pub(crate) async fn events(&self, paging: Paging, filter: EventFilter) -> Answer<EventPage> {
        let is_search = filter != EventFilter::default();
        let ask = move |connection: &Connection| event_list::page(connection, &paging, &filter);
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// An event with a page of its stories.
    pub(crate) async fn event(&self, id: EventId, paging: Paging) -> Answer<Option<Event>> {
        self.read(move |connection| events::one(connection, id, &paging)).await
    }

    /// What the articles of an event say and count.
    pub(crate) async fn statements(&self, event: EventId) -> Answer<Statements> {
        self.read(move |connection| {
            let most = crate::statements::MOST_ARTICLES;
            let (articles, unread) = event_bodies::of_event(connection, event, First::Seen, most)?;
            Ok(crate::statements::statements(&articles, unread))
        })
        .await
    }

    /// At most so many articles of an event where one of them has a note, and how many more there are.
    pub(crate) async fn noted(&self, event: EventId, most: usize) -> Answer<(Vec<InStory>, u32)> {
        self.read(move |connection| event_bodies::of_event(connection, event, First::Noted, most))
            .await
    }

    /// Stories, the last changed first.
    pub(crate) async fn stories(&self, paging: Paging, filter: StoryFilter) -> Answer<StoryPage> {
        let is_search = filter != StoryFilter::default();
        let ask = move |connection: &Connection| story_list::page(connection, &paging, &filter);
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// A story with a page of its articles.
    pub(crate) async fn story(&self, id: StoryId, paging: Paging) -> Answer<Option<Story>> {
        self.read(move |connection| stories::one(connection, id, &paging)).await
    }

    /// Stories, each with at most so many of its articles, the last changed first: what feeds are made of.
    pub(crate) async fn latest_stories(
        &self,
        paging: Paging,
        words: Option<String>,
        most: usize,
    ) -> Answer<Vec<StoryWithArticles>> {
        let is_search = words.is_some();
        let ask = move |connection: &Connection| {
            let stories = story_list::latest(connection, &paging, words.as_deref())?;
            on_page::with_first(connection, stories, most)
        };
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// An event as its page shows it.
    pub(crate) async fn event_on_page(
        &self,
        id: EventId,
        bounds: Bounds,
    ) -> Answer<Option<EventOnPage>> {
        self.read(move |connection| on_page::event(connection, id, bounds)).await
    }

    /// A story as its page shows it: with its lead and the first so many of its articles.
    pub(crate) async fn story_on_page(
        &self,
        id: StoryId,
        most: usize,
    ) -> Answer<Option<StoryWithArticles>> {
        self.read(move |connection| on_page::story(connection, id, most)).await
    }

    /// These stories, each with at most so many of its articles.
    pub(crate) async fn with_first_articles(
        &self,
        stories: Vec<StoryBrief>,
        most: usize,
    ) -> Answer<Vec<StoryWithArticles>> {
        self.read(move |connection| on_page::with_first(connection, stories, most)).await
    }

    /// The stories in which these articles are now; those that are none here are left out.
    pub(crate) async fn stories_of(&self, ids: Vec<ArticleId>) -> Answer<Vec<StoryId>> {
        self.read(move |connection| articles::stories_of(connection, &ids)).await
    }

    /// A story without its articles.
    pub(crate) async fn story_brief(&self, id: StoryId) -> Answer<Option<StoryBrief>> {
        self.read(move |connection| stories::shown(connection, id)).await
    }

    /// The first stories of an event without their articles.
    pub(crate) async fn stories_of_event(
        &self,
        id: EventId,
        most: usize,
    ) -> Answer<Vec<StoryBrief>> {
        self.read(move |connection| stories::of_event(connection, &id, most)).await
    }

    /// These stories without their articles; those that are no more are left out.
    pub(crate) async fn these_briefs(&self, ids: Vec<StoryId>) -> Answer<Vec<StoryBrief>> {
        self.read(move |connection| stories::these_briefs(connection, &ids)).await
    }

    /// An article with everything known of it; its text as far as it stands in the output.
    pub(crate) async fn article(&self, id: ArticleId) -> Answer<Option<ArticleDetail>> {
        self.read(move |connection| articles::one(connection, id)).await
    }

    /// The articles behind a link, the newest version first.
    pub(crate) async fn articles_at(&self, url: String) -> Answer<Vec<ArticleBrief>> {
        self.read(move |connection| articles::at(connection, &url)).await
    }

    /// A feed's articles that are no copies, the last seen first.
    pub(crate) async fn originals_of(
        &self,
        feed: FeedId,
        paging: Paging,
    ) -> Answer<Vec<OutputArticle>> {
        self.read(move |connection| articles::originals_of(connection, &feed, &paging)).await
    }

    /// The last version of an item that stands here, by the same authority.
    pub(crate) async fn last_of_item(&self, of: &AboutArticle) -> Answer<Option<ArticleId>> {
        let (outlet, item) = (of.outlet.clone(), of.item_key.clone());
        let via = of.via.clone();
        self.read(move |connection| {
            articles::last_of_item(connection, &outlet, via.as_ref(), &item)
        })
        .await
    }

    /// What came of a command; none before it was decided on.
    pub(crate) async fn command(&self, id: String) -> Answer<Option<OutputCommand>> {
        self.read(move |connection| commands::one(connection, &id)).await
    }

    /// Alerts, the last changed first; of one subscription where it is named.
    pub(crate) async fn alerts(
        &self,
        paging: Paging,
        subscription: Option<SubscriptionId>,
    ) -> Answer<AlertPage> {
        self.read(move |connection| alerts::page(connection, &paging, subscription.as_ref())).await
    }

    /// The ids of the alerts that an id, or the beginning of one, means; at most ten.
    pub(crate) async fn alert_meaning(&self, given: String) -> Answer<Vec<String>> {
        self.read(move |connection| alerts::meaning(connection, &given)).await
    }

    /// The last revision of an alert.
    pub(crate) async fn alert(&self, id: String) -> Answer<Option<wirefold_proto::Alert>> {
        self.read(move |connection| alerts::one(connection, &id)).await
    }

    /// Subscriptions with the numbers of their alerts.
    pub(crate) async fn count_for(
        &self,
        records: Vec<SubscriptionRecord>,
    ) -> Answer<Vec<SubscriptionRecord>> {
        self.read(move |connection| alerts::count_for(connection, records)).await
    }

    /// What was seen from this time on, counted, and everything; the time of alerts is theirs.
    pub(crate) async fn numbers(&self, since: UnixMillis) -> Answer<Numbers> {
        self.read(move |connection| hour::numbers(connection, since)).await
    }

    /// How many articles stand here.
    #[cfg(test)]
    pub(crate) async fn article_count(&self) -> Answer<u64> {
        self.read(hour::article_count).await
    }

    /// What an id, or the first digits of one, means. Merged stories and events mean what they
    /// became.
    pub(crate) async fn meaning(&self, kind: Kind, given: String) -> Answer<Meaning> {
        self.read(move |connection| ids::meaning(connection, kind, &given)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.pool.read(ask).await
    }
}
