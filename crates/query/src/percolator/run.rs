//! Matches an article against a program, and collects the words that matched:
//! [`evaluate`](crate::evaluate) for bytes and numbers instead of trees and strings.

use std::cell::LazyCell;

use super::numbered::Numbered;
use super::program::{Step, TermBytes};
use super::reader::Reader;
use crate::document::Part;
use crate::evaluate::Matched;
use crate::numbers::Numbers;

/// A program and what it is asked of. The numbers are told once, where it asks for them.
pub(super) struct Run<'r, 'n, F> {
    pub(super) program: Reader<'r>,
    pub(super) article: &'r Numbered<'r>,
    pub(super) numbers: LazyCell<Numbers<'n>, F>,
}

impl<'r, 'n, F: FnOnce() -> Numbers<'n>> Run<'r, 'n, F> {
    /// The words found, where the article and the numbers of its event are as the program asks.
    pub(super) fn matches(&self) -> Option<Matched> {
        self.is_met(&mut self.program.clone(), Part::Whole).then(|| {
            let in_passing = !self.is_met(&mut self.program.clone(), Part::Head);
            let mut matched = Matched { in_passing, ..Matched::default() };
            self.collect(&mut self.program.clone(), &mut matched.words);
            matched
        })
    }

    /// Whether a step is met. Reads the step and all its parts.
    fn is_met(&self, reader: &mut Reader<'r>, part: Part) -> bool {
        match Step::read(reader) {
            Step::All => true,
            Step::Term(term) => self.article.has(term, part),
            Step::Near { one, other, words } => self.article.has_near(one, other, words, part),
            Step::Compare(comparison) => comparison.is_true(&self.numbers),
            // A negated part must be nowhere in the article.
            Step::Not => !self.is_met(reader, Part::Whole),
            Step::And(mut parts) => {
                let mut holds = true;
                while holds && !parts.is_at_end() {
                    holds = self.is_met(&mut parts, part);
                }
                holds
            }
            Step::Or(mut parts) => {
                let mut holds = false;
                while !holds && !parts.is_at_end() {
                    holds = self.is_met(&mut parts, part);
                }
                holds
            }
        }
    }

    /// Notes the terms of every part that holds and is not denied, of a step that holds.
    fn collect(&self, reader: &mut Reader<'r>, words: &mut Vec<String>) {
        match Step::read(reader) {
            Step::All | Step::Compare(_) => {}
            Step::Term(term) => add_words(term, words),
            Step::Near { one, other, .. } => {
                add_words(one, words);
                add_words(other, words);
            }
            Step::Not => {
                self.is_met(reader, Part::Whole);
            }
            // All parts hold.
            Step::And(mut parts) => {
                while !parts.is_at_end() {
                    self.collect(&mut parts, words);
                }
            }
            Step::Or(mut parts) => {
                while !parts.is_at_end() {
                    let mut part = parts;
                    if self.is_met(&mut parts, Part::Whole) {
                        self.collect(&mut part, words);
                    }
                }
            }
        }
    }
}

fn add_words(term: TermBytes<'_>, words: &mut Vec<String>) {
    let written = term.written();
    if !words.iter().any(|known| known == written) {
        words.push(written.to_owned());
    }
}
