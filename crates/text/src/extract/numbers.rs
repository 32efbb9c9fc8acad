//! Numbers of a text, in a canonical form. `1,250`, `1.250` and `1 250` are one number. So are
//! `$1.2bn`, `1.2 billion` and `1,200,000,000`; `25`, `twenty-five`, `२५` and `二十五`; `2015` and
//! `2015م`.

use std::ops::Range;

use super::number_han::han_number;
use super::number_words::{
    Spelled, Suffix, arabic_decimal, arabic_tens_value, classify_suffix, may_be_spelled, scale,
    spelled, without_prefix,
};
use crate::analyse::Text;
use crate::span::Span;

/// A number and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// The value in canonical form: ASCII digits, with `.` before decimals, multiplied by words of
    /// scale. A unit written directly after it is kept (`100m`), and so is a fraction (`6-3/16`).
    pub value: String,
    /// Its words, as indices into [`Text::words`].
    pub words: Range<usize>,
    /// Its position, in bytes of the original.
    pub span: Span,
}

/// The numbers among `words`, in order, without those in page chrome.
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
        if !word.is_chrome {
            let span = Span { start: word.span.start, end: text.words()[end - 1].span.end };
            found.push(Number { value, words: next..end, span });
        }
        next = end;
    }
    found
}

/// Whether a number may begin with a word of this first byte and this length: digits, number words
/// and, for the bytes of Arabic or Chinese, digits after a prefix and numerals.
fn may_be_number(shape: (u8, usize)) -> bool {
    may_be_digits(shape) || may_be_han(shape) || may_be_spelled(shape)
}

/// Whether a word may be a Chinese numeral.
fn may_be_han(shape: (u8, usize)) -> bool {
    matches!(shape, (0xE3..=0xE9, 3))
}

/// Whether a word may begin with digits, directly or after an Arabic prefix.
fn may_be_digits(shape: (u8, usize)) -> bool {
    shape.0.is_ascii_digit() || may_have_prefix(shape)
}

/// Whether a word may be digits after an Arabic prefix.
fn may_have_prefix((first, len): (u8, usize)) -> bool {
    matches!(first, 0xD8 | 0xD9) && len > 2
}

/// The value of the number that begins at word `start`, and the index after its last word.
fn number_at(text: &Text, start: usize, limit: usize) -> Option<(String, usize)> {
    let word = &text.words()[start];
    let shape = text.first_and_len(word);
    if !may_be_number(shape) {
        return None;
    }
    if word.alone {
        return han_number(text, start, limit);
    }
    if may_be_spelled(shape)
        && let Some(found) = spelled_at(text, start, limit)
    {
        return Some(found);
    }
    if !may_be_digits(shape) {
        return None;
    }
    digits_at(text, start)?;
    let fraction = || fraction_sign(text, start, limit);
    if let Some(found) = mixed_fraction(text, start, limit).or_else(fraction) {
        return Some(found);
    }
    let (parts, letters) = parts_at(text, start, limit);
    let end = start + parts.len();
    if let Some((whole, decimals)) = parts.last().and_then(|part| arabic_decimal(part.1, letters))
        && parts.len() == 1
    {
        let value = canonical(&[('.', whole), ('٫', decimals)]);
        return Some(with_scale(text, &value, start..end, limit));
    }
    let value = canonical(&parts);
    if !letters.is_empty() {
        let value = with_letters(text, start..end, value, letters);
        return Some((value, end));
    }
    let (value, end) = with_scale(text, &value, start..end, limit);
    Some(with_smaller(text, value, start..end, limit))
}

/// A number in words: a small one, or tens with a small one after them.
fn spelled_at(text: &Text, start: usize, limit: usize) -> Option<(String, usize)> {
    let small = |at: usize| match spelled(text, text.words().get(at).filter(|_| at < limit)?)? {
        Spelled::One => Some(1),
        Spelled::Small(value) => (value > 0).then_some(value),
        Spelled::Tens(_) => None,
    };
    let (value, end) = match spelled(text, &text.words()[start])? {
        Spelled::Tens(tens) => {
            let behind = match text.words().get(start + 1).map(|word| text.normal(word)) {
                Some("y" | "e" | "et") => start + 2,
                _ => start + 1,
            };
            let is_near = behind < limit && matches!(between(text, behind), " " | "-" | "\u{2011}");
            match small(behind).filter(|small| is_near && (*small < 10 || tens == 60)) {
                Some(small) => (tens + small, behind + 1),
                None => (tens, start + 1),
            }
        }
        Spelled::Small(4) if is_score(text, start + 1, limit) => {
            let small = small(start + 2).filter(|_| matches!(between(text, start + 2), "-" | " "));
            (80 + small.unwrap_or_default(), start + 2 + usize::from(small.is_some()))
        }
        one_or_more => {
            let value = if let Spelled::Small(value) = one_or_more { value } else { 1 };
            match arabic_tens(text, start + 1, limit).filter(|_| value < 10) {
                Some(tens) => (value + tens, start + 2),
                None => (value, start + 1),
            }
        }
    };
    let (scale, scale_end) = scale_at(text, start..end, limit);
    let is_article = value == 1 && scale == 0;
    (!is_article).then(|| (scaled(&value.to_string(), scale), scale_end))
}

/// Whether the word is the second half of the French `quatre-vingt`.
fn is_score(text: &Text, at: usize, limit: usize) -> bool {
    let is_vingt = |word| matches!(text.normal(word), "vingt" | "vingts");
    at < limit && between(text, at) == "-" && text.words().get(at).is_some_and(is_vingt)
}

/// The Arabic tens in the word after a smaller number.
fn arabic_tens(text: &Text, at: usize, limit: usize) -> Option<u32> {
    let word = text.words().get(at).filter(|_| at < limit && between(text, at) == " ")?;
    arabic_tens_value(text.normal(word))
}

/// A word's leading digits and the rest. `None` if it does not begin with digits.
fn digits_at(text: &Text, index: usize) -> Option<(&str, &str)> {
    leading_digits(text.normal(text.words().get(index)?))
}

/// The digits that a normal form begins with, perhaps after a prefix, and the rest.
fn leading_digits(printed: &str) -> Option<(&str, &str)> {
    let normal = without_prefix(printed);
    let end = normal.find(|c: char| !c.is_ascii_digit()).unwrap_or(normal.len());
    (end > 0).then(|| normal.split_at(end))
}

/// The characters between a word and the one before it.
fn between(text: &Text, index: usize) -> &str {
    let words = text.words();
    Span { start: words[index - 1].span.end, end: words[index].span.start }.of(text.original())
}

/// The parts of the number that begins at `start`, each with the mark before it, and the letters
/// after the last one. Groups of three and decimals belong to the number if a single mark joins
/// them.
fn parts_at(text: &Text, start: usize, limit: usize) -> (Vec<(char, &str)>, &str) {
    let mut parts: Vec<(char, &str)> = Vec::new();
    let mut marks_from_right = 0;
    for index in start..limit {
        let Some((digits, letters)) = digits_at(text, index) else { break };
        let first = parts.first().map_or(usize::MAX, |(_, first)| first.len());
        let groups = first <= 3 && digits.len() == 3 && letters.is_empty();
        let mark = match if index > start { between(text, index) } else { "." } {
            "." => '.',
            ".\u{200f}" | "\u{200f}." => {
                marks_from_right += 1;
                '.'
            }
            "," => ',',
            "．" => '.',
            "\u{66b}" => '٫',
            "،" | "，" if groups => ',',
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
    if marks_from_right > 0 && marks_from_right + 1 == parts.len() {
        // The parts are written from right to left.
        let digits: Vec<&str> = parts.iter().rev().map(|(_, digits)| *digits).collect();
        parts.iter_mut().zip(digits).for_each(|(part, digits)| part.1 = digits);
    }
    (parts, "")
}

/// `6-3/16`: a whole number and a fraction, as in bond prices and lengths.
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

/// `6½`, which normalising expands to `61` and `2`, two words with one span.
fn fraction_sign(text: &Text, start: usize, limit: usize) -> Option<(String, usize)> {
    let span = text.words()[start].span;
    if start + 1 >= limit || text.words()[start + 1].span != span {
        return None;
    }
    let printed = span.of(text.original());
    let whole = &printed[..printed.find(|c: char| !c.is_ascii_digit())?];
    let above = digits_at(text, start)?.0.strip_prefix(whole)?;
    let below = digits_at(text, start + 1)?.0;
    let dash = if whole.is_empty() { "" } else { "-" };
    Some((format!("{whole}{dash}{above}/{below}"), start + 2))
}

/// Groups of three after the first part are thousands as long as the same mark joins them. Anything
/// else after a mark is decimals, which lose their last zeros.
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

/// A value with the letters directly after it: a scale, a unit or a suffix without meaning.
fn with_letters(text: &Text, number: Range<usize>, value: String, letters: &str) -> String {
    if let Some(scale) = scale(letters, is_money(text, number.start)) {
        return scaled(&value, scale);
    }
    let printed = text.words()[number.end - 1].span.of(text.original());
    match classify_suffix(&value, letters, printed) {
        Suffix::Unit => value + letters,
        Suffix::Meaningless => value,
    }
}

/// A value multiplied by the words of scale after it.
fn with_scale(text: &Text, value: &str, number: Range<usize>, limit: usize) -> (String, usize) {
    let (scale, end) = scale_at(text, number, limit);
    (scaled(value, scale), end)
}

/// A value in characters of scale, plus a smaller one directly after it: `1万2千`, `3亿5000万`.
fn with_smaller(text: &Text, value: String, number: Range<usize>, limit: usize) -> (String, usize) {
    let (mut sum, mut end) = (value, number.end);
    while end < limit && text.words()[end - 1].alone && between(text, end).is_empty() {
        let zeros = sum.len() - sum.trim_end_matches('0').len();
        let Some((digits, "")) = digits_at(text, end) else { break };
        let (smaller, smaller_end) =
            with_scale(text, &canonical(&[('.', digits)]), end..end + 1, limit);
        let whole = |printed: &str| printed.parse::<u128>().ok();
        let fits = smaller.len() <= zeros;
        let Some(both) = whole(&sum).zip(whole(&smaller)).filter(|_| fits) else { break };
        (sum, end) = ((both.0.saturating_add(both.1)).to_string(), smaller_end);
    }
    (sum, end)
}

/// The powers of ten in the words after the number at `number`, and the index after the last of
/// them. Two may follow each other: `mil millones`.
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

/// Whether a currency sign precedes a word.
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
    fn numbers_have_a_canonical_form() {
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

    #[test]
    fn meaningless_suffixes_are_dropped() {
        check(
            "2015 and 2015م, 1436ه, 1436هـ and ١٤٣٦هـ",
            &["2015", "2015", "1436", "1436", "1436"],
        );
        check(
            "the 3rd, 21st, le 1er et la 3e, la 3ème, el 3º, la 2ª",
            &["3", "21", "1", "3", "3", "3", "2"],
        );
        check("am 3. Mai die 1930er, eine 30jährige", &["3", "1930", "30"]);
        check("в 2015г и 5кг, 3й", &["2015", "5кг", "3"]);
        check("120شخصا 200يوم 60مليون 25명", &["120", "200", "60000000", "25"]);
        check("2015年12月5日", &["2015", "12", "5"]);
        check("a 5G phone, 2u2, a 100m race of 1.5kg", &["5g", "2u2", "100m", "1.5kg"]);
    }

    #[test]
    fn arabic_prefixes_and_decimals() {
        check("و77 قتيلا بـ201 ريال في الـ23 و1,250", &["77", "201", "23", "1250"]);
        check("29.4 و4ر29 و 92ر0 و0ر5 و99ر99", &["29.4", "29.4", "0.92", "0.5", "99.99"]);
        check("3ر3 ملايين, 50ر11 مليون, 19،500", &["3300000", "11500000", "19500"]);
        // A right-to-left mark: each part is to the left of the one before it.
        check("بـ90.\u{200f}0, و8.\u{200f}1, و000.\u{200f}320", &["0.9", "1.8", "320000"]);
        check("320 مليوناً و18 ألفا و18 الف", &["320000000", "18000", "18000"]);
    }

    #[test]
    fn groups_and_decimals_of_either_kind() {
        check("1.000,5 and 1,000.5", &["1000.5", "1000.5"]);
        check("12.345.678,90 e 12,345,678.9", &["12345678.9", "12345678.9"]);
        check("１，２５０ and ３．５ and ２０１５", &["1250", "3.5", "2015"]);
    }

    #[test]
    fn words_are_numbers_in_many_languages() {
        check("zwei Tote, drei Millionen, eine Million, eine Frau", &["2", "3000000", "1000000"]);
        check(
            "três pessoas, duas casas, dez mil, um milhão, um homem",
            &["3", "2", "10000", "1000000"],
        );
        check("siete heridos y ocho muertos, dos, once", &["7", "8"]);
        check("deux morts, cinq blessés, un homme neuf", &["2", "5"]);
        check("семь человек, двух, три миллиона", &["7", "2", "3000000"]);
        check("خمسة رجال وثلاث, ثلاثة ملايين, اثني عشر", &["5", "3000000", "12"]);
        check("خمسة عشر، خمسة وعشرين، عشرة، أحد عشر، أحد", &["15", "25", "10", "11"]);
        check("R$ 5 mi, R$ 1,2 bi, US$ 3 bilhões", &["5000000", "1200000000", "3000000000"]);
    }

    #[test]
    fn tens_and_the_small_number_after_them_are_one_number() {
        check("twenty-five, forty two, three hundred, ninety", &["25", "42", "300", "90"]);
        check("treinta y cinco, vinte e sete, vingt et un", &["35", "27", "21"]);
        check("soixante-douze, quatre-vingt-dix, quatre-vingts", &["72", "90", "80"]);
        check("сорок пять", &["45"]);
    }

    #[test]
    fn names_are_not_numbers() {
        check("Otto Dix, Vier Pfoten, Sept Lunes", &[]);
    }
}
