//! The seams of the alerter: NATS servers of deliveries, and the disk.
//!
//! The composition root implements them.

use std::fmt::Debug;

use wirefold_flow::BoxFuture;

/// Publishes to NATS servers.
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

/// Why a message was not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotPublished {
    /// It may succeed later.
    Later(String),
    /// The server will never accept it.
    Never(String),
}

/// The space of a disk, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// The free space.
    pub free: u64,
    /// The total space.
    pub total: u64,
}

/// The disk of the data folder.
pub trait Disk: Send + Sync + Debug {
    /// Its space; `None` if it cannot be determined.
    fn space(&self) -> Option<Space>;
}
