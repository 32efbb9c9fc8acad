//! Keyphrases: words of the title that the text repeats and that are rare elsewhere.
//!
//! The module sees only one article. The rarity of a word comes from a word list that ships with
//! the model for names. The gateway decides which phrases distinguish a story from others of the
//! same days.

use std::ops::Range;

use rustc_hash::FxHashMap;
use wirefold_names::how_common;
use wirefold_proto::{FoundBy, Keyphrase};
use wirefold_text::Text;
use wirefold_text::extract::{Number, numbers};

use crate::cues::is_calendar;
use crate::reading::Reading;

/// The most phrases of one text.
const MOST: usize = 5;
/// The most words of a phrase: more are the headline itself.
const LONGEST: usize = 4;
/// The most bytes of a title that are read.
const TITLE: usize = 400;
/// The most words of a title that are read.
const TITLE_WORDS: usize = 40;
/// A phrase does not begin or end with a word of this class. Of the five classes, 0 has the rarest
/// words.
const VERY_COMMON: u8 = 4;
/// A phrase has at least one word that is no more common, …
const NOT_COMMON: u8 = 2;
/// … and a single word is a phrase only if it is no more common than this.
const RARE: u8 = 1;
/// The fewest letters of a word that is a phrase, or that begins or ends one.
const SHORTEST: usize = 3;

/// A candidate for a phrase: its words in the title, its first position in the text, and its count.
struct Candidate {
    title: Range<usize>,
    first: Range<usize>,
    count: u32,
}

/// The phrases that a text shares with its title, the most important first.
pub(crate) fn keyphrases(reading: &Reading<'_>, title: &str) -> Vec<Keyphrase> {
    if reading.is_caseless {
        return Vec::new();
    }
    let title = Text::new(&title[..title.floor_char_boundary(TITLE)]);
    let mut positions: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (at, word) in title.words().iter().take(TITLE_WORDS).enumerate() {
        positions.entry(title.normal(word)).or_default().push(at);
    }
    let mut numbers = numbers(&title, 0..title.words().len().min(TITLE_WORDS));
    // `three-year contract`
    numbers.retain(|number| !title.original()[number.span.end..].starts_with(['-', '‑']));
    // Nearly no word of a text is in its title. Most are excluded by their first byte and their
    // length.
    let mut shapes = [0_u32; 256];
    for normal in positions.keys() {
        shapes[usize::from(normal.as_bytes().first().copied().unwrap_or_default())] |=
            bit(normal.len());
    }
    let may_be_in_title = |at: usize| {
        let (bytes, length) = reading.text.normal_with_tail(&reading.text.words()[at]);
        shapes[usize::from(bytes.first().copied().unwrap_or_default())] & bit(length) != 0
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut next = 0;
    while next < reading.text.words().len() {
        if !may_be_in_title(next) {
            next += 1;
            continue;
        }
        let run = shared_run(reading, &title, &positions, next);
        next += run.len().max(1);
        if let Some((words, first)) = phrase(reading, &title, &numbers, run, next) {
            match candidates.iter_mut().find(|one| one.title == words) {
                Some(one) => one.count += 1,
                None => candidates.push(Candidate { title: words, first, count: 1 }),
            }
        }
    }
    best_phrases(reading, &title, candidates)
}

/// One bit for each length in bytes. The last bit stands for all greater lengths.
fn bit(length: usize) -> u32 {
    1 << length.min(31)
}

/// The longest run of title words at a position of the text.
fn shared_run(
    reading: &Reading<'_>,
    title: &Text,
    positions: &FxHashMap<&str, Vec<usize>>,
    at: usize,
) -> Range<usize> {
    let words = reading.text.words();
    if words[at].is_chrome || words[at].alone || reading.in_heading(at) {
        return 0..0;
    }
    let starts = positions.get(reading.text.normal(&words[at]));
    let runs = starts.into_iter().flatten().map(|start| {
        let follows = |step: &usize| {
            let (here, there) = (words.get(at + step), title.words().get(start + step));
            here.zip(there).is_some_and(|(here, there)| {
                reading.text.normal(here) == title.normal(there)
                    && (*step == 0 || reading.touches(at + step))
            })
        };
        *start..*start + (0..TITLE_WORDS).take_while(follows).count()
    });
    runs.max_by_key(ExactSizeIterator::len).unwrap_or(0..0)
}

/// A run without common words at its ends, if it may be a phrase: its words in the title, and in
/// the text, where the run ends before `end`.
fn phrase(
    reading: &Reading<'_>,
    title: &Text,
    numbers: &[Number],
    run: Range<usize>,
    end: usize,
) -> Option<(Range<usize>, Range<usize>)> {
    let is_small = |at: &usize| {
        let normal = title.normal(&title.words()[*at]);
        how_common(normal) >= VERY_COMMON
            || normal.chars().count() < SHORTEST
            || is_calendar(normal)
            || !normal.chars().any(char::is_alphabetic)
            || numbers.iter().any(|number| number.words.contains(at))
    };
    let head = run.clone().take_while(is_small).count();
    let tail = run.clone().rev().take_while(is_small).count();
    let words = run.start + head..run.end.saturating_sub(tail);
    if words.is_empty() || words.len() > LONGEST {
        return None;
    }
    let first = end - run.len() + head;
    let in_text = first..first + words.len();
    let alone = title.normal(&title.words()[words.start]);
    let is_rare = |at: usize| how_common(title.normal(&title.words()[at])) <= NOT_COMMON;
    let is_phrase = match words.len() {
        1 => reading.is_name(in_text.start) || how_common(alone) <= RARE,
        _ => words.clone().any(is_rare),
    };
    is_phrase.then_some((words, in_text))
}

/// The phrases with the most weight, none inside another.
fn best_phrases(
    reading: &Reading<'_>,
    title: &Text,
    mut candidates: Vec<Candidate>,
) -> Vec<Keyphrase> {
    let weight = |one: &Candidate| {
        let rare = |at: usize| 5 - u32::from(how_common(title.normal(&title.words()[at])).min(4));
        one.title.clone().map(rare).sum::<u32>() * (1 + one.count.min(8))
    };
    // A single word that occurs only once in the text may be a coincidence.
    candidates.retain(|one| one.title.len() > 1 || one.count > 1);
    candidates.sort_by_key(|one| (std::cmp::Reverse(weight(one)), one.title.start));
    let mut chosen: Vec<Candidate> = Vec::new();
    for one in candidates {
        let is_inside = |other: &Candidate| {
            other.title.start < one.title.end && one.title.start < other.title.end
        };
        if chosen.len() < MOST && !chosen.iter().any(is_inside) {
            chosen.push(one);
        }
    }
    let phrases = chosen.into_iter().map(|one| Keyphrase {
        words: reading.printed(&one.first).to_owned(),
        count: one.count,
        how: FoundBy::List,
    });
    phrases.filter(|one| !one.words.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(title: &str, text: &str, expected: &[(&str, u32)]) {
        let analysed = Text::new(text);
        let found = keyphrases(&Reading::new(&analysed), title);
        let phrases: Vec<_> = found.iter().map(|one| (one.words.as_str(), one.count)).collect();
        assert_eq!(phrases, expected, "{title}");
        assert!(found.iter().all(|one| text.contains(&one.words)));
    }

    const TEXT: &str = "The harbour wall of Quayton broke in the storm. Divers looked at the harbour wall on \
        Monday, and the mayor said the ferry to Sandholm would stay away. The Sandholm ferry is late, as the \
        ferry often is.";

    #[test]
    fn finds_words_of_the_title_that_the_text_repeats() {
        check(
            "Harbour wall broken, Sandholm ferry stays away",
            TEXT,
            &[("harbour wall", 2), ("Sandholm ferry", 1)],
        );
        check("Divers go to the moon", TEXT, &[]);
        check("", TEXT, &[]);
        check("The of and", TEXT, &[]);
    }

    #[test]
    fn the_headline_itself_is_not_a_phrase() {
        let title = "Harbour wall of Quayton broke in the storm";
        check(title, &format!("{title}. {title}."), &[]);
    }

    #[test]
    fn gives_at_most_five_phrases_without_overlaps() {
        let names =
            ["Abelmar", "Brandvik", "Corliss", "Dravenport", "Elsinova", "Farhaven", "Gostrand"];
        let title = names.join(", ");
        let text = names.map(|name| format!("We saw {name} and {name} again.")).join(" ");
        let analysed = Text::new(&text);
        assert_eq!(keyphrases(&Reading::new(&analysed), &title).len(), MOST);
    }

    #[test]
    fn phrases_do_not_begin_or_end_with_numbers() {
        let text = "Lund Paper sold a 250 mln crown bond. The crown bond of 250 mln runs for nine years, and \
            nine times they asked Lund Paper.";
        check(
            "Nine times: Lund Paper sells 250 mln crown bond",
            text,
            &[("crown bond", 2), ("Lund Paper", 2)],
        );
    }

    #[test]
    fn scripts_without_capitals_have_no_phrases() {
        check("港口关闭", "港口关闭。港口关闭。", &[]);
    }
}
