//! Reads articles from text files, JSON lines, folders and standard input, in order. If it cannot use
//! something, it reports it with its place and continues.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use wirefold_address::{Authority, attributed, canonical, outlet_from_name, site_of};
use wirefold_feed::dates;

use crate::global::Global;
use crate::output;
use crate::progress::Progress;

/// The longest text that is judged, in bytes. A longer one is cut.
pub(crate) const LONGEST_TEXT: usize = 512 * 1024;
/// The longest line of JSON that is read, in bytes.
const LONGEST_LINE: u64 = 16 * 1024 * 1024;

/// An article as it was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Input {
    /// Its id: the file's stem or the line's `id`.
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) title: String,
    pub(crate) author: String,
    pub(crate) outlet: Option<String>,
    pub(crate) url: Option<String>,
    /// The feed that it came through, if the feed has a site.
    pub(crate) feed: Option<FeedSite>,
    /// The site that some labelled sets give in place of the outlet. Only `eval` uses it.
    pub(crate) host: Option<String>,
    /// When it was published, in seconds since 1970.
    pub(crate) published: Option<i64>,
    /// When it was seen, in seconds since 1970. Without it, it counts as seen when it was published.
    pub(crate) seen: Option<i64>,
    /// More ids of its item.
    pub(crate) items: Vec<String>,
    /// Which of these ids is its page, if the link does not say it.
    pub(crate) page: Option<String>,
    /// The file and line it was read from, for messages.
    pub(crate) place: String,
}

impl Input {
    /// The times that it claims.
    pub(crate) fn claim(&self) -> Claim {
        let outlet = self.outlet.as_deref().map(wirefold_fold::word_hash);
        Claim { seen: self.seen, published: self.published, outlet }
    }
}

/// The times that an article claims, in seconds since 1970.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Claim {
    /// When it was seen. This time is always believed.
    pub(crate) seen: Option<i64>,
    pub(crate) published: Option<i64>,
    /// The outlet, by a hash of its name.
    pub(crate) outlet: Option<u64>,
}

/// The site of the feed that an article came through.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FeedSite {
    /// The site of the feed.
    pub(crate) site: String,
    /// The same site, if the outlet or the page of the article is of another site.
    pub(crate) via: Option<String>,
}

/// A result of reading.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// An article.
    Article(Box<Input>),
    /// Something worth a note. Nothing was lost.
    Note(String),
    /// Something that was left out on purpose. It is printed even with `--quiet`.
    Warning(String),
    /// Something that could not be used, or only in part.
    Problem(String),
    /// A path that does not exist.
    Missing(String),
}

/// Receives what is read. If it returns an error, reading ends.
pub(crate) type Sink<'a> = &'a mut dyn FnMut(Reading) -> anyhow::Result<()>;

/// The first `most` bytes of a file; `-` is standard input.
pub(crate) fn bytes(path: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match path.as_os_str() == "-" {
        true => std::io::stdin().lock().take(most).read_to_end(&mut bytes)?,
        false => File::open(path)?.take(most).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

/// Reads all paths in order and shows the progress. `-` is standard input.
pub(crate) fn read(paths: &[PathBuf], progress: &Progress, sink: Sink<'_>) -> anyhow::Result<()> {
    for path in paths {
        if path.as_os_str() == "-" {
            let input = BufReader::new(progress.counting(std::io::stdin().lock()));
            read_stream(input, Path::new("standard input"), sink)?;
        } else {
            read_path(path, progress, sink)?;
        }
    }
    Ok(())
}

/// All articles of these paths, and the number of problems. Prints notes and problems beside a progress bar.
pub(crate) fn read_all(paths: &[PathBuf], global: &Global) -> anyhow::Result<(Vec<Input>, usize)> {
    let (mut articles, mut problems) = (Vec::new(), 0);
    let progress = Progress::of_reading(paths, false, global.quiet);
    read(paths, &progress, &mut |reading| {
        match reading {
            Reading::Article(article) => articles.push(*article),
            Reading::Note(what) => progress.aside(|| global.note(format_args!("note: {what}"))),
            Reading::Warning(what) => {
                progress.aside(|| output::note(format_args!("note: {what}")));
            }
            Reading::Problem(what) | Reading::Missing(what) => {
                problems += 1;
                progress.aside(|| output::note(format_args!("error: {what}")));
            }
        }
        Ok(())
    })?;
    progress.end();
    Ok((articles, problems))
}

fn read_path(path: &Path, progress: &Progress, sink: Sink<'_>) -> anyhow::Result<()> {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return sink(Reading::Missing(format!("{shown}: no such file or folder")));
        }
        Err(error) => return sink(Reading::Problem(format!("{shown}: {error}"))),
    };
    if metadata.is_dir() {
        return read_folder(path, progress, sink);
    }
    match File::open(path) {
        Ok(file) => read_stream(BufReader::new(progress.counting(file)), path, sink),
        Err(error) => sink(Reading::Problem(format!("{shown}: {error}"))),
    }
}

/// Reads the text files and JSON lines of a folder, in order of names. Other files are ignored.
fn read_folder(folder: &Path, progress: &Progress, sink: Sink<'_>) -> anyhow::Result<()> {
    let shown = folder.display();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return sink(Reading::Problem(format!("{shown}: {error}"))),
    };
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let all = files.len();
    files.retain(|path| path.is_file() && (is_text(path) || is_lines(path)));
    files.sort();
    if files.is_empty() {
        let wanted = "no .txt, .text, .md, .jsonl, .ndjson or .json file in it";
        return sink(Reading::Missing(format!("{shown}: {wanted}")));
    }
    if files.len() < all {
        let others = all - files.len();
        sink(Reading::Note(format!("{shown}: {others} other files or folders passed over")))?;
    }
    files.iter().try_for_each(|file| read_path(file, progress, sink))
}

/// Whether a file in a folder has JSON lines: by its name, or for `.json` by whether its first line is an
/// object.
fn is_lines(path: &Path) -> bool {
    if !has_extension(path, &["json"]) {
        return is_json(path);
    }
    let mut first = Vec::new();
    let file = File::open(path).map(BufReader::new);
    let read = file.and_then(|file| file.take(LONGEST_LINE).read_until(b'\n', &mut first));
    read.is_ok() && serde_json::from_slice::<serde_json::Map<String, Value>>(&first).is_ok()
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    extensions.iter().any(|known| extension.eq_ignore_ascii_case(known))
}

fn is_text(path: &Path) -> bool {
    has_extension(path, &["txt", "text", "md"])
}

fn is_json(path: &Path) -> bool {
    has_extension(path, &["jsonl", "ndjson", "json"])
}

/// Reads one file or standard input. It is JSON lines by its name, or if its first character other than white
/// space is a brace; otherwise it is one text.
fn read_stream(mut stream: impl BufRead, path: &Path, sink: Sink<'_>) -> anyhow::Result<()> {
    let is_lines = match stream.fill_buf() {
        Ok(start) => is_json(path) || (!is_text(path) && starts_with_brace(start)),
        Err(error) => return sink(Reading::Problem(format!("{}: {error}", path.display()))),
    };
    if is_lines { read_lines(stream, path, sink) } else { read_text_file(stream, path, sink) }
}

/// Whether any line in the buffer begins with a brace. One broken line does not make all others a text.
fn starts_with_brace(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    start.split(|byte| *byte == b'\n').any(|line| line.trim_ascii_start().starts_with(b"{"))
}

fn read_lines(mut stream: impl BufRead, path: &Path, sink: Sink<'_>) -> anyhow::Result<()> {
    let mut line = Vec::new();
    let mut is_empty = true;
    for number in 1_usize.. {
        let place = format!("{}:{number}", path.display());
        line.clear();
        match stream.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if !line.ends_with(b"\n") && line.len() as u64 == LONGEST_LINE => {
                skip_line(&mut stream)?;
                sink(Reading::Problem(format!("{place}: longer than 16 MiB, left out")))?;
            }
            Ok(_) => {
                is_empty &= line.trim_ascii().is_empty();
                read_json_line(&line, &place, sink)?;
            }
            Err(error) => return sink(Reading::Problem(format!("{place}: {error}"))),
        }
    }
    if is_empty {
        sink(Reading::Note(format!("{}: empty, no articles in it", path.display())))?;
    }
    Ok(())
}

/// Skips to the end of a line without storing it.
fn skip_line(stream: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = stream.fill_buf()?;
        let (used, done) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (buffer.len(), buffer.is_empty()),
        };
        stream.consume(used);
        if done {
            return Ok(());
        }
    }
}

/// Cuts a text that is too long. Returns a note if it did.
fn cut(text: &mut String, whole: u64, place: &str) -> Option<String> {
    if text.len() <= LONGEST_TEXT {
        return None;
    }
    text.truncate(text.floor_char_boundary(LONGEST_TEXT));
    Some(format!("{place}: {whole} bytes, cut to the first 512 KiB"))
}

// Reads an article from a text file.

/// The number of bytes that are read beyond the longest text, to notice a longer one.
const BEYOND: usize = 8;

/// Reads a whole stream as one text. Its id is the stem of the file.
fn read_text_file(mut stream: impl BufRead, path: &Path, sink: Sink<'_>) -> anyhow::Result<()> {
    let place = path.display().to_string();
    let mut bytes = Vec::new();
    let limit = (LONGEST_TEXT + BEYOND) as u64;
    if let Err(error) = stream.by_ref().take(limit).read_to_end(&mut bytes) {
        return sink(Reading::Problem(format!("{place}: {error}")));
    }
    let whole = bytes.len() as u64 + std::io::copy(&mut stream, &mut std::io::sink())?;
    let mut text = decode(bytes, whole, &place, sink)?;
    if let Some(note) = cut(&mut text, whole, &place) {
        sink(Reading::Warning(note))?;
    }
    if !text.chars().any(char::is_alphanumeric) {
        let what = if whole == 0 { "empty" } else { "no words in it" };
        sink(Reading::Note(format!("{place}: {what}, nothing to compare")))?;
    }
    let id = path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    sink(Reading::Article(Box::new(Input { id, text, place, ..Input::default() })))
}

/// Decodes UTF-8 without its byte order mark. Invalid bytes are replaced and reported.
fn decode(bytes: Vec<u8>, whole: u64, place: &str, sink: Sink<'_>) -> anyhow::Result<String> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let raw = error.as_bytes();
            // The last character may have been cut in two.
            if error.utf8_error().error_len().is_some() || raw.len() as u64 == whole {
                let line = raw[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
                let what = "not UTF-8, replaced by U+FFFD";
                sink(Reading::Problem(format!("{place}:{line}: byte {}: {what}", at + 1)))?;
            }
            String::from_utf8_lossy(raw).into_owned()
        }
    };
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

// Reads an article from a JSON line.

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
fn read_json_line(line: &[u8], place: &str, sink: Sink<'_>) -> anyhow::Result<()> {
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
            dates::of_number(number).map(|at| Some(at.as_second())).ok_or_else(refused)
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
        read_json_line(line.as_bytes(), "a.jsonl:3", &mut |reading| {
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
