//! The speaker in an English text, by the words before and after the marks.

use std::ops::Range;

use super::super::Attribution;
use super::clause::{BEFORE_NAME, Subject};
use super::words::{is_before_nouns, is_between, is_joining, is_preposition};
use super::{AUXILIARIES, Finder};

impl Finder<'_> {
    /// The speaker by the words after the marks. `is_done` means that a full stop ends the speech.
    pub(super) fn behind_in_english(&self, window: &Range<usize>, is_done: bool) -> Attribution {
        // `“A.” Ruiz said: “B.”`: a new sentence follows.
        if is_done && self.is_capital(window.start) && !self.is_short(window) {
            return Attribution::None;
        }
        let citing = window.clone().take(2).find(|index| self.lexicon.cites(self.normal(*index)));
        if let Some(citing) = citing {
            return self.follows(citing, window);
        }
        let start = match self.goes_on(window.start) {
            // `“A” for the town, Ruiz said`: behind a comma.
            true => (window.start + 1..window.end).find(|at| self.gap(*at).starts_with(',')),
            false => Some(window.start),
        };
        let window = match start {
            Some(start) => start..window.end,
            None => return Attribution::None,
        };
        let Some(verb) = self.first_verb(&window) else { return Attribution::None };
        if verb - window.start <= AUXILIARIES
            && (window.start..verb).all(|at| is_between(self.normal(at)))
        {
            return self.follows(verb, &window);
        }
        let subject = self.subject_of(verb, window.start);
        let begins = |found: &Subject| match found {
            Subject::Name(words) | Subject::Phrase(words) => {
                words.start <= window.start + BEFORE_NAME
            }
            Subject::Pronoun(index) => *index == window.start,
        };
        subject.filter(begins).map_or(Attribution::None, |found| self.as_speaker(found))
    }

    /// Whether a sentence continues after the marks with a word that does not introduce a speaker.
    fn goes_on(&self, index: usize) -> bool {
        let word = self.normal(index);
        let is_verb = is_between(word) && !word.ends_with("ly");
        !self.lexicon.is_saying(word)
            && (is_preposition(word) || is_joining(word) || is_verb || word == "or")
    }

    /// Whether a sentence has only a name and a verb: `“A.” Ruiz said.`
    fn is_short(&self, window: &Range<usize>) -> bool {
        let verb = self.first_verb(window);
        verb.is_some_and(|verb| {
            (1..=3).contains(&(verb - window.start))
                && (window.start..=verb)
                    .all(|index| self.is_saying(index) || self.is_capital(index))
                && (verb + 1 == window.end || self.gap(verb + 1) != " ")
        })
    }

    /// The speaker by a verb before the marks.
    pub(super) fn introduced_in_english(
        &self,
        verb: usize,
        window: &Range<usize>,
    ) -> Option<Attribution> {
        if let Some(subject) = self.subject_of(verb, window.start) {
            return Some(self.as_speaker(subject)).filter(|found| *found != Attribution::None);
        }
        // `Said Ada Ruiz: “…”`
        (verb == window.start)
            .then(|| self.follows(verb, window))
            .filter(|found| *found != Attribution::None)
    }

    /// Whether a word that may be a verb of saying is a noun here: `his claim`, `Lund’s comments`.
    pub(super) fn is_noun(&self, index: usize) -> bool {
        let Some(before) = index.checked_sub(1).filter(|_| self.gap(index) == " ") else {
            return false;
        };
        let is_certain = matches!(self.normal(index), "said" | "says" | "told" | "wrote" | "tells");
        !is_certain && (is_before_nouns(self.normal(before)) || self.is_possessive(before))
    }

    /// Whether a verb of saying depends on another: `would ask`, `to insist`.
    pub(super) fn is_infinitive(&self, index: usize) -> bool {
        let before = index.checked_sub(1).filter(|_| self.gap(index) == " ");
        before.is_some_and(|before| {
            matches!(
                self.normal(before),
                "to" | "would" | "will" | "should" | "could" | "can" | "may" | "might" | "must"
            )
        })
    }

    /// Whether two words together are a verb of saying: `went on`, `shot back`.
    pub(super) fn says_with_next(&self, index: usize) -> bool {
        match self.normal(index) {
            "went" | "goes" => self.normal(index + 1) == "on",
            "shot" | "fired" | "hit" => self.normal(index + 1) == "back",
            "pointed" | "points" => self.normal(index + 1) == "out",
            "chimed" => self.normal(index + 1) == "in",
            _ => false,
        }
    }
}
