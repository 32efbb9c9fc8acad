//! Reads a file that is a feed, item by item.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use tokio::fs;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use url::Url;
use wirefold_address::identify;
use wirefold_feed::dates::Context;
use wirefold_feed::{Feed, dates, decode};
use wirefold_proto::{ArticleId, SubmittedArticle, TextSource};

use super::{File, FileReader, LONGEST_FILE, ReadError, read_start};
use crate::article::to_submitted;
use crate::publish::Window;

impl FileReader {
    /// Publishes the items of a feed, the oldest first. Feeds list the newest first.
    pub(super) async fn read_feed(
        &self,
        file: &File,
        window: &mut Window,
    ) -> Result<(), ReadError> {
        let bytes = read_start(&file.path).await?;
        let path = file.path.display();
        let Feed { items, language, problems, .. } = match parse(&file.path, bytes).await {
            Ok(parsed) => parsed,
            Err(why) => {
                tracing::warn!(%path, %why, "file skipped: not a feed");
                return Ok(());
            }
        };
        for problem in problems {
            tracing::warn!(%path, %problem, "feed read with a problem");
        }
        for mut item in items.into_iter().rev() {
            item.language = item.language.or_else(|| language.clone());
            let (text, text_source) = match (item.text.take(), &item.teaser) {
                (Some(text), _) => (text, TextSource::Feed),
                (None, teaser) => (teaser.clone().unwrap_or_default(), TextSource::Teaser),
            };
            let arrival = self.arrival(file, text_source);
            match identify(to_submitted(&item, text), &arrival) {
                Ok(article) => self.push(article, window).await?,
                Err(why) => tracing::warn!(%path, %why, "item skipped"),
            }
        }
        Ok(())
    }
}

/// Parses a feed on a blocking thread, which catches a panic. The error is for people.
async fn parse(path: &Path, bytes: Vec<u8>) -> Result<Feed, String> {
    // Relative links lead to files, which are not web addresses and are dropped.
    let base = Url::from_file_path(path).map_err(|()| "the path is not absolute".to_owned())?;
    let parsing =
        tokio::task::spawn_blocking(move || wirefold_feed::parse(&bytes, None, base.as_str()));
    match parsing.await {
        Ok(parsed) => parsed.map_err(|error| error.to_string()),
        Err(_panic) => Err("the parser crashed on it".to_owned()),
    }
}

/// Whether a file begins like a JSON Feed.
pub(super) async fn is_json_feed(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    fs::File::open(path).await?.take(4096).read_to_end(&mut start).await?;
    Ok(String::from_utf8_lossy(&start).contains("jsonfeed.org/version"))
}

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

impl FileReader {
    /// Publishes one article for each line. A bad line is logged and skipped.
    pub(super) async fn read_lines(
        &self,
        file: &File,
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
                let arrival = self.arrival(file, TextSource::Given);
                let identified = read(&bytes).and_then(|submitted| {
                    identify(submitted, &arrival).map_err(|refusal| refusal.to_string())
                });
                match identified {
                    Ok(article) => {
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
        Value::Number(number) => dates::of_number(number),
        _ => None,
    }
}

impl FileReader {
    /// Publishes a file as one article. Its item key is the stem of the file's name. Returns `None` if the
    /// file is not a text.
    pub(super) async fn read_text(
        &self,
        file: &File,
        version_of: Option<ArticleId>,
        window: &mut Window,
    ) -> Result<Option<ArticleId>, ReadError> {
        let bytes = read_start(&file.path).await?;
        let is_cut = bytes.len() as u64 == LONGEST_FILE;
        let path = file.path.display();
        let text = decode::decode(&bytes, None);
        if let Some(why) = non_article(&text) {
            tracing::warn!(%path, why, "file skipped");
            return Ok(None);
        }
        let stem = file.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let submitted = SubmittedArticle { id: Some(stem), text, ..SubmittedArticle::default() };
        let mut article = match identify(submitted, &self.arrival(file, TextSource::Given)) {
            Ok(article) => article,
            Err(why) => {
                tracing::warn!(%path, %why, "file skipped");
                return Ok(None);
            }
        };
        article.article.version_of = version_of.filter(|before| *before != article.id);
        if is_cut || article.article.truncated {
            tracing::warn!(%path, kept_bytes = article.text.len(), "file cut: too long for an article");
        }
        let id = article.id;
        self.push(article, window).await?;
        Ok(Some(id))
    }
}

/// A text in which more than one in this many characters is strange is binary.
const ONE_IN: usize = 10;

const BINARY: &str = "it is binary, not text";
const WORDLESS: &str = "it has no words";

/// Why a text cannot be an article.
fn non_article(text: &str) -> Option<&'static str> {
    let (mut all, mut strange) = (0_usize, 0_usize);
    let mut has_words = false;
    for character in text.chars() {
        all += 1;
        strange += usize::from(is_strange(character));
        has_words |= character.is_alphanumeric();
        if character == '\0' {
            return Some(BINARY);
        }
    }
    match strange > all / ONE_IN {
        true => Some(BINARY),
        false => (!has_words).then_some(WORDLESS),
    }
}

/// Whether a character is a control character other than those of lines and pages, or the replacement
/// for invalid bytes.
fn is_strange(character: char) -> bool {
    let is_layout = matches!(character, '\n' | '\r' | '\t' | '\u{c}' | '\u{85}');
    (character.is_control() && !is_layout) || character == '\u{fffd}'
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

#[cfg(test)]
mod non_article_tests {
    use super::*;

    #[test]
    fn recognises_binary_and_wordless_texts() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(non_article(text), expected, "{text:?}");
        };
        check("The ferry sails.\r\n\tAgain.\u{c}", None);
        check("7", None);
        check("泽", None);
        check("", Some(WORDLESS));
        check(" \n \u{feff}— …", Some(WORDLESS));
        check("The ferry\0 sails.", Some(BINARY));
        check("words \u{1}\u{2}", Some(BINARY));
        check("caf\u{fffd} by the quay", None);
        check(&format!("{}{}", "a".repeat(90), "\u{fffd}".repeat(10)), None);
        check(&format!("{}{}", "a".repeat(89), "\u{fffd}".repeat(11)), Some(BINARY));
    }
}
