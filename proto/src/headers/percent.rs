//! Header values as CloudEvents encodes them (HTTP and NATS bindings, section 3.1.3.2).

use thiserror::Error;

/// Why an encoded value was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PercentError {
    /// A `%` that begins no escape.
    #[error("`%` without two hex digits")]
    Escape,
    /// The unescaped bytes are not UTF-8.
    #[error("the bytes are not UTF-8")]
    Utf8,
}

/// Encodes space, `"`, `%` and everything outside printable ASCII, byte by byte as UTF-8.
///
/// ```
/// use wirefold_proto::headers::{percent_decode, percent_encode};
/// assert_eq!(percent_encode("100 % café"), "100%20%25%20caf%C3%A9");
/// assert_eq!(percent_decode("100%20%25%20caf%c3%a9").as_deref(), Ok("100 % café"));
/// ```
#[must_use]
pub fn encode(text: &str) -> String {
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

/// Decodes a value: first a quoted string as older writers send it, then one round of escapes.
///
/// # Errors
/// A [`PercentError`] for a broken escape and for bytes that are not UTF-8.
pub fn decode(value: &str) -> Result<String, PercentError> {
    let unquoted = unquote(value);
    let mut bytes = Vec::with_capacity(unquoted.len());
    let mut rest = unquoted.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || u8::try_from(char::from(rest.next()?).to_digit(16)?).ok();
        let (high, low) = digit().zip(digit()).ok_or(PercentError::Escape)?;
        bytes.push(high * 16 + low);
    }
    String::from_utf8(bytes).map_err(|_| PercentError::Utf8)
}

/// Takes the quotation marks and backslashes of a quoted string away (RFC 7230, section 3.2.6).
fn unquote(value: &str) -> String {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else {
        return value.to_owned();
    };
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => text.extend(rest.next()),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn encoded_as_the_binding_says() {
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
            assert_eq!(encode(text), value);
            assert_eq!(decode(value).as_deref(), Ok(text));
        }
    }

    #[test]
    fn older_writers_are_understood() {
        let cases =
            [("\"a b\"", "a b"), ("\"a\\\\\\\"\"", "a\\\""), ("%61%2e", "a."), ("\"", "\"")];
        for (value, text) in cases {
            assert_eq!(decode(value).as_deref(), Ok(text), "{value}");
        }
    }

    #[test]
    fn broken_values_are_refused() {
        for value in ["%", "%4", "%4g", "%é1", "a%"] {
            assert_eq!(decode(value), Err(PercentError::Escape), "{value}");
        }
        for value in ["%C0%A0", "%FF", "%ED%A0%80"] {
            assert_eq!(decode(value), Err(PercentError::Utf8), "{value}");
        }
    }

    proptest! {
        #[test]
        fn round_trip(text: String) {
            prop_assert_eq!(decode(&encode(&text)), Ok(text));
        }
    }
}
