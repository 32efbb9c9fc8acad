//! The fitted numbers of the judge. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (16389), ar (1744), de (573), walls (56), types (159), seeds (132).

/// The logit without any sign.
pub(crate) const BIAS: f64 = -26.4491;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    2.2590, 4.7394, 1.9220, 1.3330, 0.1571,
    // Smaller
    0.0000, 0.0000, 0.0000,
    // Words
    1.6392, 0.0000, 0.0000, 1.7400, 1.0969,
    // Run
    0.0055, 0.4379, 0.0000,
    // Numbers
    2.7094, 1.6054, 0.8696, 0.0000,
    // Swapped
    0.0000, 0.0000, 0.0000, 0.1450,
    // Title
    0.0000, 0.9271, 0.5870,
    // OutletTime
    0.0000, 0.0000, 0.5097, 0.7270,
    // Short
    0.0000, 2.5936, 1.0601,
    // Conflict
    0.4447, 1.6759,
    // Wall
    0.0000, 1.0234, 2.7650,
    // Address
    1.7627,
];

pub(crate) const EVENT_BIAS: f64 = -9.0;
pub(crate) const EVENT_RAMPS: &[f64] = &[];
