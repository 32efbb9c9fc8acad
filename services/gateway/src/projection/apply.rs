//! Writes messages into the tables, and deletes rows that are older than the retention.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use wirefold_flow::{Position, Stored, UnixMillis};
use wirefold_proto::{
    Agency, AgencyHow, Alert, ArticleId, Confidence, EventAfter, EventId, EventState,
    LEAD_CHARACTERS, LEAD_WORDS, OutputArticle, OutputCommand, OutputForgotten, StoryAfter,
    StoryChange, StoryId, SubscriptionId, Target, Volume, streams,
};

use crate::projection::lists::millis;
use crate::projection::rows::{one, run};
use crate::projection::{Answer, redirects, search};
use crate::shapes::{AlertRevision, ArticleBrief};

/// Messages of one stream, and the sequence up to which they reach.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// The stream.
    pub(crate) stream: &'static str,
    /// The last message, including skipped ones.
    pub(crate) through: Position,
    /// The readable messages.
    pub(crate) changes: Vec<Change>,
}

/// One message.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// An article with its verdict.
    Article {
        /// The sequence of its output.
        sequence: u64,
        /// The article.
        article: Box<OutputArticle>,
        /// When the bus stored it.
        folded: UnixMillis,
        /// Its text for the search: the whole one if it is still stored.
        text: String,
    },
    /// The changes by an article that was forgotten since.
    Forgotten(Box<OutputForgotten>),
    /// The outcome of a command.
    Command(Box<OutputCommand>),
    /// One revision of an alert.
    Alert {
        /// The revision.
        alert: Box<Alert>,
        /// Its bytes in the stream.
        body: Bytes,
        /// The subscription whose message tells it, too.
        told_by: Option<SubscriptionId>,
    },
}

impl Change {
    /// An article from the stream.
    pub(crate) fn of_article(stored: &Stored, article: Box<OutputArticle>) -> Self {
        let Stored { sequence, at: folded, .. } = *stored;
        let text = article.text.clone().unwrap_or_default();
        Self::Article { sequence, article, folded, text }
    }

    /// An article from the stream, at the same sequence as in `WF_ENRICHED`.
    #[cfg(test)]
    pub(crate) fn of(article: OutputArticle, folded: UnixMillis) -> Self {
        let sequence = article.input.enriched;
        let text = article.text.clone().unwrap_or_default();
        Self::Article { sequence, article: Box::new(article), folded, text }
    }
}

pub(super) fn apply(db: &mut Connection, batch: &Batch) -> Answer<()> {
    buffer_changed_pages(db, PageBuffer::InMemory)?;
    let tx = db.transaction()?;
    let mut searched = SearchedWords::default();
    for change in &batch.changes {
        match change {
            Change::Article { sequence, article, folded, text } => {
                put_changes(&tx, &article.changes)?;
                let decided = *sequence as i64;
                put_article(&tx, decided, (article, *folded), text, &mut searched)?;
            }
            Change::Forgotten(it) => put_changes(&tx, &it.changes)?,
            Change::Command(command) => {
                put_changes(&tx, &command.changes)?;
                put_command(&tx, command)?;
            }
            Change::Alert { alert, body, told_by } => {
                put_alert(&tx, alert, body, told_by.clone())?;
            }
        }
    }
    let keep = "INSERT OR REPLACE INTO positions (stream, position) VALUES (?1, ?2)";
    run(&tx, keep, (batch.stream, batch.through.to_string()))?;
    searched.write(&tx)?;
    Ok(tx.commit()?)
}

/// Where SQLite stores the changed pages of a transaction until its end.
#[derive(Debug, Clone, Copy)]
pub(super) enum PageBuffer {
    /// In memory: a batch changes some megabytes.
    InMemory,
    /// On disk: other transactions may change all pages.
    OnDisk,
}

/// Sets where SQLite stores changed pages. On disk, it copies a page for each statement that may be undone,
/// and writes pages to the log early if the cache is full. Then it reads the whole transaction again for its
/// checksums. That was half of the bytes that all stages wrote.
pub(super) fn buffer_changed_pages(db: &Connection, held: PageBuffer) -> Answer<()> {
    let (temporary, spills) = match held {
        PageBuffer::InMemory => ("MEMORY", false),
        PageBuffer::OnDisk => ("FILE", true),
    };
    db.pragma_update(None, "temp_store", temporary)?;
    Ok(db.pragma_update(None, "cache_spill", spills)?)
}

/// The last message of a stream that is in the tables.
pub(super) fn reached(db: &Connection, stream: &str) -> Answer<Position> {
    let ask = "SELECT position FROM positions WHERE stream = ?1";
    let position = one(db, ask, [stream], |row| Ok(row.get::<_, String>(0)?))?;
    Ok(position.and_then(|text| Position::parse(&text)).unwrap_or_default())
}

/// Empties the tables that a stream fills, and deletes the stream's position.
pub(super) fn begin_anew(db: &mut Connection, stream: &str) -> Answer<()> {
    let tables: &[&str] = match stream == streams::ALERTS.name {
        true => &["alerts", "alert_revisions"],
        false => {
            // Derived tables first.
            &[
                "event_articles", "story_outlets", "event_outlets", "articles", "article_feeds",
                "stories", "events", "redirects", "commands",
            ]
        }
    };
    buffer_changed_pages(db, PageBuffer::OnDisk)?;
    let tx = db.transaction()?;
    for table in tables {
        tx.execute(&format!("DELETE FROM {table}"), [])?;
    }
    if stream != streams::ALERTS.name {
        tx.execute("INSERT INTO words (words) VALUES ('delete-all')", [])?;
    }
    tx.execute("DELETE FROM positions WHERE stream = ?1", [stream])?;
    Ok(tx.commit()?)
}

/// The stored form of a value.
pub(super) fn json<T: serde::Serialize + ?Sized>(value: &T) -> Answer<String> {
    serde_json::to_string(value)
        .map_err(|error| crate::projection::ProjectionError::Row(error.to_string()))
}

/// The searched words of the articles in a batch, by their keys. They are written after everything else.
///
/// Before most other statements, SQLite lets FTS5 write out its buffer. Done for each article, that took a
/// fifth of the time of a batch.
#[derive(Debug, Default)]
pub(super) struct SearchedWords(BTreeMap<i64, String>);

impl SearchedWords {
    pub(super) fn write(self, tx: &Transaction<'_>) -> Answer<()> {
        let insert = "INSERT INTO words (rowid, searched) VALUES (?1, ?2)";
        let mut insert = tx.prepare_cached(insert)?;
        for (key, words) in self.0 {
            insert.execute(params![key, words])?;
        }
        Ok(())
    }

    /// Removes the words of a deleted row, in this batch or in the table.
    fn remove(&mut self, tx: &Transaction<'_>, key: i64) -> Answer<()> {
        if self.0.remove(&key).is_none() {
            run(tx, "DELETE FROM words WHERE rowid = ?1", [key])?;
        }
        Ok(())
    }
}

/// Stores an article in place of what is stored under its id.
pub(super) fn put_article(
    tx: &Transaction<'_>,
    decided: i64,
    (article, folded): (&OutputArticle, UnixMillis),
    text: &str,
    searched: &mut SearchedWords,
) -> Answer<()> {
    let ask = "DELETE FROM articles WHERE id = ?1 RETURNING key";
    let known = one(tx, ask, [article.id.to_string()], |row| Ok(row.get::<_, i64>(0)?))?;
    if let Some(key) = known {
        run(tx, "DELETE FROM article_feeds WHERE article = ?1", [key])?;
        searched.remove(tx, key)?;
    }
    // Event and story come first: the article's position among the articles of the event depends on them.
    let (verdict, seen) = (&article.verdict, article.article.seen);
    put_event(tx, seen, verdict.event, &article.event_state)?;
    let (story, event, lead) = (verdict.story, verdict.event, verdict.lead);
    let after = StoryAfter { story, event, lead, state: article.story_state.clone() };
    put_story(tx, seen, &after)?;
    let key = insert(tx, decided, (article, folded))?;
    searched.0.insert(key, search::searched_words(article, text));
    let insert = "INSERT OR IGNORE INTO article_feeds (feed, article) VALUES (?1, ?2)";
    let mut insert = tx.prepare_cached(insert)?;
    for feed in &article.article.feeds {
        insert.execute(params![feed.as_str(), key])?;
    }
    Ok(())
}

/// A time of the contract in SQLite's form.
pub(super) fn at(time: Timestamp) -> i64 {
    millis(wirefold_envelope::unix_millis(time))
}

fn insert(
    tx: &Transaction<'_>,
    decided: i64,
    (article, folded): (&OutputArticle, UnixMillis),
) -> Answer<i64> {
    let insert = "INSERT INTO articles
        (id, enriched, decided, story, class, seen, folded, outlet, item, url, link, brief, agency,
         agency_weight, agency_through, has_note, language)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)";
    let about = &article.article;
    let agency = article.verdict.agency.as_ref();
    let through = agency.and_then(|agency| agency.evidence.iter().find_map(|it| it.article));
    tx.prepare_cached(insert)?.execute(params![
        article.id.to_string(),
        article.input.enriched as i64,
        decided,
        article.verdict.story.to_string(),
        article.verdict.class.as_str(),
        at(about.seen),
        millis(folded),
        about.outlet.as_str(),
        about.item_key,
        about.canonical_url,
        about.url,
        json(&ArticleBrief::of(article))?,
        agency.map(json).transpose()?,
        agency.map_or(0, |agency| weight(agency, decided)),
        through.map(|witness| witness.to_string()),
        article.findings.note.is_some(),
        article.findings.language.as_ref().map_or("", |language| language.tag.as_str()),
    ])?;
    Ok(tx.last_insert_rowid())
}

/// The first words of a text, as many as a lead has, with the original spaces. A word longer than a lead is
/// cut.
pub(crate) fn lead(text: &str) -> String {
    let mut words = 0;
    let mut before_is_space = true;
    for (number, (place, character)) in text.char_indices().enumerate() {
        let is_space = character.is_whitespace();
        if number == LEAD_CHARACTERS {
            let cut = text.get(..place).unwrap_or(text);
            let whole = cut.rfind(char::is_whitespace).filter(|_| !is_space);
            let kept = whole.and_then(|end| cut.get(..end)).map(str::trim_end);
            return kept.filter(|kept| !kept.is_empty()).unwrap_or(cut.trim_end()).to_owned();
        }
        if before_is_space && !is_space {
            words += 1;
            if words > LEAD_WORDS {
                return text.get(..place).unwrap_or(text).trim_end().to_owned();
            }
        }
        before_is_space = is_space;
    }
    text.trim_end().to_owned()
}

/// The order of two agencies of a story: by confidence, then by evidence, then the later one.
fn weight(agency: &Agency, decided: i64) -> i64 {
    let sure = match agency.confidence {
        Confidence::Certainly => 3,
        Confidence::Probably => 2,
        Confidence::Possibly => 1,
    };
    let founded = match agency.how {
        AgencyHow::Credited => 3,
        AgencyHow::Mentioned => 2,
        AgencyHow::Inferred => 1,
    };
    (i64::from(sure * 4 + founded) << 48) | (decided & ((1 << 48) - 1))
}

pub(super) fn put_changes(tx: &Transaction<'_>, changes: &[StoryChange]) -> Answer<()> {
    changes.iter().try_for_each(|change| put_change(tx, change))
}

fn put_change(tx: &Transaction<'_>, change: &StoryChange) -> Answer<()> {
    match change {
        StoryChange::Merged { from, into, links: _ } => merge(tx, *from, *into),
        StoryChange::Split { from, into, articles } => split(tx, *from, *into, articles),
        // The articles have the agency themselves, and move with them.
        StoryChange::Credited { .. } => Ok(()),
        StoryChange::Preferred { story, lead } | StoryChange::Lead { story, lead, .. } => {
            let set = "UPDATE stories SET lead = ?2 WHERE id = ?1";
            let values = params![story.to_string(), lead.to_string()];
            run(tx, set, values)
        }
        StoryChange::Quiet { target } => {
            let set = format!("UPDATE {} SET quiet = 1 WHERE id = ?1", tables_of(*target).0);
            run(tx, &set, [target.to_string()])
        }
    }
}

/// A table, and the one whose rows belong to its rows, by which column.
type Tables = (&'static str, &'static str, &'static str);
const STORIES: Tables = ("stories", "articles", "story");
const EVENTS: Tables = ("events", "stories", "event");

fn tables_of(target: Target) -> Tables {
    match target {
        Target::Story(_) => STORIES,
        Target::Event(_) => EVENTS,
    }
}

/// Gives what belongs to one story or event to another. The old id leads to the new one from now on.
fn merge(tx: &Transaction<'_>, old: Target, new: Target) -> Answer<()> {
    let own = match (old, new) {
        (Target::Story(_), Target::Story(_)) => "event, ",
        (Target::Event(_), Target::Event(_)) => "",
        // The contract excludes it.
        (Target::Story(_), Target::Event(_)) | (Target::Event(_), Target::Story(_)) => {
            return Ok(());
        }
    };
    let (table, members, column) = tables_of(old);
    let ids = params![old.to_string(), new.to_string()];
    let take_over = format!(
        "INSERT INTO {table} (id, {own}first_seen, changed)
            SELECT ?2, {own}first_seen, changed FROM {table} WHERE id = ?1
            ON CONFLICT (id) DO UPDATE SET
                first_seen = min(first_seen, excluded.first_seen),
                changed = max(changed, excluded.changed)"
    );
    run(tx, &take_over, ids)?;
    let give = format!("UPDATE {members} SET {column} = ?2 WHERE {column} = ?1");
    run(tx, &give, ids)?;
    let remove = format!("DELETE FROM {table} WHERE id = ?1");
    run(tx, &remove, [old.to_string()])?;
    let lead = "INSERT OR REPLACE INTO redirects (old, new) VALUES (?1, ?2)";
    run(tx, lead, ids)
}

/// Makes articles that people took out of a story members of another, which is in its event until more is known.
fn split(tx: &Transaction<'_>, old: StoryId, new: StoryId, articles: &[ArticleId]) -> Answer<()> {
    let put = "INSERT OR IGNORE INTO stories (id, event, first_seen, changed)
        SELECT ?2, event, first_seen, changed FROM stories WHERE id = ?1";
    let ids = params![old.to_string(), new.to_string()];
    run(tx, put, ids)?;
    let give = "UPDATE articles SET story = ?2, moved = 1 WHERE id = ?1";
    let mut give = tx.prepare_cached(give)?;
    for article in articles {
        give.execute(params![article.to_string(), new.to_string()])?;
    }
    redirects::end(tx, new)
}

pub(super) fn put_command(tx: &Transaction<'_>, command: &OutputCommand) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO commands (id, at, body) VALUES (?1, ?2, ?3)";
    let values = params![command.command.id, at(command.command.at), json(command)?];
    run(tx, insert, values)?;
    let changed = command.command.at;
    for EventAfter { event, state } in &command.events {
        put_event(tx, changed, *event, state)?;
    }
    command.stories.iter().try_for_each(|after| put_story(tx, changed, after))
}

/// Writes the state of an event after a decision.
fn put_event(
    tx: &Transaction<'_>,
    changed: Timestamp,
    event: EventId,
    state: &EventState,
) -> Answer<()> {
    let put = "INSERT INTO events (id, revision, origins, first_seen, changed, continues)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (id) DO UPDATE SET
            revision = excluded.revision,
            origins = excluded.origins,
            first_seen = excluded.first_seen,
            changed = max(changed, excluded.changed),
            continues = coalesce(excluded.continues, continues),
            quiet = 0";
    tx.prepare_cached(put)?.execute(params![
        event.to_string(),
        state.revision as i64,
        state.origins,
        at(state.first_seen),
        at(changed),
        state.continues.map(|before| before.to_string()),
    ])?;
    redirects::end(tx, event)
}

/// Writes the state of a story after a decision.
fn put_story(
    tx: &Transaction<'_>,
    changed: Timestamp,
    StoryAfter { story, event, lead, state }: &StoryAfter,
) -> Answer<()> {
    let put = "INSERT INTO stories (id, revision, first_seen, changed, event, lead)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        ON CONFLICT (id) DO UPDATE SET
            revision = excluded.revision,
            first_seen = excluded.first_seen,
            changed = max(changed, excluded.changed),
            event = excluded.event,
            lead = excluded.lead,
            quiet = 0";
    tx.prepare_cached(put)?.execute(params![
        story.to_string(),
        state.revision as i64,
        at(state.first_seen),
        at(changed),
        event.to_string(),
        lead.to_string(),
    ])?;
    redirects::end(tx, *story)
}

pub(super) fn put_alert(
    tx: &Transaction<'_>,
    alert: &Alert,
    body: &[u8],
    told_by: Option<SubscriptionId>,
) -> Answer<()> {
    let (id, at) = (alert.id.to_string(), millis(wirefold_envelope::unix_millis(alert.at)));
    let revision = alert.revision as i64;
    let volume = match alert.volume {
        Volume::Silent => "silent",
        Volume::Loud => "loud",
    };
    let insert = "INSERT OR IGNORE INTO alert_revisions (alert, revision, at, volume, body)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![
        id,
        revision,
        at,
        volume,
        json(&AlertRevision { told_by, ..AlertRevision::of(alert) })?
    ];
    run(tx, insert, values)?;
    let put = "INSERT INTO alerts
        (id, subscription, target, revision, at, copies, notified_at, held_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (id) DO UPDATE SET
            revision = excluded.revision,
            at = excluded.at,
            copies = excluded.copies,
            notified_at = coalesce(excluded.notified_at, notified_at),
            held_at = coalesce(excluded.held_at, held_at),
            body = excluded.body";
    let (subscription, target) = (alert.subscription.as_str(), alert.target.to_string());
    let (is_held, is_loud) = (alert.held.is_some(), alert.volume == Volume::Loud);
    tx.prepare_cached(put)?.execute(params![
        id,
        subscription,
        target,
        revision,
        at,
        alert.copies,
        (is_loud && !is_held).then_some(at),
        is_held.then_some(at),
        String::from_utf8_lossy(body),
    ])?;
    Ok(())
}

/// The most articles deleted in one transaction, so that other writes wait only milliseconds.
const EXPIRED_AT_ONCE: usize = 2_000;

/// Alerts are stored for 90 days, articles for 30.
const ALERTS_LONGER: i64 = 60 * 24 * 3_600 * 1_000;

pub(super) fn expire(db: &mut Connection, before: UnixMillis) -> Answer<usize> {
    let before = millis(before);
    buffer_changed_pages(db, PageBuffer::OnDisk)?;
    let tx = db.transaction()?;
    let old = "SELECT key FROM articles WHERE seen < ?1 ORDER BY seen LIMIT ?2";
    let mut expired = 0;
    for (table, key) in [("article_feeds", "article"), ("words", "rowid"), ("articles", "key")] {
        let delete = format!("DELETE FROM {table} WHERE {key} IN ({old})");
        expired = tx.execute(&delete, params![before, EXPIRED_AT_ONCE as i64])?;
    }
    for (table, members, column) in [STORIES, EVENTS] {
        let delete = format!(
            "DELETE FROM {table} WHERE changed < ?1
            AND NOT EXISTS (SELECT 1 FROM {members} WHERE {column} = {table}.id)"
        );
        tx.execute(&delete, [before])?;
    }
    redirects::expire(&tx)?;
    tx.execute("DELETE FROM commands WHERE at < ?1", [before])?;
    let alerts = before.saturating_sub(ALERTS_LONGER);
    tx.execute("DELETE FROM alert_revisions WHERE at < ?1", [alerts])?;
    tx.execute("DELETE FROM alerts WHERE at < ?1", [alerts])?;
    tx.execute("UPDATE alerts SET notified_at = NULL WHERE notified_at < ?1", [alerts])?;
    tx.execute("UPDATE alerts SET held_at = NULL WHERE held_at < ?1", [alerts])?;
    tx.commit()?;
    Ok(expired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::open;

    #[test]
    fn only_a_batch_holds_its_changes_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut db = open::connect(folder.path()).unwrap();
        let through = Position::at_sequence(1);
        let batch = Batch { stream: streams::OUTPUT.name, through, changes: Vec::new() };
        let is_in_memory = |of: &Connection| {
            let number =
                |name| of.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
            let (temporary, spills) = (number("temp_store"), number("cache_spill"));
            assert_eq!(temporary == 2, spills == 0, "{temporary} {spills}");
            spills == 0
        };
        apply(&mut db, &batch).unwrap();
        assert!(is_in_memory(&db));
        begin_anew(&mut db, batch.stream).unwrap();
        assert!(!is_in_memory(&db));
        apply(&mut db, &batch).unwrap();
        expire(&mut db, UnixMillis(0)).unwrap();
        assert!(!is_in_memory(&db));
    }
}

#[cfg(test)]
mod tests_of_article {
    use super::*;

    #[test]
    fn a_lead_has_so_many_words_and_so_many_characters() {
        let words = vec!["word"; LEAD_WORDS + 1].join(" ");
        assert_eq!(lead(&words), vec!["word"; LEAD_WORDS].join(" "));
        assert_eq!(lead("One  two.\n"), "One  two.");
        assert_eq!(lead(&"ä".repeat(100_000)), "ä".repeat(LEAD_CHARACTERS));
        assert_eq!(lead(&format!("One two {}", "x".repeat(100_000))), "One two");
        let spaced = format!(" {}", "x".repeat(100_000));
        assert_eq!(lead(&spaced).chars().count(), LEAD_CHARACTERS);
        let exact = format!("{} end", "x".repeat(LEAD_CHARACTERS - 4));
        assert_eq!(lead(&exact), exact);
        assert_eq!(lead(&format!("{exact} more")), exact);
        assert_eq!(lead(&format!("{exact}s")), "x".repeat(LEAD_CHARACTERS - 4));
    }
}
