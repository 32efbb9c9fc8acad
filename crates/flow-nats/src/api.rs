//! Requests to the API of JetStream, and its answers.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use wirefold_flow::BusError;

use crate::link::Link;

/// The error codes that are handled.
pub(crate) mod code {
    pub(crate) const TOO_FEW_SERVERS: u64 = 10005;
    pub(crate) const CONSUMER_NOT_FOUND: u64 = 10014;
    pub(crate) const MESSAGE_NOT_FOUND: u64 = 10037;
    pub(crate) const STORAGE_SHORT: [u64; 3] = [10023, 10028, 10047];
    pub(crate) const MESSAGE_TOO_LARGE: u64 = 10054;
    pub(crate) const STREAM_NOT_FOUND: u64 = 10059;
    pub(crate) const SUBJECT_OVERLAP: u64 = 10065;
    pub(crate) const WRONG_LAST_SEQUENCE: u64 = 10071;
    pub(crate) const NOT_STORED: u64 = 10077;
    pub(crate) const BATCHES_OFF: u64 = 10174;
    pub(crate) const BATCH_KNOWS_ID: u64 = 10201;
}

/// The error of a failed request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Failure {
    /// A code of HTTP.
    pub(crate) code: u16,
    #[serde(rename = "err_code")]
    pub(crate) kind: u64,
    pub(crate) description: String,
}

impl Failure {
    /// The error of the bus for a request about this stream.
    pub(crate) fn of_stream(&self, stream: &str) -> BusError {
        let stream = stream.to_owned();
        match self.kind {
            code::STREAM_NOT_FOUND => BusError::NoStream(stream),
            code::SUBJECT_OVERLAP => {
                BusError::BadStream { stream, why: "another stream has one of its subjects" }
            }
            kind if code::STORAGE_SHORT.contains(&kind) => BusError::DiskFull,
            kind => {
                let Self { description, .. } = self;
                BusError::Unavailable(format!("{stream}: {description} (JetStream {kind})"))
            }
        }
    }
}

/// The reply to a request.
pub(crate) struct Reply<T>(pub(crate) Result<T, Failure>);

impl<T> Reply<T> {
    /// The answer; an error for any other reply.
    pub(crate) fn done(self, stream: &str) -> Result<T, BusError> {
        self.0.map_err(|failure| failure.of_stream(stream))
    }

    /// The answer; `None` if the request failed with the code `missing`.
    pub(crate) fn done_if_found(self, stream: &str, missing: u64) -> Result<Option<T>, BusError> {
        match self.0 {
            Err(failure) if failure.kind == missing => Ok(None),
            reply => Self(reply).done(stream).map(Some),
        }
    }
}

#[derive(Deserialize)]
struct MaybeFailed {
    error: Option<Failure>,
}

/// Parses an answer of JetStream.
fn reply<T: DeserializeOwned>(subject: &str, body: &[u8]) -> Result<Reply<T>, BusError> {
    let unread = |error: serde_json::Error| {
        BusError::Unavailable(format!("{subject}: the answer cannot be read: {error}"))
    };
    let MaybeFailed { error } = serde_json::from_slice(body).map_err(unread)?;
    match error {
        Some(failure) => Ok(Reply(Err(failure))),
        None => Ok(Reply(Ok(serde_json::from_slice(body).map_err(unread)?))),
    }
}

impl Link {
    /// Sends a request to JetStream, such as `STREAM.INFO.WORK`.
    pub(crate) async fn api<T: DeserializeOwned>(
        &self,
        what: &str,
        body: &Value,
    ) -> Result<Reply<T>, BusError> {
        let subject = format!("$JS.API.{what}");
        let body = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        match self.request(&subject, None, body).await? {
            Some(answer) => reply(&subject, &answer.payload),
            None => Err(BusError::Unavailable("JetStream does not answer".to_owned())),
        }
    }
}
