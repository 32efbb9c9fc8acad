//! `storage`: the size of the streams.

use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;
use wirefold_envelope::timestamp;
use wirefold_flow::BusError;
use wirefold_proto::{Tag, streams};

use super::request::answer;
use super::{Api, ApiResult};
use crate::inner::Inner;
use crate::shapes::{StorageReport, StreamUse};

pub(super) async fn get(State(api): State<Api>) -> ApiResult<Response> {
    let mut found = Vec::new();
    for stream in streams::STREAMS {
        match api.inner.stream_use(stream.name).await {
            Ok(stream) => found.push(stream),
            // The stream is created with its first message.
            Err(BusError::NoStream(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    answer(&StorageReport { schema: Tag::new(), at: api.inner.now(), streams: found })
}

impl Inner {
    async fn stream_use(&self, name: &str) -> Result<StreamUse, BusError> {
        let state = self.bus.stream_state(name).await?;
        let is_empty = state.messages == 0;
        let (oldest, newest) = match is_empty {
            true => (None, None),
            false => {
                (self.stored_at(name, state.first).await?, self.stored_at(name, state.last).await?)
            }
        };
        let (messages, bytes) = (state.messages, state.bytes);
        Ok(StreamUse { name: name.to_owned(), messages, bytes, oldest, newest })
    }

    /// When a message was stored; `None` if it was dropped meanwhile.
    async fn stored_at(&self, stream: &str, sequence: u64) -> Result<Option<Timestamp>, BusError> {
        match self.bus.get(stream, sequence).await {
            Ok(stored) => Ok(Some(timestamp(stored.at))),
            Err(BusError::Gone { .. } | BusError::NotYet { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
