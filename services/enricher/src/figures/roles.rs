//! The roles of the people that a figure counts (killed, injured, …), by the nearest such word in
//! the clause.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use wirefold_proto::FigureRole::{self, Arrested, Displaced, Injured, Killed, Missing, Rescued};

/// The greatest distance of a word from its number, in characters.
const NEAR: usize = 45;
/// The distance that a comma or `and` between a word and a number adds.
const APART: usize = 50;

/// Beginnings of words in lower case. Those of scripts without spaces, and of Arabic, match
/// anywhere in a word.
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

/// The role between `before` and `behind`, which contain no other number.
pub(super) fn role(before: &str, behind: &str) -> Option<FigureRole> {
    // Limits the search in long sentences.
    let from = before.char_indices().rev().nth(NEAR * 2).map_or(0, |(at, _)| at);
    let to = behind.char_indices().nth(NEAR * 2).map_or(behind.len(), |(at, _)| at);
    let (before, behind) = (&before[from..], &behind[..to]);
    let front = before.rsplit(ends_sentence).next().unwrap_or_default().to_lowercase();
    let back = behind.split(ends_sentence).next().unwrap_or_default().to_lowercase();
    let ahead = all_in(&front).map(|found| {
        let rest = &front[found.end..];
        (distance(rest.trim_start_matches(char::is_alphabetic)), false, found)
    });
    let follow = all_in(&back).map(|found| (distance(&back[..found.start]), true, found));
    // Of words at the same distance, the one before the number counts, then the first in the list.
    let nearest = ahead
        .chain(follow)
        .min_by_key(|(gap, follows, found)| (*gap, *follows, found.number, found.start));
    nearest.filter(|(gap, ..)| *gap <= NEAR).map(|(.., found)| found.role)
}

/// The distance between a word and a number in characters. Another clause adds to it.
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

/// A word that gives a role.
struct RoleWord {
    start: usize,
    end: usize,
    /// Its index in the list.
    number: usize,
    role: FigureRole,
}

/// Searches for all words of the list in one pass (Aho and Corasick 1975).
struct Searcher {
    automaton: AhoCorasick,
    roles: Vec<(FigureRole, bool)>,
}

static SEARCHER: LazyLock<Searcher> = LazyLock::new(Searcher::new);

impl Searcher {
    fn new() -> Self {
        let words =
            || WORDS.iter().flat_map(|(role, words)| words.iter().map(|word| (*role, *word)));
        let is_unspaced = |word: &str| {
            word.starts_with(|c| matches!(c, '\u{600}'..='\u{6ff}' | '\u{3040}'..='\u{9fff}'))
        };
        let automaton = AhoCorasick::new(words().map(|(_, word)| word));
        let automaton = automaton.expect("a few hundred short words fit into an automaton");
        let roles = words().map(|(role, word)| (role, is_unspaced(word))).collect();
        Self { automaton, roles }
    }
}

/// All words that give a role and begin a word of the text.
fn all_in(text: &str) -> impl Iterator<Item = RoleWord> {
    SEARCHER.automaton.find_overlapping_iter(text).filter_map(move |found| {
        let (start, end, number) = (found.start(), found.end(), found.pattern().as_usize());
        let (role, is_unspaced) = SEARCHER.roles[number];
        let begins = is_unspaced || !text[..start].ends_with(char::is_alphabetic);
        begins.then_some(RoleWord { start, end, number, role })
    })
}
