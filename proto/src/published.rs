//! Messages on the bus: each knows its stream, its subject and its id.

use crate::codec::Message;
use crate::streams::Stream;
use crate::subjects::Subject;

/// A message with a place on the bus.
pub trait Published: Message {
    /// The stream it stands in.
    const STREAM: Stream;

    /// The subject it is published on.
    fn subject(&self) -> Subject;

    /// Its message id: the same however often the same message is published.
    fn message_id(&self) -> String;
}
