//! Takes the headline from `<title>`, which often also has the name of the site.

/// Signs between the headline and the names of section and site.
const SIGNS: &[char] = &['|', '-', '–', '—', '\\', '/', '>', '»'];

/// The title without its last part. If little else is left, without its first part. If the rest is too
/// short, the whole title.
pub(super) fn of_page(title: &str) -> String {
    let whole = title.trim();
    let parts: Vec<(usize, char)> = whole
        .char_indices()
        .filter(|(at, sign)| SIGNS.contains(sign) && stands_free(whole, *at, *sign))
        .collect();
    let (Some((first, sign)), Some((last, _))) = (parts.first(), parts.last()) else {
        return whole.to_owned();
    };
    let before = whole[..*last].trim();
    let cut =
        if count_words(before) < 3 { whole[first + sign.len_utf8()..].trim() } else { before };
    let is_path = parts.iter().any(|(_, one)| matches!(one, '\\' | '/' | '>' | '»'));
    let of_whole = count_words(&whole.replace(SIGNS, ""));
    let is_little = count_words(cut) <= 4 && !(is_path && count_words(cut) + 1 == of_whole);
    if is_little { whole.to_owned() } else { cut.to_owned() }
}

fn stands_free(title: &str, at: usize, sign: char) -> bool {
    title[..at].ends_with(char::is_whitespace)
        && title[at + sign.len_utf8()..].starts_with(char::is_whitespace)
}

fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn removes_the_site_if_a_headline_remains() {
        let check = |title: &str, expected: &str| assert_eq!(of_page(title), expected);
        check("Ferry leaves four hours late | The Ledger", "Ferry leaves four hours late");
        check("Ferry late - The Ledger", "Ferry late - The Ledger");
        check("Ledger | Ferry leaves four hours late", "Ferry leaves four hours late");
        check("Harbour » Ferries » Late », late again", "Harbour » Ferries » Late », late again");
        check("Well-known ferry", "Well-known ferry");
        check("", "");
    }
}
