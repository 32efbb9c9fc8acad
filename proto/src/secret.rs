//! Texts that are never shown.
//!
//! Comes in: a password, token or key from the settings. Goes out: the text, only from [`Secret::expose`]. It
//! never appears in logs, in errors or in displayed settings.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// A password, token or signing key. `Debug`, `Display` and `Serialize` show only its length.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, only for signing and authentication.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(secret, {} bytes)", self.0.len())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Secret {
    /// Writes a placeholder.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_hides_itself() {
        let secret = Secret::new("whsec_c2VjcmV0IG9mIGEgdGVzdA==");
        assert_eq!(format!("{secret:?}"), "(secret, 30 bytes)");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"(secret, 30 bytes)\"");
        assert_eq!(secret.expose(), "whsec_c2VjcmV0IG9mIGEgdGVzdA==");
    }
}
