//! Reads articles from text files, JSON lines, folders and standard input, in order. If it cannot use
//! something, it reports it with its place and continues.

mod json_line;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

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
        let outlet = self.outlet.as_deref().map(wirefold_dedup::word_hash);
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
    read.is_ok()
        && serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(&first).is_ok()
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
                json_line::read(&line, &place, sink)?;
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
