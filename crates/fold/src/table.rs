//! The fitted numbers of the judge. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (473), wire (2891), ar (1012), de (217), walls (55), types (121), seeds (55), synth (3232).

/// The logit without any sign.
pub(crate) const BIAS: f64 = -29.5067;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    1.5851, 3.7999, 2.3944, 1.0793, 0.1413,
    // Words
    0.6969, 2.0850, 4.0518,
    // Numbers
    2.6000, 2.3460, 0.4746,
    // Title
    0.0215, 0.8014, 0.4260,
    // OutletTime
    0.9913, 0.6580,
    // Short
    0.0656, 1.3776,
    // Conflict
    0.9103, 1.5201,
    // Exchanged
    0.0000, 2.0601,
    // Wall
    1.5070, 3.2723, 1.2724,
];
