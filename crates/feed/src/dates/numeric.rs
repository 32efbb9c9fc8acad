//! Dates in one word: `02.01.2024`, `2024-1-2`, `5-Mar-2026`, `20240102`.

use super::Context;
use super::months;
use super::zones;

/// The date of one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numeric {
    pub(super) year: i16,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
    pub(super) day_of_year: Option<i16>,
}

/// The separators between the fields of a date.
const SIGNS: [char; 3] = ['-', '/', '.'];

/// A field of a date.
#[derive(Debug, Clone, Copy)]
enum Field {
    Number(i16, usize),
    Month(i8),
}

/// Parses a word as a date.
pub(super) fn date(word: &str, context: Context<'_>) -> Option<Numeric> {
    let word = word.trim_matches(SIGNS);
    if !word.contains(SIGNS) {
        return by_digits(word).or_else(|| joined(word, context));
    }
    let fields: Option<Vec<Field>> =
        word.split(SIGNS).map(|field| field_of(field, context)).take(4).collect();
    match *fields?.as_slice() {
        [first, second, third] => of_three(word, [first, second, third], context),
        // `2024-002`
        [Field::Number(year, 4), Field::Number(day, 3)] => {
            Some(Numeric { year, month: None, day: None, day_of_year: Some(day) })
        }
        // `2024-01`
        [Field::Number(year, 4), Field::Number(month, 1 | 2)] => {
            Some(Numeric { year, month: i8::try_from(month).ok(), day: None, day_of_year: None })
        }
        _ => None,
    }
}

/// Parses a word as a date with a zone, as in `2024-01-02+01:00` of XML Schema.
pub(super) fn date_and_zone(word: &str, context: Context<'_>) -> Option<(Numeric, Option<i32>)> {
    if let Some(found) = date(word, context) {
        return Some((found, None));
    }
    let at = word.find(['+', 'z']).filter(|at| *at >= 8)?;
    let (day, zone) = word.split_at(at);
    let offset = zones::by_number(zone).or_else(|| zones::find_offset(zone, ""))?;
    Some((date(day, context)?, Some(offset)))
}

fn field_of(field: &str, context: Context<'_>) -> Option<Field> {
    if !field.is_empty() && field.len() <= 4 && field.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Field::Number(field.parse().ok()?, field.len()));
    }
    months::month(field, context.language()).map(|month| Field::Month(month.number))
}

fn of_three(word: &str, fields: [Field; 3], context: Context<'_>) -> Option<Numeric> {
    use Field::{Month, Number};
    let (year, month, day) = match fields {
        [Number(year, 3..), Month(month), Number(day, _)] => (year, month, day),
        [Number(day, 1 | 2), Month(month), Number(year, _)]
        | [Month(month), Number(day, 1 | 2), Number(year, _)] => (year, month, day),
        [Number(year, 4), Number(second, _), Number(third, _)] => {
            (year, i8::try_from(second).ok()?, third)
        }
        [Number(first, 1 | 2), Number(second, 1 | 2), Number(year, digits)] => {
            if digits <= 2 && year_is_first(word, first, year, context)? {
                (first, i8::try_from(second).ok()?, year)
            } else {
                let has_dots = word.contains('.');
                let day_first = Context { is_month_first: false, ..context };
                let order = if has_dots { day_first } else { context };
                let (day, month) = order.day_and_month(first, second)?;
                (year, month, i16::from(day))
            }
        }
        _ => return None,
    };
    // RFC 2822, section 4.3.
    let year = match year {
        0..50 => year + 2000,
        50..100 => year + 1900,
        _ => year,
    };
    let day = Some(i8::try_from(day).ok()?);
    Some(Numeric { year, month: Some(month), day, day_of_year: None })
}

/// Whether the year is the first of three short numbers. `None` if this is ambiguous.
fn year_is_first(word: &str, first: i16, last: i16, context: Context<'_>) -> Option<bool> {
    let is_dashed = word.contains('-');
    match (first, last) {
        (32.., 1..=31) => Some(true),
        (_, 32..) => Some(false),
        _ if context.is_year_first() => Some(true),
        // `24-01-02` is ambiguous.
        _ if is_dashed => None,
        _ => Some(false),
    }
}

/// Parses `20240102`.
fn by_digits(word: &str) -> Option<Numeric> {
    if word.len() != 8 || !word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| word[from..to].parse::<i8>().ok();
    let year = word[..4].parse().ok().filter(|year| (1900..2300).contains(year))?;
    Some(Numeric { year, month: part(4, 6), day: part(6, 8), day_of_year: None })
}

/// `05mar2026`
fn joined(word: &str, context: Context<'_>) -> Option<Numeric> {
    let end = word.find(|c: char| !c.is_ascii_digit()).filter(|at| (1..=2).contains(at))?;
    let (day, rest) = word.split_at(end);
    let begin = rest.find(|c: char| c.is_ascii_digit())?;
    let (name, year) = rest.split_at(begin);
    let month = months::month(name, context.language())?.number;
    let year = year.parse().ok().filter(|_| year.len() == 4)?;
    Some(Numeric { year, month: Some(month), day: day.parse().ok(), day_of_year: None })
}
