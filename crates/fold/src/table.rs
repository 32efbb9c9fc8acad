//! The fitted numbers of the judge. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (16389), ar (1744), de (573), walls (56), types (159), seeds (132).

/// The logit without any sign.
pub(crate) const BIAS: f64 = -24.4757;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    2.3104, 4.7833, 1.6814, 1.2619, 0.2264,
    // Smaller
    0.0000, 0.0000, 0.0000,
    // Words
    1.5705, 0.0000, 0.0000, 1.5521, 1.2699,
    // Run
    0.0000, 0.6699, 0.0000,
    // Numbers
    0.0000, 1.3395, 1.6542, 0.0000,
    // Swapped
    0.0000, 0.5513, 0.0000, 0.0810,
    // Title
    0.0000, 0.8489, 0.4551,
    // OutletTime
    0.0000, 0.0000, 0.6979, 0.6383,
    // Short
    0.0000, 2.5355, 0.9597,
    // Conflict
    0.2303, 1.7498,
    // Wall
    0.0000, 1.1419, 2.6523,
    // Address
    2.2826,
];
