//! The subject of an English clause, even with other words before the verb of saying, as in `Ruiz,
//! who had called the mayor, told reporters “…”`.

use std::ops::Range;

use super::super::Attribution;
use super::super::speech::is_opener;
use super::Finder;
use super::words::{
    is_apposing, is_between, is_determiner, is_document, is_dummy_subject, is_joining, is_leading,
    is_link, is_preposition, is_speaking_pronoun,
};
use crate::cues::{is_calendar, is_first_name, is_title};

/// The most words that are read for one subject.
const REACH: usize = 40;
/// The most words of a sentence that are read.
const SENTENCE: usize = 80;
/// The most words of a subject that is not a name.
const PHRASE: usize = 10;
/// The most words before a name that belong to it: `Norland state director Tom Lund`.
pub(super) const BEFORE_NAME: usize = 8;

/// The subject of a clause.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Subject {
    /// A name, of a person or not.
    Name(Range<usize>),
    Pronoun(usize),
    /// A role: `a spokesman for the union`.
    Phrase(Range<usize>),
}

impl Finder<'_> {
    /// The subject of the verb at `verb`, in the words from `start`.
    pub(super) fn subject_of(&self, verb: usize, start: usize) -> Option<Subject> {
        let start = start.max(verb.saturating_sub(REACH));
        if self.normal(verb).ends_with("ing") && self.is_loose_participle(verb, start) {
            return self.main_subject(start..verb);
        }
        let mut end = verb;
        let mut is_apposed = false;
        let mut is_relative = false;
        while end > start {
            let gap = self.gap(end);
            if !is_apposed && (gap.starts_with([',', '–', '—']) || gap.starts_with(" –")) {
                // `the nominee, Ada Ruiz, said`
                let name = self.name_before(start, end);
                let is_whole = |run: &Range<usize>| self.gap(run.start).starts_with(',');
                if let Some(name) = name.filter(is_whole) {
                    return Some(Subject::Name(name));
                }
                end = self.aside_begins(start, end)?;
                is_apposed = true;
                continue;
            }
            if self.gap(end).contains(')') {
                end = (start..end).rev().find(|index| self.gap(*index).contains('('))?;
                continue;
            }
            let word = self.normal(end - 1);
            let is_adverb = word.ends_with("ly") && !self.is_capital(end - 1);
            if is_between(word) && !self.is_capital(end - 1) || is_adverb {
                is_relative |= matches!(word, "who" | "that");
                end -= 1;
                continue;
            }
            return match word {
                // `Ruiz stood up and said`
                "and" | "but" | "or" => self.main_subject(start..end - 1),
                _ => self.noun_phrase(start, end).and_then(|found| match found {
                    // `sent a message to members saying`
                    Subject::Phrase(words) if self.is_written(verb, &words) => {
                        self.main_subject(start..words.start)
                    }
                    // `of a candidate who said`
                    Subject::Phrase(_) if is_relative => None,
                    found => Some(found),
                }),
            };
        }
        None
    }

    /// Whether a participle describes the content of something written.
    fn is_written(&self, verb: usize, words: &Range<usize>) -> bool {
        self.normal(verb).ends_with("ing")
            && words.clone().any(|index| is_document(self.normal(index)))
    }

    /// Whether a participle describes an action beside the main verb: `…, adding`, `before
    /// claiming`.
    fn is_loose_participle(&self, verb: usize, start: usize) -> bool {
        let before = verb.checked_sub(1).filter(|before| *before >= start);
        self.gap(verb).starts_with(',')
            || before.is_some_and(|before| {
                let word = self.normal(before);
                is_joining(word) || is_preposition(word) || word == "also" || is_document(word)
            })
    }

    /// The start of the words between commas before `end`, after the name that they describe.
    fn aside_begins(&self, start: usize, end: usize) -> Option<usize> {
        let commas =
            || (start + 1..end).rev().filter(|at| self.gap(*at).starts_with([',', '—', '–']));
        let is_number = |at: usize| self.normal(at).bytes().all(|byte| byte.is_ascii_digit());
        let opens = |at: &usize| is_apposing(self.normal(*at)) || is_number(*at);
        let names = |at: &usize| self.ends_name(*at) || self.is_pronoun(*at - 1);
        commas().find(|at| opens(at) && names(at)).or_else(|| commas().find(names))
    }

    fn ends_name(&self, end: usize) -> bool {
        end > 0 && self.is_capital(end - 1) && !is_calendar(self.normal(end - 1))
            || (end > 0 && self.gap(end).contains(')'))
    }

    /// Whether a word is a pronoun that may speak.
    pub(super) fn is_pronoun(&self, index: usize) -> bool {
        is_speaking_pronoun(self.normal(index))
    }

    /// Whether a word begins with a capital.
    pub(super) fn is_capital(&self, index: usize) -> bool {
        self.reading.text.words().get(index).is_some_and(|word| word.capital)
    }

    /// The noun phrase that ends before `end`.
    fn noun_phrase(&self, start: usize, end: usize) -> Option<Subject> {
        let last = end.checked_sub(1).filter(|last| *last >= start)?;
        if self.is_pronoun(last) {
            return Some(Subject::Pronoun(last));
        }
        if let Some(name) = self.name_before(start, end) {
            let before = name.start.checked_sub(1).filter(|before| *before >= start);
            let Some(before) = before.filter(|before| self.depends_on(*before, name.start)) else {
                return Some(Subject::Name(name));
            };
            // `Carl Lund of Quayton said`, `the head of Norland Rail said`
            return match self.noun_phrase(start, before)? {
                Subject::Phrase(phrase) => Some(Subject::Phrase(phrase.start..end)),
                other => Some(other),
            };
        }
        let role = self.role_before(start, end)?;
        let before = role.start.checked_sub(1).filter(|before| *before >= start);
        match before.filter(|before| self.depends_on(*before, role.start)) {
            // `Ada Ruiz in a letter to the mayor wrote`
            Some(before) => match self.noun_phrase(start, before)? {
                Subject::Phrase(phrase) => Some(Subject::Phrase(phrase.start..end)),
                other => Some(other),
            },
            None => Some(Subject::Phrase(role)),
        }
    }

    /// Whether a name depends on the word before it.
    fn depends_on(&self, before: usize, name: usize) -> bool {
        let word = self.normal(before);
        self.gap(name) == " "
            && is_preposition(word)
            && !is_joining(word)
            && !self.is_capital(before)
    }

    /// The name that ends before `end`, without the words before a person's name: `EU trade chief
    /// Ada Ruiz`.
    fn name_before(&self, start: usize, end: usize) -> Option<Range<usize>> {
        if !self.is_capital(end - 1) {
            return None;
        }
        let least = start.max(end.saturating_sub(BEFORE_NAME));
        (least..end).find_map(|from| {
            let run = self.run_from(from, end).filter(|run| run.end == end)?;
            let person = self.people_in(&run).last().filter(|person| person.end == end);
            Some(person.cloned().unwrap_or(run))
        })
    }

    /// A role that ends before `end`, from its article: `a source close to the campaign`.
    fn role_before(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let least = start.max(end.saturating_sub(PHRASE));
        let mut found = None;
        for index in (least..end).rev() {
            let word = self.normal(index);
            let is_broken = index + 1 < end && !matches!(self.gap(index + 1), " " | "-");
            let is_verb = is_between(word) && !word.ends_with("ly");
            if is_broken
                || is_verb
                || self.is_saying(index)
                || is_joining(word)
                || self.is_pronoun(index)
            {
                break;
            }
            if is_determiner(word)
                || self.reading.printed(&(index..index + 1)).ends_with(['s', 'S'])
                    && self.is_possessive(index)
            {
                found = Some(index);
                let before = index.checked_sub(1).filter(|before| *before >= start);
                let goes_on = before.is_some_and(|before| {
                    let earlier = self.normal(before);
                    (is_preposition(earlier) && !is_joining(earlier)) || is_determiner(earlier)
                });
                if !goes_on {
                    break;
                }
            }
        }
        found.filter(|index| end - index > 1).map(|index| index..end)
    }

    /// Whether a word is a possessive: `Lund’s`.
    pub(super) fn is_possessive(&self, index: usize) -> bool {
        let printed = self.reading.printed(&(index..index + 1));
        printed.ends_with("'s") || printed.ends_with("’s")
    }

    /// The subject of a sentence that begins with `words`.
    pub(super) fn main_subject(&self, words: Range<usize>) -> Option<Subject> {
        let words = words.start..words.end.min(words.start + SENTENCE);
        let mut at = words.start;
        while at < words.end && is_link(self.normal(at)) {
            at += 1;
        }
        while at < words.end && self.leads(at) {
            at = (at + 1..words.end).find(|index| self.gap(*index).starts_with(','))?;
            while at < words.end && is_link(self.normal(at)) {
                at += 1;
            }
        }
        if at >= words.end {
            return None;
        }
        if self.is_pronoun(at) {
            return Some(Subject::Pronoun(at));
        }
        if is_dummy_subject(self.normal(at)) {
            return None;
        }
        // `said Ada Ruiz`
        let name = self.named_from(at + usize::from(self.is_saying(at)), words.end)?;
        if self.is_possessive(name.end - 1) && name.end < words.end && !self.is_capital(name.end) {
            return Some(Subject::Phrase(name.start..name.end + 1));
        }
        let is_joined = self.normal(name.end) == "and" && self.is_capital(name.end + 1);
        (!self.is_possessive(name.end - 1) && !is_joined).then_some(Subject::Name(name))
    }

    /// Whether a word opens a phrase before the subject: `In Quayton, …`, `Shortly after the vote,
    /// …`.
    fn leads(&self, at: usize) -> bool {
        let (word, next) = (self.normal(at), self.normal(at + 1));
        let is_person = || !self.people_in(&(at..at + 1)).is_empty();
        let is_adverbial = || is_joining(next) || is_preposition(next) || word.ends_with("ing");
        is_leading(word)
            || (self.is_capital(at) && self.gap(at + 1) == " " && is_adverbial() && !is_person())
    }

    /// The name of the noun phrase that begins at `at`.
    fn named_from(&self, at: usize, end: usize) -> Option<Range<usize>> {
        let limit = end.min(at + BEFORE_NAME);
        for index in at..limit {
            let is_apart = index > at && !matches!(self.gap(index), " " | "-" | ". ");
            let word = self.normal(index);
            if is_apart || self.is_saying(index) || (index > at && is_preposition(word)) {
                return None;
            }
            let Some(run) = self.run_from(index, end) else { continue };
            let person = self.people_in(&run).first();
            // `Democratic strategist Ada Ruiz`: the person after the adjective.
            if person.is_none() && !is_opener(self.normal(run.end)) {
                let behind = self.people_in(&(run.end..limit.max(run.end))).first();
                let is_near = |one: &&Range<usize>| {
                    (run.end..=one.start).all(|between| self.gap(between) == " ")
                        && !(run.end..one.start).any(|between| {
                            is_preposition(self.normal(between))
                                || self.is_saying(between)
                                || self.is_verb(between)
                        })
                };
                if let Some(named) = behind.filter(is_near) {
                    return Some(self.full_name(named, end));
                }
            }
            return Some(person.map_or(run, |named| self.full_name(named, end)));
        }
        None
    }

    /// Whether a lower-case word looks like a verb in the past tense: `backed`.
    fn is_verb(&self, index: usize) -> bool {
        let word = self.normal(index);
        is_between(word) || (word.ends_with("ed") && !self.is_capital(index))
    }

    /// A subject as a speaker.
    pub(super) fn as_speaker(&self, subject: Subject) -> Attribution {
        match subject {
            Subject::Name(name) => self.name(&name),
            Subject::Pronoun(index) => self.pronoun(index),
            Subject::Phrase(words) => self.span(&words).map_or(Attribution::None, Attribution::To),
        }
    }

    /// Whether words are the name of a person: found as one, or with the surname of one, or after a
    /// title.
    pub(super) fn is_person(&self, name: &Range<usize>) -> bool {
        !self.people_in(name).is_empty()
            || is_title(self.normal(name.start))
            || (name.len() == 2 && is_first_name(self.normal(name.start)))
            || self.surnames().contains_key(self.normal(name.end - 1))
    }
}
