//! Statements: the sentences of a text without page chrome and dateline, and whether one is about another time.

use crate::{Paragraph, ParagraphKind, Text};

/// A sentence of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement<'a> {
    /// Its words.
    pub said: &'a str,
    /// The number of its paragraph.
    pub paragraph: u32,
}

/// A sentence of fewer words is a greeting or a label, and opens nothing: `Good evening.`
const LEAST: usize = 3;

/// The sentences of a text from its lede on, without greeting and page chrome before them, and without the dateline.
pub fn statements(text: &Text) -> impl Iterator<Item = Statement<'_>> {
    let lede = beginning(text);
    let found = text.each_sentence().filter(move |it| it.words.end > lede);
    let found = found.skip_while(|it| it.words.len() < LEAST);
    let said = found.map(|it| {
        let paragraph = text.words()[it.words.start].paragraph;
        let chrome = it.words.take_while(|word| text.words()[*word].is_chrome).last();
        let start = chrome.map_or(it.span.start, |word| text.words()[word].span.end);
        Statement { said: text.original()[start..it.span.end].trim(), paragraph }
    });
    let said = said.filter(|it| !it.said.is_empty()).enumerate();
    said.map(|(place, it)| match place {
        0 => Statement { said: without_dateline(it.said), ..it },
        _ => it,
    })
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

/// The time of a sentence behind the lede.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Time {
    /// It names a day of this week.
    Now,
    /// It tells of another happening: it has a month or a season, counts happenings of its kind or those of years, or tells
    /// of a predecessor, a relative, a novel or a film.
    Other,
    /// It points back to what the sentence before it tells of: `That fire killed nine people.`
    Same,
    /// It does not say.
    Open,
}

/// The time of a sentence behind the lede of a text of this year, and whether what follows in its paragraph is of another
/// time: it names an earlier year or a month, or counts happenings of its kind.
#[must_use]
pub fn time_of(said: &str, year: u64) -> (Time, bool) {
    #[rustfmt::skip]
    const NOW: [&str; 60] = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "today", "tonight", "yesterday", "now",
        "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag", "sonnabend", "heute", "gestern",
        "montagabend", "dienstagabend", "mittwochabend", "donnerstagabend", "freitagabend", "samstagabend", "sonntagabend",
        "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "aujourd", "hier",
        "lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo", "hoy", "ayer",
        "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica", "oggi", "ieri",
        "feira", "hoje", "ontem", "сегодня", "вчера",
    ];
    const BEFORE: [&str; 6] =
        ["predecessor", "vorgänger", "prédécesseur", "predecesor", "predecessore", "antecessor"];
    const THAT: [&str; 8] =
        ["that", "then", "damals", "dabei", "entonces", "alors", "allora", "тогда"];
    const FICTION: [&str; 7] = ["novel", "film", "movie", "roman", "película", "novela", "romanzo"];
    const PERIODS: [&str; 5] =
        ["past decade", "past year", "past few years", "recent years", "over the years"];
    #[rustfmt::skip]
    const KIN: [&str; 12] = [
        "wife", "husband", "mother", "father", "son", "daughter", "brother", "sister", "frau", "mann", "vater", "mutter",
    ];
    let said = said.to_lowercase();
    let words: Vec<&str> = words_of(&said).collect();
    let is_one_of = |all: &[&str]| words.iter().any(|word| all.iter().any(|it| word == it));
    let is_kin = |pair: &[&str]| {
        ["his", "her", "my", "seine", "ihre", "sein", "ihr"].contains(&pair[0])
            && KIN.contains(&pair[1])
    };
    let is_dated = counts_happenings(&words) || (0..words.len()).any(|at| is_month(&words[at..]));
    let is_other = || {
        is_dated
            || is_one_of(&FICTION)
            || PERIODS.iter().any(|it| said.contains(it))
            || words.windows(2).take(2).any(is_kin)
            || words.iter().any(|word| BEFORE.iter().any(|it| word.starts_with(it)))
    };
    let time = match () {
        () if is_one_of(&NOW) => Time::Now,
        () if is_other() => Time::Other,
        () if is_one_of(&THAT) => Time::Same,
        () => Time::Open,
    };
    (time, is_dated || words.iter().any(|word| is_before(word, year)))
}

/// Whether words in lower case say how often it happened: `it was the second explosion in the town`.
fn counts_happenings(words: &[&str]) -> bool {
    #[rustfmt::skip]
    const NTH: [&str; 21] = [
        "second", "third", "fourth", "fifth", "sixth", "zweite", "dritte", "vierte", "zweiter", "dritter", "deuxième",
        "troisième", "quatrième", "segundo", "segunda", "tercer", "tercera", "secondo", "seconda", "terzo", "terza",
    ];
    const IT: [&str; 13] =
        ["it", "this", "that", "es", "das", "dies", "c", "ce", "è", "é", "era", "fue", "foi"];
    let is_told = words.first().is_some_and(|word| IT.contains(word));
    is_told && words.iter().take(5).any(|word| NTH.contains(word))
}

/// Whether words in lower case begin with a month or a season behind a word such as `in`.
fn is_month(words: &[&str]) -> bool {
    #[rustfmt::skip]
    const MONTHS: [&str; 72] = [
        "january", "januar", "janvier", "enero", "gennaio", "janeiro", "январе", "february", "februar", "février", "febrero",
        "febbraio", "fevereiro", "феврале", "march", "märz", "mars", "marzo", "março", "марте", "april", "avril", "abril",
        "aprile", "апреле", "may", "mai", "mayo", "maggio", "maio", "мае", "june", "juni", "juin", "junio", "giugno", "junho",
        "июне", "july", "juli", "juillet", "julio", "luglio", "julho", "июле", "august", "août", "agosto", "августе",
        "september", "septembre", "septiembre", "settembre", "setembro", "october", "oktober", "octobre", "octubre",
        "ottobre", "outubro", "november", "novembre", "noviembre", "novembro", "december", "dezember", "décembre",
        "diciembre", "dicembre", "dezembro", "декабре", "ноябре",
    ];
    #[rustfmt::skip]
    const SEASONS: [&str; 9] = [
        "spring", "summer", "autumn", "winter", "frühjahr", "frühling", "sommer", "herbst", "printemps",
    ];
    const BEFORE: [&str; 3] = ["early", "late", "last"];
    let Some((first, rest)) = words.split_first() else { return false };
    let inside = |word: &&&str| INSIDE.contains(*word) || BEFORE.contains(*word);
    let mut named = rest.iter().skip_while(inside);
    let named = named.next().copied().unwrap_or_default();
    let is_named = MONTHS.contains(&named) || SEASONS.contains(&named);
    is_named && (IN.contains(first) || *first == "last")
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
    const HALVES: [&str; 9] = ["a.m.", "p.m.", "am:", "am -", "am –", "pm", "AM", "PM", "Uhr"];
    let marks = [' ', '\u{a0}', ':', '-', '–', '—', '|'];
    let behind = rest[3..].trim_start_matches(marks);
    let half = HALVES.iter().find_map(|it| behind.strip_prefix(it));
    let half = half.filter(|it| !it.starts_with(char::is_alphanumeric));
    let said = half.map_or(behind, |it| it.trim_start_matches(marks));
    if said.len() < rest.len() - 3 { line.len() - said.len() } else { 0 }
}

/// Whether a sentence has words for another time, such as `last winter`.
#[must_use]
pub fn is_of_before(said: &str) -> bool {
    #[rustfmt::skip]
    const PAST: [&str; 17] = [
        "last winter", "last year", "last month", "last week", "last summer", "last autumn", "last spring", " ago",
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
    fn a_sentence_behind_the_lede_may_tell_of_another_happening() {
        let check = |said: &str, expected: Time| {
            assert_eq!(time_of(said, 2026).0, expected, "{said}");
        };
        check("Two waiters died at the Belvedere in May.", Time::Other);
        check("A man was convicted in the spring and jailed.", Time::Other);
        check("His predecessor, Lyle Shaw, resigned.", Time::Other);
        check("It was the second explosion that killed people there.", Time::Other);
        check("Im März starben zwei Menschen.", Time::Other);
        check("That fire killed nine people.", Time::Same);
        check("A cook died on Friday.", Time::Now);
        check("A man was arrested on Monday over a killing in May.", Time::Now);
        check("In November, an angler drowned off the pier.", Time::Other);
        check("His wife died of cancer.", Time::Other);
        check("In her best-known film, a boy dies.", Time::Other);
        check("Crossbows killed three people in the past decade.", Time::Other);
        check("A cook died in the fire.", Time::Open);
        check("A second body was found in the house.", Time::Open);
    }

    #[test]
    fn the_time_of_a_sentence_holds_for_those_behind_it() {
        let check = |said: &str, expected: bool| {
            assert_eq!(time_of(said, 2026).1, expected, "{said}");
        };
        check("The gallery burned once before, in 1988.", true);
        check("It is the third avalanche at the place in ten years.", true);
        check("In October, a van was driven into a bus queue in Lund.", true);
        check("The fire began in a kitchen.", false);
    }

    #[test]
    fn a_clock_time_begins_an_entry() {
        let check = |line: &str, rest: &str| assert_eq!(&line[clock_time(line)..], rest);
        check("14:02 The bridge is open", "The bridge is open");
        check("9.30 – The bridge is open", "The bridge is open");
        check("14:02: Open", "Open");
        check("9:58 p.m. - Correction: one mile", "Correction: one mile");
        check("11.30 pm: A man has died.", "A man has died.");
        check("9.30 Uhr – Die Brücke ist offen", "Die Brücke ist offen");
        for none in ["12.5 percent", "12.50", "14:021 x", "2011 x", "", "114:02 x"] {
            check(none, none);
        }
    }
}
