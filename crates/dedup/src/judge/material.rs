//! Decides whether a copy or version is material, and why: a correction, a new number or name in
//! its lede, or mostly new text.

use std::ops::{Deref, Range};

use rustc_hash::FxHashSet;
use wirefold_text::Text;
use wirefold_text::extract::{Number, dateline, names, numbers};

use crate::body::figures::Figures;
use crate::body::titles::CORRECTIONS;
use crate::body::{Body, word_hash};
use crate::judge::corrected::corrected_words;
use crate::settings::Settings;

/// A reason why a copy or version is material.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// It says that it is a correction. The text is the change, such as `14 → 28`, if it was found.
    Correction(Option<String>),
    /// Its lede has a number that the story did not have.
    NewNumber(String),
    /// Its lede has a name that the story did not have.
    NewName(String),
    /// Much of it is new to the story: this share of its words, 0 to 1.
    MostlyNew(f64),
}

impl Reason {
    /// The reason for a text that corrects the story of these members.
    pub(crate) fn of_correction(new: &Text, known: &[StoryMember<'_>]) -> Reason {
        Reason::Correction(known.first().and_then(|member| corrected_words(new, member.text)))
    }

    /// Whether a word in normal form is a weekday or a month, such as `wednesday`. It is written
    /// like a name and is not one.
    #[must_use]
    pub fn is_calendar(normal: &str) -> bool {
        let is_listed = |word: &str| WEEKDAYS.contains(&word) || MONTHS.contains(&word);
        // `Wednesday's` is `wednesdays` in normal form.
        is_listed(normal) || normal.strip_suffix('s').is_some_and(is_listed)
    }

    /// Whether a number is only part of a date: a year from 1900 to 2100, or a number in a date
    /// such as `2026-03-05`, `5. März` or `March 5`.
    #[must_use]
    pub fn is_part_of_date(text: &Text, number: &Number) -> bool {
        is_year(text, number) || is_in_numeric_date(text, number) || is_near_month(text, number)
    }
}

/// Weekdays in normal form: English, German, French, Spanish, Italian, Portuguese, Dutch, Russian,
/// Ukrainian.
#[rustfmt::skip]
const WEEKDAYS: &[&str] = &[
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "montag",
    "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonnabend", "sonntag", "lundi",
    "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche", "lunes", "martes", "miércoles",
    "jueves", "viernes", "sábado", "domingo", "lunedì", "martedì", "mercoledì", "giovedì",
    "venerdì", "sabato", "domenica", "segunda", "terça", "quarta", "quinta", "sexta", "feira",
    "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag", "понедельник",
    "вторник", "среда", "среду", "четверг", "пятница", "пятницу", "суббота", "субботу",
    "воскресенье", "понеділок", "вівторок", "середа", "середу", "четвер", "пятниця", "пятницю",
    "субота", "суботу", "неділя", "неділю",
];

/// Months in normal form, in the languages of [`WEEKDAYS`], and unambiguous abbreviations.
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december", "jan", "feb", "apr", "jun", "jul", "aug", "sept", "oct",
    "nov", "dec", "januar", "jänner", "februar", "märz", "mai", "juni", "juli", "oktober",
    "dezember", "janvier", "février", "mars", "avril", "juin", "juillet", "août", "septembre",
    "octobre", "novembre", "décembre", "enero", "febrero", "marzo", "abril", "mayo", "junio",
    "julio", "agosto", "septiembre", "setiembre", "octubre", "noviembre", "diciembre", "gennaio",
    "febbraio", "aprile", "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre",
    "janeiro", "fevereiro", "março", "maio", "junho", "julho", "setembro", "outubro", "novembro",
    "dezembro", "januari", "februari", "maart", "mei", "augustus", "январь", "января", "январе",
    "февраль", "февраля", "феврале", "март", "марта", "марте", "апрель", "апреля", "апреле",
    "май", "мая", "мае", "июнь", "июня", "июне", "июль", "июля", "июле", "август", "августа",
    "августе", "сентябрь", "сентября", "сентябре", "октябрь", "октября", "октябре", "ноябрь",
    "ноября", "ноябре", "декабрь", "декабря", "декабре", "січень", "січня", "січні", "лютий",
    "лютого", "лютому", "березень", "березня", "березні", "квітень", "квітня", "квітні",
    "травень", "травня", "травні", "червень", "червня", "червні", "липень", "липня", "липні",
    "серпень", "серпня", "серпні", "вересень", "вересня", "вересні", "жовтень", "жовтня",
    "жовтні", "листопад", "листопада", "листопаді", "грудень", "грудня", "грудні",
];

/// Months that are other words if they begin with a small letter.
const AMBIGUOUS_MONTHS: &[&str] = &["march", "may", "august", "jan", "mars"];

/// Words between the days and the month of a date: `5 and 6 of March`.
#[rustfmt::skip]
const LINK_WORDS: &[&str] = &[
    "of", "the", "and", "to", "und", "bis", "et", "au", "de", "del", "y", "al", "e", "di", "do",
    "en", "tot", "и", "по", "і", "й", "st", "nd", "rd", "th",
];

/// An earlier member of a story. Its text is only analysed if body and figures do not decide.
#[derive(Clone, Copy)]
pub struct StoryMember<'a> {
    /// The text, analysed when it is first used.
    pub text: &'a (dyn Deref<Target = Text> + 'a),
    /// The words of the text that are compared.
    pub body: &'a Body,
    /// Its numbers.
    pub figures: &'a Figures,
}

/// Why the article `new` is material to its story. `None` if it is not. `known` are the members
/// that share text with it, and `novelty` is the share of its words that the story does not have, 0
/// to 1.
#[must_use]
pub fn material(
    new: &Text,
    known: &[StoryMember<'_>],
    novelty: f64,
    settings: &Settings,
) -> Option<Reason> {
    if corrects(new) && !known.iter().any(|member| corrects(member.text)) {
        return Some(Reason::of_correction(new, known));
    }
    let lede = lede_after_dateline(new);
    if let Some(number) = new_number(new, lede.clone(), known) {
        return Some(Reason::NewNumber(number));
    }
    if let Some(name) = new_name(new, &lede, known) {
        return Some(Reason::NewName(name));
    }
    (novelty >= settings.material_novelty).then_some(Reason::MostlyNew(novelty))
}

fn new_number(new: &Text, lede: Range<usize>, known: &[StoryMember<'_>]) -> Option<String> {
    let mut fresh = numbers(new, lede);
    fresh.retain(|number| {
        let is_known = known.iter().any(|member| member.figures.contains(&number.value));
        !is_known && !Reason::is_part_of_date(new, number)
    });
    fresh.into_iter().next().map(|number| number.value)
}

fn new_name(new: &Text, lede: &Range<usize>, known: &[StoryMember<'_>]) -> Option<String> {
    let capital = |at: &usize| new.words()[*at].capital;
    let mut capitals: Vec<u64> =
        lede.clone().filter(capital).map(|at| word_hash(new.normal(&new.words()[at]))).collect();
    // The bodies have nearly all words of the texts, so most names are found without the texts.
    for word in known.iter().flat_map(|member| &member.body.words) {
        if capitals.is_empty() {
            break;
        }
        capitals.retain(|sought| *sought != word.hash);
    }
    if capitals.is_empty() {
        return None;
    }
    let old: FxHashSet<&str> = known.iter().flat_map(|member| member.text.normal_words()).collect();
    // Names are only extracted if the story does not have all words with a capital. Mostly it has.
    let unknown =
        |at: &usize| Reason::is_new_to(new.normal(&new.words()[*at]), |word| old.contains(word));
    if !lede.clone().any(|at| capital(&at) && unknown(&at)) {
        return None;
    }
    let in_lede = names(new).into_iter().flat_map(|name| name.words);
    let mut fresh = in_lede.filter(|at| lede.contains(at) && unknown(at));
    let span = new.words()[fresh.next()?].span;
    Some(Reason::as_written(new.original(), span.start..span.end).to_owned())
}

/// The lede without the dateline, because the place where a text was written is not news.
fn lede_after_dateline(text: &Text) -> Range<usize> {
    let lede = text.lede();
    let end = dateline(text).map_or(0, |dateline| dateline.span.end);
    let start = lede.clone().find(|at| text.words()[*at].span.start >= end);
    start.unwrap_or(lede.end)..lede.end
}

fn is_year(text: &Text, number: &Number) -> bool {
    let original = text.original();
    let counts = original[..number.span.start].trim_end().ends_with(['$', '€', '£', '¥', '₽', '₴'])
        || original[number.span.end..]
            .trim_start()
            .starts_with(['%', '$', '€', '£', '¥', '₽', '₴']);
    let is_plain = number.span.of(original).chars().count() == 4 && !counts;
    is_plain && number.value.parse().is_ok_and(|year: u32| (1900..=2100).contains(&year))
}

/// Whether a number is part of a date in digits, with a year: `2026-03-05`, `5.3.2026`.
fn is_in_numeric_date(text: &Text, number: &Number) -> bool {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.' | '/');
    let (before, rest) = text.original().split_at(number.span.start);
    let start = before.trim_end_matches(is_part).len();
    let behind = &rest[number.span.end - number.span.start..];
    let end = text.original().len() - behind.trim_start_matches(is_part).len();
    let date = text.original()[start..end].trim_matches(['-', '.', '/']);
    let mark = if date.contains('-') {
        '-'
    } else if date.contains('/') {
        '/'
    } else {
        '.'
    };
    let parts: Vec<&str> = date.split(mark).collect();
    let is_day = |part: &&str| part.len() <= 2 && part.parse().is_ok_and(|n| (1..=31).contains(&n));
    let is_number = |part: &str| part.len() == 4 && part.chars().all(|c| c.is_ascii_digit());
    match parts.as_slice() {
        [year, month, day] if is_number(year) => is_day(month) && is_day(day),
        [month, day, year] => is_day(month) && is_day(day) && (is_number(year) || is_day(year)),
        _ => false,
    }
}

/// The number of words to search for a month before and after its day.
const MAX_WORDS_TO_MONTH: usize = 4;

fn is_near_month(text: &Text, number: &Number) -> bool {
    let day = number.value.trim_end_matches(|c: char| !c.is_ascii_digit());
    if !day.parse().is_ok_and(|day: u32| (1..=31).contains(&day)) {
        return false;
    }
    let words = text.words();
    let first = number.words.start;
    let until = words.len().min(number.words.end + MAX_WORDS_TO_MONTH);
    leads_to_month(text, first, (first.saturating_sub(MAX_WORDS_TO_MONTH)..first).rev())
        || leads_to_month(text, number.words.end - 1, number.words.end..until)
}

/// Whether these words lead from the word at `last` to a month over nothing but days and
/// [`LINK_WORDS`]. A comma ends the search, so that `in March, 28 people` is not a date.
fn leads_to_month(text: &Text, mut last: usize, indices: impl Iterator<Item = usize>) -> bool {
    let words = text.words();
    for index in indices {
        let (word, normal) = (&words[index], text.normal(&words[index]));
        let digits = normal.trim_end_matches(|c: char| !c.is_ascii_digit());
        let is_day = digits.parse().is_ok_and(|day: u32| (1..=31).contains(&day));
        let is_month =
            MONTHS.contains(&normal) && (word.capital || !AMBIGUOUS_MONTHS.contains(&normal));
        if !is_same_clause(text, last, index) {
            return false;
        }
        if is_month || !(is_day || LINK_WORDS.contains(&normal)) {
            return is_month;
        }
        last = index;
    }
    false
}

fn is_same_clause(text: &Text, one: usize, other: usize) -> bool {
    let (first, second) = (one.min(other), one.max(other));
    let between = text.words()[first].span.end..text.words()[second].span.start;
    text.original().get(between).is_some_and(|between| !between.contains([',', ';', ':', '\n']))
}

fn corrects(text: &Text) -> bool {
    text.paragraphs().iter().any(|paragraph| {
        let first = text.words().get(paragraph.words.start);
        let is_label = first.is_some_and(|word| CORRECTIONS.contains(&text.normal(word)));
        let raw = paragraph.span.of(text.original());
        (is_label || raw.starts_with("更正")) && raw.contains([':', '：', '—', '–'])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(new: &str, known: &str, expected: Option<&Reason>) {
        let text = Text::new(known);
        let member =
            StoryMember { text: &&text, body: &Body::new(&text), figures: &Figures::new(&text) };
        let found = material(&Text::new(new), &[member], 0.1, &Settings::default());
        assert_eq!(found.as_ref(), expected, "{new:?}");
    }

    #[test]
    fn new_facts_in_the_lede_are_material() {
        let known = "At least 26 people died in the Orla valley flood on Tuesday, police said.";
        check(known, known, None);
        check(&known.replace("26", "28"), known, Some(&Reason::NewNumber("28".to_owned())));
        check(
            &known.replace("police", "Mayor Lund"),
            known,
            Some(&Reason::NewName("Mayor".to_owned())),
        );
        let correction = format!("{known}\nCorrection: it was Monday.");
        check(&correction, known, Some(&Reason::Correction(None)));
        let changed = Reason::Correction(Some("26 → 28".to_owned()));
        check(&correction.replace("26", "28"), known, Some(&changed));
        let (long, short) =
            (known.replace("police", "the United States"), |name| known.replace("police", name));
        check(&short("the U.S."), &long, None);
        check(&short("the US"), &long, None);
        check(&short("the U.K."), &long, Some(&Reason::NewName("U.K.".to_owned())));
    }

    #[test]
    fn a_date_in_the_lede_is_not_news() {
        let known = "At least 26 people died in the Orla valley flood, the police said there.";
        let dated = |date: &str| {
            format!(
                "At least 26 people died in the Orla valley flood {date}, the police said there."
            )
        };
        for date in [
            "on Wednesday",
            "on Wednesday's evening",
            "in 2024",
            "on 2026-03-05",
            "on 03/05/2026",
            "on March 5",
            "on March 5-7",
            "on Nov. 3",
            "on the 5th of March 2026",
            "on 5 and 6 March",
            "am Mittwoch, dem 5. März",
            "am 05.03.2026",
            "le Mercredi 5 février",
            "el 5 de marzo de 2026",
            "il 5 maggio",
            "op 5 maart",
            "5 марта 2026",
            "5 березня",
        ] {
            check(&dated(date), known, None);
        }
        check(&format!("QUAYTON, March 5 (Reuters) - {known}"), known, None);
        check(&format!("TARROW — {known}"), known, None);
    }

    #[test]
    fn a_number_next_to_a_date_is_news() {
        let known = "At least 26 people died in the Orla valley flood, the police said there.";
        for (lede, number) in [
            ("In March, 28 people died in the Orla valley flood, the police said.", "28"),
            ("On March 5, 28 people died in the Orla valley flood, the police said.", "28"),
            ("At least 28 may have died in the Orla valley flood, the police said.", "28"),
            ("The Orla valley flood, the police said there, cost at least $2000 so far.", "2000"),
            ("At least 2,026 people died in the Orla valley flood, the police said.", "2026"),
            ("At least 26 people died in the Orla valley flood of 7.5 metres.", "7.5"),
        ] {
            check(lede, known, Some(&Reason::NewNumber(number.to_owned())));
        }
    }
}
