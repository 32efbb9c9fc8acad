//! Sentences: the bounds of UAX #29, mended where an abbreviation or an initial ends in a dot.

use unicode_segmentation::UnicodeSegmentation;

use crate::span::Span;

/// Words that end in a dot without ending a sentence, in lower case.
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "gen", "lt", "col", "capt", "cmdr", "sgt", "maj", "adm",
    "sen", "rep", "gov", "pres", "rev", "hon", "st", "mt", "ft", "jr", "sr", "vs", "no", "nos",
    "art", "fig", "inc", "ltd", "co", "corp", "bros", "dept", "est", "jan", "feb", "mar", "apr",
    "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri",
    "sat", "sun", "approx", "e.g", "i.e", "etc", "ca", "bzw", "usw", "z.b", "nr", "hr", "fr",
    "mme", "mlle", "sra", "dra", "ст", "г", "ул", "им", "т.е", "т.д", "див", "рр", "млн", "млрд",
    "тис", "тыс",
];

/// The sentences of the paragraph at `paragraph`, in bytes of the original, trimmed.
pub(crate) fn sentences(original: &str, paragraph: Span) -> Vec<Span> {
    let text = paragraph.of(original);
    let mut found: Vec<Span> = Vec::new();
    for (at, piece) in text.split_sentence_bound_indices() {
        let trimmed = piece.trim();
        if trimmed.is_empty() {
            continue;
        }
        let start = paragraph.start + at + (piece.len() - piece.trim_start().len());
        let span = Span { start, end: start + trimmed.len() };
        match found.last_mut() {
            Some(last) if goes_on(last.of(original), trimmed) => last.end = span.end,
            _ => found.push(span),
        }
    }
    found
}

/// Whether `next` goes on with the sentence that `before` seemed to end.
fn goes_on(before: &str, next: &str) -> bool {
    if !next.chars().any(char::is_alphanumeric) {
        return true;
    }
    let Some(stem) = before.strip_suffix('.') else {
        return false;
    };
    let last = stem.rsplit(|c: char| c.is_whitespace() || "(“\"«".contains(c)).next();
    let Some(last) = last.filter(|word| !word.is_empty()) else {
        return false;
    };
    is_initial(last) || ABBREVIATIONS.contains(&last.to_lowercase().as_str())
}

/// `J`, `U.S`, `А.Б`: single letters between dots. A sentence may well end after `U.S.`; joining
/// two sentences costs less than cutting one in a hundred places.
fn is_initial(word: &str) -> bool {
    word.split('.').all(|part| {
        let mut chars = part.chars();
        chars.next().is_some_and(char::is_uppercase) && chars.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, expected: &[&str]) {
        let all = Span { start: 0, end: original.len() };
        let found: Vec<&str> =
            sentences(original, all).iter().map(|span| span.of(original)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn sentences_of_many_kinds() {
        check("One here. Two there! Three?", &["One here.", "Two there!", "Three?"]);
        check("Chief Gen. Ada Ruiz left. He won.", &["Chief Gen. Ada Ruiz left.", "He won."]);
        check("“Go now.” She went.", &["“Go now.”", "She went."]);
        check("The U.S. Army moved. All did.", &["The U.S. Army moved.", "All did."]);
        check("他说。她走了。", &["他说。", "她走了。"]);
        check("It cost 3.5 million. Fine.", &["It cost 3.5 million.", "Fine."]);
        check("…", &["…"]);
        check("", &[]);
    }
}
