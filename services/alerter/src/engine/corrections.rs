//! Notes of corrections and retractions in articles, and the articles that still carry the old words.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use wirefold_corrections::{Article, Note, NoteKind, note, trace_corrections};
use wirefold_proto::{
    AlertArticle, AlertId, AlertReason, ArticleId, Class, Correction, FigureRole, GroupBy,
    ReasonKind, StoryId, Target,
};
use wirefold_text::Text;
use wirefold_text::extract::{is_uncertain, numbers};

use super::Engine;
use super::draft::reason;
use super::facts::{ReadText, Said, StoredText};
use super::figures::{figures_of, label, role_at};
use super::incoming::{IncomingArticle, Joining};
use super::live_alert::LiveAlert;
use super::statement::{Statement, stems_of_persons};
use super::turns::{Turn, turns};
use crate::wording::shortened;

/// Identifies a note by its kind and words, in every article.
fn id_of(note: &Note) -> u64 {
    let is_retraction = note.kind == NoteKind::Retraction;
    let sort = if is_retraction { "retraction" } else { "correction" };
    let letters = note.words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    let hash = Sha256::new().chain_update(sort).chain_update(letters.collect::<String>());
    hash.finalize().iter().take(8).fold(0, |id, byte| (id << 8) | u64::from(*byte))
}

/// The beginning of the reason for a retraction.
pub(super) const RETRACTED: &str = "retracted by its outlet";
/// Whether a reason reports a retraction.
pub(crate) fn retracts(reason: &AlertReason) -> bool {
    reason.words.starts_with(RETRACTED)
}

/// The words of the reason for a retraction with the headline that its article takes back: the last one of its outlet in
/// its story, or the only one of its outlet. None if neither is in the alert.
pub(super) fn naming_the_retracted(
    reason: &AlertReason,
    own: Option<&AlertArticle>,
    life: &LiveAlert,
) -> Option<String> {
    let (rest, own) = (reason.words.strip_prefix(RETRACTED)?, own?);
    let title = shortened(&life.retracted_by(own)?.title, HEADLINE);
    Some(format!("{RETRACTED}, \u{201c}{title}\u{201d}{rest}"))
}

/// The most characters of a headline that was retracted.
const HEADLINE: usize = 150;

/// How many notes of one alert are stored.
const KEPT: usize = 4;

/// The ids of the last notes of an alert; 0 in unused entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notes([u64; KEPT]);

impl Notes {
    fn has(self, id: u64) -> bool {
        self.0.contains(&id)
    }

    /// These notes, followed by others.
    pub(crate) fn and(self, others: Self) -> Self {
        others.0.into_iter().filter(|id| *id != 0).fold(self, |mut notes, id| {
            if !notes.has(id) {
                notes.0.rotate_right(1);
                notes.0[0] = id;
            }
            notes
        })
    }
}

/// A corrected figure.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Corrected {
    /// Its role, if the note says it.
    role: Option<FigureRole>,
    old: String,
    new: String,
}

/// The figure that a note corrects. The first sentence must say what was counted and the wrong number, the
/// second the right number and nothing else that is counted. None if there are more numbers.
fn figure(words: &str) -> Option<Corrected> {
    let text = Text::new(words);
    let all = numbers(&text, 0..text.words().len());
    let [old, new] = all.as_slice() else { return None };
    let sentences = text.sentences();
    let first = sentences.first()?.span;
    if !first.contains(old.span.start) || first.contains(new.span.start) {
        return None;
    }
    let original = text.original();
    let role = role_at(original, old.span, 0..new.span.start)?;
    let other = role_at(original, new.span, old.span.end..original.len());
    let is_same = other.is_none_or(|other| other == role);
    let are_counts = [old, new].iter().all(|it| it.value.parse::<u64>().is_ok());
    let (old, new) = (old.value.clone(), new.value.clone());
    (is_same && are_counts && old != new).then_some(Corrected { role: Some(role), old, new })
}

impl IncomingArticle {
    /// The note, if it is about the report itself: the article is a later version, it begins with its note,
    /// or the detector found a correction.
    pub(super) fn note(&self) -> Option<&Note> {
        let verdict = &self.output.verdict;
        let note = self.note.as_ref().filter(|_| verdict.holds.len() <= 1)?;
        let concerns = note.kind == NoteKind::Retraction
            || note.opens
            || verdict.class == Class::Version
            || self.correction().is_some();
        concerns.then_some(note)
    }

    /// The words of its note, if that is a retraction.
    pub(super) fn retracted(&self) -> Option<&str> {
        let note = self.note().filter(|note| note.kind == NoteKind::Retraction)?;
        (!self.is_baseline()).then_some(&*note.whole)
    }

    /// The turns that it retracts; `None` if it is no retraction.
    fn retracted_turns(&self) -> Option<Vec<Turn>> {
        let mut retracted = turns(self.retracted()?);
        // That somebody is in hospital, and not dead, is what remains.
        retracted.retain(|turn| turn.is_grave());
        Some(retracted)
    }

    /// The figures of the retraction: a report with others is not the one that it takes back.
    fn retracted_figures(&self) -> Vec<(FigureRole, String)> {
        let all = figures_of(&Text::new(self.retracted().unwrap_or_default()));
        all.into_iter().filter_map(|it| Some((it.role?, it.number.value))).collect()
    }

    /// The id of its note, as an alert stores it.
    pub(super) fn notes(&self) -> Notes {
        Notes([self.note().map_or(0, id_of), 0, 0, 0])
    }

    /// The correction that the detector found. On a live page, it may be any entry that changed.
    fn correction(&self) -> Option<&Correction> {
        let is_one = !self.is_live && self.output.verdict.comparable;
        self.output.verdict.correction.as_ref().filter(|_| is_one)
    }

    /// The figure that it corrects: that of its note, or else the one that the detector found.
    fn corrected(&self) -> Option<Corrected> {
        let of_note = self.note().and_then(|note| figure(&note.whole));
        of_note.or_else(|| {
            let (old, new) = self.correction()?.change.as_deref()?.split_once(" → ")?;
            Some(Corrected { role: None, old: old.to_owned(), new: new.to_owned() })
        })
    }

    /// The reason for a correction or retraction, with the words of the note.
    pub(super) fn put_right(&self) -> Option<AlertReason> {
        let (note, found) = (self.note(), self.correction());
        let kind = note.map(|note| note.kind).or(found.map(|_| NoteKind::Correction))?;
        let corrected = self.corrected().filter(|_| kind != NoteKind::Retraction);
        let sort = match kind {
            NoteKind::Retraction => RETRACTED,
            NoteKind::Clarification => "clarification",
            NoteKind::Correction => "correction",
        };
        let change = match &corrected {
            Some(Corrected { role: Some(role), old, new }) => {
                let of_dead = *role == FigureRole::Killed;
                let what = if of_dead { "death toll" } else { label(*role) };
                Some(format!("{what} {old} → {new}"))
            }
            _ => found.and_then(|it| it.change.clone()).filter(|_| kind != NoteKind::Retraction),
        };
        let what = change.map_or_else(|| sort.to_owned(), |it| format!("{sort}: {it}"));
        let quoted = note.map(|note| &*note.words).filter(|words| !words.is_empty());
        let words = quoted.map(|words| format!("{what}: \u{201c}{words}\u{201d}")).unwrap_or(what);
        let (sources, carriers) = (vec![self.source()], self.carriers.clone());
        let (old, new) = corrected.map(|it| (it.old, it.new)).unzip();
        Some(AlertReason { sources, old, new, carriers, ..reason(ReasonKind::Correction, words) })
    }

    /// Whether it has a note, so that other articles may still have the error.
    pub(crate) fn puts_right(&self) -> bool {
        self.note().is_some() && !self.is_baseline()
    }
}

impl LiveAlert {
    /// The article that a retraction takes back.
    fn retracted_by(&self, own: &AlertArticle) -> Option<&AlertArticle> {
        let is_earlier = |it: &&AlertArticle| it.seen <= own.seen && it.title != own.title;
        let is_report = |it: &&AlertArticle| {
            let of_title = note(&it.title, "", &[it.outlet.as_str()]);
            of_title.is_none_or(|note| note.kind != NoteKind::Retraction)
        };
        let of_outlet = self.articles().filter(|it| it.outlet == own.outlet);
        let of_outlet = of_outlet.filter(is_earlier).filter(is_report);
        let all: Vec<&AlertArticle> = of_outlet.collect();
        let in_story = all.iter().rev().find(|it| it.story.is_some() && it.story == own.story);
        let only = all.first().filter(|it| all.iter().all(|other| other.title == it.title));
        in_story.or(only).copied()
    }

    /// Whether news retracts all that waited to be told, with its copies: nobody heard of it.
    pub(super) fn is_retracted_untold(&self) -> bool {
        let waited = self.revision() == 0 || self.hold().is_some();
        let retractions = self.news.iter().filter(|news| news.reasons.iter().any(retracts));
        let mut retractions = retractions.filter_map(|news| news.articles.first());
        let is_all = |own: &AlertArticle| {
            let retracted = self.retracted_by(own).and_then(|it| it.story);
            self.articles().all(|it| {
                it.id == own.id || it.story.is_some() && [own.story, retracted].contains(&it.story)
            })
        };
        waited && self.notified_at.is_none() && retractions.any(is_all)
    }

    /// The story that a retraction takes back, if it waits in an alert that has told other news.
    pub(super) fn withdrawn_untold(&self, own: &IncomingArticle) -> Option<StoryId> {
        own.retracted()?;
        let story = self.retracted_by(own.article())?.story?;
        let has = |article: &AlertArticle| article.story == Some(story);
        let is_told = self.told_articles().iter().any(has);
        (self.revision() > 0 && self.hold().is_none() && !is_told).then_some(story)
    }

    /// Whether the alert has reported the note of this article, or is about to.
    pub(super) fn has_told_note_of(&self, incoming: &IncomingArticle) -> bool {
        let Notes([id, ..]) = incoming.notes();
        let is_coming = || self.news.iter().any(|news| news.notes.has(id));
        id != 0 && (self.notes.has(id) || is_coming())
    }
}

impl Engine {
    /// The alerts about other events that told what an article retracts: they have it or a copy of it, or titles with the
    /// same turn and with whom or what it is about.
    pub(super) fn retracted_elsewhere(&mut self, incoming: &IncomingArticle) -> Vec<AlertId> {
        let Some(retracted) = incoming.retracted_turns() else { return Vec::new() };
        let (own, story) = (incoming.target(GroupBy::Event), incoming.output.verdict.story);
        let named = incoming.names_of_subject();
        let has_told = |life: &LiveAlert| {
            let has = |is: &dyn Fn(&str) -> bool| life.articles().any(|it| is(&it.title));
            let states = |title: &str| turns(title).iter().any(|turn| retracted.contains(turn));
            let names = |title: &str| !Statement::of(title).names.is_disjoint(&named);
            life.articles().any(|it| it.story == Some(story)) || has(&states) && has(&names)
        };
        let others = incoming.joins.iter().filter(|join| join.how == Joining::Retraction);
        let mut alerts: Vec<AlertId> = others.flat_map(|join| self.about(join.into)).collect();
        alerts.retain(|id| self.lives.get(id).is_some_and(|it| it.is_open() && has_told(it)));
        for id in &alerts {
            self.note_joined(own, &id.subscription, id.target, incoming.seen);
        }
        alerts
    }

    /// The last articles in the alerts about these targets, at most this many, the first seen first.
    pub(crate) fn last_articles_about(
        &self,
        targets: &[Target],
        incoming: &IncomingArticle,
        most: usize,
    ) -> Vec<AlertArticle> {
        let alerts = targets.iter().flat_map(|target| self.about(*target));
        let lives = alerts.filter_map(|id| self.lives.get(&self.routed(id, incoming.place)));
        let others = lives.flat_map(|life| life.articles().rev().take(most));
        let mut last: Vec<_> = others.filter(|it| it.id != incoming.output.id).collect();
        last.sort_unstable_by_key(|it| (it.seen, it.id));
        last.dedup_by_key(|it| it.id);
        let older = last.len().saturating_sub(most);
        last.into_iter().skip(older).cloned().collect()
    }
}

impl IncomingArticle {
    /// The persons that it names, or else the names of title and first sentence.
    fn names_of_subject(&self) -> BTreeSet<String> {
        let persons = stems_of_persons(&self.output.findings.entities);
        if persons.is_empty() { self.text.names() } else { persons }
    }

    /// Finds which of these texts still have the error that it corrects: the turn that it retracts, the number, or else its
    /// passage. The last one is its own.
    pub(super) fn find_carriers(&mut self, texts: &[StoredText]) {
        // The last version of an outlet counts, and of its own outlet none.
        let is_replaced = |id| texts.iter().any(|both| both.1.about.version_of == Some(id));
        let others = texts
            .iter()
            .filter(|both| both.0.outlet != self.output.article.outlet && !is_replaced(both.0.id));
        // A text may share a passage with the report, and not what was wrong in it.
        let retracted = self.retracted_turns().filter(|turns| !turns.is_empty());
        let corrected = self.corrected().filter(|it| it.role.is_some());
        self.carriers = match (retracted, corrected) {
            (Some(turns), _) => {
                let (named, counted) = (self.names_of_subject(), self.retracted_figures());
                let stating = others.filter(|it| {
                    let has = |(role, value): &(FigureRole, String)| states(it, *role, value);
                    states_turn_of(&it.1, &turns, &named)
                        && (counted.is_empty() || counted.iter().any(has))
                });
                stating.map(|it| it.0.id).collect()
            }
            (None, Some(figure)) => {
                others.filter(|it| figure.is_in(it)).map(|it| it.0.id).collect()
            }
            (None, None) => self.carriers_of_passage(texts),
        };
    }

    /// Which of these texts still have the passage that it corrects.
    fn carriers_of_passage(&self, texts: &[StoredText]) -> Vec<ArticleId> {
        let place_of = |id: ArticleId| texts.iter().position(|(other, _)| other.id == id);
        let read = |(article, read): &StoredText| {
            let about = &read.about;
            let agency = article.agency.as_ref().map_or("", |agency| &agency.name);
            let text = format!("{}\n\n{}", about.title, read.text());
            let note = note(&about.title, read.text(), &[about.outlet.as_str(), agency]);
            (note, Text::new(&text), about.version_of.and_then(place_of))
        };
        let watched = texts.iter().enumerate().map(|(place, both)| {
            let (note, text, version_of) = read(both);
            // Of its own notes, only a new one.
            let note = if place + 1 == texts.len() { self.note.clone() } else { note };
            let agency = both.0.agency.as_ref().map(|agency| agency.name.as_str());
            let outlet = both.0.outlet.as_str();
            Article { outlet, agency, story: 0, version_of, note, text: Some(text) }
        });
        let corrections = trace_corrections(&watched.collect::<Vec<_>>());
        let own = corrections.into_iter().find(|it| it.by + 1 == texts.len());
        own.into_iter().flat_map(|it| it.carried).map(|it| texts[it.article].0.id).collect()
    }
}

/// Whether title or first sentences of a text state one of these turns of a person or place with one of these names, and
/// nothing denies it.
fn states_turn_of(text: &ReadText, turns: &[Turn], named: &BTreeSet<String>) -> bool {
    let states = |said: &Said| {
        said.turns.iter().any(|turn| turns.contains(turn))
            && !Statement::of(&said.words).names.is_disjoint(named)
            && !is_uncertain(&said.words.to_lowercase())
    };
    let denies = |said: &Said| said.turns.contains(&Turn::Denial);
    text.opening().iter().any(states) && !text.opening().iter().any(denies)
}

/// Whether a text states this number of people of a role.
fn states((article, text): &StoredText, role: FigureRole, value: &str) -> bool {
    let is_it = |other, number: u64| other == role && number.to_string() == value;
    let is_told = |said: &&Said| !said.is_of_the_past && !is_uncertain(&said.words.to_lowercase());
    let mut tolls = text.opening().iter().filter(is_told).flat_map(|said| &said.tolls);
    article.claims.iter().any(|it| is_it(it.role, it.value))
        || tolls.any(|(other, number)| is_it(*other, *number))
}

impl Corrected {
    /// Whether a text states the wrong number of the same people, and not the right one.
    fn is_in(&self, text: &StoredText) -> bool {
        let states = |value: &str| self.role.is_some_and(|role| states(text, role, value));
        states(&self.old) && !states(&self.new)
    }
}

#[cfg(test)]
mod tests {
    use wirefold_proto::ReasonKind;

    use super::*;

    #[test]
    fn a_retraction_is_recognised_by_its_words() {
        let reason = |words: &str| AlertReason {
            kind: ReasonKind::Correction,
            words: words.to_owned(),
            sources: Vec::new(),
            old: None,
            new: None,
            carriers: Vec::new(),
        };
        assert!(retracts(&reason("retracted by its outlet: “a”")));
        assert!(!retracts(&reason("corrected: “a”")));
    }

    #[test]
    fn the_last_notes_are_kept() {
        let notes = (1..=5).fold(Notes::default(), |notes, id| notes.and(Notes([id, 0, 0, 0])));
        assert_eq!(notes, Notes([5, 4, 3, 2]));
        assert_eq!(notes.and(notes), notes);
    }
}

#[cfg(test)]
mod correction_tests {
    use super::*;

    #[test]
    fn only_a_figure_of_the_same_role_is_put_right() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = figure(text);
            let found = found.as_ref().map(|it| (it.old.as_str(), it.new.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        let both = Some(("11", "9"));
        check("This article said earlier that 11 people died. The correct number is 9.", both);
        check("Eleven people were said to be dead. Nine people died.", both);
        check("It said that 11 people died. It was on Road 9, and 4 were hurt.", None);
        check("It said that 11 people died. In all, 9 were injured.", None);
        check("It gave the wrong Road, 11. The bus left Road 9.", None);
    }
}
