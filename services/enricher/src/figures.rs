//! Numbers with what they count.

use std::ops::Range;

use serde_json::Number;
use wirefold_proto::{Figure, FoundBy};
use wirefold_text::extract::{Number as Found, numbers};

use crate::entities::cues::is_calendar;
use crate::reading::Reading;

/// The most figures told of one text.
const MOST: usize = 32;

/// The figures of a text, in order. Days, years and times of day are none.
pub(crate) fn figures(reading: &Reading<'_>) -> Vec<Figure> {
    let found = numbers(reading.text, 0..reading.text.words().len());
    found.iter().filter_map(|number| figure(reading, number)).take(MOST).collect()
}

fn figure(reading: &Reading<'_>, number: &Found) -> Option<Figure> {
    let (value, glued) = value(&number.value)?;
    let unit = glued.or_else(|| unit(reading, number));
    if unit.is_none() && is_date(reading, number) {
        return None;
    }
    let words = number.span.of(reading.text.original()).to_owned();
    Some(Figure { value, words, unit, how: FoundBy::Rule })
}

/// A canonical number as JSON, and the unit written at once behind it: `100m`.
fn value(canonical: &str) -> Option<(Number, Option<String>)> {
    let end = canonical.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(canonical.len());
    let (digits, unit) = canonical.split_at(end);
    if unit.contains(|c: char| !c.is_alphabetic()) {
        return None;
    }
    let whole = digits.parse::<u64>().ok().map(Number::from);
    let number = whole.or_else(|| Number::from_f64(digits.parse().ok()?))?;
    Some((number, (!unit.is_empty()).then(|| unit.to_owned())))
}

fn unit(reading: &Reading<'_>, number: &Found) -> Option<String> {
    let original = reading.text.original();
    let (before, behind) = (&original[..number.span.start], &original[number.span.end..]);
    let sign = before.trim_end_matches([' ', '\u{a0}']).chars().next_back();
    let sign = sign.and_then(currency);
    let follows = behind.trim_start_matches([' ', '\u{a0}']).chars().next();
    let unit = sign.or_else(|| follows.and_then(|c| currency(c).or((c == '%').then_some("%"))));
    unit.map(str::to_owned).or_else(|| counted(reading, number.words.end))
}

fn currency(sign: char) -> Option<&'static str> {
    match sign {
        '$' => Some("USD"),
        '€' => Some("EUR"),
        '£' => Some("GBP"),
        '¥' | '￥' => Some("JPY"),
        '₹' => Some("INR"),
        '₽' => Some("RUB"),
        '₴' => Some("UAH"),
        '₩' => Some("KRW"),
        _ => None,
    }
}

/// The word behind a number, where it can be what is counted.
fn counted(reading: &Reading<'_>, next: usize) -> Option<String> {
    let word = reading.text.words().get(next)?;
    let normal = reading.text.normal(word);
    let touches = reading.touches(next);
    let is_noun = reading.capitalises_nouns || !word.capital;
    let is_unit = touches
        && !word.alone
        && !word.quoted
        && is_noun
        && normal.chars().count() > 1
        && normal.chars().all(char::is_alphabetic)
        && !NO_UNITS.contains(&normal)
        && !is_calendar(normal);
    match normal {
        "percent" | "prozent" | "procent" | "процентов" | "процента" | "відсотків" if touches => {
            Some("%".to_owned())
        }
        _ => is_unit.then(|| normal.to_owned()),
    }
}

/// Small words that count nothing, in normal form.
const NO_UNITS: &[&str] = &[
    "a",
    "after",
    "ago",
    "als",
    "am",
    "an",
    "and",
    "are",
    "as",
    "at",
    "auf",
    "aus",
    "bei",
    "before",
    "but",
    "by",
    "con",
    "dans",
    "das",
    "de",
    "del",
    "der",
    "die",
    "du",
    "een",
    "el",
    "en",
    "et",
    "for",
    "from",
    "für",
    "had",
    "has",
    "have",
    "hat",
    "he",
    "im",
    "in",
    "into",
    "is",
    "ist",
    "it",
    "la",
    "las",
    "le",
    "les",
    "los",
    "mit",
    "more",
    "nach",
    "new",
    "no",
    "not",
    "oder",
    "of",
    "off",
    "old",
    "on",
    "or",
    "other",
    "out",
    "over",
    "par",
    "per",
    "pm",
    "por",
    "pour",
    "que",
    "she",
    "since",
    "so",
    "than",
    "that",
    "the",
    "their",
    "them",
    "then",
    "they",
    "to",
    "um",
    "und",
    "until",
    "up",
    "uhr",
    "van",
    "von",
    "vor",
    "war",
    "was",
    "were",
    "when",
    "which",
    "while",
    "who",
    "will",
    "with",
    "within",
    "would",
    "years-old",
    "zu",
    "и",
    "в",
    "на",
    "до",
    "по",
    "та",
    "у",
    "з",
    "й",
];

/// Whether a number without a unit is a day, a year or a time of day.
fn is_date(reading: &Reading<'_>, number: &Found) -> bool {
    let text = reading.text;
    let Range { start, end } = number.words.clone();
    let normal = |index: usize| text.words().get(index).map_or("", |word| text.normal(word));
    let before = start.checked_sub(1).map_or("", normal);
    let printed = number.span.of(text.original());
    let is_year = printed.len() == 4 && (printed.starts_with("19") || printed.starts_with("20"));
    let is_time = printed.contains(':') || matches!(normal(end), "am" | "pm" | "uhr" | "a" | "p");
    let is_clock = text.original()[number.span.end..].starts_with(':')
        || text.original()[..number.span.start].ends_with(':');
    is_year || is_time || is_clock || is_calendar(before) || is_calendar(normal(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_text::Text;

    fn check(original: &str, expected: &[(&str, Option<&str>)]) {
        let text = Text::new(original);
        let told = figures(&Reading::new(&text));
        let told: Vec<(String, Option<&str>)> =
            told.iter().map(|f| (f.value.to_string(), f.unit.as_deref())).collect();
        let expected: Vec<_> = expected.iter().map(|(v, unit)| ((*v).to_owned(), *unit)).collect();
        assert_eq!(told, expected, "{original}");
    }

    #[test]
    fn numbers_have_units() {
        check(
            "The union of 2,300 dockers wants $1.2 billion, a rise of 6 percent and 4.5% more.",
            &[
                ("2300", Some("dockers")),
                ("1200000000", Some("USD")),
                ("6", Some("%")),
                ("4.5", Some("%")),
            ],
        );
        check(
            "Es fehlten am Montag 400 Euro und 31 Schiffe, sagte der Minister der Stadt am Kai.",
            &[("400", Some("euro")), ("31", Some("schiffe"))],
        );
        check("Twelve ships stayed, and nine of them sank.", &[("12", Some("ships")), ("9", None)]);
    }

    #[test]
    fn dates_and_times_are_no_figures() {
        check("On Feb. 22, 2026, at 4:30 p.m., it closed.", &[]);
        check("It opened in 1978 with 20 cranes.", &[("20", Some("cranes"))]);
    }
}
