//! Days in the forms of datelines.

/// The months from January on in the languages of large agencies, by their first letters in lower case.
const MONTHS: [&str; 12] = [
    "jan ene gen янв січ sty oca يناير",
    "feb fév fev фев лют lut şub فبراير",
    "mar mär mrt maa мар бер مارس",
    "apr abr avr апр кві kwi nis أبريل ابريل إبريل",
    "may mai mag mei maj мая май тра مايو",
    "jun jui giu июн чер cze haz يونيو",
    "jul juil lug июл лип lip tem يوليو",
    "aug ago aoû авг сер sie ağu أغسطس اغسطس",
    "sep set сен вер wrz eyl سبتمبر",
    "oct okt ott out окт жов paź eki أكتوبر اكتوبر",
    "nov ноя лис lis kas نوفمبر",
    "dec dez dic déc дек гру gru ara ديسمبر",
];

/// Words between the parts of a day.
const BETWEEN: &[&str] =
    &["de", "del", "le", "of", "the", "den", "am", "года", "року", "г", "di", "a"];

fn month(word: &str) -> Option<u8> {
    let lower = word.to_lowercase();
    let longest = |starts: &str| {
        starts.split(' ').filter(|start| lower.starts_with(start)).map(str::len).max()
    };
    let fitting = (1..).zip(MONTHS).filter_map(|(month, starts)| Some((longest(starts)?, month)));
    fitting.max().map(|(_, month)| month)
}

struct Parts {
    day: Option<u8>,
    month: Option<u8>,
    year: Option<u16>,
}

/// The parts of a printed day. `None` if it contains anything else.
fn parts(printed: &str) -> Option<Parts> {
    let mut found = Parts { day: None, month: None, year: None };
    for word in printed.split([' ', ',', '.', '\u{a0}']).filter(|word| !word.is_empty()) {
        let digits = word.trim_end_matches("st").trim_end_matches("th").trim_end_matches("er");
        let number = digits.parse::<u16>().ok();
        match number {
            Some(year @ 1900..=2100) if found.year.is_none() => found.year = Some(year),
            Some(day @ 1..=31) if found.day.is_none() => found.day = u8::try_from(day).ok(),
            // `5.03.2026`
            Some(month @ 1..=12) if found.month.is_none() => found.month = u8::try_from(month).ok(),
            Some(_) => return None,
            None if BETWEEN.contains(&word.to_lowercase().as_str()) => {}
            None if found.month.is_none() => found.month = Some(month(word)?),
            None => return None,
        }
    }
    Some(found)
}

/// Whether `printed` is a day and month, with or without a year.
pub(super) fn is_day(printed: &str) -> bool {
    parts(printed).is_some_and(|found| found.day.is_some() && found.month.is_some())
}

/// Whether `place` ends with a number or is a day.
pub(super) fn ends_in_day(place: &str) -> bool {
    place.ends_with(|c: char| c.is_ascii_digit()) || is_day(place)
}

/// Converts a date with a year to ISO 8601: `5 mars 2026`, `2026年3月5日`, `2026-03-05`.
pub(super) fn day(printed: &str) -> Option<String> {
    let by_signs: Vec<&str> = printed.split(['年', '月', '日', '-', '/']).map(str::trim).collect();
    let numbers: Vec<u16> = by_signs.iter().filter_map(|part| part.parse().ok()).collect();
    let (year, month, day) = match numbers[..] {
        [year, month, day] if (1900..=2100).contains(&year) => (year, month, day),
        _ => {
            let Parts { day: Some(day), month: Some(month), year: Some(year) } = parts(printed)?
            else {
                return None;
            };
            (year, u16::from(month), u16::from(day))
        }
    };
    let [year, month, day] = [year, month, day].map(|part| i16::try_from(part).ok());
    let (month, day) = (i8::try_from(month?).ok()?, i8::try_from(day?).ok()?);
    jiff::civil::Date::new(year?, month, day).ok().map(|date| date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_many_agencies() {
        for (printed, expected) in [
            ("March 5, 2026", Some("2026-03-05")),
            ("5 de marzo de 2026", Some("2026-03-05")),
            ("5. März 2026", Some("2026-03-05")),
            ("1er juillet 2026", Some("2026-07-01")),
            ("5 juin 2026", Some("2026-06-05")),
            ("5 березня 2026 року", Some("2026-03-05")),
            ("2026年3月5日", Some("2026-03-05")),
            ("31 Feb 2026", None),
            ("March 5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(day(printed).as_deref(), expected, "{printed}");
        }
    }
}
