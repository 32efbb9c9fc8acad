//! Measures in a verdict: its confidence, shares of a text, and the SimHash.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::string_form::{FormError, shortened, string_form};

/// The confidence of a judgement, as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One interpretation among several.
    Possibly,
    /// The more likely interpretation.
    Probably,
    /// The text says so itself.
    Certainly,
}

/// Ten-thousandths of a whole.
const WHOLE: f64 = 10_000.0;

macro_rules! share {
    ($(#[$doc:meta])* $type:ident, $about:literal) => {
        $(#[$doc])*
        ///
        /// Kept in ten-thousandths, so that equal values are equal in every text form.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $type(u16);

        impl $type {
            /// The share, rounded to four decimals.
            ///
            /// # Errors
            /// A [`FormError`] outside 0 to 1 and for NaN.
            pub fn new(share: f64) -> Result<Self, FormError> {
                if !(0.0..=1.0).contains(&share) {
                    let why = "is not a share: expected a number from 0 to 1";
                    return Err(FormError(format!("{share} {why}")));
                }
                Ok(Self((share * WHOLE).round() as u16))
            }

            /// The share as a number from 0 to 1 with at most four decimals.
            #[must_use]
            pub fn get(self) -> f64 {
                f64::from(self.0) / WHOLE
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.get())
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_f64(self.get())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "number",
                    "description": $about,
                    "minimum": 0,
                    "maximum": 1,
                })
            }
        }
    };
}

share!(
    /// The share of one text's counted words that are in another, from 0 to 1.
    Containment,
    "The share of one text's counted words that are in another: 0 to 1, four decimals."
);
share!(
    /// The share of a text that no other member of its story covers, from 0 to 1.
    Novelty,
    "The share of a text that no other member of its story covers: 0 to 1, four decimals."
);

/// The 64-bit SimHash of a normalised text: reported as a hint, never evidence for a fold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Simhash(pub u64);

impl fmt::Display for Simhash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for Simhash {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let refuse = || {
            let text = shortened(text);
            FormError(format!("{text:?} is not a simhash: expected 16 lower-case hex digits"))
        };
        let is_digit = |b: u8| b.is_ascii_digit() || matches!(b, b'a'..=b'f');
        if text.len() != 16 || !text.bytes().all(is_digit) {
            return Err(refuse());
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| refuse())
    }
}

string_form!(
    Simhash,
    "^[0-9a-f]{16}$",
    "The 64-bit SimHash of the normalised text, as 16 hex digits: a hint, never evidence."
);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_rounded_to_four_decimals() {
        let cases = [(0.0, "0.0"), (1.0, "1.0"), (0.123_45, "0.1235"), (2.0 / 3.0, "0.6667")];
        for (share, json) in cases {
            let measured = Containment::new(share).unwrap();
            assert_eq!(serde_json::to_string(&measured).unwrap(), json);
            assert_eq!(serde_json::from_str::<Containment>(json).unwrap(), measured);
        }
        assert_eq!(serde_json::from_str::<Novelty>("1").unwrap().get(), 1.0);
    }

    #[test]
    fn invalid_shares_are_refused() {
        for share in [-0.000_1, 1.000_01, f64::NAN, f64::INFINITY] {
            assert!(Containment::new(share).is_err(), "{share}");
        }
        let error = serde_json::from_str::<Containment>("1.5").unwrap_err();
        assert!(error.to_string().starts_with("1.5 is not a share: expected a number from 0 to 1"));
        assert!(serde_json::from_str::<Containment>("\"0.5\"").is_err());
    }

    #[test]
    fn invalid_simhashes_are_refused() {
        for text in
            ["", "0", "00000000000000000", "000000000000000G", "ABCDEF0123456789", "é0000000000000"]
        {
            assert!(text.parse::<Simhash>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn shares_round_trip(share in 0.0f64..=1.0) {
            let measured = Novelty::new(share).unwrap();
            prop_assert!((measured.get() - share).abs() <= 0.000_05 + f64::EPSILON);
            prop_assert_eq!(Novelty::new(measured.get()), Ok(measured));
        }

        #[test]
        fn simhash_round_trips(bits: u64) {
            prop_assert_eq!(Simhash(bits).to_string().parse(), Ok(Simhash(bits)));
        }
    }
}
