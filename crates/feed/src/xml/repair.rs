//! Repairs a text for the XML reader: stray `<` and `&`, and sections that never end.

use std::borrow::Cow;

const CDATA: &str = "<![CDATA[";

/// Escapes every `<` that begins nothing, and closes a last section that the end of the document
/// cut off. Takes linear time. Returns whether there was anything to repair.
pub(super) fn repair(text: &str) -> (Cow<'_, str>, bool) {
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
    fn escapes_angle_brackets_that_begin_nothing() {
        let check = |text: &str, expected: &str| {
            assert_eq!(repair(text), (Cow::Borrowed(expected), text != expected));
        };
        check("<a>1 < 2 <3 <</a>", "<a>1 &lt; 2 &lt;3 &lt;</a>");
        check("<a><![CDATA[1 < 2]]></a><!-- < -->", "<a><![CDATA[1 < 2]]></a><!-- < -->");
        check("<a>< <![CDATA[1 < 2", "<a>&lt; <![CDATA[1 < 2]]>");
        check("<a>x<!-- cut", "<a>x");
        check("", "");
    }
}
