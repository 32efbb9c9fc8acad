//! [`Signature`]: the parts of a text by which stories about one happening are recognised.

use serde::{Deserialize, Serialize};
use wirefold_text::Text;
use wirefold_text::extract::InSentences;

use crate::hash::{mix, narrow};
use crate::page::{Page, counted};
use crate::rarity::Rarity;

/// A story is found by so many terms: so many of its headline …
const TITLE_KEYS: usize = 8;
/// … and of its rare names, and the heaviest of its words.
const NAME_KEYS: usize = 16;
const KEYS: usize = 64;
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
const QUOTATION: u32 = 0x71;

/// Terms with their weights, in order of the terms.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Terms {
    weights: Vec<(u32, f32)>,
    /// The sum of the squares of the weights.
    square: f64,
}

impl Terms {
    /// Terms with their weights, which are in order of the terms.
    fn new(weights: Vec<(u32, f32)>) -> Terms {
        let square = weights.iter().map(|(_, weight)| f64::from(*weight).powi(2)).sum();
        Terms { weights, square }
    }

    /// Each different term with its TF-IDF weight (Salton and Buckley 1988), given how often it stands.
    fn counted(terms: &[(u32, u32)], rarity: &Rarity) -> Terms {
        // Most terms stand once, and a logarithm takes long.
        let repeated = |count: u32| if count == 1 { 0.0 } else { f64::from(count).ln() };
        let weight = |(term, count): &(u32, u32)| {
            (*term, (rarity.of(*term) * (1.0 + repeated(*count))) as f32)
        };
        Terms::new(terms.iter().map(weight).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    pub(crate) fn has(&self, term: u32) -> bool {
        self.weights.binary_search_by_key(&term, |(of, _)| *of).is_ok()
    }

    /// The terms in order.
    pub(crate) fn terms(&self) -> impl Iterator<Item = u32> {
        self.weights.iter().map(|(term, _)| *term)
    }

    /// The cosine of the angle between both, 0 to 1; 0 if one is empty.
    pub(crate) fn cosine(&self, other: &Terms) -> f64 {
        let (ours, theirs) = (&self.weights, &other.weights);
        let (mut here, mut there, mut shared) = (0, 0, 0.0);
        while here < ours.len() && there < theirs.len() {
            let ((term, weight), (their_term, their_weight)) = (ours[here], theirs[there]);
            if term == their_term {
                shared += f64::from(weight) * f64::from(their_weight);
            }
            // No branch: nothing could foresee it.
            here += usize::from(term <= their_term);
            there += usize::from(their_term <= term);
        }
        cosine(shared, self.square, other.square)
    }

    /// The share of it, by the squares of the weights, that the other has too, 0 to 1.
    pub(crate) fn share_in(&self, other: &Terms) -> f64 {
        self.share(|term| other.has(term))
    }

    /// The share of it, by the squares of the weights, for which `has` is true, 0 to 1.
    pub(crate) fn share(&self, has: impl Fn(u32) -> bool) -> f64 {
        let shared = self.weights.iter().filter(|(term, _)| has(*term));
        let shared: f64 = shared.map(|(_, weight)| f64::from(*weight).powi(2)).sum();
        if shared > 0.0 { (shared / self.square).min(1.0) } else { 0.0 }
    }

    /// The terms with the highest weights, the heaviest first. Of equal weights, the lower term is first.
    fn heaviest(&self, most: usize) -> Vec<u32> {
        // No weight is negative, and the bits of such numbers are in their order.
        let order = |(term, weight): &(u32, f32)| {
            u64::from(!weight.to_bits()) << u32::BITS | u64::from(*term)
        };
        let mut weights: Vec<u64> = self.weights.iter().map(order).collect();
        if most < weights.len() {
            weights.select_nth_unstable(most);
            weights.truncate(most);
        }
        weights.sort_unstable();
        weights.into_iter().map(|ordered| ordered as u32).collect()
    }
}

/// Terms that are compared with many others.
pub(crate) struct Lookup {
    /// The sum of the squares of the weights.
    square: f64,
    /// Each term with its weight, in an open hash table of a power of two with at least half of it empty. Where it is
    /// empty, the weight is negative.
    slots: Vec<(u32, f32)>,
    shift: u32,
}

impl Lookup {
    pub(crate) fn new(terms: &Terms) -> Lookup {
        let bits = (2 * terms.weights.len()).max(2).next_power_of_two().ilog2();
        let shift = u32::BITS - bits;
        let mut slots = vec![(0, -1.0); 1 << bits];
        for (term, weight) in &terms.weights {
            let mut slot = (term >> shift) as usize;
            while slots[slot].1 >= 0.0 {
                slot = (slot + 1) & (slots.len() - 1);
            }
            slots[slot] = (*term, *weight);
        }
        Lookup { square: terms.square, slots, shift }
    }

    /// The cosine of the angle between both, 0 to 1; 0 if one is empty.
    pub(crate) fn cosine(&self, other: &Terms) -> f64 {
        let (last, mut shared) = (self.slots.len() - 1, 0.0);
        for (term, weight) in &other.weights {
            let mut slot = (term >> self.shift) as usize & last;
            while self.slots[slot & last].1 >= 0.0 {
                let (known, our_weight) = self.slots[slot & last];
                if known == *term {
                    shared += f64::from(our_weight) * f64::from(*weight);
                    break;
                }
                slot += 1;
            }
        }
        cosine(shared, self.square, other.square)
    }
}

/// The cosine, given the sum of the products of shared weights and those of the squares of both.
fn cosine(shared: f64, square: f64, other: f64) -> f64 {
    if shared > 0.0 { (shared / (square * other).sqrt()).min(1.0) } else { 0.0 }
}

/// A text as it is compared with others about the same happening. The weights are those of its arrival.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Signature {
    /// All words.
    pub(crate) words: Terms,
    /// The headline.
    pub(crate) title: Terms,
    /// Whether there is little more than the headline.
    pub(crate) is_headline: bool,
    /// How much the headline tells, 0 to 1. A headline of common words could be that of many texts.
    pub(crate) title_tells: f64,
    /// The rare terms of the headline, in order.
    rare_in_title: Vec<u32>,
    /// The lede.
    pub(crate) lede: Terms,
    /// The rare names; `None` if the script of the text has no capitals.
    pub(crate) names: Option<Terms>,
    /// The keys of the quotations in the opening, in order.
    pub(crate) opening: Vec<u32>,
    /// The keys of all quotations, in order.
    pub(crate) quoted: Vec<u32>,
    /// Stream time in seconds.
    pub(crate) time: i64,
}

impl Signature {
    /// The signature of a text, which is also given as a page.
    pub(crate) fn new(
        text: &Text,
        page: &Page,
        title: &[u32],
        time: i64,
        rarity: &Rarity,
    ) -> Signature {
        let least = RARE * rarity.highest();
        let with_title = || [&page.terms[..], title].concat();
        let words = match page.len() < TEASER {
            true => Terms::counted(&counted(&with_title()), rarity),
            false => Terms::counted(&page.counted, rarity),
        };
        let title = Terms::counted(&counted(title), rarity);
        let is_headline = page.len() < HEADLINE_ONLY;
        let is_rare = |term: &u32| rarity.of(*term) >= least;
        let mut quoted = quotations(page, page.len());
        let mut opening = quotations(page, OPENING);
        for keys in [&mut quoted, &mut opening] {
            keys.sort_unstable();
            keys.dedup();
        }
        Signature {
            words,
            lede: match is_headline {
                true => title.clone(),
                false => Terms::counted(&counted(&page.terms[..page.lede]), rarity),
            },
            is_headline,
            title_tells: (title.square / (TITLE_TERMS * least * least)).min(1.0),
            rare_in_title: title.terms().filter(is_rare).collect(),
            title,
            names: has_capitals(text).then(|| rare_names(text, page, least, rarity)),
            opening,
            quoted,
            time,
        }
    }

    /// The terms by which it is found: of the headline, of the names, and of all words, the heaviest first.
    pub(crate) fn keys(&self) -> Vec<u32> {
        let names = self.names.as_ref().map_or_else(Vec::new, |names| names.heaviest(NAME_KEYS));
        let words = self.words.heaviest(KEYS);
        let mut keys = self.title.heaviest(TITLE_KEYS);
        for term in names.into_iter().chain(words) {
            if keys.len() < KEYS && !keys.contains(&term) {
                keys.push(term);
            }
        }
        keys
    }

    /// Whether the headlines have rare terms, and neither text has one of the other headline. The texts are
    /// then made from one template, whose only names are in the headlines.
    pub(crate) fn names_others_than(&self, other: &Signature) -> bool {
        let has_one_of = |of: &Signature, terms: &[u32]| {
            terms.iter().any(|term| of.title.has(*term) || of.words.has(*term))
        };
        let (ours, theirs) = (&self.rare_in_title, &other.rare_in_title);
        let have_none = ours.is_empty() && theirs.is_empty();
        !(have_none || has_one_of(self, theirs) || has_one_of(other, ours))
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
fn rare_names(text: &Text, page: &Page, least: f64, rarity: &Rarity) -> Terms {
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
    Terms::new(terms.into_iter().map(|term| (term, rarity.of(term) as f32)).collect())
}

/// The keys of the quotations in the first words of a text: a hash of each run of quoted words.
fn quotations(page: &Page, words: usize) -> Vec<u32> {
    let end = page.len().min(words);
    let quoted = page.quoted[..end].chunk_by(|one, other| one == other);
    let mut keys = Vec::new();
    let mut start = 0;
    for part in quoted {
        let run = &page.words[start..start + part.len()];
        start += part.len();
        if part[0] {
            let hash = |of: &[u32]| of.iter().fold(0, |hash, word| mix(hash, u64::from(*word)));
            keys.extend(run.windows(QUOTED_RUN).map(|of| narrow(hash(of)) ^ QUOTATION));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{term, title_terms};

    fn signature(text: &str) -> Signature {
        let text = Text::new(text);
        Signature::new(&text, &Page::of(&text), &[], 0, &Rarity::default())
    }

    #[test]
    fn names_are_rare_words_with_a_capital_inside_a_sentence() {
        let text = "Monday was cold. In Brenmouth, Hester said the Wednesday boat was late.";
        let names = signature(text).names.expect("the script has capitals");
        assert!(names.has(term("brenmouth")));
        assert!(!names.has(term("monday")) && !names.has(term("in")));
        assert!(signature("港口工人 Apple").names.is_none());
    }

    #[test]
    fn characters_without_spaces_make_pairs() {
        let terms = title_terms("白鹭县谷仓");
        assert_eq!(terms.len(), 5);
        assert!(terms.iter().filter(|term| title_terms("白鹭河水").contains(term)).count() == 2);
    }

    #[test]
    fn rare_shared_words_weigh_most() {
        let about = signature("the strike of the dockers in Quayton");
        let near = signature("dockers of Quayton end the strike");
        let far = signature("the price of the fish in the port");
        assert!(about.words.cosine(&near.words) > 0.7);
        assert!(about.words.cosine(&far.words) < 0.3);
        assert!((about.words.cosine(&about.words) - 1.0).abs() < 1e-6);
        assert_eq!(about.words.cosine(&signature("").words), 0.0);
    }

    #[test]
    fn quotations_of_eight_words_have_keys_in_the_opening() {
        let words = "we keep the gates shut until the tide turns";
        let two = signature(&format!("“{words},” said the head of the port of Quayton.")).opening;
        assert_eq!(two.len(), 2, "nine words have two runs of eight");
        let again = signature(&format!("On Monday he said again: “So {words}.”"));
        assert!(two.iter().all(|key| again.opening.contains(key)));
        assert!(
            signature(&format!("They {words}. “Until the tide turns,” he said.")).quoted.is_empty()
        );
        let late = "The port is old. ".repeat(70);
        let late = signature(&format!("{late}“{words},” he said."));
        assert!(late.opening.is_empty() && late.quoted == two);
    }
}
