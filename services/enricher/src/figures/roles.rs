//! What happened to those whom a figure counts, by the nearest word that says so within the clause.

use wirefold_proto::FigureRole::{self, Arrested, Displaced, Injured, Killed, Missing, Rescued};

/// A word further away than this speaks of something else; in characters.
const NEAR: usize = 45;
/// What a comma or `and` between a word and a number adds to their distance.
const APART: usize = 50;

/// Beginnings of words in small letters; those of scripts without spaces, and of Arabic, stand anywhere.
#[rustfmt::skip]
const WORDS: [(FigureRole, &[&str]); 6] = [
    (Killed, &["dead", "death", "died", "dies", "kill", "fatalit", "bodies", "perish", "drowned", "tote", "starb", "gestorben", "getötet",
        "ums leben", "mort", "tué", "décéd", "péri", "muert", "murier", "fallecid", "falleci", "mató", "mataron", "matou", "mataram", "morti", "morte", "morir",
        "mortos", "mortes", "morrer", "uccis", "vittim", "vítimas mort", "погиб", "убит", "жертв", "скончал",
        "قتل", "قُتل", "قتيل", "مقتل", "وفاة", "مصرع", "القتلى", "死亡", "遇难", "罹难", "死者", "丧生", "身亡"]),
    (Injured, &["injur", "hurt", "wound", "verletz", "erlitten", "blessé", "blesse", "herid", "hirió", "lesionad", "ferit", "ferid", "feri", "ранен", "травм",
        "أصيب", "جريح", "جرح", "مصاب", "إصابة", "受伤", "受傷", "负伤", "負傷", "けが", "重傷", "軽傷"]),
    (Missing, &["missing", "unaccounted", "vermiss", "disparu", "introuvab", "desaparecid", "dispers", "пропал", "без вести", "فُقد", "فقد", "مفقود",
        "行方不明", "失踪", "失联", "失聯"]),
    (Arrested, &["arrest", "detain", "festgenommen", "nahm", "nahmen", "verhaft", "fest.", "interpell", "arrêt", "deten", "detuv", "apres", "prend", "prenderam",
        "preso", "presas", "presos", "задерж", "арестов", "اعتقل", "اعتقال", "توقيف", "أوقف", "逮捕", "抓获", "拘留", "被捕"]),
    (Rescued, &["rescu", "gerettet", "rettete", "secouru", "sauvé", "rescat", "resgat", "salvat", "soccors", "tratt", "спасен", "спасён", "спасл", "спасти", "أنقذ", "أُنقذ", "إنقاذ",
        "获救", "獲救", "救出", "救助"]),
    (Displaced, &["evacuat", "displaced", "homeless", "fled", "flee", "evakuier", "verlassen", "évacu", "déplac", "desaloj", "desplazad", "evacuad",
        "evacua", "sfollat", "desabrigad", "desalojad", "эвакуир", "نزح", "نازح", "إجلاء", "避難", "撤离", "疏散"]),
];

/// What happened to those counted between `before` and `behind`, in which no other number stands.
pub(super) fn role(before: &str, behind: &str) -> Option<FigureRole> {
    // Nothing further away counts, however long a sentence is.
    let from = before.char_indices().rev().nth(NEAR * 2).map_or(0, |(at, _)| at);
    let to = behind.char_indices().nth(NEAR * 2).map_or(behind.len(), |(at, _)| at);
    let (before, behind) = (&before[from..], &behind[..to]);
    let front = before.rsplit(ends_sentence).next().unwrap_or_default().to_lowercase();
    let back = behind.split(ends_sentence).next().unwrap_or_default().to_lowercase();
    let ahead = all_in(&front).map(|(at, word, role)| {
        let rest = &front[at + word.len()..];
        (distance(rest.trim_start_matches(char::is_alphabetic)), role)
    });
    let follow = all_in(&back).map(|(at, _, role)| (distance(&back[..at]), role));
    let nearest = ahead.chain(follow).min_by_key(|(gap, _)| *gap);
    nearest.filter(|(gap, _)| *gap <= NEAR).map(|(_, role)| role)
}

/// Characters between a word and a number; another clause is further away.
fn distance(gap: &str) -> usize {
    let joints = [
        ", ", "; ", "、", "，", "،", " and ", " und ", " et ", " y ", " e ", " и ", " but ",
        " while ",
    ];
    let apart = joints.iter().filter(|joint| gap.contains(**joint)).count();
    gap.chars().count() + apart * APART
}

fn ends_sentence(character: char) -> bool {
    matches!(character, '.' | '!' | '?' | ';' | '。' | '！' | '？' | '؟' | '\n')
}

/// Every word that says what happened, and where it begins.
fn all_in(text: &str) -> impl Iterator<Item = (usize, &'static str, FigureRole)> {
    let words = WORDS.iter().flat_map(|(role, words)| words.iter().map(|word| (*role, *word)));
    words.flat_map(move |(role, word)| {
        let is_unspaced = word
            .starts_with(|first| matches!(first, '\u{600}'..='\u{6ff}' | '\u{3040}'..='\u{9fff}'));
        let begins = move |at: &usize| is_unspaced || !text[..*at].ends_with(char::is_alphabetic);
        text.match_indices(word).map(|(at, _)| at).filter(begins).map(move |at| (at, word, role))
    })
}
