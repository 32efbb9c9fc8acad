//! Lists of events and stories: by time, by rank, and by words. Each page reads a limited number of rows and
//! says where the next page continues, so its cost does not depend on the number of stored rows.

use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Tag, streams};

use crate::projection::filter::{
    BLOCK, Cursor, EventQuery, EventSort, ListQuery, MarkFilter, OF_EVENTS, OF_STORIES, StoryQuery,
};
use crate::projection::stories::{
    EVENT_COLUMNS, EVENT_SHOWN, EventRow, STORIES, STORY_COLUMNS, STORY_SHOWN, StoryRow, briefs,
    event_brief,
};
use crate::projection::{Answer, apply};
use crate::shapes::{EventPage, LookedAt, LookedThrough, StoryBrief, StoryPage};

/// The most rows of a page.
pub(crate) const MOST: usize = 200;

/// A requested page. Rows are ordered by a time and an id, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paging {
    limit: Option<usize>,
    after: Option<Cursor>,
}

impl Paging {
    /// The first page, with this limit.
    pub(crate) fn first(limit: usize) -> Self {
        Self { limit: Some(limit), after: None }
    }

    /// The page after this cursor, or the first one.
    pub(crate) fn new(limit: Option<usize>, after: Option<Cursor>) -> Self {
        Self { limit, after }
    }

    /// The number of rows, from 1 to 200; 50 by default.
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, MOST)
    }

    /// The row before this page. Without a cursor it comes before every row.
    pub(super) fn after(&self) -> Cursor {
        self.after.clone().unwrap_or_else(Cursor::before_all)
    }

    /// Whether the row of this cursor comes after the row before this page.
    pub(crate) fn is_after(&self, row: &Cursor) -> bool {
        let after = self.after();
        (row.time, &row.id) < (after.time, &after.id)
    }

    /// The same for rows in the opposite order, the first seen first.
    pub(super) fn after_first(&self) -> Cursor {
        self.after.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() })
    }

    /// Cuts rows to the limit, of which one more was read. Returns the cursor if more rows follow.
    pub(crate) fn cut<T>(
        &self,
        rows: &mut Vec<T>,
        cursor: impl Fn(&T) -> Cursor,
    ) -> Option<String> {
        if rows.len() <= self.limit() {
            return None;
        }
        rows.truncate(self.limit());
        rows.last().map(|row| cursor(row).to_string())
    }
}

impl<S: Default + PartialEq> ListQuery<S> {
    /// Takes the requested page out of it.
    pub(crate) fn take_paging(&mut self) -> Paging {
        Paging::new(self.limit.take(), self.cursor.take())
    }
}

/// A time in SQLite's form.
pub(super) fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

/// The most rows in the order of time that one page reads.
pub(super) const SCAN: usize = if cfg!(test) { 50 } else { 4_000 };
/// The most events with several articles that are ranked: those that changed last.
pub(super) const RANKED: usize = if cfg!(test) { 20 } else { 2_000 };

/// The rows of one page of a list.
pub(super) struct Found<T> {
    pub(super) rows: Vec<T>,
    /// The cursor of the next page.
    pub(super) next: Option<String>,
    /// How far the page looked, if it did not look at everything.
    pub(super) looked_through: Option<LookedThrough>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self { rows: Vec::new(), next: None, looked_through: None }
    }
}

impl<T> Found<T> {
    /// Cuts rows to the limit, of which one more was read.
    pub(super) fn cut(mut rows: Vec<T>, paging: &Paging, cursor: impl Fn(&T) -> Cursor) -> Self {
        Self { next: paging.cut(&mut rows, cursor), rows, looked_through: None }
    }

    /// The same rows with the cursor of their block.
    pub(super) fn in_block(self, block: &Block) -> Self {
        let looked_through = block
            .has_next()
            .then_some(LookedThrough { what: LookedAt::ArticlesWithTheWords, count: BLOCK as u32 });
        Self { rows: self.rows, next: block.cursor(self.next), looked_through }
    }

    /// Cuts the rows of a scan. Without more of them, the next page begins at the end of the scan.
    pub(super) fn of_scan(
        (rows, end): (Vec<T>, Option<Cursor>),
        paging: &Paging,
        what: LookedAt,
        cursor: impl Fn(&T) -> Cursor,
    ) -> Self {
        let found = Self::cut(rows, paging, cursor);
        let Some(end) = end.filter(|_| found.next.is_none()) else { return found };
        let looked_through = Some(LookedThrough { what, count: SCAN as u32 });
        Self { rows: found.rows, next: Some(end.to_string()), looked_through }
    }
}

/// Reads rows. A statement may use only some of the named values.
pub(super) fn rows<T>(
    connection: &Connection,
    statement: &str,
    values: &[(&str, &dyn ToSql)],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Answer<Vec<T>> {
    let mut statement = connection.prepare_cached(statement)?;
    let is_named = |name: &str| statement.parameter_index(name).is_ok_and(|it| it.is_some());
    let named: Vec<(&str, &dyn ToSql)> =
        values.iter().copied().filter(|(name, _)| is_named(name)).collect();
    Ok(statement.query_map(&named[..], read)?.collect::<rusqlite::Result<_>>()?)
}

/// The newest articles with all the words, at most [`BLOCK`].
pub(super) struct Block {
    /// Their keys, as a JSON list.
    pub(super) keys: String,
    /// The start of the next block, if there is one.
    next: Option<i64>,
    /// The start of this block.
    through: i64,
}

impl Block {
    /// Reads the block of a page.
    pub(super) fn read(connection: &Connection, words: &str, through: i64) -> Answer<Self> {
        let ask = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid <= ?2
            ORDER BY rowid DESC LIMIT ?3";
        let keys = connection
            .prepare_cached(ask)?
            .query_map(params![words, through, BLOCK as i64], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        let next = keys.last().filter(|_| keys.len() == BLOCK).map(|last| last - 1);
        let keys: Vec<String> = keys.iter().map(i64::to_string).collect();
        Ok(Self { keys: format!("[{}]", keys.join(",")), next, through })
    }

    /// Whether there may be older articles with the words.
    fn has_next(&self) -> bool {
        self.next.is_some()
    }

    /// The cursor after a page: in the same block if it has more, otherwise in the next block.
    fn cursor(&self, next_on_page: Option<String>) -> Option<String> {
        match next_on_page {
            Some(cursor) => Some(format!("{cursor}.{}", self.through)),
            None => self.next.map(|next| format!("{}.{next}", Cursor::before_all())),
        }
    }
}

/// Splits a cursor of a search into the last row and the start of its block.
pub(super) fn split_cursor(after: Cursor) -> (Cursor, i64) {
    let parts = after.id.rsplit_once('.').and_then(|(id, key)| Some((id, key.parse().ok()?)));
    match parts {
        Some((id, through)) => (Cursor { time: after.time, id: id.to_owned() }, through),
        None => (after, i64::MAX),
    }
}

/// A list in the order of time. If it is filtered, one page looks at [`SCAN`] rows.
pub(super) struct Scan<'a> {
    pub(super) columns: &'a str,
    pub(super) table: &'a str,
    /// The column with the time.
    pub(super) time: &'a str,
    /// The rows after `:after` and `:id`.
    pub(super) which: &'a str,
    pub(super) conditions: &'a str,
    /// The condition on every row. It comes last, since it may cost most.
    pub(super) shown: &'a str,
}

impl Scan<'_> {
    /// Reads the rows of one page, and the last row that it may look at if there are more. `own` are further values.
    pub(super) fn rows<T, S: Default + Clone + PartialEq>(
        &self,
        connection: &Connection,
        asked: (&Paging, &Cursor, &ListQuery<S>),
        own: &[(&str, &dyn ToSql)],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Answer<(Vec<T>, Option<Cursor>)> {
        let Self { columns, table, time, which, conditions, shown } = self;
        let order = format!("ORDER BY {time} DESC, id DESC LIMIT");
        let mut end = None;
        if !conditions.is_empty() {
            let skipped = SCAN - 1;
            let ask =
                format!("SELECT {time}, id FROM {table} WHERE {which} {order} 1 OFFSET {skipped}");
            let cursor = |row: &Row<'_>| Ok(Cursor { time: row.get(0)?, id: row.get(1)? });
            end = filtered_rows(connection, &ask, asked, &[], cursor)?.pop();
        }
        let last = end.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() });
        // The last row bounds the scan, so that it ends when the page is full.
        let ask = format!(
            "SELECT {columns} FROM {table} WHERE {which} AND ({time}, id) >= (:last, :last_id)
            {conditions} AND {shown} {order} :limit"
        );
        let bound: [(&str, &dyn ToSql); 2] = [(":last", &last.time), (":last_id", &last.id)];
        Ok((filtered_rows(connection, &ask, asked, &[own, &bound[..]].concat(), read)?, end))
    }
}

/// Events without a rank come after all others, the last changed first: this much is subtracted from their
/// time.
const SINGLE: i64 = 1 << 60;
/// The last change of all events, and two days before it.
const TWO_DAYS: &str = "changed > (SELECT max(changed) FROM events) - 172800000";

/// A row with its sort key.
type SortedRow = (EventRow, i64);
type FoundEvents = Found<SortedRow>;

pub(super) fn event_list(
    connection: &Connection,
    paging: &Paging,
    filter: &EventQuery,
) -> Answer<EventPage> {
    let sequence = apply::reached(connection, streams::OUTPUT.name)?.sequence;
    let FoundEvents { rows, next, looked_through } =
        EventLookup { connection, paging, filter }.find()?;
    let event_brief = |(row, _): &SortedRow| event_brief(connection, row, STORIES).transpose();
    let events = rows.iter().filter_map(event_brief).collect::<Answer<_>>()?;
    Ok(EventPage { schema: Tag::new(), events, next, looked_through, sequence })
}

/// The most pages of a list whose events are marked at once.
const PAGES: usize = 50;

/// The ids of the events on the first pages of a list.
pub(super) fn first_events(connection: &Connection, filter: &EventQuery) -> Answer<Vec<String>> {
    let (mut events, mut paging) = (Vec::new(), Paging::first(MOST));
    for _ in 0..PAGES {
        let found = EventLookup { connection, paging: &paging, filter }.find()?;
        events.extend(found.rows.into_iter().map(|(row, _)| row.id));
        let Some(next) = found.next else { break };
        paging.after = next.parse().ok();
    }
    Ok(events)
}

/// A list that is requested, and the connection.
#[derive(Clone, Copy)]
struct EventLookup<'a> {
    connection: &'a Connection,
    paging: &'a Paging,
    filter: &'a EventQuery,
}

impl EventLookup<'_> {
    fn find(self) -> Answer<FoundEvents> {
        match self.filter.typed().as_deref() {
            Some("") => Ok(FoundEvents::default()),
            Some(words) => self.by_words(words),
            None if self.filter.sort == EventSort::Newest => self.by_time(),
            None => self.by_rank(),
        }
    }

    /// Events of the newest articles with the words, and then those of older articles.
    fn by_words(self, words: &str) -> Answer<FoundEvents> {
        let (after, through) = split_cursor(self.paging.after());
        let block = Block::read(self.connection, words, through)?;
        let (key, conditions) = (self.filter.sort.key(), self.filter.conditions(&OF_EVENTS));
        let recent = self.in_two_days() + &self.filter.times("changed");
        let ask = format!(
            "WITH found AS MATERIALIZED (
                SELECT {EVENT_COLUMNS}, {key} AS sorted FROM events WHERE id IN (
                    SELECT event FROM event_articles
                    WHERE article IN (SELECT value FROM json_each(:block)))
                AND {EVENT_SHOWN}{recent}{conditions}
            )
            SELECT * FROM found WHERE (sorted, id) < (:after, :id)
            ORDER BY sorted DESC, id DESC LIMIT :limit"
        );
        let rows = self.rows(&ask, &after, &[(":block", &block.keys)])?;
        Ok(FoundEvents::cut(rows, self.paging, event_cursor).in_block(&block))
    }

    /// By the last change.
    fn by_time(self) -> Answer<FoundEvents> {
        let times = self.filter.times("changed");
        let which = format!("(changed, id) < (:after, :id){times}");
        self.narrowed(Vec::new(), &which, &self.paging.after(), 0)
    }

    /// Events with several articles, by rank, and then the others, by the last change.
    fn by_rank(self) -> Answer<FoundEvents> {
        let after = self.paging.after();
        let mut rows = Vec::new();
        let mut looked_through = None;
        let ranked = self.ranked_since()?;
        if after.time >= 0 {
            let (key, conditions) = (self.filter.sort.key(), self.filter.conditions(&OF_EVENTS));
            let times = self.filter.times("changed");
            let ask = format!(
                "WITH ranked AS MATERIALIZED (
                    SELECT {EVENT_COLUMNS}, {key} AS sorted FROM events
                    WHERE {EVENT_SHOWN} AND articles > 1 AND {TWO_DAYS}
                    AND changed > {}{times}{conditions}
                )
                SELECT * FROM ranked WHERE (sorted, id) < (:after, :id)
                ORDER BY sorted DESC, id DESC LIMIT :limit",
                ranked.unwrap_or(i64::MIN)
            );
            rows = self.rows(&ask, &after, &[])?;
            looked_through = ranked.map(|_| LookedThrough {
                what: LookedAt::EventsWithSeveralArticles,
                count: RANKED as u32,
            });
        }
        if let Some(next) = self.paging.cut(&mut rows, event_cursor) {
            return Ok(FoundEvents { rows, next: Some(next), looked_through });
        }
        let single = match after.time {
            0.. => Cursor::before_all(),
            time => Cursor { time: time.saturating_add(SINGLE), id: after.id },
        };
        let unranked = match ranked {
            Some(changed) => format!("(articles <= 1 OR changed <= {changed})"),
            None => "articles <= 1".to_owned(),
        };
        let which = format!(
            "{unranked} AND {TWO_DAYS} AND (changed, id) < (:after, :id){}",
            self.filter.times("changed")
        );
        let found = self.narrowed(rows, &which, &single, SINGLE)?;
        Ok(FoundEvents { looked_through: looked_through.or(found.looked_through), ..found })
    }

    /// Rows in the order of time that are filtered, up to the limit of one page. `off` is subtracted from
    /// their time.
    fn narrowed(
        self,
        mut rows: Vec<SortedRow>,
        which: &str,
        after: &Cursor,
        off: i64,
    ) -> Answer<FoundEvents> {
        let scan = Scan {
            columns: &format!("{EVENT_COLUMNS}, changed - {off} AS sorted"),
            table: "events",
            time: "changed",
            which,
            conditions: &self.filter.conditions(&OF_EVENTS),
            shown: EVENT_SHOWN,
        };
        let asked = (self.paging, after, self.filter);
        let (more, end) = scan.rows(self.connection, asked, &[], sorted_row)?;
        rows.extend(more);
        let end = end.map(|end| Cursor { time: end.time - off, ..end });
        Ok(Found::of_scan((rows, end), self.paging, LookedAt::Events, event_cursor))
    }

    /// The time since which events with several articles are ranked; `None` if all are.
    fn ranked_since(self) -> Answer<Option<i64>> {
        let ask = format!(
            "SELECT changed FROM events WHERE {EVENT_SHOWN} AND articles > 1 AND {TWO_DAYS}
            ORDER BY changed DESC LIMIT 1 OFFSET {RANKED}"
        );
        Ok(self.connection.prepare_cached(&ask)?.query_row([], |row| row.get(0)).optional()?)
    }

    fn in_two_days(self) -> String {
        match self.filter.sort {
            EventSort::Newest => String::new(),
            EventSort::Outlets | EventSort::Velocity => format!(" AND {TWO_DAYS}"),
        }
    }

    fn rows(self, ask: &str, after: &Cursor, own: &[(&str, &dyn ToSql)]) -> Answer<Vec<SortedRow>> {
        filtered_rows(self.connection, ask, (self.paging, after, self.filter), own, sorted_row)
    }
}

fn sorted_row(row: &Row<'_>) -> rusqlite::Result<SortedRow> {
    Ok((EventRow::of(row)?, row.get(8)?))
}

/// Reads rows of a filtered list after a cursor, one more than the page has. `own` are further values.
pub(super) fn filtered_rows<T, S: Default + Clone + PartialEq>(
    connection: &Connection,
    ask: &str,
    (paging, after, filter): (&Paging, &Cursor, &ListQuery<S>),
    own: &[(&str, &dyn ToSql)],
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Answer<Vec<T>> {
    let limit = paging.limit() as i64 + 1;
    let page: [(&str, &dyn ToSql); 3] =
        [(":after", &after.time), (":id", &after.id), (":limit", &limit)];
    let no_marks = MarkFilter::default();
    let values = filter.values(filter.marks.as_ref().unwrap_or(&no_marks));
    rows(connection, ask, &[&page[..], &values, own].concat(), read)
}

fn event_cursor((row, sorted): &SortedRow) -> Cursor {
    Cursor { time: *sorted, id: row.id.clone() }
}

pub(super) fn story_list(
    connection: &Connection,
    paging: &Paging,
    filter: &StoryQuery,
) -> Answer<StoryPage> {
    let Found { rows, next, looked_through } = find(connection, paging, filter)?;
    let stories = briefs(connection, &rows)?;
    let sequence = apply::reached(connection, streams::OUTPUT.name)?.sequence;
    Ok(StoryPage { schema: Tag::new(), stories, next, looked_through, sequence })
}

pub(super) fn read_latest(
    connection: &Connection,
    paging: &Paging,
    query: &StoryQuery,
) -> Answer<Vec<StoryBrief>> {
    briefs(connection, &find(connection, paging, query)?.rows)
}

fn find(connection: &Connection, paging: &Paging, filter: &StoryQuery) -> Answer<Found<StoryRow>> {
    let lookup = StoryLookup { connection, paging, filter };
    match filter.typed().as_deref() {
        Some("") => Ok(Found::default()),
        Some(words) => lookup.by_words(words),
        None => lookup.by_time(),
    }
}

/// A list that is requested, and the connection.
#[derive(Clone, Copy)]
struct StoryLookup<'a> {
    connection: &'a Connection,
    paging: &'a Paging,
    filter: &'a StoryQuery,
}

impl StoryLookup<'_> {
    /// Stories of the newest articles with the words, and then those of older articles.
    fn by_words(self, words: &str) -> Answer<Found<StoryRow>> {
        let (after, through) = split_cursor(self.paging.after());
        let block = Block::read(self.connection, words, through)?;
        let (times, conditions) = self.times_and_conditions();
        let ask = format!(
            "SELECT {STORY_COLUMNS} FROM stories WHERE key IN (
                SELECT its.story FROM event_articles AS its
                WHERE its.article IN (SELECT value FROM json_each(:block)))
            AND (changed, id) < (:after, :id){times}{conditions} AND {STORY_SHOWN}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        let rows = self.rows(&ask, &after, &[(":block", &block.keys)])?;
        Ok(Found::cut(rows, self.paging, story_cursor).in_block(&block))
    }

    /// By the last change.
    fn by_time(self) -> Answer<Found<StoryRow>> {
        let after = self.paging.after();
        let (times, conditions) = self.times_and_conditions();
        let scan = Scan {
            columns: STORY_COLUMNS,
            table: "stories",
            time: "changed",
            which: &format!("(changed, id) < (:after, :id){times}"),
            conditions: &conditions,
            shown: STORY_SHOWN,
        };
        let asked = (self.paging, &after, self.filter);
        let rows = scan.rows(self.connection, asked, &[], StoryRow::of)?;
        Ok(Found::of_scan(rows, self.paging, LookedAt::Stories, story_cursor))
    }

    fn times_and_conditions(self) -> (String, String) {
        (self.filter.times("changed"), self.filter.conditions(&OF_STORIES))
    }

    fn rows(self, ask: &str, after: &Cursor, own: &[(&str, &dyn ToSql)]) -> Answer<Vec<StoryRow>> {
        filtered_rows(self.connection, ask, (self.paging, after, self.filter), own, StoryRow::of)
    }
}

fn story_cursor(row: &StoryRow) -> Cursor {
    Cursor { time: row.changed, id: row.id.clone() }
}
