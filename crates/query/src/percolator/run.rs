//! Matches an article against a program, and collects the words that matched:
//! [`evaluate`](crate::evaluate) for bytes and numbers instead of trees and strings.

use std::cell::LazyCell;

use super::numbered::Numbered;
use super::program::{Step, TermBytes};
use super::reader::Reader;
use crate::document::Part;
use crate::evaluate::Matched;
use crate::numbers::Numbers;

/// A program, and the article and the numbers that it is run on. The numbers are computed when they
/// are first needed.
pub(super) struct Run<'r, 'n, F> {
    pub(super) program: Reader<'r>,
    pub(super) article: &'r Numbered<'r>,
    pub(super) numbers: LazyCell<Numbers<'n>, F>,
}

impl<'r, 'n, F: FnOnce() -> Numbers<'n>> Run<'r, 'n, F> {
    /// The words that were found, if the article and the numbers of its event match the program.
    pub(super) fn matches(&self) -> Option<Matched> {
        self.is_true(&mut self.program.clone(), Part::Whole).then(|| {
            let in_passing = !self.is_true(&mut self.program.clone(), Part::Head);
            let mut matched = Matched { in_passing, ..Matched::default() };
            self.collect(&mut self.program.clone(), &mut matched.words);
            matched
        })
    }

    /// Whether a step matches. Reads the step and all its parts.
    fn is_true(&self, reader: &mut Reader<'r>, part: Part) -> bool {
        match Step::read(reader) {
            Step::All => true,
            Step::Term(term) => self.article.has(term, part),
            Step::Near { one, other, words } => self.article.has_near(one, other, words, part),
            Step::Compare(comparison) => comparison.is_true(&self.numbers),
            // A negated part must be nowhere in the article.
            Step::Not => !self.is_true(reader, Part::Whole),
            Step::And(mut parts) => {
                let mut holds = true;
                while holds && !parts.is_at_end() {
                    holds = self.is_true(&mut parts, part);
                }
                holds
            }
            Step::Or(mut parts) => {
                let mut holds = false;
                while !holds && !parts.is_at_end() {
                    holds = self.is_true(&mut parts, part);
                }
                holds
            }
        }
    }

    /// Collects the terms of each matching part that is not negated, of a step that matches.
    fn collect(&self, reader: &mut Reader<'r>, words: &mut Vec<String>) {
        match Step::read(reader) {
            Step::All | Step::Compare(_) => {}
            Step::Term(term) => add_words(term, words),
            Step::Near { one, other, .. } => {
                add_words(one, words);
                add_words(other, words);
            }
            Step::Not => {
                self.is_true(reader, Part::Whole);
            }
            // All parts match.
            Step::And(mut parts) => {
                while !parts.is_at_end() {
                    self.collect(&mut parts, words);
                }
            }
            Step::Or(mut parts) => {
                while !parts.is_at_end() {
                    let mut part = parts;
                    if self.is_true(&mut parts, Part::Whole) {
                        self.collect(&mut part, words);
                    }
                }
            }
        }
    }
}

fn add_words(term: TermBytes<'_>, words: &mut Vec<String>) {
    let written = term.written();
    if !words.iter().any(|word| word == written) {
        words.push(written.to_owned());
    }
}
