//! The qualifiers of figures, and the words of ranges.

use std::borrow::Cow;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use wirefold_proto::Qualifier::{self, About, AtLeast, LessThan, MoreThan, Nearly, UpTo};

use crate::word_set::WordSet;

/// Phrases before a number, by language, in lower case.
#[rustfmt::skip]
const BEFORE: &[(&str, Qualifier, &[&str])] = &[
    ("en", AtLeast, &["at least", "no fewer than", "no less than", "not less than", "a minimum of"]),
    ("en", MoreThan, &["more than", "over", "upwards of", "in excess of", "above", "greater than"]),
    ("en", About, &["about", "some", "around", "roughly", "approximately", "an estimated", "estimated", "circa"]),
    ("en", Nearly, &["nearly", "almost", "close to", "just under"]),
    ("en", UpTo, &["up to", "as many as", "as much as", "at most", "no more than", "a maximum of"]),
    ("en", LessThan, &["under", "less than", "fewer than", "below"]),
    ("de", AtLeast, &["mindestens", "wenigstens", "zumindest", "nicht weniger als"]),
    ("de", MoreThan, &["mehr als", "über", "gut", "mehr denn"]),
    ("de", About, &["rund", "etwa", "ungefähr", "circa", "ca.", "zirka", "an die", "um die", "schätzungsweise"]),
    ("de", Nearly, &["knapp", "fast", "beinahe", "nahezu"]),
    ("de", UpTo, &["bis zu", "höchstens", "maximal", "nicht mehr als"]),
    ("de", LessThan, &["weniger als", "unter"]),
    ("fr", AtLeast, &["au moins", "pas moins de", "pas moins d'"]),
    ("fr", MoreThan, &["plus de", "plus d'"]),
    ("fr", About, &["environ", "quelque", "autour de", "approximativement", "à peu près"]),
    ("fr", Nearly, &["près de", "près d'", "presque", "quasi"]),
    ("fr", UpTo, &["jusqu'à", "au plus", "au maximum"]),
    ("fr", LessThan, &["moins de", "moins d'"]),
    ("es", AtLeast, &["al menos", "por lo menos", "como mínimo", "cuando menos", "no menos de"]),
    ("es", MoreThan, &["más de", "por encima de"]),
    ("es", About, &["unos", "unas", "alrededor de", "aproximadamente", "en torno a", "cerca de"]),
    ("es", Nearly, &["casi", "cerca de"]),
    ("es", UpTo, &["hasta", "como máximo", "a lo sumo", "no más de"]),
    ("es", LessThan, &["menos de"]),
    ("pt", AtLeast, &["pelo menos", "ao menos", "no mínimo"]),
    ("pt", MoreThan, &["mais de", "acima de"]),
    ("pt", About, &["cerca de", "aproximadamente", "por volta de", "em torno de", "uns", "umas"]),
    ("pt", Nearly, &["quase", "perto de"]),
    ("pt", UpTo, &["até", "no máximo"]),
    ("pt", LessThan, &["menos de"]),
    ("it", AtLeast, &["almeno", "non meno di", "come minimo"]),
    ("it", MoreThan, &["oltre", "più di", "più che"]),
    ("it", About, &["circa", "all'incirca", "intorno a", "attorno a", "approssimativamente"]),
    ("it", Nearly, &["quasi", "poco meno di"]),
    ("it", UpTo, &["fino a", "al massimo", "non più di"]),
    ("it", LessThan, &["meno di", "sotto"]),
    ("ru", AtLeast, &["не менее", "по меньшей мере", "как минимум", "минимум", "не меньше"]),
    ("ru", MoreThan, &["более", "больше", "свыше", "более чем"]),
    ("ru", About, &["около", "примерно", "порядка", "приблизительно", "ориентировочно"]),
    ("ru", Nearly, &["почти", "чуть менее", "без малого"]),
    ("ru", UpTo, &["не более", "максимум", "не больше", "вплоть до"]),
    ("ru", LessThan, &["менее", "меньше", "менее чем"]),
    ("ar", AtLeast, &["ما لا يقل عن", "على الأقل", "لا يقل عن"]),
    ("ar", MoreThan, &["أكثر من", "ما يزيد على", "ما يزيد عن", "يزيد على", "يزيد عن"]),
    ("ar", About, &["نحو", "حوالي", "قرابة", "زهاء"]),
    ("ar", Nearly, &["ما يقارب", "ما يقرب من", "يقارب"]),
    ("ar", UpTo, &["ما يصل إلى", "لا يزيد على", "يصل إلى"]),
    ("ar", LessThan, &["أقل من"]),
    ("zh", AtLeast, &["至少", "不少于", "不低于"]),
    ("zh", MoreThan, &["超过", "逾", "多于", "超"]),
    ("zh", About, &["大约", "约", "約", "大概"]),
    ("zh", Nearly, &["近", "将近", "接近", "將近"]),
    ("zh", UpTo, &["多达", "最多", "高达", "不超过", "至多"]),
    ("zh", LessThan, &["不到", "不足", "少于", "低于"]),
    ("ja", AtLeast, &["少なくとも", "最低"]),
    ("ja", About, &["約", "およそ", "おおよそ"]),
    ("ja", Nearly, &["ほぼ"]),
    ("ja", UpTo, &["最大", "最大で", "最多"]),
];

/// Characters after a number and its counter in Chinese and Japanese.
const BEHIND: &[(&str, Qualifier)] = &[
    ("以上", AtLeast),
    ("余", MoreThan),
    ("餘", MoreThan),
    ("多", MoreThan),
    ("超", MoreThan),
    ("以下", UpTo),
    ("未満", LessThan),
    ("近く", Nearly),
    ("ほど", About),
    ("前後", About),
];

/// The phrases of one language.
#[derive(Default)]
struct Phrases {
    all: Vec<(&'static str, Qualifier)>,
    /// The last words of phrases that end with ASCII letters.
    last_words: WordSet,
}

static BY_LANGUAGE: LazyLock<FxHashMap<&str, Phrases>> = LazyLock::new(|| {
    let mut all: FxHashMap<&str, Phrases> = FxHashMap::default();
    for (language, qualifier, phrases) in BEFORE {
        let of = all.entry(language).or_default();
        of.all.extend(phrases.iter().map(|phrase| (*phrase, *qualifier)));
        of.last_words.extend(&phrases.join(" "));
    }
    all
});

/// The last word before a number in lower case, if it is of ASCII letters after a space. Only if it
/// is the last word of a phrase can a phrase end there.
fn plain_word(before: &str) -> Option<Cow<'_, str>> {
    let others = before.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let word = &before[others.len()..];
    let is_small = word.bytes().all(|byte| byte.is_ascii_lowercase());
    let small =
        || if is_small { Cow::Borrowed(word) } else { Cow::Owned(word.to_ascii_lowercase()) };
    (!word.is_empty() && others.ends_with(' ')).then(small)
}

/// The qualifier at the end of the text before a number, or at the start of the text after it.
pub(super) fn qualifier(before: &str, behind: &str, language: &str) -> Option<Qualifier> {
    let phrases = BY_LANGUAGE.get(language)?;
    let is_unspaced = matches!(language, "zh" | "ja");
    let start = before.char_indices().rev().nth(24).map_or(0, |(at, _)| at);
    let trimmed = before[start..].trim_end_matches([' ', '\u{a0}', '$', '€', '£']);
    if !is_unspaced && plain_word(trimmed).is_some_and(|word| !phrases.last_words.contains(&word)) {
        return None;
    }
    let near = before[start..].to_lowercase().replace('’', "'");
    let near = near.trim_end_matches([' ', '\u{a0}', '$', '€', '£']);
    let ends = |phrase: &&str| {
        let rest = near.strip_suffix(phrase.trim_end());
        rest.is_some_and(|rest| is_unspaced || !rest.ends_with(char::is_alphanumeric))
    };
    let found = phrases.all.iter().filter(|(phrase, _)| ends(phrase));
    let found = found.max_by_key(|(phrase, _)| phrase.len()).map(|(_, qualifier)| *qualifier);
    found.or_else(|| if is_unspaced { behind_in_han(behind) } else { None })
}

/// `300棟以上`, `三十余人`.
fn behind_in_han(behind: &str) -> Option<Qualifier> {
    let of = |rest: &str| {
        BEHIND.iter().find(|(sign, _)| rest.starts_with(sign)).map(|(_, qualifier)| *qualifier)
    };
    let counter = super::units::counter(behind).map_or(0, str::len);
    of(behind).or_else(|| of(&behind[counter..]))
}

/// The number of bytes of characters such as `余` between a number and its counter.
pub(super) fn between_number_and_counter(behind: &str) -> usize {
    ["余", "餘", "多"].iter().find(|sign| behind.starts_with(**sign)).map_or(0, |sign| sign.len())
}

/// Words before the first number of a range.
const OPENS_RANGE: &[&str] = &[
    "between", "from", "zwischen", "von", "entre", "de", "tra", "fra", "da", "dai", "от", "с",
    "ما بين", "بين", "من",
];

/// Whether `joint` between two numbers makes them a range. `and` does so only after `between`, and
/// `a` only after `de`.
pub(super) fn is_range(before: &str, joint: &str, second_begins_with_and: bool) -> bool {
    match joint.trim() {
        "to" | "bis" | "-" | "–" | "—" | "至" | "到" | "〜" | "～" | "~" | "から" => true,
        "and" | "und" | "et" | "y" | "e" | "и" | "à" | "a" | "до" | "إلى" | "و" => {
            opens_range(before)
        }
        "" => second_begins_with_and && opens_range(before),
        _ => false,
    }
}

/// Whether the text before the first number ends with a word that opens a range.
fn opens_range(before: &str) -> bool {
    let start = before.char_indices().rev().nth(16).map_or(0, |(at, _)| at);
    let lower = before[start..].trim_end().to_lowercase();
    OPENS_RANGE.iter().any(|word| {
        lower.strip_suffix(word).is_some_and(|rest| !rest.ends_with(char::is_alphanumeric))
    })
}
