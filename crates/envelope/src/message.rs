//! Encodes messages for the bus and decodes them.

use std::time::Duration;

use jiff::Timestamp;
use wirefold_flow::{Headers, Outgoing, StageError, Stored, UnixMillis};
use wirefold_proto::{EventHeaders, Judged, Message, Published, TooLarge, TraceParent};

/// Clocks of machines that are kept in time differ by less.
pub const CLOCK_TOLERANCE: Duration = Duration::from_mins(5);

/// The header that says when whoever publishes an article sent it, by its own clock: milliseconds since 1970. What
/// the broker stored then tells how wrong that clock is, by which the time at which the article was seen is wrong too.
const SENT: &str = "Wf-Sent";

/// An article that is sent now. Where it is sent again, it is sent later.
#[must_use]
pub fn sent(message: &Outgoing, now: UnixMillis) -> Outgoing {
    let now = now.0.to_string();
    let others = message.headers.iter().filter(|(name, _)| *name != SENT);
    // First, since headers that are in the order of their names need no header that says their order.
    let headers = [(SENT, now.as_str())].into_iter().chain(others).collect();
    Outgoing { headers, ..message.clone() }
}

/// When it was sent, by the clock of who did; none where that is not said.
#[must_use]
pub fn sent_at(stored: &Stored) -> Option<UnixMillis> {
    stored.headers.get(SENT)?.parse().ok().map(UnixMillis)
}

/// Whoever publishes: gives messages their headers.
#[derive(Debug, Clone, Copy)]
pub struct Sender {
    /// The CloudEvents source, such as `/wirefold/fetcher`.
    pub source: &'static str,
}

impl Sender {
    /// The message for the bus, with CloudEvents headers in binary mode and, where there is a
    /// trace, `traceparent`.
    ///
    /// # Errors
    /// [`TooLarge`] where the body is over the limit of its schema.
    pub fn outgoing<M: Published>(
        &self,
        message: &M,
        time: Timestamp,
        trace: Option<TraceParent>,
    ) -> Result<Outgoing, TooLarge> {
        let body = wirefold_proto::encode(message)?;
        let event = EventHeaders { trace, ..EventHeaders::of(message, self.source, time) };
        let headers = event.to_pairs().into_iter().collect();
        let subject = event.subject.unwrap_or_default();
        Ok(Outgoing { subject, id: event.id, headers, body: body.into() })
    }

    /// The headers alone, for records whose subject and id are a writer's.
    pub fn headers<M: Published>(
        &self,
        message: &M,
        time: Timestamp,
        trace: Option<TraceParent>,
    ) -> Headers {
        let headers = EventHeaders { trace, ..EventHeaders::of(message, self.source, time) };
        headers.to_pairs().into_iter().collect()
    }
}

/// Decodes a message's body; what it cannot read is the message's fault.
///
/// # Errors
/// [`StageError::Reject`] with what the bytes are instead.
pub fn decode<M: Message>(stored: &Stored) -> Result<M, StageError> {
    wirefold_proto::decode(&stored.body).map_err(|error| StageError::reject(error.to_string()))
}

/// Decodes whichever record of `WF_JUDGED` it is.
///
/// # Errors
/// [`StageError::Reject`] with what the bytes are instead.
pub fn decode_judged(stored: &Stored) -> Result<Judged, StageError> {
    Judged::decode(&stored.body).map_err(|error| StageError::reject(error.to_string()))
}

/// The trace that a message belongs to; a broken header costs the trace and nothing else.
#[must_use]
pub fn trace_of(stored: &Stored) -> Option<TraceParent> {
    stored.headers.get("traceparent")?.parse().ok()
}

/// A clock's time as the contract writes it.
#[must_use]
pub fn timestamp(time: UnixMillis) -> Timestamp {
    let millis = i64::try_from(time.0).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

/// The contract's time as the clock gives it; times before 1970 count as 1970.
#[must_use]
pub fn unix_millis(time: Timestamp) -> UnixMillis {
    UnixMillis(u64::try_from(time.as_millisecond()).unwrap_or(0))
}
