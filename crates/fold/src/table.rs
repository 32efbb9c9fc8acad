//! The fitted numbers of the judge. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (13791), ar (1023), de (565), walls (74), types (159), seeds (130), synth (3232).

/// The logit without any sign.
pub(crate) const BIAS: f64 = -27.5304;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    2.0099, 3.9655, 2.0861, 1.0179, 0.2395,
    // Words
    1.6847, 0.0000, 3.4214,
    // Numbers
    2.6769, 2.4029, 0.2820,
    // Title
    0.0000, 0.6628, 0.1833,
    // OutletTime
    0.0000, 0.5006,
    // Short
    0.0148, 2.9483,
    // Conflict
    0.9137, 1.4883,
    // Exchanged
    0.0000, 1.9206,
    // Wall
    0.3691, 3.5159, 1.2590,
];
