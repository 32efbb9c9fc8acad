//! Term vectors: terms weighted by how rare they are (TF-IDF, Salton & Buckley 1988).

use crate::frequencies::{Frequencies, ln_after};
use crate::snapshot::{written, written_bytes};
use crate::varint;

/// The share of the greatest possible rarity that makes a name rare.
const RARE_NAME: f64 = 0.6;

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
            let written = varint::take(&mut bytes)?;
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

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The vector of unit length.
    pub(crate) fn vector(&self, frequencies: &Frequencies) -> Vector {
        let mut weights: Vec<(u32, f64)> = self.weights(frequencies).collect();
        let length = length(weights.iter().map(|(_, weight)| *weight));
        weights.retain(|(_, weight)| *weight > 0.0);
        weights.iter_mut().for_each(|(_, weight)| *weight /= length);
        Vector { weights }
    }

    /// The cosine of the angle between the vector of these terms and another, 0 to 1.
    pub(crate) fn cosine(&self, vector: &Vector, frequencies: &Frequencies) -> f64 {
        let mut there = vector.weights.iter().peekable();
        let (mut sum, mut squares) = (0.0, 0.0);
        for (place, weight) in self.weights(frequencies) {
            squares += weight * weight;
            while there.next_if(|(other, _)| *other < place).is_some() {}
            if let Some((_, other)) = there.next_if(|(other, _)| *other == place) {
                sum += weight * other;
            }
        }
        if squares > 0.0 { (sum / f64::sqrt(squares)).min(1.0) } else { 0.0 }
    }

    /// The square of the length of the vector before it is made one.
    pub(crate) fn square(&self, frequencies: &Frequencies) -> f64 {
        self.weights(frequencies).map(|(_, weight)| weight * weight).sum()
    }

    /// How much of the weight of these terms, 0 to 1, stands among those of a vector.
    pub(crate) fn share_in(&self, vector: &Vector, frequencies: &Frequencies) -> f64 {
        let mut there = vector.weights.iter().peekable();
        let (mut common, mut all) = (0.0, 0.0);
        for (place, weight) in self.weights(frequencies) {
            all += weight * weight;
            while there.next_if(|(other, _)| *other < place).is_some() {}
            if there.next_if(|(other, _)| *other == place).is_some() {
                common += weight * weight;
            }
        }
        if all > 0.0 { common / all } else { 0.0 }
    }

    fn weights(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        self.iter().map(|(place, count)| {
            // Of nearly all terms there is one mention, and its logarithm is nothing.
            let mentions = if count == 1 { 1.0 } else { 1.0 + ln_after(u32::from(count) - 1) };
            (place, mentions * frequencies.rarity(place))
        })
    }
}

impl Placed {
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
        let mut there = others.weights.iter().peekable();
        let (mut common, mut sum) = (0.0, 0.0);
        for (name, weight) in self.rare(frequencies) {
            sum += weight;
            while there.next_if(|(theirs, _)| *theirs < name).is_some() {}
            if there.next_if(|(theirs, _)| *theirs == name).is_some() {
                common += weight;
            }
        }
        let length = f64::sqrt(sum * others.sum);
        (length > 0.0).then(|| (common / length).min(1.0))
    }

    fn rare(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        let least = RARE_NAME * frequencies.most();
        self.names.as_deref().unwrap_or_default().iter().filter_map(move |name| {
            let rarity = frequencies.rarity(*name);
            (rarity >= least).then_some((*name, rarity * rarity))
        })
    }
}

fn length(weights: impl Iterator<Item = f64>) -> f64 {
    weights.map(|weight| weight * weight).sum::<f64>().sqrt()
}

/// Term weights of unit length, by term.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vector {
    weights: Vec<(u32, f64)>,
}

impl Vector {
    /// How much of its weight, 0 to 1, stands among these terms.
    pub(crate) fn share_in(&self, terms: &PackedTerms) -> f64 {
        let mut there = terms.iter().map(|(place, _)| place).peekable();
        let mut common = 0.0;
        for (place, weight) in &self.weights {
            while there.next_if(|other| other < place).is_some() {}
            if there.next_if(|other| other == place).is_some() {
                common += weight * weight;
            }
        }
        common
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
    use crate::terms::Terms;

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
        let vector = about.terms.vector(&table);
        assert!(near.terms.cosine(&vector, &table) > 0.7);
        assert!(far.terms.cosine(&vector, &table) < 0.3);
        assert!((about.terms.cosine(&vector, &table) - 1.0).abs() < 1e-9);
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
