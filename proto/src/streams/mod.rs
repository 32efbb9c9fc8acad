//! Streams, buckets and the object store: names, subjects, writers and readers.
//!
//! The rights of the NATS users follow from these tables: see [`rights`](crate::rights).

mod roles;
mod stores;

pub use roles::{Role, Stage};
pub use stores::{
    DELIVERIES, FEEDS, FORGOTTEN, KEPT, LEASES, READING, SNAPSHOT, SNAPSHOTS, STORES, STORIES,
    SUBSCRIPTIONS, Store, StoreKind,
};

/// How a role reads a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReadBy {
    /// Through a durable consumer named after the role, with acknowledgements: only programs of others.
    Consumer,
    /// In order from a sequence, without acknowledgements.
    Order,
    /// Single messages by their sequence.
    Sequence,
}

/// A right to publish on a stream's subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writer {
    /// The role.
    pub role: Role,
    /// The subjects, each within the stream's.
    pub subjects: &'static [&'static str],
}

/// A right to read a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    /// The role.
    pub role: Role,
    /// The way of reading.
    pub by: ReadBy,
}

/// A stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// Its name.
    pub name: &'static str,
    /// Its subjects, as NATS patterns.
    pub subjects: &'static [&'static str],
    /// Its content.
    pub about: &'static str,
    /// Its writers.
    pub writers: &'static [Writer],
    /// Its readers.
    pub readers: &'static [Reader],
}

const fn writes(role: Role, subjects: &'static [&'static str]) -> Writer {
    Writer { role, subjects }
}

const fn reads(role: Role, by: ReadBy) -> Reader {
    Reader { role, by }
}

/// Articles with their text.
pub const FETCHED: Stream = Stream {
    name: "WF_FETCHED",
    subjects: &["wirefold.v1.article.fetched.*"],
    about: "the article with its text",
    writers: &[
        writes(Role::Fetcher, &["wirefold.v1.article.fetched.*"]),
        writes(Role::Gateway, &["wirefold.v1.article.fetched.push"]),
    ],
    readers: &[
        reads(Role::Enricher, ReadBy::Order),
        // For the clocks of fetchers.
        reads(Role::Alerter, ReadBy::Sequence),
    ],
};

/// Articles with their text and findings, in the order in which they are decided, by one writer at a time.
pub const ENRICHED: Stream = Stream {
    name: "WF_ENRICHED",
    subjects: &["wirefold.v1.article.enriched", "wirefold.v1.article.enriched.epoch"],
    about: "the article with its text and the findings in it",
    writers: &[writes(
        Role::Enricher,
        &["wirefold.v1.article.enriched", "wirefold.v1.article.enriched.epoch"],
    )],
    readers: &[
        reads(Role::Enricher, ReadBy::Order),
        reads(Role::Detector, ReadBy::Order),
        reads(Role::Alerter, ReadBy::Sequence),
        reads(Role::Gateway, ReadBy::Sequence),
    ],
};

/// The filter of the output without the take-overs of its writer: their subject ends where another token follows
/// in the others.
pub const OUTPUT_DECISIONS: &str = "wirefold.v1.output.*.>";

/// The output stream: the product of the pipeline, in the order of the decisions, by one writer at a time.
pub const OUTPUT: Stream = Stream {
    name: "WF_OUTPUT",
    subjects: &[
        "wirefold.v1.output.article.*.*",
        "wirefold.v1.output.command.*",
        "wirefold.v1.output.epoch",
    ],
    about: "the article with findings, verdict, story state and the changes that it caused, or the result of a command",
    writers: &[writes(
        Role::Detector,
        &[
            "wirefold.v1.output.article.*.*",
            "wirefold.v1.output.command.*",
            "wirefold.v1.output.epoch",
        ],
    )],
    readers: &[
        reads(Role::Alerter, ReadBy::Order),
        reads(Role::Gateway, ReadBy::Order),
        reads(Role::Detector, ReadBy::Order),
        reads(Role::Reader, ReadBy::Consumer),
    ],
};

/// Alerts: each revision once, while the stream stores it.
pub const ALERTS: Stream = Stream {
    name: "WF_ALERTS",
    subjects: &["wirefold.v1.alert.*.*.*"],
    about: "one revision of an alert",
    writers: &[writes(Role::Alerter, &["wirefold.v1.alert.*.*.*"])],
    readers: &[
        reads(Role::Alerter, ReadBy::Order),
        reads(Role::Gateway, ReadBy::Order),
        reads(Role::Reader, ReadBy::Consumer),
    ],
};

/// Commands of people.
pub const CONTROL: Stream = Stream {
    name: "WF_CONTROL",
    subjects: &["wirefold.v1.control.>"],
    about: "split, merge, prefer, not the same; feeds; subscriptions",
    writers: &[
        writes(Role::Gateway, &["wirefold.v1.control.>"]),
        writes(Role::Cli, &["wirefold.v1.control.>"]),
    ],
    readers: &[
        reads(Role::Fetcher, ReadBy::Order),
        reads(Role::Detector, ReadBy::Order),
        reads(Role::Alerter, ReadBy::Order),
        reads(Role::Gateway, ReadBy::Order),
    ],
};

/// Messages that a stage gave up on. The advisories are the server's own.
pub const DEAD: Stream = Stream {
    name: "WF_DEAD",
    subjects: &[
        "wirefold.v1.dead.*",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WF_FETCHED.*",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WF_ENRICHED.*",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WF_OUTPUT.*",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WF_ALERTS.*",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.WF_CONTROL.*",
    ],
    about: "the message given up on, with the reason",
    writers: &[
        writes(Role::Fetcher, &["wirefold.v1.dead.fetcher"]),
        writes(Role::Detector, &["wirefold.v1.dead.detector"]),
        writes(Role::Enricher, &["wirefold.v1.dead.enricher"]),
        writes(Role::Alerter, &["wirefold.v1.dead.alerter"]),
        writes(Role::Gateway, &["wirefold.v1.dead.gateway"]),
    ],
    readers: &[
        reads(Role::Gateway, ReadBy::Order),
        reads(Role::Cli, ReadBy::Order),
        // To find new ones.
        reads(Role::Alerter, ReadBy::Sequence),
    ],
};

/// Every stream.
pub const STREAMS: [Stream; 6] = [FETCHED, ENRICHED, OUTPUT, ALERTS, CONTROL, DEAD];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::subjects::covers;

    #[test]
    fn writers_stay_within_their_stream() {
        for stream in STREAMS {
            for writer in stream.writers {
                for subject in writer.subjects {
                    let within = stream.subjects.iter().any(|pattern| covers(pattern, subject));
                    assert!(within, "{} may write {subject} outside {}", writer.role, stream.name);
                }
            }
        }
    }

    #[test]
    fn everything_is_written_and_read() {
        for stream in STREAMS {
            assert!(!stream.writers.is_empty() && !stream.readers.is_empty(), "{}", stream.name);
        }
        for store in STORES {
            assert!(!store.writers.is_empty() && !store.readers.is_empty(), "{}", store.name);
        }
    }

    #[test]
    fn names_are_given_once() {
        let names: BTreeSet<_> =
            STREAMS.map(|stream| stream.name).into_iter().chain(STORES.map(|s| s.name)).collect();
        assert_eq!(names.len(), STREAMS.len() + STORES.len());
        let roles: BTreeSet<_> = Role::ALL.map(Role::as_str).into_iter().collect();
        assert_eq!(roles.len(), Role::ALL.len());
    }

    #[test]
    fn advisories_of_every_other_stream_are_kept() {
        for stream in STREAMS.iter().filter(|stream| stream.name != DEAD.name) {
            let advisory =
                format!("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{}.some-consumer", stream.name);
            assert!(DEAD.subjects.iter().any(|pattern| covers(pattern, &advisory)), "{advisory}");
        }
    }

    #[test]
    fn readers_write_nothing() {
        let writes =
            STREAMS.iter().flat_map(|stream| stream.writers).any(|w| w.role == Role::Reader);
        assert!(!writes);
    }
}
