//! Parses tokens into a tree, by recursive descent.

mod list;
mod terms;

use crate::error::{ParseError, shortened};
use crate::lexer::{Placed, Token, tokens};
use crate::limits::{MAX_BYTES, MAX_DEPTH, MAX_TERMS};
use crate::lists::Lists;
use crate::numbers::comparison;
use crate::term::{Field, Term};
use crate::tree::Node;

const A_PART: &str = "a word, a phrase or \"(\"";

/// Reads a whole query.
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
    let tree = parser.any_of()?;
    let rest = parser.peek();
    if rest.token != Token::End {
        return Err(ParseError::new(
            rest.column,
            "an opened \"(\" before it",
            rest.token.described(),
        ));
    }
    if !tree.is_positive() {
        let expected = "something that must be there on every side of OR";
        return Err(ParseError::new(1, expected, "only negations"));
    }
    Ok(tree)
}

struct Parser<'l> {
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    terms: usize,
    lists: &'l Lists,
    /// Of the query and the lists that it names.
    bytes: usize,
    /// The lists inside which it reads, by their names.
    open_lists: Vec<String>,
}

impl Parser<'_> {
    fn peek(&self) -> &Placed {
        // The last token is the end, and nothing goes past it.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    fn next_token(&mut self) -> Placed {
        let taken = self.peek().clone();
        self.at += 1;
        taken
    }

    fn skip_if(&mut self, token: &Token) -> bool {
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

    fn any_of(&mut self) -> Result<Node, ParseError> {
        let mut parts = vec![self.all_of()?];
        while self.skip_if(&Token::Or) {
            parts.push(self.all_of()?);
        }
        Ok(together(parts, Node::Or))
    }

    fn all_of(&mut self) -> Result<Node, ParseError> {
        let mut parts = vec![self.maybe_not()?];
        loop {
            let has_and = self.skip_if(&Token::And);
            let ends = matches!(self.peek().token, Token::Or | Token::Close | Token::End);
            if ends && !has_and {
                return Ok(together(parts, Node::And));
            }
            parts.push(self.maybe_not()?);
        }
    }

    fn maybe_not(&mut self) -> Result<Node, ParseError> {
        let column = self.peek().column;
        if !self.skip_if(&Token::Not) {
            return self.maybe_near();
        }
        self.deeper(column)?;
        let part = self.maybe_not()?;
        self.depth -= 1;
        Ok(Node::Not(Box::new(part)))
    }

    fn maybe_near(&mut self) -> Result<Node, ParseError> {
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
            pairs.push(together(nears.collect(), Node::Or));
            (last, column) = (next, next_column);
        }
        Ok(if pairs.is_empty() { last } else { together(pairs, Node::And) })
    }

    fn operand(&mut self) -> Result<Node, ParseError> {
        let Placed { token, column } = self.next_token();
        match token {
            Token::Open => {
                self.deeper(column)?;
                let inside = self.any_of()?;
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
            other => Err(ParseError::new(column, A_PART, other.described())),
        }
    }

    fn field_of_phrase(&mut self, name: &str, column: usize) -> Result<Node, ParseError> {
        let field = Field::named(name).ok_or_else(|| {
            ParseError::new(column, Field::all_names(), format!("{}:", shortened(name)))
        })?;
        match self.next_token().token {
            Token::Phrase(words) => {
                let written = format!("{name}:\"{}\"", words.trim());
                self.phrase(field, &words, written, column + name.chars().count() + 1)
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
        if let Some(name) = word.strip_prefix('@') {
            return self.list(name, column);
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

    /// A word or a phrase, also as it is written without its hyphens.
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
        Ok(together(std::iter::once(open).chain(closed).collect(), Node::Or))
    }

    fn phrase(
        &mut self,
        field: Field,
        words: &str,
        written: String,
        column: usize,
    ) -> Result<Node, ParseError> {
        if let Some(at) = terms::stemmed_within(words) {
            let expected = "~ before a word outside quotation marks";
            return Err(ParseError::new(column + at + 1, expected, "~ inside"));
        }
        self.term(field, words, written, column)
    }

    /// A word, or all its forms.
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

/// What stands beside `NEAR`: one term, or one with hyphens and without.
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
