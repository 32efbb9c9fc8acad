//! Fractions and parts in Chinese and Japanese: `百分之七点五`, `三分之一`, `两个半`, `3人に1人`, `近百`.

use wirefold_text::Span;
use wirefold_text::extract::Number;

use crate::reading::Reading;

/// The digits, in order of their value.
const DIGITS: &str = "〇一二三四五六七八九";

/// The middle parts of such numbers.
const MIDDLES: [&str; 5] = ["分之", "个半", "人に", "近百", "近千"];

/// The fractions in a text, in order.
pub(super) fn parts(reading: &Reading<'_>) -> Vec<Number> {
    let text = reading.text.original();
    let positions = MIDDLES.iter().flat_map(|middle| text.match_indices(middle));
    let mut all: Vec<Number> = positions
        .filter_map(|(at, middle)| {
            let (value, span) = part_of_whole(text, at, middle)?;
            let words = reading.text.words();
            let start = words.partition_point(|word| word.span.start < span.start);
            let end = words.partition_point(|word| word.span.start < span.end);
            Some(Number { value: format!("{value}"), words: start..end, span })
        })
        .collect();
    all.sort_by_key(|number| number.span);
    all
}

fn part_of_whole(text: &str, at: usize, middle: &str) -> Option<(f64, Span)> {
    let (before, behind) = (&text[..at], &text[at + middle.len()..]);
    if let "近百" | "近千" = middle {
        let is_counted = super::units::counter(behind).is_some();
        let start = at + '近'.len_utf8();
        let value = if middle == "近百" { 100.0 } else { 1000.0 };
        return is_counted.then_some((value, Span { start, end: at + middle.len() }));
    }
    let whole = before.len() - before.trim_end_matches(is_numeral).len();
    let (start, all) = (at - whole, value(&before[at - whole..])?);
    let second = &behind[..behind.find(|c| !is_numeral(c)).unwrap_or(behind.len())];
    let end = at + middle.len() + second.len();
    match middle {
        "个半" => Some((all + 0.5, Span { start, end: at + middle.len() })),
        "人に" => {
            let share = value(second).filter(|one| *one < all && all <= 20.0)? / all;
            let counter = behind[second.len()..].strip_prefix('人')?;
            Some((share, Span { start, end: text.len() - counter.len() }))
        }
        // `百分之七`: a percentage, which the unit expresses.
        _ if before.ends_with('百') => Some((value(second)?, Span { start, end })),
        _ => Some((value(second).filter(|few| *few < all)? / all, Span { start, end })),
    }
}

fn is_numeral(c: char) -> bool {
    c.is_ascii_digit() || c == '.' || "点两十百".contains(c) || DIGITS.contains(c)
}

/// The value of a numeral below a thousand, perhaps with decimals.
fn value(printed: &str) -> Option<f64> {
    if let Ok(number) = printed.parse() {
        return Some(number);
    }
    let (whole, decimals) = printed.split_once('点').unwrap_or((printed, ""));
    let digit =
        |c: char| if c == '两' { Some(2) } else { DIGITS.chars().position(|own| own == c) };
    let (mut sum, mut last) = (0, None);
    for c in whole.chars() {
        match c {
            '十' => sum += last.take().unwrap_or(1) * 10,
            '百' => sum += last.take().unwrap_or(1) * 100,
            c => last = Some(digit(c)?),
        }
    }
    let mut number = format!("{}.", sum + last.unwrap_or_default());
    for c in decimals.chars() {
        number.push_str(&digit(c)?.to_string());
    }
    (!whole.is_empty()).then(|| number.parse().ok()).flatten()
}
