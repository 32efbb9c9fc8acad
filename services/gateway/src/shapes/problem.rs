//! Errors as RFC 9457 defines them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A problem: `application/problem+json`, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// The type of the problem, such as `urn:wirefold:problem:not-found`.
    #[serde(rename = "type")]
    pub sort: String,
    /// The remedy, in one sentence; the same for all problems of the type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// The problem in this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The ids that a prefix could mean; at most 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<String>,
}
