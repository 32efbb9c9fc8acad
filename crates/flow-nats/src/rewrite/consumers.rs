//! The durable consumers of a stream that is created again.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wirefold_flow::BusError;

use crate::Shared;

/// A durable consumer and its position.
#[derive(Serialize, Deserialize)]
pub(super) struct DurableConsumer {
    durable: String,
    config: Map<String, Value>,
    /// All messages up to this sequence are acknowledged.
    through: u64,
}

#[derive(Deserialize)]
struct Page {
    total: usize,
    consumers: Option<Vec<Description>>,
}

#[derive(Deserialize)]
struct Description {
    config: Map<String, Value>,
    ack_floor: Floor,
}

#[derive(Deserialize)]
struct Floor {
    stream_seq: u64,
}

impl Shared {
    /// The durable consumers of a stream. Other readers end with their process.
    pub(super) async fn durable_consumers(
        &self,
        stream: &str,
    ) -> Result<Vec<DurableConsumer>, BusError> {
        let (mut readers, mut offset) = (Vec::new(), 0);
        loop {
            let request = json!({ "offset": offset });
            let reply = self.link.api(&format!("CONSUMER.LIST.{stream}"), &request).await?;
            let Page { total, consumers } = reply.done(stream)?;
            let consumers = consumers.unwrap_or_default();
            offset += consumers.len();
            let is_last = consumers.is_empty() || offset >= total;
            readers.extend(consumers.into_iter().filter_map(
                |Description { config, ack_floor }| {
                    let durable = config.get("durable_name")?.as_str()?.to_owned();
                    Some(DurableConsumer { durable, config, through: ack_floor.stream_seq })
                },
            ));
            if is_last {
                return Ok(readers);
            }
        }
    }

    /// Creates a reader at its position. Messages in hand, or acknowledged out of order, come again.
    pub(super) async fn recreate_consumer(
        &self,
        stream: &str,
        reader: &DurableConsumer,
    ) -> Result<(), BusError> {
        let DurableConsumer { durable, config, through } = reader;
        let mut config = config.clone();
        if *through > 0 {
            config.insert("deliver_policy".to_owned(), "by_start_sequence".into());
            config.insert("opt_start_seq".to_owned(), (through + 1).into());
            config.remove("opt_start_time");
        }
        self.link.put_consumer(stream, durable, &config.into()).await
    }
}
