//! Spans of time as people write them: `30s`, `15m`, `12h`, `7d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use crate::string_form::string_form;

/// A span of whole seconds, written as a number and one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    seconds: u32,
}

/// A text that is not an [`Interval`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IntervalError {
    /// It is written in another way.
    #[error("{0:?} is not a duration: expected a number and one of s, m, h, d, such as \"30s\"")]
    Form(String),
    /// It has more seconds than can be counted.
    #[error("{0:?} is too long: give at most 49710d")]
    TooLong(String),
}

const UNITS: [(&str, u32); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Interval {
    /// A span of this many seconds.
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self { seconds }
    }

    /// The span as a duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.seconds as u64)
    }
}

impl fmt::Display for Interval {
    /// Writes the largest unit that divides the span.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides =
            |(_, seconds): &&(&str, u32)| self.seconds > 0 && self.seconds.is_multiple_of(*seconds);
        let (unit, seconds) = UNITS.iter().find(divides).unwrap_or(&("s", 1));
        write!(f, "{}{unit}", self.seconds / seconds)
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let written = UNITS.iter().find_map(|(unit, seconds)| {
            let digits = text.strip_suffix(unit)?;
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then_some((digits, *seconds))
        });
        let (digits, unit) =
            written.ok_or_else(|| IntervalError::Form(crate::ids::shortened(text)))?;
        let seconds = digits.parse::<u32>().ok().and_then(|count| count.checked_mul(unit));
        let too_long = || IntervalError::TooLong(crate::ids::shortened(text));
        seconds.map(Self::from_seconds).ok_or_else(too_long)
    }
}

string_form!(
    Interval,
    "^([0-9]{1,9}s|[0-9]{1,7}m|[0-9]{1,6}h|[0-3]?[0-9]{1,4}d)$",
    "A duration: a number and one of s, m, h, d."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn written_as_people_do() {
        let cases =
            [("0s", 0), ("30s", 30), ("90s", 90), ("15m", 900), ("12h", 43_200), ("7d", 604_800)];
        for (text, seconds) in cases {
            let interval: Interval = text.parse().unwrap();
            assert_eq!(interval.duration(), Duration::from_secs(seconds));
            assert_eq!(interval.to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "", "s", "30", "30 s", "-1s", "+1s", "1.5h", "1h30m", "never", "99999999999s",
            "4294967295d",
        ] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }

    #[test]
    fn one_too_long_is_told_so() {
        let said = "99999d".parse::<Interval>().unwrap_err().to_string();
        assert_eq!(said, "\"99999d\" is too long: give at most 49710d");
        assert!("49710d".parse::<Interval>().is_ok() && "49711d".parse::<Interval>().is_err());
    }

    proptest! {
        #[test]
        fn round_trip(seconds: u32) {
            let interval = Interval::from_seconds(seconds);
            prop_assert_eq!(interval.to_string().parse(), Ok(interval));
        }
    }
}
