//! Numbers in a text, in a form that compares: `1,250`, `1.250` and `1 250` are one, and so are
//! `$1.2bn`, `1.2 billion` and `1,200,000,000`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::analyse::Text;
use crate::span::Span;

/// A number and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The value in canonical form: ASCII digits, with `.` before decimals, words of scale folded
    /// in; a unit written at once behind stays (`100m`), a fraction too (`6-3/16`).
    pub value: String,
    /// The words it is made of, as indices into [`Text::words`].
    pub words: Range<usize>,
    /// Where it stands, in bytes of the original.
    pub span: Span,
}

/// The number that a word of English up to twelve says, where style books change to digits.
fn spelled(normal: &str) -> Option<usize> {
    // Told apart by length and letters at once: every word of a text comes by here.
    Some(match normal.as_bytes() {
        b"zero" => 0,
        b"one" => 1,
        b"two" => 2,
        b"three" => 3,
        b"four" => 4,
        b"five" => 5,
        b"six" => 6,
        b"seven" => 7,
        b"eight" => 8,
        b"nine" => 9,
        b"ten" => 10,
        b"eleven" => 11,
        b"twelve" => 12,
        _ => return None,
    })
}

/// Powers of ten and the words for them, in normal form.
const SCALES: &[(usize, &str)] = &[
    (3, "thousand tausend mil mila mille тыс тысяча тысячи тысяч тис тисячі тисяч ألف آلاف हजार 千"),
    (4, "万 萬"),
    (5, "lakh lakhs लाख"),
    (6, "million millions millionen millones millón milioni milione milhões milhão miljoen"),
    (6, "miljoner millioner miljoonaa mln mn mio млн миллион миллиона миллионов мільйон мільйона"),
    (6, "мільйонів مليون ملايين"),
    (7, "crore crores"),
    (8, "亿 億"),
    (9, "billion billions bn bln mrd mlrd milliarde milliarden milliard milliards miliardi"),
    (9, "miliardo miljard miljarder milliarder bilhões bilhão млрд миллиард миллиарда"),
    (9, "миллиардов мільярд мільярда мільярдів مليار مليارات"),
    (12, "trillion trillions trn billionen billones biljoen трлн 兆"),
];

/// Letters that are a scale only behind a currency sign: `$5m`, but `a 100m race`.
const MONEY_SCALES: &[(usize, &str)] = &[(3, "k"), (6, "m"), (9, "b"), (12, "t tn")];

/// The numbers among `words`, in order. Furniture has none.
#[must_use]
pub fn numbers(text: &Text, words: Range<usize>) -> Vec<Number> {
    let limit = words.end.min(text.words().len());
    let mut found = Vec::new();
    let mut next = words.start;
    while next < limit {
        let word = &text.words()[next];
        let Some((value, end)) = number_at(text, next, limit) else {
            next += 1;
            continue;
        };
        if !word.furniture {
            let span = Span { start: word.span.start, end: text.words()[end - 1].span.end };
            found.push(Number { value, words: next..end, span });
        }
        next = end;
    }
    found
}

/// Whether a number, in digits or [`spelled`], may be a word of this first byte and length: nearly
/// all words are told by that.
fn may_begin_number((first, len): (u8, usize)) -> bool {
    match first {
        b'0'..=b'9' => true,
        b'f' | b'n' | b'z' => len == 4,
        b'o' => len == 3,
        b's' => matches!(len, 3 | 5),
        b't' => matches!(len, 3 | 5 | 6),
        b'e' => matches!(len, 5 | 6),
        _ => false,
    }
}

/// The value of the number that begins at word `start`, and one past its last word.
fn number_at(text: &Text, start: usize, limit: usize) -> Option<(String, usize)> {
    let word = &text.words()[start];
    if !may_begin_number(text.first_and_len(word)) {
        return None;
    }
    let normal = text.normal(word);
    if let Some(spelled) = spelled(normal) {
        let (scale, end) = scale_at(text, start..start + 1, limit);
        // "one" is a pronoun more often than a number.
        let counts = spelled != 1 || scale > 0;
        return counts.then(|| (scaled(&spelled.to_string(), scale), end));
    }
    if !normal.as_bytes()[0].is_ascii_digit() {
        return None;
    }
    digits_at(text, start)?;
    let fraction = || fraction_sign(text, start, limit);
    if let Some(found) = mixed_fraction(text, start, limit).or_else(fraction) {
        return Some(found);
    }
    let (parts, letters) = parts_at(text, start, limit);
    let end = start + parts.len();
    let value = canonical(&parts);
    if !letters.is_empty() {
        return Some((with_letters(text, start, value, letters), end));
    }
    let (scale, scale_end) = scale_at(text, start..end, limit);
    Some((scaled(&value, scale), scale_end))
}

/// A word's leading digits and what follows them; none where it begins otherwise.
fn digits_at(text: &Text, index: usize) -> Option<(&str, &str)> {
    let normal = text.normal(text.words().get(index)?);
    let end = normal.find(|c: char| !c.is_ascii_digit()).unwrap_or(normal.len());
    (end > 0).then(|| normal.split_at(end))
}

/// What stands between a word and the one before it.
fn between(text: &Text, index: usize) -> &str {
    let words = text.words();
    Span { start: words[index - 1].span.end, end: words[index].span.start }.of(text.original())
}

/// The parts of the number that begins at `start`, each with the mark before it, and the letters
/// behind the last one: groups of three and decimals, joined by a single mark, belong to it.
fn parts_at(text: &Text, start: usize, limit: usize) -> (Vec<(char, &str)>, &str) {
    let mut parts: Vec<(char, &str)> = Vec::new();
    for index in start..limit {
        let Some((digits, letters)) = digits_at(text, index) else { break };
        let first = parts.first().map_or(usize::MAX, |(_, first)| first.len());
        let groups = first <= 3 && digits.len() == 3 && letters.is_empty();
        let mark = match if index > start { between(text, index) } else { "." } {
            "." => '.',
            "," => ',',
            "\u{66b}" => '٫',
            "\u{66c}" => '٬',
            "\u{a0}" | "\u{202f}" | " " if groups => ' ',
            "'" | "’" if groups => '\'',
            _ => break,
        };
        parts.push((mark, digits));
        if !letters.is_empty() {
            return (parts, letters);
        }
    }
    (parts, "")
}

/// `6-3/16`: a whole number and a fraction, as bonds and lengths are quoted.
fn mixed_fraction(text: &Text, start: usize, limit: usize) -> Option<(String, usize)> {
    let end = start + 3;
    if end > limit || !matches!(between(text, start + 1), "-" | "‑" | " ") {
        return None;
    }
    let whole = digits_at(text, start)?.0;
    let (above, no_letters) = digits_at(text, start + 1)?;
    let (below, letters) = digits_at(text, start + 2)?;
    let is_fraction = matches!(between(text, start + 2), "/" | "⁄")
        && no_letters.is_empty()
        && letters.is_empty()
        && below.len() <= 2
        && (above.len(), above) < (below.len(), below);
    is_fraction.then(|| (format!("{whole}-{above}/{below}"), end))
}

/// `6½`, which normalising opens up into `61` and `2`, two words in one place.
fn fraction_sign(text: &Text, start: usize, limit: usize) -> Option<(String, usize)> {
    let place = text.words()[start].span;
    if start + 1 >= limit || text.words()[start + 1].span != place {
        return None;
    }
    let printed = place.of(text.original());
    let whole = &printed[..printed.find(|c: char| !c.is_ascii_digit())?];
    let above = digits_at(text, start)?.0.strip_prefix(whole)?;
    let below = digits_at(text, start + 1)?.0;
    let dash = if whole.is_empty() { "" } else { "-" };
    Some((format!("{whole}{dash}{above}/{below}"), start + 2))
}

/// Groups of three behind the first part are thousands while one mark joins them; anything else
/// behind a mark is decimals, whose last zeros say nothing.
fn canonical(parts: &[(char, &str)]) -> String {
    let Some(((_, first), rest)) = parts.split_first() else { return String::new() };
    let mut value = first.trim_start_matches('0').to_owned();
    if value.is_empty() {
        value.push('0');
    }
    let mut in_groups = first.len() <= 3 && !first.starts_with('0');
    for (mark, digits) in rest {
        in_groups &= digits.len() == 3 && *mark == rest[0].0 && *mark != '٫';
        if !in_groups {
            value.push('.');
        }
        value.push_str(digits);
    }
    if value.matches('.').count() == 1 {
        value.truncate(value.trim_end_matches('0').trim_end_matches('.').len());
    }
    value
}

/// A value with the letters written at once behind it, which are a scale or a unit.
fn with_letters(text: &Text, start: usize, value: String, letters: &str) -> String {
    match scale(letters, is_money(text, start)) {
        Some(scale) => scaled(&value, scale),
        None => value + letters,
    }
}

/// The powers of ten in the words behind the number at `number`, and one past the last of them.
/// Two may follow each other: `mil millones`.
fn scale_at(text: &Text, number: Range<usize>, limit: usize) -> (usize, usize) {
    let money = is_money(text, number.start);
    let (mut sum, mut end) = (0, number.end);
    while end < limit.min(number.end + 2) && matches!(between(text, end), " " | "\u{a0}" | "-" | "")
    {
        let Some(power) = scale(text.normal(&text.words()[end]), money) else { break };
        sum += power;
        end += 1;
    }
    (sum, end)
}

fn scale(word: &str, money: bool) -> Option<usize> {
    static WORDS: OnceLock<Scales> = OnceLock::new();
    static MONEY: OnceLock<Scales> = OnceLock::new();
    let plain = WORDS.get_or_init(|| by_word(SCALES)).get(word);
    let found =
        plain.or_else(|| MONEY.get_or_init(|| by_word(MONEY_SCALES)).get(word).filter(|_| money));
    found.copied()
}

/// Powers of ten by their words.
type Scales = HashMap<&'static str, usize>;

fn by_word(scales: &'static [(usize, &'static str)]) -> Scales {
    let words =
        scales.iter().flat_map(|(power, words)| words.split(' ').map(|word| (word, *power)));
    words.collect()
}

/// Whether a currency sign stands before a word.
fn is_money(text: &Text, index: usize) -> bool {
    let before = &text.original()[..text.words()[index].span.start];
    before.trim_end_matches([' ', '\u{a0}']).ends_with(['$', '€', '£', '¥', '₽', '₹', '₴', '₩'])
}

/// `value` times ten to the power of `scale`.
fn scaled(value: &str, scale: usize) -> String {
    if scale == 0 || value.matches('.').count() > 1 {
        return value.to_owned();
    }
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    let split = decimals.len().min(scale);
    let digits = format!("{whole}{}{}", &decimals[..split], "0".repeat(scale - split));
    let digits = digits.trim_start_matches('0');
    match (digits, &decimals[split..]) {
        ("", "") => "0".to_owned(),
        ("", rest) => format!("0.{rest}"),
        (_, "") => digits.to_owned(),
        (_, rest) => format!("{digits}.{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(original: &str, expected: &[&str]) {
        let text = Text::new(original);
        let found: Vec<String> =
            numbers(&text, 0..text.words().len()).into_iter().map(|n| n.value).collect();
        assert_eq!(found, expected, "{original:?}");
    }

    #[test]
    fn every_number_may_begin_so() {
        let spelled_ones = "zero one two three four five six seven eight nine ten eleven twelve";
        for (number, word) in spelled_ones.split(' ').enumerate() {
            assert!(may_begin_number((word.as_bytes()[0], word.len())));
            assert_eq!(spelled(word), Some(number));
        }
    }

    #[test]
    fn numbers_compare() {
        check("1,250 and 1.250 and 1 250 people", &["1250", "1250", "1250"]);
        check("4.5 percent, 20% and three dead", &["4.5", "20", "3"]);
        check("one of them, on 007", &["7"]);
        check("5 12 19", &["5", "12", "19"]);
        check("no numbers", &[]);
        check("6-3/16 and 6 3/16 percent, 6½ or ½", &["6-3/16", "6-3/16", "6-1/2", "1/2"]);
        check("rates of 1.66, 1.6600, 0.125 and 0,125", &["1.66", "1.66", "0.125", "0.125"]);
        check("1,250.75 or 1.250,75 or 1,250.125", &["1250.75", "1250.75", "1250.125"]);
        check("in 2026 250 came", &["2026", "250"]);
        check("٢٠٢٦ و ۱۲ और २५ ١٫٥", &["2026", "12", "25", "1.5"]);
        check("date 2026-03-05 Then 26", &["26"]);
        check("the 27-nation bloc, 100m", &["27", "100m"]);
    }

    #[test]
    fn scales_fold_in() {
        let billions = ["1200000000"; 4];
        check("$1.2bn, 1.2 billion, 1,2 Milliarden and 1,200,000,000", &billions);
        check("1.2 mln, 1,2 млн, $1.2m, £1.2 m", &["1200000"; 4]);
        check("1.2 mil millones y 1.5 million", &["1200000000", "1500000"]);
        check("three million, one million, one of them", &["3000000", "1000000"]);
        check("1.2亿 and 0.00000125 million", &["120000000", "1.25"]);
        check("a 1.5kg bag, at 10.15am", &["1.5kg", "10.15am"]);
    }
}
