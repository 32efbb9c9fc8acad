//! An article as the numbers of its words. Each word is looked up once for all queries.

use std::cell::OnceCell;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::filings::NO_GUARD;
use super::program::TermBytes;
use super::vocabulary::Vocabulary;
use crate::document::{Part, Prepared, follows};
use crate::keys::{key_prefix, prefixes};
use crate::term::Field;
use crate::words::hash;

/// The number of a word that no query has.
const UNKNOWN: u32 = u32::MAX;
/// Words in one piece of the bit set of present words.
const PIECE: u32 = u64::BITS;

/// An article prepared for one vocabulary.
#[derive(Debug)]
pub(super) struct Numbered<'a> {
    article: &'a Prepared,
    vocabulary: &'a Vocabulary,
    /// One bit for each word of the vocabulary: whether the article contains it.
    present: Vec<u64>,
    /// The words of the vocabulary that the article contains, each once.
    found: Vec<u32>,
    prefixes: &'a Vocabulary,
    /// The numbers of the prefixes that queries use, each with the first position of a word that
    /// begins with it.
    found_prefixes: Vec<(u32, u32)>,
    /// The first position of each word of title and text.
    firsts: FxHashMap<u32, u32>,
    /// The first position of each stem, if queries search for forms of words.
    first_stems: FxHashMap<u32, u32>,
    /// The number of each word of title and text in order, for phrases.
    in_order: OnceCell<Vec<u32>>,
    /// The number of each word of the values of the fields.
    value_words: Vec<u32>,
}

impl<'a> Numbered<'a> {
    pub(super) fn new(
        article: &'a Prepared,
        vocabulary: &'a Vocabulary,
        prefixes: &'a Vocabulary,
    ) -> Self {
        let pieces = vocabulary.len().div_ceil(PIECE as usize);
        let most = article.index().distinct_len().min(vocabulary.len());
        let mut numbered = Self {
            article,
            vocabulary,
            present: vec![0; pieces],
            found: Vec::with_capacity(most),
            prefixes,
            found_prefixes: Vec::new(),
            firsts: FxHashMap::with_capacity_and_hasher(most, rustc_hash::FxBuildHasher),
            first_stems: FxHashMap::default(),
            in_order: OnceCell::new(),
            value_words: Vec::new(),
        };
        vocabulary.find_all(article.index().hashed(), |number, first| {
            numbered.mark_present(number);
            numbered.firsts.insert(number, first);
        });
        if vocabulary.has_stems() {
            vocabulary.find_all(article.stems().hashed(), |number, first| {
                numbered.mark_present(number);
                numbered.first_stems.insert(number, first);
            });
        }
        numbered.add_values();
        if prefixes.len() > 0 {
            numbered.add_prefixes();
        }
        numbered
    }

    fn add_values(&mut self) {
        for (field, words) in self.article.values() {
            for at in words.clone() {
                let number = self.vocabulary.find_in(*field, self.article.value_word(at));
                number.into_iter().for_each(|known| self.mark_present(known));
                self.value_words.push(number.unwrap_or(UNKNOWN));
            }
        }
    }

    fn add_prefixes(&mut self) {
        let words = self.article.index().hashed();
        let all = words.flat_map(|(word, _, first)| {
            prefixes(word).into_iter().flatten().map(move |prefix| (prefix, hash(prefix), first))
        });
        let mut found = Vec::new();
        self.prefixes.find_all(all, |number, first| found.push((number, first)));
        found.sort_unstable();
        self.found_prefixes = found;
    }

    fn mark_present(&mut self, number: u32) {
        if !self.is_present(number) {
            self.present[(number / PIECE) as usize] |= 1 << (number % PIECE);
            self.found.push(number);
        }
    }

    fn is_present(&self, number: u32) -> bool {
        let piece = self.present.get((number / PIECE) as usize);
        piece.is_some_and(|bits| bits >> (number % PIECE) & 1 == 1)
    }

    /// The words under which matching queries may be filed, each once.
    pub(super) fn found(&self) -> &[u32] {
        &self.found
    }

    /// The prefixes under which matching queries may be filed, each once.
    pub(super) fn found_prefixes(&self) -> impl Iterator<Item = u32> {
        let by_prefix = self.found_prefixes.chunk_by(|one, other| one.0 == other.0);
        by_prefix.filter_map(|positions| positions.first()).map(|(number, _)| *number)
    }

    /// Whether the article contains the guard of a query.
    pub(super) fn passes(&self, guard: u32) -> bool {
        guard == NO_GUARD || self.is_present(guard)
    }

    /// Whether a part of the article contains a term.
    pub(super) fn has(&self, term: TermBytes<'_>, part: Part) -> bool {
        if !matches!(term.field, Field::Text | Field::Anywhere | Field::Title) {
            let mut values = self.article.values().iter().filter(|(it, _)| *it == term.field);
            return values.any(|(_, words)| self.value_contains(term, words));
        }
        let (Some(only), 1, false) = (term.words.get(0), term.words.len(), term.is_prefix) else {
            return self.starts_in(term, part, |starts| starts.next().is_some());
        };
        let is_before = |end| self.firsts.get(&only).is_some_and(|first| *first < end);
        self.is_present(only) && self.article.end_of(term.field, part).is_none_or(is_before)
    }

    /// Whether a part of the article contains two terms with at most `words` words from one to the
    /// other.
    pub(super) fn has_near(
        &self,
        one: TermBytes<'_>,
        other: TermBytes<'_>,
        words: u32,
        part: Part,
    ) -> bool {
        let positions = |starts: &mut dyn Iterator<Item = u32>| starts.collect::<Vec<u32>>();
        let (ones, others) =
            (self.starts_in(one, part, positions), self.starts_in(other, part, positions));
        follows(&ones, one.length(), &others, words)
            || follows(&others, other.length(), &ones, words)
    }

    /// Calls `with` with the positions where a term begins in a part, in order.
    fn starts_in<T>(
        &self,
        term: TermBytes<'_>,
        part: Part,
        with: impl FnOnce(&mut dyn Iterator<Item = u32>) -> T,
    ) -> T {
        let last_word = term.words.len().checked_sub(1).and_then(|last| term.words.get(last));
        let Some(last) = last_word else {
            return with(&mut std::iter::empty());
        };
        let end = self.article.end_of(term.field, part);
        let is_inside = |position: &u32| end.is_none_or(|end| *position < end);
        let start =
            |position: u32| self.start(term, position).map(|first| self.article.position(first));
        let index = self.article.index();
        if term.is_stems {
            let positions = self.positions_of_forms(term, last).into_iter();
            return with(
                &mut positions.take_while(is_inside).map(|first| self.article.position(first)),
            );
        }
        if !term.is_prefix {
            let first = self.firsts.get(&last).copied();
            let lasts = first.into_iter().flat_map(|first| index.from(first));
            return with(&mut lasts.take_while(is_inside).filter_map(start));
        }
        let firsts = self.beginning_with(self.vocabulary.word(last)).into_iter();
        let lasts = firsts.flat_map(|first| index.from(first).take_while(is_inside));
        let mut lasts: Vec<u32> = lasts.collect();
        lasts.sort_unstable();
        with(&mut lasts.into_iter().filter_map(start))
    }

    /// The positions of all forms of a word, in order.
    fn positions_of_forms(&self, term: TermBytes<'_>, exact: u32) -> Vec<u32> {
        let stem = self.article.stemmer().and_then(|stemmer| term.words.get(stemmer));
        let first_stem = stem.and_then(|stem| self.first_stems.get(&stem));
        let forms = first_stem.into_iter().flat_map(|first| self.article.stems().from(*first));
        let firsts = self.firsts.get(&exact).into_iter();
        let mut positions: Vec<u32> =
            firsts.flat_map(|first| self.article.index().from(*first)).chain(forms).collect();
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// The first position of each word that begins with `beginning`. It filters the words with the
    /// same prefix of two or four letters.
    fn beginning_with(&self, beginning: &str) -> Vec<u32> {
        let prefix =
            key_prefix(beginning).and_then(|prefix| self.prefixes.find_in(Field::Text, prefix));
        let Some(prefix) = prefix else {
            return Vec::new();
        };
        let index = self.article.index();
        let from = self.found_prefixes.partition_point(|(number, _)| *number < prefix);
        let of_prefix =
            self.found_prefixes[from..].iter().take_while(|(number, _)| *number == prefix);
        let begins =
            |position: &u32| index.get(*position).is_some_and(|word| word.starts_with(beginning));
        of_prefix.map(|(_, position)| *position).filter(begins).collect()
    }

    /// The number of the first word of a term whose last word has the number `last`, if its other
    /// words precede it.
    fn start(&self, term: TermBytes<'_>, last: u32) -> Option<u32> {
        let before = term.words.len() - 1;
        if before == 0 {
            return Some(last);
        }
        let first = last.checked_sub(u32::try_from(before).ok()?)?;
        let is_split = self.article.is_in_title(first) != self.article.is_in_title(last);
        let stands = self.in_order().get(first as usize..last as usize)?;
        let wanted = term.words.iter().take(before);
        let is_whole = !is_split && (!term.is_run || self.article.is_unbroken(first, last));
        (is_whole && wanted.eq(stands.iter().copied())).then_some(first)
    }

    fn in_order(&self) -> &[u32] {
        self.in_order.get_or_init(|| {
            let index = self.article.index();
            let mut numbers = vec![UNKNOWN; index.len()];
            for (number, first) in &self.firsts {
                index.from(*first).for_each(|position| numbers[position as usize] = *number);
            }
            numbers
        })
    }

    /// Whether the words of a term are next to each other in a value.
    fn value_contains(&self, term: TermBytes<'_>, value: &Range<u32>) -> bool {
        let whole = term.words.len() - usize::from(term.is_prefix);
        let numbers = &self.value_words[value.start as usize..value.end as usize];
        // A prefix is the last word.
        let begins = |at: u32| {
            let beginning = term.words.get(whole).map(|number| self.vocabulary.word(number));
            beginning.is_none_or(|start| self.article.value_word(at).starts_with(start))
        };
        let windows = numbers.windows(term.words.len().max(1));
        (value.start..).zip(windows).any(|(start, found)| {
            term.words.iter().take(whole).eq(found[..whole].iter().copied())
                && begins(start + found.len() as u32 - 1)
        })
    }
}
