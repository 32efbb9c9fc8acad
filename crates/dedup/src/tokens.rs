//! Texts at rest: the words and marks of the window are kept once, and a text as their numbers, a
//! third of its bytes. It is written and read back faster than by anything that looks for repeats.
//!
//! Between two words stands one space unless something else is written there, be it nothing.

use std::hash::Hasher as _;
use std::ops::Range;

use rustc_hash::FxHasher;

use crate::lately::Lately;
use crate::snapshot::{Reader, Writer, Written, written, written_bytes};
use crate::varint;

/// All words and marks that stand in texts at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
    /// Numbers of entries forgotten, to be given anew.
    free: Vec<u32>,
    /// Numbers of entries plus one, by hash, at the first free place; 0 where there is none. At
    /// most half full, and a power of two long.
    table: Vec<u32>,
    used: usize,
    /// Numbers plus one of tokens of late.
    lately: Lately<u32>,
}

/// Where a token stands among the bytes, and the latest day on which an article had it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    len: u8,
    day: i32,
}

/// A text at rest.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedText(pub(crate) Box<[u8]>);

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Letters and digits of scripts with spaces.
    Word,
    /// A character of a script without spaces.
    Alone,
    /// Marks and spaces.
    Marks,
}

/// The longest token, in bytes: longer ones are cut.
const LONGEST: usize = 40;
/// Places looked at for one token. One that finds none is written out, so that words made to meet
/// in the table cost nobody time.
const PLACES: usize = 64;
/// What stands before a token that is written out, with its length.
const WRITTEN_OUT: u32 = 0;
/// The least length of the table.
const LEAST_TABLE: usize = 1 << 10;

impl Tokens {
    /// Writes down a text of an article of `day`.
    pub(crate) fn pack(&mut self, text: &str, day: i64) -> PackedText {
        let day = i32::try_from(day).unwrap_or(i32::MAX);
        let mut packed = Vec::with_capacity(text.len() / 2);
        let bytes = text.as_bytes();
        let (mut before, mut spaced) = (Kind::Marks, false);
        let mut at = 0;
        while at < bytes.len() {
            if before == Kind::Word
                && bytes[at] == b' '
                && bytes.get(at + 1).is_some_and(|next| kind_of(*next) == Kind::Word)
            {
                spaced = true;
                at += 1;
            }
            let (kind, end) = token_at(bytes, at);
            if before == Kind::Word && kind == Kind::Word && !spaced {
                self.push(b"", day, &mut packed);
            }
            self.push(&bytes[at..end], day, &mut packed);
            (before, spaced, at) = (kind, false, end);
        }
        PackedText(packed.into())
    }

    /// The text as it was.
    pub(crate) fn open(&self, packed: &PackedText) -> String {
        let mut rest = &*packed.0;
        let mut text = Vec::with_capacity(4 * rest.len());
        let mut before = Kind::Marks;
        while let Some(number) = varint::take(&mut rest) {
            let token = match number {
                WRITTEN_OUT => {
                    let len = varint::take(&mut rest).unwrap_or_default() as usize;
                    let (token, behind) = rest.split_at(len);
                    rest = behind;
                    token
                }
                number => &self.bytes[self.entries[number as usize - 1].range()],
            };
            let kind = token.first().map_or(Kind::Marks, |first| kind_of(*first));
            if before == Kind::Word && kind == Kind::Word {
                text.push(b' ');
            }
            text.extend_from_slice(token);
            before = kind;
        }
        String::from_utf8(text).expect("it was a text")
    }

    /// Appends the number of a token, which is given here if it is new.
    fn push(&mut self, token: &[u8], day: i32, packed: &mut Vec<u8>) {
        let hash = hash(token);
        if let Some(number) = self.lately.get(hash) {
            let entry = &mut self.entries[number as usize - 1];
            if self.bytes[entry.range()] == *token {
                entry.day = entry.day.max(day);
                return varint::push(packed, number);
            }
        }
        if 2 * self.used >= self.table.len() {
            self.build_table((4 * self.used).next_power_of_two().max(LEAST_TABLE));
        }
        let mut place = self.first_place(hash);
        for _ in 0..PLACES {
            let number = self.table[place];
            let Some(entry) = number.checked_sub(1).map(|at| &mut self.entries[at as usize]) else {
                if let Some(fresh) = self.enter(token, day) {
                    self.table[place] = fresh;
                    self.used += 1;
                    self.lately.set(hash, fresh);
                    return varint::push(packed, fresh);
                }
                break;
            };
            if self.bytes[entry.range()] == *token {
                entry.day = entry.day.max(day);
                self.lately.set(hash, number);
                return varint::push(packed, number);
            }
            place = (place + 1) & (self.table.len() - 1);
        }
        varint::push(packed, WRITTEN_OUT);
        varint::push(packed, u32::from(length(token)));
        packed.extend_from_slice(token);
    }

    /// Keeps a new token; its number plus one, or `None` where there is no room for more.
    fn enter(&mut self, token: &[u8], day: i32) -> Option<u32> {
        let start = u32::try_from(self.bytes.len()).ok()?;
        let entry = Entry { start, len: length(token), day };
        let number = match self.free.pop() {
            Some(number) => {
                self.entries[number as usize] = entry;
                number
            }
            None => {
                let number = u32::try_from(self.entries.len()).ok()?;
                self.entries.push(entry);
                number
            }
        };
        self.bytes.extend_from_slice(token);
        Some(number + 1)
    }

    /// Forgets the tokens that no article has from `day` on.
    pub(crate) fn expire(&mut self, day: i64) {
        let mut kept = Vec::new();
        self.lately.clear();
        self.free.clear();
        for (number, entry) in (0..).zip(&mut self.entries) {
            if i64::from(entry.day) < day {
                *entry = Entry { start: 0, len: 0, day: i32::MIN };
                self.free.push(number);
                continue;
            }
            let start = u32::try_from(kept.len()).expect("it is no more than it was");
            kept.extend_from_slice(&self.bytes[entry.range()]);
            entry.start = start;
        }
        kept.shrink_to_fit();
        self.bytes = kept;
        self.build_table((4 * (self.entries.len() - self.free.len())).next_power_of_two());
    }

    /// Enters all tokens into a new table of `size` places.
    fn build_table(&mut self, size: usize) {
        self.table = vec![0; size.max(LEAST_TABLE)];
        self.used = 0;
        for number in 0..self.entries.len() {
            let entry = self.entries[number];
            if entry.day == i32::MIN {
                continue;
            }
            let mut place = self.first_place(hash(&self.bytes[entry.range()]));
            let mut looks = 0;
            while self.table[place] != 0 && looks < PLACES {
                place = (place + 1) & (self.table.len() - 1);
                looks += 1;
            }
            // One that finds no place keeps its number for the texts that have it.
            if looks < PLACES {
                self.table[place] = u32::try_from(number + 1).expect("it was given as 32 bits");
                self.used += 1;
            }
        }
    }

    fn first_place(&self, hash: u64) -> usize {
        usize::try_from(hash & (self.table.len() as u64 - 1)).expect("it is below a length")
    }
}

fn hash(token: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(token);
    hasher.finish()
}

impl Entry {
    fn range(self) -> Range<usize> {
        self.start as usize..self.start as usize + usize::from(self.len)
    }
}

fn length(token: &[u8]) -> u8 {
    u8::try_from(token.len()).expect("tokens are cut")
}

/// The kind of the token that begins with this byte of a character.
fn kind_of(first: u8) -> Kind {
    const KINDS: [Kind; 256] = kinds();
    KINDS[usize::from(first)]
}

const fn kinds() -> [Kind; 256] {
    let mut kinds = [Kind::Marks; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = look_at(byte as u8);
        byte += 1;
    }
    kinds
}

const fn look_at(first: u8) -> Kind {
    match first {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Kind::Word,
        // Latin, Greek, Cyrillic, Hebrew, Arabic, Indic scripts, Vietnamese, Hangul; also signs such
        // as the no-break space, which are words here and no harm.
        0xC2..=0xE1 | 0xEA..=0xED => Kind::Word,
        // Kana, Han.
        0xE3..=0xE9 | 0xF0..=0xF4 => Kind::Alone,
        _ => Kind::Marks,
    }
}

/// What begins at a place, and where it ends.
fn token_at(bytes: &[u8], at: usize) -> (Kind, usize) {
    let kind = kind_of(bytes[at]);
    let mut end = at + 1;
    if kind == Kind::Word {
        let most = bytes.len().min(at + LONGEST - 4);
        end += bytes[end..most.max(end)].iter().take_while(|b| b.is_ascii_alphanumeric()).count();
    }
    while let Some(byte) = bytes.get(end) {
        let goes_on = match byte {
            // Inside a character.
            0x80..=0xBF => true,
            first => kind != Kind::Alone && end - at + 4 <= LONGEST && kind_of(*first) == kind,
        };
        if !goes_on {
            break;
        }
        end += 1;
    }
    (kind, end)
}

written!(Entry { start, len, day });
written_bytes!(PackedText);

impl Written for Tokens {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.blob(&self.bytes);
        self.entries.write_to(to);
        self.free.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Tokens> {
        let bytes = from.blob()?.to_vec();
        let (entries, free) = (Vec::<Entry>::read_from(from)?, Vec::<u32>::read_from(from)?);
        let is_inside = |entry: &Entry| entry.range().end <= bytes.len();
        let is_number = |number: &u32| (*number as usize) < entries.len();
        if !entries.iter().all(is_inside) || !free.iter().all(is_number) {
            return None;
        }
        let mut tokens = Tokens { bytes, entries, free, ..Tokens::default() };
        tokens.build_table((4 * (tokens.entries.len() - tokens.free.len())).next_power_of_two());
        Some(tokens)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_opened_text_is_as_it_was(
            texts in proptest::collection::vec("([A-Za-zéя0-9]{1,3}[ .,“”\n中\u{a0}]{0,2}|\\PC){0,40}", 1..4),
        ) {
            let mut tokens = Tokens::default();
            let packed: Vec<PackedText> = texts.iter().map(|text| tokens.pack(text, 0)).collect();
            for (text, at_rest) in texts.iter().zip(packed) {
                prop_assert_eq!(&tokens.open(&at_rest), text);
            }
        }
    }

    #[test]
    fn tokens_without_articles_are_forgotten_and_their_numbers_given_anew() {
        let mut tokens = Tokens::default();
        tokens.pack("one two three", 1);
        let kept = tokens.pack("three, four", 2);
        tokens.expire(2);
        assert_eq!((tokens.used, tokens.bytes.as_slice()), (3, &b"three, four"[..]));
        let late = tokens.pack("five six", 3);
        assert_eq!(tokens.entries.len(), 5);
        assert_eq!(
            (tokens.open(&kept), tokens.open(&late)),
            ("three, four".into(), "five six".into())
        );
    }

    #[test]
    fn words_made_to_meet_are_written_out() {
        let mut tokens = Tokens::default();
        tokens.pack("", 0);
        tokens.build_table(LEAST_TABLE);
        let place = tokens.first_place(hash(b"w0"));
        let meet: Vec<String> = (0..200_000_u32)
            .map(|number| format!("w{number}"))
            .filter(|word| tokens.first_place(hash(word.as_bytes())) == place)
            .take(PLACES + 9)
            .collect();
        let text = meet.join(" ");
        let packed = tokens.pack(&text, 0);
        assert_eq!(tokens.used, PLACES);
        assert_eq!(tokens.open(&packed), text);
    }

    #[test]
    fn a_text_at_rest_is_small() {
        let mut tokens = Tokens::default();
        let text = "The port of the town was closed on Monday, the town said. ".repeat(20);
        let packed = tokens.pack(&text, 0);
        assert!(packed.0.len() * 4 < text.len(), "{} of {}", packed.0.len(), text.len());
    }
}
