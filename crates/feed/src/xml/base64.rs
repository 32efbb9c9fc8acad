//! Base 64, which Atom 0.3 and 1.0 allow for texts: RFC 4648, section 4.

/// Decodes a text. `None` if it is not base 64 of UTF-8.
pub(super) fn decode(encoded: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(encoded.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for sign in encoded.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let six = match sign {
            b'A'..=b'Z' => sign - b'A',
            b'a'..=b'z' => sign - b'a' + 26,
            b'0'..=b'9' => sign - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Decodes a title that is one long word in base 64 without saying so, such as
/// `RmVycnkgbGF0ZSBpbiB0aGUgZm9n`, or in the form of mail, `=?UTF-8?B?RmVycnk=?=` (RFC 2047).
/// `None` for an ordinary word.
pub(super) fn decode_undeclared(title: &str) -> Option<String> {
    const SHORTEST: usize = 16;
    if let Some(rest) = title.strip_prefix("=?") {
        let mut parts = rest.strip_suffix("?=")?.split('?');
        let is_utf8 = parts.next()?.eq_ignore_ascii_case("utf-8");
        let is_coded = is_utf8 && parts.next()?.eq_ignore_ascii_case("b");
        return decode(parts.next().filter(|_| is_coded)?);
    }
    let is_word =
        title.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    if !is_word || title.len() < SHORTEST || !title.len().is_multiple_of(4) {
        return None;
    }
    let text = decode(title)?;
    let is_text = text.contains(' ') && !text.contains(|c: char| c.is_control());
    is_text.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded() {
        for (encoded, text) in [("", ""), ("Zg==", "f"), ("Zm8", "fo"), ("Zm9v\n YmFy", "foobar")] {
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
        assert_eq!(
            decode_undeclared("RmVycnkgbGF0ZSBpbiB0aGUgZm9n").as_deref(),
            Some("Ferry late in the fog")
        );
        assert_eq!(decode_undeclared("=?UTF-8?B?RmVycnk=?=").as_deref(), Some("Ferry"));
        for word in
            ["Donaudampfschiff", "internationalisation", "AAAABBBBCCCCDDDD", "=?x?B?Zg==?=", ""]
        {
            assert_eq!(decode_undeclared(word), None, "{word}");
        }
        assert_eq!(decode("a-b"), None);
        assert_eq!(decode("/w=="), None, "bytes that are no text");
    }
}
