//! Fills a stream with the messages of another.
//!
//! Comes in: two streams, and what becomes of each message. Goes out: the filled stream, with the same sequences where
//! they must stay. It never deletes a stream.

use std::time::Duration;

use async_nats::HeaderMap;
use bytes::Bytes;
use serde_json::json;
use wirefold_flow::{BusError, OrderedReader as _, Outgoing, Published, Stored};

use super::{Edit, Rewrite};
use crate::api::code;
use crate::batch::Prepared;
use crate::lookup::id_of_place;
use crate::publish::{Expect, Leaderless, Sent, expecting};
use crate::reader::NatsReader;
use crate::streams::Info;
use crate::{NatsBus, Shared, headers};

/// The shortest window that a server takes.
pub(super) const WINDOW: Duration = Duration::from_millis(100);
/// Where what fills gaps is stored, until all of it is purged.
const GAP: &str = "wirefold_rewrite_gap";
/// The most messages, and about the most bytes, that are on their way at once. A server takes no larger batch
/// than a thousand.
const AT_ONCE: usize = 500;
const BYTES_AT_ONCE: usize = 4 << 20;

/// What is filled from what.
pub(super) struct Copying<'a> {
    pub(super) from: &'a str,
    pub(super) into: &'a str,
    /// The first sequence.
    pub(super) first: u64,
    /// The last one that was given, also where no message stands there any more.
    pub(super) last: u64,
    /// Whether each message stays at its sequence; else they follow one another.
    pub(super) keeps_sequences: bool,
}

impl Copying<'_> {
    /// Where a message is published so that it is stored under this subject.
    pub(super) fn subject(&self, stored: &str) -> String {
        format!("wirefold_rewrite.{}.{stored}", self.into)
    }

    /// A message that only takes up its sequence.
    fn gap(&self) -> Prepared {
        Prepared { subject: self.subject(GAP), headers: HeaderMap::new(), body: Bytes::new() }
    }
}

/// Messages that wait to be stored together.
struct Batch<'a> {
    shared: &'a Shared,
    into: &'a str,
    /// The last sequence that is stored.
    last: u64,
    messages: Vec<Prepared>,
    bytes: usize,
}

impl NatsBus {
    /// Makes the stream, and fills it.
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
                let kept = match edit(&stored) {
                    Rewrite::Stays => stored,
                    Rewrite::Says(said) => *said,
                    Rewrite::Goes => continue,
                };
                while keeps_sequences && batch.next() < kept.sequence {
                    has_gaps = true;
                    batch.push(copying.gap()).await?;
                }
                batch.push(copying.prepared(kept)?).await?;
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
    /// A message as it is to be stored.
    fn prepared(&self, stored: Stored) -> Result<Prepared, BusError> {
        let Stored { stream, sequence, at, subject, id, headers, body } = stored;
        let has_id = id != id_of_place(&stream, sequence);
        let subject = self.subject(&subject);
        let message = Outgoing { headers, ..Outgoing::new(&*subject, &*id, body) };
        let mut written = match has_id {
            true => headers::write(&message)?,
            false => headers::write_without_id(&message.headers)?,
        };
        written.insert(headers::STORED, at.0.to_string());
        Ok(Prepared { subject, headers: written, body: message.body })
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

    async fn push(&mut self, message: Prepared) -> Result<(), BusError> {
        self.bytes += message.body.len();
        self.messages.push(message);
        match self.messages.len() >= AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            true => self.send().await,
            false => Ok(()),
        }
    }

    /// Has all of them stored.
    async fn send(&mut self) -> Result<(), BusError> {
        let messages = std::mem::take(&mut self.messages);
        self.bytes = 0;
        let Some(Prepared { subject, .. }) = messages.first() else { return Ok(()) };
        let mut leaderless = Leaderless::default();
        loop {
            match self.shared.commit_prepared(&messages, Some(self.last)).await? {
                Some(Ok(last)) if last == self.last + messages.len() as u64 => {
                    self.last = last;
                    return Ok(());
                }
                Some(Ok(_)) => return Err(self.somebody_writes()),
                Some(Err(failure)) => match failure.kind {
                    code::BATCH_KNOWS_ID => return self.send_singly(messages).await,
                    code::WRONG_LAST_SEQUENCE => return Err(self.somebody_writes()),
                    _ => return Err(failure.of_stream(self.into)),
                },
                None => leaderless.wait(&self.shared.link, subject).await?,
            }
        }
    }

    /// One after the other. An id that stands twice is sent again once the server has forgotten it.
    async fn send_singly(&mut self, messages: Vec<Prepared>) -> Result<(), BusError> {
        for Prepared { subject, mut headers, body } in messages {
            expecting(&mut headers, Expect::Last(self.last));
            loop {
                let mark = self.shared.link.refusals();
                let (headers, body) = (headers.clone(), body.clone());
                match self.shared.send(&subject, headers, body, mark).await? {
                    Sent::Stored { published: Published::Duplicate(_), .. } => {
                        tokio::time::sleep(WINDOW).await;
                    }
                    Sent::Stored { published, .. } if published.sequence() == self.last + 1 => {
                        break;
                    }
                    Sent::Stored { .. } => return Err(self.somebody_writes()),
                    Sent::Full { .. } => return Err(BusError::DiskFull),
                }
            }
            self.last += 1;
        }
        Ok(())
    }

    fn somebody_writes(&self) -> BusError {
        BusError::Fenced(self.into.to_owned())
    }
}
