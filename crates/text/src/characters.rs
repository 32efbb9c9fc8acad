//! The role and the folded form of each character beyond ASCII, computed once.
//!
//! The standard library searches the Unicode tables for each property, and normalising needs five
//! properties of each character. This module computes them for a block of 256 characters when the
//! first character of the block occurs.

use std::sync::OnceLock;

use unicode_normalization::IsNormalized;
use unicode_normalization::char::canonical_combining_class;

use crate::script::{Role, plain_digit, role_by_unicode};

/// The properties of one character that normalising needs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Character {
    /// Its role in a word.
    pub(crate) role: Role,
    /// Its folded form, if that is one character of the same role in any context.
    pub(crate) folded: Option<char>,
    /// Whether it is a capital letter.
    pub(crate) capital: bool,
}

type Block = [Character; 256];

/// The blocks of the Basic Multilingual Plane.
static BLOCKS: [OnceLock<Box<Block>>; 256] = [const { OnceLock::new() }; 256];

/// The properties of `c`.
#[inline]
pub(crate) fn character(c: char) -> Character {
    if c.is_ascii() {
        let folded = Some(c.to_ascii_lowercase());
        return Character { role: role(c), folded, capital: c.is_ascii_uppercase() };
    }
    let code = u32::from(c);
    let Some(block) = BLOCKS.get((code >> 8) as usize) else {
        return compute(c);
    };
    block.get_or_init(|| block_from(code & !0xFF))[(code & 0xFF) as usize]
}

/// The role of `c`.
pub(crate) fn role(c: char) -> Role {
    if c.is_ascii() {
        return match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' => Role::Letter,
            '\'' | '`' => Role::Apostrophe,
            _ => Role::Break,
        };
    }
    character(c).role
}

fn block_from(first: u32) -> Box<Block> {
    Box::new(std::array::from_fn(|at| {
        // Half of a surrogate pair is not a character and never occurs.
        let none = Character { role: Role::Break, folded: None, capital: false };
        char::from_u32(first + at as u32).map_or(none, compute)
    }))
}

fn compute(c: char) -> Character {
    let role = role_by_unicode(c);
    let folded = folded_alone(c).filter(|folded| role_by_unicode(*folded) == role);
    Character { role, folded, capital: c.is_uppercase() }
}

/// The folded form of a character, if each step of folding gives a single character that does not
/// compose with its neighbours.
fn folded_alone(c: char) -> Option<char> {
    let mut folded = plain_digit(independent(c)?);
    // As in `words::fold`, until nothing changes.
    for _ in 0..4 {
        let upper = independent(single(folded.to_uppercase())?)?;
        let next = independent(single(upper.to_lowercase())?)?;
        if next == folded {
            break;
        }
        folded = next;
    }
    Some(folded)
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// The character, if NFKC leaves it unchanged in any context.
fn independent(c: char) -> Option<char> {
    let is_stable = unicode_normalization::is_nfkc_quick(std::iter::once(c)) == IsNormalized::Yes;
    (is_stable && canonical_combining_class(c) == 0).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_properties_agree_with_unicode() {
        for c in ('\u{80}'..=char::MAX).filter(|c| u32::from(*c) < 0x3_0000) {
            assert_eq!(role(c), role_by_unicode(c), "{c:?}");
            let digit = c.to_digit(10).is_none() && plain_digit(c) != c;
            assert!(!digit || c.is_numeric(), "{c:?}");
        }
    }
}
