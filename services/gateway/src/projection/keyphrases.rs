//! Ranks the keyphrases of a story against the window: a phrase that many other events have is of little use
//! for this one.
//!
//! The enricher has one text and the frequencies of words in its language. The projection has the titles and
//! names of all stored articles, so it counts the other events with a phrase.

use rusqlite::{Connection, params};
use wirefold_proto::EventId;

use super::Answer;

/// A phrase is left out if more than one in this many other events has it, …
const SHARE: i64 = 50;
/// … and more than this many events.
const FEWEST: i64 = 2;
/// The most events that are counted.
const MOST: i64 = 5_000;

/// The phrases that distinguish an event from others in the window, the rarest first.
pub(super) fn against_window(
    connection: &Connection,
    event: EventId,
    phrases: Vec<String>,
) -> Answer<Vec<String>> {
    if phrases.is_empty() {
        return Ok(phrases);
    }
    let ask = "SELECT count(*) FROM (SELECT 1 FROM events WHERE gone = 0 AND stories > 0 LIMIT ?1)";
    let events: i64 = connection.prepare_cached(ask)?.query_row([MOST], |row| row.get(0))?;
    let most = (events / SHARE).max(FEWEST);
    let mut counted = Vec::with_capacity(phrases.len());
    for phrase in phrases {
        let others = others(connection, event, &phrase, most + 1)?;
        if others <= most {
            counted.push((others, phrase));
        }
    }
    counted.sort_by_key(|(others, _)| *others);
    Ok(counted.into_iter().map(|(_, phrase)| phrase).collect())
}

/// The number of other events with a phrase in a title or name, at most `most`.
fn others(connection: &Connection, event: EventId, phrase: &str, most: i64) -> Answer<i64> {
    let words = phrase.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let wanted = format!("\"{}\"", words.collect::<Vec<_>>().join(" "));
    let ask = "SELECT count(*) FROM (
        SELECT DISTINCT its.event FROM words JOIN event_articles AS its ON its.article = words.rowid
        WHERE words MATCH ?1 AND its.event <> ?2 LIMIT ?3)";
    let values = params![wanted, event.to_string(), most];
    Ok(connection.prepare_cached(ask)?.query_row(values, |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tables with only these events and the titles of their articles.
    fn window(events: &[(EventId, &[&str])]) -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(
                "CREATE TABLE events (id TEXT, gone INTEGER, stories INTEGER);
                CREATE TABLE event_articles (event TEXT, article INTEGER);
                CREATE VIRTUAL TABLE words USING fts5(searched);",
            )
            .unwrap();
        let mut key = 0;
        for (id, titles) in events {
            connection.execute("INSERT INTO events VALUES (?1, 0, 1)", [id.to_string()]).unwrap();
            for title in *titles {
                key += 1;
                let of_title = "INSERT INTO words (rowid, searched) VALUES (?1, ?2)";
                connection.execute(of_title, params![key, title]).unwrap();
                let of_event = "INSERT INTO event_articles VALUES (?1, ?2)";
                connection.execute(of_event, params![id.to_string(), key]).unwrap();
            }
        }
        connection
    }

    #[test]
    fn phrases_of_other_events_come_last_or_are_omitted() {
        let [own, other, third, fourth] = [1, 2, 3, 4].map(EventId::from_number);
        let connection = window(&[
            (own, &["Quay Cement prices 40 mln crown bond", "Quay Cement bond"]),
            (other, &["Lund Paper prices 20 mln crown bond", "The mln crown bond of Lund"]),
            (third, &["Hollin prices 75 mln crown bond"]),
            (fourth, &["A mln crown bond. Quay Cement is not in it"]),
        ]);
        let told = |phrases: &[&str]| {
            let phrases = phrases.iter().map(|it| (*it).to_owned()).collect();
            against_window(&connection, own, phrases).unwrap()
        };
        assert_eq!(told(&["mln crown bond", "Quay Cement", "40"]), ["40", "Quay Cement"]);
        assert_eq!(told(&[]), [""; 0]);
        // Signs that mean something to FTS5 match nothing by themselves.
        assert_eq!(told(&["\"", "Quay \"OR\" Cement"]), ["\"", "Quay \"OR\" Cement"]);
    }
}
