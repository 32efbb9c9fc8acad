//! The parts that represent a text: its first words, and an extract of two sentences.

use wirefold_proto::{Extract, FoundBy, LEAD_CHARACTERS, LEAD_WORDS};
use wirefold_text::{Sentence, Text};

use crate::reading::Reading;

/// The sentences of an extract.
const SENTENCES: usize = 2;
/// The most bytes of one sentence.
const LONGEST: usize = 600;
/// They are among this many sentences.
const MOST_SKIPPED: usize = 16;
/// The most characters of a caption's label.
const LABEL: usize = 24;
/// Beginnings of captions and credits of pictures, in lower case.
#[rustfmt::skip]
const CAPTIONS: [&str; 26] = [
    "photo:", "photo by", "(photo", "photos:", "file photo", "file -", "file –", "file —", "image:",
    "image caption", "picture:", "caption:", "foto:", "foto ", "fotos:", "bild:", "symbolbild", "archivbild",
    "photo d'illustration", "illustration", "imagen:", "imagem:", "фото:", "写真：", "图：", "资料图",
];
/// Beginnings of bylines, in lower case.
const BYLINES: [&str; 8] = ["by ", "von ", "par ", "por ", "di ", "door ", "автор:", "текст:"];
/// Labels before a first sentence, in lower case.
#[rustfmt::skip]
const LABELS: [&str; 16] = [
    "abstract", "summary", "overview", "background", "introduction", "objective", "zusammenfassung",
    "kurzfassung", "résumé", "resumen", "resumo", "sommario", "riassunto", "samenvatting", "аннотация", "摘要",
];

/// The first words of a text, up to the limit of the output.
pub(crate) fn lead(text: &Text) -> String {
    text.opening(LEAD_WORDS, LEAD_CHARACTERS).to_owned()
}

/// The first two sentences from the lede on, verbatim, without bylines, captions and labels such as
/// `ABSTRACT.`. `None` if the text has no sentences.
pub(crate) fn extract(reading: &Reading<'_>) -> Option<Extract> {
    let text = reading.text;
    let lede = text.words().get(text.lede().start)?;
    let start = text.paragraphs().get(lede.paragraph as usize)?.span.start;
    let first = reading.sentences.partition_point(|sentence| sentence.span.start < start);
    let is_of_article = |sentence: &&Sentence| {
        let paragraph = text.words().get(sentence.words.start).map(|word| word.paragraph as usize);
        let paragraph = paragraph.and_then(|at| text.paragraphs().get(at));
        paragraph.is_none_or(|it| !is_beside_the_text(it.span.of(text.original())))
    };
    let near = reading.sentences[first..].iter().take(MOST_SKIPPED).filter(is_of_article);
    let sentences_without_labels =
        near.map(|one| without_label(one.span.of(text.original()).trim()));
    let cut = |sentence: &str| sentence[..sentence.floor_char_boundary(LONGEST)].to_owned();
    let sentences: Vec<String> =
        sentences_without_labels.filter(|it| !it.is_empty()).take(SENTENCES).map(cut).collect();
    (!sentences.is_empty()).then_some(Extract { sentences, how: FoundBy::Rule })
}

/// Whether a paragraph is a byline or a caption.
fn is_beside_the_text(line: &str) -> bool {
    let lower: String =
        line.trim_start().chars().take(LABEL).flat_map(char::to_lowercase).collect();
    let is_sentence = line.trim_end().ends_with(['.', '!', '?', '。']);
    CAPTIONS.iter().any(|caption| lower.starts_with(caption))
        || (!is_sentence && BYLINES.iter().any(|byline| lower.starts_with(byline)))
}

/// Removes a label from a sentence: `ABSTRACT.`, `Summary:`.
fn without_label(line: &str) -> &str {
    let Some((label, rest)) = line.split_once(['.', ':', '—']) else { return line };
    let is_label = label.len() <= LABEL && LABELS.contains(&label.trim().to_lowercase().as_str());
    if is_label { rest.trim_start() } else { line }
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
    fn the_second_sentence_is_complete_after_a_long_first_one() {
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

    #[test]
    fn the_extract_has_no_labels_bylines_or_captions() {
        for head in [
            "ABSTRACT. ",
            "Summary: ",
            "By Ada Ruiz, staff writer of the Harbor Ledger in Quayton, and Tom Lund\n",
            "FILE PHOTO: A ferry lies at the quay of Quayton on a grey day in March.\n",
            "Foto: Die Fähre liegt am Kai von Quayton, es ist ein grauer Tag im März.\n",
        ] {
            let text =
                format!("{head}The port of Quayton closed on Monday after a storm. It is to open.");
            let text = Text::new(&text);
            let found = extract(&Reading::new(&text)).unwrap().sentences;
            assert_eq!(found[0], "The port of Quayton closed on Monday after a storm.", "{head}");
        }
        let news = "By Monday the port of Quayton had closed. It is to open again on Friday.";
        let text = Text::new(news);
        let found = extract(&Reading::new(&text)).unwrap().sentences;
        assert!(found[0].starts_with("By Monday"));
    }
}
