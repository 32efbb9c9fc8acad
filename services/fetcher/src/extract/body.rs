//! Repairs the article text in the data of a page: escaped tags, and a text that is repeated as a whole.

use wirefold_feed::html;

/// If this many words in a row equal the first words, a copy of the text may begin there.
const BEGINNING: usize = 8;
/// With this many such beginnings the text has a refrain and is not a copy.
const MOST_COPIES: usize = 4;
/// The share of the words of the second copy that must equal those of the first.
const MOSTLY: f64 = 0.9;

/// The plain text, once.
pub(super) fn repaired(body: &str) -> String {
    // Tags that were escaped twice become markup only in the second pass.
    let plain = html::loose_to_text(&html::loose_to_text(body));
    let end = end_of_first(&plain).unwrap_or(plain.len());
    plain[..end].trim_end().to_owned()
}

/// The end of the first copy, if the rest is another copy. That may be cut.
fn end_of_first(text: &str) -> Option<usize> {
    let mut end = 0;
    let parts = text.split_inclusive(char::is_whitespace).map(|part| {
        end += part.len();
        (end - part.len(), part.trim_end())
    });
    let words: Vec<(usize, &str)> = parts.filter(|(_, word)| !word.is_empty()).collect();
    let beginning = words.get(..BEGINNING)?;
    let is_same = |one: &[(usize, &str)], other: &[(usize, &str)]| {
        let same = one.iter().zip(other).filter(|(a, b)| a.1 == b.1).count();
        same as f64 >= one.len().min(other.len()) as f64 * MOSTLY
    };
    let begins = |place: &usize| words[*place..].iter().zip(beginning).all(|(a, b)| a.1 == b.1);
    let places = 1..words.len().saturating_sub(BEGINNING - 1);
    let mut beginnings = places.filter(begins).take(MOST_COPIES).collect::<Vec<_>>().into_iter();
    if beginnings.len() == MOST_COPIES {
        return None;
    }
    // The second copy may be cut, and so shorter.
    let from = words.len() * 2 / 5;
    let second =
        beginnings.find(|place| *place >= from && is_same(&words[..*place], &words[*place..]))?;
    Some(words[second].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The ferry to Ness left four hours late on Thursday. Fog had closed the harbour \
        since dawn, and two pilots had refused to board.";

    #[test]
    fn removes_a_second_copy_of_the_text() {
        assert_eq!(repaired(&format!("{TEXT} {TEXT}")), TEXT);
        assert_eq!(repaired(&format!("{TEXT}\n\n{TEXT}")), TEXT);
        assert_eq!(repaired(TEXT), TEXT);
        let refrain =
            format!("{TEXT} Later that day: The ferry to Ness left once more, in clear sight.");
        assert_eq!(repaired(&refrain), refrain);
        assert_eq!(repaired(""), "");
    }

    #[test]
    fn escaped_tags_are_markup() {
        let escaped = "&lt;p&gt;One &amp;amp; two.&lt;/p&gt;&lt;p&gt;Three.&lt;/p&gt;";
        assert_eq!(repaired(escaped), "One & two.\n\nThree.");
        assert_eq!(repaired("<p>One.</p>"), "One.");
        assert_eq!(repaired("5 &lt; 7 &amp; more"), "5 < 7 & more");
    }
}
