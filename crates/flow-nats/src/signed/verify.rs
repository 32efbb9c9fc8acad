//! Skips records that their writer did not sign. Messages from the bus are stored here until they are
//! returned, so that a dropped call loses nothing.

use std::sync::Arc;

use wirefold_flow::{Answer, Bus, BusError, Cause, DeadLetter, OrderedReader, Reason, Stored};

use super::Signing;

/// Among this many sequences only the first forged record becomes a dead letter. Otherwise thousands of
/// forged records would push other letters out of their stream.
const LETTER_EVERY: u64 = 1_000;

pub(super) struct SignedReader {
    reader: Box<dyn OrderedReader>,
    bus: Arc<dyn Bus>,
    signing: Arc<Signing>,
    held: Vec<Stored>,
    /// From this sequence on the next forged record becomes a dead letter.
    next_letter: u64,
}

impl SignedReader {
    pub(super) fn new(
        reader: Box<dyn OrderedReader>,
        bus: Arc<dyn Bus>,
        signing: Arc<Signing>,
    ) -> Self {
        Self { reader, bus, signing, held: Vec::new(), next_letter: 0 }
    }

    /// The genuine ones of the held records.
    async fn genuine(&mut self) -> Result<Vec<Stored>, BusError> {
        let all = self.held.iter();
        let forged: Vec<Stored> =
            all.filter(|stored| !self.signing.is_genuine(stored)).cloned().collect();
        if !forged.is_empty() {
            self.signing.check_key(&*self.bus).await?;
        }
        if let Some(new) = forged.iter().find(|stored| stored.sequence >= self.next_letter) {
            write_letter(&self.signing, &*self.bus, new).await?;
            self.next_letter = new.sequence + LETTER_EVERY;
        }
        forged.iter().for_each(|stored| self.signing.report(stored));
        let mut held = std::mem::take(&mut self.held);
        let sequence = |stored: &Stored| stored.sequence;
        held.retain(|stored| forged.binary_search_by_key(&stored.sequence, sequence).is_err());
        Ok(held)
    }
}

/// Puts a forged record into the dead letters, so that people notice it.
async fn write_letter(signing: &Signing, bus: &dyn Bus, forged: &Stored) -> Result<(), BusError> {
    let Some((stage, letters)) = &signing.stream.letters else { return Ok(()) };
    let text = "no writer of this stream wrote it: somebody made the server store it";
    let reason = Reason { cause: Cause::Forged, text: text.to_owned() };
    let letter = DeadLetter {
        stage,
        reason: &reason,
        attempts: 1,
        at: forged.at,
        message: forged,
        body: None,
    };
    bus.publish(letters.outgoing(&letter)).await.map(|_| ())
}

impl SignedReader {
    /// The next genuine records. Without `waits` there may be none: the stream ends.
    async fn read(&mut self, max: usize, waits: bool) -> Result<Vec<Stored>, BusError> {
        loop {
            if self.held.is_empty() {
                let read = if waits { self.reader.next(max) } else { self.reader.ready(max) };
                self.held = read.await?;
            }
            let is_end = self.held.is_empty();
            let genuine = self.genuine().await?;
            if is_end || !genuine.is_empty() {
                return Ok(genuine);
            }
        }
    }
}

impl OrderedReader for SignedReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(self.read(max, true))
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(self.read(max, false))
    }
}
