//! Quotation spans, paragraph by paragraph: the marks of all major languages, straight ones,
//! mixed ones, nested, unclosed, and quotations that run over several paragraphs.
//!
//! Marks are read by kind *and* place, since `“` opens in English and closes in German, and
//! newsrooms mix `“` with `"`. Errors fall on the safe side: words wrongly held for a quotation
//! are not counted as copied.

use crate::span::Span;

/// A quotation that is never closed reaches at most this many bytes.
const LONGEST_UNCLOSED: usize = 400;

/// The quotations in `paragraphs`, in bytes of the original, marks included, in order and apart.
pub(crate) fn quotations(original: &str, paragraphs: &[Span]) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut continues = false;
    for (index, paragraph) in paragraphs.iter().enumerate() {
        let marks = marks(original, *paragraph);
        let next_opens = paragraphs.get(index + 1).is_some_and(|next| starts_open(original, *next));
        let mut reader = Reader::new(original, *paragraph, next_opens);
        continues = reader.read(&marks, continues);
        let single = single_quotations(original, *paragraph, &reader.spans);
        reader.spans.extend(single);
        reader.spans.sort_unstable();
        spans.append(&mut reader.spans);
    }
    spans
}

/// What a double mark can be at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Opens,
    Closes,
    /// A straight or ambiguous mark: opens when nothing is open, else closes.
    Either,
}

/// A double quotation mark in the text.
#[derive(Debug, Clone, Copy)]
struct Mark {
    at: usize,
    end: usize,
    kind: char,
    side: Side,
}

/// The double marks of a paragraph.
fn marks(original: &str, paragraph: Span) -> Vec<Mark> {
    let text = paragraph.of(original);
    let mut marks = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, next)| *next);
        if let Some(side) = side(c, before, after) {
            let at = paragraph.start + at;
            marks.push(Mark { at, end: at + c.len_utf8(), kind: c, side });
        }
        before = Some(c);
    }
    marks
}

/// Whether there is no word on this side of a mark.
fn is_gap(c: Option<char>) -> bool {
    c.is_none_or(|c| c.is_whitespace() || "([{—–-/:;>".contains(c))
}

fn side(c: char, before: Option<char>, after: Option<char>) -> Option<Side> {
    let opens_here = is_gap(before) && !is_gap(after);
    match c {
        '„' | '‟' | '「' | '『' | '〝' | '｢' => Some(Side::Opens),
        '」' | '』' | '〞' | '〟' | '｣' => Some(Side::Closes),
        '“' if is_gap(before) || !is_gap(after) => Some(Side::Opens),
        '“' => Some(Side::Closes),
        '”' if opens_here => Some(Side::Either),
        '”' => Some(Side::Closes),
        '«' | '»' | '‹' | '›' => Some(Side::Either),
        '"' | '＂' => Some(straight_side(before, after)),
        _ => None,
    }
}

/// A straight mark between a gap and a word opens, between a word and a gap closes: one forgotten
/// mark must not turn every later one round. Behind a digit it may be a measure (12", 5'10"),
/// which opens nothing.
fn straight_side(before: Option<char>, after: Option<char>) -> Side {
    let is_word =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || "$€£‘'…[(".contains(c));
    let ends_word =
        |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || ".,!?…)]’'".contains(c));
    match (ends_word(before), is_word(after)) {
        (false, true) => Side::Opens,
        (true, false) => Side::Closes,
        _ if before.is_some_and(|c| c.is_ascii_digit()) => Side::Closes,
        _ => Side::Either,
    }
}

/// Whether a mark of kind `mark` may close what `opener` opened.
fn closes(opener: char, mark: char) -> bool {
    match opener {
        '「' | '｢' => matches!(mark, '」' | '｣'),
        '『' => mark == '』',
        '«' => mark == '»',
        '»' => matches!(mark, '«' | '»'),
        '‹' => mark == '›',
        '›' => matches!(mark, '‹' | '›'),
        // The double commas and straight marks are mixed freely in the wild.
        _ => matches!(mark, '”' | '“' | '"' | '＂' | '‟' | '〞' | '〟' | '″'),
    }
}

/// Whether a paragraph begins with a mark that can open.
fn starts_open(original: &str, paragraph: Span) -> bool {
    let first = paragraph.of(original).trim_start().chars().next();
    first.is_some_and(|c| matches!(c, '“' | '„' | '«' | '»' | '"' | '「' | '『' | '”'))
}

/// Reads the marks of one paragraph into spans.
struct Reader<'a> {
    original: &'a str,
    paragraph: Span,
    next_opens: bool,
    spans: Vec<Span>,
    open: Option<Mark>,
    /// Marks of the opener's own kind opened inside it.
    depth: usize,
    /// Whether a pair of straight marks is open inside another kind.
    nested: bool,
}

impl<'a> Reader<'a> {
    fn new(original: &'a str, paragraph: Span, next_opens: bool) -> Reader<'a> {
        Reader {
            original,
            paragraph,
            next_opens,
            spans: Vec::new(),
            open: None,
            depth: 0,
            nested: false,
        }
    }

    /// Reads all marks. `continues`: the paragraph before ended inside a quotation. Returns
    /// whether this one does.
    fn read(&mut self, marks: &[Mark], continues: bool) -> bool {
        let balanced = is_balanced(marks);
        let mut marks = marks;
        if let (true, Some((first, rest))) = (continues, marks.split_first())
            && first.side == Side::Closes
        {
            self.spans.push(Span { start: self.paragraph.start, end: first.end });
            marks = rest;
        }
        for mark in marks {
            self.take(*mark, balanced);
        }
        self.finish()
    }

    fn take(&mut self, mark: Mark, balanced: bool) {
        let Some(open) = self.open else {
            if mark.side != Side::Closes {
                self.open = Some(mark);
                self.depth = 0;
                self.nested = false;
            }
            return;
        };
        let reopens = mark.kind == open.kind && mark.side == Side::Opens;
        if self.is_nested(open, mark) {
            self.nested = !self.nested;
        } else if reopens && balanced && mark.kind != '"' {
            self.depth += 1;
        } else if reopens {
            // The one before was never closed: it ends here at the latest.
            let end = mark.at.min(self.reach(open));
            self.spans.push(Span { start: open.at, end });
            self.open = Some(mark);
        } else if closes(open.kind, mark.kind) && self.depth > 0 {
            self.depth -= 1;
        } else if closes(open.kind, mark.kind) {
            self.spans.push(Span { start: open.at, end: mark.end });
            self.open = None;
        }
    }

    /// Whether a straight mark belongs to a pair inside a quotation in other marks.
    fn is_nested(&self, open: Mark, mark: Mark) -> bool {
        let is_straight = mark.kind == '"' && open.kind != '"';
        is_straight
            && (if self.nested { mark.side != Side::Opens } else { mark.side == Side::Opens })
    }

    /// How far a quotation goes whose closing mark was forgotten.
    fn reach(&self, open: Mark) -> usize {
        self.original.floor_char_boundary(open.at + LONGEST_UNCLOSED)
    }

    /// Ends the paragraph: a quotation still open runs to its end where the next paragraph takes
    /// it up, and a bounded way where the mark was simply forgotten.
    fn finish(&mut self) -> bool {
        let Some(open) = self.open.take() else {
            return false;
        };
        let reach = if self.next_opens { usize::MAX } else { self.reach(open) };
        let end = self.paragraph.end.min(reach);
        self.spans.push(Span { start: open.at, end });
        true
    }
}

/// Whether the double commas of a paragraph open as often as they close.
fn is_balanced(marks: &[Mark]) -> bool {
    let count = |side| marks.iter().filter(|mark| mark.kind != '"' && mark.side == side).count();
    count(Side::Opens) == count(Side::Closes)
}

/// Quotations in single marks outside the double ones, as British papers print them.
fn single_quotations(original: &str, paragraph: Span, taken: &[Span]) -> Vec<Span> {
    let text = paragraph.of(original);
    if !text.contains(['‘', '\'', '‚']) {
        return Vec::new();
    }
    let singles = single_marks(text);
    let mut spans: Vec<Span> = Vec::new();
    let mut index = 0;
    while let Some(opener) = singles.get(index) {
        index += 1;
        let start = paragraph.start + opener.at;
        if !opener.opens {
            continue;
        }
        let Some((closer, at)) = closing_single(&singles, index) else {
            continue;
        };
        let span = Span { start, end: paragraph.start + closer.at + closer.width };
        if overlaps(span, taken) {
            continue;
        }
        spans.push(span);
        index = at + 1;
    }
    spans
}

/// Whether `span` shares a byte with any of `taken`, which are in order and apart.
fn overlaps(span: Span, taken: &[Span]) -> bool {
    let next = taken.partition_point(|other| other.end <= span.start);
    taken.get(next).is_some_and(|other| other.start < span.end)
}

/// A single mark that may open or close a quotation.
struct Single {
    at: usize,
    width: usize,
    opens: bool,
    closes: bool,
    /// Whether punctuation shows that a quotation ends here rather than a plural's possessive.
    surely: bool,
}

fn single_marks(text: &str) -> Vec<Single> {
    let mut singles = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, next)| *next);
        if matches!(c, '‘' | '’' | '\'' | '‚') {
            let word_after = after.is_some_and(char::is_alphanumeric);
            let opens = c != '’' && word_after && (is_gap(before) || before == Some('“'));
            let closes = c != '‚' && !opens && !word_after && !is_gap(before);
            let surely = before.is_some_and(|b| ".,!?…".contains(b))
                || after.is_none_or(|a| ".,;:!?)—–".contains(a));
            singles.push(Single { at, width: c.len_utf8(), opens, closes, surely });
        }
        before = Some(c);
    }
    singles
}

/// The mark that closes the quotation opened just before `from`: the first sure one before the
/// next opening, else the first possible one.
fn closing_single(singles: &[Single], from: usize) -> Option<(&Single, usize)> {
    let candidates = || {
        let ahead = singles.iter().enumerate().skip(from);
        ahead.take_while(|(_, single)| !single.opens).filter(|(_, single)| single.closes)
    };
    let chosen = candidates().find(|(_, single)| single.surely).or_else(|| candidates().next());
    chosen.map(|(at, single)| (single, at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::paragraphs::paragraphs;
    use proptest::prelude::*;

    fn check(original: &str, expected: &[&str]) {
        let found: Vec<&str> = quotations(original, &paragraphs(original))
            .iter()
            .map(|span| span.of(original))
            .collect();
        assert_eq!(found, expected, "{original:?}");
    }

    #[test]
    fn marks_of_many_languages() {
        check("He said: “Go.” She: “No.”", &["“Go.”", "“No.”"]);
        check("„Nein“, sagte er. „Doch“", &["„Nein“", "„Doch“"]);
        check("»Nein«, sagte er. »Doch«", &["»Nein«", "»Doch«"]);
        check("« Non », dit-il. « Si »", &["« Non »", "« Si »"]);
        check("”Nej”, sade han. ”Jo”", &["”Nej”", "”Jo”"]);
        check("他说：“走。”「好」", &["“走。”", "「好」"]);
        check("\"Go,\" he said. \"Now.\"", &["\"Go,\"", "\"Now.\""]);
        check("‘We won’t wait,’ said the drivers’ union.", &["‘We won’t wait,’"]);
        check("the workers’ rights and ’90s", &[]);
        check("a 12\" pipe and a 5'10\" man", &[]);
    }

    #[test]
    fn mixed_and_nested() {
        check("“It is good\" and \"we go,” he said.", &["“It is good\"", "\"we go,”"]);
        check("“He said ‘go’ to me,” x", &["“He said ‘go’ to me,”"]);
        check("“He said “go” to me,” x", &["“He said “go” to me,”"]);
        check("“He said \"go\" to me,” x", &["“He said \"go\" to me,”"]);
        check("He said \"a b.\" Then\" she: \"c d.\" End", &["\"a b.\"", "\"c d.\""]);
        check("« Il a dit “oui” hier » x", &["« Il a dit “oui” hier »"]);
    }

    #[test]
    fn unclosed_and_continued() {
        check("“One.\n“Two.\n“Three.” Four", &["“One.", "“Two.", "“Three.”"]);
        check("“One.\nTwo.” Four", &["“One.", "Two.”"]);
        check("He said “go. Then “stop” x", &["“go. Then ", "“stop”"]);
        check("He said “go and left\nNew text", &["“go and left"]);
        check("", &[]);
    }

    proptest! {
        #[test]
        fn spans_are_ordered_apart_and_on_boundaries(
            text in "[a-z0-9 .,“”„\"«»‘’'「」『』‹›\n泽\u{301}-]{0,120}"
        ) {
            let spans = quotations(&text, &paragraphs(&text));
            for span in &spans {
                prop_assert!(text.get(span.start..span.end).is_some());
            }
            for pair in spans.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start, "{pair:?}");
            }
        }
    }
}
