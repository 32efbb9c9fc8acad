//! Term vectors: terms weighted by how rare they are (TF-IDF, Salton & Buckley 1988).

use crate::codec::prefetch::prefetch;
use crate::codec::varint;
use crate::codec::{written, written_bytes};
use crate::event::frequencies::Frequencies;
use crate::event::term_weights::{TermWeights, Weights};

/// The share of the greatest possible rarity that makes a name rare.
const RARE_NAME: f64 = 0.6;
/// Bytes of a line of the processor's cache.
const LINE: usize = 64;

/// The terms of a text by the places of their counts in [`Frequencies`]: no hash is looked up where
/// two texts are compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placed {
    pub(crate) terms: PackedTerms,
    pub(crate) title: PackedTerms,
    pub(crate) lede: PackedTerms,
    /// The stems of names, in order; none where the script does not tell them.
    pub(crate) names: Option<Box<[u32]>>,
}

/// Places in order, each with how often its term stands in the text, at most 255 times: less than
/// two bytes a term. A number says how many places are left out before one, and in its last bit
/// whether the term stands there more than once; if so, how often follows.
#[derive(Debug, Clone, Default)]
pub(crate) struct PackedTerms(Box<[u8]>);

impl PackedTerms {
    /// Writes down places with their counts, which are in order and different.
    pub(crate) fn new(terms: impl Iterator<Item = (u32, u8)>) -> PackedTerms {
        let mut bytes = Vec::new();
        let mut next = 0;
        for (place, count) in terms {
            varint::push(&mut bytes, (place - next) << 1 | u32::from(count > 1));
            if count > 1 {
                bytes.push(count);
            }
            next = place + 1;
        }
        PackedTerms(bytes.into())
    }

    /// The places with their counts.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u8)> + '_ {
        let mut bytes = &*self.0;
        let mut next = 0;
        std::iter::from_fn(move || {
            let written = varint::read(&mut bytes)?;
            let mut count = 1;
            if written & 1 == 1 {
                let (times, rest) = bytes.split_first()?;
                (count, bytes) = (*times, rest);
            }
            let place = next + (written >> 1);
            next = place + 1;
            Some((place, count))
        })
    }

    /// A byte of each line of the cache that they take.
    pub(crate) fn lines(&self) -> impl Iterator<Item = u8> {
        self.0.iter().step_by(LINE).copied()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The vector of unit length.
    pub(crate) fn vector(&self, frequencies: &Frequencies) -> Vector {
        let mut weights: Vec<(u32, f64)> = self.weights(frequencies).collect();
        let squares = weights.iter().map(|(_, weight)| weight * weight);
        let length = f64::sqrt(squares.sum());
        weights.retain(|(_, weight)| *weight > 0.0);
        weights.iter_mut().for_each(|(_, weight)| *weight /= length);
        Vector { weights }
    }

    /// Gives those of the terms that a text has too: what each weighs here, before the vector is made one of unit
    /// length, and there.
    #[inline]
    pub(crate) fn for_each_shared(
        &self,
        other: &TermWeights,
        frequencies: &Frequencies,
        mut take: impl FnMut(f64, &Weights),
    ) {
        let rarities = frequencies.rarities();
        for (place, count) in self.iter() {
            if let Some(there) = other.get(place) {
                take(rarities.weight(place, count), there);
            }
        }
    }

    /// Whether any of these places, which are in order, stands among them.
    pub(crate) fn has_any(&self, places: &[u32]) -> bool {
        self.iter().any(|(place, _)| places.binary_search(&place).is_ok())
    }

    /// The square of the length of the vector before it is made one.
    pub(crate) fn square(&self, frequencies: &Frequencies) -> f64 {
        self.weights(frequencies).map(|(_, weight)| weight * weight).sum()
    }

    fn weights(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        let rarities = frequencies.rarities();
        self.iter().map(move |(place, count)| (place, rarities.weight(place, count)))
    }
}

impl Placed {
    /// Has them at hand when they are compared.
    pub(crate) fn prefetch(&self) {
        let parts = [&self.terms, &self.title, &self.lede];
        prefetch(parts.into_iter().flat_map(PackedTerms::lines));
    }

    /// The names that are rare, each with its weight.
    pub(crate) fn rare_names(&self, frequencies: &Frequencies) -> RareNames {
        let weights: Vec<(u32, f64)> = self.rare(frequencies).collect();
        let sum = weights.iter().map(|(_, weight)| weight).sum();
        RareNames { weights, sum, are_told: self.names.is_some() }
    }

    /// The cosine of the rare names of these terms and of others, each name counted once, 0 to 1;
    /// `None` where one of the texts has none.
    pub(crate) fn names_cosine(
        &self,
        others: &RareNames,
        frequencies: &Frequencies,
    ) -> Option<f64> {
        let (mut common, mut sum) = (0.0, 0.0);
        side_by_side(self.rare(frequencies), others.weights.iter().copied(), |weight, other| {
            sum += weight;
            common += other.map_or(0.0, |_| weight);
        });
        let length = f64::sqrt(sum * others.sum);
        (length > 0.0).then(|| (common / length).min(1.0))
    }

    fn rare(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        let rarities = frequencies.rarities();
        let least = RARE_NAME * rarities.most;
        self.names.as_deref().unwrap_or_default().iter().filter_map(move |name| {
            let rarity = rarities.of(*name);
            (rarity >= least).then_some((*name, rarity * rarity))
        })
    }
}

/// Goes through what stands at places here, in their order, each with what stands at the same place
/// there.
fn side_by_side<T>(
    here: impl Iterator<Item = (u32, f64)>,
    there: impl Iterator<Item = (u32, T)>,
    mut take: impl FnMut(f64, Option<T>),
) {
    let mut there = there.peekable();
    for (place, weight) in here {
        while there.next_if(|(other, _)| *other < place).is_some() {}
        let same = there.next_if(|(other, _)| *other == place);
        take(weight, same.map(|(_, other)| other));
    }
}

/// Term weights of unit length, by term.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vector {
    /// In order of the places.
    weights: Vec<(u32, f64)>,
}

impl Vector {
    /// One of these weights, which are in order of their places.
    #[cfg(test)]
    pub(crate) fn of_weights(weights: Vec<(u32, f64)>) -> Vector {
        Vector { weights }
    }

    /// Its weights by place, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, f64)> {
        self.weights.iter().copied()
    }

    /// How many terms have a weight.
    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    /// The places of its terms, in order.
    pub(crate) fn places(&self) -> impl Iterator<Item = u32> {
        self.weights.iter().map(|(place, _)| *place)
    }

    /// Whether any of these places, which are in order, is among them.
    pub(crate) fn has_any(&self, places: &[u32]) -> bool {
        self.places().any(|place| places.binary_search(&place).is_ok())
    }

    /// Whether no term has any weight.
    pub(crate) fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The places of the `most` heaviest terms, heaviest first; ties by place.
    pub(crate) fn heaviest(&self, most: usize) -> Vec<u32> {
        // Weights are above 0, and of such numbers the bits are in the same order. One comparison
        // of a whole number says all.
        let key = |(place, weight): &(u32, f64)| {
            u128::from(!weight.to_bits()) << u32::BITS | u128::from(*place)
        };
        let mut keys: Vec<u128> = self.weights.iter().map(key).collect();
        if most < keys.len() {
            keys.select_nth_unstable(most);
            keys.truncate(most);
        }
        keys.sort_unstable();
        let place = |of: u128| u32::try_from(of & u128::from(u32::MAX)).expect("32 bits");
        keys.into_iter().map(place).collect()
    }
}

/// The rare names of a text with their weights, in order of the names.
pub(crate) struct RareNames {
    weights: Vec<(u32, f64)>,
    /// Of all weights.
    sum: f64,
    /// Whether the script of the text tells names from other words.
    pub(crate) are_told: bool,
}

written_bytes!(PackedTerms);
written!(Placed { terms, title, lede, names });

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::body::terms::Terms;
    use crate::event::subject::Subject;
    use crate::ids::StoryId;
    use crate::settings::Settings;

    proptest! {
        #[test]
        fn packed_terms_are_as_they_were(
            terms in proptest::collection::btree_map(0u32..1 << 30, 1u8..=255, 0..60),
        ) {
            let packed = PackedTerms::new(terms.iter().map(|(place, count)| (*place, *count)));
            prop_assert!(packed.iter().eq(terms.into_iter()));
        }
    }

    #[test]
    fn rare_words_in_common_weigh_most() {
        let mut table = Frequencies::parse("# documents\t100\nthe\t99\nport\t10\nof\t95\n");
        let mut placed = |text: &str| {
            let text = Text::new(text);
            table.place_all(&Terms::new(&text, &Body::new(&text), ""))
        };
        let about = placed("the strike of the dockers in Quayton");
        let near = placed("dockers of Quayton end the strike");
        let far = placed("the price of the fish in the port");
        let subject = Subject::new(&about, &table);
        let cosine = |of: &Placed| {
            let comparison = subject.compare((StoryId(0), of), 0, &table, &Settings::default());
            subject.link(&comparison, &table, &Settings::default()).cosine
        };
        assert!(cosine(&near) > 0.7);
        assert!(cosine(&far) < 0.3);
        assert!((cosine(&about) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_heaviest_terms_are_the_rarest() {
        let mut table = Frequencies::parse("# documents\t100\nthe\t99\nport\t10\nof\t95\n");
        let text = Text::new("The port of Quayton");
        let placed = table.place_all(&Terms::new(&text, &Body::new(&text), ""));
        let quayton = table.place_all(&Terms {
            mentions: vec![crate::body::word_hash("quayto")],
            names: Some(vec![]),
            ..Terms::default()
        });
        assert_eq!(
            quayton.terms.iter().map(|(place, _)| place).collect::<Vec<_>>(),
            placed.terms.vector(&table).heaviest(1)
        );
    }
}
