//! Reads an article from a JSON line.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use wirefold_address::{Authority, attributed, canonical, outlet_from_name, site_of};

use super::{FeedSite, Input, Reading, Sink, cut};

/// Larger numbers are milliseconds: as seconds they would lie after the year 5000.
const LATEST_SECONDS: u64 = 100_000_000_000;

/// The longest id, in bytes.
const LONGEST_ID: usize = 1024;

/// The fields that are read. Others are ignored.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    text: Option<String>,
    title: Option<String>,
    author: Option<String>,
    outlet: Option<String>,
    url: Option<String>,
    host: Option<Value>,
    published: Option<Value>,
    feed: Option<Value>,
    seen: Option<Value>,
}

/// The id and the text of a line. A line without both is not an article.
fn id_and_text(line: &mut Line) -> Result<(String, String), String> {
    let id = match &line.id {
        Value::String(id) => id.clone(),
        Value::Number(id) => id.to_string(),
        Value::Null => return Err("no \"id\"".to_owned()),
        other => return Err(format!("\"id\" is {}, a string is wanted", kind(other))),
    };
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err(format!("\"id\" of {} bytes, 1 to {LONGEST_ID} are accepted", id.len()));
    }
    let text = line.text.take().ok_or_else(|| "no \"text\"".to_owned())?;
    Ok((id, text))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// Parses a line. The message says what is wrong and at which column.
fn parse(line: &[u8]) -> Result<Line, String> {
    if line.first() != Some(&b'{') {
        let hint = if line.first() == Some(&b'[') {
            ": write each object on a line, without a list"
        } else {
            ""
        };
        return Err(format!("no JSON object{hint}"));
    }
    serde_json::from_slice(line).map_err(|error| {
        let message = error.to_string();
        let bare = message.rsplit_once(" at line ").map_or(message.as_str(), |(bare, _)| bare);
        // serde reports line 1 for every line; only the column helps.
        format!("{bare} (column {})", error.column())
    })
}

/// Reads one line. A blank line is not an article.
pub(super) fn read(line: &[u8], place: &str, sink: Sink<'_>) -> anyhow::Result<()> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line).trim_ascii();
    if line.is_empty() {
        return Ok(());
    }
    let parsed = parse(line).and_then(|mut line| {
        let (id, text) = id_and_text(&mut line)?;
        Ok((line, id, text))
    });
    let (fields, id, mut text) = match parsed {
        Ok(parsed) => parsed,
        Err(what) => return sink(Reading::Problem(format!("{place}: {what}, line left out"))),
    };
    let whole = text.len() as u64;
    if let Some(note) = cut(&mut text, whole, place) {
        sink(Reading::Warning(note))?;
    }
    if !text.chars().any(char::is_alphanumeric) {
        sink(Reading::Note(format!("{place}: no words in \"text\", nothing to compare")))?;
    }
    let [published, seen] =
        [("published", &fields.published), ("seen", &fields.seen)].map(|(name, given)| {
            given
                .as_ref()
                .map_or(Ok(None), seconds)
                .map_err(|what| format!("{place}: \"{name}\": {what}, ignored"))
        });
    let mut or_none = |read: Result<Option<i64>, String>| match read {
        Ok(seconds) => Ok(seconds),
        Err(what) => sink(Reading::Problem(what)).map(|()| None),
    };
    let (published, seen) = (or_none(published)?, or_none(seen)?);
    let is_given = |field: &String| !field.trim().is_empty();
    let (outlet, url) = (fields.outlet.filter(is_given), fields.url.filter(is_given));
    let input = Input {
        id,
        text,
        title: fields.title.unwrap_or_default(),
        author: fields.author.unwrap_or_default(),
        outlet: outlet.map(in_one_spelling).or_else(|| Some(site_of(url.as_deref()?)?.to_string())),
        url,
        // A field that `fold` does not read may have any value.
        host: fields.host.as_ref().and_then(Value::as_str).map(str::to_owned).map(in_one_spelling),
        published,
        seen,
        place: place.to_owned(),
        ..Input::default()
    };
    let input = match fields.feed {
        None | Some(Value::Null) => input,
        Some(Value::String(feed)) => through(input, &feed),
        Some(other) => {
            let what = format!("\"feed\" is {}, a string is wanted", kind(&other));
            sink(Reading::Problem(format!("{place}: {what}, ignored")))?;
            input
        }
    };
    sink(Reading::Article(Box::new(input)))
}

/// An outlet under the name that the running product gives it, however its host is spelled.
fn in_one_spelling(outlet: String) -> String {
    outlet_from_name(&outlet).map_or(outlet, |outlet| outlet.to_string())
}

/// The article as it came through this feed. A feed with a site has authority for that site only.
fn through(input: Input, feed: &str) -> Input {
    let authority = Authority::of_feed(feed);
    let page = input.url.as_deref();
    let outlet = attributed(input.outlet.as_deref(), None, page, Some(feed));
    let (Authority::Site(site), Some(outlet)) = (&authority, outlet) else {
        return input;
    };
    let via = authority.via(&outlet, page).map(|via| via.to_string());
    Input {
        url: input.url.map(|url| canonical(&url).unwrap_or(url)),
        outlet: Some(outlet.to_string()),
        feed: Some(FeedSite { site: site.to_string(), via }),
        ..input
    }
}

/// Seconds since 1970 of an RFC 3339 or RFC 2822 time, a time without a zone (UTC), a plain date
/// (midnight UTC), or a number of seconds or milliseconds up to the year 9999.
fn seconds(value: &Value) -> Result<Option<i64>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => {
            let refused = || format!("{number} is not a time in seconds or milliseconds");
            let seconds = number.as_i64().or_else(|| number.as_f64().map(|n| n.floor() as i64));
            let time = seconds.ok_or_else(refused)?;
            let time = if time.unsigned_abs() > LATEST_SECONDS { time / 1_000 } else { time };
            Timestamp::from_second(time).map(|_| Some(time)).map_err(|_| refused())
        }
        Value::String(text) => parse_time(text).map(Some).ok_or_else(|| {
            format!("{text:?} is not a time such as 2026-03-05T14:00:00Z or 2026-03-05")
        }),
        other => Err(format!("{other} is not a time such as 2026-03-05T14:00:00Z")),
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
    // Without a zone the time is UTC, without a time of day it is midnight.
    let local = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    Some(local.ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
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
        assert_eq!(parse_time("1970-01-02T01:00:00"), Some(90_000));
        assert_eq!(parse_time("yesterday"), None);
        let number = |text: &str| seconds(&serde_json::from_str(text).expect("a number"));
        assert_eq!(number("86400"), Ok(Some(86_400)));
        assert_eq!(number("1763600000000"), Ok(Some(1_763_600_000)));
        assert_eq!(number("1700000000.5"), Ok(Some(1_700_000_000)));
        assert!(number("1763600000000000").is_err());
    }

    #[test]
    fn a_broken_line_is_named() {
        let check = |line: &str, expected: &str| {
            assert_eq!(read_line(line), [Reading::Problem(format!("a.jsonl:3: {expected}"))]);
        };
        check("{\"id\":\"a\"}", "no \"text\", line left out");
        check("{\"text\":\"a\"}", "no \"id\", line left out");
        check("{\"id\":[],\"text\":\"a\"}", "\"id\" is a list, a string is wanted, line left out");
        check("1", "no JSON object, line left out");
        check("[1]", "no JSON object: write each object on a line, without a list, line left out");
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
