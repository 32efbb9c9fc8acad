//! Ids of the detector's records.

use std::fmt;
use std::str::FromStr;

use super::base32::TOO_LARGE;
use super::refused;
use crate::string_form::{FormError, string_form};

/// One record of the detector: `<epoch>-<input sequence>`.
///
/// `7-1042` judges message 1042 of `WF_ENRICHED`, `7-c12` carries out message 12 of `WF_CONTROL`, `7-epoch`
/// opens epoch 7. It is never an article id: the bus would then drop a second writer's record as a duplicate
/// instead of refusing it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DecisionId {
    /// The writer's epoch, one higher at each take-over.
    pub epoch: u64,
    /// The input that was decided.
    pub input: Input,
}

/// The input of a record of the detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Input {
    /// The take-over itself.
    Epoch,
    /// The article with this sequence in `WF_ENRICHED`.
    Article(u64),
    /// The command with this sequence in `WF_CONTROL`.
    Command(u64),
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epoch = self.epoch;
        match self.input {
            Input::Epoch => write!(f, "{epoch}-epoch"),
            Input::Article(sequence) => write!(f, "{epoch}-{sequence}"),
            Input::Command(sequence) => write!(f, "{epoch}-c{sequence}"),
        }
    }
}

impl FromStr for DecisionId {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let refuse = |why| refused("decision id", text, why);
        let form = || refuse("expected `<epoch>-<input sequence>`");
        let number = |digits: &str| {
            let is_plain = digits == "0" || !digits.starts_with('0');
            if digits.is_empty() || !is_plain || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return Err(form());
            }
            digits.parse::<u64>().map_err(|_| refuse(TOO_LARGE))
        };
        let (epoch, input) = text.split_once('-').ok_or_else(form)?;
        let input = match input.strip_prefix('c') {
            _ if input == "epoch" => Input::Epoch,
            Some(sequence) => Input::Command(number(sequence)?),
            None => Input::Article(number(input)?),
        };
        Ok(Self { epoch: number(epoch)?, input })
    }
}

string_form!(
    DecisionId,
    "^(0|[1-9][0-9]*)-(epoch|c?(0|[1-9][0-9]*))$",
    "A record of the detector: `<epoch>-<input sequence>`, with `c` before the sequence of a command."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "7", "7-", "-7", "7-x", "7-C1", "07-1", "7-01", "+7-1", "7-1-2", "7-c"] {
            let error = text.parse::<DecisionId>().unwrap_err();
            let reason = format!("decision id {text:?}: expected `<epoch>-<input sequence>`");
            assert_eq!(error.to_string(), reason);
        }
        let error = "7-99999999999999999999".parse::<DecisionId>().unwrap_err();
        assert!(error.to_string().ends_with(": the number is too large"));
    }

    proptest! {
        #[test]
        fn round_trip(epoch: u64, sequence: u64) {
            for input in [Input::Epoch, Input::Article(sequence), Input::Command(sequence)] {
                let id = DecisionId { epoch, input };
                prop_assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
    }
}
