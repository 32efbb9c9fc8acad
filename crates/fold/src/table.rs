//! The fitted numbers of the judge. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (473), wire (2891), ar (1012), de (217), synth (3232), archetypes (121), seeds (55), walls (55).

/// The logit without any sign.
pub(crate) const BIAS: f64 = -29.4799;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    1.5831, 3.7998, 2.3973, 1.0885, 0.1311,
    // Words
    0.6956, 2.0833, 4.0558,
    // Numbers
    2.5984, 2.3437, 0.4705,
    // Title
    0.0165, 0.8049, 0.4498,
    // OutletTime
    0.9519, 0.7246,
    // Short
    0.0634, 1.3819,
    // Conflict
    0.9242, 1.4852,
    // Exchanged
    0.0000, 2.0771,
    // Wall
    1.5041, 3.2601, 1.2431,
];
