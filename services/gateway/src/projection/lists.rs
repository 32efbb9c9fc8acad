//! Lists of events and stories: by time, by rank, and by words. Each page reads a limited number of rows and
//! says where the next page continues, so its cost does not depend on the number of stored rows.

use rusqlite::{Connection, Row, ToSql};
use schemars::JsonSchema;
use serde::Deserialize;
use wirefold_flow::UnixMillis;
use wirefold_proto::{Tag, streams};

use crate::projection::filter::{
    BLOCK, CURSOR, Cursor, EventQuery, EventSort, ListQuery, MarkFilter, OF_EVENTS, OF_STORIES,
    StoryQuery,
};
use crate::projection::rows::{one, rows};
use crate::projection::stories::{
    EVENT_COLUMNS, EVENT_SHOWN, SHOWN_STORIES, STORY_COLUMNS, STORY_SHOWN, event_brief, story_brief,
};
use crate::projection::{Answer, apply};
use crate::shapes::{EventPage, LookedAt, LookedThrough, StoryPage};

/// The most rows of a page.
pub(crate) const MOST: usize = 200;

/// The query that selects a page of a list. Rows are ordered by a time and an id, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// The most rows of the page, 1 to 200; 50 by default.
    limit: Option<usize>,
    /// The `next` of the page before.
    #[schemars(with = "Option<String>", regex(pattern = CURSOR))]
    cursor: Option<Cursor>,
}

impl Paging {
    /// The first page, with this limit.
    pub(crate) fn first(limit: usize) -> Self {
        Self { limit: Some(limit), cursor: None }
    }

    /// The page after this cursor, or the first one.
    pub(crate) fn new(limit: Option<usize>, cursor: Option<Cursor>) -> Self {
        Self { limit, cursor }
    }

    /// The number of rows, from 1 to 200; 50 by default.
    pub(crate) fn limit(&self) -> usize {
        self.limit.unwrap_or(50).clamp(1, MOST)
    }

    /// The row before this page. Without a cursor it comes before every row.
    pub(super) fn after(&self) -> Cursor {
        self.cursor.clone().unwrap_or_else(Cursor::before_all)
    }

    /// Whether the row of this cursor comes after the row before this page.
    pub(crate) fn is_after(&self, row: &Cursor) -> bool {
        let after = self.after();
        (row.time, &row.id) < (after.time, &after.id)
    }

    /// The same for rows in the opposite order, the first seen first.
    pub(super) fn after_first(&self) -> Cursor {
        self.cursor.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() })
    }

    /// Cuts rows to the limit, of which one more was read. Returns the cursor if more rows follow.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>, last: impl Fn(&T) -> Cursor) -> Option<String> {
        if rows.len() <= self.limit() {
            return None;
        }
        rows.truncate(self.limit());
        rows.last().map(|row| last(row).to_string())
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
    /// Each row with its cursor.
    pub(super) rows: Vec<(Cursor, T)>,
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
    fn cut(mut rows: Vec<(Cursor, T)>, paging: &Paging) -> Self {
        Self { next: paging.cut(&mut rows, |it| it.0.clone()), rows, looked_through: None }
    }

    /// The same rows with the cursor of their block.
    fn in_block(self, block: &Block) -> Self {
        let (what, count) = (LookedAt::ArticlesWithTheWords, BLOCK as u32);
        let looked_through = block.next.map(|_| LookedThrough { what, count });
        Self { rows: self.rows, next: block.cursor(self.next), looked_through }
    }
}

/// The newest articles with all the words, at most [`BLOCK`].
pub(super) struct Block {
    /// Their keys, as a JSON list.
    pub(super) keys: String,
    /// The start of the next block, if there may be older articles with the words.
    next: Option<i64>,
    /// The start of this block.
    through: i64,
}

impl Block {
    /// Reads the block of a page.
    pub(super) fn read(db: &Connection, words: &str, through: i64) -> Answer<Self> {
        let ask = "SELECT rowid FROM words WHERE words MATCH ?1 AND rowid <= ?2
            ORDER BY rowid DESC LIMIT ?3";
        let values = (words, through, BLOCK as i64);
        let keys: Vec<i64> = rows(db, ask, values, |row| Ok(row.get(0)?))?;
        let next = keys.last().filter(|_| keys.len() == BLOCK).map(|last| last - 1);
        let keys: Vec<String> = keys.iter().map(i64::to_string).collect();
        Ok(Self { keys: format!("[{}]", keys.join(",")), next, through })
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
fn split_cursor(after: Cursor) -> (Cursor, i64) {
    let parts = after.id.rsplit_once('.').and_then(|(id, key)| Some((id, key.parse().ok()?)));
    match parts {
        Some((id, through)) => (Cursor { time: after.time, id: id.to_owned() }, through),
        None => (after, i64::MAX),
    }
}

/// A table of a list.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static str,
    /// The column with the time.
    pub(super) time: &'static str,
    /// The condition on every row. It comes last, since it may cost most.
    pub(super) shown: &'static str,
    pub(super) what: LookedAt,
}

const EVENTS: Table = Table {
    name: "events",
    columns: EVENT_COLUMNS,
    time: "changed",
    shown: EVENT_SHOWN,
    what: LookedAt::Events,
};

const STORIES: Table = Table {
    name: "stories",
    columns: STORY_COLUMNS,
    time: "changed",
    shown: STORY_SHOWN,
    what: LookedAt::Stories,
};

/// A list that is requested.
pub(super) struct Lookup<'a, S: Default, T> {
    pub(super) table: Table,
    pub(super) db: &'a Connection,
    pub(super) paging: &'a Paging,
    pub(super) filter: &'a ListQuery<S>,
    /// The conditions of the filter, except that on the time.
    pub(super) conditions: String,
    /// Reads a row with the columns of the table.
    pub(super) read: &'a dyn Fn(&Row<'_>) -> Answer<T>,
}

impl<S: Default + PartialEq, T> Lookup<'_, S, T> {
    /// Rows of the newest articles with the words, and then those of older articles. A column of `event_articles` has the
    /// `own` column of a row. `recent` is a further condition.
    fn by_words(
        &self,
        words: &str,
        (column, own): (&str, &str),
        key: &str,
        recent: &str,
    ) -> Answer<Found<T>> {
        let (after, through) = split_cursor(self.paging.after());
        let block = Block::read(self.db, words, through)?;
        let (Table { name, columns, time, shown, .. }, conditions) =
            (&self.table, &self.conditions);
        let times = self.filter.times(time);
        let ask = format!(
            "WITH found AS MATERIALIZED (
                SELECT {columns}, {key} AS sorted FROM {name} WHERE {own} IN (
                    SELECT {column} FROM event_articles
                    WHERE article IN (SELECT value FROM json_each(:block)))
                {recent}{times}{conditions} AND {shown}
            )
            SELECT * FROM found WHERE (sorted, id) < (:after, :id)
            ORDER BY sorted DESC, id DESC LIMIT :limit"
        );
        let rows = self.rows(&ask, &after, &[(":block", &block.keys)], self.read)?;
        Ok(Found::cut(rows, self.paging).in_block(&block))
    }

    /// The given rows, and then in the order of time those after the cursor that `which` allows. If they are filtered, one
    /// page looks at [`SCAN`] rows. `off` is subtracted from the time in cursors. `own` are further values.
    pub(super) fn by_time(
        &self,
        mut rows: Vec<(Cursor, T)>,
        which: &str,
        (after, off): (&Cursor, i64),
        own: &[(&str, &dyn ToSql)],
    ) -> Answer<Found<T>> {
        let (Table { name, columns, time, shown, what }, conditions) =
            (&self.table, &self.conditions);
        let which = format!("({time}, id) < (:after, :id){which}{}", self.filter.times(time));
        let order = format!("ORDER BY {time} DESC, id DESC LIMIT");
        let mut end = None;
        if !conditions.is_empty() {
            let skipped = SCAN - 1;
            let ask = format!(
                "SELECT id, {time} AS sorted FROM {name} WHERE {which} {order} 1 OFFSET {skipped}"
            );
            end = self.rows(&ask, after, &[], &|_| Ok(()))?.pop();
        }
        let end = end.map(|(cursor, ())| cursor);
        let last = end.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() });
        // The last row bounds the scan, so that it ends when the page is full.
        let ask = format!(
            "SELECT {columns}, {time} - {off} AS sorted FROM {name}
            WHERE {which} AND ({time}, id) >= (:last, :last_id)
            {conditions} AND {shown} {order} :limit"
        );
        let bound: [(&str, &dyn ToSql); 2] = [(":last", &last.time), (":last_id", &last.id)];
        rows.extend(self.rows(&ask, after, &[own, &bound[..]].concat(), self.read)?);
        let found = Found::cut(rows, self.paging);
        let Some(end) = end.filter(|_| found.next.is_none()) else { return Ok(found) };
        // Without more rows, the next page begins at the end of the scan.
        let next = Some(Cursor { time: end.time - off, ..end }.to_string());
        let looked_through = Some(LookedThrough { what: *what, count: SCAN as u32 });
        Ok(Found { next, looked_through, ..found })
    }

    /// Reads rows after a cursor, one more than the page has. `own` are further values. The columns `id` and `sorted` are
    /// the cursor of a row.
    fn rows<R>(
        &self,
        ask: &str,
        after: &Cursor,
        own: &[(&str, &dyn ToSql)],
        read: &dyn Fn(&Row<'_>) -> Answer<R>,
    ) -> Answer<Vec<(Cursor, R)>> {
        let limit = self.paging.limit() as i64 + 1;
        let page: [(&str, &dyn ToSql); 3] =
            [(":after", &after.time), (":id", &after.id), (":limit", &limit)];
        let no_marks = MarkFilter::default();
        let values = self.filter.values(self.filter.marks.as_ref().unwrap_or(&no_marks));
        let mut statement = self.db.prepare_cached(ask)?;
        // A statement may use only some of the values.
        let is_named = |name: &str| statement.parameter_index(name).is_ok_and(|it| it.is_some());
        let mut values = [&page[..], &values, own].concat();
        values.retain(|(name, _)| is_named(name));
        let with_cursor = |row: &Row<'_>| {
            Ok((Cursor { time: row.get("sorted")?, id: row.get("id")? }, read(row)?))
        };
        statement.query_and_then(&values[..], with_cursor)?.collect()
    }
}

/// Events without a rank come after all others, the last changed first: this much is subtracted from their
/// time.
const SINGLE: i64 = 1 << 60;
/// The last change of all events, and two days before it.
const TWO_DAYS: &str = "changed > (SELECT max(changed) FROM events) - 172800000";

pub(super) fn event_list(
    db: &Connection,
    paging: &Paging,
    filter: &EventQuery,
) -> Answer<EventPage> {
    let sequence = apply::reached(db, streams::OUTPUT.name)?.sequence;
    let read = |row: &Row<'_>| event_brief(db, row, SHOWN_STORIES);
    let Found { rows, next, looked_through } = find_events(db, paging, filter, &read)?;
    let events = rows.into_iter().filter_map(|(_, event)| event).collect();
    Ok(EventPage { schema: Tag::new(), events, next, looked_through, sequence })
}

/// The most pages of a list whose events are marked at once.
const PAGES: usize = 50;

/// The ids of the events on the first pages of a list.
pub(super) fn first_events(db: &Connection, filter: &EventQuery) -> Answer<Vec<String>> {
    let (mut events, mut paging) = (Vec::new(), Paging::first(MOST));
    for _ in 0..PAGES {
        let found = find_events(db, &paging, filter, &|_| Ok(()))?;
        events.extend(found.rows.into_iter().map(|(cursor, ())| cursor.id));
        let Some(next) = found.next else { break };
        paging.cursor = next.parse().ok();
    }
    Ok(events)
}

fn find_events<T>(
    db: &Connection,
    paging: &Paging,
    filter: &EventQuery,
    read: &dyn Fn(&Row<'_>) -> Answer<T>,
) -> Answer<Found<T>> {
    let conditions = filter.conditions(&OF_EVENTS);
    let lookup = Lookup { table: EVENTS, db, paging, filter, conditions, read };
    let is_by_time = filter.sort == EventSort::Newest;
    match filter.typed().as_deref() {
        Some("") => Ok(Found::default()),
        Some(words) => {
            let recent = if is_by_time { String::new() } else { format!(" AND {TWO_DAYS}") };
            lookup.by_words(words, ("event", "id"), &filter.sort.key(), &recent)
        }
        None if is_by_time => lookup.by_time(Vec::new(), "", (&paging.after(), 0), &[]),
        None => lookup.by_rank(),
    }
}

impl<T> Lookup<'_, EventSort, T> {
    /// Events with several articles, by rank, and then the others, by the last change.
    fn by_rank(&self) -> Answer<Found<T>> {
        let after = self.paging.after();
        let mut rows = Vec::new();
        let mut looked_through = None;
        let ranked = self.ranked_since()?;
        if after.time >= 0 {
            let (key, times) = (self.filter.sort.key(), self.filter.times(self.table.time));
            let conditions = &self.conditions;
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
            rows = self.rows(&ask, &after, &[], self.read)?;
            let (what, count) = (LookedAt::EventsWithSeveralArticles, RANKED as u32);
            looked_through = ranked.map(|_| LookedThrough { what, count });
        }
        let found = Found::cut(rows, self.paging);
        if found.next.is_some() {
            return Ok(Found { looked_through, ..found });
        }
        let single = match after.time {
            0.. => Cursor::before_all(),
            time => Cursor { time: time.saturating_add(SINGLE), id: after.id },
        };
        let unranked = match ranked {
            Some(changed) => format!("(articles <= 1 OR changed <= {changed})"),
            None => "articles <= 1".to_owned(),
        };
        let which = format!(" AND {unranked} AND {TWO_DAYS}");
        let found = self.by_time(found.rows, &which, (&single, SINGLE), &[])?;
        Ok(Found { looked_through: looked_through.or(found.looked_through), ..found })
    }

    /// The time since which events with several articles are ranked; `None` if all are.
    fn ranked_since(&self) -> Answer<Option<i64>> {
        let ask = format!(
            "SELECT changed FROM events WHERE {EVENT_SHOWN} AND articles > 1 AND {TWO_DAYS}
            ORDER BY changed DESC LIMIT 1 OFFSET {RANKED}"
        );
        one(self.db, &ask, [], |row| Ok(row.get(0)?))
    }
}

pub(super) fn story_list(
    db: &Connection,
    paging: &Paging,
    filter: &StoryQuery,
) -> Answer<StoryPage> {
    let sequence = apply::reached(db, streams::OUTPUT.name)?.sequence;
    let read = |row: &Row<'_>| story_brief(db, row);
    let conditions = filter.conditions(&OF_STORIES);
    let lookup = Lookup { table: STORIES, db, paging, filter, conditions, read: &read };
    let Found { rows, next, looked_through } = match filter.typed().as_deref() {
        Some("") => Found::default(),
        Some(words) => lookup.by_words(words, ("story", "key"), "changed", "")?,
        None => lookup.by_time(Vec::new(), "", (&paging.after(), 0), &[])?,
    };
    let stories = rows.into_iter().filter_map(|(_, story)| story).collect();
    Ok(StoryPage { schema: Tag::new(), stories, next, looked_through, sequence })
}
