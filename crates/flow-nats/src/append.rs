//! Appends to a stream that ends where the writer thinks it ends, so that a writer that was replaced can write nothing.
//!
//! At most one write is under way: an atomic batch whose first message expects the last sequence of the
//! stream, or a single message that expects it. Nothing is sent before the write before it is
//! acknowledged.
//!
//! The server has two forms of pipelining, and neither is safe. With several writes by expected
//! sequence, those behind a refused one match again after a message of another writer, so a writer that
//! was taken over could still write. With writes by the expected id of the predecessor, a stream with
//! three replicas searches only among stored messages and not among those under way, so all writes but
//! the first are refused for ever.

use wirefold_flow::store::Expect;
use wirefold_flow::{BusError, Outgoing, Published, check_subject};

use crate::Shared;
use crate::batch::CommitResult;
use crate::headers;
use crate::publish::{Sent, WaitForRoom, expecting};

/// The most messages of a batch. The server accepts up to 1,000.
const BATCH_MOST: usize = 500;
/// Fewer messages are sent singly. A batch takes as long as eight single messages if the server syncs each write, and as
/// fifteen to thirty with its default settings (nats-server 2.15.1).
const FEW: usize = 16;

/// Stores these after the message at `after`. Returns the sequence of the last one.
pub(crate) async fn append(
    shared: &Shared,
    stream: &str,
    after: u64,
    messages: Vec<Outgoing>,
) -> Result<u64, BusError> {
    messages.iter().try_for_each(|message| check_subject(&message.subject))?;
    let mut room = WaitForRoom::new();
    let mut takes_batches = true;
    let mut rest = &messages[..];
    let mut last = after;
    while !rest.is_empty() {
        let part = &rest[..rest.len().min(BATCH_MOST)];
        let stored = match takes_batches && part.len() >= FEW && !room.has_waited() {
            true => shared.commit_after(stream, part, last).await?,
            false => CommitResult::Stored(append_singly(shared, stream, last, part).await?),
        };
        match stored {
            CommitResult::Stored(count) => {
                (last, rest) = (last + count as u64, &rest[count..]);
                if count < part.len() {
                    room.wait().await;
                }
            }
            // The batch may be larger than the whole stream: single messages follow.
            CommitResult::Full => room.wait().await,
            CommitResult::Off => takes_batches = false,
        }
    }
    Ok(last)
}

/// Sends one message after the other, each once the one before it is stored, until the stream is full.
/// Returns how many are stored.
async fn append_singly(
    shared: &Shared,
    stream: &str,
    after: u64,
    messages: &[Outgoing],
) -> Result<usize, BusError> {
    let fenced = || BusError::Fenced(stream.to_owned());
    for (index, message) in messages.iter().enumerate() {
        let last = after + index as u64;
        let mut headers = headers::write(message)?;
        expecting(&mut headers, Expect::Last(last));
        let body = message.body.clone();
        match shared.send(&message.subject, headers, body).await {
            Ok(Sent::Stored(Published::New(sequence))) if sequence == last + 1 => {}
            Ok(Sent::Full) => return Ok(index),
            // The server checks the id first, so a repeated message would look stored.
            Ok(Sent::Stored(_)) | Err(BusError::Refused { .. }) => return Err(fenced()),
            Err(error) => return Err(error),
        }
    }
    Ok(messages.len())
}
