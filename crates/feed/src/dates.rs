//! Dates as feeds and pages write them: RFC 3339 and its relatives, RFC 2822 and what comes near, in
//! several languages; and seconds or milliseconds since 1970.
//!
//! Where day and month could change places, as in `02/01/2024`, a date is not understood.

mod months;

use std::borrow::Cow;

use months::{may_be_tuesday, month};

/// No date is longer than this many bytes.
const LONGEST: usize = 80;

/// The time of a date in any usual form, in seconds since 1970 in UTC; none where it is not understood. Without a zone it is
/// UTC, without a time of day midnight.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    exact(text).map(|(seconds, _)| seconds)
}

/// [`parse`], with the nanoseconds beyond the second.
#[must_use]
pub fn exact(text: &str) -> Option<(i64, u32)> {
    // What stands in brackets is a comment: RFC 2822, section 3.2.3.
    let text = text.split('(').next().unwrap_or_default().trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let text = &*without_signs(text);
    if text.bytes().all(|b| b.is_ascii_digit()) && text.len() >= 10 {
        return by_digits(text);
    }
    if let Some(found) = by_day(text) {
        return found;
    }
    let starts_with_year = text.len() >= 4 && text.bytes().take(4).all(|b| b.is_ascii_digit());
    if starts_with_year && text.as_bytes().get(4).is_none_or(|b| !b.is_ascii_whitespace()) {
        by_year(text)
    } else {
        by_words(text)
    }
}

/// A date and time of day with its offset from UTC in seconds.
#[derive(Debug, Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: u32,
    offset: i32,
}

impl Parts {
    fn time_since_1970(&self) -> Option<(i64, u32)> {
        let (month, day) = (self.month.unwrap_or(1), self.day.unwrap_or(1));
        let days = days_since_1970(self.year?, month, day)?;
        let (hour, minute, second) = (self.hour, self.minute, self.second.min(59));
        let is_time = (0..24).contains(&hour) && (0..60).contains(&minute) && second >= 0;
        let in_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        let seconds = days * 86_400 + in_day - i64::from(self.offset);
        is_time.then_some((seconds, self.nanosecond))
    }

    /// Takes a time of day with its zone, or nothing: `10:00+01:00`, `100000 UTC`.
    fn take_time(&mut self, text: &str) -> Option<()> {
        if text.is_empty() {
            return Some(());
        }
        let zone = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ','));
        let (time, zone) = text.split_at(zone.unwrap_or(text.len()));
        match time.contains(':') {
            true => self.time(time)?,
            // `140000`
            false => {
                let field = |from: usize| time.get(from..from + 2).unwrap_or("0").parse().ok();
                (self.hour, self.minute, self.second) = (field(0)?, field(2)?, field(4)?);
            }
        }
        self.offset = offset(zone.trim()).unwrap_or(0);
        Some(())
    }

    /// Takes `10:00`, `10:00:00`, `10:00:00.123` or `10.00`.
    fn time(&mut self, text: &str) -> Option<()> {
        let mut fields = text.split(':');
        self.hour = fields.next()?.trim().parse().ok()?;
        self.minute = fields.next().unwrap_or("0").trim().parse().ok()?;
        let second = fields.next().unwrap_or("0");
        let (whole, part) = second.split_once(['.', ',']).unwrap_or((second, ""));
        self.second = whole.trim().parse().ok()?;
        let digits = part.chars().map_while(|c| c.to_digit(10)).chain(std::iter::repeat(0));
        self.nanosecond = digits.take(9).fold(0, |number, digit| number * 10 + digit);
        Some(())
    }
}

/// The days from 1970 to a date of the Gregorian calendar; none where there is no such day.
fn days_since_1970(year: i16, month: i8, day: i8) -> Option<i64> {
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=last).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    // Years that begin in March have the day that comes and goes at their end.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // The days before each month, counted from March.
    let in_year = (month * 153 + 2) / 5;
    Some(before + in_year + day - 1 - 719_468)
}

/// `2024年1月2日 14時30分` and `2024년 1월 2일` as `2024-1-2 14:30`.
fn without_signs(text: &str) -> Cow<'_, str> {
    if !text.contains(['年', '년']) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '年' | '月' | '년' | '월' => plain.push('-'),
            '日' | '일' => plain.push('T'),
            '时' | '時' | '点' | '시' | '分' | '분' => plain.push(':'),
            '秒' | '초' => {}
            // `2024년 1월 2일`
            ' ' if plain.ends_with(['-', 'T', ':']) => {}
            other => plain.push(other),
        }
    }
    plain.truncate(plain.trim_end_matches(['T', ':', '-']).len());
    Cow::Owned(plain)
}

/// Seconds or milliseconds since 1970, or `20260305140000`.
fn by_digits(text: &str) -> Option<(i64, u32)> {
    let number = text.parse::<i64>().ok()?;
    match text.len() {
        10 => Some((number, 0)),
        13 => Some((number / 1000, u32::try_from(number % 1000).ok()? * 1_000_000)),
        14 => by_year(&format!("{}T{}", &text[..8], &text[8..])),
        _ => None,
    }
}

/// `02.01.2024 14:30` and `2.1.24`; `31/01/2024` and `01-31-2024`, where only one of the numbers can be the
/// month. None where it is no such date, and within none where it could be two.
fn by_day(text: &str) -> Option<Option<(i64, u32)>> {
    let end = text.find(|c: char| c == 'T' || c == ',' || c.is_whitespace());
    let (date, rest) = text.split_at(end.unwrap_or(text.len()));
    let has_dots = date.contains('.');
    let numbers: Option<Vec<i16>> = date
        .trim_end_matches('.')
        .split(['.', '/', '-'])
        .map(|field| field.parse().ok().filter(|_| field.bytes().all(|b| b.is_ascii_digit())))
        .collect();
    let &[first, second, year] = numbers?.as_slice() else {
        return None;
    };
    let year = match year {
        100.. => year,
        _ if has_dots => year + 2000,
        _ => return None,
    };
    let (day, month) = match (first, second) {
        (32.., _) => return None,
        _ if has_dots || first == second || first > 12 => (first, second),
        (_, 13..) => (second, first),
        _ => return Some(None),
    };
    let mut parts = Parts { year: Some(year), ..Parts::default() };
    (parts.day, parts.month) = (i8::try_from(day).ok(), i8::try_from(month).ok());
    let rest = rest.trim_start_matches(|c: char| c == 'T' || c == ',' || c.is_whitespace());
    Some(parts.take_time(rest).and_then(|()| parts.time_since_1970()))
}

/// `2026-03-05T14:00:00.5+01:00`, `2026-03-05 14:00`, `20260305`, `2026-03`, `2026`.
fn by_year(text: &str) -> Option<(i64, u32)> {
    let end = text.find(|c: char| c == 'T' || c == 't' || c.is_whitespace() || c == '_');
    let (date, rest) = text.split_at(end.unwrap_or(text.len()));
    let mut parts = Parts::default();
    let digits: String = date.chars().filter(char::is_ascii_digit).collect();
    if !date.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.')) {
        return None;
    }
    let fields: Vec<&str> = date.split(['-', '/', '.']).collect();
    match (fields.as_slice(), digits.len()) {
        ([all], 8) => {
            (parts.year, parts.month, parts.day) =
                (all[..4].parse().ok(), all[4..6].parse().ok(), all[6..].parse().ok());
        }
        ([year, month, day], _) => {
            (parts.year, parts.month, parts.day) =
                (year.parse().ok(), Some(month.parse().ok()?), Some(day.parse().ok()?));
        }
        ([year, month], _) => {
            (parts.year, parts.month) = (year.parse().ok(), Some(month.parse().ok()?));
        }
        ([year], 4) => parts.year = year.parse().ok(),
        _ => return None,
    }
    parts.take_time(rest.trim_start_matches(['T', 't', '_']).trim())?;
    parts.time_since_1970()
}

/// `Thu, 05 Mar 2026 14:00:00 GMT`, `5 March 26 14:00 +0100`, `Mar 5, 2026`, and the order of
/// C's `asctime`.
fn by_words(text: &str) -> Option<(i64, u32)> {
    let mut parts = Parts::default();
    let (mut is_afternoon, mut is_tuesday) = (None, false);
    let words = text.split(|c: char| c.is_whitespace() || c == ',').flat_map(|word| {
        // `05-Mar-2026`, but not `-0500`.
        let is_date = word.contains('-') && word.bytes().any(|b| b.is_ascii_alphabetic());
        let is_date = is_date && word.starts_with(|c: char| c.is_ascii_digit());
        if is_date { word.split('-').collect() } else { vec![word] }
    });
    for word in words.filter(|word| !word.is_empty()) {
        let plain = word.trim_end_matches('.');
        if word.contains(':') && word.starts_with(|c: char| c.is_ascii_digit()) {
            parts.time(word)?;
        } else if let Ok(number) = without_ordinal(plain).parse::<i16>()
            && !word.starts_with(['+', '-'])
        {
            number_of(&mut parts, number, without_ordinal(plain).len())?;
        } else if (parts.month.is_none() || is_tuesday) && month(plain).is_some() {
            // `mar., 02 janv. 2024`: what stands first is the day of the week, if a month follows.
            is_tuesday = parts.day.is_none() && may_be_tuesday(plain);
            parts.month = month(plain);
        } else if let "am" | "pm" = plain.to_ascii_lowercase().as_str() {
            is_afternoon = Some(plain.eq_ignore_ascii_case("pm"));
        } else if let Some(found) = offset(plain) {
            parts.offset = found;
        }
    }
    match is_afternoon {
        Some(true) if parts.hour < 12 => parts.hour += 12,
        Some(false) if parts.hour == 12 => parts.hour = 0,
        _ => {}
    }
    (parts.month.is_some() && parts.day.is_some()).then(|| parts.time_since_1970())?
}

/// A number is the day first, then the year.
fn number_of(parts: &mut Parts, number: i16, digits: usize) -> Option<()> {
    if parts.day.is_none() && digits <= 2 {
        parts.day = i8::try_from(number).ok();
    } else if parts.year.is_none() {
        parts.year = Some(match digits {
            // RFC 2822, section 4.3.
            1 | 2 if number < 50 => number + 2000,
            1..=3 => number + 1900,
            _ => number,
        });
    } else {
        return None;
    }
    Some(())
}

/// `5` of `5th`.
fn without_ordinal(word: &str) -> &str {
    let endings = ["st", "nd", "rd", "th"];
    endings.iter().find_map(|ending| word.strip_suffix(ending)).unwrap_or(word)
}

/// The offset of a zone in seconds.
fn offset(zone: &str) -> Option<i32> {
    let zone = zone.strip_prefix("GMT").or(zone.strip_prefix("UTC")).unwrap_or(zone);
    if let Some(rest) = zone.strip_prefix(['+', '-']) {
        let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
        let (hours, minutes) = match digits.len() {
            1 | 2 => (digits.as_str(), "0"),
            4 => digits.split_at(2),
            _ => return None,
        };
        let seconds = hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60;
        return Some(if zone.starts_with('-') { -seconds } else { seconds });
    }
    let minutes = match zone.to_ascii_uppercase().as_str() {
        "" | "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "BST" | "CET" | "MEZ" | "WEST" => 60,
        "CEST" | "MESZ" | "EET" | "SAST" => 120,
        "EEST" | "MSK" => 180,
        "IST" => 330,
        "HKT" | "SGT" | "AWST" => 480,
        "JST" | "KST" => 540,
        "AEST" => 600,
        "AEDT" => 660,
        "NZST" => 720,
        "NZDT" => 780,
        "EDT" => -240,
        "EST" | "CDT" => -300,
        "CST" | "MDT" => -360,
        "MST" | "PDT" => -420,
        "PST" | "AKDT" => -480,
        _ => return None,
    };
    Some(minutes * 60)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let expected = expected.map(|expected| expected.parse::<jiff::Timestamp>().unwrap());
        let expected = expected.map(jiff::Timestamp::as_second);
        assert_eq!(parse(text), expected, "{text}");
    }

    #[test]
    fn dates_of_many_shapes() {
        let at = Some("2026-03-05T14:00:00Z");
        for text in [
            "2026-03-05T14:00:00Z",
            "2026-03-05t14:00:00.250z",
            "2026-03-05T15:00:00+01:00",
            "2026-03-05T15:00+0100",
            "2026-03-05 14:00:00",
            "2026-03-05 14:00",
            "2026/03/05 14:00 UTC",
            "20260305T140000Z",
            "Thu, 05 Mar 2026 14:00:00 +0000",
            "Thu, 5 Mar 2026 14:00 GMT",
            "thu, 05 march 26 14:00:00 ut",
            "05 Mar 2026 09:00:00 EST",
            "Thu, 05 Mar 2026 15:00:00 CET (Mitteleuropa)",
            "Thu Mar  5 14:00:00 2026",
            "Thu Mar 5 15:00:00 GMT+01:00 2026",
            "Mar 5, 2026 2:00 PM",
            "5-Mar-2026 14:00:00",
            "Xxx, 05 Mar 2026 14:00:00 Z",
        ] {
            check(text, at);
        }
        let part = exact("2026-03-05T14:00:00.25Z").map(|(_, nanoseconds)| nanoseconds);
        assert_eq!(part, Some(250_000_000));
        check("2026-03-05", Some("2026-03-05T00:00:00Z"));
        check("20260305", Some("2026-03-05T00:00:00Z"));
        check("2026-03", Some("2026-03-01T00:00:00Z"));
        check("March 5th, 2026", Some("2026-03-05T00:00:00Z"));
        check("Fri, 31 Dec 1999 23:59:60 GMT", Some("1999-12-31T23:59:59Z"));
        check("Fri, 31 Dec 99 23:59:00 -0930", Some("2000-01-01T09:29:00Z"));
    }

    #[test]
    fn dates_of_many_languages() {
        let at = Some("2024-01-02T00:00:00Z");
        for text in [
            "mar., 02 janv. 2024",
            "mardi 2 janvier 2024",
            "mar, 02 ene 2024",
            "martes 2 de enero de 2024",
            "martedì 2 gennaio 2024",
            "ter, 02 jan 2024",
            "Di, 02. Jän. 2024",
            "wtorek, 2 stycznia 2024",
            "вт, 02 янв 2024",
            "2 січня 2024",
            "02.01.2024",
            "2.1.24",
            "2024年1月2日",
            "2024年01月02日 00:00",
            "2024년 1월 2일",
            "1704153600",
            "1704153600000",
            "20240102000000",
        ] {
            check(text, at);
        }
        check("Mar, 05 Dec 2023 10:00:00 +0100", Some("2023-12-05T09:00:00Z"));
        check("Mar 5 mars 2024", Some("2024-03-05T00:00:00Z"));
        check("05 Mar 2024", Some("2024-03-05T00:00:00Z"));
        check("5. März 2026, 14:30 Uhr", Some("2026-03-05T14:30:00Z"));
        check("05.03.2026, 14:30", Some("2026-03-05T14:30:00Z"));
        check("05.03.2026 14:30 MEZ", Some("2026-03-05T13:30:00Z"));
        check("2026年3月5日 14時30分", Some("2026-03-05T14:30:00Z"));
        check("2026年3月5日14时30分05秒", Some("2026-03-05T14:30:05Z"));
    }

    #[test]
    fn a_day_that_could_be_a_month_is_not_guessed() {
        check("31/01/2024", Some("2024-01-31T00:00:00Z"));
        check("01/31/2024 14:00", Some("2024-01-31T14:00:00Z"));
        check("31-01-2024", Some("2024-01-31T00:00:00Z"));
        check("03/03/2024", Some("2024-03-03T00:00:00Z"));
        for text in ["02/01/2024", "02-01-2024", "31/13/2024", "02/01/24", "30.02.2024", "1.2.3.4"]
        {
            check(text, None);
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        let brackets = "(".repeat(100_000);
        let late = format!("5 Mar 2026{}", " ".repeat(200));
        for text in ["", "soon", "yesterday", "2026-13-01", "32 Mar 2026", "10:00", &brackets] {
            check(text, None);
        }
        check(&late, Some("2026-03-05T00:00:00Z"));
    }

    proptest! {
        #[test]
        fn days_are_those_of_the_calendar(year in 0_i16..=9999, month in -1_i8..14, day in -1_i8..33) {
            let date = jiff::civil::Date::new(year, month, day).ok();
            let timestamp = date.map(|date| date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp());
            let days = timestamp.map(|timestamp| timestamp.as_second().div_euclid(86_400));
            prop_assert_eq!(days_since_1970(year, month, day), days);
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,40}", near in "[0-9A-Za-z:+, -]{0,30}") {
            let _ = (parse(&text), parse(&near));
        }
    }
}
