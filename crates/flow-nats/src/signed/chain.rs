//! Signs the records of a writer.
//!
//! Comes in: records in order. Goes out: the same records, each signed for the sequence that it will have. It never
//! signs a record that stands already.

use std::sync::Arc;

use wirefold_flow::{Answer, BusError, ChainedPublisher, Outgoing};

use super::Signing;

/// A chain whose records are signed. Nobody else writes between two of them, or the chain fails, so
/// each sequence is known before.
pub(super) struct SignedChain {
    pub(super) chain: Box<dyn ChainedPublisher>,
    pub(super) signing: Arc<Signing>,
    /// Where the last record stands.
    pub(super) last: u64,
    /// The first sequence from which on all records are signed.
    pub(super) from: u64,
}

impl ChainedPublisher for SignedChain {
    fn append(&mut self, messages: Vec<Outgoing>) -> Answer<'_, Vec<u64>> {
        Box::pin(async move {
            let places = self.last + 1..;
            let sign = |(message, place)| self.signing.sign(message, place, self.from);
            let signed: Vec<Outgoing> = messages.into_iter().zip(places).map(sign).collect();
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
