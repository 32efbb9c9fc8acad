//! Opening the projection's file: its version, its tables, and putting aside what does not fit.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::ProjectionError;

/// The name of the file in the gateway's folder.
pub(crate) const FILE: &str = "gateway.db";
/// The version of the tables; a file of another one is put aside and rebuilt.
const SCHEMA: i64 = 4;
/// Marks the file as this program's.
const APPLICATION: i64 = 0x7766_6777;

/// Keys are numbers that only grow: random keys write eight times the bytes. `story` and `event`
/// are as they stand now; what they were when they were judged stands in `base_story` and `base_event`.
/// Times are milliseconds since 1970. What is long stands last in its row.
const TABLES: &str = "
    CREATE TABLE places (stream TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE articles (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        fetched INTEGER NOT NULL,
        judged INTEGER NOT NULL,
        story TEXT NOT NULL,
        base_story TEXT NOT NULL,
        class TEXT NOT NULL,
        seen INTEGER NOT NULL,
        folded INTEGER NOT NULL,
        outlet TEXT NOT NULL,
        item TEXT NOT NULL,
        url TEXT,
        link TEXT,
        agency_weight INTEGER NOT NULL,
        agency TEXT,
        agency_through TEXT,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX articles_by_story ON articles (story, seen, outlet, class);
    CREATE INDEX articles_by_base ON articles (base_story);
    CREATE INDEX articles_by_seen ON articles (seen, folded);
    CREATE INDEX articles_by_url ON articles (url) WHERE url IS NOT NULL;
    CREATE INDEX articles_by_link ON articles (link) WHERE link IS NOT NULL;
    CREATE INDEX articles_by_item ON articles (item, outlet);
    CREATE TABLE article_feeds (
        feed TEXT NOT NULL,
        article INTEGER NOT NULL,
        PRIMARY KEY (feed, article)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE stories (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        event TEXT,
        gone INTEGER NOT NULL DEFAULT 0,
        judged INTEGER NOT NULL DEFAULT 0,
        revision INTEGER NOT NULL DEFAULT 0,
        first_seen INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        base_event TEXT,
        lead TEXT,
        lead_judged INTEGER NOT NULL DEFAULT 0,
        quiet_judged INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX stories_by_event ON stories (event, first_seen);
    CREATE INDEX stories_by_change ON stories (changed, id) WHERE gone = 0;
    CREATE TABLE events (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        gone INTEGER NOT NULL DEFAULT 0,
        judged INTEGER NOT NULL DEFAULT 0,
        revision INTEGER NOT NULL DEFAULT 0,
        origins INTEGER NOT NULL DEFAULT 0,
        first_seen INTEGER NOT NULL,
        changed INTEGER NOT NULL,
        quiet_judged INTEGER NOT NULL DEFAULT 0,
        continues TEXT
    ) STRICT;
    CREATE INDEX events_by_change ON events (changed, id) WHERE gone = 0;
    CREATE TABLE redirects (
        old TEXT NOT NULL,
        judged INTEGER NOT NULL,
        new TEXT NOT NULL,
        PRIMARY KEY (old, judged)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE moves (
        article TEXT NOT NULL,
        judged INTEGER NOT NULL,
        story TEXT NOT NULL,
        reason TEXT,
        PRIMARY KEY (article, judged)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX moves_by_story ON moves (story, judged);
    CREATE TABLE commands (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX commands_by_time ON commands (at);
    CREATE TABLE alerts (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        subscription TEXT NOT NULL,
        target TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX alerts_by_time ON alerts (at, id);
    CREATE INDEX alerts_by_subscription ON alerts (subscription, at, id);
    CREATE TABLE alert_revisions (
        alert TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at INTEGER NOT NULL,
        volume TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (alert, revision)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX alert_revisions_by_time ON alert_revisions (at, volume);
    CREATE VIRTUAL TABLE words USING fts5(
        searched, content = '', contentless_delete = 1,
        tokenize = 'unicode61 remove_diacritics 2'
    );
";

/// Which message stands at a place, so that a stream that went back in time is recognised. Beside the
/// other tables, so that files of releases that knew none are kept.
const POSITIONS: &str = "
    CREATE TABLE IF NOT EXISTS positions
        (stream TEXT PRIMARY KEY, position TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// Opens the file for writing; one of another version, or one that cannot be read, is put aside
/// and begun anew.
pub(super) fn connect(folder: &Path) -> Result<Connection, ProjectionError> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(FILE);
    match open_existing(&path) {
        Ok(Some(connection)) => return Ok(connection),
        Ok(None) => {
            tracing::warn!(file = %path.display(), "projection of another version put aside, rebuilding");
        }
        Err(ProjectionError::Sqlite(error)) if is_broken(&error) => {
            tracing::warn!(file = %path.display(), %error, "damaged projection put aside, rebuilding");
        }
        Err(error) => return Err(error),
    }
    put_aside(&path)?;
    open_existing(&path)?.ok_or(ProjectionError::Version)
}

/// Puts the file aside, beside it, as `gateway.db.old`.
pub(super) fn put_aside(path: &Path) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm"] {
        let from = with_ending(path, ending);
        let to = with_ending(path, &format!(".old{ending}"));
        match std::fs::rename(&from, &to) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                // An older one's log must not be taken for this one's.
                let _ = std::fs::remove_file(&to);
            }
            moved => moved?,
        }
    }
    Ok(())
}

/// Opens a connection that can only read.
pub(super) fn connect_reader(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// None where the file is another version's or another program's.
fn open_existing(path: &Path) -> Result<Option<Connection>, ProjectionError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    // Else SQLite, as it is built with STAT4, plans some statements anew for each value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables > 0 && (version, application) != (SCHEMA, APPLICATION) {
        return Ok(None);
    }
    // It can be rebuilt, so a power cut may cost its last moments: no sync at each commit.
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -2_048)?;
    // Seldom: pages that every batch changes are then written to the file once for many of them.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    if tables == 0 {
        let transaction = connection.transaction()?;
        transaction.execute_batch(TABLES)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", SCHEMA)?;
        transaction.commit()?;
    }
    connection.execute_batch(POSITIONS)?;
    Ok(Some(connection))
}

fn is_broken(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}
