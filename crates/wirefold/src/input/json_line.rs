//! One JSON line as an article.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::{Input, Reading, Sink, cut};

/// Larger numbers are taken as milliseconds: as seconds they would lie beyond the year 5000.
const LATEST_SECONDS: u64 = 100_000_000_000;

/// The fields read; others are passed over.
#[derive(Deserialize)]
struct Line {
    id: Id,
    text: String,
    title: Option<String>,
    author: Option<String>,
    outlet: Option<String>,
    url: Option<String>,
    published: Option<Value>,
}

/// Ids are strings; numbers are taken as they are written.
#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Text(String),
    Number(serde_json::Number),
}

/// Reads one line. Blank lines are none.
pub(super) fn read(line: &[u8], place: &str, sink: Sink<'_>) -> anyhow::Result<()> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(());
    }
    let mut line: Line = match serde_json::from_slice(line) {
        Ok(line) => line,
        Err(error) => {
            let what = without_line(&error.to_string(), error.column());
            return sink(Reading::Problem(format!("{place}: {what}, line left out")));
        }
    };
    let whole = line.text.len() as u64;
    if let Some(note) = cut(&mut line.text, whole, place) {
        sink(Reading::Note(note))?;
    }
    if !line.text.chars().any(char::is_alphanumeric) {
        sink(Reading::Note(format!("{place}: no words in \"text\", nothing to compare")))?;
    }
    let published = match line.published.as_ref().map(seconds) {
        Some(Err(what)) => {
            let rest = "taken as not given";
            sink(Reading::Problem(format!("{place}: \"published\": {what}, {rest}")))?;
            None
        }
        Some(Ok(seconds)) => seconds,
        None => None,
    };
    sink(Reading::Article(Box::new(Input {
        id: match line.id {
            Id::Text(id) => id,
            Id::Number(id) => id.to_string(),
        },
        text: line.text,
        title: line.title.unwrap_or_default(),
        author: line.author.unwrap_or_default(),
        outlet: line.outlet.filter(|outlet| !outlet.trim().is_empty()),
        url: line.url.filter(|url| !url.trim().is_empty()),
        published,
        place: place.to_owned(),
    })))
}

/// The message without serde's line, which is always 1, but with the column.
fn without_line(message: &str, column: usize) -> String {
    let bare = message.rsplit_once(" at line ").map_or(message, |(bare, _)| bare);
    format!("{bare} (column {column})")
}

/// Seconds since 1970 of an RFC 3339 or RFC 2822 time, a plain date (midnight UTC), or a number.
fn seconds(value: &Value) -> Result<Option<i64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => {
            let time = number.as_i64().ok_or_else(|| format!("{number} is no time in seconds"))?;
            Ok(Some(if time.unsigned_abs() > LATEST_SECONDS { time / 1_000 } else { time }))
        }
        Value::String(text) => parse_time(text).map(Some).ok_or_else(|| {
            format!("{text:?} is no time such as 2026-03-05T14:00:00Z or 2026-03-05")
        }),
        other => Err(format!("{other} is no time such as 2026-03-05T14:00:00Z")),
    }
}

fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_second());
    }
    if let Ok(time) = DateTimeParser::new().parse_timestamp(text) {
        return Some(time.as_second());
    }
    let midnight = text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?;
    Some(midnight.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_line(line: &str) -> Vec<Reading> {
        let mut readings = Vec::new();
        read(line.as_bytes(), "a.jsonl:3", &mut |reading| {
            readings.push(reading);
            Ok(())
        })
        .expect("the sink takes everything");
        readings
    }

    #[test]
    fn times_of_many_shapes() {
        for text in ["1970-01-02T00:00:00Z", "1970-01-02", "Fri, 02 Jan 1970 00:00:00 +0000"] {
            assert_eq!(parse_time(text), Some(86_400), "{text}");
        }
        assert_eq!(parse_time("yesterday"), None);
    }

    #[test]
    fn a_broken_line_is_named() {
        let check = |line: &str, expected: &str| {
            assert_eq!(read_line(line), [Reading::Problem(format!("a.jsonl:3: {expected}"))]);
        };
        check("{\"id\":\"a\"}", "missing field `text` (column 10), line left out");
        check("{\"text\":\"a\"}", "missing field `id` (column 12), line left out");
        check("{\"id\":", "EOF while parsing a value (column 6), line left out");
    }

    #[test]
    fn unknown_fields_and_odd_times_lose_nothing() {
        let readings = read_line(r#"{"id":7,"text":"A b.","published":"soon","score":1}"#);
        assert!(matches!(&readings[0], Reading::Problem(what) if what.contains("soon")));
        assert!(matches!(&readings[1], Reading::Article(input) if input.id == "7"));
        assert!(read_line("   ").is_empty());
    }
}
