//! The mistakes that serde reports, by kind.

use std::fmt;

use serde::de::{self, Unexpected};
use thiserror::Error;

/// A mistake and the path of keys to it. A reader on the way adds the path.
#[derive(Debug, Error)]
#[error("{kind:?}")]
pub(super) struct ReadError {
    pub(super) path: Option<Vec<String>>,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// An unknown key.
    Unknown { name: String, known: &'static [&'static str] },
    /// A required key that is missing.
    Missing(&'static str),
    /// A word that is not one of the choices.
    Variant { name: String, known: &'static [&'static str] },
    /// A value of another type.
    Type { found: String },
    /// A value that its own type refused, with the reason.
    Other(String),
}

impl ReadError {
    fn new(kind: Kind) -> Self {
        Self { path: None, kind }
    }
}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self::new(Kind::Other(what.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::new(Kind::Type { found: describe(found) })
    }

    fn invalid_value(found: Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self::new(Kind::Type { found: describe(found) })
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(Kind::Variant { name: name.to_owned(), known })
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(Kind::Unknown { name: name.to_owned(), known })
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Kind::Missing(name))
    }
}

/// A value as the user wrote it.
fn describe(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(is_so) => format!("{is_so}"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Str(text) => format!("the text {text:?}"),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Other(what) => what.to_owned(),
        _ => "something else".to_owned(),
    }
}
