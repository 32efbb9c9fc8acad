//! Tokens to a tree, by recursive descent.

use crate::error::{ParseError, shortened};
use crate::fold;
use crate::lexer::{Placed, Token, tokens};
use crate::numbers::comparison;
use crate::query::{MAX_BYTES, MAX_DEPTH, MAX_TERMS};
use crate::term::{CLASSES, Field, Term, Wanted};
use crate::tree::Node;

const A_PART: &str = "a word, a phrase or \"(\"";

/// Reads a whole query.
pub(crate) fn parse(text: &str) -> Result<Node, ParseError> {
    if text.len() > MAX_BYTES {
        let what = format!("{} bytes", text.len());
        return Err(ParseError::new(1, format!("a query of at most {MAX_BYTES} bytes"), what));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, terms: 0 };
    let tree = parser.either()?;
    let rest = parser.peek();
    if rest.token != Token::End {
        return Err(ParseError::new(
            rest.column,
            "an opened \"(\" before it",
            rest.token.described(),
        ));
    }
    if !tree.is_positive() {
        let expected = "something that has to be there on every side of OR";
        return Err(ParseError::new(1, expected, "only what must not be there"));
    }
    Ok(tree)
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    terms: usize,
}

impl Parser {
    fn peek(&self) -> &Placed {
        // The last token is the end, and nothing goes past it.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn take(&mut self) -> Placed {
        let taken = self.peek().clone();
        self.at += 1;
        taken
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_next = self.peek().token == *token;
        self.at += usize::from(is_next);
        is_next
    }

    fn deeper(&mut self, column: usize) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let expected = format!("at most {MAX_DEPTH} groups and negations inside each other");
            return Err(ParseError::new(column, expected, "one more"));
        }
        Ok(())
    }

    fn either(&mut self) -> Result<Node, ParseError> {
        let mut parts = vec![self.all()?];
        while self.takes(&Token::Or) {
            parts.push(self.all()?);
        }
        Ok(together(parts, Node::Or))
    }

    fn all(&mut self) -> Result<Node, ParseError> {
        let mut parts = vec![self.maybe_not()?];
        loop {
            let has_and = self.takes(&Token::And);
            let ends = matches!(self.peek().token, Token::Or | Token::Close | Token::End);
            if ends && !has_and {
                return Ok(together(parts, Node::And));
            }
            parts.push(self.maybe_not()?);
        }
    }

    fn maybe_not(&mut self) -> Result<Node, ParseError> {
        let column = self.peek().column;
        if !self.takes(&Token::Not) {
            return self.maybe_near();
        }
        self.deeper(column)?;
        let part = self.maybe_not()?;
        self.depth -= 1;
        Ok(Node::Not(Box::new(part)))
    }

    fn maybe_near(&mut self) -> Result<Node, ParseError> {
        let mut column = self.peek().column;
        let mut last = self.part()?;
        let mut pairs = Vec::new();
        while let Token::Near(words) = self.peek().token {
            self.take();
            let next_column = self.peek().column;
            let next = self.part()?;
            let (one, other) = (near_term(&last, column)?, near_term(&next, next_column)?);
            pairs.push(Node::Near { one, other, words });
            (last, column) = (next, next_column);
        }
        Ok(if pairs.is_empty() { last } else { together(pairs, Node::And) })
    }

    fn part(&mut self) -> Result<Node, ParseError> {
        let Placed { token, column } = self.take();
        match token {
            Token::Open => {
                self.deeper(column)?;
                let inside = self.either()?;
                self.depth -= 1;
                let next = self.peek();
                if next.token != Token::Close {
                    let expected = format!("\")\" for the \"(\" in column {column}");
                    return Err(ParseError::new(next.column, expected, next.token.described()));
                }
                self.take();
                Ok(inside)
            }
            Token::Phrase(words) => {
                self.term(Field::Text, &words, words.trim().to_owned(), column).map(Node::Term)
            }
            Token::FieldOfPhrase(name) => self.field_of_phrase(&name, column),
            Token::Word(word) => self.word(&word, column),
            other => Err(ParseError::new(column, A_PART, other.described())),
        }
    }

    fn field_of_phrase(&mut self, name: &str, column: usize) -> Result<Node, ParseError> {
        let field = Field::named(name).ok_or_else(|| {
            ParseError::new(column, Field::all_names(), format!("{}:", shortened(name)))
        })?;
        match self.take().token {
            Token::Phrase(words) => {
                let written = format!("{name}:\"{}\"", words.trim());
                self.term(field, &words, written, column + name.chars().count() + 1).map(Node::Term)
            }
            // The lexer gives this token before a phrase only.
            other => Err(ParseError::new(column, "a phrase after the colon", other.described())),
        }
    }

    fn word(&mut self, word: &str, column: usize) -> Result<Node, ParseError> {
        if word == "*" {
            self.count(column)?;
            return Ok(Node::All);
        }
        if let Some((name, value)) = word.split_once(':') {
            let field = Field::named(name).ok_or_else(|| {
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
            return self.term(field, value, word.to_owned(), value_column).map(Node::Term);
        }
        match comparison(word) {
            Some(Ok(comparison)) => {
                self.count(column)?;
                Ok(Node::Compare(comparison))
            }
            Some(Err(expected)) => Err(ParseError::new(column, expected, shortened(word))),
            None => self.term(Field::Text, word, word.to_owned(), column).map(Node::Term),
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

    fn term(
        &mut self,
        field: Field,
        text: &str,
        written: String,
        column: usize,
    ) -> Result<Term, ParseError> {
        self.count(column)?;
        let (stem, is_prefix) = match text.trim().strip_suffix('*') {
            Some(stem) => (stem, true),
            None => (text.trim(), false),
        };
        if stem.contains('*') {
            let at = stem.chars().position(|next| next == '*').unwrap_or(0);
            return Err(ParseError::new(column + at, "\"*\" only at the end of a word", "\"*\""));
        }
        let words = words_of(field, stem);
        let Some(last) = words.last() else {
            let what = if stem.is_empty() { "nothing".to_owned() } else { shortened(stem) };
            return Err(ParseError::new(column, "a word with letters or digits", what));
        };
        if field == Field::Class && !CLASSES.contains(&stem) {
            let expected = format!("one of {}", CLASSES.join(", "));
            return Err(ParseError::new(column, expected, shortened(stem)));
        }
        if is_prefix && last.chars().count() < 2 {
            let expected = "at least two letters before \"*\"";
            return Err(ParseError::new(column, expected, shortened(text)));
        }
        let wanted = if is_prefix { Wanted::Prefix(words) } else { Wanted::Words(words) };
        Ok(Term { field, wanted, written })
    }
}

fn words_of(field: Field, stem: &str) -> Vec<String> {
    match field {
        Field::Entity | Field::Place => fold::name_words(stem),
        field if field.has_words() => fold::words(stem),
        _ if stem.is_empty() => Vec::new(),
        _ => vec![stem.to_lowercase()],
    }
}

/// One part stands for itself.
fn together(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Node {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}

fn near_term(node: &Node, column: usize) -> Result<Term, ParseError> {
    match node {
        Node::Term(term) if matches!(term.field, Field::Text | Field::Anywhere) => Ok(term.clone()),
        _ => {
            let expected = "a word or a phrase without a field beside NEAR";
            Err(ParseError::new(column, expected, "something else"))
        }
    }
}
