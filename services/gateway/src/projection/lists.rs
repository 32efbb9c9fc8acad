//! Lists of events and stories: by time, by rank, and by words. Each page reads a limited number of rows and
//! says where the next page continues, so its cost does not depend on the number of stored rows.

use std::borrow::Cow;
use std::str::FromStr;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use wirefold_flow::UnixMillis;
use wirefold_proto::{Tag, streams};

use crate::projection::stories::{
    EVENT_COLUMNS, EVENT_SHOWN, EventRow, STORIES, STORY_COLUMNS, STORY_SHOWN, StoryRow, briefs,
    event_brief,
};
use crate::projection::{Answer, apply, search};
use crate::shapes::{EventPage, LookedAt, LookedThrough, StoryBrief, StoryPage};

/// The most rows of a page.
pub(crate) const MOST: usize = 200;

/// A requested page. Rows are ordered by a time and an id, the latest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paging {
    limit: Option<usize>,
    after: Option<Cursor>,
}

/// The last row of a page, written as `<milliseconds>.<id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(super) time: i64,
    pub(super) id: String,
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

    /// The same for rows in the opposite order, the first seen first.
    pub(super) fn after_first(&self) -> Cursor {
        self.after.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() })
    }

    /// Cuts rows to the limit, of which one more was read. Returns the cursor if more rows follow.
    pub(super) fn cut<T>(
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

impl Cursor {
    /// A cursor before every row.
    pub(super) fn before_all() -> Self {
        // No id contains a character after `z`.
        Self { time: i64::MAX, id: "~".to_owned() }
    }
}

impl FromStr for Cursor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "not a value that a page gave as `next`";
        let (time, id) = text.split_once('.').filter(|(_, id)| id.len() <= 200).ok_or(wrong)?;
        Ok(Self { time: time.parse().map_err(|_| wrong)?, id: id.to_owned() })
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Cursor {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": r"^-?[0-9]{1,18}\.[ -~]{0,200}$" })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.time, self.id)
    }
}

/// A time in SQLite's form.
pub(super) fn millis(time: UnixMillis) -> i64 {
    i64::try_from(time.0).unwrap_or(i64::MAX)
}

/// The most articles with the words that one page reads. It is small in tests.
pub(super) const BLOCK: usize = if cfg!(test) { 40 } else { 2_000 };
/// The most rows in the order of time that one page reads.
pub(super) const SCAN: usize = if cfg!(test) { 50 } else { 10_000 };
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

    /// The same rows with the cursor of the last row that the scan read, if there is no other next page.
    pub(super) fn with_end_of_scan(self, what: LookedAt, end: Option<Cursor>) -> Self {
        let looked_through = end.is_some().then_some(LookedThrough { what, count: SCAN as u32 });
        Self { rows: self.rows, next: end.map(|end| end.to_string()), looked_through }
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

/// The last row that a page has read, if it has not read all. `which` selects rows of a table by `:after` and
/// `:id`.
pub(super) fn end_of_scan(
    connection: &Connection,
    which: &str,
    after: &Cursor,
) -> Answer<Option<Cursor>> {
    let ask = format!(
        "SELECT changed, id FROM {which} ORDER BY changed DESC, id DESC LIMIT 1 OFFSET {}",
        SCAN - 1
    );
    let read = |row: &Row<'_>| Ok(Cursor { time: row.get(0)?, id: row.get(1)? });
    let mut ask = connection.prepare_cached(&ask)?;
    let values = [(":after", &after.time as &dyn ToSql), (":id", &after.id)];
    Ok(ask.query_row(&values[..], read).optional()?)
}

/// The typed words, unless they are blank.
fn typed(words: Option<&String>) -> Option<String> {
    words.filter(|words| !words.trim().is_empty()).map(|words| search::all_of(words))
}

/// The query of a list of events. Empty fields have no effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EventQuery {
    /// The most rows of the page, 1 to 200; 50 by default.
    pub(crate) limit: Option<usize>,
    /// The `next` of the page before.
    pub(crate) cursor: Option<Cursor>,
    /// Words that one article must have.
    #[serde(rename = "q")]
    pub(crate) words: Option<String>,
    /// A subscription that has an alert about the event or one of its stories.
    pub(crate) subscription: Option<String>,
    /// An outlet of one of its articles.
    pub(crate) outlet: Option<String>,
    /// The language of one of its articles. `en` includes `en-gb`.
    pub(crate) language: Option<String>,
    /// The fewest outlets.
    pub(crate) min_outlets: u32,
    /// The order.
    pub(crate) sort: EventSort,
    /// The marks that one of its stories must have. Only the page filters by them.
    #[serde(skip)]
    pub(crate) marks: Option<MarkFilter>,
}

/// A filter by the marks of a reader: a condition as SQL, with its values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct MarkFilter {
    pub(super) condition: String,
    pub(super) until: i64,
    pub(super) read: String,
    pub(super) unread: String,
    pub(super) starred: String,
}

/// The order of events. Orders other than that of time contain only the events that changed in the two days
/// before the last change. Events with one article come after all others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EventSort {
    /// By the last change.
    #[default]
    Newest,
    /// By the number of outlets.
    Outlets,
    /// By the number of articles in the hour before their last one.
    Velocity,
}

/// The outlets of the event, as SQL.
const ITS_OF_EVENT: &str = "FROM event_outlets AS its WHERE its.event = events.key";

impl EventSort {
    /// The word of it in the page's address; empty if it is the default.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "",
            Self::Outlets => "outlets",
            Self::Velocity => "velocity",
        }
    }
}

impl EventQuery {
    /// The sort key as SQL: a number, the largest first.
    pub(super) fn key(&self) -> String {
        match self.sort {
            EventSort::Newest => "changed".to_owned(),
            EventSort::Outlets => format!("(SELECT count(DISTINCT outlet) {ITS_OF_EVENT})"),
            EventSort::Velocity => "(SELECT count(*) FROM event_articles AS its
                    WHERE its.event = events.id AND its.seen > events.changed - 3600000)"
                .to_owned(),
        }
    }

    /// The conditions as SQL with `:words`, `:subscription`, `:outlet`, `:language`, `:least` and those of the
    /// marks. Empty fields give no condition.
    pub(super) fn conditions(&self) -> String {
        let mut conditions: Vec<String> =
            self.marks.iter().map(|marks| marks.condition.clone()).collect();
        if self.subscription.is_some() {
            conditions.push(
                "(EXISTS (SELECT 1 FROM alerts
                    WHERE subscription = :subscription AND target = events.id)
                OR EXISTS (SELECT 1 FROM stories CROSS JOIN alerts
                    WHERE stories.event = events.id
                    AND subscription = :subscription AND target = stories.id))"
                    .to_owned(),
            );
        }
        let (outlet, language) = (self.outlet.as_ref(), self.language.as_ref());
        conditions.extend(by_outlets(ITS_OF_EVENT, outlet, language, self.min_outlets));
        and_all(&conditions)
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
        match typed(self.filter.words.as_ref()).as_deref() {
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
        let (key, conditions) = (self.filter.key(), self.filter.conditions());
        let recent = self.in_two_days();
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
        let after = self.paging.after();
        let conditions = self.filter.conditions();
        if conditions.is_empty() {
            let ask = format!(
                "SELECT {EVENT_COLUMNS}, changed AS sorted FROM events
                WHERE {EVENT_SHOWN} AND (changed, id) < (:after, :id)
                ORDER BY changed DESC, id DESC LIMIT :limit"
            );
            return Ok(FoundEvents::cut(self.rows(&ask, &after, &[])?, self.paging, event_cursor));
        }
        self.narrowed(
            Vec::new(),
            &format!("{EVENT_SHOWN} AND (changed, id) < (:after, :id)"),
            &after,
            0,
        )
    }

    /// Events with several articles, by rank, and then the others, by the last change.
    fn by_rank(self) -> Answer<FoundEvents> {
        let after = self.paging.after();
        let mut rows = Vec::new();
        let mut looked_through = None;
        let ranked = self.ranked_since()?;
        if after.time >= 0 {
            let (key, conditions) = (self.filter.key(), self.filter.conditions());
            let ask = format!(
                "WITH ranked AS MATERIALIZED (
                    SELECT {EVENT_COLUMNS}, {key} AS sorted FROM events
                    WHERE {EVENT_SHOWN} AND articles > 1 AND {TWO_DAYS}
                    AND changed > {}{conditions}
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
            "{EVENT_SHOWN} AND {unranked} AND {TWO_DAYS} AND (changed, id) < (:after, :id)"
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
        let conditions = self.filter.conditions();
        let end = end_of_scan(self.connection, &format!("events WHERE {which}"), after)?;
        let last = end.clone().unwrap_or(Cursor { time: i64::MIN, id: String::new() });
        // The last row bounds the scan, so that it ends when the page is full.
        let ask = format!(
            "SELECT {EVENT_COLUMNS}, changed - {off} AS sorted FROM events
            WHERE {which} AND (changed, id) >= (:last, :last_id){conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        rows.extend(self.rows(&ask, after, &[(":last", &last.time), (":last_id", &last.id)])?);
        let found = FoundEvents::cut(rows, self.paging, event_cursor);
        if found.next.is_some() {
            return Ok(found);
        }
        let end = end.map(|end| Cursor { time: end.time - off, ..end });
        Ok(found.with_end_of_scan(LookedAt::Events, end))
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
        let limit = self.paging.limit() as i64 + 1;
        let no_marks = MarkFilter::default();
        let marks = self.filter.marks.as_ref().unwrap_or(&no_marks);
        let values: [(&str, &dyn ToSql); 11] = [
            (":after", &after.time),
            (":id", &after.id),
            (":limit", &limit),
            (":subscription", &self.filter.subscription),
            (":outlet", &self.filter.outlet),
            (":language", &self.filter.language),
            (":least", &self.filter.min_outlets),
            (":until", &marks.until),
            (":read", &marks.read),
            (":unread", &marks.unread),
            (":starred", &marks.starred),
        ];
        let read = |row: &Row<'_>| Ok((EventRow::of(row)?, row.get::<_, i64>(8)?));
        rows(self.connection, ask, &[&values[..], own].concat(), read)
    }
}

fn event_cursor((row, sorted): &SortedRow) -> Cursor {
    Cursor { time: *sorted, id: row.id.clone() }
}

/// The query of a list of stories. Empty fields have no effect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoryQuery {
    /// The most rows of the page, 1 to 200; 50 by default.
    pub(crate) limit: Option<usize>,
    /// The `next` of the page before.
    pub(crate) cursor: Option<Cursor>,
    /// Words that one article must have.
    #[serde(rename = "q")]
    pub(crate) words: Option<String>,
    /// An outlet of one of its articles.
    pub(crate) outlet: Option<String>,
    /// The language of one of its articles. `en` includes `en-gb`.
    pub(crate) language: Option<String>,
    /// The earliest time of its last change.
    pub(crate) since: Option<Timestamp>,
    /// The fewest outlets.
    pub(crate) min_outlets: u32,
}

/// The outlets of the story, as SQL.
const ITS_OF_STORY: &str = "FROM story_outlets AS its WHERE its.story = stories.key";

impl StoryQuery {
    /// The conditions except words and time, as SQL with `:outlet`, `:language` and `:least`. Empty fields
    /// give no condition.
    pub(super) fn conditions(&self) -> String {
        let (outlet, language) = (self.outlet.as_ref(), self.language.as_ref());
        and_all(&by_outlets(ITS_OF_STORY, outlet, language, self.min_outlets))
    }
}

/// The filter by outlets and languages, as SQL with `:outlet`, `:language` and `:least`. `its` selects the
/// outlets of one row.
pub(super) fn by_outlets(
    its: &str,
    outlet: Option<&String>,
    language: Option<&String>,
    min_outlets: u32,
) -> Vec<String> {
    let mut conditions = Vec::new();
    if outlet.is_some() {
        conditions.push(format!("EXISTS (SELECT 1 {its} AND outlet = :outlet)"));
    }
    if language.is_some() {
        conditions.push(format!(
            "EXISTS (SELECT 1 {its} AND (language = :language
                OR substr(language, 1, length(:language) + 1) = :language || '-'))"
        ));
    }
    if min_outlets > 1 {
        conditions.push(format!("(SELECT count(DISTINCT outlet) {its}) >= :least"));
    }
    conditions
}

/// The conditions, to be added to others.
pub(super) fn and_all(conditions: &[String]) -> String {
    conditions.iter().map(|condition| format!(" AND {condition}")).collect()
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
    match typed(filter.words.as_ref()).as_deref() {
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
        let (since, conditions) = (self.since(), self.filter.conditions());
        let ask = format!(
            "SELECT {STORY_COLUMNS} FROM stories WHERE key IN (
                SELECT its.story FROM event_articles AS its
                WHERE its.article IN (SELECT value FROM json_each(:block)))
            AND {STORY_SHOWN} AND (changed, id) < (:after, :id){since}{conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        let rows = self.rows(&ask, &after, &[(":block", &block.keys)])?;
        Ok(Found::cut(rows, self.paging, story_cursor).in_block(&block))
    }

    /// By the last change.
    fn by_time(self) -> Answer<Found<StoryRow>> {
        let after = self.paging.after();
        let (since, conditions) = (self.since(), self.filter.conditions());
        let which = format!("stories WHERE (changed, id) < (:after, :id){since}");
        let from = match conditions.is_empty() {
            true => which.clone(),
            false => format!(
                "(SELECT * FROM {which} ORDER BY changed DESC, id DESC LIMIT {SCAN}) AS stories
                WHERE true"
            ),
        };
        let ask = format!(
            "SELECT {STORY_COLUMNS} FROM {from} AND {STORY_SHOWN}{conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        let found = Found::cut(self.rows(&ask, &after, &[])?, self.paging, story_cursor);
        if found.next.is_some() || conditions.is_empty() {
            return Ok(found);
        }
        Ok(found.with_end_of_scan(LookedAt::Stories, self.end_of_scan(&which, &after)?))
    }

    fn end_of_scan(self, which: &str, after: &Cursor) -> Answer<Option<Cursor>> {
        // The time is a number, so it can be part of the statement.
        let since = self.filter.since.map_or(i64::MIN, Timestamp::as_millisecond).to_string();
        end_of_scan(self.connection, &which.replace(":since", &since), after)
    }

    fn since(self) -> &'static str {
        if self.filter.since.is_some() { " AND changed >= :since" } else { "" }
    }

    fn rows(self, ask: &str, after: &Cursor, own: &[(&str, &dyn ToSql)]) -> Answer<Vec<StoryRow>> {
        let limit = self.paging.limit() as i64 + 1;
        let since = self.filter.since.map(Timestamp::as_millisecond);
        let values: [(&str, &dyn ToSql); 7] = [
            (":after", &after.time),
            (":id", &after.id),
            (":limit", &limit),
            (":outlet", &self.filter.outlet),
            (":language", &self.filter.language),
            (":since", &since),
            (":least", &self.filter.min_outlets),
        ];
        rows(self.connection, ask, &[&values[..], own].concat(), StoryRow::of)
    }
}

fn story_cursor(row: &StoryRow) -> Cursor {
    Cursor { time: row.changed, id: row.id.clone() }
}
