//! Counts who reprints whom, by outlet or by agency.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rusqlite::Connection;
use rustc_hash::FxHashMap;
use wirefold_text::extract::agency_by_alias;

use crate::projection::Answer;
use crate::projection::alerts::median;
use crate::projection::filter::{Moment, story_agency};
use crate::shapes::{ReportBy, ReportOther, ReportRow};

/// The articles of a story that changed since `:since`, with the agency behind its text. A story that only mentions an
/// agency is not the agency's text. Stories follow each other; only their articles are in the index that this reads.
const ARTICLES: &str = concat!(
    "WITH told AS MATERIALIZED (
        SELECT key, id, ",
    story_agency!(),
    " AS agency FROM stories WHERE changed >= ?1
    )
    SELECT told.key,
        CASE WHEN told.agency ->> '$.how' <> 'mentioned' THEN told.agency ->> '$.name' END,
        articles.seen, articles.outlet, articles.class = 'copy', articles.class = 'version'
    FROM told CROSS JOIN articles INDEXED BY articles_by_story ON articles.story = told.id"
);

/// The most others of a row that are named.
const OTHERS: usize = 10;

/// An article of a story.
struct Article {
    seen: i64,
    outlet: String,
    is_copy: bool,
    is_version: bool,
}

/// A row, and what its last fields are made of.
#[derive(Default)]
struct Sums {
    row: ReportRow,
    /// The story that was counted last.
    story: i64,
    delays: Vec<u64>,
    others: BTreeMap<String, u32>,
}

impl Sums {
    fn into_row(mut self, name: String) -> ReportRow {
        let others = self.others.into_iter();
        let mut others: Vec<ReportOther> =
            others.map(|(other, articles)| ReportOther { name: other, articles }).collect();
        others.sort_by_key(|other| Reverse(other.articles));
        let other_count = u32::try_from(others.len()).unwrap_or(u32::MAX);
        others.truncate(OTHERS);
        let median_delay_ms = median(&mut self.delays);
        ReportRow { name, median_delay_ms, other_count, others, ..self.row }
    }
}

/// The rows since a time, those with the most copies first.
pub(super) fn rows(db: &Connection, by: ReportBy, since: Moment) -> Answer<Vec<ReportRow>> {
    let since = since.timestamp().as_millisecond();
    let mut sums = Report { by, since, rows: FxHashMap::default() };
    let (mut story, mut agency, mut articles) = (0, None::<String>, Vec::new());
    let mut ask = db.prepare_cached(ARTICLES)?;
    let mut found = ask.query([since])?;
    while let Some(row) = found.next()? {
        let key: i64 = row.get(0)?;
        if key != story {
            sums.add_story(story, agency.as_deref(), &mut articles);
            (story, agency) = (key, row.get(1)?);
        }
        let (seen, outlet) = (row.get(2)?, row.get(3)?);
        let (is_copy, is_version) = (row.get(4)?, row.get(5)?);
        articles.push(Article { seen, outlet, is_copy, is_version });
    }
    sums.add_story(story, agency.as_deref(), &mut articles);
    Ok(sums.into_rows())
}

struct Report {
    by: ReportBy,
    since: i64,
    rows: FxHashMap<String, Sums>,
}

impl Report {
    /// Adds a story, and empties the list of its articles.
    fn add_story(&mut self, story: i64, agency: Option<&str>, articles: &mut Vec<Article>) {
        articles.sort_by_key(|article| article.seen);
        let first = articles.first();
        for article in articles.iter().filter(|it| it.seen >= self.since) {
            let outlet = article.outlet.as_str();
            let first = first.map_or(article, |first| first);
            let is_elsewhere = first.outlet != outlet;
            let is_own = agency.is_some() && agency == agency_by_alias(outlet);
            let of_agency = agency.filter(|_| !is_own);
            let is_copy = article.is_copy && !is_own;
            let of_outlet = (is_copy && is_elsewhere).then_some(&*first.outlet);
            let (name, source, other) = match (self.by, agency) {
                (ReportBy::Outlet, _) => (outlet, of_agency.or(of_outlet), None),
                (ReportBy::Agency, Some(agency)) => (agency, of_agency, Some(outlet)),
                (ReportBy::Agency, None) => continue,
            };
            let sums = match self.rows.get_mut(name) {
                Some(sums) => sums,
                None => self.rows.entry(name.to_owned()).or_default(),
            };
            let row = &mut sums.row;
            row.stories += u32::from(sums.story != story);
            sums.story = story;
            row.articles += 1;
            if article.is_version && !std::ptr::eq(first, article) {
                row.versions += 1;
            } else if let Some(source) = source {
                row.copies += 1;
                *sums.others.entry(other.unwrap_or(source).to_owned()).or_default() += 1;
                let late = u64::try_from(article.seen - first.seen).ok();
                sums.delays.extend(late.filter(|_| is_elsewhere));
            } else if !is_copy {
                row.own += 1;
            }
        }
        articles.clear();
    }

    fn into_rows(self) -> Vec<ReportRow> {
        let rows = self.rows.into_iter().map(|(name, sums)| sums.into_row(name));
        let mut rows: Vec<ReportRow> = rows.collect();
        rows.sort_by_cached_key(|row| (Reverse((row.copies, row.articles)), row.name.clone()));
        rows
    }
}
