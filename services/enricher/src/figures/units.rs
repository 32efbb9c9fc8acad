//! The units of figures: money, percentages, measures and nouns in ten languages.

use std::sync::LazyLock;

use crate::word_set::WordSet;

/// Currency signs before a number, longer ones first.
const SIGNS_BEFORE: &[(&str, &str)] = &[
    ("US$", "USD"),
    ("A$", "AUD"),
    ("AU$", "AUD"),
    ("C$", "CAD"),
    ("CA$", "CAD"),
    ("NZ$", "NZD"),
    ("HK$", "HKD"),
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

/// Words after a number and their units. `*` stands for any ending. Longer ones first.
const BEHIND: &[(&str, &str)] = &[
    ("percentage point*", "percentage points"),
    ("prozentpunkt*", "percentage points"),
    ("puntos porcentuales", "percentage points"),
    ("punto porcentual", "percentage points"),
    ("punti percentuali", "percentage points"),
    ("punto percentuale", "percentage points"),
    ("pontos percentuais", "percentage points"),
    ("ponto percentual", "percentage points"),
    ("points de pourcentage", "percentage points"),
    ("point de pourcentage", "percentage points"),
    ("процентн* пункт*", "percentage points"),
    ("نقطة مئوية", "percentage points"),
    ("نقاط مئوية", "percentage points"),
    ("个百分点", "percentage points"),
    ("ポイント", "percentage points"),
    ("percent", "%"),
    ("per cent", "%"),
    ("prozent", "%"),
    ("procent*", "%"),
    ("pour cent", "%"),
    ("por ciento", "%"),
    ("por cento", "%"),
    ("per cento", "%"),
    ("процент*", "%"),
    ("відсот*", "%"),
    ("パーセント", "%"),
    ("بالمئة", "%"),
    ("بالمائة", "%"),
    ("في المئة", "%"),
    ("في المائة", "%"),
    ("%", "%"),
    ("％", "%"),
    ("٪", "%"),
    ("pesos argentinos", "ARS"),
    ("pesos mexicanos", "MXN"),
    ("francs suisses", "CHF"),
    ("schweizer franken", "CHF"),
    ("franken", "CHF"),
    ("franchi svizzeri", "CHF"),
    ("livres sterling", "GBP"),
    ("libras esterlinas", "GBP"),
    ("sterline", "GBP"),
    ("pounds", "GBP"),
    ("pfund", "GBP"),
    ("yen", "JPY"),
    ("yuan*", "CNY"),
    ("rupees", "INR"),
    ("swedish kronor", "SEK"),
    ("norwegian kroner", "NOK"),
    ("danish kroner", "DKK"),
    ("czech crowns", "CZK"),
    ("turkish lira", "TRY"),
    ("south korean won", "KRW"),
    ("kronor", "SEK"),
    ("zloty*", "PLN"),
    ("złot*", "PLN"),
    ("forint*", "HUF"),
    ("shekels", "ILS"),
    ("rand", "ZAR"),
    ("naira", "NGN"),
    ("baht", "THB"),
    ("ringgit", "MYR"),
    ("rupiah", "IDR"),
    // Currencies of more than one country.
    ("crowns", "crowns"),
    ("kroner", "kroner"),
    ("korun*", "crowns"),
    ("pesos", "pesos"),
    ("francs", "francs"),
    ("dinars", "dinars"),
    ("dirhams", "dirhams"),
    ("riyals", "riyals"),
    ("rials", "rials"),
    ("lira", "lira"),
    ("liras", "lira"),
    ("shillings", "shillings"),
    ("ريال سعودي", "SAR"),
    ("درهم", "AED"),
    ("جنيه", "EGP"),
    ("دولار*", "USD"),
    ("يورو", "EUR"),
    ("dollar*", "USD"),
    ("dólar*", "USD"),
    ("dollari", "USD"),
    ("доллар*", "USD"),
    ("долар*", "USD"),
    ("euro*", "EUR"),
    ("евро", "EUR"),
    ("євро", "EUR"),
    ("рубл*", "RUB"),
    ("руб", "RUB"),
    ("гривен*", "UAH"),
    ("reais", "BRL"),
    ("美元", "USD"),
    ("欧元", "EUR"),
    ("日元", "JPY"),
    ("英镑", "GBP"),
    ("元", "CNY"),
    ("円", "JPY"),
    ("ドル", "USD"),
    ("ユーロ", "EUR"),
    ("ウォン", "KRW"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₽", "RUB"),
    ("km/h", "km/h"),
    ("kilometers per hour", "km/h"),
    ("kilometres per hour", "km/h"),
    ("stundenkilometer*", "km/h"),
    ("кілометр*", "km"),
    ("километр*", "km"),
    ("kilomet*", "km"),
    ("kilómetro*", "km"),
    ("quilômetro*", "km"),
    ("quilómetro*", "km"),
    ("kilomètre*", "km"),
    ("chilometr*", "km"),
    ("キロ", "km"),
    ("公里", "km"),
    ("km", "km"),
    ("milímetro*", "mm"),
    ("millimet*", "mm"),
    ("millimètre*", "mm"),
    ("миллиметр*", "mm"),
    ("ミリ", "mm"),
    ("毫米", "mm"),
    ("mm", "mm"),
    ("centimet*", "cm"),
    ("centímetro*", "cm"),
    ("centimètre*", "cm"),
    ("zentimeter*", "cm"),
    ("сантиметр*", "cm"),
    ("センチ", "cm"),
    ("厘米", "cm"),
    ("cm", "cm"),
    ("meter*", "m"),
    ("metre*", "m"),
    ("metri", "m"),
    ("metro*", "m"),
    ("mètre*", "m"),
    ("метр*", "m"),
    ("メートル", "m"),
    ("米", "m"),
    ("متر*", "m"),
    ("m", "m"),
];

/// The phrases of [`BEHIND`] by their first byte, in order.
static BY_FIRST: LazyLock<[Vec<(&str, &str)>; 256]> = LazyLock::new(|| {
    std::array::from_fn(|first| {
        let begins = |entry: &&(&str, &str)| usize::from(entry.0.as_bytes()[0]) == first;
        BEHIND.iter().filter(begins).copied().collect()
    })
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
    static MEASURES: LazyLock<WordSet> =
        LazyLock::new(|| WordSet::of_all(BEHIND.iter().chain(SIGNS_BEFORE).map(|(_, unit)| *unit)));
    MEASURES.contains(unit)
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

/// Irregular plurals.
const IRREGULAR: &[&str] = &[
    "people", "men", "women", "children", "police", "feet", "troops", "fish", "sheep", "cattle",
    "aircraft", "staff", "personnel", "teeth", "mice", "crew", "лет", "человек", "дней", "минут",
    "суток",
];

/// Words after a number that end like a plural and are not units.
const NO_PLURALS: &[&str] = &[
    "is", "was", "has", "as", "its", "his", "this", "us", "plus", "les", "des", "dans", "sous",
    "mais", "pas", "ans", "los", "las", "sus", "mas", "más", "nos", "aos", "das", "dos", "nas",
    "says", "wins", "was", "does", "across", "dai", "dei", "nei", "ai", "gli", "alle", "delle",
    "nelle", "che", "se", "ne", "le", "e", "i", "di", "dove", "entre", "tras", "après", "depuis",
    "vers", "contre", "hours-long", "versus", "pois", "após", "mediante",
];

/// Whether a word can be a counted noun: a noun in the plural, as far as its ending shows.
pub(super) fn is_plural(normal: &str, capital: bool, language: &str) -> bool {
    static ALWAYS: LazyLock<WordSet> = LazyLock::new(|| WordSet::of_all(IRREGULAR.iter().copied()));
    static NEVER: LazyLock<WordSet> = LazyLock::new(|| WordSet::of_all(NO_PLURALS.iter().copied()));
    if ALWAYS.contains(normal) {
        return true;
    }
    if NEVER.contains(normal) || normal.chars().count() < 3 {
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
