//! Statements: the sentences of a text without page chrome and dateline, and whether one is about another time.

use crate::{Paragraph, ParagraphKind, Text};

/// The sentences of a text from its lede on, without page chrome before them and without the dateline.
pub fn statements(text: &Text) -> impl Iterator<Item = &str> {
    let lede = beginning(text);
    let found = text.sentences().into_iter().filter(move |it| it.words.end > lede);
    let said = found.map(|it| {
        let chrome = it.words.take_while(|word| text.words()[*word].is_chrome).last();
        let start = chrome.map_or(it.span.start, |word| text.words()[word].span.end);
        text.original()[start..it.span.end].trim()
    });
    let said = said.filter(|said| !said.is_empty()).enumerate();
    said.map(|(place, said)| if place == 0 { without_dateline(said) } else { said })
}

/// The first word of the lede, or of a sentence that stands before it as a paragraph.
fn beginning(text: &Text) -> usize {
    let lede = text.lede().start;
    let prose = text.paragraphs().iter().filter(|it| it.kind == ParagraphKind::Prose);
    let mut before = prose.take_while(|it| it.words.start < lede);
    let is_sentence = |it: &&Paragraph| {
        it.words.len() > 5 && it.span.of(text.original()).trim_end().ends_with('.')
    };
    before.find(is_sentence).map_or(lede, |it| it.words.start)
}

/// The longest dateline, in characters.
const DATELINE: usize = 60;

fn without_dateline(said: &str) -> &str {
    let found = [" — ", " – ", " - "]
        .iter()
        .filter_map(|dash| said.split_once(*dash))
        .min_by_key(|(place, _)| place.len());
    match found {
        Some((place, rest))
            if place.chars().count() < DATELINE
                && (place.ends_with(')') || place.to_uppercase() == place) =>
        {
            rest
        }
        _ => said,
    }
}

/// Years, which are no counts.
pub const YEARS: std::ops::Range<u64> = 1_800..2_200;

/// Whether a sentence of this year is about another time: it has an earlier year, or words such as `last winter`.
#[must_use]
pub fn is_of_the_past(said: &str, year: u64) -> bool {
    words_of(said).any(|word| is_before(word, year)) || is_of_before(said)
}

/// Words that begin a date with a year or decade, and words inside it.
const IN: [&str; 12] =
    ["in", "im", "en", "nel", "em", "в", "during", "dans", "negli", "nei", "nos", "back"];
#[rustfmt::skip]
const INSIDE: [&str; 16] = [
    "the", "in", "of", "den", "les", "los", "gli", "jahr", "jahren", "année", "années", "año", "años", "anni", "ano", "anos",
];

/// Whether a sentence of this year begins with an earlier date: `In 2011 three people died`, `In the 1990s`.
#[must_use]
pub fn begins_in_the_past(said: &str, year: u64) -> bool {
    let first = said[clock_time(said)..].split(',').next().unwrap_or_default();
    is_date(&words_of(first).collect::<Vec<_>>(), year)
}

/// Whether a clause of this year ends with an earlier date: `in a similar collapse here in 2011`.
#[must_use]
pub fn ends_in_the_past(clause: &str, year: u64) -> bool {
    let words: Vec<&str> = words_of(clause).collect();
    // `в 2011 году`.
    let last = words.iter().rev().take(2).any(|word| is_before(word, year));
    last && (0..words.len()).any(|at| is_date(&words[at..], year))
}

/// Whether words begin with a date before this year. One of them may be a month.
fn is_date(words: &[&str], year: u64) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    let is_one_of = |word: &str, all: &[&str]| all.contains(&&*word.to_lowercase());
    let date = rest.iter().position(|word| is_before(word, year)).map(|at| &rest[..at]);
    let others = |inside: &[&str]| inside.iter().filter(|word| !is_one_of(word, &INSIDE)).count();
    is_one_of(first, &IN) && date.is_some_and(|date| others(date) <= 1)
}

/// Whether a word is an earlier year or decade: `2011`, `1990s`, `1990er`.
fn is_before(word: &str, year: u64) -> bool {
    let digits = word.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().is_ok_and(|value| YEARS.contains(&value) && value < year)
}

fn words_of(said: &str) -> impl Iterator<Item = &str> {
    said.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// The length of the clock time with which an entry of a live page begins, with the marks behind it: `14:02 – The bridge is
/// open again.` 0 if there is none.
#[must_use]
pub fn clock_time(line: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let hours = digits(line);
    let rest = &line[hours..];
    if !matches!(hours, 1 | 2) || !rest.starts_with([':', '.']) || digits(&rest[1..]) != 2 {
        return 0;
    }
    let behind = &rest[3..];
    let said = behind.trim_start_matches([' ', '\u{a0}', ':', '-', '–', '—', '|']);
    if said.len() < behind.len() { line.len() - said.len() } else { 0 }
}

/// Whether a sentence has words for another time, such as `last winter`.
#[must_use]
pub fn is_of_before(said: &str) -> bool {
    #[rustfmt::skip]
    const PAST: [&str; 15] = [
        "last winter", "last year", "last month", "last week", "last summer", " ago",
        "anniversary", "previous", "since ", "earlier storm", "history", "vergangen",
        "letztes jahr", "l’année dernière", "año pasado",
    ];
    let said = said.to_lowercase();
    PAST.iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_may_date_itself_in_an_earlier_year() {
        let check = |said: &str, begins: bool, ends: bool| {
            let found = (begins_in_the_past(said, 2026), ends_in_the_past(said, 2026));
            assert_eq!(found, (begins, ends), "{said}");
        };
        check("In 2011 three people were killed in a similar collapse here", true, false);
        check("14:40 Back in March 2011 three people died", true, false);
        check("In the 1990s two bridges fell in", true, false);
        check("Im Jahr 2011 starben hier drei Menschen", true, false);
        check("In den 1990er Jahren stürzten zwei Brücken ein", true, false);
        check("En 2011 trois personnes sont mortes ici", true, false);
        check("Dans les années 1990 deux ponts se sont effondrés", true, false);
        check("En los años 1990 se hundieron dos puentes", true, false);
        check("Nel 2011 sono morte qui tre persone", true, false);
        check("Em 2011 morreram aqui três pessoas", true, false);
        check("В 2011 году здесь погибли три человека", true, false);
        check("A similar bridge collapsed here in 2011", false, true);
        check("Здесь обрушился мост в 2011 году", false, true);
        check("Bridge built in 1968 collapses in Kell", false, false);
        check("In Kell a suspect of the 2019 murder was arrested", false, false);
        check("In 2026 three people were killed here", false, false);
        check("The 2019 murder trial ends", false, false);
    }

    #[test]
    fn a_clock_time_begins_an_entry() {
        let check = |line: &str, rest: &str| assert_eq!(&line[clock_time(line)..], rest);
        check("14:02 The bridge is open", "The bridge is open");
        check("9.30 – The bridge is open", "The bridge is open");
        check("14:02: Open", "Open");
        for none in ["12.5 percent", "12.50", "14:021 x", "2011 x", "", "114:02 x"] {
            check(none, none);
        }
    }
}
