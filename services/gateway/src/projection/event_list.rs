//! Lists of events: by time, by rank, and by words. No page looks at more than a bounded number of rows.

use rusqlite::{Connection, OptionalExtension, ToSql};
use wirefold_proto::{Tag, streams};

use super::event_filter::{EventFilter, EventSort};
use super::events::{COLUMNS, EventRow, SHOWN, STORIES, brief};
use super::paging::Cursor;
use super::search::{BLOCK, Block, RANKED, SCAN, all_of, end_of_scan, place};
use super::{Answer, Paging, apply};
use crate::shapes::{EventPage, LookedAt, LookedThrough};

/// Events that have no rank stand behind all others, the last changed first: so much is taken from their
/// time.
const SINGLE: i64 = 1 << 60;
/// The last change of all, and two days before it.
const TWO_DAYS: &str = "changed > (SELECT max(changed) FROM events WHERE gone = 0) - 172800000";

/// Rows with what they are sorted by.
type Rows = Vec<(EventRow, i64)>;

/// What one page found.
#[derive(Default)]
struct Found {
    rows: Rows,
    next: Option<String>,
    looked_through: Option<LookedThrough>,
}

pub(super) fn page(
    connection: &Connection,
    paging: &Paging,
    filter: &EventFilter,
) -> Answer<EventPage> {
    let sequence = apply::place(connection, streams::OUTPUT.name)?;
    let lookup = Lookup { connection, paging, filter };
    let Found { rows, next, looked_through } = match filter.words.as_deref().map(all_of).as_deref()
    {
        Some("") => Found::default(),
        Some(words) => lookup.by_words(words)?,
        None if filter.sort == EventSort::Newest => lookup.by_time()?,
        None => lookup.by_rank()?,
    };
    let brief = |(row, _): &(EventRow, i64)| brief(connection, row, STORIES).transpose();
    let events = rows.iter().filter_map(brief).collect::<Answer<_>>()?;
    Ok(EventPage { schema: Tag::new(), events, next, looked_through, sequence })
}

/// What is asked, and of whom.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    connection: &'a Connection,
    paging: &'a Paging,
    filter: &'a EventFilter,
}

impl Lookup<'_> {
    /// Events of the newest articles that have the words, and then those of older ones.
    fn by_words(self, words: &str) -> Answer<Found> {
        let (after, through) = place(self.paging.after());
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
        let mut rows = self.rows(&ask, &after, &[(":block", &block.keys)])?;
        let next = self.paging.cut(&mut rows, cursor);
        let looked_through = block
            .has_next()
            .then_some(LookedThrough { what: LookedAt::ArticlesWithTheWords, count: BLOCK as u32 });
        Ok(Found { rows, next: block.cursor(next), looked_through })
    }

    /// The last changed first.
    fn by_time(self) -> Answer<Found> {
        let after = self.paging.after();
        let conditions = self.filter.conditions();
        if conditions.is_empty() {
            let ask = format!(
                "SELECT {COLUMNS}, changed AS sorted FROM events
                WHERE {SHOWN} AND (changed, id) < (:after, :id)
                ORDER BY changed DESC, id DESC LIMIT :limit"
            );
            let mut rows = self.rows(&ask, &after, &[])?;
            let next = self.paging.cut(&mut rows, cursor);
            return Ok(Found { rows, next, looked_through: None });
        }
        self.narrowed(Vec::new(), &format!("{SHOWN} AND (changed, id) < (:after, :id)"), &after, 0)
    }

    /// Those with several articles first, in the order of their rank; then the others, the last changed first.
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

    /// Rows behind others, chosen in the order of time, of which some are left out; as many as are looked
    /// through on one page. `off` is taken from their time.
    fn narrowed(self, mut rows: Rows, which: &str, after: &Cursor, off: i64) -> Answer<Found> {
        let conditions = self.filter.conditions();
        let ask = format!(
            "SELECT {COLUMNS}, changed - {off} AS sorted FROM (
                SELECT * FROM events WHERE {which}
                ORDER BY changed DESC, id DESC LIMIT {SCAN}
            ) AS events WHERE true{conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        rows.extend(self.rows(&ask, after, &[])?);
        let mut found =
            Found { next: self.paging.cut(&mut rows, cursor), rows, looked_through: None };
        if found.next.is_none() {
            let end = end_of_scan(self.connection, &format!("events WHERE {which}"), after)?;
            found.looked_through = end
                .is_some()
                .then_some(LookedThrough { what: LookedAt::Events, count: SCAN as u32 });
            found.next = end.map(|end| Cursor { time: end.time - off, ..end }.to_string());
        }
        Ok(found)
    }

    /// The time behind which events with several articles are put in order; none where all are.
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

    fn rows(self, ask: &str, after: &Cursor, own: &[(&str, &dyn ToSql)]) -> Answer<Rows> {
        let mut ask = self.connection.prepare_cached(ask)?;
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
        // Those that this question does not have are left out.
        let asked: Vec<(&str, &dyn ToSql)> = values
            .iter()
            .chain(own)
            .copied()
            .filter(|(name, _)| ask.parameter_index(name).is_ok_and(|index| index.is_some()))
            .collect();
        let read = |row: &rusqlite::Row<'_>| Ok((EventRow::of(row)?, row.get::<_, i64>(8)?));
        let rows = ask.query_map(&asked[..], read)?.collect::<rusqlite::Result<_>>()?;
        Ok(rows)
    }
}

fn cursor((row, sorted): &(EventRow, i64)) -> Cursor {
    Cursor { time: *sorted, id: row.id.clone() }
}
