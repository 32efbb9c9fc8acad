//! The delivery that gets an alert that nobody acknowledged, and after what time: `chief after 15m`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::interval::Interval;
use crate::string_form::string_form;

/// The delivery that also gets an alert if nobody acknowledges it in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The name of the delivery.
    pub to: String,
    /// The time from the first message on.
    pub after: Interval,
}

/// A text that is not an [`Escalation`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a delivery and a time, such as \"chief after 15m\"")]
pub struct EscalationError(String);

impl fmt::Display for Escalation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {}", self.to, self.after)
    }
}

impl FromStr for Escalation {
    type Err = EscalationError;

    fn from_str(text: &str) -> Result<Self, EscalationError> {
        let read = || {
            let (to, after) = text.trim().split_once(" after ")?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let to = Some(to.trim()).filter(|to| !to.is_empty() && to.chars().all(is_name))?;
            Some(Self { to: to.to_owned(), after: after.trim().parse().ok()? })
        };
        read().ok_or_else(|| EscalationError(crate::ids::shortened(text)))
    }
}

string_form!(
    Escalation,
    "^[A-Za-z0-9_-]+ after [0-9]{1,9}[smhd]$",
    "A delivery and the time after which it gets an alert that nobody acknowledged: `chief after 15m`."
);

#[cfg(test)]
mod tests {
    use super::*;

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
}
