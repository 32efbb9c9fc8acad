//! A title for people, for articles without one. No judgement uses it.

use wirefold_text::{ParagraphKind, Text};

/// The most characters of a generated title.
const LONGEST: usize = 80;
/// The most bytes of a text that are read for one line.
const SCANNED_BYTES: usize = 2_000;

/// The heading at the start of a text, else the first words of its lede. For a text without words,
/// the key of its item, which for a file is the stem of its name.
pub(crate) fn title(text: &Text, item_key: &str) -> String {
    let is_text = |at: usize| !text.words()[at].is_chrome;
    let Some(first) = text.paragraphs().iter().find(|part| part.words.clone().any(is_text)) else {
        return shortened(item_key);
    };
    let line = first.span.of(text.original());
    // A single word is a place or a section.
    let is_title = first.kind == ParagraphKind::Heading && first.words.len() > 1;
    let opening = if is_title { None } else { opening(text) };
    shortened(opening.unwrap_or(line))
}

/// The lede without the page chrome before it.
fn opening(text: &Text) -> Option<&str> {
    let lede = text.words().get(text.lede())?;
    let first = lede.iter().position(|word| !word.is_chrome)?;
    let paragraph = text.paragraphs().get(lede[first].paragraph as usize)?.span;
    // Characters before the first word, such as quotation marks, belong to it.
    let start = if first == 0 { paragraph.start } else { lede[first].span.start };
    text.original().get(start..paragraph.end)
}

/// One line, cut at a word.
fn shortened(found: &str) -> String {
    let part = &found[..found.floor_char_boundary(SCANNED_BYTES)];
    let is_shown = |c: &char| c.is_whitespace() || !c.is_control();
    let shown: String = part.chars().filter(is_shown).collect();
    let line = shown.split_whitespace().collect::<Vec<&str>>().join(" ");
    if line.chars().count() <= LONGEST && part.len() < SCANNED_BYTES {
        return line;
    }
    let mut cut: String = line.chars().take(LONGEST).collect();
    let end = cut.pop().and_then(|_| cut.rfind(' ')).unwrap_or(cut.len());
    cut.truncate(end);
    cut.truncate(cut.trim_end_matches([',', ';', ':', '.', '-', '–', '—', ' ']).len());
    cut + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(title(&Text::new(text), "the-stem"), expected);
    }

    #[test]
    fn a_heading_is_the_title() {
        check(
            "Quay shut\nBy Ada Ruiz\nThe port of Quayton closed on Monday after a storm.",
            "Quay shut",
        );
        check(
            "Select Language:\n Ferry  late again\n\nThe ferry was late on Monday, for the ninth time.",
            "Ferry late again",
        );
    }

    #[test]
    fn the_first_words_of_the_lede_are_the_title_otherwise() {
        check("The port is shut.", "The port is shut.");
        check("“Shut it,” said the mayor. It was.", "“Shut it,” said the mayor. It was.");
        check(
            "Select Language:\nThe port of Quayton closed on Monday after a storm had torn away the \
             outer wall, which was new.",
            "The port of Quayton closed on Monday after a storm had torn away the outer…",
        );
        check(
            "QUAYTON\n\nThe port of Quayton is to open again on Friday, they say.",
            "The port of Quayton is to open again on Friday, they say.",
        );
        check(
            "date 2026-03-05 The port of Quayton is to open again on Friday, they say.",
            "The port of Quayton is to open again on Friday, they say.",
        );
        check(&"ä".repeat(5_000), &format!("{}…", "ä".repeat(LONGEST - 1)));
    }

    #[test]
    fn a_text_without_words_has_its_key_as_title() {
        check("", "the-stem");
        check("— \n…", "the-stem");
    }
}
