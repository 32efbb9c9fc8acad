//! Dates of feeds and pages: RFC 3339 and its relatives, RFC 2822 and similar forms, in the
//! languages for which CLDR has names of months; and seconds or milliseconds since 1970.
//!
//! In `02/01/2024` the day comes first, unless a [`Context`] says otherwise.

mod calendar;
mod months;
mod numeric;
mod plain;
mod words;
mod zones;

/// No date is longer than this many bytes.
const LONGEST: usize = 160;

/// Context that resolves ambiguous dates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// The language tag of the feed or page, such as `en-US`.
    language: &'a str,
    /// Whether `02/01/2024` is the first of February.
    is_month_first: bool,
}

impl<'a> Context<'a> {
    /// The context of a language: in the United States the month comes first.
    #[must_use]
    pub fn of(language: Option<&'a str>) -> Self {
        let language = language.unwrap_or_default();
        let region = language.rsplit(['-', '_']).next().unwrap_or_default();
        let is_month_first = region.len() < language.len() && region.eq_ignore_ascii_case("us");
        Self { language, is_month_first }
    }

    /// [`Context::of`] for a feed with other dates: one of them may show whether the day or the
    /// month comes first.
    #[must_use]
    pub fn of_dates<'b>(
        language: Option<&'a str>,
        dates: impl IntoIterator<Item = &'b str>,
    ) -> Self {
        let (mut day, mut month) = (false, false);
        for date in dates {
            match shown_order(date) {
                Some(true) => month = true,
                Some(false) => day = true,
                None => {}
            }
        }
        let context = Self::of(language);
        Self {
            is_month_first: if day == month { context.is_month_first } else { month },
            ..context
        }
    }

    /// The first part of the language tag.
    fn language(self) -> &'a str {
        self.language.split(['-', '_']).next().unwrap_or_default()
    }

    /// Whether a short date begins with its year, as in `24.01.02`.
    fn is_year_first(self) -> bool {
        matches!(self.language(), "ko" | "ja" | "zh" | "hu" | "lt")
    }

    /// Decides which of two numbers is the day and which is the month.
    fn day_and_month(self, first: i16, second: i16) -> Option<(i8, i8)> {
        let is_month_first = if first > 12 { false } else { second > 12 || self.is_month_first };
        let (day, month) = if is_month_first { (second, first) } else { (first, second) };
        Some((i8::try_from(day).ok()?, i8::try_from(month).ok()?))
    }
}

/// Whether the month comes first in a date that shows it, such as `01/31/2024`. `None` if the date
/// is ambiguous.
fn shown_order(date: &str) -> Option<bool> {
    let start = date.find(|c: char| c.is_ascii_digit())?;
    let mut fields = date.get(start..)?.split(['/', '-', ' ', 'T']);
    let (first, second) = (fields.next()?, fields.next()?);
    let number = |field: &str| field.parse::<u8>().ok().filter(|_| field.len() <= 2);
    match (number(first)?, number(second)?) {
        (13..=31, 1..=12) => Some(false),
        (1..=12, 13..=31) => Some(true),
        _ => None,
    }
}

/// Parses a date in any usual form to seconds since 1970, UTC. `None` if it cannot be parsed.
/// Without a zone it is UTC, and without a time of day it is midnight.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    parse_in(text, Context::default())
}

/// [`parse`] with a context.
#[must_use]
pub fn parse_in(text: &str, context: Context<'_>) -> Option<i64> {
    exact_in(text, context).map(|(seconds, _)| seconds)
}

/// [`parse_in`], with the nanoseconds beyond the second.
#[must_use]
pub fn exact_in(text: &str, context: Context<'_>) -> Option<(i64, u32)> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    // Written by scripts of Microsoft: `/Date(1704153600000+0100)/`.
    if let Some(rest) = text.strip_prefix("/Date(") {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        return since_1970(&rest[..end]);
    }
    let plain = plain::plain(text);
    let plain = plain.trim();
    by_digits(plain).unwrap_or_else(|| words::read(plain, context))
}

/// Parses a date of digits only: seconds or fractions of them since 1970, or a date. The outer
/// `None` means that the text is something else, the inner one that it cannot be parsed.
fn by_digits(plain: &str) -> Option<Option<(i64, u32)>> {
    let (whole, part) = plain.split_once('.').unwrap_or((plain, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || (part != "0" && whole.len() != 10) {
        return None;
    }
    let none = Context::default();
    match whole.len() {
        4 => Some(words::read(&format!("{whole}-01-01"), none)),
        6 => Some(words::read(&format!("{}-{}", &whole[..4], &whole[4..]), none)),
        8 => None,
        12 | 14 => Some(words::read(&format!("{}t{}", &whole[..8], &whole[8..]), none)),
        _ => Some(since_1970(whole)),
    }
}

/// Seconds, or thousandths, millionths or billionths of them, since 1970.
fn since_1970(digits: &str) -> Option<(i64, u32)> {
    let number = digits.parse::<i64>().ok()?;
    let per_second = match digits.len() {
        10 => 1,
        13 => 1_000,
        16 => 1_000_000,
        19 => 1_000_000_000,
        _ => return None,
    };
    let nanoseconds = number % per_second * (1_000_000_000 / per_second);
    Some((number / per_second, u32::try_from(nanoseconds).ok()?))
}

#[cfg(test)]
mod tests;
