//! Hostile articles, which are cheap to send and expensive to compare.

use wirefold_score::Random;

use super::article::{Paragraph, Role, Sentence};
use super::edits::hide;
use super::news::Draft;
use super::outlets::place_of;
use super::words::{SCRIPTS, capitalised};
use super::writer::Writer;

/// The kind of a hostile article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trick {
    /// One word repeated up to the size limit of a text.
    OneWord,
    /// One word as long as a text may be.
    LongWord,
    /// A run of words after each sentence that all articles of this kind share.
    OneShingle,
    /// The wall of its outlet in place of an article, with a title of its own.
    Wall,
    /// Sentences from a stock that all articles of this kind use, so each key is in many stories.
    HotKeys,
    /// All scripts in one sentence.
    MixedScripts,
    /// Every letter with combining marks and zero-width characters.
    Marks,
}

const TRICKS: [Trick; 7] = [
    Trick::OneWord,
    Trick::LongWord,
    Trick::OneShingle,
    Trick::Wall,
    Trick::HotKeys,
    Trick::MixedScripts,
    Trick::Marks,
];
/// The number of sentences in the stock, and in one article.
const STOCK: usize = 200;
const OF_STOCK: usize = 30;
/// The article number whose sentences are the stock. No stream reaches it.
pub(crate) const STOCK_ROOT: u64 = u64::MAX;
const SHINGLE: &str = "wherever you are and whatever you do please share this message with all";

impl Trick {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Trick::OneWord => "oneword",
            Trick::LongWord => "longword",
            Trick::OneShingle => "oneshingle",
            Trick::Wall => "wall",
            Trick::HotKeys => "hotkeys",
            Trick::MixedScripts => "mixedscripts",
            Trick::Marks => "marks",
        }
    }

    /// A random kind.
    pub(super) fn drawn(random: &mut Random) -> Trick {
        *random.pick(&TRICKS)
    }

    /// Makes the article. `limit` is the largest size of a text in bytes.
    pub(super) fn make(self, writer: &mut Writer<'_>, limit: usize, wall: &Paragraph) -> Draft {
        let title = writer.headline();
        let paragraphs = match self {
            Trick::OneWord => vec![vec![repeated(writer, " ", limit)]],
            Trick::LongWord => vec![vec![repeated(writer, "", limit)]],
            Trick::OneShingle => one_shingle(writer),
            Trick::Wall => vec![wall.clone()],
            Trick::HotKeys => stock(writer),
            Trick::MixedScripts => mixed_scripts(writer),
            Trick::Marks => marks(writer),
        };
        Draft { title, byline: String::new(), paragraphs }
    }
}

/// A new word, repeated up to the limit.
fn repeated(writer: &mut Writer<'_>, space: &str, limit: usize) -> Sentence {
    let word = writer.script.name_of(200_000 + writer.random.below(100_000)) + space;
    let text = word.repeat(limit / word.len());
    writer.sentence_of(text.trim_end().to_owned())
}

fn one_shingle(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    for _ in 0..12 {
        let shared =
            Sentence::new(format!("{}.", capitalised(SHINGLE)), writer.script, Role::Chrome);
        paragraphs.push(vec![writer.own(), shared]);
    }
    paragraphs
}

/// Sentences of the stock in a random order.
fn stock(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut numbers: Vec<usize> = (0..STOCK).collect();
    writer.random.shuffle(&mut numbers);
    let of_script = place_of(writer.script) * STOCK;
    let sentence = |number: &usize| vec![writer.common(STOCK_ROOT, of_script + number)];
    numbers[..OF_STOCK].iter().map(sentence).collect()
}

fn mixed_scripts(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    for _ in 0..10 {
        let word = |random: &mut Random| {
            let script = *random.pick(&SCRIPTS);
            script.word(random.below(20_000))
        };
        let words: Vec<String> = (0..20).map(|_| word(&mut writer.random)).collect();
        let text = words.join(if writer.random.chance(50) { " " } else { "" });
        paragraphs.push(vec![writer.sentence_of(text)]);
    }
    paragraphs
}

fn marks(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    for _ in 0..10 {
        let sentence = writer.sentence();
        let mut text = String::new();
        for letter in hide(&sentence).chars() {
            text.push(letter);
            if letter.is_alphabetic() {
                let count = writer.random.below(6);
                text.extend((0..count).map(|_| *writer.random.pick(&MARKS)));
            }
        }
        paragraphs.push(vec![writer.sentence_of(text)]);
    }
    paragraphs
}

/// Combining marks, joiners, and direction marks.
const MARKS: [char; 8] = [
    '\u{0300}', '\u{0301}', '\u{0323}', '\u{0489}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{202e}',
];
