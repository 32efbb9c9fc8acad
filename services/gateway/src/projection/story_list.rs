//! Lists of stories, the last changed first. No page looks at more than a bounded number of rows.

use jiff::Timestamp;
use rusqlite::{Connection, ToSql};
use wirefold_proto::{Tag, streams};

use super::paging::Cursor;
use super::search::{BLOCK, Block, SCAN, all_of, end_of_scan, place};
use super::stories::{COLUMNS, SHOWN, StoryRow, briefs};
use super::story_filter::StoryFilter;
use super::{Answer, Paging, apply};
use crate::shapes::{LookedAt, LookedThrough, StoryBrief, StoryPage};

pub(super) fn page(
    connection: &Connection,
    paging: &Paging,
    filter: &StoryFilter,
) -> Answer<StoryPage> {
    let Found { rows, next, looked_through } = find(connection, paging, filter)?;
    let stories = briefs(connection, &rows)?;
    let sequence = apply::place(connection, streams::OUTPUT.name)?;
    Ok(StoryPage { schema: Tag::new(), stories, next, looked_through, sequence })
}

pub(super) fn latest(
    connection: &Connection,
    paging: &Paging,
    words: Option<&str>,
) -> Answer<Vec<StoryBrief>> {
    briefs(connection, &find(connection, paging, &StoryFilter::of_words(words))?.rows)
}

/// What one page found.
#[derive(Default)]
struct Found {
    rows: Vec<StoryRow>,
    next: Option<String>,
    looked_through: Option<LookedThrough>,
}

fn find(connection: &Connection, paging: &Paging, filter: &StoryFilter) -> Answer<Found> {
    let lookup = Lookup { connection, paging, filter };
    match filter.words.as_deref().map(all_of).as_deref() {
        Some("") => Ok(Found::default()),
        Some(words) => lookup.by_words(words),
        None => lookup.by_time(),
    }
}

/// What is asked, and of whom.
#[derive(Clone, Copy)]
struct Lookup<'a> {
    connection: &'a Connection,
    paging: &'a Paging,
    filter: &'a StoryFilter,
}

impl Lookup<'_> {
    /// Stories of the newest articles that have the words, and then those of older ones.
    fn by_words(self, words: &str) -> Answer<Found> {
        let (after, through) = place(self.paging.after());
        let block = Block::read(self.connection, words, through)?;
        let (since, conditions) = (self.since(), self.filter.conditions());
        let ask = format!(
            "SELECT {COLUMNS} FROM stories WHERE key IN (
                SELECT its.story FROM event_articles AS its
                WHERE its.article IN (SELECT value FROM json_each(:block)))
            AND {SHOWN} AND (changed, id) < (:after, :id){since}{conditions}
            ORDER BY changed DESC, id DESC LIMIT :limit"
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
        let mut rows = self.rows(&ask, &after, &[])?;
        let mut found =
            Found { next: self.paging.cut(&mut rows, cursor), rows, looked_through: None };
        if found.next.is_none() && !conditions.is_empty() {
            let end = self.end_of_scan(&which, &after)?;
            found.looked_through = end
                .is_some()
                .then_some(LookedThrough { what: LookedAt::Stories, count: SCAN as u32 });
            found.next = end.map(|end| end.to_string());
        }
        Ok(found)
    }

    fn end_of_scan(self, which: &str, after: &Cursor) -> Answer<Option<Cursor>> {
        // The time is no word of people.
        let since = self.filter.since.map_or(i64::MIN, Timestamp::as_millisecond).to_string();
        end_of_scan(self.connection, &which.replace(":since", &since), after)
    }

    fn since(self) -> &'static str {
        if self.filter.since.is_some() { " AND changed >= :since" } else { "" }
    }

    fn rows(self, ask: &str, after: &Cursor, own: &[(&str, &dyn ToSql)]) -> Answer<Vec<StoryRow>> {
        let mut ask = self.connection.prepare_cached(ask)?;
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
        // Those that this question does not have are left out.
        let asked: Vec<(&str, &dyn ToSql)> = values
            .iter()
            .chain(own)
            .copied()
            .filter(|(name, _)| ask.parameter_index(name).is_ok_and(|index| index.is_some()))
            .collect();
        let rows = ask.query_map(&asked[..], StoryRow::of)?.collect::<rusqlite::Result<_>>()?;
        Ok(rows)
    }
}

fn cursor(row: &StoryRow) -> Cursor {
    Cursor { time: row.changed, id: row.id.clone() }
}
