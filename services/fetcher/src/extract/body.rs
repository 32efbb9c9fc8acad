//! Repairs the article text that a page gives as data: escaped tags, and a text that is there twice.

use wirefold_feed::html;

/// How many words in a row show that the text begins anew.
const BEGINNING: usize = 8;
/// So many beginnings are no copies: such a text repeats itself.
const MOST_COPIES: usize = 4;
/// How many of the words of the second copy are those of the first.
const MOSTLY: f64 = 0.9;

/// The text, plain, once.
pub(super) fn mended(body: &str) -> String {
    // What was escaped once more is markup only now.
    let plain = html::loose_to_text(&html::loose_to_text(body));
    let end = end_of_first(&plain).unwrap_or(plain.len());
    plain[..end].trim_end().to_owned()
}

/// Where the first copy ends, if another follows to the end; a copy may be cut, or lack its last words.
fn end_of_first(text: &str) -> Option<usize> {
    let mut end = 0;
    let pieces = text.split_inclusive(char::is_whitespace).map(|piece| {
        end += piece.len();
        (end - piece.len(), piece.trim_end())
    });
    let words: Vec<(usize, &str)> = pieces.filter(|(_, word)| !word.is_empty()).collect();
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
    fn a_text_that_stands_there_twice_is_taken_once() {
        assert_eq!(mended(&format!("{TEXT} {TEXT}")), TEXT);
        assert_eq!(mended(&format!("{TEXT}\n\n{TEXT}")), TEXT);
        assert_eq!(mended(TEXT), TEXT);
        let refrain =
            format!("{TEXT} Later that day: The ferry to Ness left once more, in clear sight.");
        assert_eq!(mended(&refrain), refrain);
        assert_eq!(mended(""), "");
    }

    #[test]
    fn escaped_tags_are_markup() {
        let escaped = "&lt;p&gt;One &amp;amp; two.&lt;/p&gt;&lt;p&gt;Three.&lt;/p&gt;";
        assert_eq!(mended(escaped), "One & two.\n\nThree.");
        assert_eq!(mended("<p>One.</p>"), "One.");
        assert_eq!(mended("5 &lt; 7 &amp; more"), "5 < 7 & more");
    }
}
