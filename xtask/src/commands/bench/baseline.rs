//! The baselines of the figures: the simplest programs with the same result.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::{Connection, params};

use super::articles::Ready;
use crate::machine::Stopwatch;

/// The number of rows in one transaction, the same as in a group of the bus.
const BATCH: usize = 100;
/// The number of single inserts that are timed.
const SINGLES: usize = 50;

/// The times of SQLite alone with the same bytes.
pub(super) struct SqliteTimes {
    /// Seconds for all articles, in batches of 100.
    pub(super) all: f64,
    /// The median of a single insert in milliseconds.
    pub(super) single: f64,
}

/// The seconds of a SimHash and a look-up in a map for each text. Exact equality of 64 bits is the least that
/// a detector of reprints can do, and a poor one.
pub(super) fn simhash(articles: &[Ready]) -> f64 {
    let watch = Stopwatch::start();
    let mut known: HashMap<u64, usize> = HashMap::new();
    for (place, article) in articles.iter().enumerate() {
        let signature = simhash::simhash(&article.text);
        std::hint::black_box(known.entry(signature).or_insert(place));
    }
    watch.seconds()
}

/// Inserts the same bodies into a table in the same folder, with the durability of the bus.
pub(super) fn sqlite(folder: &Path, articles: &[Ready]) -> anyhow::Result<SqliteTimes> {
    let mut connection = Connection::open(folder.join("plain.sqlite"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE rows (key INTEGER PRIMARY KEY, body BLOB NOT NULL)")?;
    let watch = Stopwatch::start();
    for batch in articles.chunks(BATCH) {
        insert(&mut connection, batch)?;
    }
    let all = watch.seconds();
    let mut singles = Vec::new();
    for article in articles.chunks(1).take(SINGLES) {
        let one = Stopwatch::start();
        insert(&mut connection, article)?;
        singles.push(one.seconds() * 1_000.0);
    }
    singles.sort_by(f64::total_cmp);
    Ok(SqliteTimes { all, single: singles.get(singles.len() / 2).copied().unwrap_or_default() })
}

fn insert(connection: &mut Connection, articles: &[Ready]) -> anyhow::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO rows (body) VALUES (?)")?;
        for article in articles {
            insert.execute(params![&article.message.body[..]])?;
        }
    }
    transaction.commit()?;
    Ok(())
}
