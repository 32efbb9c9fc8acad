//! [`Signature`]: the parts of a text by which stories about one happening are recognised.
//!
//! Each story of the window has one, and a new one is compared with some twenty of them. So it is small, and in one
//! piece: a term with its weight takes four bytes, and of the words only the heaviest are kept.

use serde::{Deserialize, Serialize};
use wirefold_text::Text;
use wirefold_text::extract::InSentences;

use crate::evidence::runs;
use crate::hash::{mix, narrow};
use crate::headline::Headline;
use crate::page::{Page, counted};
use crate::rarity::Rarity;

/// So many words are kept …
const WORDS: usize = 80;
/// … and so many rare names, the heaviest.
const NAMES: usize = 32;
/// A story is found by so many terms: so many of its headline …
const TITLE_KEYS: usize = 8;
/// … and of its rare names, and the heaviest of its words.
const NAME_KEYS: usize = 16;
const KEYS: usize = 32;
/// A name is a term with at least this share of the highest rarity.
const RARE: f64 = 0.6;
/// A headline tells everything if it weighs as much as this many terms of which each is as rare as a name.
const TITLE_TERMS: f64 = 3.0;
/// Quotations are compared by their runs of so many words. Shorter ones may be turns of phrase.
const QUOTED_RUN: usize = 8;
/// The opening of a text has so many words. Quotations behind it may be background.
const OPENING: usize = 256;
/// The script of a text is recognised by so many of its first words.
const SCRIPT_SAMPLE: usize = 64;
/// A text of fewer words has no lede of its own: its headline stands for it …
const HEADLINE_ONLY: usize = 8;
/// … and a headline counts among the words of a text of fewer than this, such as a teaser.
const TEASER: usize = 30;
/// A key of a quotation differs from that of a term.
const QUOTATION: u32 = 0x71 << 8;
/// The bits of a weighed term that are the first of its hash. The others are its weight, in these parts of one.
pub(crate) const TERM: u32 = !0xff;
const PARTS_OF_WEIGHT: f64 = 8.0;

/// Terms with their weights, in order of the terms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a>(&'a [u32]);

fn weight(of: u32) -> u32 {
    of & !TERM
}

/// A term with a weight. Weights of 32 and more are equal.
fn weighed(term: u32, of: f64) -> u32 {
    term & TERM | ((PARTS_OF_WEIGHT * of + 0.5) as u32).min(!TERM)
}

impl<'a> Terms<'a> {
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(self, term: u32) -> bool {
        self.0.binary_search_by_key(&(term & TERM), |of| of & TERM).is_ok()
    }

    /// The terms in order.
    pub(crate) fn terms(self) -> impl Iterator<Item = u32> + 'a {
        self.0.iter().map(|of| of & TERM)
    }

    /// The sum of the squares of the weights.
    fn square(self) -> u32 {
        self.0.iter().map(|of| weight(*of).pow(2)).sum()
    }

    /// The share of it, by the squares of the weights, for which `has` is true, 0 to 1.
    pub(crate) fn share(self, has: impl Fn(u32) -> bool) -> f64 {
        let shared = self.0.iter().filter(|of| has(**of & TERM));
        share(shared.map(|of| weight(*of).pow(2)).sum(), self.square())
    }
}

/// The terms of a signature that is compared with many, in an open hash table: at least half of it is empty.
#[derive(Debug)]
pub(crate) struct Lookup<'a> {
    pub(crate) of: &'a Signature,
    /// A term with a bit for each part that has it, and its weight in each of these parts; 0 where it is empty.
    slots: Vec<(u32, [u8; LOOKED_UP])>,
    squares: [u32; LOOKED_UP],
}

impl<'a> Lookup<'a> {
    pub(crate) fn new(of: &'a Signature) -> Lookup<'a> {
        let bits = (2 * of.parts.len()).max(2).next_power_of_two();
        let mut lookup =
            Lookup { of, slots: vec![(0, [0; LOOKED_UP]); bits], squares: [0; LOOKED_UP] };
        for part in [Part::Words, Part::Title, Part::Lede, Part::Names] {
            for term in of.part(part) {
                let slot = lookup.slot(term & TERM);
                let (held, weights) = &mut lookup.slots[slot];
                if *held >> part as u32 & 1 == 0 {
                    *held |= term & TERM | 1 << part as u32;
                    weights[part as usize] = weight(*term) as u8;
                }
            }
            lookup.squares[part as usize] = Terms(of.part(part)).square();
        }
        lookup
    }

    /// Where a term is, or would be.
    fn slot(&self, term: u32) -> usize {
        let last = self.slots.len() - 1;
        let mut slot = (term >> TERM.trailing_zeros()) as usize & last;
        while self.slots[slot].0 != 0 && self.slots[slot].0 & TERM != term {
            slot = (slot + 1) & last;
        }
        slot
    }

    /// The cosine of the angle between a part and terms of another signature, and the share of the headline, by the
    /// squares of the weights, that these have too. Each from 0 to 1; 0 if one is empty.
    pub(crate) fn compare(&self, part: Part, other: Terms<'_>) -> (f64, f64) {
        let (mut product, mut title) = (0, 0);
        for (weights, weight) in self.shared(other) {
            product += u32::from(weights[part as usize]) * weight;
            title += u32::from(weights[Part::Title as usize]).pow(2);
        }
        (self.cosine(part, other, product), share(title, self.squares[Part::Title as usize]))
    }

    /// The cosine of the names, and that if the heaviest name in both counts no more than the next: it may be the town
    /// of both.
    pub(crate) fn compare_names(&self, other: Terms<'_>) -> [f64; 2] {
        let (mut product, mut heaviest, mut next) = (0, 0, 0);
        for (weights, weight) in self.shared(other) {
            let of_one = u32::from(weights[Part::Names as usize]) * weight;
            product += of_one;
            next = next.max(of_one.min(heaviest));
            heaviest = heaviest.max(of_one);
        }
        [product, product - (heaviest - next)].map(|it| self.cosine(Part::Names, other, it))
    }

    /// The weights of terms of another signature, each with those in the parts that have it, too.
    fn shared<'b>(&'b self, other: Terms<'b>) -> impl Iterator<Item = ([u8; LOOKED_UP], u32)> + 'b {
        let mut before = !TERM;
        // Two terms may begin with the same bits.
        let is_first = move |of: &&u32| std::mem::replace(&mut before, **of & TERM) != **of & TERM;
        other.0.iter().filter(is_first).map(|of| (self.slots[self.slot(of & TERM)].1, weight(*of)))
    }

    fn cosine(&self, part: Part, other: Terms<'_>, product: u32) -> f64 {
        let squares = f64::from(self.squares[part as usize]) * f64::from(other.square());
        if product > 0 { (f64::from(product) / squares.sqrt()).min(1.0) } else { 0.0 }
    }

    /// The share of terms, by the squares of the weights, that a part has too, 0 to 1.
    pub(crate) fn share_of(&self, other: Terms<'_>, part: Part) -> f64 {
        other.share(|term| self.slots[self.slot(term)].0 >> part as u32 & 1 == 1)
    }
}

fn share(part: u32, all: u32) -> f64 {
    if part > 0 { f64::from(part) / f64::from(all) } else { 0.0 }
}

/// Each different term with its TF-IDF weight (Salton and Buckley 1988), given how often it stands.
fn weigh(terms: &[(u32, u32)], rarity: &Rarity) -> Vec<u32> {
    // Most terms stand once, and a logarithm takes long.
    let repeated = |count: u32| if count == 1 { 0.0 } else { f64::from(count).ln() };
    let weigh =
        |(term, count): &(u32, u32)| weighed(*term, rarity.of(*term) * (1.0 + repeated(*count)));
    terms.iter().map(weigh).collect()
}

/// The terms with the highest weights, the heaviest first. Of equal weights, the lower term is first.
fn heaviest(terms: &[u32], most: usize) -> Vec<u32> {
    // With weight and term in each other's place, numbers are in this order.
    let (bits, weights) = ((!TERM).count_ones(), (!TERM).rotate_right((!TERM).count_ones()));
    let mut ordered: Vec<u32> =
        terms.iter().map(|term| term.rotate_right(bits) ^ weights).collect();
    if most < ordered.len() {
        ordered.select_nth_unstable(most);
        ordered.truncate(most);
    }
    ordered.sort_unstable();
    ordered.into_iter().map(|term| (term ^ weights).rotate_left(bits)).collect()
}

/// The heaviest terms, in order.
fn keep_heaviest(terms: Vec<u32>, most: usize) -> Vec<u32> {
    let mut kept = if terms.len() <= most { terms } else { heaviest(&terms, most) };
    kept.sort_unstable();
    kept
}

/// A part of a signature.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Words,
    Title,
    Lede,
    Names,
    RareInTitle,
    /// The names that a headline without a text tells by itself.
    NamesAlone,
    Quoted,
}

/// So many parts are looked up, the first ones.
const LOOKED_UP: usize = Part::Names as usize + 1;

/// A text as it is compared with others about the same happening. The weights are those of its arrival.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Signature {
    /// The parts, one after another.
    parts: Box<[u32]>,
    /// Where each part ends.
    ends: [u32; Part::Quoted as usize + 1],
    /// Whether there is little more than the headline.
    pub(crate) is_headline: bool,
    /// Whether the script of the text has capitals, and so names.
    has_capitals: bool,
    /// How much the headline tells, 0 to 1. A headline of common words could be that of many texts.
    pub(crate) title_tells: f64,
    /// Stream time in seconds.
    pub(crate) time: i64,
}

impl Signature {
    /// The signature of a text, which is also given as a page and its terms as [`counted`].
    pub(crate) fn new(
        text: &Text,
        page: &Page,
        terms: &[(u32, u32)],
        title: &Headline,
        time: i64,
        rarity: &Rarity,
    ) -> Signature {
        let least = RARE * rarity.highest();
        let words = match page.len() < TEASER {
            true => weigh(&counted(&[&page.terms[..], &title.terms].concat()), rarity),
            false => weigh(terms, rarity),
        };
        let is_headline = page.len() < HEADLINE_ONLY;
        let is_rare = |term: &u32| rarity.of(*term) >= least;
        let rare = title.terms.iter().copied().filter(is_rare).collect();
        let is_told_by_headline = is_headline || title.is_german;
        let alone = if is_told_by_headline { title.names.to_vec() } else { Vec::new() };
        let title = keep_heaviest(weigh(&counted(&title.terms), rarity), title.terms.len());
        let title_weight = f64::from(Terms(&title).square()) / PARTS_OF_WEIGHT.powi(2);
        let lede = match is_headline {
            true => title.clone(),
            false => keep_heaviest(weigh(&counted(&page.terms[..page.lede]), rarity), page.lede),
        };
        let has_capitals = has_capitals(text);
        let names = match has_capitals {
            true => keep_heaviest(rare_names(text, page, least, rarity), NAMES),
            false => Vec::new(),
        };
        // In the order of `Part`.
        let parts =
            [keep_heaviest(words, WORDS), title, lede, names, rare, alone, quotations(page)];
        let mut end = 0;
        let ends = parts.each_ref().map(|part| {
            end += part.len() as u32;
            end
        });
        Signature {
            parts: parts.concat().into(),
            ends,
            is_headline,
            has_capitals,
            title_tells: (title_weight / (TITLE_TERMS * least * least)).min(1.0),
            time,
        }
    }

    fn part(&self, part: Part) -> &[u32] {
        let at = part as usize;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.parts[start as usize..self.ends[at] as usize]
    }

    /// The heaviest words.
    pub(crate) fn words(&self) -> Terms<'_> {
        Terms(self.part(Part::Words))
    }

    /// The headline.
    pub(crate) fn title(&self) -> Terms<'_> {
        Terms(self.part(Part::Title))
    }

    /// The lede.
    pub(crate) fn lede(&self) -> Terms<'_> {
        Terms(self.part(Part::Lede))
    }

    /// The rare names; `None` if the script of the text has no capitals.
    pub(crate) fn names(&self) -> Option<Terms<'_>> {
        self.has_capitals.then(|| Terms(self.part(Part::Names)))
    }

    /// The keys of the quotations in order. Those in the opening are odd.
    pub(crate) fn quoted(&self) -> &[u32] {
        self.part(Part::Quoted)
    }

    /// The keys of the quotations in the opening.
    pub(crate) fn quoted_in_opening(&self) -> impl Iterator<Item = u32> {
        self.quoted().iter().copied().filter(|key| key & 1 == 1)
    }

    /// The terms by which it is found: of the headline, of the names, and of all words, the heaviest first.
    pub(crate) fn keys(&self) -> Vec<u32> {
        let by_part = [(Part::Title, TITLE_KEYS), (Part::Names, NAME_KEYS), (Part::Words, KEYS)];
        let mut keys = Vec::with_capacity(KEYS);
        for term in by_part.into_iter().flat_map(|(part, most)| heaviest(self.part(part), most)) {
            if keys.len() < KEYS && !keys.contains(&(term & TERM)) {
                keys.push(term & TERM);
            }
        }
        keys
    }

    /// Whether the headlines have names, and neither text has one of the other headline: they are about other places or
    /// people. Both headlines need one. If a text has no names, all rare words of the headlines count too, and one headline
    /// is enough: they may be made from one template, whose only names are in the headlines.
    pub(crate) fn names_others_than(&self, other: &Signature) -> bool {
        let has_one_of = |of: &Signature, names: &[u32]| {
            let has =
                |term: &u32| [of.title(), of.words(), of.lede()].iter().any(|it| it.has(*term));
            names.iter().any(has)
        };
        let are_others =
            |[ours, theirs]: &[Vec<u32>; 2]| !has_one_of(self, theirs) && !has_one_of(other, ours);
        let have_names = [self, other].iter().all(|it| !it.part(Part::Names).is_empty());
        let rare = [self, other].map(Signature::names_in_title);
        let named = [self, other].map(|it| match it.part(Part::NamesAlone) {
            [] if !it.is_headline => it.names_in_title(),
            alone => alone.to_vec(),
        });
        named.iter().all(|names| !names.is_empty()) && are_others(&named)
            || !have_names && rare.iter().any(|names| !names.is_empty()) && are_others(&rare)
    }

    /// The names in the headline that the text has too. All rare terms of the headline if the text has no names.
    fn names_in_title(&self) -> Vec<u32> {
        let names = Terms(self.part(Part::Names));
        let rare = self.part(Part::RareInTitle).iter().copied();
        rare.filter(|term| names.is_empty() || names.has(*term)).collect()
    }
}

/// Whether at least half of the first words of a text are in a script with capitals: their normal form is in
/// lower case.
fn has_capitals(text: &Text) -> bool {
    let first = |word| text.normal(word).chars().next().unwrap_or_default();
    let letters = text.words().iter().take(SCRIPT_SAMPLE).map(first);
    let letters: Vec<char> = letters.filter(|letter| letter.is_alphabetic()).collect();
    2 * letters.iter().filter(|letter| letter.is_lowercase()).count() >= letters.len()
}

/// The terms of the words of names that are rare, each with its rarity: words with a capital inside a sentence.
fn rare_names(text: &Text, page: &Page, least: f64, rarity: &Rarity) -> Vec<u32> {
    let mut inside = InSentences::new(text);
    let words = text.words().iter().enumerate().filter(|(_, word)| !word.is_chrome);
    let capitals = words.zip(&page.terms).filter(|((_, word), _)| word.capital && !word.alone);
    let rare = capitals.filter(|(_, term)| rarity.of(**term) as f32 as f64 >= least);
    let (plain, unsure): (Vec<_>, Vec<_>) = rare
        .map(|((index, _), term)| (*term, index))
        .partition(|(_, index)| inside.plainly_has(*index));
    let mut terms: Vec<u32> = plain.into_iter().map(|(term, _)| term).collect();
    for (term, index) in unsure {
        if !terms.contains(&term) && inside.has(index) {
            terms.push(term);
        }
    }
    terms.sort_unstable();
    terms.dedup();
    terms.into_iter().map(|term| weighed(term, rarity.of(term))).collect()
}

/// The keys of the quotations, in order: a hash of each run of quoted words. Those in the opening are odd.
fn quotations(page: &Page) -> Vec<u32> {
    let mut keys = Vec::new();
    for (first, length) in runs(&page.quoted) {
        let windows = page.words[first..first + length].windows(QUOTED_RUN);
        keys.extend((first..).zip(windows).map(|(at, run)| {
            let hash = run.iter().fold(0, |hash, word| mix(hash, u64::from(*word)));
            (narrow(hash) ^ QUOTATION) & !1 | u32::from(at + QUOTED_RUN <= OPENING)
        }));
    }
    keys.sort_unstable();
    keys.dedup_by(|next, kept| {
        let is_same = *next & !1 == *kept & !1;
        *kept |= if is_same { *next } else { 0 };
        is_same
    });
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::term;

    fn signature(text: &str) -> Signature {
        let text = Text::new(text);
        let page = Page::of(&text);
        Signature::new(
            &text,
            &page,
            &counted(&page.terms),
            &Headline::default(),
            0,
            &Rarity::default(),
        )
    }

    #[test]
    fn names_are_rare_words_with_a_capital_inside_a_sentence() {
        let text = "Monday was cold. In Brenmouth, Hester said the Wednesday boat was late.";
        let found = signature(text);
        let names = found.names().expect("the script has capitals");
        assert!(names.has(term("brenmouth")));
        assert!(!names.has(term("monday")) && !names.has(term("in")));
        assert!(signature("港口工人 Apple").names().is_none());
    }

    #[test]
    fn characters_without_spaces_make_pairs() {
        let terms = |title: &str| Headline::new(&Text::new(title)).terms;
        let (first, second) = (terms("白鹭县谷仓"), terms("白鹭河水"));
        assert_eq!(first.len(), 5);
        assert!(first.iter().filter(|term| second.contains(term)).count() == 2);
    }

    #[test]
    fn rare_shared_words_weigh_most() {
        let about = signature("the strike of the dockers in Quayton");
        let near = signature("dockers of Quayton end the strike");
        let far = signature("the price of the fish in the port");
        let lookup = Lookup::new(&about);
        let cosine = |other: &Signature| lookup.compare(Part::Words, other.words()).0;
        assert!(cosine(&near) > 0.7 && cosine(&far) < 0.3);
        assert!((cosine(&about) - 1.0).abs() < 1e-6);
        assert_eq!(cosine(&signature("")), 0.0);
    }

    #[test]
    fn quotations_of_eight_words_have_keys_in_the_opening() {
        let words = "we keep the gates shut until the tide turns";
        let keys = |text: &str| signature(text).quoted().to_vec();
        let two = keys(&format!("“{words},” said the head of the port of Quayton."));
        assert_eq!(two.len(), 2, "nine words have two runs of eight");
        let again = keys(&format!("On Monday he said again: “So {words}.”"));
        assert!(two.iter().all(|key| key & 1 == 1 && again.contains(key)));
        assert!(keys(&format!("They {words}. “Until the tide turns,” he said.")).is_empty());
        let late = "The port is old. ".repeat(70);
        let late = keys(&format!("{late}“{words},” he said."));
        assert_eq!(late, two.iter().map(|key| key & !1).collect::<Vec<u32>>());
    }
}
