//! Numbers in Chinese characters, as in Chinese and Japanese papers: 二十五, 二〇一五, 三名.
//!
//! They count only where they can be nothing else, because numerals are also parts of words (十分,
//! 万一, 张三, 星期三).

use std::ops::Range;

use crate::analyse::Text;

/// Counted things. Before these characters, a numeral of one character is a number, except `一`,
/// which is an article there.
const COUNTED: &str = "个個名人位月日年岁歲天次件辆輛架艘座枚起公里米周届屆期倍成家所条條";
/// After these characters a numeral is a weekday.
const OF_WEEKDAYS: &str = "期周週曜拜";

/// The part that one character plays in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numeral {
    Digit(u32),
    /// Ten, hundred, thousand.
    Unit(u128),
    /// Ten thousand and its powers, which multiply a group of up to four numerals.
    Group(u128),
}

fn numeral(c: char) -> Option<Numeral> {
    use Numeral::{Digit, Group, Unit};
    Some(match c {
        '〇' | '零' => Digit(0),
        '一' => Digit(1),
        '二' | '两' | '兩' => Digit(2),
        '三' => Digit(3),
        '四' => Digit(4),
        '五' => Digit(5),
        '六' => Digit(6),
        '七' => Digit(7),
        '八' => Digit(8),
        '九' => Digit(9),
        '十' => Unit(10),
        '百' => Unit(100),
        '千' => Unit(1000),
        '万' | '萬' => Group(10_000),
        '亿' | '億' => Group(100_000_000),
        '兆' => Group(1_000_000_000_000),
        _ => return None,
    })
}

/// The number that begins at word `start`, and the index after its last character.
pub(crate) fn han_number(text: &Text, start: usize, limit: usize) -> Option<(String, usize)> {
    let numerals = |at: usize| character(text, at).and_then(numeral);
    numerals(start)?;
    let before = touching_before(text, start);
    if before.is_some_and(|c| numeral(c).is_some() || c.is_ascii_digit()) {
        return None;
    }
    let mut run = vec![numerals(start)?];
    let mut end = start + 1;
    while let Some(next) = numerals(end).filter(|_| touches(text, end)) {
        run.push(next);
        end += 1;
    }
    // A part of a number is not the number.
    if end > limit {
        return None;
    }
    let value = match run.as_slice() {
        [one] => single_numeral(text, start, *one)?,
        _ => positional(&run).or_else(|| structured(&run))?,
    };
    Some((value, end))
}

/// A numeral of one character, if the characters beside it show that it is a number.
fn single_numeral(text: &Text, at: usize, numeral: Numeral) -> Option<String> {
    let value = match numeral {
        Numeral::Digit(digit) => digit,
        Numeral::Unit(10) => 10,
        Numeral::Unit(_) | Numeral::Group(_) => return None,
    };
    let before = touching_before(text, at);
    let behind = character(text, at + 1).filter(|_| touches(text, at + 1));
    let is_ordinal = before == Some('第');
    let is_share = before == Some('之') && touching_before(text, at - 1) == Some('分');
    let is_weekday = before.is_some_and(|c| OF_WEEKDAYS.contains(c));
    let counts = behind.is_some_and(|c| COUNTED.contains(c) && (value != 1 || c == '月'));
    let found = is_ordinal || is_share || counts && !is_weekday;
    found.then(|| value.to_string())
}

/// Digits one by one, as in years: 二〇一五. Two or three digits are a rough guess (三四) or a date
/// (九一八).
fn positional(run: &[Numeral]) -> Option<String> {
    let digits: Option<Vec<u32>> = run
        .iter()
        .map(|numeral| match numeral {
            Numeral::Digit(digit) => Some(*digit),
            _ => None,
        })
        .collect();
    let digits = digits.filter(|digits| digits.len() >= 4 && digits[0] != 0)?;
    Some(digits.iter().map(ToString::to_string).collect())
}

/// Digits and units in turn: 一百二十, 三亿五千万. It does not accept a last digit without its unit (三万五),
/// nor a unit other than ten at the beginning (千万, 万一).
fn structured(run: &[Numeral]) -> Option<String> {
    let (mut whole, mut group, mut digit) = (0_u128, 0_u128, None);
    let (mut last_unit, mut last_group) = (u128::MAX, u128::MAX);
    let mut after_zero = false;
    for (at, numeral) in run.iter().enumerate() {
        match *numeral {
            Numeral::Digit(0) if digit.is_none() && at > 0 => after_zero = true,
            Numeral::Digit(value) if digit.is_none() => digit = Some(u128::from(value)),
            Numeral::Unit(unit) if unit < last_unit => {
                let tens_alone = unit == 10 && (at == 0 || after_zero || group > 0 || whole > 0);
                group += unit * digit.take().or(tens_alone.then_some(1))?;
                (last_unit, after_zero) = (unit, false);
            }
            Numeral::Group(size) if size < last_group => {
                group += digit.take().unwrap_or_default();
                if group == 0 {
                    return None;
                }
                whole += group * size;
                (group, last_unit, last_group, after_zero) = (0, u128::MAX, size, false);
            }
            _ => return None,
        }
    }
    if let Some(last) = digit {
        let names_its_place = last_unit == 10 || after_zero;
        if !names_its_place {
            return None;
        }
        group += last;
    }
    Some((whole + group).to_string())
}

/// The character of a word that is a single character.
fn character(text: &Text, at: usize) -> Option<char> {
    let word = text.words().get(at).filter(|word| word.alone)?;
    text.normal(word).chars().next()
}

/// The last character of the word before, if nothing stands between them.
fn touching_before(text: &Text, at: usize) -> Option<char> {
    let before = at.checked_sub(1).filter(|_| touches(text, at))?;
    text.normal(&text.words()[before]).chars().next_back()
}

/// Whether nothing stands between a word and the one before it.
fn touches(text: &Text, at: usize) -> bool {
    let words: Range<usize> = 1..text.words().len();
    words.contains(&at) && text.words()[at - 1].span.end == text.words()[at].span.start
}

#[cfg(test)]
mod tests {
    use crate::Text;
    use crate::extract::numbers;

    fn check(original: &str, expected: &[&str]) {
        let text = Text::new(original);
        let found = numbers(&text, 0..text.words().len());
        let values: Vec<String> = found.into_iter().map(|number| number.value).collect();
        assert_eq!(values, expected, "{original}");
    }

    #[test]
    fn numerals_are_numbers() {
        check("二十五人，25人", &["25", "25"]);
        check("十二月三日，共一百零五名", &["12", "3", "105"]);
        check("二〇一五年八月", &["2015", "8"]);
        check("三亿五千万元和十三亿人，两百人", &["350000000", "1300000000", "200"]);
        check("第三届、百分之五、两名工人、十人", &["3", "5", "2", "10"]);
        check("一万零三百二十", &["10320"]);
        check("三十二万八千", &["328000"]);
    }

    #[test]
    fn numerals_in_words_are_not_numbers() {
        check("万一十分千万统一一个一些星期三日张三说三四百", &[]);
        check("五一，三万五，九一八，周五", &[]);
    }

    #[test]
    fn digits_and_characters_mix() {
        check(
            "1万2千人，3億5000万円，2000万元，３.５亿",
            &["12000", "350000000", "20000000", "350000000"],
        );
        check("２０１５年１２月", &["2015", "12"]);
    }
}
