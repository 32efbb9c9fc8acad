//! The tokens of a text: its words, without possessive endings and elided articles.

use wirefold_text::{Text, Word};

use crate::hash;
use crate::latin::push_latin;

/// How a token is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `port`
    Small = 0,
    /// `Port`
    Capital = 1,
    /// `PORT`
    Upper = 2,
    /// `P`
    Initial = 3,
    /// `iPort`, `McPort`
    Mixed = 4,
    /// `2026`
    Number = 5,
    /// A script without capitals.
    Caseless = 6,
}

/// What stands between a token and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// The start of a paragraph.
    Start = 0,
    Space = 1,
    Nothing = 2,
    Hyphen = 3,
    /// `U.N`
    Dot = 4,
    /// The end of a sentence, or of an abbreviation.
    Stop = 5,
    Comma = 6,
    Open = 7,
    Close = 8,
    QuoteOpen = 9,
    QuoteClose = 10,
    Colon = 11,
    Ampersand = 12,
    Slash = 13,
    Dash = 14,
    Other = 15,
}

/// A token with what its features are made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// Where it stands, in bytes of the original.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The index of its word.
    word: u32,
    /// The hash of its letters in small ones.
    pub(crate) normal: u64,
    /// The same in Latin letters.
    pub(crate) latin: u64,
    pub(crate) shape: Shape,
    pub(crate) gap: Gap,
    /// Whether a possessive ending was cut off.
    pub(crate) is_possessive: bool,
    /// Whether it is boilerplate of the page.
    pub(crate) is_boilerplate: bool,
    pub(crate) paragraph: u32,
}

impl Token {
    fn hash(&mut self, text: &Text, latin: &mut String) {
        let word = &text.words()[self.word as usize];
        let printed = &text.original()[self.start..self.end];
        let normal = text.normal(word);
        let is_whole = (self.start, self.end) == (word.span.start, word.span.end);
        self.normal = if is_whole {
            hash::letters(normal.chars())
        } else {
            hash::letters(printed.chars().flat_map(char::to_lowercase))
        };
        self.latin = if !is_cyrillic(printed) {
            self.normal
        } else {
            latin.clear();
            push_latin(normal, latin);
            hash::letters(latin.chars())
        };
    }

    /// Whether it is written as names are.
    pub(crate) fn is_capital(&self) -> bool {
        matches!(self.shape, Shape::Capital | Shape::Upper | Shape::Initial | Shape::Mixed)
    }
}

/// So many tokens on both sides of a capital are looked at.
const NEAR: usize = 3;

/// The tokens of a text, in order.
pub(crate) fn tokens(text: &Text) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.words().len() + 8);
    for (at, word) in text.words().iter().enumerate() {
        push_word(text, at, word, &mut found);
    }
    hash_near_capitals(text, &mut found);
    found
}

/// The tokens of a listed name or word, each with its hash.
pub(crate) fn listed(text: &Text) -> Vec<Token> {
    let mut all = tokens(text);
    let mut latin = String::new();
    all.iter_mut().for_each(|token| token.hash(text, &mut latin));
    all
}

/// Only what stands near a capital is looked at: other tokens have no hash.
fn hash_near_capitals(text: &Text, tokens: &mut [Token]) {
    let mut latin = String::new();
    let mut hashed = 0;
    for at in 0..tokens.len() {
        if !tokens[at].is_capital() {
            continue;
        }
        let end = (at + 1 + NEAR).min(tokens.len());
        for token in &mut tokens[hashed.max(at.saturating_sub(NEAR))..end] {
            token.hash(text, &mut latin);
        }
        hashed = end;
    }
}

fn push_word(text: &Text, at_word: usize, word: &Word, found: &mut Vec<Token>) {
    let (start, end) = (word.span.start, word.span.end);
    let printed = &text.original()[start..end];
    let bytes = printed.as_bytes();
    if bytes.is_ascii() && !bytes.contains(&b'\'') {
        push(text, at_word, word, start..end, false, found);
        return;
    }
    let apostrophe = printed.char_indices().find(|(_, c)| matches!(c, '\'' | '’' | 'ʼ'));
    let Some((at, mark)) = apostrophe else {
        push(text, at_word, word, start..end, false, found);
        return;
    };
    let behind = at + mark.len_utf8();
    let is_capital = |part: &str| part.chars().next().is_some_and(char::is_uppercase);
    let is_small = |part: &str| part.chars().next().is_some_and(char::is_lowercase);
    match (&printed[..at], &printed[behind..]) {
        // `Lund's`, `Lund'ın`
        (stem, ending) if is_capital(stem) && at > 1 && is_small(ending) => {
            push(text, at_word, word, start..start + at, true, found);
        }
        // `PORT'S`
        (stem, "S") if is_capital(stem) && at > 1 => {
            push(text, at_word, word, start..start + at, true, found);
        }
        // `d'Orsay`, `dell'Elba`
        (article, name) if is_small(article) && is_capital(name) => {
            push(text, at_word, word, start..start + at, false, found);
            push(text, at_word, word, start + behind..end, false, found);
        }
        _ => push(text, at_word, word, start..end, false, found),
    }
}

fn push(
    text: &Text,
    word_at: usize,
    word: &Word,
    span: std::ops::Range<usize>,
    is_possessive: bool,
    found: &mut Vec<Token>,
) {
    let printed = &text.original()[span.clone()];
    let gap = gap(text, found.last(), span.start, word.paragraph);
    found.push(Token {
        start: span.start,
        end: span.end,
        word: u32::try_from(word_at).unwrap_or(u32::MAX),
        normal: 0,
        latin: 0,
        shape: shape(printed, word),
        gap,
        is_possessive,
        is_boilerplate: word.is_chrome,
        paragraph: word.paragraph,
    });
}

fn shape(printed: &str, word: &Word) -> Shape {
    if word.alone {
        return Shape::Caseless;
    }
    let has_upper = |letters: &str| {
        let plain = letters.bytes().any(|byte| byte.is_ascii_uppercase());
        plain || (!letters.is_ascii() && letters.chars().any(char::is_uppercase))
    };
    let mut rest = printed.chars();
    let first = rest.next().unwrap_or(' ');
    if !first.is_uppercase() {
        return match first {
            _ if first.is_ascii_lowercase() || first.is_lowercase() => {
                if has_upper(rest.as_str()) {
                    Shape::Mixed
                } else {
                    Shape::Small
                }
            }
            _ if first.is_numeric() => Shape::Number,
            _ => Shape::Caseless,
        };
    }
    let rest = rest.as_str();
    let has_small = rest.chars().any(char::is_lowercase);
    match (has_small, has_upper(rest)) {
        (false, false) => Shape::Initial,
        (false, true) => Shape::Upper,
        (true, false) => Shape::Capital,
        (true, true) => Shape::Mixed,
    }
}

fn gap(text: &Text, before: Option<&Token>, start: usize, paragraph: u32) -> Gap {
    let Some(before) = before.filter(|before| before.paragraph == paragraph) else {
        return Gap::Start;
    };
    match text.original().get(before.end..start) {
        Some(" " | "\u{a0}") => Gap::Space,
        Some("") => Gap::Nothing,
        Some("-" | "‑") => Gap::Hyphen,
        Some(".") => Gap::Dot,
        Some(between) => marks(between),
        None => Gap::Other,
    }
}

/// What the marks between two tokens mean.
fn marks(between: &str) -> Gap {
    if between.contains(['.', '!', '?', '…']) {
        return Gap::Stop;
    }
    if let Some(quote) = between.rfind(['"', '“', '”', '„', '«', '»', '‘', '\'', '’', '‚'])
    {
        // A mark right before a word opens.
        let rest = between[quote..].chars().nth(1);
        return if rest.is_none() { Gap::QuoteOpen } else { Gap::QuoteClose };
    }
    let kinds = [
        (Gap::Open, &['(', '['][..]),
        (Gap::Close, &[')', ']']),
        (Gap::Comma, &[',', '、']),
        (Gap::Colon, &[':', ';']),
        (Gap::Ampersand, &['&', '+']),
        (Gap::Slash, &['/', '|']),
        (Gap::Dash, &['-', '–', '—']),
    ];
    let kind = kinds.iter().find(|(_, marks)| between.contains(*marks));
    let is_blank = || between.chars().all(char::is_whitespace);
    kind.map_or_else(|| if is_blank() { Gap::Space } else { Gap::Other }, |(gap, _)| *gap)
}

/// Whether a word begins with a Cyrillic letter.
pub(crate) fn is_cyrillic(word: &str) -> bool {
    matches!(word.as_bytes().first(), Some(0xd0..=0xd3))
}
