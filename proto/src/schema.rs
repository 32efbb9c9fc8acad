//! Schema names.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A schema name with its version, written `wirefold.article.fetched/1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName {
    /// The name: lower-case ASCII words joined by dots.
    pub name: String,
    /// The version, from 1.
    pub version: u32,
}

impl SchemaName {
    /// The stem of its file names: `wirefold.article.fetched.1`.
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

/// A text that is not of the form `name/version`, shortened.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0} is not a name and a version")]
pub struct SchemaNameError(pub String);

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}

impl FromStr for SchemaName {
    type Err = SchemaNameError;

    fn from_str(text: &str) -> Result<Self, SchemaNameError> {
        let bad = || SchemaNameError(format!("{:?}", crate::ids::shortened(text)));
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
