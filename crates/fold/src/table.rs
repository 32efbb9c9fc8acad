//! The fitted numbers of the judges. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (16389), ar (1744), de (573), walls (56), types (159), seeds (132), event-shape (17150), events (1326), english (1755), languages (635).

/// The logit of copies without any sign.
pub(crate) const BIAS: f64 = -26.3805;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    2.2530, 4.7658, 1.8737, 1.3873, 0.2313,
    // Smaller
    0.0000, 0.0000, 0.0000,
    // Words
    1.6390, 0.0000, 0.0000, 1.7316, 1.1197,
    // Run
    0.0091, 0.4114, 0.0000,
    // Numbers
    2.7211, 1.6237, 0.8967, 0.0000,
    // Swapped
    0.0000, 0.0000, 0.0000, 0.1121,
    // Title
    0.0000, 1.0275, 0.4825,
    // OutletTime
    0.0000, 0.0000, 0.5357, 0.6631,
    // Short
    0.0000, 2.6310, 1.0865,
    // Conflict
    0.4493, 1.4294,
    // Wall
    0.0000, 0.8458, 3.0092,
    // Address
    1.6732,
];

/// The logit of stories about one happening without any sign.
pub(crate) const EVENT_BIAS: f64 = -11.6879;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const EVENT_RAMPS: &[f64] = &[
    // Beyond
    1.4304, 1.3603, 1.4961,
    // Title
    1.0194, 0.8110, 1.7775, 0.7514,
    // Words
    1.5418, 0.0000, 0.0000,
    // Lede
    0.5500, 0.0000, 0.0981,
    // Names
    0.8334, 0.3779, 1.1334,
    // NoNames
    2.4735,
    // Keys
    0.7408, 0.0000, 0.0000,
    // Hours
    4.0949, 0.9344, 0.0768,
];
