//! Figures in texts: where they stand, and their role.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use wirefold_proto::FigureRole;
use wirefold_text::extract::{Number, numbers};
use wirefold_text::{Span, Text};

/// A number with its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) role: Option<FigureRole>,
    pub(super) value: String,
}

/// The figures of a text.
pub(super) fn figures_of(text: &Text) -> Vec<Figure> {
    let all = numbers(text, 0..text.words().len());
    let figure = |(at, number): (usize, &Number)| {
        let span_of = |place: usize| all.get(place).map(|other| other.span);
        let before = at.checked_sub(1).and_then(span_of).map_or(0, |span| span.end);
        let behind = span_of(at + 1).map_or(text.original().len(), |span| span.start);
        let role = role_at(text.original(), number.span, before..behind);
        Figure { role, value: number.value.clone() }
    };
    all.iter().enumerate().map(figure).collect()
}

/// A word further away belongs to something else; in characters.
const NEAR: usize = 30;

/// The word for the people of a role.
pub(super) fn label(role: FigureRole) -> &'static str {
    match role {
        FigureRole::Killed => "dead",
        FigureRole::Injured => "injured",
        FigureRole::Missing => "missing",
        FigureRole::Arrested => "arrested",
        FigureRole::Rescued => "rescued",
        FigureRole::Displaced => "evacuated",
    }
}

/// Beginnings of words in lower case. Those of scripts without spaces match anywhere.
const WORDS: [(FigureRole, &[&str]); 5] = [
    (
        FigureRole::Killed,
        &[
            "dead", "death", "died", "dies", "dying", "kill", "fatalit", "bodies", "tote", "todes",
            "getötet", "gestorben", "starb", "matou", "قُتل", "mort", "tués", "tué", "décès",
            "muert", "fallecid", "morti", "vittim", "mortos", "mortes", "doden", "погиб", "убит",
            "жертв", "загин", "قتيل", "قتلى", "مقتل", "وفاة", "死者", "死亡", "遇难", "罹难",
        ],
    ),
    (
        FigureRole::Injured,
        &[
            "injur", "hurt", "wound", "verletzt", "blessé", "herid", "ferit", "ferid", "gewond",
            "пострада", "ранен", "feriu", "أصيب", "поранен", "جريح", "جرحى", "مصاب", "إصابة",
            "負傷", "けが", "受伤",
        ],
    ),
    (
        FigureRole::Missing,
        &[
            "missing", "unaccounted", "vermiss", "disparu", "desaparecid", "dispers", "vermist",
            "пропал", "зникл", "مفقود", "行方不明", "失踪", "失联",
        ],
    ),
    (
        FigureRole::Arrested,
        &[
            "arrest", "detain", "festgenommen", "verhaftet", "arrêté", "interpellé", "detenid",
            "задержа", "арестова", "затрима", "اعتقال", "توقيف", "逮捕", "被捕",
        ],
    ),
    (
        FigureRole::Displaced,
        &[
            "evacuat",
            "displaced",
            "homeless",
            "evakuier",
            "évacué",
            "evacuad",
            "sfollat",
            "эвакуирова",
            "евакуйова",
            "إجلاء",
            "نازح",
            "避難",
            "疏散",
        ],
    ),
];

/// Units that follow a number without a role.
const UNITS: [&str; 37] = [
    "day", "hour", "minute", "second", "week", "month", "year", "percent", "per cent", "%", "km",
    "mile", "metre", "meter", "tage", "stunden", "minuten", "jahr", "prozent", "jours", "heures",
    "ans", "días", "horas", "años", "giorni", "ore", "anni", "dias", "anos", "дн", "час", "лет",
    "أيام", "日間", "時間", "小时",
];

/// The longest unit, in characters.
const LONGEST_UNIT: usize = 8;

/// Words between a role word and a number that begin a new statement, as in `died when 2 ships`.
const APART: [&str; 14] = [
    "、", "，", ",", " when ", " after ", " as ", " while ", " since ", " in ", " on ", " near ",
    " before ", "(", ":",
];

/// Words for missing people who were found.
const FOUND: [&str; 17] = [
    "found", "alive", "safe", "rescued", "gefunden", "gerettet", "lebend", "retrouv", "sains et",
    "encontrad", "trovat", "найден", "спасен", "عثر", "発見", "救出", "找到",
];

/// The role of the number at `span`. Only the text within `free` is searched, which has no other number.
pub(super) fn role_at(original: &str, span: Span, free: Range<usize>) -> Option<FigureRole> {
    let follows = original.get(span.end..free.end)?;
    let unit = follows.trim_start_matches([' ', '-', '\u{a0}']);
    let unit = unit.chars().take(LONGEST_UNIT).collect::<String>().to_lowercase();
    if UNITS.iter().any(|word| unit.starts_with(word)) {
        return None;
    }
    if is_toll(original.get(..span.start)?) {
        return Some(FigureRole::Killed);
    }
    let before = nearest_before(original.get(free.start..span.start)?);
    let behind = nearest_behind(follows);
    let role = match (before, behind) {
        (Some((gap, role)), Some((other, _))) if gap < other => role,
        (_, Some((_, role))) | (Some((_, role)), None) => role,
        (None, None) => return None,
    };
    let are_found = role == FigureRole::Missing && {
        let sentence = follows.split(ends_sentence).next()?.to_lowercase();
        FOUND.iter().any(|word| sentence.contains(word))
    };
    (!are_found).then_some(role)
}

/// Whether a number behind this text is a toll, as in `the toll in Pell rises to 8`.
fn is_toll(before: &str) -> bool {
    let said = before.rsplit(ends_sentence).next().unwrap_or_default().to_lowercase();
    let is_of_dead = ["toll ", "number of people killed", "number of dead"];
    is_of_dead.into_iter().any(|words| said.contains(words))
        && [" to", " at", " to at least"].into_iter().any(|words| said.trim_end().ends_with(words))
}

/// The role word that ends nearest to the end, and the number of characters between.
fn nearest_before(text: &str) -> Option<(usize, FigureRole)> {
    let start = text.char_indices().rev().nth(NEAR * 2).map_or(0, |(at, _)| at);
    let near = text.get(start..)?;
    let near = near.rsplit(ends_sentence).next()?.to_lowercase();
    let found = all_in(&near).map(|(at, word, role)| {
        let rest = near.get(at + word.len()..).unwrap_or_default();
        // The rest of the word does not count as distance.
        let gap = rest.trim_start_matches(char::is_alphabetic);
        let is_apart = APART.iter().any(|apart| gap.contains(apart));
        (if is_apart { usize::MAX } else { gap.chars().count() }, role)
    });
    found.min_by_key(|(gap, _)| *gap).filter(|(gap, _)| *gap <= NEAR)
}

/// The role word that begins nearest to the start, and the number of characters between.
fn nearest_behind(text: &str) -> Option<(usize, FigureRole)> {
    let end = text.char_indices().nth(NEAR * 2).map_or(text.len(), |(at, _)| at);
    let near = text.get(..end)?.split(ends_sentence).next()?.to_lowercase();
    let gap_to = |at: usize| {
        let gap = near.get(..at).unwrap_or_default();
        // `61,000 people, last saw a killing`: another clause.
        if gap.contains([',', '、', '，', '(', ':']) { usize::MAX } else { gap.chars().count() }
    };
    let found = all_in(&near).map(|(at, _, role)| (gap_to(at), role));
    found.min_by_key(|(gap, _)| *gap).filter(|(gap, _)| *gap <= NEAR)
}

fn ends_sentence(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '؟' | '\n')
}

/// Whether a word in lower case says what happened to people.
pub(super) fn begins_with_role(word: &str) -> bool {
    all_in(word).any(|(at, ..)| at == 0)
}

/// Every role word of a text in lower case, with its start. Most numbers have none near, which one search
/// finds out.
fn all_in(text: &str) -> impl Iterator<Item = (usize, &'static str, FigureRole)> {
    static ANY: LazyLock<AhoCorasick> = LazyLock::new(|| {
        let words = WORDS.iter().flat_map(|(_, words)| *words);
        AhoCorasick::new(words).expect("a hundred words can be looked for")
    });
    let likely = if ANY.is_match(text) { &WORDS[..] } else { &[] };
    let words = likely.iter().flat_map(|(role, words)| words.iter().map(|word| (*role, *word)));
    words.flat_map(move |(role, word)| {
        let begins = move |at: &usize| {
            let before = text.get(..*at).and_then(|before| before.chars().next_back());
            is_unspaced(word) || !before.is_some_and(char::is_alphabetic)
        };
        let places = text.match_indices(word).map(|(at, _)| at).filter(begins);
        places.map(move |at| (at, word, role))
    })
}

/// Whether the word's script puts no spaces between words, or attaches prefixes to them.
fn is_unspaced(word: &str) -> bool {
    word.chars()
        .next()
        .is_some_and(|first| matches!(first, '\u{600}'..='\u{6ff}' | '\u{3040}'..='\u{9fff}'))
}

#[cfg(test)]
mod figure_roles_tests {
    use wirefold_text::Text;

    use super::*;

    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let all = figures_of(&Text::new(text));
        let found: Vec<(&str, Option<&str>)> =
            all.iter().map(|it| (it.value.as_str(), it.role.map(label))).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_nearest_word_says_what_is_counted() {
        check("14 dead, 28 injured", &[("14", Some("dead")), ("28", Some("injured"))]);
        check(
            "The quake killed 14 and injured 28; 3 are missing after 9 days.",
            &[("14", Some("dead")), ("28", Some("injured")), ("3", Some("missing")), ("9", None)],
        );
        check("Death toll rises to twenty-eight", &[("28", Some("dead"))]);
        check("The toll in Pell rises to 8", &[("8", Some("dead"))]);
        check("Pell has 61,000 people, last saw a killing", &[("61000", None)]);
        check(
            "Many died when 2 ships met; 40 are homeless",
            &[("2", None), ("40", Some("evacuated"))],
        );
        check("The line opens in 2027. Many died.", &[("2027", None)]);
        check("Two missing from the ferry are found alive", &[("2", None)]);
    }

    /// Prints how often the roles are those of the labelled sentences in `../shared`.
    #[test]
    fn the_roles_of_labelled_sentences() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites/figures/sentences.jsonl");
        let Ok(lines) = std::fs::read_to_string(path) else {
            eprintln!("SKIPPED: no {path}");
            return;
        };
        let labels = [
            ("killed", FigureRole::Killed),
            ("injured", FigureRole::Injured),
            ("missing", FigureRole::Missing),
            ("arrested", FigureRole::Arrested),
            ("displaced", FigureRole::Displaced),
        ];
        let (mut right, mut wrong, mut missed) = (0, Vec::new(), Vec::new());
        for line in lines.lines() {
            let sentence: serde_json::Value = serde_json::from_str(line).unwrap();
            let said = sentence["text"].as_str().unwrap();
            let found = figures_of(&Text::new(said));
            let mut expected: Vec<(FigureRole, f64)> = Vec::new();
            for figure in sentence["figures"].as_array().unwrap() {
                let role = labels.iter().find(|(name, _)| figure["role"] == *name);
                expected.extend(role.map(|(_, role)| (*role, figure["value"].as_f64().unwrap())));
            }
            for figure in &found {
                let Some(role) = figure.role else { continue };
                let value = figure.value.parse::<f64>().unwrap_or(f64::NAN);
                let place = expected
                    .iter()
                    .position(|(other, it)| *other == role && (it - value).abs() < 0.5);
                match place {
                    Some(at) => {
                        expected.swap_remove(at);
                        right += 1;
                    }
                    None => wrong.push(format!("{} {value}: {said}", label(role))),
                }
            }
            missed.extend(
                expected.iter().map(|(role, value)| format!("{} {value}: {said}", label(*role))),
            );
        }
        eprintln!("roles: {right} right, {} wrong, {} missed", wrong.len(), missed.len());
        eprintln!("wrong\n{}\nmissed\n{}", wrong.join("\n"), missed.join("\n"));
        assert!(right >= RIGHT && wrong.len() <= WRONG, "{right} right, {} wrong", wrong.len());
    }

    /// The least right roles, and the most wrong ones, of the labelled sentences.
    const RIGHT: usize = 35;
    const WRONG: usize = 1;

    #[test]
    fn no_unit_is_longer_than_what_is_searched() {
        assert!(UNITS.iter().all(|unit| unit.chars().count() <= LONGEST_UNIT));
    }

    #[test]
    fn other_languages_count_too() {
        check("Zahl der Toten steigt auf 28", &[("28", Some("dead"))]);
        check("Погибли 28 человек", &[("28", Some("dead"))]);
        check("死者28人", &[("28", Some("dead"))]);
        check("مقتل 28 شخصا", &[("28", Some("dead"))]);
    }
}
