//! Schema names, and the `schema` field that carries them.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{DecodeError, Message, accept};

/// A schema name with its version, written `wirefold.article.fetched/1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName {
    /// The name: lower-case ASCII words joined by dots.
    pub name: String,
    /// The version, from 1.
    pub version: u32,
}

impl SchemaName {
    /// The stem of the files that belong to it: `wirefold.article.fetched.1`.
    #[must_use]
    pub fn file_stem(&self) -> String {
        format!("{}.{}", self.name, self.version)
    }

    /// The URI of its JSON Schema, as in `$id` and in the header `ce-dataschema`.
    #[must_use]
    pub fn uri(&self) -> String {
        format!("urn:wirefold:schema:{}:{}", self.name, self.version)
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}

impl FromStr for SchemaName {
    type Err = DecodeError;

    fn from_str(text: &str) -> Result<Self, DecodeError> {
        let bad = || DecodeError::BadSchema(format!("{:?}", crate::ids::shortened(text)));
        let (name, version) = text.split_once('/').ok_or_else(bad)?;
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let is_number = version.bytes().all(|b| b.is_ascii_digit()) && !version.starts_with('0');
        if !name.split('.').all(is_word) || !is_number {
            return Err(bad());
        }
        let version = version.parse().map_err(|_| bad())?;
        Ok(Self { name: name.to_owned(), version })
    }
}

/// The `schema` field of a message: no bytes in memory, the schema name in JSON.
pub struct Tag<M>(PhantomData<fn() -> M>);

impl<M> Tag<M> {
    /// The tag of `M`.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<M> Default for Tag<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M> Clone for Tag<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Tag<M> {}

impl<M> PartialEq for Tag<M> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<M> Eq for Tag<M> {}

impl<M: Message> fmt::Debug for Tag<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", M::schema())
    }
}

impl<M: Message> Serialize for Tag<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}/{}", M::NAME, M::VERSION))
    }
}

impl<'de, M: Message> Deserialize<'de> for Tag<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found: SchemaName =
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)?;
        accept::<M>(&found).map_err(D::Error::custom)?;
        Ok(Self::new())
    }
}

impl<M: Message> JsonSchema for Tag<M> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("{}.{}", M::NAME, M::VERSION).into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "const": M::schema().to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_names_of_another_form_are_refused() {
        for text in
            ["a", "/1", "a/", "a/0", "a/01", "a/+1", "A/1", "a..b/1", "a/1/2", "a/99999999999"]
        {
            assert!(text.parse::<SchemaName>().is_err(), "{text}");
        }
        let name: SchemaName = "wirefold.verdict/12".parse().unwrap();
        assert_eq!(name.to_string(), "wirefold.verdict/12");
        assert_eq!(name.file_stem(), "wirefold.verdict.12");
    }
}
