//! The suite over a real file, killed processes, and files that cannot be opened.

mod child;
mod conformance;
mod copying;
mod damage;
mod kill;
mod offline;
mod opening;
mod pipeline;

/// Bytes that do not become shorter when they are compressed.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}
