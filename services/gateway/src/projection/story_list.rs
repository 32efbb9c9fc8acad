//! Lists of stories, the last changed first. No page looks at more than a bounded number of rows.

use jiff::Timestamp;
use rusqlite::{Connection, ToSql};
use wirefold_proto::{Tag, streams};

use super::paging::Cursor;
use super::search::{self, Block, Found, SCAN, all_of, end_of_scan, split_cursor};
use super::stories::{COLUMNS, SHOWN, StoryRow, briefs};
use super::story_filter::StoryFilter;
use super::{Answer, Paging, apply};
use crate::shapes::{LookedAt, StoryBrief, StoryPage};

pub(super) fn page(
    connection: &Connection,
    paging: &Paging,
    filter: &StoryFilter,
) -> Answer<StoryPage> {
    let Found { rows, next, looked_through } = find(connection, paging, filter)?;
    let stories = briefs(connection, &rows)?;
    let sequence = apply::applied_sequence(connection, streams::OUTPUT.name)?;
    Ok(StoryPage { schema: Tag::new(), stories, next, looked_through, sequence })
}

pub(super) fn read_latest(
    connection: &Connection,
    paging: &Paging,
    words: Option<&str>,
) -> Answer<Vec<StoryBrief>> {
    briefs(connection, &find(connection, paging, &StoryFilter::of_words(words))?.rows)
}

fn find(connection: &Connection, paging: &Paging, filter: &StoryFilter) -> Answer<Found<StoryRow>> {
    let lookup = Lookup { connection, paging, filter };
    match filter.words.as_deref().map(all_of).as_deref() {
        Some("") => Ok(Found::default()),
        Some(words) => lookup.by_words(words),
        None => lookup.by_time(),
    }
}

/// A list that is requested, and the connection.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    connection: &'a Connection,
    paging: &'a Paging,
    filter: &'a StoryFilter,
}

impl Lookup<'_> {
    /// Stories of the newest articles with the words, and then those of older articles.
    fn by_words(self, words: &str) -> Answer<Found<StoryRow>> {
        let (after, through) = split_cursor(self.paging.after());
        let block = Block::read(self.connection, words, through)?;
        let (since, conditions) = (self.since(), self.filter.conditions());
        let ask = format!(
            "SELECT {COLUMNS} FROM stories WHERE key IN (
                SELECT its.story FROM event_articles AS its
                WHERE its.article IN (SELECT value FROM json_each(:block)))
            AND {SHOWN} AND (changed, id) < (:after, :id){since}{conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        let rows = self.rows(&ask, &after, &[(":block", &block.keys)])?;
        Ok(Found::cut(rows, self.paging, cursor).in_block(&block))
    }

    /// By the last change.
    fn by_time(self) -> Answer<Found<StoryRow>> {
        let after = self.paging.after();
        let (since, conditions) = (self.since(), self.filter.conditions());
        let which = format!(
            "stories WHERE gone = 0 AND event IS NOT NULL{since} AND (changed, id) < (:after, :id)"
        );
        let from = match conditions.is_empty() {
            true => which.clone(),
            false => format!(
                "(SELECT * FROM {which} ORDER BY changed DESC, id DESC LIMIT {SCAN}) AS stories
                WHERE true"
            ),
        };
        let ask = format!(
            "SELECT {COLUMNS} FROM {from} AND {SHOWN}{conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
        );
        let found = Found::cut(self.rows(&ask, &after, &[])?, self.paging, cursor);
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
        search::rows(self.connection, ask, &[&values[..], own].concat(), StoryRow::of)
    }
}

fn cursor(row: &StoryRow) -> Cursor {
    Cursor { time: row.changed, id: row.id.clone() }
}
