//! Splits a query into tokens, each with its column.

use crate::error::{ParseError, shortened};
use crate::numbers::number;

/// One token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `NEAR/n`.
    Near(u32),
    /// The text between quotation marks, and the name of a field before it.
    Phrase {
        field: Option<String>,
        words: String,
    },
    /// Everything else up to a space, bracket or quotation mark.
    Word(String),
    End,
}

/// A token and its column, in characters from 1.
#[derive(Debug, Clone)]
pub(crate) struct LocatedToken {
    pub(crate) token: Token,
    pub(crate) column: usize,
}

impl Token {
    /// The token in words for an error message.
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Open => "\"(\"".to_owned(),
            Self::Close => "\")\"".to_owned(),
            Self::And => "AND".to_owned(),
            Self::Or => "OR".to_owned(),
            Self::Not => "NOT".to_owned(),
            Self::Near(words) => format!("NEAR/{words}"),
            Self::Phrase { field: Some(name), .. } => format!("{}:", shortened(name)),
            Self::Phrase { words, .. } => format!("the phrase \"{}\"", shortened(words)),
            Self::Word(word) => shortened(word),
            Self::End => "the end".to_owned(),
        }
    }
}

/// Parts a query into tokens; the last is [`Token::End`].
pub(crate) fn tokens(query: &str) -> Result<Vec<LocatedToken>, ParseError> {
    let mut lexer = Lexer { chars: query.chars().collect(), at: 0, found: Vec::new() };
    while let Some(next) = lexer.peek() {
        lexer.read_token(next)?;
    }
    lexer.push(lexer.at, Token::End);
    Ok(lexer.found)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    found: Vec<LocatedToken>,
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn push(&mut self, at: usize, token: Token) {
        self.found.push(LocatedToken { token, column: at + 1 });
    }

    fn read_token(&mut self, next: char) -> Result<(), ParseError> {
        let start = self.at;
        match next {
            _ if next.is_whitespace() => self.at += 1,
            '(' | ')' => {
                self.at += 1;
                self.push(start, if next == '(' { Token::Open } else { Token::Close });
            }
            '-' if self.begins_operand(start + 1) => {
                self.at += 1;
                self.push(start, Token::Not);
            }
            _ if is_mark(next) => {
                let words = self.phrase()?;
                self.push(start, Token::Phrase { field: None, words });
            }
            _ => {
                let word = self.word();
                check_language(&word, start)?;
                let token = self.classified(word, start)?;
                self.push(start, token);
            }
        }
        Ok(())
    }

    fn begins_operand(&self, at: usize) -> bool {
        self.chars.get(at).is_some_and(|next| !next.is_whitespace() && *next != ')')
    }

    fn phrase(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let rest = &self.chars[start + 1..];
        let Some(length) = rest.iter().position(|next| is_mark(*next)) else {
            let what = "the end";
            return Err(ParseError::new(
                self.chars.len() + 1,
                format!("a quotation mark that closes the one in column {}", start + 1),
                what,
            ));
        };
        self.at = start + length + 2;
        Ok(rest[..length].iter().collect())
    }

    fn word(&mut self) -> String {
        let rest = &self.chars[self.at..];
        let ends =
            |next: &char| next.is_whitespace() || matches!(next, '(' | ')') || is_mark(*next);
        let length = rest.iter().position(ends).unwrap_or(rest.len());
        self.at += length;
        rest[..length].iter().collect()
    }

    fn classified(&mut self, word: String, start: usize) -> Result<Token, ParseError> {
        let token = match word.as_str() {
            "AND" => Token::And,
            "OR" => Token::Or,
            "NOT" => Token::Not,
            "NEAR" => return Err(bad_near(start, &word)),
            _ => match word.strip_prefix("NEAR/") {
                Some(words) => near_token(words).ok_or_else(|| bad_near(start, &word))?,
                None => match word.strip_suffix(':').filter(|_| self.peek().is_some_and(is_mark)) {
                    Some(name) => {
                        Token::Phrase { field: Some(name.to_owned()), words: self.phrase()? }
                    }
                    None => Token::Word(word),
                },
            },
        };
        Ok(token)
    }
}

/// Refuses syntax of other query languages that this one does not have, instead of reading it as
/// words.
fn check_language(word: &str, start: usize) -> Result<(), ParseError> {
    let term = word.split_once(':').map_or(word, |(_, term)| term);
    let expected = if term.len() > 2 && term.starts_with('/') && term.ends_with('/') {
        "words, phrases or prefix*, as regular expressions are not supported"
    } else if is_fuzzy(term) {
        "a word, strik* or ~strike, as ~ behind a word is not supported"
    } else {
        return Ok(());
    };
    Err(ParseError::new(start + 1, expected, shortened(word)))
}

/// `word~` or `word~2`.
fn is_fuzzy(term: &str) -> bool {
    let rest = term.trim_end_matches(|c: char| c.is_ascii_digit());
    rest.len() > 1 && rest.ends_with('~')
}

fn near_token(words: &str) -> Option<Token> {
    let distance = number(words)?;
    (1..=crate::document::FARTHEST).contains(&distance).then_some(Token::Near(distance))
}

fn bad_near(start: usize, word: &str) -> ParseError {
    ParseError::new(start + 1, "NEAR/ and a number from 1 to 1000, such as NEAR/5", shortened(word))
}

fn is_mark(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '＂')
}
