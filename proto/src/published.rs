//! Messages on the bus, with their stream, subject and id.

use crate::codec::Message;
use crate::streams::Stream;
use crate::subjects::Subject;

/// A message on the bus.
pub trait Published: Message {
    /// Its stream.
    const STREAM: Stream;

    /// Its subject.
    fn subject(&self) -> Subject;

    /// Its message id, the same for each attempt to publish.
    fn message_id(&self) -> String;
}
