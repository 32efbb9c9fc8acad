//! Quotation spans of each paragraph. Handles the marks of all major languages, straight and mixed
//! marks, nested and unclosed quotations, and quotations over several paragraphs.
//!
//! A mark is interpreted by its kind *and* its position: `“` opens in English and closes in German,
//! and newsrooms mix `“` with `"`. In doubt, words count as quoted, because words that are wrongly
//! taken for a quotation only do not count as copied.

mod marks;
mod singles;

use crate::span::Span;
use marks::{Mark, Side, closes, marks, starts_open};
use singles::single_quotations;

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
