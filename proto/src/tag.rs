//! The `schema` field of a message.

use std::fmt;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::codec::{DecodeError, Message, accept};
use crate::schema::SchemaName;

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
        let found: SchemaName = String::deserialize(deserializer)?
            .parse()
            .map_err(|bad| D::Error::custom(DecodeError::from(bad)))?;
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
