//! Recognises files that are not texts: binary data, and files without words.

/// A text in which more than one in this many characters is strange is binary.
const ONE_IN: usize = 10;

/// Why a file is not an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NonArticle {
    /// Too many of its characters are strange.
    Binary,
    /// It is empty, or has only white space and signs.
    Wordless,
}

impl NonArticle {
    /// Why this text is not an article; `None` if it may be one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (mut all, mut strange) = (0_usize, 0_usize);
        let mut has_words = false;
        for character in text.chars() {
            all += 1;
            strange += usize::from(is_strange(character));
            has_words |= character.is_alphanumeric();
            if character == '\0' {
                return Some(Self::Binary);
            }
        }
        match strange > all / ONE_IN {
            true => Some(Self::Binary),
            false => (!has_words).then_some(Self::Wordless),
        }
    }

    /// The reason, for people.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "it is binary, not text",
            Self::Wordless => "it has no words",
        }
    }
}

/// Whether a character is a control character other than those of lines and pages, or the replacement
/// for invalid bytes.
fn is_strange(character: char) -> bool {
    let is_layout = matches!(character, '\n' | '\r' | '\t' | '\u{c}' | '\u{85}');
    (character.is_control() && !is_layout) || character == '\u{fffd}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_binary_and_wordless_texts() {
        let check = |text: &str, expected: Option<NonArticle>| {
            assert_eq!(NonArticle::of(text), expected, "{text:?}");
        };
        check("The ferry sails.\r\n\tAgain.\u{c}", None);
        check("7", None);
        check("泽", None);
        check("", Some(NonArticle::Wordless));
        check(" \n \u{feff}— …", Some(NonArticle::Wordless));
        check("The ferry\0 sails.", Some(NonArticle::Binary));
        check("words \u{1}\u{2}", Some(NonArticle::Binary));
        check("caf\u{fffd} by the quay", None);
        check(&format!("{}{}", "a".repeat(90), "\u{fffd}".repeat(10)), None);
        check(&format!("{}{}", "a".repeat(89), "\u{fffd}".repeat(11)), Some(NonArticle::Binary));
    }
}
