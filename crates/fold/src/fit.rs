//! Fits the numbers of a judge by logistic regression with weights that are not negative.

use std::fmt::Write as _;

use crate::judge::{CopySign, Weights, logistic};

/// One labelled pair.
#[derive(Debug, Clone)]
pub struct Row {
    /// How far each ramp is climbed.
    pub climbed: Vec<f64>,
    /// Whether both are one text.
    pub is_copy: bool,
    /// How much the pair counts.
    pub weight: f64,
}

/// How often each weight is adjusted.
const ROUNDS: usize = 300;
/// The penalty on the square of each weight.
const PENALTY: f64 = 1.0;

/// Fits the weights: cyclic coordinate descent with bounded Newton steps. The same rows give the same
/// weights.
#[must_use]
pub fn fit(rows: &[Row]) -> Weights {
    let ramps = rows.first().map_or(0, |row| row.climbed.len());
    let mut weights = Weights { bias: -3.0, ramps: vec![0.5; ramps] };
    let columns: Vec<Vec<(usize, f64)>> = (0..ramps).map(|ramp| column(rows, ramp)).collect();
    let every: Vec<(usize, f64)> = (0..rows.len()).map(|row| (row, 1.0)).collect();
    let logit = |row: &Row| -> f64 {
        weights.bias + row.climbed.iter().zip(&weights.ramps).map(|(x, w)| x * w).sum::<f64>()
    };
    let mut logits: Vec<f64> = rows.iter().map(logit).collect();
    for _ in 0..ROUNDS {
        let bias_step = newton_step(rows, &logits, &every, 0.0, 0.0);
        weights.bias += bias_step;
        logits.iter_mut().for_each(|of_row| *of_row += bias_step);
        for (column, weight) in columns.iter().zip(&mut weights.ramps) {
            let step = newton_step(rows, &logits, column, *weight, PENALTY).max(-*weight);
            if step != 0.0 {
                *weight += step;
                column.iter().for_each(|(row, x)| logits[*row] += step * x);
            }
        }
    }
    weights
}

/// The source text of the module with the fitted numbers. `from` says what they were fitted on.
#[must_use]
pub fn table_source(weights: &Weights, from: &str) -> String {
    let mut source = format!(
        "//! The fitted numbers of the judge. The fit writes this file: do not edit it.\n//!\n//! Fitted on \
         pairs of these sets: {from}.\n\n/// The logit without any sign.\npub(crate) const BIAS: f64 = \
         {:.4};\n\n/// How much each ramp adds, sign by sign.\n#[rustfmt::skip]\npub(crate) const RAMPS: \
         &[f64] = &[\n",
        weights.bias
    );
    let mut ramps = weights.ramps.iter();
    for sign in CopySign::ALL {
        let _ = write!(source, "    // {sign:?}\n   ");
        for weight in ramps.by_ref().take(sign.knots().len() - 1) {
            let _ = write!(source, " {weight:.4},");
        }
        source.push('\n');
    }
    source + "];\n"
}

/// The rows in which a ramp is climbed at all, and how far.
fn column(rows: &[Row], ramp: usize) -> Vec<(usize, f64)> {
    let climbed = rows.iter().map(|row| row.climbed[ramp]).enumerate();
    climbed.filter(|(_, x)| *x > 0.0).collect()
}

fn newton_step(
    rows: &[Row],
    logits: &[f64],
    column: &[(usize, f64)],
    weight: f64,
    penalty: f64,
) -> f64 {
    let (mut slope, mut bend) = (-penalty * weight, penalty + 1e-6);
    for (row, x) in column {
        let p = logistic(logits[*row]);
        let Row { is_copy, weight: counts, .. } = &rows[*row];
        slope += counts * x * (f64::from(u8::from(*is_copy)) - p);
        bend += counts * x * x * p * (1.0 - p);
    }
    (slope / bend).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_ramp_that_decides_and_gives_the_other_no_negative_weight() {
        let row = |at: usize| {
            let x = f64::from((at % 10) as u32) / 10.0;
            let noise = f64::from((at % 7) as u32) / 7.0;
            Row { climbed: vec![x, 1.0 - x, noise], is_copy: x > 0.45, weight: 1.0 }
        };
        let rows: Vec<Row> = (0..700).map(row).collect();
        let weights = fit(&rows);
        assert!(weights.ramps[0] > 3.0 && weights.ramps[1] == 0.0, "{weights:?}");
        assert!(weights.ramps.iter().all(|weight| *weight >= 0.0));
        assert_eq!(weights, fit(&rows));
    }
}
