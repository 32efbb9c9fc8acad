//! Packs fitted weights into a table of bytes.

use super::fit::Fitted;
use crate::chain::{Scores, TAGS};
use crate::gazetteer::Gazetteer;
use crate::model::{Model, Row};

/// The number of rows of the table.
const ROWS: usize = 1 << 18;
/// Larger weights are clamped.
const LARGEST: f32 = 3.0;
/// Features whose weights are all smaller are left out.
const LEAST: f32 = 0.03;

/// Packs the features in the order of their largest weights. Features that find no free row are
/// left out.
pub(super) fn pack(fitted: &Fitted, gazetteer: Gazetteer) -> Model {
    let scale = LARGEST / 127.0;
    let rows = vec![[0; TAGS + 1]; ROWS];
    let mut model = Model { rows, scale, transitions: fitted.transitions, gazetteer };
    let size = |weights: &Scores| weights.iter().fold(0.0_f32, |most, w| most.max(w.abs()));
    let mut all: Vec<&(u64, Scores)> =
        fitted.weights.iter().filter(|(_, weights)| size(weights) >= LEAST).collect();
    all.sort_by(|a, b| size(&b.1).total_cmp(&size(&a.1)).then(a.0.cmp(&b.0)));
    for (feature, weights) in all {
        let (at, check) = model.slot_of(*feature);
        let free = [at, at ^ 1].into_iter().find(|at| model.rows[*at][TAGS] == 0);
        if let (Some(free), None) = (free, model.row(*feature)) {
            model.rows[free] = row(weights, check, scale);
        }
    }
    model
}

fn row(weights: &Scores, check: i8, scale: f32) -> Row {
    let mut row = [check; TAGS + 1];
    for (byte, weight) in row.iter_mut().zip(weights) {
        *byte = (weight / scale).round().clamp(-127.0, 127.0) as i8;
    }
    row
}
