//! The envelope of every body: a `schema` such as `wirefold.article.fetched/1`. It is written first and
//! checked before anything else is read.
//!
//! A reader ignores unknown fields, so a writer may add fields within a version. It refuses another message,
//! and a version that it does not know.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use crate::string_form::shortened;

/// The largest body of any stream, in bytes: the default `max_payload` of a NATS server.
pub const MAX_PAYLOAD: usize = 1024 * 1024;

/// A body with a schema name and a version.
///
/// Readers accept this version only.
pub trait Message: Serialize + DeserializeOwned + JsonSchema {
    /// The schema name without version, such as `wirefold.article.fetched`.
    const NAME: &'static str;
    /// The version written.
    const VERSION: u32;
    /// The largest encoded size, in bytes.
    const MAX_BYTES: usize = MAX_PAYLOAD;

    /// The schema name with the version written.
    fn schema() -> SchemaName {
        SchemaName { name: Self::NAME.to_owned(), version: Self::VERSION }
    }
}

/// Gives a type its schema name and version: `message!(Alert = "wirefold.alert" / 1);`. The largest size may
/// follow.
macro_rules! message {
    ($type:ty = $name:literal / $version:literal $(, at most $bytes:expr)?) => {
        impl $crate::codec::Message for $type {
            const NAME: &'static str = $name;
            const VERSION: u32 = $version;
            $(const MAX_BYTES: usize = $bytes;)?
        }
    };
}
pub(crate) use message;

/// Why bytes were refused as a message: it names the schema or field, or line and column of what is not JSON.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct DecodeError(String);

/// Why a message was not encoded: it is larger than its stream takes.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{schema}: {bytes} bytes, at most {limit} are allowed")]
pub struct TooLarge {
    /// The schema of the message.
    pub schema: SchemaName,
    /// The encoded size.
    pub bytes: usize,
    /// The limit of this message.
    pub limit: usize,
}

/// Encodes a message as JSON, `schema` first.
///
/// # Errors
/// [`TooLarge`] when the result exceeds [`Message::MAX_BYTES`].
///
/// # Panics
/// Never for the messages of this crate: their maps have text keys and their numbers are finite.
pub fn encode<M: Message>(message: &M) -> Result<Vec<u8>, TooLarge> {
    let bytes = serde_json::to_vec(message).expect("text keys and finite numbers always encode");
    if bytes.len() > M::MAX_BYTES {
        return Err(TooLarge { schema: M::schema(), bytes: bytes.len(), limit: M::MAX_BYTES });
    }
    Ok(bytes)
}

/// Decodes a message and ignores unknown fields.
///
/// # Errors
/// A [`DecodeError`] that says what is wrong with the bytes.
///
/// ```
/// use wirefold_proto::{ArticleFetched, decode};
/// let refused = decode::<ArticleFetched>(br#"{"schema":"wirefold.article.fetched/7"}"#);
/// assert_eq!(
///     refused.unwrap_err().to_string(),
///     "wirefold.article.fetched/7: this wirefold knows version 2; use the wirefold that wrote it",
/// );
/// ```
pub fn decode<M: Message>(bytes: &[u8]) -> Result<M, DecodeError> {
    // `encode` writes the schema first. Then the body need not be parsed once more for it.
    if leading(bytes) == Some((M::NAME, M::VERSION))
        && let Ok(message) = parse(bytes)
    {
        return Ok(message);
    }
    let found = schema_of(bytes)?;
    accept::<M>(&found)?;
    parse(bytes).map_err(|why| DecodeError(format!("{found}: {why}")))
}

/// The schema name of a body, for subjects with several messages. If [`encode`] wrote the body, only its
/// beginning is read, and decoding finds any damage in the rest.
///
/// # Errors
/// A [`DecodeError`] if the bytes have none.
pub fn name_of(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    match leading(bytes) {
        Some((name, _)) => Ok(Cow::Borrowed(name)),
        None => schema_of(bytes).map(|schema| Cow::Owned(schema.name)),
    }
}

/// The schema name and version at the beginning of a body, where [`encode`] puts them.
fn leading(bytes: &[u8]) -> Option<(&str, u32)> {
    let rest = bytes.strip_prefix(br#"{"schema":""#)?;
    let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    let ends_well = matches!(rest.get(end..end + 2), Some([b'"', b',' | b'}']));
    name_and_version(str::from_utf8(&rest[..end]).ok().filter(|_| ends_well)?)
}

fn name_and_version(schema: &str) -> Option<(&str, u32)> {
    let (name, version) = schema.split_once('/')?;
    let is_plain = version.bytes().all(|b| b.is_ascii_digit()) && !version.starts_with('0');
    Some((name, version.parse().ok().filter(|_| is_plain)?))
}

/// Reads only the schema of a body.
///
/// # Errors
/// A [`DecodeError`] if the bytes have none.
pub fn schema_of(bytes: &[u8]) -> Result<SchemaName, DecodeError> {
    #[derive(Deserialize)]
    struct Envelope {
        schema: Option<serde_json::Value>,
    }
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        // serde would read a list as the fields of a struct in order.
        return Err(match serde_json::from_slice::<serde::de::IgnoredAny>(bytes) {
            Ok(_) => DecodeError("not a message: a list, expected an object".to_owned()),
            Err(syntax) => DecodeError(format!("not JSON: {syntax}")),
        });
    }
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|why| {
        let what = if why.is_data() { "not a message" } else { "not JSON" };
        DecodeError(format!("{what}: {why}"))
    })?;
    match envelope.schema {
        None => Err(DecodeError(format!("no `schema` field: expected one {EXAMPLE}"))),
        Some(serde_json::Value::String(text)) => text.parse(),
        Some(other) => Err(bad_schema(other)),
    }
}

const EXAMPLE: &str = "such as \"wirefold.article.fetched/1\"";

fn bad_schema(found: impl fmt::Display) -> DecodeError {
    DecodeError(format!("`schema` is {found}, expected a name and a version {EXAMPLE}"))
}

fn accept<M: Message>(found: &SchemaName) -> Result<(), DecodeError> {
    let (name, known) = (M::NAME, M::VERSION);
    match (found.name == name, found.version == known) {
        (true, true) => Ok(()),
        (false, _) => Err(DecodeError(format!("{found}: this reader expects {name}"))),
        (true, false) => Err(DecodeError(format!(
            "{found}: this wirefold knows version {known}; use the wirefold that wrote it"
        ))),
    }
}

/// If the whole body is UTF-8, its texts need no separate checks. Otherwise, parsing the bytes reports what is
/// wrong.
fn parse<M: Message>(bytes: &[u8]) -> serde_json::Result<M> {
    match str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    }
}

/// A schema name with its version, written `wirefold.article.fetched/1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName {
    /// The name: lower-case ASCII words joined by dots.
    pub name: String,
    /// The version, from 1.
    pub version: u32,
}

impl SchemaName {
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
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let read = name_and_version(text).filter(|(name, _)| name.split('.').all(is_word));
        let (name, version) = read.ok_or_else(|| bad_schema(format!("{:?}", shortened(text))))?;
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
        let found = String::deserialize(deserializer)?.parse().map_err(D::Error::custom)?;
        accept::<M>(&found).map_err(D::Error::custom)?;
        Ok(Self::new())
    }
}

impl<M: Message> JsonSchema for Tag<M> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}.{}", M::NAME, M::VERSION).into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "const": M::schema().to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Greeting {
        schema: Tag<Self>,
        word: String,
        #[serde(default)]
        to: String,
    }

    message!(Greeting = "wirefold.test.greeting" / 3, at most 80);

    fn greeting(to: &str) -> Greeting {
        Greeting { schema: Tag::new(), word: "hi".to_owned(), to: to.to_owned() }
    }

    fn refused(body: &str) -> String {
        decode::<Greeting>(body.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn schema_is_written_first_and_read_back() {
        let bytes = encode(&greeting("you")).unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert_eq!(text, r#"{"schema":"wirefold.test.greeting/3","word":"hi","to":"you"}"#);
        assert_eq!(decode::<Greeting>(&bytes).unwrap(), greeting("you"));
        assert_eq!(format!("{:?}", Tag::<Greeting>::default()), "wirefold.test.greeting/3");
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let body = r#"{"word":"hi","later":[{"a":1}],"schema":"wirefold.test.greeting/3"}"#;
        assert_eq!(decode::<Greeting>(body.as_bytes()).unwrap(), greeting(""));
    }

    #[test]
    fn invalid_messages_are_refused_with_a_reason() {
        let cases = [
            ("", "not JSON: EOF while parsing a value at line 1 column 0"),
            ("{\n \"schema\": oops}", "not JSON: expected value at line 2 column 12"),
            ("{} x", "not JSON: trailing characters at line 1 column 4"),
            ("[1,", "not JSON: EOF while parsing a value at line 1 column 3"),
            ("[\"wirefold.test.greeting/3\"]", "not a message: a list, expected an object"),
            (
                "7",
                "not a message: invalid type: integer `7`, expected struct Envelope at line 1 column 1",
            ),
            ("{}", "no `schema` field: expected one such as \"wirefold.article.fetched/1\""),
            (
                r#"{"schema":3}"#,
                "`schema` is 3, expected a name and a version such as \"wirefold.article.fetched/1\"",
            ),
            (
                r#"{"schema":"greeting"}"#,
                "`schema` is \"greeting\", expected a name and a version such as \"wirefold.article.fetched/1\"",
            ),
            (
                r#"{"schema":"wirefold.other/1"}"#,
                "wirefold.other/1: this reader expects wirefold.test.greeting",
            ),
            (
                r#"{"schema":"wirefold.test.greeting/4"}"#,
                "wirefold.test.greeting/4: this wirefold knows version 3; use the wirefold that wrote it",
            ),
            (
                r#"{"schema":"wirefold.test.greeting/1"}"#,
                "wirefold.test.greeting/1: this wirefold knows version 3; use the wirefold that wrote it",
            ),
            (
                r#"{"schema":"wirefold.test.greeting/3","word":"hi","schema":"a"}"#,
                "not a message: duplicate field `schema` at line 1 column 57",
            ),
            (
                r#"{"schema":"wirefold.test.greeting/3"}"#,
                "wirefold.test.greeting/3: missing field `word` at line 1 column 37",
            ),
        ];
        for (body, reason) in cases {
            assert_eq!(refused(body), reason, "{body}");
        }
    }

    #[test]
    fn the_name_is_told_wherever_the_schema_stands() {
        let cases = [
            (r#"{"schema":"wirefold.alert/2","id":7}"#, Some("wirefold.alert")),
            (r#"{"schema":"wirefold.alert/2"}"#, Some("wirefold.alert")),
            (r#"{ "id": 7, "schema": "wirefold.alert/2" }"#, Some("wirefold.alert")),
            (r#"{"schema":"wirefold.\u0061lert/1"}"#, Some("wirefold.alert")),
            (r#"{"schema":"wirefold.alert/01"}"#, None),
            (r#"{"schema":"wirefold.alert"}"#, None),
            (r#"{"id":7}"#, None),
        ];
        for (body, name) in cases {
            assert_eq!(name_of(body.as_bytes()).ok().as_deref(), name, "{body}");
        }
    }

    #[test]
    fn a_message_over_its_limit_is_not_encoded() {
        let long = "x".repeat(80);
        assert_eq!(
            encode(&greeting(&long)).unwrap_err().to_string(),
            "wirefold.test.greeting/3: 137 bytes, at most 80 are allowed",
        );
    }

    #[test]
    fn schema_names_of_another_form_are_refused() {
        for text in
            ["a", "/1", "a/", "a/0", "a/01", "a/+1", "A/1", "a..b/1", "a/1/2", "a/99999999999"]
        {
            assert!(text.parse::<SchemaName>().is_err(), "{text}");
        }
        let name: SchemaName = "wirefold.verdict/12".parse().unwrap();
        assert_eq!(name.to_string(), "wirefold.verdict/12");
    }
}
