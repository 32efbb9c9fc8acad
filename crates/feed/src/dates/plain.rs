//! Simplifies a date before it is parsed: lower case, ASCII digits and common separators.

/// Separators for the characters that follow numbers, as in `2024年1月2日 14時30分`.
const SIGNS: &[(char, char)] = &[
    ('年', '-'),
    ('년', '-'),
    ('月', '-'),
    ('월', '-'),
    ('日', ' '),
    ('号', ' '),
    ('號', ' '),
    ('일', ' '),
    ('时', ':'),
    ('時', ':'),
    ('点', ':'),
    ('點', ':'),
    ('시', ':'),
    ('分', ':'),
    ('분', ':'),
    ('秒', ' '),
    ('초', ' '),
];

/// Abbreviations of the halves of the day, with dots, in two words or in other scripts.
const HALVES: &[(&str, &str)] = &[
    ("a. m", " am "),
    ("p. m", " pm "),
    ("a.m", " am "),
    ("p.m", " pm "),
    ("π.μ", " am "),
    ("μ.μ", " pm "),
    ("上午", " am "),
    ("午前", " am "),
    ("凌晨", " am "),
    ("早上", " am "),
    ("오전", " am "),
    ("下午", " pm "),
    ("午後", " pm "),
    ("晚上", " pm "),
    ("오후", " pm "),
];

/// The zeros of scripts whose digits are in use.
const ZEROS: &[u32] = &[0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10];

/// A date without comments in brackets, in lower case, with ASCII digits and common separators.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut brackets = 0_usize;
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            // Text in brackets is a comment: RFC 2822, section 3.2.3.
            '(' | '[' | '（' | '【' => brackets += 1,
            ')' | ']' | '）' | '】' => {
                brackets = brackets.saturating_sub(1);
                plain.push(' ');
            }
            _ if brackets > 0 || is_invisible(c) => {}
            _ => push(&mut plain, c),
        }
    }
    for (written, half) in HALVES {
        if plain.contains(written) {
            plain = plain.replace(written, half);
        }
    }
    without_eras(&plain).unwrap_or(plain)
}

fn push(plain: &mut String, c: char) {
    let is_after_number = plain.trim_end().ends_with(|last: char| last.is_ascii_digit());
    let sign = SIGNS.iter().find(|(sign, _)| *sign == c && is_after_number);
    if let Some((_, sign)) = sign {
        // `14 시`
        plain.truncate(plain.trim_end().len());
        plain.push(*sign);
        return;
    }
    match c {
        // `2024년 1월 2일`
        _ if c.is_whitespace() && is_within_date(plain) => {}
        _ if c.is_whitespace() => plain.push(' '),
        '：' | '٫' => plain.push(':'),
        '，' | '、' | '،' | '؛' | ';' => plain.push(','),
        '−' | '–' | '—' | '‐' | '‑' => plain.push('-'),
        '／' => plain.push('/'),
        '．' | '。' => plain.push('.'),
        _ => plain.push(ascii_digit(c).unwrap_or(c)),
    }
}

/// Whether the text ends with a number and a separator.
fn is_within_date(plain: &str) -> bool {
    let number = plain.strip_suffix(['-', ':']);
    number.is_some_and(|number| number.ends_with(|last: char| last.is_ascii_digit()))
}

fn ascii_digit(c: char) -> Option<char> {
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&u32::from(c)))?;
    char::from_digit(u32::from(c) - zero, 10)
}

/// Whether a character is invisible, such as a mark of direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{61c}' | '\u{ad}' | '\u{feff}')
        || (c.is_control() && !c.is_whitespace())
}

/// Converts years of Japan since 2019 and of Taiwan to Gregorian years.
fn without_eras(plain: &str) -> Option<String> {
    let eras = [("令和", 2018), ("民國", 1911), ("民国", 1911)];
    let (at, era, before) =
        eras.iter().find_map(|(era, before)| Some((plain.find(era)?, era, *before)))?;
    let rest = plain[at + era.len()..].trim_start();
    // The first year has a name instead of a number.
    let rest =
        rest.strip_prefix("元年").map_or_else(|| rest.to_owned(), |rest| format!("1-{rest}"));
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let year = rest[..digits].parse::<i16>().ok().filter(|year| *year < 200)?;
    Some(format!("{} {}{}", &plain[..at], before + year, &rest[digits..]))
}
