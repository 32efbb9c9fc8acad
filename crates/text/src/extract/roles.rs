//! The role of the people that a number counts (killed, injured, …), by the nearest such word in the clause.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use self::Role::{Arrested, Displaced, Injured, Killed, Missing, Rescued};

/// The fate of the people that a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// They are dead.
    Killed,
    /// They are hurt.
    Injured,
    /// Nobody knows where they are.
    Missing,
    /// They were arrested.
    Arrested,
    /// They were saved.
    Rescued,
    /// They had to leave their homes.
    Displaced,
}

/// The greatest distance of a word from its number, in characters.
const NEAR: usize = 45;
/// The distance that a comma or `and` between a word and a number adds.
const APART: usize = 50;
/// Words and signs that join two clauses or two parts of a list.
const JOINTS: [&str; 15] = [
    ", ", "; ", "、", "，", "،", "(", ": ", " and ", " und ", " et ", " y ", " e ", " и ", " but ",
    " while ",
];
/// Words after a role word that begin something else, as in `died when 2 ships met`.
const BEGINNINGS: [&str; 8] =
    [" when ", " after ", " as ", " since ", " in ", " on ", " near ", " before "];

/// Beginnings of words for animals.
const ANIMALS: [&str; 14] = [
    "sheep", "cow", "cattle", "pigs", "birds", "chicken", "horses", "animals", "cats", "dogs",
    "goats", "schafe", "rinder", "tiere",
];

/// Units of time, space and share: a number of them counts no people.
const UNITS: [&str; 37] = [
    "day", "hour", "minute", "second", "week", "month", "year", "percent", "per cent", "%", "km",
    "mile", "metre", "meter", "tage", "stunden", "minuten", "jahr", "prozent", "jours", "heures",
    "ans", "días", "horas", "años", "giorni", "ore", "anni", "dias", "anos", "дн", "час", "лет",
    "أيام", "日間", "時間", "小时",
];

/// Words before a number that is an age.
const AGES: [&str; 8] =
    [" aged", " age of", " at", "man of", " boy of", " girl of", " child of", " driver of"];

/// Beginnings of words in lower case. Those of scripts without spaces, and of Arabic, match
/// anywhere in a word.
#[rustfmt::skip]
const WORDS: [(Role, &[&str]); 6] = [
    (Killed, &["dead", "death", "died", "dies", "kill", "fatalit", "bodies", "perish", "drowned", "tote", "starb", "gestorben", "getötet",
        "ums leben", "mort", "tué", "décéd", "péri", "muert", "murier", "fallecid", "falleci", "mató", "mataron", "matou", "mataram", "morti", "morte", "morir",
        "mortos", "mortes", "morrer", "uccis", "vittim", "vítimas mort", "погиб", "убит", "жертв", "скончал",
        "قتل", "قُتل", "قتيل", "مقتل", "وفاة", "مصرع", "القتلى", "死亡", "遇难", "罹难", "死者", "丧生", "身亡"]),
    (Injured, &["injur", "hurt", "wound", "verletz", "erlitten", "blessé", "blesse", "herid", "hirió", "lesionad", "ferit", "ferid", "feri", "ранен", "травм",
        "أصيب", "جريح", "جرح", "مصاب", "إصابة", "受伤", "受傷", "负伤", "負傷", "けが", "重傷", "軽傷"]),
    (Missing, &["missing", "unaccounted", "vermiss", "disparu", "introuvab", "desaparecid", "dispers", "пропал", "без вести", "فُقد", "فقد", "مفقود",
        "行方不明", "失踪", "失联", "失聯"]),
    (Arrested, &["arrest", "detain", "festgenommen", "nahm", "nahmen", "verhaft", "fest.", "interpell", "arrêt", "deten", "detuv", "apres", "prendi", "prendeu", "prenderam",
        "preso", "presas", "presos", "задерж", "арестов", "اعتقل", "اعتقال", "توقيف", "أوقف", "逮捕", "抓获", "拘留", "被捕"]),
    (Rescued, &["rescu", "gerettet", "rettete", "secouru", "sauvé", "rescat", "resgat", "salvat", "soccors", "tratti in salvo", "tratto in salvo", "tratte in salvo", "спасен", "спасён", "спасл", "спасти", "أنقذ", "أُنقذ", "إنقاذ",
        "获救", "獲救", "救出", "救助"]),
    (Displaced, &["evacuat", "displaced", "homeless", "fled", "flee", "evakuier", "verlassen", "évacu", "déplac", "desaloj", "desplazad", "evacuad",
        "evacua", "sfollat", "desabrigad", "desalojad", "эвакуир", "نزح", "نازح", "إجلاء", "避難", "撤离", "疏散"]),
];

/// Beginnings of words that begin like a word for what happened to people, and say something else.
#[rustfmt::skip]
const OTHERS: [&str; 52] = [
    "apresent", "apresur", "arrêt ", "arrêts ", "blessed", "blessing", "deadline", "deadlock", "deadpool", "detentor",
    "diese", "diesb", "diesj", "diesm", "dies ist", "dies sei", "dies teil", "dies sag", "dies war", "dispersal",
    "disperser", "dispersio", "dispersió", "dispersã", "déplacement", "feria", "ferie", "flederm", "fledg", "fleec",
    "fleet", "hurtful", "mortadel", "mortar", "mortero", "mortgag", "mortier", "mortimer", "morton", "mortuar",
    "périg", "péril", "périm", "périod", "périp", "salvation", "salvatore", "starboard", "starbucks",
    "tote bag", "totem", "verlassene", 
];

/// Whether a text in lower case begins with such a word.
#[must_use]
pub fn begins_with_other(text: &str) -> bool {
    OTHERS.iter().any(|other| text.starts_with(other))
}

/// The role between `before` and `behind`, which contain no other number.
#[must_use]
pub fn role(before: &str, behind: &str) -> Option<Role> {
    // Limits the search in long sentences.
    let from = before.char_indices().rev().nth(NEAR * 2).map_or(0, |(at, _)| at);
    let to = behind.char_indices().nth(NEAR * 2).map_or(behind.len(), |(at, _)| at);
    let (before, behind) = (&before[from..], &behind[..to]);
    let front = before.rsplit(ends_sentence).next().unwrap_or_default().to_lowercase();
    let back = behind.split(ends_sentence).next().unwrap_or_default().to_lowercase();
    let is_sum = is_sum(&front);
    if counts_no_people(&front, &back, is_sum) {
        return None;
    }
    if is_sum && front.contains("toll ") {
        return Some(Killed);
    }
    let begins_other = if is_sum { &[] } else { &BEGINNINGS[..] };
    let ahead = role_words(&front).map(|found| {
        let gap = front[found.end..].trim_start_matches(char::is_alphabetic);
        (distance(gap) + APART * parts(gap, begins_other), false, found)
    });
    let mut places = back.match_indices(" die").map(|(at, _)| at + 1);
    let die = places
        .find(|at| is_verb_die(&format!("{front}#{}", &back[..*at]), &back[at + "die".len()..]));
    let die = die.map(|start| RoleWord { start, end: start + 3, number: 0, role: Killed });
    let follow = role_words(&back).chain(die);
    let follow = follow.map(|found| (distance(&back[..found.start]), true, found));
    // Of words at the same distance, the one before the number counts, then the first in the list.
    let nearest = ahead
        .chain(follow)
        .min_by_key(|(gap, follows, found)| (*gap, *follows, found.number, found.start));
    nearest.filter(|(gap, ..)| is_sum || *gap <= NEAR).map(|(.., found)| found.role)
}

/// Words that begin an insertion behind a number, which tells of some of those who are counted.
const INSERTIONS: [&str; 12] = [
    "including",
    "among them",
    "among whom",
    "dont ",
    "darunter",
    "entre ellos",
    "entre ellas",
    "incluid",
    "tra cui",
    "incluindo",
    "entre eles",
    "в том числе",
];

/// The part behind a number in which its role is searched: up to the next number, which is `next` bytes away, or what
/// stands behind an insertion: `8 people, including two children, were killed`.
#[must_use]
pub fn reach(behind: &str, next: usize) -> &str {
    let near = &behind[..next];
    let sentence = behind.split(ends_sentence).next().unwrap_or_default();
    let Some(start) = near.find(',').filter(|start| *start < sentence.len()) else { return near };
    let inserted = &sentence[start + 1..];
    let begins = inserted.trim_start().to_lowercase();
    if !INSERTIONS.iter().any(|word| begins.starts_with(word)) {
        return near;
    }
    // An age stands between commas, too.
    let is_digit = |c: char| c.is_ascii_digit();
    let ends = |(at, _): &(usize, &str)| !inserted[at + 1..].trim_start().starts_with(is_digit);
    let Some((end, _)) = inserted.match_indices(',').find(ends) else { return near };
    inserted[end + 1..].split(is_digit).next().unwrap_or_default()
}

/// The distance between a word and a number in characters. Another clause adds to it.
fn distance(gap: &str) -> usize {
    gap.chars().count() + APART * parts(gap, &JOINTS)
}

/// Whether a number behind this text in lower case is a sum of people: `the toll in Pell rises to`, `the number of dead
/// in Pell stands at`, `die Zahl der Toten ist auf`.
#[must_use]
pub fn is_sum(before: &str) -> bool {
    const SUMS: [&str; 3] = ["toll ", "number of ", "zahl der "];
    const ENDS: [&str; 6] = [" to", " at", " to at least", " auf", " bei", " auf mindestens"];
    let sentence = before.rsplit(ends_sentence).next().unwrap_or_default().trim_end();
    SUMS.iter().any(|sum| sentence.contains(sum)) && ENDS.iter().any(|end| sentence.ends_with(end))
}

/// Whether a number between these parts of a sentence in lower case has a unit, is a part of a clock time, or is an age:
/// `Ada Quill, 93, died`.
fn counts_no_people(front: &str, back: &str, is_sum: bool) -> bool {
    let unit = back.trim_start_matches([' ', '-', '\u{a0}']);
    let front = front.trim_end();
    let is_german_age = front.ends_with(" mit") && back.starts_with(" gestorben");
    let is_between_commas = front.ends_with(',') && (back.starts_with(',') || back.is_empty());
    UNITS.iter().chain(&ANIMALS).any(|word| unit.starts_with(word))
        || is_between_commas
        || front == ":"
        || is_german_age
        || (!is_sum && AGES.iter().any(|word| front.ends_with(word)))
}

/// Whether a noun in normal form means all people of a role. Others, such as children, may be some of them.
#[must_use]
pub fn is_people(noun: &str) -> bool {
    #[rustfmt::skip]
    const PEOPLE: [&str; 16] = [
        "people", "persons", "menschen", "personen", "tote", "todesopfer", "personnes", "morts", "personas", "muertos",
        "persone", "morti", "pessoas", "mortos", "человек", "людей",
    ];
    PEOPLE.contains(&noun)
}

fn parts(gap: &str, joints: &[&str]) -> usize {
    joints.iter().filter(|joint| gap.contains(**joint)).count()
}

fn ends_sentence(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '؟' | '\n')
}

/// A word that gives a role.
struct RoleWord {
    start: usize,
    end: usize,
    /// Its index in the list.
    number: usize,
    role: Role,
}

/// Whether a word in lower case says what happened to people.
#[must_use]
pub fn begins_with_role(word: &str) -> bool {
    role_words(word).any(|found| found.start == 0)
}

/// Whether `die` between these parts of a text in lower case, in which `#` stands for a number, is the English verb. In
/// German and Dutch it is an article: people must stand before it, or a number that begins the statement, and `in` or the
/// like behind it.
#[must_use]
pub fn is_verb_die(before: &str, behind: &str) -> bool {
    #[rustfmt::skip]
    const WHO: [&str; 31] = [
        "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "dozens", "scores", "hundreds",
        "thousands", "people", "women", "children", "boys", "girls", "workers", "soldiers", "migrants", "passengers", "students",
        "climbers", "miners", "sailors", "teenagers", "tourists", "others",
    ];
    const BEHIND: [&str; 12] =
        ["in", "as", "after", "when", "on", "at", "of", "from", "near", "during", "amid", "while"];
    let next = behind.strip_prefix(' ').unwrap_or_default();
    let next = next.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    if !before.ends_with(' ') || !BEHIND.contains(&next) {
        return false;
    }
    // Hostile texts have sentences of any length.
    let from = before.char_indices().rev().nth(NEAR).map_or(0, |(at, _)| at);
    let ends = [':', '.', ';', '\u{2013}', '\u{2014}'];
    let (is_begun, clause) = match before[from..].rsplit_once(ends) {
        Some((_, clause)) => (true, clause),
        None => (from == 0, &before[from..]),
    };
    let is_number = |word: &str| word == "#" || word.bytes().all(|byte| byte.is_ascii_digit());
    match clause.split_whitespace().collect::<Vec<_>>().as_slice() {
        [number] | ["at", "least", number] if is_begun && is_number(number) => true,
        [.., last] => WHO.contains(last),
        [] => false,
    }
}

/// The list by the first characters of its words.
type ByFirst = FxHashMap<char, Vec<(usize, &'static str, Role)>>;

/// All words that give a role and begin a word of the text, which is in lower case.
fn role_words(text: &str) -> impl Iterator<Item = RoleWord> {
    static BY_FIRST: LazyLock<ByFirst> = LazyLock::new(|| {
        let words = WORDS.iter().flat_map(|(role, words)| words.iter().map(|word| (*role, *word)));
        let mut by_first = ByFirst::default();
        for (number, (role, word)) in words.enumerate() {
            by_first
                .entry(word.chars().next().unwrap_or_default())
                .or_default()
                .push((number, word, role));
        }
        by_first
    });
    let is_unspaced = |c| matches!(c, '\u{600}'..='\u{6ff}' | '\u{3040}'..='\u{9fff}');
    let mut is_inside = false;
    let begins = text.char_indices().filter(move |(_, first)| {
        let follows = std::mem::replace(&mut is_inside, first.is_alphabetic());
        is_unspaced(*first) || !follows
    });
    begins.flat_map(move |(start, first)| {
        let words = BY_FIRST.get(&first).into_iter().flatten();
        let found = words.filter(move |(_, word, _)| {
            text[start..].starts_with(word)
                && (is_unspaced(first) || !begins_with_other(&text[start..]))
        });
        found.map(move |&(number, word, role)| RoleWord {
            start,
            end: start + word.len(),
            number,
            role,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_reaches_over_an_insertion() {
        let check = |behind: &str, next: &str, expected: &str| {
            assert_eq!(reach(behind, behind.find(next).unwrap()), expected);
        };
        check(" people, including two boys, were killed", "two", " were killed");
        check(" people, among them Ada Quill, 84, died at 5", "84", " died at ");
        check(" people, 3 of them boys, were killed", "3", " people, ");
        check(" people, including two boys", "two", " people, including ");
    }

    #[test]
    fn the_nearest_word_of_the_clause_counts() {
        let check = |text: &str, expected: Option<Role>| {
            let (before, behind) = text.split_once('#').unwrap();
            assert_eq!(role(before, behind), expected, "{text}");
        };
        check("The quake killed # people", Some(Killed));
        check(" dead, # injured", Some(Injured));
        check("Die Zahl der Toten steigt auf #", Some(Killed));
        check("死者#人", Some(Killed));
        check("The toll in Pell rises to #", Some(Killed));
        check("The number of people hurt in Pell rose to at least #", Some(Injured));
        check("The death toll in the warehouse fire in Pell has climbed to #", Some(Killed));
        check("Die Zahl der Toten ist in Pell bis zum Abend auf #", Some(Killed));
        check(
            "Die Zahl der Toten nach dem Brand in Pell ist am Sonntag auf # gestiegen",
            Some(Killed),
        );
        check("The number of trains that stop at #", None);
        check("Killed in Pell at #", None);
        check("The bank has # mortgages", None);
        check("The deadline is in # days", None);
        check("Many died when # ships met", None);
        check("He died in # minutes", None);
        check("The singer Ada Quill, #, died in Pell", None);
        check("A #-year-old was killed", None);
        check("A man of # drowned in Pell", None);
        check("Sängerin mit # gestorben", None);
        check("Unfall mit # Toten", Some(Killed));
        check("# days after a fire killed", None);
        check(":# One worker is dead", None);
        check("Pell has # people (a killing was the last)", None);
        check("The undead walk, # of them", None);
        check("One died. # came", None);
        check("An diesem Tag kamen # Menschen", None);
        check("# diesel trains", None);
        check("a fleet of # ships", None);
        check("O ministro apresentou # projetos", None);
        check("pour une période de # jours", None);
        check("Nelle ferie # turisti", None);
        check("A stroke kills # at sea", Some(Killed));
        check("Il a péri avec # marins", Some(Killed));
        check("A polícia prendeu # homens", Some(Arrested));
        check("Tratti in salvo # operai", Some(Rescued));
        check("# die in crash", Some(Killed));
        check("At least # die as roof falls", Some(Killed));
        check("Kell: # people die after a storm", Some(Killed));
        check("Um # die in Kell gebaute Brücke", None);
        check("De # mensen die in Kell wonen", None);
        check("# Euro für die in Kell", None);
    }

    #[test]
    fn a_word_for_what_happened_begins_a_word() {
        assert!(begins_with_role("killed"));
        assert!(!begins_with_role("overkill"));
    }
}
