//! Recognises weekdays, months and dates. They are written like names and numbers, and are no news.

use wirefold_text::Text;
use wirefold_text::extract::{Number, clock_time};

/// Whether a word in normal form is a weekday or a month, such as `wednesday`. It is written like a
/// name and is not one.
#[must_use]
pub fn is_calendar(normal: &str) -> bool {
    let is_listed = |word: &str| WEEKDAYS.contains(&word) || MONTHS.contains(&word);
    // `Wednesday's` is `wednesdays` in normal form.
    is_listed(normal) || normal.strip_suffix('s').is_some_and(is_listed)
}

/// Whether a number is only part of a date: a year from 1900 to 2100, or a number in a date such as
/// `2026-03-05`, `5. März` or `March 5`, or in a clock time.
pub(crate) fn is_part_of_date(text: &Text, number: &Number) -> bool {
    is_year(text, number)
        || is_in_numeric_date(text, number)
        || is_near_month(text, number)
        || is_in_clock_time(text, number)
}

/// Whether a number is part of a time: `14:02`, or `14.02` before an entry of a live page.
fn is_in_clock_time(text: &Text, number: &Number) -> bool {
    let (before, rest) = text.original().split_at(number.span.start);
    let behind = &rest[number.span.end - number.span.start..];
    let is_digit = |c: char| c.is_ascii_digit();
    let is_hour = behind.strip_prefix(':').is_some_and(|minute| minute.starts_with(is_digit));
    let is_minute = before.strip_suffix(':').is_some_and(|hour| hour.ends_with(is_digit));
    let line = before.rfind('\n').map_or(0, |end| end + 1);
    is_hour || is_minute || clock_time(&text.original()[line..]) >= number.span.end - line
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
