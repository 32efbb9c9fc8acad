//! Streams written anew, so that no byte of what was taken out stays in the server's files.
//!
//! A deleted message leaves its bytes in the file until the server happens to write that file anew, a value that
//! was replaced in a table does too, and no message can be changed in place. So a stream is copied without
//! them, deleted, and made again from the copy:
//!
//! 1. The copy is filled: same sequences, subjects, ids and headers, and the time at which each message was
//!    stored in a header of ours ([`STORED`](crate::headers::STORED)), since no client can set that time.
//! 2. The copy notes in its metadata how the stream was configured and how far its durable readers were.
//! 3. The stream is deleted, made again and filled from the copy; its readers go on where they were.
//! 4. The copy is deleted.
//!
//! A copy without the note of step 2 is worth nothing, and the stream stands untouched. With it, steps 3 and 4 can
//! be repeated from the start, whenever they were interrupted ([`NatsBus::finish_rewrites`]). While a stream is
//! filled it takes none of its subjects: publishers of others wait as they do for a server that is away.
//! What they publish between steps 1 and 3 is lost, so nobody may be running.

mod consumers;
mod copy;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wirefold_flow::{BusError, Entry, Stored, check_name};

use crate::api::code;
use crate::streams::{Info, REPLICAS, into_map};
use crate::{NatsBus, Shared, keys, objects};
use consumers::Reader;
use copy::Copying;

/// What the names of copies begin with.
const COPY: &str = "REWRITE_";
/// Where a copy notes what it is a copy of.
const NOTE: &str = "wirefold-rewrite";

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// It stays as it is.
    Stays,
    /// It goes; its sequence is given to no other.
    Goes,
    /// It stays with these headers of ours and this body.
    Says(Box<Stored>),
}

/// Says what becomes of a message.
pub(crate) type Edit<'a> = &'a mut (dyn FnMut(&Stored) -> Rewrite + Send);

/// What a whole copy knows of its stream.
#[derive(Serialize, Deserialize)]
struct Note {
    stream: String,
    config: Map<String, Value>,
    readers: Vec<Reader>,
}

impl NatsBus {
    /// Writes a stream anew without what goes; none of its bytes stays in the server's files. How many
    /// messages it holds then. Nobody may publish into it meanwhile.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] where this user may not make and delete streams, or whatever the server says.
    /// Unless the copy was whole by then the stream stands as it was, and [`Self::finish_rewrites`] tells.
    pub async fn rewrite_stream(&self, stream: &str, edit: Edit<'_>) -> Result<u64, BusError> {
        check_name("stream", stream)?;
        self.rewrite(stream, true, edit).await
    }

    /// Writes a table anew, with nothing of what its keys held before. Keys get later revisions, in the
    /// same order. What becomes of a key's last change is asked; how many keys there are then.
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
            None => Rewrite::Stays,
            Some(None) => Rewrite::Goes,
            Some(Some(body)) => Rewrite::Says(Box::new(Stored { body, ..stored.clone() })),
        };
        self.rewrite(&keys::stream_of(bucket), false, &mut of_message).await
    }

    /// Makes a store of objects anew, without any. Whether there was one.
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

    /// Ends what [`Self::rewrite_stream`] and [`Self::rewrite_bucket`] had begun when they were interrupted.
    /// The streams that were still to be made again.
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
        let readers = self.0.durable_readers(stream).await?;
        let note = Note { stream: stream.to_owned(), config: info.config, readers };
        self.0.annotate(&copy, &note).await?;
        self.replace(&copy, &note).await
    }

    /// Makes the stream again from its copy. How many messages it holds then.
    async fn replace(&self, copy: &str, note: &Note) -> Result<u64, BusError> {
        let stream = note.stream.as_str();
        let info = self.0.link.stream_info(copy).await?;
        let (first, last) = (info.state.first_seq.max(1), info.state.last_seq);
        self.0.delete_stream(stream).await?;
        let copying = Copying { from: copy, into: stream, first, last, keeps_sequences: true };
        self.fill(&copying, &info, &mut |_| Rewrite::Stays).await?;
        let filled = self.0.link.stream_info(stream).await?;
        self.0.link.put_stream("UPDATE", stream, configured(&filled.config, &note.config)).await?;
        for reader in &note.readers {
            self.0.make_reader(stream, reader).await?;
        }
        self.0.delete_stream(copy).await?;
        Ok(filled.state.messages)
    }
}

impl Shared {
    /// Has a copy say that it is whole.
    async fn annotate(&self, copy: &str, note: &Note) -> Result<(), BusError> {
        let text = serde_json::to_string(note)
            .map_err(|error| BusError::Unavailable(format!("{copy}: {error}")))?;
        let mut config = self.link.stream_info(copy).await?.config;
        config.insert("metadata".to_owned(), json!({ NOTE: text }));
        self.link.put_stream("UPDATE", copy, config).await
    }

    /// Makes the stream that takes a copy, with no bound that a message could miss.
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
            // What stands twice stays twice.
            "duplicate_window": copy::WINDOW.as_nanos() as u64,
            "allow_direct": true,
            "allow_atomic": true,
        });
        self.link.put_stream("CREATE", into, into_map(config)).await
    }

    /// Deletes a stream with its files, where it is there.
    async fn delete_stream(&self, stream: &str) -> Result<(), BusError> {
        let what = format!("STREAM.DELETE.{stream}");
        let reply = self.link.api::<Value>(&what, &Value::Null).await?;
        reply.done_if_found(stream, code::STREAM_NOT_FOUND).map(drop)
    }

    /// The names of all copies.
    async fn copies(&self) -> Result<Vec<String>, BusError> {
        #[derive(Deserialize)]
        struct Names {
            total: usize,
            streams: Option<Vec<String>>,
        }
        let (mut names, mut offset) = (Vec::new(), 0);
        loop {
            let asked = json!({ "offset": offset });
            let reply = self.link.api("STREAM.NAMES", &asked).await?;
            let Names { total, streams } = reply.done(COPY)?;
            let streams = streams.unwrap_or_default();
            offset += streams.len();
            let is_last = streams.is_empty() || offset >= total;
            names.extend(streams.into_iter().filter(|name| name.starts_with(COPY)));
            if is_last {
                return Ok(names);
            }
        }
    }
}

/// How a stream that was filled is to be: as the one before it was.
fn configured(filled: &Map<String, Value>, wanted: &Map<String, Value>) -> Map<String, Value> {
    // The place of its first message is not asked for twice.
    let first = filled.get("first_seq").cloned();
    let mut config = wanted.clone();
    config.remove("first_seq");
    config.extend(first.map(|first| ("first_seq".to_owned(), first)));
    config
}
