//! Names beside a verb of saying: runs of capitalised words, and the people in them.

use std::ops::Range;

use wirefold_text::Span;

use super::super::Attribution;
use super::super::speech::{PARTICLES, is_aside, is_opener};
use super::Finder;
use crate::cues::{is_calendar, is_first_name, is_title};

impl Finder<'_> {
    /// The people in these words.
    pub(super) fn people_in(&self, words: &Range<usize>) -> &[Range<usize>] {
        let start = self.people.partition_point(|person| person.start < words.start);
        let end = self.people.partition_point(|person| person.end <= words.end);
        &self.people[start..end.max(start)]
    }

    /// A person's name with the capitalised words that follow it.
    pub(super) fn full_name(&self, person: &Range<usize>, limit: usize) -> Range<usize> {
        let run = self.run_from(person.start, limit);
        person.start..run.map_or(person.end, |run| run.end.max(person.end))
    }

    /// Whether a preposition stands before a name: `to Ada Ruiz`, `of Norland`.
    pub(super) fn is_object(&self, run: &Range<usize>) -> bool {
        let Some(before) = run.start.checked_sub(1) else { return false };
        let is_small = self.reading.text.words().get(before).is_some_and(|word| !word.capital);
        let is_first = self.ends_sentence(before);
        self.gap(run.start) == " " && (is_small || is_first) && is_aside(self.normal(before))
    }

    /// The runs of capitalised words, in order.
    pub(super) fn runs(&self, words: Range<usize>) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = words.start;
        while at < words.end {
            match self.run_from(at, words.end) {
                // `Sen. Ada Ruiz (I-Nor.)`: text in brackets describes the speaker.
                Some(run) if self.gap(run.start).contains('(') => at = run.end,
                Some(run) => {
                    at = run.end;
                    found.push(run);
                }
                None => at += 1,
            }
        }
        found
    }

    /// The run of capitalised words that begins at a word.
    pub(super) fn run_from(&self, start: usize, limit: usize) -> Option<Range<usize>> {
        let words = self.reading.text.words();
        let is_capital = |index: usize| {
            index < limit && words.get(index).is_some_and(|word| word.capital && !word.alone)
        };
        let normal = self.normal(start);
        if !is_capital(start) || is_calendar(normal) || is_opener(normal) {
            return None;
        }
        let mut end = start + 1;
        loop {
            let has_case_ending = self.reading.printed(&(end - 1..end)).contains(['\'', '’']);
            let touches = |index: usize| matches!(self.gap(index), " " | "-" | ". " | "\u{a0}");
            let small = (end..limit.min(end + 2))
                .take_while(|index| PARTICLES.contains(&self.normal(*index)) && touches(*index))
                .count();
            let next = end + small;
            if has_case_ending
                || !is_capital(next)
                || !touches(next)
                || is_calendar(self.normal(next))
            {
                break;
            }
            end = next + 1;
        }
        let says = |index: usize| self.lexicon.is_saying(self.normal(index));
        let is_subject = says(start.saturating_sub(1)) || (says(end) && self.ends_sentence(start));
        let is_lone_noun = self.capitalises_nouns && end == start + 1 && !is_subject;
        (!is_lone_noun).then_some(start..end)
    }

    /// A name without the titles before it and the ending after it.
    pub(super) fn name(&self, run: &Range<usize>) -> Attribution {
        let is_a_title = |index: &usize| is_title(self.normal(*index));
        // `Old Tom Lund`: the first word is capitalised only because it begins the sentence.
        let is_opening = run.len() > 2
            && self.ends_sentence(run.start)
            && !self.reading.is_name(run.start)
            && !is_first_name(self.normal(run.start));
        let run = &(run.start + usize::from(is_opening)..run.end);
        let titles = run.clone().take_while(is_a_title).count();
        let name = run.start + titles..run.end;
        let Some(span) = self.span(if name.is_empty() { run } else { &name }) else {
            return Attribution::None;
        };
        let printed = span.of(self.reading.text.original());
        let last = printed.rfind(' ').unwrap_or(0);
        let end = printed[last..]
            .find(['\'', '’'])
            .filter(|cut| printed.len() - last - cut <= 5 && *cut > 2);
        let end = end.map_or(span.end, |cut| span.start + last + cut);
        Attribution::To(Span { start: span.start, end })
    }
}
