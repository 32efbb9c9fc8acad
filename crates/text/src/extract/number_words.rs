//! Numbers in words, and words that multiply a number.
//!
//! The lists have only words that mean nothing else in any of these languages. They omit `dos` ("of
//! the" in Portuguese), `once`, `neuf`, `due`, `sei` and the articles. A missed number costs less
//! than a false one.

use std::sync::{LazyLock, OnceLock};

use crate::analyse::Text;
use crate::characters::role;
use crate::script::Role;
use crate::word_filter::WordFilter;
use crate::words::Word;
use rustc_hash::FxHashMap;

/// The numbers below twenty in English.
const ENGLISH: &[(u32, &str)] = &[
    (0, "zero"),
    (1, "one"),
    (2, "two"),
    (3, "three"),
    (4, "four"),
    (5, "five"),
    (6, "six"),
    (7, "seven"),
    (8, "eight"),
    (9, "nine"),
    (10, "ten"),
    (11, "eleven"),
    (12, "twelve"),
    (13, "thirteen"),
    (14, "fourteen"),
    (15, "fifteen"),
    (16, "sixteen"),
    (17, "seventeen"),
    (18, "eighteen"),
    (19, "nineteen"),
];

/// The numbers below twenty in German and Dutch; Spanish, Portuguese, French and Italian; Russian
/// and Ukrainian; Arabic. Their words for one are articles more often than numbers.
#[rustfmt::skip]
const OTHERS: &[(u32, &str)] = &[
    (1, "ein eine einer een un una une um uma один одна одну одного واحد واحدة أحد احد إحدى احدى"),
    (2, "zwei zwo twee dois duas deux два две двух двум двумя дві двох اثنان اثنين اثنتان اثنتين"),
    (2, "اثنا اثني اثنتا اثنتي"),
    (3, "drei drie tres três trois tre три трех трёх трем трём трьох ثلاثة ثلاث"),
    (4, "vier cuatro quatro quatre quattro четыре четырех четырёх чотири чотирьох أربعة أربع"),
    (4, "اربعة اربع"),
    (5, "fünf vijf cinco cinq cinque пять пяти пятью خمسة خمس"),
    (6, "sechs zes seis шесть шести шістьох шість ستة ست"),
    (7, "sieben zeven siete sete sept sette семь семи сім سبعة سبع"),
    (8, "acht ocho oito huit otto восемь восьми вісім ثمانية ثماني ثمان"),
    (9, "neun negen nueve nove девять девяти تسعة تسع"),
    (10, "zehn tien diez dez dix dieci десять десяти عشرة عشر"),
    (11, "elf onze undici одиннадцать одиннадцати одинадцять"),
    (12, "zwölf twaalf doce doze douze dodici двенадцать двенадцати дванадцять"),
    (13, "dreizehn dertien trece treze treize tredici тринадцать тринадцати тринадцять"),
    (14, "vierzehn veertien catorce catorze quatorze quattordici четырнадцать чотирнадцять"),
    (15, "fünfzehn vijftien quince quinze quindici пятнадцать пятнадцати"),
    (16, "sechzehn zestien dieciséis dezesseis dezasseis seize sedici шестнадцать шістнадцять"),
    (17, "siebzehn zeventien diecisiete dezessete dezassete diciassette семнадцать сімнадцять"),
    (18, "achtzehn achttien dieciocho dezoito diciotto восемнадцать вісімнадцять"),
    (19, "neunzehn negentien diecinueve dezenove dezanove diciannove девятнадцать"),
];

/// The tens. A smaller number may follow: `twenty-five`, `trinta e cinco`, `сорок два`.
#[rustfmt::skip]
const TENS: &[(u32, &str)] = &[
    (20, "twenty zwanzig twintig veinte vinte vingt venti двадцать двадцати двадцять"),
    (30, "thirty dreissig dertig treinta trinta trente trenta тридцать тридцати тридцять"),
    (40, "forty vierzig veertig cuarenta quarenta quarante quaranta сорок сорока"),
    (50, "fifty fünfzig vijftig cincuenta cinquenta cinquante cinquanta пятьдесят пятидесяти"),
    (60, "sixty sechzig zestig sesenta sessenta soixante sessanta шестьдесят шестидесяти"),
    (70, "seventy siebzig zeventig setenta settanta семьдесят семидесяти"),
    (80, "eighty achtzig tachtig ochenta oitenta ottanta восемьдесят восьмидесяти"),
    (90, "ninety neunzig negentig noventa novanta девяносто"),
];

/// The Arabic tens, which follow the smaller number: `خمسة وعشرين`.
const ARABIC_TENS: &[(u32, &str)] = &[
    (10, "عشر عشرة"),
    (20, "وعشرون وعشرين"),
    (30, "وثلاثون وثلاثين"),
    (40, "وأربعون وأربعين واربعون واربعين"),
    (50, "وخمسون وخمسين"),
    (60, "وستون وستين"),
    (70, "وسبعون وسبعين"),
    (80, "وثمانون وثمانين"),
    (90, "وتسعون وتسعين"),
];

/// Powers of ten and the words for them, in normal form.
#[rustfmt::skip]
const SCALES: &[(u32, &str)] = &[
    (2, "hundred 百"),
    (3, "thousand tausend tsd mil mila mille тыс тысяча тысячи тысяч тис тисячі тисяч ألف آلاف ألفا"),
    (3, "الف الاف الفا हजार 千 천"),
    (4, "万 萬 만"),
    (5, "lakh lakhs लाख"),
    (6, "million millions millionen millones millón milioni milione milhões milhão miljoen"),
    (6, "miljoner millioner miljoonaa mln mn mio млн миллион миллиона миллионов мільйон мільйона"),
    (6, "мільйонів مليون مليونا ملايين"),
    (7, "crore crores"),
    (8, "亿 億 억"),
    (9, "billion billions bn bln mrd mlrd milliarde milliarden milliard milliards miliardi"),
    (9, "miliardo miljard miljarder milliarder bilhões bilhão млрд миллиард миллиарда"),
    (9, "миллиардов мільярд мільярда мільярдів مليار مليارا مليارات"),
    (12, "trillion trillions trn billionen billones biljoen trilhão trilhões трлн تريليون 兆 조"),
];

/// Letters that are a scale only after a currency sign: `$5m`, but `a 100m race`.
const MONEY_SCALES: &[(u32, &str)] = &[(3, "k"), (6, "m mi"), (9, "b bi"), (12, "t tn")];

/// A number in one word, without the words around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelled {
    /// One, which is an article or a pronoun more often than a number.
    One,
    /// Zero, or two to twelve.
    Small(u32),
    /// Twenty to ninety.
    Tens(u32),
}

/// The number that a word means. Words of languages other than English must not be capitalised,
/// because they may be names or nouns then.
pub(crate) fn spelled(text: &Text, word: &Word) -> Option<Spelled> {
    let normal = text.normal(word);
    let (spelled, may_be_capital) =
        SPELLED_FILTER.may_contain(normal.as_bytes()).then(|| SPELLED.get(normal)).flatten()?;
    let is_latin = normal.as_bytes()[0].is_ascii() || normal.starts_with('é');
    (*may_be_capital || !word.capital || !is_latin).then_some(*spelled)
}

/// The numbers by word, and whether the word may be capitalised.
static SPELLED: LazyLock<FxHashMap<&str, (Spelled, bool)>> = LazyLock::new(|| {
    let small = |value| if value == 1 { Spelled::One } else { Spelled::Small(value) };
    let english = ENGLISH.iter().map(|(value, word)| (*word, (small(*value), true)));
    let others = by_word(OTHERS).into_iter().map(|(word, value)| (word, (small(value), false)));
    let tens = by_word(TENS).into_iter();
    let tens = tens.map(|(word, value)| (word, (Spelled::Tens(value), word.ends_with("ty"))));
    others.chain(tens).chain(english).collect()
});

/// The value of Arabic tens after a smaller number.
pub(crate) fn arabic_tens_value(normal: &str) -> Option<u32> {
    static VALUES: LazyLock<FxHashMap<&str, u32>> = LazyLock::new(|| by_word(ARABIC_TENS));
    VALUES.get(normal).copied()
}

/// The power of ten that a word stands for. Some words count only if the number is an amount of
/// money.
pub(crate) fn scale(word: &str, money: bool) -> Option<usize> {
    static WORDS: OnceLock<FxHashMap<&str, u32>> = OnceLock::new();
    static MONEY: OnceLock<FxHashMap<&str, u32>> = OnceLock::new();
    let plain = WORDS.get_or_init(|| by_word(SCALES)).get(word);
    let found =
        plain.or_else(|| MONEY.get_or_init(|| by_word(MONEY_SCALES)).get(word).filter(|_| money));
    found.map(|power| *power as usize)
}

fn by_word(table: &'static [(u32, &'static str)]) -> FxHashMap<&'static str, u32> {
    let words =
        table.iter().flat_map(|(value, words)| words.split(' ').map(move |word| (word, *value)));
    words.collect()
}

/// Whether a word of this first byte and length may be a number in words.
pub(crate) fn may_be_spelled(shape: (u8, usize)) -> bool {
    SPELLED_FILTER.may_contain_shape(shape)
}

/// The words of [`SPELLED`].
static SPELLED_FILTER: LazyLock<WordFilter> = LazyLock::new(|| {
    let english = ENGLISH.iter().map(|(_, word)| *word);
    let tables = OTHERS.iter().chain(TENS).flat_map(|(_, words)| words.split(' '));
    WordFilter::new(english.chain(tables))
});

/// Arabic words of one or two letters that are written together with the next word: and, with, for,
/// the.
const PREFIXES: &[&str] =
    &["و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "فال", "كال", "لل", "وب", "ول"];

/// Removes an Arabic `and`, `with`, `for` or `the` before digits: `و77`, `بـ201`, `الـ23`.
pub(crate) fn without_prefix(normal: &str) -> &str {
    let Some(first) = normal.find(|c: char| c.is_ascii_digit()).filter(|first| *first > 0) else {
        return normal;
    };
    if PREFIXES.contains(&&normal[..first]) { &normal[first..] } else { normal }
}

/// The meaning of letters directly after digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Suffix {
    /// A unit, which belongs to the number: `100m`, `5kg`.
    Unit,
    /// No part of the value: the ending of an ordinal, an era, or a word whose space was left out.
    Meaningless,
}

/// The most letters of an abbreviated unit. More letters are a word.
const LONGEST_UNIT: usize = 3;

/// The meaning of `letters` after `digits`. `printed` is the word as written.
pub(crate) fn classify_suffix(digits: &str, letters: &str, printed: &str) -> Suffix {
    let is_word = letters.chars().all(|c| !c.is_ascii_digit() && role(c) == Role::Letter);
    let first = letters.chars().next().unwrap_or_default();
    if is_arabic(first) && (is_word || letters == "م2") {
        return Suffix::Meaningless;
    }
    if !is_word {
        return Suffix::Unit;
    }
    let is_year = digits.len() == 4 && matches!(digits.as_bytes()[0], b'1' | b'2');
    let is_ordinal = match letters {
        "st" | "nd" | "rd" | "th" | "er" | "ère" | "ème" | "eme" | "nde" => true,
        "e" => printed.ends_with('e'),
        "o" | "a" => printed.ends_with(['º', 'ª']),
        "й" | "я" | "е" | "го" | "му" | "ти" | "ый" | "ая" | "ой" | "ий" => true,
        "г" | "гг" | "р" | "рр" => is_year,
        _ => false,
    };
    let is_abbreviation = matches!(first, 'a'..='z' | '\u{df}'..='\u{24f}' | 'α'..='ω' | 'µ')
        || ('\u{400}'..='\u{52f}').contains(&first);
    if !is_ordinal && is_abbreviation && letters.chars().count() <= LONGEST_UNIT {
        Suffix::Unit
    } else {
        Suffix::Meaningless
    }
}

/// The whole and the decimals of `4ر29`, which is read from the right: 29.4. A zero on either side
/// is the whole.
pub(crate) fn arabic_decimal<'a>(digits: &'a str, letters: &'a str) -> Option<(&'a str, &'a str)> {
    let behind = letters.strip_prefix('ر')?;
    if behind.is_empty() || !behind.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(if digits == "0" && behind != "0" { (digits, behind) } else { (behind, digits) })
}

/// Whether a letter is Arabic. Arabic units are separate words, so letters directly after digits
/// are an era or a word.
fn is_arabic(letter: char) -> bool {
    ('\u{600}'..='\u{6ff}').contains(&letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_one_number() {
        let mut said: FxHashMap<&str, u32> = FxHashMap::default();
        for (value, words) in OTHERS.iter().chain(ENGLISH).chain(TENS) {
            for word in words.split(' ') {
                assert!(may_be_spelled((word.as_bytes()[0], word.len())), "{word}");
                assert_eq!(*said.entry(word).or_insert(*value), *value, "{word}");
                assert_eq!(crate::normalise(word), word, "{word} is in normal form");
            }
        }
        let scales = SCALES.iter().chain(MONEY_SCALES).chain(ARABIC_TENS);
        for word in scales.flat_map(|(_, words)| words.split(' ')) {
            assert_eq!(crate::normalise(word), word, "{word} is in normal form");
        }
    }

    #[test]
    fn prefixes_are_not_part_of_a_number() {
        let words = ["و77", "ال23", "ب201", "covid19", "77", "ب", "سسس12"];
        let expected = ["77", "23", "201", "covid19", "77", "ب", "سسس12"];
        assert_eq!(words.map(without_prefix), expected);
    }
}
