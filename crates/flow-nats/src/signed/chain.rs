//! Signs the records of a writer, each for the sequence that it will have.

use std::sync::Arc;

use wirefold_flow::{Answer, BusError, ChainedPublisher, Outgoing};

use super::Signing;

/// A chain whose records are signed. Each sequence is known before the write, because the chain fails if
/// somebody else writes between two records.
pub(super) struct SignedChain {
    pub(super) chain: Box<dyn ChainedPublisher>,
    pub(super) signing: Arc<Signing>,
    /// The sequence of the last record.
    pub(super) last: u64,
    /// The sequence from which on all records are signed.
    pub(super) from: u64,
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
