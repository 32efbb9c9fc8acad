//! Estimates how deeply the elements of a page are nested, so that the child never gets the worst pages.

/// Elements without an end tag.
const VOID: &[&[u8]] = &[
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"param",
    b"source", b"track", b"wbr",
];

/// Elements whose end tag is optional: the next one ends them.
const OPTIONAL: &[&[u8]] = &[
    b"p", b"li", b"dt", b"dd", b"td", b"th", b"tr", b"thead", b"tbody", b"tfoot", b"option",
    b"optgroup", b"colgroup", b"rt", b"rp",
];

/// Elements whose content is not markup.
const RAW: &[&[u8]] = &[b"script", b"style", b"textarea", b"title"];

/// Whether elements nest deeper than `most`.
///
/// An end tag closes the innermost open element of its name. This is close to what parsers do. The time
/// is usually linear in the bytes, and at worst the bytes times `most`.
pub(super) fn is_deeper_than(html: &[u8], most: usize) -> bool {
    let mut open: Vec<u64> = Vec::with_capacity(most + 1);
    let mut at = 0;
    while let Some(found) = html[at..].iter().position(|byte| *byte == b'<') {
        at += found + 1;
        let rest = &html[at..];
        if rest.starts_with(b"!--") {
            at += find(rest, b"-->").unwrap_or(rest.len());
            continue;
        }
        let is_end = rest.first() == Some(&b'/');
        let name = name(&rest[usize::from(is_end)..]);
        let Some(key) = key(&name).filter(|_| !is_any(VOID, &name) && !is_any(OPTIONAL, &name))
        else {
            continue;
        };
        if is_end {
            if let Some(its) = open.iter().rposition(|one| *one == key) {
                open.truncate(its);
            }
        } else if is_any(RAW, &name) {
            let end = [b"</", name.as_slice()].concat();
            at += find(rest, &end).unwrap_or(rest.len());
        } else {
            open.push(key);
            if open.len() > most {
                return true;
            }
        }
    }
    false
}

/// The name at the beginning of a tag, in lower case, cut to 12 letters.
fn name(tag: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 12;
    let letters = tag.iter().take(LONGEST).take_while(|byte| byte.is_ascii_alphanumeric());
    letters.map(u8::to_ascii_lowercase).collect()
}

/// The name as a number: its first eight bytes, which suffice to distinguish the relevant names.
fn key(name: &[u8]) -> Option<u64> {
    name.first().filter(|byte| byte.is_ascii_alphabetic())?;
    Some(name.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte)))
}

fn is_any(names: &[&[u8]], name: &[u8]) -> bool {
    names.contains(&name)
}

/// The position of `wanted`, in upper or lower case.
fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, most: usize, expected: bool) {
        assert_eq!(is_deeper_than(html.as_bytes(), most), expected, "{most}: {html:.60}");
    }

    #[test]
    fn nesting_is_counted() {
        check("<html><body><div>x</div><div>y</div></body></html>", 3, false);
        check("<html><body><div>x</div><div>y</div></body></html>", 2, true);
        check(&"<p>x<li>y<br><img src=a>".repeat(1000), 2, false);
        check(&"<div>".repeat(600), 512, true);
        check(&"<table><tr><td>x<p>".repeat(600), 512, true);
        check(&"<svg><desc>".repeat(300), 512, true);
        check(&"<script>document.write('<div><div>')</script>".repeat(600), 2, false);
        check(&"<!-- <div> -->".repeat(600), 2, false);
        check(&"</div>".repeat(600), 0, false);
        check(&"<div><span></div>".repeat(600), 2, false);
        check(&"a < 3 <3 < ".repeat(600), 0, false);
    }
}
