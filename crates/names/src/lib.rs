//! Finds names of people, organisations and places in a text. The model is a linear-chain CRF over
//! hashed features of words, shapes and lists, trained on labelled news and Wikipedia (`cargo xtask
//! train names`).
//!
//! The result is names with kind, position and confidence. The crate handles only scripts with
//! capitals. It finds which words are a name, not whose name it is: the enricher joins the
//! spellings of one name. It has no I/O.
//!
//! Only the enricher uses it. It is a crate of its own because `cargo xtask train` and `cargo xtask
//! accuracy` train and measure it without the service.

mod chain;
mod features;
mod gazetteer;
mod hash;
mod islands;
mod latin;
mod listing;
mod model;
mod token;
pub mod train;

use std::ops::Range;

use wirefold_text::Text;

pub use listing::{Listing, listing};

use crate::chain::{ExpTransitions, ForwardBackward, Viterbi};
use crate::features::{FeatureContext, Scratch};
use crate::model::Model;
use crate::token::{Token, tokens};

/// The kind of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One person, without title.
    Person,
    /// A company, a party, a team, a newspaper, an authority.
    Organisation,
    /// A country, a city, a region, a river or sea.
    Place,
}

/// A name in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Name {
    /// Its position, in bytes of the original.
    pub span: Range<usize>,
    /// Its kind.
    pub kind: Kind,
    /// The probability of its least likely tag, 0 to 1.
    pub confidence: f32,
}

/// The names in a text, in order and without overlaps.
#[must_use]
pub fn names(text: &Text) -> Vec<Name> {
    names_by(Model::embedded(), text)
}

pub(crate) fn names_by(model: &Model, text: &Text) -> Vec<Name> {
    let tokens = tokens(text, &model.gazetteer);
    let mut found = Vec::new();
    if tokens.is_empty() {
        return found;
    }
    let context = FeatureContext::new(text, &tokens, &model.gazetteer);
    let weights = ExpTransitions::new(&model.transitions);
    let mut scratch = Scratch::default();
    let mut scores = Vec::with_capacity(8);
    let mut decoder = Viterbi::new(&model.transitions);
    for island in islands::islands(&tokens) {
        scores.clear();
        context.features(&island, &mut scratch, |_, features| scores.push(model.scores(features)));
        decoder.find(&scores);
        if decoder.tags.iter().any(|tag| *tag != 0) {
            let probabilities = ForwardBackward::new(&scores, &weights);
            read_tags(text, &tokens[island], &decoder.tags, &probabilities, &mut found);
        }
    }
    found
}

/// Converts the tags of an island to names.
fn read_tags(
    text: &Text,
    tokens: &[Token],
    tags: &[usize],
    probabilities: &ForwardBackward<'_>,
    found: &mut Vec<Name>,
) {
    let mut at = 0;
    while at < tags.len() {
        let Some(kind) = kind_of(tags[at]) else {
            at += 1;
            continue;
        };
        let inside = tags[at + 1..].iter().take_while(|tag| **tag == tags[at] + 1).count();
        let words = at..at + 1 + inside;
        let tag_probabilities = words.clone().map(|word| probabilities.marginal(word)[tags[word]]);
        let confidence = tag_probabilities.fold(1.0, f32::min);
        let span = span(text, &tokens[words.clone()]);
        found.push(Name { span, kind, confidence });
        at = words.end;
    }
}

/// The kind of a tag that begins a name: [`Kind::tag`].
fn kind_of(tag: usize) -> Option<Kind> {
    [Kind::Person, Kind::Organisation, Kind::Place].into_iter().find(|kind| kind.tag() == tag)
}

impl Kind {
    /// The tag of the first token of a name. The next tag is that of the others.
    const fn tag(self) -> usize {
        2 * self as usize + 1
    }
}

/// The span from the first token to the last, with the last dot of `D.C.`.
pub(crate) fn span(text: &Text, tokens: &[Token]) -> Range<usize> {
    let (first, last) = (&tokens[0], &tokens[tokens.len() - 1]);
    let printed = &text.original()[first.start..last.end];
    let is_dotted = printed.len() > 2 && printed.ends_with(|c: char| c.is_uppercase()) && {
        let mut behind = printed.chars().rev();
        behind.nth(1) == Some('.')
    };
    let has_dot = text.original()[last.end..].starts_with('.');
    first.start..last.end + usize::from(is_dotted && has_dot)
}

#[cfg(test)]
mod tests;
