//! Matches one article against the tree of a query, and collects the words that matched.

use crate::document::{Part, Prepared};
use crate::numbers::Numbers;
use crate::term::Term;
use crate::tree::Node;

/// The reason why an article matches a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    /// The words, phrases and fields of the query that were found, as written in the query and in
    /// its order, each once.
    pub words: Vec<String>,
    /// Whether title and lede alone do not match: the text mentions it in passing.
    pub in_passing: bool,
}

pub(crate) fn evaluate(tree: &Node, article: &Prepared, numbers: &Numbers<'_>) -> Option<Matched> {
    is_true(tree, article, numbers, Part::Whole).then(|| {
        let in_passing = !is_true(tree, article, numbers, Part::Head);
        let mut matched = Matched { in_passing, ..Matched::default() };
        collect(tree, article, numbers, &mut matched.words);
        matched
    })
}

fn is_true(node: &Node, article: &Prepared, numbers: &Numbers<'_>, part: Part) -> bool {
    let is_true_here = |inner: &Node| is_true(inner, article, numbers, part);
    match node {
        Node::All => true,
        Node::Term(term) => article.has(term, part),
        Node::Near { one, other, words } => article.has_near(one, other, *words, part),
        Node::Compare(comparison) => comparison.is_true(numbers),
        // A negated part must be nowhere in the article.
        Node::Not(negated) => !is_true(negated, article, numbers, Part::Whole),
        Node::And(nodes) => nodes.iter().all(is_true_here),
        Node::Or(nodes) => nodes.iter().any(is_true_here),
    }
}

/// Collects the terms of each matching part that is not negated.
fn collect(node: &Node, article: &Prepared, numbers: &Numbers<'_>, words: &mut Vec<String>) {
    let mut note = |term: &Term| {
        if !words.contains(&term.written) {
            words.push(term.written.clone());
        }
    };
    match node {
        Node::All | Node::Not(_) | Node::Compare(_) => {}
        Node::Term(term) => note(term),
        Node::Near { one, other, .. } => {
            note(one);
            note(other);
        }
        Node::And(parts) | Node::Or(parts) => {
            for part in parts.iter().filter(|part| is_true(part, article, numbers, Part::Whole)) {
                collect(part, article, numbers, words);
            }
        }
    }
}
