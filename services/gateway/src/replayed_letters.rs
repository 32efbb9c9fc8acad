//! The dead letters that were replayed: they are no longer listed.

use serde::{Deserialize, Serialize};
use wirefold_flow::BusError;
use wirefold_proto::{REPLAYED_KEY, streams};

use crate::inner::Inner;

/// Sequences in `WF_DEAD`, as ranges with both ends included: ascending, with a gap between any two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct ReplayedLetters(Vec<(u64, u64)>);

impl ReplayedLetters {
    pub(crate) fn contains(&self, sequence: u64) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&sequence))
    }

    /// How many sequences there are.
    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    fn insert(&mut self, sequence: u64) {
        self.0.push((sequence, sequence));
        self.0.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        for &(first, last) in &self.0 {
            if let Some(before) = merged.last_mut().filter(|it| first <= it.1.saturating_add(1)) {
                before.1 = before.1.max(last);
            } else {
                merged.push((first, last));
            }
        }
        self.0 = merged;
    }

    /// Drops the sequences before this one, which the stream no longer has.
    fn drop_before(&mut self, oldest: u64) {
        self.0.retain(|(_, last)| *last >= oldest);
        if let Some(range) = self.0.first_mut() {
            range.0 = range.0.max(oldest);
        }
    }
}

impl Inner {
    /// The replayed letters that `WF_DEAD` still has; `oldest` is its first sequence.
    pub(crate) async fn replayed_letters(&self, oldest: u64) -> Result<ReplayedLetters, BusError> {
        Ok(self.stored_letters(oldest).await?.0)
    }

    /// Notes that a dead letter was replayed.
    pub(crate) async fn note_replayed(&self, sequence: u64) -> Result<(), BusError> {
        let keys = self.bus.key_value(streams::DELIVERIES.name)?;
        let oldest = self.bus.stream_state(streams::DEAD.name).await?.first;
        loop {
            let (mut letters, revision) = self.stored_letters(oldest).await?;
            letters.insert(sequence);
            let value = serde_json::to_vec(&letters).unwrap_or_default();
            match keys.put_if(REPLAYED_KEY, value.into(), revision).await {
                // Another request noted a letter in between.
                Err(BusError::Refused { .. }) => {}
                stored => return stored.map(drop),
            }
        }
    }

    /// The letters and the revision of their entry.
    async fn stored_letters(&self, oldest: u64) -> Result<(ReplayedLetters, u64), BusError> {
        let keys = self.bus.key_value(streams::DELIVERIES.name)?;
        let Some(entry) = keys.get(REPLAYED_KEY).await? else {
            return Ok((ReplayedLetters::default(), 0));
        };
        let letters = entry.value.and_then(|value| serde_json::from_slice(&value).ok());
        let mut letters: ReplayedLetters = letters.unwrap_or_default();
        letters.drop_before(oldest);
        Ok((letters, entry.revision))
    }
}

#[cfg(test)]
mod tests {
    use super::ReplayedLetters;

    #[test]
    fn neighbours_become_one_range_and_expired_ones_are_dropped() {
        let mut letters = ReplayedLetters::default();
        for sequence in [9, 4, 5, 3, 5] {
            letters.insert(sequence);
        }
        assert_eq!((&letters, letters.count()), (&ReplayedLetters(vec![(3, 5), (9, 9)]), 4));
        letters.drop_before(5);
        assert_eq!(letters, ReplayedLetters(vec![(5, 5), (9, 9)]));
        assert!(letters.contains(5) && !letters.contains(6));
        letters.drop_before(10);
        assert_eq!(letters.count(), 0);
    }
}
