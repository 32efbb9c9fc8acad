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
//! A stream may begin with records from before there was a key. Each signed record names the sequence
//! from which on all are signed. Earlier records are accepted without a code.

mod code;
mod verify;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wirefold_flow::{
    Answer, Bus, BusError, ChainedPublisher, DeadLetters, KeyValue, Objects, OrderedReader,
    Outgoing, Published, Stored, StreamConfig, StreamState, matches,
};

use crate::metrics::FORGED;
use verify::SignedReader;

pub use code::{SigningKey, is_signed};

/// The header with a record's code, in hexadecimal.
const CODE: &str = "Wf-Code";
/// The header with the sequence from which on all records are signed.
const SIGNED_FROM: &str = "Wf-Signed-From";
/// How many of the last records are searched for one with a code: far more than somebody could forge
/// unnoticed.
const LOOKED_BACK: usize = 10_000;
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

/// The state that the writer and the readers of a signed stream share.
struct Signing {
    key: SigningKey,
    stream: SignedStream,
    range: Mutex<SignedRange>,
}

/// Which records of the stream are signed, as far as it is known.
#[derive(Default)]
struct SignedRange {
    /// The sequence from which on all records are signed, once a signed record was read.
    signed_from: Option<u64>,
    /// The sequence up to which no record has a code.
    unsigned_through: u64,
}

impl SignedBus {
    /// Signs and checks the records of a stream.
    #[must_use]
    pub fn new(bus: Arc<dyn Bus>, key: SigningKey, stream: SignedStream) -> Self {
        Self { bus, signing: Arc::new(Signing { key, stream, range: Mutex::default() }) }
    }

    /// A record of the stream that is signed, if it is genuine; others count as no longer stored.
    async fn genuine(&self, stored: Stored) -> Result<Stored, BusError> {
        if self.signing.is_genuine(&*self.bus, &stored).await? {
            return Ok(stored);
        }
        self.signing.report(&stored);
        Err(BusError::Gone { stream: stored.stream, sequence: stored.sequence })
    }

    /// The last genuine record that matches the filter.
    async fn last_genuine(&self, filter: &str) -> Result<Option<Stored>, BusError> {
        let signing = &self.signing;
        let mut last = self.bus.last(&signing.stream.name, filter).await?;
        while let Some(stored) = last {
            if signing.is_genuine(&*self.bus, &stored).await? {
                return Ok(Some(stored));
            }
            signing.report(&stored);
            last = self.before(stored.sequence, filter).await?;
        }
        Ok(None)
    }

    /// The last record before a sequence that matches the filter.
    async fn before(&self, sequence: u64, filter: &str) -> Result<Option<Stored>, BusError> {
        let stream = &self.signing.stream.name;
        let first = self.bus.stream_state(stream).await?.first;
        for earlier in (first.max(1)..sequence).rev() {
            match self.bus.get(stream, earlier).await {
                Ok(stored) if matches(filter, &stored.subject) => return Ok(Some(stored)),
                Ok(_) | Err(BusError::Gone { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn take_over_signed(
        &self,
        record: Outgoing,
        mut expected: u64,
    ) -> Result<Box<dyn ChainedPublisher>, BusError> {
        let Signing { stream, .. } = &*self.signing;
        for _ in 0..TRIES {
            let sequence = self.bus.stream_state(&stream.name).await?.last + 1;
            let known = self.signing.signed_from(&*self.bus).await?;
            let from = known.unwrap_or(sequence);
            let signed = self.signing.sign(record.clone(), sequence, from);
            match self.bus.take_over(signed, expected).await {
                Ok(chain) => {
                    let stands = self.bus.last(&stream.name, &stream.epochs).await?;
                    let found = stands.map_or(0, |stands| stands.sequence);
                    if found != sequence {
                        // Somebody wrote in between, so the code is for another sequence: try again.
                        return Err(BusError::Refused { expected: sequence, found });
                    }
                    self.signing.note(from);
                    let signing = self.signing.clone();
                    return Ok(Box::new(SignedChain { chain, signing, last: sequence, from }));
                }
                Err(BusError::Refused { expected: named, found }) => {
                    let last = self.bus.last(&stream.name, &stream.epochs).await?;
                    match last.filter(|last| last.sequence != expected) {
                        Some(last) if !self.signing.is_genuine(&*self.bus, &last).await? => {
                            self.signing.report(&last);
                            expected = last.sequence;
                        }
                        _ => return Err(BusError::Refused { expected: named, found }),
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Err(BusError::Unavailable(format!("{}: too many forged epoch records", stream.name)))
    }
}

impl Signing {
    /// The sequence from which on all records are signed; `None` if no record is.
    async fn signed_from(&self, bus: &dyn Bus) -> Result<Option<u64>, BusError> {
        if let Some(from) = self.noted() {
            return Ok(Some(from));
        }
        let name = &self.stream.name;
        let Some(last) = bus.last(name, ">").await? else { return Ok(None) };
        let state = bus.stream_state(name).await?;
        let first = state.first.max(1).max(self.range().unsigned_through + 1);
        let mut has_code = false;
        for sequence in (first..=last.sequence).rev().take(LOOKED_BACK) {
            let stored = match bus.get(name, sequence).await {
                Ok(stored) => stored,
                Err(BusError::Gone { .. }) => continue,
                Err(error) => return Err(error),
            };
            match stored.headers.get(CODE) {
                Some(code) if self.key.is_of(code, &stored) => {
                    self.learn(&stored);
                    return Ok(self.noted());
                }
                Some(_) => has_code = true,
                None => {}
            }
        }
        if has_code {
            // If all of them were skipped, everything would be decided again.
            return Err(BusError::BadStream {
                stream: name.clone(),
                why: "its records are signed with another key than that of `bus.signing_key_file`: \
                      put the key back with which they were signed",
            });
        }
        self.range().unsigned_through = last.sequence;
        Ok(None)
    }

    /// Whether a record is genuine: it has the right code, or is from before records were signed.
    async fn is_genuine(&self, bus: &dyn Bus, stored: &Stored) -> Result<bool, BusError> {
        let from = match stored.headers.get(CODE) {
            Some(_) => self.noted(),
            None => self.signed_from(bus).await?,
        };
        Ok(self.counts(stored, from))
    }

    /// The same, with the sequence `from` which on all records are signed.
    fn counts(&self, stored: &Stored, from: Option<u64>) -> bool {
        match stored.headers.get(CODE) {
            Some(code) if self.key.is_of(code, stored) => {
                self.learn(stored);
                true
            }
            Some(_) => false,
            None => from.is_none_or(|from| stored.sequence < from),
        }
    }

    fn sign(&self, mut message: Outgoing, sequence: u64, from: u64) -> Outgoing {
        message.headers.set(SIGNED_FROM, from.to_string());
        let code = self.key.code(&self.stream.name, sequence, &message);
        message.headers.set(CODE, code);
        message
    }

    /// Learns from a signed record the sequence from which on all are signed.
    fn learn(&self, stored: &Stored) {
        let named = stored.headers.get(SIGNED_FROM).and_then(|from| from.parse().ok());
        self.note(named.unwrap_or(stored.sequence));
    }

    fn note(&self, from: u64) {
        let mut range = self.range();
        range.signed_from = Some(range.signed_from.map_or(from, |noted| noted.min(from)));
    }

    fn noted(&self) -> Option<u64> {
        self.range().signed_from
    }

    // A poisoned lock can be used, because no change can be left half done.
    fn range(&self) -> MutexGuard<'_, SignedRange> {
        self.range.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.bus.publish_if_last(message, expected)
    }

    fn take_over(&self, record: Outgoing, expected: u64) -> Answer<'_, Box<dyn ChainedPublisher>> {
        if record.subject != self.signing.stream.epochs {
            return self.bus.take_over(record, expected);
        }
        Box::pin(self.take_over_signed(record, expected))
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
            if stream == self.signing.stream.name { self.genuine(stored).await } else { Ok(stored) }
        })
    }

    fn get_each<'a>(
        &'a self,
        stream: &'a str,
        sequences: &'a [u64],
    ) -> Answer<'a, Vec<Result<Stored, BusError>>> {
        if stream != self.signing.stream.name {
            return self.bus.get_each(stream, sequences);
        }
        Box::pin(async move {
            let found = self.bus.get_each(stream, sequences).await?;
            let mut messages = Vec::with_capacity(found.len());
            for stored in found {
                messages.push(match stored {
                    Ok(stored) => self.genuine(stored).await,
                    error => error,
                });
            }
            Ok(messages)
        })
    }

    fn last<'a>(&'a self, stream: &'a str, filter: &'a str) -> Answer<'a, Option<Stored>> {
        if stream != self.signing.stream.name {
            return self.bus.last(stream, filter);
        }
        Box::pin(self.last_genuine(filter))
    }

    fn key_value(&self, bucket: &str) -> Result<Arc<dyn KeyValue>, BusError> {
        self.bus.key_value(bucket)
    }

    fn objects(&self, store: &str) -> Result<Arc<dyn Objects>, BusError> {
        self.bus.objects(store)
    }
}

// Signs the records of a writer, each for the sequence that it will have.

/// A chain whose records are signed. Each sequence is known before the write, because the chain fails if
/// somebody else writes between two records.
struct SignedChain {
    chain: Box<dyn ChainedPublisher>,
    signing: Arc<Signing>,
    /// The sequence of the last record.
    last: u64,
    /// The sequence from which on all records are signed.
    from: u64,
}

impl ChainedPublisher for SignedChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        Box::pin(async move {
            let sign = |(message, sequence)| self.signing.sign(message, sequence, self.from);
            let signed: Vec<Outgoing> =
                messages.into_iter().zip(self.last + 1..).map(sign).collect();
            let (first, count) = (self.last + 1, signed.len() as u64);
            let sequences = self.chain.append(signed).await?;
            if !sequences.iter().copied().eq(first..first + count) {
                return Err(BusError::Fenced(self.signing.stream.name.clone()));
            }
            self.last += count;
            Ok(sequences)
        })
    }
}

#[cfg(test)]
mod tests;
