//! The fitted numbers of the judges. The fit writes this file: do not edit it.
//!
//! Fitted on pairs of these sets: real (686), wire (16389), ar (1045), de (573), walls (74), types (159), seeds (132), synth (3269), event-shape (17150), events (1326), english (1755), languages (635).

/// The logit of copies without any sign.
pub(crate) const BIAS: f64 = -26.8319;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    1.9607, 3.9811, 2.0540, 0.8457, 0.5935,
    // Words
    1.7521, 0.0338, 3.4399,
    // Numbers
    2.7847, 2.3625, 0.1767,
    // Title
    0.0000, 0.6055, 0.1451,
    // OutletTime
    0.0000, 0.5272,
    // Short
    0.1742, 3.0428,
    // Conflict
    1.2614,
    // Exchanged
    0.1995, 2.0727,
    // Wall
    0.1716, 3.5033, 1.2017,
    // Address
    1.0337,
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
