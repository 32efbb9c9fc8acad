//! Key-value buckets and the object store.

use super::Role::{self, Alerter, Cli, Detector, Enricher, Fetcher, Gateway, Reader};

/// A key-value bucket or object store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Store {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: StoreKind,
    /// Its content.
    pub about: &'static str,
    /// Its writers.
    pub writers: &'static [Role],
    /// Its readers.
    pub readers: &'static [Role],
}

/// A kind of store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// A key-value bucket.
    KeyValue,
    /// An object store.
    Objects,
}

/// The state of each feed.
pub const FEEDS: Store = Store {
    name: "wf_feeds",
    kind: StoreKind::KeyValue,
    about: "validators, seen items and health of each feed",
    writers: &[Fetcher],
    readers: &[Fetcher, Alerter, Gateway, Cli, Reader],
};

/// The subscriptions in force.
pub const SUBSCRIPTIONS: Store = Store {
    name: "wf_subscriptions",
    kind: StoreKind::KeyValue,
    about: "the subscriptions in force",
    writers: &[Alerter],
    readers: &[Alerter, Gateway, Cli, Reader],
};

/// How far each delivery has read, and the revisions that it accepted of each alert, with its attempts; and the
/// health of the installation.
pub const DELIVERIES: Store = Store {
    name: "wf_deliveries",
    kind: StoreKind::KeyValue,
    about: "how far each delivery has read the alerts, the last revision of each alert that it accepted, its newest attempts, its next digest of feeds, whether its target is gone, the health conditions of this installation, the deliveries that people added, with their secrets, and the dead letters that the gateway replayed",
    writers: &[Alerter],
    readers: &[Alerter, Gateway, Cli],
};

/// Stories as the gateway shows them, while they may grow. They are written only over NATS, where other
/// programs may read them.
pub const STORIES: Store = Store {
    name: "wf_stories",
    kind: StoreKind::KeyValue,
    about: "the newest state of each story that may still grow, and the sequence up to which the table is complete",
    writers: &[Gateway],
    readers: &[Gateway, Cli, Reader],
};

/// The marks of readers, on the page and in reader apps.
pub const READING: Store = Store {
    name: "wf_reading",
    kind: StoreKind::KeyValue,
    about: "the stories that the holder of each token read or starred, on the page or in a reader app",
    writers: &[Gateway],
    readers: &[Gateway],
};

/// The addresses and outlets that may not come in again.
pub const FORGOTTEN: Store = Store {
    name: "wf_forgotten",
    kind: StoreKind::KeyValue,
    about: "the addresses and outlets that wirefold must not accept again, as hashes",
    writers: &[Cli],
    readers: &[Fetcher, Gateway, Cli],
};

/// Which process leads, if several run the same stage; and the fetchers, which share the feeds.
pub const LEASES: Store = Store {
    name: "wf_leases",
    kind: StoreKind::KeyValue,
    about: "the detector, the enricher and the alerter that lead, if several run, and the fetchers that share the feeds",
    writers: &[Fetcher, Detector, Enricher, Alerter],
    readers: &[Fetcher, Detector, Enricher, Alerter, Cli],
};

/// The detector's snapshots.
pub const SNAPSHOTS: Store = Store {
    name: "wf_snapshots",
    kind: StoreKind::Objects,
    about: "the detector's index segments and tables",
    writers: &[Detector],
    // For the age of the newest snapshot.
    readers: &[Detector, Alerter],
};

/// The beginning of a snapshot's name in [`SNAPSHOTS`]. The sequence of the last decision follows, so names sort by age.
pub const SNAPSHOT: &str = "detector-";

/// The exports of the events that alerted.
pub const KEPT: Store = Store {
    name: "wf_kept",
    kind: StoreKind::Objects,
    about: "the exports of the events that alerted, for as long as `keep.alerts` says",
    writers: &[Gateway],
    readers: &[Gateway, Cli],
};

/// Every bucket and object store.
pub const STORES: [Store; 9] =
    [FEEDS, SUBSCRIPTIONS, DELIVERIES, STORIES, READING, FORGOTTEN, LEASES, SNAPSHOTS, KEPT];
