//! Leaves out records that their writer did not sign.
//!
//! Comes in: the messages of a reader or subscription. Goes out: those that count. A message that was taken from the
//! bus stays here until it is given out, so that a call that is dropped loses nothing. It never signs.

use std::sync::Arc;

use wirefold_flow::{
    Answer, Bus, BusError, Cause, Delivery, OrderedReader, Reason, Settle, Stored, Subscription,
};

use super::{CODE, Signing};

/// The first sequence from which on all records are signed, where one of these has no code.
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

    /// Those of the held records that count.
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

/// Of so many records, one by the other, only the first forged one becomes a dead letter: whoever forges
/// thousands must not push the letters of others out of their stream.
const LETTER_EVERY: u64 = 1_000;

pub(super) struct SignedSubscription {
    subscription: Box<dyn Subscription>,
    bus: Arc<dyn Bus>,
    signing: Arc<Signing>,
    held: Vec<Delivery>,
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

    /// Those of the held deliveries that count. The others are settled, so that they never come again.
    async fn genuine(&mut self) -> Result<Vec<Delivery>, BusError> {
        let records = self.held.iter().map(|delivery| &delivery.message);
        let from = signed_from(&self.signing, &*self.bus, records).await?;
        let held = std::mem::take(&mut self.held);
        let (genuine, forged): (Vec<_>, Vec<_>) =
            held.into_iter().partition(|delivery| self.signing.counts(&delivery.message, from));
        for delivery in forged {
            self.signing.report(&delivery.message);
            let settle = self.settle(delivery.message.sequence);
            // One that is not settled comes again, and is left out again.
            let settled = async move { delivery.settler.settle(settle).await };
            tokio::spawn(settled);
        }
        Ok(genuine)
    }

    /// How a forged record is settled: a dead letter has people told of it.
    fn settle(&mut self, sequence: u64) -> Settle {
        if sequence < self.next_letter {
            return Settle::Ack;
        }
        self.next_letter = sequence + LETTER_EVERY;
        let text =
            "no writer of this stream wrote it: somebody made the server store it".to_owned();
        Settle::Reject(Reason { cause: Cause::Forged, text })
    }
}

impl Subscription for SignedSubscription {
    fn next(&mut self, max: usize) -> Answer<'_, Vec<Delivery>> {
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

    fn close(&mut self) -> Answer<'_, Vec<Delivery>> {
        Box::pin(async move {
            let mut rest = self.subscription.close().await?;
            self.held.append(&mut rest);
            self.genuine().await
        })
    }
}
