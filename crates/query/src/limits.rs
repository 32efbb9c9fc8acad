//! How large a query may be.

/// How deep groups and negations may be nested.
pub const MAX_DEPTH: usize = 32;
/// The most terms of one query.
pub const MAX_TERMS: usize = 2_000;
/// The longest query in bytes, with the lists that it names.
pub const MAX_BYTES: usize = 32 * 1024;
