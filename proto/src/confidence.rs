//! How sure a judgement is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How sure a judgement is, in words.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// One reading among several.
    Possibly,
    /// The likelier reading.
    Probably,
    /// The text says so itself.
    Certainly,
}
