//! Loads many values from far memory at once.
//!
//! A read from far memory takes as long as some hundred instructions. The processor can wait for many reads
//! at the same time, but only if they are close together in the program. A loop that does more with each
//! value waits for nearly every one of them.

use std::hint::black_box;

/// Reads values and does nothing else with them, so that they are in the processor's cache when they are
/// used. It only saves time.
#[inline]
pub(crate) fn prefetch<T: Into<u64>>(values: impl Iterator<Item = T>) {
    black_box(values.fold(0_u64, |all, value| all ^ value.into()));
}
