//! Bytes of unknown encoding as text. Parsers get UTF-8 and never switch encodings themselves:
//! doing so half-way through a document is how feed parsers are made to panic.

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Where declarations are looked for, in bytes from the start.
const DECLARED_WITHIN: usize = 4096;

/// Decodes a document: byte order mark, then the charset of the HTTP header, then what the
/// document declares, then UTF-8 where it is that, else Windows-1252.
///
/// A declaration of a single-byte encoding is not believed where the bytes are UTF-8 with
/// characters beyond ASCII: other texts are that by chance about never.
#[must_use]
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    let text = match wide(bytes) {
        Some(text) => text,
        None => narrow(bytes, content_type),
    };
    match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

/// UTF-16 and UTF-32, told by their mark or by a `<` or `{` among zeros.
fn wide(bytes: &[u8]) -> Option<String> {
    let start = |at: usize| bytes.get(at).copied().unwrap_or(1);
    let is_sign = |byte: u8| matches!(byte, b'<' | b'{');
    match [start(0), start(1), start(2), start(3)] {
        [0, 0, 0xFE, 0xFF] => Some(utf_32(bytes, u32::from_be_bytes)),
        [0xFF, 0xFE, 0, 0] => Some(utf_32(bytes, u32::from_le_bytes)),
        [0, 0, 0, sign] if is_sign(sign) => Some(utf_32(bytes, u32::from_be_bytes)),
        [sign, 0, 0, 0] if is_sign(sign) => Some(utf_32(bytes, u32::from_le_bytes)),
        [0xFE, 0xFF, ..] => Some(with(UTF_16BE, bytes)),
        [0xFF, 0xFE, ..] => Some(with(UTF_16LE, bytes)),
        [0, sign, 0, _] if is_sign(sign) => Some(with(UTF_16BE, bytes)),
        [sign, 0, _, 0] if is_sign(sign) => Some(with(UTF_16LE, bytes)),
        _ => None,
    }
}

fn utf_32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks::<4>();
    let character = |unit: &[u8; 4]| char::from_u32(read(*unit)).unwrap_or('\u{fffd}');
    units.iter().map(character).collect()
}

fn narrow(bytes: &[u8], content_type: Option<&str>) -> String {
    let start = &bytes[..bytes.len().min(DECLARED_WITHIN)];
    let labels = [content_type.and_then(charset_of), declared(start)];
    // Whoever declares UTF-16 in single bytes is wrong.
    let is_narrow = |found: &&'static Encoding| ![UTF_16BE, UTF_16LE, REPLACEMENT].contains(found);
    let encoding = |label: String| Encoding::for_label(label.as_bytes()).filter(is_narrow);
    let mut named = labels.into_iter().flatten().filter_map(encoding);
    let first = named.next();
    match std::str::from_utf8(bytes) {
        Ok(text) if first.is_none_or(|first| first == UTF_8 || is_beyond_ascii(first, text)) => {
            text.to_owned()
        }
        _ => match first.filter(|first| *first != UTF_8) {
            Some(first) => with(first, bytes),
            None if is_mostly_utf_8(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            None => with(named.find(|next| *next != UTF_8).unwrap_or(WINDOWS_1252), bytes),
        },
    }
}

/// Whether a text that is UTF-8 was declared to be of a single-byte encoding, wrongly.
fn is_beyond_ascii(declared: &'static Encoding, text: &str) -> bool {
    declared.is_single_byte() && !text.is_ascii()
}

/// Whether more characters are whole than are broken.
fn is_mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut whole, mut broken) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        broken += usize::from(!chunk.invalid().is_empty());
    }
    whole > broken
}

fn with(encoding: &'static Encoding, bytes: &[u8]) -> String {
    encoding.decode_with_bom_removal(bytes).0.into_owned()
}

/// The `charset` of a content type.
fn charset_of(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        name.trim().eq_ignore_ascii_case("charset").then(|| value.to_owned())
    })
}

/// The encoding that an XML declaration or a `<meta>` element names, read from the bytes.
fn declared(start: &[u8]) -> Option<String> {
    let ascii: String = start.iter().map(|byte| char::from(byte & 0x7F)).collect();
    let lower = ascii.to_ascii_lowercase();
    let xml = lower.find("<?xml").and_then(|at| {
        let declaration = lower[at..].split("?>").next()?;
        value_after(declaration, "encoding")
    });
    xml.or_else(|| {
        let mut metas = lower.match_indices("<meta");
        metas.find_map(|(at, _)| value_after(lower[at..].split('>').next()?, "charset"))
    })
}

/// What stands after `name=`, without quotes.
fn value_after(text: &str, name: &str) -> Option<String> {
    let (_, after) = text.split_once(name)?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let value = value.trim_start_matches(['"', '\'']);
    let end = value.find(|c: char| matches!(c, '"' | '\'' | ';' | '/' | '?') || c.is_whitespace());
    let value = &value[..end.unwrap_or(value.len())];
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encoding_is_found() {
        let xml = |name: &str, body: &[u8]| {
            [format!("<?xml version='1.0' encoding='{name}'?><a>").as_bytes(), body].concat()
        };
        let check = |bytes: &[u8], content_type: Option<&str>, expected: &str| {
            let text = decode(bytes, content_type);
            assert!(text.ends_with(expected), "{text:?}, expected {expected:?}");
        };
        check("<a>Öl".as_bytes(), None, "<a>Öl");
        check(b"<a>\xD6l \x93x\x94", None, "<a>Öl “x”");
        check(&xml("iso-8859-2", b"\xB1"), None, "ą");
        check(&xml("windows-1251", b"\xCC\xE8\xF0"), None, "Мир");
        check(&xml("iso-8859-1", "Öl".as_bytes()), None, "Öl");
        check(&xml("utf-16", b"Ol"), None, "Ol");
        check(&xml("utf-8", b"\xD6l"), None, "Öl");
        check(b"<a>\xCC", Some("text/xml; Charset=\"windows-1251\""), "М");
        check(&xml("utf-8", "Öl, \u{fc}ber \u{e4}".as_bytes()), Some("a/b;charset=x-none"), "ä");
        check(b"<html><meta http-equiv=x content='text/html; charset=koi8-r'>\xED", None, "М");
        check(&[b"<a>\xFF".as_slice(), "ÖÄÜ".as_bytes()].concat(), None, "\u{fffd}ÖÄÜ");
    }

    #[test]
    fn wide_encodings_are_told_by_their_zeros() {
        let text = "<a>Öl";
        for mark in ["", "\u{feff}"] {
            let marked = format!("{mark}{text}");
            let pairs: Vec<u16> = marked.encode_utf16().collect();
            let fours: Vec<u32> = marked.chars().map(u32::from).collect();
            let forms: [Vec<u8>; 4] = [
                pairs.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
                pairs.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
                fours.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
                fours.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            ];
            for bytes in forms {
                assert_eq!(decode(&bytes, None), text, "{bytes:02x?}");
            }
        }
    }
}
