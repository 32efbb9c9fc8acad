//! Asking far memory for many values at once.
//!
//! A look at far memory takes as long as some hundred instructions. The processor has many looks under way
//! at the same time, but only those that are close behind each other in the program. A loop that does more
//! with each value than read it waits for nearly every one.

use std::hint::black_box;

/// Reads values that are looked at next, and does nothing else with them: when they are asked for again, they
/// are near. Nothing depends on it but time.
#[inline]
pub(crate) fn prefetch<T: Into<u64>>(values: impl Iterator<Item = T>) {
    black_box(values.fold(0_u64, |all, value| all ^ value.into()));
}
