//! Chooses the form of the next write of a chain: an atomic batch, or consecutive single messages. It usually
//! chooses the cheaper form, by the measured times, and now and then tries the other one.
//!
//! A batch costs the server some syncs, nearly the same number for ten messages as for a hundred. A single
//! message costs a round trip, and a sync if the server syncs each write. So the time of a batch is compared
//! with that of as many single messages as wait. If each write is synced, a batch is cheaper from eight
//! messages on; with the server's default settings, from about fifteen to thirty (nats-server 2.15.1).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::publish_form::{PublishForm, TRIAL_EVERY, smoothed};

/// Fewer messages are always sent singly.
pub(crate) const FEW: usize = 8;

/// The measured cost of each form.
#[derive(Default)]
pub(crate) struct ChainCosts(Mutex<Costs>);

#[derive(Default)]
struct Costs {
    /// Seconds for a batch.
    batch: Option<f64>,
    /// Seconds for a message.
    single: Option<f64>,
    choices: u32,
}

impl ChainCosts {
    /// The form for this many messages, at least [`FEW`], and how many of them to send in it. A trial of the
    /// more expensive form has few.
    pub(crate) fn choose(&self, count: usize) -> (PublishForm, usize) {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        costs.choices = costs.choices.wrapping_add(1);
        let (Some(batch), Some(single)) = (costs.batch, costs.single) else {
            return match costs.batch {
                None => (PublishForm::Batch, count),
                Some(_) => (PublishForm::Singles, FEW),
            };
        };
        let is_trial = costs.choices.is_multiple_of(TRIAL_EVERY);
        match batch <= single * count as f64 {
            true if is_trial => (PublishForm::Singles, FEW),
            false if !is_trial => (PublishForm::Singles, count),
            _ => (PublishForm::Batch, count),
        }
    }

    /// Records the time of a write.
    pub(crate) fn took(&self, form: PublishForm, count: usize, time: Duration) {
        let mut costs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, seconds) = match form {
            PublishForm::Batch => (&mut costs.batch, time.as_secs_f64()),
            PublishForm::Singles => (&mut costs.single, time.as_secs_f64() / count.max(1) as f64),
        };
        *known = Some(smoothed(*known, seconds));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form for this many messages on a server where a batch and a single message take these many
    /// microseconds, once both are known.
    fn chosen(batch: u64, single: u64, count: usize) -> PublishForm {
        let costs = ChainCosts::default();
        costs.took(PublishForm::Batch, 100, Duration::from_micros(batch));
        costs.took(PublishForm::Singles, 10, Duration::from_micros(10 * single));
        costs.choose(count).0
    }

    #[test]
    fn a_batch_is_held_against_as_many_single_messages() {
        // A server that syncs each write.
        assert_eq!(chosen(4_000, 520, FEW), PublishForm::Batch);
        // By the server's own settings.
        assert_eq!(chosen(4_000, 150, 20), PublishForm::Singles);
        assert_eq!(chosen(4_000, 150, 40), PublishForm::Batch);
    }

    #[test]
    fn both_are_tried_at_first_and_the_dearer_one_now_and_then() {
        let costs = ChainCosts::default();
        assert_eq!(costs.choose(100), (PublishForm::Batch, 100));
        costs.took(PublishForm::Batch, 100, Duration::from_millis(4));
        assert_eq!(costs.choose(100), (PublishForm::Singles, FEW));
        costs.took(PublishForm::Singles, FEW, Duration::from_millis(2));
        let singles = (0..640).filter(|_| costs.choose(100).0 == PublishForm::Singles).count();
        assert_eq!(singles, 10);
        let batches = (0..640).filter(|_| costs.choose(FEW).0 == PublishForm::Batch).count();
        assert_eq!(batches, 10);
    }

    #[test]
    fn a_disk_that_stalled_once_is_soon_forgotten() {
        let costs = ChainCosts::default();
        costs.took(PublishForm::Batch, 100, Duration::from_secs(10));
        costs.took(PublishForm::Batch, 100, Duration::from_millis(4));
        costs.took(PublishForm::Singles, 1, Duration::from_micros(200));
        assert_eq!(costs.choose(100).0, PublishForm::Batch);
        costs.took(PublishForm::Batch, 100, Duration::from_millis(40));
        assert_eq!(costs.choose(100).0, PublishForm::Batch, "a stall among good ones");
    }
}
