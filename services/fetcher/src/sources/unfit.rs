//! Recognises files that are not texts: binary data, and files without words.

/// A text of which more than one character in so many is none that people write is binary.
const ONE_IN: usize = 10;

/// Why a file is no article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// Its characters are none that people write.
    Binary,
    /// It is empty, or white space and signs alone.
    Wordless,
}

impl Unfit {
    /// What keeps this text from being an article; none where nothing does.
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

/// Control characters but those of lines and pages, and what stands for bytes that are no text.
fn is_strange(character: char) -> bool {
    let is_layout = matches!(character, '\n' | '\r' | '\t' | '\u{c}' | '\u{85}');
    (character.is_control() && !is_layout) || character == '\u{fffd}'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_binary_or_empty_is_told() {
        let check = |text: &str, expected: Option<Unfit>| {
            assert_eq!(Unfit::of(text), expected, "{text:?}");
        };
        check("The ferry sails.\r\n\tAgain.\u{c}", None);
        check("7", None);
        check("泽", None);
        check("", Some(Unfit::Wordless));
        check(" \n \u{feff}— …", Some(Unfit::Wordless));
        check("The ferry\0 sails.", Some(Unfit::Binary));
        check("words \u{1}\u{2}", Some(Unfit::Binary));
        check("caf\u{fffd} by the quay", None);
        check(&format!("{}{}", "a".repeat(90), "\u{fffd}".repeat(10)), None);
        check(&format!("{}{}", "a".repeat(89), "\u{fffd}".repeat(11)), Some(Unfit::Binary));
    }
}
