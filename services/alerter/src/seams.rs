//! What the alerter needs of others: a way to subjects of NATS servers, and the disk.
//!
//! The composition root passes them in. The alerter never knows who answers.

use std::fmt::Debug;

use wirefold_flow::BoxFuture;

/// The way to NATS servers, which the alerter does not know.
pub trait Subjects: Send + Sync + Debug {
    /// Publishes on a subject, as the delivery of this name. `id` is the same however often it is.
    fn publish<'a>(
        &'a self,
        delivery: &'a str,
        subject: &'a str,
        id: &'a str,
        body: Vec<u8>,
    ) -> BoxFuture<'a, Result<(), NotPublished>>;
}

/// Why a message did not reach a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPublished {
    /// It may later.
    Later(String),
    /// The server will never take it.
    Never(String),
}

/// The room on a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What is free.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

/// Knows the disk on which the data folder is.
pub trait Disk: Send + Sync + Debug {
    /// The room on it; none where it cannot be known.
    fn space(&self) -> Option<Space>;
}
