//! Quotation spans of each paragraph. Handles the marks of all major languages, straight and mixed
//! marks, nested and unclosed quotations, and quotations over several paragraphs.
//!
//! A mark is interpreted by its kind *and* its position: `“` opens in English and closes in German,
//! and newsrooms mix `“` with `"`. In doubt, words count as quoted, because words that are wrongly
//! taken for a quotation only do not count as copied.

use crate::script::{is_hangul, stands_alone};
use crate::seek::seek;
use crate::span::Span;

/// An unclosed quotation reaches at most this many bytes.
const LONGEST_UNCLOSED: usize = 400;

/// The quotations in `paragraphs`, with their marks, in bytes of the original, in order and without
/// overlaps.
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

/// Reads the marks of one paragraph into spans.
struct Reader<'a> {
    original: &'a str,
    paragraph: Span,
    next_opens: bool,
    spans: Vec<Span>,
    open: Option<Mark>,
    /// The number of open marks of the opener's kind inside the quotation.
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

    /// Reads all marks. `continues` says whether the paragraph before ended inside a quotation.
    /// Returns whether this one does.
    fn read(&mut self, marks: &[Mark], continues: bool) -> bool {
        let balanced = is_balanced(marks);
        let mut marks = marks;
        if let (true, Some((first, rest))) = (continues, marks.split_first())
            && first.side == Side::Closes
        {
            if first.at == self.paragraph.start && first.kind == '»' {
                // In Spanish and French, this mark before a paragraph means that the quotation
                // continues.
                self.handle(Mark { side: Side::Opens, ..*first }, balanced);
            } else {
                self.spans.push(Span { start: self.paragraph.start, end: first.end });
            }
            marks = rest;
        }
        for mark in marks {
            self.handle(*mark, balanced);
        }
        self.finish()
    }

    fn handle(&mut self, mark: Mark, balanced: bool) {
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
        } else if reopens && balanced && !mark.is_straight() {
            self.depth += 1;
        } else if reopens {
            // The quotation before was never closed. It ends here at the latest.
            let end = mark.at.min(self.unclosed_end(open));
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
        mark.is_straight()
            && !open.is_straight()
            && (if self.nested { mark.side != Side::Opens } else { mark.side == Side::Opens })
    }

    /// Where a quotation without a closing mark ends.
    fn unclosed_end(&self, open: Mark) -> usize {
        self.original.floor_char_boundary(open.at + LONGEST_UNCLOSED)
    }

    /// Ends the paragraph. A quotation that is still open runs to the end of the paragraph if the
    /// next one continues it. Otherwise its mark was forgotten, and it has a limited length.
    fn finish(&mut self) -> bool {
        let Some(open) = self.open.take() else {
            return false;
        };
        let reach = if self.next_opens { usize::MAX } else { self.unclosed_end(open) };
        let end = self.paragraph.end.min(reach);
        self.spans.push(Span { start: open.at, end });
        true
    }
}

/// Whether the paired marks of a paragraph open as often as they close.
fn is_balanced(marks: &[Mark]) -> bool {
    let count = |side| marks.iter().filter(|mark| !mark.is_straight() && mark.side == side).count();
    count(Side::Opens) == count(Side::Closes)
}

/// Whether a double mark opens or closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Opens,
    Closes,
    /// A straight or ambiguous mark. It opens a quotation if none is open, and closes one
    /// otherwise.
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

impl Mark {
    /// Whether the opening and the closing mark look the same.
    fn is_straight(self) -> bool {
        matches!(self.kind, '"' | '＂')
    }
}

/// The double marks of a paragraph.
fn marks(original: &str, paragraph: Span) -> Vec<Mark> {
    let text = paragraph.of(original);
    let mut marks = Vec::new();
    let mut from = 0;
    // No other ASCII character is a double mark.
    while let Some(at) = seek(text.as_bytes(), from, |byte| (byte == b'"') | !byte.is_ascii()) {
        let Some(c) = text[at..].chars().next() else {
            break;
        };
        from = at + c.len_utf8();
        if !may_be_mark(c) {
            continue;
        }
        let (before, after) = (text[..at].chars().next_back(), text[from..].chars().next());
        if let Some(side) = side(c, before, after) {
            let (at, end) = (paragraph.start + at, paragraph.start + from);
            marks.push(Mark { at, end, kind: c, side });
        }
    }
    marks
}

/// Whether a character can be a double mark. Most others are excluded at once; [`side`] knows the rest.
fn may_be_mark(c: char) -> bool {
    matches!(
        c,
        '"' | '«' | '»' | '\u{201C}'..='\u{203A}' | '\u{300C}'..='\u{301F}' | '\u{FF02}'..='\u{FF63}'
    )
}

/// Whether there is no word on this side of a mark.
fn is_gap(c: Option<char>) -> bool {
    c.is_none_or(|c| c.is_whitespace() || "([{—–-/:;>".contains(c))
}

/// Whether a paragraph begins with a mark that can open.
fn starts_open(original: &str, paragraph: Span) -> bool {
    let first = paragraph.of(original).trim_start().chars().next();
    first.is_some_and(|c| matches!(c, '“' | '„' | '«' | '»' | '"' | '「' | '『' | '”'))
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
        // In practice, double commas and straight marks are mixed freely.
        _ => matches!(mark, '”' | '“' | '"' | '＂' | '‟' | '〞' | '〟' | '″'),
    }
}

fn side(c: char, before: Option<char>, after: Option<char>) -> Option<Side> {
    match c {
        '„' | '‟' | '「' | '『' | '〝' | '｢' => Some(Side::Opens),
        '」' | '』' | '〞' | '〟' | '｣' => Some(Side::Closes),
        '“' => Some(upper_commas_side(before, after)),
        '”' if is_gap(before) && !is_gap(after) => Some(Side::Either),
        '”' => Some(Side::Closes),
        '«' | '‹' => Some(left_guillemet_side(before, after)),
        '»' | '›' => Some(right_guillemet_side(before, after)),
        '"' | '＂' if is_inside_word(before, after) => None,
        '"' | '＂' => Some(straight_side(before, after)),
        _ => None,
    }
}

/// `“` opens in English and closes in German. It closes between a word or a mark and a space or
/// another mark (`“Wir gehen“, sagte sie`).
fn upper_commas_side(before: Option<char>, after: Option<char>) -> Side {
    let begins = before.is_none_or(|c| c.is_whitespace() || "([{:/".contains(c));
    let ends =
        after.is_none_or(|c| c.is_whitespace() || ".,;:!?)]}—–-/>，。！？、；：）".contains(c));
    if ends && !begins { Side::Closes } else { Side::Opens }
}

/// `«` opens in French, with or without a space after it, also after an elided word (`l’« affaire
/// »`). It closes in German (`»Nein«`).
fn left_guillemet_side(before: Option<char>, after: Option<char>) -> Side {
    let follows_word = before.is_some_and(char::is_alphanumeric);
    let is_elided = before.is_some_and(|c| matches!(c, '\'' | '’'));
    match (is_gap(before) || is_elided, starts_word(after)) {
        (true, _) => Side::Opens,
        (false, true) if follows_word => Side::Either,
        (false, true) => Side::Opens,
        (false, false) => Side::Closes,
    }
}

/// `»` closes in French. It opens in German, but only directly before a word: between spaces it
/// separates links (`Home » News`).
fn right_guillemet_side(before: Option<char>, after: Option<char>) -> Side {
    let follows_word = before.is_some_and(char::is_alphanumeric);
    if starts_word(after) && !follows_word { Side::Opens } else { Side::Closes }
}

fn starts_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_alphanumeric() || "$€£‘'…[(¿¡‚›‹„“\"".contains(c))
}

/// Whether a straight mark is between two letters of one word: a Hebrew gershayim or a typing
/// error. Scripts without a space beside a quotation are an exception.
fn is_inside_word(before: Option<char>, after: Option<char>) -> bool {
    let is_joined =
        |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() && !stands_alone(c) && !is_hangul(c));
    is_joined(before) && is_joined(after)
}

/// A straight mark opens between a gap and a word, and closes between a word and a gap. So one
/// forgotten mark does not invert all later ones. After a digit it may be a unit of measure (12",
/// 5'10"), which opens nothing.
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

/// A quotation has at most this many bytes, unless sentence punctuation precedes its closing mark.
const LONGEST: usize = 400;

/// A quotation without punctuation on either side of its closing mark is a word or a phrase of at
/// most this many bytes.
const LONGEST_PHRASE: usize = 80;

/// Clipped words, which begin with an apostrophe, and the tails of words that an apostrophe
/// divides.
const CLIPPED: &[&str] = &[
    "em", "tis", "twas", "til", "till", "cause", "cos", "coz", "cuz", "bout", "n", "nuff", "s",
    "t", "d", "m", "ll", "re", "ve",
];

/// Names that begin with an ayn, which is transliterated as a single mark.
const AYN: &[&str] = &[
    "abd", "abdallah", "abdel", "abdul", "abdullah", "abbas", "adil", "ain", "alawi", "ali", "amr",
    "ashura", "asr", "ayn", "isa", "umar", "uthman",
];

/// The quotations in single marks of `paragraph` that do not overlap `doubles`, the quotations in
/// double marks. These are in order and do not overlap.
fn single_quotations(original: &str, paragraph: Span, doubles: &[Span]) -> Vec<Span> {
    let text = paragraph.of(original);
    if !text.contains(['\'', '‘', '‚']) {
        return Vec::new();
    }
    let singles = single_marks(text);
    let mut spans: Vec<Span> = Vec::new();
    let mut index = 0;
    while let Some(opener) = singles.get(index) {
        index += 1;
        if !opener.opens {
            continue;
        }
        let Some((closer, at)) = closing_single(&singles, opener, index) else {
            continue;
        };
        let start = paragraph.start + opener.at;
        let span = Span { start, end: paragraph.start + closer.at + closer.width };
        if overlaps(span, doubles) {
            continue;
        }
        spans.push(span);
        index = at + 1;
    }
    spans
}

/// Whether `span` shares a byte with one of `doubles`.
fn overlaps(span: Span, doubles: &[Span]) -> bool {
    let next = doubles.partition_point(|other| other.end <= span.start);
    doubles.get(next).is_some_and(|other| other.start < span.end)
}

/// A single mark that may open or close a quotation.
struct Single {
    at: usize,
    width: usize,
    opens: bool,
    /// The greatest distance to its opening mark, in bytes. 0 if it closes nothing.
    reach: usize,
}

fn single_marks(text: &str) -> Vec<Single> {
    let mut singles = Vec::new();
    let mut before: Option<char> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map(|(_, next)| *next);
        if matches!(c, '‘' | '’' | '\'' | '‚') {
            let width = c.len_utf8();
            let word_after = after.is_some_and(char::is_alphanumeric);
            let opens = c != '’'
                && after.is_some_and(char::is_alphabetic)
                && (is_gap(before) || before == Some('“'))
                && !is_apostrophe_before(&text[at + width..]);
            let closes = c != '‚' && !word_after && !is_gap(before);
            singles.push(Single {
                at,
                width,
                opens,
                reach: if closes { opening_distance(before, after) } else { 0 },
            });
        }
        before = Some(c);
    }
    singles
}

/// Whether a mark before `rest` belongs to its first word: `'em`, `‘Abd al-Rahman`.
fn is_apostrophe_before(rest: &str) -> bool {
    let word: String = rest.chars().take(12).take_while(|c| c.is_alphabetic()).collect();
    let lower = word.to_lowercase();
    CLIPPED.contains(&lower.as_str()) || AYN.contains(&lower.as_str())
}

/// The greatest distance between a closing mark and its opening mark, in bytes. The possessive of a
/// plural (`the drivers’ union`) looks like a closing mark, so such a mark closes nothing.
fn opening_distance(before: Option<char>, after: Option<char>) -> usize {
    if before.is_some_and(|c| ".,!?…".contains(c)) {
        usize::MAX
    } else if after.is_none_or(|c| ".,;:!?)—–".contains(c)) {
        LONGEST
    } else if before.is_some_and(|c| c.is_alphabetic() && !"sxzSXZ".contains(c)) {
        LONGEST_PHRASE
    } else {
        0
    }
}

/// The mark that closes the quotation of `opener`, and its index: the first one in reach before the
/// next opening mark.
fn closing_single<'a>(
    singles: &'a [Single],
    opener: &Single,
    from: usize,
) -> Option<(&'a Single, usize)> {
    let ahead = singles.iter().enumerate().skip(from).take_while(|(_, single)| !single.opens);
    let mut closers = ahead.filter(|(_, single)| single.at - opener.at <= single.reach);
    closers.next().map(|(at, single)| (single, at))
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
    fn marks_inside_words_open_nothing() {
        check("צה\"ל הודיע כי הנמל נסגר. בארה\"ב אמרו לא.", &[]);
        check("צה״ל הודיע: \"הנמל סגור\" אתמול", &["\"הנמל סגור\""]);
        check("The co\"operative was closed and no\"one came.", &[]);
        check("장관은\"항구를 닫는다\"고 말했다", &["\"항구를 닫는다\""]);
        check("他说\"走吧\"就走", &["\"走吧\""]);
    }

    #[test]
    fn apostrophes_open_nothing() {
        check("In the '90s the port grew. The workers' families stayed.", &[]);
        check("In the ‘90s the port grew. The workers’ families stayed.", &[]);
        check("She told 'em the port was shut, and the managers' aides left.", &[]);
        check("'Tis late, 'til dawn, ‘cause the crews’ shifts ended.", &[]);
        check("‘Abd al-Rahman met the ministers’ aides, the ministers’.", &[]);
        check("‘Ali and ‘Ayn wrote the crews’.", &[]);
        check("An ‘eager plan’ for the port", &["‘eager plan’"]);
        check("‘The port of the drivers’ union and others lies idle", &[]);
        let long = "so it goes ".repeat(40);
        check(&format!("‘Set off {long}at last’, and on"), &[]);
        let said = format!("‘We wait {long}at last.’");
        check(&format!("{said} He left."), &[&said]);
    }

    #[test]
    fn marks_that_open_and_close_elsewhere() {
        check("“Wir sind bereit“, sagte er. “Ja“ hieß es.", &["“Wir sind bereit“", "“Ja“"]);
        check("Er sagte: “Nein.“ Dann ging er.", &["“Nein.“"]);
        check("他说“……走”了", &["“……走”"]);
        check("Home » News » Politics", &[]);
        check("Start »News » Hafen", &["»News »"]);
        check("Er rief (»Halt!«) und »nein«.", &["»Halt!«", "»nein«"]);
        check("«Да», сказав він. «Ні!» — вона.", &["«Да»", "«Ні!»"]);
        check("« Il a dit « oui » hier » x", &["« Il a dit « oui » hier »"]);
        check("C’est l’« affaire » du port.", &["« affaire »"]);
        check("Il a dit « oui. Puis « non » x", &["« oui. Puis ", "« non »"]);
        let long = "so it goes ".repeat(60);
        let unclosed = format!("«oui {long}«non» x");
        check(&unclosed, &[&unclosed[..400], "«non»"]);
        check("«Uno.\n»Dos.\n» Tres». Fin", &["«Uno.", "»Dos.", "» Tres»"]);
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
