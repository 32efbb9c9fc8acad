//! Parses tokens into a tree, by recursive descent.

mod list;
mod terms;

use crate::error::{ParseError, shortened};
use crate::lexer::{LocatedToken, Token, tokens};
use crate::limits::{MAX_BYTES, MAX_DEPTH, MAX_TERMS};
use crate::lists::Lists;
use crate::numbers::comparison;
use crate::term::{Field, Term};
use crate::tree::Node;

const AN_OPERAND: &str = "a word, a phrase or \"(\"";

/// Parses a whole query.
pub(crate) fn parse(text: &str, lists: &Lists) -> Result<Node, ParseError> {
    if text.len() > MAX_BYTES {
        let what = format!("{} bytes", text.len());
        return Err(ParseError::new(1, format!("a query of at most {MAX_BYTES} bytes"), what));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
        terms: 0,
        lists,
        bytes: text.len(),
        open_lists: Vec::new(),
    };
    let tree = parser.disjunction()?;
    let rest = parser.peek();
    if rest.token != Token::End {
        return Err(ParseError::new(
            rest.column,
            "an opened \"(\" before it",
            rest.token.described(),
        ));
    }
    if !tree.is_positive() {
        return Err(only_negations(&tree));
    }
    Ok(tree)
}

/// The error of a query that needs no word. It names OR only if the query has one outside negations.
fn only_negations(tree: &Node) -> ParseError {
    let (expected, found) = match tree.has_alternatives() {
        true => ("something that must be there on every side of OR", "a side of only negations"),
        false => ("something that must be there", "only negations"),
    };
    ParseError::new(1, expected, found)
}

struct Parser<'l> {
    tokens: Vec<LocatedToken>,
    at: usize,
    depth: usize,
    terms: usize,
    lists: &'l Lists,
    /// The length of the query and of the lists that it names.
    bytes: usize,
    /// The names of the lists that are being read.
    open_lists: Vec<String>,
}

impl Parser<'_> {
    fn peek(&self) -> &LocatedToken {
        // The last token is [`Token::End`], and the position never passes it.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next_token(&mut self) -> LocatedToken {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn skip_if(&mut self, token: &Token) -> bool {
        let is_next = self.peek().token == *token;
        self.at += usize::from(is_next);
        is_next
    }

    fn enter_group(&mut self, column: usize) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let expected = format!("at most {MAX_DEPTH} groups and negations inside each other");
            return Err(ParseError::new(column, expected, "one more"));
        }
        Ok(())
    }

    fn disjunction(&mut self) -> Result<Node, ParseError> {
        let mut parts = vec![self.conjunction()?];
        while self.skip_if(&Token::Or) {
            parts.push(self.conjunction()?);
        }
        Ok(join(parts, Node::Or))
    }

    fn conjunction(&mut self) -> Result<Node, ParseError> {
        let mut parts = vec![self.negation()?];
        loop {
            let has_and = self.skip_if(&Token::And);
            let ends = matches!(self.peek().token, Token::Or | Token::Close | Token::End);
            if ends && !has_and {
                return Ok(join(parts, Node::And));
            }
            parts.push(self.negation()?);
        }
    }

    fn negation(&mut self) -> Result<Node, ParseError> {
        let column = self.peek().column;
        if !self.skip_if(&Token::Not) {
            return self.proximity();
        }
        self.enter_group(column)?;
        let part = self.negation()?;
        self.depth -= 1;
        Ok(Node::Not(Box::new(part)))
    }

    fn proximity(&mut self) -> Result<Node, ParseError> {
        let mut column = self.peek().column;
        let mut last = self.operand()?;
        let mut pairs = Vec::new();
        while let Token::Near(words) = self.peek().token {
            self.next_token();
            let next_column = self.peek().column;
            let next = self.operand()?;
            let (ones, others) = (near_terms(&last, column)?, near_terms(&next, next_column)?);
            let near = |one: &Term, other: &Term| Node::Near {
                one: one.clone(),
                other: other.clone(),
                words,
            };
            let nears =
                ones.iter().flat_map(|one| others.iter().map(move |other| near(one, other)));
            pairs.push(join(nears.collect(), Node::Or));
            (last, column) = (next, next_column);
        }
        Ok(if pairs.is_empty() { last } else { join(pairs, Node::And) })
    }

    fn operand(&mut self) -> Result<Node, ParseError> {
        let LocatedToken { token, column } = self.next_token();
        match token {
            Token::Open => {
                self.enter_group(column)?;
                let inside = self.disjunction()?;
                self.depth -= 1;
                let next = self.peek();
                if next.token != Token::Close {
                    let expected = format!("\")\" for the \"(\" in column {column}");
                    return Err(ParseError::new(next.column, expected, next.token.described()));
                }
                self.next_token();
                Ok(inside)
            }
            Token::Phrase(words) => {
                self.phrase(Field::Text, &words, words.trim().to_owned(), column)
            }
            Token::FieldOfPhrase(name) => self.field_of_phrase(&name, column),
            Token::Word(word) => self.word(&word, column),
            other => Err(ParseError::new(column, AN_OPERAND, other.described())),
        }
    }

    fn field_of_phrase(&mut self, name: &str, column: usize) -> Result<Node, ParseError> {
        let field = Field::from_name(name).ok_or_else(|| {
            ParseError::new(column, Field::all_names(), format!("{}:", shortened(name)))
        })?;
        match self.next_token().token {
            Token::Phrase(words) => {
                let written = format!("{name}:\"{}\"", words.trim());
                self.phrase(field, &words, written, column + name.chars().count() + 1)
            }
            // The lexer produces this token only before a phrase.
            other => Err(ParseError::new(column, "a phrase after the colon", other.described())),
        }
    }

    fn word(&mut self, word: &str, column: usize) -> Result<Node, ParseError> {
        if word == "*" {
            self.count(column)?;
            return Ok(Node::All);
        }
        if let Some(name) = word.strip_prefix('@') {
            return self.list(name, column);
        }
        if let Some((name, value)) = word.split_once(':') {
            let field = Field::from_name(name).ok_or_else(|| {
                let what = format!("{}:", shortened(name));
                ParseError::new(column, Field::all_names(), what)
            })?;
            let value_column = column + name.chars().count() + 1;
            if value.is_empty() {
                let what = self.peek().token.described();
                return Err(ParseError::new(
                    value_column,
                    "a word or a phrase after the colon",
                    what,
                ));
            }
            return self.forms(field, value, word, value_column);
        }
        match comparison(word) {
            Some(Ok(comparison)) => {
                self.count(column)?;
                Ok(Node::Compare(comparison))
            }
            Some(Err(expected)) => Err(ParseError::new(column, expected, shortened(word))),
            None => self.forms(Field::Text, word, word, column),
        }
    }

    fn count(&mut self, column: usize) -> Result<(), ParseError> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            let expected = format!("at most {MAX_TERMS} words, phrases and fields");
            return Err(ParseError::new(column, expected, "one more"));
        }
        Ok(())
    }

    /// A word or a phrase, with or without its hyphens.
    fn term(
        &mut self,
        field: Field,
        text: &str,
        written: String,
        column: usize,
    ) -> Result<Node, ParseError> {
        self.count(column)?;
        let closed = terms::without_hyphens(text).filter(|_| field.is_text());
        let closed = closed.map(|closed| terms::term(field, &closed, written.clone(), column));
        let closed = closed.transpose()?.map(Node::Term);
        let open = terms::term(field, text, written, column).map(Node::Term)?;
        Ok(join(std::iter::once(open).chain(closed).collect(), Node::Or))
    }

    fn phrase(
        &mut self,
        field: Field,
        words: &str,
        written: String,
        column: usize,
    ) -> Result<Node, ParseError> {
        if let Some(at) = terms::tilde_inside(words) {
            let expected = "~ before a word outside quotation marks";
            return Err(ParseError::new(column + at + 1, expected, "~ inside"));
        }
        self.term(field, words, written, column)
    }

    /// A word, or all its forms with `~`.
    fn forms(
        &mut self,
        field: Field,
        value: &str,
        written: &str,
        column: usize,
    ) -> Result<Node, ParseError> {
        let Some(word) = value.strip_prefix('~') else {
            return self.term(field, value, written.to_owned(), column);
        };
        if word.starts_with('@') {
            let expected =
                "a word behind ~; the lines of a list may have their own, such as ~strike";
            return Err(ParseError::new(column, expected, shortened(value)));
        }
        self.count(column)?;
        terms::stemmed(field, word, written.to_owned(), column).map(Node::Term)
    }
}

/// Joins parts to one node. A single part needs no join.
fn join(mut parts: Vec<Node>, operator: fn(Vec<Node>) -> Node) -> Node {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            operator(parts)
        }
    }
}

/// The operand of `NEAR`: one term, or one term with and without hyphens.
fn near_terms(node: &Node, column: usize) -> Result<Vec<Term>, ParseError> {
    let nodes = match node {
        Node::Or(parts) => &parts[..],
        other => std::slice::from_ref(other),
    };
    let term = |part: &Node| match part {
        Node::Term(term) if matches!(term.field, Field::Text | Field::Anywhere) => {
            Some(term.clone())
        }
        _ => None,
    };
    let terms: Option<Vec<Term>> = nodes.iter().map(term).collect();
    let is_one = |all: &Vec<Term>| all.iter().all(|one| one.written == all[0].written);
    terms.filter(is_one).ok_or_else(|| {
        let expected = "a word or a phrase without a field beside NEAR";
        ParseError::new(column, expected, "something else")
    })
}
