//! The speaker of a quotation, in scripts with spaces between words: the subject of a verb of
//! saying beside the marks, never the object.

mod antecedents;
mod clause;
mod english;
mod subjects;
mod words;

use std::cell::OnceCell;
use std::ops::Range;

use rustc_hash::FxHashMap;
use wirefold_proto::EntityKind;
use wirefold_text::Span;

use self::antecedents::Gender;
use super::Attribution;
use super::caseless;
use super::speech::{Lexicon, is_aside, is_copula, is_opener, is_to};
use crate::cues::is_title;
use crate::entities::FoundName;
use crate::reading::Reading;

/// The most words beside a quotation among which its speaker is looked for.
const REACH: usize = 16;
/// The most words between a verb of saying and its subject.
const APART: usize = 8;
/// The most words of a subject that is not a name: `a police spokesman`.
const PHRASE: usize = 5;
/// The most words before a verb of saying at the start of the text after a quotation: `ha
/// dichiarato`, `se souvient`.
const AUXILIARIES: usize = 2;

/// A quotation and the text around it up to the next quotations, in bytes.
pub(super) struct SpeechContext {
    pub(super) speech: Span,
    pub(super) free: Range<usize>,
}

/// Finds the speakers in one text.
pub(super) struct Finder<'a> {
    reading: &'a Reading<'a>,
    lexicon: Lexicon,
    /// The words of each person's name, in order.
    people: Vec<Range<usize>>,
    language_is_cased: bool,
    capitalises_nouns: bool,
    is_english: bool,
    /// The sentences outside quotation marks, computed when first needed.
    narrative: OnceCell<Vec<Range<usize>>>,
    /// The last words of people's names, computed when first needed.
    surnames: OnceCell<FxHashMap<&'a str, Option<Gender>>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(reading: &'a Reading<'a>, names: &[FoundName], language: &str) -> Self {
        let lexicon = Lexicon::of(language);
        let capitalises_nouns = reading.capitalises_nouns || lexicon.capitalises_nouns();
        let people = names.iter().filter(|one| one.kind == EntityKind::Person);
        let people = people.map(|one| one.words.clone()).collect();
        let language_is_cased = !reading.is_caseless;
        let is_english = language == "en";
        Self {
            reading,
            lexicon,
            people,
            language_is_cased,
            capitalises_nouns,
            is_english,
            narrative: OnceCell::new(),
            surnames: OnceCell::new(),
        }
    }

    /// The speaker of a quotation.
    pub(super) fn speaker(&self, around: &SpeechContext, language: &str) -> Attribution {
        if matches!(language, "zh" | "ja") {
            return caseless::speaker(self.reading.text.original(), around.speech, language);
        }
        match self.behind(around) {
            Attribution::None => self.before(around),
            found => found,
        }
    }

    /// The speaker in words that name one.
    pub(super) fn attribution_in(&self, saying: Span) -> Attribution {
        let window = self.words_in(saying.start..saying.end);
        self.first_verb(&window).map_or(Attribution::None, |verb| self.follows(verb, &window))
    }

    /// Whether a word is a verb of saying. `States` in a name is not.
    fn is_saying(&self, index: usize) -> bool {
        let is_capital = || self.reading.text.words()[index].capital && !self.ends_sentence(index);
        if self.is_english && self.says_with_next(index) {
            return true;
        }
        self.lexicon.is_saying(self.normal(index))
            && !(self.language_is_cased && is_capital())
            && !(self.is_english && (self.is_noun(index) || self.is_infinitive(index)))
    }

    fn normal(&self, index: usize) -> &'a str {
        let text = self.reading.text;
        text.words().get(index).map_or("", |word| text.normal(word))
    }

    fn words_in(&self, bytes: Range<usize>) -> Range<usize> {
        let words = self.reading.text.words();
        let start = words.partition_point(|word| word.span.start < bytes.start);
        start..words.partition_point(|word| word.span.start < bytes.end).max(start)
    }

    /// The characters between a word and the one before it.
    fn gap(&self, index: usize) -> &str {
        let words = self.reading.text.words();
        let (Some(before), Some(word)) =
            (index.checked_sub(1).and_then(|at| words.get(at)), words.get(index))
        else {
            return "\n";
        };
        self.reading.text.original().get(before.span.end..word.span.start).unwrap_or("\n")
    }

    /// Whether a sentence ends between a word and the one before it.
    fn ends_sentence(&self, index: usize) -> bool {
        let gap = self.gap(index);
        // Most gaps are one space.
        if gap == " " {
            return false;
        }
        let is_stop = |at: usize| {
            let before = &self.reading.text.words()[at];
            // `Mr. X`, `J. X`
            before.span.end - before.span.start > 2 && !is_title(self.normal(at))
        };
        gap.contains(['\n', '!', '?', '؟', ';'])
            || (gap.contains(". ") && index.checked_sub(1).is_some_and(is_stop))
    }

    fn first_verb(&self, window: &Range<usize>) -> Option<usize> {
        window.clone().find(|index| self.is_saying(*index))
    }

    /// The speaker by the words after the marks.
    fn behind(&self, around: &SpeechContext) -> Attribution {
        let all = self.words_in(around.speech.end..around.free.end);
        let all = all.start..all.end.min(all.start + REACH);
        let original = self.reading.text.original();
        let Some(first) = self.reading.text.words().get(all.start) else {
            return Attribution::None;
        };
        let gap = original.get(around.speech.end..first.span.start).unwrap_or("\n");
        if all.is_empty() || gap.contains(['\n', '.', '!', '?', ':', ';', '(']) {
            return Attribution::None;
        }
        let end = all.clone().skip(1).find(|index| self.ends_sentence(*index)).unwrap_or(all.end);
        let window = all.start..end;
        let is_done = around.speech.of(original).trim_end_matches(['”', '"', '»']).ends_with('.');
        if self.is_english {
            return self.behind_in_english(&window, is_done);
        }
        let citing = window.clone().take(2).find(|index| self.lexicon.cites(self.normal(*index)));
        if let Some(citing) = citing {
            return self.follows(citing, &window);
        }
        let Some(verb) = self.first_verb(&window) else { return Attribution::None };
        if verb - window.start <= AUXILIARIES && !self.is_subject(window.start, verb) {
            return self.follows(verb, &window);
        }
        // `“A.” Ruiz said: “B.”`: the verb belongs to the next quotation.
        let introduces = is_done
            && end == all.end
            && original[..around.free.end].trim_end().ends_with([':', ',']);
        let is_apposed = (window.start + 1..verb).any(|index| self.gap(index).starts_with(','));
        if introduces || (verb - window.start > APART && !is_apposed) {
            return Attribution::None;
        }
        self.precedes(verb, &window)
    }

    /// Whether the words up to a verb are its subject: a name or a pronoun.
    fn is_subject(&self, start: usize, verb: usize) -> bool {
        (start..verb).any(|index| {
            let capital = self.reading.text.words()[index].capital;
            capital || self.lexicon.is_pronoun(self.normal(index))
        }) || (self.language_is_cased
            && start < verb
            && is_opener(self.normal(start))
            && verb - start > 1)
    }

    /// The subject after a verb: `said Ada Ruiz`, `ha dichiarato Ada Ruiz`, `قالت الوزيرة`.
    fn follows(&self, verb: usize, window: &Range<usize>) -> Attribution {
        let end = window.end.min(verb + 1 + APART);
        let rest = verb + 1..end;
        if self.lexicon.is_pronoun(self.normal(verb + 1)) && rest.contains(&(verb + 1)) {
            let is_article = self.run_from(verb + 2, end).is_some();
            if !is_article {
                return Attribution::Pronoun(self.reading.text.words()[verb + 1].span);
            }
        }
        if !self.language_is_cased {
            return self.phrase(rest);
        }
        let first = rest.clone().find_map(|index| self.run_from(index, end));
        // `said EU trade chief Ada Ruiz`
        let person = self.people_in(&rest).first().map(|person| self.full_name(person, end));
        let is_apposed = |named: &Range<usize>| {
            first.as_ref().is_some_and(|run| {
                (run.end..=named.start).all(|index| matches!(self.gap(index), " " | "-"))
                    && !(run.start..named.start).any(|index| is_aside(self.normal(index)))
            })
        };
        match person.filter(is_apposed).or(first.clone()) {
            // `said the head of the union on Monday to Ada Ruiz`
            Some(run) if !(verb + 2..run.start).any(|index| is_to(self.normal(index))) => {
                self.name(&run)
            }
            _ => self.phrase(rest),
        }
    }

    /// The subject before a verb: `Ada Ruiz said`, `a spokesman said`.
    fn precedes(&self, verb: usize, window: &Range<usize>) -> Attribution {
        let runs = self.runs(window.start..verb);
        // `EU trade chief Ada Ruiz said`, `Ada Ruiz, the head of Norland Rail, said`
        if let Some(person) = self.people_in(&(window.start..verb)).first()
            && !self.is_object(person)
        {
            return self.name(&self.full_name(person, verb));
        }
        if let Some(run) = runs.first().filter(|run| run.start <= window.start + 4) {
            return self.name(run);
        }
        if self.lexicon.is_pronoun(self.normal(window.start)) {
            return Attribution::Pronoun(self.reading.text.words()[window.start].span);
        }
        let subject = window.start..verb;
        let whole = self.span(&subject);
        match self.phrase(subject) {
            Attribution::To(found) if Some(found) != whole => Attribution::None,
            found => found,
        }
    }

    /// The speaker by the words before the marks in the same sentence.
    fn before(&self, around: &SpeechContext) -> Attribution {
        let all = self.words_in(around.free.start..around.speech.start);
        let original = self.reading.text.original();
        let Some(last) = all.end.checked_sub(1).filter(|last| all.contains(last)) else {
            return Attribution::None;
        };
        let close = &original[self.reading.text.words()[last].span.end..around.speech.start];
        if close.contains(['\n', '.', '!', '?', ';']) {
            return Attribution::None;
        }
        let reach = if self.is_english { REACH * 4 } else { REACH * 2 };
        let least = all.start.max(all.end.saturating_sub(reach));
        let start = (least + 1..all.end).rev().find(|index| self.ends_sentence(*index));
        let window = start.unwrap_or(least)..all.end;
        self.turkish(around, &window)
            .or_else(|| self.cited(&window))
            .or_else(|| self.introduced(&window, close))
            .unwrap_or(Attribution::None)
    }

    /// `Ada Ruiz, “…” dedi`: the verb follows the marks, its subject precedes them.
    fn turkish(&self, around: &SpeechContext, window: &Range<usize>) -> Option<Attribution> {
        let mut behind = self.words_in(around.speech.end..around.free.end).take(3);
        let verb = behind.find(|index| self.lexicon.is_saying(self.normal(*index)));
        let is_turkish = verb.is_some_and(|verb| {
            matches!(self.normal(verb), "dedi" | "konuştu" | "verdi" | "diye" | "söyledi" | "ifade")
        });
        if !is_turkish {
            return None;
        }
        let is_nominative = |run: &Range<usize>| {
            let printed = self.reading.printed(run);
            !printed.contains(['\'', '’'])
        };
        let runs = self.runs(window.clone());
        runs.into_iter().rev().find(is_nominative).map(|run| self.name(&run))
    }

    /// `Selon Ada Ruiz, directrice de l’hôpital, « … »`.
    fn cited(&self, window: &Range<usize>) -> Option<Attribution> {
        let citing = window.clone().find(|index| self.lexicon.cites(self.normal(*index)))?;
        if window.clone().any(|index| index > citing && self.lexicon.is_saying(self.normal(index)))
        {
            return None;
        }
        if self.normal(citing) == "göre" {
            return self.runs(window.start..citing).last().map(|run| self.name(run));
        }
        Some(self.follows(citing, window)).filter(|found| *found != Attribution::None)
    }

    /// `Ada Ruiz told them: “…`, `erklärte Ada Ruiz: „…`, `Ada Ruiz war knapp: „…`.
    fn introduced(&self, window: &Range<usize>, close: &str) -> Option<Attribution> {
        let verb = window.clone().rev().find(|index| self.is_saying(*index));
        let Some(verb) = verb else {
            let subject = self.is_english.then(|| self.main_subject(window.clone())).flatten();
            if let Some(subject) = subject.filter(|_| close.contains(':')) {
                return Some(self.as_speaker(subject));
            }
            let runs =
                if close.contains([':', '：']) { self.runs(window.clone()) } else { Vec::new() };
            let names: Vec<_> =
                runs.into_iter().filter(|run| run.len() > 1 && !self.is_object(run)).collect();
            return names.last().map(|run| self.name(run));
        };
        if !self.language_is_cased {
            return Some(self.follows(verb, window));
        }
        if self.is_english {
            return self.introduced_in_english(verb, window);
        }
        let before = self.runs(window.start.max(verb.saturating_sub(REACH))..verb);
        let subject = self.person_before(verb, window);
        let subject = subject.or_else(|| {
            let is_near = |run: &&Range<usize>| !self.is_object(run) && verb - run.end <= APART;
            before.iter().rev().find(is_near).cloned()
        });
        let pronoun = (window.start.max(verb.saturating_sub(3))..verb)
            .rev()
            .find(|index| self.lexicon.is_pronoun(self.normal(*index)));
        match (subject, pronoun) {
            (Some(run), Some(index)) if index > run.end => Some(self.pronoun(index)),
            (Some(run), _) => Some(self.name(&run)),
            (None, Some(index)) => Some(self.pronoun(index)),
            (None, None) => {
                Some(self.follows(verb, window)).filter(|found| *found != Attribution::None)
            }
        }
    }

    /// The person who is the subject of a verb: directly before it, or before an apposition between
    /// commas, as in `Ada Ruiz, the EU's head of trade, said`.
    fn person_before(&self, verb: usize, window: &Range<usize>) -> Option<Range<usize>> {
        let words = window.start.max(verb.saturating_sub(REACH))..verb;
        let is_closed =
            (verb.saturating_sub(2)..=verb).any(|index| self.gap(index).starts_with(','));
        let is_subject = |person: &&Range<usize>| {
            let is_apposed = is_closed && self.gap(person.end).starts_with(',');
            !self.is_object(person) && (is_apposed || verb - person.end <= APART)
        };
        let person = self.people_in(&words).iter().rev().find(is_subject)?;
        Some(self.full_name(person, verb))
    }

    fn pronoun(&self, index: usize) -> Attribution {
        Attribution::Pronoun(self.reading.text.words()[index].span)
    }

    fn span(&self, words: &Range<usize>) -> Option<Span> {
        let all = self.reading.text.words();
        let (first, last) = (all.get(words.start)?, all.get(words.end.checked_sub(1)?)?);
        (first.span.start < last.span.end)
            .then_some(Span { start: first.span.start, end: last.span.end })
    }

    /// A subject that is not a name: the words up to a comma or a preposition.
    fn phrase(&self, words: Range<usize>) -> Attribution {
        let start = words.start
            + words
                .clone()
                .take_while(|index| {
                    matches!(
                        self.normal(*index),
                        "عليه" | "عليها" | "هكذا" | "t" | "lui" | "lhe" | "hem" | "sich"
                    )
                })
                .count();
        if self.lexicon.is_pronoun(self.normal(start)) && start < words.end {
            return self.pronoun(start);
        }
        let is_end = |index: &usize| {
            (*index > start && (self.gap(*index) != " " || is_aside(self.normal(*index))))
                || (!self.language_is_cased
                    && *index > start
                    && self.normal(*index).starts_with("لل"))
        };
        let end = (start..words.end).find(is_end).unwrap_or(words.end);
        let most = if self.language_is_cased { PHRASE } else { APART };
        let says = (start..end).any(|index| self.lexicon.is_saying(self.normal(index)));
        let is_subject_phrase = !says
            && end > start
            && end - start <= most
            && !matches!(self.normal(start), "and" | "but" | "by")
            && !is_copula(self.normal(start))
            && !is_aside(self.normal(start))
            && (end - start > 1 || !is_opener(self.normal(start)));
        self.span(&(start..end))
            .filter(|_| is_subject_phrase)
            .map_or(Attribution::None, Attribution::To)
    }
}
