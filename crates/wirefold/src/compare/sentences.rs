//! What B changed against A, sentence by sentence.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use wirefold_dedup::{Change, Changes};
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
    let count = changes.count();
    writeln!(
        out,
        "\n{TITLE}SENTENCES{TITLE:#}  {FAINT}{} kept, {} reworded, {} moved, {} added, {} dropped{FAINT:#}",
        count.kept, count.reworded, count.moved, count.added, count.dropped
    )?;
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
        write_lines(out, "-", OLD, &self.comparison.earlier.text, sentence)
    }

    fn new_sentence(&self, out: &mut String, at: usize) -> std::fmt::Result {
        let sentence = &self.changes.new[at];
        write_lines(out, "+", NEW, &self.comparison.later.text, sentence)
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
    let mut line = String::new();
    for word in printed.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > room {
            writeln!(out, "    {style}{sign} {line}{style:#}")?;
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    writeln!(out, "    {style}{sign} {line}{style:#}")
}
