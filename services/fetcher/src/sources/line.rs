//! Reads one line of JSON as a submitted article: `id`, `text` and other fields.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use wirefold_proto::SubmittedArticle;

use crate::feed;

/// The fields that are read; others are passed over.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    text: Option<String>,
    title: Option<String>,
    author: Option<String>,
    outlet: Option<String>,
    url: Option<String>,
    #[serde(default)]
    published: Value,
    /// Other people's lines may hold anything here.
    #[serde(default)]
    feed: Value,
}

/// Larger numbers are milliseconds: as seconds they would lie beyond the year 5000.
const LATEST_SECONDS: u64 = 100_000_000_000;

/// Reads a line; the error says what is wrong with it.
pub(super) fn read(line: &[u8]) -> Result<SubmittedArticle, String> {
    let line = feed::decode::decode(line, None);
    let line: Line = serde_json::from_str(line.trim()).map_err(|error| {
        // serde says line 1 of every line; the column is what helps.
        format!("not an article in JSON, column {}: {error}", error.column())
    })?;
    let id = match line.id {
        Value::String(id) if !id.trim().is_empty() => id,
        Value::Number(id) => id.to_string(),
        _ => return Err("no \"id\"".to_owned()),
    };
    let text = line.text.ok_or_else(|| "no \"text\"".to_owned())?;
    Ok(SubmittedArticle {
        id: Some(id),
        url: line.url,
        title: line.title,
        text,
        author: line.author,
        outlet: line.outlet,
        feed: line.feed.as_str().map(str::to_owned),
        published: time(&line.published),
        ..SubmittedArticle::default()
    })
}

fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => feed::time(text, None),
        Value::Number(number) => {
            let number = number.as_i64().or_else(|| number.as_f64().map(|n| n.floor() as i64))?;
            match number.unsigned_abs() > LATEST_SECONDS {
                true => Timestamp::from_millisecond(number).ok(),
                false => Timestamp::from_second(number).ok(),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_articles() {
        let given = read(
            br#"{"id":7,"text":"One.\n\nTwo.","title":" A\nb ","author":"Ann","url":"https://www.a.example/x",
                "published":"2026-03-05","score":1}"#,
        )
        .unwrap();
        assert_eq!((given.id.as_deref(), given.author.as_deref()), (Some("7"), Some("Ann")));
        assert_eq!(given.url.as_deref(), Some("https://www.a.example/x"));
        assert_eq!(given.text, "One.\n\nTwo.");
        assert_eq!(given.published, Some("2026-03-05T00:00:00Z".parse().unwrap()));
        let named = br#"{"id":"a","text":"b","outlet":"The Ledger","feed":"planet.example"}"#;
        let named = read(named).unwrap();
        assert_eq!(named.outlet.as_deref(), Some("The Ledger"));
        assert_eq!(named.feed.as_deref(), Some("planet.example"));
    }

    #[test]
    fn times_may_be_numbers() {
        let at = |json: &str| time(&serde_json::from_str(json).unwrap());
        let expected = Some("2026-03-05T14:00:00Z".parse().unwrap());
        assert_eq!(at("1772719200"), expected);
        assert_eq!(at("1772719200000"), expected);
        assert_eq!(at("1772719200.9"), expected);
        assert_eq!(at("true"), None);
    }

    #[test]
    fn what_is_no_article_is_said() {
        let why = |line: &str| read(line.as_bytes()).unwrap_err();
        assert_eq!(why(r#"{"text":"a"}"#), "no \"id\"");
        assert_eq!(why(r#"{"id":"a"}"#), "no \"text\"");
        assert!(why("{\"id\":").contains("column 6"));
    }
}
