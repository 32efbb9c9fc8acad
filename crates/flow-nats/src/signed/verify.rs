//! Skips records that their writer did not sign. Messages from the bus are stored here until they are
//! returned, so that a dropped call loses nothing.

use std::sync::Arc;

use wirefold_flow::{
    AckKind, Answer, Bus, BusError, Cause, OrderedReader, PulledMessage, Reason, Stored,
    Subscription,
};

use super::{CODE, Signing};

/// The sequence from which on all records are signed. It is searched only if one of these records has no
/// code.
async fn signed_from<'a>(
    signing: &Signing,
    bus: &dyn Bus,
    mut records: impl Iterator<Item = &'a Stored>,
) -> Result<Option<u64>, BusError> {
    match records.any(|stored| stored.headers.get(CODE).is_none()) || signing.noted().is_none() {
        true => signing.signed_from(bus).await,
        false => Ok(signing.noted()),
    }
}

pub(super) struct SignedReader {
    reader: Box<dyn OrderedReader>,
    bus: Arc<dyn Bus>,
    signing: Arc<Signing>,
    held: Vec<Stored>,
}

impl SignedReader {
    pub(super) fn new(
        reader: Box<dyn OrderedReader>,
        bus: Arc<dyn Bus>,
        signing: Arc<Signing>,
    ) -> Self {
        Self { reader, bus, signing, held: Vec::new() }
    }

    /// The genuine ones of the held records.
    async fn genuine(&mut self) -> Result<Vec<Stored>, BusError> {
        let from = signed_from(&self.signing, &*self.bus, self.held.iter()).await?;
        let mut held = std::mem::take(&mut self.held);
        held.retain(|stored| {
            let counts = self.signing.counts(stored, from);
            if !counts {
                self.signing.report(stored);
            }
            counts
        });
        Ok(held)
    }
}

impl OrderedReader for SignedReader {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            loop {
                if self.held.is_empty() {
                    self.held = self.reader.next(max).await?;
                }
                let genuine = self.genuine().await?;
                if !genuine.is_empty() {
                    return Ok(genuine);
                }
            }
        })
    }

    fn ready(&mut self, max: usize) -> Answer<'_, Vec<Stored>> {
        Box::pin(async move {
            loop {
                if self.held.is_empty() {
                    self.held = self.reader.ready(max).await?;
                }
                if self.held.is_empty() {
                    return Ok(Vec::new());
                }
                let genuine = self.genuine().await?;
                if !genuine.is_empty() {
                    return Ok(genuine);
                }
            }
        })
    }
}

/// Among this many sequences only the first forged record becomes a dead letter. Otherwise thousands of
/// forged records would push other letters out of their stream.
const LETTER_EVERY: u64 = 1_000;

pub(super) struct SignedSubscription {
    subscription: Box<dyn Subscription>,
    bus: Arc<dyn Bus>,
    signing: Arc<Signing>,
    held: Vec<PulledMessage>,
    /// From this sequence on the next forged record becomes a dead letter.
    next_letter: u64,
}

impl SignedSubscription {
    pub(super) fn new(
        subscription: Box<dyn Subscription>,
        bus: Arc<dyn Bus>,
        signing: Arc<Signing>,
    ) -> Self {
        Self { subscription, bus, signing, held: Vec::new(), next_letter: 0 }
    }

    /// The genuine ones of the held deliveries. The others are acknowledged, so that they do not come again.
    async fn genuine(&mut self) -> Result<Vec<PulledMessage>, BusError> {
        let records = self.held.iter().map(|delivery| &delivery.message);
        let from = signed_from(&self.signing, &*self.bus, records).await?;
        let held = std::mem::take(&mut self.held);
        let (genuine, forged): (Vec<_>, Vec<_>) =
            held.into_iter().partition(|delivery| self.signing.counts(&delivery.message, from));
        for delivery in forged {
            self.signing.report(&delivery.message);
            let kind = self.ack_kind(delivery.message.sequence);
            // If the acknowledgement fails, the record comes again and is skipped again.
            let acknowledged = async move { delivery.acker.ack_with(kind).await };
            tokio::spawn(acknowledged);
        }
        Ok(genuine)
    }

    /// How to acknowledge a forged record. A dead letter makes people notice it.
    fn ack_kind(&mut self, sequence: u64) -> AckKind {
        if sequence < self.next_letter {
            return AckKind::Ack;
        }
        self.next_letter = sequence + LETTER_EVERY;
        let text =
            "no writer of this stream wrote it: somebody made the server store it".to_owned();
        AckKind::Reject(Reason { cause: Cause::Forged, text })
    }
}

impl Subscription for SignedSubscription {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<PulledMessage>> {
        Box::pin(async move {
            loop {
                if self.held.is_empty() {
                    self.held = self.subscription.next(max).await?;
                }
                let genuine = self.genuine().await?;
                if !genuine.is_empty() {
                    return Ok(genuine);
                }
            }
        })
    }

    fn close(&mut self) -> Answer<'_, Vec<PulledMessage>> {
        Box::pin(async move {
            let mut rest = self.subscription.close().await?;
            self.held.append(&mut rest);
            self.genuine().await
        })
    }
}
