//! Records with a message authentication code. Readers skip a record that its writer did not write.
//!
//! NATS can limit the subjects on which a user may publish. But a user that may send any request names
//! the subject of the answer, and the server answers there without checking whether that user may publish
//! on it. So any user can make the server store a message in a stream that only one role writes.
//!
//! [`SignedBus`] makes such messages ineffective. It wraps a bus for the writer and the readers of one
//! stream. Each record has an HMAC-SHA-256 (RFC 2104) over its sequence, subject, id, headers and body. A
//! record without the right code is skipped, counted and reported. The sequence is part of the code, so
//! that a record cannot be repeated elsewhere.
//!
//! If a stream has records of a writer, and none with a code of this key, reading fails: left out, all of
//! them would be decided again.

mod code;
mod verify;

use std::sync::Arc;

use wirefold_flow::{
    Answer, Bus, BusError, DeadLetters, KeyValue, Objects, OrderedReader, Outgoing, Published,
    Stored, StreamConfig, StreamState,
};

use crate::metrics::FORGED;
use verify::SignedReader;

pub use code::{SigningKey, is_signed};

/// The header with a record's code, in hexadecimal.
const CODE: &str = "Wf-Code";
/// How many of the last records are searched first for a genuine one.
const LOOKED_BACK: u64 = 256;
/// How many records one read returns.
const AT_ONCE: usize = 1_000;
/// How often a take-over is tried again after a forged record.
const TRIES: usize = 8;

/// The stream that is signed.
#[derive(Debug, Clone)]
pub struct SignedStream {
    /// Its name.
    pub name: String,
    /// The subject of its epoch records.
    pub epochs: String,
    /// The stage that reports forged records which it reads, and its dead letters.
    pub letters: Option<(String, DeadLetters)>,
}

/// A bus for the writer and the readers of a signed stream.
pub struct SignedBus {
    bus: Arc<dyn Bus>,
    signing: Arc<Signing>,
}

/// The key of a signed stream.
struct Signing {
    key: SigningKey,
    stream: SignedStream,
}

impl SignedBus {
    /// Signs and checks the records of a stream.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, key: SigningKey, stream: SignedStream) -> Self {
        Self { bus, signing: Arc::new(Signing { key, stream }) }
    }

    /// A record of the stream that is signed, if it is genuine; others count as no longer stored.
    fn genuine(&self, stored: Stored) -> Result<Stored, BusError> {
        if self.signing.is_genuine(&stored) {
            return Ok(stored);
        }
        self.signing.report(&stored);
        Err(BusError::Gone { stream: stored.stream, sequence: stored.sequence })
    }

    async fn take_over(&self, record: Outgoing, mut expected: u64) -> Result<Published, BusError> {
        let (bus, signing) = (&*self.bus, &self.signing);
        let SignedStream { name, epochs, .. } = &signing.stream;
        signing.check_key(bus).await?;
        for _ in 0..TRIES {
            let sequence = bus.stream_state(name).await?.last + 1;
            let signed = signing.sign(record.clone(), sequence);
            match bus.publish_if_last(signed, expected).await {
                // Somebody wrote in between, so the code is for another sequence.
                Ok(Published::New(found)) if found != sequence => {
                    return Err(BusError::Refused { expected: sequence, found });
                }
                Ok(published) => return Ok(published),
                Err(BusError::Refused { expected: named, found }) => {
                    let last = bus.last(name, epochs).await?;
                    match last.filter(|last| last.sequence != expected) {
                        Some(last) if !signing.is_genuine(&last) => {
                            signing.report(&last);
                            expected = last.sequence;
                        }
                        _ => return Err(BusError::Refused { expected: named, found }),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(BusError::Unavailable(format!("{name}: too many forged epoch records")))
    }
}

impl Signing {
    /// Whether a record has the right code.
    fn is_genuine(&self, stored: &Stored) -> bool {
        stored.headers.get(CODE).is_some_and(|code| self.key.is_of(code, stored))
    }

    /// Fails if a writer wrote to the stream, and no record has a code of this key.
    async fn check_key(&self, bus: &dyn Bus) -> Result<(), BusError> {
        let SignedStream { name, epochs, .. } = &self.stream;
        let is_written = bus.last(name, epochs).await?.is_some();
        // The epoch record of a writer that has run for long may be pruned.
        if !is_written || self.last_genuine(bus, ">").await?.is_some() {
            return Ok(());
        }
        Err(BusError::BadStream {
            stream: name.clone(),
            why: "no record of its writer was signed with the key in `bus.signing_key_file`: put the key back with \
                  which they were signed. A stream that began without a key stays without one",
        })
    }

    /// The last genuine record that matches the filter.
    async fn last_genuine(&self, bus: &dyn Bus, filter: &str) -> Result<Option<Stored>, BusError> {
        let name = &self.stream.name;
        let last = match bus.last(name, filter).await? {
            Some(last) if !self.is_genuine(&last) => last.sequence,
            found => return Ok(found),
        };
        let first = bus.stream_state(name).await?.first.max(1);
        let mut looked_back = LOOKED_BACK;
        loop {
            let from = last.saturating_sub(looked_back).max(first);
            let (mut found, mut reader) = (None, bus.read(name, filter, from).await?);
            loop {
                let read = reader.ready(AT_ONCE).await?;
                if read.is_empty() {
                    break;
                }
                found = read.into_iter().rfind(|stored| self.is_genuine(stored)).or(found);
            }
            if found.is_some() || from == first {
                return Ok(found);
            }
            looked_back = looked_back.saturating_mul(16);
        }
    }

    fn sign(&self, mut message: Outgoing, sequence: u64) -> Outgoing {
        let code = self.key.code(&self.stream.name, sequence, &message);
        message.headers.set(CODE, code);
        message
    }

    /// Counts and logs a forged record that is skipped.
    fn report(&self, stored: &Stored) {
        FORGED.add(1, &[]);
        tracing::error!(
            stream = stored.stream,
            sequence = stored.sequence,
            id = stored.id,
            subject = stored.subject,
            "a record that its writer did not write was left out: somebody made the server store it"
        );
    }
}

impl Bus for SignedBus {
    fn create_stream(&self, config: StreamConfig) -> Answer<'_, ()> {
        self.bus.create_stream(config)
    }

    fn stream_state<'a>(&'a self, stream: &'a str) -> Answer<'a, StreamState> {
        self.bus.stream_state(stream)
    }

    fn publish(&self, message: Outgoing) -> Answer<'_, Published> {
        self.bus.publish(message)
    }

    fn publish_if_last(&self, message: Outgoing, expected: u64) -> Answer<'_, Published> {
        match message.subject == self.signing.stream.epochs {
            true => Box::pin(self.take_over(message, expected)),
            false => self.bus.publish_if_last(message, expected),
        }
    }

    /// Each sequence is known before the write, because it fails if somebody else writes in between.
    fn append<'a>(
        &'a self,
        stream: &'a str,
        after: u64,
        mut messages: Vec<Outgoing>,
    ) -> Answer<'a, u64> {
        if stream == self.signing.stream.name {
            let sign = |(message, sequence)| self.signing.sign(message, sequence);
            messages = messages.into_iter().zip(after + 1..).map(sign).collect();
        }
        self.bus.append(stream, after, messages)
    }

    fn read(&self, stream: &str, filter: &str, from: u64) -> Answer<'_, Box<dyn OrderedReader>> {
        let reading = self.bus.read(stream, filter, from);
        if stream != self.signing.stream.name {
            return reading;
        }
        Box::pin(async move {
            let (bus, signing) = (self.bus.clone(), self.signing.clone());
            Ok(Box::new(SignedReader::new(reading.await?, bus, signing)) as Box<_>)
        })
    }

    fn mark_read<'a>(&'a self, stream: &'a str, reader: &'a str, through: u64) -> Answer<'a, ()> {
        self.bus.mark_read(stream, reader, through)
    }

    fn get<'a>(&'a self, stream: &'a str, sequence: u64) -> Answer<'a, Stored> {
        Box::pin(async move {
            let stored = self.bus.get(stream, sequence).await?;
            if stream == self.signing.stream.name { self.genuine(stored) } else { Ok(stored) }
        })
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        if stream != self.signing.stream.name {
            return self.bus.last(stream, filter);
        }
        Box::pin(self.signing.last_genuine(&*self.bus, filter))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        self.bus.key_value(bucket)
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.bus.objects(store)
    }
}

#[cfg(test)]
mod tests;
