//! Fills a stream with the messages of another, with the same sequences if they must stay.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::json;
use wirefold_flow::store::Expect;
use wirefold_flow::{BusError, OrderedReader as _, Outgoing, Published, Stored};

use super::{Edit, Rewrite};
use crate::api::code;
use crate::batch::PreparedMessage;
use crate::lookup::id_of_sequence;
use crate::publish::{Leaderless, Sent, expecting};
use crate::reader::NatsReader;
use crate::streams::Info;
use crate::{NatsBus, Shared, headers};

/// The shortest window that a server accepts.
pub(super) const WINDOW: Duration = Duration::from_millis(100);
/// The subject of messages that fill gaps until they are purged.
const GAP: &str = "wirefold_rewrite_gap";
/// The most messages, and about the most bytes, of one batch. A server accepts at most a thousand messages.
const AT_ONCE: usize = 500;
const BYTES_AT_ONCE: usize = 4 << 20;

/// The parameters of a copy.
pub(super) struct Copying<'a> {
    pub(super) from: &'a str,
    pub(super) into: &'a str,
    /// The first sequence.
    pub(super) first: u64,
    /// The last sequence used, even if its message is gone.
    pub(super) last: u64,
    /// Whether each message keeps its sequence. Otherwise the sequences are consecutive.
    pub(super) keeps_sequences: bool,
}

impl Copying<'_> {
    /// The subject on which to publish a message so that it is stored under `stored`.
    pub(super) fn subject(&self, stored: &str) -> String {
        format!("wirefold_rewrite.{}.{stored}", self.into)
    }

    /// A message that only takes up its sequence.
    fn gap(&self) -> PreparedMessage {
        PreparedMessage {
            subject: self.subject(GAP),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }
}

/// Messages that wait to be stored together.
struct Batch<'a> {
    shared: &'a Shared,
    into: &'a str,
    /// The last sequence that is stored.
    last: u64,
    messages: Vec<PreparedMessage>,
    bytes: usize,
}

impl NatsBus {
    /// Creates the stream and fills it.
    pub(super) async fn fill(
        &self,
        copying: &Copying<'_>,
        like: &Info,
        edit: Edit<'_>,
    ) -> Result<(), BusError> {
        let Copying { from, into, first, last, keeps_sequences } = *copying;
        self.0.make_empty(copying, like).await?;
        let mut batch = Batch::new(&self.0, into, first - 1);
        let mut reader = NatsReader::new(self.0.clone(), from.to_owned(), ">".to_owned(), 1);
        let mut has_gaps = false;
        loop {
            let messages = reader.ready(AT_ONCE).await?;
            if messages.is_empty() {
                break;
            }
            for stored in messages {
                let message = match edit(&stored) {
                    Rewrite::Keep => stored,
                    Rewrite::Replace(message) => *message,
                    Rewrite::Remove => continue,
                };
                while keeps_sequences && batch.next() < message.sequence {
                    has_gaps = true;
                    batch.push(copying.gap()).await?;
                }
                batch.push(copying.prepared(message)?).await?;
            }
        }
        while keeps_sequences && batch.next() <= last {
            has_gaps = true;
            batch.push(copying.gap()).await?;
        }
        batch.send().await?;
        match has_gaps {
            true => self.0.link.purge(into, &json!({ "filter": GAP })).await,
            false => Ok(()),
        }
    }
}

impl Copying<'_> {
    /// The prepared form of a message to store.
    fn prepared(&self, stored: Stored) -> Result<PreparedMessage, BusError> {
        let Stored { stream, sequence, at, subject, id, headers, body } = stored;
        let has_id = id != id_of_sequence(&stream, sequence);
        let subject = self.subject(&subject);
        let message = Outgoing { headers, ..Outgoing::new(&*subject, &*id, body) };
        let mut written = match has_id {
            true => headers::write(&message)?,
            false => headers::write_without_id(&message.headers)?,
        };
        written.insert(headers::STORED, at.0.to_string());
        Ok(PreparedMessage { subject, headers: written, body: message.body })
    }
}

impl<'a> Batch<'a> {
    fn new(shared: &'a Shared, into: &'a str, last: u64) -> Self {
        Self { shared, into, last, messages: Vec::new(), bytes: 0 }
    }

    /// The sequence that the next message will have.
    fn next(&self) -> u64 {
        self.last + self.messages.len() as u64 + 1
    }

    async fn push(&mut self, message: PreparedMessage) -> Result<(), BusError> {
        self.bytes += message.body.len();
        self.messages.push(message);
        match self.messages.len() >= AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            true => self.send().await,
            false => Ok(()),
        }
    }

    /// Stores all messages of the batch.
    async fn send(&mut self) -> Result<(), BusError> {
        let messages = std::mem::take(&mut self.messages);
        self.bytes = 0;
        let Some(PreparedMessage { subject, .. }) = messages.first() else { return Ok(()) };
        let mut leaderless = Leaderless::default();
        loop {
            match self.shared.commit(messages.clone(), self.last).await? {
                Some(Ok(last)) if last == self.last + messages.len() as u64 => {
                    self.last = last;
                    return Ok(());
                }
                Some(Ok(_)) => return Err(self.other_writer()),
                Some(Err(failure)) => match failure.kind {
                    code::BATCH_KNOWS_ID => return self.send_singly(messages).await,
                    code::WRONG_LAST_SEQUENCE => return Err(self.other_writer()),
                    _ => return Err(failure.of_stream(self.into)),
                },
                None => leaderless.wait(&self.shared.link, subject).await?,
            }
        }
    }

    /// Stores the messages singly. A second message with the same id is sent again until the server has
    /// forgotten the id.
    async fn send_singly(&mut self, messages: Vec<PreparedMessage>) -> Result<(), BusError> {
        for PreparedMessage { subject, mut headers, body } in messages {
            expecting(&mut headers, Expect::Last(self.last));
            loop {
                match self.shared.send(&subject, headers.clone(), body.clone()).await? {
                    Sent::Stored(Published::Duplicate(_)) => tokio::time::sleep(WINDOW).await,
                    Sent::Stored(Published::New(sequence)) if sequence == self.last + 1 => break,
                    Sent::Stored(_) => return Err(self.other_writer()),
                    Sent::Full => return Err(BusError::DiskFull),
                }
            }
            self.last += 1;
        }
        Ok(())
    }

    fn other_writer(&self) -> BusError {
        BusError::Fenced(self.into.to_owned())
    }
}
