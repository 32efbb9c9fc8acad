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
mod row_id;
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
pub(crate) use ids::IdLookup;
pub use inspect::faults_of_projection;
pub(crate) use on_page::{Bounds, EventOnPage};
pub(crate) use open::FILE;
pub(crate) use paging::Paging;
use pool::Pool;
pub(crate) use row_id::RowId;
pub(crate) use story_filter::StoryFilter;

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
        self.pool.failing.store(writes, std::sync::atomic::Ordering::Relaxed);
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
        self.pool.write(move |connection| expire::expire(connection, before)).await
    }

    /// The sequence up to which a stream has been applied; 0 if nothing was.
    pub(crate) async fn applied_sequence(&self, stream: &'static str) -> Answer<u64> {
        self.read(move |connection| apply::applied_sequence(connection, stream)).await
    }

    /// The last message of a stream that was applied.
    pub(crate) async fn reached(&self, stream: &'static str) -> Answer<Position> {
        self.read(move |connection| apply::reached(connection, stream)).await
    }

    /// Empties the tables that a stream fills, so that they are filled from its beginning again.
    pub(crate) async fn begin_anew(&self, stream: &'static str) -> Answer<()> {
        self.pool.write(move |connection| apply::begin_anew(connection, stream)).await
    }

    /// The events that match the filter, in its order.
    pub(crate) async fn events(&self, paging: Paging, filter: EventFilter) -> Answer<EventPage> {
        let is_search = filter != EventFilter::default();
        let ask = move |connection: &Connection| event_list::page(connection, &paging, &filter);
        if is_search { self.pool.search(ask).await } else { self.read(ask).await }
    }

    /// An event with a page of its stories.
    pub(crate) async fn event(&self, id: EventId, paging: Paging) -> Answer<Option<Event>> {
        self.read(move |connection| events::one(connection, id, &paging)).await
    }

    /// The statements of an event.
    pub(crate) async fn statements(&self, event: EventId) -> Answer<Statements> {
        self.read(move |connection| {
            let most = crate::statements::MOST_ARTICLES;
            let (articles, unread) = event_bodies::of_event(connection, event, First::Seen, most)?;
            Ok(crate::statements::statements(&articles, unread))
        })
        .await
    }

    /// At most this many articles of an event if one of them has a note, and how many more there are.
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

    /// Stories, each with its first articles, the last changed first: the content of feeds.
    pub(crate) async fn latest_stories(
        &self,
        paging: Paging,
        words: Option<String>,
        most: usize,
    ) -> Answer<Vec<StoryWithArticles>> {
        let is_search = words.is_some();
        let ask = move |connection: &Connection| {
            let stories = story_list::read_latest(connection, &paging, words.as_deref())?;
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
        self.read(move |connection| on_page::event(connection, id, bounds)).await
    }

    /// A story for its page: with its lead and its first articles.
    pub(crate) async fn story_on_page(
        &self,
        id: StoryId,
        most: usize,
    ) -> Answer<Option<StoryWithArticles>> {
        self.read(move |connection| on_page::story(connection, id, most)).await
    }

    /// These stories, each with its first articles.
    pub(crate) async fn with_first_articles(
        &self,
        stories: Vec<StoryBrief>,
        most: usize,
    ) -> Answer<Vec<StoryWithArticles>> {
        self.read(move |connection| stories::with_first(connection, stories, most)).await
    }

    /// The current stories of these articles. Unknown articles are skipped.
    pub(crate) async fn stories_of(&self, ids: Vec<ArticleId>) -> Answer<Vec<StoryId>> {
        self.read(move |connection| articles::stories_of(connection, &ids)).await
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

    /// An article with everything stored about it, and its text as far as the output has it.
    pub(crate) async fn article(&self, id: ArticleId) -> Answer<Option<ArticleDetail>> {
        self.read(move |connection| articles::one(connection, id)).await
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
    ) -> Answer<Vec<OutputArticle>> {
        self.read(move |connection| articles::originals_of(connection, &feed, &paging)).await
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
        self.read(move |connection| commands::one(connection, &id)).await
    }

    /// Alerts, the last changed first; of one subscription if it is named.
    pub(crate) async fn alerts(
        &self,
        paging: Paging,
        subscription: Option<SubscriptionId>,
    ) -> Answer<AlertPage> {
        self.read(move |connection| alerts::page(connection, &paging, subscription.as_ref())).await
    }

    /// The ids of the alerts with this id or prefix; at most ten.
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

    /// The numbers since this time, and in all.
    pub(crate) async fn numbers(&self, since: UnixMillis) -> Answer<Numbers> {
        self.read(move |connection| hour::numbers(connection, since)).await
    }

    /// The number of stored articles.
    #[cfg(test)]
    pub(crate) async fn article_count(&self) -> Answer<u64> {
        self.read(hour::article_count).await
    }

    /// The result of looking for an id or a prefix. Merged stories and events give what they were merged
    /// into.
    pub(crate) async fn meaning<I: RowId>(&self, given: String) -> Answer<IdLookup<I>> {
        self.read(move |connection| ids::meaning(connection, &given)).await
    }

    async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Answer<T> + Send + 'static,
    ) -> Answer<T> {
        self.pool.read(ask).await
    }
}
