//! Texts of a document: references, base 64, texts that were encoded twice, and signs that begin nothing.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use encoding_rs::WINDOWS_1252;

use crate::html;
use crate::limits::MOST_DEFINED;

/// The longest name of an entity.
const LONGEST: usize = 40;
/// The longest value of an entity of a document type.
const LONGEST_DEFINED: usize = 200;
/// The most bytes that such entities expand to in one document.
const MAX_EXPANDED: usize = 64 * 1024;

/// The harmless entities that a document type defines: a few words or one character, without a
/// reference to another entity.
#[derive(Debug, Default)]
pub(super) struct Defined {
    entities: Vec<(String, String)>,
    expanded: usize,
}

impl Defined {
    /// Reads the entities of a document type.
    pub(super) fn of(document_type: &str) -> Self {
        let mut entities = Vec::new();
        for definition in document_type.split("<!ENTITY").skip(1).take(MOST_DEFINED) {
            let Some((name, rest)) = definition.trim_start().split_once(char::is_whitespace) else {
                continue;
            };
            let Some(mark @ ('"' | '\'')) = rest.trim_start().chars().next() else {
                continue;
            };
            let Some(value) = rest.trim_start()[1..].split(mark).next() else {
                continue;
            };
            let reference = value.strip_prefix('&').and_then(|it| it.strip_suffix(';'));
            let value = match reference.filter(|it| it.starts_with('#')) {
                Some(number) => meaning(number),
                None => Some(value.to_owned()),
            };
            if let Some(value) = value
                .filter(|value| value.len() <= LONGEST_DEFINED && !value.contains(['&', '<', '%']))
            {
                entities.push((name.to_owned(), value));
            }
        }
        Self { entities, expanded: 0 }
    }

    /// The value of an entity.
    pub(super) fn meaning(&mut self, name: &str) -> Option<&str> {
        let (_, value) = self.entities.iter().find(|(key, _)| key == name)?;
        self.expanded += value.len();
        (self.expanded <= MAX_EXPANDED).then_some(value)
    }
}

/// The meaning of `&name;`: a character reference, or an entity of XML or HTML.
pub(super) fn meaning(name: &str) -> Option<String> {
    if let Some(number) = name.strip_prefix('#') {
        let hexadecimal = number.strip_prefix(['x', 'X']);
        let code = match hexadecimal {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        let character = char::from_u32(code.ok()?)?;
        return (character != '\0').then(|| character.to_string());
    }
    match name {
        // XML has these from XHTML. HTML has since assigned them other characters.
        "lang" => return Some("\u{2329}".to_owned()),
        "rang" => return Some("\u{232a}".to_owned()),
        _ => {}
    }
    let written = format!("&{name};");
    let decoded = html::decode(&written);
    (decoded != written && !decoded.ends_with(';')).then(|| decoded.into_owned())
}

/// Whether it is an entity of XML itself.
pub(super) fn is_of_xml(name: &str) -> bool {
    name.starts_with('#') || matches!(name, "amp" | "lt" | "gt" | "quot" | "apos")
}

/// Decodes the references in an attribute's value and leaves everything else unchanged.
pub(super) fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('&') {
        return Cow::Borrowed(value);
    }
    let mut decoded = String::with_capacity(value.len());
    let mut pieces = value.split('&');
    decoded.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let name = piece.split_once(';').filter(|(name, _)| name.len() <= LONGEST);
        match name.and_then(|(name, rest)| Some((meaning(name)?, rest))) {
            Some((character, rest)) => {
                decoded.push_str(&character);
                decoded.push_str(rest);
            }
            None => {
                decoded.push('&');
                decoded.push_str(piece);
            }
        }
    }
    Cow::Owned(decoded)
}

/// The most times that an entity was encoded.
const MOST_TIMES: usize = 3;

/// An address or id without entities of HTML, which are still in it if it was encoded twice: `?a=1&amp;b=2`. As in browsers,
/// `&copy=1` is a parameter, because it has no semicolon.
#[must_use]
pub fn decoded_twice(written: &str) -> Cow<'_, str> {
    let mut decoded = Cow::Borrowed(written);
    for _ in 0..MOST_TIMES {
        let next = decode(&decoded).into_owned();
        if next == *decoded {
            break;
        }
        decoded = Cow::Owned(next);
    }
    decoded
}

/// Repairs two frequent errors: UTF-8 that was read as Latin-1 and encoded once more, and the
/// quotation marks of Windows with the numbers of control characters.
pub(super) fn repair(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let narrow: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    if let Some(twice) = narrow.and_then(|bytes| String::from_utf8(bytes).ok()) {
        return twice;
    }
    if !text.contains(|c| matches!(c, '\u{80}'..='\u{9F}')) {
        return text.to_owned();
    }
    text.chars().map(of_windows).collect()
}

fn of_windows(character: char) -> char {
    match (character, u8::try_from(u32::from(character))) {
        ('\u{80}'..='\u{9F}', Ok(byte)) => {
            WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next().unwrap_or(character)
        }
        _ => character,
    }
}

/// Decodes base 64, which Atom allows for texts. `None` if it is not base 64 of UTF-8.
pub(super) fn decode_base64(encoded: &str) -> Option<String> {
    const LENIENT: GeneralPurpose = GeneralPurpose::new(
        &alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let encoded: String = encoded.split_ascii_whitespace().collect();
    String::from_utf8(LENIENT.decode(encoded).ok()?).ok()
}

/// Decodes a title that is one long word in base 64 without saying so, such as
/// `RmVycnkgbGF0ZSBpbiB0aGUgZm9n`, or in the form of mail, `=?UTF-8?B?RmVycnk=?=` (RFC 2047).
/// `None` for an ordinary word.
pub(super) fn decode_undeclared_base64(title: &str) -> Option<String> {
    const SHORTEST: usize = 16;
    if let Some(rest) = title.strip_prefix("=?") {
        let mut parts = rest.strip_suffix("?=")?.split('?');
        let is_utf8 = parts.next()?.eq_ignore_ascii_case("utf-8");
        let is_coded = is_utf8 && parts.next()?.eq_ignore_ascii_case("b");
        return decode_base64(parts.next().filter(|_| is_coded)?);
    }
    let is_word =
        title.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    if !is_word || title.len() < SHORTEST || !title.len().is_multiple_of(4) {
        return None;
    }
    let text = decode_base64(title)?;
    let is_text = text.contains(' ') && !text.contains(|c: char| c.is_control());
    is_text.then_some(text)
}

const CDATA: &str = "<![CDATA[";

/// Escapes every `<` that begins nothing, and closes a last section that the end of the document
/// cut off. Takes linear time. Returns whether there was anything to repair.
pub(super) fn escape_strays(text: &str) -> (Cow<'_, str>, bool) {
    let mut repaired = String::new();
    let (mut copied, mut at) = (0, 0);
    let mut is_repaired = false;
    while let Some(found) = text[at..].find('<') {
        let start = at + found;
        let rest = &text[start..];
        if rest.starts_with(CDATA) {
            let Some(end) = rest.find("]]>") else {
                repaired.push_str(&text[copied..]);
                repaired.push_str("]]>");
                return (Cow::Owned(repaired), true);
            };
            at = start + end + 3;
        } else if rest.starts_with("<!--") {
            let Some(end) = rest.find("-->") else {
                repaired.push_str(&text[copied..start]);
                return (Cow::Owned(repaired), true);
            };
            at = start + end + 3;
        } else if begins_something(rest) {
            at = start + 1;
        } else {
            repaired.push_str(&text[copied..start]);
            repaired.push_str("&lt;");
            copied = start + 1;
            at = copied;
            is_repaired = true;
        }
    }
    if !is_repaired {
        return (Cow::Borrowed(text), false);
    }
    repaired.push_str(&text[copied..]);
    (Cow::Owned(repaired), true)
}

/// Whether a `<` begins a tag, a declaration or an instruction.
fn begins_something(rest: &str) -> bool {
    let is_name = |c: char| c.is_alphabetic() || matches!(c, '_' | ':');
    let after = &rest[1..];
    after.starts_with(is_name)
        || after.starts_with(['?', '!'])
        || after.strip_prefix('/').is_some_and(|name| name.starts_with(is_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_references_and_keeps_other_text() {
        assert_eq!(decode("a?b=1&amp;c=2&copy=3&d"), "a?b=1&c=2&copy=3&d");
        assert_eq!(decode("&eacute;&#233;&#xE9;&nosuch;&#0;"), "ééé&nosuch;&#0;");
        assert_eq!(meaning("AMP").as_deref(), Some("&"));
        assert_eq!(meaning("copyx"), None);
        assert_eq!(meaning("#x110000"), None);
    }

    #[test]
    fn uses_harmless_entities_of_a_document_type() {
        let mut defined = Defined::of(
            "rss [<!ENTITY a 'x y'><!ENTITY b \"&#8212;\"><!ENTITY c '&a;&a;'><!ENTITY d SYSTEM 'f'>]",
        );
        assert_eq!(defined.meaning("a"), Some("x y"));
        assert_eq!(defined.meaning("b"), Some("—"));
        assert_eq!(defined.meaning("c"), None);
        assert_eq!(defined.meaning("d"), None);
        let expanded =
            (0..100_000).filter_map(|_| defined.meaning("a").map(str::len)).sum::<usize>();
        assert!(expanded <= MAX_EXPANDED, "{expanded}");
    }

    #[test]
    fn repairs_texts_that_were_encoded_twice() {
        assert_eq!(repair("\u{e2}\u{80}\u{a6} \u{c3}\u{a9}"), "… é");
        assert_eq!(repair("don\u{92}t – x"), "don’t – x");
        assert_eq!(repair("Öl"), "Öl");
    }

    #[test]
    fn texts_are_decoded() {
        for (encoded, text) in [("", ""), ("Zg==", "f"), ("Zm8", "fo"), ("Zm9v\n YmFy", "foobar")] {
            assert_eq!(decode_base64(encoded).as_deref(), Some(text));
        }
        assert_eq!(
            decode_undeclared_base64("RmVycnkgbGF0ZSBpbiB0aGUgZm9n").as_deref(),
            Some("Ferry late in the fog")
        );
        assert_eq!(decode_undeclared_base64("=?UTF-8?B?RmVycnk=?=").as_deref(), Some("Ferry"));
        for word in
            ["Donaudampfschiff", "internationalisation", "AAAABBBBCCCCDDDD", "=?x?B?Zg==?=", ""]
        {
            assert_eq!(decode_undeclared_base64(word), None, "{word}");
        }
        assert_eq!(decode_base64("a-b"), None);
        assert_eq!(decode_base64("/w=="), None, "bytes that are no text");
    }

    #[test]
    fn escapes_angle_brackets_that_begin_nothing() {
        let check = |text: &str, expected: &str| {
            assert_eq!(escape_strays(text), (Cow::Borrowed(expected), text != expected));
        };
        check("<a>1 < 2 <3 <</a>", "<a>1 &lt; 2 &lt;3 &lt;</a>");
        check("<a><![CDATA[1 < 2]]></a><!-- < -->", "<a><![CDATA[1 < 2]]></a><!-- < -->");
        check("<a>< <![CDATA[1 < 2", "<a>&lt; <![CDATA[1 < 2]]>");
        check("<a>x<!-- cut", "<a>x");
        check("", "");
    }
}
