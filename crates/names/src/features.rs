//! The features of a token: itself, its neighbours, its shape, its endings, and its entries in
//! lists.

use std::ops::Range;

use wirefold_text::Text;

use crate::gazetteer::{COMMON, Gazetteer, NAMES};
use crate::hash;
use crate::latin::push_latin;
use crate::token::{Shape, Token, is_cyrillic};

/// The part of a token that a feature describes. Training drops features of one group together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FeatureGroup {
    /// The token itself.
    Word = 0,
    /// Its neighbours.
    Context = 1,
    /// Beginnings and endings of words.
    Affix = 2,
    /// Capitals and marks.
    Shape = 3,
    /// Entries in lists.
    Lists = 4,
}

/// The number of features of a token.
pub(crate) const FEATURES: usize = 34;

/// The most words of a listed name.
const LONGEST_RUN: usize = 4;
/// The hash of a token outside the paragraph.
const NOTHING: u64 = 0x0ff;

/// A text with the data from which features are computed.
pub(crate) struct FeatureContext<'a> {
    pub(crate) text: &'a Text,
    pub(crate) tokens: &'a [Token],
    /// The class of capitals of each paragraph, by its index: see [`capitals`].
    capitals: Vec<u8>,
    gazetteer: &'a Gazetteer,
}

/// Memory that is reused for the features of each island.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    seen: Vec<TokenView>,
    runs: Vec<u64>,
    letters: Vec<char>,
    latin: String,
}

/// The part of a token that its neighbours use.
#[derive(Debug, Clone, Copy)]
struct TokenView {
    word: u64,
    shape: u64,
    gap: u64,
    flags: u64,
    common: u64,
}

const BEYOND: TokenView = TokenView { word: NOTHING, shape: 9, gap: 0, flags: 0, common: 7 };

impl<'a> FeatureContext<'a> {
    pub(crate) fn new(text: &'a Text, tokens: &'a [Token], gazetteer: &'a Gazetteer) -> Self {
        Self { text, tokens, capitals: capitals(text, tokens), gazetteer }
    }

    /// Calls `give` with the features of each token of an island and their groups, one token after
    /// the other.
    pub(crate) fn features(
        &self,
        island: &Range<usize>,
        scratch: &mut Scratch,
        mut give: impl FnMut(&[FeatureGroup; FEATURES], &[u64; FEATURES]),
    ) {
        let Scratch { seen, runs, letters, latin } = scratch;
        seen.clear();
        let positions = 0..island.len() + 4;
        seen.extend(positions.map(|at| self.view_of((island.start + at).checked_sub(2), island)));
        self.runs(island, runs);
        for (position, index) in island.clone().enumerate() {
            let around: &[TokenView; 5] =
                seen[position..position + 5].try_into().expect("two more on each side");
            let token = &self.tokens[index];
            let mut template = 0;
            let (mut groups, mut features) = ([FeatureGroup::Word; FEATURES], [0; FEATURES]);
            let mut feature = |group, value: u64| {
                groups[template] = group;
                template += 1;
                features[template - 1] = hash::join(template as u64, value);
            };
            add_word_features(around, &mut feature);
            self.shapes(around, token, position, island.len(), &mut feature);
            self.lists(around, runs[position], &mut feature);
            let printed = &self.text.original()[token.start..token.end];
            letters.clear();
            match printed.is_ascii() {
                true => {
                    letters.extend(printed.bytes().map(|b| char::from(b.to_ascii_lowercase())));
                }
                false => letters.extend(printed.chars().flat_map(char::to_lowercase)),
            }
            let is_listed = around[2].flags != 0 || (around[2].common != 0 && printed.is_ascii());
            let has_stem = !is_listed && token.shape == Shape::Capital;
            let stem = if has_stem { self.gazetteer.stem_flags(letters) } else { 0 };
            feature(FeatureGroup::Lists, u64::from(stem));
            if is_cyrillic(printed) {
                latin.clear();
                letters
                    .iter()
                    .for_each(|letter| push_latin(letter.encode_utf8(&mut [0; 4]), latin));
                letters.clear();
                letters.extend(latin.chars());
            }
            affixes(letters, around, &mut feature);
            debug_assert_eq!(template, FEATURES);
            give(&groups, &features);
        }
    }

    fn view_of(&self, index: Option<usize>, island: &Range<usize>) -> TokenView {
        let paragraph = self.tokens[island.start].paragraph;
        let token = index.and_then(|index| self.tokens.get(index));
        let Some(token) = token.filter(|token| token.paragraph == paragraph) else {
            return BEYOND;
        };
        let flags = token.flags;
        TokenView {
            word: token.latin,
            shape: token.shape as u64,
            gap: token.gap as u64,
            flags: u64::from(flags & NAMES),
            common: u64::from((flags / COMMON) & 7),
        }
    }

    /// For each token of an island, the flags of the longest listed run that it is part of, and
    /// whether it begins the run.
    fn runs(&self, island: &Range<usize>, runs: &mut Vec<u64>) {
        runs.clear();
        runs.resize(island.len(), 0);
        let tokens = &self.tokens[island.clone()];
        let mut at = 0;
        while at < tokens.len() {
            let hit = tokens[at].is_capital().then(|| self.longest_run(&tokens[at..])).flatten();
            let Some((length, flags)) = hit else {
                at += 1;
                continue;
            };
            runs[at..at + length].fill(flags << 2 | 1);
            runs[at] = flags << 2 | 2;
            at += length;
        }
    }

    /// The length and the flags of the longest listed run of words at the start of these tokens.
    fn longest_run(&self, tokens: &[Token]) -> Option<(usize, u64)> {
        let mut longest = None;
        let mut hash = tokens[0].normal;
        for (length, token) in (2..=LONGEST_RUN).zip(&tokens[1..]) {
            hash = hash::join(hash, token.normal);
            let flags = self.gazetteer.rare_flags(hash) & NAMES;
            if flags != 0 {
                longest = Some((length, u64::from(flags)));
            }
        }
        longest
    }

    fn shapes(
        &self,
        around: &[TokenView; 5],
        token: &Token,
        position: usize,
        length: usize,
        feature: &mut impl FnMut(FeatureGroup, u64),
    ) {
        let [_, before, own, after, _] = around;
        let capitals = u64::from(self.capitals[token.paragraph as usize]);
        let letters = (token.end - token.start).min(12) as u64;
        let shapes = before.shape << 8 | own.shape << 4 | after.shape;
        let mut give = |value| feature(FeatureGroup::Shape, value);
        give(own.shape << 8 | letters);
        give(own.shape << 8 | capitals);
        give(shapes);
        give(shapes << 8 | own.gap << 4 | after.gap);
        give(before.gap << 16 | own.gap << 8 | after.gap);
        give(u64::from(token.is_possessive) << 8 | own.shape);
        give(capitals << 16 | own.gap << 8 | own.common << 4 | own.shape);
        give((position.min(3) as u64) << 8 | length.min(5) as u64);
        give(own.common << 8 | own.shape << 4 | after.common);
        give(before.common << 16 | own.common << 8 | own.shape << 4 | own.gap);
    }

    fn lists(
        &self,
        around: &[TokenView; 5],
        run: u64,
        feature: &mut impl FnMut(FeatureGroup, u64),
    ) {
        let [_, before, own, after, _] = around;
        let mut give = |value| feature(FeatureGroup::Lists, value);
        give(own.flags << 8 | own.common);
        give(own.flags << 8 | before.flags << 16 | own.gap);
        give(own.flags << 8 | after.flags << 16 | after.gap);
        give(run);
        give(run << 32 | own.flags << 8 | own.common);
        give(hash::join(own.flags, before.word));
        give(hash::join(own.flags, after.word));
        give(own.flags << 32 | before.shape << 16 | after.shape << 8 | own.gap << 4 | after.gap);
    }
}

fn add_word_features(around: &[TokenView; 5], feature: &mut impl FnMut(FeatureGroup, u64)) {
    let [two_before, before, own, after, _] = around;
    feature(FeatureGroup::Word, own.word);
    let mut give = |value| feature(FeatureGroup::Context, value);
    give(before.word);
    give(after.word);
    give(two_before.word);
    give(hash::join(before.word, own.shape << 4 | own.gap));
    give(hash::join(after.word, own.shape << 4 | after.gap));
    give(hash::join(before.word, after.word));
}

fn affixes(letters: &[char], around: &[TokenView; 5], feature: &mut impl FnMut(FeatureGroup, u64)) {
    let [last_two, last_three, last_four] =
        [last::<2>(letters), last::<3>(letters), last::<4>(letters)];
    let first_three = letters.first_chunk::<3>().map_or_else(|| hash_of(letters), hash_of_some);
    let first_four = match letters.get(3) {
        Some(fourth) => hash::join(first_three, u64::from(u32::from(*fourth))),
        None => first_three,
    };
    feature(FeatureGroup::Word, first_four);
    feature(FeatureGroup::Word, last_four);
    feature(FeatureGroup::Word, hash::join(last_four, around[2].shape));
    let mut give = |value| feature(FeatureGroup::Affix, value);
    give(last_two);
    give(first_three);
    give(last_three);
    give(hash::join(last_three, around[1].shape << 4 | around[3].shape));
    give(hash::join(last_three, around[2].common << 8 | around[2].gap));
}

fn hash_of(letters: &[char]) -> u64 {
    hash::letters(letters.iter().copied())
}

/// The hash of a fixed number of letters, which needs no loop.
fn hash_of_some<const COUNT: usize>(letters: &[char; COUNT]) -> u64 {
    hash_of(letters)
}

/// The hash of the last letters, or of all if there are fewer.
fn last<const COUNT: usize>(letters: &[char]) -> u64 {
    letters.last_chunk::<COUNT>().map_or_else(|| hash_of(letters), hash_of_some)
}

/// The class of capitals of each paragraph: 0 to 3 by the share of capitalised words, or 4 if
/// nearly all letters are capitals.
fn capitals(text: &Text, tokens: &[Token]) -> Vec<u8> {
    let mut counts = vec![[0_usize; 3]; text.paragraphs().len()];
    for token in tokens {
        let [all, capital, upper] = &mut counts[token.paragraph as usize];
        *all += usize::from(token.shape != Shape::Number);
        *capital += usize::from(token.is_capital());
        *upper += usize::from(matches!(token.shape, Shape::Upper | Shape::Initial));
    }
    let class = |[all, capital, upper]: &[usize; 3]| match (100 * capital, 100 * upper) {
        _ if *all < 3 => 0,
        (_, upper) if upper >= 70 * all => 4,
        (capital, _) if capital >= 60 * all => 3,
        (capital, _) if capital >= 35 * all => 2,
        (capital, _) if capital >= 18 * all => 1,
        _ => 0,
    };
    counts.iter().map(class).collect()
}
