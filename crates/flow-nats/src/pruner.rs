//! Prunes a stream: deletes the oldest messages that every named reader has read, because reading
//! frees no room.
//!
//! It never deletes a message that a named reader has not read. Only the pruner does this: a publisher waits for it in a
//! full stream.

use std::time::Duration;

use serde_json::{Value, json};
use tracing::info;
use wirefold_flow::{BusError, UnixMillis};

use crate::streams::Info;
use crate::{NatsBus, Shared};

/// The bucket with the positions of ordered readers: keys `<stream>.<reader>`.
pub const MARKS: &str = "wf_marks";
/// The part of a stream's messages that is deleted at once: one in this many.
const PART: u64 = 16;

/// The usage of a stream after pruning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StreamUsage {
    /// The share of its bytes that is in use.
    pub share: f64,
    /// How many messages were deleted now.
    pub dropped: u64,
    /// The sequence of the first stored message, or of the next one if none is stored.
    pub first: u64,
    /// When the oldest stored message was stored.
    pub oldest: Option<UnixMillis>,
    /// The age at which a message expires; `None` if it never does.
    pub max_age: Option<Duration>,
}

impl NatsBus {
    /// Prunes a stream until less than `share` of its bytes is in use, or until no message can be deleted.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this role may not, or another error of the server.
    pub async fn prune_below(&self, stream: &str, share: f64) -> Result<StreamUsage, BusError> {
        let before = self.0.link.stream_info(stream).await?;
        let mut info = before.state;
        let most = before.config.get("max_bytes").and_then(Value::as_u64).unwrap_or(u64::MAX);
        // The bytes are far below 2^52, so nothing is rounded.
        #[expect(clippy::cast_precision_loss, reason = "a share, for people and a threshold")]
        let share_of = |bytes: u64| bytes as f64 / most.max(1) as f64;
        let first = info.first_seq;
        while share_of(info.bytes) >= share && self.0.prune_stream(stream).await? {
            info = self.0.link.stream_info(stream).await?.state;
        }
        let oldest = match info.messages {
            0 => None,
            _ => self.0.link.get(stream, info.first_seq).await.ok().map(|oldest| oldest.at),
        };
        let age = before.config.get("max_age").and_then(Value::as_u64).filter(|age| *age > 0);
        Ok(StreamUsage {
            share: share_of(info.bytes),
            dropped: info.first_seq - first,
            first: info.first_seq,
            oldest,
            max_age: age.map(Duration::from_nanos),
        })
    }

    /// How many messages follow the marked position of an ordered reader.
    ///
    /// # Errors
    /// [`BusError::NotAllowed`] if this role may not ask, or another error of the server.
    pub async fn unmarked(&self, stream: &str, reader: &str) -> Result<u64, BusError> {
        let mark = self.0.marked(stream, reader).await?.map_or(0, |(mark, _)| mark);
        let state = self.0.link.stream_info(stream).await?.state;
        let behind = if mark > state.last_seq { state.messages } else { state.last_seq - mark };
        Ok(behind.min(state.messages))
    }
}

impl Shared {
    /// Deletes the oldest part of the messages that all named readers have read. Returns whether there were
    /// any.
    async fn prune_stream(&self, stream: &str) -> Result<bool, BusError> {
        let info = self.link.stream_info(stream).await?;
        let readers = info.readers();
        if readers.is_empty() || info.state.messages == 0 {
            return Ok(false);
        }
        let mut unread = u64::MAX;
        for reader in &readers {
            unread = unread.min(self.first_unread(stream, reader, &info).await?);
        }
        let first = info.state.first_seq;
        let part = (info.state.messages / PART).max(1);
        let keep_from = unread.min(first + part);
        if keep_from <= first {
            return Ok(false);
        }
        self.link.purge(stream, &json!({ "seq": keep_from })).await?;
        info!(
            stream,
            from = keep_from,
            "deleted messages that all consumers have read, because the stream is full"
        );
        Ok(true)
    }

    /// The first sequence that a reader may still need, by its mark.
    async fn first_unread(&self, stream: &str, reader: &str, info: &Info) -> Result<u64, BusError> {
        let mark = self.marked(stream, reader).await?.map_or(0, |(mark, _)| mark);
        // A mark beyond the end was set before the stream went back in time, and does not count.
        let is_beyond_end = mark > info.state.last_seq
            && mark > self.link.stream_info(stream).await?.state.last_seq;
        Ok(if is_beyond_end { 0 } else { mark + 1 })
    }

    /// The marked position of an ordered reader, and the revision of the mark.
    async fn marked(&self, stream: &str, reader: &str) -> Result<Option<(u64, u64)>, BusError> {
        let entry = self.entry(MARKS, &format!("{stream}.{reader}")).await?;
        Ok(entry.and_then(|entry| {
            let mark = std::str::from_utf8(entry.value.as_deref()?).ok()?.parse().ok()?;
            Some((mark, entry.revision))
        }))
    }

    /// Notes that a reader needs no message up to and including `through`.
    pub(crate) async fn mark_read(
        &self,
        stream: &str,
        reader: &str,
        through: u64,
    ) -> Result<(), BusError> {
        wirefold_flow::check_name("durable", reader)?;
        let last = self.link.stream_info(stream).await?.state.last_seq;
        let key = format!("{stream}.{reader}");
        loop {
            let (current, revision) = self.marked(stream, reader).await?.unwrap_or((0, 0));
            if through == current || (through < current && current <= last) {
                return Ok(());
            }
            let value = through.to_string().into();
            match self.put_entry(MARKS, &key, Some(value), Some(revision)).await {
                // Another process with this name was faster.
                Err(BusError::Refused { .. }) => {}
                put => return put.map(|_| ()),
            }
        }
    }
}
