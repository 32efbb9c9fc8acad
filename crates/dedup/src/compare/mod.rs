//! How two texts compare.
//!
//! Two bodies come in; the passages that they share, how much of either that is, and what one changed of the
//! other go out. It never knows what that makes of them, nor any third text.

pub(crate) mod align;
pub(crate) mod changes;
pub(crate) mod frame;
pub(crate) mod overlap;
