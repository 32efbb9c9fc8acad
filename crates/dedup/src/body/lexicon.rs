//! The lexicon numbers the words of the window, so that a packed body takes two bytes a word and is read
//! without its text.
//!
//! A packed body is a list of runs. A run has neighbouring words of the text that have the same flags. It
//! consists of:
//!
//! - the number of words of the text that are left out before it,
//! - its length and its flags,
//! - for each word its number, and whether it is a name here.
//!
//! Texts with the hashes of their words come in; packed bodies go out, and bodies again. The module never knows
//! which article a body belongs to.

use rustc_hash::FxHashSet;
use wirefold_text::{Text, Word};

use crate::body::varint16;
use crate::body::word_cache::WordHashes;
use crate::body::word_numbers::{RecentNumbers, WordNumbers};
use crate::body::{Body, BodyWord, Fact, SHINGLE_WORDS, mix, weight};
use crate::codec::{Encode, Reader, Writer, bounded_vec, written_bytes};

/// The words of all packed bodies, by number.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lexicon {
    numbers: WordNumbers,
    entries: Vec<Entry>,
    /// The numbers of forgotten words, for new words.
    free: Vec<u32>,
    /// A cache of `numbers`: recent words with their number and the day that `numbers` has for them.
    recent: RecentNumbers,
}

/// The properties of a word that bodies need. Words that differ in any of it have different numbers.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    weight: u8,
    is_number: bool,
}

/// A word in a snapshot, with the latest day of an article that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StoredWord {
    hash: u64,
    day: i32,
    weight: u8,
    is_number: bool,
}

/// The number of words of a snapshot that are loaded together, so that they wait for far memory at the same
/// time.
const PREFETCH_BATCH: usize = 1 << 10;
/// The bytes of a [`StoredWord`].
const STORED_WORD_BYTES: usize = 14;

/// The packed body of an article.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedBody(pub(crate) Box<[u8]>);

/// Flags of a run: its words are inside quotation marks, …
const QUOTED_FLAG: u32 = 1;
/// … or boilerplate.
const BOILERPLATE_FLAG: u32 = 2;
/// The bits that the flags of a run take.
const FLAG_BITS: u32 = 2;

impl Lexicon {
    /// The number of each word of a text, which an article of `day` has. `words` are the hashes of the
    /// words. A new word gets a new number. The numbers of page chrome mean nothing.
    pub(crate) fn number_words(&mut self, text: &Text, words: &[WordHashes], day: i64) -> Vec<u32> {
        let day = i32::try_from(day).unwrap_or(i32::MAX);
        let entry = |at: usize| Entry::new(&text.words()[at], &words[at]);
        let keys: Vec<u64> = (0..words.len()).map(|at| entry(at).key()).collect();
        let (mut numbers, missing) = self.recent.look_up_all(&keys, day);
        self.numbers.prefetch(missing.iter().map(|at| keys[*at as usize]));
        for at in missing.into_iter().map(|at| at as usize) {
            let is_chrome = text.words()[at].is_chrome;
            numbers[at] = if is_chrome { 0 } else { self.number_of(entry(at), day) };
        }
        numbers
    }

    /// Packs a body, given the numbers of the words of its text.
    pub(crate) fn pack(body: &Body, numbers: &[u32]) -> PackedBody {
        let mut bytes = Vec::with_capacity(2 * body.len() + 16);
        let mut next = 0;
        let follows = |a: &BodyWord, b: &BodyWord| a.index + 1 == b.index && flags(a) == flags(b);
        for run in body.words.chunk_by(follows) {
            let len = u32::try_from(run.len()).expect("articles are cut long before 2^30 words");
            varint16::push(&mut bytes, run[0].index - next);
            varint16::push(&mut bytes, len << FLAG_BITS | flags(&run[0]));
            next = run[0].index + len;
            for word in run {
                let number = numbers[word.index as usize];
                varint16::push(&mut bytes, number << 1 | u32::from(word.fact == Fact::Name));
            }
        }
        PackedBody(bytes.into())
    }

    /// The body that was packed.
    pub(crate) fn open(&self, packed: &PackedBody) -> Body {
        let mut bytes = &*packed.0;
        let mut words = Vec::with_capacity(bytes.len());
        let mut index = 0;
        while let (Some(gap), Some(run)) = (varint16::read(&mut bytes), varint16::read(&mut bytes))
        {
            index += gap;
            let (quoted, boilerplate) = (run & QUOTED_FLAG != 0, run & BOILERPLATE_FLAG != 0);
            let end = index + (run >> FLAG_BITS);
            words.extend((index..end).map(|at| {
                let unit = varint16::read(&mut bytes).expect("packed bodies are complete");
                let Entry { hash, weight, is_number, .. } = self.entries[(unit >> 1) as usize];
                let fact = match (is_number, unit & 1 == 1) {
                    (true, _) => Fact::Number,
                    (false, true) => Fact::Name,
                    (false, false) => Fact::None,
                };
                BodyWord { hash, index: at, weight, quoted, fact, boilerplate }
            }));
            index = end;
        }
        Body { words }
    }

    /// The number of a word. A new word gets a new number.
    fn number_of(&mut self, entry: Entry, day: i32) -> u32 {
        let Lexicon { numbers, entries, free, recent } = self;
        let key = entry.key();
        let number = numbers.get_or_insert(key, day, || assign_number(entry, entries, free));
        recent.set(key, number, day);
        number
    }

    /// Forgets the words that no article of `day` or later has.
    pub(crate) fn expire(&mut self, day: i64) {
        self.recent.clear();
        if self.numbers.days().all(|(_, latest)| i64::from(latest) >= day) {
            return;
        }
        self.retain(|_, latest| i64::from(latest) >= day);
    }

    /// The number of words.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// A mark for each number, none of them set, for [`PackedBody::mark_words`].
    pub(crate) fn new_marks(&self) -> Vec<bool> {
        vec![false; self.entries.len()]
    }

    /// Forgets the words that are not marked.
    pub(crate) fn retain_marked(&mut self, marked: &[bool]) {
        self.retain(|number, _| marked.get(number as usize).copied().unwrap_or_default());
    }

    fn retain(&mut self, stays: impl Fn(u32, i32) -> bool) {
        self.recent.clear();
        let free = &mut self.free;
        self.numbers.retain(|number, latest| {
            let stays = stays(number, latest);
            if !stays {
                free.push(number);
            }
            stays
        });
    }
}

/// Gives a new word a number: a free one if there is any.
fn assign_number(entry: Entry, entries: &mut Vec<Entry>, free: &mut Vec<u32>) -> u32 {
    match free.pop() {
        Some(number) => {
            entries[number as usize] = entry;
            number
        }
        None => {
            entries.push(entry);
            u32::try_from(entries.len() - 1).expect("fewer words than memory holds")
        }
    }
}

impl Entry {
    fn new(word: &Word, known: &WordHashes) -> Entry {
        let WordHashes { word: hash, is_number, .. } = *known;
        Entry { hash, weight: weight(word.alone), is_number }
    }

    /// The key of the word in the table of numbers.
    fn key(&self) -> u64 {
        mix(self.hash, u64::from(self.weight) << 1 | u64::from(self.is_number))
    }
}

impl PackedBody {
    /// Sets the marks of its words.
    pub(crate) fn mark_words(&self, marks: &mut [bool]) {
        self.any_number(|number| {
            marks[number as usize] = true;
            false
        });
    }

    /// Calls `is_enough` with the numbers of its words in order, until it returns true. Whether it did.
    fn any_number(&self, mut is_enough: impl FnMut(u32) -> bool) -> bool {
        let mut bytes = &*self.0;
        while let (Some(_), Some(run)) = (varint16::read(&mut bytes), varint16::read(&mut bytes)) {
            for _ in 0..run >> FLAG_BITS {
                let unit = varint16::read(&mut bytes).expect("packed bodies are complete");
                if is_enough(unit >> 1) {
                    return true;
                }
            }
        }
        false
    }
}

/// A bit set of the pairs of neighbouring words in a body. It rules out, without opening them, nearly all other
/// bodies that share no shingle with this one. It never rules out one that does.
pub(crate) struct PairFilter {
    bits: Vec<u64>,
}

/// The size of the bit set, a power of two: some sixty bits for each pair of a usual body, so that few pairs
/// collide.
const PAIR_BITS: u32 = 1 << 15;
/// A shingle has at least this many pairs of neighbouring words.
const PAIRS_PER_SHINGLE: u32 = SHINGLE_WORDS - 1;

impl PairFilter {
    pub(crate) fn new(body: &PackedBody) -> PairFilter {
        let mut bits = vec![0; PAIR_BITS as usize / 64];
        let mut before = u32::MAX;
        body.any_number(|number| {
            let (block, bit) = bit_of_pair(before, number);
            bits[block] |= bit;
            before = number;
            false
        });
        PairFilter { bits }
    }

    /// Whether the other body may share a shingle with this one: false is certain, true is not.
    pub(crate) fn may_share_shingle(&self, other: &PackedBody) -> bool {
        let (mut before, mut together) = (u32::MAX, 0);
        other.any_number(|number| {
            let (block, bit) = bit_of_pair(before, number);
            together = if self.bits[block] & bit == 0 { 0 } else { together + 1 };
            before = number;
            together == PAIRS_PER_SHINGLE
        })
    }
}

fn bit_of_pair(first: u32, second: u32) -> (usize, u64) {
    let mixed = first.wrapping_mul(0x9e37_79b1).rotate_left(16) ^ second.wrapping_mul(0x85eb_ca6b);
    let bit = (mixed >> 17) & (PAIR_BITS - 1);
    ((bit / 64) as usize, 1 << (bit % 64))
}

fn flags(word: &BodyWord) -> u32 {
    u32::from(word.quoted) * QUOTED_FLAG + u32::from(word.boilerplate) * BOILERPLATE_FLAG
}

impl Encode for StoredWord {
    fn write_to(&self, to: &mut Writer<'_>) {
        let mut bytes = [0; STORED_WORD_BYTES];
        bytes[..8].copy_from_slice(&self.hash.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.day.to_le_bytes());
        bytes[12..].copy_from_slice(&[self.weight, u8::from(self.is_number)]);
        to.raw(&bytes);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<StoredWord> {
        // Earlier releases wrote the fields one by one, so a piece may end in the middle of a word.
        let (hash, day) = Encode::read_from(from)?;
        let (weight, is_number) = Encode::read_from(from)?;
        Some(StoredWord { hash, day, weight, is_number })
    }

    fn read_all(count: usize, from: &mut Reader<'_>) -> Option<Vec<StoredWord>> {
        let mut stored = bounded_vec(count);
        while stored.len() < count {
            match from.read_values(count - stored.len(), STORED_WORD_BYTES) {
                Some(bytes) => {
                    stored.extend(bytes.as_chunks().0.iter().map(StoredWord::from_bytes));
                }
                None => stored.push(StoredWord::read_from(from)?),
            }
        }
        Some(stored)
    }
}

impl StoredWord {
    fn entry(&self) -> Entry {
        Entry { hash: self.hash, weight: self.weight, is_number: self.is_number }
    }

    fn from_bytes(bytes: &[u8; STORED_WORD_BYTES]) -> StoredWord {
        let [hash @ .., d0, d1, d2, d3, weight, is_number] = *bytes;
        let day = i32::from_le_bytes([d0, d1, d2, d3]);
        StoredWord { hash: u64::from_le_bytes(hash), day, weight, is_number: is_number != 0 }
    }
}

written_bytes!(PackedBody);

impl Encode for Lexicon {
    fn write_to(&self, to: &mut Writer<'_>) {
        let stored = |Entry { hash, weight, is_number }: &Entry| StoredWord {
            hash: *hash,
            day: 0,
            weight: *weight,
            is_number: *is_number,
        };
        let mut entries: Vec<StoredWord> = self.entries.iter().map(stored).collect();
        for (number, day) in self.numbers.days() {
            entries[number as usize].day = day;
        }
        entries.write_to(to);
        self.free.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Lexicon> {
        let (stored, free) = (Vec::<StoredWord>::read_from(from)?, Vec::<u32>::read_from(from)?);
        let is_free: FxHashSet<u32> = free.iter().copied().collect();
        // A number that is free twice would be assigned to two words.
        if is_free.len() < free.len() || free.iter().any(|number| *number as usize >= stored.len())
        {
            return None;
        }
        let mut numbers = WordNumbers::with_capacity(stored.len());
        let mut entries = Vec::with_capacity(stored.len());
        for (run, first) in stored.chunks(PREFETCH_BATCH).zip((0_u32..).step_by(PREFETCH_BATCH)) {
            numbers.prefetch(run.iter().map(|word| word.entry().key()));
            for (word, number) in run.iter().zip(first..) {
                let entry = word.entry();
                if !is_free.contains(&number) {
                    numbers.get_or_insert(entry.key(), word.day, || number);
                }
                entries.push(entry);
            }
        }
        Some(Lexicon { numbers, entries, free, recent: RecentNumbers::default() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wirefold_text::Text;

    use super::*;
    use crate::body::word_cache::WordCache;

    fn body(text: &str) -> Body {
        Body::new(&Text::new(text))
    }

    fn number_words(lexicon: &mut Lexicon, text: &Text, day: i64) -> Vec<u32> {
        lexicon.number_words(text, &WordCache::default().look_up_all(text), day)
    }

    fn pack(lexicon: &mut Lexicon, text: &str, day: i64) -> PackedBody {
        Lexicon::pack(&body(text), &number_words(lexicon, &Text::new(text), day))
    }

    #[test]
    fn words_are_read_even_if_a_piece_ends_inside_one() {
        let word =
            |hash: u64| StoredWord { hash, day: 7, weight: 4, is_number: hash.is_multiple_of(2) };
        let words: Vec<StoredWord> = (0..9).map(word).collect();
        let mut bytes = Vec::new();
        let mut give = |piece: Vec<u8>| bytes.extend(piece);
        let mut writer = Writer::new(&mut give);
        words.write_to(&mut writer);
        writer.finish();
        // The pieces end behind the count, behind a hash, behind a day, and behind a whole word.
        let cuts = [
            0,
            4,
            4 + 3 * STORED_WORD_BYTES + 8,
            4 + 5 * STORED_WORD_BYTES + 12,
            4 + 7 * STORED_WORD_BYTES,
            bytes.len(),
        ];
        let mut pieces = cuts.windows(2).map(|cut| bytes[cut[0]..cut[1]].to_vec());
        let mut next = || pieces.next();
        let read = Vec::<StoredWord>::read_from(&mut Reader::new(&mut next)).unwrap();
        assert_eq!(read, words);
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
                let packed = Lexicon::pack(&before, &number_words(&mut lexicon, &text, 0));
                (before, packed)
            }).collect();
            for (before, packed_body) in packed {
                prop_assert_eq!(lexicon.open(&packed_body), before);
            }
        }

        #[test]
        fn bodies_that_share_a_shingle_are_never_passed_over(
            here in "[ab]( [A-Da-c中]){0,30}",
            there in "[ab]( [A-Da-c中]){0,30}",
        ) {
            let mut lexicon = Lexicon::default();
            let (first, second) = (pack(&mut lexicon, &here, 0), pack(&mut lexicon, &there, 0));
            let known = body(&here).shingles();
            if body(&there).shingles().iter().any(|shingle| known.contains(shingle)) {
                prop_assert!(PairFilter::new(&first).may_share_shingle(&second));
            }
        }
    }

    #[test]
    fn bodies_with_the_same_words_in_another_order_are_ruled_out() {
        let mut lexicon = Lexicon::default();
        let here = pack(&mut lexicon, "the port of the town was closed on monday", 0);
        let there = pack(&mut lexicon, "the town of the port was open on monday and closed", 0);
        assert!(!PairFilter::new(&here).may_share_shingle(&there));
        assert!(PairFilter::new(&here).may_share_shingle(&here));
    }

    #[test]
    fn words_without_articles_are_forgotten_and_their_numbers_given_anew() {
        let mut lexicon = Lexicon::default();
        pack(&mut lexicon, "one two three", 1);
        let kept = pack(&mut lexicon, "three four", 2);
        lexicon.expire(2);
        assert_eq!(lexicon.numbers.days().count(), 2);
        let recent = pack(&mut lexicon, "five six", 3);
        assert_eq!(lexicon.entries.len(), 4);
        assert_eq!(lexicon.open(&kept), body("three four"));
        assert_eq!(lexicon.open(&recent), body("five six"));
    }

    #[test]
    fn numbers_that_are_free_twice_or_of_no_word_are_no_lexicon() {
        let mut lexicon = Lexicon::default();
        pack(&mut lexicon, "the ferry waits in the harbour", 0);
        let known = lexicon.len();
        for (free, left) in [
            (vec![], Some(known)),
            (vec![1], Some(known - 1)),
            (vec![1, 1], None),
            (vec![u32::MAX], None),
        ] {
            lexicon.free = free;
            let mut bytes = Vec::new();
            let mut give = |piece: Vec<u8>| bytes.extend(piece);
            let mut writer = Writer::new(&mut give);
            lexicon.write_to(&mut writer);
            writer.finish();
            let mut piece = Some(bytes);
            let mut next = || piece.take();
            let read = Lexicon::read_from(&mut Reader::new(&mut next));
            assert_eq!(read.map(|it| it.len()), left, "{:?}", lexicon.free);
        }
    }
}
