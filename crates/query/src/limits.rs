//! Limits for the size of a query.

/// The greatest depth of nested groups and negations.
pub const MAX_DEPTH: usize = 32;
/// The most terms of one query.
pub const MAX_TERMS: usize = 2_000;
/// The greatest length of a query in bytes, including the lists that it names.
pub const MAX_BYTES: usize = 32 * 1024;
