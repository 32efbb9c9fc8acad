//! The facts of a text: what its opening states, and its words.
//!
//! Comes in: a text as it was fetched. Goes out: its facts, each found once and only if it is asked for, since every
//! later text of the event is compared with them.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use wirefold_fold::stem;
use wirefold_language::identify;
use wirefold_proto::{AboutArticle, AlertArticle, ArticleId, FigureRole, LanguageTag};
use wirefold_text::Text;
use wirefold_text::extract::{
    Number, Time, YEARS, is_of_the_past, is_uncertain, numbers, statements, time_of,
};

use super::figures::figures_of;
use super::statement::{Statement, TELLING, parts_of_country, shortened, weighed_words};
use super::turns::{Turn, turn_words, turns_of};
use crate::wording::cut;

/// The first characters of a text, which contain any lede.
pub(super) const OPENING: usize = 1_200;
/// A turn counts as stated if it stands in the title or in this many sentences.
pub(super) const SENTENCES: usize = 6;

/// A text, and what an alert stores of it.
pub(crate) type StoredText = (AlertArticle, Arc<ReadText>);

/// A text as it was fetched, and its facts.
#[derive(Debug)]
pub(crate) struct ReadText {
    pub(crate) id: ArticleId,
    pub(super) about: AboutArticle,
    text: String,
    facts: OnceLock<Facts>,
    language: OnceLock<String>,
    parts: OnceLock<BTreeSet<String>>,
    counted: OnceLock<Vec<Counted>>,
}

#[derive(Debug)]
struct Facts {
    /// Title and first sentences.
    opening: Vec<Said>,
    /// The words of title and text, as [`words`] gives them.
    words: Vec<u64>,
}

impl Facts {
    fn of(about: &AboutArticle, text: &str) -> Self {
        let (title, text, year) = (&about.title, Text::new(text), about.year());
        let (mut opening, mut paragraphs) = (vec![Said::of(title.clone(), year)], Vec::new());
        for it in statements(&text).take(SENTENCES) {
            opening.push(Said::of(it.said.to_owned(), year));
            paragraphs.push(it.paragraph);
        }
        if opening.iter().skip(2).any(|said| !said.turns.is_empty()) {
            lose_others(&mut opening[2..], &paragraphs[1..], year);
        }
        let mut words = [words(&Text::new(&title.to_lowercase())), words(&text)].concat();
        words.sort_unstable();
        Self { opening, words }
    }
}

impl ReadText {
    /// The text of an article; if that is empty, the teaser of its feed.
    pub(crate) fn new(id: ArticleId, about: AboutArticle, text: String) -> Self {
        let teaser = about.teaser.clone().filter(|_| text.is_empty());
        let (facts, language, parts, counted) = Default::default();
        Self { id, text: teaser.unwrap_or(text), about, facts, language, parts, counted }
    }

    fn facts(&self) -> &Facts {
        self.facts.get_or_init(|| Facts::of(&self.about, &self.text))
    }

    /// The title and the first sentences.
    pub(super) fn opening(&self) -> &[Said] {
        &self.facts().opening
    }

    /// A text for tests; texts of one item are versions of each other.
    #[cfg(test)]
    pub(super) fn sample(item: &str, title: &str, text: &str) -> Self {
        let article = serde_json::json!({
            "outlet": "a.example", "feeds": ["wire"], "item_key": item, "title": title,
            "seen": "2026-03-01T00:00:00Z",
        });
        let about = serde_json::from_value(article).expect("an article");
        Self::new(ArticleId::from_number(1), about, text.to_owned())
    }

    pub(super) fn title(&self) -> &str {
        &self.about.title
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is a version of an earlier text.
    pub(super) fn is_version_of(&self, earlier: &Self) -> bool {
        let (one, other) = (&self.about, &earlier.about);
        let is_same_item = one.item_key == other.item_key && one.outlet == other.outlet;
        one.version_of == Some(earlier.id) || is_same_item
    }

    /// The statement of an entry of a live page: what its sentences state that are not of an earlier time.
    pub(super) fn statement(&self, words: &str) -> Said {
        let (text, year) = (Text::new(words), self.about.year());
        let sentences = text.sentences().into_iter().map(|it| it.span.of(words));
        let all = sentences.map(|said| Said::of(said.to_owned(), year));
        let told = all.filter(|said| !said.is_of_the_past).reduce(Said::and);
        told.map_or_else(
            || Said::of(words.to_owned(), year),
            |said| Said { words: words.to_owned(), ..said },
        )
    }

    pub(super) fn first_sentence(&self) -> Option<&Said> {
        self.opening().get(1)
    }

    /// Whether title or text has the word with this hash.
    pub(super) fn has(&self, word: u64) -> bool {
        self.facts().words.binary_search(&word).is_ok()
    }

    /// Whether title or text has a word, given as its stem.
    pub(super) fn has_word(&self, stem: &str) -> bool {
        self.has(hash(stem))
    }

    /// The names of title and first sentence.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let sentence = self.first_sentence().map_or("", |said| &said.words);
        let both = [self.title(), &shortened(sentence)];
        both.into_iter().flat_map(|said| Statement::of(said).names).collect()
    }

    /// The numbers in its title that count no people of a fate and are no shares, each with the stems of the two words behind
    /// it.
    pub(super) fn counted(&self) -> &[Counted] {
        self.counted.get_or_init(|| counted(self.title()))
    }

    /// The parts of a country that its title and first sentence name.
    fn parts(&self) -> &BTreeSet<String> {
        self.parts.get_or_init(|| {
            let sentence = self.first_sentence().map_or("", |said| &said.words);
            [self.title(), sentence].into_iter().flat_map(parts_of_country).collect()
        })
    }

    /// Whether both name parts of a country, and none in common.
    pub(super) fn is_elsewhere_than(&self, other: &Self) -> bool {
        !self.parts().is_empty()
            && !other.parts().is_empty()
            && self.parts().is_disjoint(other.parts())
            && !self.is_version_of(other)
    }

    /// Its language; empty if its first words do not show it.
    pub(super) fn language(&self) -> &str {
        self.language.get_or_init(|| {
            let said = format!("{}\n{}", self.title(), cut(self.text(), OPENING));
            let hint = self.about.language_hint.as_ref().map(LanguageTag::as_str);
            identify(&said, hint).map(|found| found.code).unwrap_or_default()
        })
    }
}

/// A number, and the stems of the two words behind it.
pub(super) type Counted = (u64, Vec<String>);

fn counted(title: &str) -> Vec<Counted> {
    const SHARES: [&str; 5] = ["%", "percent", "per cent", "prozent", "pour cent"];
    let text = Text::new(title);
    let of = |number: &Number| {
        let rest = title[number.span.end..].trim_start_matches([' ', '\u{a0}']).to_lowercase();
        let is_share = SHARES.iter().any(|share| rest.starts_with(share));
        let value = number.value.parse().ok().filter(|it| !(is_share || YEARS.contains(it)))?;
        let behind = text.words().iter().skip(number.words.end).take(2);
        Some((value, behind.map(|word| stem(text.normal(word)).to_owned()).collect()))
    };
    let counted = figures_of(&text).into_iter().filter(|figure| figure.role.is_none());
    counted.filter_map(|figure| of(&figure.number)).collect()
}

/// Takes the turns of other happenings from the sentences behind a lede, of which these are the paragraphs: what goes back
/// to another time holds for the next sentences of its paragraph, too.
fn lose_others(behind: &mut [Said], paragraphs: &[u32], year: u64) {
    let mut back = None;
    for (said, paragraph) in behind.iter_mut().zip(paragraphs) {
        let (time, goes_back) = time_of(&said.words, year);
        let follows = back == Some(paragraph);
        match time {
            Time::Other => said.lose(|_| true),
            Time::Same if follows => said.lose(|_| true),
            Time::Open if follows => said.lose(Turn::happens),
            Time::Now | Time::Same | Time::Open => {}
        }
        let goes_on = follows && time != Time::Now;
        back = (goes_on || goes_back).then_some(paragraph);
    }
}

/// Whether other texts state all that a title states. They may have other words for a turn.
pub(super) fn is_stated(title: &str, known: &[&ReadText]) -> bool {
    let title = title.to_lowercase();
    let openings = || known.iter().flat_map(|other| other.opening());
    let is_said = |turn: &Turn| openings().any(|said| said.turns.contains(turn));
    let said = turn_words(&title).into_iter().filter(|(turn, _)| is_said(turn));
    let is_end = |c: char| !c.is_alphanumeric();
    let end_of = |at: usize| title[at..].find(is_end).map_or(title.len(), |end| at + end);
    let said: Vec<Range<usize>> = said.map(|(_, it)| it.start..end_of(it.end)).collect();
    let is_in_turn = |at: usize| said.iter().any(|words| words.contains(&at));
    let rest = title.char_indices().filter(|(at, _)| !is_in_turn(*at));
    let own = Statement::of(&rest.map(|(_, character)| character).collect::<String>());
    let is_known = |word: &String| known.iter().any(|other| other.has_word(word));
    let is_open = is_uncertain(&title);
    let is_alike = |it: &&ReadText| is_uncertain(&it.title().to_lowercase()) == is_open;
    own.telling().all(is_known) && known.iter().any(is_alike)
}

/// A title or a sentence, and what it states.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) words: String,
    pub(super) turns: Vec<Turn>,
    /// The numbers of dead and missing.
    pub(super) tolls: Vec<(FigureRole, u64)>,
    /// The number of the death that it tells of, as in `a third person dies`. It is one of the tolls, too.
    pub(super) nth_death: Option<u64>,
    /// The word with which it counts further people.
    pub(super) further: Option<&'static str>,
    /// Whether it tells its turns as those of an earlier time.
    pub(super) is_of_the_past: bool,
}

impl Said {
    /// The turns that later texts need not tell again. A death that was only feared is told when it is certain.
    pub(super) fn certain_turns(&self) -> Vec<Turn> {
        let is_feared = self.words.contains("fear") || self.words.contains("efürcht");
        let is_open = |turn: &&Turn| is_feared && matches!(turn, Turn::Death | Turn::Missing);
        self.turns.iter().filter(|turn| !is_open(turn)).copied().collect()
    }

    /// The turns and tolls of two statements, in the words of the first.
    fn and(mut self, other: Self) -> Self {
        let is_new = |turn: &Turn| !self.turns.contains(turn);
        let turns: Vec<Turn> = other.turns.into_iter().filter(is_new).collect();
        self.turns.extend(turns);
        self.tolls.extend(other.tolls);
        let (nth_death, further) =
            (self.nth_death.or(other.nth_death), self.further.or(other.further));
        Self { nth_death, further, ..self }
    }

    /// Takes away turns of another happening, and with a death its toll.
    fn lose(&mut self, is_other: impl Fn(Turn) -> bool) {
        self.turns.retain(|turn| !is_other(*turn));
        if !self.turns.contains(&Turn::Death) {
            (self.tolls, self.nth_death) = (Vec::new(), None);
        }
    }

    /// The statement of these words in an article of this year.
    pub(super) fn of(words: String, year: u64) -> Self {
        let turns = turns_of(&words, year);
        let mut tolls = tolls(&words, &turns);
        let nth_death = if turns.contains(&Turn::Death) { nth_death(&words) } else { None };
        tolls.extend(nth_death.map(|number| (FigureRole::Killed, number)));
        let further = if turns.is_empty() { None } else { further(&words) };
        let is_of_the_past = !turns.is_empty() && is_of_the_past(&words, year);
        Self { words, turns, tolls, nth_death, further, is_of_the_past }
    }
}

/// The toll that a sentence such as `a third person dies` states.
fn nth_death(said: &str) -> Option<u64> {
    const NTH: [(&str, u64); 8] = [
        ("second", 2),
        ("zweite", 2),
        ("third", 3),
        ("fourth", 4),
        ("fifth", 5),
        ("sixth", 6),
        ("dritte", 3),
        ("vierte", 4),
    ];
    NTH.into_iter().find(|(which, _)| names_somebody(said, which)).map(|(_, number)| number)
}

/// The word with which a statement counts further people: `another man`, `all hostages`, `the remaining crew`.
fn further(said: &str) -> Option<&'static str> {
    #[rustfmt::skip]
    const FURTHER: [(&str, &[&str]); 6] = [
        ("another", &["another", "weiterer", "weitere", "otro", "otra", "autre"]),
        ("second", &["second", "zweite", "zweiter", "zweites", "deuxième", "segundo", "segunda"]),
        ("third", &["third", "dritte", "dritter", "drittes", "troisième", "tercer", "tercera"]),
        ("more", &["more"]),
        ("all", &["all", "alle", "tous", "toutes", "todos", "todas", "tutti"]),
        ("last", &["last", "remaining", "letzte", "letzten", "derniers", "últimos"]),
    ];
    let found = FURTHER.iter().find(|(_, words)| words.iter().any(|it| names_somebody(said, it)));
    found.map(|(which, _)| *which)
}

/// How many words behind `all` or `another` one for people may be: `all twelve trapped miners`.
const PEOPLE: usize = 3;

/// Whether a word stands before a word for a person.
fn names_somebody(said: &str, which: &str) -> bool {
    #[rustfmt::skip]
    const WHO: [&str; 38] = [
        "people", "crew", "women", "men", "suspect", "brother", "sister", "captive", "tote", "verdächtig", "person", "victim", "man", "woman", "child", "boy", "girl", "teenager", "student", "worker", "miner", "sailor",
        "firefighter", "fireman", "policeman", "officer", "soldier", "climber", "hiker", "driver", "passenger",
        "patient", "resident", "hostage", "body", "mensch", "opfer", "feuerwehrmann",
    ];
    let begins = |word: &str, with: &str| {
        word.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    let words: Vec<&str> = said.split(' ').collect();
    let is_who = |word: &&str| WHO.iter().any(|it| begins(word, it));
    let mut places = (0..words.len()).filter(|at| words[*at].eq_ignore_ascii_case(which));
    places.any(|at| words.iter().skip(at + 1).take(PEOPLE).any(is_who))
}

/// The numbers of dead and missing, if the statement tells of a death or of missing people, and denies nothing.
fn tolls(said: &str, turns: &[Turn]) -> Vec<(FigureRole, u64)> {
    let is_told = |role: &FigureRole| match role {
        FigureRole::Killed => turns.contains(&Turn::Death),
        FigureRole::Missing => turns.contains(&Turn::Missing),
        _ => false,
    };
    let are_told = turns.contains(&Turn::Death) || turns.contains(&Turn::Missing);
    if !are_told || turns.contains(&Turn::Denial) {
        return Vec::new();
    }
    let counted = figures_of(&Text::new(said))
        .into_iter()
        .filter_map(|it| Some((it.role.filter(is_told)?, it.number.value.parse().ok()?)));
    counted.filter(|(_, value)| !YEARS.contains(value)).collect()
}

/// Whether a statement has a number, in digits or words.
pub(super) fn has_number(said: &str, value: u64) -> bool {
    let (text, value) = (Text::new(&said.to_lowercase()), value.to_string());
    numbers(&text, 0..text.words().len()).iter().any(|number| number.value == value)
}

/// The hashes of the words that carry the meaning of a text, cut to a stem, and of its numbers, each once.
pub(super) fn words(text: &Text) -> Vec<u64> {
    let telling = weighed_words(text, text).filter(|(_, weight, _)| *weight >= TELLING);
    let mut found: Vec<u64> = telling.map(|(word, ..)| hash(&word)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn hash(word: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_stated_only_with_all_its_words() {
        let check = |told: &str, own: &str, expected: bool| {
            let is_stated = is_stated(own, &[&ReadText::sample("a", told, "")]);
            assert_eq!(is_stated, expected, "{own}");
        };
        let told = "Nine workers trapped in burning Ostrand factory as fire spreads";
        check(told, "Ostrand fire: nine workers trapped", true);
        check(told, "Ostrand fire: ten workers trapped", false);
        check(told, "Ostrand fire: nine workers freed", false);
        let arrest = "Gunman arrested in Kelmard arcade shooting";
        check(arrest, "Gunman not arrested in Kelmard arcade shooting", false);
        check(arrest, "Gunman arrested in Kelmard shooting", true);
        check(arrest, "Kelmard arcade gunman caught", true);
        check(arrest, "Kelmard arcade gunman charged", false);
        let verdict =
            "Court in Lowport finds former minister Aldo Brisk guilty of bribery over helicopters";
        check(
            verdict,
            "Court in Lowport clears former minister Aldo Brisk of bribery over helicopters",
            false,
        );
    }
}
