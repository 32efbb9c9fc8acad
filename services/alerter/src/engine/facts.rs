//! The facts of a text: what its opening states, and its words.
//!
//! Comes in: a text as it was fetched. Goes out: its facts, each found once and only if it is asked for, since every
//! later text of the event is compared with them.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::{Arc, OnceLock};

use wirefold_proto::{AboutArticle, AlertArticle, ArticleId, FigureRole, LanguageTag};
use wirefold_text::Text;
use wirefold_text::extract::{Time, YEARS, is_of_the_past, numbers, statements, time_of};

use super::figures::figures_of;
use super::statement::{Statement, TELLING, parts_of_country, shortened, weighed_words};
use super::turns::{Turn, denied_turns, is_person, turns_of};

/// The first characters of a text, which contain any lede.
pub(super) const OPENING: usize = 1_200;
/// A turn counts as stated if it stands in the title or in this many sentences.
pub(super) const SENTENCES: usize = 6;

/// Two texts may be about one happening if one has this share of the words of the other's lead, in percent: of its title
/// and of this many sentences.
const SAME: usize = 25;
const LEAD: usize = 2;
/// A lead of fewer words may be about anything.
const LEAST_LEAD: usize = 8;
/// Many happenings have a lower toll.
const LEAST_TOLL: u64 = 4;
/// The least words of a statement that can be compared.
const LEAST: usize = 3;

/// A text, and what an alert stores of it.
pub(crate) type StoredText = (AlertArticle, Arc<ReadText>);

/// A text as it was fetched, and its facts.
#[derive(Debug)]
pub(crate) struct ReadText {
    pub(crate) id: ArticleId,
    pub(super) about: AboutArticle,
    text: String,
    facts: OnceLock<Facts>,
    denied: OnceLock<Vec<Turn>>,
    /// The words of its lead, as [`words`] gives them.
    lead: OnceLock<Vec<u64>>,
    language: LanguageTag,
}

/// The findings of one pass over title and text.
#[derive(Debug)]
struct Facts {
    /// The statements of title and first sentences.
    opening: Vec<Said>,
    /// The words of title and text, as [`words`] gives them.
    words: Vec<u64>,
}

impl Facts {
    fn of(about: &AboutArticle, text: &str) -> Self {
        let (text, year) = (Text::new(text), about.year());
        let (mut opening, mut paragraphs) = (vec![Said::of(about.title.clone(), year)], Vec::new());
        for it in statements(&text).take(SENTENCES) {
            opening.push(Said::of(it.said.to_owned(), year));
            paragraphs.push(it.paragraph);
        }
        if opening.iter().skip(2).any(|said| !said.turns.is_empty()) {
            lose_others(&mut opening[2..], &paragraphs[1..], year);
        }
        Self { opening, words: words_of(&about.title, [text]) }
    }
}

impl ReadText {
    /// The text of an article; if that is empty, the teaser of its feed.
    pub(crate) fn new(
        id: ArticleId,
        about: AboutArticle,
        text: String,
        language: LanguageTag,
    ) -> Self {
        let teaser = about.teaser.clone().filter(|_| text.is_empty());
        let (facts, denied, lead) = Default::default();
        Self { id, text: teaser.unwrap_or(text), about, facts, denied, lead, language }
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
        Self::new(ArticleId::from_number(1), about, text.to_owned(), LanguageTag::unknown())
    }

    /// This text as one in another language.
    #[cfg(test)]
    pub(super) fn in_language(self, language: &str) -> Self {
        Self { language: language.parse().expect("a language"), ..self }
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

    /// Whether title or first sentence state a turn as news.
    pub(super) fn states_turn(&self) -> bool {
        let is_news = |said: &Said| !said.turns.is_empty() && !said.is_of_the_past;
        self.opening().iter().take(2).any(is_news)
    }

    /// The turns that title or first sentence deny, and the title does not tell.
    pub(super) fn denied(&self) -> &[Turn] {
        self.denied.get_or_init(|| {
            let title = self.opening().first().map_or(&[][..], |title| &title.turns);
            let first = self.opening().iter().take(2);
            let denied = first.flat_map(|said| denied_turns(&said.words));
            denied.filter(|turn| !title.contains(turn)).collect()
        })
    }

    /// How many of some words title and text have, in percent. `None` if there are too few to say.
    pub(super) fn share_of(&self, words: &[u64]) -> Option<usize> {
        let own = &self.facts().words;
        let shared = words.iter().filter(|word| own.binary_search(word).is_ok());
        (words.len() >= LEAST).then(|| shared.count() * 100 / words.len())
    }

    /// Whether it may be about the happening of another text: one of them has enough words of the other's lead, or both have
    /// one toll. In another language, the same has other words.
    pub(super) fn may_be_about_same(&self, other: &Self) -> bool {
        let has_lead_of = |one: &Self, lead: &[u64]| {
            lead.len() < LEAST_LEAD || one.share_of(lead).is_none_or(|share| share >= SAME)
        };
        self.is_version_of(other)
            || has_lead_of(self, other.lead())
            || has_lead_of(other, self.lead())
            || self.tolls().any(|toll| other.tolls().any(|it| it == toll))
            || self.language() != other.language()
    }

    /// The tolls of its lead that hardly any other happening has.
    fn tolls(&self) -> impl Iterator<Item = &(FigureRole, u64)> {
        let lead = self.opening().iter().take(1 + LEAD);
        lead.flat_map(|said| &said.tolls).filter(|(_, toll)| *toll >= LEAST_TOLL)
    }

    /// The words of title and first sentences.
    fn lead(&self) -> &[u64] {
        self.lead.get_or_init(|| {
            let sentences = self.opening().iter().skip(1).take(LEAD);
            words_of(self.title(), sentences.map(|said| Text::new(&said.words)))
        })
    }

    /// The names of title and first sentence, and the parts of a country that they name.
    pub(super) fn names(&self) -> BTreeSet<String> {
        let sentence = self.first_sentence().map_or("", |said| &said.words);
        let both = [self.title(), &shortened(sentence)];
        let of = |said: &str| Statement::of(said).names.into_iter().chain(parts_of_country(said));
        both.into_iter().flat_map(of).collect()
    }

    /// Its language without the region.
    pub(super) fn language(&self) -> &str {
        self.language.primary()
    }
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
        let is_feared = || self.words.contains("fear") || self.words.contains("efürcht");
        let is_open = |turn: &&Turn| matches!(turn, Turn::Death | Turn::Missing) && is_feared();
        self.turns.iter().filter(|turn| !is_open(turn)).copied().collect()
    }

    /// Whether it tells a turn or a toll.
    pub(super) fn tells(&self) -> bool {
        !self.turns.is_empty() || !self.tolls.is_empty()
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
        let counting = if turns.is_empty() { Vec::new() } else { before_persons(&words) };
        let nth_death = nth_death(&counting).filter(|_| turns.contains(&Turn::Death));
        tolls.extend(nth_death.map(|number| (FigureRole::Killed, number)));
        let further = further(&counting);
        let is_of_the_past = !turns.is_empty() && is_of_the_past(&words, year);
        Self { words, turns, tolls, nth_death, further, is_of_the_past }
    }
}

/// The toll that a sentence such as `a third person dies` states, by its words before those for persons.
fn nth_death(counting: &[&str]) -> Option<u64> {
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
    let is_there = |which: &str| counting.iter().any(|it| it.eq_ignore_ascii_case(which));
    NTH.into_iter().find(|(which, _)| is_there(which)).map(|(_, number)| number)
}

/// The word with which a statement counts further people: `another man`, `all hostages`, `the remaining crew`.
fn further(counting: &[&str]) -> Option<&'static str> {
    #[rustfmt::skip]
    const FURTHER: [(&str, &[&str]); 6] = [
        ("another", &["another", "weiterer", "weitere", "otro", "otra", "autre"]),
        ("second", &["second", "zweite", "zweiter", "zweites", "deuxième", "segundo", "segunda"]),
        ("third", &["third", "dritte", "dritter", "drittes", "troisième", "tercer", "tercera"]),
        ("more", &["more"]),
        ("all", &["all", "alle", "tous", "toutes", "todos", "todas", "tutti"]),
        ("last", &["last", "remaining", "letzte", "letzten", "derniers", "últimos"]),
    ];
    let is_there = |which: &&str| counting.iter().any(|it| it.eq_ignore_ascii_case(which));
    FURTHER.iter().find(|(_, words)| words.iter().any(is_there)).map(|(which, _)| *which)
}

/// How many words behind `all` or `another` one for people may be: `all twelve trapped miners`.
const PEOPLE: usize = 3;

/// The words of a statement close before a word for a person.
fn before_persons(said: &str) -> Vec<&str> {
    let words: Vec<&str> = said.split(' ').collect();
    let is_near = |at: usize| words.iter().skip(at + 1).take(PEOPLE).any(|it| is_person(it));
    (0..words.len()).filter(|at| is_near(*at)).map(|at| words[at]).collect()
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

/// The hashes of the words of a title and of what stands below it, as [`words`] gives them.
fn words_of(title: &str, below: impl IntoIterator<Item = Text>) -> Vec<u64> {
    let mut all = words(&Text::new(&title.to_lowercase()));
    all.extend(below.into_iter().flat_map(|part| words(&part)));
    all.sort_unstable();
    all.dedup();
    all
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
