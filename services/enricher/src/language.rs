//! The language of a text: its commonest words, else a trigram model, else what feed or page
//! declares.

use std::sync::OnceLock;

use whatlang::{Detector, Lang};
use wirefold_proto::{FoundBy, Language, LanguageTag};

/// So many bytes of a text are enough to know its language.
const ENOUGH: usize = 600;
/// Texts of fewer letters are too short to say.
const SHORTEST: usize = 24;

/// The language of a text; `und` where neither the words nor the hint tell.
pub(crate) fn language(text: &str, hint: Option<&LanguageTag>) -> Language {
    let part = sample(text);
    let listed = common_words(part).map(|found| (found, FoundBy::List));
    let found = listed.or_else(|| model(part).map(|found| (found, FoundBy::Model)));
    match (found, hint) {
        // The hint says more where both agree: `pt-br`.
        (Some((found, how)), Some(hint)) if hint.primary() == found => {
            Language { tag: hint.clone(), how }
        }
        (Some((found, how)), _) => Language { tag: tag(found), how },
        (None, Some(hint)) => Language { tag: hint.clone(), how: FoundBy::Declared },
        (None, None) => Language { tag: LanguageTag::unknown(), how: FoundBy::Model },
    }
}

fn tag(code: &str) -> LanguageTag {
    code.parse().unwrap_or_else(|_| LanguageTag::unknown())
}

/// A part of a text that tells its language. A little behind its beginning: that says more than a
/// headline and a dateline in capitals.
fn sample(text: &str) -> &str {
    let start = text.floor_char_boundary(text.len().saturating_sub(ENOUGH) / 4);
    &text[start..text.floor_char_boundary(start + ENOUGH)]
}

/// The commonest words of the languages in which most news is read here, none a letter long.
const COMMON: &[(&str, &str)] = &[
    ("en", "the of to and in that for is on with as was at by it from are be this have has said"),
    ("de", "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch"),
    ("fr", "de la le les et des en un une du dans que qui pour au par sur pas est ne plus aux"),
    ("es", "de la que el en los del se las por un para con una su al lo como más pero sus"),
    ("it", "di il la che in per un del della con non una le si da dei sono alla nel gli delle"),
    ("pt", "de que do da em um para com não uma os no se na por mais as dos como mas ao das"),
    ("nl", "de van het een en in is dat op te zijn met voor niet aan er om ook als bij door naar"),
];
/// No ASCII word of them has more letters.
const LONGEST_COMMON: usize = 5;
/// One word in so many at least is one of the commonest …
const ONE_IN: usize = 5;
/// … and they stand so many times as often as those of the next language.
const TIMES: usize = 2;
/// Fewer words do not say.
const FEWEST: usize = 12;

/// The language whose commonest words stand there, where there is no doubt: a hundred times as fast
/// as the model.
fn common_words(part: &str) -> Option<&'static str> {
    static LISTED: OnceLock<Vec<(&'static str, usize)>> = OnceLock::new();
    let listed = LISTED.get_or_init(|| {
        let of_all = COMMON.iter().enumerate();
        let all = of_all.flat_map(|(at, (_, words))| words.split(' ').map(move |word| (word, at)));
        let mut listed: Vec<(&str, usize)> = all.collect();
        listed.sort_unstable();
        listed
    });
    let mut counts = [0_usize; COMMON.len()];
    let mut total = 0;
    let mut lower = String::new();
    for word in part.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        total += 1;
        lower.clear();
        match word.is_ascii() {
            true if word.len() > LONGEST_COMMON => continue,
            true => lower.extend(word.chars().map(|c| c.to_ascii_lowercase())),
            false => lower.push_str(&word.to_lowercase()),
        }
        let first = listed.partition_point(|(known, _)| *known < lower.as_str());
        let same = listed[first..].iter().take_while(|(known, _)| *known == lower);
        same.for_each(|(_, at)| counts[*at] += 1);
    }
    let (best, most) = counts.iter().enumerate().max_by_key(|(_, count)| **count)?;
    let next = counts.iter().enumerate().filter(|(at, _)| *at != best).map(|(_, n)| *n).max()?;
    let is_sure = total >= FEWEST && most * ONE_IN >= total && *most >= next * TIMES;
    is_sure.then_some(COMMON[best].0)
}

fn model(part: &str) -> Option<&'static str> {
    static MODEL: OnceLock<Detector> = OnceLock::new();
    let model = MODEL.get_or_init(|| {
        // Languages without news here; they only draw texts away from their neighbours.
        Detector::with_denylist(vec![Lang::Epo, Lang::Lat, Lang::Aka, Lang::Sna, Lang::Jav])
    });
    if part.chars().filter(|c| c.is_alphabetic()).count() < SHORTEST {
        return None;
    }
    model.detect(part).filter(whatlang::Info::is_reliable).map(|info| code(info.lang()))
}

/// The shortest code of BCP 47.
fn code(lang: Lang) -> &'static str {
    let code = lang.code();
    let short = CODES.iter().find(|(long, _)| *long == code);
    short.map_or(code, |(_, short)| short)
}

const CODES: &[(&str, &str)] = &[
    ("eng", "en"),
    ("rus", "ru"),
    ("cmn", "zh"),
    ("spa", "es"),
    ("por", "pt"),
    ("ita", "it"),
    ("ben", "bn"),
    ("fra", "fr"),
    ("deu", "de"),
    ("ukr", "uk"),
    ("kat", "ka"),
    ("ara", "ar"),
    ("hin", "hi"),
    ("jpn", "ja"),
    ("heb", "he"),
    ("yid", "yi"),
    ("pol", "pl"),
    ("amh", "am"),
    ("kor", "ko"),
    ("nob", "no"),
    ("dan", "da"),
    ("swe", "sv"),
    ("fin", "fi"),
    ("tur", "tr"),
    ("nld", "nl"),
    ("hun", "hu"),
    ("ces", "cs"),
    ("ell", "el"),
    ("bul", "bg"),
    ("bel", "be"),
    ("mar", "mr"),
    ("kan", "kn"),
    ("ron", "ro"),
    ("slv", "sl"),
    ("hrv", "hr"),
    ("srp", "sr"),
    ("mkd", "mk"),
    ("lit", "lt"),
    ("lav", "lv"),
    ("est", "et"),
    ("tam", "ta"),
    ("vie", "vi"),
    ("urd", "ur"),
    ("tha", "th"),
    ("guj", "gu"),
    ("uzb", "uz"),
    ("pan", "pa"),
    ("aze", "az"),
    ("ind", "id"),
    ("tel", "te"),
    ("pes", "fa"),
    ("mal", "ml"),
    ("ori", "or"),
    ("mya", "my"),
    ("nep", "ne"),
    ("sin", "si"),
    ("khm", "km"),
    ("tuk", "tk"),
    ("zul", "zu"),
    ("afr", "af"),
    ("slk", "sk"),
    ("cat", "ca"),
    ("tgl", "tl"),
    ("hye", "hy"),
    ("cym", "cy"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "The harbour of the small town was closed on Monday after a night of heavy \
        storms, and the ferries stayed where they were.";

    fn check(text: &str, hint: Option<&str>, expected: (&str, FoundBy)) {
        let hint: Option<LanguageTag> = hint.map(|hint| hint.parse().unwrap());
        let found = language(text, hint.as_ref());
        assert_eq!((found.tag.as_str(), found.how), expected, "{text}");
    }

    #[test]
    fn words_say_it_then_the_hint_then_nobody() {
        check(ENGLISH, None, ("en", FoundBy::List));
        check(ENGLISH, Some("de"), ("en", FoundBy::List));
        check(ENGLISH, Some("en-gb"), ("en-gb", FoundBy::List));
        check("Goal!", Some("pt-br"), ("pt-br", FoundBy::Declared));
        check("Goal!", None, ("und", FoundBy::Model));
        check("", None, ("und", FoundBy::Model));
    }

    #[test]
    fn no_common_word_is_too_long_to_be_found() {
        let words = COMMON.iter().flat_map(|(_, words)| words.split(' '));
        let longest = words.filter(|word| word.is_ascii()).map(str::len).max();
        assert_eq!(longest, Some(LONGEST_COMMON));
    }

    #[test]
    fn scripts_without_spaces_and_without_capitals() {
        let chinese = "港口工人周四结束了罢工，船只重新开始装卸货物，市长对此表示欢迎，并感谢所有参与谈判的人。";
        check(chinese, None, ("zh", FoundBy::Model));
        let german = "Der Hafen der kleinen Stadt wurde am Montag nach einer Nacht mit schweren Stürmen \
            geschlossen, und die Fähren blieben, wo sie waren.";
        check(german, None, ("de", FoundBy::List));
        let ukrainian = "Порт невеликого міста закрили в понеділок після ночі сильних штормів, а пороми \
            залишилися на своїх місцях, повідомила адміністрація.";
        check(ukrainian, None, ("uk", FoundBy::Model));
    }
}
