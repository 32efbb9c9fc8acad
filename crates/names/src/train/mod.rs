//! Training: computes the weights from labelled sentences and lists. The result is
//! `data/model.bin`. The product never calls this module.

mod augment;
mod fit;
mod lists;
mod pack;
mod random;

use crate::Kind;
use crate::model::Model;

/// A labelled sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its language (ISO 639-1).
    pub language: String,
    /// The sentence.
    pub text: String,
    /// Its names as byte ranges, in order.
    pub spans: Vec<(usize, usize, Kind)>,
}

/// The training data.
#[derive(Debug, Clone, Default)]
pub struct Material {
    /// Labelled sentences.
    pub samples: Vec<Sample>,
    /// The lists of names and common words: lines `KIND<TAB>name`, packed by zlib.
    pub lists: Vec<u8>,
    /// The enricher's table: lines `kind<TAB>name<TAB>spelling|spelling`.
    pub table: String,
}

/// A trained model.
#[derive(Debug)]
pub struct Trained {
    model: Model,
    /// The number of features with weights.
    pub features: usize,
}

impl Trained {
    /// The model as the product embeds it.
    ///
    /// If it cannot be packed.
    pub fn packed(&self) -> std::io::Result<Vec<u8>> {
        self.model.write()
    }

    /// The names in a text by this model.
    #[must_use]
    pub fn names(&self, text: &wirefold_text::Text) -> Vec<crate::Name> {
        crate::names_by(&self.model, text)
    }
}

/// Trains a model. Calls `on_round` with the mean loss of each round. The same material and seed
/// give the same model.
///
/// If the lists cannot be unpacked.
pub fn train(
    material: &Material,
    seed: u64,
    mut on_round: impl FnMut(usize, f32),
) -> std::io::Result<Trained> {
    let lists = lists::read(material)?;
    let fitted = fit::fit_weights(&material.samples, &lists, seed, &mut on_round);
    let model = pack::pack(&fitted, lists.gazetteer);
    let features = model.rows.iter().filter(|row| row[crate::chain::TAGS] != 0).count();
    Ok(Trained { model, features })
}
