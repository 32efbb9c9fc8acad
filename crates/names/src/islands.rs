//! Islands: the parts of a text that may contain names. Each begins and ends with a capitalised
//! token or with a number beside one.

use std::ops::Range;

use crate::gazetteer::{BRIDGE, COMMON};
use crate::token::{Gap, Shape, Token};

/// The most lower-case words between two capitalised tokens of one island: `Ministry of the
/// Interior`.
const LONGEST_BRIDGE: usize = 2;
/// The most tokens of an island. Longer ones are cut.
const LONGEST: usize = 64;

/// If more than one token in this many is capitalised, many of them are not names, such as German
/// nouns.
const CROWDED: usize = 4;

/// The islands of a text, in order.
pub(crate) fn islands(tokens: &[Token]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let capitals = tokens.iter().filter(|token| token.is_capital()).count();
    let is_crowded = capitals * CROWDED > tokens.len();
    for (at, token) in tokens.iter().enumerate() {
        if !token.is_capital() || token.is_chrome || token.only_opens_a_sentence() {
            continue;
        }
        match found.last_mut() {
            Some(last) if reaches(tokens, last, at) => last.end = at + 1,
            _ => found.push(with_number_before(tokens, at)..at + 1),
        }
        if let Some(last) = found.last_mut() {
            last.end = with_number_behind(tokens, last.end).max(last.end);
        }
    }
    if is_crowded {
        found.retain(|island| island.len() > 1 || !is_noun(tokens, island.start));
    }
    found
}

/// Includes a number directly before a capitalised token: `1. FC`.
fn with_number_before(tokens: &[Token], at: usize) -> usize {
    let is_number = at > 0
        && tokens[at - 1].shape == Shape::Number
        && matches!(tokens[at].gap, Gap::Space | Gap::Stop | Gap::Hyphen);
    if is_number { at - 1 } else { at }
}

/// Includes a number directly after a capitalised token: `Hannover 96`.
fn with_number_behind(tokens: &[Token], end: usize) -> usize {
    let is_number = tokens.get(end).is_some_and(|next| {
        next.shape == Shape::Number && matches!(next.gap, Gap::Space | Gap::Hyphen)
    });
    if is_number { end + 1 } else { end }
}

fn reaches(tokens: &[Token], island: &Range<usize>, at: usize) -> bool {
    if at < island.end {
        return true;
    }
    let between = &tokens[island.end..=at];
    let joins = |token: &Token| {
        !token.is_chrome && !matches!(token.gap, Gap::Start | Gap::Colon | Gap::Dash | Gap::Other)
    };
    let bridge = between.len() - 1;
    let is_bridge = |token: &Token| token.flags & BRIDGE != 0;
    let is_tight = |token: &Token| matches!(token.gap, Gap::Space | Gap::Nothing | Gap::Hyphen);
    at - island.start < LONGEST
        && bridge <= LONGEST_BRIDGE
        && between.iter().all(joins)
        && (bridge == 0 || between.iter().all(is_tight) && between[..bridge].iter().all(is_bridge))
}

/// Whether a single capitalised token is a common word in no list of names.
fn is_noun(tokens: &[Token], at: usize) -> bool {
    let is_plain = tokens.get(at + 1).is_none_or(|next| next.gap != Gap::Hyphen);
    is_plain && tokens[at].is_common(COMMON)
}
