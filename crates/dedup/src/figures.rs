//! The numbers of a text by place and hash: what comparing asks of an earlier text, kept so that it
//! need not be opened for it.

use std::ops::Range;

use wirefold_text::Text;
use wirefold_text::extract::numbers;

use crate::body::word_hash;
use crate::snapshot::written_bytes;
use crate::varint;

/// A number of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Figure {
    /// Its words, as indices into [`Text::words`].
    words: Range<usize>,
    value: u32,
}

/// The numbers of a text, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures(Vec<Figure>);

/// The same at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedFigures(Box<[u8]>);

impl Figures {
    /// The numbers of a text.
    #[must_use]
    pub fn new(text: &Text) -> Figures {
        let found = numbers(text, 0..text.words().len()).into_iter();
        Figures(found.map(|n| Figure { value: hash(&n.value), words: n.words }).collect())
    }

    /// Whether the text has a number of this value.
    pub(crate) fn has(&self, value: &str) -> bool {
        let sought = hash(value);
        self.0.iter().any(|figure| figure.value == sought)
    }

    /// Appends the values among a range of words of the text, which is only read where the range
    /// cuts a number in two: that changes what is read.
    pub(crate) fn among(
        &self,
        words: Range<usize>,
        text: &dyn Fn() -> Vec<String>,
        to: &mut Vec<u32>,
    ) {
        let is_cut = |at: usize| self.0.iter().any(|f| f.words.start < at && at < f.words.end);
        if is_cut(words.start) || is_cut(words.end) {
            to.extend(text().iter().map(|value| hash(value)));
            return;
        }
        let inside = self.0.iter().filter(|figure| words.contains(&figure.words.start));
        to.extend(inside.map(|figure| figure.value));
    }

    pub(crate) fn pack(&self) -> PackedFigures {
        let narrow = |count: usize| u32::try_from(count).expect("articles are cut long before");
        let mut bytes = Vec::new();
        let mut next = 0;
        for Figure { words, value } in &self.0 {
            varint::push(&mut bytes, narrow(words.start - next));
            varint::push(&mut bytes, narrow(words.len()));
            bytes.extend_from_slice(&value.to_le_bytes());
            next = words.end;
        }
        PackedFigures(bytes.into())
    }
}

impl PackedFigures {
    pub(crate) fn open(&self) -> Figures {
        let mut bytes = &*self.0;
        let mut figures = Vec::new();
        let mut next = 0;
        while let (Some(gap), Some(len)) = (varint::take(&mut bytes), varint::take(&mut bytes)) {
            let (value, rest) = bytes.split_first_chunk().expect("it was written down whole");
            let start = next + gap as usize;
            next = start + len as usize;
            figures.push(Figure { words: start..next, value: u32::from_le_bytes(*value) });
            bytes = rest;
        }
        Figures(figures)
    }
}

/// Half of a hash tells the numbers of two texts apart.
fn hash(value: &str) -> u32 {
    (word_hash(value) >> 32) as u32
}

written_bytes!(PackedFigures);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against reading the text anew.
        #[test]
        fn figures_are_what_the_text_says(
            text in "((a|one|of|[0-9]{1,3}|1,250|6½|million|\\$5m)[ .,\n-]){0,20}",
            start in 0usize..30,
            len in 0usize..30,
        ) {
            let text = Text::new(&text);
            let words = start.min(text.words().len())..(start + len).min(text.words().len());
            let figures = Figures::new(&text);
            prop_assert_eq!(&figures.pack().open(), &figures);
            let read = || numbers(&text, words.clone()).into_iter().map(|n| n.value).collect();
            let mut found = Vec::new();
            figures.among(words.clone(), &read, &mut found);
            let expected: Vec<u32> = read().iter().map(|value| hash(value)).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
