//! The envelope of every body: a `schema` such as `wirefold.article.fetched/1`. It is written first and
//! checked before anything else is read.
//!
//! A reader ignores unknown fields, so a writer may add fields within a version. It refuses another message,
//! and a version that it does not know.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::schema::{SchemaName, SchemaNameError};

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

/// Why bytes were refused as a message.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// The bytes are not JSON; the text names line and column.
    #[error("not JSON: {0}")]
    NotJson(serde_json::Error),
    /// The bytes are JSON, but not an object, or an object with two `schema` fields.
    #[error("not a message: {0}")]
    NotAMessage(String),
    /// The object has no `schema`.
    #[error("no `schema` field: expected one such as \"wirefold.article.fetched/1\"")]
    NoSchema,
    /// The `schema` is not of the form `name/version`.
    #[error(
        "`schema` is {0}, expected a name and a version such as \"wirefold.article.fetched/1\""
    )]
    BadSchema(String),
    /// The body is another message.
    #[error("{found}: this reader expects {wanted}")]
    OtherSchema {
        /// The schema in the body.
        found: SchemaName,
        /// The name that the reader expects.
        wanted: &'static str,
    },
    /// The right message in a version that this reader does not know.
    #[error("{found}: this wirefold knows version {known}; use the wirefold that wrote it")]
    UnknownVersion {
        /// The schema in the body.
        found: SchemaName,
        /// The version that this reader knows.
        known: u32,
    },
    /// The schema is right, but the body does not match it; the text names the field.
    #[error("{schema}: {why}")]
    Body {
        /// The schema in the body.
        schema: SchemaName,
        /// The error of serde_json.
        why: serde_json::Error,
    },
}

impl From<SchemaNameError> for DecodeError {
    fn from(SchemaNameError(found): SchemaNameError) -> Self {
        Self::BadSchema(found)
    }
}

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
    if let Some(leading) = Leading::of(bytes)
        && leading.name == M::NAME
        && leading.version == M::VERSION
        && let Ok(message) = parse(bytes)
    {
        return Ok(message);
    }
    let found = schema_of(bytes)?;
    accept::<M>(&found)?;
    parse(bytes).map_err(|why| DecodeError::Body { schema: found, why })
}

/// The schema name of a body, for subjects with several messages. If [`encode`] wrote the body, only its
/// beginning is read, and decoding finds any damage in the rest.
///
/// # Errors
/// A [`DecodeError`] if the bytes have none.
pub fn name_of(bytes: &[u8]) -> Result<Cow<'_, str>, DecodeError> {
    match Leading::of(bytes) {
        Some(leading) => Ok(Cow::Borrowed(leading.name)),
        None => schema_of(bytes).map(|schema| Cow::Owned(schema.name)),
    }
}

/// The schema at the beginning of a body, where [`encode`] puts it.
struct Leading<'a> {
    name: &'a str,
    version: u32,
}

impl<'a> Leading<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let rest = bytes.strip_prefix(br#"{"schema":""#)?;
        let end = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        let ends_well = matches!(rest.get(end..end + 2), Some([b'"', b',' | b'}']));
        let schema = str::from_utf8(&rest[..end]).ok().filter(|_| ends_well)?;
        let (name, version) = schema.split_once('/')?;
        let is_plain = version.bytes().all(|b| b.is_ascii_digit()) && !version.starts_with('0');
        Some(Self { name, version: version.parse().ok().filter(|_| is_plain)? })
    }
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
            Ok(_) => DecodeError::NotAMessage("a list, expected an object".to_owned()),
            Err(syntax) => DecodeError::NotJson(syntax),
        });
    }
    let envelope: Envelope = serde_json::from_slice(bytes).map_err(|why| match why.is_data() {
        true => DecodeError::NotAMessage(why.to_string()),
        false => DecodeError::NotJson(why),
    })?;
    match envelope.schema {
        None => Err(DecodeError::NoSchema),
        Some(serde_json::Value::String(text)) => Ok(text.parse::<SchemaName>()?),
        Some(other) => Err(DecodeError::BadSchema(other.to_string())),
    }
}

pub(crate) fn accept<M: Message>(found: &SchemaName) -> Result<(), DecodeError> {
    if found.name != M::NAME {
        return Err(DecodeError::OtherSchema { found: found.clone(), wanted: M::NAME });
    }
    if found.version != M::VERSION {
        return Err(DecodeError::UnknownVersion { found: found.clone(), known: M::VERSION });
    }
    Ok(())
}

/// If the whole body is UTF-8, its texts need no separate checks. Otherwise, parsing the bytes reports what is
/// wrong.
fn parse<M: Message>(bytes: &[u8]) -> serde_json::Result<M> {
    match str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::Tag;

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
}
