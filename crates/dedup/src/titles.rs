//! How the titles of two articles compare, which tells a site's pages from an article's takes.

use wirefold_text::Text;

use crate::body::word_hash;
use crate::varint;

/// How the titles of two articles compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Titles {
    /// One of them has none.
    Unknown,
    /// The same words in the same order.
    Same,
    /// All words of the shorter one stand in the other: a take, a correction, a section's name.
    Within,
    /// Most words of the shorter one stand in the other.
    Alike,
    /// Other ones.
    Other,
}

/// The words of a title: a sixteenth of a hash each, which tells the few words of two titles apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TitleWords(Vec<u16>);

/// Words of the shorter of two titles, of 100, that make the two alike.
const ALIKE_PERCENT: usize = 60;
/// More words of a title say nothing more of it.
const MOST_WORDS: usize = 40;

impl TitleWords {
    /// The words of a title, in order.
    #[must_use]
    pub fn new(title: &str) -> TitleWords {
        let text = Text::new(title);
        let words = text.words().iter().take(MOST_WORDS);
        TitleWords(words.map(|word| (word_hash(text.normal(word)) >> 48) as u16).collect())
    }

    /// How it compares with another.
    #[must_use]
    pub fn compare(&self, other: &TitleWords) -> Titles {
        if self.0.is_empty() || other.0.is_empty() {
            return Titles::Unknown;
        }
        if self == other {
            return Titles::Same;
        }
        let (few, many) = if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        let common = few.0.iter().filter(|word| many.0.contains(word)).count();
        match common {
            all if all == few.0.len() => Titles::Within,
            most if 100 * most >= ALIKE_PERCENT * few.0.len() => Titles::Alike,
            _ => Titles::Other,
        }
    }

    /// Writes them down behind `bytes`.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        varint::push_count(bytes, self.0.len());
        bytes.extend(self.0.iter().flat_map(|word| word.to_le_bytes()));
    }

    /// Takes those that were written down at the beginning of `bytes`.
    pub(crate) fn take(bytes: &mut &[u8]) -> TitleWords {
        let count = varint::take(bytes).unwrap_or_default();
        let word = |_| {
            let (word, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            Some(u16::from_le_bytes(*word))
        };
        TitleWords((0..count).map_while(word).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(one: &str, other: &str) -> Titles {
        let (one, other) = (TitleWords::new(one), TitleWords::new(other));
        assert_eq!(one.compare(&other), other.compare(&one));
        one.compare(&other)
    }

    #[test]
    fn an_update_has_a_title_alike_and_a_new_page_another() {
        assert_eq!(compare("Port closed by storm", "PORT CLOSED BY STORM"), Titles::Same);
        assert_eq!(
            compare("Port closed by storm", "UPDATE 2 - Port closed by storm"),
            Titles::Within
        );
        assert_eq!(compare("Port closed by storm", "Port shut by storm"), Titles::Alike);
        assert_eq!(compare("Port closed by storm", "Council votes on school roof"), Titles::Other);
        assert_eq!(compare("", "Port closed by storm"), Titles::Unknown);
    }

    #[test]
    fn they_are_written_down_and_read_back() {
        for title in ["", "Port closed by storm", "港口因风暴关闭"] {
            let words = TitleWords::new(title);
            let mut bytes = vec![];
            words.pack(&mut bytes);
            assert_eq!(TitleWords::take(&mut bytes.as_slice()), words);
        }
    }
}
