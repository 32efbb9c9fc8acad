//! The units of figures: money, percentages, measures and nouns in ten languages.

use std::sync::LazyLock;

use crate::word_set::word_sets;

/// Currency signs before a number, longer ones first.
const SIGNS_BEFORE: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("AU$", "AUD"),
    ("CA$", "CAD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
    ("A$", "AUD"),
    ("C$", "CAD"),
    ("S$", "SGD"),
    ("R$", "BRL"),
    ("CHF", "CHF"),
    ("EUR", "EUR"),
    ("USD", "USD"),
    ("GBP", "GBP"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("¥", "JPY"),
    ("￥", "JPY"),
    ("₹", "INR"),
    ("₽", "RUB"),
    ("₴", "UAH"),
    ("₩", "KRW"),
    ("₺", "TRY"),
    ("₪", "ILS"),
];

/// Units, each with the words after a number that mean it. `*` stands for any ending. Longer words first.
#[rustfmt::skip]
const BEHIND: &[(&str, &[&str])] = &[
    ("percentage points", &["percentage point*", "prozentpunkt*", "puntos porcentuales", "punto porcentual",
        "punti percentuali", "punto percentuale", "pontos percentuais", "ponto percentual", "points de pourcentage",
        "point de pourcentage", "процентн* пункт*", "نقطة مئوية", "نقاط مئوية", "个百分点", "ポイント"]),
    ("%", &["percent", "per cent", "prozent", "procent*", "pour cent", "por ciento", "por cento", "per cento",
        "процент*", "відсот*", "パーセント", "بالمئة", "بالمائة", "في المئة", "في المائة", "%", "％", "٪"]),
    ("ARS", &["pesos argentinos"]),
    ("MXN", &["pesos mexicanos"]),
    ("CHF", &["francs suisses", "schweizer franken", "franken", "franchi svizzeri"]),
    ("GBP", &["livres sterling", "libras esterlinas", "sterline", "pounds", "pfund", "英镑", "£"]),
    ("JPY", &["yen", "日元", "円"]),
    ("CNY", &["yuan*", "元"]),
    ("INR", &["rupees"]),
    ("SEK", &["swedish kronor", "kronor"]),
    ("NOK", &["norwegian kroner"]),
    ("DKK", &["danish kroner"]),
    ("CZK", &["czech crowns"]),
    ("TRY", &["turkish lira"]),
    ("KRW", &["south korean won", "ウォン"]),
    ("PLN", &["zloty*", "złot*"]),
    ("HUF", &["forint*"]),
    ("ILS", &["shekels"]),
    ("ZAR", &["rand"]),
    ("NGN", &["naira"]),
    ("THB", &["baht"]),
    ("MYR", &["ringgit"]),
    ("IDR", &["rupiah"]),
    ("SAR", &["ريال سعودي"]),
    ("AED", &["درهم"]),
    ("EGP", &["جنيه"]),
    ("USD", &["دولار*", "dollar*", "dólar*", "dollari", "доллар*", "долар*", "美元", "ドル", "$"]),
    ("EUR", &["يورو", "euro*", "евро", "євро", "欧元", "ユーロ", "€"]),
    ("RUB", &["рубл*", "руб", "₽"]),
    ("UAH", &["гривен*"]),
    ("BRL", &["reais"]),
    // Currencies of more than one country.
    ("crowns", &["crowns", "korun*"]),
    ("kroner", &["kroner"]),
    ("pesos", &["pesos"]),
    ("francs", &["francs"]),
    ("dinars", &["dinars"]),
    ("dirhams", &["dirhams"]),
    ("riyals", &["riyals"]),
    ("rials", &["rials"]),
    ("lira", &["lira", "liras"]),
    ("shillings", &["shillings"]),
    ("km/h", &["km/h", "kilometers per hour", "kilometres per hour", "stundenkilometer*"]),
    ("km", &["кілометр*", "километр*", "kilomet*", "kilómetro*", "quilômetro*", "quilómetro*", "kilomètre*",
        "chilometr*", "キロ", "公里", "km"]),
    ("mm", &["milímetro*", "millimet*", "millimètre*", "миллиметр*", "ミリ", "毫米", "mm"]),
    ("cm", &["centimet*", "centímetro*", "centimètre*", "zentimeter*", "сантиметр*", "センチ", "厘米", "cm"]),
    ("m", &["meter*", "metre*", "metri", "metro*", "mètre*", "метр*", "メートル", "米", "متر*", "m"]),
];

/// The phrases of [`BEHIND`] by their first byte, in order.
static BY_FIRST: LazyLock<[Vec<(&str, &str)>; 256]> = LazyLock::new(|| {
    let mut by_first = [const { Vec::new() }; 256];
    for (unit, phrases) in BEHIND {
        for phrase in *phrases {
            by_first[usize::from(phrase.as_bytes()[0])].push((*phrase, *unit));
        }
    }
    by_first
});

/// Counters after numbers in Chinese and Japanese.
const COUNTERS: &[&str] = &[
    "小时", "小時", "時間", "分钟", "か月", "年間", "人", "名", "户", "戶", "戸", "辆", "輛", "台",
    "棟", "栋", "间", "間", "件", "隻", "艘", "家", "所", "位", "只", "头", "吨", "トン", "匹",
    "軒", "社", "校", "枚", "票", "个", "個",
];

/// The unit whose sign or code is at the end of the text before a number.
pub(super) fn before(text: &str) -> Option<&'static str> {
    let text = text.trim_end_matches([' ', '\u{a0}']);
    // No sign ends with a lower-case letter, and nearly all texts do.
    if text.bytes().next_back().is_none_or(|last| last.is_ascii_lowercase()) {
        return None;
    }
    SIGNS_BEFORE.iter().find(|(sign, _)| text.ends_with(sign)).map(|(_, unit)| *unit)
}

/// The unit at the start of the text after a number.
pub(super) fn behind(text: &str) -> Option<&'static str> {
    let rest = text.trim_start_matches([' ', '\u{a0}', '\u{202f}', '-']);
    // A character beyond ASCII may begin with another byte in lower case.
    let first = rest.bytes().next().unwrap_or_default().to_ascii_lowercase();
    if first.is_ascii() && first != b'd' && BY_FIRST[usize::from(first)].is_empty() {
        return counter(text);
    }
    let end = rest.char_indices().nth(LONGEST).map_or(rest.len(), |(end, _)| end);
    let lower = rest[..end].to_lowercase();
    let joined = ["de ", "di ", "d'", "d’"].iter().find_map(|joint| lower.strip_prefix(joint));
    let of = |words: &str| {
        let phrases = &BY_FIRST[usize::from(*words.as_bytes().first()?)];
        phrases.iter().find(|(phrase, _)| begins(words, phrase)).map(|(_, unit)| *unit)
    };
    of(&lower).or_else(|| joined.and_then(of)).or_else(|| counter(text))
}

/// The counter at the start of the text after a number.
pub(super) fn counter(text: &str) -> Option<&'static str> {
    if text.bytes().next().is_none_or(|first| first.is_ascii()) {
        return None;
    }
    COUNTERS.iter().find(|counter| text.starts_with(**counter)).copied()
}

/// Whether a unit is money, a percentage or a measure. Such figures have no role.
pub(super) fn is_measure(unit: &str) -> bool {
    BEHIND.iter().any(|(own, _)| *own == unit) || SIGNS_BEFORE.iter().any(|(_, own)| *own == unit)
}

/// The most characters of a unit.
const LONGEST: usize = 32;

/// Whether `text` begins with the words of `phrase`. Each word must match as a whole, except for
/// `*`.
fn begins(text: &str, phrase: &str) -> bool {
    let mut rest = text;
    for (at, word) in phrase.split(' ').enumerate() {
        let (stem, open) = word.strip_suffix('*').map_or((word, false), |stem| (stem, true));
        let from = if at == 0 { Some(rest) } else { rest.strip_prefix([' ', '\u{a0}']) };
        let Some(behind) = from.and_then(|from| from.strip_prefix(stem)) else { return false };
        let is_letter = |c: char| c.is_alphabetic();
        // Without spaces between words, an ending cannot be recognised.
        let is_spaced = stem.chars().any(|c| c.is_alphabetic() && (c as u32) < 0x3000);
        if !open && is_spaced && behind.starts_with(is_letter) {
            return false;
        }
        rest = behind.trim_start_matches(is_letter);
        if !is_spaced {
            rest = behind;
        }
    }
    true
}

word_sets! {
    /// Whether a word is a plural without the ending of one.
    fn is_irregular_plural = "people men women children police feet troops fish sheep cattle aircraft staff \
        personnel teeth mice crew лет человек дней минут суток";

    /// Whether a word after a number ends like a plural and is not a unit.
    fn is_no_plural = "is was has as its his this us plus les des dans sous mais pas ans los las sus mas más nos aos \
        das dos nas says wins does across dai dei nei ai gli alle delle nelle che se ne le e i di dove entre tras \
        après depuis vers contre hours-long versus pois após mediante";
}

/// Whether a word can be a counted noun: a noun in the plural, as far as its ending shows.
pub(super) fn is_plural(normal: &str, capital: bool, language: &str) -> bool {
    if is_irregular_plural(normal) {
        return true;
    }
    if is_no_plural(normal) || normal.chars().count() < 3 {
        return false;
    }
    match language {
        "en" => !capital && normal.ends_with('s') && !normal.ends_with("ss"),
        "es" | "pt" | "ca" => !capital && normal.ends_with('s'),
        "fr" => !capital && normal.ends_with(['s', 'x']),
        "it" => {
            !capital
                && normal.ends_with(['i', 'e'])
                && !normal.ends_with("are")
                && !normal.ends_with("rte")
        }
        "de" => capital,
        "ru" | "uk" => {
            let ends = |endings: &[&str]| endings.iter().any(|ending| normal.ends_with(ending));
            !capital
                && !ends(&[
                    "л", "ло", "ли", "лся", "лись", "ет", "ит", "ут", "ют", "ан", "ен", "том",
                    "году", "года",
                ])
        }
        "ar" => !matches!(
            normal,
            "في" | "من" | "على" | "عند" | "إلى" | "الى" | "عن" | "مع" | "أي" | "خلال"
        ),
        _ => !capital,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_behind() {
        for (text, expected) in [
            (" euros de multa", Some("EUR")),
            (" d'euros", Some("EUR")),
            (" di euro", Some("EUR")),
            (" Prozentpunkte", Some("percentage points")),
            (" процентных пункта", Some("percentage points")),
            (" por ciento", Some("%")),
            ("％上昇", Some("%")),
            ("美元", Some("USD")),
            ("円に", Some("JPY")),
            ("人が", Some("人")),
            (" mètres", Some("m")),
            (" men", None),
            (" kmart", None),
            ("", None),
        ] {
            assert_eq!(behind(text), expected, "{text}");
        }
        assert_eq!(before("fined A$"), Some("AUD"));
        assert_eq!(before("fined "), None);
    }

    #[test]
    fn verbs_are_not_plurals() {
        for (word, language) in
            [("ran", "en"), ("landed", "en"), ("salió", "es"), ("partira", "fr"), ("fährt", "de")]
        {
            assert!(!is_plural(word, false, language), "{word}");
        }
        for (word, language) in
            [("ships", "en"), ("people", "en"), ("barcos", "es"), ("navi", "it"), ("судов", "ru")]
        {
            assert!(is_plural(word, false, language), "{word}");
        }
        assert!(is_plural("schiffe", true, "de"));
    }
}
