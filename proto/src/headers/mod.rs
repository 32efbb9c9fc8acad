//! CloudEvents 1.0 in NATS binary mode: the body stays as it is, its attributes are headers.
//!
//! The names and the encoding follow the NATS protocol binding of CloudEvents, where `datacontenttype` is a
//! header `ce-datacontenttype` like any other. A `content-type` that starts with `application/cloudevents`
//! would mean structured mode and is refused. Both headers are written, because tools of other people look
//! for `content-type`. `traceparent` is the W3C header.

mod percent;
mod trace;

use jiff::Timestamp;
use thiserror::Error;

use crate::published::Published;

pub use percent::{PercentError, decode as percent_decode, encode as percent_encode};
pub use trace::{TraceError, TraceParent};

/// The only media type of wirefold's bodies.
pub const JSON: &str = "application/json";

/// The attributes of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHeaders {
    /// `ce-id`: the message id, the same for each attempt to publish.
    pub id: String,
    /// `ce-source`: a URI reference to the publisher, such as `/wirefold/detector`.
    pub source: String,
    /// `ce-type`: the schema name without its version.
    pub kind: String,
    /// `ce-time`: when it happened.
    pub time: Timestamp,
    /// `ce-subject`: its subject.
    pub subject: Option<String>,
    /// `ce-dataschema`: the URI of the body's schema.
    pub dataschema: Option<String>,
    /// `traceparent`: its trace.
    pub trace: Option<TraceParent>,
}

/// Why headers were refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderError {
    /// A required header is missing.
    #[error("no header `{0}`")]
    Missing(&'static str),
    /// A header occurs more than once.
    #[error("header `{0}` occurs more than once")]
    Twice(&'static str),
    /// A required header is empty.
    #[error("header `{0}` is empty")]
    Empty(&'static str),
    /// A header has malformed escapes.
    #[error("header `{name}`: {why}")]
    Percent {
        /// The header.
        name: &'static str,
        /// The malformed part.
        why: PercentError,
    },
    /// Another version of CloudEvents.
    #[error("header `ce-specversion` is {0:?}: this reader knows \"1.0\"")]
    SpecVersion(String),
    /// A malformed time.
    #[error("header `ce-time` is {0:?}: expected a time such as 2026-03-01T12:00:00Z")]
    Time(String),
    /// Structured mode, or a body that is not JSON.
    #[error("header `content-type` is {0:?}: expected application/json in binary mode")]
    ContentType(String),
}

impl EventHeaders {
    /// The headers of a message that `source` publishes.
    #[must_use]
    pub fn of<M: Published>(message: &M, source: &str, time: Timestamp) -> Self {
        Self {
            id: message.message_id(),
            source: source.to_owned(),
            kind: M::NAME.to_owned(),
            time,
            subject: Some(message.subject().into_text()),
            dataschema: Some(M::schema().uri()),
            trace: None,
        }
    }

    /// The headers as names and encoded values, in a fixed order.
    #[must_use]
    pub fn to_pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![
            ("ce-specversion", "1.0".to_owned()),
            ("ce-id", percent_encode(&self.id)),
            ("ce-source", percent_encode(&self.source)),
            ("ce-type", percent_encode(&self.kind)),
            ("ce-time", self.time.to_string()),
        ];
        let optional = [("ce-subject", &self.subject), ("ce-dataschema", &self.dataschema)];
        for (name, value) in optional {
            pairs.extend(value.as_ref().map(|value| (name, percent_encode(value))));
        }
        pairs.push(("ce-datacontenttype", JSON.to_owned()));
        pairs.push(("content-type", JSON.to_owned()));
        pairs.extend(self.trace.map(|trace| ("traceparent", trace.to_string())));
        pairs
    }

    /// Parses headers. Names are compared without case, and other headers are ignored.
    ///
    /// An invalid `traceparent` is ignored, as W3C Trace Context requires: a malformed trace must not cost a
    /// message.
    ///
    /// # Errors
    /// A [`HeaderError`] that names the header.
    pub fn from_pairs<'a, I>(pairs: I) -> Result<Self, HeaderError>
    where
        I: IntoIterator<Item = (&'a str, &'a str)>,
    {
        let headers = Pairs(pairs.into_iter().collect());
        let version = headers.required("ce-specversion")?;
        if version != "1.0" {
            return Err(HeaderError::SpecVersion(crate::ids::shortened(&version)));
        }
        for name in ["content-type", "ce-datacontenttype"] {
            if let Some(media_type) = headers.optional(name)?.filter(|found| !is_json(found)) {
                return Err(HeaderError::ContentType(crate::ids::shortened(&media_type)));
            }
        }
        let time = headers.required("ce-time")?;
        let time = time.parse().map_err(|_| HeaderError::Time(crate::ids::shortened(&time)))?;
        Ok(Self {
            id: headers.required("ce-id")?,
            source: headers.required("ce-source")?,
            kind: headers.required("ce-type")?,
            time,
            subject: headers.optional("ce-subject")?,
            dataschema: headers.optional("ce-dataschema")?,
            trace: headers.plain("traceparent").ok().flatten().and_then(|text| text.parse().ok()),
        })
    }
}

/// Whether a media type is JSON, with any parameters.
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(JSON)
}

struct Pairs<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Pairs<'a> {
    fn plain(&self, name: &'static str) -> Result<Option<&'a str>, HeaderError> {
        let mut found = self.0.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
        let first = found.next().map(|(_, value)| value.trim());
        match found.next() {
            Some(_) => Err(HeaderError::Twice(name)),
            None => Ok(first),
        }
    }

    fn optional(&self, name: &'static str) -> Result<Option<String>, HeaderError> {
        let value = self.plain(name)?.map(percent_decode).transpose();
        value.map_err(|why| HeaderError::Percent { name, why })
    }

    fn required(&self, name: &'static str) -> Result<String, HeaderError> {
        match self.optional(name)? {
            None => Err(HeaderError::Missing(name)),
            Some(value) if value.is_empty() => Err(HeaderError::Empty(name)),
            Some(value) => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::control::{Command, ControlCommand};
    use crate::ids::FeedId;
    use crate::tag::Tag;

    fn headers() -> EventHeaders {
        let time = "2026-03-01T12:00:00Z".parse().unwrap();
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
        let command = ControlCommand {
            schema: Tag::new(),
            id: "press-1".into(),
            at: time,
            by: "cli".into(),
            command: Command::FeedRemove { feed: FeedId::push() },
        };
        EventHeaders { trace: Some(trace), ..EventHeaders::of(&command, "/wirefold/gateway", time) }
    }

    fn read(pairs: &[(&'static str, String)]) -> Result<EventHeaders, HeaderError> {
        EventHeaders::from_pairs(pairs.iter().map(|(name, value)| (*name, value.as_str())))
    }

    /// The headers with one replaced, or left out if the new value is empty.
    fn with(name: &'static str, value: Option<&str>) -> Vec<(&'static str, String)> {
        let mut pairs = headers().to_pairs();
        pairs.retain(|(given, _)| *given != name);
        pairs.extend(value.map(|value| (name, value.to_owned())));
        pairs
    }

    #[test]
    fn written_as_the_binding_says() {
        let expected = [
            ("ce-specversion", "1.0"),
            ("ce-id", "press-1"),
            ("ce-source", "/wirefold/gateway"),
            ("ce-type", "wirefold.control"),
            ("ce-time", "2026-03-01T12:00:00Z"),
            ("ce-subject", "wirefold.v1.control.feed.remove"),
            ("ce-dataschema", "urn:wirefold:schema:wirefold.control:2"),
            ("ce-datacontenttype", "application/json"),
            ("content-type", "application/json"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ];
        let written = headers().to_pairs();
        assert_eq!(written, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(read(&written), Ok(headers()));
    }

    #[test]
    fn names_are_read_in_any_case_and_strangers_left_alone() {
        let pairs = [
            ("CE-SpecVersion", "1.0"),
            ("Ce-Id", "caf%c3%a9"),
            ("ce-source", "\"quoted \\\"as before\\\"\""),
            ("ce-type", "t"),
            ("ce-time", "2026-03-01T13:00:00+01:00"),
            ("Content-Type", "Application/JSON; charset=utf-8"),
            ("Nats-Msg-Id", "x"),
        ];
        let read = EventHeaders::from_pairs(pairs).unwrap();
        assert_eq!((read.id.as_str(), read.source.as_str()), ("café", "quoted \"as before\""));
        assert_eq!(read.time.to_string(), "2026-03-01T12:00:00Z");
        assert_eq!((read.subject, read.trace), (None, None));
    }

    #[test]
    fn a_broken_trace_costs_no_message() {
        let pairs = with("traceparent", Some("00-nonsense"));
        assert_eq!(read(&pairs), Ok(EventHeaders { trace: None, ..headers() }));
    }

    #[test]
    fn broken_headers_are_refused_by_name() {
        let cases = [
            ("ce-id", None, "no header `ce-id`"),
            ("ce-id", Some(""), "header `ce-id` is empty"),
            ("ce-source", Some("%zz"), "header `ce-source`: `%` without two hex digits"),
            ("ce-type", Some("%C0%A0"), "header `ce-type`: the bytes are not UTF-8"),
            (
                "ce-time",
                Some("noon"),
                "header `ce-time` is \"noon\": expected a time such as 2026-03-01T12:00:00Z",
            ),
            (
                "ce-specversion",
                Some("0.3"),
                "header `ce-specversion` is \"0.3\": this reader knows \"1.0\"",
            ),
            (
                "content-type",
                Some("application/cloudevents+json"),
                "header `content-type` is \"application/cloudevents+json\": expected application/json in binary mode",
            ),
        ];
        for (name, value, reason) in cases {
            assert_eq!(read(&with(name, value)).unwrap_err().to_string(), reason);
        }
        let mut pairs = headers().to_pairs();
        pairs.push(("ce-id", "a-2".to_owned()));
        assert_eq!(read(&pairs), Err(HeaderError::Twice("ce-id")));
    }

    proptest! {
        #[test]
        fn any_text_travels_as_printable_ascii(id in ".+", source in ".+", subject: String) {
            let sent = EventHeaders { id, source, subject: Some(subject), ..headers() };
            let pairs = sent.to_pairs();
            for (_, value) in &pairs {
                prop_assert!(value.bytes().all(|b| b.is_ascii_graphic()));
            }
            prop_assert_eq!(read(&pairs), Ok(sent));
        }
    }
}
