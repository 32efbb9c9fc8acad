//! The bus over NATS JetStream: implements the interface of `wirefold-flow` for several processes.
//!
//! The server stores streams and marks; this crate stores nothing.
//!
//! The crate uses the plain client and writes the JSON requests of JetStream itself, because the layer
//! above the client hides two things: a refused permission as the answer to its call, and the codes of
//! failures.
//!
//! - [`connect`] waits for a broker that is not there yet, and fails for one that is too old.
//! - After a lost connection it connects again. All requests under way fail at once with
//!   [`BusError::Unavailable`](wirefold_flow::BusError), and readers continue at their positions.
//! - If the server refuses a permission, [`BusError::NotAllowed`](wirefold_flow::BusError) names the user
//!   and the subject.
//!
//! ```no_run
//! # async fn open() -> Result<(), wirefold_flow_nats::ConnectError> {
//! use std::sync::Arc;
//! use wirefold_flow_nats::{Options, connect};
//!
//! let clock = Arc::new(wirefold_flow::SystemClock);
//! let options = Options::new("nats://localhost:4222", "detector");
//! let bus: Arc<dyn wirefold_flow::Bus> = Arc::new(connect(&options, clock).await?);
//! # Ok(())
//! # }
//! ```

mod api;
mod append;
mod batch;
mod connect;
mod direct_get;
mod follow;
mod headers;
mod inbox;
mod keys;
mod link;
mod lookup;
mod metrics;
mod objects;
mod options;
mod permission_check;
mod pruner;
mod publish;
mod reader;
mod refusals;
mod rewrite;
mod service;
mod signed;
mod streams;
mod version;

use std::sync::Arc;
use std::time::Duration;

use wirefold_flow::{
    Answer, Bus, BusError, Clock, KeyValue, Objects, OrderedReader, Outgoing, Published, Stored,
    StreamConfig, StreamState, check_filter, check_name,
};

pub use follow::{Consumer, FollowedMessage, Follower};
pub use metrics::METRICS;
pub use options::{Login, Options};
pub use permission_check::Attempt;
pub use pruner::{MARKS, StreamUsage};
pub use rewrite::Rewrite;
pub use service::{Endpoint, RequestHandler, Service, ServiceRefusal};
pub use signed::{SignedBus, SignedStream, SigningKey, is_signed};
pub use version::ConnectError;
pub use version::{OLDEST, version};

use wirefold_flow::store::Expect;

/// The state that all parts of one bus share.
pub(crate) struct Shared {
    pub(crate) link: connect::SharedLink,
    pub(crate) clock: Arc<dyn Clock>,
    /// An id of this instance, which no other process has.
    pub(crate) instance_id: String,
    /// The number of replicas of the streams that it creates, if set.
    pub(crate) replicas: Option<u8>,
}

/// A bus on a NATS server. All clones are the same bus over one connection.
#[derive(Clone)]
pub struct NatsBus(Arc<Shared>);

/// Connects to the broker as soon as it is there. The clock gives the time of dead letters.
///
/// # Errors
/// A [`ConnectError`] that says what to do. A broker that is not there yet is not an error.
pub async fn connect(options: &Options, clock: Arc<dyn Clock>) -> Result<NatsBus, ConnectError> {
    let link = Arc::new(connect::connect(options).await?);
    let instance_id = link.unique_token();
    Ok(NatsBus(Arc::new(Shared { link, clock, instance_id, replicas: options.replicas })))
}

impl NatsBus {
    /// Sends what is under way, and closes the connection.
    pub async fn close(&self) {
        // Its caller sends it again under the same id if this fails.
        let _ = self.0.link.client.drain().await;
    }

    /// Creates a bucket unless it exists. One role with the permission creates all buckets, so that others
    /// do not need it. With an `age`, a key expires if it was not written for this time.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this role may not, or another error of the server.
    pub async fn create_bucket(&self, bucket: &str, age: Option<Duration>) -> Result<(), BusError> {
        check_name("bucket", bucket)?;
        let settings = keys::settings_of(bucket, age);
        self.0.put_or_replicate(&keys::stream_of(bucket), settings).await
    }

    /// Creates an object store unless it exists.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this role may not, or another error of the server.
    pub async fn create_store(&self, store: &str) -> Result<(), BusError> {
        check_name("store", store)?;
        self.0.put_or_replicate(&objects::stream_of(store), objects::settings_of(store)).await
    }
}

impl Bus for NatsBus {
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()> {
        Box::pin(async move { self.0.link.create_stream(&config, self.0.replicas).await })
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        Box::pin(async move { Ok((&self.0.link.stream_info(stream).await?.state).into()) })
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        Box::pin(self.0.publish(message, Expect::Nothing))
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        Box::pin(self.0.publish(message, Expect::LastOnSubject(expected)))
    }

    fn append<'a>(
        &'a self,
        stream: &'a str,
        after: u64,
        messages: Vec<Outgoing>,
    ) -> Answer<'a, u64> {
        Box::pin(append::append(&self.0, stream, after, messages))
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let (stream, filter) = (stream.to_owned(), filter.to_owned());
        Box::pin(async move {
            check_name("stream", &stream)?;
            check_filter(&filter)?;
            let mut reader = reader::NatsReader::new(self.0.clone(), stream, filter, from);
            reader.open().await?;
            Ok(Box::new(reader) as Box<dyn OrderedReader>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        Box::pin(self.0.mark_read(stream, reader, through))
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        Box::pin(self.0.link.get(stream, sequence))
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        Box::pin(self.0.link.last(stream, filter))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        check_name("bucket", bucket)?;
        let bucket = bucket.to_owned();
        Ok(Arc::new(keys::NatsKeys { shared: self.0.clone(), bucket }))
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        check_name("store", store)?;
        let store = store.to_owned();
        Ok(Arc::new(objects::NatsObjects { shared: self.0.clone(), store }))
    }
}
