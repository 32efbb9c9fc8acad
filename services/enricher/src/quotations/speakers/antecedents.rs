//! Resolves pronouns and quotations without a named speaker, in English only: to the one subject of
//! the sentence before, if it fits. Such speakers are marked as inferred.

use std::ops::Range;
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use wirefold_text::Span;

use super::super::Attribution;
use super::Finder;
use super::clause::Subject;
use crate::word_set::WordMap;

const FIRST_NAMES: &str = include_str!("../../../data/first_names.tsv");
/// The most sentences before a pronoun among which its person is looked for.
const BACK: usize = 4;
/// The most words of a sentence. Longer ones are not sentences.
const LONGEST: usize = 120;
/// The most paragraphs between the two.
const APART: u32 = 2;

/// The gender of a pronoun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gender {
    She,
    He,
}

impl Gender {
    fn of(pronoun: &str) -> Option<Self> {
        match pronoun {
            "she" => Some(Self::She),
            "he" => Some(Self::He),
            _ => None,
        }
    }
}

/// The gender of a first name that only one gender has.
fn of_first_name(normal: &str) -> Option<Gender> {
    static NAMES: LazyLock<WordMap<Gender>> = LazyLock::new(|| {
        let mut all = WordMap::default();
        for line in FIRST_NAMES.lines().filter(|line| !line.starts_with('#')) {
            let (pronoun, names) = line.split_once('\t').unwrap_or_default();
            let Some(gender) = Gender::of(pronoun) else { continue };
            for name in names.split(' ') {
                all.insert(name, gender);
            }
        }
        all
    });
    NAMES.get(normal).copied()
}

impl<'a> Finder<'a> {
    /// The speaker of speech without a named speaker: the subject of the sentence before.
    pub(in super::super) fn inferred(&self, speech: Span) -> Attribution {
        let before = self.sentences().partition_point(|words| self.starts(words) < speech.start);
        let Some(at) = before.checked_sub(1).filter(|_| self.is_english) else {
            return Attribution::None;
        };
        let words = self.reading.text.words();
        let first = words.partition_point(|word| word.span.start < speech.start);
        let sentence = self.sentences()[at].start..self.sentences()[at].end.min(first);
        let (Some(last), Some(first)) = (words.get(sentence.end - 1), words.get(first)) else {
            return Attribution::None;
        };
        if self.is_attributed(speech) {
            return Attribution::None;
        }
        let is_near = first.paragraph <= last.paragraph + 1;
        let person = match self.main_subject(sentence) {
            Some(Subject::Name(name)) if self.is_person(&name) => Some(name),
            Some(Subject::Pronoun(index)) => self.antecedent(index),
            _ => None,
        };
        match person.filter(|_| is_near) {
            Some(name) => self.infer(&name, None),
            None => Attribution::None,
        }
    }

    /// Whether words after the speech, in its sentence, may name the speaker. Then none is
    /// inferred.
    fn is_attributed(&self, speech: Span) -> bool {
        let original = self.reading.text.original();
        let behind = original[speech.end..].trim_start_matches(['”', '"', '’', '\'']);
        let spoken = speech.of(original).trim_end_matches(['”', '"', '’', '\'']);
        let is_closed =
            behind.trim_start_matches(' ').starts_with('\n') || behind.trim().is_empty();
        let begins = behind.trim_start().starts_with(char::is_uppercase) && spoken.ends_with('.');
        let opens = original[..speech.start].trim_end_matches(['“', '"', '‘', '\'']);
        let is_whole = opens.trim_end_matches(' ').ends_with(['\n', '.', '!', '?', '”', '"']);
        is_whole && !is_closed && !begins
    }

    /// A pronoun as a speaker, with its person if one fits.
    pub(in super::super) fn resolved(&self, pronoun: Span) -> Attribution {
        let words = self.reading.text.words();
        let index = words.partition_point(|word| word.span.start < pronoun.start);
        match self.antecedent(index) {
            Some(name) if self.is_english => self.infer(&name, Some(pronoun)),
            _ => Attribution::Pronoun(pronoun),
        }
    }

    fn infer(&self, name: &Range<usize>, pronoun: Option<Span>) -> Attribution {
        match self.name(name) {
            Attribution::To(speaker) => Attribution::Inferred { speaker, pronoun },
            other => other,
        }
    }

    /// The person whom `he` or `she` means: the subject before it, if no other person fits.
    fn antecedent(&self, index: usize) -> Option<Range<usize>> {
        let gender = Gender::of(self.normal(index))?;
        let sentences = self.sentences();
        let at = sentences.partition_point(|words| words.end <= index);
        let own = sentences.get(at).map_or(index..index, |words| words.start.min(index)..index);
        let earlier = sentences[..at].iter().rev().take(BACK).cloned();
        let paragraph = |word: usize| self.reading.text.words()[word].paragraph;
        for words in std::iter::once(own).chain(earlier) {
            if words.is_empty() {
                continue;
            }
            if words.len() > LONGEST {
                return None;
            }
            if paragraph(index) > paragraph(words.start) + APART {
                return None;
            }
            match self.main_subject(words.clone()) {
                Some(Subject::Name(name)) if self.is_person(&name) => {
                    return match self.gender(&name) {
                        Some(found) => (found == gender).then_some(name),
                        None => self.is_alone(&words, &name, gender).then_some(name),
                    };
                }
                // `He` again: its person is named further up.
                Some(Subject::Pronoun(other)) if self.normal(other) == self.normal(index) => {}
                _ if self.has_other(&words, gender) => return None,
                _ => {}
            }
        }
        None
    }

    /// Whether no other person in a sentence fits.
    fn is_alone(&self, words: &Range<usize>, name: &Range<usize>, gender: Gender) -> bool {
        let others = self.people_in(words).iter();
        let mut fitting = others.filter(|one| self.gender(one).is_none_or(|own| own == gender));
        !fitting.any(|one| one.end <= name.start || name.end <= one.start)
    }

    /// Whether a sentence names a person who fits.
    fn has_other(&self, words: &Range<usize>, gender: Gender) -> bool {
        let mut people = self.people_in(words).iter();
        people.any(|one| self.gender(one).is_none_or(|own| own == gender))
    }

    /// The gender of a person by title and first name, here or where the text has the full name.
    fn gender(&self, name: &Range<usize>) -> Option<Gender> {
        let by_title = name.clone().chain(name.start.checked_sub(1)).find_map(|index| {
            match self.normal(index) {
                "mr" | "sir" | "king" | "prince" | "lord" => Some(Gender::He),
                "mrs" | "ms" | "miss" | "queen" | "princess" | "lady" => Some(Gender::She),
                _ => None,
            }
        });
        by_title
            .or_else(|| self.by_first_name(name))
            .or_else(|| self.surnames().get(self.normal(name.end - 1)).copied().flatten())
    }

    fn by_first_name(&self, name: &Range<usize>) -> Option<Gender> {
        (name.len() > 1).then(|| of_first_name(self.normal(name.start))).flatten()
    }

    /// The last words of all people's names, each with the gender of people with that last word, if
    /// it is known and unique.
    pub(super) fn surnames(&self) -> &FxHashMap<&'a str, Option<Gender>> {
        self.surnames.get_or_init(|| {
            let mut all: FxHashMap<&'a str, Vec<Gender>> = FxHashMap::default();
            for person in &self.people {
                let genders = all.entry(self.normal(person.end - 1)).or_default();
                genders.extend(self.by_first_name(person).filter(|one| !genders.contains(one)));
            }
            let agreed =
                |genders: Vec<Gender>| genders.first().copied().filter(|_| genders.len() == 1);
            all.into_iter().map(|(last, genders)| (last, agreed(genders))).collect()
        })
    }

    fn starts(&self, words: &Range<usize>) -> usize {
        self.reading.text.words()[words.start].span.start
    }

    /// The sentences of the narrator: words outside quotation marks.
    fn sentences(&self) -> &[Range<usize>] {
        self.narrative.get_or_init(|| {
            let words = self.reading.text.words();
            let mut found: Vec<Range<usize>> = Vec::new();
            for (index, word) in words.iter().enumerate().filter(|(_, word)| !word.quoted) {
                match found.last_mut() {
                    Some(last) if !self.begins_sentence(last.end - 1, index) => {
                        last.end = index + 1;
                    }
                    _ if word.is_chrome => {}
                    _ => found.push(index..index + 1),
                }
            }
            found
        })
    }

    /// Whether a sentence ends between two words outside of quotation marks.
    fn begins_sentence(&self, before: usize, index: usize) -> bool {
        if before + 1 == index {
            return self.ends_sentence(index);
        }
        let words = self.reading.text.words();
        let between =
            &self.reading.text.original()[words[before].span.end..words[index].span.start];
        let spoken = between.trim_end().trim_end_matches(['”', '"', '’', '\'']);
        between.contains('\n') || (spoken.ends_with(['.', '!', '?']) && words[index].capital)
    }
}
