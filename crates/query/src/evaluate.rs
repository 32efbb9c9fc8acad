//! Whether an article is what a query asks for, and by which words.

use crate::document::Prepared;
use crate::numbers::Numbers;
use crate::term::Term;
use crate::tree::Node;

/// By what an article matched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    /// The words, phrases and fields of the query that were found, as the query writes them and
    /// in its order; none twice.
    pub words: Vec<String>,
}

pub(crate) fn evaluate(tree: &Node, article: &Prepared, numbers: &Numbers<'_>) -> Option<Matched> {
    holds(tree, article, numbers).then(|| {
        let mut matched = Matched::default();
        collect(tree, article, numbers, &mut matched.words);
        matched
    })
}

fn holds(node: &Node, article: &Prepared, numbers: &Numbers<'_>) -> bool {
    match node {
        Node::All => true,
        Node::Term(term) => article.has(term),
        Node::Near { one, other, words } => article.near(one, other, *words),
        Node::Compare(comparison) => comparison.holds(numbers),
        Node::Not(part) => !holds(part, article, numbers),
        Node::And(parts) => parts.iter().all(|part| holds(part, article, numbers)),
        Node::Or(parts) => parts.iter().any(|part| holds(part, article, numbers)),
    }
}

/// Notes the terms of every part that holds and is not denied.
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
            for part in parts.iter().filter(|part| holds(part, article, numbers)) {
                collect(part, article, numbers, words);
            }
        }
    }
}
