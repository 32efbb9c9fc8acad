//! Term vectors: terms weighted by how rare they are (TF-IDF, Salton & Buckley 1988).

use crate::codec::varint;
use crate::codec::{written, written_bytes};
use crate::event::frequencies::Frequencies;

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
        let table = Table::new(&weights);
        Vector { weights, table }
    }

    /// The cosine of the angle between the vector of these terms and another, 0 to 1; and how much of the
    /// weight of a third vector stands among these terms.
    pub(crate) fn cosine_and_share(
        &self,
        (vector, third): (&Vector, &Vector),
        frequencies: &Frequencies,
    ) -> (f64, f64) {
        let (mut sum, mut squares, mut share) = (0.0, 0.0, 0.0);
        for (place, weight) in self.weights(frequencies) {
            squares += weight * weight;
            sum += vector.weight(place).map_or(0.0, |other| weight * other);
            share += third.weight(place).map_or(0.0, |other| other * other);
        }
        let cosine = if squares > 0.0 { (sum / f64::sqrt(squares)).min(1.0) } else { 0.0 };
        (cosine, share)
    }

    /// Whether any of these places, which are in order, stands among them.
    pub(crate) fn has_any(&self, places: &[u32]) -> bool {
        self.iter().any(|(place, _)| places.binary_search(&place).is_ok())
    }

    /// The square of the length of the vector before it is made one, and how much of that, 0 to 1, stands
    /// among the terms of each of two vectors.
    pub(crate) fn square_and_shares(
        &self,
        (one, other): (&Vector, &Vector),
        frequencies: &Frequencies,
    ) -> (f64, f64, f64) {
        let (mut all, mut in_one, mut in_other) = (0.0, 0.0, 0.0);
        for (place, weight) in self.weights(frequencies) {
            all += weight * weight;
            in_one += one.weight(place).map_or(0.0, |_| weight * weight);
            in_other += other.weight(place).map_or(0.0, |_| weight * weight);
        }
        let share = |common: f64| if all > 0.0 { common / all } else { 0.0 };
        (all, share(in_one), share(in_other))
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
    table: Table,
}

/// Where the weight of a place stands in a vector: a hash table that is empty for most places that are
/// asked for. The low bits of a place say where to look first.
#[derive(Debug, Clone, Default)]
struct Table {
    /// One more than where a weight stands, 0 where none does. Their number is a power of two.
    slots: Vec<u32>,
}

/// Slots for each weight, at least.
const SLOTS: usize = 8;

impl Table {
    fn new(weights: &[(u32, f64)]) -> Table {
        if weights.is_empty() {
            return Table::default();
        }
        let mut slots = vec![0_u32; (SLOTS * weights.len()).next_power_of_two()];
        for ((place, _), number) in weights.iter().zip(1..) {
            let mut at = *place as usize & (slots.len() - 1);
            while slots[at] != 0 {
                at = (at + 1) & (slots.len() - 1);
            }
            slots[at] = number;
        }
        Table { slots }
    }

    /// Where the weight of a place stands, if it has one.
    #[inline]
    fn find(&self, place: u32, weights: &[(u32, f64)]) -> Option<usize> {
        let last = self.slots.len().checked_sub(1)?;
        let mut at = place as usize & last;
        loop {
            let found = (self.slots[at] as usize).checked_sub(1)?;
            if weights[found].0 == place {
                return Some(found);
            }
            at = (at + 1) & last;
        }
    }
}

impl Vector {
    /// The weight of the term at a place, if it has one.
    #[inline]
    fn weight(&self, place: u32) -> Option<f64> {
        self.table.find(place, &self.weights).map(|at| self.weights[at].1)
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
        let cosine =
            |of: &Placed| of.terms.cosine_and_share((&vector, &Vector::default()), &table).0;
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
