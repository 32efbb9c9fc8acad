//! Term vectors: terms weighted by how rare they are (TF-IDF, Salton & Buckley 1988).

use crate::event::frequencies::Frequencies;
use crate::event::packed_terms::{IndexedTerms, PackedTerms};

/// The share of the maximal rarity from which a name is rare.
const MIN_NAME_RARITY: f64 = 0.6;
/// The sum of no numbers, as an iterator has it.
pub(super) const NO_SUM: f64 = -0.0;

impl PackedTerms {
    /// The vector of unit length. Terms without weight are left out.
    pub(crate) fn vector(&self, frequencies: &Frequencies) -> Vector {
        let mut weights: Vec<(u32, f64)> = self.weights(frequencies).collect();
        let squares = weights.iter().map(|(_, weight)| weight * weight);
        let length = f64::sqrt(squares.sum());
        weights.retain(|(_, weight)| *weight > 0.0);
        weights.iter_mut().for_each(|(_, weight)| *weight /= length);
        Vector { weights }
    }

    /// The squared length of the vector that is not scaled to unit length.
    pub(crate) fn square(&self, frequencies: &Frequencies) -> f64 {
        let rarities = frequencies.rarities();
        let mut square = NO_SUM;
        self.for_each(|id, count| {
            let weight = rarities.weight(id, count);
            square += weight * weight;
        });
        square
    }

    fn weights(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        let rarities = frequencies.rarities();
        self.iter().map(move |(id, count)| (id, rarities.weight(id, count)))
    }
}

impl IndexedTerms {
    /// The rare names with their weights.
    pub(crate) fn rare_names(&self, frequencies: &Frequencies) -> RareNames {
        let weights: Vec<(u32, f64)> = self.rare_name_weights(frequencies).collect();
        let sum = weights.iter().map(|(_, weight)| weight).sum();
        RareNames { weights, sum, are_recognised: self.names.is_some() }
    }

    /// The cosine of the rare names of this text and another, 0 to 1. Each name counts once. `None`
    /// if one of the texts has no rare name.
    pub(crate) fn names_cosine(
        &self,
        others: &RareNames,
        frequencies: &Frequencies,
    ) -> Option<f64> {
        let (mut common, mut sum) = (0.0, 0.0);
        join_by_id(
            self.rare_name_weights(frequencies),
            others.weights.iter().copied(),
            |weight, other| {
                sum += weight;
                common += other.map_or(0.0, |_| weight);
            },
        );
        let length = f64::sqrt(sum * others.sum);
        (length > 0.0).then(|| (common / length).min(1.0))
    }

    /// The ids of rare names in order, with their weights.
    fn rare_name_weights(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        let rarities = frequencies.rarities();
        let least = MIN_NAME_RARITY * rarities.max;
        self.names.as_deref().unwrap_or_default().iter().filter_map(move |name| {
            let rarity = rarities.of(*name);
            (rarity >= least).then_some((*name, rarity * rarity))
        })
    }
}

/// Calls `visit` for each entry of `here`, in order, with the value of the same id in `there`, if
/// any. Both are in the order of ids.
fn join_by_id<T>(
    here: impl Iterator<Item = (u32, f64)>,
    there: impl Iterator<Item = (u32, T)>,
    mut visit: impl FnMut(f64, Option<T>),
) {
    let mut there = there.peekable();
    for (id, weight) in here {
        while there.next_if(|(other, _)| *other < id).is_some() {}
        let same = there.next_if(|(other, _)| *other == id);
        visit(weight, same.map(|(_, other)| other));
    }
}

/// A vector of unit length: the weight of each term.
#[derive(Debug, Clone, Default)]
pub(crate) struct Vector {
    /// Term ids with weights above 0, in the order of ids.
    weights: Vec<(u32, f64)>,
}

impl Vector {
    /// A vector of these weights, which are in the order of term ids.
    #[cfg(test)]
    pub(crate) fn of_weights(weights: Vec<(u32, f64)>) -> Vector {
        Vector { weights }
    }

    /// The weights with their term ids, in the order of ids.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, f64)> {
        self.weights.iter().copied()
    }

    /// The number of terms.
    pub(crate) fn len(&self) -> usize {
        self.weights.len()
    }

    /// The ids of its terms, in order.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u32> {
        self.weights.iter().map(|(id, _)| *id)
    }

    /// Whether it has any of these term ids, which are in order.
    pub(crate) fn has_any(&self, ids: &[u32]) -> bool {
        self.ids().any(|id| ids.binary_search(&id).is_ok())
    }

    /// Whether it has no terms.
    pub(crate) fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// The ids of the `most` heaviest terms, the heaviest first. Of equal weights, the lower id is
    /// first.
    pub(crate) fn heaviest(&self, most: usize) -> Vec<u32> {
        // The bits of positive floating-point numbers have the same order as the numbers, so one
        // comparison of integers orders by weight and id.
        let key = |(id, weight): &(u32, f64)| {
            u128::from(!weight.to_bits()) << u32::BITS | u128::from(*id)
        };
        let mut keys: Vec<u128> = self.weights.iter().map(key).collect();
        if most < keys.len() {
            keys.select_nth_unstable(most);
            keys.truncate(most);
        }
        keys.sort_unstable();
        let id = |of: u128| u32::try_from(of & u128::from(u32::MAX)).expect("32 bits");
        keys.into_iter().map(id).collect()
    }
}

/// The rare names of a text with their weights, in the order of their ids.
pub(crate) struct RareNames {
    weights: Vec<(u32, f64)>,
    /// The sum of all weights.
    sum: f64,
    /// Whether names can be recognised in the script of the text.
    pub(crate) are_recognised: bool,
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::body::terms::Terms;
    use crate::event::subject::Subject;
    use crate::ids::StoryId;
    use crate::settings::Settings;

    #[test]
    fn rare_shared_words_weigh_most() {
        let mut table = Frequencies::parse("# documents\t100\nthe\t99\nport\t10\nof\t95\n");
        let mut indexed = |text: &str| {
            let text = Text::new(text);
            table.index_terms(&Terms::new(&text, &Body::new(&text), ""))
        };
        let about = indexed("the strike of the dockers in Quayton");
        let near = indexed("dockers of Quayton end the strike");
        let far = indexed("the price of the fish in the port");
        let subject = Subject::new(&about, &table);
        let cosine = |of: &IndexedTerms| {
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
        let indexed = table.index_terms(&Terms::new(&text, &Body::new(&text), ""));
        let quayton = table.index_terms(&Terms {
            mentions: vec![crate::body::word_hash("quayto")],
            names: Some(vec![]),
            ..Terms::default()
        });
        assert_eq!(
            quayton.terms.iter().map(|(id, _)| id).collect::<Vec<_>>(),
            indexed.terms.vector(&table).heaviest(1)
        );
    }
}
