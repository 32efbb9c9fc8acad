//! Recasting: the same build of a sentence with other names, numbers and words.

use std::collections::{BTreeMap, BTreeSet};

use wirefold_text::{Text, Word};

use wirefold_score::Random;

/// Words kept in a row before one of five letters or more is replaced …
const KEPT: usize = 2;
/// … and before any is, so that no five words in a row outlive a recasting.
const MOST_KEPT: usize = 4;
/// From this length on, words are alike by their endings.
const LONG: usize = 5;

/// With fewer words of one shape, any word will do.
const LEAST_ALIKE: usize = 3;
const ENDINGS: [&str; 4] = ["ing", "ed", "ly", "s"];
const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const HEADS: [&str; 20] = [
    "Brann", "Cald", "Dorv", "Elsp", "Farr", "Gild", "Harsk", "Ingr", "Jarv", "Keld", "Lunt",
    "Marr", "Norv", "Ostr", "Pell", "Quist", "Rask", "Stell", "Thorn", "Wend",
];
const TAILS: [&str; 16] = [
    "ack", "aby", "ane", "eck", "ell", "erby", "esk", "holm", "ick", "ingham", "ister", "ora",
    "osk", "ova", "und", "yne",
];

/// An invented name.
pub(crate) fn name(random: &mut Random) -> String {
    format!("{}{}", random.pick(&HEADS), random.pick(&TAILS))
}

/// A day of the week.
pub(crate) fn day(random: &mut Random) -> &'static str {
    DAYS[random.below(DAYS.len())]
}

/// A month.
pub(crate) fn month(random: &mut Random) -> &'static str {
    MONTHS[random.below(MONTHS.len())]
}

/// Lower-case words by their shape: short, of four letters, or long with an ending.
#[derive(Debug)]
pub(crate) struct Vocabulary {
    alike: BTreeMap<(&'static str, usize), Vec<String>>,
    all: Vec<String>,
}

impl Vocabulary {
    /// The lower-case words of `texts`.
    pub(crate) fn new<'a>(texts: impl Iterator<Item = &'a String>) -> Vocabulary {
        let mut found: BTreeSet<String> = BTreeSet::new();
        for text in texts {
            let analysed = Text::new(text);
            let words = analysed.words().iter().map(|word| word.span.of(text));
            let is_plain = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
            found.extend(words.filter(is_plain).map(str::to_owned));
        }
        let mut alike: BTreeMap<_, Vec<String>> = BTreeMap::new();
        for word in &found {
            alike.entry(shape(word)).or_default().push(word.clone());
        }
        Vocabulary { alike, all: found.into_iter().collect() }
    }

    /// Another word of the same shape, with a capital where `word` has one.
    pub(crate) fn like(&self, word: &str, random: &mut Random) -> String {
        let lower = word.to_lowercase();
        let same = self.alike.get(&shape(&lower)).filter(|words| words.len() >= LEAST_ALIKE);
        let words = same.unwrap_or(&self.all);
        let drawn = random.below(words.len());
        // A word does not stand in for itself: then its neighbour does.
        let near = [drawn, drawn + 1].map(|at| &words[at % words.len()]);
        let other = if *near[0] == lower { near[1] } else { near[0] };
        if word.starts_with(char::is_uppercase) { capitalised(other) } else { other.clone() }
    }
}

fn shape(word: &str) -> (&'static str, usize) {
    let length = word.chars().count();
    if length < LONG {
        // There are too few words of one and two letters to choose from.
        return ("", length.max(3));
    }
    let ending = ENDINGS.into_iter().find(|ending| word.ends_with(ending));
    (ending.unwrap_or(""), LONG)
}

/// The word with a capital first letter.
pub(crate) fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

/// Puts another word in the place of each for which `choose` gives one.
pub(crate) fn replace_words(
    text: &str,
    mut choose: impl FnMut(usize, &Word, &str) -> Option<String>,
) -> String {
    let analysed = Text::new(text);
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    for (at, word) in analysed.words().iter().enumerate() {
        // A character may stand for several words, such as a fraction: only the first counts.
        if word.span.start < copied {
            continue;
        }
        if let Some(other) = choose(at, word, word.span.of(text)) {
            replaced.push_str(&text[copied..word.span.start]);
            replaced.push_str(&other);
            copied = word.span.end;
        }
    }
    replaced.push_str(&text[copied..]);
    replaced
}

/// The invented names of one text: one for each name of its sources.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    names: BTreeMap<String, String>,
}

impl Cast {
    /// The paragraph with other names and numbers, and other words wherever five in a row would
    /// stay the same.
    pub(crate) fn recast(
        &mut self,
        paragraph: &str,
        vocabulary: &Vocabulary,
        random: &mut Random,
    ) -> String {
        let analysed = Text::new(paragraph);
        let sentences = analysed.sentences();
        let starts: BTreeSet<usize> = sentences.iter().map(|its| its.words.start).collect();
        let mut kept = 0;
        replace_words(paragraph, |at, word, original| {
            let opens = starts.contains(&at) || paragraph[..word.span.start].ends_with(['“', '‘']);
            let is_name = word.capital && !opens && original != "I" && !original.starts_with("I’");
            let other = if original.contains(|c: char| c.is_ascii_digit()) {
                number_like(original, random)
            } else if is_name {
                self.name_for(original, random)
            } else if kept >= MOST_KEPT || kept >= KEPT && original.len() >= LONG {
                vocabulary.like(original, random)
            } else {
                kept += 1;
                return None;
            };
            kept = 0;
            Some(other)
        })
    }

    fn name_for(&mut self, original: &str, random: &mut Random) -> String {
        let (stem, ending) = match original.strip_suffix("’s") {
            Some(stem) => (stem, "’s"),
            None => (original, ""),
        };
        if let Some(other) = another(&DAYS, stem, random).or_else(|| another(&MONTHS, stem, random))
        {
            return format!("{other}{ending}");
        }
        let invented = self.names.entry(stem.to_uppercase()).or_insert_with(|| name(random));
        let shouts = stem.len() > 1 && !stem.contains(char::is_lowercase);
        let cased = if shouts { invented.to_uppercase() } else { invented.clone() };
        format!("{cased}{ending}")
    }
}

/// Another member of `names`, if `word` is one.
fn another(names: &[&'static str], word: &str, random: &mut Random) -> Option<&'static str> {
    let at = names.iter().position(|name| *name == word)?;
    Some(names[(at + random.within(1..names.len())) % names.len()])
}

/// Another number with as many digits.
fn number_like(original: &str, random: &mut Random) -> String {
    loop {
        let digit = |c: char| match c.to_digit(10) {
            Some(_) => char::from(b'1' + u8::try_from(random.below(9)).unwrap_or_default()),
            None => c,
        };
        let other: String = original.chars().map(digit).collect();
        if other != original {
            return other;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "On Tuesday the council of Ravensmoor said that 41 of its old bridges, \
        among them Orla’s Crossing, were to be closed while the river stood as high as it did. \
        Nobody was asked what they thought of it and nobody, said the mayor, would be.";

    #[test]
    fn no_five_words_in_a_row_outlive_a_recasting() {
        let texts = [TEXT.to_owned()];
        let vocabulary = Vocabulary::new(texts.iter());
        let mut random = Random::new(1);
        let recast = Cast::default().recast(TEXT, &vocabulary, &mut random);
        let words = |text: &str| -> Vec<String> {
            Text::new(text).normal_words().map(str::to_owned).collect()
        };
        let (before, after) = (words(TEXT), words(&recast));
        assert_eq!(before.len(), after.len(), "{recast}");
        assert!(before.windows(5).zip(after.windows(5)).all(|(a, b)| a != b), "{recast}");
        assert!(!recast.contains("Tuesday") && !recast.contains("41") && recast.contains("’s "));
    }
}
