//! The positions and hashed values of the numbers in a text. They are stored, so that a comparison need not
//! analyse the earlier text again.

use std::ops::Range;

use wirefold_text::Text;
use wirefold_text::extract::{Number, numbers, numbers_starting_at};

use crate::body::word_cache::WordHashes;
use crate::body::word_hash;
use crate::codec::varint;

/// A number of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Figure {
    /// The range of its words in [`Text::words`].
    words: Range<usize>,
    /// The [`value_hash`] of its value.
    value: u32,
}

/// The numbers of a text, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(Vec<Figure>);

impl Figures {
    /// The numbers of a text.
    #[must_use]
    pub fn new(text: &Text) -> Figures {
        Figures::of(numbers(text, 0..text.words().len()))
    }

    /// The numbers of a text. `words` has the cached hashes of each of its words. Those of page chrome are
    /// empty, so a number may begin with any word of page chrome.
    pub(crate) fn from_hashes(text: &Text, words: &[WordHashes]) -> Figures {
        let may_begin =
            |index: usize| words[index].may_begin_number || text.words()[index].is_chrome;
        Figures::of(numbers_starting_at(text, 0..words.len(), may_begin))
    }

    fn of(numbers: Vec<Number>) -> Figures {
        let figure =
            |number: Number| Figure { value: value_hash(&number.value), words: number.words };
        Figures(numbers.into_iter().map(figure).collect())
    }

    /// The hashes of all values, sorted, each once.
    pub(crate) fn values(&self) -> Vec<u32> {
        let mut values: Vec<u32> = self.0.iter().map(|figure| figure.value).collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// Whether the text has a number of this value.
    pub(crate) fn contains(&self, value: &str) -> bool {
        let sought = value_hash(value);
        self.0.iter().any(|figure| figure.value == sought)
    }

    /// Appends the hashes of the values in a range of words. `read` reads the numbers of that range from
    /// the text. It is called only if the range begins or ends inside a number, because a part of a number
    /// has another value.
    pub(crate) fn push_values_in(
        &self,
        words: Range<usize>,
        read: &dyn Fn() -> Vec<String>,
        to: &mut Vec<u32>,
    ) {
        let first_from = |at: usize| self.0.partition_point(|figure| figure.words.start < at);
        let (start, end) = (first_from(words.start), first_from(words.end));
        let is_cut = |at: usize, before: usize| {
            self.0[..before].last().is_some_and(|figure| at < figure.words.end)
        };
        if is_cut(words.start, start) || is_cut(words.end, end) {
            to.extend(read().iter().map(|value| value_hash(value)));
            return;
        }
        to.extend(self.0.get(start..end).into_iter().flatten().map(|figure| figure.value));
    }

    /// Appends the numbers to `bytes`.
    pub(crate) fn pack(&self, bytes: &mut Vec<u8>) {
        varint::push_count(bytes, self.0.len());
        let mut next = 0;
        for Figure { words, value } in &self.0 {
            varint::push_count(bytes, words.start - next);
            varint::push_count(bytes, words.len());
            bytes.extend_from_slice(&value.to_le_bytes());
            next = words.end;
        }
    }

    /// Reads the numbers that [`pack`](Self::pack) wrote, and advances `bytes` past them.
    pub(crate) fn unpack(bytes: &mut &[u8]) -> Figures {
        let count = varint::read(bytes).unwrap_or_default();
        let mut next = 0;
        let figure = |_| {
            let start = next + varint::read(bytes)? as usize;
            next = start + varint::read(bytes)? as usize;
            let (value, rest) = bytes.split_first_chunk()?;
            *bytes = rest;
            Some(Figure { words: start..next, value: u32::from_le_bytes(*value) })
        };
        Figures((0..count).map_while(figure).collect())
    }
}

/// Half of the hash of a value: enough to distinguish the numbers of two texts.
fn value_hash(value: &str) -> u32 {
    (word_hash(value) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::body::word_cache::WordCache;

    proptest! {
        /// Compared with numbers read from the text again.
        #[test]
        fn figures_are_what_the_text_says(
            text in "((a|one|of|twenty|two|[0-9]{1,3}|1,250|6½|million|\\$5m|二十|4ر29|2015م)[ .,\n-]?){0,20}",
            start in 0usize..30,
            len in 0usize..30,
        ) {
            let text = Text::new(&text);
            let words = start.min(text.words().len())..(start + len).min(text.words().len());
            let figures = Figures::new(&text);
            let known = WordCache::default().look_up_all(&text);
            prop_assert_eq!(&Figures::from_hashes(&text, &known), &figures);
            let mut packed = Vec::new();
            figures.pack(&mut packed);
            prop_assert_eq!(&Figures::unpack(&mut packed.as_slice()), &figures);
            let read = || numbers(&text, words.clone()).into_iter().map(|n| n.value).collect();
            let mut found = Vec::new();
            figures.push_values_in(words.clone(), &read, &mut found);
            let expected: Vec<u32> = read().iter().map(|value| value_hash(value)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
