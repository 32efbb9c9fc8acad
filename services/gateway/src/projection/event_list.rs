//! Lists of events: by time, by rank, and by words. No page looks at more than a bounded number of rows.

use rusqlite::{Connection, OptionalExtension, ToSql};
use wirefold_proto::{Tag, streams};

use super::event_filter::{EventFilter, EventSort};
use super::events::{COLUMNS, EventRow, SHOWN, STORIES, brief};
use super::paging::Cursor;
use super::search::{self, Block, RANKED, SCAN, all_of, end_of_scan, split_cursor};
use super::{Answer, Paging, apply};
use crate::shapes::{EventPage, LookedAt, LookedThrough};

/// Events without a rank come after all others, the last changed first: this much is subtracted from their
/// time.
const SINGLE: i64 = 1 << 60;
/// The last change of all events, and two days before it.
const TWO_DAYS: &str = "changed > (SELECT max(changed) FROM events WHERE gone = 0) - 172800000";

/// A row with its sort key.
type SortedRow = (EventRow, i64);
type Found = search::Found<SortedRow>;

pub(super) fn page(
    connection: &Connection,
    paging: &Paging,
    filter: &EventFilter,
) -> Answer<EventPage> {
    let sequence = apply::applied_sequence(connection, streams::OUTPUT.name)?;
    let lookup = Lookup { connection, paging, filter };
    let Found { rows, next, looked_through } = match filter.words.as_deref().map(all_of).as_deref()
    {
        Some("") => Found::default(),
        Some(words) => lookup.by_words(words)?,
        None if filter.sort == EventSort::Newest => lookup.by_time()?,
        None => lookup.by_rank()?,
    };
    let brief = |(row, _): &SortedRow| brief(connection, row, STORIES).transpose();
    let events = rows.iter().filter_map(brief).collect::<Answer<_>>()?;
    Ok(EventPage { schema: Tag::new(), events, next, looked_through, sequence })
}

/// A list that is requested, and the connection.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    connection: &'a Connection,
    paging: &'a Paging,
    filter: &'a EventFilter,
}

impl Lookup<'_> {
    /// Events of the newest articles with the words, and then those of older articles.
    fn by_words(self, words: &str) -> Answer<Found> {
        let (after, through) = split_cursor(self.paging.after());
        let block = Block::read(self.connection, words, through)?;
        let (key, conditions) = (self.filter.key(), self.filter.conditions());
        let recent = self.in_two_days();
        let ask = format!(
            "WITH found AS MATERIALIZED (
                SELECT {COLUMNS}, {key} AS sorted FROM events WHERE id IN (
                    SELECT event FROM event_articles
                    WHERE article IN (SELECT value FROM json_each(:block)))
                AND {SHOWN}{recent}{conditions}
            )
            SELECT * FROM found WHERE (sorted, id) < (:after, :id)
            ORDER BY sorted DESC, id DESC LIMIT :limit"
        );
        let rows = self.rows(&ask, &after, &[(":block", &block.keys)])?;
        Ok(Found::cut(rows, self.paging, cursor).in_block(&block))
    }

    /// By the last change.
    fn by_time(self) -> Answer<Found> {
        let after = self.paging.after();
        let conditions = self.filter.conditions();
        if conditions.is_empty() {
            let ask = format!(
                "SELECT {COLUMNS}, changed AS sorted FROM events
                WHERE {SHOWN} AND (changed, id) < (:after, :id)
                ORDER BY changed DESC, id DESC LIMIT :limit"
            );
            return Ok(Found::cut(self.rows(&ask, &after, &[])?, self.paging, cursor));
        }
        self.narrowed(Vec::new(), &format!("{SHOWN} AND (changed, id) < (:after, :id)"), &after, 0)
    }

    /// Events with several articles, by rank, and then the others, by the last change.
    fn by_rank(self) -> Answer<Found> {
        let after = self.paging.after();
        let mut rows = Vec::new();
        let mut looked_through = None;
        let ranked = self.ranked_since()?;
        if after.time >= 0 {
            let (key, conditions) = (self.filter.key(), self.filter.conditions());
            let ask = format!(
                "WITH ranked AS MATERIALIZED (
                    SELECT {COLUMNS}, {key} AS sorted FROM events
                    WHERE {SHOWN} AND articles > 1 AND {TWO_DAYS}
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
        if let Some(next) = self.paging.cut(&mut rows, cursor) {
            return Ok(Found { rows, next: Some(next), looked_through });
        }
        let single = match after.time {
            0.. => Cursor::before_all(),
            time => Cursor { time: time.saturating_add(SINGLE), id: after.id },
        };
        let unranked = match ranked {
            Some(changed) => format!("(articles <= 1 OR changed <= {changed})"),
            None => "articles <= 1".to_owned(),
        };
        let which =
            format!("{SHOWN} AND {unranked} AND {TWO_DAYS} AND (changed, id) < (:after, :id)");
        let found = self.narrowed(rows, &which, &single, SINGLE)?;
        Ok(Found { looked_through: looked_through.or(found.looked_through), ..found })
    }

    /// Rows in the order of time that are filtered, up to the limit of one page. `off` is subtracted from
    /// their time.
    fn narrowed(
        self,
        mut rows: Vec<SortedRow>,
        which: &str,
        after: &Cursor,
        off: i64,
    ) -> Answer<Found> {
        let conditions = self.filter.conditions();
        let ask = format!(
            "SELECT {COLUMNS}, changed - {off} AS sorted FROM (
                SELECT * FROM events WHERE {which}
                ORDER BY changed DESC, id DESC LIMIT {SCAN}
            ) AS events WHERE true{conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        rows.extend(self.rows(&ask, after, &[])?);
        let found = Found::cut(rows, self.paging, cursor);
        if found.next.is_some() {
            return Ok(found);
        }
        let end = end_of_scan(self.connection, &format!("events WHERE {which}"), after)?;
        let end = end.map(|end| Cursor { time: end.time - off, ..end });
        Ok(found.with_end_of_scan(LookedAt::Events, end))
    }

    /// The time since which events with several articles are ranked; `None` if all are.
    fn ranked_since(self) -> Answer<Option<i64>> {
        let ask = format!(
            "SELECT changed FROM events WHERE {SHOWN} AND articles > 1 AND {TWO_DAYS}
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
        let values: [(&str, &dyn ToSql); 7] = [
            (":after", &after.time),
            (":id", &after.id),
            (":limit", &limit),
            (":subscription", &self.filter.subscription),
            (":outlet", &self.filter.outlet),
            (":language", &self.filter.language),
            (":least", &self.filter.min_outlets),
        ];
        let read = |row: &rusqlite::Row<'_>| Ok((EventRow::of(row)?, row.get::<_, i64>(8)?));
        search::rows(self.connection, ask, &[&values[..], own].concat(), read)
    }
}

fn cursor((row, sorted): &SortedRow) -> Cursor {
    Cursor { time: *sorted, id: row.id.clone() }
}
