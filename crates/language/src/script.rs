//! The script of a text, and its language if the script alone identifies it.
//!
//! Ranges: Unicode `Scripts.txt`, the blocks in which news is written.

/// A script that several languages share, or one that identifies its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    Cyrillic,
    Arabic,
    Hebrew,
    Devanagari,
    Bengali,
    Ethiopic,
    Han,
    Kana,
    /// A script of one language with news.
    Of(&'static str),
}

/// The last letter of each block, in order. A block begins after the one before it. `None` marks a
/// block without letters of news.
const BLOCKS: &[(char, Option<Script>)] = &[
    ('\u{0024F}', Some(Script::Latin)),
    ('\u{0036F}', None),
    ('\u{003FF}', Some(Script::Of("el"))),
    ('\u{0052F}', Some(Script::Cyrillic)),
    ('\u{0058F}', Some(Script::Of("hy"))),
    ('\u{005FF}', Some(Script::Hebrew)),
    ('\u{006FF}', Some(Script::Arabic)),
    ('\u{0074F}', None),
    ('\u{0077F}', Some(Script::Arabic)),
    ('\u{0078F}', None),
    ('\u{007BF}', Some(Script::Of("dv"))),
    ('\u{0089F}', None),
    ('\u{008FF}', Some(Script::Arabic)),
    ('\u{0097F}', Some(Script::Devanagari)),
    ('\u{009FF}', Some(Script::Bengali)),
    ('\u{00A7F}', Some(Script::Of("pa"))),
    ('\u{00AFF}', Some(Script::Of("gu"))),
    ('\u{00B7F}', Some(Script::Of("or"))),
    ('\u{00BFF}', Some(Script::Of("ta"))),
    ('\u{00C7F}', Some(Script::Of("te"))),
    ('\u{00CFF}', Some(Script::Of("kn"))),
    ('\u{00D7F}', Some(Script::Of("ml"))),
    ('\u{00DFF}', Some(Script::Of("si"))),
    ('\u{00E7F}', Some(Script::Of("th"))),
    ('\u{00EFF}', Some(Script::Of("lo"))),
    ('\u{00FFF}', Some(Script::Of("bo"))),
    ('\u{0109F}', Some(Script::Of("my"))),
    ('\u{010FF}', Some(Script::Of("ka"))),
    ('\u{011FF}', Some(Script::Of("ko"))),
    ('\u{0139F}', Some(Script::Ethiopic)),
    ('\u{0177F}', None),
    ('\u{017FF}', Some(Script::Of("km"))),
    ('\u{01DFF}', None),
    ('\u{01EFF}', Some(Script::Latin)),
    ('\u{01FFF}', Some(Script::Of("el"))),
    ('\u{02D7F}', None),
    ('\u{02DDF}', Some(Script::Ethiopic)),
    ('\u{03040}', None),
    ('\u{030FF}', Some(Script::Kana)),
    ('\u{0312F}', None),
    ('\u{0318F}', Some(Script::Of("ko"))),
    ('\u{031EF}', None),
    ('\u{031FF}', Some(Script::Kana)),
    ('\u{033FF}', None),
    ('\u{09FFF}', Some(Script::Han)),
    ('\u{0ABFF}', None),
    ('\u{0D7FF}', Some(Script::Of("ko"))),
    ('\u{0F8FF}', None),
    ('\u{0FAFF}', Some(Script::Han)),
    ('\u{0FB4F}', Some(Script::Hebrew)),
    ('\u{0FEFE}', Some(Script::Arabic)),
    ('\u{0FF65}', None),
    ('\u{0FF9F}', Some(Script::Kana)),
];

fn script(c: char) -> Option<Script> {
    if c.is_ascii() {
        return c.is_ascii_alphabetic().then_some(Script::Latin);
    }
    let block = BLOCKS.partition_point(|(last, _)| *last < c);
    let (_, found) = BLOCKS.get(block)?;
    found.filter(|_| c.is_alphabetic())
}

/// The main script of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MainScript {
    /// The script of most letters.
    pub(crate) script: Script,
    /// The number of letters of that script.
    pub(crate) letters: usize,
}

/// A letter of Han or Hangul counts as this many letters of an alphabet.
const OF_A_SYLLABLE: usize = 3;
/// Japanese has at least one kana among this many letters of kana and Han. A Chinese text may quote
/// a few kana.
const KANA_ONE_IN: usize = 12;

/// The script of most letters of `text`. `None` if it has no letters.
pub(crate) fn main_script(text: &str) -> Option<MainScript> {
    let mut counts: Vec<(Script, usize)> = Vec::new();
    for found in text.chars().filter_map(script) {
        match counts.iter_mut().find(|(script, _)| *script == found) {
            Some((_, count)) => *count += 1,
            None => counts.push((found, 1)),
        }
    }
    let count = |wanted: Script| {
        counts.iter().find(|(script, _)| *script == wanted).map_or(0, |(_, count)| *count)
    };
    let (kana, han) = (count(Script::Kana), count(Script::Han));
    let weight = |(of, letters): &(Script, usize)| match of {
        Script::Han | Script::Kana => (kana + han) * OF_A_SYLLABLE,
        Script::Of("ko") => letters * OF_A_SYLLABLE,
        _ => *letters,
    };
    let (script, letters) = *counts.iter().max_by_key(|counted| weight(counted))?;
    let is_japanese = kana * KANA_ONE_IN >= kana + han && kana > 0;
    Some(match script {
        Script::Han | Script::Kana if is_japanese => {
            MainScript { script: Script::Of("ja"), letters: kana + han }
        }
        Script::Kana => MainScript { script: Script::Han, letters: han },
        _ => MainScript { script, letters },
    })
}

/// The language that letters identify: by a script of one language, or by letters that only one
/// language of a script has.
pub(crate) fn by_letters(script: Script, text: &str) -> Option<&'static str> {
    let count = |letters: &str| {
        let letters: Vec<char> = letters.chars().collect();
        text.chars().filter(|c| letters.contains(c)).count()
    };
    match script {
        Script::Of(language) => Some(language),
        Script::Han => Some("zh"),
        Script::Hebrew => {
            Some(if count("\u{05F0}\u{05F1}\u{05F2}\u{FB2E}\u{FB2F}") > 0 { "yi" } else { "he" })
        }
        Script::Bengali => Some(if count("ৰৱ") > 0 { "as" } else { "bn" }),
        Script::Ethiopic => ethiopic(text, count),
        // Sorani and Sindhi, which are not in the model.
        Script::Arabic if count("ێڵڕ") > 0 && count("ە") > 0 => Some("ckb"),
        Script::Arabic if count("ٻڀڄڃٿڙڻڦ") > 1 => Some("sd"),
        _ => None,
    }
}

/// Amharic or Tigrinya, by signs and words that are frequent in one and rare in the other. `None`
/// if both have equal evidence.
fn ethiopic(text: &str, count: impl Fn(&str) -> usize) -> Option<&'static str> {
    let words = || text.split(|c: char| !c.is_alphabetic());
    let of = |listed: &[&str]| words().filter(|word| listed.contains(word)).count();
    let tigrinya = count("ኣዝኽ") + 2 * count("ቐቑቒቓቔቕቖ") + 3 * of(TIGRINYA);
    let begun = words().filter(|word| word.starts_with('የ')).count();
    let amharic = 2 * count("አ") + begun + 3 * of(AMHARIC);
    match tigrinya.cmp(&amharic) {
        std::cmp::Ordering::Greater => Some("ti"),
        std::cmp::Ordering::Less => Some("am"),
        std::cmp::Ordering::Equal => None,
    }
}

const TIGRINYA: &[&str] =
    &["ናይ", "ናብ", "ኣብ", "እቲ", "እታ", "ነቲ", "ካብ", "ምስ", "እዩ", "እዮም", "ድሕሪ", "ከም", "ግን"];
const AMHARIC: &[&str] = &["ነው", "ናቸው", "ላይ", "እና", "ውስጥ", "ጋር", "ወደ", "ነበር", "ሆነ", "በኋላ", "ስለ"];

/// Whether a language of the model is written in a script.
pub(crate) fn is_written_in(language: &str, script: Script) -> bool {
    match language {
        "sr" | "uz" => matches!(script, Script::Latin | Script::Cyrillic),
        "ba" | "be" | "bg" | "kk" | "ky" | "mk" | "mn" | "ru" | "tg" | "tt" | "uk" => {
            script == Script::Cyrillic
        }
        "ar" | "fa" | "ps" | "ug" | "ur" => script == Script::Arabic,
        "gom" | "hi" | "mr" | "ne" | "sa" => script == Script::Devanagari,
        "am" | "as" | "bn" | "dz" | "el" | "gu" | "he" | "hy" | "ja" | "ka" | "km" | "kn"
        | "ko" | "lo" | "ml" | "my" | "or" | "pa" | "si" | "ta" | "te" | "th" | "zh" => false,
        _ => script == Script::Latin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_in_order() {
        assert!(BLOCKS.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn the_script_of_most_letters() {
        let check = |text: &str, expected: Option<Script>| {
            assert_eq!(main_script(text).map(|found| found.script), expected, "{text}");
        };
        check("港口关闭, Ferries", Some(Script::Han));
        check("港が閉まった", Some(Script::Of("ja")));
        check("포트가 닫혔다 FIFA", Some(Script::Of("ko")));
        check("Порт IMF", Some(Script::Cyrillic));
        check("Ferry Ж", Some(Script::Latin));
        check("12 — 3 !?", None);
    }

    #[test]
    fn letters_identify_the_language() {
        assert_eq!(by_letters(Script::Ethiopic, "ወደቡ ተዘግቷል አለች"), Some("am"));
        assert_eq!(by_letters(Script::Ethiopic, "ኣብ ወደብ ዝነበረ"), Some("ti"));
        assert_eq!(by_letters(Script::Arabic, "بەندەرەکە داخرا لە شارێک"), Some("ckb"));
        assert_eq!(by_letters(Script::Arabic, "أغلق الميناء"), None);
    }
}
