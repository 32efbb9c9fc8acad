//! The tokens of a text: its words, without possessive endings and elided articles.

use wirefold_text::{Text, Word};

use crate::gazetteer::{COMMON, Gazetteer, HOW_COMMON, NAMES};
use crate::hash;
use crate::latin::push_latin;

/// The case and script of a token.
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

/// The characters between a token and the one before it.
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

/// A token with the data that its features are computed from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    /// The first byte in the original.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The index of its word.
    word: u32,
    /// The hash of its lower-case letters.
    pub(crate) normal: u64,
    /// The same hash in Latin letters.
    pub(crate) latin: u64,
    /// Its flags in the lists.
    pub(crate) flags: u16,
    pub(crate) shape: Shape,
    pub(crate) gap: Gap,
    /// Whether a possessive ending was cut off.
    pub(crate) is_possessive: bool,
    /// Whether it is page chrome.
    pub(crate) is_chrome: bool,
    pub(crate) paragraph: u32,
}

impl Token {
    fn hash(&mut self, text: &Text, latin: &mut String) {
        let bytes = &text.original().as_bytes()[self.start..self.end];
        if let Some(hash) = hash::plain_letters(bytes) {
            (self.normal, self.latin) = (hash, hash);
            return;
        }
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

    /// Whether it is capitalised like a name.
    pub(crate) fn is_capital(&self) -> bool {
        has_capital(self.shape)
    }

    /// Whether it is capitalised only because it begins a sentence: a very common word in no list
    /// of names.
    pub(crate) fn only_opens_a_sentence(&self) -> bool {
        let opens = matches!(self.gap, Gap::Start | Gap::Stop | Gap::QuoteOpen);
        opens && self.is_common(VERY_COMMON)
    }

    /// Whether it is at least this common and in no list of names.
    pub(crate) fn is_common(&self, least: u16) -> bool {
        self.flags & HOW_COMMON >= least && self.flags & NAMES == 0
    }
}

/// The hash of a run of tokens.
pub(crate) fn run_hash(tokens: &[Token]) -> u64 {
    let (first, rest) = (tokens[0].normal, &tokens[1..]);
    rest.iter().fold(first, |hash, token| hash::join(hash, token.normal))
}

/// Words of 5 and more on the Zipf scale.
const VERY_COMMON: u16 = 3 * COMMON;
/// The tokens on each side of a capitalised one that features use.
const NEAR: usize = 2;

/// The tokens of a text, in order. Empty if no word is capitalised.
pub(crate) fn tokens(text: &Text, gazetteer: &Gazetteer) -> Vec<Token> {
    if !text.words().iter().any(|word| may_be_capital(text, word)) {
        return Vec::new();
    }
    let mut found = all_tokens(text);
    complete_near_capitals(text, gazetteer, &mut found);
    found
}

/// The tokens of a listed name or word, each with its hash.
pub(crate) fn hashed_tokens(text: &Text) -> Vec<Token> {
    let mut found = all_tokens(text);
    let mut latin = String::new();
    found.iter_mut().for_each(|token| token.hash(text, &mut latin));
    found
}

fn all_tokens(text: &Text) -> Vec<Token> {
    let mut found = Vec::with_capacity(text.words().len() + 8);
    for (at, word) in text.words().iter().enumerate() {
        let (start, end) = (word.span.start, word.span.end);
        match plain_shape(&text.original().as_bytes()[start..end]) {
            Some(shape) => push(at, word, start..end, shape, &mut found),
            None => push_parts(text, at, word, &mut found),
        }
    }
    found
}

/// Whether a word, or the name after an article in it, is capitalised like a name.
fn may_be_capital(text: &Text, word: &Word) -> bool {
    !word.alone && (word.capital || has_capital(shape(word.span.of(text.original()), word)))
}

const fn has_capital(shape: Shape) -> bool {
    matches!(shape, Shape::Capital | Shape::Upper | Shape::Initial | Shape::Mixed)
}

/// Computes hash, gap and flags of tokens near capitalised ones, which may be part of a name.
fn complete_near_capitals(text: &Text, gazetteer: &Gazetteer, tokens: &mut [Token]) {
    let mut latin = String::new();
    let is_capital = |at: &usize| tokens[*at].is_capital();
    let capitals: Vec<usize> = (0..tokens.len()).filter(is_capital).collect();
    complete(text, gazetteer, tokens, &capitals, &mut latin);
    let near = near_capitals(tokens, &capitals);
    complete(text, gazetteer, tokens, &near, &mut latin);
}

/// The tokens near capitalised ones that may begin or end a name.
fn near_capitals(tokens: &[Token], capitals: &[usize]) -> Vec<usize> {
    let mut found = Vec::with_capacity(2 * capitals.len());
    let mut next = 0;
    let is_number =
        |position: usize| tokens.get(position).is_some_and(|one| one.shape == Shape::Number);
    let names = |at: &usize| !tokens[*at].is_chrome && !tokens[*at].only_opens_a_sentence();
    for at in capitals.iter().copied().filter(names) {
        // A number beside a capitalised token belongs to it and has neighbours of its own.
        let reach = |is_further| NEAR + usize::from(is_further);
        let start = at.saturating_sub(reach(at > 0 && is_number(at - 1)));
        let end = (at + 1 + reach(is_number(at + 1))).min(tokens.len());
        found.extend((next.max(start)..end).filter(|near| !tokens[*near].is_capital()));
        next = next.max(end);
    }
    found
}

/// Computes gaps and hashes, then flags, so that the cache misses of lookups overlap.
fn complete(
    text: &Text,
    lists: &Gazetteer,
    tokens: &mut [Token],
    all: &[usize],
    latin: &mut String,
) {
    for at in all.iter().copied() {
        let before = at.checked_sub(1).map(|before| tokens[before]);
        let token = &mut tokens[at];
        token.gap = gap(text, before.as_ref(), token.start, token.paragraph);
        token.hash(text, latin);
    }
    for at in all.iter().copied() {
        tokens[at].flags = lists.flags(tokens[at].normal);
    }
}

/// Appends the tokens of a word that has characters other than ASCII letters and digits.
fn push_parts(text: &Text, at_word: usize, word: &Word, found: &mut Vec<Token>) {
    let (start, end) = (word.span.start, word.span.end);
    let printed = &text.original()[start..end];
    let mut push = |span: std::ops::Range<usize>, is_possessive| {
        push(at_word, word, span.clone(), shape(&text.original()[span], word), found);
        if let Some(last) = found.last_mut() {
            last.is_possessive = is_possessive;
        }
    };
    let apostrophe = printed.char_indices().find(|(_, c)| matches!(c, '\'' | '’' | 'ʼ'));
    let Some((at, mark)) = apostrophe else {
        push(start..end, false);
        return;
    };
    let behind = at + mark.len_utf8();
    let is_capital = |part: &str| part.chars().next().is_some_and(char::is_uppercase);
    let is_small = |part: &str| part.chars().next().is_some_and(char::is_lowercase);
    match (&printed[..at], &printed[behind..]) {
        // `Lund's`, `Lund'ın`
        (stem, ending) if is_capital(stem) && at > 1 && is_small(ending) => {
            push(start..start + at, true);
        }
        // `PORT'S`
        (stem, "S") if is_capital(stem) && at > 1 => {
            push(start..start + at, true);
        }
        // `d'Orsay`, `dell'Elba`
        (article, name) if is_small(article) && is_capital(name) => {
            push(start..start + at, false);
            push(start + behind..end, false);
        }
        _ => push(start..end, false),
    }
}

fn push(
    word_at: usize,
    word: &Word,
    span: std::ops::Range<usize>,
    shape: Shape,
    found: &mut Vec<Token>,
) {
    found.push(Token {
        start: span.start,
        end: span.end,
        word: u32::try_from(word_at).unwrap_or(u32::MAX),
        normal: 0,
        latin: 0,
        flags: 0,
        shape,
        gap: Gap::Other,
        is_possessive: false,
        is_chrome: word.is_chrome,
        paragraph: word.paragraph,
    });
}

/// The kind of each byte in a plain word. A digit is 0.
const KINDS: [u8; 256] = kinds();
const SMALL: u8 = 1;
const UPPER: u8 = 2;
const OTHER: u8 = 4;

const fn kinds() -> [u8; 256] {
    let mut kinds = [OTHER; 256];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b'a'..=b'z' => SMALL,
            b'A'..=b'Z' => UPPER,
            b'0'..=b'9' => 0,
            _ => OTHER,
        };
        byte += 1;
    }
    kinds
}

/// The shape of a word of ASCII letters and digits, as nearly all are. `None` for other words.
fn plain_shape(printed: &[u8]) -> Option<Shape> {
    let kind = |byte: &u8| KINDS[usize::from(*byte)];
    let (first, rest) = printed.split_first()?;
    let rest = rest.iter().fold(0, |kinds, byte| kinds | kind(byte));
    let first = kind(first);
    if (first | rest) & OTHER != 0 {
        return None;
    }
    Some(match (first, rest & SMALL != 0, rest & UPPER != 0) {
        (UPPER, false, false) => Shape::Initial,
        (UPPER, false, true) => Shape::Upper,
        (UPPER, true, false) => Shape::Capital,
        (UPPER, true, true) | (SMALL, _, true) => Shape::Mixed,
        (SMALL, _, false) => Shape::Small,
        _ => Shape::Number,
    })
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
    // Compared as bytes: nearly all gaps are one space.
    match text.original().as_bytes().get(before.end..start) {
        Some(b" " | b"\xc2\xa0") => Gap::Space,
        Some(b"") => Gap::Nothing,
        Some(b"-" | b"\xe2\x80\x91") => Gap::Hyphen,
        Some(b".") => Gap::Dot,
        // The most frequent other gaps.
        Some(b", ") => Gap::Comma,
        Some(b". ") => Gap::Stop,
        Some(_) => marks(&text.original()[before.end..start]),
        None => Gap::Other,
    }
}

/// The gap that the marks between two tokens mean.
fn marks(between: &str) -> Gap {
    if between.contains(['.', '!', '?', '…']) {
        return Gap::Stop;
    }
    if let Some(quote) = between.rfind(['"', '“', '”', '„', '«', '»', '‘', '\'', '’', '‚'])
    {
        // A quotation mark directly before a word opens.
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
