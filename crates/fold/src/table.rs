//! The fitted numbers of the judges. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (16389), ar (1045), de (573), walls (56), types (159), seeds (132), synth (3269), event-shape (17150), events (1326), english (1755), languages (635).

/// The logit of copies without any sign.
pub(crate) const BIAS: f64 = -25.1667;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    1.9528, 4.0104, 1.9884, 0.9271, 0.2735,
    // Words
    1.4743, 0.0000, 3.2969,
    // Numbers
    2.7725, 2.4389, 0.0713,
    // Title
    0.0000, 0.6906, 0.6906,
    // OutletTime
    0.0000, 1.3032,
    // Short
    0.2054, 3.1438,
    // Conflict
    2.2454,
    // Wall
    0.0000, 0.9431, 2.9357,
    // Address
    1.0480,
];

/// The logit of stories about one happening without any sign.
pub(crate) const EVENT_BIAS: f64 = -11.2382;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const EVENT_RAMPS: &[f64] = &[
    // Beyond
    1.1288, 1.4515, 1.4151,
    // Title
    0.9925, 0.8313, 1.7129, 0.5554,
    // Words
    1.5233, 0.0000, 0.0000,
    // Lede
    0.5455, 0.0000, 0.0617,
    // Names
    0.8179, 0.4143, 0.9172,
    // NoNames
    2.3461,
    // Keys
    0.7439, 0.0000, 0.0000,
    // Hours
    3.8947, 0.9788, 0.0463,
];
