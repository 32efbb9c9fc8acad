//! The fitted numbers of the judge. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (16389), ar (1045), de (573), walls (74), types (159), seeds (132), synth (3269).

/// The logit without any sign.
pub(crate) const BIAS: f64 = -27.4080;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    1.9533, 3.9770, 2.1486, 0.9921, 0.2882,
    // Words
    1.6852, 0.0000, 3.4335,
    // Numbers
    2.6391, 2.4081, 0.2386,
    // Title
    0.0000, 0.6965, 0.1610,
    // OutletTime
    0.0000, 0.5295,
    // Short
    0.0151, 2.9784,
    // Conflict
    0.7890, 1.4306,
    // Exchanged
    0.0000, 1.9673,
    // Wall
    0.3636, 3.5259, 1.2669,
];
