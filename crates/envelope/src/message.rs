//! Encodes messages for the bus and decodes them.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_flow::{Headers, Outgoing, Record, Stored, UnixMillis};
use wirefold_proto::{DecodeError, Message, Output, Published, TooLarge, event_headers};

/// The greatest difference between synchronised clocks.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// The header with the time at which the publisher sent an article, by its own clock, in
/// milliseconds since 1970. Compared with the time of storing, it shows how wrong that clock is,
/// and so how wrong the time is at which the article was seen.
const SENT: &str = "Wf-Sent";

/// Adds the time of sending to an article. An article that is sent again gets a new time.
#[must_use]
pub fn sent(message: &Outgoing, now: UnixMillis) -> Outgoing {
    let now = now.0.to_string();
    let others = message.headers.iter().filter(|(name, _)| *name != SENT);
    // It comes first: headers in the order of their names need no extra header for the order.
    let headers = [(SENT, now.as_str())].into_iter().chain(others).collect();
    Outgoing { headers, ..message.clone() }
}

/// The time at which a message was sent, by the sender's clock. `None` if it is not given.
#[must_use]
pub fn sent_at(stored: &Stored) -> Option<UnixMillis> {
    stored.headers.get(SENT)?.parse().ok().map(UnixMillis)
}

/// A publisher. It gives messages their headers.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// The CloudEvents source, such as `/wirefold/fetcher`.
    pub source: &'static str,
}

impl Sender {
    /// Encodes a message for the bus, with CloudEvents headers in binary mode.
    ///
    /// [`TooLarge`] if the body exceeds the limit of its schema.
    pub fn outgoing<M: Published>(
        &self,
        message: &M,
        time: Timestamp,
    ) -> Result<Outgoing, TooLarge> {
        let (subject, id) = (message.subject().into_text(), message.message_id());
        let body = wirefold_proto::encode(message)?.into();
        Ok(Outgoing { subject, id, headers: self.headers(message, time), body })
    }

    /// A record with this encoded message, to which a writer gives the id.
    pub fn record<M: Published>(&self, message: &M, time: Timestamp, body: Vec<u8>) -> Record {
        let (subject, headers) = (message.subject().into_text(), self.headers(message, time));
        Record { subject, headers, body: body.into() }
    }

    fn headers<M: Published>(&self, message: &M, time: Timestamp) -> Headers {
        event_headers(message, self.source, time).into_iter().collect()
    }
}

/// Decodes the body of a message.
///
/// # Errors
/// [`DecodeError`] with a description of the bytes.
pub fn decode<M: Message>(stored: &Stored) -> Result<M, DecodeError> {
    wirefold_proto::decode(&stored.body)
}

/// Decodes a record of `WF_OUTPUT` of any kind.
///
/// # Errors
/// [`DecodeError`] with a description of the bytes.
pub fn decode_output(stored: &Stored) -> Result<Output, DecodeError> {
    Output::decode(&stored.body)
}

/// Converts a clock's time to the form of the contract.
#[must_use]
pub fn timestamp(time: UnixMillis) -> Timestamp {
    let millis = i64::try_from(time.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

/// Converts a time of the contract to a clock's time. Times before 1970 count as 1970.
#[must_use]
pub fn unix_millis(time: Timestamp) -> UnixMillis {
    UnixMillis(u64::try_from(time.as_millisecond()).unwrap_or(0))
}
