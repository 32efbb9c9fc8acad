//! Reads an article from a text file.

use std::io::{BufRead, Read};
use std::path::Path;

use super::{Input, LONGEST_TEXT, Reading, Sink, cut};

/// The number of bytes that are read beyond the longest text, to notice a longer one.
const BEYOND: usize = 8;

/// Reads a whole stream as one text. Its id is the stem of the file.
pub(super) fn read(mut stream: impl BufRead, path: &Path, sink: Sink<'_>) -> anyhow::Result<()> {
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
