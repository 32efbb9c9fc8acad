//! Bad input: findings stay limited for texts of any size and shape.

use wirefold_proto::Findings;
use wirefold_text::Text;

use super::stand::seeds;
use crate::findings::find;

/// The most findings of one kind.
const MOST: usize = 2_000;

fn findings(title: &str, text: &str) -> Findings {
    let mut article = seeds()[0].fetched().article;
    title.clone_into(&mut article.title);
    article.language_hint = None;
    find(&Text::new(text), &article)
}

#[track_caller]
fn check(text: &str) -> Findings {
    let found = findings("The port is shut", text);
    let told = [found.entities.len(), found.quotations.len(), found.numbers.len()];
    let opening: String = text.chars().take(20).collect();
    assert!(told.iter().all(|count| *count <= MOST), "{told:?} of {opening}");
    let longest = found.quotations.iter().map(|quotation| quotation.words.len()).max();
    assert!(longest.unwrap_or_default() <= 1_000, "{longest:?} bytes of {opening}");
    found
}

#[test]
fn accepts_nearly_empty_texts() {
    for text in ["", " ", "\n", "Port", "“", "”", "「", "—", "5", "$", "。", "\u{200f}", "e\u{301}"]
    {
        let found = check(text);
        assert!(found.quotations.is_empty() && found.entities.is_empty(), "{found:?}");
    }
}

#[test]
fn accepts_long_texts_without_a_full_stop() {
    check(&"港口关闭工人罢工".repeat(25_000));
    check(&"a".repeat(200_000));
    check(&"harbour ".repeat(25_000));
    check(&"Harbour Master Ada Ruiz ".repeat(8_000));
    check(&"5 ".repeat(50_000));
}

#[test]
fn accepts_ten_thousand_marks() {
    for mark in ["“", "”", "\"", "«", "»", "„", "「", "」", "'", "— ", "– a, säger b – "]
    {
        check(&mark.repeat(10_000));
        check(&format!("{mark}we shut it\n").repeat(10_000));
        check(&format!("{mark}we shut the port again{mark}, said Ada Ruiz. ").repeat(5_000));
        check(&format!("Ada Ruiz came {mark}we shut the port again{mark}, he said ").repeat(5_000));
    }
}

#[test]
fn accepts_a_hundred_thousand_dashes() {
    // Comparing all pieces of speech with each other would take five thousand million steps.
    let found = check(&"– Vi stänger, säger Nils Ahl – ".repeat(100_000));
    assert!(!found.quotations.is_empty());
}

#[test]
fn accepts_a_hundred_thousand_signs_without_a_word() {
    // Searching the next word separately for each mark took ten seconds in a test build.
    for signs in ["!? — … ", "— !, ", "—,.!? …", "! ?\n— …\n", "— ,"] {
        let found = check(&signs.repeat(40_000));
        assert!(found.quotations.is_empty() && found.entities.is_empty(), "{signs}");
        check(&format!("«{}»", signs.repeat(40_000)));
    }
}

#[test]
fn accepts_a_hundred_thousand_scores() {
    // One run of scores. Reading all of it for each score would read it fifty thousand times.
    check(&"1-0-".repeat(50_000));
    check(&"10:7:".repeat(40_000));
}

#[test]
fn a_title_of_fifty_thousand_bytes() {
    for part in ["The port is shut ", "港口关闭", "\u{301}", "“", "5 "] {
        let found = findings(&part.repeat(50_000 / part.len()), "The port is shut.");
        assert!(found.language.is_some(), "{part}");
    }
}
