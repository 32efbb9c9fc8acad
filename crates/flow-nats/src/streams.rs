//! Creates, changes and describes streams and durable consumers on the server. Settings that the operator
//! changed are preserved.

use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tracing::error;
use wirefold_flow::{BusError, StreamConfig, StreamState, check_filter, check_name};

use crate::api::{Failure, Reply, code};
use crate::link::Link;

/// The shortest window that the server accepts.
const SHORTEST_WINDOW: Duration = Duration::from_millis(100);
/// The key of a stream's named readers in its metadata.
const READERS: &str = "wirefold-readers";

/// The subject on which the server announces stored messages, without their bodies, to ordered readers.
/// On the subjects of the stream itself, readers would get messages before they are stored. Also,
/// publishers would no longer notice that a stream is missing, because the readers listen there.
pub(crate) fn stored_in(stream: &str, filter: &str) -> String {
    format!("wirefold.stored.{stream}.{filter}")
}

/// The key of the number of replicas in a stream's configuration.
pub(crate) const REPLICAS: &str = "num_replicas";

/// A stream as the server describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Info {
    pub(crate) config: Map<String, Value>,
    pub(crate) state: State,
}

#[derive(Debug, Deserialize)]
pub(crate) struct State {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) first_seq: u64,
    pub(crate) last_seq: u64,
}

impl Info {
    /// The readers whose unread messages are kept.
    pub(crate) fn readers(&self) -> Vec<String> {
        let named = self.config.get("metadata").and_then(|metadata| metadata.get(READERS));
        let named = named.and_then(Value::as_str).unwrap_or_default();
        named.split_whitespace().map(str::to_owned).collect()
    }

    fn max_message(&self) -> u64 {
        self.config.get("max_msg_size").and_then(Value::as_u64).unwrap_or(0)
    }
}

impl From<&State> for StreamState {
    fn from(state: &State) -> Self {
        let first = if state.messages == 0 { state.last_seq + 1 } else { state.first_seq };
        let State { messages, bytes, last_seq: last, .. } = *state;
        Self { first, last, messages, bytes }
    }
}

impl Link {
    /// The server's description of a stream.
    ///
    /// # Errors
    /// [`BusError::NoStream`], or no answer.
    pub(crate) async fn stream_info(&self, stream: &str) -> Result<Info, BusError> {
        check_name("stream", stream)?;
        self.api(&format!("STREAM.INFO.{stream}"), &Value::Null).await?.done(stream)
    }

    /// Creates a stream, or changes its settings and keeps its messages. `replicas` is the number of servers
    /// that store it.
    pub(crate) async fn create_stream(
        &self,
        config: &StreamConfig,
        replicas: Option<u8>,
    ) -> Result<(), BusError> {
        check_name("stream", &config.name)?;
        config.subjects.iter().try_for_each(|filter| check_filter(filter))?;
        let stream = &config.name;
        let (verb, wanted) = match self.stream_info(stream).await {
            Ok(current) => {
                let mut wanted = current.config.clone();
                wanted.extend(ours(config));
                wanted.extend(replicas.map(|count| (REPLICAS.to_owned(), count.into())));
                if wanted.iter().all(|(name, value)| is_same(&current.config, name, value)) {
                    return Ok(());
                }
                ("UPDATE", wanted)
            }
            Err(BusError::NoStream(_)) => {
                let mut wanted = ours(config);
                wanted.extend(first_settings(replicas));
                ("CREATE", wanted)
            }
            Err(error) => return Err(error),
        };
        let Reply(put) = self.send_stream(verb, stream, wanted).await?;
        put.map(drop).map_err(|failure| refused(stream, &failure))
    }

    /// Creates a stream (`CREATE`) or changes it (`UPDATE`).
    pub(crate) async fn put_stream(
        &self,
        verb: &str,
        stream: &str,
        config: Map<String, Value>,
    ) -> Result<(), BusError> {
        self.send_stream(verb, stream, config).await?.done(stream).map(drop)
    }

    async fn send_stream(
        &self,
        verb: &str,
        stream: &str,
        config: Map<String, Value>,
    ) -> Result<Reply<Value>, BusError> {
        self.api(&format!("STREAM.{verb}.{stream}"), &config.into()).await
    }

    /// Deletes the messages of a stream that the request selects.
    pub(crate) async fn purge(&self, stream: &str, request: &Value) -> Result<(), BusError> {
        let what = format!("STREAM.PURGE.{stream}");
        self.api::<Value>(&what, request).await?.done(stream).map(drop)
    }

    /// The server's description of a durable consumer; `None` if it does not exist.
    pub(crate) async fn consumer_info<T: DeserializeOwned>(
        &self,
        stream: &str,
        durable: &str,
    ) -> Result<Option<T>, BusError> {
        let what = format!("CONSUMER.INFO.{stream}.{durable}");
        self.api(&what, &Value::Null).await?.done_if_found(stream, code::CONSUMER_NOT_FOUND)
    }

    /// Creates or changes a durable consumer.
    pub(crate) async fn put_consumer(
        &self,
        stream: &str,
        durable: &str,
        config: &Value,
    ) -> Result<(), BusError> {
        let mut what = format!("CONSUMER.CREATE.{stream}.{durable}");
        if let Some(filter) = config.get("filter_subject").and_then(Value::as_str) {
            what = format!("{what}.{filter}");
        }
        let request = json!({ "stream_name": stream, "config": config, "action": "" });
        self.api::<Value>(&what, &request).await?.done(stream).map(drop)
    }

    /// The stream that has a subject.
    pub(crate) async fn stream_of(&self, subject: &str) -> Result<String, BusError> {
        #[derive(Deserialize)]
        struct Names {
            streams: Option<Vec<String>>,
        }
        let reply = self.api("STREAM.NAMES", &json!({ "subject": subject })).await?;
        let Names { streams } = reply.done(subject)?;
        let first = streams.unwrap_or_default().into_iter().next();
        first.ok_or_else(|| BusError::NoStreamFor(subject.to_owned()))
    }

    /// The error for a message larger than its stream allows. Without the permission to ask for the limit,
    /// it has only the subject.
    pub(crate) async fn too_large(&self, stream: &str, subject: &str, size: u64) -> BusError {
        let stream = match stream {
            "" => self.stream_of(subject).await.unwrap_or_else(|_| format!("for {subject}")),
            named => named.to_owned(),
        };
        let limit = self.stream_info(&stream).await.map_or(0, |info| info.max_message());
        BusError::TooLarge { stream, size, limit }
    }
}

/// The error for a setting that the server does not accept.
fn refused(stream: &str, failure: &Failure) -> BusError {
    match failure.of_stream(stream) {
        // The server also reports this if `max_bytes` is larger than its free storage.
        BusError::DiskFull => BusError::BadStream {
            stream: stream.to_owned(),
            why: "the server has less room than its max_bytes: lower it, or raise max_file_store",
        },
        // Enough servers may be available again soon.
        error if failure.kind == code::TOO_FEW_SERVERS => error,
        BusError::Unavailable(_) if (400..500).contains(&failure.code) => {
            error!(stream, why = failure.description, "the server refuses this stream");
            let why = "the server refuses it, see the log";
            BusError::BadStream { stream: stream.to_owned(), why }
        }
        other => other,
    }
}

/// Our settings for a stream.
fn ours(config: &StreamConfig) -> Map<String, Value> {
    let max_age = config.max_age.max(SHORTEST_WINDOW);
    let window = config.window.clamp(SHORTEST_WINDOW, max_age);
    // Without named readers, the oldest messages may be dropped unread.
    let discard = if config.readers.is_empty() { "old" } else { "new" };
    let fields = json!({
        "name": config.name,
        "subjects": config.subjects,
        // Unlike `limits`, work queues and interest can lose messages and forget ids.
        "retention": "limits",
        "discard": discard,
        "max_age": nanos(max_age),
        "max_bytes": i64::try_from(config.max_bytes).unwrap_or(i64::MAX),
        "max_msg_size": i32::try_from(config.max_message).unwrap_or(i32::MAX),
        "duplicate_window": nanos(window),
        "allow_direct": true,
        "allow_atomic": true,
        "republish": { "src": ">", "dest": stored_in(&config.name, ">"), "headers_only": true },
        "metadata": { READERS: config.readers.join(" ") },
    });
    into_map(fields)
}

/// The first settings of a stream that an operator may change later.
pub(crate) fn first_settings(replicas: Option<u8>) -> Map<String, Value> {
    into_map(json!({
        "storage": "file",
        REPLICAS: replicas.unwrap_or(1),
        "max_consumers": -1,
        "max_msgs": -1,
        "max_msgs_per_subject": -1,
    }))
}

pub(crate) fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Whether a setting has the wanted value already. The server adds entries of its own to the metadata.
fn is_same(current: &Map<String, Value>, name: &str, wanted: &Value) -> bool {
    match (current.get(name), wanted) {
        (Some(Value::Object(found)), Value::Object(given)) => {
            given.iter().all(|(key, value)| found.get(key) == Some(value))
        }
        (Some(found), given) => found == given,
        (None, _) => false,
    }
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(i64::MAX.unsigned_abs()).min(i64::MAX as u64)
}
