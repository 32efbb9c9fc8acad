//! Reads a file of JSON lines, each of which is an article: `id`, `text` and other fields.

use std::io;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::fs;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use wirefold_address::identify;
use wirefold_feed::dates::{self, Context};
use wirefold_feed::decode;
use wirefold_proto::{FeedId, SubmittedArticle, TextSource};

use super::file::File;
use super::file_reader::{FileReader, ReadError};
use crate::publish::Window;

/// The longest line of JSON that is read.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

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
    #[serde(default)]
    published: Value,
    /// Lines of other programs may have any value here.
    #[serde(default)]
    feed: Value,
}

/// Larger numbers are milliseconds: as seconds they would lie beyond the year 5000.
const LATEST_SECONDS: u64 = 100_000_000_000;

impl FileReader {
    /// Publishes one article for each line. A bad line is logged and skipped.
    pub(super) async fn read_lines(
        &self,
        file: &File,
        feed: &FeedId,
        window: &mut Window,
    ) -> Result<(), ReadError> {
        let mut reader = BufReader::new(fs::File::open(&file.path).await?);
        let path = file.path.display();
        let mut bytes = Vec::new();
        for number in 1_u64.. {
            bytes.clear();
            let length = (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes).await?;
            if length == 0 {
                break;
            }
            let is_cut = length as u64 == LONGEST_LINE && !bytes.ends_with(b"\n");
            if is_cut {
                skip_line(&mut reader).await?;
                tracing::warn!(%path, line = number, "line skipped: longer than 16 MiB");
            } else if !bytes.trim_ascii().is_empty() {
                let arrival = self.arrival(file, feed, TextSource::Given);
                let identified = read(&bytes).and_then(|submitted| {
                    identify(submitted, &arrival).map_err(|refusal| refusal.to_string())
                });
                match identified {
                    Ok(identified) => {
                        let article = identified.article;
                        if article.article.truncated {
                            tracing::warn!(%path, line = number, "text cut: longer than 512 KiB");
                        }
                        self.push(article, window).await?;
                    }
                    Err(why) => tracing::warn!(%path, line = number, %why, "line skipped"),
                }
            }
        }
        Ok(())
    }
}

/// Skips to the end of a line.
async fn skip_line(reader: &mut BufReader<fs::File>) -> io::Result<()> {
    loop {
        let buffer = reader.fill_buf().await?;
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let (used, is_over) = end.map_or((buffer.len(), buffer.is_empty()), |at| (at + 1, true));
        reader.consume(used);
        if is_over {
            return Ok(());
        }
    }
}

/// Reads a line. The error is for people.
fn read(line: &[u8]) -> Result<SubmittedArticle, String> {
    let line = decode::decode(line, None);
    let line: Line = serde_json::from_str(line.trim()).map_err(|error| {
        // serde reports line 1 for every line, so the message has only the column.
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
        Value::String(text) => dates::read(text, Context::default()),
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
    fn reports_why_a_line_is_not_an_article() {
        let why = |line: &str| read(line.as_bytes()).unwrap_err();
        assert_eq!(why(r#"{"text":"a"}"#), "no \"id\"");
        assert_eq!(why(r#"{"id":"a"}"#), "no \"text\"");
        assert!(why("{\"id\":").contains("column 6"));
    }
}
