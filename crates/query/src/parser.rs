//! Parses tokens into a tree, by recursive descent.

use wirefold_text::extract::agency_by_alias;

use crate::error::{ParseError, shortened};
use crate::fold;
use crate::lexer::{LocatedToken, Token, tokens};
use crate::lists::Lists;
use crate::numbers::comparison;
use crate::stemming::stems;
use crate::term::{CLASSES, Field, NOTES, Term, Wanted};
use crate::tree::Node;

/// The greatest depth of nested groups and negations.
pub const MAX_DEPTH: usize = 32;
/// The most terms of one query.
pub const MAX_TERMS: usize = 2_000;
/// The greatest length of a query in bytes, including the lists that it names.
pub const MAX_BYTES: usize = 32 * 1024;

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
            Token::Phrase { field: None, words } => {
                self.phrase(Field::Text, &words, words.trim().to_owned(), column)
            }
            Token::Phrase { field: Some(name), words } => {
                let written = format!("{name}:\"{}\"", words.trim());
                let behind = column + name.chars().count() + 1;
                self.phrase(field(&name, column)?, &words, written, behind)
            }
            Token::Word(word) => self.word(&word, column),
            other => Err(ParseError::new(column, AN_OPERAND, other.described())),
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
            let field = field(name, column)?;
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
        let closed = without_hyphens(text).filter(|_| field.is_text());
        let closed = closed.map(|closed| term(field, &closed, written.clone(), column));
        let closed = closed.transpose()?.map(Node::Term);
        let open = term(field, text, written, column).map(Node::Term)?;
        Ok(join(std::iter::once(open).chain(closed).collect(), Node::Or))
    }

    fn phrase(
        &mut self,
        field: Field,
        words: &str,
        written: String,
        column: usize,
    ) -> Result<Node, ParseError> {
        if let Some(at) = tilde_inside(words) {
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
        stemmed(field, word, written.to_owned(), column).map(Node::Term)
    }
}

/// The field of this name.
fn field(name: &str, column: usize) -> Result<Field, ParseError> {
    let what = || format!("{}:", shortened(name));
    Field::from_name(name).ok_or_else(|| ParseError::new(column, Field::all_names(), what()))
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

const A_LINE: &str = "a word, a phrase, a field or @name";

impl Parser<'_> {
    /// A list, which matches if any of its lines does.
    fn list(&mut self, name: &str, column: usize) -> Result<Node, ParseError> {
        if self.open_lists.iter().any(|open| open == name) {
            let circle = format!("@{} → @{name}", self.open_lists.join(" → @"));
            return Err(ParseError::new(
                column,
                "lists that do not name each other in a circle",
                circle,
            ));
        }
        let Some(lines) = self.lists.lines(name) else {
            let shown = shortened(name);
            return Err(ParseError::new(
                column,
                format!("a list in lists/{shown}.txt"),
                "no such file",
            ));
        };
        if lines.is_empty() {
            let expected = format!("a word or a phrase in lists/{name}.txt");
            return Err(ParseError::new(column, expected, "an empty list"));
        }
        self.bytes += self.lists.length(name);
        if self.bytes > MAX_BYTES {
            let expected = format!("a query with lists of at most {MAX_BYTES} bytes");
            return Err(ParseError::new(column, expected, format!("{} bytes", self.bytes)));
        }
        self.enter_group(column)?;
        self.open_lists.push(name.to_owned());
        let mut parts = Vec::with_capacity(lines.len());
        for (number, line) in lines {
            let part = self.line(line).map_err(|ParseError { expected, what, .. }| {
                let where_it_is = format!("{expected} in line {number} of lists/{name}.txt");
                ParseError::new(column, where_it_is, what)
            });
            parts.push(part?);
        }
        self.open_lists.pop();
        self.depth -= 1;
        Ok(join(parts, Node::Or))
    }

    fn line(&mut self, line: &str) -> Result<Node, ParseError> {
        let inside = tokens(&as_query(line))?;
        let outside = std::mem::replace(&mut self.tokens, inside);
        let at = std::mem::replace(&mut self.at, 0);
        let part = self.operand();
        let is_whole = self.peek().token == Token::End;
        (self.tokens, self.at) = (outside, at);
        match part? {
            Node::All | Node::Compare(_) => Err(ParseError::new(1, A_LINE, shortened(line))),
            _ if !is_whole => Err(ParseError::new(1, A_LINE, shortened(line))),
            part => Ok(part),
        }
    }
}

/// Converts a line to a query: several words are a phrase.
fn as_query(line: &str) -> String {
    let is_one = !line.contains(|next: char| next.is_whitespace() || matches!(next, '(' | ')'));
    if is_one || line.contains('"') {
        return line.to_owned();
    }
    match line.split_once(':') {
        Some((name, value)) if Field::from_name(name).is_some() => {
            format!("{name}:\"{}\"", value.trim())
        }
        _ => format!("\"{line}\""),
    }
}

/// A word of a query.
struct WordToken {
    folded: String,
    normal: String,
    is_parted: bool,
    is_character: bool,
}

/// Parses a word, a prefix or the words of a phrase.
fn term(field: Field, text: &str, written: String, column: usize) -> Result<Term, ParseError> {
    let (stem, has_star) = match text.trim().strip_suffix('*') {
        Some(stem) => (stem, true),
        None => (text.trim(), false),
    };
    if stem.contains('*') {
        let at = stem.chars().position(|next| next == '*').unwrap_or(0);
        return Err(ParseError::new(column + at, "\"*\" only at the end of a word", "\"*\""));
    }
    let of_text = if field.is_text() { word_tokens(stem) } else { Vec::new() };
    // A run of characters is found even if more characters follow, so it needs no prefix.
    let is_prefix = has_star && !of_text.last().is_some_and(|last| last.is_character);
    let words = words_of(field, stem, is_prefix);
    let Some(last) = words.last() else {
        let what = if stem.is_empty() { "nothing".to_owned() } else { shortened(stem) };
        return Err(ParseError::new(column, "a word with letters or digits", what));
    };
    if field == Field::Site && stem.contains(['/', ':']) {
        let expected =
            "a host such as harbour.example: a site is a host, without http:// and without a path";
        return Err(ParseError::new(column, expected, shortened(stem)));
    }
    let allowed: &[&str] = match field {
        Field::Class => &CLASSES,
        Field::Note => &NOTES,
        _ => &[],
    };
    if !allowed.is_empty() && !allowed.contains(&stem) {
        let expected = format!("one of {}", allowed.join(", "));
        return Err(ParseError::new(column, expected, shortened(stem)));
    }
    if is_prefix && last.chars().count() < 2 {
        let expected = "at least two letters before \"*\"";
        return Err(ParseError::new(column, expected, shortened(text)));
    }
    let wanted = if is_prefix { Wanted::Prefix(words) } else { Wanted::Words(words) };
    Ok(Term { field, wanted, is_run: is_run(&of_text), written })
}

/// Parses the word after `~`.
fn stemmed(field: Field, word: &str, written: String, column: usize) -> Result<Term, ParseError> {
    if !field.is_text() {
        let expected = "~ before words of title and text only";
        return Err(ParseError::new(column, expected, shortened(&written)));
    }
    if word.contains('*') {
        let expected = "either ~ before a word or \"*\" behind it";
        return Err(ParseError::new(column, expected, shortened(&written)));
    }
    let tokens = word_tokens(word);
    if !tokens.is_empty() && tokens.iter().all(|token| token.is_character) {
        return term(field, word, written, column);
    }
    let [only] = &tokens[..] else {
        let expected = "one word behind ~, such as ~strike";
        return Err(ParseError::new(column, expected, shortened(&written)));
    };
    let exact = std::iter::once(only.folded.clone());
    let wanted = Wanted::Stems(stems(&only.normal).chain(exact).collect());
    Ok(Term { field, wanted, is_run: false, written })
}

/// The text without hyphens between letters: `ceasefire talks` for `cease-fire talks`.
fn without_hyphens(text: &str) -> Option<String> {
    let is_hyphen = |letter: char| matches!(letter, '-' | '\u{2010}' | '\u{2011}');
    let letters: Vec<char> = text.trim().chars().collect();
    let joins = |at: usize| {
        let neighbours =
            at.checked_sub(1).and_then(|before| letters.get(before)).zip(letters.get(at + 1));
        is_hyphen(letters[at])
            && neighbours.is_some_and(|(one, other)| one.is_alphabetic() && other.is_alphabetic())
    };
    let joined: String =
        (0..letters.len()).filter(|at| !joins(*at)).map(|at| letters[at]).collect();
    (joined.chars().count() < letters.len()).then_some(joined)
}

/// The position of a `~` before a word inside a phrase, where it is not allowed.
fn tilde_inside(phrase: &str) -> Option<usize> {
    let mut pairs = phrase.chars().zip(phrase.chars().skip(1));
    pairs.position(|(mark, next)| mark == '~' && next.is_alphabetic())
}

fn word_tokens(text: &str) -> Vec<WordToken> {
    let mut tokens = Vec::new();
    fold::each_token(text, |fold::Token { folded, normal, is_parted, is_character }| {
        let (folded, normal) = (folded.to_owned(), normal.to_owned());
        tokens.push(WordToken { folded, normal, is_parted, is_character });
    });
    tokens
}

/// Whether there are several characters in a row with nothing between them.
fn is_run(tokens: &[WordToken]) -> bool {
    tokens.windows(2).any(|pair| pair.iter().all(|token| token.is_character))
        && !tokens.iter().any(|token| token.is_parted)
}

fn words_of(field: Field, stem: &str, is_prefix: bool) -> Vec<String> {
    match field {
        Field::Entity | Field::Place => fold::name_words(stem),
        Field::Agency | Field::Cites if !is_prefix => {
            fold::fold_words(agency_by_alias(stem).unwrap_or(stem))
        }
        field if field.has_words() => fold::fold_words(stem),
        _ if stem.is_empty() => Vec::new(),
        _ => vec![stem.to_lowercase()],
    }
}

#[cfg(test)]
mod terms_tests {
    use super::*;

    #[test]
    fn hyphens_between_letters_are_left_out() {
        for (text, expected) in [
            ("cease-fire", Some("ceasefire")),
            ("cease\u{2011}fire talks", Some("ceasefire talks")),
            ("re-elect*", Some("reelect*")),
            ("2024-25", None),
            ("port - strike", None),
            ("port", None),
        ] {
            assert_eq!(without_hyphens(text).as_deref(), expected, "{text}");
        }
    }
}
