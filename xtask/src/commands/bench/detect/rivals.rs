//! The methods with which the detector is compared: published methods, each as quick as safe Rust makes it.
//!
//! All except SimHash split words with one quick splitter and make five-word shingles of them. None of them
//! finds events, credit, novelty or evidence, and none forgets old articles.

use super::{Article, Method, Wirefold};

/// The name of a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum MethodName {
    Wirefold,
    Simhash,
    OnePermutation,
}

impl MethodName {
    /// The name in the arguments of the child.
    pub(super) fn name(self) -> &'static str {
        match self {
            MethodName::Wirefold => "wirefold",
            MethodName::Simhash => "simhash",
            MethodName::OnePermutation => "one-permutation",
        }
    }

    /// The name in tables.
    pub(super) fn title(self) -> &'static str {
        match self {
            MethodName::Wirefold => "wirefold, all steps",
            MethodName::Simhash => "SimHash, at most 3 bits apart",
            MethodName::OnePermutation => "MinHash by one permutation, 64×2, J ≥ .15",
        }
    }

    /// The method, with room for this many articles.
    pub(super) fn method(self, articles: usize) -> Box<dyn Method> {
        match self {
            MethodName::Wirefold => Box::new(Wirefold::new()),
            MethodName::Simhash => Box::new(NearSignatures::new()),
            MethodName::OnePermutation => Box::new(OnePermutation::new(articles)),
        }
    }
}

/// The stories of a method that puts each article with the most similar earlier one.
#[derive(Default)]
struct Stories {
    of: Vec<u32>,
    named: Option<u32>,
}

impl Stories {
    /// Puts an article into the story of the most similar one, and returns that story.
    fn join(&mut self, article: &Article, likeliest: Option<u32>) -> u32 {
        let story = likeliest.map_or(article.number, |other| self.of[other as usize]);
        self.of.push(story);
        self.named = likeliest;
        story
    }
}

/// The number of bins in a signature, as a power of two.
const BINS_LOG: u32 = 7;
const BINS: usize = 1 << BINS_LOG;
/// The number of bins in a band.
const ROWS: usize = 2;
const BANDS: usize = BINS / ROWS;
/// The part of two signatures that must be equal: the estimated Jaccard index in percent.
const PERCENT: usize = 15;
/// Bands that more articles share are ignored.
const MAX_SHARED: u32 = 64;
/// An empty bin.
const EMPTY: u64 = u64::MAX;

/// Folds with the most similar earlier article.
struct OnePermutation {
    splitter: Splitter,
    table: Table,
    signatures: Vec<[u32; BINS]>,
    found: Vec<u32>,
    stories: Stories,
}

impl OnePermutation {
    /// With room for this many articles.
    fn new(articles: usize) -> OnePermutation {
        OnePermutation {
            splitter: Splitter::default(),
            table: Table::new(articles * BANDS),
            signatures: Vec::with_capacity(articles),
            found: Vec::new(),
            stories: Stories::default(),
        }
    }
}

/// The signature of shingles. There must be at least one.
fn signature(shingles: &[u64]) -> [u32; BINS] {
    let mut bins = [EMPTY; BINS];
    for hash in shingles {
        let bin = &mut bins[(hash >> (64 - BINS_LOG)) as usize];
        *bin = (*bin).min(hash & (EMPTY >> BINS_LOG));
    }
    // An empty bin takes the value of a bin that is drawn by its own number.
    let drawn = |bin: usize| {
        let mut draws = (0..).map(|attempt| mixed((bin as u64) << 32 | attempt) as usize % BINS);
        draws.find(|other| bins[*other] != EMPTY).unwrap_or(bin)
    };
    std::array::from_fn(|bin| {
        let from = if bins[bin] == EMPTY { drawn(bin) } else { bin };
        mixed(bins[from]) as u32
    })
}

/// The keys of the bands of a signature.
fn bands(signature: &[u32; BINS]) -> [u64; BANDS] {
    std::array::from_fn(|band| {
        let both = u64::from(signature[ROWS * band]) << 32 | u64::from(signature[ROWS * band + 1]);
        mixed(both ^ mixed(band as u64 + 1))
    })
}

impl Method for OnePermutation {
    fn story(&mut self, article: &Article) -> u32 {
        let own = signature(self.splitter.shingles(&article.text));
        self.found.clear();
        let found = &mut self.found;
        let tell = |other| found.push(other);
        self.table.look_up_and_enter(&bands(&own), article.number, MAX_SHARED, tell);
        self.found.sort_unstable();
        self.found.dedup();
        let alike = |other: &u32| {
            let pairs = own.iter().zip(&self.signatures[*other as usize]);
            pairs.filter(|(here, there)| here == there).count()
        };
        let likely = self.found.iter().map(|other| (alike(other), *other));
        let likely = likely.filter(|(equal, _)| 100 * equal >= PERCENT * BINS);
        let likeliest = likely.min_by_key(|(equal, other)| (BINS - equal, *other));
        self.signatures.push(own);
        self.stories.join(article, likeliest.map(|(_, other)| other))
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}

/// The most bits that may differ.
const BITS: u32 = 3;
/// With this many parts of a signature, one part is equal if no more bits differ.
const PARTS: usize = 4;
/// The number of values of a part.
const VALUES: usize = 1 << 16;

/// Folds with the nearest earlier article whose signature differs in at most three bits.
struct NearSignatures {
    signatures: Vec<u64>,
    stories: Stories,
    /// The articles under each value of each part.
    maps: Vec<Vec<u32>>,
}

impl NearSignatures {
    fn new() -> NearSignatures {
        let maps = vec![Vec::new(); PARTS * VALUES];
        NearSignatures { signatures: Vec::new(), stories: Stories::default(), maps }
    }
}

impl Method for NearSignatures {
    fn story(&mut self, article: &Article) -> u32 {
        let signature = simhash::simhash(&article.text);
        let key = |part: usize| part * VALUES + (signature >> (16 * part)) as usize % VALUES;
        let places: [usize; PARTS] = std::array::from_fn(key);
        let near = places.iter().flat_map(|place| &self.maps[*place]);
        let apart = |other: &u32| (self.signatures[*other as usize] ^ signature).count_ones();
        let nearest = near.map(|other| (apart(other), *other)).min();
        let found = nearest.filter(|(bits, _)| *bits <= BITS).map(|(_, other)| other);
        self.signatures.push(signature);
        places.iter().for_each(|place| self.maps[*place].push(article.number));
        self.stories.join(article, found)
    }

    fn earlier_article(&self, _article: &Article, _story: u32) -> Option<u32> {
        self.stories.named
    }
}

/// No article.
const NONE: u32 = u32::MAX;

/// A key and the newest article under it.
#[derive(Clone, Copy)]
struct Slot {
    key: u64,
    /// The index of the newest in the chains, or `NONE`.
    newest: u32,
    /// The number of articles.
    count: u32,
}

/// Articles under keys. The table grows when it is half full.
struct Table {
    slots: Vec<Slot>,
    used: usize,
    /// Each article under a key, with the index of the one before it.
    chains: Vec<(u32, u32)>,
    /// The slots of the last keys that were looked up.
    found: Vec<usize>,
}

impl Table {
    /// A table with room for this many keys. All of its memory is touched now.
    fn new(keys: usize) -> Table {
        let slots = vec![Slot { key: 0, newest: NONE, count: 0 }; (2 * keys).next_power_of_two()];
        Table { slots, used: 0, chains: Vec::with_capacity(keys), found: Vec::new() }
    }

    /// Reports all articles under each of the keys that at most `most` articles have, newest first, and adds
    /// the article under the keys.
    fn look_up_and_enter(
        &mut self,
        keys: &[u64],
        article: u32,
        most: u32,
        mut tell: impl FnMut(u32),
    ) {
        while 2 * (self.used + keys.len()) > self.slots.len() {
            self.grow();
        }
        // All slots are read before one is used, so that memory loads them in parallel.
        self.found.clear();
        for key in keys {
            self.found.push(find_slot(&self.slots, *key));
        }
        for (key, near) in keys.iter().zip(&self.found) {
            // Another key of this article may have taken the slot meanwhile.
            let at = from_index(&self.slots, *near, *key);
            let slot = &mut self.slots[at];
            if slot.newest == NONE {
                self.used += 1;
                slot.key = *key;
            }
            if slot.count <= most {
                let mut next = slot.newest;
                while let Some((other, before)) = self.chains.get(next as usize) {
                    tell(*other);
                    next = *before;
                }
            }
            let entry = u32::try_from(self.chains.len()).unwrap_or(NONE);
            self.chains.push((article, slot.newest));
            slot.newest = entry;
            slot.count += 1;
        }
    }

    fn grow(&mut self) {
        let larger = vec![Slot { key: 0, newest: NONE, count: 0 }; 2 * self.slots.len()];
        for slot in std::mem::replace(&mut self.slots, larger) {
            if slot.newest != NONE {
                let at = find_slot(&self.slots, slot.key);
                self.slots[at] = slot;
            }
        }
    }
}

/// The slot of a key, or the free one for it.
fn find_slot(slots: &[Slot], key: u64) -> usize {
    from_index(slots, key as usize & (slots.len() - 1), key)
}

fn from_index(slots: &[Slot], from: usize, key: u64) -> usize {
    let mut at = from;
    while slots[at].newest != NONE && slots[at].key != key {
        at = (at + 1) & (slots.len() - 1);
    }
    at
}

/// Words in a shingle.
const WORDS: usize = 5;
/// The number of bits by which a shingle is rotated for each further word.
const ROTATION: u32 = 9;
/// Spreads 64 bits (the constant of Fibonacci hashing).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// Converts eight ASCII letters to lower case. Digits stay unchanged.
const LOWER_CASE: u64 = 0x2020_2020_2020_2020;

/// The bytes of words: letters and digits of ASCII, and all bytes of other scripts.
const IS_OF_WORD: [bool; 256] = {
    let (mut table, mut byte) = ([false; 256], 0);
    while byte < 256 {
        table[byte] = byte >= 0x80 || (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

/// Buffers that are reused for each text.
#[derive(Default)]
struct Splitter {
    words: Vec<u64>,
    shingles: Vec<u64>,
}

impl Splitter {
    /// The words of a text, each as a hash.
    fn words(&mut self, text: &str) -> &[u64] {
        self.words.clear();
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if !IS_OF_WORD[bytes[at] as usize] {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && IS_OF_WORD[bytes[at] as usize] {
                at += 1;
            }
            self.words.push(hash(bytes, start, at));
        }
        &self.words
    }

    /// The hashes of all runs of five words. If there are fewer words, the hash of the one run of all words.
    fn shingles(&mut self, text: &str) -> &[u64] {
        self.words(text);
        self.shingles.clear();
        let mut rolled = 0_u64;
        for (at, word) in self.words.iter().enumerate() {
            rolled = rolled.rotate_left(ROTATION) ^ word;
            if at >= WORDS {
                rolled ^= self.words[at - WORDS].rotate_left(ROTATION * WORDS as u32);
            }
            if at + 1 >= WORDS {
                self.shingles.push(mixed(rolled));
            }
        }
        if self.shingles.is_empty() {
            self.shingles.push(mixed(rolled));
        }
        &self.shingles
    }
}

/// The hash of a word in a text, eight bytes at a time.
fn hash(bytes: &[u8], start: usize, end: usize) -> u64 {
    let mut hash = (end - start) as u64;
    let mut at = start;
    while at < end {
        let mut eight = eight_at(bytes, at) | LOWER_CASE;
        if end - at < 8 {
            eight &= (1 << (8 * (end - at))) - 1;
        }
        hash = (hash.rotate_left(23) ^ eight).wrapping_mul(SPREAD);
        at += 8;
    }
    hash ^ (hash >> 29)
}

/// Eight bytes from an offset, with zeros after the end.
fn eight_at(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..at + 8).and_then(|eight| eight.try_into().ok()) {
        Some(eight) => u64::from_le_bytes(eight),
        None => {
            let mut eight = [0; 8];
            let rest = &bytes[at..];
            eight[..rest.len()].copy_from_slice(rest);
            u64::from_le_bytes(eight)
        }
    }
}

/// A number with its bits spread over all positions.
fn mixed(number: u64) -> u64 {
    let spread = (number ^ (number >> 31)).wrapping_mul(SPREAD);
    spread ^ (spread >> 32)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn every_method_is_asked_for_by_its_name_and_finds_what_is_equal() {
        let words = |from: usize| (from..from + 200).map(|n| format!("word{n} ")).collect();
        for name in MethodName::value_variants() {
            assert_eq!(MethodName::from_str(name.name(), false).as_ref(), Ok(name));
            let mut method = name.method(100);
            let mut story = |number: u32, text: String| {
                let (outlet, url) = (format!("paper{number}.example"), number.to_string());
                let (title, byline) = (String::new(), String::new());
                let article = Article { number, outlet, url, title, byline, text, time: 0 };
                let story = method.story(&article);
                (story, method.earlier_article(&article, story))
            };
            let stories = [story(0, words(0)), story(1, words(500)), story(2, words(0))];
            assert_eq!(stories, [(0, None), (1, None), (0, Some(0))], "{name:?}");
        }
    }

    /// A method that is only quick would not be an anchor. Those with shingles find a reprint with another
    /// beginning and without its end.
    #[test]
    fn those_with_shingles_find_two_thirds_of_a_text() {
        let text = |words: &[usize]| words.iter().map(|n| format!("w{n:x} ")).collect::<String>();
        for name in [MethodName::OnePermutation] {
            let mut method = name.method(300);
            let mut story = |number: u32, words: &[usize]| {
                let (outlet, url) = ("paper.example".to_owned(), number.to_string());
                let (title, byline) = (String::new(), String::new());
                let text = text(words);
                method.story(&Article { number, outlet, url, title, byline, text, time: 0 })
            };
            for number in 0..200 {
                let own: Vec<usize> = (0..500).map(|at| number as usize * 500 + at).collect();
                assert_eq!(story(number, &own), number, "{name:?}");
            }
            let copied: Vec<usize> = (900_000..900_100).chain(35_100..35_400).collect();
            assert_eq!(story(200, &copied), 70, "{name:?}");
        }
    }
}

#[cfg(test)]
mod one_permutation_tests {
    use wirefold_score::Random;

    use super::*;

    #[test]
    fn equal_bins_are_as_many_as_the_index_of_jaccard_says() {
        let mut random = Random::new(7);
        let all: Vec<u64> = (0..1_350).map(|_| random.below(usize::MAX) as u64).collect();
        // 450 of 1,350 are in both.
        let (one, other) = (signature(&all[..900]), signature(&all[450..]));
        let equal = one.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!((30..56).contains(&equal), "{equal} of {BINS}");
        let few = signature(&all[..3]);
        assert!(few.iter().all(|value| *value != mixed(EMPTY) as u32), "no bin stays empty");
    }
}

#[cfg(test)]
mod table_tests {
    use super::*;

    #[test]
    fn a_table_that_grows_keeps_what_was_entered() {
        let mut table = Table::new(4);
        for article in 0..500_u32 {
            let mut results = Vec::new();
            let keys = [u64::from(article % 7), 1_000 + u64::from(article)];
            table.look_up_and_enter(&keys, article, u32::MAX, |other| results.push(other));
            let expected: Vec<u32> =
                (0..article).rev().filter(|it| it % 7 == article % 7).collect();
            assert_eq!(results, expected);
        }
        let mut results = 0;
        table.look_up_and_enter(&[3], 500, 8, |_| results += 1);
        assert_eq!(results, 0, "too many have that key");
    }
}

#[cfg(test)]
mod words_tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn words_are_told_apart_and_capitals_are_not() {
        let mut splitter = Splitter::default();
        let small = splitter.words("the longest-word, of 1984 straße").to_vec();
        assert_eq!(small, splitter.words("The LONGEST Word of \"1984\" straße."));
        assert_eq!(small.iter().collect::<HashSet<_>>().len(), 6);
        assert_ne!(splitter.words("abcdefgh").to_vec(), splitter.words("abcdefghi"));
    }

    #[test]
    fn a_shingle_is_its_five_words_wherever_they_stand() {
        let mut splitter = Splitter::default();
        let alone = splitter.shingles("b c d e f").to_vec();
        assert_eq!(alone.len(), 1);
        let inside = splitter.shingles("x a b c d e f g");
        assert_eq!(inside.len(), 4);
        assert_eq!(inside[2], alone[0]);
        assert_eq!(splitter.shingles("two words").len(), 1);
    }
}
