//! Term vectors: terms weighted by how rare they are (TF-IDF, Salton & Buckley 1988).

use crate::frequencies::{Frequencies, ln_after};

/// The share of the greatest possible rarity that makes a name rare.
const RARE_NAME: f64 = 0.6;

/// The terms of a text by the places of their counts in [`Frequencies`]: a third of the memory, and
/// no hash is looked up where two texts are compared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placed {
    /// The terms, in order.
    pub(crate) places: Box<[u32]>,
    /// How often each stands in the text, at most 255 times.
    pub(crate) counts: Box<[u8]>,
    /// The stems of names, in order.
    pub(crate) names: Box<[u32]>,
}

impl Placed {
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

    /// The names that are rare, each with its weight.
    pub(crate) fn rare_names(&self, frequencies: &Frequencies) -> RareNames {
        let least = RARE_NAME * frequencies.most();
        let weigh = |name: &u32| {
            let rarity = frequencies.rarity(*name);
            (rarity >= least).then_some((*name, rarity * rarity))
        };
        RareNames { weights: self.names.iter().filter_map(weigh).collect() }
    }

    fn weights(&self, frequencies: &Frequencies) -> impl Iterator<Item = (u32, f64)> {
        self.places.iter().zip(&self.counts).map(|(place, count)| {
            let mentions = 1.0 + ln_after(u32::from(*count) - 1);
            (*place, mentions * frequencies.rarity(*place))
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
    /// The places of the `most` heaviest terms, heaviest first; ties by place.
    pub(crate) fn heaviest(&self, most: usize) -> Vec<u32> {
        let mut weights = self.weights.clone();
        weights.sort_unstable_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
        weights.into_iter().take(most).map(|(term, _)| term).collect()
    }
}

/// The rare names of a text with their weights, in order of the names.
pub(crate) struct RareNames {
    weights: Vec<(u32, f64)>,
}

impl RareNames {
    /// The cosine, each name counted once, 0 to 1; `None` where one of the texts has none.
    pub(crate) fn cosine(&self, other: &RareNames) -> Option<f64> {
        let mut there = other.weights.iter().peekable();
        let mut common = 0.0;
        for (name, weight) in &self.weights {
            while there.next_if(|(theirs, _)| theirs < name).is_some() {}
            if there.next_if(|(theirs, _)| theirs == name).is_some() {
                common += weight;
            }
        }
        let length = (self.sum() * other.sum()).sqrt();
        (length > 0.0).then(|| (common / length).min(1.0))
    }

    fn sum(&self) -> f64 {
        self.weights.iter().map(|(_, weight)| weight).sum()
    }
}

#[cfg(test)]
mod tests {
    use wirefold_text::Text;

    use super::*;
    use crate::body::Body;
    use crate::terms::Terms;

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
        let vector = about.vector(&table);
        assert!(near.cosine(&vector, &table) > 0.7);
        assert!(far.cosine(&vector, &table) < 0.3);
        assert!((about.cosine(&vector, &table) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_heaviest_terms_are_the_rarest() {
        let mut table = Frequencies::parse("# documents\t100\nthe\t99\nport\t10\nof\t95\n");
        let text = Text::new("The port of Quayton");
        let placed = table.place_all(&Terms::new(&text, &Body::new(&text), ""));
        let quayton = table.place_all(&Terms {
            counts: vec![(crate::body::word_hash("quayto"), 1)],
            names: vec![],
        });
        assert_eq!(placed.vector(&table).heaviest(1), *quayton.places);
    }
}
