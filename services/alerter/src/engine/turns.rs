//! Turns of events that an editor wants to hear of, and the words that state them in nine languages.
//!
//! Comes in: a title or a sentence. Goes out: the turns that it states, and not those that it denies, asks for or tells
//! of another year. It knows no text and no alert.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use aho_corasick::AhoCorasick;
use wirefold_text::Text;
use wirefold_text::extract::{
    begins_in_the_past, begins_with_other, ends_in_the_past, is_possible, is_uncertain,
    is_verb_die, numbers,
};

use super::figures::FOUND;

/// A turn of events that an editor wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Death,
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
    Off,
    Denial,
    Halt,
    Frozen,
    /// A rate or an election is decided.
    Decided,
    /// Two sides agree.
    Deal,
    /// Something bursts, falls in, sinks or derails.
    Collapse,
    Explosion,
    /// Homes and other buildings are lost.
    Destruction,
    /// A company cannot pay any more.
    Bankruptcy,
    /// Another act of a government, a company or a court, by its verb.
    Act(&'static str),
}

impl Turn {
    /// All but the acts.
    #[rustfmt::skip]
    const NAMED: [Self; 25] = [
        Self::Death, Self::DeathOfSuspect, Self::Injury, Self::Missing, Self::Found, Self::Arrest, Self::Charge, Self::Verdict,
        Self::Sentence, Self::Release, Self::Resignation, Self::Rescue, Self::AtLarge, Self::Shelter, Self::AllClear, Self::Off,
        Self::Denial, Self::Halt, Self::Frozen, Self::Decided, Self::Deal, Self::Collapse, Self::Explosion, Self::Destruction,
        Self::Bankruptcy,
    ];

    /// Whether the date behind its words is its own. That of a court is often the date of the deed.
    pub(super) fn happens(self) -> bool {
        use Turn::{Collapse, Death, Destruction, Explosion, Found, Injury, Missing, Rescue};
        matches!(
            self,
            Collapse | Death | Destruction | Explosion | Found | Injury | Missing | Rescue
        )
    }

    /// Whether it is over in a sentence of the past. An act of a court or of the police often has the date of the deed.
    pub(super) fn is_over(self) -> bool {
        use Turn::{
            Act, Bankruptcy, Collapse, Deal, Decided, Destruction, Halt, Off, Rescue, Resignation,
        };
        let is_of_body =
            matches!(self, Act(_) | Bankruptcy | Deal | Decided | Halt | Off | Resignation);
        is_of_body || matches!(self, Collapse | Destruction | Rescue)
    }

    /// Whether it happens to people, of whom others may follow.
    pub(super) fn counts_people(self) -> bool {
        use Turn::{Arrest, Charge, Death, Found, Release, Rescue, Verdict};
        matches!(self, Arrest | Charge | Death | Found | Release | Rescue | Verdict)
    }

    /// Whether somebody does it, so that others may ask for it.
    fn is_done(self) -> bool {
        !matches!(self, Self::Death | Self::Denial | Self::Injury | Self::Missing)
    }

    /// Whether it is news further down in a text, too: it ends something, somebody died, or people
    /// are in danger.
    pub(super) fn is_grave(self) -> bool {
        use Turn::{Act, Denial, Explosion, Injury, Missing};
        !matches!(self, Act(_) | Denial | Explosion | Injury | Missing)
    }
}

/// The turns that a statement tells. A question tells none.
pub(super) fn turns(said: &str) -> Vec<Turn> {
    let said = said.to_lowercase();
    if said.trim_end().ends_with('?') {
        return Vec::new();
    }
    let words = words_of_turns(&said, false);
    let missing = words.iter().find(|(turn, _)| *turn == Turn::Missing);
    let found = missing.filter(|(_, word)| are_found(&said, word)).map(|_| Turn::Found);
    words.iter().map(|(turn, _)| *turn).chain(found).collect()
}

/// The turns that a statement of this year tells as news, and not of an earlier year: `In 2011 a bridge collapsed here`.
pub(super) fn turns_of(said: &str, year: u64) -> Vec<Turn> {
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

/// The turns that a statement says are not so: `denied that anybody had been arrested`.
pub(super) fn denied_turns(said: &str) -> Vec<Turn> {
    let said = said.to_lowercase();
    words_of_turns(&said, true).into_iter().map(|(turn, _)| turn).collect()
}

/// The turns that a statement in lower case tells, or those that it denies, each with the first words for it.
fn words_of_turns(said: &str, denied: bool) -> Vec<(Turn, Range<usize>)> {
    type Stated = (Turn, Arc<Need>);
    static ANY: LazyLock<(AhoCorasick, Vec<Stated>)> = LazyLock::new(|| {
        let (mut words, mut of) = (Vec::new(), Vec::new());
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let read = TurnWords::read(line);
            let need = Arc::new(read.need);
            of.extend(read.words.iter().map(|_| (read.turn, need.clone())));
            words.extend(read.words);
        }
        (AhoCorasick::new(words).expect("some hundred words can be looked for"), of)
    });
    let (words, of) = &*ANY;
    let mut found: Vec<(Turn, Range<usize>)> = Vec::new();
    for word in words.find_overlapping_iter(said) {
        let (turn, need) = &of[word.pattern().as_usize()];
        let word = TurnWord { said, turn: *turn, place: word.range() };
        if found.iter().all(|(other, _)| other != turn) && word.names(need, denied) {
            found.push((*turn, word.place));
        }
    }
    found
}

/// Whether a word begins like one for a person.
pub(super) fn is_person(word: &str) -> bool {
    #[rustfmt::skip]
    const WHO: [&str; 38] = [
        "people", "crew", "women", "men", "suspect", "brother", "sister", "captive", "tote", "verdächtig", "person", "victim", "man", "woman", "child", "boy", "girl", "teenager", "student", "worker", "miner", "sailor",
        "firefighter", "fireman", "policeman", "officer", "soldier", "climber", "hiker", "driver", "passenger",
        "patient", "resident", "hostage", "body", "mensch", "opfer", "feuerwehrmann",
    ];
    let begins =
        |with: &&str| word.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    WHO.iter().any(begins)
}

/// A word for a turn in a statement in lower case.
struct TurnWord<'a> {
    said: &'a str,
    turn: Turn,
    place: Range<usize>,
}

impl<'a> TurnWord<'a> {
    /// Its clause before it, which begins with a space.
    fn before(&self) -> String {
        let clause = self.said[..self.place.start].rsplit(ENDS_CLAUSE).next();
        format!(" {}", clause.unwrap_or_default().trim_start())
    }

    /// Its clause behind it.
    fn behind(&self) -> &'a str {
        self.said[self.place.end..].split(ENDS_CLAUSE).next().unwrap_or_default()
    }

    /// Whether it names its turn as one that is so, or else as one that is denied.
    fn names(&self, need: &Need, denied: bool) -> bool {
        let Range { start, end } = self.place;
        let is_verb = || is_verb_die(&self.said[..start], &self.said[end..]);
        // Most words that begin like this one are something else, so its clause comes last.
        if !self.begins() || matches!(need, Need::EnglishVerb) && !is_verb() {
            return false;
        }
        let before = self.before();
        let has =
            |all: &[&str]| all.iter().any(|it| before.contains(it) || self.behind().contains(it));
        let is_there = match need {
            Need::Nothing | Need::EnglishVerb => true,
            Need::InClause(all) => has(all),
            Need::NotInClause(all) => !has(all),
            Need::Behind(all) => self.is_before(all),
            Need::Custody => self.is_custody(),
        };
        is_there && !self.is_other() && self.is_denied(&before) == denied && !self.is_open(&before)
    }

    /// Whether a word begins here. Scripts without spaces have no such places.
    fn begins(&self) -> bool {
        let (before, word) = self.said.split_at(self.place.start);
        word.starts_with(|c| c > '\u{5ff}') || !before.ends_with(char::is_alphanumeric)
    }

    /// Whether it says something else.
    fn is_other(&self) -> bool {
        let word = &self.said[self.place.start..];
        begins_with_other(word) || OTHERS.iter().any(|it| word.starts_with(it))
    }

    /// Whether the turn is denied.
    fn is_denied(&self, before: &str) -> bool {
        let (said, place) = (self.said, &self.place);
        let behind = behind_relative(before);
        let start = said[..place.start].char_indices().rev().nth(NEAR).map_or(0, |(at, _)| at);
        let start = behind.map_or(start, |it| start.max(place.start - it.len()));
        let before = behind.unwrap_or(before);
        // It denies all of its clause: `denied on Monday that anybody had been arrested`.
        let is_verb = |verb: &&str| {
            before.rsplit_once(*verb).is_some_and(|(_, of)| !JOINS.iter().any(|it| of.contains(it)))
        };
        !matches!(self.turn, Turn::Denial | Turn::Off)
            && (is_denied(said, start..place.start) || DENIES.iter().any(is_verb))
    }

    /// Whether it says that somebody is in custody: `Teenager held over stabbing`, `Woman, 22, held after shooting`.
    fn is_custody(&self) -> bool {
        let mut before = self.said[..self.place.start].split_whitespace().rev();
        let is_age = |word: &&str| word.trim_end_matches(',').parse::<u8>().is_ok();
        let who = before.find(|word| !is_age(word)).map(|word| word.trim_end_matches(','));
        let is_number = |word: &str| {
            let text = Text::new(word);
            !numbers(&text, 0..text.words().len()).is_empty()
        };
        let next = self.behind().split_whitespace().next().unwrap_or_default();
        ["over", "after", "for", "in", "on", "by"].contains(&next)
            && who.is_none_or(|who| is_person(who) || is_number(who))
    }

    /// Whether the turn only may be, or is asked for.
    fn is_open(&self, before: &str) -> bool {
        let (said, place) = (self.said, &self.place);
        let has = |phrases: &[&str]| phrases.iter().any(|it| before.contains(it));
        let next = said[place.end..].trim_start_matches(char::is_alphanumeric);
        let next = next.split_whitespace().next().unwrap_or_default();
        is_possible(next)
            || has(&ASKS)
            || self.turn == Turn::Sentence && has(&FACES)
            || self.turn.is_done() && self.is_requested(before)
    }

    /// Whether the clause only asks for the turn, threatens with it or tries it. An order to take shelter is itself the
    /// turn.
    fn is_requested(&self, before: &str) -> bool {
        let is_request = |it: &str| REQUESTS.iter().any(|request| it.starts_with(request));
        let is_for = |it: &str| FOR.contains(&it) && (self.turn != Turn::Shelter || it == "for");
        let mut near = before.split_whitespace().rev().skip_while(|it| ARTICLES.contains(it));
        let is_object = near.next().is_some_and(|it| is_for(it) || is_request(it));
        let is_noun = NOUNS.contains(&&self.said[self.place.clone()]);
        (is_object || is_noun) && before.split_whitespace().any(is_request)
            || is_noun && self.behind().split_whitespace().any(is_request)
    }

    /// Whether one of these words stands behind it, with no number, no denial and no end of a clause between: a gunman who
    /// left three dead is alive.
    fn is_before(&self, words: &[&str]) -> bool {
        let (end, near) = (self.place.end, self.behind());
        let near = near.char_indices().nth(NEAR * 2).map_or(near, |(at, _)| &near[..at]);
        let found = words.iter().filter_map(|word| near.find(&format!(" {word}"))).min();
        found.is_some_and(|at| {
            let between = Text::new(&near[..at]);
            numbers(&between, 0..between.words().len()).is_empty()
                && !is_denied(self.said, end..end + at + 1)
        })
    }
}

/// Whether the clause of a word for missing people says that they are found.
fn are_found(said: &str, missing: &Range<usize>) -> bool {
    let start = said[..missing.start].rfind(ENDS_CLAUSE).unwrap_or(0);
    let end = said[missing.end..].find(ENDS_CLAUSE).map_or(said.len(), |end| missing.end + end);
    FOUND.iter().any(|word| said[start..end].contains(word)) && !is_denied(said, start..end)
}

/// The end of a clause behind a relative one that denies: that of `clerk who denied theft` ends with `was found guilty`.
fn behind_relative(clause: &str) -> Option<&str> {
    const VERBS: [&str; 6] = [" is ", " are ", " was ", " were ", " has ", " have "];
    let behind = RELATIVE.iter().filter_map(|it| clause.find(it).map(|at| at + it.len())).max()?;
    let inside = &clause[behind..];
    let end = VERBS.iter().filter_map(|it| inside.find(it)).min()?;
    (!inside.contains(" that ")).then(|| &inside[end..])
}

/// Whether a part of a statement in lower case has words that deny, only ask for or hope for something.
fn is_denied(said: &str, part: Range<usize>) -> bool {
    const PHRASES: [&str; 6] =
        ["fail to ", "fails to ", "failed to ", "would have ", "would be ", "save "];
    // It may begin inside a word.
    let is_inside = said[..part.start].ends_with(char::is_alphanumeric);
    let of = &said[part];
    let of = if is_inside { of.trim_start_matches(char::is_alphanumeric) } else { of };
    is_uncertain(of) || PHRASES.iter().any(|it| of.contains(it))
}

/// The ends of a clause.
const ENDS_CLAUSE: [char; 6] = [',', ';', ':', '.', '、', '。'];
/// Verbs that deny the rest of their clause …
const DENIES: [&str; 11] = [
    " denied ", " denies ", " deny ", " denying ", " ruled out ", " rules out ", " rule out ",
    " dementiert", " desmintió ", " desmiente ", " a démenti ",
];
/// … in a relative clause that of its subject alone …
const RELATIVE: [&str; 4] = [" who denied", " who denies", " who had denied", " who has denied"];
/// … up to one of these.
const JOINS: [&str; 6] = [" but ", " and ", " aber ", " und ", " pero ", " mais "];
/// How far before a turn a word that denies it is looked for, in characters.
const NEAR: usize = 24;

/// The table of turns. The first lines of the file explain the columns.
const TABLE: &str = include_str!("../../data/turns.tsv");

/// A turn, the beginnings of words and phrases for it in lower case, and what else must be there.
struct TurnWords {
    turn: Turn,
    need: Need,
    words: Vec<&'static str>,
}

impl TurnWords {
    fn read(line: &'static str) -> Self {
        let mut columns = line.split('\t');
        let mut column = || columns.next().unwrap_or_default();
        let (turn, need, others, words) = (column(), column(), column(), column());
        let (others, words) = (others.split('|').collect(), words.split('|').collect());
        let need = match need {
            "in clause" => Need::InClause(others),
            "not in clause" => Need::NotInClause(others),
            "behind" => Need::Behind(others),
            "verb" => Need::EnglishVerb,
            "custody" => Need::Custody,
            _ => Need::Nothing,
        };
        let named = Turn::NAMED.into_iter().find(|it| format!("{it:?}") == turn);
        Self { turn: named.unwrap_or(Turn::Act(turn)), need, words }
    }
}

/// The condition under which a word states a turn: much else is lifted, off or safe.
enum Need {
    Nothing,
    /// One of these in its clause.
    InClause(Vec<&'static str>),
    /// None of these in its clause.
    NotInClause(Vec<&'static str>),
    /// One of these behind it, close and in its clause.
    Behind(Vec<&'static str>),
    /// It is `die` as an English verb.
    EnglishVerb,
    /// It is `held`, of somebody in custody.
    Custody,
}

/// Beginnings of words that begin like a turn and say something else, besides [`begins_with_other`].
const OTHERS: [&str; 46] = [
    "arrest warrant", "dead end", "dead heat", "fire brigade", "fire captain", "fire chief",
    "fire department", "fire marshal", "fire service", "firefight", "survived by", "freedom",
    "hospitality", "hospitalité", "hospitalidad", "resigned to", "hospitalier", "killer whale",
    "rescuer", "rescue boat", "rescue crew", "rescue effort", "rescue mission", "rescue attempt",
    "rescue bid", "rescue is under", "rescue service", "rescue was under", "rescue operation",
    "rescue team", "rescue under", "rescue worker", "missing link", "mortal", "mortem", "suspense",
    "toll booth", "toll bridge", "toll gate", "toll house", "toll lane", "toll plaza", "toll road",
    "tollbooth", "tolle", "tolling",
];

/// Words that ask in a clause whether it is so, or say under which condition.
const ASKS: [&str; 3] = [" whether ", " ob ", " if "];
/// Words for a sentence that a court may give.
const FACES: [&str; 4] = [" faces ", " face ", " up to ", " risk"];
/// Beginnings of words for a request, a threat or an attempt.
#[rustfmt::skip]
const REQUESTS: [&str; 41] = [
    "call", "urg", "demand", "threat", "ask", "seek", "sought", "warrant", "try", "tries", "tried", "attempt", "refus", "declin",
    "press", "petition", "plan", "vow", "hope", "want", "consider", "weigh", "fight", "expect", "likely", "poised", "prepar", "forder", "geforder", "verlang", "droht",
    "drängt", "exig", "piden", "pide", "pidi", "réclam", "chied", "chiest", "требу", "nahe",
];
/// Words between a request and what it asks for: `calls for the arrest`, `threatens to resign`.
const FOR: [&str; 4] = ["to", "for", "of", "be"];
const ARTICLES: [&str; 10] = ["the", "a", "an", "his", "her", "their", "den", "die", "la", "sa"];
/// Nouns whose clause may have a request anywhere: `den Rücktritt der Ministerin gefordert`.
const NOUNS: [&str; 4] = ["rücktritt", "dimisión", "démission", "отставк"];

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a statement tells a turn.
    fn check(said: &str, turn: Turn, expected: bool) {
        assert_eq!(turns(said).contains(&turn), expected, "{said}");
    }

    #[test]
    fn the_table_is_well_formed() {
        const NEEDS: [&str; 6] = ["", "in clause", "not in clause", "behind", "verb", "custody"];
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let is_act = matches!(TurnWords::read(line).turn, Turn::Act(_));
            assert_eq!(columns.len(), 4, "{line}");
            assert_eq!(is_act, columns[0].starts_with(char::is_lowercase), "{line}");
            assert!(NEEDS.contains(&columns[1]), "{line}");
            assert!(columns[3].split('|').all(|word| !word.trim().is_empty()), "{line}");
        }
    }

    #[test]
    fn talks_do_not_fall_in() {
        for said in ["Rail pay talks collapse", "Truce of Kell collapses", "Ceasefire breaks down"]
        {
            check(said, Turn::Collapse, false);
            check(said, Turn::Act("break off"), true);
        }
        check("Roof of Kell car dealer collapses", Turn::Collapse, true);
        check("Scaffold collapses in Kell, talks go on", Turn::Collapse, true);
    }

    #[test]
    fn a_clerk_may_be_found_guilty_of_a_theft_that_she_denied() {
        for said in [
            "Clerk who denied theft was found guilty",
            "A clerk who has denied taking money from a fund is found guilty",
        ] {
            check(said, Turn::Verdict, true);
        }
        check("Clerk who denied that he was found guilty speaks", Turn::Verdict, false);
        check("Clerk denied that she is guilty", Turn::Verdict, false);
        check("Clerk who denied theft was not found guilty", Turn::Verdict, false);
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
        check("Deal ends Kell strike", Turn::Off, true);
        check("Gunman ran off after Kell shots", Turn::AtLarge, true);
        check("Train ran off the rails at Kell", Turn::AtLarge, false);
        check("Kell strike enters third week as summer ends", Turn::Off, false);
        check("Do not drink tap water, Kell told", Turn::Act("warn"), true);
        check("Moradores de Kell devem ficar em casa", Turn::Shelter, true);
        check("Vulkan bei Kell bricht aus", Turn::Act("erupt"), true);
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
    fn the_death_of_a_suspect_is_a_turn_of_its_own() {
        check("Gunman found dead in Kell", Turn::DeathOfSuspect, true);
        check("The gunman shot himself dead, police said", Turn::DeathOfSuspect, true);
        check("Suspect in Kell shooting killed by police", Turn::DeathOfSuspect, true);
        check("Gunman leaves five dead in Kell", Turn::DeathOfSuspect, false);
        check("Gunman shot three dead in Kell", Turn::DeathOfSuspect, false);
        check("Gunman gives himself up", Turn::DeathOfSuspect, false);
        check("Gunman is not dead, police say", Turn::DeathOfSuspect, false);
    }

    #[test]
    fn a_denied_turn_is_told_apart() {
        let check = |said: &str, told: &[Turn], denied: &[Turn]| {
            assert_eq!(
                (turns(said), denied_turns(said)),
                (told.to_vec(), denied.to_vec()),
                "{said}"
            );
        };
        use Turn::{Arrest, Death, Denial, Resignation};
        check("Nobody was killed", &[], &[Death]);
        check("He denied on Monday at noon that he would resign", &[Denial], &[Resignation]);
        check("Police deny that a man had been arrested over it", &[], &[Arrest]);
        check("Premier rules out resignation", &[], &[Resignation]);
        check("Clerk denied any part in the big theft but resigned", &[Denial, Resignation], &[]);
        check("Clerk denied any part in the big theft and resigned", &[Denial, Resignation], &[]);
    }

    #[test]
    fn somebody_who_is_held_is_arrested() {
        for said in [
            "Teenager held over Kell stabbing",
            "Two held over Kell arson",
            "Woman, 22, held after Kell shooting",
            "12 held after riot in Kell",
            "Suspect held by police",
            "A man is held on suspicion of theft",
        ] {
            check(said, Turn::Arrest, true);
        }
        for said in [
            "Vigil held after Kell shooting",
            "Talks held in Kell",
            "Two held hands in Kell",
            "The summit was held over two days",
        ] {
            check(said, Turn::Arrest, false);
        }
    }

    #[test]
    fn an_act_is_a_turn_and_a_call_for_it_is_none() {
        let check = |said: &str, expected: &[&'static str]| {
            let expected: Vec<Turn> = expected.iter().map(|name| Turn::Act(name)).collect();
            assert_eq!(turns(said), expected, "{said}");
        };
        check("Vardia expels three envoys of Orm", &["expel"]);
        check("Opposition wants Vardia to expel envoys", &[]);
        check("Kell raises bid for Ostrand Mills to 4.10", &["raise", "bid"]);
        check("Bank in Kell caps cash at 300 a day", &["cap"]);
        check("Power restored in Kell", &["restore"]);
        check("Premier to call snap election", &["call a vote"]);
        check("Delegates walk past, minister walks out of talks", &["leave"]);
        check("Kell parliament passes budget", &["pass"]);
        check("A car passes the hotel", &[]);
    }

    #[test]
    fn an_order_to_boil_water_ends() {
        let check = |said: &str, expected: bool| {
            assert_eq!(turns(said).contains(&Turn::AllClear), expected, "{said}");
        };
        check("Boil-water order lifted in Kell", true);
        check("Kell lifts boil-water advisory after two days", true);
        check("Residents no longer need to boil tap water", true);
        check("Das Abkochgebot in Kell ist aufgehoben", true);
        check("L’eau est de nouveau potable à Kell", true);
        check("L’acqua è di nuovo potabile a Kell", true);
        check("L’eau potable manque à Kell", false);
    }

    #[test]
    fn a_turn_that_may_be_or_is_of_something_else_is_none() {
        let check = |said: &str, expected: &[Turn]| assert_eq!(turns(said), expected, "{said}");
        check("Two die in Kell crash", &[Turn::Death]);
        check("Two die as bus falls from bridge in Kell", &[Turn::Death]);
        check("12 die in Kell crash", &[Turn::Death]);
        check("Kell: three rail workers die in crash", &[Turn::Death]);
        check("Die Polizei sucht die in Kell Vermissten", &[Turn::Missing]);
        check("Ministerin könnte zurücktreten, Rücktritt dürfte folgen", &[]);
        check("L’homme n’a pas été arrêté", &[]);
        check("Pas-de-Calais : deux morts", &[Turn::Death]);
        check("Weiss elected mayor of Kell", &[Turn::Decided]);
        check("Kell mayor expected to resign on Monday", &[]);
        check("Tsunami warning for Kell coast cancelled", &[Turn::AllClear]);
        check("Judge lifts ban on rail strike", &[Turn::Act("rule")]);
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
        check("Court bans rail strike", &[Turn::Act("ban")]);
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
