//! The terms of a text, by which events compare texts: the stems of its words and names.
//!
//! A text with its body and title comes in; the hashes of its terms go out. The module never knows how common a
//! term is.

use wirefold_text::Text;
use wirefold_text::extract::name_words;

use crate::body::stem::term_of;
use crate::body::word_cache::WordHashes;
use crate::body::{Body, BodyWord, WORD_WEIGHT, mix, word_hash};

/// In scripts without spaces, this many neighbouring characters are a term, if a character is a word or half of
/// one (Han, kana), …
const CHARACTERS_PER_TERM: usize = 2;
/// … and this many if a character is a letter (Thai).
const LETTERS_PER_TERM: usize = 4;
/// The lede has at least this many words, if the text has. It has at most twice as many.
const MIN_LEDE_WORDS: u32 = 30;
/// The length of the opening of a text, in words. Quotations behind it may be background and have no keys.
const OPENING_WORDS: u32 = 256;
/// The length of the quoted runs that are keys, in words. Shorter ones may be turns of phrase.
const QUOTED_RUN_WORDS: u32 = 8;
/// The number of first words by which the script of a text is recognised.
const SCRIPT_SAMPLE_WORDS: usize = 64;

/// Whether a word is in a phonetic script without spaces: Thai, Lao, Burmese or Khmer.
fn has_phonetic_letters(normal: &str) -> bool {
    normal.starts_with(|c| matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{17FF}'))
}

/// Appends the term of each mention in `words` to `terms`: the stems of words, and runs of neighbouring
/// characters in scripts without spaces. Boilerplate has no terms. Appends the positions in `terms` at
/// which paragraphs end to `ends`, except for the last one.
fn push_terms(
    text: &Text,
    words: &[BodyWord],
    stem_of: impl Fn(&BodyWord) -> u64,
    terms: &mut Vec<u64>,
    ends: &mut Vec<usize>,
) {
    let mut alone: Vec<&str> = Vec::new();
    let mut paragraphs = text.paragraphs().iter().map(|paragraph| paragraph.words.end);
    // The end of the paragraph of the previous word, as an index into the words of the text; 0 before the
    // first.
    let mut end = 0;
    for word in words.iter().filter(|word| !word.boilerplate) {
        if word.index as usize >= end {
            ends.extend((end > 0).then_some(terms.len()));
            end = paragraphs.find(|next| *next > word.index as usize).unwrap_or(usize::MAX);
        }
        if word.is_full_word() {
            alone.clear();
            terms.push(stem_of(word));
            continue;
        }
        let normal = word.normal(text);
        alone.push(normal);
        let together =
            if has_phonetic_letters(normal) { LETTERS_PER_TERM } else { CHARACTERS_PER_TERM };
        let run = alone.len().checked_sub(together).map(|from| alone[from..].concat());
        terms.extend(run.as_deref().map(word_hash));
    }
}

/// Whether names in a text can be recognised by their capitals. Normalised words of a script with capitals
/// are in lower case; at least half of the words must be.
fn has_capitals(text: &Text) -> bool {
    let words = text.words();
    let first = |word| text.normal(word).chars().next().unwrap_or_default();
    let letters = words.iter().take(SCRIPT_SAMPLE_WORDS).map(first).filter(|c| c.is_alphabetic());
    let (mut cased, mut all) = (0, 0);
    for letter in letters {
        cased += usize::from(letter.is_lowercase());
        all += 1;
    }
    2 * cased >= all
}

/// The terms of one text and its title, as hashes by [`word_hash`].
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// The term of each mention: those of the lede, of the rest of the text, and of the title.
    pub(crate) mentions: Vec<u64>,
    /// The number of mentions in the title.
    pub(crate) in_title: usize,
    /// The number of mentions in the lede.
    pub(crate) in_lede: usize,
    /// The positions in `mentions` at which the paragraphs of the text end.
    pub(crate) ends: Vec<usize>,
    /// The stems of names, sorted; `None` if the script has no capitals, by which names are recognised.
    pub(crate) names: Option<Vec<u64>>,
    /// The keys of the quotations in the opening: a hash of each run of eight quoted words, in order.
    pub(crate) quoted: Vec<u64>,
}

impl Terms {
    /// The terms of a text and of its title.
    #[must_use]
    pub fn new(text: &Text, body: &Body, title: &str) -> Terms {
        let stem_at = |index: usize| word_hash(term_of(text.normal(&text.words()[index])));
        Terms::from_stems(text, body, &Text::new(title), stem_at)
    }

    /// The terms of a text and of its title, given the hashes of the words of the text.
    pub(crate) fn from_hashes(
        text: &Text,
        body: &Body,
        title: &Text,
        hashes: &[WordHashes],
    ) -> Terms {
        Terms::from_stems(text, body, title, |index| hashes[index].stem)
    }

    /// The terms of the same text with `body`, in which more words are boilerplate. The names stay as they are.
    pub(crate) fn masked(
        &self,
        text: &Text,
        body: &Body,
        title: &str,
        hashes: &[WordHashes],
    ) -> Terms {
        let stem_of = |word: &BodyWord| hashes[word.index as usize].stem;
        let title = Text::new(title);
        Terms { names: self.names.clone(), ..Terms::without_names(text, body, &title, stem_of) }
    }

    /// The terms of a text. `stem_at` gives the stem of a word of the text, except page chrome, by its index.
    fn from_stems(text: &Text, body: &Body, title: &Text, stem_at: impl Fn(usize) -> u64) -> Terms {
        let names = has_capitals(text).then(|| name_stems(text, &stem_at));
        let stem_of = |word: &BodyWord| stem_at(word.index as usize);
        Terms { names, ..Terms::without_names(text, body, title, stem_of) }
    }

    fn without_names(
        text: &Text,
        body: &Body,
        title: &Text,
        stem_of: impl Fn(&BodyWord) -> u64,
    ) -> Terms {
        let mut mentions = Vec::with_capacity(body.len());
        let (lede, rest) = body.words.split_at(lede_end(text, body));
        let mut ends = Vec::new();
        push_terms(text, lede, &stem_of, &mut mentions, &mut ends);
        let in_lede = mentions.len();
        ends.push(in_lede);
        push_terms(text, rest, stem_of, &mut mentions, &mut ends);
        let before_title = mentions.len();
        ends.push(before_title);
        let stem_in_title = |word: &BodyWord| word_hash(term_of(word.normal(title)));
        let title_words = Body::unmasked(title).words;
        push_terms(title, &title_words, stem_in_title, &mut mentions, &mut Vec::new());
        let in_title = mentions.len() - before_title;
        let quoted = quoted_in_opening(body);
        Terms { mentions, in_title, in_lede, ends, names: None, quoted }
    }

    /// The terms of the text without the title.
    pub(crate) fn text(&self) -> &[u64] {
        &self.mentions[..self.mentions.len() - self.in_title]
    }

    /// The terms of each paragraph of the text. If the lede ends inside a paragraph, that paragraph comes
    /// as two.
    pub(crate) fn paragraphs(&self) -> impl Iterator<Item = &[u64]> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let parts = starts.zip(&self.ends).map(|(start, end)| &self.mentions[start..*end]);
        parts.filter(|terms| !terms.is_empty())
    }

    /// The terms of the title.
    pub(crate) fn title(&self) -> &[u64] {
        &self.mentions[self.mentions.len() - self.in_title..]
    }

    /// The terms of the lede.
    pub(crate) fn lede(&self) -> &[u64] {
        &self.mentions[..self.in_lede]
    }
}

/// The end of the lede in a body: the end of the paragraph with which the lede has [`MIN_LEDE_WORDS`]
/// words, and at most twice as many words.
fn lede_end(text: &Text, body: &Body) -> usize {
    let paragraph = |word: &BodyWord| text.words()[word.index as usize].paragraph;
    let (mut weight, mut before) = (0, None);
    for (at, word) in body.words.iter().enumerate().filter(|(_, word)| !word.boilerplate) {
        let is_next = before.replace(paragraph(word)).is_some_and(|it| it != paragraph(word));
        if weight >= 2 * MIN_LEDE_WORDS * WORD_WEIGHT
            || is_next && weight >= MIN_LEDE_WORDS * WORD_WEIGHT
        {
            return at;
        }
        weight += u32::from(word.weight);
    }
    body.len()
}

/// The keys of the quotations in the opening of a body: a hash of each run of [`QUOTED_RUN_WORDS`] words inside
/// one quotation.
fn quoted_in_opening(body: &Body) -> Vec<u64> {
    let end_of = |words: &[BodyWord], most: u32| {
        let mut weight = 0;
        words.iter().position(|word| {
            weight += u32::from(word.weight);
            weight >= most * WORD_WEIGHT
        })
    };
    let opening = &body.words[..end_of(&body.words, OPENING_WORDS).unwrap_or(body.len())];
    let is_quoted = |word: &BodyWord| word.quoted & !word.boilerplate;
    let mut keys = Vec::new();
    if !opening.iter().any(is_quoted) {
        return keys;
    }
    for run in opening.split(|word| !is_quoted(word)) {
        let runs = (0..run.len()).map_while(|start| {
            let last = end_of(&run[start..], QUOTED_RUN_WORDS)?;
            Some(run[start..=start + last].iter().fold(0, |key, word| mix(key, word.hash)))
        });
        keys.extend(runs);
    }
    keys
}

/// The stems of the words of names, sorted, each once. [`name_words`] finds names by capitals inside sentences.
/// A name at the beginning of a sentence has the same stems as elsewhere in the text.
fn name_stems(text: &Text, stem_at: impl Fn(usize) -> u64) -> Vec<u64> {
    let mut stems: Vec<u64> = name_words(text).map(stem_at).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn chinese_terms_are_pairs_of_characters() {
        let text = Text::new("港口工人");
        assert_eq!(Terms::new(&text, &Body::new(&text), "").mentions.len(), 3);
    }

    #[test]
    fn thai_terms_have_four_letters_and_korean_stems_two_syllables() {
        let count = |text: &str| {
            let text = Text::new(text);
            let terms = Terms::new(&text, &Body::new(&text), "").mentions;
            terms.into_iter().collect::<BTreeSet<u64>>().len()
        };
        assert_eq!(count("ท่าเรือใหญ่"), Text::new("ท่าเรือใหญ่").words().len() - 3);
        assert_eq!(count("도서관이 도서관을 도서관에서"), 1);
    }

    #[test]
    fn names_are_recognised_in_scripts_with_capitals() {
        let names = |text: &str| {
            let text = Text::new(text);
            Terms::new(&text, &Body::new(&text), "").names.map(|names| names.len())
        };
        assert_eq!(names("All ferries leave the port of Quayton again."), Some(1));
        assert_eq!(names("Nothing of the kind was said."), Some(0));
        assert_eq!(names("Сегодня порт города Заречный был закрыт."), Some(1));
        for text in ["港口工人 Apple", "도서관이 다시 문을 연다", "أعلنت بلدية وادي الرمان"]
        {
            assert_eq!(names(text), None, "{text}");
        }
    }

    #[test]
    fn the_lede_ends_with_a_paragraph_of_thirty_words_or_more() {
        let sentence = "The port closed at nine. ";
        let lede = |text: &str| {
            let text = Text::new(text);
            Terms::new(&text, &Body::new(&text), "Port").lede().len()
        };
        assert_eq!(lede(sentence), 5);
        assert_eq!(lede(&format!("{}\n{}", sentence.repeat(7), sentence.repeat(20))), 35);
        assert_eq!(lede(&format!("{}\n{}", sentence.repeat(5), sentence.repeat(20))), 60);
        assert_eq!(lede(&sentence.repeat(30)), 60);
    }

    #[test]
    fn quotations_of_eight_words_have_keys_in_the_opening() {
        let words = "we keep the gates shut until the tide turns";
        let quoted = |text: String| {
            let text = Text::new(&text);
            Terms::new(&text, &Body::new(&text), "").quoted
        };
        let two = quoted(format!("“{words},” said the head of the port of Quayton."));
        assert_eq!(two.len(), 2, "nine words have two runs of eight");
        assert_eq!(quoted(format!("On Monday he said again: “So {words}.”"))[1..], two);
        assert!(quoted(format!("They {words}. “Until the tide turns,” he said.")).is_empty());
        let late = "The port is old. ".repeat(70);
        assert!(quoted(format!("{late}“{words},” he said.")).is_empty());
    }

    #[test]
    fn the_title_is_a_second_mention() {
        let text = Text::new("The port closed.");
        let terms = Terms::new(&text, &Body::new(&text), "Port");
        let count =
            |word: &str| terms.mentions.iter().filter(|term| **term == word_hash(word)).count();
        assert_eq!((count("port"), count("closed")), (2, 1));
        assert_eq!(terms.title(), [word_hash("port")]);
    }
}
