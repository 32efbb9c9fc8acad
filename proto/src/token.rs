//! Encodes any text as one token of a subject, and decodes it.
//!
//! NATS separates tokens with `.`, gives `*` and `>` a meaning and forbids spaces. A token keeps ASCII
//! letters, digits, `-` and `_`. Every other byte of the UTF-8 text becomes `=` and two upper-case hex
//! digits; the empty text is a lone `=`. `=` is used instead of `%`, because it is also allowed in the keys
//! of key-value buckets. Every text has exactly one token.

use crate::string_form::{FormError, shortened};

fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Writes a text as one subject token.
///
/// ```
/// use wirefold_proto::token::{escape, unescape};
/// assert_eq!(escape("harbour.example"), "harbour=2Eexample");
/// assert_eq!(escape(""), "=");
/// assert_eq!(unescape("=C3=BC").as_deref(), Ok("ü"));
/// ```
#[must_use]
pub fn escape(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        match stands_for_itself(byte) {
            true => token.push(char::from(byte)),
            false => token.push_str(&format!("={byte:02X}")),
        }
    }
    token
}

/// Decodes a token.
///
/// # Errors
/// A [`FormError`] for anything that [`escape`] does not write.
pub fn unescape(token: &str) -> Result<String, FormError> {
    let refused = |why: &str| FormError(format!("subject token {:?}: {why}", shortened(token)));
    match token {
        "" => return Err(refused("the empty text is spelled `=`")),
        "=" => return Ok(String::new()),
        _ => (),
    }
    let broken = || refused("a broken escape");
    let mut bytes = Vec::with_capacity(token.len());
    let mut rest = token.chars();
    while let Some(character) = rest.next() {
        if character != '=' {
            let kept = u8::try_from(character).ok().filter(|&byte| stands_for_itself(byte));
            let stranger = || refused(&format!("{character:?} must be escaped"));
            bytes.push(kept.ok_or_else(stranger)?);
            continue;
        }
        let mut digit = || {
            let digit = rest.next().filter(|digit| !digit.is_ascii_lowercase())?;
            u8::try_from(digit.to_digit(16)?).ok()
        };
        let (high, low) = digit().zip(digit()).ok_or_else(broken)?;
        let byte = high * 16 + low;
        if stands_for_itself(byte) {
            return Err(broken());
        }
        bytes.push(byte);
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn characters_with_a_meaning_in_nats_are_escaped() {
        let cases = [
            ("", "="),
            ("en", "en"),
            ("a.b", "a=2Eb"),
            ("*", "=2A"),
            (">", "=3E"),
            ("a b\r\n", "a=20b=0D=0A"),
            ("=", "=3D"),
            ("$SYS", "=24SYS"),
            ("über", "=C3=BCber"),
        ];
        for (text, token) in cases {
            assert_eq!(escape(text), token);
            assert_eq!(unescape(token).as_deref(), Ok(text));
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for token in ["", "a.b", "é", "==", "=2", "=2e", "=2G", "=41", "=FF", "=+1", "a="] {
            assert!(unescape(token).is_err(), "{token}");
        }
    }

    proptest! {
        #[test]
        fn round_trip_as_one_token(text: String) {
            let token = escape(&text);
            prop_assert!(token.bytes().all(|b| stands_for_itself(b) || b == b'='));
            prop_assert!(!token.is_empty());
            prop_assert_eq!(unescape(&token), Ok(text));
        }

        #[test]
        fn one_token_for_each_text(token in "[=0-9A-Ga-g._]{0,8}") {
            if let Ok(text) = unescape(&token) {
                prop_assert_eq!(escape(&text), token);
            }
        }
    }
}
