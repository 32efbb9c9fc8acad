//! Writes messages into the tables, and deletes rows that are older than the retention.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use wirefold_flow::{Position, Stored, UnixMillis};
use wirefold_proto::{
    Agency, AgencyHow, Alert, ArticleId, Confidence, EventAfter, EventId, EventState,
    LEAD_CHARACTERS, LEAD_WORDS, OutputArticle, OutputCommand, OutputForgotten, StoryAfter,
    StoryChange, StoryId, Target, Volume, streams,
};

use crate::projection::lists::millis;
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
    /// The changes by an article that was forgotten since, with their sequence.
    Forgotten(u64, Box<OutputForgotten>),
    /// The outcome of a command, with its sequence.
    Command(u64, Box<OutputCommand>),
    /// One revision of an alert.
    Alert {
        /// The revision.
        alert: Box<Alert>,
        /// Its bytes in the stream.
        body: Bytes,
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

pub(super) fn apply(connection: &mut Connection, batch: &Batch) -> Answer<()> {
    buffer_changed_pages(connection, PageBuffer::InMemory)?;
    let transaction = connection.transaction()?;
    let mut searched = SearchedWords::default();
    for change in &batch.changes {
        match change {
            Change::Article { sequence, article, folded, text } => {
                let decided = *sequence as i64;
                put_article(&transaction, decided, (article, *folded), text, &mut searched)?;
                put_changes(&transaction, decided, &article.changes)?;
            }
            Change::Forgotten(at, it) => put_changes(&transaction, *at as i64, &it.changes)?,
            Change::Command(at, command) => {
                put_changes(&transaction, *at as i64, &command.changes)?;
                put_command(&transaction, *at as i64, command)?;
            }
            Change::Alert { alert, body } => put_alert(&transaction, alert, body)?,
        }
    }
    store_position(&transaction, batch)?;
    searched.write(&transaction)?;
    Ok(transaction.commit()?)
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
pub(super) fn buffer_changed_pages(connection: &Connection, held: PageBuffer) -> Answer<()> {
    let (temporary, spills) = match held {
        PageBuffer::InMemory => ("MEMORY", false),
        PageBuffer::OnDisk => ("FILE", true),
    };
    connection.pragma_update(None, "temp_store", temporary)?;
    Ok(connection.pragma_update(None, "cache_spill", spills)?)
}

/// Stores the position, which only moves forward.
fn store_position(transaction: &Transaction<'_>, batch: &Batch) -> Answer<()> {
    let keep = "INSERT INTO places (stream, sequence) VALUES (?1, ?2)
        ON CONFLICT (stream) DO UPDATE SET sequence = max(sequence, excluded.sequence)";
    let Batch { stream, through, changes: _ } = batch;
    transaction.prepare_cached(keep)?.execute(params![stream, through.sequence as i64])?;
    let keep_position = "INSERT OR REPLACE INTO positions (stream, position) VALUES (?1, ?2)";
    transaction.prepare_cached(keep_position)?.execute(params![stream, through.to_string()])?;
    Ok(())
}

/// The last message of a stream that is in the tables.
pub(super) fn reached(connection: &Connection, stream: &str) -> Answer<Position> {
    let ask = "SELECT position FROM positions WHERE stream = ?1";
    let position =
        connection.prepare_cached(ask)?.query_row([stream], |row| row.get::<_, String>(0));
    let position = position.optional()?.and_then(|text| Position::parse(&text));
    let sequence = applied_sequence(connection, stream)?;
    // A release without positions may have written since.
    let is_it = |reached: &Position| reached.sequence == sequence;
    Ok(position.filter(is_it).unwrap_or(Position::at_sequence(sequence)))
}

/// Empties the tables that a stream fills, and deletes the stream's position.
pub(super) fn begin_anew(connection: &mut Connection, stream: &str) -> Answer<()> {
    let tables: &[&str] = match stream == streams::ALERTS.name {
        true => &["alerts", "alert_revisions"],
        false => {
            // Derived tables first.
            &[
                "event_articles", "story_outlets", "event_outlets", "articles", "article_feeds",
                "stories", "events", "redirects", "moves", "commands",
            ]
        }
    };
    buffer_changed_pages(connection, PageBuffer::OnDisk)?;
    let transaction = connection.transaction()?;
    for table in tables {
        transaction.execute(&format!("DELETE FROM {table}"), [])?;
    }
    if stream != streams::ALERTS.name {
        transaction.execute("INSERT INTO words (words) VALUES ('delete-all')", [])?;
    }
    for table in ["places", "positions"] {
        transaction.execute(&format!("DELETE FROM {table} WHERE stream = ?1"), [stream])?;
    }
    Ok(transaction.commit()?)
}

pub(super) fn applied_sequence(connection: &Connection, stream: &str) -> Answer<u64> {
    let ask = "SELECT sequence FROM places WHERE stream = ?1";
    let place = connection.prepare_cached(ask)?.query_row([stream], |row| row.get::<_, i64>(0));
    Ok(u64::try_from(place.optional()?.unwrap_or(0)).unwrap_or(0))
}

/// The stored form of a message: unchanged if it is text.
fn kept<'a, T: serde::Serialize>(message: &T, body: &'a [u8]) -> Answer<Cow<'a, str>> {
    match str::from_utf8(body) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) => json(message).map(Cow::Owned),
    }
}

/// The stored form of a value.
fn json<T: serde::Serialize>(value: &T) -> Answer<String> {
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
    pub(super) fn write(self, transaction: &Transaction<'_>) -> Answer<()> {
        let insert = "INSERT INTO words (rowid, searched) VALUES (?1, ?2)";
        let mut insert = transaction.prepare_cached(insert)?;
        for (key, words) in self.0 {
            insert.execute(params![key, words])?;
        }
        Ok(())
    }

    /// Removes the words of a deleted row, in this batch or in the table.
    fn remove(&mut self, transaction: &Transaction<'_>, key: i64) -> Answer<()> {
        if self.0.remove(&key).is_none() {
            transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([key])?;
        }
        Ok(())
    }
}

/// Stores an article, unless it is stored with this decision or a later one.
pub(super) fn put_article(
    transaction: &Transaction<'_>,
    decided: i64,
    (article, folded): (&OutputArticle, UnixMillis),
    text: &str,
    searched: &mut SearchedWords,
) -> Answer<()> {
    let ask = "SELECT key, decided FROM articles WHERE id = ?1";
    let known = transaction
        .prepare_cached(ask)?
        .query_row([article.id.to_string()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    if known.is_some_and(|(_, before)| before >= decided) {
        return Ok(());
    }
    let base = article.verdict.story;
    let story = redirects::story_of(transaction, article.id, base, decided)?;
    if let Some((key, _)) = known {
        transaction.prepare_cached("DELETE FROM articles WHERE key = ?1")?.execute([key])?;
        transaction
            .prepare_cached("DELETE FROM article_feeds WHERE article = ?1")?
            .execute([key])?;
        searched.remove(transaction, key)?;
    }
    // Event and story come first: the article's position among the articles of the event depends on them.
    let event = put_event_of_article(transaction, decided, article)?;
    put_story_of_article(transaction, decided, article, event)?;
    if story != base {
        put_member(transaction, article, story, event)?;
    }
    let key = insert(transaction, decided, (article, folded), story)?;
    searched.0.insert(key, search::searched_words(article, text));
    put_feeds(transaction, article, key)
}

/// A time of the contract in SQLite's form.
pub(super) fn at(time: Timestamp) -> i64 {
    millis(wirefold_envelope::unix_millis(time))
}

fn insert(
    transaction: &Transaction<'_>,
    decided: i64,
    (article, folded): (&OutputArticle, UnixMillis),
    story: StoryId,
) -> Answer<i64> {
    let insert = "INSERT INTO articles
        (id, enriched, decided, story, base_story, class, seen, folded, outlet, item, url, link, brief,
         agency, agency_weight, agency_through, has_note, language)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    let about = &article.article;
    let agency = article.verdict.agency.as_ref();
    let through = agency.and_then(|agency| agency.evidence.iter().find_map(|it| it.article));
    transaction.prepare_cached(insert)?.execute(params![
        article.id.to_string(),
        article.input.enriched as i64,
        decided,
        story.to_string(),
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
    Ok(transaction.last_insert_rowid())
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

fn put_feeds(transaction: &Transaction<'_>, article: &OutputArticle, key: i64) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO article_feeds (feed, article) VALUES (?1, ?2)";
    let mut insert = transaction.prepare_cached(insert)?;
    for feed in &article.article.feeds {
        insert.execute(params![feed.as_str(), key])?;
    }
    Ok(())
}

/// Writes the state of the event after the decision. Returns the event's current id.
fn put_event_of_article(
    transaction: &Transaction<'_>,
    decided: i64,
    article: &OutputArticle,
) -> Answer<EventId> {
    let (base, seen) = (article.verdict.event, article.article.seen);
    let by = Decided { decided, at: seen };
    upsert_event(transaction, by, base, &article.event_state)?;
    let event = redirects::resolve(transaction, base, by.decided)?;
    if event != base {
        let touch = "INSERT INTO events (id, first_seen, changed) VALUES (?1, ?2, ?2)
            ON CONFLICT (id) DO UPDATE SET
                first_seen = min(first_seen, excluded.first_seen),
                changed = max(changed, excluded.changed)";
        transaction.prepare_cached(touch)?.execute(params![event.to_string(), at(seen)])?;
        redirects::refresh_event(transaction, base)?;
    }
    Ok(event)
}

/// Writes the state of the story that the decision names.
fn put_story_of_article(
    transaction: &Transaction<'_>,
    decided: i64,
    article: &OutputArticle,
    event: EventId,
) -> Answer<()> {
    let (verdict, state) = (&article.verdict, article.story_state.clone());
    let by = Decided { decided, at: article.article.seen };
    let (story, lead) = (verdict.story, verdict.lead);
    let after = StoryAfter { story, event: verdict.event, lead, state };
    upsert_story(transaction, by, &after, event)?;
    // A story that was never merged is complete now.
    match redirects::is_redirected(transaction, story)? {
        true => redirects::refresh_story(transaction, story),
        false => Ok(()),
    }
}

/// Makes the article a member of a story that its decision did not name.
fn put_member(
    transaction: &Transaction<'_>,
    article: &OutputArticle,
    story: StoryId,
    event: EventId,
) -> Answer<()> {
    let touch = "INSERT INTO stories (id, first_seen, changed, event) VALUES (?1, ?2, ?2, ?3)
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            event = coalesce(event, excluded.event)";
    let seen = at(article.article.seen);
    let values = params![story.to_string(), seen, event.to_string()];
    transaction.prepare_cached(touch)?.execute(values)?;
    redirects::refresh_story(transaction, story)
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

pub(super) fn put_changes(
    transaction: &Transaction<'_>,
    decided: i64,
    changes: &[StoryChange],
) -> Answer<()> {
    changes.iter().try_for_each(|change| put_change(transaction, decided, change))
}

fn put_change(transaction: &Transaction<'_>, decided: i64, change: &StoryChange) -> Answer<()> {
    match change {
        StoryChange::Merged { from, into, links: _ } => match (*from, *into) {
            (Target::Story(old), Target::Story(new)) => {
                merge_stories(transaction, old, new, decided)
            }
            (Target::Event(old), Target::Event(new)) => {
                merge_events(transaction, old, new, decided)
            }
            // The contract excludes it, and no id can redirect to one of another kind.
            (Target::Story(_), Target::Event(_)) | (Target::Event(_), Target::Story(_)) => Ok(()),
        },
        StoryChange::Split { from, into, articles } => {
            for article in articles.iter().copied() {
                redirects::insert_move(transaction, article, decided, *into)?;
                move_to_new_story(transaction, article, *into, *from)?;
            }
            redirects::refresh_story(transaction, *into)
        }
        // The articles have the agency themselves, and move with them.
        StoryChange::Credited { story, agency: _ } => {
            ensure_row(transaction, Target::Story(*story))
        }
        StoryChange::Preferred { story, lead } | StoryChange::Lead { story, lead, .. } => {
            ensure_row(transaction, Target::Story(*story))?;
            let set = "UPDATE stories SET lead = ?2, lead_decided = ?3
                WHERE id = ?1 AND lead_decided < ?3";
            let values = params![story.to_string(), lead.to_string(), decided];
            transaction.prepare_cached(set)?.execute(values)?;
            Ok(())
        }
        StoryChange::Quiet { target } => {
            let table = table_of(*target);
            let set =
                format!("UPDATE {table} SET quiet_decided = max(quiet_decided, ?2) WHERE id = ?1");
            ensure_row(transaction, *target)?;
            transaction.prepare_cached(&set)?.execute(params![target.to_string(), decided])?;
            Ok(())
        }
    }
}

/// Makes a stored article a member of the story that it was taken out into. That story is in the old story's
/// event until more is known.
fn move_to_new_story(
    transaction: &Transaction<'_>,
    article: ArticleId,
    new: StoryId,
    old: StoryId,
) -> Answer<()> {
    let put = "INSERT INTO stories (id, first_seen, changed, event)
        SELECT ?2, seen, seen, (SELECT event FROM stories WHERE id = ?3)
            FROM articles WHERE id = ?1
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            event = coalesce(event, excluded.event)";
    let values = params![article.to_string(), new.to_string(), old.to_string()];
    transaction.prepare_cached(put)?.execute(values)?;
    Ok(())
}

/// Makes sure that a row exists, in whatever order messages come. Every other time replaces its times, and it
/// is not shown before it has an article.
fn ensure_row(transaction: &Transaction<'_>, id: Target) -> Answer<()> {
    let table = table_of(id);
    let insert =
        format!("INSERT OR IGNORE INTO {table} (id, first_seen, changed) VALUES (?1, ?2, 0)");
    transaction.prepare_cached(&insert)?.execute(params![id.to_string(), i64::MAX])?;
    Ok(())
}

fn table_of(target: Target) -> &'static str {
    match target {
        Target::Story(_) => "stories",
        Target::Event(_) => "events",
    }
}

/// Redirects the old story to the new one, for decisions before the merge. If people took the old one out
/// again, later decisions are its own.
fn merge_stories(
    transaction: &Transaction<'_>,
    old: StoryId,
    new: StoryId,
    decided: i64,
) -> Answer<()> {
    redirects::insert(transaction, old, decided, new)?;
    let take_over = "INSERT INTO stories (id, first_seen, changed, event)
        SELECT ?2, first_seen, coalesce((
                SELECT max(seen) FROM articles
                WHERE (story = ?1 OR (base_story = ?1 AND base_story <> story)) AND decided <= ?3
            ), 0), event FROM stories WHERE id = ?1
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed)";
    let values = params![old.to_string(), new.to_string(), decided];
    transaction.prepare_cached(take_over)?.execute(values)?;
    redirects::refresh_members(transaction, old)?;
    redirects::refresh_story(transaction, old)?;
    redirects::refresh_story(transaction, new)
}

fn merge_events(
    transaction: &Transaction<'_>,
    old: EventId,
    new: EventId,
    decided: i64,
) -> Answer<()> {
    redirects::insert(transaction, old, decided, new)?;
    let take_over = "INSERT INTO events (id, first_seen, changed)
        SELECT ?2, first_seen, changed FROM events WHERE id = ?1
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed)";
    transaction.prepare_cached(take_over)?.execute([old.to_string(), new.to_string()])?;
    redirects::refresh_stories_of(transaction, old)?;
    redirects::refresh_event(transaction, old)?;
    redirects::refresh_event(transaction, new)
}

pub(super) fn put_command(
    transaction: &Transaction<'_>,
    decided: i64,
    command: &OutputCommand,
) -> Answer<()> {
    let insert = "INSERT OR IGNORE INTO commands (id, at, body) VALUES (?1, ?2, ?3)";
    let values = params![command.command.id, at(command.command.at), json(command)?];
    transaction.prepare_cached(insert)?.execute(values)?;
    let by = Decided { decided, at: command.command.at };
    stand(transaction, by, &command.stories, &command.events)
}

/// The decision that a state follows.
#[derive(Clone, Copy)]
pub(super) struct Decided {
    /// Its sequence in the output.
    pub(super) decided: i64,
    pub(super) at: Timestamp,
}

/// Writes the state of stories and events after a decision.
pub(super) fn stand(
    transaction: &Transaction<'_>,
    by: Decided,
    stories: &[StoryAfter],
    events: &[EventAfter],
) -> Answer<()> {
    for after in events {
        put_event(transaction, by, after)?;
    }
    stories.iter().try_for_each(|after| put_story(transaction, by, after))
}

fn put_event(
    transaction: &Transaction<'_>,
    by: Decided,
    EventAfter { event, state }: &EventAfter,
) -> Answer<()> {
    upsert_event(transaction, by, *event, state)?;
    redirects::refresh_event(transaction, *event)
}

fn put_story(transaction: &Transaction<'_>, by: Decided, after: &StoryAfter) -> Answer<()> {
    upsert_story(transaction, by, after, after.event)?;
    redirects::refresh_story(transaction, after.story)
}

fn upsert_event(
    transaction: &Transaction<'_>,
    by: Decided,
    event: EventId,
    state: &EventState,
) -> Answer<()> {
    let put = "INSERT INTO events (id, decided, revision, origins, first_seen, changed, continues)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            revision = iif(excluded.decided > decided, excluded.revision, revision),
            origins = iif(excluded.decided > decided, excluded.origins, origins),
            continues = coalesce(excluded.continues, continues),
            decided = max(decided, excluded.decided)";
    transaction.prepare_cached(put)?.execute(params![
        event.to_string(),
        by.decided,
        state.revision as i64,
        state.origins,
        at(state.first_seen).min(at(by.at)),
        at(by.at),
        state.continues.map(|before| before.to_string()),
    ])?;
    Ok(())
}

/// Writes the state of a story, which is in `current` now.
fn upsert_story(
    transaction: &Transaction<'_>,
    by: Decided,
    StoryAfter { story, event, lead, state }: &StoryAfter,
    current: EventId,
) -> Answer<()> {
    let put = "INSERT INTO stories
        (id, decided, revision, first_seen, changed, base_event, event, lead, lead_decided)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?2)
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            revision = iif(excluded.decided > decided, excluded.revision, revision),
            base_event = iif(excluded.decided > decided, excluded.base_event, base_event),
            event = iif(excluded.decided > decided, excluded.event, event),
            lead = iif(excluded.decided > lead_decided, excluded.lead, lead),
            lead_decided = max(lead_decided, excluded.decided),
            decided = max(decided, excluded.decided)";
    transaction.prepare_cached(put)?.execute(params![
        story.to_string(),
        by.decided,
        state.revision as i64,
        at(state.first_seen).min(at(by.at)),
        at(by.at),
        event.to_string(),
        current.to_string(),
        lead.to_string(),
    ])?;
    Ok(())
}

pub(super) fn put_alert(transaction: &Transaction<'_>, alert: &Alert, body: &[u8]) -> Answer<()> {
    let (id, at) = (alert.id.to_string(), millis(wirefold_envelope::unix_millis(alert.at)));
    let revision = alert.revision as i64;
    let volume = match alert.volume {
        Volume::Silent => "silent",
        Volume::Loud => "loud",
    };
    let insert = "INSERT OR IGNORE INTO alert_revisions (alert, revision, at, volume, body)
        VALUES (?1, ?2, ?3, ?4, ?5)";
    let values = params![id, revision, at, volume, json(&AlertRevision::of(alert))?];
    transaction.prepare_cached(insert)?.execute(values)?;
    let put = "INSERT INTO alerts
        (id, subscription, target, revision, at, copies, notified_at, held_at, body)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        ON CONFLICT (id) DO UPDATE SET
            revision = max(revision, excluded.revision),
            at = iif(excluded.revision > revision, excluded.at, at),
            copies = iif(excluded.revision > revision, excluded.copies, copies),
            notified_at = nullif(max(coalesce(notified_at, -1), coalesce(excluded.notified_at, -1)), -1),
            held_at = nullif(max(coalesce(held_at, -1), coalesce(excluded.held_at, -1)), -1),
            body = iif(excluded.revision > revision, excluded.body, body)
        WHERE excluded.revision <> revision";
    let (subscription, target) = (alert.subscription.as_str(), alert.target.to_string());
    let (is_held, is_loud) = (alert.held.is_some(), alert.volume == Volume::Loud);
    transaction.prepare_cached(put)?.execute(params![
        id,
        subscription,
        target,
        revision,
        at,
        alert.copies,
        (is_loud && !is_held).then_some(at),
        is_held.then_some(at),
        kept(alert, body)?,
    ])?;
    Ok(())
}

/// The most articles deleted in one transaction, so that other writes wait only milliseconds.
const EXPIRED_AT_ONCE: usize = 2_000;

/// Alerts are stored for 90 days, articles for 30.
const ALERTS_LONGER: i64 = 60 * 24 * 3_600 * 1_000;

pub(super) fn expire(connection: &mut Connection, before: UnixMillis) -> Answer<usize> {
    let before = millis(before);
    buffer_changed_pages(connection, PageBuffer::OnDisk)?;
    let transaction = connection.transaction()?;
    let old: Vec<i64> = transaction
        .prepare_cached("SELECT key FROM articles WHERE seen < ?1 ORDER BY seen LIMIT ?2")?
        .query_map(params![before, EXPIRED_AT_ONCE as i64], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for key in &old {
        transaction
            .prepare_cached("DELETE FROM article_feeds WHERE article = ?1")?
            .execute([key])?;
        transaction.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([key])?;
        transaction.prepare_cached("DELETE FROM articles WHERE key = ?1")?.execute([key])?;
    }
    // Each value of `gone` has an index of its own.
    for gone in [0, 1] {
        let stories = format!(
            "DELETE FROM stories WHERE gone = {gone} AND changed < ?1
            AND NOT EXISTS (SELECT 1 FROM articles WHERE articles.story = stories.id)"
        );
        transaction.execute(&stories, [before])?;
    }
    for gone in [0, 1] {
        let events = format!(
            "DELETE FROM events WHERE gone = {gone} AND changed < ?1
            AND NOT EXISTS (SELECT 1 FROM stories WHERE stories.event = events.id)"
        );
        transaction.execute(&events, [before])?;
    }
    expire_links(&transaction)?;
    transaction.execute("DELETE FROM commands WHERE at < ?1", [before])?;
    let alerts = before.saturating_sub(ALERTS_LONGER);
    transaction.execute("DELETE FROM alert_revisions WHERE at < ?1", [alerts])?;
    transaction.execute("DELETE FROM alerts WHERE at < ?1", [alerts])?;
    transaction.execute("UPDATE alerts SET notified_at = NULL WHERE notified_at < ?1", [alerts])?;
    transaction.execute("UPDATE alerts SET held_at = NULL WHERE held_at < ?1", [alerts])?;
    transaction.commit()?;
    Ok(old.len())
}

/// Deletes merges and splits that are older than every article and that no id needs any more. Those of a
/// chain are deleted in order.
fn expire_links(transaction: &Transaction<'_>) -> Answer<()> {
    let oldest = "(SELECT decided FROM articles ORDER BY seen LIMIT 1)";
    let is_known =
        |table: &str, id: &str| format!("EXISTS (SELECT 1 FROM {table} WHERE id = {id})");
    let redirects = format!(
        "DELETE FROM redirects AS link WHERE decided < {oldest}
            AND NOT {} AND NOT {}
            AND NOT EXISTS (SELECT 1 FROM redirects WHERE old = link.new)",
        is_known("stories", "link.new"),
        is_known("events", "link.new"),
    );
    transaction.execute(&redirects, [])?;
    let moves = format!(
        "DELETE FROM moves AS link WHERE decided < {oldest} AND NOT {} AND NOT {}",
        is_known("articles", "link.article"),
        is_known("stories", "link.story"),
    );
    transaction.execute(&moves, [])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projection::open;

    #[test]
    fn only_a_batch_holds_its_changes_in_memory() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = open::connect(folder.path()).unwrap();
        let through = Position::at_sequence(1);
        let batch = Batch { stream: streams::OUTPUT.name, through, changes: Vec::new() };
        let is_in_memory = |of: &Connection| {
            let number =
                |name| of.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
            let (temporary, spills) = (number("temp_store"), number("cache_spill"));
            assert_eq!(temporary == 2, spills == 0, "{temporary} {spills}");
            spills == 0
        };
        apply(&mut connection, &batch).unwrap();
        assert!(is_in_memory(&connection));
        begin_anew(&mut connection, batch.stream).unwrap();
        assert!(!is_in_memory(&connection));
        apply(&mut connection, &batch).unwrap();
        expire(&mut connection, UnixMillis(0)).unwrap();
        assert!(!is_in_memory(&connection));
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
