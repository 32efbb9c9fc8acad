//! Decodes bytes of unknown encoding to UTF-8. Parsers get UTF-8 and never switch encodings
//! themselves: feed parsers that switch in the middle of a document can be made to panic.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE};

/// A declaration is searched in this many first bytes.
const DECLARED_WITHIN: usize = 4096;
/// An undeclared encoding is detected from this many first bytes.
const DETECTED_WITHIN: usize = 256 * 1024;

/// A decoded text and its encoding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The text, without a byte order mark.
    pub text: String,
    /// The name of its encoding in lower case, as declared. A detected encoding has its standard
    /// name.
    pub encoding: String,
    /// A problem with the declaration of the encoding.
    pub problem: Option<String>,
}

/// Decodes a document. The encoding is that of the byte order mark, else of the HTTP header, else
/// of the document's declaration, else UTF-8 if the bytes are valid, else it is detected.
///
/// A declaration of a single-byte encoding is ignored if the bytes are valid UTF-8 with characters
/// beyond ASCII: other texts are hardly ever valid UTF-8 by chance.
#[must_use]
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    decoded(bytes, content_type).text
}

/// [`decode`], with the name of the encoding and a problem with its declaration.
#[must_use]
pub fn decoded(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let mut decoded = wide(bytes).unwrap_or_else(|| narrow(bytes, content_type));
    if let Some(rest) = decoded.text.strip_prefix('\u{feff}') {
        decoded.text = rest.to_owned();
    }
    decoded
}

/// UTF-16 and UTF-32, recognised by their byte order mark or by a `<` or `{` among zeros.
fn wide(bytes: &[u8]) -> Option<Decoded> {
    let start = |at: usize| bytes.get(at).copied().unwrap_or(1);
    let is_sign = |byte: u8| matches!(byte, b'<' | b'{');
    let (text, encoding) = match [start(0), start(1), start(2), start(3)] {
        [0, 0, 0xFE, 0xFF] => (utf_32(bytes, u32::from_be_bytes), "utf-32be"),
        [0xFF, 0xFE, 0, 0] => (utf_32(bytes, u32::from_le_bytes), "utf-32le"),
        [0, 0, 0, sign] if is_sign(sign) => (utf_32(bytes, u32::from_be_bytes), "utf-32be"),
        [sign, 0, 0, 0] if is_sign(sign) => (utf_32(bytes, u32::from_le_bytes), "utf-32le"),
        [0xFE, 0xFF, ..] => (with(UTF_16BE, bytes), "utf-16be"),
        [0xFF, 0xFE, ..] => (with(UTF_16LE, bytes), "utf-16le"),
        [0, sign, 0, _] if is_sign(sign) => (with(UTF_16BE, bytes), "utf-16be"),
        [sign, 0, _, 0] if is_sign(sign) => (with(UTF_16LE, bytes), "utf-16le"),
        _ => return None,
    };
    Some(Decoded { text, encoding: encoding.to_owned(), problem: None })
}

fn utf_32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> String {
    let (units, _) = bytes.as_chunks::<4>();
    let character = |unit: &[u8; 4]| char::from_u32(read(*unit)).unwrap_or('\u{fffd}');
    units.iter().map(character).collect()
}

/// A declared encoding.
struct Declared {
    label: String,
    encoding: Option<&'static Encoding>,
}

impl Declared {
    fn of(label: &str) -> Self {
        // A declaration of UTF-16 in single bytes is wrong.
        let is_narrow =
            |found: &&'static Encoding| ![UTF_16BE, UTF_16LE, REPLACEMENT].contains(found);
        let encoding = Encoding::for_label(label.as_bytes()).filter(is_narrow);
        let lower = label.trim().to_ascii_lowercase();
        // Texts declared as GB 2312 use the characters of its successor.
        let is_chinese = encoding.is_some_and(|found| found == GBK || found == GB18030);
        Self { label: if is_chinese { "gb18030".to_owned() } else { lower }, encoding }
    }
}

fn narrow(bytes: &[u8], content_type: Option<&str>) -> Decoded {
    let start = &bytes[..bytes.len().min(DECLARED_WITHIN)];
    let has_mark = bytes.starts_with(b"\xEF\xBB\xBF");
    let labels = [
        has_mark.then(|| "utf-8".to_owned()),
        content_type.and_then(charset_of),
        declared(start),
        // Without a charset, text is ASCII by RFC 3023. The label is used only if all bytes are
        // ASCII.
        content_type
            .filter(|kind| is_text(kind) && bytes.is_ascii())
            .map(|_| "us-ascii".to_owned()),
    ];
    let is_text_alone = labels[1].is_none() && labels[3].is_some();
    let mut named: Vec<Declared> =
        labels.into_iter().flatten().map(|label| Declared::of(&label)).collect();
    if is_text_alone && !has_mark {
        named.rotate_right(1);
    }
    let unknown = named.iter().find(|named| named.encoding.is_none());
    let problem = unknown.map(|it| format!("unknown encoding {:?}", it.label));
    named.retain(|named| named.encoding.is_some());
    let first = named.first();
    let is_trusted = |text: &str| {
        first
            .and_then(|first| first.encoding)
            .is_none_or(|e| e == UTF_8 || is_beyond_ascii(e, text))
    };
    if let Ok(text) = std::str::from_utf8(bytes)
        && is_trusted(text)
    {
        let is_else = first.filter(|first| first.encoding != Some(UTF_8));
        let mistaken = is_else.map(|it| format!("it is UTF-8, not {}", it.label));
        let encoding = "utf-8".to_owned();
        return Decoded { text: text.to_owned(), encoding, problem: problem.or(mistaken) };
    }
    let is_utf_8 = first.is_none_or(|first| first.encoding == Some(UTF_8));
    if is_utf_8 && is_mostly_utf_8(bytes) {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let problem = problem.or_else(|| Some(BROKEN.to_owned()));
        return Decoded { text, encoding: "utf-8".to_owned(), problem };
    }
    let other = named.iter().find_map(|named| {
        let encoding = named.encoding.filter(|encoding| *encoding != UTF_8)?;
        Some((encoding, named.label.clone()))
    });
    let problem = problem.or_else(|| is_utf_8.then(|| BROKEN.to_owned()));
    let (encoding, label) = other.unwrap_or_else(|| {
        let found = detected(bytes);
        (found, found.name().to_owned())
    });
    Decoded { text: with(encoding, bytes), encoding: label, problem }
}

/// The problem of bytes that should be UTF-8 and are not.
const BROKEN: &str = "it is not all UTF-8";

/// Detects the most likely encoding of bytes without a declaration that are not UTF-8.
fn detected(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[..bytes.len().min(DETECTED_WITHIN)], true);
    detector.guess(None, Utf8Detection::Deny)
}

fn is_text(content_type: &str) -> bool {
    content_type.trim_start().get(..5).is_some_and(|start| start.eq_ignore_ascii_case("text/"))
}

/// Whether a valid UTF-8 text was wrongly declared to have another encoding: by chance a few
/// characters of two bytes each may look like UTF-8, but never many.
fn is_beyond_ascii(declared: &'static Encoding, text: &str) -> bool {
    const MANY: usize = 20;
    let beyond = text.chars().filter(|c| !c.is_ascii()).take(MANY).count();
    beyond >= if declared.is_single_byte() { 1 } else { MANY }
}

/// Whether more characters are valid than broken.
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

/// The value after `name=`, without quotes.
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
        let long = "人工智能迈上新台阶，".repeat(3);
        check(&xml("gb2312", long.as_bytes()), None, &long);
        check(&xml("gb2312", b"\xCD\xA8"), None, "通");
        check(b"<a>\xCC", Some("text/xml; Charset=\"windows-1251\""), "М");
        check(&xml("utf-8", "Öl, \u{fc}ber \u{e4}".as_bytes()), Some("a/b;charset=x-none"), "ä");
        check(b"<html><meta http-equiv=x content='text/html; charset=koi8-r'>\xED", None, "М");
        check(&[b"<a>\xFF".as_slice(), "ÖÄÜ".as_bytes()].concat(), None, "\u{fffd}ÖÄÜ");
    }

    #[test]
    fn recognises_wide_encodings_by_their_zeros() {
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
