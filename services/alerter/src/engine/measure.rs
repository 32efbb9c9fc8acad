//! The numbers that the next revision of an alert is compared with, and their form in a header.

use std::fmt;
use std::str::FromStr;

use super::tally::Tally;

/// The numbers that the next revision is compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Measured {
    /// The numbers of the last revision that was not held; `None` before the first.
    pub(crate) told: Option<Tally>,
    /// The numbers of the last loud revision.
    pub(crate) notified: Tally,
}

/// The form in a header: outlets, origins, copies, versions and stories of the last loud revision, then of
/// the last revision that was not held, if there is one. Older releases wrote the first three of each.
impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |tally: Tally| {
            let Tally { outlets, origins, copies, versions, stories } = tally;
            format!("{outlets} {origins} {copies} {versions} {stories}")
        };
        f.write_str(&line(self.notified))?;
        self.told.map_or(Ok(()), |told| write!(f, " {}", line(told)))
    }
}

/// The header is malformed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoMeasure;

impl FromStr for Measured {
    type Err = NoMeasure;

    fn from_str(text: &str) -> Result<Self, NoMeasure> {
        let numbers: Result<Vec<u32>, _> = text.split(' ').map(str::parse).collect();
        let numbers = numbers.map_err(|_| NoMeasure)?;
        let (notified, told) = match numbers.len() {
            3 | 5 => (numbers.as_slice(), None),
            6 | 10 => {
                let (notified, told) = numbers.split_at(numbers.len() / 2);
                (notified, Some(told))
            }
            _ => return Err(NoMeasure),
        };
        Ok(Self { told: told.map(tally), notified: tally(notified) })
    }
}

fn tally(numbers: &[u32]) -> Tally {
    let at = |place: usize| numbers.get(place).copied().unwrap_or(0);
    Tally { outlets: at(0), origins: at(1), copies: at(2), versions: at(3), stories: at(4) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_times_are_read_back_from_the_header() {
        let tally = |origins| Tally { outlets: 3, origins, versions: 2, ..Tally::default() };
        for told in [None, Some(tally(2))] {
            let measured = Measured { told, notified: tally(1) };
            assert_eq!(measured.to_string().parse(), Ok(measured));
        }
        let old = Measured {
            told: None,
            notified: Tally { outlets: 1, origins: 2, copies: 3, ..Tally::default() },
        };
        assert_eq!("1 2 3".parse(), Ok(old));
        for none in ["", "1 2", "1 2 3 4", "a b c"] {
            assert_eq!(none.parse::<Measured>(), Err(NoMeasure), "{none}");
        }
    }
}
