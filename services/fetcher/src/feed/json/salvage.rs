//! What can be had from broken JSON, by its braces alone.

/// Whether lists and objects nest deeper than `most`.
pub(super) fn is_deeper_than(text: &str, most: usize) -> bool {
    let mut depth = 0_usize;
    signs(text).any(|(_, sign)| {
        depth = match sign {
            b'{' | b'[' => depth + 1,
            b'}' | b']' => depth.saturating_sub(1),
            _ => depth,
        };
        depth > most
    })
}

/// The whole objects in the list `items` of a broken document.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    let after = text.find("\"items\"").map_or("", |at| &text[at + "\"items\"".len()..]);
    let list = after.trim_start().strip_prefix(':').map(str::trim_start);
    let list = list.and_then(|list| list.strip_prefix('[')).unwrap_or("");
    let (mut depth, mut start) = (0_usize, 0_usize);
    let mut ended = false;
    signs(list).filter_map(move |(at, sign)| {
        match sign {
            _ if ended => {}
            b'{' | b'[' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            b']' if depth == 0 => ended = true,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                return (depth == 0).then(|| &list[start..=at]);
            }
            _ => {}
        }
        None
    })
}

/// Brackets and braces outside texts, with their places.
fn signs(text: &str) -> impl Iterator<Item = (usize, u8)> {
    let (mut inside, mut escaped) = (false, false);
    text.bytes().enumerate().filter(move |(_, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            _ => return !inside && matches!(byte, b'{' | b'}' | b'[' | b']'),
        }
        false
    })
}
