//! CloudEvents 1.0 in NATS binary mode: the body stays as it is, its attributes are headers.
//!
//! The names and the encoding follow the NATS protocol binding of CloudEvents, where `datacontenttype` is a
//! header `ce-datacontenttype` like any other. Both headers are written, because tools of other people look
//! for `content-type`.

use jiff::Timestamp;

use crate::subjects::Published;

/// The only media type of wirefold's bodies.
pub const JSON: &str = "application/json";

/// The headers of a message that `source` publishes, such as `/wirefold/detector`.
pub fn event_headers<M: Published>(
    message: &M,
    source: &str,
    time: Timestamp,
) -> Vec<(&'static str, String)> {
    vec![
        ("ce-specversion", "1.0".to_owned()),
        ("ce-id", percent_encode(&message.message_id())),
        ("ce-source", percent_encode(source)),
        ("ce-type", M::NAME.to_owned()),
        ("ce-time", time.to_string()),
        ("ce-subject", percent_encode(message.subject().as_str())),
        ("ce-dataschema", M::schema().uri()),
        ("ce-datacontenttype", JSON.to_owned()),
        ("content-type", JSON.to_owned()),
    ]
}

/// A header value as CloudEvents encodes it (HTTP and NATS bindings, section 3.1.3.2).
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'%');
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut value = String::with_capacity(text.len());
    for byte in text.bytes() {
        match is_plain(byte) {
            true => value.push(char::from(byte)),
            false => value.push_str(&format!("%{byte:02X}")),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Tag;
    use crate::control::{Command, ControlCommand};
    use crate::ids::FeedId;

    #[test]
    fn written_as_the_binding_says() {
        let time = "2026-03-01T12:00:00Z".parse().unwrap();
        let command = ControlCommand {
            schema: Tag::new(),
            id: "press 1".into(),
            at: time,
            by: "cli".into(),
            command: Command::FeedRemove { feed: FeedId::push() },
        };
        let expected = [
            ("ce-specversion", "1.0"),
            ("ce-id", "press%201"),
            ("ce-source", "/wirefold/gateway"),
            ("ce-type", "wirefold.control"),
            ("ce-time", "2026-03-01T12:00:00Z"),
            ("ce-subject", "wirefold.v1.control.feed.remove"),
            ("ce-dataschema", "urn:wirefold:schema:wirefold.control:2"),
            ("ce-datacontenttype", "application/json"),
            ("content-type", "application/json"),
        ];
        let written = event_headers(&command, "/wirefold/gateway", time);
        assert_eq!(written, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn values_are_encoded_as_the_binding_says() {
        let cases = [
            ("", ""),
            ("/a?b=c#d", "/a?b=c#d"),
            ("a b", "a%20b"),
            ("\"", "%22"),
            ("%41", "%2541"),
            ("~\u{7f}", "~%7F"),
            ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"),
        ];
        for (text, value) in cases {
            assert_eq!(percent_encode(text), value);
        }
    }
}
