//! The news in a text: what it states that no other text of its event states.
//!
//! Comes in: a text, and the texts of its event that came before. Goes out: the sentence that states something
//! new, if there is one. It judges words, and never knows an alert or a subscription.

use std::collections::BTreeSet;

use wirefold_fold::stem;
use wirefold_proto::{AlertArticle, ArticleFetched, FigureRole};
use wirefold_text::Text;
use wirefold_text::extract::numbers;

use super::figures::figures_of;
use super::statement::{
    YEARS, first_sentence, is_of_before, is_of_the_past, sentences, shortened, without_outlet,
};

/// A text, and what an alert stores of it.
pub(crate) type StoredText = (AlertArticle, ArticleFetched);

/// A text of an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EventText<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    /// Whether it is an earlier version of the text that is judged.
    pub(crate) is_earlier_version: bool,
}

/// Something that no earlier text of the event states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    /// The sentence of news, or the title of a text that is a title alone.
    pub(crate) sentence: String,
    /// Whether it is a decisive turn, such as a death or an arrest, or a higher toll.
    pub(crate) is_decisive: bool,
}

/// A statement is new if the event has less than this share of its words, in percent.
const KNOWN: usize = 50;
/// The same for a title alone, which may say the known in other words.
const KNOWN_TITLE: usize = 34;
/// The least words of a statement that can be compared.
const LEAST: usize = 3;
/// A turn counts as stated if it stands in the title or in this many sentences.
const OPENING: usize = 6;

/// The news in a text. None if no other text of the event is known. `is_translated` says whether all of those are
/// in other languages, and is only called if no turn is new.
pub(crate) fn news(
    own: &EventText<'_>,
    known: &[EventText<'_>],
    is_translated: impl FnOnce() -> bool,
) -> Option<News> {
    if known.is_empty() {
        return None;
    }
    let statements = Statements::of(own, known);
    let openings = known.iter().flat_map(opening).filter(|said| !is_of_the_past(said));
    let openings: Vec<String> = openings.collect();
    let stated = stated_turns(&openings);
    let known_tolls: Vec<(FigureRole, u64)> = openings.iter().flat_map(|it| tolls(it)).collect();
    let is_feature = is_feature(own.title);
    let deaths: Vec<&str> = openings.iter().filter_map(|said| further_death(said)).collect();
    let is_new_turn = |said: &str| {
        let is_further = further_death(said).is_some_and(|which| !deaths.contains(&which));
        let is_past = is_of_the_past(said);
        let is_old =
            |turn: &Turn| is_past && matches!(turn, Turn::Death | Turn::Injury | Turn::Missing);
        is_further || turns(said).iter().any(|turn| !is_old(turn) && !stated.contains(turn))
    };
    let is_higher = |said: &str| {
        let is_new = |(role, toll): (FigureRole, u64)| {
            let of_role = || known_tolls.iter().filter(|it| it.0 == role).map(|it| it.1);
            // A lower number may be of the dead of another place. Of the missing, some were found.
            let is_another =
                role == FigureRole::Killed && toll > 2 && of_role().all(|it| it != toll);
            // A person without a number is one.
            toll > of_role().max().unwrap_or(1) || is_another
        };
        !is_feature && tolls(said).into_iter().any(is_new)
    };
    let mut all = statements.title.iter().chain(&statements.sentences);
    let is_turn = |said: &&String| is_new_turn(said) || is_higher(said) && !is_of_the_past(said);
    if let Some(said) = all.find(is_turn) {
        let is_title = statements.title.as_ref() == Some(said);
        let sentence = statements.sentences.first().filter(|_| is_title).unwrap_or(said);
        return Some(News { sentence: shortened(sentence), is_decisive: true });
    }
    let is_background = is_of_before(own.title);
    if is_feature || is_background || !statements.are_new(known) || is_translated() {
        return None;
    }
    let sentence = statements.sentences.first().or(statements.title.as_ref())?;
    Some(News { sentence: shortened(sentence), is_decisive: false })
}

/// The statements of a text that may be news: its title if it is new, and its first new sentence. Of a live
/// page, the beginnings of the entries that were added.
struct Statements {
    title: Option<String>,
    sentences: Vec<String>,
    is_live: bool,
}

impl Statements {
    fn of(own: &EventText<'_>, known: &[EventText<'_>]) -> Self {
        let versions = || known.iter().filter(|other| other.is_earlier_version);
        let is_known_title = versions().any(|other| other.title == own.title);
        let title = (!is_known_title).then(|| own.title.to_owned());
        let has_version = versions().next().is_some();
        let is_live = has_version && own.text.lines().any(is_entry);
        let sentences = match is_live {
            true => {
                let added = own.text.lines().filter(|line| {
                    is_entry(line) && !versions().any(|other| other.text.contains(line.trim()))
                });
                added.map(|line| line.trim().to_owned()).collect()
            }
            false => {
                let first = sentences(own.text).into_iter().next();
                let is_old = |said: &String| versions().any(|other| other.text.contains(&**said));
                first.filter(|said| !is_old(said)).into_iter().collect()
            }
        };
        Self { title, sentences, is_live }
    }

    /// Whether most words of title and sentence are in no text of the event. An entry of a live page needs no
    /// new title.
    fn are_new(&self, known: &[EventText<'_>]) -> bool {
        let asked = match (&self.title, self.sentences.as_slice()) {
            (Some(title), []) if !self.is_live => vec![(title, KNOWN_TITLE)],
            (Some(title), [said]) if !self.is_live => vec![(title, KNOWN), (said, KNOWN)],
            _ => return false,
        };
        // The number of its words, those that no text has yet, and the percentage that may be known.
        let counted = |(said, most): (&String, usize)| {
            let rest = words(said);
            (rest.len(), rest, most)
        };
        let mut asked: Vec<_> = asked.into_iter().map(counted).collect();
        // The first texts tell most of what is known.
        known.iter().flat_map(|other| [other.title, other.text]).all(|other| {
            let theirs = words(other);
            asked.iter_mut().all(|(all, rest, most)| {
                rest.retain(|word| !theirs.contains(word));
                *all >= LEAST && (*all - rest.len()) * 100 < *all * *most
            })
        })
    }
}

/// Whether a line begins an entry of a live page, such as `14:02 The bridge is open again.`
fn is_entry(line: &str) -> bool {
    let mut start = line.trim_start().chars();
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let (one, two) = (start.next(), start.next());
    is_digit(one)
        && is_digit(two)
        && matches!(start.next(), Some(':' | '.'))
        && is_digit(start.next())
}

/// Whether a title belongs to an explainer, a quotation or a collection: it announces, and states nothing.
pub(super) fn is_feature(title: &str) -> bool {
    const FIRST: [&str; 9] =
        ["what", "how", "why", "watch", "who", "when", "video", "photos", "opinion"];
    let title = without_outlet(title).trim().to_lowercase();
    let first = title.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    title.starts_with(['‘', '“', '\'', '«', '"', '„'])
        || title.ends_with('?')
        || FIRST.contains(&first)
}

/// The beginning of a text: its first sentence, or its title if it has none.
pub(super) fn first_said(text: &EventText<'_>) -> String {
    first_sentence(text.text).unwrap_or_else(|| shortened(text.title))
}

/// Title and first sentences.
fn opening(text: &EventText<'_>) -> Vec<String> {
    let first = sentences(text.text).into_iter().take(OPENING);
    std::iter::once(text.title.to_owned()).chain(first).collect()
}

/// Which further death a statement tells of, as in `a third person dies`.
fn further_death(said: &str) -> Option<&'static str> {
    const WHICH: [&str; 8] =
        ["second", "third", "fourth", "fifth", "sixth", "another", "dritte", "vierte"];
    const WHO: [&str; 9] =
        ["person", "victim", "man", "woman", "child", "worker", "body", "mensch", "opfer"];
    let words: Vec<String> = said.split(' ').map(str::to_lowercase).collect();
    let is_which = |which: &&&str| {
        words
            .windows(2)
            .any(|pair| pair[0] == ***which && WHO.iter().any(|who| pair[1].starts_with(who)))
    };
    let which = WHICH.iter().find(is_which).copied()?;
    turns(said).contains(&Turn::Death).then_some(which)
}

/// The numbers of dead and missing in a statement.
fn tolls(said: &str) -> Vec<(FigureRole, u64)> {
    let counted = figures_of(&Text::new(said)).into_iter().filter_map(|it| {
        let role = it.role.filter(|it| matches!(it, FigureRole::Killed | FigureRole::Missing))?;
        Some((role, it.value.parse().ok()?))
    });
    counted.filter(|(_, value)| !YEARS.contains(value)).collect()
}

/// The words of a statement that carry its meaning, cut to a stem, and its numbers.
fn words(said: &str) -> BTreeSet<String> {
    let text = Text::new(said);
    let all = numbers(&text, 0..text.words().len());
    let is_number = |place: usize| all.iter().any(|number| number.words.contains(&place));
    let plain = text.words().iter().enumerate().filter(|(place, _)| !is_number(*place));
    let plain = plain.map(|(_, word)| text.normal(word));
    let plain = plain.filter(|word| word.chars().count() >= 3 && !COMMON.contains(word));
    let stems = plain.map(|word| stem(word).to_owned());
    stems.chain(all.iter().map(|number| format!("#{}", number.value))).collect()
}

/// Words that are in every report.
#[rustfmt::skip]
const COMMON: [&str; 83] = [
    "the", "and", "for", "with", "from", "are", "was", "were", "been", "its", "his", "her", "their",
    "that", "this", "which", "who", "has", "have", "had", "not", "they", "says", "said", "say",
    "after", "before", "over", "under", "into", "out", "about", "than", "more", "most", "one", "two",
    "new", "will", "would", "could", "may", "when", "while", "where", "what", "how", "but", "also",
    "there", "all", "only", "just", "told", "tell", "people", "police", "officials", "monday",
    "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "late", "early", "night",
    "morning", "evening", "day", "today", "der", "die", "das", "und", "von", "mit", "los", "las",
    "del", "que", "les",
];

/// A turn of events that an editor wants to hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    Death,
    Injury,
    Missing,
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
    Explosion,
}

/// The turns that statements have told, in their order. A strike that was reported off, and whose end was denied since, may end after all.
fn stated_turns(said: &[String]) -> Vec<Turn> {
    let is_denied = |turn: &Turn| matches!(turn, Turn::Off | Turn::AllClear);
    said.iter().map(|it| turns(it)).fold(Vec::new(), |mut stated, mut told| {
        if told.contains(&Turn::Denial) {
            stated.retain(|turn| !is_denied(turn));
            told.retain(|turn| !is_denied(turn));
        }
        stated.extend(told);
        stated
    })
}

/// Beginnings of words and phrases, in lower case.
#[rustfmt::skip]
const TURNS: [(Turn, &[&str]); 17] = [
    (Turn::Death, &["dead", "death", "died", "dies", "kill", "fatal", "toll", "tote", "gestorben", "starb", "tot ", "ums leben", "getötet", "muert", "fallec", "murió", "tués", "mort", "morti", "погиб", "убит", "загин", "قتلى", "مقتل", "死者", "死亡", "遇难"]),
    (Turn::Injury, &["hurt", "injur", "wounded", "verletzt", "herid", "blessé", "hospital", "ferit", "ранен", "поранен", "جرحى", "けが", "受伤"]),
    (Turn::Missing, &["missing", "trapped", "cut off", "vermisst", "eingeschlossen", "desaparecid", "disparu", "dispers", "пропал", "зникл", "مفقود", "行方不明", "失踪"]),
    (Turn::Arrest, &["arrest", "detained", "caught", "in custody", "festgenommen", "verhaftet", "detuvo", "detenid", "arrêté", "задержа", "затрима", "اعتقال", "逮捕", "被捕"]),
    (Turn::Charge, &["charged", "indicted", "angeklagt", "imputad", "inculpé", "обвин"]),
    (Turn::Verdict, &["verdict", "guilty", "acquitted", "convicted", "verurteilt", "freigesprochen", "condenad", "condamné", "приговор", "السجن", "判決"]),
    (Turn::Sentence, &["sentenced", "years in prison", "in jail", "behind bars", "jahren haft", "años de prisión", "ans de prison"]),
    (Turn::Release, &["freed", "frees ", "set free", "released from", "releases hostages", "freigelassen", "liberad", "libéré"]),
    (Turn::Resignation, &["resign", "steps down", "stepped down", "quits", "concede", "zurückgetreten", "tritt zurück", "rücktritt", "dimite", "dimisión", "démission", "dimission", "отставк", "استقال", "辞任"]),
    (Turn::Rescue, &["rescue", "alive", "saved", "survive", "gerettet", "rescatad", "sauvé", "salvat", "спасен", "إنقاذ", "救出"]),
    (Turn::AtLarge, &["at large", "flees", "manhunt", "on the run", "slipping away", "auf der flucht", "huye", "en fuite"]),
    (Turn::Shelter, &["stay indoors", "stay inside", "shelter", "evacuat", "leave their homes", "from their homes", "leave at once", "flee", "evakuier", "evacuad", "évacu", "эвакуа", "避難"]),
    (Turn::AllClear, &["all clear", "lifted", "lift stay", "may return", "go home", "is out", "entwarnung", "levantad"]),
    (Turn::Off, &["called off", "calls off", "averted", "is off", "go back to work", "abgesagt", "abgewendet"]),
    (Turn::Denial, &["denies", "denied", "denial", "has not", "not true", "withdraw", "dementier", "desmiente", "dément"]),
    (Turn::Halt, &["halted", "suspend", "freezes", "stopped withdrawals", "stops withdrawals", "ausgesetzt"]),
    (Turn::Explosion, &["explosion", "explod", "explosión", "взрыв", "انفجار", "爆発"]),
];

/// Words before a turn that deny or only ask for it.
const NOT: [&str; 12] = [
    "not ", "no ", "n’t ", "n't ", "denies ", "denied ", "rejects ", "calls to ", "without ",
    "nicht ", "keine ", "whether ",
];
/// How far before a turn such a word is looked for, in characters.
const NEAR: usize = 24;

fn turns(said: &str) -> Vec<Turn> {
    let said = said.to_lowercase();
    let begins = |at: usize, word: &str| {
        let before = said.get(..at).and_then(|text| text.chars().next_back());
        word.chars().next().is_some_and(|c| c > '\u{5ff}')
            || !before.is_some_and(char::is_alphanumeric)
    };
    let is_denied = |at: usize| {
        let start = said[..at].char_indices().rev().nth(NEAR).map_or(0, |(start, _)| start);
        NOT.iter().any(|not| said[start..at].contains(not))
    };
    let has = |turn: Turn, word: &str| {
        let own = matches!(turn, Turn::Denial | Turn::AllClear | Turn::Off);
        said.match_indices(word).any(|(at, _)| begins(at, word) && (own || !is_denied(at)))
    };
    let found = TURNS.iter().filter(|(turn, all)| all.iter().any(|word| has(*turn, word)));
    found.map(|(turn, _)| *turn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<'a>(title: &'a str, text: &'a str) -> EventText<'a> {
        EventText { title, text, is_earlier_version: false }
    }

    fn check(known: &[EventText<'_>], own: &EventText<'_>, expected: Option<bool>) {
        let found = news(own, known, || false);
        assert_eq!(found.as_ref().map(|news| news.is_decisive), expected, "{found:?}");
    }

    #[test]
    fn a_turn_is_news_once() {
        let first = text("Shots fired in Kell", "Shots were fired at a market in Kell on Friday.");
        let arrest = text("Man held after Kell shots", "Police arrested a man on Friday.");
        check(&[first], &arrest, Some(true));
        let again =
            text("Kell: one arrest", "A man was arrested after the shots at a market in Kell.");
        check(&[first, arrest], &again, None);
        let none = text("No arrest in Kell", "There was no arrest after the shots in Kell.");
        check(&[first], &none, None);
    }

    #[test]
    fn an_article_about_last_winter_is_background() {
        let first = text("Bus crash near Kell", "A bus left the road near Kell on Friday.");
        let same = "Slopes of the valley claimed ten lives in snow and fog, archives show.";
        check(&[first], &text("Last winter’s accidents in the valley", same), None);
    }

    #[test]
    fn a_denied_end_may_come_true() {
        let off =
            text("Kell strike is off", "The union called off the strike in Kell, sources said.");
        let denial = text("Union denies report", "The union denied that the strike is over.");
        let over =
            text("Kell strike averted", "The strike in Kell was called off, both sides said.");
        check(&[off], &over, None);
        check(&[off, denial], &over, Some(true));
    }

    #[test]
    fn a_higher_toll_is_news_and_a_year_is_not() {
        let first = text("Ferry sinks", "Three people died when the ferry sank off Kell.");
        check(
            &[first],
            &text("Ferry toll rises to 8", "The death toll off Kell rose to 8."),
            Some(true),
        );
        check(
            &[first],
            &text("Ferry sinks", "Three people died off Kell, where a ferry sank in 2004."),
            None,
        );
    }

    #[test]
    fn more_missing_are_news_and_fewer_are_not() {
        let first = text("Two killed in Kell", "A wall killed two people. One person is missing.");
        let five = "Bridge in Kell gives way, five workers missing";
        check(&[first], &text(five, "The bridge gave way under the workers."), Some(true));
        let many = text("Nine people missing in Kell", "Nine people are missing in Kell.");
        check(
            &[many],
            &text("Three people still missing in Kell", "Three are missing in Kell."),
            None,
        );
    }

    #[test]
    fn a_statement_without_counterpart_is_news_in_its_language_only() {
        let first =
            text("Strike called in Lowport", "Dockers will strike from Monday, their union said.");
        let own = text(
            "Minister offers wage deal of four percent",
            "Transport minister Ada Quell put an offer of four percent on the table.",
        );
        check(&[first], &own, Some(false));
        assert_eq!(news(&own, &[first], || true), None, "in another language");
        check(&[first], &EventText { title: "What the offer means", ..own }, None);
        check(&[], &own, None);
    }

    #[test]
    fn of_a_live_page_the_added_entry_is_judged() {
        let before = EventText {
            is_earlier_version: true,
            ..text("LIVE: Leak in Kell", "10:02 Chlorine leaks in Kell.\n\n09:50 Sirens.")
        };
        let after = "10:40 A worker has died.\n\n10:02 Chlorine leaks in Kell.\n\n09:50 Sirens.";
        let found = news(&text("LIVE: Leak in Kell", after), &[before], || false);
        assert_eq!(found.map(|news| news.sentence).as_deref(), Some("10:40 A worker has died."));
    }
}
