//! The fitted numbers of the judge. The fit writes this file: do not edit it.
//!
//! Fitted on real (686 pairs), wire (16389 pairs), ar (1744 pairs), de (573 pairs), walls (56 pairs), types (159 pairs), seeds (132 pairs).

/// The logit without any sign.
pub(crate) const BIAS: f64 = -23.8809;

/// How much each ramp adds, sign by sign.
#[rustfmt::skip]
pub(crate) const RAMPS: &[f64] = &[
    // Share
    2.2677, 5.0944, 1.7343, 0.7553, 0.3528,
    // Smaller
    0.0000, 0.0000, 0.0000,
    // Words
    1.3741, 0.0000, 0.0000, 1.4598, 1.0747,
    // Run
    0.0138, 1.1782, 0.0000,
    // Numbers
    0.0000, 1.9069, 1.0802, 0.0000,
    // Title
    0.0000, 0.8993, 0.3020,
    // OutletTime
    0.0000, 0.0000, 0.7531, 0.8168,
    // Short
    0.0000, 2.3619, 1.1200,
    // Conflict
    0.1550, 1.7252,
    // Wall
    0.0000, 1.1507, 2.6770,
    // Address
    1.6594,
];
