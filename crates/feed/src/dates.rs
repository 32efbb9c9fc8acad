//! Dates of feeds and pages: RFC 3339 and its relatives, RFC 2822 and similar forms, in the
//! languages for which CLDR has names of months; and seconds or milliseconds since 1970.
//!
//! In `02/01/2024` the day comes first, unless a [`Context`] says otherwise.

mod names;
#[cfg(test)]
mod tests;

use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use names::Month;

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

/// The time of a date in any of the known forms. `None` if it cannot be read.
#[must_use]
pub fn read(text: &str, context: Context<'_>) -> Option<Timestamp> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let plain = simplified(text);
    let plain = plain.trim();
    by_digits(plain).unwrap_or_else(|| of_words(plain, context))
}

/// Larger numbers are milliseconds: as seconds they would lie beyond the year 5000.
const LATEST_SECONDS: u64 = 100_000_000_000;

/// The time of a JSON number of seconds or milliseconds since 1970. `None` if it is out of range.
#[must_use]
pub fn of_number(number: &serde_json::Number) -> Option<Timestamp> {
    let number = number.as_i64().or_else(|| number.as_f64().map(|it| it.floor() as i64))?;
    match number.unsigned_abs() > LATEST_SECONDS {
        true => Timestamp::from_millisecond(number).ok(),
        false => Timestamp::from_second(number).ok(),
    }
}

/// Reads a date of digits alone. The outer `None` if it is none.
fn by_digits(plain: &str) -> Option<Option<Timestamp>> {
    let (whole, part) = plain.split_once('.').unwrap_or((plain, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || (part != "0" && whole.len() != 10) {
        return None;
    }
    let number = || whole.parse().ok();
    let none = Context::default();
    Some(match whole.len() {
        4 => of_words(&format!("{whole}-01-01"), none),
        6 => of_words(&format!("{}-{}", &whole[..4], &whole[4..]), none),
        8 => return None,
        12 | 14 => of_words(&format!("{}t{}", &whole[..8], &whole[8..]), none),
        10 => number().and_then(|seconds| Timestamp::from_second(seconds).ok()),
        13 => number().and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        16 => number().and_then(|micros| Timestamp::from_microsecond(micros).ok()),
        _ => None,
    })
}

/// A year, a month and a day.
type Day = (i16, i8, i8);

#[derive(Debug, Default)]
struct DateWords<'a> {
    context: Context<'a>,
    date: Option<Day>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    has_time: bool,
    is_afternoon: Option<bool>,
    month: Option<Month>,
    /// Single numbers with their number of digits, in order.
    numbers: Vec<(i16, usize)>,
    named_offset: Option<i32>,
    /// A zone whose offset depends on the day.
    zone: Option<TimeZone>,
    /// The initials of a zone whose name is being read.
    initials: String,
    offset: Option<i32>,
    /// The meaning of the next number, if a word before it says so.
    next: Option<Next>,
    before: String,
}

/// The meaning that a word gives to the number after it, as in Vietnamese.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// `thứ 3`: a day of the week.
    Weekday,
    /// `tháng 1`.
    Month,
}

/// Reads a date that is [`simplified`].
fn of_words(plain: &str, context: Context<'_>) -> Option<Timestamp> {
    let mut words = DateWords { context, ..DateWords::default() };
    let bytes = plain.as_bytes();
    let mut start = 0;
    for (at, sign) in plain.char_indices().chain([(plain.len(), ' ')]) {
        // `14:00:00,250`
        let is_fraction = sign == ','
            && plain[start..at].contains(':')
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if (sign == ' ' || sign == ',') && !is_fraction && at >= start {
            words.read_word(&plain[start..at])?;
            start = at + 1;
        }
    }
    words.finish()
}

impl DateWords<'_> {
    /// Reads a word. `None` if it is an impossible time.
    fn read_word(&mut self, word: &str) -> Option<()> {
        let word = word.trim_matches(|c: char| {
            matches!(
                c,
                '.' | ':' | '"' | '\'' | '|' | '·' | '•' | '/' | '!' | '?' | 'º' | 'ª' | '°' | '´'
            )
        });
        // `2026-03-05 T14:00`
        let word = word.strip_prefix('t').filter(|it| starts_with_digit(it)).unwrap_or(word);
        if word.is_empty() {
            return Some(());
        }
        let next = self.next.take();
        if starts_with_digit(word) {
            self.number(word, next)?;
        } else if word.starts_with(['+', '-']) {
            self.offset = names::by_number(word).or(self.offset);
        } else {
            self.name(word);
        }
        word.clone_into(&mut self.before);
        Some(())
    }

    fn number(&mut self, word: &str, next: Option<Next>) -> Option<()> {
        if let Some((date, time)) = split_at_time(word)
            && let Some(found) = date_of(date, self.context)
        {
            self.date.get_or_insert(found);
            return self.clock(time, true);
        }
        if self.date.is_none()
            && let Some((found, zone)) = date_and_zone(word, self.context)
        {
            self.date = Some(found);
            self.offset = zone.or(self.offset);
            return Some(());
        }
        if word.contains(':') {
            return self.second_clock(word);
        }
        let plain = without_ordinal(word);
        match (plain.parse::<i16>(), next) {
            (Ok(_), Some(Next::Weekday)) => {}
            // Some programs write no date as the year 1.
            (Ok(_), None) if is_ancient(plain) && !self.is_clock(word) => return None,
            (Ok(number), Some(Next::Month)) => {
                let number = i8::try_from(number).ok()?;
                self.month = Some(Month { number, may_be_day: false });
            }
            (Ok(number), None) if !self.is_clock(word) => self.numbers.push((number, plain.len())),
            _ => return self.hour(word),
        }
        Some(())
    }

    /// Whether digits after a whole date are the time of day: `20260305 140000`.
    fn is_clock(&self, word: &str) -> bool {
        self.date.is_some() && !self.has_time && matches!(word.len(), 4 | 6)
    }

    /// Reads a time of day. If there is one already, it may be an offset that lost its `+` in a web
    /// address.
    fn second_clock(&mut self, word: &str) -> Option<()> {
        if !self.has_time {
            return self.clock(word, false);
        }
        if self.before.contains('t') && word.len() == 5 {
            self.offset = self.offset.or_else(|| names::by_number(&format!("+{word}")));
        }
        Some(())
    }

    /// Reads a time of day with its suffix: `14:00:00.5+01:00`, `2:00pm`, `140000z`.
    fn clock(&mut self, text: &str, is_sure: bool) -> Option<()> {
        if text.is_empty() || (self.has_time && !is_sure) {
            return Some(());
        }
        let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','));
        let (time, rest) = text.split_at(end.unwrap_or(text.len()));
        self.has_time = true;
        if time.contains(':') {
            let mut fields = time.split(':').map(str::trim).filter(|field| !field.is_empty());
            let (hour, minute) = (fields.next()?, fields.next().unwrap_or("0"));
            (self.hour, self.minute) = (hour.parse().ok()?, minute.parse().ok()?);
            self.second(fields.next().unwrap_or("0"))?;
        } else {
            let (whole, _) = time.split_once(['.', ',']).unwrap_or((time, ""));
            let field = |from: usize| whole.get(from..from + 2).unwrap_or("0").parse().ok();
            (self.hour, self.minute, self.second) = (field(0)?, field(2)?, field(4)?);
        }
        self.behind_clock(rest);
        Some(())
    }

    fn second(&mut self, text: &str) -> Option<()> {
        let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
        self.second = whole.parse().ok()?;
        let digits = part.chars().map_while(|c| c.to_digit(10)).chain(std::iter::repeat(0));
        let nanosecond = digits.take(9).fold(0, |number, digit| number * 10 + digit);
        self.nanosecond = i32::try_from(nanosecond).ok()?;
        Some(())
    }

    fn behind_clock(&mut self, rest: &str) {
        let rest = match (rest.strip_prefix("am"), rest.strip_prefix("pm")) {
            (Some(after), _) => {
                self.is_afternoon = Some(false);
                after
            }
            (_, Some(after)) => {
                self.is_afternoon = Some(true);
                after
            }
            _ => rest,
        };
        self.zone(rest.trim());
    }

    fn zone(&mut self, zone: &str) -> bool {
        if let Some(offset) = names::by_number(zone) {
            self.offset = Some(offset);
            return true;
        }
        let named = names::find_offset(zone, self.context.language());
        self.named_offset = named.or(self.named_offset);
        if named.is_none() {
            self.zone = names::find_zone(zone, self.has_time).or(self.zone.take());
        }
        named.is_some()
    }

    /// Reads an hour without a colon: `14h30`, `14.30`, `2pm`.
    fn hour(&mut self, word: &str) -> Option<()> {
        if self.is_clock(word) {
            return self.clock(word, false);
        }
        let end = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
        let (hour, rest) = word.split_at(end);
        let hour = hour.parse::<i8>().ok().filter(|hour| *hour <= 24 && !self.has_time);
        let Some(hour) = hour else {
            return Some(());
        };
        let minute =
            rest.strip_prefix(['h', 'u', '.']).map(|it| it.trim_end_matches(['m', 'n', 'i']));
        let minute = match minute {
            Some("") if rest != "." => Some(0),
            Some(minute) if minute.len() == 2 => minute.parse::<i8>().ok(),
            _ if matches!(rest, "am" | "pm") => Some(0),
            _ => None,
        };
        if let Some(minute) = minute {
            (self.hour, self.minute, self.has_time) = (hour, minute, true);
            self.behind_clock(if matches!(rest, "am" | "pm") { rest } else { "" });
        }
        Some(())
    }

    fn name(&mut self, word: &str) {
        match word {
            "am" | "sa" | "ص" | "öö" => self.is_afternoon = Some(false),
            "pm" | "ch" | "م" | "ös" => self.is_afternoon = Some(true),
            "thứ" => self.next = Some(Next::Weekday),
            "tháng" | "thg" => self.next = Some(Next::Month),
            _ => self.read_date_word(word),
        }
    }

    fn read_date_word(&mut self, word: &str) {
        if let Some(initial) = names::initial_of(word, &self.before) {
            self.initials.push_str(initial);
            if word == "time" {
                let name = std::mem::take(&mut self.initials);
                self.zone(&name);
            }
            return;
        }
        // `America/New York` is two words.
        for zone in [word, &format!("{} {word}", self.before)] {
            if names::find_zone(zone, false).is_some() {
                self.zone(zone);
                return;
            }
        }
        if let Some(found) = date_of(word, self.context) {
            self.date.get_or_insert(found);
            return;
        }
        let is_open = self.month.is_none_or(|month| month.may_be_day);
        if let Some(month) = names::month(word, self.context.language()).filter(|_| is_open) {
            // `mar., 02 janv. 2024`: the first word is the day of the week if a month follows.
            self.month = Some(month);
        } else if !word.is_empty() {
            self.zone(word);
        }
    }

    fn finish(mut self) -> Option<Timestamp> {
        let (year, month, day) = match self.date {
            Some(date) => date,
            None => self.date_of_numbers()?,
        };
        match self.is_afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        // Seconds may be leap seconds, and 24:00 is the next day.
        let second = self.second.min(59);
        let is_midnight = (self.hour, self.minute, second) == (24, 0, 0);
        let hour = if is_midnight { 0 } else { self.hour };
        let time = Time::new(hour, self.minute, second, self.nanosecond).ok()?;
        let time = Date::new(western(year)?, month, day).ok()?.to_datetime(time);
        // A numeric offset is more reliable than a name: there are three kinds of `IST`.
        let zone = match (self.offset.or(self.named_offset), self.zone) {
            (None, Some(zone)) => zone,
            (offset, _) => TimeZone::fixed(Offset::from_seconds(offset.unwrap_or(0)).ok()?),
        };
        let at = zone.to_ambiguous_timestamp(time).compatible().ok()?;
        at.checked_add(SignedDuration::from_hours(24 * i64::from(is_midnight))).ok()
    }

    /// Makes a date of single numbers and the name of a month.
    fn date_of_numbers(&self) -> Option<Day> {
        let full = |(number, digits): (i16, usize)| (number, digits >= 3);
        let numbers: Vec<(i16, bool)> = self.numbers.iter().copied().map(full).collect();
        let month = self.month.map(|month| month.number);
        let (year, month, day) = match (month, numbers.as_slice()) {
            (Some(month), &[(day, false), (year, _)] | &[(year, true), (day, false)]) => {
                (year, month, day)
            }
            (None, &[(year, true), (month, false), (day, false)]) => {
                (year, i8::try_from(month).ok()?, day)
            }
            (None, &[(first, false), (second, false), (year, true)]) => {
                let (day, of_year) = self.context.day_and_month(first, second)?;
                (year, of_year, i16::from(day))
            }
            _ => return None,
        };
        Some((year, month, i8::try_from(day).ok()?))
    }
}

/// The Gregorian year in full, also of two or three digits (RFC 2822, section 4.3). The Buddhist calendar of Thailand is 543
/// years ahead.
fn western(year: i16) -> Option<i16> {
    match year {
        0..50 => Some(year + 2000),
        50..1000 => Some(year + 1900),
        1900..=2299 => Some(year),
        2443..=2842 => Some(year - 543),
        _ => None,
    }
}

/// Whether a number is a year before the year 1000 in four digits.
fn is_ancient(number: &str) -> bool {
    number.len() == 4 && number.starts_with('0')
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// The date and the time of `2026-03-05t14:00`, `20260305t1400` and `02/jan/2024:10:00:00`.
fn split_at_time(word: &str) -> Option<(&str, &str)> {
    let bytes = word.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_between = |at: usize| at > 0 && is_digit(at - 1) && is_digit(at + 1);
    let by_sign = word.match_indices(['t', '_']).map(|(at, _)| at).find(|at| is_between(*at));
    let by_colon = word
        .find(':')
        .filter(|at| is_between(*at) && word[..*at].matches(['-', '/', '.']).count() == 2);
    let at = by_sign.or(by_colon);
    if at.is_none() && word.ends_with('t') && word.len() > 8 {
        return Some((&word[..word.len() - 1], ""));
    }
    at.map(|at| (&word[..at], &word[at + 1..]))
}

/// `5` of `5th`, `1er`, `2-го`.
fn without_ordinal(word: &str) -> &str {
    let endings =
        ["st", "nd", "rd", "th", "er", "re", "-го", "-е", "º", "ª", "°", "ο", "η", "e", "."];
    endings.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word)
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
fn date_of(word: &str, context: Context<'_>) -> Option<Day> {
    let word = word.trim_matches(SIGNS);
    if !word.contains(SIGNS) {
        return by_eight_digits(word);
    }
    let fields: Option<Vec<Field>> =
        word.split(SIGNS).map(|field| field_of(field, context)).take(4).collect();
    match *fields?.as_slice() {
        [first, second, third] => of_three(word, [first, second, third], context),
        // `2024-002`
        // `2024-01`
        [Field::Number(year, 4), Field::Number(month, 1 | 2)] => {
            Some((year, i8::try_from(month).ok()?, 1))
        }
        _ => None,
    }
}

/// Parses a word as a date with a zone, as in `2024-01-02+01:00` of XML Schema.
fn date_and_zone(word: &str, context: Context<'_>) -> Option<(Day, Option<i32>)> {
    if let Some(found) = date_of(word, context) {
        return Some((found, None));
    }
    let at = word.find(['+', 'z']).filter(|at| *at >= 8)?;
    let (day, zone) = word.split_at(at);
    let offset = names::by_number(zone).or_else(|| names::find_offset(zone, ""))?;
    Some((date_of(day, context)?, Some(offset)))
}

fn field_of(field: &str, context: Context<'_>) -> Option<Field> {
    if !field.is_empty() && field.len() <= 4 && field.bytes().all(|b| b.is_ascii_digit()) {
        if is_ancient(field) {
            return None;
        }
        return Some(Field::Number(field.parse().ok()?, field.len()));
    }
    names::month(field, context.language()).map(|month| Field::Month(month.number))
}

fn of_three(word: &str, fields: [Field; 3], context: Context<'_>) -> Option<Day> {
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
    Some((year, month, i8::try_from(day).ok()?))
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
fn by_eight_digits(word: &str) -> Option<Day> {
    if word.len() != 8 || !word.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let part = |from: usize, to: usize| word[from..to].parse::<i8>().ok();
    let year = word[..4].parse().ok().filter(|year| (1900..2300).contains(year))?;
    Some((year, part(4, 6)?, part(6, 8)?))
}

/// Abbreviations of the halves of the day, with dots, in two words or in other scripts.
const HALVES: &[(&str, &str)] = &[
    ("a. m", " am "),
    ("p. m", " pm "),
    ("a.m", " am "),
    ("p.m", " pm "),
    ("π.μ", " am "),
    ("μ.μ", " pm "),
    ("上午", " am "),
    ("午前", " am "),
    ("凌晨", " am "),
    ("早上", " am "),
    ("오전", " am "),
    ("下午", " pm "),
    ("午後", " pm "),
    ("晚上", " pm "),
    ("오후", " pm "),
];

/// The zeros of scripts whose digits are in use.
const ZEROS: &[u32] = &[0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10];

/// A date without comments in brackets, in lower case, with ASCII digits and common separators.
fn simplified(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut comment = String::new();
    let mut brackets = 0_usize;
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            // Text in brackets is a comment: RFC 2822, section 3.2.3.
            '(' | '[' | '（' | '【' => brackets += 1,
            ')' | ']' | '）' | '】' => {
                brackets = brackets.saturating_sub(1);
                plain.push(' ');
                let comment = std::mem::take(&mut comment);
                let words = comment.trim_start_matches('!').trim();
                if names::is_zone(words) {
                    plain.extend([words, " "]);
                }
            }
            _ if is_invisible(c) => {}
            _ if brackets > 0 => comment.push(c),
            _ => push(&mut plain, c),
        }
    }
    for (written, half) in HALVES {
        if plain.contains(written) {
            plain = plain.replace(written, half);
        }
    }
    plain
}

fn push(plain: &mut String, c: char) {
    let is_after_number = plain.trim_end().ends_with(|last: char| last.is_ascii_digit());
    if let Some(sign) = sign_of(c).filter(|_| is_after_number) {
        // `14 시`
        plain.truncate(plain.trim_end().len());
        plain.push(sign);
        return;
    }
    match c {
        // `2024년 1월 2일`
        _ if c.is_whitespace() && is_within_date(plain) => {}
        _ if c.is_whitespace() => plain.push(' '),
        '：' | '٫' => plain.push(':'),
        '，' | '、' | '،' | '؛' | ';' => plain.push(','),
        '−' | '–' | '—' | '‐' | '‑' => plain.push('-'),
        '／' => plain.push('/'),
        '．' | '。' => plain.push('.'),
        _ => plain.push(ascii_digit(c).unwrap_or(c)),
    }
}

/// The separator for a character that follows numbers, as in `2024年1月2日 14時30分`.
fn sign_of(c: char) -> Option<char> {
    match c {
        '年' | '년' | '月' | '월' => Some('-'),
        '时' | '時' | '点' | '點' | '시' | '分' | '분' => Some(':'),
        '日' | '号' | '號' | '일' | '秒' | '초' => Some(' '),
        _ => None,
    }
}

/// Whether the text ends with a number and a separator.
fn is_within_date(plain: &str) -> bool {
    let number = plain.strip_suffix(['-', ':']);
    number.is_some_and(|number| number.ends_with(|last: char| last.is_ascii_digit()))
}

fn ascii_digit(c: char) -> Option<char> {
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// Whether a character is invisible, such as a mark of direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{61c}' | '\u{ad}' | '\u{feff}')
        || (c.is_control() && !c.is_whitespace())
}
