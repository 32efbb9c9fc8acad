//! One JSON line as an article: `id`, `text`, and what else is known.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use wirefold_proto::Outlet;

use crate::article;
use crate::feed::{self, Item};
use wirefold_feed::html;

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
}

/// An article that somebody gave.
#[derive(Debug, PartialEq)]
pub(super) struct Given {
    pub(super) item: Item,
    pub(super) outlet: Outlet,
    pub(super) text: String,
}

/// Larger numbers are milliseconds: as seconds they would lie beyond the year 5000.
const LATEST_SECONDS: u64 = 100_000_000_000;

/// Reads a line; the error says what is wrong with it.
pub(super) fn read(line: &[u8]) -> Result<Given, String> {
    let line = feed::decode::decode(line, None);
    let line: Line = serde_json::from_str(line.trim()).map_err(|error| {
        // serde says line 1 of every line; the column is what helps.
        format!("no article in JSON, column {}: {error}", error.column())
    })?;
    let id = match line.id {
        Value::String(id) if !id.trim().is_empty() => id,
        Value::Number(id) => id.to_string(),
        _ => return Err("no \"id\"".to_owned()),
    };
    let text = line.text.ok_or_else(|| "no \"text\"".to_owned())?;
    let link = line.url.filter(|url| !url.trim().is_empty());
    let outlet = line.outlet.as_deref().and_then(article::named);
    let item = Item {
        guid: Some(id),
        title: html::one_line(&line.title.unwrap_or_default()),
        authors: line.author.iter().map(|author| html::one_line(author)).collect(),
        published: time(&line.published),
        link,
        ..Item::default()
    };
    let outlet = outlet.unwrap_or_else(|| article::outlet_of(item.link.as_deref(), "", None));
    Ok(Given { item, outlet, text: html::plain_to_text(&text) })
}

fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => feed::time(text),
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
        assert_eq!(given.item.guid.as_deref(), Some("7"));
        assert_eq!(given.item.title, "A b");
        assert_eq!(given.outlet.as_str(), "a.example");
        assert_eq!(given.text, "One.\n\nTwo.");
        assert_eq!(given.item.published, Some("2026-03-05T00:00:00Z".parse().unwrap()));
        let outlet = |line: &str| read(line.as_bytes()).unwrap().outlet.to_string();
        assert_eq!(outlet(r#"{"id":"a","text":"","outlet":"The Ledger"}"#), "the ledger");
        assert_eq!(outlet(r#"{"id":"a","text":""}"#), "local");
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
