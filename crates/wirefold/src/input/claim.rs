//! The times that an article claims.

/// Times in seconds since 1970.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Claim {
    /// When it was seen. This time is always believed.
    pub(crate) seen: Option<i64>,
    pub(crate) published: Option<i64>,
    /// The outlet, by a hash of its name.
    pub(crate) outlet: Option<u64>,
}
