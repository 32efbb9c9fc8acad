//! How sure a judgement is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
