//! Paragraphs: the lines of a text, or its blocks if the lines are only wrapped.

use std::ops::RangeInclusive;

use crate::seek::seek;
use crate::span::Span;

/// The paragraphs of `original`, trimmed, without empty ones.
pub(crate) fn paragraphs(original: &str) -> Vec<Span> {
    let lines = lines(original);
    if is_hard_wrapped(original, &lines) {
        blocks(original, &lines)
    } else {
        trimmed(original, &lines)
    }
}

/// Every line, empty ones too, without its line break.
fn lines(original: &str) -> Vec<Span> {
    let mut lines = Vec::new();
    let mut start = 0;
    let bytes = original.as_bytes();
    let mut from = 0;
    // A break, or the first byte of U+0085, U+2028 or U+2029.
    let may_break = |byte: u8| (byte.wrapping_sub(b'\n') < 4) | (byte == 0xC2) | (byte == 0xE2);
    while let Some(at) = seek(bytes, from, may_break) {
        let width = match &bytes[at..] {
            [0xC2, 0x85, ..] => 2,
            [0xE2, 0x80, 0xA8 | 0xA9, ..] => 3,
            [0xC2 | 0xE2, ..] => 0,
            _ => 1,
        };
        from = at + width.max(1);
        if width > 0 {
            lines.push(Span { start, end: at });
            start = from;
        }
    }
    lines.push(Span { start, end: original.len() });
    lines
}

fn trimmed(original: &str, lines: &[Span]) -> Vec<Span> {
    lines.iter().map(|line| trim(original, *line)).filter(|line| line.start < line.end).collect()
}

/// White space of any kind, and the byte order mark, which Unicode does not count as white space.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn trim(original: &str, span: Span) -> Span {
    let text = span.of(original);
    let start = span.start + (text.len() - text.trim_start_matches(is_space).len());
    Span { start, end: start + text.trim_matches(is_space).len() }
}

/// Joins the lines between blank lines.
fn blocks(original: &str, lines: &[Span]) -> Vec<Span> {
    let mut blocks: Vec<Span> = Vec::new();
    let mut open = false;
    for line in lines {
        let line = trim(original, *line);
        if line.start >= line.end {
            open = false;
            continue;
        }
        match blocks.last_mut() {
            Some(block) if open => block.end = line.end,
            _ => blocks.push(line),
        }
        open = true;
    }
    blocks
}

/// Whether the lines are wrapped, as in plain-text mail. Blank lines separate blocks. Within a
/// block, nearly all lines but the last have about the same width and end in the middle of a
/// sentence.
fn is_hard_wrapped(original: &str, lines: &[Span]) -> bool {
    let (mut inner, mut wrapped) = (0_usize, 0_usize);
    for pair in lines.windows(2) {
        let [line, next] = [pair[0], pair[1]].map(|line| line.of(original).trim());
        if line.is_empty() || next.is_empty() {
            continue;
        }
        inner += 1;
        let mid_sentence = !line.ends_with(['.', '!', '?', ':', '”', '"', '»', '。', '…']);
        wrapped += usize::from(mid_sentence && WIDTHS.contains(&line.chars().count()));
    }
    inner >= 4 && wrapped * 4 >= inner * 3
}

/// The width of a wrapped line, in characters.
const WIDTHS: RangeInclusive<usize> = 40..=100;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, expected: &[&str]) {
        let found: Vec<&str> = paragraphs(original).iter().map(|span| span.of(original)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_paragraphs() {
        check("  One.\nTwo.\r\n\r\n Three. \n", &["One.", "Two.", "Three."]);
        check("", &[]);
        check(" \n\t\n", &[]);
        check("a\u{85}b\u{2028}c\u{2029}d\u{c}é…f", &["a", "b", "c", "d", "é…f"]);
    }

    #[test]
    fn wrapped_lines_are_joined() {
        let line = "the harbour master said on Tuesday that the channel would";
        let block = format!("{line}\n{line}\n{line}\nreopen soon.");
        let original = format!("{block}\n\n{block}\n");
        check(&original, &[&block, &block]);
    }
}
