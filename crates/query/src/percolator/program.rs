//! A query as bytes: its tree in depth-first order, with words as numbers.
//!
//! A million trees with a string for each word need a gigabyte and cost a cache miss at each step.
//! As bytes, a query takes about fifty bytes in a row. Each term also stores its written form, to
//! be shown.

use std::time::Duration;

use super::vocabulary::Vocabulary;
use super::{Reader, WordNumbers, write_bytes, write_number, write_words};
use crate::keys::key_prefix;
use crate::numbers::{Comparison, Quantity, RELATIONS};
use crate::term::{Field, Term, Wanted};
use crate::tree::Node;

/// One step of a program.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    All,
    Term(TermBytes<'a>),
    Near {
        one: TermBytes<'a>,
        other: TermBytes<'a>,
        words: u32,
    },
    Compare(Comparison),
    /// The next step is negated.
    Not,
    /// The parts, in a row.
    And(Reader<'a>),
    Or(Reader<'a>),
}

/// A term with its words as numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct TermBytes<'a> {
    pub(super) field: Field,
    /// Whether the last word is only the beginning of a word.
    pub(super) is_prefix: bool,
    /// Whether the words are the stems of one word, followed by the word itself.
    pub(super) is_stems: bool,
    /// Whether it is a run of characters.
    pub(super) is_run: bool,
    pub(super) words: WordNumbers<'a>,
    written: &'a [u8],
}

impl<'a> TermBytes<'a> {
    /// The number of words of an article that a match covers.
    pub(super) fn length(self) -> usize {
        if self.is_stems { 1 } else { self.words.len() }
    }

    /// The term as written in the query.
    pub(super) fn written(self) -> &'a str {
        std::str::from_utf8(self.written).unwrap_or_default()
    }
}

const ALL: u8 = 0;
const TERM: u8 = 1;
const NEAR: u8 = 2;
const COMPARE: u8 = 3;
const NOT: u8 = 4;
const AND: u8 = 5;
const OR: u8 = 6;

const PREFIX: u8 = 0x80;
const STEMS: u8 = 0x40;
const RUN: u8 = 0x20;

/// Writes trees and gives their words numbers.
pub(super) struct Writer<'v> {
    pub(super) words: &'v mut Vocabulary,
    /// The prefixes under which words are filed.
    pub(super) prefixes: &'v mut Vocabulary,
}

impl Writer<'_> {
    /// Writes a tree.
    pub(super) fn write(&mut self, node: &Node, into: &mut Vec<u8>) {
        match node {
            Node::All => into.push(ALL),
            Node::Term(term) => {
                into.push(TERM);
                self.write_term(term, into);
            }
            Node::Near { one, other, words } => {
                into.push(NEAR);
                write_number(u64::from(*words), into);
                self.write_term(one, into);
                self.write_term(other, into);
            }
            Node::Compare(comparison) => {
                into.push(COMPARE);
                write_comparison(comparison, into);
            }
            Node::Not(negated) => {
                into.push(NOT);
                self.write(negated, into);
            }
            Node::And(parts) => self.write_parts(AND, parts, into),
            Node::Or(parts) => self.write_parts(OR, parts, into),
        }
    }

    /// Writes the length of the parts before them, so that a reader can skip them.
    fn write_parts(&mut self, kind: u8, parts: &[Node], into: &mut Vec<u8>) {
        let mut bytes = Vec::new();
        parts.iter().for_each(|part| self.write(part, &mut bytes));
        into.push(kind);
        write_bytes(&bytes, into);
    }

    fn write_term(&mut self, term: &Term, into: &mut Vec<u8>) {
        let (is_prefix, kind) = match term.wanted {
            Wanted::Words(_) => (false, 0),
            Wanted::Prefix(_) => (true, PREFIX),
            Wanted::Stems(_) => (false, STEMS),
        };
        into.push(term.field as u8 | kind | if term.is_run { RUN } else { 0 });
        let words = term.wanted.words();
        if let Some(prefix) = words.last().and_then(|last| key_prefix(last)).filter(|_| is_prefix) {
            self.prefixes.enter(Field::Text, prefix);
        }
        let exact = if kind == STEMS { words.len().saturating_sub(1) } else { 0 };
        let field = |at| if at < exact { Field::Stem } else { term.field };
        let numbers = words.iter().enumerate().map(|(at, word)| self.words.enter(field(at), word));
        write_words(&numbers.collect::<Vec<u32>>(), into);
        write_bytes(term.written.as_bytes(), into);
    }
}

fn write_comparison(comparison: &Comparison, into: &mut Vec<u8>) {
    let (quantity, window) = match comparison.quantity {
        Quantity::Origins => (0, Duration::ZERO),
        Quantity::Outlets => (1, Duration::ZERO),
        Quantity::Velocity(window) => (2, window),
    };
    into.extend([quantity, comparison.relation as u8]);
    write_number(u64::from(comparison.value), into);
    write_number(window.as_secs(), into);
}

impl<'a> Step<'a> {
    /// Reads the next step.
    pub(super) fn read(reader: &mut Reader<'a>) -> Self {
        match reader.byte() {
            TERM => Self::Term(read_term(reader)),
            NEAR => {
                let words = narrow(reader.number());
                Self::Near { one: read_term(reader), other: read_term(reader), words }
            }
            COMPARE => Self::Compare(read_comparison(reader)),
            NOT => Self::Not,
            AND => Self::And(Reader::new(reader.bytes())),
            OR => Self::Or(Reader::new(reader.bytes())),
            _ => Self::All,
        }
    }
}

fn read_term<'a>(reader: &mut Reader<'a>) -> TermBytes<'a> {
    let kind = reader.byte();
    let number = usize::from(kind & !(PREFIX | STEMS | RUN));
    TermBytes {
        field: Field::from_number(number),
        is_prefix: kind & PREFIX != 0,
        is_stems: kind & STEMS != 0,
        is_run: kind & RUN != 0,
        words: reader.words(),
        written: reader.bytes(),
    }
}

fn read_comparison(reader: &mut Reader<'_>) -> Comparison {
    let (quantity, place) = (reader.byte(), usize::from(reader.byte()));
    let value = narrow(reader.number());
    let window = Duration::from_secs(reader.number());
    let quantity = match quantity {
        0 => Quantity::Origins,
        1 => Quantity::Outlets,
        _ => Quantity::Velocity(window),
    };
    let (_, relation) = RELATIONS[place.min(RELATIONS.len() - 1)];
    Comparison { quantity, relation, value }
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Reads back a tree.
pub(super) fn tree(reader: &mut Reader<'_>, vocabulary: &Vocabulary) -> Node {
    let term_of = |bytes: TermBytes<'_>| {
        let words = bytes.words.iter().map(|number| vocabulary.word(number).to_owned()).collect();
        let wanted = match (bytes.is_prefix, bytes.is_stems) {
            (true, _) => Wanted::Prefix(words),
            (_, true) => Wanted::Stems(words),
            _ => Wanted::Words(words),
        };
        let (field, is_run) = (bytes.field, bytes.is_run);
        Term { field, wanted, is_run, written: bytes.written().to_owned() }
    };
    match Step::read(reader) {
        Step::All => Node::All,
        Step::Term(term) => Node::Term(term_of(term)),
        Step::Near { one, other, words } => {
            Node::Near { one: term_of(one), other: term_of(other), words }
        }
        Step::Compare(comparison) => Node::Compare(comparison),
        Step::Not => Node::Not(Box::new(tree(reader, vocabulary))),
        Step::And(parts) => Node::And(trees(parts, vocabulary)),
        Step::Or(parts) => Node::Or(trees(parts, vocabulary)),
    }
}

fn trees(mut parts: Reader<'_>, vocabulary: &Vocabulary) -> Vec<Node> {
    let mut nodes = Vec::new();
    while !parts.is_at_end() {
        nodes.push(tree(&mut parts, vocabulary));
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Query;

    #[test]
    fn a_written_tree_is_read_back() {
        for text in [
            "*",
            "Port",
            "port strike -football",
            "(port OR harbo*) \"Walked out\" -(a OR -b)",
            "title:\" Peace  plan \" entity:Łódź place:Kyiv outlet:A.example site:a agency:ap",
            "lang:en cites:labour class:copy feed:f anywhere:port",
            "port NEAR/7 \"quay work*\" NEAR/1000 x",
            "~strike title:~Grèves 地震 \"대지 진동\" cease-fire NEAR/3 re-elected",
            "origins>=2 outlets<300 origins<=4294967295 outlets=0 velocity>5/10m",
        ] {
            let query = Query::parse(text).expect(text);
            let (mut vocabulary, mut bytes) = (Vocabulary::default(), Vec::new());
            let mut prefixes = Vocabulary::default();
            Writer { words: &mut vocabulary, prefixes: &mut prefixes }
                .write(&query.tree, &mut bytes);
            let mut reader = Reader::new(&bytes);
            assert_eq!(tree(&mut reader, &vocabulary), query.tree, "{text}");
            assert!(reader.is_at_end(), "{text}");
        }
        for number in 0..Field::Stem as usize {
            assert_eq!(Field::from_number(number) as usize, number);
        }
        for (at, (_, relation)) in RELATIONS.into_iter().enumerate() {
            assert_eq!(relation as usize, at);
        }
    }
}
