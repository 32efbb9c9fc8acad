//! Spans of time as people write them: `30s`, `15m`, `12h`, `7d`; and what follows after one: `chief after 15m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::string_form::{FormError, shortened, string_form};

/// A span of whole seconds, written as a number and one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    seconds: u32,
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
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let written = UNITS.iter().find_map(|(unit, seconds)| {
            let digits = text.strip_suffix(unit)?;
            let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
            is_number.then_some((digits, *seconds))
        });
        let refuse = |why: &str| FormError(format!("{:?} {why}", shortened(text)));
        let (digits, unit) = written.ok_or_else(|| {
            refuse("is not a duration: expected a number and one of s, m, h, d, such as \"30s\"")
        })?;
        let seconds = digits.parse::<u32>().ok().and_then(|count| count.checked_mul(unit));
        seconds.map(Self::from_seconds).ok_or_else(|| refuse("is too long: give at most 49710d"))
    }
}

string_form!(
    Interval,
    "^([0-9]{1,9}s|[0-9]{1,7}m|[0-9]{1,6}h|[0-3]?[0-9]{1,4}d)$",
    "A duration: a number and one of s, m, h, d."
);

/// The delivery that also gets an alert if nobody acknowledges it in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The name of the delivery.
    pub to: String,
    /// The time from the first message on.
    pub after: Interval,
}

impl fmt::Display for Escalation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {}", self.to, self.after)
    }
}

impl FromStr for Escalation {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let read = || {
            let (to, after) = text.trim().split_once(" after ")?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let to = Some(to.trim()).filter(|to| !to.is_empty() && to.chars().all(is_name))?;
            Some(Self { to: to.to_owned(), after: after.trim().parse().ok()? })
        };
        read().ok_or_else(|| {
            let text = shortened(text);
            let what = "is not a delivery and a time, such as \"chief after 15m\"";
            FormError(format!("{text:?} {what}"))
        })
    }
}

string_form!(
    Escalation,
    "^[A-Za-z0-9_-]+ after [0-9]{1,9}[smhd]$",
    "A delivery and the time after which it gets an alert that nobody acknowledged: `chief after 15m`."
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

    #[test]
    fn it_names_a_delivery_and_a_time() {
        let read: Escalation = " chief  after 15m ".parse().unwrap();
        assert_eq!((&*read.to, &*read.to_string()), ("chief", "chief after 15m"));
        for text in
            ["", "chief", "15m", "chief after", "chief after soon", " after 15m", "a b after 15m"]
        {
            let said = text.parse::<Escalation>().unwrap_err().to_string();
            assert!(said.ends_with(r#"such as "chief after 15m""#), "{said}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(seconds: u32) {
            let interval = Interval::from_seconds(seconds);
            prop_assert_eq!(interval.to_string().parse(), Ok(interval));
        }
    }
}
