//! Parses the dates of a document after the whole document has been read: its language and its
//! other dates decide whether `02/01/2024` is in January.

use crate::dates::{self, Context};
use crate::document::{Date, Dates, Document, Record};

/// The most characters of a date that are shown to people.
const SHOWN: usize = 40;

/// Parses all dates of a document. Those that cannot be parsed become one of its problems.
pub(super) fn read(document: &mut Document) {
    let language = document.feed.text("language").map(str::to_owned);
    let all = document.entries.iter().flat_map(written).map(|date| date.written.as_str());
    let context = Context::of_dates(language.as_deref(), all);
    let mut unread: Vec<&str> = Vec::new();
    let records = std::iter::once(&mut document.feed).chain(&mut document.entries);
    for record in records {
        for date in dates_of(record) {
            date.time = dates::parse_in(&date.written, context);
            if date.time.is_none() {
                unread.push(&date.written);
            }
        }
    }
    let Some(first) = unread.first() else {
        return;
    };
    let shown: String = first.chars().take(SHOWN).collect();
    let dates = if unread.len() == 1 { "date" } else { "dates" };
    let problem = format!("{} {dates} cannot be read, such as {shown:?}", unread.len());
    document.problems.push(problem.clone());
    document.unread_dates = Some(problem);
}

fn written(record: &Record) -> impl Iterator<Item = &Date> {
    let dates = &record.dates;
    [&dates.published, &dates.created, &dates.updated, &dates.expired].into_iter().flatten()
}

/// The dates of a record and of its source.
fn dates_of(record: &mut Record) -> impl Iterator<Item = &mut Date> {
    let own = each(&mut record.dates);
    let source = record.source.as_deref_mut().map(|source| each(&mut source.dates));
    own.into_iter().chain(source.into_iter().flatten()).flatten()
}

fn each(dates: &mut Dates) -> [&mut Option<Date>; 4] {
    let Dates { published, created, updated, expired } = dates;
    [published, created, updated, expired]
}
