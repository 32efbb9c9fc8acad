//! Data goes to standard output, messages to standard error.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::os::fd::AsFd;

use anyhow::Context as _;
use tokio::io::Interest;
use tokio::net::unix::pipe::Sender;
use unicode_width::UnicodeWidthChar;
pub(crate) use wirefold_fold::percent;

use crate::exit::Exit;

/// The context of an error of standard output.
pub(crate) const STDOUT_FAILED: &str = "cannot write to standard output";

/// Writes bytes to standard output unchanged.
pub(crate) fn print(bytes: &[u8]) -> anyhow::Result<Exit> {
    std::io::stdout().write_all(bytes).context(STDOUT_FAILED)?;
    Ok(Exit::Ok)
}

/// Writes text to standard output, without its styles if the output has no colours.
pub(crate) fn print_styled(text: &str) -> anyhow::Result<()> {
    anstream::stdout().write_all(harmless(text).as_bytes()).context(STDOUT_FAILED)
}

/// Like [`print_styled`], with a line end.
pub(crate) fn print_line_styled(line: &str) -> std::io::Result<()> {
    writeln!(anstream::stdout(), "{}", harmless(line))
}

/// Writes a JSON object to standard output, on a line of its own.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    let mut line = harmless_json(serde_json::to_string(value)?);
    line.push('\n');
    std::io::stdout().write_all(line.as_bytes()).context(STDOUT_FAILED)
}

/// The same JSON with an escape for each character that would control a terminal. The JSON writer escapes
/// only those that JSON itself forbids.
pub(crate) fn harmless_json(json: String) -> String {
    if json.chars().all(is_shown) {
        return json;
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match is_shown(c) {
            true => shown.push(c),
            false => shown.push_str(&format!("\\u{:04x}", u32::from(c))),
        }
    }
    shown
}

/// Writes a line to standard error. Errors are ignored: if it is closed, nobody reads it.
pub(crate) fn note(line: impl Display) {
    let _ = writeln!(anstream::stderr(), "{}", harmless(&line.to_string()));
}

/// Completes when the reader of the output closes it, as `head` does. Never completes if the output is a
/// file.
pub(crate) async fn reader_gone() {
    // Not the checked constructor: it would make the pipe non-blocking for everybody. A file is still
    // refused.
    let stdout = std::io::stdout().as_fd().try_clone_to_owned();
    let pipe = stdout.and_then(|stdout| Sender::from_file_unchecked(stdout.into()));
    match pipe {
        Ok(pipe) if pipe.ready(Interest::ERROR).await.is_ok() => {}
        _ => std::future::pending().await,
    }
}

/// Whether an error only means that the reader of the output closed it, as `head` does.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|io| io.kind() == ErrorKind::BrokenPipe)
}

/// The width of the terminal in columns, or a width that reads well if there is no terminal.
pub(crate) fn width() -> usize {
    let columns = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
    columns.clamp(40, 160)
}

/// The text without control characters, except for line ends, tabs, and the sequences that colour text.
fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| is_shown(c) || c == '\n') {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = style_length(rest).unwrap_or(c.len_utf8());
        let (piece, after) = rest.split_at(length);
        if length > c.len_utf8() || is_shown(c) || matches!(c, '\n' | '\t') {
            shown.push_str(piece);
        }
        rest = after;
    }
    Cow::Owned(shown)
}

/// The length of the colour or style sequence at the start of a text, such as `ESC[31m`.
fn style_length(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    numbers[end..].starts_with('m').then_some(2 + end + 1)
}

/// Text of a feed for a terminal: on one line, and without the control characters that move the cursor, set
/// the title or change the writing direction.
pub(crate) fn clean(text: &str) -> String {
    let spaced = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    spaced.filter(|c| is_shown(*c)).collect()
}

/// Whether a character may reach the terminal: not a control character, and not a change of direction.
pub(crate) fn is_shown(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Cuts a line to this many columns and removes control characters.
pub(crate) fn shorten(line: &str, columns: usize) -> String {
    let mut shown = String::new();
    let mut used = 0;
    for c in line.chars().filter(|c| is_shown(*c)) {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > columns {
            shown.push('…');
            break;
        }
        used += wide;
        shown.push(c);
    }
    shown
}

/// `1 story`, `2 stories`.
pub(crate) fn count(number: impl TryInto<u64>, one: &str, many: &str) -> String {
    wirefold_proto::count(number.try_into().unwrap_or(u64::MAX), one, many)
}

/// `12,345`.
pub(crate) fn thousands(number: usize) -> String {
    wirefold_proto::grouped(number as u64, ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_controls_are_removed_and_colours_stay() {
        for (text, expected) in [
            ("plain\ntext\ttabbed", "plain\ntext\ttabbed"),
            ("\u{1b}[1;31mred\u{1b}[0m", "\u{1b}[1;31mred\u{1b}[0m"),
            ("a\u{1b}[2Jb\u{1b}]0;title\u{7}c\rd", "a[2Jb]0;titlecd"),
            ("a\u{9b}2Jb\u{202e}c\u{8}\u{1b}", "a2Jbc"),
        ] {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }

    #[test]
    fn json_keeps_its_value_without_terminal_controls() {
        let text = "a\u{7f}b\u{9b}2Jc\u{202e}d\u{1b}[mé\n";
        let json = harmless_json(serde_json::to_string(text).unwrap());
        assert!(json.chars().all(is_shown), "{json:?}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(count(1, "story", "stories"), "1 story");
        assert_eq!((percent(0.999), percent(0.001)), ("99 %".into(), "under 1 %".into()));
        assert_eq!((percent(1.0), percent(0.0)), ("100 %".into(), "0 %".into()));
    }

    #[test]
    fn lines_are_cut_by_columns_and_cleaned() {
        assert_eq!(shorten("abcdef", 4), "abc…");
        assert_eq!(shorten("泽连斯基", 5), "泽连…");
        assert_eq!(shorten("a\u{1b}[31mb", 9), "a[31mb");
    }
}
