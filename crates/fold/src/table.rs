//! The fitted numbers of the judges. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (16389), ar (1045), de (573), walls (74), types (159), seeds (132), synth (3269), event-shape (17150), events (1326), english (1755), languages (635).

/// The logit of copies without any sign.
pub(crate) const BIAS: f64 = -26.5928;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    1.8905, 4.0084, 2.1149, 0.6587, 0.6548,
    // Words
    1.6673, 0.3200, 3.6113,
    // Numbers
    2.7824, 2.4066, 0.2047,
    // Title
    0.2558, 0.6701, 0.0000,
    // OutletTime
    0.0000, 0.3458,
    // Short
    0.2102, 2.7268,
    // Conflict
    1.2535,
    // Exchanged
    0.2006, 2.0394,
    // Wall
    1.2626, 2.0000, 1.4300,
    // Address
    0.9846,
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
