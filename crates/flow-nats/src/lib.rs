//! The bus over NATS JetStream: the seam of `wirefold-flow` for an installation of several processes.
//!
//! Comes in: the calls of the seam. Goes out: requests to a NATS server, and its answers. It never knows an article or a
//! body, and keeps nothing itself: the server keeps streams, positions, attempts and deadlines.
//!
//! The crate uses the plain client and makes the requests of JetStream itself (JSON), because it needs three things that
//! the layer above the client hides: a pull that can be closed without losing messages on their way, a refused
//! permission as the answer to the call that it concerns, and the codes of failures.
//!
//! - [`connect`] waits for a broker that is not there yet, and refuses one that is too old.
//! - A lost connection is made again. All requests under way fail at once with
//!   [`BusError::Unavailable`](wirefold_flow::BusError), and readers go on where they were.
//! - If the server refuses a permission, [`BusError::NotAllowed`](wirefold_flow::BusError) names the user and the subject.
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
mod attempts;
mod batch;
mod chain;
mod chain_costs;
mod connect;
mod connect_error;
mod delivered;
mod direct_get;
mod group_publish;
mod headers;
mod inbox;
mod keys;
mod link;
mod lookup;
mod metrics;
mod multi_get;
mod objects;
mod options;
mod pruner;
mod publish;
mod publish_form;
mod pull;
mod reader;
mod refusals;
mod rewrite;
mod send;
mod service;
mod signed;
mod streams;
mod subscription;
mod version;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use wirefold_flow::{
    Answer, Bus, BusError, ChainedPublisher, Clock, ConsumerConfig, KeyValue, Objects,
    OrderedReader, Outgoing, Published, Stored, StreamConfig, StreamState, Subscription,
    check_filter, check_name,
};

pub use attempts::Attempt;
pub use connect_error::ConnectError;
pub use metrics::METRICS;
pub use options::{Login, Options};
pub use pruner::{Kept, MARKS};
pub use rewrite::Rewrite;
pub use service::{Answering, Denied, Endpoint, Service};
pub use signed::{SignedBus, SignedStream, SigningKey, is_signed};
pub use version::{OLDEST, version};

use publish::Expect;

/// What all parts of one bus share.
pub(crate) struct Shared {
    pub(crate) link: connect::SharedLink,
    pub(crate) clock: Arc<dyn Clock>,
    /// Tells this life of the role from others.
    pub(crate) life: String,
    /// How many servers are to keep what it makes, where that is said.
    pub(crate) replicas: Option<u8>,
    /// Whether this role drops what has been read; not once it was refused.
    pub(crate) makes_room: AtomicBool,
    pub(crate) group_publisher: group_publish::GroupPublisher,
    pub(crate) form_costs: publish_form::FormCosts,
    pub(crate) chain_costs: chain_costs::ChainCosts,
}

/// A bus on a NATS server. Clones are one bus over one connection.
#[derive(Clone)]
pub struct NatsBus(Arc<Shared>);

/// Connects to the broker, as soon as it is there. The clock dates dead letters.
///
/// # Errors
/// A [`ConnectError`] that says what to do; a broker that is merely away is waited for.
pub async fn connect(options: &Options, clock: Arc<dyn Clock>) -> Result<NatsBus, ConnectError> {
    let link = Arc::new(connect::connect(options).await?);
    let life = link.unique_token();
    Ok(NatsBus(Arc::new(Shared {
        link,
        clock,
        life,
        replicas: options.replicas,
        makes_room: AtomicBool::new(options.makes_room),
        group_publisher: group_publish::GroupPublisher::default(),
        form_costs: publish_form::FormCosts::default(),
        chain_costs: chain_costs::ChainCosts::default(),
    })))
}

impl NatsBus {
    /// Sends what is on its way, acks above all, and closes the connection.
    pub async fn close(&self) {
        // Whatever is not sent is acked by nobody, and comes again.
        let _ = self.0.link.client.drain().await;
    }

    /// Makes a table, unless it is there: whoever may do so lets others have none of that right. A
    /// key leaves the table when it was not written for so long, where an age is given.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] where this role may not, or whatever the server says.
    pub async fn create_bucket(&self, bucket: &str, age: Option<Duration>) -> Result<(), BusError> {
        check_name("bucket", bucket)?;
        let settings = keys::settings_of(bucket, age);
        self.0.put_or_replicate(&keys::stream_of(bucket), settings).await
    }

    /// Makes a store of objects, unless it is there.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] where this role may not, or whatever the server says.
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
        Box::pin(group_publish::publish(&self.0, message))
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        Box::pin(
            async move { Ok(self.0.publish(message, Expect::LastOnSubject(expected)).await?.1) },
        )
    }

    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>> {
        Box::pin(chain::take_over(self.0.clone(), record, expected))
    }

    fn subscribe(&self, consumer: ConsumerConfig) -> Answer<'_, Box<dyn Subscription>> {
        Box::pin(async move {
            let opened = subscription::NatsSubscription::open(self.0.clone(), consumer).await?;
            Ok(Box::new(opened) as Box<dyn Subscription>)
        })
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

    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        Box::pin(multi_get::get_each(&self.0.link, stream, sequences))
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
