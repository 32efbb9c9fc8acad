//! The words of the window by number, so that a packed body takes two bytes a word and is read
//! back without its text.
//!
//! A body is written as runs of words that stand one behind the other in the text and have the same
//! marks: how many words of the text are left out before it, its length and marks, its words, each
//! with whether it is a name there.

use rustc_hash::FxHashSet;
use wirefold_text::{Text, Word};

use crate::body::halves;
use crate::body::word_cache::Hashes;
use crate::body::word_numbers::{LateNumbers, WordNumbers};
use crate::body::{Body, BodyWord, Fact, SHINGLE_WORDS, mix, weight};
use crate::codec::{Reader, Writer, Written, room_for, written_bytes};

/// All words that stand in packed bodies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lexicon {
    numbers: WordNumbers,
    entries: Vec<Entry>,
    /// Numbers of words forgotten, to be given anew.
    free: Vec<u32>,
    /// Words of late with their numbers, and the day on which these were noted.
    late: LateNumbers,
}

/// A word as it stands in bodies.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u64,
    weight: u8,
    is_number: bool,
}

/// A word as it is written down, with the latest day on which an article had it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dated {
    hash: u64,
    day: i32,
    weight: u8,
    is_number: bool,
}

/// Words that are read together: they wait for far memory at the same time.
const RUN: usize = 1 << 10;
/// Bytes of one that is written down.
const DATED: usize = 14;

/// The packed body of an article.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedBody(pub(crate) Box<[u8]>);

/// Marks of a run.
const QUOTED: u32 = 1;
const BOILERPLATE: u32 = 2;
/// Bits of marks.
const MARKS: u32 = 2;

impl Lexicon {
    /// The numbers of the words of a text of an article of `day`, given their hashes; page chrome has none.
    /// New words get theirs here.
    pub(crate) fn number(&mut self, text: &Text, words: &[Hashes], day: i64) -> Vec<u32> {
        let day = i32::try_from(day).unwrap_or(i32::MAX);
        let entry = |at: usize| Entry::new(&text.words()[at], &words[at]);
        let keys: Vec<u64> = (0..words.len()).map(|at| entry(at).key()).collect();
        let (mut numbers, far) = self.late.look_up_all(&keys, day);
        self.numbers.prefetch(far.iter().map(|at| keys[*at as usize]));
        for at in far.into_iter().map(|at| at as usize) {
            let is_chrome = text.words()[at].is_chrome;
            numbers[at] = if is_chrome { 0 } else { self.look_up(entry(at), day) };
        }
        numbers
    }

    /// Writes down a body, given the numbers of the words of its text.
    pub(crate) fn pack(body: &Body, numbers: &[u32]) -> PackedBody {
        let mut bytes = Vec::with_capacity(2 * body.len() + 16);
        let mut next = 0;
        let follows = |a: &BodyWord, b: &BodyWord| a.index + 1 == b.index && marks(a) == marks(b);
        for run in body.words.chunk_by(follows) {
            let len = u32::try_from(run.len()).expect("articles are cut long before 2^30 words");
            halves::push(&mut bytes, run[0].index - next);
            halves::push(&mut bytes, len << MARKS | marks(&run[0]));
            next = run[0].index + len;
            for word in run {
                let number = numbers[word.index as usize];
                halves::push(&mut bytes, number << 1 | u32::from(word.fact == Fact::Name));
            }
        }
        PackedBody(bytes.into())
    }

    /// The body as it was.
    pub(crate) fn open(&self, packed: &PackedBody) -> Body {
        let mut bytes = &*packed.0;
        let mut words = Vec::with_capacity(bytes.len());
        let mut index = 0;
        while let (Some(gap), Some(run)) = (halves::read(&mut bytes), halves::read(&mut bytes)) {
            index += gap;
            let (quoted, boilerplate) = (run & QUOTED != 0, run & BOILERPLATE != 0);
            let end = index + (run >> MARKS);
            words.extend((index..end).map(|at| {
                let written = halves::read(&mut bytes).expect("it was written down whole");
                let Entry { hash, weight, is_number, .. } = self.entries[(written >> 1) as usize];
                let fact = match (is_number, written & 1 == 1) {
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

    /// The number of a word, which gets one here if it is new.
    fn look_up(&mut self, entry: Entry, day: i32) -> u32 {
        let Lexicon { numbers, entries, free, late } = self;
        let key = entry.key();
        let number = numbers.note(key, day, || enter(entry, entries, free));
        late.set(key, number, day);
        number
    }

    /// Forgets the words that no article has from `day` on.
    pub(crate) fn expire(&mut self, day: i64) {
        self.late.clear();
        if self.numbers.days().all(|(_, latest)| i64::from(latest) >= day) {
            return;
        }
        self.retain(|_, latest| i64::from(latest) >= day);
    }

    /// How many words it has.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    /// A mark for each word, none of which is set.
    pub(crate) fn marks(&self) -> Vec<bool> {
        vec![false; self.entries.len()]
    }

    /// Forgets the words that are not marked.
    pub(crate) fn keep(&mut self, marked: &[bool]) {
        self.retain(|number, _| marked.get(number as usize).copied().unwrap_or_default());
    }

    fn retain(&mut self, stays: impl Fn(u32, i32) -> bool) {
        self.late.clear();
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

/// A number for a word.
fn enter(entry: Entry, entries: &mut Vec<Entry>, free: &mut Vec<u32>) -> u32 {
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
    fn new(word: &Word, known: &Hashes) -> Entry {
        let Hashes { word: hash, is_number, .. } = *known;
        Entry { hash, weight: weight(word.alone), is_number }
    }

    /// By what a word is told from others.
    fn key(&self) -> u64 {
        mix(self.hash, u64::from(self.weight) << 1 | u64::from(self.is_number))
    }
}

impl PackedBody {
    /// Marks its words.
    pub(crate) fn mark(&self, marks: &mut [bool]) {
        self.numbers(|number| {
            marks[number as usize] = true;
            false
        });
    }

    /// Gives the numbers of its words in order, until `enough` says so; whether it did.
    fn numbers(&self, mut enough: impl FnMut(u32) -> bool) -> bool {
        let mut bytes = &*self.0;
        while let (Some(_), Some(run)) = (halves::read(&mut bytes), halves::read(&mut bytes)) {
            for _ in 0..run >> MARKS {
                let written = halves::read(&mut bytes).expect("it was written down whole");
                if enough(written >> 1) {
                    return true;
                }
            }
        }
        false
    }
}

/// The pairs of neighbouring words of a body, each as a bit: what tells of nearly all other bodies,
/// without opening them, that they share no shingle with it.
pub(crate) struct Pairs {
    bits: Vec<u64>,
}

/// Bits for pairs, a power of two: some sixty times as many as pairs.
const PAIR_BITS: u32 = 1 << 15;
/// A shingle has at least so many pairs.
const PAIRS_OF_SHINGLE: u32 = SHINGLE_WORDS - 1;

impl Pairs {
    pub(crate) fn new(body: &PackedBody) -> Pairs {
        let mut bits = vec![0; PAIR_BITS as usize / 64];
        let mut before = u32::MAX;
        body.numbers(|number| {
            let (block, bit) = place_of_pair(before, number);
            bits[block] |= bit;
            before = number;
            false
        });
        Pairs { bits }
    }

    /// Whether the other body may share a shingle with this one.
    pub(crate) fn may_share(&self, other: &PackedBody) -> bool {
        let (mut before, mut together) = (u32::MAX, 0);
        other.numbers(|number| {
            let (block, bit) = place_of_pair(before, number);
            together = if self.bits[block] & bit == 0 { 0 } else { together + 1 };
            before = number;
            together == PAIRS_OF_SHINGLE
        })
    }
}

fn place_of_pair(first: u32, second: u32) -> (usize, u64) {
    let mixed = first.wrapping_mul(0x9e37_79b1).rotate_left(16) ^ second.wrapping_mul(0x85eb_ca6b);
    let bit = (mixed >> 17) & (PAIR_BITS - 1);
    ((bit / 64) as usize, 1 << (bit % 64))
}

fn marks(word: &BodyWord) -> u32 {
    u32::from(word.quoted) * QUOTED + u32::from(word.boilerplate) * BOILERPLATE
}

impl Written for Dated {
    fn write_to(&self, to: &mut Writer<'_>) {
        let mut bytes = [0; DATED];
        bytes[..8].copy_from_slice(&self.hash.to_le_bytes());
        bytes[8..12].copy_from_slice(&self.day.to_le_bytes());
        bytes[12..].copy_from_slice(&[self.weight, u8::from(self.is_number)]);
        to.raw(&bytes);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Dated> {
        // In bytes of an earlier release, a piece may end in the middle of one.
        let (hash, day) = Written::read_from(from)?;
        let (weight, is_number) = Written::read_from(from)?;
        Some(Dated { hash, day, weight, is_number })
    }

    fn read_all(count: usize, from: &mut Reader<'_>) -> Option<Vec<Dated>> {
        let mut dated = room_for(count);
        while dated.len() < count {
            match from.some(count - dated.len(), DATED) {
                Some(bytes) => dated.extend(bytes.as_chunks().0.iter().map(Dated::from_bytes)),
                None => dated.push(Dated::read_from(from)?),
            }
        }
        Some(dated)
    }
}

impl Dated {
    fn entry(&self) -> Entry {
        Entry { hash: self.hash, weight: self.weight, is_number: self.is_number }
    }

    fn from_bytes(bytes: &[u8; DATED]) -> Dated {
        let [hash @ .., d0, d1, d2, d3, weight, is_number] = *bytes;
        let day = i32::from_le_bytes([d0, d1, d2, d3]);
        Dated { hash: u64::from_le_bytes(hash), day, weight, is_number: is_number != 0 }
    }
}

written_bytes!(PackedBody);

impl Written for Lexicon {
    fn write_to(&self, to: &mut Writer<'_>) {
        let dated = |Entry { hash, weight, is_number }: &Entry| Dated {
            hash: *hash,
            day: 0,
            weight: *weight,
            is_number: *is_number,
        };
        let mut entries: Vec<Dated> = self.entries.iter().map(dated).collect();
        for (number, day) in self.numbers.days() {
            entries[number as usize].day = day;
        }
        entries.write_to(to);
        self.free.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Lexicon> {
        let (dated, free) = (Vec::<Dated>::read_from(from)?, Vec::<u32>::read_from(from)?);
        let is_free: FxHashSet<u32> = free.iter().copied().collect();
        // A number that is free twice would be given to two words.
        if is_free.len() < free.len() || free.iter().any(|number| *number as usize >= dated.len()) {
            return None;
        }
        let mut numbers = WordNumbers::with_room(dated.len());
        let mut entries = Vec::with_capacity(dated.len());
        for (run, first) in dated.chunks(RUN).zip((0_u32..).step_by(RUN)) {
            numbers.prefetch(run.iter().map(|word| word.entry().key()));
            for (word, number) in run.iter().zip(first..) {
                let entry = word.entry();
                if !is_free.contains(&number) {
                    numbers.note(entry.key(), word.day, || number);
                }
                entries.push(entry);
            }
        }
        Some(Lexicon { numbers, entries, free, late: LateNumbers::default() })
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

    fn number(lexicon: &mut Lexicon, text: &Text, day: i64) -> Vec<u32> {
        lexicon.number(text, &WordCache::default().look_up_all(text), day)
    }

    fn pack(lexicon: &mut Lexicon, text: &str, day: i64) -> PackedBody {
        Lexicon::pack(&body(text), &number(lexicon, &Text::new(text), day))
    }

    #[test]
    fn words_are_read_also_where_a_piece_ends_in_one() {
        let word = |hash: u64| Dated { hash, day: 7, weight: 4, is_number: hash.is_multiple_of(2) };
        let words: Vec<Dated> = (0..9).map(word).collect();
        let mut bytes = Vec::new();
        let mut give = |piece: Vec<u8>| bytes.extend(piece);
        let mut writer = Writer::new(&mut give);
        words.write_to(&mut writer);
        writer.finish();
        // Behind the count, the hash of one, the day of another, and one whole.
        let cuts = [0, 4, 4 + 3 * DATED + 8, 4 + 5 * DATED + 12, 4 + 7 * DATED, bytes.len()];
        let mut pieces = cuts.windows(2).map(|cut| bytes[cut[0]..cut[1]].to_vec());
        let mut next = || pieces.next();
        let read = Vec::<Dated>::read_from(&mut Reader::new(&mut next)).unwrap();
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
                let packed = Lexicon::pack(&before, &number(&mut lexicon, &text, 0));
                (before, packed)
            }).collect();
            for (before, at_rest) in packed {
                prop_assert_eq!(lexicon.open(&at_rest), before);
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
                prop_assert!(Pairs::new(&first).may_share(&second));
            }
        }
    }

    #[test]
    fn other_words_share_nothing() {
        let mut lexicon = Lexicon::default();
        let here = pack(&mut lexicon, "the port of the town was closed on monday", 0);
        let there = pack(&mut lexicon, "the town of the port was open on monday and closed", 0);
        assert!(!Pairs::new(&here).may_share(&there));
        assert!(Pairs::new(&here).may_share(&here));
    }

    #[test]
    fn words_without_articles_are_forgotten_and_their_numbers_given_anew() {
        let mut lexicon = Lexicon::default();
        pack(&mut lexicon, "one two three", 1);
        let kept = pack(&mut lexicon, "three four", 2);
        lexicon.expire(2);
        assert_eq!(lexicon.numbers.days().count(), 2);
        let late = pack(&mut lexicon, "five six", 3);
        assert_eq!(lexicon.entries.len(), 4);
        assert_eq!(lexicon.open(&kept), body("three four"));
        assert_eq!(lexicon.open(&late), body("five six"));
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
