//! The facts of a text: what its opening states, and its words.
//!
//! Comes in: a text as it was fetched. Goes out: its facts, each found once and only if it is asked for, since every
//! later text of the event is compared with them.

use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::Range;
use std::sync::{Arc, LazyLock, OnceLock};

use aho_corasick::AhoCorasick;
use wirefold_language::identify;
use wirefold_proto::{AboutArticle, AlertArticle, ArticleId, FigureRole, LanguageTag};
use wirefold_text::Text;
use wirefold_text::extract::{
    Time, YEARS, begins_in_the_past, begins_with_other, ends_in_the_past, is_animal,
    is_of_the_past, numbers, statements, time_of,
};

use super::figures::{FOUND, figures_of};
use super::statement::{Statement, TELLING, denies, parts_of_country, shortened, weighed_words};
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
        let (facts, language, parts) = Default::default();
        Self { id, text: teaser.unwrap_or(text), about, facts, language, parts }
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
    let denial = denies(&title);
    own.telling().all(is_known) && known.iter().any(|other| denies(other.title()) == denial)
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
        .filter_map(|it| Some((it.role.filter(is_told)?, it.value.parse().ok()?)));
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

/// A turn of events that an editor wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Death,
    /// One who was hurt or rescued before.
    DeathOfInjured,
    DeathOfSuspect,
    Injury,
    Missing,
    /// The missing are found.
    Found,
    Arrest,
    Charge,
    Verdict,
    Sentence,
    Release,
    Resignation,
    Rescue,
    AtLarge,
    Shelter,
    AllClear,
    /// Water must be boiled, or not drunk. It is no news by itself: the end of it is.
    UnsafeWater,
    SafeWater,
    Off,
    Denial,
    Halt,
    Frozen,
    /// A rate or an election is decided.
    Decided,
    /// Two sides agree.
    Deal,
    /// A court or a government forbids something, or takes a decision back.
    Stopped,
    /// Something bursts, falls in, sinks or derails.
    Collapse,
    Explosion,
    /// Homes and other buildings are lost.
    Destruction,
    /// A company cannot pay any more.
    Bankruptcy,
}

impl Turn {
    /// Whether the date behind its words is its own. That of a court is often the date of the deed.
    fn happens(self) -> bool {
        use Turn::{Collapse, Death, Destruction, Explosion, Found, Injury, Missing, Rescue};
        matches!(
            self,
            Collapse | Death | Destruction | Explosion | Found | Injury | Missing | Rescue
        )
    }

    /// Whether it is over in a sentence of the past. An act of a court or of the police often has the date of the deed.
    pub(super) fn is_over(self) -> bool {
        use Turn::{
            Bankruptcy, Collapse, Deal, Decided, Destruction, Halt, Off, Rescue, Resignation,
        };
        let is_of_body = matches!(self, Bankruptcy | Deal | Decided | Halt | Off | Resignation);
        is_of_body || matches!(self, Collapse | Destruction | Rescue)
    }

    /// Whether it happens to people, of whom others may follow.
    pub(super) fn counts_people(self) -> bool {
        use Turn::{Arrest, Charge, Death, Found, Release, Rescue, Verdict};
        matches!(self, Arrest | Charge | Death | Found | Release | Rescue | Verdict)
    }

    /// Whether it is that of one person, so that another may follow.
    pub(super) fn is_personal(self) -> bool {
        self.counts_people() || matches!(self, Self::Resignation | Self::Sentence)
    }

    /// Whether somebody does it, so that others may ask for it.
    fn is_done(self) -> bool {
        use Turn::{Death, Denial, Injury, Missing, UnsafeWater};
        !matches!(self, Death | Denial | Injury | Missing | UnsafeWater)
    }

    /// Whether it is news further down in a text, too: it ends something, or somebody died.
    pub(super) fn is_grave(self) -> bool {
        use Turn::{AtLarge, Denial, Explosion, Injury, Missing, Shelter, UnsafeWater};
        !matches!(self, AtLarge | Denial | Explosion | Injury | Missing | Shelter | UnsafeWater)
    }
}

/// Beginnings of words and phrases, in lower case.
#[rustfmt::skip]
const TURNS: [(Turn, &[&str]); 24] = [
    (Turn::Death, &["body of", "bodies of", "body found", "bodies found", "body is found", "body was found", "body recovered", "dead", "death", "died", "dies", "kill", "fatal", "toll", "tote", "gestorben", "starb", "tot ", "ums leben", "getötet", "muert", "fallec", "murió", "tués", "mort", "morti", "погиб", "убит", "загин", "قتلى", "مقتل", "死者", "死亡", "遇难", "drown", "perished", "succumb", "lost their lives", "lost his life", "lost her life", "stirbt", "sterben", "erlag", "ertrunken", "todesopfer", "umgekommen", "muere", "décéd", "meurt", "muore", "muoiono", "uccis", "morre", "скончал", "умер", "loses fight for life", "lost fight for life", "loses his fight", "loses her fight"]),
    (Turn::Injury, &["hurt", "injur", "wounded", "stabbed", "shot at", "is shot", "was shot", "are shot", "were shot", "verletzt", "herid", "blessé", "hospital", "ferit", "ранен", "поранен", "جرحى", "けが", "受伤"]),
    (Turn::Missing, &["missing", "trapped", "cut off", "vermisst", "eingeschlossen", "desaparecid", "disparu", "dispers", "пропал", "зникл", "مفقود", "行方不明", "失踪", "contact lost", "lost contact"]),
    (Turn::Arrest, &["arrest", "detained", "caught", "in custody", "gives himself up", "gave himself up", "turns himself in", "turned himself in", "surrender", "festgenommen", "verhaftet", "detuvo", "detenid", "arrêté", "interpell", "задержа", "затрима", "اعتقال", "逮捕", "被捕", "into custody", "apprehended", "nabbed", "man held", "men held", "woman held", "suspect held", "held on suspicion", "gefasst", "capturad", "арестова", "gives up", "gave up", "garde à vue", "se entregó", "prisión preventiva", "a prisión"]),
    (Turn::Charge, &["charged", "indicted", "angeklagt", "imputad", "inculpé", "обвин", "faces charges", "face charges", "charges filed", "mis en examen", "mise en examen", "imputat", "indiciad", "предъявлен"]),
    (Turn::Verdict, &["guilty", "not guilty", "cleared of", "convicted", "verurteilt", "freigesprochen", "condenad", "condamné", "приговор", "السجن", "判決", "absuelt", "acquitt", "relaxé", "condannat", "assolt", "absolvid", "осужд", "оправда", "mistrial", "hung jury", "cannot agree", "admits", "admitted", "pleads guilty"]),
    (Turn::Sentence, &["sentenced", "years in prison", "in jail", "behind bars", "jahren haft", "años de prisión", "ans de prison", "jailed for", "is jailed", "was jailed", "gets life", "life in prison", "life imprisonment", "lebenslang", "cadena perpetua", "perpétuité", "ergastolo"]),
    (Turn::Release, &["freed", "frees ", "set free", "walk free", "walked free", "walks free", "released from", "released without", "release woman", "release man", "releases hostages", "freigelassen", "liberad", "libéré", "hostages free", "hostages are free", "captives free"]),
    (Turn::Resignation, &["resign", "steps down", "stepped down", "quits", "sacked", "ousted", "concedes", "conceded", "zurückgetreten", "tritt zurück", "rücktritt", "dimite", "dimisión", "démission", "dimission", "отставк", "استقال", "辞任", "quit as", "he quit", "she quit", "they quit", "has quit", "quit on ", "quit over", "quit after", "removed from office", "tritt ab", "renunci", "dimett", "limogé", "destituid", "demite", "уволен"]),
    (Turn::Rescue, &["rescue", "alive", "saved", "survive", "lands safely", "landed safely", "are safe", "safe and well", "gerettet", "rescatad", "sauvé", "salvat", "спасен", "إنقاذ", "救出", "found safe", "is safe", "brought up", "brought to the surface", "pulled out", "unharmed", "unhurt", "wohlbehalten", "unverletzt", "sanos y salvos", "sano y salvo", "sana y salva", "sains et saufs", "sain et sauf", "saine et sauve", "sani e salvi", "in salvo", "são e salvo", "ilesos", "all safe"]),
    (Turn::AtLarge, &["at large", "flees", "fled the scene", "ran off", "ran away", "drove off", "drove away", "got away", "still not caught", "manhunt", "on the run", "slipping away", "auf der flucht", "huye", "en fuite", "escaped from", "breaks out of", "broke out of", "fugitive"]),
    (Turn::Shelter, &["stay indoors", "stay inside", "shelter", "evacuat", "leave their homes", "from their homes", "told to leave", "ordered to leave", "leave at once", "flee", "evakuier", "evacuad", "évacu", "эвакуа", "避難", "lockdown"]),
    (Turn::AllClear, &["all clear", "no longer need to stay", "no longer have to stay", "entwarnung", "may return", "can return", "allowed to return", "may go home", "can go home", "could go home", "allowed to go home", "returned home", "under control", "controlad", "pueden volver", "vuelven a", "unter kontrolle", "dürfen zurück", "kehren zurück", "kehrten zurück", "maîtrisé", "peuvent rentrer", "sotto controllo", "possono tornare", "is out", "rescinded", "aufgehoben", "revocat", "снят", "解除", "lift", "levé", "levant", "siege over", "siege is over", "siege ends", "siege ended", "standoff ends", "standoff over", "standoff ended", "defused", "entschärft", "gesprengt", "désamorc", "desactivad"]),
    (Turn::UnsafeWater, &["boil", "do not drink", "do-not-drink", "unsafe to drink", "not safe to drink", "abkoch", "hervir", "ferver", "bouillir", "ébullition", "bollire", "кипят"]),
    (Turn::SafeWater, &["rescinded", "aufgehoben", "revocat", "снят", "no longer need to boil", "no longer have to boil", "no need to boil", "water is safe", "safe to drink", "safe again", "can drink", "may drink", "unbedenklich", "genießbar", "trinkbar", "apta para", "de nouveau potable", "à nouveau potable", "redevenue potable", "redevient potable", "vuelve a ser potable", "di nuovo potabile", "torna potabile", "própria para", "можно пить", "lift", "levé", "levant"]),
    (Turn::Off, &["called off", "calls off", "averted", "is off", "go back to work", "abgesagt", "abgewendet", "strike ends", "strike ended", "ends strike", "end strike", "streik beendet"]),
    (Turn::Denial, &["denies", "denied", "denial", "has not", "not true", "withdraw", "dementier", "desmiente", "dément"]),
    (Turn::Halt, &["ceasefire", "halted", "suspend", "ausgesetzt"]),
    (Turn::Frozen, &["freezes", "frozen accounts", "stopped withdrawals", "stops withdrawals"]),
    (Turn::Decided, &["senkt leitzins", "erhöht leitzins", "sube los tipos", "baja los tipos", "relève ses taux", "baisse ses taux", "alza i tassi", "taglia i tassi", "declared winner", "declared the winner", "voted to ", "vote to strike", "votes to strike", "gewinnt die wahl", "gewinnt wahl", "gana las elecciones", "remporte l’élection", "vince le elezioni", "vence eleição"]),
    (Turn::Collapse, &["burst", "breaks", "broke", "collapse", "gives way", "gave way", "caves in", "caved in", "sinks", "sank", "capsiz", "derail", "einsturz", "eingestürzt", "gesunken", "entgleist", "derrumb", "se hundió", "effondr", "coulé", "crolla", "crollo", "desab", "обруш", "затонул"]),
    (Turn::Destruction, &["destroy", "zerstör", "destruy", "détrui", "distrugg"]),
    (Turn::Bankruptcy, &["files for bankruptcy", "filed for bankruptcy", "files for chapter 11", "goes bankrupt", "went bankrupt", "goes into administration", "insolvenz an", "ist insolvent", "in konkurs", "depose le bilan", "se declara en quiebra"]),
    (Turn::Explosion, &["explosion", "explod", "explosión", "взрыв", "انفجار", "爆発"]),
];

/// Words for a turn that tell it only with a word of the second list in their clause: much else is lifted or off.
#[rustfmt::skip]
const ENDS: [(Turn, &[&str], &[&str]); 17] = [
    (Turn::AllClear, &["lift", "rescinded", "aufgehoben", "levant", "levé", "revocat", "снят", "解除"],
     &["warning", "alert", "advisory", "evacuat", "lockdown", "curfew", "shelter-in-place", "shelter in place", "shelter order",
       "indoors", "order to", "stay order",
       "warnung", "alarm", "räumung", "evakuierung", "ausgangssperre", "sperrung", "alerta", "aviso", "evacuación", "confinamiento",
       "alerte", "évacuation", "confinement", "allerta", "evacuazione", "тревог", "эвакуаци", "警報", "避難"]),
    (Turn::AllClear, &["under control", "controlad", "unter kontrolle", "maîtrisé", "sotto controllo"],
     &["fire", "blaze", "flames", "incendi", "fuego", "brand", "feuer", "feu", "fiamme"]),
    (Turn::AllClear, &["may return", "can return", "allowed to return", "may go home", "can go home", "could go home", "allowed to go home",
       "returned home", "pueden volver", "vuelven a", "dürfen zurück", "kehren zurück", "kehrten zurück", "peuvent rentrer", "possono tornare"],
     &["resident", "evacu", "villager", "neighbo", "household", "famil", "inhabitant", "everybody", "everyone",
       "people", "their homes", "vecinos", "anwohner", "bewohner", "habitants", "riverains", "abitanti", "sfollati"]),
    (Turn::UnsafeWater, &["boil"], &["water", "order", "advisor", "notice"]),
    (Turn::SafeWater, &["lift", "rescinded", "aufgehoben", "levant", "levé", "revocat", "снят"],
     &["boil", "do-not-drink", "abkoch", "hervir", "ferver", "ébullition", "bollire", "кипят"]),
    (Turn::SafeWater, &["safe to drink", "safe again", "can drink", "may drink", "unbedenklich", "genießbar", "trinkbar", "apta para", "própria para", "можно пить"],
     &["water", "wasser", "agua", "água", "воду"]),
    (Turn::Death, &["body of", "bodies of"], &["found", "recover", "discover", "pulled", "identified"]),
    (Turn::Rescue, &["are safe", "is safe", "all safe", "brought up", "brought to the surface", "pulled out"],
     &["passenger", "people", "crew", "child", "girl", "boy", "woman", "man ", "hiker", "climber", "diver", "miner", "worker", "sailor",
       "pilot", "survivor", "trapped", "alive", "all "]),
    (Turn::Arrest, &["gives up", "gave up"], &["gunman", "hostage-taker", "suspect", "attacker", "fugitive", "robber", "hijacker"]),
    (Turn::Verdict, &["cannot agree"], &["jury"]),
    (Turn::Verdict, &["admits", "admitted"], &["murder", "killing", "manslaughter", "theft", "fraud", "arson", "charge", "guilt", "bribe"]),
    (Turn::AllClear, &["defused", "entschärft", "gesprengt", "désamorc", "desactivad"], &["bomb", "device", "engin", "artefacto"]),
    (Turn::Collapse, &["burst", "breaks", "broke"], &["dam", "dyke", "levee", "pipe", "tank", "bank"]),
    (Turn::Halt, &["ceasefire"], &["agree", "declare", "announce", "take effect", "takes effect", "begins"]),
    (Turn::Denial, &["withdraw"], &["report", "claim", "statement", "accus", "story", "article"]),
    (Turn::Destruction, &["destroy", "zerstör", "destruy", "détrui", "distrugg"],
     &["home", "house", "building", "dwelling", "church", "school", "häuser", "gebäude", "wohnung", "casas", "viviendas",
       "maisons", "logements", "case "]),
    (Turn::Off, &["is off"], &["strike", "walkout", "stoppage", "talks", "deal", "merger", "vote", "election", "streik"]),
];
/// Words for a fire, which is over when it is out.
const FIRES: [&str; 4] = ["fire", "blaze", "flames", "inferno"];
/// A word for a fire that is followed by another one names something else, such as a fire chief.
const LINKS: [&str; 7] = ["", "at", "in", "on", "near", "that", "of"];

/// Beginnings of words that begin like a turn and say something else, besides [`begins_with_other`].
const OTHERS: [&str; 37] = [
    "arrest warrant", "dead heat", "survived by", "freedom", "hospitality", "hospitalité",
    "hospitalidad", "hospitalier", "killer whale", "rescuer", "rescue boat", "rescue crew",
    "rescue effort", "rescue mission", "rescue attempt", "rescue bid", "rescue is under",
    "rescue service", "rescue was under", "rescue operation", "rescue team", "rescue under",
    "rescue worker", "missing link", "mortal", "mortem", "suspense", "toll booth", "toll bridge",
    "toll gate", "toll house", "toll lane", "toll plaza", "toll road", "tollbooth", "tolle",
    "tolling",
];

/// Words before a turn that deny it or say that it may be.
#[rustfmt::skip]
const NOT: [&str; 22] = [
    "not ", "no ", "fail to ", "fails to ", "failed to ", "nobody ", "no one ", "niemand ", "nadie ", "denies ", "denied ",
    "rejects ", "without ", "nicht ", "keine ", "could ", "would have ", "might ", "would be ", "may ", "can ", "save ",
];
/// Words behind a turn with which it only may be: `the all clear may take hours`.
const MAY: [&str; 4] = ["may ", "might ", "could ", "can "];
/// Words that ask in a clause whether it is so, or say under which condition.
const ASKS: [&str; 3] = [" whether ", " ob ", " if "];
/// Words for a sentence that a court may give.
const FACES: [&str; 4] = [" faces ", " face ", " up to ", " risk"];
/// Beginnings of words for a request, a threat or an attempt.
#[rustfmt::skip]
const REQUESTS: [&str; 37] = [
    "call", "urg", "demand", "threat", "ask", "seek", "sought", "warrant", "try", "tries", "tried", "attempt", "refus", "declin",
    "press", "petition", "plan", "vow", "hope", "want", "consider", "weigh", "fight", "forder", "geforder", "verlang", "droht",
    "drängt", "exig", "piden", "pide", "pidi", "réclam", "chied", "chiest", "требу", "nahe",
];
/// Words between a request and what it asks for: `calls for the arrest`, `threatens to resign`.
const FOR: [&str; 4] = ["to", "for", "of", "be"];
const ARTICLES: [&str; 10] = ["the", "a", "an", "his", "her", "their", "den", "die", "la", "sa"];
/// Nouns whose clause may have a request anywhere: `den Rücktritt der Ministerin gefordert`.
const NOUNS: [&str; 4] = ["rücktritt", "dimisión", "démission", "отставк"];
/// The ends of such words.
const NT: [&str; 2] = ["n’t ", "n't "];

/// Whether a part of a statement in lower case has words that deny or only ask for something.
fn is_denied(said: &str, part: Range<usize>) -> bool {
    let begins = |at: usize| !said[..part.start + at].ends_with(char::is_alphanumeric);
    let of = &said[part.clone()];
    NT.iter().any(|end| of.contains(end))
        || NOT.iter().any(|not| of.match_indices(not).any(|(at, _)| begins(at)))
}

/// Whether a clause that goes on with `died` tells of animals alone: `ten cattle have`.
fn ends_with_animals(clause: &str) -> bool {
    let mut near = clause.split_whitespace().rev().take(3);
    near.any(is_animal) && !clause.contains(" and ")
}

/// Whether the clause of a turn's word only asks for the turn, threatens with it or tries it. `before` is the clause up to
/// the word. An order to take shelter is itself the turn.
fn is_requested(turn: Turn, before: &str, said: &str, word: &Range<usize>) -> bool {
    let is_request = |it: &&str| REQUESTS.iter().any(|request| it.starts_with(request));
    let is_for = |it: &str| FOR.contains(&it) && (turn != Turn::Shelter || it == "for");
    let mut near = before.split_whitespace().rev().skip_while(|it| ARTICLES.contains(it));
    let is_object = near.next().is_some_and(|it| is_for(it) || is_request(&it));
    let behind = || said[word.end..].split(ENDS_CLAUSE).next().unwrap_or_default();
    let is_noun = NOUNS.contains(&&said[word.clone()]);
    (is_object || is_noun) && before.split_whitespace().any(|it| is_request(&it))
        || is_noun && behind().split_whitespace().any(|it| is_request(&it))
}

/// The ends of a clause.
const ENDS_CLAUSE: [char; 6] = [',', ';', ':', '.', '、', '。'];
/// How far before a turn such a word is looked for, in characters.
const NEAR: usize = 24;

/// The turns that a statement of this year tells as news, and not of an earlier year: `In 2011 a bridge collapsed here`.
fn turns_of(said: &str, year: u64) -> Vec<Turn> {
    let mut told = turns(said);
    if told.is_empty() || begins_in_the_past(said, year) {
        return Vec::new();
    }
    for clause in said.split(ENDS_CLAUSE).filter(|clause| ends_in_the_past(clause, year)) {
        let dated = turns(clause);
        told.retain(|turn| !(turn.happens() && dated.contains(turn)));
    }
    told
}

/// The turns that a statement tells. A question tells none.
pub(super) fn turns(said: &str) -> Vec<Turn> {
    let said = said.to_lowercase();
    if said.trim_end().ends_with('?') {
        return Vec::new();
    }
    turn_words(&said).into_iter().map(|(turn, _)| turn).collect()
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

/// A turn, its words, and the words of which one must stand behind.
type Pair = (Turn, &'static [&'static str], &'static [&'static str]);
/// Words that tell a turn together, in this order and close to each other.
#[rustfmt::skip]
const PAIRS: [Pair; 9] = [
    (Turn::DeathOfInjured,
     &["died", "dies", "succumb", "erlag", "erliegt", "muere", "murió", "mort", "meurt", "muore"],
     &["hospital", "injuries", "wounds", "verletzung", "heridas", "blessures", "hôpital", "ospedale"]),
    (Turn::DeathOfSuspect,
     &["gunman", "shooter", "suspect", "attacker", "assailant", "bomber", "hijacker", "hostage-taker", "angreifer", "täter",
       "schütze", "tireur", "assaillant", "atacante", "tirador"],
     &["dead", "dies", "died", "killed himself", "kills himself", "shot himself", "shoots himself", "killed by", "tot",
       "erschossen", "muerto", "abatido", "abattu", "mort"]),
    (Turn::Decided,
     &["raises", "raised", "hikes", "hiked", "cut", "lowers", "lowered", "holds", "keeps", "leaves", "increases"],
     &["rate"]),
    (Turn::Decided, &["wins", "won", "elected"],
     &["election", "presidency", "runoff", "run-off", "vote", "governor", "referendum", "president", "mayor", "chancellor", "leader"]),
    (Turn::Release, &["charges", "charge", "case against"], &["dropped", "dismissed", "withdrawn"]),
    (Turn::Release, &["drops", "dropped", "dismisses", "dismissed"], &["charges", "case against"]),
    (Turn::Release, &["kidnapped", "abducted", "hostage", "captive"], &["is free", "are free", " free", "home safe"]),
    (Turn::Deal, &["reach", "agree", "strike", "struck", "sign", "clinch", "seal"], &["deal", "agreement", "accord", "settlement", "contract"]),
    (Turn::Stopped, &["court", "judge"],
     &["bans", "banned", "blocks", "blocked", "halts", "annuls", "annulled", "overturns", "overturned", "quashes", "quashed",
       "throws out", "threw out", "stops", "suspends"]),
];

/// Whether one of these words stands behind a part of a statement in lower case, with no number, no denial and no end of a
/// clause between: a gunman who left three dead is alive.
fn is_followed(said: &str, end: usize, by: &[&str]) -> bool {
    let near = said[end..].split(ENDS_CLAUSE).next().unwrap_or_default();
    let near = near.char_indices().nth(NEAR * 2).map_or(near, |(at, _)| &near[..at]);
    let found = by.iter().filter_map(|word| near.find(&format!(" {word}"))).min();
    found.is_some_and(|at| {
        let between = Text::new(&near[..at]);
        let is_other =
            [" left", " leav", " where", " that "].iter().any(|it| near[..at].contains(it));
        !is_other
            && numbers(&between, 0..between.words().len()).is_empty()
            && !is_denied(said, end..end + at + 1)
    })
}

/// The word that says in the clause of a word for missing people that they are found.
fn found_missing(said: &str, missing: &Range<usize>) -> Option<Range<usize>> {
    let start = said[..missing.start].rfind(ENDS_CLAUSE).map_or(0, |end| end);
    let end = said[missing.end..].find(ENDS_CLAUSE).map_or(said.len(), |end| missing.end + end);
    let clause = &said[start..end];
    let found = FOUND.iter().find_map(|word| clause.find(word).map(|at| (at, word.len())));
    let found = found.filter(|_| !is_denied(said, start..end));
    found.map(|(at, len)| start + at..start + at + len)
}

/// A turn, and the words of which one must stand behind its word.
type Told = (Turn, Option<&'static [&'static str]>);

/// The turns that a statement in lower case tells, each with the first words for it.
fn turn_words(said: &str) -> Vec<(Turn, Range<usize>)> {
    static ANY: LazyLock<(AhoCorasick, Vec<Told>)> = LazyLock::new(|| {
        let alone = TURNS.iter().map(|(turn, words)| (*turn, *words, None));
        let pairs = PAIRS.iter().map(|(turn, words, behind)| (*turn, *words, Some(*behind)));
        let all = alone.chain(pairs);
        let all =
            all.flat_map(|(turn, words, behind)| words.iter().map(move |it| (it, (turn, behind))));
        let (words, told): (Vec<&str>, Vec<Told>) = all.unzip();
        (AhoCorasick::new(words).expect("some hundred words can be looked for"), told)
    });
    let (words, told) = &*ANY;
    let begins = |at: usize| {
        let (before, word) = said.split_at(at);
        let before = before.chars().next_back();
        word.starts_with(|c| c > '\u{5ff}') || !before.is_some_and(char::is_alphanumeric)
    };
    let is_denied_at = |at: usize| {
        let start = said[..at].char_indices().rev().nth(NEAR).map_or(0, |(start, _)| start);
        is_denied(said, start..at)
    };
    let is_end = |turn: Turn, word: Range<usize>| {
        let before = said[..word.start].rsplit(ENDS_CLAUSE).next().unwrap_or_default();
        let behind = said[word.end..].split(ENDS_CLAUSE).next().unwrap_or_default();
        let is_it = |of: Turn, ends: &[&str]| of == turn && ends.contains(&&said[word.clone()]);
        let what = ENDS.iter().find(|(of, ends, _)| is_it(*of, ends));
        let is_out = |fire: &&str| {
            let rest = before.rsplit_once(*fire).map(|(_, rest)| rest.trim_start());
            rest.is_some_and(|rest| LINKS.contains(&rest.split(' ').next().unwrap_or_default()))
        };
        match what {
            Some((.., whats)) => whats.iter().any(|it| before.contains(it) || behind.contains(it)),
            None => said[word] != *"is out" || FIRES.iter().any(is_out),
        }
    };
    let is_other = |at: usize| {
        begins_with_other(&said[at..]) || OTHERS.iter().any(|it| said[at..].starts_with(it))
    };
    let mut found: Vec<(Turn, Range<usize>)> = Vec::new();
    for word in words.find_overlapping_iter(said) {
        let ((turn, behind), at) = (told[word.pattern().as_usize()], word.start());
        if !begins(at) || found.iter().any(|(other, _)| *other == turn) {
            continue;
        }
        let own = matches!(turn, Turn::Denial | Turn::Off);
        let is_told = match behind {
            Some(behind) => is_followed(said, word.end(), behind),
            None => is_end(turn, word.range()),
        };
        let clause = said[..at].rsplit(ENDS_CLAUSE).next().unwrap_or_default();
        let clause = format!(" {}", clause.trim_start());
        let has = |phrases: &[&str]| phrases.iter().any(|it| clause.contains(it));
        let behind_word = said[word.end()..].trim_start_matches(char::is_alphanumeric).trim_start();
        let may_be = MAY.iter().any(|it| behind_word.starts_with(it));
        let is_open = may_be || has(&ASKS) || turn == Turn::Sentence && has(&FACES);
        let is_asked = || turn.is_done() && is_requested(turn, &clause, said, &word.range());
        let is_of_animals = || turn == Turn::Death && ends_with_animals(&clause);
        let is_meant = is_told && !is_open && !is_other(at) && !is_asked() && !is_of_animals();
        if is_meant && (own || !is_denied_at(at)) {
            found.push((turn, word.range()));
        }
    }
    let missing = found.iter().find(|(turn, _)| *turn == Turn::Missing);
    let those = missing.and_then(|(_, word)| found_missing(said, word));
    found.extend(those.map(|word| (Turn::Found, word)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a statement tells a turn.
    fn check(said: &str, turn: Turn, expected: bool) {
        assert_eq!(turns(said).contains(&turn), expected, "{said}");
    }

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

    #[test]
    fn a_release_a_loss_and_a_vote_are_turns() {
        check("Two held over theft released without charge", Turn::Release, true);
        check("Charges dropped against teacher in Kell", Turn::Release, true);
        check("Kidnapped aid worker is free", Turn::Release, true);
        check("Kidnappers call for money", Turn::Release, false);
        check("Tornado destroys 30 homes in Kell", Turn::Destruction, true);
        check("Doubts destroy the mood in Kell", Turn::Destruction, false);
        check("Nurses vote to strike", Turn::Decided, true);
        check("Nurses to vote on strike", Turn::Decided, false);
        check("Airline files for bankruptcy", Turn::Bankruptcy, true);
        check("Second body found after fire", Turn::Death, true);
        check("Kell told to leave as fire spreads", Turn::Shelter, true);
        check("Die Opposition forderte am Donnerstag seinen Rücktritt", Turn::Resignation, false);
        check("La oposición pidió el jueves su dimisión", Turn::Resignation, false);
        check("L’opposition a réclamé jeudi sa démission", Turn::Resignation, false);
        check("Der Bürgermeister gab seinen Rücktritt bekannt", Turn::Resignation, true);
    }

    #[test]
    fn an_all_clear_lifts_an_order_or_a_warning() {
        let check = |said: &str, expected: bool| {
            assert_eq!(turns(said).contains(&Turn::AllClear), expected, "{said}");
        };
        check("Police have lifted the order to stay indoors", true);
        check("The tsunami warning for the coast was lifted at noon", true);
        check("Lockdown lifted in Kell", true);
        check("Die Warnung vor Rauch ist aufgehoben", true);
        check("Levantada la alerta por tsunami", true);
        check("L’alerte a été levée", true);
        check("Le confinement est levé à Kell", true);
        check("Угроза миновала, тревога снята", true);
        check("津波警報を解除", true);
        check("Heat advisory lifted in Kell", true);
        check("Police have not lifted the evacuation order", false);
        check("Shelter lifts its fee for dogs", false);
        check("Boil-water order lifted in Kell", false);
        check("The central bank lifted its rate to 3.75 percent", false);
        check("The cranes had lifted the second sleeper", false);
        check("Ban on imports lifted", false);
        check("Captain lifted the trophy, and fans slept in a shelter", false);
        check("Das Urteil wurde aufgehoben", false);
        check("The fire is out, and windows may be opened", true);
        check("LIVE: Fire at Kell refinery is out", true);
        check("The fire chief is out after an audit", false);
        check("Fire chief of Kell is out", false);
        check("Ada Quill’s new album is out", false);
        check("The captain is out for six weeks", false);
        check("Residents of Kell may go home", true);
        check("Everybody could go home at noon", true);
        check("Families were allowed to return to their homes", true);
        check("Kell go home early from the cup", false);
        check("The striker may return on Saturday", false);
        check("Levantado el trofeo en Kell", false);
        check("El incendio de Alcorja quedó controlado", true);
        check("Los evacuados de Moralba vuelven a casa", true);
        check("Los vecinos pueden volver a sus casas", true);
        check("Le feu est maîtrisé à Kell", true);
        check("Fire in Kell is not under control", false);
        check("Party under control of its founder", false);
    }

    #[test]
    fn the_death_of_an_injured_person_or_of_a_suspect_is_a_turn_of_its_own() {
        check("The girl from the cave has died in hospital", Turn::DeathOfInjured, true);
        check("A guard died of his injuries on Friday", Turn::DeathOfInjured, true);
        check("Two died, three are in hospital", Turn::DeathOfInjured, false);
        check("Two died and three are in hospital", Turn::DeathOfInjured, false);
        check("Gunman found dead in Kell", Turn::DeathOfSuspect, true);
        check("The gunman shot himself dead, police said", Turn::DeathOfSuspect, true);
        check("Suspect in Kell shooting killed by police", Turn::DeathOfSuspect, true);
        check("Gunman leaves five dead in Kell", Turn::DeathOfSuspect, false);
        check("Gunman shot three dead in Kell", Turn::DeathOfSuspect, false);
        check("Gunman gives himself up", Turn::DeathOfSuspect, false);
        check("Gunman is not dead, police say", Turn::DeathOfSuspect, false);
    }

    #[test]
    fn water_that_had_to_be_boiled_is_safe_again() {
        let check = |said: &str, expected: bool| {
            assert_eq!(turns(said).contains(&Turn::SafeWater), expected, "{said}");
        };
        check("Boil-water order lifted in Kell", true);
        check("Kell lifts boil-water advisory after two days", true);
        check("Tap water is safe, city says", true);
        check("Water in Kell safe to drink again", true);
        check("Residents no longer need to boil tap water", true);
        check("Das Abkochgebot in Kell ist aufgehoben", true);
        check("Trinkwasser in Kell wieder genießbar", true);
        check("El agua vuelve a ser apta para el consumo", true);
        check("L’eau est de nouveau potable à Kell", true);
        check("L’acqua è di nuovo potabile a Kell", true);
        check("Воду в Келле снова можно пить", true);
        check("Tap water is not safe to drink in Kell", false);
        check("Trinkwasser in Kell nicht genießbar", false);
        check("L’eau potable manque à Kell", false);
        check("Is tap water in Kell safe to drink?", false);
        check("Paint is safe to drink from the new cup", false);
    }

    #[test]
    fn a_word_that_begins_like_a_turn_is_none() {
        let check = |said: &str, expected: &[Turn]| assert_eq!(turns(said), expected, "{said}");
        check("Two dead in Kell", &[Turn::Death]);
        check("Deux morts à Kell", &[Turn::Death]);
        check("Mortgage rates rise before deadline", &[]);
        check("Talks on toll road in deadlock", &[]);
        check("Railway strike is off", &[Turn::Off]);
        check("The mayor is off to Rome", &[]);
        check("Diesel leaks from a cracked tank", &[]);
        check("In diesem Jahr gibt es tolle Preise", &[]);
        check("Press freedom: a fleet of Starbucks carts in Tolling", &[]);
        check("Caretaker dies as roof falls", &[Turn::Death]);
        check("Benno kills six in Kell", &[Turn::Death]);
        check("A car hit her at the old toll house", &[]);
        check("The body of a girl was found in the pond", &[Turn::Death]);
        check("The body of the report is long", &[]);
        check("Calder found not guilty", &[Turn::Verdict]);
        check("Suspect gives himself up in Wexcombe", &[Turn::Arrest]);
        check("Union demands resignation of port chief", &[]);
        check("Police seek arrest of forger", &[]);
        check("Warrant for arrest of banker", &[]);
        check("Mayor asks for evacuation", &[]);
        check("Residents are asked to leave their homes", &[Turn::Shelter]);
        check("Calls grow for Redhaven club president to resign", &[]);
        check("Redhaven club president faced calls to resign on Sunday", &[]);
        check("Interior minister threatens to resign over audit", &[]);
        check("Die Opposition hat den Rücktritt von Ministerin Voss gefordert", &[]);
        check("Opposition fordert Rücktritt von Ministerin Voss", &[]);
        check("Ministerin Voss tritt zurück", &[Turn::Resignation]);
        check("Unfall fordert zwei Tote", &[Turn::Death]);
        check("Villagers called on police on Sunday to arrest the man", &[]);
        check("Police called to a bank arrested a man", &[Turn::Arrest]);
        check("Court issues arrest warrant for curator Brill", &[]);
        check("A rescue was under way for five miners", &[]);
        check("A cat died.", &[]);
        check("Eleven sheep were killed by dogs", &[]);
        check("A farmer and ten cattle died", &[Turn::Death]);
        check("She is survived by four children", &[]);
        check("At noon he quit.", &[Turn::Resignation]);
        check("If convicted, he faces 12 years in prison", &[]);
        check("He could be jailed for six years if found guilty", &[]);
        check("Dealer pleaded guilty and was sentenced", &[Turn::Verdict, Turn::Sentence]);
        check("Surgeons fight to save boy from death", &[]);
        check("Rescue teams reach the shaft", &[]);
        check("Rescuers were digging for twelve", &[]);
        check("Rescue of twelve miners", &[Turn::Rescue]);
        check("Police lift order to stay indoors", &[Turn::AllClear, Turn::Shelter]);
        check("Twenty people could have been killed in Kell", &[]);
        check("Bank withdrawals rise", &[]);
        check("Pier siege over, all hostages free", &[Turn::AllClear, Turn::Release]);
        check("Central bank raises key rate in surprise", &[Turn::Decided]);
        check("Talbot wins Kell presidency", &[Turn::Decided]);
        check("Court bans rail strike", &[Turn::Stopped]);
        check("Rail firm and drivers reach wage deal", &[Turn::Deal]);
        check("Rail firm and drivers fail to reach deal", &[]);
        check("Dam above Kell bursts", &[Turn::Collapse]);
        check("Hostage-taker in Kell gives up", &[Turn::Arrest]);
        check("Mayor gives up his car", &[]);
        check("Second child found alive in Kell", &[Turn::Rescue]);
        check("Nobody was killed", &[]);
        check("Jury considers its verdict", &[]);
        check("Jurors talk about whether the cook Mabel Tarn is guilty", &[]);
        check("Suspect taken into custody", &[Turn::Arrest]);
        check("All nine miners brought up", &[Turn::Rescue]);
        check("The girl is safe, police say", &[Turn::Rescue]);
        check("The vaccine is safe, a study finds", &[]);
        check("Perishable goods rot at the port", &[]);
        check("Paper withdraws its report on Quell", &[Turn::Denial]);
    }
}
