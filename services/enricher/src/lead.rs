//! What stands for a text: its first words, and an extract of two sentences.

use wirefold_proto::{Extract, FoundBy, LEAD_CHARACTERS, LEAD_WORDS};
use wirefold_text::Text;

use crate::reading::Reading;

/// The sentences of an extract.
const SENTENCES: usize = 2;
/// The most bytes of one sentence.
const LONGEST: usize = 600;

/// The first words of a text, as many as go out at most.
pub(crate) fn lead(text: &Text) -> String {
    text.opening(LEAD_WORDS, LEAD_CHARACTERS).to_owned()
}

/// The first two sentences from the lede on, verbatim; none for a text without sentences.
pub(crate) fn extract(reading: &Reading<'_>) -> Option<Extract> {
    let text = reading.text;
    let lede = text.words().get(text.lede().start)?;
    let start = text.paragraphs().get(lede.paragraph as usize)?.span.start;
    let first = reading.sentences.partition_point(|sentence| sentence.span.start < start);
    let told = reading.sentences[first..].iter().map(|one| one.span.of(text.original()).trim());
    let cut = |sentence: &str| sentence[..sentence.floor_char_boundary(LONGEST)].to_owned();
    let sentences: Vec<String> = told.take(SENTENCES).map(cut).collect();
    (!sentences.is_empty()).then_some(Extract { sentences, how: FoundBy::Rule })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lead_ends_with_its_last_word() {
        let words: Vec<String> = (0..90).map(|n| format!("w{n},")).collect();
        let text = Text::new(&words.join(" "));
        assert!(lead(&text).ends_with("w58, w59"));
        assert_eq!(lead(&Text::new(" Short one. ")), "Short one.");
        assert_eq!(lead(&Text::new("")), "");
    }

    #[test]
    fn the_lead_of_a_long_word_is_short() {
        assert_eq!(lead(&Text::new(&"ä".repeat(100_000))), "ä".repeat(LEAD_CHARACTERS));
        let text = Text::new(&format!("One two {}", "x".repeat(100_000)));
        assert_eq!(lead(&text), "One two");
        let exact = format!("{} end", "x".repeat(LEAD_CHARACTERS - 4));
        assert_eq!(lead(&Text::new(&exact)), exact);
        assert_eq!(lead(&Text::new(&format!("{exact} more"))), exact);
        assert_eq!(lead(&Text::new(&format!("{exact}s"))), "x".repeat(LEAD_CHARACTERS - 4));
    }

    #[test]
    fn the_second_sentence_is_whole_where_the_first_is_long() {
        let first = format!("{} стоит.", "Порт закрыт до весны, и".repeat(30));
        let second = "Паром ушёл.";
        let text = Text::new(&format!("{first} {second} Никто не пострадал."));
        let extract = extract(&Reading::new(&text)).unwrap();
        assert!(first.len() > 2 * LONGEST - second.len());
        assert_eq!(extract.sentences[0], first[..first.floor_char_boundary(LONGEST)]);
        assert_eq!(extract.sentences[1..], [second]);
    }

    #[test]
    fn the_extract_begins_with_the_news() {
        let text = Text::new(
            "Quay shut\nBy Ada Ruiz\nThe port of Quayton closed on Monday after a storm. It is to open \
             again. Nobody was hurt.",
        );
        let extract = extract(&Reading::new(&text)).unwrap();
        assert_eq!(
            extract.sentences,
            ["The port of Quayton closed on Monday after a storm.", "It is to open again."]
        );
    }
}
