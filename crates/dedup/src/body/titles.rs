//! Compares the titles of two articles. The titles distinguish the pages of a site from the takes of one
//! report.
//!
//! Titles come in. The relation of two titles goes out, and whether a text mentions the subject of a title.

use wirefold_text::Text;

use crate::body::common_words::is_common;
use crate::body::word_hash;
use crate::codec::varint;

/// The relation of the titles of two articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TitleRelation {
    /// One of the articles has no title.
    Unknown,
    /// The titles have the same words in the same order.
    Same,
    /// The longer title has all words of the shorter one: a take, a correction, the name of a section.
    Within,
    /// The longer title has most words of the shorter one.
    Alike,
    /// The titles are different.
    Other,
}

/// The words of a title. Each is a hash of 16 bits: enough to distinguish the few words of two titles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TitleWords {
    /// The hashes of the words, in order.
    words: Vec<u16>,
    /// The number of words in the label of a series, such as `In pictures: …`; 0 if there is no label.
    label: usize,
    /// The [`telling_key`] of each telling word, in order.
    telling: Vec<u16>,
}

/// Two titles are alike if the longer one has at least this percentage of the words of the shorter one.
const ALIKE_PERCENT: usize = 60;
/// A title is marked as a later take or as a correction by a marker word among this many first words.
const MAX_MARKER_WORDS: usize = 2;
/// The marker words of a later take, in normal form.
const UPDATES: [&str; 7] =
    ["update", "updated", "update1", "wrapup", "refile", "recast", "recasts"];

/// A telling word has at least this many letters. This many first letters are its key, because they are
/// common to all its inflected forms, …
const KEY_LETTERS: usize = 4;
/// … or this many if it begins with an ASCII letter.
const LATIN_KEY_LETTERS: usize = 5;
/// The Arabic articles that are written as one word with their noun; those with a conjunction or preposition
/// first.
const ARTICLES: [&str; 6] = ["وال", "بال", "كال", "فال", "لل", "ال"];
/// The first words of a paragraph or a title that announces a correction, in normal form.
pub(crate) const CORRECTIONS: &[&str] = &[
    "correction",
    "corrected",
    "corrects",
    "clarification",
    "berichtigt",
    "berichtigung",
    "korrigiert",
    "korrektur",
    "rettifica",
    "correctif",
    "rectificatif",
    "corrección",
    "errata",
    "correzione",
    "correção",
    "исправление",
    "поправка",
    "виправлення",
    "уточнення",
    "تصحيح",
];
/// A text mentions the subject of a title if it has at least this share of the telling words of the title.
pub(crate) const MENTIONED_SHARE: f64 = 0.2;
/// The label of a series has at most this many words.
const MAX_LABEL_WORDS: usize = 4;
/// The words of a title after this many are ignored.
const MAX_WORDS: usize = 40;

impl TitleWords {
    /// The words of a title.
    #[must_use]
    pub fn new(title: &str) -> TitleWords {
        TitleWords::of(&Text::new(title))
    }

    /// The words of a title that has been analysed as a text.
    pub(crate) fn of(text: &Text) -> TitleWords {
        let normal = || text.words().iter().take(MAX_WORDS).map(|word| text.normal(word));
        let words = normal().map(|word| short_hash(word_hash(word))).collect();
        let label = text.original().split_once(": ").map_or(0, |(label, _)| {
            text.words().iter().take_while(|word| word.span.end <= label.len()).count()
        });
        let label = if label <= MAX_LABEL_WORDS { label } else { 0 };
        TitleWords { words, label, telling: normal().filter_map(telling_key).collect() }
    }

    /// The share of the telling words that are among `words`, which are in normal form: from 0 to 1, or
    /// `None` if the title has no telling words.
    pub(crate) fn share_in<'a>(&self, words: impl Iterator<Item = &'a str>) -> Option<f64> {
        let mut left = self.telling.clone();
        for key in words.filter_map(telling_key) {
            left.retain(|telling| *telling != key);
            if left.is_empty() {
                break;
            }
        }
        let all = self.telling.len() as f64;
        (all > 0.0).then(|| 1.0 - left.len() as f64 / all)
    }

    /// Whether `words`, in normal form, mention the subject of the title: they have [`MENTIONED_SHARE`] of its
    /// telling words. True if it has none, because then nothing speaks against it.
    pub(crate) fn is_mentioned_in<'a>(&self, words: impl Iterator<Item = &'a str>) -> bool {
        let mut left = self.telling.clone();
        let all = self.telling.len() as f64;
        left.is_empty()
            || words.filter_map(telling_key).any(|key| {
                left.retain(|telling| *telling != key);
                1.0 - left.len() as f64 / all >= MENTIONED_SHARE
            })
    }

    /// Whether the title has no telling words, so that it does not name the subject of the text: `News in
    /// brief`.
    pub(crate) fn is_generic(&self) -> bool {
        self.telling.is_empty()
    }

    /// Whether a marker at its beginning says that the article updates or corrects an earlier one.
    pub(crate) fn is_update_or_correction(&self) -> bool {
        self.begins_with(&UPDATES) || self.is_correction()
    }

    /// Whether a marker at its beginning says that the article corrects an earlier one.
    #[must_use]
    pub fn is_correction(&self) -> bool {
        self.begins_with(CORRECTIONS)
    }

    fn begins_with(&self, markers: &[&str]) -> bool {
        let mut first = self.words.iter().take(MAX_MARKER_WORDS);
        first.any(|word| markers.iter().any(|marker| short_hash(word_hash(marker)) == *word))
    }

    /// Whether a word, in normal form, is one of the telling words of the title.
    pub(crate) fn has_telling_word(&self, normal: &str) -> bool {
        telling_key(normal).is_some_and(|key| self.telling.contains(&key))
    }

    /// Whether the title has a telling word that is neither in the title `other` nor among `words`, the
    /// words of a text in normal form.
    pub(crate) fn has_telling_word_outside<'a>(
        &self,
        other: &TitleWords,
        words: impl Iterator<Item = &'a str>,
    ) -> bool {
        let text: Vec<u16> = words.filter_map(telling_key).collect();
        self.telling.iter().any(|key| !other.telling.contains(key) && !text.contains(key))
    }

    /// The relation of this title to another. The order of the two does not matter.
    #[must_use]
    pub fn compare(&self, other: &TitleWords) -> TitleRelation {
        if self.words.is_empty() || other.words.is_empty() {
            return TitleRelation::Unknown;
        }
        if self.words == other.words {
            return TitleRelation::Same;
        }
        let are_of_series = self.words[..self.label] == other.words[..other.label];
        let label = if are_of_series { self.label } else { 0 };
        let (ours, theirs) = (&self.words[label..], &other.words[label..]);
        let (few, many) = if ours.len() <= theirs.len() { (ours, theirs) } else { (theirs, ours) };
        let common = few.iter().filter(|word| many.contains(word)).count();
        match common {
            all if all == few.len() => TitleRelation::Within,
            most if 100 * most >= ALIKE_PERCENT * few.len() => TitleRelation::Alike,
            _ => TitleRelation::Other,
        }
    }

    /// Appends the title to `bytes`.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        varint::push_count(bytes, self.label);
        for parts in [&self.words, &self.telling] {
            varint::push_count(bytes, parts.len());
            bytes.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
        }
    }

    /// Reads the title that [`pack`](Self::pack) wrote, and advances `bytes` past it.
    pub(crate) fn unpack(bytes: &mut &[u8]) -> TitleWords {
        let label = varint::read(bytes).unwrap_or_default() as usize;
        let words = read_hashes(bytes);
        TitleWords { label: label.min(words.len()), words, telling: read_hashes(bytes) }
    }
}

fn read_hashes(bytes: &mut &[u8]) -> Vec<u16> {
    let count = varint::read(bytes).unwrap_or_default();
    let part = |_| {
        let (part, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(u16::from_le_bytes(*part))
    };
    (0..count).map_while(part).collect()
}

/// The upper 16 bits of a word's hash.
fn short_hash(hash: u64) -> u16 {
    (hash >> 48) as u16
}

/// The key of a telling word, the same for its inflected forms: a hash of its first letters, without an Arabic
/// article. `None` if the word is not telling: it has few letters or is a common word. Numbers, and single
/// characters of scripts without spaces, are always telling.
pub(crate) fn telling_key(normal: &str) -> Option<u16> {
    if normal.is_ascii() {
        return ascii_telling_key(normal);
    }
    let bare = without_article(normal);
    let first = bare.chars().next()?;
    if first.is_numeric() {
        return Some(short_hash(word_hash(bare)));
    }
    let letters = if first.is_ascii() { LATIN_KEY_LETTERS } else { KEY_LETTERS };
    let is_alone = !first.is_ascii() && bare.chars().nth(1).is_none();
    if !is_alone && (bare.chars().nth(KEY_LETTERS - 1).is_none() || is_common(normal)) {
        return None;
    }
    let end = bare.char_indices().nth(letters).map_or(bare.len(), |(end, _)| end);
    Some(short_hash(word_hash(&bare[..end])))
}

/// [`telling_key`] of a word in ASCII, which needs no search for the ends of characters.
fn ascii_telling_key(normal: &str) -> Option<u16> {
    let key = match normal.as_bytes().first()? {
        b'0'..=b'9' => normal,
        _ if normal.len() < KEY_LETTERS || is_common(normal) => return None,
        _ => &normal[..normal.len().min(LATIN_KEY_LETTERS)],
    };
    Some(short_hash(word_hash(key)))
}

/// An Arabic word without its article and the conjunction or preposition before it, if enough letters
/// remain. Other words are returned unchanged.
fn without_article(normal: &str) -> &str {
    let bare = ARTICLES.iter().find_map(|article| normal.strip_prefix(article));
    bare.filter(|bare| bare.chars().nth(KEY_LETTERS - 2).is_some()).unwrap_or(normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(one: &str, other: &str) -> TitleRelation {
        let (one, other) = (TitleWords::new(one), TitleWords::new(other));
        assert_eq!(one.compare(&other), other.compare(&one));
        one.compare(&other)
    }

    #[test]
    fn an_update_has_a_similar_title_and_a_new_page_a_different_one() {
        assert_eq!(compare("Port closed by storm", "PORT CLOSED BY STORM"), TitleRelation::Same);
        assert_eq!(
            compare("Port closed by storm", "UPDATE 2 - Port closed by storm"),
            TitleRelation::Within
        );
        assert_eq!(compare("Port closed by storm", "Port shut by storm"), TitleRelation::Alike);
        assert_eq!(
            compare("Port closed by storm", "Council votes on school roof"),
            TitleRelation::Other
        );
        assert_eq!(compare("", "Port closed by storm"), TitleRelation::Unknown);
        assert_eq!(
            compare("In pictures: seal pups", "In pictures: the regatta"),
            TitleRelation::Other
        );
        assert_eq!(
            compare("Live: port closed by storm", "Live: port shut by storm"),
            TitleRelation::Alike
        );
    }

    #[test]
    fn packed_titles_are_read_back() {
        for title in ["", "Port closed by storm", "Live: port closed", "港口因风暴关闭"] {
            let words = TitleWords::new(title);
            let mut bytes = vec![];
            words.pack(&mut bytes);
            assert_eq!(TitleWords::unpack(&mut bytes.as_slice()), words);
        }
    }
}
