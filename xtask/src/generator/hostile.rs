//! Hostile articles: each is cheap to send and expensive to compare.

use wirefold_score::Random;

use super::article::{Paragraph, Role, Sentence};
use super::edits::hide;
use super::news::Draft;
use super::outlets::place_of;
use super::words::{SCRIPTS, capitalised};
use super::writer::Writer;

/// What a hostile article does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trick {
    /// One word again and again, to the limit of a text.
    OneWord,
    /// One word as long as a text may be.
    LongWord,
    /// A run of words that all of its kind have behind each sentence.
    OneShingle,
    /// The wall of its outlet in the place of an article, under a title of its own.
    Wall,
    /// Sentences of a stock that all of its kind draw from: each key stands under many stories.
    HotKeys,
    /// All scripts in one sentence.
    MixedScripts,
    /// Every letter with marks that combine with it and characters of no width.
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
/// Sentences of the stock, and how many of them one article has.
const STOCK: usize = 200;
const OF_STOCK: usize = 30;
/// The article whose sentences the stock is: one that no stream reaches.
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

    /// One of them, by lot.
    pub(super) fn drawn(random: &mut Random) -> Trick {
        *random.pick(&TRICKS)
    }

    /// Makes the article; `limit` is how many bytes a text may have.
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

/// A word of this article alone, as often as the limit allows.
fn repeated(writer: &mut Writer<'_>, space: &str, limit: usize) -> Sentence {
    let word = writer.script.name_of(200_000 + writer.random.below(100_000)) + space;
    let text = word.repeat(limit / word.len());
    writer.claim(text.trim_end().to_owned())
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

/// Sentences of the stock, in an order of this article's own.
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
        paragraphs.push(vec![writer.claim(text)]);
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
        paragraphs.push(vec![writer.claim(text)]);
    }
    paragraphs
}

/// Marks that combine with the letter before, joiners, and marks of direction.
const MARKS: [char; 8] = [
    '\u{0300}', '\u{0301}', '\u{0323}', '\u{0489}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{202e}',
];
