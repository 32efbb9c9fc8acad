//! The news in a text: what it states that no other text of its event states.
//!
//! Comes in: a text, and the texts of its event that came before. Goes out: the sentence that states something
//! new, if there is one. It compares facts, and never knows an alert or a subscription.

use std::cell::LazyCell;

use wirefold_corrections::is_labelled;
use wirefold_proto::FigureRole;
use wirefold_text::Text;
use wirefold_text::extract::{Number, clock_time, is_of_before, numbers};

use super::facts::{ReadText, Said, has_number, words};
use super::statement::{makes_exception, shortened, without_outlet};
use super::turns::{Turn, turns};

/// Something that no earlier text of the event states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    /// The sentence of news, or the title of a text that is a title alone.
    pub(crate) sentence: String,
    /// Whether it is a decisive turn, such as a death or an arrest, or a higher toll.
    pub(crate) is_decisive: bool,
}

/// A statement is new if no text of the event has this share of its words, in percent.
const KNOWN: usize = 45;
/// The news in a text, against the earlier texts of its event. None if there is no earlier text. A copy has news only if a
/// sentence was added that states something decisive.
pub(super) fn news(own: &ReadText, known: &[&ReadText], is_copy: bool) -> Option<News> {
    if known.is_empty() {
        return None;
    }
    let statements = Statements::of(own, known, is_copy);
    // Most statements tell no turn and no toll, so that it does not matter what the earlier texts told.
    let stated = LazyCell::new(|| Stated::by(own, known));
    let is_feature = LazyCell::new(|| is_feature(own.title()));
    let is_higher = |said: &Said| !*is_feature && !said.is_of_the_past && stated.lacks_toll(said);
    // Its outlet takes the higher toll back.
    let before = known.iter().rev().find(|other| own.is_version_of(other));
    let is_lower = |said: &Said| {
        let is_first = own.opening().iter().take(2).any(|it| it == said);
        is_first && before.is_some_and(|before| stated.lacks_fall(said, before))
    };
    let is_new = |said: &&Said| {
        said.tells() && (stated.lacks_turn(said) || is_higher(said) || is_lower(said))
    };
    let mut all = statements.title.iter().chain(&statements.sentences);
    if let Some(said) = all.find(is_new) {
        let is_title = statements.title.as_ref() == Some(said);
        let first =
            if statements.is_live { statements.sentences.first() } else { own.first_sentence() };
        let sentence = first.filter(|_| is_title).unwrap_or(said);
        let adds = |next: &Said| {
            next.turns.iter().any(|it| !sentence.turns.contains(it)) && stated.lacks_turn(next)
        };
        return Some(News { sentence: with_next(own, sentence, adds), is_decisive: true });
    }
    let is_background = || is_of_before(own.title()) || own.title().contains(" still ");
    let is_late =
        || own.opening().iter().take(2).any(|said| said.tells() && stated.has_passed(said));
    if is_copy || *is_feature || is_background() || is_late() || !statements.are_new(own, known) {
        return None;
    }
    // In another language, the known has other words.
    if known.iter().all(|other| other.language() != own.language()) {
        return None;
    }
    let sentence = statements.lede(own).or(statements.title.as_ref())?;
    Some(News { sentence: with_next(own, sentence, |_| false), is_decisive: false })
}

/// A statement of a text, with the next sentence if that makes an exception to it or adds something.
fn with_next(own: &ReadText, said: &Said, adds: impl Fn(&Said) -> bool) -> String {
    let behind = own.opening().iter().skip(1).skip_while(|it| *it != said).nth(1);
    let next = behind.filter(|next| makes_exception(&next.words) || adds(next));
    let both = next.map(|next| format!("{} {}", said.words, next.words));
    shortened(both.as_deref().unwrap_or(&said.words))
}

/// The turns and tolls that the openings of texts state.
struct Stated {
    turns: Vec<Turn>,
    tolls: Vec<(FigureRole, u64)>,
    nth_deaths: Vec<u64>,
    /// The turns of people with the words that count further ones.
    further: Vec<(Turn, &'static str)>,
}

/// The statements that a message about a text may tell: title and first sentence. Of a version and of the first text, also
/// the next one with a grave turn: of others, nobody looks for it.
fn told_of<'a>(text: &'a ReadText, earlier: &[&ReadText]) -> impl Iterator<Item = &'a Said> {
    let (first, behind) = text.opening().split_at(text.opening().len().min(2));
    let grave = |said: &&Said| said.turns.iter().any(|turn| turn.is_grave());
    let is_read = earlier.is_empty() || earlier.iter().any(|it| text.is_version_of(it));
    first.iter().chain(behind.iter().find(grave).filter(|_| is_read))
}

impl Stated {
    /// The turns and tolls of the texts that may be about the same as this one: who died in a fire is not who was stabbed in
    /// the same town.
    fn by(own: &ReadText, known: &[&ReadText]) -> Self {
        let mut same: Vec<(usize, &ReadText)> = known.iter().copied().enumerate().collect();
        same.retain(|(_, text)| own.may_be_about_same(text));
        let openings = same.iter().flat_map(|(place, text)| {
            told_of(text, &known[..*place]).map(|said| (said, text.denied()))
        });
        let openings = openings.filter(|(said, _)| !said.is_of_the_past);
        let openings: Vec<(&Said, &[Turn])> = openings.collect();
        let all = || openings.iter().map(|(said, _)| *said);
        let tolls = all().flat_map(|said| said.tolls.iter().copied()).collect();
        let nth_deaths = all().filter_map(|said| said.nth_death).collect();
        let further = all().flat_map(further_turns).collect();
        // A turn that is no news further down in a text is none in a title either.
        let behind = same.iter().flat_map(|(_, text)| text.opening().iter().skip(2));
        let others = behind.flat_map(|said| said.turns.iter().copied().filter(|it| !it.is_grave()));
        let turns = stated_turns(&openings).into_iter().chain(others).collect();
        Self { turns, tolls, nth_deaths, further }
    }

    fn lacks_turn(&self, said: &Said) -> bool {
        let is_old = |turn: &Turn| {
            said.is_of_the_past && matches!(turn, Turn::Death | Turn::Injury | Turn::Missing)
        };
        // A toll of the same number may be of another place.
        let is_further = said.nth_death.is_some_and(|number| !self.nth_deaths.contains(&number));
        let is_further = is_further || further_turns(said).any(|it| !self.further.contains(&it));
        is_further || said.turns.iter().any(|turn| !is_old(turn) && !self.turns.contains(turn))
    }

    /// Whether a statement has a toll that no text has, lower than any of the version before.
    fn lacks_fall(&self, said: &Said, before: &ReadText) -> bool {
        said.tolls.iter().any(|(role, toll)| {
            let all = before.opening().iter().flat_map(|it| &it.tolls);
            let least = all.filter(|it| it.0 == *role).map(|it| it.1).min();
            least > Some(*toll) && !self.tolls.contains(&(*role, *toll))
        })
    }

    /// Whether a statement has a toll that is lower than one that a text has: it is an older report.
    fn has_passed(&self, said: &Said) -> bool {
        let is_lower = |(role, toll): &(FigureRole, u64)| {
            self.tolls.iter().any(|(other, most)| other == role && most > toll)
        };
        said.tolls.iter().any(is_lower)
    }

    fn lacks_toll(&self, said: &Said) -> bool {
        said.tolls.iter().any(|(role, toll)| {
            let of_role = || self.tolls.iter().filter(|it| it.0 == *role).map(|it| it.1);
            // A person without a number is one.
            let most = of_role().max().unwrap_or(1);
            // A lower toll is an older one or that of another source, unless it names the toll that it replaces.
            let replaces = !said.tolls.contains(&(*role, most)) && has_number(&said.words, most);
            *toll > most || *toll < most && replaces
        })
    }
}

/// The turns of a statement that count further people: the second and third dead have numbers.
fn further_turns(said: &Said) -> impl Iterator<Item = (Turn, &'static str)> {
    let which = said.further.filter(|_| said.nth_death.is_none() && !said.is_of_the_past);
    let turns = said.turns.iter().filter(|turn| turn.counts_people());
    turns.filter_map(move |turn| Some((*turn, which?)))
}

/// The turns that statements have told, in their order, each given with the turns that its text denies. A text whose title or first sentence denies a turn tells it nowhere. A
/// strike that was reported off, and whose end was denied since, may end after all.
fn stated_turns(openings: &[(&Said, &[Turn])]) -> Vec<Turn> {
    let is_denied = |turn: &Turn| matches!(turn, Turn::Off | Turn::AllClear);
    openings.iter().fold(Vec::new(), |mut stated, (said, denied)| {
        let mut told = said.certain_turns();
        told.retain(|turn| !denied.contains(turn));
        if told.contains(&Turn::Denial) {
            stated.retain(|turn| !is_denied(turn));
            told.retain(|turn| !is_denied(turn));
        }
        stated.extend(told);
        stated
    })
}

/// The statements of a text that may be news: its title if it is new, and its first sentence. Of a version, also
/// sentences with grave turns that were added to its opening; of a live page, the beginnings of the added entries. A
/// copy has the statements of a version: its title is only another one for the same text.
struct Statements {
    title: Option<Said>,
    sentences: Vec<Said>,
    is_live: bool,
}

impl Statements {
    fn of(own: &ReadText, known: &[&ReadText], is_copy: bool) -> Self {
        let is_version = |other: &&ReadText| is_copy || own.is_version_of(other);
        let versions: Vec<_> = known.iter().copied().filter(is_version).collect();
        let is_known_title = is_copy || versions.iter().any(|it| it.title() == own.title());
        let title = own.opening().first().filter(|_| !is_known_title).cloned();
        let added = added_entries(own, &versions);
        let is_live = added.is_some();
        let is_old = |said: &str| versions.iter().any(|other| other.text().contains(said));
        let sentences = match added {
            // An entry that corrects another is told as a correction.
            Some(added) => {
                let news = added.into_iter().filter(|line| !is_labelled(line));
                news.map(|line| own.statement(line)).collect()
            }
            None => {
                let judged = if versions.is_empty() { 1 } else { own.opening().len() };
                let opening = own.opening().iter().skip(1).take(judged);
                let is_judged = |(at, said): &(usize, &Said)| {
                    let is_dated = |turn: &Turn| said.is_of_the_past && turn.is_over();
                    *at == 0 || said.turns.iter().any(|turn| turn.is_grave() && !is_dated(turn))
                };
                let new = opening.enumerate().filter(is_judged).map(|(_, said)| said);
                new.filter(|said| !is_old(&said.words)).cloned().collect()
            }
        };
        Self { title, sentences, is_live }
    }

    /// The first sentence, if no earlier version has it.
    fn lede(&self, own: &ReadText) -> Option<&Said> {
        self.sentences.first().filter(|said| own.first_sentence() == Some(said))
    }

    /// Whether no text of the event has most words of the title, or of the first sentence. An entry of a live page needs no
    /// new title.
    fn are_new(&self, own: &ReadText, known: &[&ReadText]) -> bool {
        let Some(title) = self.title.as_ref().filter(|_| !self.is_live) else { return false };
        match self.lede(own) {
            None => is_new(title, known),
            Some(lede) => [title, lede].iter().all(|said| is_new(said, known)),
        }
    }
}

/// Whether a statement says what no text says: none has most of its words.
fn is_new(said: &Said, known: &[&ReadText]) -> bool {
    let all = words(&Text::new(&said.words));
    known.iter().all(|other| other.share_of(&all).is_some_and(|share| share < KNOWN))
}

/// The beginnings of the entries that a live page has and these earlier versions lack. None if it is no live page or has
/// no earlier version.
pub(super) fn added_entries<'a>(own: &'a ReadText, versions: &[&ReadText]) -> Option<Vec<&'a str>> {
    let lines = || own.text().lines().map(str::trim);
    let is_entry = |line: &&str| clock_time(line) > 0 || is_labelled(line);
    let is_old = |line: &&str| versions.iter().any(|other| other.text().contains(*line));
    let is_live = !versions.is_empty() && lines().any(|line| clock_time(line) > 0);
    is_live.then(|| lines().filter(is_entry).filter(|line| !is_old(line)).collect())
}

/// Whether a title belongs to a feature, whose news is known: it announces, or begins with a quotation.
pub(super) fn is_feature(title: &str) -> bool {
    const BEGINNINGS: [&str; 8] =
        ["the night ", "the day ", "the moment ", "watch", "who ", "when ", "video", "photos"];
    let said = title.to_lowercase();
    announces(title)
        || title.starts_with(['‘', '“', '\'', '«', '"', '„'])
        || BEGINNINGS.iter().any(|it| said.starts_with(it))
}

/// Whether a title belongs to an explainer, an opinion or a list: it reports nothing.
pub(super) fn announces(title: &str) -> bool {
    /// The last word before a colon.
    #[rustfmt::skip]
    const LABELS: [&str; 30] = [
        "opinion", "analysis", "explainer", "explained", "comment", "commentary", "column", "editorial", "essay", "background",
        "factbox", "timeline", "profile", "interview", "podcast", "review", "preview", "q&a", "hintergrund", "kommentar", "analyse",
        "meinung", "leitartikel", "porträt", "chronologie", "décryptage", "análisis", "opinión", "análise", "analisi",
    ];
    /// The nouns behind the number of a list.
    const LISTED: [&str; 8] =
        ["things", "ways", "reasons", "questions", "takeaways", "facts", "tips", "charts"];
    let title = without_outlet(title).trim().to_lowercase();
    let label = title.split_once(':').and_then(|(label, _)| label.split_whitespace().last());
    let text = Text::new(&title);
    let words: Vec<&str> = text.normal_words().collect();
    let is_list = |number: &Number| {
        let behind = words.iter().skip(number.words.end).take(2);
        behind.into_iter().any(|word| LISTED.contains(word))
    };
    title.contains('?')
        || words.first().is_some_and(|first| ["what", "how", "why"].contains(first))
        || label.is_some_and(|label| LABELS.contains(&label))
        || numbers(&text, 0..words.len()).iter().any(is_list)
}

/// Whether a text with this title and beginning is a digest, such as a morning briefing: its lede has no subject.
pub(super) fn is_digest(title: &str, opening: &str) -> bool {
    #[rustfmt::skip]
    const NAMES: [&str; 33] = [
        "morning briefing", "evening briefing", "daily briefing", "weekly briefing", "briefing:", "news in brief",
        "in brief:", "newsletter", "daily digest", "weekly digest", "news digest", "digest:", "roundup", "round-up",
        "top stories", "the headlines", "morning headlines", "evening headlines", "today’s headlines", "today's headlines",
        "at a glance", "news bulletin", "kurznachrichten", "nachrichtenüberblick", "presseschau", "en bref", "en breve",
        "evening digest", "in breve", "boletín de noticias", "resumen de noticias", "сводка новостей", "дайджест",
    ];
    let title = title.to_lowercase();
    NAMES.iter().any(|name| title.contains(name))
        || lists(&title)
        || lists(opening.split(['.', '\n']).next().unwrap_or_default())
}

/// Whether a title has several subjects: a list, or a list behind the name of a digest.
pub(super) fn has_several_subjects(title: &str) -> bool {
    let behind = title.split_once(':').filter(|_| is_digest(title, ""));
    lists(title) || behind.is_some_and(|(_, rest)| rest.contains([';', ',']))
}

/// Whether it lists at least three statements.
fn lists(said: &str) -> bool {
    said.split(';').filter(|part| part.trim().contains(' ')).count() > 2
}

/// The mark between two quoted sentences that do not follow each other.
pub(super) const GAP: &str = " … ";

/// The first sentence of a text, and the next one that states a grave turn which neither it nor the title states.
pub(super) fn first_news(text: &ReadText) -> Option<String> {
    let [title, first, others @ ..] = text.opening() else { return None };
    let adds = |said: &Said| {
        let mut grave = said.certain_turns();
        grave.retain(|turn| turn.is_grave());
        // Also those that title and first sentence tell of another time.
        let is_told = |turn| [title, first].iter().any(|it| turns(&it.words).contains(turn));
        !said.is_of_the_past && !grave.iter().all(is_told)
    };
    let gap = |place: usize| if place == 0 { " " } else { GAP };
    // Behind a gap, nobody knows whom a pronoun means.
    let is_clear = |place: usize, said: &Said| place == 0 || !begins_with_pronoun(&said.words);
    let next = others.iter().enumerate().find(|(_, said)| adds(said));
    let next = next.filter(|(place, said)| is_clear(*place, said));
    let next = next.map(|(place, said)| [&first.words, gap(place), &said.words].concat());
    Some(shortened(next.as_deref().unwrap_or(&first.words)))
}

/// Whether a sentence begins with a word for somebody whom an earlier one names.
fn begins_with_pronoun(said: &str) -> bool {
    #[rustfmt::skip]
    const PRONOUNS: [&str; 21] = [
        "he", "she", "they", "it", "his", "her", "their", "this", "that", "er", "sie", "es", "ihr", "ihre", "sein", "seine", "il",
        "elle", "ils", "elles", "su",
    ];
    let first = said.split(|c: char| !c.is_alphabetic()).find(|word| !word.is_empty());
    first.is_some_and(|word| PRONOUNS.contains(&&*word.to_lowercase()))
}

/// The beginning of a text: its first sentence, or its title if it has none.
pub(super) fn first_said(text: &ReadText) -> String {
    shortened(text.first_sentence().map_or(text.title(), |said| &said.words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str, text: &str) -> ReadText {
        ReadText::sample(title, title, text)
    }

    fn check(known: &[&ReadText], own: &ReadText, expected: Option<bool>) {
        let found = news(own, known, false);
        assert_eq!(found.as_ref().map(|news| news.is_decisive), expected, "{found:?}");
    }

    #[test]
    fn a_first_message_quotes_the_first_sentence_and_the_first_turn_behind_it() {
        let check = |title: &str, said: &str, expected: &str| {
            assert_eq!(first_news(&text(title, said)).as_deref(), Some(expected), "{said}");
        };
        let said = "The captain of a ferry had reported a fault.";
        check("Ferry", &format!("{said} More."), said);
        check("Ferry", &format!("date 2026-03-05 {said} More."), said);
        check("Ferry", &format!("Good evening. {said} More."), said);
        check("Ferry", &format!("Read more\n\nFerry\n\n{said}"), said);
        check("Ferry", &format!("LOWPORT (AP) — {said}"), said);
        let died = format!("{said} Two sailors died.");
        check("Ferry", &died, &died);
        check("Two dead on ferry", &died, said);
        check("Ferry", &format!("{said} In 2011 two sailors died."), said);
        let live = "09:20 Two sailors have died, police say.";
        let page = format!("We report live on the ferry. All updates here.\n\n{live}");
        check("Live: ferry", &page, &format!("We report live on the ferry. … {live}"));
        assert_eq!(first_news(&text("Ferry", "")), None);
    }

    #[test]
    fn a_sentence_about_another_happening_is_no_turn_of_this_one() {
        let check_after = |behind: &str, title: &str, said: &str| {
            let opening =
                "Fire broke out in the gallery in Kell, and many people ran into the street.";
            let first = text("Fire in Kell gallery", &format!("{opening}\n\n{behind}"));
            assert_eq!(first_news(&first).as_deref(), Some(opening), "{behind}");
            check(&[&first], &text(title, said), Some(true));
        };
        let (title, died) = ("Cook dies in Kell gallery fire", "A cook died in the fire in Kell.");
        for behind in [
            "The gallery burned once before, in 1988. That fire killed nine people.",
            "It is the third fire there in ten years. The last one, in 2021, hit a bus. Four people died.",
            "It was the third fire this year. Two waiters died at the Belvedere in May.",
            "Zuletzt hatte es im Januar 2018 gebrannt. Dabei starben drei Menschen.",
        ] {
            check_after(behind, title, died);
        }
        let resigns = ("Fire chief of Kell resigns", "The fire chief of Kell resigned on Friday.");
        check_after("His predecessor, Lyle Shaw, resigned over it.", resigns.0, resigns.1);
    }

    #[test]
    fn a_turn_that_no_message_told_is_news_in_a_title() {
        let blast = text("Two missing after blast in Kell", "Two people are missing in Kell.");
        let arrest = "Police arrested the owner on Monday.\n\nA lawyer for him resigned.\n\n\
                      The missing workers were found alive in a cellar.";
        let owner = text("Owner of Kell works arrested", arrest);
        let alive =
            text("Missing workers in Kell found alive", "They are found alive in a cellar.");
        check(&[&blast, &owner], &alive, Some(true));
        check(&[&blast, &owner, &alive], &alive, None);
    }

    #[test]
    fn a_turn_is_news_once() {
        let first = text("Shots fired in Kell", "Shots were fired at a market in Kell on Friday.");
        let arrest = text("Man held after Kell shots", "Police arrested a man on Friday.");
        check(&[&first], &arrest, Some(true));
        let again =
            text("Kell: one arrest", "A man was arrested after the shots at a market in Kell.");
        check(&[&first, &arrest], &again, None);
        let none = text("No arrest in Kell", "There was no arrest after the shots in Kell.");
        check(&[&first], &none, None);
    }

    #[test]
    fn a_copy_has_news_if_a_decisive_sentence_was_added_to_its_opening() {
        let said = "The roof of a hall in Kell fell in on Friday. Nobody knows why.";
        let first = text("Roof falls in Kell", said);
        let died = format!("Three people died when the roof of a hall in Kell fell in. {said}");
        let is_news = |title: &str, all: &str| news(&text(title, all), &[&first], true).is_some();
        assert!(is_news("Three dead under roof in Kell", &died));
        assert!(!is_news("Three dead under roof in Kell", said));
        assert!(is_news("Roof falls in Kell", &died));
        let second = said.replace("Nobody", "Three people died. Nobody");
        assert!(is_news("Three dead under roof in Kell", &second));
        for turn in ["Police arrested the owner of the hall.", "The mayor of Kell resigned."] {
            let inside = said.replace("Nobody", &format!("{turn} Nobody"));
            assert!(is_news("Roof falls in Kell", &inside), "{turn}");
        }
        assert!(!is_news(
            "Minister speaks",
            &format!("A minister promised help for the hall. {said}")
        ));
    }

    #[test]
    fn an_explainer_an_opinion_and_a_list_report_nothing() {
        let check = |title: &str, expected: bool| assert_eq!(announces(title), expected, "{title}");
        check("Five things to know about the Kell fire", true);
        check("10 easy ways to read a storm map", true);
        check("Verdict in Kell: five things to watch", true);
        check("News analysis: why the roof fell in", true);
        check("How Kell lost its ferry - Kell Post", true);
        check("Is the water of Kell safe?", true);
        check("Questions delay the opening of Kell bridge", false);
        check("Review of Kell shooting clears officers", false);
        check("WHO declares an emergency over Kell fever", false);
        check("Police: two dead in Kell", false);
        check("Three held over Kell fire", false);
    }

    #[test]
    fn a_digest_is_known_by_its_name_or_its_list() {
        let check = |title: &str, opening: &str, expected: (bool, bool)| {
            assert_eq!(
                (is_digest(title, opening), has_several_subjects(title)),
                expected,
                "{title}"
            );
        };
        check("Morning briefing: fire in Kell, strike in Lowport, rates up", "", (true, true));
        check("Morning briefing: the fire in Kell", "", (true, false));
        check("Fire in Kell; dockers on strike; rates up", "", (true, true));
        check(
            "Good evening",
            "A fire burns in Kell; dockers strike; rates rise. More.",
            (true, false),
        );
        check("Fire in Kell: two dead, three hurt", "Two died; three were hurt.", (false, false));
        check("Police briefing on Kell shooting", "Two died.", (false, false));
        check("Your evening digest", "Kell: two died. Lowport: strike.", (true, false));
    }

    #[test]
    fn an_article_about_last_winter_is_background() {
        let first = text("Bus crash near Kell", "A bus left the road near Kell on Friday.");
        let same = "Slopes of the valley claimed ten lives in snow and fog, archives show.";
        check(&[&first], &text("Last winter’s accidents in the valley", same), None);
    }

    #[test]
    fn a_sentence_added_to_the_opening_of_a_version_may_be_decisive() {
        let boat = |added: &str| {
            let text = format!("A boat burned off Kell on Friday. {added}The sea was calm.");
            ReadText::sample("a", "Boat burns off Kell", &text)
        };
        let own = boat("Police arrested the owner. ");
        let found = news(&own, &[&boat("")], false).expect("news");
        assert_eq!((&*found.sentence, found.is_decisive), ("Police arrested the owner.", true));
        for none in
            ["The race was called off last week. ", "If guilty, he faces 12 years in prison. "]
        {
            assert_eq!(news(&boat(none), &[&boat("")], false), None, "{none}");
        }
    }

    #[test]
    fn a_turn_that_was_denied_may_come_true() {
        for (title, said, then, so) in [
            (
                "Quell chief denies he will step down",
                "The chief of Quell denied on Monday at a long meeting that he would resign.",
                "Quell chief resigns",
                "The chief of Quell resigned on Monday, the board said.",
            ),
            (
                "Kell police deny arrest",
                "Police denied on Monday that anybody had been arrested in Kell. A paper had reported an arrest.",
                "Man arrested in Kell",
                "Police arrested a man in Kell on Monday.",
            ),
            (
                "Singer Mabel Tarn is well, hospital says",
                "The singer Mabel Tarn has not died, her hospital said, after reports of her death.",
                "Singer Mabel Tarn dies",
                "The singer Mabel Tarn died on Monday, her family said.",
            ),
            (
                "No deaths in Kell coach crash",
                "Nobody died when a coach fell over, the hospital said, although a paper spoke of two deaths.",
                "Coach driver dies after Kell crash",
                "The driver of the coach died on Monday night.",
            ),
            (
                "Premier of Kell rules out resignation",
                "The premier of Kell ruled out his resignation on Monday.",
                "Premier of Kell resigns",
                "The premier of Kell resigned on Monday evening.",
            ),
        ] {
            let (denied, own) = (text(title, said), text(then, so));
            check(&[&denied], &own, Some(true));
            let again = text("It is so", so);
            check(&[&denied, &own], &again, None);
        }
        let denied = "The rail firm denied on Monday that two people had died.";
        let told = text("Two die in Kell", &format!("Two people died in Kell. {denied}"));
        check(&[&told], &text("Two died", "Two people died in Kell."), None);
    }

    #[test]
    fn a_turn_of_another_happening_in_the_event_is_not_stated() {
        let fire = text(
            "Two dead in Kell flat fire",
            "Two people died when fire tore through flats in Kell on Monday, the fire brigade said.",
        );
        let stabbed = text(
            "Man stabbed at Kell station",
            "A baker was stabbed on a platform of Kell station on Sunday night.",
        );
        let died = text(
            "Man stabbed at Kell station has died",
            "The baker Owen Trask, who was stabbed on a platform of Kell station on Sunday, has died in hospital.",
        );
        let again = text(
            "Stabbed baker dies",
            "A baker died on Monday after he was stabbed on a platform at Kell station.",
        );
        check(&[&fire, &stabbed], &died, Some(true));
        check(&[&fire, &stabbed, &died], &again, None);
        let toll = text("Fire kills two in Kell flats", "Two people died in a fire in Kell.");
        check(&[&stabbed, &died, &fire], &toll, None);
        let german = text(
            "Zwei Tote bei Wohnungsbrand in Kell",
            "Bei einem Brand in Kell sind am Montag zwei Menschen gestorben, sagte die Feuerwehr.",
        );
        check(&[&fire], &german.in_language("de"), None);
    }

    #[test]
    fn a_turn_behind_the_first_sentence_is_stated_if_somebody_reads_there() {
        let first = text("Baker stabbed in Kell", "A baker was stabbed in Kell on Sunday night.");
        let arrest = "Two boys were arrested over the stabbing of a baker in Kell, police said.";
        let fund = "A fund for the baker who was stabbed in Kell has passed 20,000 crowns.";
        let behind = text("Fund for stabbed baker in Kell grows", &format!("{fund} {arrest}"));
        let own = text("Two arrested over stabbing of baker in Kell", arrest);
        check(&[&first, &behind], &own, Some(true));
        check(&[&behind], &own, None);
        let version = ReadText::sample(first.title(), behind.title(), behind.text());
        check(&[&first, &version], &own, None);
    }

    #[test]
    fn a_statement_is_new_if_no_text_has_most_of_it() {
        let vote =
            text("Council of Kell votes on ferry", "The council of Kell votes on its ferry.");
        let bread = text("Bread price rises", "The price of bread rises at the bakers of Lowport.");
        let both = text(
            "Council of Kell to sell bread at old station",
            "The council of Kell will sell bread at a station that no train has used for ten years.",
        );
        check(&[&vote, &bread], &both, Some(false));
        check(&[&vote, &bread, &both], &text("Kell sells bread at station", both.text()), None);
    }

    #[test]
    fn a_denied_end_may_come_true() {
        let off =
            text("Kell strike is off", "The union called off the strike in Kell, sources said.");
        let denial = text("Union denies report", "The union denied that the strike is over.");
        let over =
            text("Kell strike averted", "The strike in Kell was called off, both sides said.");
        check(&[&off], &over, None);
        check(&[&off, &denial], &over, Some(true));
    }

    #[test]
    fn a_higher_toll_is_news_and_a_year_is_not() {
        let first = text("Ferry sinks", "Three people died when the ferry sank off Kell.");
        check(
            &[&first],
            &text("Ferry toll rises to 8", "The death toll off Kell rose to 8."),
            Some(true),
        );
        check(
            &[&first],
            &text("Ferry sinks", "Three people died off Kell, where a ferry sank in 2004."),
            None,
        );
    }

    #[test]
    fn a_lower_toll_is_news_if_it_names_the_one_that_it_replaces() {
        let first = text("Derailment kills 13", "Thirteen people died in the derailment in Kell.");
        let late =
            text("Nine dead in Kell", "At least nine people died in the derailment in Kell.");
        check(&[&first], &late, None);
        let right = "Twelve people died in the derailment in Kell, and not 13, a prosecutor said.";
        check(&[&first], &text("Twelve died in Kell, not 13", right), Some(true));
    }

    #[test]
    fn a_lower_toll_in_a_version_is_news_once() {
        let ferry = |item: &str, toll: &str| {
            let said = format!("{toll} people were killed when a ferry sank off Kell on Sunday.");
            ReadText::sample(item, &format!("Ferry sinks off Kell; {toll} dead"), &said)
        };
        let (many, few) = (ferry("a", "Thirty-one"), ferry("a", "Nineteen"));
        check(&[&many], &few, Some(true));
        check(&[&many, &few], &few, None);
        check(&[&many], &ferry("b", "Nineteen"), None);
        check(&[&many, &ferry("b", "Nineteen")], &few, None);
    }

    #[test]
    fn a_toll_that_could_have_been_or_is_denied_is_no_news() {
        let first =
            text("Ferry sinks", "Three people died when the ferry sank. The county denied a leak.");
        let full = "Up to 200 people could have been killed if the ferry had been full.";
        check(&[&first], &text("Ferry sinks", full), None);
        let feared =
            text("Ferry sinks", "It was feared that 50 people died, but the county denied it.");
        assert!(news(&feared, &[&first], false).is_none_or(|news| !news.is_decisive));
    }

    #[test]
    fn deaths_that_were_feared_are_news_when_they_are_so() {
        let feared = text("Two feared dead in Kell", "Two people are feared dead after a crash.");
        let so = text("Two confirmed dead in Kell", "Two people were killed in the crash.");
        check(&[&feared], &so, Some(true));
        check(&[&feared, &so], &text("Two dead in Kell", "Two people died in the crash."), None);
    }

    #[test]
    fn a_third_death_and_a_toll_of_three_are_one() {
        let two = text("Two killed in Kell", "A wall killed two people in Kell.");
        let third = text("Third person dies in Kell", "A third person died in Kell.");
        let toll = text("Death toll in Kell rises to three", "The death toll rose to three.");
        let another = text("Another person dies in Kell", "Another person died in Kell.");
        let is_decisive = |known: &[&ReadText], own: &ReadText| {
            news(own, known, false).is_some_and(|news| news.is_decisive)
        };
        assert!(is_decisive(&[&two], &third) && is_decisive(&[&two], &toll));
        assert!(!is_decisive(&[&two, &third], &toll) && !is_decisive(&[&two, &third], &third));
        assert!(is_decisive(&[&two, &third], &another) && !is_decisive(&[&another], &another));
    }

    #[test]
    fn further_people_are_news_once() {
        let first = text("Three hikers rescued in Kell", "Three hikers were rescued on Sunday.");
        let all = text("All hikers safe in Kell", "The last four hikers were rescued in Kell.");
        check(&[&first], &all, Some(true));
        check(&[&first, &all], &all, None);
        let one = text("Man arrested in Kell", "A man was arrested in Kell.");
        let second = text("Second suspect arrested in Kell", "A second man was arrested in Kell.");
        check(&[&one], &second, Some(true));
        check(&[&one, &second], &second, None);
        let dead = text("Brand in Kell: Frau stirbt", "Eine Frau starb in Kell.");
        let other = text("Zweite Tote nach Brand in Kell", "Eine zweite Frau starb in Kell.");
        check(&[&dead], &other, Some(true));
    }

    #[test]
    fn the_missing_that_are_found_are_news_after_a_rescue() {
        let six = text("Six rescued in Kell", "Six people were rescued alive, one man is missing.");
        check(&[&six], &text("Missing worker found alive in Kell", ""), Some(true));
        check(&[&six], &text("Missing man not found in Kell", ""), None);
        check(&[&six], &text("One missing in Kell, six rescued alive", ""), None);
    }

    #[test]
    fn more_missing_are_news_and_fewer_are_not() {
        let first = text("Two killed in Kell", "A wall killed two people. One person is missing.");
        let five = "Bridge in Kell gives way, five workers missing";
        check(&[&first], &text(five, "The bridge gave way under the workers."), Some(true));
        let many = text("Nine people missing in Kell", "Nine people are missing in Kell.");
        check(
            &[&many],
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
        check(&[&first], &own, Some(false));
        let german = text(
            "Streik in Lowport ausgerufen",
            "Die Hafenarbeiter wollen ab Montag streiken, sagte ihre Gewerkschaft.",
        );
        check(&[&german.in_language("de")], &own, None);
        check(&[&first], &text("What the offer means", own.text()), None);
        check(&[], &own, None);
    }

    #[test]
    fn a_sentence_comes_with_the_next_one_that_limits_it_or_adds_a_turn() {
        let check = |title: &str, said: &str, expected: &str| {
            let first = text("Storm hits Kell", "The storm killed five people in Kell on Friday.");
            let found = news(&text(title, said), &[&first], false).expect("news");
            assert_eq!(found.sentence, expected);
        };
        let home = "The residents of Kell may go home, the county said. The order to leave is lifted \
                    except in Mill Lane.";
        check("Residents of Kell may go home", &format!("{home} The storm is over."), home);
        let valley = "The storm killed six people in the valley, the county said.\n\nOne person was missing.";
        check("Six dead in valley", valley, &valley.replace("\n\n", " "));
        let dry = "The storm killed six people in the valley, the county said. It is dry now.";
        check("Six dead in valley", dry, dry.trim_end_matches(" It is dry now."));
    }

    #[test]
    fn of_a_live_page_the_added_entry_is_judged() {
        let title = "LIVE: Leak in Kell";
        let before = text(title, "10:02 Chlorine leaks in Kell.\n\n09:50 Sirens.");
        let after = "10:40 A worker has died.\n\n10:02 Chlorine leaks in Kell.\n\n09:50 Sirens.";
        let found = news(&text(title, after), &[&before], false);
        assert_eq!(found.map(|news| news.sentence).as_deref(), Some("10:40 A worker has died."));
    }

    #[test]
    fn an_entry_about_an_earlier_year_or_a_correction_is_no_decisive_turn() {
        let title = "LIVE: Roof falls in Kell";
        let before = text(title, "10:02 A roof has sagged in Kell.");
        let check = |entry: &str, expected: bool| {
            let own = text(title, &format!("{entry}\n\n10:02 A roof has sagged in Kell."));
            let found = news(&own, &[&before], false);
            assert_eq!(found.is_some_and(|news| news.is_decisive), expected, "{entry}");
        };
        check("10:40 In 2011 three people were killed in a similar collapse here.", false);
        check("10:40 A similar collapse killed three people here in 2011.", false);
        check("10:40 In the 1990s the owner was sentenced over another roof.", false);
        check("10:40 Im Jahr 2011 starben hier drei Menschen bei einem Einsturz.", false);
        check("10:40 En 2011, trois personnes sont mortes ici dans un effondrement.", false);
        check("10:40 En 2011 un derrumbe dejó aquí tres muertos.", false);
        check("10:40 Nel 2011 un crollo uccise qui tre persone.", false);
        check("10:40 В 2011 году при обрушении здесь погибли три человека.", false);
        check("10:40 Correction: an earlier entry said that two people were killed.", false);
        check("10:40 The roof, built in 1968, has collapsed.", true);
        check("10:40 A worker has died. In 2011 two people died here.", true);
        check("10:40 Three people were killed in Kell in 2026.", true);
        check("10:40 The owner has been sentenced for a fire in 2011.", true);
    }
}
