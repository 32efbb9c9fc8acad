//! The fitted numbers of the judge.

pub(crate) const BIAS: f64 = -8.0;
pub(crate) const RAMPS: &[f64] = &[];
