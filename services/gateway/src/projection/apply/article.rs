//! Writes an article, and the state of its story and event after its decision.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Transaction, params};
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Agency, AgencyHow, Confidence, EventId, LEAD_CHARACTERS, LEAD_WORDS, OutputArticle, StoryId,
    TextPolicy,
};

use super::super::{Answer, paging::millis, redirects};
use super::{json, kept};

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
pub(super) fn put(
    transaction: &Transaction<'_>,
    (article, body, folded): (&OutputArticle, Option<&[u8]>, UnixMillis),
    searched: &mut SearchedWords,
) -> Answer<()> {
    let ask = "SELECT key, judged FROM articles WHERE id = ?1";
    let known = transaction
        .prepare_cached(ask)?
        .query_row([article.id.to_string()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let judged = article.judged as i64;
    if known.is_some_and(|(_, before)| before >= judged) {
        return Ok(());
    }
    let base = article.verdict.story;
    let story = redirects::story_of(transaction, article.id, base, judged)?;
    if let Some((key, _)) = known {
        transaction.prepare_cached("DELETE FROM articles WHERE key = ?1")?.execute([key])?;
        transaction
            .prepare_cached("DELETE FROM article_feeds WHERE article = ?1")?
            .execute([key])?;
        searched.remove(transaction, key)?;
    }
    // Event and story come first: the article's position among the articles of the event depends on them.
    let event = put_event(transaction, article)?;
    put_story(transaction, article, event)?;
    if story != base {
        put_member(transaction, article, story, event)?;
    }
    let key = insert(transaction, article, body, story, folded)?;
    searched.0.insert(key, words_of(article));
    put_feeds(transaction, article, key)
}

/// A time of the contract in SQLite's form.
pub(super) fn at(time: Timestamp) -> i64 {
    millis(wirefold_envelope::unix_millis(time))
}

fn insert(
    transaction: &Transaction<'_>,
    article: &OutputArticle,
    body: Option<&[u8]>,
    story: StoryId,
    folded: UnixMillis,
) -> Answer<i64> {
    let insert = "INSERT INTO articles
        (id, fetched, judged, story, base_story, class, seen, folded, outlet, item, url, link, body,
         agency, agency_weight, agency_through, has_note, language)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
    let about = &article.article;
    let agency = article.verdict.agency.as_ref();
    let through = agency.and_then(|agency| agency.evidence.iter().find_map(|it| it.article));
    transaction.prepare_cached(insert)?.execute(params![
        article.id.to_string(),
        article.fetched as i64,
        article.judged as i64,
        story.to_string(),
        article.verdict.story.to_string(),
        article.verdict.class.as_str(),
        at(about.seen),
        millis(folded),
        about.outlet.as_str(),
        about.item_key,
        about.canonical_url,
        about.url,
        body.map_or_else(|| json(article).map(Cow::Owned), |body| kept(article, body))?,
        agency.map(json).transpose()?,
        agency.map_or(0, |agency| weight(agency, article.judged)),
        through.map(|witness| witness.to_string()),
        article.findings.note.is_some(),
        article.findings.language.as_ref().map_or("", |language| language.tag.as_str()),
    ])?;
    Ok(transaction.last_insert_rowid())
}

/// Leaves no more text than a lead in an article; whole texts are read by sequence. Returns whether it
/// removed text.
pub(super) fn shorten(article: &mut OutputArticle) -> bool {
    let is_whole = article.text_policy == TextPolicy::Full;
    if is_whole {
        article.text = article.text.as_deref().map(lead);
        article.text_policy = TextPolicy::Lead;
    }
    is_whole
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

/// The searched words: title, outlet, and the normalised names.
fn words_of(article: &OutputArticle) -> String {
    let mut words = format!("{} {}", article.article.title, article.article.outlet);
    for entity in &article.findings.entities {
        for name in [&entity.name, &entity.key] {
            words.push_str(" | ");
            words.push_str(name);
        }
    }
    words
}

/// Writes the state of the event after the decision. Returns the event's current id.
fn put_event(transaction: &Transaction<'_>, article: &OutputArticle) -> Answer<EventId> {
    let put = "INSERT INTO events
        (id, judged, revision, origins, first_seen, changed, continues)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            revision = iif(excluded.judged > judged, excluded.revision, revision),
            origins = iif(excluded.judged > judged, excluded.origins, origins),
            continues = coalesce(excluded.continues, continues),
            judged = max(judged, excluded.judged)";
    let base = article.verdict.event;
    let (state, seen) = (&article.event_state, at(article.article.seen));
    let judged = article.judged as i64;
    transaction.prepare_cached(put)?.execute(params![
        base.to_string(),
        judged,
        state.revision as i64,
        state.origins,
        at(state.first_seen).min(seen),
        seen,
        state.continues.map(|event| event.to_string()),
    ])?;
    let event = redirects::resolve(transaction, base, judged)?;
    if event != base {
        let touch = "INSERT INTO events (id, first_seen, changed) VALUES (?1, ?2, ?2)
            ON CONFLICT (id) DO UPDATE SET
                first_seen = min(first_seen, excluded.first_seen),
                changed = max(changed, excluded.changed)";
        transaction.prepare_cached(touch)?.execute(params![event.to_string(), seen])?;
        redirects::refresh_event(transaction, base)?;
    }
    Ok(event)
}

/// Writes the state of the story that the decision names.
fn put_story(transaction: &Transaction<'_>, article: &OutputArticle, event: EventId) -> Answer<()> {
    let put = "INSERT INTO stories
        (id, judged, revision, first_seen, changed, base_event, event, lead, lead_judged)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?2)
        ON CONFLICT (id) DO UPDATE SET
            first_seen = min(first_seen, excluded.first_seen),
            changed = max(changed, excluded.changed),
            revision = iif(excluded.judged > judged, excluded.revision, revision),
            base_event = iif(excluded.judged > judged, excluded.base_event, base_event),
            event = iif(excluded.judged > judged, excluded.event, event),
            lead = iif(excluded.judged > lead_judged, excluded.lead, lead),
            lead_judged = max(lead_judged, excluded.judged),
            judged = max(judged, excluded.judged)";
    let (state, seen) = (&article.story_state, at(article.article.seen));
    let base = article.verdict.story;
    transaction.prepare_cached(put)?.execute(params![
        base.to_string(),
        article.judged as i64,
        state.revision as i64,
        at(state.first_seen).min(seen),
        seen,
        article.verdict.event.to_string(),
        event.to_string(),
        article.verdict.lead.to_string(),
    ])?;
    // A story that was never merged is complete now.
    match redirects::is_redirected(transaction, base)? {
        true => redirects::refresh_story(transaction, base),
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
fn weight(agency: &Agency, judged: u64) -> i64 {
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
    (i64::from(sure * 4 + founded) << 48) | (judged as i64 & ((1 << 48) - 1))
}

#[cfg(test)]
mod tests {
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
