//! How the titles of two articles compare, which tells a site's pages from an article's takes.

use wirefold_text::Text;

use crate::body::common_words::is_common;
use crate::body::word_hash;
use crate::codec::varint;

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

/// The words of a title: a part of a hash each, which tells the few words of two titles apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TitleWords {
    words: Vec<u16>,
    /// How many of them are the label of a series, as in `In pictures: …`.
    label: usize,
    /// The keys of those that say something.
    telling: Vec<u16>,
}

/// Words of the shorter of two titles, of 100, that make the two alike.
const ALIKE_PERCENT: usize = 60;
/// Where a title of an item says that it is a later take of it, or a correction, …
const MARK_WORDS: usize = 2;
/// … it does so by one of these words, in normal form.
const UPDATES: [&str; 7] =
    ["update", "updated", "update1", "wrapup", "refile", "recast", "recasts"];

/// A word of so many letters says something; it is told in any of its forms by so many, …
const LETTERS: usize = 4;
/// … or by so many where it begins with one of the Latin letters.
const LETTERS_OF_LATIN: usize = 5;
/// Articles that are written with the word, those with a particle before them first.
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
/// What has this share of the telling words of a title speaks of it.
pub(crate) const TOLD: f64 = 0.2;
/// The label of a series has so many words at most.
const MOST_OF_LABEL: usize = 4;
/// More words of a title say nothing more of it.
const MOST_WORDS: usize = 40;

impl TitleWords {
    /// The words of a title, in order.
    #[must_use]
    pub fn new(title: &str) -> TitleWords {
        TitleWords::of(&Text::new(title))
    }

    /// The words of a title that is analysed.
    pub(crate) fn of(text: &Text) -> TitleWords {
        let normal = || text.words().iter().take(MOST_WORDS).map(|word| text.normal(word));
        let words = normal().map(|word| part_of(word_hash(word))).collect();
        let label = text.original().split_once(": ").map_or(0, |(label, _)| {
            text.words().iter().take_while(|word| word.span.end <= label.len()).count()
        });
        let label = if label <= MOST_OF_LABEL { label } else { 0 };
        TitleWords { words, label, telling: normal().filter_map(key).collect() }
    }

    /// The share of its telling words that stand among others, given in normal form, 0 to 1; `None` where
    /// it has none.
    pub(crate) fn share_told_by<'a>(&self, words: impl Iterator<Item = &'a str>) -> Option<f64> {
        let mut left = self.telling.clone();
        for key in words.filter_map(key) {
            left.retain(|telling| *telling != key);
            if left.is_empty() {
                break;
            }
        }
        let all = self.telling.len() as f64;
        (all > 0.0).then(|| 1.0 - left.len() as f64 / all)
    }

    /// Whether words, given in normal form, speak of it: of a title without telling words nobody knows.
    pub(crate) fn is_told_by<'a>(&self, words: impl Iterator<Item = &'a str>) -> bool {
        let mut left = self.telling.clone();
        let all = self.telling.len() as f64;
        left.is_empty()
            || words.filter_map(key).any(|key| {
                left.retain(|telling| *telling != key);
                1.0 - left.len() as f64 / all >= TOLD
            })
    }

    /// Whether it says nothing of what the text is about, as `News in brief` does not.
    pub(crate) fn is_generic(&self) -> bool {
        self.telling.is_empty()
    }

    /// Whether it begins with a word by which a house says that it corrects or goes on with an item.
    pub(crate) fn is_marked(&self) -> bool {
        self.begins_with(&UPDATES) || self.corrects()
    }

    /// Whether it begins with a word by which a house says that it corrects an item.
    pub(crate) fn corrects(&self) -> bool {
        self.begins_with(CORRECTIONS)
    }

    fn begins_with(&self, marks: &[&str]) -> bool {
        let mut first = self.words.iter().take(MARK_WORDS);
        first.any(|word| marks.iter().any(|mark| part_of(word_hash(mark)) == *word))
    }

    /// Whether a word in normal form is among its telling words.
    pub(crate) fn tells(&self, normal: &str) -> bool {
        key(normal).is_some_and(|key| self.telling.contains(&key))
    }

    /// Whether it has a telling word that neither another title nor a text has, given the words of the
    /// text in normal form.
    pub(crate) fn names_beside<'a>(
        &self,
        other: &TitleWords,
        words: impl Iterator<Item = &'a str>,
    ) -> bool {
        let text: Vec<u16> = words.filter_map(key).collect();
        self.telling.iter().any(|key| !other.telling.contains(key) && !text.contains(key))
    }

    /// How it compares with another.
    #[must_use]
    pub fn compare(&self, other: &TitleWords) -> Titles {
        if self.words.is_empty() || other.words.is_empty() {
            return Titles::Unknown;
        }
        if self.words == other.words {
            return Titles::Same;
        }
        let are_of_series = self.words[..self.label] == other.words[..other.label];
        let label = if are_of_series { self.label } else { 0 };
        let (ours, theirs) = (&self.words[label..], &other.words[label..]);
        let (few, many) = if ours.len() <= theirs.len() { (ours, theirs) } else { (theirs, ours) };
        let common = few.iter().filter(|word| many.contains(word)).count();
        match common {
            all if all == few.len() => Titles::Within,
            most if 100 * most >= ALIKE_PERCENT * few.len() => Titles::Alike,
            _ => Titles::Other,
        }
    }

    /// Writes them down behind `bytes`.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        varint::push_count(bytes, self.label);
        for parts in [&self.words, &self.telling] {
            varint::push_count(bytes, parts.len());
            bytes.extend(parts.iter().flat_map(|part| part.to_le_bytes()));
        }
    }

    /// Reads those that [`pack`](Self::pack) wrote at the beginning of `bytes`, which goes on behind them.
    pub(crate) fn unpack(bytes: &mut &[u8]) -> TitleWords {
        let label = varint::read(bytes).unwrap_or_default() as usize;
        let words = read_parts(bytes);
        TitleWords { label: label.min(words.len()), words, telling: read_parts(bytes) }
    }
}

fn read_parts(bytes: &mut &[u8]) -> Vec<u16> {
    let count = varint::read(bytes).unwrap_or_default();
    let part = |_| {
        let (part, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(u16::from_le_bytes(*part))
    };
    (0..count).map_while(part).collect()
}

/// What is kept of a word's hash.
fn part_of(hash: u64) -> u16 {
    (hash >> 48) as u16
}

/// What a word that says something is known by in any of its forms: its first letters, without an
/// article that is written with it. `None` for those of few letters and those that stand anywhere.
pub(crate) fn key(normal: &str) -> Option<u16> {
    let bare = without_article(normal);
    let first = bare.chars().next()?;
    if first.is_numeric() {
        return Some(part_of(word_hash(bare)));
    }
    let letters = if first.is_ascii() { LETTERS_OF_LATIN } else { LETTERS };
    let is_alone = !first.is_ascii() && bare.chars().nth(1).is_none();
    if !is_alone && (bare.chars().nth(LETTERS - 1).is_none() || is_common(normal)) {
        return None;
    }
    let end = bare.char_indices().nth(letters).map_or(bare.len(), |(end, _)| end);
    Some(part_of(word_hash(&bare[..end])))
}

/// An Arabic word without its article, and without the conjunction or preposition before that.
fn without_article(normal: &str) -> &str {
    let bare = ARTICLES.iter().find_map(|article| normal.strip_prefix(article));
    bare.filter(|bare| bare.chars().nth(LETTERS - 2).is_some()).unwrap_or(normal)
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
        assert_eq!(compare("In pictures: seal pups", "In pictures: the regatta"), Titles::Other);
        assert_eq!(
            compare("Live: port closed by storm", "Live: port shut by storm"),
            Titles::Alike
        );
    }

    #[test]
    fn they_are_written_down_and_read_back() {
        for title in ["", "Port closed by storm", "Live: port closed", "港口因风暴关闭"] {
            let words = TitleWords::new(title);
            let mut bytes = vec![];
            words.pack(&mut bytes);
            assert_eq!(TitleWords::unpack(&mut bytes.as_slice()), words);
        }
    }
}
