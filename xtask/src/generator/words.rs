//! Generated words by script and rank, and their frequencies.
//!
//! Words are drawn by the law of Zipf (1949) with the shift of Mandelbrot (1953) and exponent 1: the word of
//! rank `r` has a weight of one over `r + SHIFT`. The function words of a language come before them, in the
//! grammar of its script, so the ranks here begin with content words. A word is a function of its rank: there
//! is no table of words.

use serde::Deserialize;
use wirefold_score::Random;

/// The number of content words in each script, without inflected forms.
pub(crate) const WORDS: usize = 400_000;
/// Mandelbrot's shift: the function words of the grammars come before the first content word.
const SHIFT: u64 = 60;
/// The weight of rank 0 times its shift. Whole numbers give the same draws on every machine.
const SCALE: u64 = 1 << 40;
/// Ranks from here on are names of people, places and organisations, which are never drawn as words.
const NAMES: usize = 900_000;

/// The script in which an article is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
pub(crate) enum Script {
    /// English function words and generated words in Latin letters.
    #[default]
    Latin,
    /// Russian function words and generated words in Cyrillic letters.
    Cyrillic,
    /// Chinese: no spaces between words.
    Chinese,
    /// Japanese: no spaces between words.
    Japanese,
    /// Thai: spaces between phrases only.
    Thai,
}

/// All scripts in the order of the tables.
pub(crate) const SCRIPTS: [Script; 5] =
    [Script::Latin, Script::Cyrillic, Script::Chinese, Script::Japanese, Script::Thai];

impl Script {
    /// Whether there are spaces between words.
    pub(crate) fn has_spaces(self) -> bool {
        matches!(self, Script::Latin | Script::Cyrillic)
    }

    /// The separator of sentences.
    pub(super) fn space(self) -> &'static str {
        if self.has_spaces() { " " } else { "" }
    }

    /// The word of a rank. In a script with spaces, two ranks below [`WORDS`] never have the same word.
    pub(crate) fn word(self, rank: usize) -> String {
        match self {
            Script::Latin => syllables(&LATIN, rank),
            Script::Cyrillic => syllables(&CYRILLIC, rank),
            Script::Chinese => characters(0x4E00, 3_000, 400, rank),
            Script::Japanese => characters(0x5800, 2_000, 200, rank),
            Script::Thai => syllables(&THAI, rank),
        }
    }

    /// A name by its number, capitalised if the script has capitals.
    pub(crate) fn name_of(self, number: usize) -> String {
        match self {
            Script::Latin | Script::Cyrillic | Script::Thai => {
                capitalised(&self.word(NAMES + number))
            }
            Script::Chinese => characters(0x6200, 3_000, 0, number),
            Script::Japanese => kana(number),
        }
    }
}

/// The number of words, by one rule for all scripts: words between spaces, and in scripts without spaces two
/// words for three characters.
pub(crate) fn count_words(text: &str, script: Script) -> usize {
    if script.has_spaces() {
        return text.split_whitespace().count();
    }
    let letters = text.chars().filter(|character| character.is_alphanumeric()).count();
    let per_word = if script == Script::Thai { 4 } else { 2 };
    letters.div_ceil(per_word)
}

/// The text with a capital first letter.
pub(crate) fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

/// The parts of syllables in an alphabet. No end of a syllable is the beginning of another, and each syllable
/// has one vowel. So a word can be divided in one way only, and different syllables make different words.
struct Alphabet {
    beginnings: [&'static str; 20],
    vowels: [&'static str; 8],
    ends: [&'static str; 8],
}

const SYLLABLES: usize = 20 * 8 * 8;

const LATIN: Alphabet = Alphabet {
    beginnings: [
        "b", "br", "bl", "d", "dr", "f", "fl", "g", "gr", "h", "k", "kr", "p", "pl", "pr", "t",
        "tr", "v", "w", "z",
    ],
    vowels: ["a", "e", "i", "o", "u", "ea", "ou", "ai"],
    ends: ["", "n", "r", "l", "c", "m", "rn", "lm"],
};
const CYRILLIC: Alphabet = Alphabet {
    beginnings: [
        "б", "бр", "бл", "д", "др", "ф", "г", "гр", "х", "к", "кр", "кл", "п", "пл", "пр", "т",
        "тр", "в", "вр", "з",
    ],
    vowels: ["а", "е", "и", "о", "у", "я", "ю", "ы"],
    ends: ["", "н", "р", "л", "с", "м", "рн", "лс"],
};
const THAI: Alphabet = Alphabet {
    beginnings: [
        "ก", "กร", "ข", "ค", "คล", "จ", "ช", "ด", "ต", "ตร", "ท", "ป", "ปร", "พ", "พล", "ฟ", "ส",
        "ห", "ร", "ล",
    ],
    vowels: ["า", "ี", "ู", "ะ", "ิ", "ุ", "ือ", "ัว"],
    ends: ["", "น", "ม", "ง", "ย", "ว", "บ", "ก์"],
};

/// One syllable for the most frequent words, two for most, three for the others.
fn syllables(alphabet: &Alphabet, rank: usize) -> String {
    let two = SYLLABLES * SYLLABLES;
    let (count, mut rest) = match rank {
        short if short < SYLLABLES => (1, short),
        // Neighbouring ranks have different syllables: the factor is coprime to the count.
        long if long - SYLLABLES < two => (2, (long - SYLLABLES) * 514_229 % two),
        longest => (3, longest - SYLLABLES),
    };
    let mut word = String::new();
    for _ in 0..count {
        let (beginning, vowel, end) = (rest % 20, rest / 20 % 8, rest / 160 % 8);
        word.push_str(alphabet.beginnings[beginning]);
        word.push_str(alphabet.vowels[vowel]);
        word.push_str(alphabet.ends[end]);
        rest /= SYLLABLES;
    }
    word
}

/// One character for the `single` most frequent words, two for the others, from `count` characters after the
/// code point `first`.
fn characters(first: u32, count: usize, single: usize, rank: usize) -> String {
    let one = |at: usize| {
        let offset = u32::try_from(at % count).unwrap_or_default();
        char::from_u32(first + offset).unwrap_or('一')
    };
    if rank < single {
        return one(rank * 7).to_string();
    }
    let pair = (rank - single) * 514_229 % (count * count);
    [one(pair), one(pair / count)].iter().collect()
}

/// Four characters of katakana.
fn kana(number: usize) -> String {
    let mut rest = number * 514_229 % 4_100_625;
    let mut name = String::new();
    for _ in 0..4 {
        let offset = u32::try_from(rest % 45).unwrap_or_default();
        name.push(char::from_u32(0x30AB + offset).unwrap_or('ア'));
        rest /= 45;
    }
    name
}

/// Draws ranks by Zipf's law.
#[derive(Debug)]
pub(crate) struct Zipf {
    /// The sum of the weights up to each rank.
    sums: Vec<u64>,
    /// The first rank of each part of the whole weight, so that a draw searches only few.
    starts: Vec<usize>,
    /// The weight of a part.
    part: u64,
}

/// The number of parts of the whole weight.
const PARTS: u64 = 1 << 14;

impl Zipf {
    /// The law over [`WORDS`] ranks.
    pub(crate) fn new() -> Zipf {
        let mut sum = 0;
        let mut sums = Vec::with_capacity(WORDS);
        for rank in 0..WORDS as u64 {
            sum += SCALE / (rank + SHIFT);
            sums.push(sum);
        }
        let part = sum / PARTS + 1;
        let starts =
            (0..=PARTS).map(|at| sums.partition_point(|upto| *upto <= at * part)).collect();
        Zipf { sums, starts, part }
    }

    /// A random rank.
    pub(crate) fn rank(&self, random: &mut Random) -> usize {
        let all = self.sums.last().copied().unwrap_or_default();
        let drawn = random.below(usize::try_from(all).unwrap_or(usize::MAX)) as u64;
        let at = usize::try_from(drawn / self.part).unwrap_or_default();
        let (from, to) = (self.starts[at], self.starts[at + 1].min(WORDS - 1));
        from + self.sums[from..=to].partition_point(|upto| *upto <= drawn)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_ranks_have_one_word_where_words_have_spaces() {
        for script in [Script::Latin, Script::Cyrillic] {
            let words: HashSet<String> = (0..WORDS).map(|rank| script.word(rank)).collect();
            assert_eq!(words.len(), WORDS, "{script:?}");
        }
    }

    #[test]
    fn ranks_are_drawn_as_often_as_their_weight_says() {
        let (zipf, mut random) = (Zipf::new(), Random::new(7));
        let mut counts = vec![0_usize; WORDS];
        (0..400_000).for_each(|_| counts[zipf.rank(&mut random)] += 1);
        // A tenth of the words makes up three quarters of the text.
        let tenth: usize = counts[..WORDS / 10].iter().sum();
        assert!((287_000..303_000).contains(&tenth), "{tenth}");
        let of = |ranks: std::ops::Range<usize>| counts[ranks].iter().sum::<usize>() as f64;
        let ratio = of(0..40) / of(120..160);
        assert!((2.2..2.9).contains(&ratio), "{ratio}");
    }
}
