//! Lists in queries: each stands for any of its lines.

use crate::error::{ParseError, shortened};
use crate::lexer::{Token, tokens};
use crate::limits::MAX_BYTES;
use crate::term::Field;
use crate::tree::Node;

use super::{Parser, join};

const A_LINE: &str = "a word, a phrase, a field or @name";

impl Parser<'_> {
    /// A list, which matches if any of its lines does.
    pub(super) fn list(&mut self, name: &str, column: usize) -> Result<Node, ParseError> {
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
