//! Passages and shared quotations, side by side.

use std::fmt::Write as _;
use std::ops::Range;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthChar;
use wirefold_dedup::{Block, Passage};
use wirefold_gateway::AnalysedText;
use wirefold_text::Span;

use super::Comparison;
use crate::output::{clean, count, thousands, width};

const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
/// Words in both texts.
const SHARED: Style = AnsiColor::Green.on_default();
/// Words of one text only, inside a passage.
const OTHER: Style = AnsiColor::Red.on_default();
/// A longer passage is cut in the middle, unless `--full` is given.
const SHOWN_WORDS: usize = 60;

pub(super) fn write(out: &mut String, comparison: &Comparison, full: bool) -> std::fmt::Result {
    let overlap = &comparison.texts.overlap;
    for (number, passage) in overlap.passages.iter().enumerate() {
        let title = format!("PASSAGE {}", number + 1);
        let verbatim: u32 = passage.blocks.iter().map(|block| block.len).sum();
        let edits = passage.blocks.len() - 1;
        let words = count(verbatim as usize, "word", "words");
        let about = format!("{words} in common, {}", count(edits, "edit", "edits"));
        write_pair(out, comparison, &title, &about, passage, full)?;
    }
    for (number, block) in overlap.shared_quotations.iter().enumerate() {
        let title = format!("SHARED QUOTATION {}", number + 1);
        let about = format!("{}, not counted", count(block.len as usize, "word", "words"));
        let passage = Passage { blocks: vec![*block], counted: 0 };
        write_pair(out, comparison, &title, &about, &passage, full)?;
    }
    Ok(())
}

fn write_pair(
    out: &mut String,
    comparison: &Comparison,
    title: &str,
    about: &str,
    passage: &Passage,
    full: bool,
) -> std::fmt::Result {
    let left = Side {
        of: &comparison.texts.earlier,
        words: passage.there(),
        shared: passage.blocks.iter().map(there).collect(),
    };
    let right = Side {
        of: &comparison.texts.later,
        words: passage.here(),
        shared: passage.blocks.iter().map(here).collect(),
    };
    writeln!(
        out,
        "\n{TITLE}{title}{TITLE:#}  {FAINT}{about} · A {} · B {}{FAINT:#}",
        left.code_points(),
        right.code_points()
    )?;
    let column = (width() - 3) / 2;
    let (left, right) = (left.lines(column, full), right.lines(column, full));
    for at in 0..left.len().max(right.len()) {
        let blank = Line::default();
        let (a, b) = (left.get(at).unwrap_or(&blank), right.get(at).unwrap_or(&blank));
        writeln!(out, "{}{} │ {}", a.styled, " ".repeat(column.saturating_sub(a.used)), b.styled)?;
    }
    Ok(())
}

fn here(block: &Block) -> Range<usize> {
    block.here as usize..(block.here + block.len) as usize
}

fn there(block: &Block) -> Range<usize> {
    block.there as usize..(block.there + block.len) as usize
}

/// One text's side of a passage.
struct Side<'a> {
    of: &'a AnalysedText,
    words: Range<usize>,
    shared: Vec<Range<usize>>,
}

/// A line of a column with its colours, and its width in columns.
#[derive(Default)]
struct Line {
    styled: String,
    used: usize,
}

impl Side<'_> {
    /// The position of the passage, in code points of the original.
    fn code_points(&self) -> String {
        let points = self.of.text.code_points(self.of.stretch(&self.words));
        format!("{}–{}", thousands(points.start), thousands(points.end))
    }

    /// The passage in lines of at most `column` columns, with the words as printed in the original. Words of
    /// this text only are in brackets, so they are visible without colour.
    fn lines(&self, column: usize, full: bool) -> Vec<Line> {
        let mut lines = vec![Line::default()];
        let all: Vec<usize> = self.words.clone().collect();
        let half = SHOWN_WORDS / 2;
        let is_cut = !full && all.len() > SHOWN_WORDS + 10;
        for (at, word) in all.iter().enumerate() {
            if is_cut && at == half {
                let gap = format!("… {} words …", thousands(all.len() - SHOWN_WORDS));
                push(&mut lines, &gap, FAINT, column, false);
            }
            if is_cut && (half..all.len() - half).contains(&at) {
                continue;
            }
            let glued = at > 0 && self.is_glued(*word);
            let printed = self.printed(*word);
            if self.shared.iter().any(|range| range.contains(word)) {
                push(&mut lines, &printed, SHARED, column, glued);
            } else {
                push(&mut lines, &format!("[{printed}]"), OTHER, column, glued);
            }
        }
        lines
    }

    /// Whether a word follows the one before it without a space, as in `full-scale` and in scripts without
    /// spaces.
    fn is_glued(&self, word: usize) -> bool {
        let (before, here) = (self.of.span(word - 1), self.of.span(word));
        let between = Span { start: before.end, end: here.start };
        // Words out of order were moved, or page chrome was removed between them.
        before.end <= here.start
            && !between.of(self.of.text.original()).contains(char::is_whitespace)
    }

    /// A word with the punctuation around it, up to the next spaces.
    fn printed(&self, word: usize) -> String {
        let span = self.of.span(word);
        let original = self.of.text.original();
        let is_mark = |c: &char| !c.is_alphanumeric() && !c.is_whitespace();
        let rest = original.get(span.end..).unwrap_or_default();
        let tail: String = rest.chars().take(4).take_while(is_mark).collect();
        let before = original.get(..span.start).unwrap_or_default();
        let head: Vec<char> = before.chars().rev().take(4).take_while(is_mark).collect();
        // Punctuation between two words without a space was printed with the first word.
        let starts = before.chars().rev().nth(head.len()).is_none_or(char::is_whitespace);
        let head: String = if starts { head.into_iter().rev().collect() } else { String::new() };
        clean(&format!("{head}{}{tail}", span.of(original)))
    }
}

fn push(lines: &mut Vec<Line>, word: &str, style: Style, column: usize, glued: bool) {
    let wide: usize = word.chars().map(|c| c.width().unwrap_or(0)).sum();
    let needs_line =
        lines.last().is_some_and(|line| line.used > 0 && line.used + 1 + wide > column);
    if needs_line {
        lines.push(Line::default());
    }
    if let Some(line) = lines.last_mut() {
        if line.used > 0 && !glued {
            line.styled.push(' ');
            line.used += 1;
        }
        line.styled.push_str(&format!("{style}{word}{style:#}"));
        line.used += wide;
    }
}
