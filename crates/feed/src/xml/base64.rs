//! Base 64, in which Atom 0.3 and 1.0 may wrap a text: RFC 4648, section 4.

/// The text that was encoded; none where it is none.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_decoded() {
        for (encoded, text) in [("", ""), ("Zg==", "f"), ("Zm8", "fo"), ("Zm9v\n YmFy", "foobar")] {
            assert_eq!(decode(encoded).as_deref(), Some(text));
        }
        assert_eq!(decode("a-b"), None);
        assert_eq!(decode("/w=="), None, "bytes that are no text");
    }
}
