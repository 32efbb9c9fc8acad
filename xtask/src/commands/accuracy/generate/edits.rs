//! What happens to a text when others print it.

use std::collections::BTreeSet;

use wirefold_text::Text;

use super::bases::{Base, words};
use super::outlets::Outlet;
use super::recast::{Vocabulary, replace_words};
use super::spelling::restyle;
use super::templates::lede;
use wirefold_score::Random;

/// An edit that leaves a copy a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edit {
    /// None.
    Exact,
    /// Another first paragraph, before the old one or in its place.
    NewLede,
    /// Only the first 35 to 70 % of the words, up to the end of a sentence.
    DropTail,
    /// All paragraphs in another order.
    Reorder,
    /// The outlet's own paragraphs at the head, in the middle and at the tail.
    Boiler,
    /// British spelling, numerals and quotation marks.
    Spell,
    /// 5 % of the words replaced.
    Sub5,
    /// 15 % of the words replaced.
    Sub15,
    /// Three different ones of these, the tail cut less.
    Mix,
}

/// Every edit, in the order of the tables.
pub(crate) const EDITS: [Edit; 9] = [
    Edit::Exact,
    Edit::NewLede,
    Edit::DropTail,
    Edit::Reorder,
    Edit::Boiler,
    Edit::Spell,
    Edit::Sub5,
    Edit::Sub15,
    Edit::Mix,
];
/// What a mix is made of, in the order in which it is done.
const MIXED: [Edit; 6] =
    [Edit::Sub5, Edit::DropTail, Edit::Reorder, Edit::NewLede, Edit::Spell, Edit::Boiler];

impl Edit {
    /// Its name in the labels.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Edit::Exact => "exact",
            Edit::NewLede => "newlede",
            Edit::DropTail => "droptail",
            Edit::Reorder => "reorder",
            Edit::Boiler => "boiler",
            Edit::Spell => "spell",
            Edit::Sub5 => "sub5",
            Edit::Sub15 => "sub15",
            Edit::Mix => "mix",
        }
    }

    /// Whether it makes sense for a base: templates and spelling are English.
    pub(crate) fn suits(self, base: &Base) -> bool {
        let for_all = [Edit::Exact, Edit::DropTail, Edit::Reorder, Edit::Sub5, Edit::Sub15];
        base.is_english || for_all.contains(&self)
    }

    /// The base under this edit at `outlet`.
    pub(crate) fn apply(
        self,
        base: &Base,
        outlet: &Outlet,
        vocabulary: &Vocabulary,
        random: &mut Random,
    ) -> Vec<String> {
        let mut paragraphs = base.paragraphs.clone();
        if self != Edit::Mix {
            self.change(&mut paragraphs, base, outlet, vocabulary, (35, 70), random);
            return paragraphs;
        }
        let mut mixed = MIXED;
        random.shuffle(&mut mixed);
        for edit in MIXED.into_iter().filter(|edit| mixed[..3].contains(edit)) {
            edit.change(&mut paragraphs, base, outlet, vocabulary, (60, 85), random);
        }
        paragraphs
    }

    fn change(
        self,
        paragraphs: &mut Vec<String>,
        base: &Base,
        outlet: &Outlet,
        vocabulary: &Vocabulary,
        kept: (usize, usize),
        random: &mut Random,
    ) {
        match self {
            Edit::Exact | Edit::Mix => {}
            Edit::NewLede => {
                if random.chance(50) && paragraphs.len() > 3 {
                    paragraphs.remove(0);
                }
                paragraphs.insert(0, lede(random));
            }
            Edit::DropTail => {
                let percent = random.within(kept.0..kept.1 + 1);
                let total: usize = paragraphs.iter().map(|paragraph| words(paragraph)).sum();
                *paragraphs = opening(paragraphs, (total * percent).div_ceil(100));
            }
            Edit::Reorder => reorder(paragraphs, random),
            Edit::Boiler => print_lines(paragraphs, outlet, random),
            Edit::Spell => restyle(paragraphs, random),
            Edit::Sub5 => substitute(paragraphs, 5, base, vocabulary, random),
            Edit::Sub15 => substitute(paragraphs, 15, base, vocabulary, random),
        }
    }
}

/// The first sentences with at least `least` words in all, in their paragraphs. Nobody cuts inside
/// a quotation, so what is quoted is kept to its end.
pub(crate) fn opening(paragraphs: &[String], least: usize) -> Vec<String> {
    let mut total = 0;
    let mut kept = Vec::new();
    for paragraph in paragraphs {
        let text = Text::new(paragraph);
        let mut end = 0;
        for sentence in text.sentences() {
            if total >= least && !is_open(&paragraph[..end]) {
                break;
            }
            total += sentence.words.len();
            end = sentence.span.end;
        }
        if end > 0 {
            kept.push(paragraph[..end].to_owned());
        }
    }
    kept
}

/// Whether a quotation has begun and not ended.
fn is_open(text: &str) -> bool {
    let marks = |mark: char| text.matches(mark).count();
    marks('“') > marks('”') || marks('«') > marks('»') || marks('"') % 2 == 1
}

fn reorder(paragraphs: &mut [String], random: &mut Random) {
    let before = paragraphs.to_vec();
    while paragraphs.len() > 1 && paragraphs == before {
        random.shuffle(paragraphs);
    }
}

/// Puts the outlet's lines where its pages have them: the first on top, the last below, and one
/// between two paragraphs.
pub(crate) fn print_lines(paragraphs: &mut Vec<String>, outlet: &Outlet, random: &mut Random) {
    let [first, middle @ .., last] = outlet.lines.as_slice() else { return };
    for line in middle {
        let at = random.within(1..paragraphs.len().max(2));
        paragraphs.insert(at, line.clone());
    }
    paragraphs.insert(0, first.clone());
    paragraphs.push(last.clone());
}

/// Replaces `percent` of the words: English ones by words of the same shape, others by words of
/// the same text.
fn substitute(
    paragraphs: &mut [String],
    percent: usize,
    base: &Base,
    vocabulary: &Vocabulary,
    random: &mut Random,
) {
    let own = base.paragraphs.join("\n");
    let own_text = Text::new(&own);
    let own_words: Vec<&str> = own_text.words().iter().map(|word| word.span.of(&own)).collect();
    for paragraph in paragraphs {
        let places = places(paragraph, percent, random);
        *paragraph = replace_words(paragraph, |at, _, original| {
            if !places.contains(&at) {
                return None;
            }
            Some(match base.is_english {
                true => vocabulary.like(original, random),
                false => (*random.pick(&own_words)).to_owned(),
            })
        });
    }
}

/// `percent` of the words of a paragraph, drawn by lot. Where a character counts as a word, two
/// in a row make one that a writer would change.
fn places(paragraph: &str, percent: usize, random: &mut Random) -> BTreeSet<usize> {
    let text = Text::new(paragraph);
    let count = text.words().len();
    let width = if text.words().iter().any(|word| word.alone) { 2 } else { 1 };
    let mut starts: Vec<usize> = (0..count).step_by(width).collect();
    random.shuffle(&mut starts);
    // Rounded by lot, so that short paragraphs get their share.
    starts.truncate((starts.len() * percent + random.below(100)) / 100);
    starts.into_iter().flat_map(|start| start..start + width).collect()
}
