//! Dates in several words, in any order.

use super::Context;
use super::calendar::Parts;
use super::months::{self, Month};
use super::numeric::{self, Numeric};
use super::zones;

/// The values of the words read so far.
#[derive(Debug, Default)]
pub(super) struct DateWords<'a> {
    context: Context<'a>,
    parts: Parts,
    /// Whether one word had a whole date.
    has_date: bool,
    has_time: bool,
    is_afternoon: Option<bool>,
    month: Option<Month>,
    /// Single numbers with their number of digits, in order.
    numbers: Vec<(i16, usize)>,
    named_offset: Option<i32>,
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

/// Parses a date in the form of [`plain`](super::plain::plain).
pub(super) fn read(plain: &str, context: Context<'_>) -> Option<(i64, u32)> {
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
            self.offset = zones::by_number(word).or(self.offset);
        } else {
            self.name(word);
        }
        word.clone_into(&mut self.before);
        Some(())
    }

    fn number(&mut self, word: &str, next: Option<Next>) -> Option<()> {
        if let Some((date, time)) = split_at_time(word)
            && let Some(found) = numeric::date(date, self.context)
        {
            self.date(&found);
            return self.clock(time, true);
        }
        if !self.has_date
            && let Some((found, zone)) = numeric::date_and_zone(word, self.context)
        {
            self.date(&found);
            self.offset = zone.or(self.offset);
            return Some(());
        }
        if word.contains(':') {
            return self.second_clock(word);
        }
        let plain = without_ordinal(word);
        match (plain.parse::<i16>(), next) {
            (Ok(_), Some(Next::Weekday)) => {}
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
        self.has_date && !self.has_time && matches!(word.len(), 4 | 6)
    }

    fn date(&mut self, found: &Numeric) {
        if !self.has_date {
            self.has_date = true;
            let Numeric { year, month, day, day_of_year } = *found;
            (self.parts.year, self.parts.month, self.parts.day) = (Some(year), month, day);
            self.parts.day_of_year = day_of_year;
        }
    }

    /// Reads a time of day. If there is one already, it may be an offset that lost its `+` in a web
    /// address.
    fn second_clock(&mut self, word: &str) -> Option<()> {
        if !self.has_time {
            return self.clock(word, false);
        }
        if self.before.contains('t') && word.len() == 5 {
            self.offset = self.offset.or_else(|| zones::by_number(&format!("+{word}")));
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
            (self.parts.hour, self.parts.minute) = (hour.parse().ok()?, minute.parse().ok()?);
            self.second(fields.next().unwrap_or("0"))?;
        } else {
            let (whole, _) = time.split_once(['.', ',']).unwrap_or((time, ""));
            let field = |from: usize| whole.get(from..from + 2).unwrap_or("0").parse().ok();
            let parts = &mut self.parts;
            (parts.hour, parts.minute, parts.second) = (field(0)?, field(2)?, field(4)?);
        }
        self.behind_clock(rest);
        Some(())
    }

    fn second(&mut self, text: &str) -> Option<()> {
        let (whole, part) = text.split_once(['.', ',']).unwrap_or((text, ""));
        self.parts.second = whole.parse().ok()?;
        let digits = part.chars().map_while(|c| c.to_digit(10)).chain(std::iter::repeat(0));
        self.parts.nanosecond = digits.take(9).fold(0, |number, digit| number * 10 + digit);
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
        if let Some(offset) = zones::by_number(zone) {
            self.offset = Some(offset);
            return true;
        }
        let named = zones::find_offset(zone, self.context.language());
        self.named_offset = named.or(self.named_offset);
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
            (self.parts.hour, self.parts.minute, self.has_time) = (hour, minute, true);
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
        if let Some(found) = numeric::date(word, self.context) {
            return self.date(&found);
        }
        let is_open = self.month.is_none_or(|month| month.may_be_day);
        if let Some(number) = months::of_two_words(&self.before, word) {
            self.month = Some(Month { number, may_be_day: false });
        } else if let Some(month) = months::month(word, self.context.language()).filter(|_| is_open)
        {
            // `mar., 02 janv. 2024`: the first word is the day of the week if a month follows.
            self.month = Some(month);
        } else if !word.is_empty() {
            self.zone(word);
        }
    }

    fn finish(mut self) -> Option<(i64, u32)> {
        if !self.has_date {
            self.use_numbers()?;
        }
        match self.is_afternoon {
            Some(true) if self.parts.hour < 12 => self.parts.hour += 12,
            Some(false) if self.parts.hour == 12 => self.parts.hour = 0,
            _ => {}
        }
        // A numeric offset is more reliable than a name: there are three kinds of `IST`.
        self.parts.offset = self.offset.or(self.named_offset).unwrap_or(0);
        self.parts.time_since_1970()
    }

    /// Makes a date of single numbers and the name of a month.
    fn use_numbers(&mut self) -> Option<()> {
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
        // RFC 2822, section 4.3.
        let year = match year {
            0..50 => year + 2000,
            50..1000 => year + 1900,
            _ => year,
        };
        self.parts.year = Some(year);
        self.parts.month = Some(month);
        self.parts.day = i8::try_from(day).ok();
        self.parts.day.map(|_| ())
    }
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
