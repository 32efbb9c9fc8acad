//! Converts the agency behind a text to the form of the contract, and quotes the evidence.
//!
//! The agency that `fold` found and the texts that name it come in; its name with evidence goes
//! out. This module never decides which agency it is.

use wirefold_fold::{Agency as FoundAgency, DocId};
use wirefold_proto::{Agency, AgencyEvidence, ArticleId, EvidencePlace};
use wirefold_text::extract::{AgencyTrace, Trace, dateline};
use wirefold_text::{Paragraph, Span, Text};

use crate::contract::{confidence, how};

/// The most bytes of a quoted piece of evidence.
const MAX_QUOTED_BYTES: usize = 80;
/// The most pieces of evidence for one agency.
const MAX_EVIDENCE: usize = 2;
/// A byline is among this many first paragraphs …
const MAX_BYLINE_PARAGRAPHS: usize = 3;
/// … and has at most this many words.
const MAX_BYLINE_WORDS: usize = 12;

/// An article that names an agency.
#[derive(Clone, Copy)]
pub(crate) struct AgencySource<'a> {
    pub(crate) text: Option<&'a Text>,
    pub(crate) traces: &'a [AgencyTrace],
    pub(crate) byline: &'a str,
}

/// The agency of an article with its evidence. `through` is the article from which the agency is
/// inferred, because it shares passages with this one and names the agency.
pub(crate) fn agency(
    found: &FoundAgency<DocId>,
    own: AgencySource<'_>,
    through: Option<(ArticleId, AgencySource<'_>)>,
) -> Agency {
    let evidence = match through {
        None => own_evidence(found.name, own),
        Some((article, source)) => {
            let said = own_evidence(found.name, source).into_iter().next();
            let words = said.map(|piece| piece.words).unwrap_or_default();
            vec![AgencyEvidence { place: EvidencePlace::Passages, words, article: Some(article) }]
        }
    };
    Agency {
        name: found.name.to_owned(),
        how: how(found.how),
        confidence: confidence(found.confidence),
        evidence,
    }
}

/// The places of an article where it names the agency.
fn own_evidence(name: &str, source: AgencySource<'_>) -> Vec<AgencyEvidence> {
    let traces = source.traces.iter().filter(|trace| trace.agency == name);
    let pieces = traces.filter_map(|trace| match (trace.span, source.text) {
        (None, _) => Some((EvidencePlace::Byline, shorten(source.byline))),
        (Some(span), Some(text)) => {
            Some((evidence_place(text, span, trace.trace), quote_around(text, span)))
        }
        (Some(_), None) => None,
    });
    let piece = |(place, words)| AgencyEvidence { place, words, article: None };
    pieces.take(MAX_EVIDENCE).map(piece).collect()
}

fn evidence_place(text: &Text, span: Span, trace: Trace) -> EvidencePlace {
    if trace == Trace::Mentioned {
        return EvidencePlace::Sentence;
    }
    if dateline(text).is_some_and(|dateline| dateline.span.contains(span.start)) {
        return EvidencePlace::Dateline;
    }
    let Some((index, paragraph)) = paragraph_at(text, span) else {
        return EvidencePlace::CreditLine;
    };
    let line = paragraph.span.of(text.original()).to_lowercase();
    if line.contains('©') || line.contains("copyright") || line.contains("(c)") {
        return EvidencePlace::CopyrightLine;
    }
    match index < MAX_BYLINE_PARAGRAPHS && paragraph.words.len() <= MAX_BYLINE_WORDS {
        true => EvidencePlace::Byline,
        false => EvidencePlace::CreditLine,
    }
}

fn paragraph_at(text: &Text, span: Span) -> Option<(usize, &Paragraph)> {
    let mut paragraphs = text.paragraphs().iter().enumerate();
    paragraphs.find(|(_, paragraph)| paragraph.span.contains(span.start))
}

/// The paragraph around a span, or as much of it as may be quoted, from shortly before the span on.
fn quote_around(text: &Text, span: Span) -> String {
    let original = text.original();
    let paragraph = paragraph_at(text, span).map_or(span, |(_, paragraph)| paragraph.span);
    if paragraph.end - paragraph.start <= MAX_QUOTED_BYTES {
        return shorten(paragraph.of(original).trim());
    }
    let before = MAX_QUOTED_BYTES.saturating_sub(span.end - span.start) / 2;
    let mut from = span.start.saturating_sub(before).max(paragraph.start);
    while !original.is_char_boundary(from) {
        from += 1;
    }
    if from > paragraph.start {
        // Not from the middle of a word. Scripts without spaces are cut between characters.
        let rest_of_word = original[from..span.start].find(char::is_whitespace);
        from += rest_of_word.unwrap_or_default();
    }
    shorten(original[from..paragraph.end].trim())
}

/// Cuts words to the length that may be quoted, and replaces control characters, which take six
/// bytes each in JSON. It cuts between words if there is a space in the second half of the quote.
pub(crate) fn shorten(words: &str) -> String {
    let mut part = &words[..words.floor_char_boundary(MAX_QUOTED_BYTES)];
    let is_inside_word = words[part.len()..].starts_with(|next: char| !next.is_whitespace());
    if is_inside_word
        && let Some(space) = part.rfind(char::is_whitespace)
        && space >= MAX_QUOTED_BYTES / 2
    {
        part = &part[..space];
    }
    part.trim_end().replace(char::is_control, " ")
}

#[cfg(test)]
mod tests {
    use wirefold_fold::{Confidence, How};

    use super::*;
    use wirefold_fold::own_agency;
    use wirefold_text::extract::{agencies, byline_agencies};

    fn check(original: &str, byline: &str, place: EvidencePlace, part: &str) {
        let text = Text::new(original);
        let mut traces = byline_agencies(byline);
        traces.extend(agencies(&text));
        let found = own_agency(&traces).expect("an agency is named");
        let source = AgencySource { text: Some(&text), traces: &traces, byline };
        let piece = agency(&found, source, None).evidence.remove(0);
        assert_eq!(piece.place, place, "{original:?}");
        assert!(
            piece.words.contains(part) && piece.words.len() <= MAX_QUOTED_BYTES,
            "{:?}",
            piece.words
        );
    }

    #[test]
    fn evidence_names_its_place() {
        let long = "and so on and on about the quay that was shut for nine days in a row";
        check("QUAYTON (AP) — The port closed.", "", EvidencePlace::Dateline, "QUAYTON (AP)");
        check("The port closed.", "Ada Ruiz, AP", EvidencePlace::Byline, "Ada Ruiz");
        check(
            &format!("{long}, {long}, an aide told The Associated Press {long}."),
            "",
            EvidencePlace::Sentence,
            "told The Associated Press",
        );
        let copyright = format!("{long}.\n{long}.\n{long}.\nCopyright 2026 The Associated Press.");
        check(&copyright, "", EvidencePlace::CopyrightLine, "Copyright 2026");
    }

    #[test]
    fn evidence_is_cut_between_words() {
        let sentence = "Ferries were late and crews stood on the quay, a spokeswoman told the Associated Press \
                        on Tuesday before the harbour council met again.";
        let text = Text::new(sentence);
        let at = sentence.find("Associated").unwrap();
        let quote = quote_around(&text, Span { start: at, end: at + 16 });
        assert!(quote.contains("Associated Press"), "{quote}");
        assert!(format!(" {sentence} ").contains(&format!(" {quote} ")), "{quote}");
        assert_eq!(shorten(&"港".repeat(40)), "港".repeat(26));
    }

    #[test]
    fn an_inferred_agency_names_the_article_that_credits_it() {
        let text = Text::new("QUAYTON (AP) — The port closed.");
        let traces = agencies(&text);
        let found = FoundAgency {
            name: "AP",
            how: How::Inferred,
            confidence: Confidence::Probably,
            through: Some(DocId(3)),
        };
        let own = AgencySource { text: None, traces: &[], byline: "" };
        let id: ArticleId = "a-00000000000000000000000001".parse().unwrap();
        let through = AgencySource { text: Some(&text), traces: &traces, byline: "" };
        let piece = agency(&found, own, Some((id, through))).evidence.remove(0);
        assert_eq!((piece.place, piece.article), (EvidencePlace::Passages, Some(id)));
        assert!(piece.words.starts_with("QUAYTON"));
    }
}
