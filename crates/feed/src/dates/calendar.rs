//! Days of the Gregorian calendar, and the seconds since 1970.

/// The parts of a date and time of day that are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub(super) year: Option<i16>,
    pub(super) month: Option<i8>,
    pub(super) day: Option<i8>,
    /// The day of the year, if the date is written with it.
    pub(super) day_of_year: Option<i16>,
    pub(super) hour: i8,
    pub(super) minute: i8,
    pub(super) second: i8,
    pub(super) nanosecond: u32,
    /// The offset from UTC in seconds.
    pub(super) offset: i32,
}

impl Parts {
    /// The time since 1970. `None` if the day or time of day does not exist.
    pub(super) fn time_since_1970(&self) -> Option<(i64, u32)> {
        let year = western(self.year?)?;
        let days = match self.day_of_year {
            Some(day) if (1..=366).contains(&day) => {
                days_since_1970(year, 1, 1)? + i64::from(day) - 1
            }
            Some(_) => return None,
            None => days_since_1970(year, self.month.unwrap_or(1), self.day.unwrap_or(1))?,
        };
        let (hour, minute, second) = (self.hour, self.minute, self.second.min(59));
        // `24:00` is the midnight at the end of the day.
        let is_midnight = (hour, minute, second) == (24, 0, 0);
        let is_time = is_midnight || ((0..24).contains(&hour) && (0..60).contains(&minute));
        let in_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        let seconds = days * 86_400 + in_day - i64::from(self.offset);
        (is_time && second >= 0).then_some((seconds, self.nanosecond))
    }
}

/// Converts a year to the Gregorian calendar: Thailand's years are 543 higher. Years of other
/// calendars, such as 1402 in Iran, are refused, because nothing on the web has such a Gregorian
/// year.
fn western(year: i16) -> Option<i16> {
    match year {
        1900..=2299 => Some(year),
        2443..=2842 => Some(year - 543),
        _ => None,
    }
}

/// The days from 1970 to a date of the Gregorian calendar. `None` if the day does not exist.
pub(super) fn days_since_1970(year: i16, month: i8, day: i8) -> Option<i64> {
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
    // In years that begin in March, the leap day is the last day.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let before = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // The days before each month, counted from March.
    let in_year = (month * 153 + 2) / 5;
    Some(before + in_year + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn days_agree_with_the_calendar(year in 0_i16..=9999, month in -1_i8..14, day in -1_i8..33) {
            let date = jiff::civil::Date::new(year, month, day).ok();
            let timestamp = date.map(|date| date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp());
            let days = timestamp.map(|timestamp| timestamp.as_second().div_euclid(86_400));
            prop_assert_eq!(days_since_1970(year, month, day), days);
        }
    }
}
