//! Rewrites streams, so that no byte of the removed messages stays in the server's files.
//!
//! The bytes of a deleted message, or of a replaced value in a bucket, stay in the file until the server
//! rewrites that file at some time. No message can be changed in place. So a stream is copied without the
//! removed messages, deleted, and created again from the copy:
//!
//! 1. The copy is filled, with the same sequences, subjects, ids and headers. A header of ours
//!    ([`STORED`](crate::headers::STORED)) has the time at which each message was stored, because a client
//!    cannot set that time.
//! 2. The configuration of the stream and the positions of its durable consumers are noted in the metadata of
//!    the copy.
//! 3. The stream is deleted, created again and filled from the copy. Its readers continue at their
//!    positions.
//! 4. The copy is deleted.
//!
//! A copy without the note of step 2 is useless, and the stream is still untouched. With the note, steps 3
//! and 4 can be repeated from the start after an interruption ([`NatsBus::finish_rewrites`]). While a stream
//! is filled it has none of its subjects, and publishers wait as in an outage. Messages that they publish
//! between steps 1 and 3 are lost, so no other process may run.

mod copy;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wirefold_flow::{BusError, Entry, Stored, check_name};

use crate::api::code;
use crate::streams::{Info, REPLICAS, into_map};
use crate::{NatsBus, Shared, keys, objects};
use copy::Copying;

/// The prefix of the names of copies.
const COPY: &str = "REWRITE_";
/// The key of the note in a copy's metadata.
const NOTE: &str = "wirefold-rewrite";

/// The action for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// Keep it as it is.
    Keep,
    /// Remove it. Its sequence is not used again.
    Remove,
    /// Replace its headers and body by these.
    Replace(Box<Stored>),
}

/// Decides what to do with a message.
pub(crate) type Edit<'a> = &'a mut (dyn FnMut(&Stored) -> Rewrite + Send);

/// The note of a complete copy about its stream.
#[derive(Serialize, Deserialize)]
struct Note {
    stream: String,
    config: Map<String, Value>,
    readers: Vec<DurableConsumer>,
}

impl NatsBus {
    /// Rewrites a stream as `edit` decides. No byte of a removed message stays in the server's files.
    /// Returns how many messages the stream has then. Nobody may publish into it meanwhile.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this user may not create and delete streams, or another error of the
    /// server. If the copy was not complete by then, the stream is unchanged. Otherwise
    /// [`Self::finish_rewrites`] completes the rewrite.
    pub async fn rewrite_stream(&self, stream: &str, edit: Edit<'_>) -> Result<u64, BusError> {
        check_name("stream", stream)?;
        self.rewrite(stream, true, edit).await
    }

    /// Rewrites a bucket with only the last change of each key, as `edit` decides: `None` keeps it,
    /// `Some(None)` removes it, `Some(Some(value))` replaces its value. Keys get later revisions in the same
    /// order. Returns how many keys there are then.
    ///
    /// # Errors
    /// As [`Self::rewrite_stream`].
    pub async fn rewrite_bucket(
        &self,
        bucket: &str,
        edit: &mut (dyn FnMut(&Entry) -> Option<Option<Bytes>> + Send),
    ) -> Result<u64, BusError> {
        check_name("bucket", bucket)?;
        let mut of_message = |stored: &Stored| match edit(&keys::entry(bucket, stored.clone())) {
            None => Rewrite::Keep,
            Some(None) => Rewrite::Remove,
            Some(Some(body)) => Rewrite::Replace(Box::new(Stored { body, ..stored.clone() })),
        };
        self.rewrite(&keys::stream_of(bucket), false, &mut of_message).await
    }

    /// Creates an object store again without objects. Returns whether it existed.
    ///
    /// # Errors
    /// As [`Self::rewrite_stream`].
    pub async fn empty_store(&self, store: &str) -> Result<bool, BusError> {
        check_name("store", store)?;
        let stream = objects::stream_of(store);
        let config = match self.0.link.stream_info(&stream).await {
            Ok(info) => info.config,
            Err(BusError::NoStream(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        self.0.delete_stream(&stream).await?;
        self.0.link.put_stream("CREATE", &stream, config).await?;
        Ok(true)
    }

    /// Completes rewrites that were interrupted, and deletes incomplete copies. Returns the streams that
    /// it completed.
    ///
    /// # Errors
    /// As [`Self::rewrite_stream`].
    pub async fn finish_rewrites(&self) -> Result<Vec<String>, BusError> {
        let mut finished = Vec::new();
        for name in self.0.copies().await? {
            let info = self.0.link.stream_info(&name).await?;
            match note(&info) {
                Some(note) => {
                    self.replace(&name, &note).await?;
                    finished.push(note.stream);
                }
                None => self.0.delete_stream(&name).await?,
            }
        }
        Ok(finished)
    }
}

fn note(copy: &Info) -> Option<Note> {
    let noted = copy.config.get("metadata")?.get(NOTE)?;
    serde_json::from_str(noted.as_str()?).ok()
}

impl NatsBus {
    async fn rewrite(
        &self,
        stream: &str,
        keeps_sequences: bool,
        edit: Edit<'_>,
    ) -> Result<u64, BusError> {
        let info = match self.0.link.stream_info(stream).await {
            Err(BusError::NoStream(_)) => return Ok(0),
            info => info?,
        };
        let copy = format!("{COPY}{stream}");
        let first =
            if keeps_sequences { info.state.first_seq.max(1) } else { info.state.last_seq + 1 };
        self.0.delete_stream(&copy).await?;
        let last = if keeps_sequences { info.state.last_seq } else { 0 };
        let copying = Copying { from: stream, into: &copy, first, last, keeps_sequences };
        self.fill(&copying, &info, edit).await?;
        let readers = self.0.durable_consumers(stream).await?;
        let note = Note { stream: stream.to_owned(), config: info.config, readers };
        self.0.annotate(&copy, &note).await?;
        self.replace(&copy, &note).await
    }

    /// Creates the stream again from its copy. Returns how many messages it has then.
    async fn replace(&self, copy: &str, note: &Note) -> Result<u64, BusError> {
        let stream = note.stream.as_str();
        let info = self.0.link.stream_info(copy).await?;
        let (first, last) = (info.state.first_seq.max(1), info.state.last_seq);
        self.0.delete_stream(stream).await?;
        let copying = Copying { from: copy, into: stream, first, last, keeps_sequences: true };
        self.fill(&copying, &info, &mut |_| Rewrite::Keep).await?;
        let filled = self.0.link.stream_info(stream).await?;
        self.0.link.put_stream("UPDATE", stream, configured(&filled.config, &note.config)).await?;
        for reader in &note.readers {
            self.0.recreate_consumer(stream, reader).await?;
        }
        self.0.delete_stream(copy).await?;
        Ok(filled.state.messages)
    }
}

impl Shared {
    /// Stores the note in a copy's metadata, which marks the copy as complete.
    async fn annotate(&self, copy: &str, note: &Note) -> Result<(), BusError> {
        let text = serde_json::to_string(note)
            .map_err(|error| BusError::Unavailable(format!("{copy}: {error}")))?;
        let mut config = self.link.stream_info(copy).await?.config;
        config.insert("metadata".to_owned(), json!({ NOTE: text }));
        self.link.put_stream("UPDATE", copy, config).await
    }

    /// Creates the stream for a copy, without limits that could refuse a message.
    async fn make_empty(&self, copying: &Copying<'_>, like: &Info) -> Result<(), BusError> {
        let Copying { into, first, .. } = copying;
        let config = json!({
            "name": into,
            "subjects": [copying.subject(">")],
            "subject_transform": { "src": copying.subject(">"), "dest": ">" },
            "first_seq": first,
            "retention": "limits",
            "storage": like.config.get("storage"),
            "discard": "new",
            REPLICAS: like.config.get(REPLICAS),
            "placement": like.config.get("placement"),
            "max_consumers": -1,
            "max_msgs": -1,
            "max_bytes": -1,
            "max_age": 0,
            "max_msgs_per_subject": -1,
            "max_msg_size": -1,
            // The shortest window, so that messages with the same id are all copied.
            "duplicate_window": copy::WINDOW.as_nanos() as u64,
            "allow_direct": true,
            "allow_atomic": true,
        });
        self.link.put_stream("CREATE", into, into_map(config)).await
    }

    /// Deletes a stream and its files if it exists.
    async fn delete_stream(&self, stream: &str) -> Result<(), BusError> {
        let what = format!("STREAM.DELETE.{stream}");
        let reply = self.link.api::<Value>(&what, &Value::Null).await?;
        reply.done_if_found(stream, code::STREAM_NOT_FOUND).map(drop)
    }

    /// The names of all copies.
    async fn copies(&self) -> Result<Vec<String>, BusError> {
        let mut names: Vec<String> = self.all_of("STREAM.NAMES", "streams", COPY).await?;
        names.retain(|name| name.starts_with(COPY));
        Ok(names)
    }

    /// A list of JetStream, which comes in pages, in a field of each answer.
    async fn all_of<T: DeserializeOwned>(
        &self,
        what: &str,
        field: &str,
        stream: &str,
    ) -> Result<Vec<T>, BusError> {
        let mut all = Vec::new();
        loop {
            let request = json!({ "offset": all.len() });
            let reply = self.link.api::<Map<String, Value>>(what, &request).await?;
            let mut page = reply.done(stream)?;
            let listed = page.remove(field).unwrap_or_default();
            let listed: Option<Vec<T>> = serde_json::from_value(listed)
                .map_err(|error| BusError::Unavailable(format!("{what}: {error}")))?;
            let listed = listed.unwrap_or_default();
            let total = page.get("total").and_then(Value::as_u64).unwrap_or(0);
            let is_last = listed.is_empty() || (all.len() + listed.len()) as u64 >= total;
            all.extend(listed);
            if is_last {
                return Ok(all);
            }
        }
    }
}

/// The original configuration for a filled stream.
fn configured(filled: &Map<String, Value>, wanted: &Map<String, Value>) -> Map<String, Value> {
    // The first sequence cannot be changed, so it stays that of the filled stream.
    let first = filled.get("first_seq").cloned();
    let mut config = wanted.clone();
    config.remove("first_seq");
    config.extend(first.map(|first| ("first_seq".to_owned(), first)));
    config
}

// The durable consumers of a stream that is created again.

/// A durable consumer and its position.
#[derive(Serialize, Deserialize)]
struct DurableConsumer {
    durable: String,
    config: Map<String, Value>,
    /// All messages up to this sequence are acknowledged.
    through: u64,
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
    async fn durable_consumers(&self, stream: &str) -> Result<Vec<DurableConsumer>, BusError> {
        let what = format!("CONSUMER.LIST.{stream}");
        let all: Vec<Description> = self.all_of(&what, "consumers", stream).await?;
        let durable = |Description { config, ack_floor }| {
            let durable = config.get("durable_name")?.as_str()?.to_owned();
            Some(DurableConsumer { durable, config, through: ack_floor.stream_seq })
        };
        Ok(all.into_iter().filter_map(durable).collect())
    }

    /// Creates a reader at its position. Messages in hand, or acknowledged out of order, come again.
    async fn recreate_consumer(
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
