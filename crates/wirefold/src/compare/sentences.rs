//! The changes from A to B, sentence by sentence.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};
use wirefold_dedup::{Change, Changes};
use wirefold_gateway::change_counts;
use wirefold_text::{Sentence, Text};

use super::Comparison;
use crate::output::{is_shown, width};

const TITLE: Style = Style::new().bold();
const OLD: Style = AnsiColor::Red.on_default();
const NEW: Style = AnsiColor::Green.on_default();
const FAINT: Style = Style::new().dimmed();

pub(super) fn write(
    out: &mut String,
    comparison: &Comparison,
    changes: &Changes,
) -> std::fmt::Result {
    let counts: Vec<String> =
        change_counts(changes).map(|(number, what)| format!("{number} {what}")).collect();
    writeln!(out, "\n{TITLE}SENTENCES{TITLE:#}  {FAINT}{}{FAINT:#}", counts.join(", "))?;
    let view = View { comparison, changes };
    changes.changes.iter().try_for_each(|change| view.write(out, change))
}

struct View<'a> {
    comparison: &'a Comparison,
    changes: &'a Changes,
}

impl View<'_> {
    fn write(&self, out: &mut String, change: &Change) -> std::fmt::Result {
        match *change {
            Change::Kept { .. } => Ok(()),
            Change::Reworded { old, new, moved } => {
                let what = if moved { "moved and reworded" } else { "reworded" };
                self.title(out, what, Some(old), Some(new))?;
                self.old(out, old)?;
                self.new_sentence(out, new)
            }
            Change::Moved { old, new } => {
                self.title(out, "moved", Some(old), Some(new))?;
                self.new_sentence(out, new)
            }
            Change::Added { new } => {
                self.title(out, "added", None, Some(new))?;
                self.new_sentence(out, new)
            }
            Change::Dropped { old } => {
                self.title(out, "dropped", Some(old), None)?;
                self.old(out, old)
            }
        }
    }

    fn title(
        &self,
        out: &mut String,
        what: &str,
        old: Option<usize>,
        new: Option<usize>,
    ) -> std::fmt::Result {
        let place = match (old, new) {
            (Some(old), Some(new)) => format!("sentence {} of A, {} of B", old + 1, new + 1),
            (Some(old), None) => format!("sentence {} of A", old + 1),
            (None, Some(new)) => format!("sentence {} of B", new + 1),
            (None, None) => String::new(),
        };
        writeln!(out, "  {what} {FAINT}({place}){FAINT:#}")
    }

    fn old(&self, out: &mut String, at: usize) -> std::fmt::Result {
        let sentence = &self.changes.old[at];
        write_lines(out, "-", OLD, &self.comparison.texts.earlier.text, sentence)
    }

    fn new_sentence(&self, out: &mut String, at: usize) -> std::fmt::Result {
        let sentence = &self.changes.new[at];
        write_lines(out, "+", NEW, &self.comparison.texts.later.text, sentence)
    }
}

fn write_lines(
    out: &mut String,
    sign: &str,
    style: Style,
    text: &Text,
    sentence: &Sentence,
) -> std::fmt::Result {
    let room = width().saturating_sub(6);
    let printed: String =
        sentence.span.of(text.original()).chars().filter(|c| is_shown(*c) || *c == '\n').collect();
    for line in wrapped(&printed, room) {
        writeln!(out, "    {style}{sign} {line}{style:#}")?;
    }
    Ok(())
}

/// A text in lines of at most `room` columns, as a terminal counts them. Lines break between words, or inside
/// a word that is wider. Scripts without spaces have only such words.
fn wrapped(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let fits_a_line = word.width() <= room;
        if used > 0 && used + 1 + word.width() > room && (fits_a_line || used + 2 > room) {
            lines.push(String::new());
            used = 0;
        }
        if used > 0 {
            push(&mut lines, &mut used, ' ', room);
        }
        word.chars().for_each(|c| push(&mut lines, &mut used, c, room));
    }
    lines
}

fn push(lines: &mut Vec<String>, used: &mut usize, c: char, room: usize) {
    let wide = c.width().unwrap_or(0);
    if *used + wide > room {
        lines.push(String::new());
        *used = 0;
    }
    if let Some(line) = lines.last_mut() {
        line.push(c);
    }
    *used += wide;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_inside_long_words() {
        assert_eq!(wrapped("one two three", 8), ["one two", "three"]);
        assert_eq!(wrapped("海上保安庁は四日", 8), ["海上保安", "庁は四日"]);
        assert_eq!(wrapped("at 海上保安庁は四日", 8), ["at 海上", "保安庁は", "四日"]);
        assert_eq!(wrapped("", 8), [""]);
    }
}
