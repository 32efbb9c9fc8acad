//! The words of the window by number, so that a body at rest takes a byte or two a word and is read
//! back without its text.
//!
//! A body is written as runs of words that stand one behind the other in the text and have the same
//! marks: how many words of the text are left out before it, its length and marks, its words.

use rustc_hash::FxHashMap;

use crate::body::{Body, BodyWord, Fact, mix};
use crate::varint;

/// All words that stand in bodies at rest.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    numbers: FxHashMap<u64, u32>,
    entries: Vec<Entry>,
    /// Numbers of words forgotten, to be given anew.
    free: Vec<u32>,
}

/// A word as it stands in bodies: one that is also printed with a capital has two entries.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    /// The latest day on which an article had it.
    day: i32,
    weight: u8,
    fact: Fact,
}

/// The body of an article at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedBody(Box<[u8]>);

/// Marks of a run.
const QUOTED: u32 = 1;
const BOILERPLATE: u32 = 2;
/// Bits of marks.
const MARKS: u32 = 2;

impl Lexicon {
    /// Writes down a body of an article of `day`.
    pub(crate) fn pack(&mut self, body: &Body, day: i64) -> PackedBody {
        let day = i32::try_from(day).unwrap_or(i32::MAX);
        let mut bytes = Vec::with_capacity(2 * body.len() + 16);
        let mut next = 0;
        let follows = |a: &BodyWord, b: &BodyWord| a.index + 1 == b.index && marks(a) == marks(b);
        for run in body.words.chunk_by(follows) {
            let len = u32::try_from(run.len()).expect("articles are cut long before 2^30 words");
            varint::push(&mut bytes, run[0].index - next);
            varint::push(&mut bytes, len << MARKS | marks(&run[0]));
            next = run[0].index + len;
            for word in run {
                varint::push(&mut bytes, self.number(word, day));
            }
        }
        PackedBody(bytes.into())
    }

    /// The body as it was.
    pub(crate) fn open(&self, packed: &PackedBody) -> Body {
        let mut bytes = &*packed.0;
        let mut words = Vec::with_capacity(bytes.len());
        let mut index = 0;
        while let (Some(gap), Some(run)) = (varint::take(&mut bytes), varint::take(&mut bytes)) {
            index += gap;
            let (quoted, boilerplate) = (run & QUOTED != 0, run & BOILERPLATE != 0);
            for _ in 0..run >> MARKS {
                let number = varint::take(&mut bytes).expect("it was written down whole");
                let Entry { hash, weight, fact, .. } = self.entries[number as usize];
                words.push(BodyWord { hash, index, weight, quoted, fact, boilerplate });
                index += 1;
            }
        }
        Body { words }
    }

    /// The number of a word, which is given here if it is new.
    fn number(&mut self, word: &BodyWord, day: i32) -> u32 {
        let key = mix(word.hash, u64::from(word.weight) << 2 | word.fact as u64);
        if let Some(number) = self.numbers.get(&key) {
            let entry = &mut self.entries[*number as usize];
            entry.day = entry.day.max(day);
            return *number;
        }
        let entry = Entry { hash: word.hash, day, weight: word.weight, fact: word.fact };
        let number = match self.free.pop() {
            Some(number) => {
                self.entries[number as usize] = entry;
                number
            }
            None => {
                self.entries.push(entry);
                u32::try_from(self.entries.len() - 1).expect("fewer words than memory holds")
            }
        };
        self.numbers.insert(key, number);
        number
    }

    /// Forgets the words that no article has from `day` on.
    pub(crate) fn expire(&mut self, day: i64) {
        let (entries, free) = (&self.entries, &mut self.free);
        self.numbers.retain(|_, number| {
            let stays = i64::from(entries[*number as usize].day) >= day;
            if !stays {
                free.push(*number);
            }
            stays
        });
        self.numbers.shrink_to_fit();
    }
}

fn marks(word: &BodyWord) -> u32 {
    u32::from(word.quoted) * QUOTED + u32::from(word.boilerplate) * BOILERPLATE
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wirefold_text::Text;

    use super::*;

    fn body(text: &str) -> Body {
        Body::new(&Text::new(text))
    }

    proptest! {
        #[test]
        fn an_opened_body_is_as_it_was(
            texts in proptest::collection::vec("([A-Za-z0-9]{1,3}[ .,“”\n中]{1,2}){0,60}", 1..4),
            hidden in 0u32..5,
        ) {
            let mut lexicon = Lexicon::default();
            let packed: Vec<(Body, PackedBody)> = texts.iter().map(|text| {
                let text = Text::new(text);
                let mut before = Body::masked(&text, |paragraph| paragraph == hidden);
                before.words.iter_mut().step_by(3).for_each(|word| word.boilerplate = true);
                let packed = lexicon.pack(&before, 0);
                (before, packed)
            }).collect();
            for (before, at_rest) in packed {
                prop_assert_eq!(lexicon.open(&at_rest), before);
            }
        }
    }

    #[test]
    fn words_without_articles_are_forgotten_and_their_numbers_given_anew() {
        let mut lexicon = Lexicon::default();
        lexicon.pack(&body("one two three"), 1);
        let kept = lexicon.pack(&body("three four"), 2);
        lexicon.expire(2);
        assert_eq!(lexicon.numbers.len(), 2);
        let late = lexicon.pack(&body("five six"), 3);
        assert_eq!(lexicon.entries.len(), 4);
        assert_eq!(lexicon.open(&kept), body("three four"));
        assert_eq!(lexicon.open(&late), body("five six"));
    }
}
